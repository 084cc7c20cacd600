"""What belongs to sitting at a desk in a window: who is signed in, the settings, and an eye on the log's file."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, Signal
from PySide6.QtWidgets import QMainWindow, QSplitter, QWidget

from commandlog.language import _

from .actions import Action
from .alarms.ringing import Ringing
from .entry.line import EntryPane
from .following import SecondCopy
from .paper.printing import Snapshots
from .session import Session
from .settings import Settings
from .settings_page import SettingsPage
from .signing.signing import Signing
from .theme import Theme
from .vigil import Vigil

if TYPE_CHECKING:
    from .room import Room


class Seat(QObject):
    """A window's seat at a desk; `furnish_anew` asks the window to make everything inside again."""

    furnish_anew = Signal()

    def __init__(
        self,
        session: Session,
        theme: Theme,
        settings: Settings | None = None,
        open_another: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(session)
        self.session, self.theme = session, theme
        self.settings = settings or Settings(self)
        self.signing = Signing(session, theme, self.settings)
        self.vigil = Vigil(session)
        self.snapshots = Snapshots(session, self.settings)
        self.alarms = Ringing(session, self.settings)
        self.second_copy = SecondCopy(session)
        self._room: Room | None = None
        self._window: QMainWindow | None = None
        self._deeds: dict[str, Callable[[], object]] = {
            "sign_in": self.signing.begin,
            "sign_out": self.signing.sign_out,
            "lock": self.signing.lock,
            "change_desk": self.change_desk,
            "password": self.give_password,
            "settings": self.show_settings,
            "sound": self.alarms.turn_sound,
        }
        if open_another:
            self._deeds["open"] = open_another
        theme.changed.connect(self._keep_look)
        session.closing.connect(self._keep_sizes)

    def deed(self, action: str) -> Callable[[], object] | None:
        """Return what an action of the table does here, None where it is not about the seat."""
        return self._deeds.get(action)

    def strip(self, room: "Room", entry: EntryPane, parent: QWidget) -> QWidget:
        """Return what stands in the place of the entry line while one signs in."""
        self._room = room
        return self.signing.furnish(entry, parent)

    def change_desk(self) -> None:
        """Sit down at the desk of another party, which its operator then signs in at."""
        if self._room is None:
            return
        if self.session.shared.follows:
            told = _("This log is the desk of {party} in a shared log: every other party sits at a desk of its own.")
            self._room.told.emit(told.format(party=self.session.party_name()))
            return
        asking, covenant = self._room.asking, self.session.covenant
        parties = tuple((one.code, covenant.party_name(one.code)) for one in covenant.parties)
        from .asking import Field

        def then(answers: dict[str, str]) -> None:
            asking.done()
            if answers["party"] != self.session.party:
                self.signing.leave_desk()
                self.session.sit_at(answers["party"])
                self.furnish_anew.emit()

        asking.ask(_("At whose desk?"), [Field("party", _("Party"), parties, self.session.party)], then)

    def named(self, action: Action) -> str:
        """Return what an action of the table is called here: one that cannot be done says so."""
        name = _(action.text)
        if action.id == "change_desk" and self.session.shared.follows:
            return _("{action} (not in a shared log)").format(action=name)
        return name

    def give_password(self) -> None:
        """Ask for the password of this desk, where the shared log wants it: only when somebody comes to give it."""
        if self._room is None:
            return
        asking, shared = self._room.asking, self.session.shared
        if not shared.asked:
            self._room.told.emit(_("Nobody asks for a password just now."))
            return

        def then(answers: dict[str, str]) -> None:
            asking.done()
            shared.give_password(answers["password"])

        from .asking import Field

        field = Field("password", _("Password"), needed=True, secret=True)
        asking.ask(_("The shared log asks for the password of this desk"), [field], then, fresh=True)

    def show_settings(self) -> None:
        """Show the settings page."""
        if self._window is not None:
            page = SettingsPage(self.settings, self.theme, self._window)
            page.language_chosen.connect(self._speak)
            page.open()

    def _speak(self) -> None:
        """Show everything in the language that was chosen, the settings page as well."""
        self.furnish_anew.emit()
        self.show_settings()

    # -- sizes ---------------------------------------------------------------------------------------------------------

    def remember(self, window: QMainWindow) -> None:
        """Give a window the place and the sizes that it had, and keep them when it is closed."""
        self._window = window
        self.signing.watch(window)
        kept = self.settings.now
        if kept.geometry:
            window.restoreGeometry(QByteArray.fromHex(kept.geometry.encode("ascii", "ignore")))
        for name, splitter in self._splitters():
            sizes = kept.splitters.get(name, ())
            if len(sizes) == splitter.count():
                splitter.setSizes(list(sizes))

    def _splitters(self) -> list[tuple[str, QSplitter]]:
        found = self._window.findChildren(QSplitter) if self._window else []
        return [(type(parent).__name__, one) for one in found if (parent := one.parent()) is not None]

    def _keep_sizes(self) -> None:
        if self._window is None:
            return
        sizes = {name: tuple(one.sizes()) for name, one in self._splitters() if sum(one.sizes())}
        geometry = bytes(self._window.saveGeometry().toHex().data()).decode("ascii")
        splitters = {**self.settings.now.splitters, **sizes}
        if (geometry, splitters) != (self.settings.now.geometry, self.settings.now.splitters):
            self.settings.change(geometry=geometry, splitters=splitters)

    def _keep_look(self) -> None:
        now = self.settings.now
        if (now.look, now.percent) != (self.theme.look, self.theme.percent):
            self.settings.change(look=self.theme.look, percent=self.theme.percent)
