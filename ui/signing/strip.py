"""The strip in the place of the entry line in which one signs in: a name by its first letters, a PIN, Enter."""

from PySide6.QtCore import QEvent, QObject, QRegularExpression, Qt, Signal
from PySide6.QtGui import QKeyEvent, QRegularExpressionValidator
from PySide6.QtWidgets import QCompleter, QFrame, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from commandlog.language import _
from commandlog.model.harmless import visible

from ..theme import Theme
from .operators import LONGEST

_SHOWN = 6  # names


class SigningStrip(QFrame):
    """Name and PIN; whoever has no PIN here chooses one, twice."""

    given = Signal(str, str, bool)
    """A name, a PIN, and whether it is a new one."""
    left = Signal()
    """Esc: not now."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._with_pin: list[str] = []
        self._known: list[str] = []
        self.setAutoFillBackground(True)
        self._build()
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def _build(self) -> None:
        self.title, self.hint, self.told = (self._plain() for _label in range(3))
        self.title.setWordWrap(True)
        self.hint.setWordWrap(True)
        self.told.setWordWrap(True)
        self.name, self.pin, self.again = (QLineEdit(self) for _field in range(3))
        self.name.setMaxLength(100)
        self.name_label, self.pin_label, self.again_label = (self._plain() for _label in range(3))
        for field, label in (
            (self.name, self.name_label),
            (self.pin, self.pin_label),
            (self.again, self.again_label),
        ):
            label.setBuddy(field)
            field.installEventFilter(self)
        for field in (self.pin, self.again):
            field.setEchoMode(QLineEdit.EchoMode.Password)
            field.setMaxLength(LONGEST)
            field.setValidator(QRegularExpressionValidator(QRegularExpression("[0-9]*"), field))
        self.name_label.setText(_("Name"))
        self.again_label.setText(_("The PIN once more"))
        self.name.setAccessibleName(_("Name"))
        self.again.setAccessibleName(_("The PIN once more"))
        self.enter = QPushButton(_("Sign in (Enter)"), self)
        self.enter.clicked.connect(self._give)
        self.name.textEdited.connect(self._named)
        self.grid = QGridLayout(self)
        foot = QHBoxLayout()
        foot.addWidget(self.hint, 1)
        foot.addWidget(self.enter)
        self.grid.addWidget(self.title, 0, 0, 1, 3)
        for column, (field, label) in enumerate(
            ((self.name, self.name_label), (self.pin, self.pin_label), (self.again, self.again_label))
        ):
            self.grid.addWidget(label, 1, column)
            self.grid.addWidget(field, 2, column)
            self.grid.setColumnStretch(column, 2 if not column else 1)
        self.grid.addWidget(self.told, 3, 0, 1, 3)
        self.grid.addLayout(foot, 4, 0, 1, 3)

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
        for label in (self.hint, self.name_label, self.pin_label, self.again_label):
            label.setFont(theme.small)
        for label, meaning in ((self.hint, "muted"), (self.told, "late")):
            ink = label.palette()
            ink.setColor(label.foregroundRole(), theme.colour(meaning))
            label.setPalette(ink)
        self.grid.setContentsMargins(theme.px(12), theme.px(8), theme.px(12), theme.px(10))
        self.grid.setHorizontalSpacing(theme.px(12))
        self.grid.setVerticalSpacing(theme.px(4))

    # -- what is asked -------------------------------------------------------------------------------------------------

    def ask(self, title: str, name: str, with_pin: list[str], known: list[str], *, locked: bool = False) -> None:
        """Ask who is there. `with_pin` have a PIN on this machine, `known` have signed in to this log somewhere."""
        self._with_pin, self._known = with_pin, [one for one in known if one not in with_pin]
        completer = QCompleter([*with_pin, *self._known], self.name)
        completer.setCompletionMode(QCompleter.CompletionMode.InlineCompletion)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.name.setCompleter(completer)
        self.title.setText(title)
        self.enter.setText(_("Unlock (Enter)") if locked else _("Sign in (Enter)"))
        self.told.hide()
        self.pin.clear()
        self.again.clear()
        self.name.setText(name)
        self._named()
        self.busy(working=False)
        self.show()
        self.begin()

    def begin(self) -> None:
        """Take the keys."""
        if self.name.text():
            self.pin.setFocus()
        else:
            self.name.setFocus()

    def failed(self, why: str) -> None:
        """Say why it was not done; the name stays."""
        self.told.setText(why)
        self.told.show()
        self.busy(working=False)
        self.pin.clear()
        self.again.clear()
        self.pin.setFocus()

    def busy(self, *, working: bool) -> None:
        """Take no Enter as long as a PIN is looked at."""
        self.enter.setEnabled(not working)

    def _is_new(self) -> bool:
        name = self.name.text().strip().casefold()
        return bool(name) and name not in [one.casefold() for one in self._with_pin]

    def _named(self, _text: str = "") -> None:
        """Say what this name needs: its PIN, or a new one."""
        new = self._is_new() and not self._begins(self._with_pin)
        label = _("Choose a PIN of 4 to 8 figures") if new else _("PIN")
        self.pin_label.setText(label)
        self.pin.setAccessibleName(label)
        self.again.setVisible(new)
        self.again_label.setVisible(new)
        names = [*self._with_pin, *self._known]
        more = " …" if len(names) > _SHOWN else ""
        told = [visible(" · ".join(names[:_SHOWN])) + more] if names and not self.name.text() else []
        if new:
            told = [_("No PIN of this name is here yet. A PIN says who wrote what; it does not protect the file.")]
        self.hint.setText("\n".join([*told, _("Enter goes on, Esc goes back; nothing that is typed is lost")]))

    def _begins(self, names: list[str]) -> bool:
        typed = self.name.text().strip().casefold()
        return any(one.casefold().startswith(typed) for one in names)

    # -- hands ---------------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Enter goes on, Esc goes back one step; letters are letters here, whatever they are elsewhere."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                event.accept()
                return True
            return False
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on(watched)
        elif event.key() == Qt.Key.Key_Escape:
            if watched is self.again:
                self.pin.setFocus()
            elif watched is self.pin and not self.name.isReadOnly():
                self.name.setFocus()
                self.name.selectAll()
            else:
                self.left.emit()
        else:
            return False
        return True

    def _on(self, watched: QObject) -> None:
        if watched is self.name:
            self._complete()
            self._named()
            if self.name.text().strip():
                self.pin.setFocus()
            else:
                self.told.setText(_("Signing in needs a name."))
                self.told.show()
        elif watched is self.pin and not self.again.isHidden():
            self.again.setFocus()
        else:
            self._give()

    def _complete(self) -> None:
        """Take the one name that begins with what is typed, where there is one."""
        self.name.deselect()
        typed = self.name.text().strip().casefold()
        names = [*self._with_pin, *self._known]
        fitting = [one for one in names if one.casefold().startswith(typed)]
        if typed and len(fitting) == 1:
            self.name.setText(fitting[0])

    def _give(self) -> None:
        if not self.enter.isEnabled():
            return
        new = self._is_new()
        if new and self.pin.text() != self.again.text():
            self.failed(_("The two PINs differ: type the same one twice."))
            return
        self.busy(working=True)
        self.given.emit(self.name.text().strip(), self.pin.text(), new)
