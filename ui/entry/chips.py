"""What was recognised in a line, as chips: the operator sees what the program understood, and corrects it by key."""

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from commandlog.intake.quick_entry import Part, QuickEntry
from commandlog.language import _, marked
from commandlog.model.covenant import Covenant
from commandlog.model.harmless import visible
from commandlog.model.mandates import lead_of
from commandlog.model.words import label

from ..theme import Theme

_MEANINGS = {
    "time": marked("time"),
    "unit": marked("who"),
    "place": marked("place"),
    "category": marked("category"),
    "priority": marked("priority"),
    "addressee": marked("to"),
    "deadline": marked("answer by"),
    "audience": marked("for"),
    "task word": marked("task"),
    "count": marked("count"),
    "status": marked("status"),
    "second addressee": marked("second addressee, stays text"),
    "channel": marked("channel"),
    "read back": marked("read back"),
    "no answer": marked("no answer"),
    "from": marked("from"),
}
_HIGH = 26  # pixels of a row of chips at 100 %
_ROWS = 3


class Chip(NamedTuple):
    """What stands on a chip; `number` is 0 for what cannot be corrected."""

    number: int
    kind: str
    text: str


class Chips(QWidget):
    """Rows of chips; each has a number, by which it is corrected (Alt and the number)."""

    chosen = Signal(int)
    """The chip with this number (from 0) is to be corrected."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.entry: QuickEntry | None = None
        self.files: list[str] = []
        self.voice = ""
        self._chips: list[Chip] = []
        self._boxes: list[QRectF] = []
        self._summary = ""
        self._unknown = ""
        self._rows = 1
        self._told_at = QPointF(0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        theme.changed.connect(self._lay_out)

    def show_entry(self, entry: QuickEntry | None, covenant: Covenant) -> None:
        """Show what a line says, None for an empty one."""
        self.entry = entry
        chips = [
            Chip(number, _(_MEANINGS.get(one.kind, one.kind)), visible(_named(one, covenant)))
            for number, one in enumerate(_parts(entry), start=1)
        ]
        if self.voice:
            chips.insert(0, Chip(0, "Alt+0 " + _("who"), self.voice))
        chips += [Chip(0, "⎘", visible(name)) for name in self.files]
        self._chips = chips
        self._summary = _summary(entry, covenant, reported=bool(self.voice)) if entry else ""
        self._unknown = _unknown(entry) if entry else ""
        spoken = ", ".join(f"{one.kind}: {one.text}" for one in chips)
        self.setAccessibleName(". ".join(part for part in (spoken, self._summary, self._unknown) if part))
        self._lay_out()

    def parts(self) -> list[Part]:
        """Return what stands on the chips, in their order."""
        return _parts(self.entry)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the height of the rows of chips with their air."""
        return QSize(300, self.theme.px(_HIGH) * self._rows)

    def _lay_out(self) -> None:
        """Put the chips side by side, in as many rows as they need."""
        theme = self.theme
        metrics = QFontMetricsF(theme.small)
        high, tall = theme.px(_HIGH), theme.px(22)
        left, row, boxes = 0.0, 0, []
        for one in self._chips:
            shown = min(metrics.horizontalAdvance(one.text), theme.px(220))
            width = metrics.horizontalAdvance(_head(one)) + shown + theme.px(16)
            if left and left + width > self.width():
                left, row = 0.0, row + 1
            boxes.append(QRectF(left, row * high + (high - tall) / 2, width, tall))
            left += width + theme.px(6)
        told = metrics.horizontalAdvance(self._summary + self._unknown)
        if left and self._chips and left + min(told, self.width() / 2) > self.width():
            left, row = 0.0, row + 1
        self._boxes, self._told_at = boxes, QPointF(left, row * high)
        rows = min(row + 1, _ROWS)
        if rows != self._rows or self.height() != high * rows:
            self._rows = rows
            self.setFixedHeight(high * rows)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Lay the chips out for another width."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._lay_out()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the chips, then in words what Enter will do."""
        theme, painter = self.theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.small)
        metrics = QFontMetricsF(theme.small)
        for one, box in zip(self._chips, self._boxes, strict=True):
            head, tall = _head(one), box.height()
            painter.setPen(QPen(theme.colour("rule"), 1))
            painter.setBrush(theme.colour("raised"))
            painter.drawRoundedRect(box, tall / 2, tall / 2)
            base = box.center().y() + (metrics.ascent() - metrics.descent()) / 2
            left = box.left() + theme.px(8)
            painter.setPen(theme.colour("muted"))
            painter.drawText(QPointF(left, base), head)
            painter.setPen(theme.colour("text"))
            room = theme.px(220)
            shown = metrics.elidedText(one.text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(left + metrics.horizontalAdvance(head), base), shown)
        self._tell(painter, metrics)

    def _tell(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        """Write what Enter will do, and what is not known."""
        theme = self.theme
        left = self._told_at.x() + theme.px(4)
        room = QRectF(left, self._told_at.y(), self.width() - left, theme.px(_HIGH))
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        for text, meaning in ((self._summary, "muted"), (self._unknown, "waiting")):
            painter.setPen(theme.colour(meaning))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, room.width()))
            painter.drawText(room, middle, shown)
            room.setLeft(min(room.right(), room.left() + metrics.horizontalAdvance(shown) + theme.px(10)))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Choose the chip under the mouse."""
        for one, box in zip(self._chips, self._boxes, strict=True):
            if one.number and box.contains(event.position()):
                self.chosen.emit(one.number - 1)


def _named(part: Part, covenant: Covenant) -> str:
    if part.kind == "second addressee":
        return covenant.party_name(part.code)
    return label(part.code) if part.kind == "status" else part.label or part.code


def _head(one: Chip) -> str:
    return f"{one.number} {one.kind} " if one.number else f"{one.kind} "


def _parts(entry: QuickEntry | None) -> list[Part]:
    return [one for one in entry.parts if one.kind in _MEANINGS] if entry else []


def _summary(entry: QuickEntry, covenant: Covenant, *, reported: bool) -> str:
    """Return in words what Enter will record, who can read it, and who leads there."""
    kinds = {"task": _("task"), "count": label("counted"), "status": _("what a unit says of itself")}
    said = [kinds.get(entry.kind) or label("report" if reported and entry.kind == "note" else entry.kind)]
    if entry.audience:
        parties = ", ".join(map(covenant.party_name, entry.audience))
        said.append(_("for {parties}").format(parties=parties))
    else:
        said.append(_("for all parties"))
    if lead := lead_of(covenant, entry.place, entry.category) if entry.place and entry.category else "":
        said.append(_("lead: {party}").format(party=covenant.party_name(lead)))
    return "→ " + " · ".join(said)


def _unknown(entry: QuickEntry) -> str:
    return " · ".join(_("“{mark}” is not known").format(mark=visible(mark)) for mark in entry.unknown)
