"""The main window: it puts together what others are, and sends each action to whoever does it."""

from collections.abc import Callable
from typing import Any, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QLabel, QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from commandlog.language import _, choose, current
from commandlog.model.covenant import spoken
from commandlog.views.filters import Filter

from .. import deeds_of_dealings, deeds_of_event, deeds_of_files, deeds_of_incidents, deeds_of_readers
from ..actions import ACTIONS, TASK, Action
from ..asking import Asking
from ..deeds import Deeds, Subject
from ..entry.line import EntryPane
from ..entry.templates import TEMPLATES, choose_template
from ..room import Room
from ..seat import Seat
from ..session import Session
from ..theme import LOOKS, SIZES, Theme
from ..timeline.screen import TimelineScreen
from ..wall.opening import show_wall
from .palette import KeySheet, Palette
from .screens import SCREENS, make
from .top import TopBar

_OF_ENTRIES: dict[str, Callable[[Deeds, Subject], None]] = {
    "assess": Deeds.assess,
    "add": Deeds.add,
    "correct": Deeds.correct,
    "feed_back": Deeds.feed_back,
    "ask": Deeds.ask_of,
    "mark": Deeds.mark,
    "misdirected": deeds_of_dealings.misdirected,
    "attach": deeds_of_files.attach,
    "attachments": deeds_of_files.show,
    "incident": deeds_of_incidents.put_into,
    "merge_incident": deeds_of_incidents.merge,
    "close_incident": deeds_of_incidents.close,
    "release": deeds_of_readers.release,
    "recall": deeds_of_readers.recall,
    "erase": deeds_of_readers.erase,
}
_OF_THE_EVENT: dict[str, Callable[[Deeds], None]] = {
    "template": choose_template,
    "agreement": deeds_of_dealings.agreement,
    "unit_status": deeds_of_dealings.unit_status,
    "level": deeds_of_event.level,
    "confirm_level": deeds_of_event.confirm_level,
    "phase": deeds_of_event.phase,
    **{one.id: one.ask for one in TEMPLATES},
}


class MainWindow(QMainWindow):
    """One log at one desk."""

    def __init__(self, session: Session, theme: Theme, seat: Seat | None = None) -> None:
        super().__init__()
        self.session, self.theme = session, theme
        session.setParent(self)
        self.seat = seat or Seat(session, theme)
        self.seat.furnish_anew.connect(self.do_refurnish)
        self.setAcceptDrops(True)
        self.actions_by_id: dict[str, QAction] = {}
        self._furnish()
        self.resize(1440, 900)
        self.seat.remember(self)
        self.entry.begin()

    def _furnish(self) -> None:
        """Make everything inside, in the language of now."""
        session, theme = self.session, self.theme
        self.setWindowTitle(f"{spoken(session.covenant.name)} — CommandLog")
        inside = QWidget(self)
        self.top = TopBar(session, theme, self.seat.alarms, inside)
        self.top.alarms_wanted.connect(self.do_next_alarm)
        if hasattr(self.top, "desks_wanted"):
            self.top.desks_wanted.connect(lambda: self.show_screen("desks"))
        self.top.password_wanted.connect(self.seat.give_password)
        self.banner = QLabel(inside)
        self.banner.setTextFormat(Qt.TextFormat.PlainText)
        self.banner.setWordWrap(True)
        self.banner.setMargin(8)
        self.banner.hide()
        self.asking = Asking(theme, inside)
        self.room = Room(session, theme, self.asking, inside, self.seat)
        self.screens = QStackedWidget(inside)
        self.shown: dict[str, QWidget] = {}
        self.timeline = cast("TimelineScreen", self.show_screen("timeline"))
        self.entry = EntryPane(session, theme, inside)
        box = QVBoxLayout(inside)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        for part in (self.top, self.banner):
            box.addWidget(part)
        box.addWidget(self.screens, 1)
        box.addWidget(self.asking)
        box.addWidget(self.seat.strip(self.room, self.entry, inside))
        box.addWidget(self.entry)
        self.setCentralWidget(inside)
        self._make_actions()
        self.room.deeds.told = self.say
        self.timeline.typed.connect(self.entry.begin)
        self.entry.left.connect(self._to_list)
        self.room.write.connect(self.entry.begin)
        self.room.write_anew.connect(self._write_anew)
        self.room.told.connect(self.say)
        self.room.look_at.connect(self._look_at)
        self.room.go_to.connect(self._go_to)
        session.trouble.connect(self.say)
        session.refused.connect(self.say)

    # -- screens -------------------------------------------------------------------------------------------------------

    def show_screen(self, name: str) -> QWidget:
        """Show a screen, made at first sight; returns it."""
        screen = self.shown.get(name)
        if screen is None:
            screen = self.shown[name] = make(name, self.room, self.screens)
            self.screens.addWidget(screen)
            self._give_keys(screen)
        self.screens.setCurrentWidget(screen)
        screen.setFocus()
        return screen

    def _give_keys(self, screen: QWidget) -> None:
        """Let the deeds of lists be done in a screen's lists (its `lists`, where it has any) by their keys."""
        name = next((name for name, one in self.shown.items() if one is screen), "")
        for view in getattr(screen, "lists", ()):
            for one in ACTIONS:
                if one.where in ("list", name) and one.id in self.actions_by_id:
                    view.addAction(self.actions_by_id[one.id])

    def _to_list(self) -> None:
        if screen := self.screens.currentWidget():
            screen.setFocus()

    def _look_at(self, wanted: Filter) -> None:
        self.show_screen("timeline")
        self.timeline.look_at(wanted)

    def _go_to(self, entry: int) -> None:
        self.show_screen("timeline")
        self.timeline.go_to(entry)

    def _write_anew(self, text: str) -> None:
        self.entry.park()
        self.entry.begin(text)

    # -- actions -------------------------------------------------------------------------------------------------------

    def _make_actions(self) -> None:
        """Make menus and shortcuts of the table; what this window cannot do is not there."""
        for action in self.actions_by_id.values():
            action.deleteLater()
        self.actions_by_id = {}
        self.menuBar().clear()
        menus: dict[str, QMenu] = {}
        for one in ACTIONS:
            run = self._deed(one)
            if run is None:
                continue
            action = QAction(self.seat.named(one), self)
            action.setShortcuts([QKeySequence(key) for key in one.keys])
            action.triggered.connect(lambda _checked=False, run=run: run())
            if one.where:
                action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            else:
                self.addAction(action)
            self.actions_by_id[one.id] = action
            if one.menu:
                if one.menu not in menus:
                    menus[one.menu] = self.menuBar().addMenu(_(one.menu))
                menus[one.menu].addAction(action)
        for screen in self.shown.values():
            self._give_keys(screen)

    def _deed(self, action: Action) -> Callable[[], object] | None:
        """Return what an action does here, None where nothing does."""
        if action.id in SCREENS:
            return lambda: self.show_screen(action.id)
        if action.id in _OF_ENTRIES:
            return lambda: self._with_entry(_OF_ENTRIES[action.id])
        if action.id in _OF_THE_EVENT:
            return lambda: _OF_THE_EVENT[action.id](self.room.deeds)
        if action.where in SCREENS:
            return lambda: getattr(self.show_screen(action.where), f"do_{action.id}")()
        if action.menu == TASK:
            return lambda: self._with_entry(lambda deeds, line: deeds.step(action.id, line))
        return self.seat.deed(action.id) or getattr(self, f"do_{action.id}", None)

    def _with_entry(self, deed: Callable[[Deeds, Subject], None]) -> None:
        screen: Any = self.screens.currentWidget()
        line = screen.current() if hasattr(screen, "current") else None
        if line and getattr(line, "kind", "") == "sealed":
            told = _("This entry is sealed for your party: nothing can be done with it here. {text}")
            self.say(told.format(text=line.text))
        elif line:
            self.say("")
            deed(self.room.deeds, Subject.of(line))
        else:
            self.say(_("Choose an entry first: Esc leads to the list, the arrows lead through it."))

    def do_quit(self) -> None:
        """Close the window."""
        self.close()

    def do_write(self) -> None:
        """Go to the entry line."""
        self.entry.begin()

    def do_park(self) -> None:
        """Park the line."""
        self.entry.park()

    def do_unpark(self) -> None:
        """Go on with a parked line."""
        self.entry.unpark()

    def do_search(self) -> None:
        """Go to the search field."""
        self.show_screen("timeline")
        self.timeline.focus_search()

    def do_next_alarm(self) -> None:
        """Go to the alarm that came last of those that nobody has seen."""
        screen: Any = self.show_screen("alarms")
        screen.to_newest()

    def do_newest(self) -> None:
        """Go to the newest entry."""
        self.timeline.view.to_newest()

    def do_copy(self) -> None:
        """Copy what is selected as text."""
        screen: Any = self.screens.currentWidget()
        if hasattr(screen, "copy"):
            screen.copy()

    def do_larger(self) -> None:
        """Make all text larger."""
        self._resize_text(1)

    def do_smaller(self) -> None:
        """Make all text smaller."""
        self._resize_text(-1)

    def do_look(self) -> None:
        """Change between light and dark."""
        self.theme.choose(LOOKS[(LOOKS.index(self.theme.look) + 1) % len(LOOKS)], self.theme.percent)

    def do_language(self) -> None:
        """Speak the other language; what is typed stays in the line, and the reader at the entry."""
        choose("en" if current() == "nl" else "nl")
        self.seat.settings.change(language=current())
        self.do_refurnish()

    def do_refurnish(self) -> None:
        """Make everything inside anew: what is typed stays in the line, and the reader at the entry."""
        line = self.timeline.current()
        screen = next(name for name, one in self.shown.items() if one is self.screens.currentWidget())
        self.entry.keep()
        self._furnish()
        self.show_screen(screen)
        if line:
            self.timeline.go_to(line.entry)
        self.entry.begin()

    def do_wall(self) -> None:
        """Show the wall, on the second screen where there is one."""
        show_wall(self, self.session, self.theme)

    def do_palette(self) -> None:
        """Reach everything by name."""
        Palette(self, self.actions_by_id, self.room).open()

    def do_keys(self) -> None:
        """Show all keys."""
        KeySheet(self, self.actions_by_id, self.room).open()

    def _resize_text(self, by: int) -> None:
        at = max(0, min(len(SIZES) - 1, SIZES.index(self.theme.percent) + by))
        self.theme.choose(self.theme.look, SIZES[at])

    # -- what goes wrong -----------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Say something above the screens, until something else is said; nothing for an empty text."""
        self.banner.setText(text)
        self.banner.setVisible(bool(text))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """A photo can be dropped anywhere: it goes with the next entry."""
        self.entry.dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Give what is dropped to the entry line."""
        self.entry.dropEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Keep what is typed, store what was sent, and let go of the log."""
        self.entry.keep()
        self.session.close()
        super().closeEvent(event)
