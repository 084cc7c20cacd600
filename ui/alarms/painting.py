"""Paints one alarm as a card: how urgent and since when, what it is about, and what to do."""

from datetime import tzinfo

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from commandlog.language import _
from commandlog.model.covenant import Covenant
from commandlog.model.harmless import visible
from commandlog.model.words import label
from commandlog.views.alarms import AlarmLine
from commandlog.views.moments import local

from ..theme import Theme
from ..timeline.wording import span
from .model import ALARM, AnyIndex
from .shapes import draw_shape

NAMED = 3  # parties that a card names; of the others, it says how many
SHOWN = 400  # characters of a text that a card can ever show


class AlarmPainter(QStyledItemDelegate):
    """The delegate of the list. `now` is the time that ages are counted to (milliseconds UTC)."""

    def __init__(self, theme: Theme, covenant: Covenant, zone: tzinfo, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme, self.covenant, self.zone = theme, covenant, zone
        self.now = 0

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of a card: three lines, whatever it says."""
        theme = self.theme
        lines = QFontMetricsF(theme.strong).lineSpacing() + QFontMetricsF(theme.font).lineSpacing()
        return QSize(120, round(lines + QFontMetricsF(theme.small).lineSpacing() + theme.px(30)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a card."""
        alarm: AlarmLine = index.data(ALARM)
        theme = self.theme
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        focus = selected and bool(option.state & QStyle.StateFlag.State_HasFocus)
        box = QRectF(option.rect).adjusted(theme.px(8), theme.px(4), -theme.px(8), -theme.px(4))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("focus" if focus else "rule"), 2 if focus else 1))
        painter.setBrush(theme.colour("selection" if selected else "raised" if alarm.rings else "ground"))
        painter.drawRoundedRect(box, theme.px(6), theme.px(6))
        if alarm.rings:
            bar = QRectF(box.left() + 1, box.top() + theme.px(5), theme.px(3), box.height() - theme.px(10))
            painter.fillRect(bar, theme.colour(self.meaning(alarm)))
        self._write(painter, box.adjusted(theme.px(14), theme.px(8), -theme.px(12), -theme.px(8)), alarm)
        painter.restore()

    @staticmethod
    def meaning(alarm: AlarmLine) -> str:
        """Return what the colour of an alarm means; one that was seen is quiet."""
        return (alarm.priority or "routine") if alarm.rings else "muted"

    def _write(self, painter: QPainter, box: QRectF, alarm: AlarmLine) -> None:
        theme = self.theme
        strong, plain, small = (QFontMetricsF(font) for font in (theme.strong, theme.font, theme.small))
        side = theme.px(11)
        left = box.left() + side + theme.px(9)
        y = box.top() + strong.ascent()
        colour = theme.colour(self.meaning(alarm))
        shape = QRectF(box.left(), y - strong.capHeight() / 2 - side / 2, side, side)
        draw_shape(painter, shape, alarm.priority, colour, filled=alarm.rings)
        age = self._say(painter, theme.strong, box.right(), y, self._age(alarm), "text" if alarm.rings else "muted")
        word = self.urgency(alarm)
        painter.setPen(colour)
        self._cut(painter, theme.strong, left, y, word, age - left)
        after = left + strong.horizontalAdvance(word) + theme.px(10)
        painter.setPen(theme.colour("text" if alarm.rings else "muted"))
        self._cut(painter, theme.strong, after, y, visible(alarm.name), age - after - theme.px(10))
        y = box.top() + strong.lineSpacing() + theme.px(3) + plain.ascent()
        self._cut(painter, theme.font, left, y, self.about(alarm), box.right() - left)
        y = box.bottom() - small.descent()
        seen = self._say(painter, theme.small, box.right(), y, self.seen(alarm), "muted")
        painter.setPen(theme.colour("accent" if alarm.rings else "muted"))
        self._cut(painter, theme.small, left, y, f"→ {visible(alarm.action)}", seen - left - theme.px(12))

    def _say(self, painter: QPainter, font: QFont, right: float, y: float, text: str, meaning: str) -> float:
        """Write something that ends at `right`; returns where it begins."""
        begin = right - QFontMetricsF(font).horizontalAdvance(text)
        painter.setFont(font)
        painter.setPen(self.theme.colour(meaning))
        painter.drawText(QPointF(begin, y), text)
        return begin

    @staticmethod
    def _cut(painter: QPainter, font: QFont, x: float, y: float, text: str, room: float) -> None:
        if room > 0:
            painter.setFont(font)
            cut = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(x, y), cut)

    def _age(self, alarm: AlarmLine) -> str:
        return span(max(0, self.now - alarm.since)) if self.now else ""

    # -- words ---------------------------------------------------------------------------------------------------------

    @staticmethod
    def urgency(alarm: AlarmLine) -> str:
        """Return how urgent it is, in a word."""
        return label(alarm.priority).capitalize() if alarm.priority else ""

    def about(self, alarm: AlarmLine) -> str:
        """Return what it is about, and from whom something is expected."""
        name = self.covenant
        place = name.place_name(alarm.place) if alarm.place else ""
        text = " ".join(visible(alarm.text[:SHOWN]).split())
        said = " · ".join(part for part in (alarm.reference, place, text) if part)
        whom = ", ".join(name.party_name(one) for one in alarm.concerns[:NAMED])
        if len(alarm.concerns) > NAMED:
            whom += f" +{len(alarm.concerns) - NAMED}"
        return f"{whom}:  {said}" if whom else said

    def seen(self, alarm: AlarmLine) -> str:
        """Return who saw it and when; empty while nobody has."""
        if not alarm.seen_by:
            return ""
        told = _("✓ seen {time} at {desk}")
        return told.format(time=f"{local(alarm.seen_at, self.zone):%H:%M}", desk=alarm.seen_by)

    def spoken(self, alarm: AlarmLine) -> str:
        """Return an alarm as it is read aloud."""
        parts = (self.urgency(alarm), visible(alarm.name), self.about(alarm), visible(alarm.action))
        return ", ".join(part for part in (*parts, self.seen(alarm).lstrip("✓ ")) if part)
