"""Paints what is open: headings, and items of two lines with their reference at the left."""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from commandlog.model.harmless import visible

from ..theme import Theme
from .items import Item
from .model import ITEM

AnyIndex = QModelIndex | QPersistentModelIndex
LINES = 2  # of a text
KEPT = 4_000  # sizes


class ItemPainter(QStyledItemDelegate):
    """The delegate of the list of what is open."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = theme
        self._sizes: dict[tuple[str, bool, int], QSize] = {}
        theme.changed.connect(self._forget)

    def _forget(self) -> None:
        self._sizes.clear()

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """Return a height that holds the text in at most two lines, and what is beside it."""
        item, width = index.data(ITEM), option.rect.width()
        key = (item.text, item.is_heading, width)
        if key not in self._sizes:
            if len(self._sizes) > KEPT:
                self._sizes.clear()
            self._sizes[key] = self._size(item, width if width > 0 else 600)
        return self._sizes[key]

    def _size(self, item: Item, width: int) -> QSize:
        theme = self.theme
        if item.is_heading:
            return QSize(100, theme.px(18) + round(QFontMetricsF(theme.strong).height()))
        small = QFontMetricsF(theme.small).height()
        lines = len(self._lines(item, width))
        return QSize(100, round(theme.px(14) + lines * theme.metrics.height() + small))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint an item."""
        theme, rect, item = self.theme, QRectF(option.rect), index.data(ITEM)
        selected = bool(option.state & QStyle.StateFlag.State_Selected) and not item.is_heading
        painter.save()
        painter.fillRect(rect, theme.colour("selection" if selected else "ground"))
        inside = rect.adjusted(theme.px(16), 0, -theme.px(12), 0)
        if item.is_heading:
            painter.setFont(theme.strong)
            painter.setPen(theme.colour("text"))
            low = inside.adjusted(0, 0, 0, -theme.px(4))
            painter.drawText(low, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, item.text)
            painter.restore()
            return
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme.colour("focus"), theme.px(2)))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))
        height, top = theme.metrics.height(), inside.top() + theme.px(6)
        painter.setFont(theme.font)
        painter.setPen(theme.colour("muted"))
        painter.drawText(QRectF(inside.left(), top, self._indent(), height), 0, item.reference)
        painter.setPen(theme.colour("text"))
        left = inside.left() + self._indent()
        for line in self._lines(item, rect.width()):
            painter.drawText(QRectF(left, top, inside.right() - left, height), 0, line)
            top += height
        if item.beside:
            painter.setFont(theme.small)
            painter.setPen(theme.colour("late" if item.late else "muted"))
            metrics = QFontMetricsF(theme.small)
            beside = visible(("! " if item.late else "") + item.beside)
            shown = metrics.elidedText(beside, Qt.TextElideMode.ElideRight, inside.right() - left)
            painter.drawText(QRectF(left, top, inside.right() - left, metrics.height() + 2), 0, shown)
        painter.restore()

    def _indent(self) -> float:
        return self.theme.metrics.horizontalAdvance("W8-88888") + self.theme.px(8)

    def _lines(self, item: Item, width: float) -> list[str]:
        """Return the text in at most two lines, the last one cut where there is more."""
        metrics = self.theme.metrics
        room = max(80.0, width - self.theme.px(28) - self._indent())
        lines: list[str] = []
        rest = " ".join(visible(item.text[:600]).split())
        while rest and len(lines) < LINES - 1 and metrics.horizontalAdvance(rest) > room:
            words, line = rest.split(" "), ""
            while words and metrics.horizontalAdvance(f"{line} {words[0]}") <= room:
                line = f"{line} {words.pop(0)}".strip()
            if not line:
                break
            lines.append(line)
            rest = " ".join(words)
        return [*lines, metrics.elidedText(rest, Qt.TextElideMode.ElideRight, room)]
