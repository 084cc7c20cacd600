"""The head of a lane: whose it is, how much is in it, and whom to call where nobody is at that desk."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from ..theme import Theme


class LaneHead(QWidget):
    """Whose lane it is, how much is in it, and whom to call where nobody is at that desk."""

    def __init__(self, theme: Theme, number: int, letter: str, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme, self.number = theme, number
        self.letter, self.name, self.count, self.desk = (self._label() for _part in range(4))
        self.letter.setText(letter)
        self.letter.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.name.setText(name)
        self._grid = QGridLayout(self)
        self._grid.addWidget(self.letter, 0, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(self.name, 0, 1)
        self._grid.addWidget(self.count, 1, 0, 1, 2)
        self._grid.addWidget(self.desk, 2, 0, 1, 2)
        self._grid.setColumnStretch(1, 1)
        self._grid.setRowStretch(3, 1)
        self.dress()

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        return label

    def dress(self) -> None:
        """Take the theme's letters and colours."""
        theme = self.theme
        ground, ink = theme.party(self.number)
        self.letter.setFont(theme.strong)
        self.letter.setWordWrap(False)
        self.letter.setFixedSize(theme.px(22), theme.px(20))
        self.letter.setStyleSheet(f"background: {ground.name()}; color: {ink.name()}; border-radius: {theme.px(4)}px;")
        self.name.setFont(theme.strong)
        for label, meaning in ((self.count, "muted"), (self.desk, "waiting")):
            label.setFont(theme.small)
            palette = label.palette()
            palette.setColor(label.foregroundRole(), theme.colour(meaning))
            label.setPalette(palette)
        self._grid.setContentsMargins(theme.px(10), theme.px(6), theme.px(8), theme.px(6))
        self._grid.setHorizontalSpacing(theme.px(8))
        self._grid.setVerticalSpacing(theme.px(2))

    def say(self, count: str, desk: str) -> None:
        """Say how much there is, and whether anybody is at the desk."""
        self.count.setText(count)
        self.desk.setText(desk)
        self.desk.setVisible(bool(desk))
