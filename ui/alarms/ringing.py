"""What rings: keeps the alarms of the moment, lets them be heard until somebody saw them, and tells who shows them.

There is one for a window, whatever is furnished anew. The log is asked beside the window, when it has gone on or when
the clock has come to the next alarm; between those nothing is read.
"""

from PySide6.QtCore import QObject, QTimer, Signal

from commandlog.log.store import Log
from commandlog.model.errors import CommandLogError
from commandlog.model.frames import Millis
from commandlog.verbs import tracing
from commandlog.views import alarms
from commandlog.views.alarms import AlarmLine, Look

from ..about import about
from ..session import Session
from ..settings import Settings
from ..sound import Sound
from .notice import Notice

EVERY = 15  # seconds after which the sound comes again
REST = 200  # milliseconds between two looks at the log, however fast it goes on
_NONE = Look([], [], 0, 0, 0)


class Ringing(QObject):
    """The alarms of a session. `look` is what there is now."""

    changed = Signal()
    """The alarms are others, or stand otherwise."""
    rang = Signal()
    """The sound was made, or would have been."""

    def __init__(self, session: Session, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent or session)
        self.session, self.settings = session, settings
        self.look = _NONE
        self.sound = Sound(self)
        self.notice = Notice(self)
        self._known: set[tuple[str, str | int]] = set()
        self._live = ("", 0)  # what the shared log's own alarm is, and since when
        self._busy = self._again = False
        self._closed = False
        self._loud = settings.now.sound
        self._rung_at = 0
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._second)
        self._tick.start()
        session.advanced.connect(self.ask)
        session.moved.connect(self.ask)
        session.shared.changed.connect(self._stands)
        session.closing.connect(self._close)
        settings.changed.connect(self._settle)
        self._stands()
        self.ask()

    # -- what there is -------------------------------------------------------------------------------------------------

    def ringing(self) -> list[AlarmLine]:
        """Return the alarms that nobody has seen, most pressing first."""
        return [one for one in self.look.lines if one.rings]

    def newest(self) -> AlarmLine | None:
        """Return the alarm that came last of those that nobody has seen, else the most pressing one of all."""
        waiting = self.ringing()
        if waiting:
            return max(waiting, key=lambda one: one.since)
        return self.look.lines[0] if self.look.lines else None

    @property
    def loud(self) -> bool:
        """Whether alarms make a sound at this desk."""
        return self.settings.now.sound

    def ask(self, *_why: object) -> None:
        """Ask the log, beside the window; where it is being asked, once more afterwards."""
        if self._closed:
            return
        if self._busy:
            self._again = True
            return
        self._busy, self._again = True, False
        moment, party, shared = self.session.moment, self.session.party, self._of_the_shared_log()

        def work(log: Log) -> Look:
            log.refresh()
            found = alarms.look(log, moment, party)
            return alarms.with_live(found, [alarms.live(log, moment, party, *one) for one in shared])

        self.session.look(work, self._come, self._freed)

    def _stands(self) -> None:
        """Ask again where the shared log's own alarm came, or went."""
        state = self.session.shared.state
        code = state.alarm if state else ""
        if code != self._live[0]:
            self._live = (code, self.session.log.clock())
            self.ask()

    def _of_the_shared_log(self) -> list[tuple[str, Millis, str]]:
        """Return the shared log's own alarm, since when, and what is known of it."""
        (code, since), state = self._live, self.session.shared.state
        return [(code, since, state.trouble)] if code and state else []

    def _freed(self, _error: CommandLogError) -> None:
        """Go on after what could not be read: the next change asks again."""
        self._busy = False

    def _come(self, found: Look) -> None:
        if self._closed:
            return
        QTimer.singleShot(REST, self, self._rested)
        before, self.look = self.look, found
        waiting = {one.key for one in found.lines if one.rings}
        new = [one for one in found.lines if one.rings and one.key not in self._known]
        self._known = waiting
        if new:
            self.notice.tell(new)
            self._ring()
        if found != before:
            self.changed.emit()

    def _rested(self) -> None:
        self._busy = False
        if self._again:
            self.ask()

    def _second(self) -> None:
        now = self.session.log.clock()
        if self.look.next_at and now >= self.look.next_at:
            self.ask()
        if self.ringing() and now - self._rung_at >= EVERY * 1000:
            self._ring()

    def _ring(self) -> None:
        self._rung_at = self.session.log.clock()
        if self.loud:
            self.sound.play()
        self.rang.emit()

    # -- what is chosen ------------------------------------------------------------------------------------------------

    def see(self, alarm: AlarmLine) -> None:
        """Record that it was seen: it rings no more."""
        self.session.do(about(alarm.entry, lambda desk, entry: tracing.see(desk, alarm.code, entry)))

    def shelve(self, alarm: AlarmLine, minutes: int) -> None:
        """Put it off for some minutes; then it rings again."""
        until = self.session.log.clock() + minutes * 60_000
        self.session.do(about(alarm.entry, lambda desk, entry: tracing.shelve(desk, alarm.code, entry, until)))

    def turn_sound(self) -> None:
        """Let alarms make a sound at this desk, or none any more."""
        self.settings.change(sound=not self.loud)

    def _settle(self) -> None:
        """Record that the sound was turned off or on, wherever that was done."""
        on = self.settings.now.sound
        if on == self._loud:
            return
        self._loud = on
        self.changed.emit()
        self.session.do(lambda desk: tracing.sound(desk, on=on), None, _unrecorded)

    def _close(self) -> None:
        self._closed = True
        self._tick.stop()
        self.sound.stop()
        self.notice.hide()


def _unrecorded(_error: CommandLogError) -> None:
    """Go on where the log takes no more (closed, or nobody is signed in): the sound is as it was set."""
