"""A block of the wall: a heading and as many lines as fit, in letters that can be read from eight metres."""

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QSizePolicy, QWidget

from commandlog.language import ngettext

from ..theme import Theme

ROWS = 2  # of text that one item has at most


class Item(NamedTuple):
    """One thing on the wall: what leads it (a time, a sign), its text, and what its colour means."""

    lead: str
    text: str
    meaning: str = "text"


class Block(QWidget):
    """Items below a heading. It has no scroll bar and takes no keys: what does not fit is counted."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.heading, self.nothing = "", ""
        self.items: tuple[Item, ...] = ()
        self.painted = 0  # how often, for who wants to know that nothing moves in vain
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size to begin with."""
        return QSize(400, 300)

    def show_items(self, heading: str, items: list[Item], nothing: str) -> None:
        """Show this, where it is not shown already."""
        if (heading, tuple(items), nothing) == (self.heading, self.items, self.nothing):
            return
        self.heading, self.items, self.nothing = heading, tuple(items), nothing
        self.setAccessibleName(heading)
        self.setAccessibleDescription("\n".join(f"{one.lead} {one.text}" for one in items) or nothing)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint it."""
        self.painted += 1
        theme = self.theme
        metrics = QFontMetricsF(theme.font)
        high, pad = metrics.lineSpacing(), theme.px(10)
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.colour("ground"))
            painter.setPen(QPen(theme.colour("rule"), 2))
            painter.drawLine(QPointF(pad, 1), QPointF(self.width() - pad, 1))
            painter.setFont(theme.strong)
            painter.setPen(theme.colour("muted"))
            painter.drawText(QPointF(pad, pad / 2 + metrics.ascent()), self.heading)
            top = pad / 2 + high * 1.15
            if not self.items:
                painter.setFont(theme.font)
                painter.drawText(QPointF(pad, top + metrics.ascent()), self.nothing)
                return
            lead = max(QFontMetricsF(theme.strong).horizontalAdvance(one.lead) for one in self.items) + theme.px(10)
            for number, one in enumerate(self.items):
                rows = self._rows(one.text, self.width() - 2 * pad - lead)
                left = len(self.items) - number
                if top + high * (len(rows) + (1.3 if left > 1 else 0)) > self.height():
                    self._more(painter, QPointF(pad + lead, top + metrics.ascent()), left)
                    return
                self._item(painter, QRectF(pad, top, lead, high), one, rows)
                top += high * len(rows) + theme.px(5)

    def _item(self, painter: QPainter, box: QRectF, one: Item, rows: list[str]) -> None:
        theme, metrics = self.theme, QFontMetricsF(self.theme.font)
        painter.setFont(theme.strong)
        painter.setPen(theme.colour(one.meaning))
        painter.drawText(QPointF(box.left(), box.top() + metrics.ascent()), one.lead)
        painter.setFont(theme.font)
        painter.setPen(theme.colour("text"))
        for number, row in enumerate(rows):
            y = box.top() + metrics.ascent() + number * metrics.lineSpacing()
            painter.drawText(QPointF(box.right(), y), row)

    def _more(self, painter: QPainter, at: QPointF, left: int) -> None:
        painter.setFont(self.theme.font)
        painter.setPen(self.theme.colour("muted"))
        painter.drawText(at, ngettext("and {n} more", "and {n} more", left).format(n=left))

    def _rows(self, text: str, room: float) -> list[str]:
        """Return a text broken into rows, the last one cut with an ellipsis."""
        return broken(text, self.theme.font, room, ROWS)


def broken(text: str, font: QFont, room: float, most: int) -> list[str]:
    """Return a text broken into at most so many rows, the last one cut with an ellipsis."""
    layout = QTextLayout(text or " ", font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    starts: list[int] = []
    while len(starts) <= most and (line := layout.createLine()).isValid():
        line.setLineWidth(max(40.0, room))
        starts.append(line.textStart())
    layout.endLayout()
    ends = [*starts[1:], len(text)]
    rows = [text[a:b].strip() for a, b in zip(starts, ends, strict=True)][:most]
    if len(starts) > most:
        last = text[starts[most - 1] :]
        rows[-1] = QFontMetricsF(font).elidedText(last, Qt.TextElideMode.ElideRight, max(40.0, room))
    return rows
