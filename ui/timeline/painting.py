"""Paints one entry in one row: when, whose, who, where, what, and where it stands.

Nothing is known by colour alone: a party has its letter, a priority its shape, a state its word. What is painted is
put together once for a line (`wording.py`) and kept while it is near.
"""

from datetime import tzinfo
from typing import NamedTuple

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from commandlog.language import _
from commandlog.log.store import system_clock
from commandlog.model.covenant import Covenant
from commandlog.views.lines import Line

from ..models.timeline import LINE, TimelineModel
from ..session import Session
from ..theme import Theme
from .wording import HERE, Painted, Wording, kept_words

ROW = 30  # pixels at 100 %
_NARROW, _WIDE = 440, 640  # pixels at 100 % from which who said it, and where, have a column
KEPT = 4_000  # lines whose words are kept
LONG = 48  # characters from which on a text is taken to be longer than its room
_SHAPES = {
    "elevated": ((0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)),
    "urgent": ((0.5, 0.0), (1.0, 1.0), (0.0, 1.0)),
    "emergency": ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),
}


class Columns(NamedTuple):
    """Where the parts of a row begin, in pixels from its left edge. Where `place` is `text`, the place has no column.

    A row without a state has its text up to `end`.
    """

    time: float
    letter: float
    tag: float
    place: float
    text: float
    state: float
    end: float


class EntryPainter(QStyledItemDelegate):
    """The delegate of every list of entries."""

    def __init__(
        self,
        theme: Theme,
        covenant: Covenant,
        zone: tzinfo,
        parent: QObject | None = None,
        session: Session | None = None,
    ) -> None:
        super().__init__(parent)
        self.theme, self.session = theme, session
        self.wording = Wording(covenant, zone, session)
        self._kept: dict[int, tuple[Line, Painted]] = {}
        self._measure()
        theme.changed.connect(self._measure)

    def _measure(self) -> None:
        theme = self.theme
        self._font, self._strong, self._small = theme.font, theme.strong, theme.small
        self._struck = QFont(theme.font)
        self._struck.setStrikeOut(True)
        self._quiet = QFont(theme.font)
        self._quiet.setItalic(True)
        self._metrics = {id(font): QFontMetricsF(font) for font in self._fonts()}
        self._rises = {key: metrics.ascent() - metrics.descent() for key, metrics in self._metrics.items()}
        self._widths: dict[tuple[str, int], float] = {}
        self._cuts: dict[tuple[str, int, int], str] = {}
        waiting = "◇ " + _("to assess") + " 0:00:00"
        self._state_width = self._measured(self._small).horizontalAdvance(waiting) + theme.px(8)
        self._time_width = self._measured(self._font).horizontalAdvance("00:00") + theme.px(10)
        self._columns_of = (-1.0, Columns(0, 0, 0, 0, 0, 0, 0))
        self._kept.clear()

    def _fonts(self) -> tuple[QFont, ...]:
        return (self._font, self._strong, self._small, self._struck, self._quiet)

    def _measured(self, font: QFont) -> QFontMetricsF:
        return self._metrics[id(font)]

    def forget(self) -> None:
        """Put lines together anew (another language, another covenant)."""
        self._kept.clear()

    def now(self) -> int:
        """Return the time that states count by (milliseconds UTC)."""
        return self.session.log.clock() if self.session else system_clock()

    def painted(self, line: Line) -> Painted:
        """Return the words of a line, put together at its first sight."""
        found = self._kept.get(line.seq)
        if found is not None and found[0] is line:
            return found[1]
        if len(self._kept) > KEPT:
            self._kept.clear()
        one = self.wording.painted(line)
        self._kept[line.seq] = (line, one)
        return one

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        """Return the size of a row: all have the same."""
        return QSize(200, self.theme.px(ROW))

    def columns(self, width: float) -> Columns:
        """Return where the parts are in a row of a width: the text has most of it, the place gives way first."""
        if self._columns_of[0] == width:
            return self._columns_of[1]
        px = self.theme.px
        time = float(px(12))
        letter = time + self._time_width
        tag = letter + px(28)
        end = width - px(10)
        if width < px(_NARROW):  # the badge says whose it is
            self._columns_of = (width, Columns(time, letter, tag, tag, tag, max(tag, end - width * 0.3), end))
            return self._columns_of[1]
        place = tag + min(px(230), max(px(96), width * 0.17))
        text = place + min(px(180), width * 0.11) if width >= px(_WIDE) else place
        state = end - min(px(220), max(self._state_width, width * 0.13))
        self._columns_of = (width, Columns(time, letter, tag, place, text, state, end))
        return self._columns_of[1]

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint a row."""
        line = _line_at(index, index.row())
        rect, theme = QRectF(option.rect), self.theme
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(rect, theme.colour("selection" if selected else "ground"))
        if line is not None:
            one = self.painted(line)
            new_day = self._is_new_day(index, one)
            self._row(painter, rect, line, one, new_day)
            if new_day and index.row():
                painter.fillRect(QRectF(rect.left(), rect.top(), rect.width(), 2), theme.colour("muted"))
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), theme.colour("rule"))
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -2))
        painter.restore()

    def _is_new_day(self, index: QModelIndex | QPersistentModelIndex, one: Painted) -> bool:
        if index.row() == 0:
            return True
        before = _line_at(index, index.row() - 1)
        return before is not None and self.painted(before).date != one.date

    def _row(self, painter: QPainter, rect: QRectF, line: Line, one: Painted, new_day: bool) -> None:
        at, theme = self.columns(rect.width()), self.theme
        muted, ink = theme.colour("muted"), theme.colour("text")
        if new_day:
            self._two_lines(painter, rect, at, one.date, one.time)
        else:
            self._say(painter, rect, at.time, at.letter, one.time, self._font, muted if one.quiet else ink)
        if one.keeping:
            self._kept_mark(painter, rect, one.keeping)
        self._badge(painter, rect, at.letter, one)
        gap = theme.px(8)
        ended = self._say(painter, rect, at.tag, at.place - gap, one.tag, self._strong, muted if one.quiet else ink)
        self._say(painter, rect, ended + theme.px(6), at.place - gap, one.role, self._small, muted)
        left = at.text
        if at.text > at.place:
            self._say(painter, rect, at.place, at.text - gap, one.place, self._font, muted)
        elif one.place:
            left = self._say(painter, rect, left, at.state, f"{one.place} ", self._font, muted)
        state, meaning = one.standing(self.now()) if one.ticks else (one.state, one.meaning)
        right = at.state - gap if state else at.end
        ended = self._words(painter, rect, line, one, left, right)
        if one.keeping == HERE:  # where there is room: no text gives way to it, and nothing moves when it goes
            told = kept_words(HERE)
            begin = right - self._width(told, self._small)
            if begin > ended + 2 * gap:
                self._say(painter, rect, begin, right + 1, told, self._small, theme.colour("waiting"))
        if state:
            self._say(painter, rect, at.state, at.end, state, self._small, theme.colour(meaning))

    def _two_lines(self, painter: QPainter, rect: QRectF, at: Columns, above: str, below: str) -> None:
        """Write the day above the time, where another day begins."""
        half = rect.height() / 2
        top = QRectF(rect.left(), rect.top() + 1, rect.width(), half)
        self._say(painter, top, at.time, at.letter, above, self._small, self.theme.colour("accent"))
        self._say(
            painter, top.translated(0, half - 2), at.time, at.letter, below, self._small, self.theme.colour("text")
        )

    def _words(self, painter: QPainter, rect: QRectF, line: Line, one: Painted, left: float, right: float) -> float:
        """Write what an entry says, between two places: what was struck, what holds, and what goes with it.

        Returns where it ends.
        """
        theme = self.theme
        muted, gap = theme.colour("muted"), theme.px(8)
        if one.depth:
            left = self._say(painter, rect, left, right, "↳", self._font, muted) + theme.px(6)
        if one.significant:
            left = self._say(painter, rect, left, right, "★", self._font, theme.colour("mark")) + theme.px(6)
        left = self._shape(painter, rect, left, line.priority)
        notes = self._width(one.notes, self._small) + gap if one.notes else 0.0
        alert = self._width("! " + one.alert, self._small) + gap if one.alert else 0.0
        room = max(left + (right - left) * 0.4, right - notes - alert)
        if one.before:
            middle = left + (room - left) * 0.45
            left = self._say(painter, rect, left, middle, one.before, self._struck, theme.colour("struck"))
            left = self._say(painter, rect, left, room, " → ", self._font, muted)
        font, colour = (self._quiet, muted) if one.quiet else (self._font, theme.colour("text"))
        left = self._say(painter, rect, left, room, one.text, font, colour)
        if one.alert:
            left = self._say(painter, rect, left + gap, right, "! " + one.alert, self._small, theme.colour("late"))
        if one.notes:
            left = self._say(painter, rect, left + gap, right, one.notes, self._small, muted)
        return left

    def _say(
        self, painter: QPainter, rect: QRectF, left: float, right: float, text: str, font: QFont, colour: QColor
    ) -> float:
        """Write a text between two places, cut where it does not fit; returns where it ends."""
        if not text or right <= left:
            return left
        shown, width = self._fitted(text, font, right - left)
        painter.setFont(font)
        painter.setPen(colour)
        base = rect.top() + (rect.height() + self._rises[id(font)]) / 2
        painter.drawText(QPointF(rect.left() + left, base), shown)
        return left + width

    def _fitted(self, text: str, font: QFont, room: float) -> tuple[str, float]:
        """Return a text as far as it fits into a room, and how wide that is: all of the room where it was cut.

        Measuring is the dearest part of a row that is new; a long text is mostly cut, so its whole width is asked last.
        """
        if (len(text) < LONG or (text, id(font)) in self._widths) and (width := self._width(text, font)) <= room:
            return text, width
        key = (text, id(font), int(room))
        shown = self._cuts.get(key)
        if shown is None:
            if len(self._cuts) > KEPT * 4:
                self._cuts.clear()
            shown = self._cuts[key] = self._measured(font).elidedText(text, Qt.TextElideMode.ElideRight, room)
        return (text, self._width(text, font)) if shown == text else (shown, room)

    def _width(self, text: str, font: QFont) -> float:
        """Return how wide a text is, measured once."""
        key = (text, id(font))
        width = self._widths.get(key)
        if width is None:
            if len(self._widths) > KEPT * 4:
                self._widths.clear()
            width = self._widths[key] = self._measured(font).horizontalAdvance(text)
        return width

    def _kept_mark(self, painter: QPainter, rect: QRectF, keeping: str) -> None:
        """Paint, before the time, a ring for what is stored here only, and a dot for what is in the shared log."""
        theme = self.theme
        here = keeping == HERE
        size = theme.px(7 if here else 5)
        spot = QRectF(rect.left() + theme.px(6) - size / 2, rect.center().y() - size / 2, size, size)
        colour = theme.colour("waiting" if here else "muted")
        painter.setPen(QPen(colour, theme.px(1.5)) if here else Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush if here else colour)
        painter.drawEllipse(spot)

    def _badge(self, painter: QPainter, rect: QRectF, left: float, one: Painted) -> None:
        """Paint the party's letter on its colour."""
        theme = self.theme
        ground, ink = theme.party(one.party)
        size = theme.px(20)
        box = QRectF(rect.left() + left, rect.center().y() - size / 2, size, size)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(ink)
        painter.setFont(self._strong if len(one.letter) < 2 else self._small)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, one.letter)

    def _shape(self, painter: QPainter, rect: QRectF, left: float, priority: str) -> float:
        """Paint the shape of a priority; returns where the text begins."""
        if not priority:
            return left
        theme = self.theme
        size = theme.px(10)
        top, x = rect.center().y() - size / 2, rect.left() + left
        painter.setPen(QPen(theme.colour(priority), 1.5))
        painter.setBrush(theme.colour(priority))
        if priority in _SHAPES:
            painter.drawPolygon(QPolygonF([QPointF(x + a * size, top + b * size) for a, b in _SHAPES[priority]]))
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(x, top, size, size))
        return left + size + theme.px(6)


def _line_at(index: QModelIndex | QPersistentModelIndex, row: int) -> Line | None:
    """Return the line in a row of an index's list, without the way round by Qt: twice for each row that is painted."""
    model = index.model()
    line: Line | None = model.line(row) if isinstance(model, TimelineModel) else index.sibling(row, 0).data(LINE)
    return line
