"""The start window: go on with a log, open one, begin one, or look at the demo evening; all by key."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QFont, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QLabel, QListView, QStackedWidget, QVBoxLayout, QWidget

from commandlog.language import _
from commandlog.model.errors import CommandLogError
from commandlog.sharing.joining.invitation import SUFFIX as INVITATION

from ..settings import Settings
from ..sharing.invited import Wanted, dropped, join_log
from ..sharing.joining import JoinPage
from ..tasks import Worker
from ..theme import Theme
from .making import begin, demo_evening, home, looked_at
from .model import CHOICE, Choice, Choices, choices
from .new_event import NewEvent
from .painting import ChoicePainter


class StartWindow(QWidget):
    """Closes itself when a log was chosen that can be opened."""

    chosen = Signal(object)
    """This log (a Path) is to be opened."""
    _came = Signal(int)
    """So many records of a log that is being joined are here; told from beside the window."""

    def __init__(self, theme: Theme, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.theme, self.settings = theme, settings
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("CommandLog")
        self._worker: Worker[object] | None = None
        self._working = False
        self._secret = ""
        self._build()
        theme.changed.connect(self._dress)
        self._dress()
        self.resize(theme.px(660), theme.px(640))
        self.tell(settings.trouble)

    def _build(self) -> None:
        self.title, self.told, self.hint = (self._plain() for _label in range(3))
        self.title.setText("CommandLog")
        self.hint.setText(_("Arrows and Enter choose, Delete forgets a log of this list, Esc closes"))
        for label in (self.told, self.hint):
            label.setWordWrap(True)
        self.list = QListView(self)
        self.list.setModel(Choices(choices(self.settings.now.recent), self.list))
        self.list.setItemDelegate(ChoicePainter(self.theme, self.list))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName(_("What do you want to do?"))
        self.list.installEventFilter(self)
        self.list.clicked.connect(lambda index: self._take(index.data(CHOICE)))
        self.new = NewEvent(self.theme, self)
        self.new.wanted.connect(self.begin)
        self.new.left.connect(self._to_list)
        self.joining = JoinPage(self.theme, self)
        self.joining.wanted.connect(self.join)
        self.joining.left.connect(self._to_list)
        self._came.connect(self.joining.came)
        self.setAcceptDrops(True)
        self.pages = QStackedWidget(self)
        for page in (self.list, self.new, self.joining):
            self.pages.addWidget(page)
        self.box = QVBoxLayout(self)
        self.box.addWidget(self.title)
        self.box.addWidget(self.told)
        self.box.addWidget(self.pages, 1)
        self.box.addWidget(self.hint)
        model = self._choices()
        first = next((row for row, one in enumerate(model.choices) if one.what and not one.gone), 1)
        self.list.setCurrentIndex(model.index(first))
        self.setFocusProxy(self.list)

    def _plain(self) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def _dress(self) -> None:
        theme = self.theme
        title = QFont(theme.strong)
        title.setPointSizeF(title.pointSizeF() * 1.5)
        self.title.setFont(title)
        self.hint.setFont(theme.small)
        for label, meaning in ((self.told, "late"), (self.hint, "muted")):
            ink = label.palette()
            ink.setColor(label.foregroundRole(), theme.colour(meaning))
            label.setPalette(ink)
        self.title.setMargin(theme.px(16))
        self.told.setMargin(theme.px(16))
        self.hint.setMargin(theme.px(16))
        self.box.setContentsMargins(0, theme.px(4), 0, 0)
        self.box.setSpacing(0)
        self.list.scheduleDelayedItemsLayout()

    def _choices(self) -> Choices:
        model = self.list.model()
        return model if isinstance(model, Choices) else Choices([], self)

    def tell(self, text: str, *, wrong: bool = True) -> None:
        """Say what went wrong, or what is going on, below the title."""
        ink = self.told.palette()
        ink.setColor(self.told.foregroundRole(), self.theme.colour("late" if wrong else "text"))
        self.told.setPalette(ink)
        self.told.setText(text)
        self.told.setVisible(bool(text))

    # -- ways to begin -------------------------------------------------------------------------------------------------

    def _take(self, choice: Choice | None) -> None:
        if choice is None or self._working:
            return
        self.tell("")
        if choice.what == "recent":
            self.open_log(Path(choice.value))
        elif choice.what == "open":
            self._ask_file()
        elif choice.what == "new":
            self._show_page(self.new)
        elif choice.what == "join":
            self._show_page(self.joining)
        elif choice.what == "demo":
            self.tell(_("The evening is being told; it takes some seconds …"), wrong=False)
            self._make(lambda: demo_evening(home() / "demo"))

    def _show_page(self, page: QWidget) -> None:
        self.pages.setCurrentWidget(page)
        self.hint.hide()
        page.setFocus()

    def open_log(self, file: Path) -> None:
        """Open a log, or join with the file of an invitation; why it cannot be is said here."""
        if file.suffix == INVITATION:
            self.take_invitation(file)
        else:
            self._make(lambda: looked_at(file))

    def take_invitation(self, file: Path) -> None:
        """Show what an invitation is for, to be joined."""
        self.tell("")
        self._show_page(self.joining)
        self.joining.read_file(file)

    def join(self, wanted: Wanted) -> None:
        """Join a shared log; it goes on beside the window."""
        if not self._working:
            self._secret = wanted.password
            self.joining.begun()
            self._make(lambda: join_log(wanted, self._came.emit))

    def begin(self, name_or_path: str, file: str) -> None:
        """Begin an event in a new log."""
        self._make(lambda: begin(name_or_path, Path(file).expanduser()))

    def taken_secret(self) -> str:
        """Return the password with which a shared log was just joined, empty where the keyring has it; once."""
        secret, self._secret = self._secret, ""
        return secret

    def _make(self, work: Callable[[], Path]) -> None:
        """Do it beside the window; what comes of it is opened."""
        if self._working:
            return
        self._working = True
        if self._worker is None:
            self._worker = Worker(object, self)
        self._worker.ask(lambda _tool: work(), self._made, self._failed)

    def _made(self, file: Path) -> None:
        self._working = False
        self.tell("")
        if self.pages.currentWidget() is self.joining:
            self.joining.joined()
        self.chosen.emit(file)

    def _failed(self, error: CommandLogError) -> None:
        self._working = False
        if self.pages.currentWidget() is self.new:
            self.new.failed(str(error))
            self.tell("")
        elif self.pages.currentWidget() is self.joining:
            self.joining.failed(error)
            self.tell("")
        else:
            self.tell(str(error))

    def _ask_file(self) -> None:
        dialog = QFileDialog(self, _("Open a log"), str(self._last_folder()))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([_("Logs and invitations") + f" (*.clog *{INVITATION})", _("All files") + " (*)"])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda file: self.open_log(Path(file)))
        dialog.open()

    def _last_folder(self) -> Path:
        recent = self.settings.now.recent
        folder = Path(recent[0].path).parent if recent else home()
        return folder if folder.is_dir() else Path.home()

    # -- hands ---------------------------------------------------------------------------------------------------------

    def _to_list(self) -> None:
        self.pages.setCurrentWidget(self.list)
        self.hint.show()
        self.list.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Enter takes the row, a figure or letter the row with that key, Delete forgets a log, Esc closes."""
        if watched is not self.list or event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        index, text = self.list.currentIndex(), event.text().upper()
        by_key = next((one for one in self._choices().choices if one.key and one.key == text), None)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(index.data(CHOICE) if index.isValid() else None)
        elif event.key() == Qt.Key.Key_Delete and index.isValid() and index.data(CHOICE).what == "recent":
            self.settings.forget(index.data(CHOICE).value)
            self._choices().forget(index.row())
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        elif by_key and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._take(by_key)
        else:
            return False
        return True

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """The file of an invitation can be dropped anywhere."""
        if dropped(event) and not self._working:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Show what the invitation that was dropped is for."""
        if (file := dropped(event)) and not self._working:
            event.acceptProposedAction()
            self.take_invitation(file)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Finish what was begun."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
        super().closeEvent(event)
