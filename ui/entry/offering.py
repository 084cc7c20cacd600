"""What is offered while a line is typed, and what a chip may be instead: shown above the line, taken by Tab."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLineEdit

from commandlog.intake.quick_entry import Part

from ..session import Session
from ..theme import Theme
from .completion import Completions, Offer
from .offers import Offers

_STAYS = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)


class Offering(QObject):
    """The offers of one line."""

    took = Signal()
    """An offer was put into the line."""

    def __init__(self, session: Session, theme: Theme, line: QLineEdit) -> None:
        super().__init__(line)
        self.session, self.line = session, line
        self.offers = Offers(theme, line)
        self.offers.taken.connect(self.take)
        line.destroyed.connect(self.offers.deleteLater)  # it has become the window's own by then
        line.installEventFilter(self)
        self._offered: list[Offer] = []
        self._at = 0
        self._chip: Part | None = None
        self.read_anew()

    def eventFilter(self, _line: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Offer nothing over what else has the keys."""
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut and event.reason() not in _STAYS:
            self.offers.hide()
        return False

    def read_anew(self) -> None:
        """Know the words of the covenant and the language of now."""
        self._completions = Completions(self.session.covenant)
        self.look_at_log()

    def look_at_log(self) -> None:
        """Count again what is used most."""
        self._completions.look_at(self.session.log)

    @property
    def corrects(self) -> bool:
        """Whether what is offered is for a chip: Enter takes it then, and sends nothing."""
        return self._chip is not None and self.offers.row >= 0

    def complete(self) -> None:
        """Offer what the words at the cursor may become."""
        self._chip = None
        before = self.line.text()[: self.line.cursorPosition()]
        self._at, self._offered = self._completions.at(before)
        self._show()

    def correct(self, part: Part) -> None:
        """Offer what a part of the line may be instead; its words are selected, so that typing looks for others."""
        self.line.setFocus()
        self.line.setSelection(part.start, part.end - part.start)
        self._offered = self._completions.of_kind(part.kind, part.code)
        self._chip = part if self._offered else None
        self._show()

    def take(self, row: int = -1) -> None:
        """Put an offer (the one that is marked) in the place of the words at the cursor, or of the chip."""
        row = self.offers.row if row < 0 else row
        if not 0 <= row < len(self._offered):
            return
        offer = self._offered[row]
        start, end = (self._chip.start, self._chip.end) if self._chip else (self._at, self.line.cursorPosition())
        text = self.line.text()
        rest = text[end:]
        put = offer.text + ("" if rest[:1] in (" ", ":", ",") and rest else " ")
        self.offers.hide()
        self._chip = None
        self.line.setText(text[:start] + put + rest)
        self.line.setCursorPosition(start + len(put))
        self.took.emit()

    def leave(self) -> None:
        """Offer nothing."""
        self.offers.hide()
        self._chip = None
        self.line.deselect()

    def _show(self) -> None:
        anchor = self.line.mapToGlobal(QPoint(self.line.cursorRect().left(), 0))
        self.offers.offer([(one.text, _beside(one)) for one in self._offered], anchor)


def _beside(offer: Offer) -> str:
    """Return what to say of an offer beside its text: nothing where that is its name already."""
    return "" if offer.text.lstrip("#!>@").replace("-", " ") == offer.name.replace("-", " ") else offer.name
