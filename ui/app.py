"""The composition root: the only file of the window that constructs what others are handed."""

import signal
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from commandlog.language import _, choose, preferred
from commandlog.log.files import is_read_only
from commandlog.model.covenant import spoken
from commandlog.model.errors import CommandLogError
from commandlog.sharing.joining.invitation import SUFFIX as INVITATION

from .crash import CrashNotes
from .seat import Seat
from .session import Session
from .settings import Settings
from .start.window import StartWindow
from .theme import Theme
from .window.main import MainWindow

SIGNALS_EVERY = 500  # milliseconds


def application() -> QApplication:
    """Return the Qt application, made at the first call."""
    found = QApplication.instance()
    if isinstance(found, QApplication):
        return found
    made = QApplication(sys.argv[:1])
    made.setApplicationName("CommandLog")
    made.setDesktopFileName("commandlog")
    made.setStyle("Fusion")
    return made


def main_window(path: Path, party: str = "", look: str = "dark", percent: int = 100) -> MainWindow:
    """Return the window on a log, with a look of its own; raises CommandLogError where it cannot be opened."""
    qt = application()
    theme = _dressed(qt, Theme(look, percent, qt))
    return MainWindow(Session(path, party, theme), theme)


def _dressed(qt: QApplication, theme: Theme) -> Theme:
    theme.apply(qt)
    theme.changed.connect(lambda: theme.apply(qt))
    return theme


class Program(QObject):
    """The program in one process: its settings and its looks, the start window, and the window on a log."""

    def __init__(self, qt: QApplication) -> None:
        super().__init__(qt)
        self.settings = Settings(self)
        now = self.settings.now
        choose(now.language or preferred() or "nl")
        self.theme = _dressed(qt, Theme(now.look, now.percent, self))
        self.notes = CrashNotes(self)
        self.ended_badly = self.notes.install()
        self.notes.happened.connect(self._say)
        self.notes.damaged.connect(self._damaged)
        self.window: MainWindow | None = None
        self.start: StartWindow | None = None

    def open_log(self, path: Path, party: str = "") -> MainWindow:
        """Show the window on a log; the one that was open is closed when this one is there.

        Raises CommandLogError where the log cannot be opened; what was open stays open then.
        """
        session = Session(path, party, self.theme)
        seat = Seat(session, self.theme, self.settings, self.choose_log)
        window = MainWindow(session, self.theme, seat)
        before, self.window = self.window, window
        window.show()
        if before is not None:
            before.close()
            before.deleteLater()
        if self.start is not None:
            self.start.close()
        self.settings.opened(path, spoken(session.covenant.name), shared=session.shared.follows)
        told = (self.ended_badly, self.settings.trouble, _only_read(session))
        self.ended_badly = self.settings.trouble = ""
        window.say(" ".join(part for part in told if part))
        return window

    def choose_log(self) -> StartWindow:
        """Show the start window; Esc goes back to the log that is open."""
        if self.start is None:
            self.start = StartWindow(self.theme, self.settings)
            self.start.chosen.connect(self._chosen)
            self.start.destroyed.connect(self._started)
        self.start.show()
        self.start.raise_()
        self.start.activateWindow()
        self.start.setFocus()
        if self.ended_badly and self.window is None:
            self.start.tell(self.ended_badly)
            self.ended_badly = ""
        return self.start

    def heed_signals(self) -> None:
        """Close cleanly when the system or a terminal asks for it; Python hears of it when some of its code runs."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if (which := getattr(signal, name, None)) is not None:
                signal.signal(which, lambda *_which: QApplication.closeAllWindows())
        often = QTimer(self, interval=SIGNALS_EVERY)
        often.timeout.connect(lambda: None)
        often.start()

    def end(self) -> None:
        """The program ends as it should."""
        self.notes.remove()

    def _chosen(self, path: Path) -> None:
        secret = self.start.taken_secret() if self.start else ""
        try:
            window = self.open_log(path)
            if secret:
                _answer_once(window.session, secret)
        except CommandLogError as error:
            if self.start is not None:
                self.start.tell(str(error))

    def _started(self) -> None:
        self.start = None

    def _say(self, text: str) -> None:
        if self.window is not None:
            self.window.say(text)
        elif self.start is not None:
            self.start.tell(text)

    def _damaged(self, error: BaseException) -> None:
        if self.window is not None:
            self.window.seat.vigil.caught(error)
        else:
            self._say(str(error))


def _answer_once(session: Session, password: str) -> None:
    """Answer the shared log's question for the password that was chosen a moment ago, which no keyring keeps."""
    shared = session.shared

    def answer() -> None:
        if shared.asked:
            shared.changed.disconnect(answer)
            shared.give_password(password)

    shared.changed.connect(answer)


def _only_read(session: Session) -> str:
    """Return why a log can only be read here, empty where it can be written."""
    if session.log.mark is not None:
        return _("This is a copy of a log: it can be read, and nothing can be written in it.")
    if is_read_only(session.path):
        return _("This log lies where nothing can be written: it can only be read.")
    return ""


def run(path: Path | None, party: str = "") -> int:
    """Open the window, on a log, to choose one or to join with an invitation, and stay until it is closed.

    Returns the exit code; raises CommandLogError where the log cannot be opened.
    """
    qt = application()
    program = Program(qt)
    program.heed_signals()
    try:
        if path is None:
            program.choose_log()
        elif path.suffix == INVITATION:
            program.choose_log().take_invitation(path)
        else:
            program.open_log(path, party)
        return int(qt.exec())
    finally:
        program.end()
