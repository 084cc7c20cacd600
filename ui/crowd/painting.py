"""Paints one place of the crowd: its name and how it goes at the left, its line through time at the right."""

from datetime import tzinfo
from itertools import pairwise
from typing import NamedTuple

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from commandlog.model.frames import Millis
from commandlog.views.moments import local

from ..theme import Theme
from .model import ROW, AnyIndex, CrowdRow
from .trend import ARROWS, Level, trend_words

_HOUR = 3_600_000
_STEPS = (5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)  # minutes between two marks of the axis


class Axis(NamedTuple):
    """The stretch of time that all lines are painted on (milliseconds UTC)."""

    begin: Millis
    end: Millis

    def x(self, at: Millis, left: float, right: float) -> float:
        """Return where a time lies between two edges."""
        return left + (right - left) * (at - self.begin) / max(1, self.end - self.begin)

    def marks(self, zone: tzinfo, most: int) -> list[tuple[Millis, str]]:
        """Return round times on it, at most so many, and how they are written."""
        minutes = (self.end - self.begin) / 60_000
        step = next((one for one in _STEPS if minutes / one <= most), _STEPS[-1]) * 60_000
        shift = local(self.begin, zone).utcoffset()
        offset = round(shift.total_seconds() * 1000) if shift else 0
        first = -(-(self.begin + offset) // step) * step - offset
        return [(at, f"{local(at, zone):%H:%M}") for at in range(first, self.end + 1, step)]


class CrowdPainter(QStyledItemDelegate):
    """The delegate of the list; `axis` is the one that all rows share, `now` where their lines end."""

    def __init__(self, theme: Theme, zone: tzinfo, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme, self.zone = theme, zone
        self.axis, self.now = Axis(0, _HOUR), _HOUR

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of a row: three lines of text."""
        return QSize(300, self.theme.px(76))

    def chart(self, left: float, width: float) -> tuple[float, float]:
        """Return the edges of the charts in a row that begins at `left` and is so wide."""
        px = self.theme.px
        return left + max(px(230), min(px(380), width * 0.34)), left + width - px(64)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a row."""
        row: CrowdRow = index.data(ROW)
        theme, rect = self.theme, QRectF(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(rect, theme.colour("selection" if selected else "ground"))
        left, right = self.chart(rect.left(), rect.width())
        self._words(painter, rect, left - theme.px(16), row)
        self._chart(painter, QRectF(QPointF(left, rect.top() + theme.px(9)), QPointF(right, rect.bottom() - 8)), row)
        painter.setPen(QPen(theme.colour("rule"), 1))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        if row.crowd.warned:
            painter.fillRect(QRectF(rect.left(), rect.top(), theme.px(4), rect.height() - 1), theme.colour("late"))
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -2))
        painter.restore()

    def _words(self, painter: QPainter, rect: QRectF, right: float, row: CrowdRow) -> None:
        theme = self.theme
        left = rect.left() + theme.px(14)
        font, small, large = QFontMetricsF(theme.font), QFontMetricsF(theme.small), _large(theme)
        painter.setFont(large)
        painter.setPen(theme.colour("late" if row.crowd.warned else "text"))
        main = f"{ARROWS[row.trend]} {row.main()}"
        wide = QFontMetricsF(large).horizontalAdvance(main)
        y = rect.top() + theme.px(10) + font.ascent()
        painter.drawText(QPointF(right - wide, y + theme.px(4)), main)
        painter.setFont(theme.strong)
        painter.setPen(theme.colour("text"))
        room = right - wide - left - theme.px(10)
        name = QFontMetricsF(theme.strong).elidedText(row.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(left, y), name)
        painter.setFont(theme.small)
        painter.setPen(theme.colour("muted"))
        time = f"{local(row.crowd.at, self.zone):%H:%M}"
        lines = (
            (" · ".join(part for part in (trend_words(row.trend), row.beside()) if part), "muted"),
            (row.warning() or time, "late" if row.warning() else "muted"),
        )
        for text, meaning in lines:
            y += small.lineSpacing() + theme.px(2)
            painter.setPen(theme.colour(meaning))
            full = f"{text} · {time}" if text and text is not time and meaning == "late" else text
            painter.drawText(QPointF(left, y), small.elidedText(full, Qt.TextElideMode.ElideRight, right - left))

    def _chart(self, painter: QPainter, box: QRectF, row: CrowdRow) -> None:
        theme, line = self.theme, row.levels
        most = max([1.0 if row.crowd.capacity or row.crowd.percent is not None else 0.0, *(one.full for one in line)])
        most = most or 1.0

        def spot(one: Level) -> QPointF:
            return QPointF(self.axis.x(one.at, box.left(), box.right()), box.bottom() - box.height() * one.full / most)

        painter.setPen(QPen(theme.colour("rule"), 1))
        for at, _text in self.axis.marks(self.zone, 8):
            x = self.axis.x(at, box.left(), box.right())
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        limit = row.crowd.warn_at / 100
        if limit and limit <= most:
            y = box.bottom() - box.height() * limit / most
            painter.setPen(QPen(theme.colour("late"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setFont(theme.small)
            painter.drawText(QPointF(box.right() + theme.px(8), y + theme.px(4)), f"{row.crowd.warn_at} %")
        painter.setClipRect(box.adjusted(-4, -4, 4, 4))
        self._line(painter, box, [spot(one) for one in line], warned=row.crowd.warned)
        painter.setClipping(False)

    def _line(self, painter: QPainter, box: QRectF, spots: list[QPointF], *, warned: bool) -> None:
        """Paint a line in steps (it is known when it was counted, not what was between), and a dot at each count."""
        if not spots:
            return
        theme = self.theme
        steps = [spots[0]]
        for before, now in pairwise(spots):
            steps += [QPointF(now.x(), before.y()), now]
        end = self.axis.x(max(self.axis.begin, self.now), box.left(), box.right())
        steps.append(QPointF(max(end, spots[-1].x()), spots[-1].y()))
        colour = theme.colour("late" if warned else "accent")
        under = QColor(colour)
        under.setAlphaF(0.13)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(under)
        ends = [QPointF(steps[-1].x(), box.bottom()), QPointF(steps[0].x(), box.bottom())]
        painter.drawPolygon(QPolygonF(steps + ends))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 2))
        painter.drawPolyline(QPolygonF(steps))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for spot in spots:
            painter.drawEllipse(spot, 3, 3)


def _large(theme: Theme) -> QFont:
    font = QFont(theme.strong)
    font.setPointSizeF(theme.strong.pointSizeF() * 1.5)
    return font
