"""How the wall is come by: one for a desk's window, made when it is first wanted."""

from PySide6.QtWidgets import QWidget

from ..session import Session
from ..theme import Theme
from .window import WallWindow


def show_wall(window: QWidget, session: Session, theme: Theme) -> WallWindow:
    """Show the wall of a desk's window, on the second screen where there is one; returns it."""
    found = window.findChild(WallWindow)
    wall = found if isinstance(found, WallWindow) else WallWindow(session, theme, window)
    wall.open_on_second_screen()
    return wall
