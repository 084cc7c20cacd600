"""What every screen of a window is handed: the open log, the looks, how to ask, and how to reach the other screens."""

from PySide6.QtCore import QObject, Signal

from .asking import Asking
from .deeds import Deeds
from .seat import Seat
from .session import Session
from .theme import Theme


class Room(QObject):
    """A window's furniture, as far as its screens share it."""

    look_at = Signal(object)
    """The timeline shows this Filter."""
    go_to = Signal(int)
    """The timeline shows the entry at this position."""
    write = Signal(str)
    """The entry line has the keys, with this text put into it."""
    write_anew = Signal(str)
    """The entry line has the keys, with this text alone in it; what was in it is parked."""
    told = Signal(str)
    """The banner says this (empty: nothing)."""

    def __init__(self, session: Session, theme: Theme, asking: Asking, parent: QObject, seat: Seat) -> None:
        super().__init__(parent)
        self.seat = seat
        self.session, self.theme, self.asking = session, theme, asking
        self.deeds = Deeds(session, asking)
