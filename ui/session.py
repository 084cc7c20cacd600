"""One log, open at one desk: what every screen is handed.

Reading is done on the window's thread, from a log of its own; writing beside it, by one worker with a desk of its own,
so that a slow disk never holds up the hands, and what is long in many short transactions by another, so that it never
holds up an entry. Screens do things with `do` and hear of what happened by `advanced`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from commandlog.language import _
from commandlog.log.desk import Desk, sit_down
from commandlog.log.files import failures
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.model.covenant import Covenant
from commandlog.model.errors import CommandLogError, Damaged, RuleError, Unavailable
from commandlog.views.moments import Moment, zone_of

from .bridge import Bridge
from .sharing.state import Shared
from .tasks import Worker, is_there

Value = TypeVar("Value")


class Session(QObject):
    """An open log and the desk that this window sits at."""

    advanced = Signal(object)
    """The log has come to this Moment."""
    refused = Signal(str)
    """Something was not done: why, and what to do."""
    trouble = Signal(str)
    """The log cannot be written for now: what is wrong (empty: it can again)."""
    closing = Signal()
    """The log is about to be let go of: nobody reads it any more."""
    moved = Signal()
    """Another party's desk is sat at, or another operator is."""

    def __init__(self, path: Path, party: str = "", parent: QObject | None = None) -> None:
        """Open a log at this machine's desk for a party (default: the driver's; of a shared log, the desk's own).

        Raises CommandLogError where the log cannot be opened.
        """
        super().__init__(parent)
        self.path = path
        self.log = Log(path, reading=True)
        self.covenant: Covenant = self.log.covenant()
        member = self.log.member
        self.party = member.party if member else party or self.covenant.driver
        self.zone = zone_of(self.log)
        self.desk_code = ""
        self.bridge = Bridge(self.log, self)
        self.bridge.advanced.connect(self._advanced)
        self.shared = Shared(self.log, self)
        self.bridge.joined.connect(self._joined)
        self._troubled = False
        self.stopped = ""
        self.locked: Callable[[], str] = str
        self._sit_down()
        self._looker = Worker(lambda: Log(path, reading=True), self, close=lambda log: log.close())
        self.shared.begin()

    @property
    def moment(self) -> Moment:
        """Where the log is, and what time it is."""
        return self.bridge.moment._replace(clock=self.log.clock())

    def do(
        self,
        verb: Callable[[Desk], Value],
        done: Callable[[Value], None] | None = None,
        failed: Callable[[CommandLogError], None] | None = None,
        *,
        long: bool = False,
    ) -> None:
        """Do something at the desk, after what was asked before; `done` or `failed` is called when it is known.

        What is `long` and gives way to others (an attachment of 25 MB) is done beside the rest, which goes before it:
        who asked for it, and at which entry, must be known by then (`Desk.asked_by`).
        What fails without a `failed` of its own is `refused`. While the disk refuses, `trouble` says so. Nothing is
        done where writing was `stopped` or the desk is `locked`.
        """
        if why := self.stopped or self.locked():
            (failed or self._refused)(RuleError(why))
            return

        def well(value: Value) -> None:
            self.bridge.look()
            self._trouble("")
            if done and is_there(done):
                done(value)

        def ill(error: CommandLogError) -> None:
            if isinstance(error, Unavailable):
                self._trouble(str(error))
            if isinstance(error, Damaged):
                self.stop_writing(str(error))
            if failed is None or is_there(failed):
                (failed or self._refused)(error)

        (self._carrier if long else self._writer).ask(verb, well, ill)

    def look(
        self,
        work: Callable[[Log], Value],
        done: Callable[[Value], None],
        failed: Callable[[CommandLogError], None] | None = None,
    ) -> None:
        """Find something out that takes longer than a frame, beside the window; `done` is called with it.

        Where the log cannot be read just now, that is `refused`, and `failed` is called.
        """

        def careful(log: Log) -> Value:
            with failures(self.path):
                return work(log)

        def ill(error: CommandLogError) -> None:
            self._refused(error)
            if failed and is_there(failed):
                failed(error)

        self._looker.ask(careful, done, ill)

    def stop_writing(self, why: str) -> None:
        """Write nothing any more (the log is damaged, or gone): what can be read stays readable."""
        if not self.stopped:
            self.stopped = why
            self.trouble.emit(why)

    def do_at_last(self, verb: Callable[[Desk], object]) -> None:
        """Do something when all else is done and the log is let go of: nobody is told how it went."""
        if not (self.stopped or self.locked()):
            self._writer.ask(verb, _nobody, _nobody)

    def sit_at(self, party: str) -> None:
        """Sit down at the desk of another party, once all is stored that was said at this one."""
        self._finish()
        self.party = party
        self._sit_down()
        self.moved.emit()

    def party_name(self) -> str:
        """Return the name of the party that this desk writes for."""
        return self.covenant.party_name(self.party)

    def close(self) -> None:
        """Finish what was asked, and let go of the log."""
        self.bridge.stop()
        self.shared.end()
        self.closing.emit()
        self._finish()
        self._looker.drop()
        self.log.close()

    def _finish(self) -> None:
        """Finish what was asked: the entries first, none of which stays a draft while what is long takes its time.

        What was stored in the last moment may have brought an attachment with it, which is stored then.
        """
        self._writer.stop()
        self._carrier.stop()

    def _sit_down(self) -> None:
        """Have the desk that is sat at written for, by one worker, and by one for what is long, when it is needed."""
        path, party = self.path, self.party

        def tool() -> Desk:
            log = Log(path)
            try:
                return sit_down(log, settings_folder(), party)
            except BaseException:
                log.close()
                raise

        self._writer, self._carrier = (Worker(tool, self, close=lambda desk: desk.log.close()) for _one in range(2))
        self._writer.ask(lambda desk: desk.code, self._seated, self._refused)

    def _seated(self, code: str) -> None:
        self.desk_code = code
        self.bridge.look()
        self.moved.emit()

    def _joined(self) -> None:
        """Take this desk's part in the shared log that the log has become."""
        if self.log.member and self.log.member.party != self.party:
            self.sit_at(self.log.member.party)
        self.shared.begin()
        self.moved.emit()

    def _refused(self, error: CommandLogError) -> None:
        self.refused.emit(str(error))

    def _trouble(self, text: str) -> None:
        if self.stopped:
            return
        if text or self._troubled:
            self._troubled = bool(text)
            self.trouble.emit(_("Not stored: {why}").format(why=text) if text else "")

    def _advanced(self, moment: Moment) -> None:
        covenant = self.log.covenant()
        if covenant is not self.covenant and covenant != self.covenant:  # the same one may stand elsewhere by now
            self.covenant = covenant
        self.advanced.emit(moment)


def _nobody(_answer: object) -> None:
    """Hear an answer that nobody waits for."""
