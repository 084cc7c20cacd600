"""The alarms in the top bar: how many of each urgency, and which came last. It blinks slowly until they are seen."""

from collections import Counter

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from commandlog.language import _, ngettext
from commandlog.model.harmless import visible
from commandlog.model.words import Priority, label
from commandlog.views.alarms import AlarmLine

from ..icons import pixmap
from ..theme import Theme
from .ringing import Ringing
from .shapes import draw_shape

BLINK = 1000  # milliseconds of light, and as many of dark: half a hertz
_ORDER = (*(str(one) for one in reversed(Priority)), "")


class Badge(QWidget):
    """Counts with their shapes, then the newest alarm's name where there is room."""

    wanted = Signal()
    """Somebody wants to see the alarms."""

    def __init__(self, ringing: Ringing, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ringing, self.theme = ringing, theme
        self.lit = False
        self.counts: list[tuple[str, int]] = []
        self.text = ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._blink = QTimer(self, interval=BLINK)
        self._blink.timeout.connect(self._turn)
        ringing.changed.connect(self.refresh)
        theme.changed.connect(self._measure)
        ringing.ask()  # in the language of now
        self.refresh()

    @property
    def blinks(self) -> bool:
        """Whether there is something that nobody has seen."""
        return self._blink.isActive()

    def refresh(self) -> None:
        """Say what there is now."""
        look, waiting = self.ringing.look, self.ringing.ringing()
        totals = Counter(one.priority for one in waiting or look.lines)
        self.counts = [(one, totals[one]) for one in _ORDER if totals[one]]
        newest = self.ringing.newest()
        self.text = self._said(newest, bool(waiting))
        if waiting and not self._blink.isActive():
            self.lit = True
            self._blink.start()
        elif not waiting:
            self._blink.stop()
            self.lit = False
        many = len(look.lines) + look.unlisted
        told = [ngettext("{n} alarm", "{n} alarms", many).format(n=many)]
        told += [f"{label(one)} {n}" if one else str(n) for one, n in self.counts]
        told += [] if self.ringing.loud else [_("sound off at this desk")]
        self.setAccessibleName(", ".join((*told, self.text)))
        self.setToolTip(", ".join(told) + "  (F8)")
        self._measure()

    def _said(self, newest: AlarmLine | None, waiting: bool) -> str:
        if newest is None:
            return ""
        if not waiting:
            return _("all seen")
        return " ".join(part for part in (visible(newest.name), newest.reference) if part)

    def _measure(self) -> None:
        self.updateGeometry()
        self.update()

    def _turn(self) -> None:
        self.lit = not self.lit
        self.update()

    # -- how it looks --------------------------------------------------------------------------------------------------

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the room for the counts, without the name."""
        return QSize(round(self._counted()), self.theme.px(28))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the room for all of it."""
        name = QFontMetricsF(self.theme.font).horizontalAdvance(self.text) + self.theme.px(10) if self.text else 0
        return QSize(round(self._counted() + min(name, self.theme.px(320))) + 1, self.theme.px(28))

    def _counted(self) -> float:
        px, strong = self.theme.px, QFontMetricsF(self.theme.strong)
        wide = px(8) + px(18) + px(8)
        counted = sum(px(11 + 4 + 10) + strong.horizontalAdvance(str(n)) for _one, n in self.counts)
        return wide + counted + (0 if self.ringing.loud else px(24))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint it: filled while it blinks on, else in outline."""
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first = self.counts[0][0] or "routine" if self.counts else "muted"
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.counts:
            painter.setPen(QPen(theme.colour(first if self.blinks else "rule"), 1.5))
            painter.setBrush(theme.colour(first) if self.lit else QColor(Qt.GlobalColor.transparent))
            painter.drawRoundedRect(box, theme.px(6), theme.px(6))
        self._write(painter, box)

    def _write(self, painter: QPainter, box: QRectF) -> None:
        theme, px = self.theme, self.theme.px
        ink = "ground" if self.lit else "text" if self.blinks else "muted"
        ratio = self.devicePixelRatioF()
        x, middle = box.left() + px(7), box.center().y()
        names = ("alarm",) if self.ringing.loud else ("alarm", "sound-off")
        for name in names:
            picture = pixmap(theme, name, ink, ratio=ratio)
            painter.drawPixmap(QPointF(x, middle - px(9)), picture)
            x += px(24)
        strong, plain = QFontMetricsF(theme.strong), QFontMetricsF(theme.font)
        base = middle + strong.capHeight() / 2
        painter.setFont(theme.strong)
        for priority, n in self.counts:
            colour = theme.colour(ink if self.lit or not self.blinks else priority or "routine")
            shape = QRectF(x, middle - px(11) / 2, px(11), px(11))
            draw_shape(painter, shape, priority, colour, filled=self.blinks)
            painter.setPen(theme.colour(ink))
            x += px(15)
            painter.drawText(QPointF(x, base), str(n))
            x += strong.horizontalAdvance(str(n)) + px(10)
        room = box.right() - px(6) - x
        if self.text and room > px(40):
            painter.setFont(theme.font)
            painter.setPen(theme.colour(ink))
            painter.drawText(QPointF(x, base), plain.elidedText(self.text, Qt.TextElideMode.ElideRight, room))

    def mousePressEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show the alarms."""
        self.wanted.emit()
