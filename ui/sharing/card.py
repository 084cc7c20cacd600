"""What the cards of the lists of a shared log have in common: their ground, and how a text is written on it."""

from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ..theme import Theme
from .listing import ROW

AnyIndex = QModelIndex | QPersistentModelIndex


class CardPainter(QStyledItemDelegate):
    """The delegate of a list of cards. Whoever inherits says how large one is, and writes it."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a card."""
        theme = self.theme
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        focus = selected and bool(option.state & QStyle.StateFlag.State_HasFocus)
        box = QRectF(option.rect).adjusted(theme.px(8), theme.px(4), -theme.px(8), -theme.px(4))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("focus" if focus else "rule"), 2 if focus else 1))
        painter.setBrush(theme.colour("selection" if selected else "raised"))
        painter.drawRoundedRect(box, theme.px(6), theme.px(6))
        self.write(painter, box, index.data(ROW))
        painter.restore()

    def write(self, painter: QPainter, box: QRectF, row: Any) -> None:
        """Write what a row says into the card's box."""
        raise NotImplementedError

    def say(
        self, painter: QPainter, font: QFont, left: float, right: float, base: float, text: str, meaning: str
    ) -> None:
        """Write one line of text between two edges, cut short where it does not fit."""
        if text and right > left:
            painter.setFont(font)
            painter.setPen(self.theme.colour(meaning))
            shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, right - left)
            painter.drawText(QPointF(left, base), shown)
