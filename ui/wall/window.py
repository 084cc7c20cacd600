"""The wall window: a second window for the big screen. It is read-only and shows what is for every party."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QWidget
from shiboken6 import isValid

from commandlog.language import _, current
from commandlog.log.store import Log
from commandlog.model.covenant import spoken
from commandlog.model.errors import CommandLogError
from commandlog.views.moments import Moment, local

from ..plan.kept import read_kept, read_picture
from ..plan.model import PlaceModel
from ..plan.screen import Seen, looker
from ..plan.sheet import sheet_for
from ..plan.view import PlanView
from ..session import Session
from ..theme import BASE, Theme
from .banner import Banner
from .block import Block, Item
from .news import News, entry_items, levels_told, news, task_items

LINES = 25  # of text that the window is high
_FILLED = 0.62  # of a line that its letters are high
_TICK = 1_000
_PAUSE = 250  # milliseconds between two looks, however much comes in
_AGAIN = 20  # ticks after which what depends on the clock is found out again


class WallWindow(QWidget):
    """What holds, what is open, what matters, and where."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.session, self.near = session, theme
        self.theme = Theme(theme.look, 100, self)
        self._busy, self._ticks = False, 0
        self._next: Moment | None = None
        self._news = News([], [], [])
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._build()
        theme.changed.connect(self._dress)
        session.advanced.connect(self.refresh)
        session.moved.connect(self._moved)
        session.closing.connect(self.close)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self._look_again)
        session.closing.connect(self._pause.stop)
        self._clock = QTimer(self, interval=_TICK)
        self._clock.timeout.connect(self._tick)
        self._clock.start()
        session.closing.connect(self._clock.stop)
        self.resize(1280, 720)
        self._tick()

    def _build(self) -> None:
        self.banner = Banner(self.theme, self)
        self.tasks, self.entries = Block(self.theme, self), Block(self.theme, self)
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setSpacing(0)
        self.grid.addWidget(self.banner, 0, 0, 1, 2)
        self.grid.addWidget(self.tasks, 1, 0)
        self.grid.addWidget(self.entries, 2, 0)
        self.grid.setRowStretch(1, 4)
        self.grid.setRowStretch(2, 5)
        self.grid.setColumnStretch(0, 1)
        self.grid.setColumnStretch(1, 1)
        self._make_plan()
        self._dress()

    def _make_plan(self) -> None:
        """Make the plan, in the language of now."""
        covenant = self._covenant = self.session.covenant
        self._language = current()
        self.setWindowTitle(" — ".join((spoken(covenant.name), _("Wall"))))
        self.model = PlaceModel(covenant, self)
        self.plan = PlanView(self.session, self.theme, self.model, self)
        self.plan.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plan.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        log_id = self.session.log.id
        kept = read_kept(log_id)
        sheet = sheet_for(covenant, kept, read_picture(log_id) if kept.picture else b"")
        self.plan.show_sheet(sheet)
        self.plan.setVisible(sheet is not None)
        self.grid.addWidget(self.plan, 1, 1, 2, 1)
        self.grid.setColumnStretch(1, 1 if sheet else 0)

    def _dress(self) -> None:
        """Take the look of the desk, and letters of a size that goes with the window."""
        wanted = max(60, round(100 * self.height() / LINES * _FILLED * 72 / self.logicalDpiY() / BASE))
        if (self.near.look, wanted) != (self.theme.look, self.theme.percent):
            self.theme.choose(self.near.look, wanted)
        palette = self.palette()
        palette.setColor(self.backgroundRole(), self.theme.colour("ground"))
        self.setPalette(palette)

    # -- what is shown -------------------------------------------------------------------------------------------------

    def refresh(self, moment: Moment) -> None:
        """Find out what is to be shown, beside the window; not while it is closed."""
        if not self.isVisible():
            return
        if self._busy or self._pause.isActive():
            self._next = moment
            return
        self._busy, self._next = True, None
        reader = self.session.party
        sheet = self.plan.sheet
        pins = sheet is not None and sheet.earth is not None
        places = looker([row.code for row in self.model.rows], moment, reader, pins=pins)

        def work(log: Log) -> tuple[Seen, News]:
            return places(log), news(log, moment, reader)

        self.session.look(work, self._show, self._freed)

    def _freed(self, _error: CommandLogError) -> None:
        """Go on after what could not be read: the next change asks again."""
        self._busy = False

    def _show(self, found: tuple[Seen, News]) -> None:
        if not isValid(self):
            return
        self._busy = False
        seen, self._news = found
        self.model.show(seen.totals, seen.crowds)
        self.plan.show_pins([pin for pin in seen.pins if not pin.line.audience])
        self._tell()
        self._pause.start()

    def _look_again(self) -> None:
        if self._next:
            self.refresh(self._next)

    def _tell(self) -> None:
        """Say it in words; what says the same as before is not painted again."""
        covenant, zone, now = self.session.covenant, self.session.zone, self.session.log.clock()
        self.banner.show_levels(*levels_told(self._news.levels, covenant, zone, now))
        tasks = task_items(self._news.tasks, covenant, zone, now)
        late = sum(one.meaning == "late" for one in tasks)
        heading = _("Open tasks: {n}").format(n=len(tasks))
        if late:
            heading += " · " + _("late: {n}").format(n=late)
        self.tasks.show_items(heading, tasks, _("No task is open."))
        entries: list[Item] = entry_items(self._news.entries, covenant, zone)
        self.entries.show_items(_("Latest"), entries, _("Nothing to report."))

    def _tick(self) -> None:
        self.banner.show_time(f"{local(self.session.log.clock(), self.session.zone):%H:%M}")
        self._ticks += 1
        if current() != self._language or self.session.covenant is not self._covenant:
            self._make_anew()
        elif self._ticks % _AGAIN == 0:
            self.refresh(self.session.moment)

    def _make_anew(self) -> None:
        """Speak the other language, or show the places of another covenant."""
        self.grid.removeWidget(self.plan)
        self.plan.deleteLater()
        self._make_plan()
        self.refresh(self.session.moment)

    def _moved(self) -> None:
        self.refresh(self.session.moment)

    # -- the window ----------------------------------------------------------------------------------------------------

    def open_on_second_screen(self) -> None:
        """Fill the screen that the desk's window is not on; where there is no other, be a window."""
        parent = self.parentWidget()
        desk = parent.window().screen() if parent else QGuiApplication.primaryScreen()
        other = next((one for one in QGuiApplication.screens() if one != desk), None)
        if other is None:
            self.show()
        else:
            self.setGeometry(other.geometry())
            self.showFullScreen()
        self.raise_()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """F11 fills the screen or no longer, Esc makes it a window; nothing else does anything."""
        if event.key() == Qt.Key.Key_F11:
            self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        elif event.key() == Qt.Key.Key_Escape and self.isFullScreen():
            self.showNormal()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Catch up with what went on while it was closed."""
        super().showEvent(event)
        self.refresh(self.session.moment)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Give the letters their size."""
        super().resizeEvent(event)
        self._dress()
