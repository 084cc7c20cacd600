"""Paints what there is to do at the start: a title, what to know of it below, and its key at the right."""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from commandlog.model.harmless import visible

from ..theme import Theme
from .model import CHOICE

AnyIndex = QModelIndex | QPersistentModelIndex


class ChoicePainter(QStyledItemDelegate):
    """The delegate of the start window's list."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """Return the height of a row."""
        theme, choice = self.theme, index.data(CHOICE)
        small = QFontMetricsF(theme.small).height()
        if not choice.what:
            return QSize(100, round(small + theme.px(24)))
        return QSize(100, round(QFontMetricsF(theme.strong).height() + small + theme.px(18)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a row."""
        theme, rect, choice = self.theme, QRectF(option.rect), index.data(CHOICE)
        inside = rect.adjusted(theme.px(16), 0, -theme.px(16), 0)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not choice.what:
            painter.setFont(theme.small)
            painter.setPen(theme.colour("muted"))
            low = inside.adjusted(0, 0, 0, -theme.px(6))
            painter.drawText(low, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, choice.title)
            painter.restore()
            return
        self._ground(painter, option, rect.adjusted(theme.px(4), 1, -theme.px(4), -1))
        strong, small = QFontMetricsF(theme.strong), QFontMetricsF(theme.small)
        right = inside.right()
        if choice.key:
            right -= self._key(painter, inside, choice.key)
        top = inside.top() + theme.px(9)
        painter.setFont(theme.strong)
        painter.setPen(theme.colour("muted" if choice.gone else "text"))
        title = strong.elidedText(visible(choice.title), Qt.TextElideMode.ElideRight, right - inside.left())
        painter.drawText(QRectF(inside.left(), top, right - inside.left(), strong.height() + 2), 0, title)
        painter.setFont(theme.small)
        painter.setPen(theme.colour("muted"))
        how = Qt.TextElideMode.ElideMiddle if choice.what == "recent" else Qt.TextElideMode.ElideRight
        beside = small.elidedText(visible(choice.beside), how, right - inside.left())
        low = QRectF(inside.left(), top + strong.height(), right - inside.left(), small.height() + 2)
        painter.drawText(low, 0, beside)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRectF) -> None:
        if not option.state & QStyle.StateFlag.State_Selected:
            return
        theme = self.theme
        painter.setBrush(theme.colour("selection"))
        painter.setPen(
            QPen(theme.colour("focus"), theme.px(1.5))
            if option.state & QStyle.StateFlag.State_HasFocus
            else Qt.PenStyle.NoPen
        )
        painter.drawRoundedRect(rect, theme.px(4), theme.px(4))

    def _key(self, painter: QPainter, inside: QRectF, key: str) -> float:
        """Paint a key cap; returns the room that it takes."""
        theme, metrics = self.theme, QFontMetricsF(self.theme.small)
        width = max(metrics.horizontalAdvance(key) + theme.px(12), theme.px(22))
        height = metrics.height() + theme.px(4)
        cap = QRectF(inside.right() - width, inside.center().y() - height / 2, width, height)
        painter.setPen(QPen(theme.colour("rule"), 1))
        painter.setBrush(theme.colour("raised"))
        painter.drawRoundedRect(cap, theme.px(3), theme.px(3))
        painter.setPen(theme.colour("muted"))
        painter.setFont(theme.small)
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)
        return width + theme.px(12)
