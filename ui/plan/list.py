"""Paints a place in the list beside the plan: its name as deep as it lies, and its numbers."""

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ..theme import Theme
from .model import ROW, AnyIndex, PlaceRow


class PlacePainter(QStyledItemDelegate):
    """The delegate of the list of places."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of a row: all have the same."""
        return QSize(140, self.theme.px(26))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a row."""
        row: PlaceRow = index.data(ROW)
        theme, rect = self.theme, QRectF(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(rect, theme.colour("selection" if selected else "ground"))
        metrics, small = QFontMetricsF(theme.font), QFontMetricsF(theme.small)
        base = rect.center().y() + (metrics.ascent() - metrics.descent()) / 2
        right = rect.right() - theme.px(12)
        painter.setFont(theme.small)
        for text, meaning in reversed(row.figures()):
            right -= small.horizontalAdvance(text)
            painter.setPen(theme.colour(meaning))
            painter.drawText(QPointF(right, base), text)
            right -= theme.px(8)
        left = rect.left() + theme.px(12) + theme.px(12) * row.depth
        painter.setFont(theme.strong if selected else theme.font)
        painter.setPen(theme.colour("text" if row.figures() or selected else "muted"))
        name = metrics.elidedText(row.name, Qt.TextElideMode.ElideRight, max(10.0, right - left))
        painter.drawText(QPointF(left, base), name)
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.fillRect(QRectF(rect.left(), rect.top(), 3, rect.height()), theme.colour("focus"))
        painter.restore()
