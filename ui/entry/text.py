"""The line of text itself: whose special keys its pane decides about, and which leaves the window its own."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget


class Line(QLineEdit):
    """One line of text whose special keys its pane decides about."""

    def __init__(self, keys: Callable[[QKeyEvent], bool], parent: QWidget) -> None:
        super().__init__(parent)
        self._keys = keys
        self.setAcceptDrops(False)  # the pane takes them, text and files

    def event(self, event: QEvent) -> bool:
        """Give Tab to the pane as well, which Qt would take for itself; leave the window its own keys."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_window_key(event):
            event.ignore()
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._keys(event):
            event.accept()
            return True
        return super().event(event)

    def _is_window_key(self, event: QKeyEvent) -> bool:
        """Whether a key with Ctrl is one of the window's; some systems give a line of text Ctrl+K, U, D and others."""
        wanted = QKeySequence(event.keyCombination())
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        return control and any(wanted in one.shortcuts() for one in self.window().actions())

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the text and the place in it: coming back selects nothing, so nothing is typed over."""
        super().focusInEvent(event)
        self.deselect()
