"""The board: a lane for each party, with what it has been asked and what it has taken on, late ones first."""

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QGridLayout, QLabel, QListView, QMenu, QScrollArea, QVBoxLayout, QWidget

from commandlog.language import _, marked, ngettext
from commandlog.log.store import Log
from commandlog.model.covenant import Party
from commandlog.model.errors import CommandLogError
from commandlog.views import board
from commandlog.views.board import TaskLine
from commandlog.views.moments import Moment
from commandlog.views.presence import signed_in, whom_to_call

from ..room import Room
from .head import LaneHead
from .model import TASK, Lane
from .painting import CardPainter, deadline

ALL, OF_US, BY_US = "all", "of us", "by us"
DIRECTIONS = (ALL, OF_US, BY_US)
_SAID = {ALL: marked("All tasks"), OF_US: marked("Asked of us"), BY_US: marked("Asked by us")}
_WIDE, _NARROW = 230, 120  # pixels of a lane at 100 %: with tasks, and without
_CLOSED = 100  # tasks that are over which a lane shows at most


class BoardScreen(QWidget):
    """Lanes side by side; the arrows lead through them, the letters do what is to be done."""

    typed = Signal(str)
    """Letters that belong to the entry line."""

    def __init__(self, room: Room, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.room, self.session, self.theme = room, room.session, room.theme
        self.direction, self.shows_closed = ALL, False
        self._busy = False
        self._next: Moment | None = None
        self._tasks: list[TaskLine] = []
        self._here: set[str] = set()
        self.painter = CardPainter(self.theme, self.session.covenant, self.session.zone, self)
        self.lists: list[QListView] = []
        self.heads: list[LaneHead] = []
        self._build()
        self.typed.connect(room.write)
        self.session.advanced.connect(self.refresh)
        self.session.moved.connect(self._again)
        self.theme.changed.connect(self._dress)
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._count_down)
        self._tick.start()
        self._dress()
        self.refresh(self.session.moment)

    def _build(self) -> None:
        self.head = QLabel(self)
        self.head.setTextFormat(Qt.TextFormat.PlainText)
        self.head.setWordWrap(True)
        inside = QWidget(self)
        self._row = QGridLayout(inside)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.setRowStretch(1, 1)
        for number, party in enumerate(self.session.covenant.parties):
            self._add_lane(number, party, inside)
        self.area = QScrollArea(self)
        self.area.setWidget(inside)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.empty = QLabel(self)
        self.empty.setTextFormat(Qt.TextFormat.PlainText)
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._box.addWidget(self.head)
        self._box.addWidget(self.empty)
        self._box.addWidget(self.area, 1)
        self.setFocusProxy(self.lists[0])

    def _add_lane(self, number: int, party: Party, inside: QWidget) -> None:
        name = self.session.covenant.party_name(party.code)
        head = LaneHead(self.theme, number, party.letter, name, inside)
        view = QListView(inside)
        model = Lane(view)
        model.spoken = self.painter.spoken
        view.setModel(model)
        view.setItemDelegate(self.painter)
        view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setResizeMode(QListView.ResizeMode.Adjust)
        view.setAccessibleName(name)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(lambda point, view=view: self._menu(view, point))
        view.installEventFilter(self)
        self._row.addWidget(head, 0, number)
        self._row.addWidget(view, 1, number)
        self.lists.append(view)
        self.heads.append(head)

    def _dress(self) -> None:
        theme = self.theme
        self.head.setFont(theme.small)
        self.head.setMargin(theme.px(8))
        self.empty.setMargin(theme.px(12))
        for head in self.heads:
            head.dress()
        self._widths()
        for view in self.lists:
            view.scheduleDelayedItemsLayout()

    # -- what is shown -------------------------------------------------------------------------------------------------

    def _again(self) -> None:
        self.refresh(self.session.moment)

    def refresh(self, moment: Moment) -> None:
        """Ask for the tasks, beside the window."""
        if self._busy:
            self._next = moment
            return
        self._busy, self._next = True, None
        party, open_only = self.session.party, not self.shows_closed

        def work(log: Log) -> tuple[list[TaskLine], set[str]]:
            log.refresh()
            return board.tasks(log, moment, reader=party, open_only=open_only), signed_in(log)

        self.session.look(work, self._come, self._freed)

    def _freed(self, _error: CommandLogError) -> None:
        """Go on after what could not be read: the next change asks again."""
        self._busy = False

    def _come(self, found: tuple[list[TaskLine], set[str]]) -> None:
        self._busy = False
        self._tasks, self._here = found
        self._show()
        if self._next:
            self.refresh(self._next)

    def _show(self) -> None:
        """Fill the lanes with the tasks of the direction that is looked at."""
        self.painter.now = now = self.session.log.clock()
        tasks = [task for task in self._tasks if self._is_wanted(task)]
        for view, head, party in zip(self.lists, self.heads, self.session.covenant.parties, strict=True):
            mine = sorted((task for task in tasks if task.row.assignee == party.code), key=_order)
            open_ones = [task for task in mine if task.is_open]
            closed = [task for task in mine if not task.is_open]
            self._lane(view).show([*open_ones, *closed[-_CLOSED:]])
            late = sum(0 < deadline(one) < now for one in open_ones)
            head.say(self._counted(len(open_ones), late), self._desk(party.code, full=bool(mine)))
        self.head.setText(self._title())
        nothing = _("No task is open. Make one in the entry line: >police block the road by 21:10")
        other = _("Nothing here. R shows the other direction, X what is closed.")
        self.empty.setText(nothing if self.direction == ALL and not self.shows_closed else other)
        self.empty.setVisible(not any(self._lane(view).rowCount() for view in self.lists))
        self._widths()
        if has_keys := next((one for one in self.lists if one.hasFocus()), None):
            self._enter_first(has_keys)

    def _is_wanted(self, task: TaskLine) -> bool:
        ours = self.session.party
        if not (task.is_open or self.shows_closed or task.row.orally):
            return False
        if self.direction == OF_US:
            return task.row.assignee == ours
        return self.direction == ALL or (task.row.requester == ours and task.row.assignee != ours)

    def _title(self) -> str:
        """Return which direction is looked at, and how many there are of each."""
        ours = self.session.party
        open_ones = [one for one in self._tasks if one.is_open]
        of_us = sum(one.row.assignee == ours for one in open_ones)
        by_us = sum(one.row.requester == ours and one.row.assignee != ours for one in open_ones)
        counts = {ALL: len(open_ones), OF_US: of_us, BY_US: by_us}
        dots = {one: "●" if one == self.direction else "○" for one in DIRECTIONS}
        parts = [" ".join((dots[one], _(_SAID[one]), str(counts[one]))) for one in DIRECTIONS]
        closed = _("closed ones too") if self.shows_closed else ""
        return "     ".join(part for part in (*parts, closed, _("R turns, X shows what is closed")) if part)

    @staticmethod
    def _counted(many: int, late: int) -> str:
        count = ngettext("{n} task", "{n} tasks", many).format(n=many) if many else _("nothing open")
        return " ".join((f"{count} · ! {late}", _("late"))) if late else count

    def _desk(self, party: str, *, full: bool) -> str:
        """Return that nobody is at a party's desk, and whom to call (a number where room is scarce); else empty."""
        if party == self.session.party or party in self._here:
            return ""
        found = self.session.covenant.party(party)
        contact = found.contacts[0] if found and found.contacts else None
        call = whom_to_call(self.session.covenant, party).split("; ")[0] if full else contact.phone if contact else ""
        return "○ " + (_("desk empty: {whom}").format(whom=call) if call else _("desk empty"))

    def _widths(self) -> None:
        """Give the room to the lanes that have tasks; where it is too little, the lanes scroll sideways."""
        px = self.theme.px
        for number, view in enumerate(self.lists):
            full = self._lane(view).rowCount() > 0
            self._row.setColumnMinimumWidth(number, px(_WIDE if full else _NARROW))
            self._row.setColumnStretch(number, 3 if full else 1)

    @staticmethod
    def _lane(view: QListView) -> Lane:
        model = view.model()
        return model if isinstance(model, Lane) else Lane(view)

    def _count_down(self) -> None:
        self.painter.now = self.session.log.clock()
        if self.isVisible():
            for view in self.lists:
                view.viewport().update()

    # -- hands ---------------------------------------------------------------------------------------------------------

    def do_direction(self) -> None:
        """Turn between what is asked of us, by us, and all of it."""
        self.direction = DIRECTIONS[(DIRECTIONS.index(self.direction) + 1) % len(DIRECTIONS)]
        self._show()

    def do_closed(self) -> None:
        """Show what is closed, or no longer."""
        self.shows_closed = not self.shows_closed
        self.refresh(self.session.moment)

    def current(self) -> TaskLine | None:
        """Return the task that the reader is at."""
        view = next((one for one in self.lists if one.hasFocus()), None)
        view = view or next((one for one in self.lists if one.currentIndex().isValid()), None)
        task: TaskLine | None = view.currentIndex().data(TASK) if view and view.currentIndex().isValid() else None
        return task

    def copy(self) -> None:
        """Copy the task as text."""
        if task := self.current():
            QGuiApplication.clipboard().setText(self.painter.spoken(task))

    def _menu(self, view: QListView, point: QPoint) -> None:
        menu = QMenu(view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(view.actions())
        menu.popup(view.viewport().mapToGlobal(point))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Left and right lead to the next lane with a task; Enter shows the task in the timeline."""
        if not isinstance(watched, QListView) or watched not in self.lists:
            return False
        if event.type() == QEvent.Type.FocusIn:
            self._enter_first(watched)
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        at = self.lists.index(watched)
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = 1 if event.key() == Qt.Key.Key_Right else -1
            self._enter(at + step, step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if task := self.current():
                self.room.go_to.emit(task.row.task)
        elif self._is_text(event, watched.actions()):
            self.typed.emit(event.text())
        else:
            return False
        return True

    @staticmethod
    def _is_text(event: QKeyEvent, deeds: list[QAction]) -> bool:
        """Whether a key is a letter that means nothing here."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        known = any(QKeySequence(event.keyCombination()) in one.shortcuts() for one in deeds)
        return bool(plain and event.text() and event.text().isprintable() and not known)

    def _enter_first(self, view: QListView) -> None:
        """Stand at a task as soon as the lanes have the keys, where there is one."""
        if view.currentIndex().isValid():
            return
        if self._lane(view).rowCount():
            self._choose_first(view)
        else:
            QTimer.singleShot(0, self, self._enter_any)

    def _enter_any(self) -> None:
        if any(view.hasFocus() and not self._lane(view).rowCount() for view in self.lists):
            self._enter(0, 1)

    def _enter(self, at: int, step: int) -> None:
        while 0 <= at < len(self.lists):
            view = self.lists[at]
            if self._lane(view).rowCount():
                view.setFocus()
                if not view.currentIndex().isValid():
                    self._choose_first(view)
                self.area.ensureWidgetVisible(view, 0, 0)
                return
            at += step

    def _choose_first(self, view: QListView) -> None:
        first = self._lane(view).index(0)
        view.selectionModel().setCurrentIndex(first, QItemSelectionModel.SelectionFlag.ClearAndSelect)


def _order(task: TaskLine) -> tuple[bool, int, int, str]:
    """Open ones first, those with the earliest deadline first among them, then in the order of asking."""
    return not task.is_open, deadline(task) or 1 << 62, task.row.proposed, task.reference
