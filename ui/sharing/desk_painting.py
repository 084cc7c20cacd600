"""Paints a desk as a card that is read from an arm's length: whose, which, who, and how it stands."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from commandlog.language import _
from commandlog.model.harmless import visible

from ..session import Session
from ..theme import Theme
from .card import AnyIndex, CardPainter

LARGER = 1.2  # times the letters of everything


class SeatPainter(CardPainter):
    """The delegate of the desks. `words` says how one stands, what its colour means, and what else is to be known."""

    def __init__(
        self, theme: Theme, session: Session, words: Callable[[Any], tuple[str, str, str]], parent: QObject
    ) -> None:
        super().__init__(theme, parent)
        self.session, self.words = session, words
        theme.changed.connect(self._measure)
        self._measure()

    def _measure(self) -> None:
        self._large = QFont(self.theme.strong)
        self._large.setPointSizeF(self._large.pointSizeF() * LARGER)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of a card: two lines, whatever it says."""
        lines = QFontMetricsF(self._large).height() + QFontMetricsF(self.theme.font).height()
        return QSize(120, round(lines + self.theme.px(28)))

    def write(self, painter: QPainter, box: QRectF, row: Any) -> None:
        """Write how a desk stands: whose it is and who sits there, and beside it how it is doing."""
        theme = self.theme
        box = box.adjusted(theme.px(12), theme.px(8), -theme.px(14), -theme.px(8))
        standing, meaning, beside = self.words(row)
        large, plain = QFontMetricsF(self._large), theme.metrics
        top, low = box.top() + large.ascent(), box.bottom() - plain.descent()
        left = box.left() + self._badge(painter, box, row)
        middle = left + (box.right() - left) * 0.46
        name = " · ".join(part for part in (visible(row.name), row.desk) if part)
        self.say(painter, self._large, left, middle - theme.px(12), top, name, "text")
        who = visible(row.operator) if row.operator else "–" if row.desk else ""
        who = " · ".join(part for part in (_("this desk") if row.mine else "", who) if part)
        self.say(painter, theme.font, left, middle - theme.px(12), low, who, "muted")
        self.say(painter, self._large, middle, box.right(), top, standing, meaning)
        late = beside.startswith("!") or row.waiting
        self.say(painter, theme.font, middle, box.right(), low, beside, "waiting" if late else "text")

    def _badge(self, painter: QPainter, box: QRectF, row: Any) -> float:
        """Paint the party's letter on its colour; returns the room that it takes."""
        theme, parties = self.theme, self.session.covenant.parties
        number = next((n for n, one in enumerate(parties) if one.code == row.party), len(parties))
        letter = parties[number].letter if number < len(parties) else row.party[:1].upper()
        ground, ink = theme.party(number)
        size = theme.px(34)
        square = QRectF(box.left(), box.center().y() - size / 2, size, size)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(square, theme.px(6), theme.px(6))
        painter.setPen(ink)
        painter.setFont(self._large)
        painter.drawText(square, Qt.AlignmentFlag.AlignCenter, letter)
        return size + theme.px(14)
