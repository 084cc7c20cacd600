"""The page that joins a shared log: an invitation, what it says before anything is done, and where the log will lie."""

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from commandlog.language import _
from commandlog.model.errors import RuleError
from commandlog.sharing.joining.invitation import LARGEST, SUFFIX, Invitation, decode

from ..start.making import SUFFIX as LOG_SUFFIX
from ..start.page import Page, beside
from ..theme import Theme
from .invitation_card import InvitationCard, ink
from .invited import PasswordWanted, Wanted, dropped

READ_AFTER = 150  # milliseconds after the last change of the text


class JoinPage(Page):
    """An invitation, a file; Enter goes on and at the end joins, Esc goes back."""

    wanted = Signal(object)
    """This (a Wanted) is to be joined."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.invitation: Invitation | None = None
        self._busy = False
        self.setAcceptDrops(True)
        self._pause = QTimer(self, singleShot=True, interval=READ_AFTER)
        self._pause.timeout.connect(self.read)
        self._make_fields()
        self._build()
        theme.changed.connect(self._dress)
        self._dress()
        self._show()

    def _make_fields(self) -> None:
        self.code, self.file = QPlainTextEdit(self), QLineEdit(self)
        self.password, self.again = QLineEdit(self), QLineEdit(self)
        self.code.setTabChangesFocus(True)
        self.code.setPlaceholderText(_("CLOG1: … (all of it, as it came) — or drop the file of the invitation here"))
        self.code.textChanged.connect(self._pause.start)
        labels = (
            (self.code, _("Your invitation: paste the code, or choose its file")),
            (self.file, _("Where your copy of the log is to lie (on a disk of this machine)")),
            (self.password, _("Choose a password for this desk (this machine has no keyring to keep one)")),
            (self.again, _("The same password again")),
        )
        self.labels: dict[QWidget, QLabel] = {}
        for widget, text in labels:
            label = self.labels[widget] = self.plain()
            label.setText(text)
            label.setBuddy(widget)
            widget.setAccessibleName(text)
            widget.installEventFilter(self)
        for one in (self.password, self.again):
            one.setEchoMode(QLineEdit.EchoMode.Password)
            one.setAccessibleName(self.labels[one].text())
        self.pick, self.browse = QPushButton(_("Choose a file …"), self), QPushButton(_("Browse …"), self)
        self.pick.clicked.connect(self._pick)
        self.make_buttons(_("Join (Enter)"))

    def _build(self) -> None:
        self.card = InvitationCard(self.theme, self)
        self.title = self.plain()
        self.title.setText(_("Join a shared log"))
        self.box.addWidget(self.title)
        self.box.addLayout(beside(self.labels[self.code], self.pick))
        self.box.addWidget(self.code)
        self.box.addWidget(self.card)
        self.box.addWidget(self.labels[self.file])
        self.box.addLayout(beside(self.file, self.browse))
        for one in (self.password, self.again):
            self.box.addWidget(self.labels[one])
            self.box.addWidget(one)
        self.add_foot()
        self.ask_password(wanted=False)
        self.setFocusProxy(self.code)

    def _dress(self) -> None:
        theme = self.theme
        self.box.setContentsMargins(theme.px(16), theme.px(8), theme.px(16), theme.px(16))
        self.box.setSpacing(theme.px(8))
        self.title.setFont(theme.strong)
        self.code.setFixedHeight(theme.px(92))
        self.card.dress()
        for label in self.labels.values():
            label.setFont(theme.small)
        self._show()

    # -- what the invitation says --------------------------------------------------------------------------------------

    def read(self) -> None:
        """Read what stands in the field, and say what it is for."""
        self._pause.stop()
        text = self.code.toPlainText()
        self.invitation, why = None, ""
        if text.strip():
            try:
                self.invitation = decode(text)
            except RuleError as error:
                why = str(error)
        self.say(why)
        self._show()

    def read_file(self, file: Path) -> None:
        """Take the invitation from its file."""
        try:
            with file.open("rb") as opened:
                text = opened.read(LARGEST).decode("utf-8", "replace")
        except OSError as error:
            told = _("The invitation {file} cannot be read: {error}.")
            self.say(told.format(file=file, error=error.strerror or error))
            return
        self.code.setPlainText(text.strip())
        self.read()
        if self.invitation:
            self.file.setFocus()

    def _show(self) -> None:
        """Show what is about to be joined; where there is no invitation yet, nothing."""
        one = self.invitation
        self.card.setVisible(one is not None)
        for part in (self.labels[self.file], self.file, self.browse):
            part.setVisible(one is not None)
        self.enter.setVisible(one is not None)
        self.enter.setEnabled(one is not None and not self._busy)
        if one is None:
            return
        self.card.tell(one)
        stem = "-".join("".join(c if c.isalnum() else " " for c in one.name).split()).lower()[:60] or "log"
        self.propose(f"{stem}-{one.desk}")

    def say(self, text: str, *, wrong: bool = True) -> None:
        """Say what is wrong, or what is going on."""
        ink(self.told, self.theme, "late" if wrong else "text")
        self.told.setText(text)
        self.told.setVisible(bool(text))

    def ask_password(self, *, wanted: bool = True) -> None:
        """Ask for a password, twice; or no longer."""
        for one in (self.password, self.again):
            one.setVisible(wanted)
            self.labels[one].setVisible(wanted)
        if wanted:
            self.password.setFocus()

    # -- joining -------------------------------------------------------------------------------------------------------

    def begun(self) -> None:
        """It is being joined: nothing is asked meanwhile."""
        self._set_busy(busy=True)
        self.say(_("Joining: looking for the server …"), wrong=False)

    def came(self, records: int) -> None:
        """Say how many records have come so far."""
        if self._busy:
            told = _("Joining: {n} records of the log are here …")
            self.say(told.format(n=f"{records:,}".replace(",", ".")), wrong=False)

    def failed(self, error: Exception) -> None:
        """It was not joined: say why, keep what was typed."""
        self._set_busy(busy=False)
        if isinstance(error, PasswordWanted):
            self.ask_password()
            self.say(str(error), wrong=False)
        else:
            self.say(str(error))
            self.enter.setFocus()

    def joined(self) -> None:
        """It is joined: nothing of the invitation stays here, it works only once."""
        self._set_busy(busy=False)
        for one in (self.file, self.password, self.again):
            one.clear()
        self.code.clear()
        self.ask_password(wanted=False)
        self.say("")

    def _set_busy(self, *, busy: bool) -> None:
        self._busy = busy
        for one in (self.code, self.file, self.password, self.again, self.pick, self.browse, self.back):
            one.setEnabled(not busy)
        self.enter.setEnabled(not busy and self.invitation is not None)

    def finish(self) -> None:
        """Join, where all that it needs is there."""
        if self._busy or self.invitation is None:
            return
        file, password = self.file.text().strip(), self.password.text()
        if not file:
            self.say(_("Say where the log is to lie."))
            self.file.setFocus()
        elif self.password.isVisible() and password != self.again.text():
            self.say(_("The two passwords differ: type them again."))
            self.again.clear()
            self.password.setFocus()
        else:
            path = Path(file).expanduser()
            path = path if path.suffix else path.with_suffix(LOG_SUFFIX)
            self.wanted.emit(Wanted(self.invitation, path, password if self.password.isVisible() else ""))

    def leave(self) -> None:
        """Go back, unless it is being joined."""
        if not self._busy:
            self.left.emit()

    def _pick(self) -> None:
        kinds = _("Invitations") + f" (*{SUFFIX})"
        self.choose(_("Your invitation"), kinds, lambda file: self.read_file(Path(file)))

    # -- hands ---------------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """The file of an invitation can be dropped anywhere on the page."""
        if dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Take the invitation that was dropped."""
        if file := dropped(event):
            event.acceptProposedAction()
            self.read_file(file)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Enter goes on and at the end joins, Esc goes back; in the code, Ctrl+Enter or Enter once it is understood."""
        if event.type() in (QEvent.Type.DragEnter, QEvent.Type.Drop) and isinstance(event, QDropEvent):
            file = dropped(event)
            if file and event.type() == QEvent.Type.Drop:
                self.read_file(file)
            if file:
                event.acceptProposedAction()
            return file is not None
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return self._on(watched)
        else:
            return False
        return True

    def _on(self, watched: QObject) -> bool:
        """Go on from a field; returns whether there was something to go on to."""
        if watched is self.code:
            self.read()
            if self.invitation is None:
                return False
            self.file.setFocus()
        elif watched is self.password:
            self.again.setFocus()
        else:
            self.finish()
        return True
