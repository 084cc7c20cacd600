"""Asking for what a deed needs, in a strip above the entry line: no window in between, all by key, nothing lost.

A question has fields; each is a choice (a letter or figure takes it), several of a few, or a text. Enter goes on and at
the end does it, Ctrl+Enter does it at once, Esc goes back one step. While it is being stored the strip stays; where
that fails, it says why and keeps every answer. What was said before Esc led away is there when it is asked again.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from commandlog.language import _

from .entry.offers import Offers
from .fields import Answers, Field, Named, Several, Text, widget_for
from .theme import Theme

__all__ = ["Answers", "Asking", "Field"]

_WIDE = 230  # pixels at 100 % that a field needs
_MANY = 4  # fields that stand side by side at most


class Asking(QFrame):
    """The strip. One question at a time."""

    left = Signal()
    """It is over, done or not: the keys go back to where they were."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setAutoFillBackground(True)
        self.title = self._plain()
        self.title.setWordWrap(True)
        self.hint = self._plain()
        self.told = self._plain()
        self.told.setWordWrap(True)
        self.row = QGridLayout()
        self.enter = QPushButton(self)
        self.enter.clicked.connect(self._finish)
        self.offers = Offers(theme, self)
        self.offers.taken.connect(self._take)
        foot = QHBoxLayout()
        foot.addWidget(self.hint, 1)
        foot.addWidget(self.enter)
        self._box = QVBoxLayout(self)
        self._box.addWidget(self.title)
        self._box.addLayout(self.row)
        self._box.addWidget(self.told)
        self._box.addLayout(foot)
        self._fields: list[tuple[Field, QWidget]] = []
        self._cells: list[QWidget] = []
        self._across = 0
        self._then: Callable[[Answers], None] | None = None
        self._before: QWidget | None = None
        self._kept: dict[str, Answers] = {}
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def _plain(self) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def _dress(self) -> None:
        theme = self.theme
        palette = self.palette()
        palette.setColor(self.backgroundRole(), theme.colour("raised"))
        self.setPalette(palette)
        self.title.setFont(theme.strong)
        for label, meaning in ((self.hint, "muted"), (self.told, "late")):
            ink = label.palette()
            ink.setColor(label.foregroundRole(), theme.colour(meaning))
            label.setPalette(ink)
        self.hint.setFont(theme.small)
        self._box.setContentsMargins(theme.px(12), theme.px(8), theme.px(12), theme.px(8))
        self.row.setHorizontalSpacing(theme.px(12))
        self.row.setVerticalSpacing(theme.px(6))

    def ask(self, title: str, fields: list[Field], then: Callable[[Answers], None], *, fresh: bool = False) -> None:
        """Ask; `then` is called with the answers by name. It says `done` when it is stored, `failed` when it is not.

        A `fresh` question does not go on from what was said when it was left.
        """
        if self.isVisible():
            self._keep()
        else:
            self._before = self.window().focusWidget()
        self._clear()
        self._then = then
        self.title.setText(title)
        self.told.hide()
        self.enter.setText(_("Do it (Enter)"))
        self.hint.setText(_("Enter goes on, Ctrl+Enter does it at once, Esc goes back"))
        said = {} if fresh else self._kept.get(title, {})
        for field in fields:
            self._add(field._replace(value=said.get(field.name, field.value)))
        self._arrange(force=True)
        self.show()
        if self._fields:
            self._fields[0][1].setFocus()
        else:
            self.enter.setFocus()

    def _add(self, field: Field) -> None:
        cell = QWidget(self)
        box = QVBoxLayout(cell)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(self.theme.px(2))
        widget = widget_for(field, cell)
        widget.setAccessibleName(field.label)
        label = QLabel(field.label + (" *" if field.needed else ""), cell)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setFont(self.theme.small)
        label.setBuddy(widget)
        box.addWidget(label)
        box.addWidget(widget)
        widget.installEventFilter(self)
        if isinstance(widget, Text):
            widget.textEdited.connect(lambda _text, widget=widget: self._offer(widget))
        self._fields.append((field, widget))
        self._cells.append(cell)

    def _arrange(self, *, force: bool = False) -> None:
        """Put the fields side by side, as many as there is room for; several choices take a row of their own."""
        across = max(1, min(_MANY, self.width() // self.theme.px(_WIDE)))
        if across == self._across and not force:
            return
        self._across = across
        while self.row.takeAt(0):
            pass
        row = column = 0
        for (field, widget), cell in zip(self._fields, self._cells, strict=True):
            span = across if isinstance(widget, Several) else min(across, 2) if field.wide else 1
            if column + span > across:
                row, column = row + 1, 0
            self.row.addWidget(cell, row, column, 1, span)
            column += span
        for number in range(_MANY):
            self.row.setColumnStretch(number, 1 if number < across else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Arrange the fields for another width."""
        super().resizeEvent(event)
        self._arrange()

    def also(self, field: Field) -> None:
        """Ask one thing more, which turned out to be needed; the answers so far stay. Asked already: go there."""
        at = next((n for n, (one, _widget) in enumerate(self._fields) if one.name == field.name), -1)
        if at < 0:
            self._add(field)
            self._arrange(force=True)
            at = len(self._fields) - 1
        self.enter.setEnabled(True)
        self._fields[at][1].setFocus()

    def done(self) -> None:
        """It is stored."""
        self._kept.pop(self.title.text(), None)
        self._leave(keep=False)

    def failed(self, why: str) -> None:
        """It is not stored: say why, keep the answers."""
        self.told.setText(why)
        self.told.show()
        self.enter.setEnabled(True)

    def answers(self) -> Answers:
        """Return what has been said so far."""
        return {field.name: widget.value() for field, widget in self._fields if isinstance(widget, Named)}

    # -- hands ---------------------------------------------------------------------------------------------------------

    def _offer(self, widget: Text) -> None:
        texts = widget.offers()
        self.offers.offer([(text, "") for text in texts], widget.mapToGlobal(widget.rect().topLeft()))

    def _take(self, row: int) -> None:
        widget = self.window().focusWidget()
        item = self.offers.list.item(row)
        if isinstance(widget, Text) and item is not None:
            widget.setText(item.text())
        self.offers.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Enter goes on, Esc goes back, a figure takes a choice."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.FocusOut:
            self.offers.hide()
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        at = next((n for n, (_field, widget) in enumerate(self._fields) if widget is watched), -1)
        key, offering = event.key(), self.offers.isVisible()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if offering:
                self._take(self.offers.row)
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._finish()
            else:
                self._on(at)
        elif key == Qt.Key.Key_Tab and offering:
            self._take(self.offers.row)
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and isinstance(watched, Text):
            if offering:
                self.offers.step(1 if key == Qt.Key.Key_Down else -1)
            else:
                self._offer(watched)
        elif key == Qt.Key.Key_Escape:
            self._back(at)
        elif isinstance(watched, Named) and watched.figure(event.text()):
            if not isinstance(watched, Several):
                self._on(at)
        else:
            return False
        return True

    def _back(self, at: int) -> None:
        if self.offers.isVisible():
            self.offers.hide()
        elif at > 0:
            self._fields[at - 1][1].setFocus()
        else:
            self._leave(keep=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Esc on the button goes back to the last field."""
        if event.key() == Qt.Key.Key_Escape:
            self._back(len(self._fields))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish()
        else:
            super().keyPressEvent(event)

    def _wrong(self, at: int) -> str:
        """Return what is wrong with an answer, empty where it is good."""
        field, widget = self._fields[at]
        value = widget.value() if isinstance(widget, Named) else ""
        if isinstance(widget, Text) and (unknown := widget.unknown()):
            return _("“{text}” is not known: choose one of the list.").format(text=unknown)
        if field.needed and not value.strip():
            return _("This is needed: {what}.").format(what=field.label)
        return field.check(value) if field.check and value.strip() else ""

    def _on(self, at: int) -> None:
        if why := self._wrong(at):
            self.failed(why)
            return
        self.told.hide()
        if at + 1 < len(self._fields):
            self._fields[at + 1][1].setFocus()
        else:
            self._finish()

    def _finish(self) -> None:
        for at, (_field, widget) in enumerate(self._fields):
            if why := self._wrong(at):
                widget.setFocus()
                self.failed(why)
                return
        if self._then and self.enter.isEnabled():
            self.enter.setEnabled(False)
            self.told.hide()
            self._then(self.answers())

    def _keep(self) -> None:
        if self._fields:
            secrets = {field.name for field, _widget in self._fields if field.secret}
            kept = {name: said for name, said in self.answers().items() if name not in secrets}
            self._kept[self.title.text()] = kept

    def _leave(self, *, keep: bool) -> None:
        if keep:
            self._keep()
        self.hide()
        self._clear()
        if self._before is not None:
            self._before.setFocus()
        self._before = None
        self.left.emit()

    def _clear(self) -> None:
        self.offers.hide()
        self._fields = []
        self._then = None
        while self.row.takeAt(0):
            pass
        for cell in self._cells:
            cell.hide()
            cell.deleteLater()
        self._cells = []
        self.enter.setEnabled(True)
