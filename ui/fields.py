"""The fields of a question: a choice, several of a few, or a text with what it may be."""

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QPushButton, QWidget

from commandlog.language import _
from commandlog.model.mandates import plain

FIGURES = 9  # choices that a figure can take; more are found by typing
OFFERED = 8


class Field(NamedTuple):
    """One thing to say. With `options` (value, text) it is a choice, with `many` several of them (joined by commas).

    `needed` may not stay empty, `check` returns what is wrong with an answer (empty: nothing), `offers` are texts that
    may be meant; a `wide` one holds a sentence. What is `secret` is not shown, and not kept when the question is left.
    """

    name: str
    label: str
    options: tuple[tuple[str, str], ...] = ()
    value: str = ""
    needed: bool = False
    many: bool = False
    offers: tuple[str, ...] = ()
    check: Callable[[str], str] | None = None
    wide: bool = False
    secret: bool = False


Answers = dict[str, str]


class Named:
    """What a field's widget can do."""

    def value(self) -> str:
        """Return the answer."""
        raise NotImplementedError

    def figure(self, _text: str) -> bool:
        """Take the choice with a figure; returns whether there is one."""
        return False


class Choice(QComboBox, Named):
    """One of a few."""

    def __init__(self, field: Field, parent: QWidget) -> None:
        super().__init__(parent)
        for number, (value, text) in enumerate(field.options, start=1):
            self.addItem(f"{number}  {text}", value)
        self.setCurrentIndex(max(0, self.findData(field.value)))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)

    def value(self) -> str:
        """Return the code that is chosen."""
        return str(self.currentData() or "")

    def figure(self, text: str) -> bool:
        """Take the choice with a figure."""
        if not (text.isdecimal() and 0 < int(text) <= self.count()):
            return self._letter(text)
        self.setCurrentIndex(int(text) - 1)
        return True

    def _letter(self, text: str) -> bool:
        """Go to the next choice that begins with a letter; it stays in the field."""
        if not text.isalpha():
            return False
        for step in range(1, self.count() + 1):
            row = (self.currentIndex() + step) % self.count()
            if plain(self.itemText(row).split("  ", 1)[-1]).startswith(plain(text)):
                self.setCurrentIndex(row)
                break
        return False


class Several(QWidget, Named):
    """Some of a few: a figure takes one in, or out again."""

    def __init__(self, field: Field, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._across = 0
        chosen = field.value.split(",")
        self._boxes: list[tuple[str, str, QPushButton]] = []
        for number, (value, text) in enumerate(field.options, start=1):
            one = QPushButton(self)
            one.setCheckable(True)
            one.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            one.toggled.connect(self._say)
            self._boxes.append((value, f"{number}  {text}".replace("&", "&&"), one))
            one.setChecked(value in chosen)
        self._say()

    def _say(self) -> None:
        """Say on each whether it is chosen."""
        for _value, text, one in self._boxes:
            one.setText(f"{'✓' if one.isChecked() else '○'}  {text}")

    def value(self) -> str:
        """Return the codes that are chosen, with commas between them."""
        return ",".join(value for value, _text, one in self._boxes if one.isChecked())

    def figure(self, text: str) -> bool:
        """Take the choice with a figure in, or out again."""
        if not (text.isdecimal() and 0 < int(text) <= len(self._boxes)):
            return False
        self._boxes[int(text) - 1][2].toggle()
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Put as many side by side as there is room for."""
        super().resizeEvent(event)
        widest = max((one.sizeHint().width() for _value, _text, one in self._boxes), default=1)
        across = max(1, min(len(self._boxes), self.width() // (widest + self._grid.horizontalSpacing())))
        if across != self._across:
            self._across = across
            for number, (_value, _text, one) in enumerate(self._boxes):
                self._grid.addWidget(one, number // across, number % across)
            self._grid.setColumnStretch(across, 1)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Show that the figures count here."""
        super().focusInEvent(event)
        self._mark(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Show that they no longer do."""
        super().focusOutEvent(event)
        self._mark(False)

    def _mark(self, has_focus: bool) -> None:
        for _value, _text, one in self._boxes:
            one.setDefault(has_focus)


class Text(QLineEdit, Named):
    """A text; where it is one of many names, it stands for the name's code."""

    def __init__(self, field: Field, parent: QWidget) -> None:
        super().__init__(parent)
        self._options = field.options
        self._offers = field.offers or tuple(text for value, text in field.options if value)
        value = field.value
        if field.options:
            value = next((text for code, text in field.options if code and code == field.value), "")
            self.setPlaceholderText(dict(field.options).get("") or _("type a part of it"))
        self.setText(value)
        if field.secret:
            self.setEchoMode(QLineEdit.EchoMode.Password)

    def value(self) -> str:
        """Return the text, or the code that it is the name of."""
        return (self._code() or "") if self._options else self.text()

    def unknown(self) -> str:
        """Return what was typed where it names none of the choices, empty where it does."""
        return self.text() if self._options and self.text().strip() and self._code() is None else ""

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Let another name be typed over the one that is there; any other text is gone on with."""
        super().focusInEvent(event)
        if self._options:
            self.selectAll()
        else:
            self.deselect()
            self.end(False)

    def offers(self) -> list[str]:
        """Return what may be meant, the likeliest first."""
        wanted = plain(self.text().strip())
        first = [one for one in self._offers if plain(one).startswith(wanted)]
        within = [one for one in self._offers if wanted and wanted in plain(one) and one not in first]
        found = [*first, *within][:OFFERED]
        return [] if found == [self.text()] else found

    def _code(self) -> str | None:
        wanted = plain(self.text().strip())
        if not wanted:
            return ""
        names = {plain(text): code for code, text in self._options}
        if wanted in names:
            return names[wanted]
        begin = [code for name, code in names.items() if name.startswith(wanted)]
        return begin[0] if wanted and len(begin) == 1 else None


def widget_for(field: Field, parent: QWidget) -> QWidget:
    """Return the widget that a field is answered in."""
    if field.many:
        return Several(field, parent)
    if field.options and len(field.options) <= FIGURES:
        return Choice(field, parent)
    return Text(field, parent)
