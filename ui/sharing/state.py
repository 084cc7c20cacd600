"""How this desk stands in a shared log, as the program beside the window last said it: every screen reads it here."""

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer, Signal

from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.model.errors import CommandLogError
from commandlog.model.frames import Millis
from commandlog.sharing.desk.state import State, remembered

from .child import Child, command

_FARTHEST = 253_402_214_400_000  # milliseconds UTC: the year 9999, where calendars end
_LATER = 300  # milliseconds until the program is started: the window's first screen has the processor for itself


class _Asked(Struct):
    """What the program beside wants to know."""

    ask: str = ""


class Shared(QObject):
    """A session's part in a shared log. In a log of one's own nothing is ever started, and `state` stays None."""

    changed = Signal()
    """`state` is another one, or `asked` is."""

    def __init__(self, log: Log, parent: QObject) -> None:
        """`log` is the window's own, for reading."""
        super().__init__(parent)
        self.log = log
        self.state: State | None = None
        self.asked = False
        """Whether the password of this desk's login is wanted."""
        self._child: Child | None = None

    @property
    def follows(self) -> bool:
        """Whether the log is this desk's copy of a shared one; a keeper's is not, nor a copy of a copy."""
        return self.log.member is not None and not self.log.member.keeper and self.log.mark is None

    def begin(self, program: list[str] | None = None) -> None:
        """Take part, where the log is a shared one and nobody does so yet."""
        if self._child is not None or not self.follows:
            return
        try:
            known = remembered(settings_folder(), self.log)
        except CommandLogError:  # the settings cannot be read just now: the program beside says so
            known = None
        if known and sound(known):
            self._come(self._away(known, known.trouble))
        self._child = Child(program or command(self.log.path), self)
        self._child.said.connect(self._said)
        self._child.gone.connect(self._gone)
        QTimer.singleShot(_LATER, self._child, self._child.start)

    def end(self) -> None:
        """Take part no longer; nobody waits for it."""
        if self._child is not None:
            self._child.end()

    def give_password(self, password: str) -> None:
        """Answer the question for the password."""
        self.asked = False
        if self._child is not None:
            self._child.tell(password)
        self.changed.emit()

    def _said(self, line: bytes) -> None:
        try:
            if msgspec.json.decode(line, type=_Asked).ask:
                self.asked = True
                self.changed.emit()
                return
            state = msgspec.json.decode(line, type=State)
        except msgspec.MsgspecError:
            return
        if sound(state):
            self.asked = False
            self._come(state)

    def _gone(self, told: str) -> None:
        self.asked = False
        self._come(self._away(self.state or State(), told))

    def _away(self, state: State, told: str) -> State:
        """Return how a desk stands that nobody brings up to date: as before, but alone."""
        if state.phase in ("offline", "stopped"):
            return replace(state, trouble=told or state.trouble)
        return replace(state, phase="offline", since=self.log.clock(), trouble=told)

    def _come(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.changed.emit()


def sound(state: State) -> bool:
    """Whether what a state says can be: much of it comes from a server."""
    times: list[Millis] = [state.since, state.waiting_since, *(one.seen_at for one in state.desks)]
    counts = [state.upto, state.server_upto, state.waiting, state.refused, state.pieces_missing]
    counts += [number for one in state.desks for number in (one.waiting, one.upto)]
    offsets = [state.offset_ms, *(one.offset_ms for one in state.desks)]
    return (
        all(0 <= one <= _FARTHEST for one in times)
        and min(counts) >= 0
        and all(abs(one) <= _FARTHEST for one in offsets)
        and len(state.desks) <= _MOST
    )


_MOST = 10_000  # desks of one shared log
