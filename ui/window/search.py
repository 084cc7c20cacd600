"""The search field above the timeline: finds as one types, and says when there is nothing to look for."""

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from commandlog.language import _

PAUSE = 60  # milliseconds; one and two letters wait longer, since they find almost everything
LONGER = 350


class SearchField(QLineEdit):
    """Words, beginnings of words, "phrases", -without."""

    wanted = Signal(str)
    """This is to be searched for; empty: nothing."""
    left = Signal()
    """Esc or Down was pressed: back to the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setClearButtonEnabled(True)
        self._pause = QTimer(self, singleShot=True)
        self._pause.timeout.connect(lambda: self.wanted.emit(self.text().strip()))
        self.textEdited.connect(self._edited)
        self.retranslate()

    def retranslate(self) -> None:
        """Say it in the language of now."""
        self.setPlaceholderText(_("Search  ( / )"))
        self.setAccessibleName(_("Search"))

    def _edited(self, text: str) -> None:
        self._pause.start(LONGER if 0 < len(text.strip()) < 3 else PAUSE)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Esc empties the field first, then leaves; Down leaves."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            self.wanted.emit("")
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return):
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keep letters that are shortcuts elsewhere."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)
