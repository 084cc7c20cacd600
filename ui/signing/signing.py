"""Signing in and out at a desk, and locking it: the strip, the machine's operators and the log brought together."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from commandlog.language import _
from commandlog.model.errors import CommandLogError
from commandlog.views.moments import local

from ..entry.line import EntryPane
from ..session import Session
from ..settings import Settings
from ..tasks import Worker
from ..theme import Theme
from . import operators, who
from .operators import Operators
from .strip import SigningStrip

_STIRS = (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel)


class Signing(QObject):
    """Who works at this desk. One for a window; its strip is made again with the window's furniture."""

    signed = Signal(str)
    """This operator works here from now on; empty: nobody does."""
    given_up = Signal()
    """Esc: nobody signs in now."""
    locked = Signal(bool)
    """The desk was locked, or unlocked."""

    def __init__(self, session: Session, theme: Theme, settings: Settings) -> None:
        super().__init__(session)
        self.session, self.theme, self.settings = session, theme, settings
        self.operator = ""
        self.is_locked = False
        self.strip: SigningStrip | None = None
        self._entry: EntryPane | None = None
        self._before: QWidget | None = None
        self._worker: Worker[Operators] | None = None
        self._since = ""
        self._ours = False
        self._desk = ""
        self._idle = QTimer(self, singleShot=True)
        self._idle.timeout.connect(self.lock)
        session.locked = self._why_locked
        session.advanced.connect(self._look)
        session.moved.connect(self._look)
        session.closing.connect(self._close)
        settings.changed.connect(self._stir)

    def furnish(self, entry: EntryPane, parent: QWidget) -> SigningStrip:
        """Return the strip that stands in the place of the entry line while one signs in."""
        self._entry = entry
        self.strip = SigningStrip(self.theme, parent)
        self.strip.given.connect(self._given)
        self.strip.left.connect(self._leave)
        if self.is_locked:
            self._ask_pin()
        return self.strip

    # -- signing in and out --------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Ask who is there."""
        self._ask(_("Who works at this desk ({party})?").format(party=self.session.party_name()), "")

    def sign_out(self) -> None:
        """Sign out whoever works here."""
        if not self.operator:
            self.session.refused.emit(_("Nobody is signed in at desk {desk}.").format(desk=self.session.desk_code))
            return
        self._ours = False
        self.session.do(who.leave, lambda _record: self.session.moved.emit())

    def leave_desk(self) -> None:
        """Sign out at this desk, to sit down at another one."""
        if self._ours and self.operator:
            self.session.do_at_last(who.leave)
        self.operator, self._ours, self._desk = "", False, ""
        self.signed.emit("")

    def _ask(self, title: str, name: str) -> None:
        if self.strip is None or self._entry is None:
            return
        if self.strip.isHidden():
            self._before = self.strip.window().focusWidget()
        party = self.session.party
        self.strip.ask(title, name, operators.names(party), who.known(self.session.log, party), locked=self.is_locked)
        self._entry.hide()

    def _given(self, name: str, pin: str, new: bool) -> None:
        party = self.session.party

        def work(known: Operators) -> str:
            if new:
                known.enrol(party, name, pin)
                return name
            return known.check(party, name, pin)

        if self._worker is None:
            self._worker = Worker(Operators, self)
        self._worker.ask(work, self._known, self._unknown)

    def _known(self, name: str) -> None:
        """The PIN is right: go on, or change over to another operator."""
        was_locked = self.is_locked
        self._unlock()
        if name == self.operator and (was_locked or self._ours):
            self._ours = True
            self._done()
        else:
            self.session.do(lambda desk: who.change_over(desk, name), lambda _record: self._signed(name), self._unknown)

    def _signed(self, name: str) -> None:
        self._ours = True
        self.operator = name
        self.signed.emit(name)
        self.session.moved.emit()
        self._done()

    def _unknown(self, error: CommandLogError) -> None:
        if self.strip:
            self.strip.failed(str(error))

    def _done(self) -> None:
        """Back to what one was at."""
        if self.strip is None or self._entry is None:
            return
        self._entry.show()
        self.strip.hide()
        self._give_back()
        self._stir()

    def _leave(self) -> None:
        """Not now: a locked desk stays locked, and can be read."""
        self.given_up.emit()
        if self.is_locked and self._entry is not None:
            self._entry.left.emit()  # the list has the keys, as after Esc in the line
        else:
            self._done()

    def _give_back(self) -> None:
        try:
            before = self._before if self._before and self._before.isVisible() else None
        except RuntimeError:  # it went with the furniture
            before = None
        if (found := before or self._entry) is not None:
            found.setFocus()

    def _look(self, *_why: object) -> None:
        """See who is signed in at the desk: another window of it, or the command line, may have changed that."""
        desk = self.session.desk_code
        if not desk:
            return
        name = who.signed_in(self.session.log, desk)
        first, self._desk = desk != self._desk, desk
        if name != self.operator:
            self.operator = name
            self._ours = self._ours and bool(name)
            self.signed.emit(name)
        if first and name and not self._ours and operators.knows(self.session.party, name):
            self.lock()  # whoever was here when the program ended may have left meanwhile

    # -- the lock ------------------------------------------------------------------------------------------------------

    def lock(self) -> None:
        """Let nothing be written until a PIN is given; everything can be read."""
        if self.is_locked or not self.operator:
            if not self.is_locked and self.sender() is not self._idle:
                self.session.refused.emit(_("Sign in first: the PIN that you choose unlocks the desk."))
            return
        if not operators.knows(self.session.party, self.operator):
            if self.sender() is not self._idle:
                self.session.refused.emit(_("{name} has no PIN here yet.").format(name=self.operator))
            return
        self.is_locked = True
        self._since = f"{local(self.session.log.clock(), self.session.zone):%H:%M}"
        _application().installEventFilter(self)
        self._ask_pin()
        self.locked.emit(True)

    def _ask_pin(self) -> None:
        told = _("Locked since {time}. What is shown can be read; to write, {name} or somebody else gives a PIN.")
        self._ask(told.format(time=self._since, name=self.operator), self.operator)

    def _unlock(self) -> None:
        if self.is_locked:
            self.is_locked = False
            _application().removeEventFilter(self)
            self.locked.emit(False)

    def _why_locked(self) -> str:
        """Return why nothing is written, and ask for the PIN; empty where the desk is not locked."""
        if not self.is_locked:
            return ""
        if self.strip:
            QTimer.singleShot(0, self.strip, self.strip.begin)
        return _("This desk is locked: give your PIN first.")

    def _stir(self) -> None:
        """Begin to wait for the lock anew."""
        minutes = self.settings.now.lock_minutes
        if minutes and self.operator and not self.is_locked:
            self._idle.start(minutes * 60_000)
        else:
            self._idle.stop()

    def watch(self, window: QWidget) -> None:
        """Listen to the hands at a window from here on, where the system's events come in."""
        window.winId()
        if (handle := window.windowHandle()) is not None:
            handle.installEventFilter(_Hands(self._stir, self))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """While the desk is locked, letters and figures go to the PIN, wherever they are typed."""
        if event.type() not in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            return False
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget) or self.strip is None:
            return False
        if watched.window() is not self.strip.window() or isinstance(watched, QLineEdit):
            return False
        with_others = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if with_others or not event.text().isalnum():
            return False
        if event.type() == QEvent.Type.KeyPress:
            self.strip.begin()
            if event.text().isdigit():
                self.strip.pin.insert(event.text())
        event.accept()
        return True

    def _close(self) -> None:
        """Whoever signed in at this window has left the desk when it is closed."""
        self._unlock()
        self._idle.stop()
        if self._ours and self.operator:
            self.session.do_at_last(who.leave)
        if self._worker is not None:
            self._worker.stop()


class _Hands(QObject):
    """Hears keys and mouse."""

    def __init__(self, stir: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._stir = stir

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Tell of every key and click."""
        if event.type() in _STIRS:
            self._stir()
        return False


def _application() -> QCoreApplication:
    found = QCoreApplication.instance()
    if found is None:
        raise RuntimeError("there is no application")
    return found
