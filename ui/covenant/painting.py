"""Paints a cell of the covenant: its text with air around it, long words broken rather than cut."""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ..theme import Theme

AnyIndex = QModelIndex | QPersistentModelIndex
BESIDE, ABOVE = 10, 7  # pixels at 100 %


class CellPainter(QStyledItemDelegate):
    """The delegate of the covenant's tables; the first column weighs more, since one looks up by it."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = theme

    def height(self, text: str, width: int, column: int) -> int:
        """Return how high a cell of a width must be."""
        layout = self._laid(text, width, column)
        return round(layout.boundingRect().height()) + 2 * self.theme.px(ABOVE)

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """Return the room that a cell needs at its column's width."""
        width = option.rect.width()
        return QSize(width, self.height(str(index.data() or ""), width, index.column()))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a cell."""
        theme, rect = self.theme, QRectF(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(rect, theme.colour("selection" if selected else "ground"))
        painter.setPen(QPen(theme.colour("rule"), 1))
        painter.drawLine(rect.bottomLeft() - QPointF(0, 1), rect.bottomRight() - QPointF(0, 1))
        painter.setPen(theme.colour("text"))
        painter.setClipRect(rect)
        layout = self._laid(str(index.data() or ""), int(rect.width()), index.column())
        layout.draw(painter, rect.topLeft() + QPointF(theme.px(BESIDE), theme.px(ABOVE)))
        painter.restore()

    def _laid(self, text: str, width: int, column: int) -> QTextLayout:
        font: QFont = self.theme.strong if column == 0 else self.theme.font
        layout = QTextLayout(text.replace("\n", "\u2028"), font)
        option = QTextOption(Qt.AlignmentFlag.AlignLeft)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        room, top = max(20, width - 2 * self.theme.px(BESIDE)), 0.0
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(room)
            line.setPosition(QPointF(0, top))
            top += line.height()
        layout.endLayout()
        return layout
