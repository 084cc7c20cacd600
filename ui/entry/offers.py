"""A short list above the line: what the word may become, or what a chip may be instead. The line keeps the keys."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from commandlog.language import _

from ..theme import Theme


class Offers(QFrame):
    """Shown above an anchor; never takes the focus."""

    taken = Signal(int)
    """The offer in this row was chosen."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.list = QListWidget(self)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(_("What it may become: Tab takes it"))
        self.list.itemClicked.connect(lambda item: self.taken.emit(self.list.row(item)))
        box = QVBoxLayout(self)
        box.setContentsMargins(1, 1, 1, 1)
        box.addWidget(self.list)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def _dress(self) -> None:
        ground, rule = self.theme.colour("raised").name(), self.theme.colour("muted").name()
        self.setStyleSheet(
            f"Offers {{ background: {ground}; border: 1px solid {rule}; }} QListWidget {{ background: {ground}; }}"
        )

    def offer(self, texts: list[tuple[str, str]], anchor: QPoint) -> None:
        """Show texts, each with what it is, above a point (global); nothing hides the list."""
        window = self.window()
        if self.parentWidget() is not window:
            self.setParent(window)  # above all panes, and no window of its own
        self.list.setSpacing(self.theme.px(2))
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clear()
        for text, what in texts:
            QListWidgetItem(f"{text}    {what}" if what and what != text else text, self.list)
        if not texts:
            self.hide()
            return
        self.list.setCurrentRow(0)
        width = min(max(self.list.sizeHintForColumn(0) + 40, self.theme.px(200)), self.theme.px(480))
        height = (self.list.sizeHintForRow(0) + self.theme.px(4)) * len(texts) + 8
        self.resize(width, height)
        place = window.mapFromGlobal(anchor)
        self.move(min(place.x(), window.width() - width), max(0, place.y() - height - 4))
        self.raise_()
        self.show()

    def step(self, by: int) -> None:
        """Go up or down."""
        count = self.list.count()
        if count:
            self.list.setCurrentRow((self.list.currentRow() + by) % count)

    @property
    def row(self) -> int:
        """The row that Tab takes, -1 where nothing is offered."""
        return self.list.currentRow() if self.isVisible() else -1
