"""What the screens of a shared log have in common: a list of cards with a line above and below, and all by key."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QLabel, QListView, QMenu, QStyledItemDelegate, QVBoxLayout, QWidget

from commandlog.log.store import Log
from commandlog.model.errors import CommandLogError

from ..room import Room

ROW = Qt.ItemDataRole.UserRole
AnyIndex = QModelIndex | QPersistentModelIndex


class Row(Protocol):
    """What a list is made of."""

    @property
    def key(self) -> object:
        """What makes it this row and no other."""
        ...


class Listing(QAbstractListModel):
    """Rows, each known by its key: just what came, went or changed is told, so that the reader stays where they are."""

    def __init__(self, spoken: Callable[[Any], str], parent: QObject | None = None) -> None:
        """`spoken` says how a row is read aloud."""
        super().__init__(parent)
        self.rows: list[Row] = []
        self.spoken = spoken

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return how many there are."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the row itself (ROW), or its words."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == ROW:
            return row
        return self.spoken(row) if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) else None

    def show(self, wanted: Sequence[Row]) -> None:
        """Become this list."""
        nowhere, stays = QModelIndex(), {one.key for one in wanted}
        for at in range(len(self.rows) - 1, -1, -1):
            if self.rows[at].key not in stays:
                self.beginRemoveRows(nowhere, at, at)
                del self.rows[at]
                self.endRemoveRows()
        for at, one in enumerate(wanted):
            before = next((n for n, row in enumerate(self.rows) if row.key == one.key), -1)
            if before < 0:
                self.beginInsertRows(nowhere, at, at)
                self.rows.insert(at, one)
                self.endInsertRows()
            elif before != at:
                self.beginMoveRows(nowhere, before, before, nowhere, at)
                self.rows.insert(at, self.rows.pop(before))
                self.endMoveRows()
            if self.rows[at] != one:
                self.rows[at] = one
                self.dataChanged.emit(self.index(at), self.index(at))


class ListScreen(QWidget):
    """A list with a line above it, the keys below, and what to know where it is empty."""

    typed = Signal(str)
    """Letters that belong to the entry line."""

    def __init__(self, room: Room, name: str, spoken: Callable[[Any], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.room, self.session, self.theme = room, room.session, room.theme
        self._busy = self._again = False
        self.head, self.foot, self.empty = (self._label() for _each in range(3))
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.model = Listing(spoken, self)
        self.view = QListView(self)
        self.view.setModel(self.model)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setResizeMode(QListView.ResizeMode.Adjust)
        self.view.setAccessibleName(name)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._menu)
        self.view.installEventFilter(self)
        self.lists = [self.view]
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        for part, stretch in ((self.head, 0), (self.empty, 1), (self.view, 4), (self.foot, 0)):
            box.addWidget(part, stretch)
        self.setFocusProxy(self.view)
        self.typed.connect(room.write)
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._second)
        self._tick.start()
        self.theme.changed.connect(self._dress)
        for signal in (self.session.advanced, self.session.moved, self.session.shared.changed):
            signal.connect(self.refresh)

    def paint_by(self, painter: QStyledItemDelegate) -> None:
        """Let a delegate paint the rows."""
        self.view.setItemDelegate(painter)
        self._dress()

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        return label

    def _dress(self) -> None:
        theme = self.theme
        for one in (self.head, self.foot):
            one.setFont(theme.small)
            one.setMargin(theme.px(8))
        for one in (self.foot, self.empty):
            ink = one.palette()
            ink.setColor(one.foregroundRole(), theme.colour("muted"))
            one.setPalette(ink)
        self.empty.setMargin(theme.px(24))
        self.view.scheduleDelayedItemsLayout()

    # -- what is shown -------------------------------------------------------------------------------------------------

    def show_rows(self, rows: Sequence[Row], when_empty: str = "") -> None:
        """Show these rows; whoever reads stays where they are, or at what took the place of what has gone."""
        at = self.view.currentIndex().row()
        self.model.show(rows)
        if rows and not self.view.currentIndex().isValid():
            self.choose(min(max(at, 0), len(rows) - 1))
        self.empty.setText(when_empty)
        self.empty.setVisible(not rows)
        self.view.viewport().update()

    def choose(self, at: int) -> None:
        """Go to a row."""
        index = self.model.index(at)
        self.view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.view.scrollTo(index)

    def refresh(self, *_why: object) -> None:
        """Ask for the rows, beside the window, where anybody looks at them."""
        if not self.isVisible():
            return
        if self._busy:
            self._again = True
            return
        self._busy, self._again = True, False
        self.session.look(self.looking(), self._came, self._freed)

    def looking(self) -> Callable[[Log], Any]:
        """Return what a screen asks of the log; `come` is called with its answer."""
        raise NotImplementedError

    def come(self, found: Any) -> None:
        """Show what was found."""
        raise NotImplementedError

    def _came(self, found: Any) -> None:
        self._busy = False
        self.come(found)
        if self._again:
            self.refresh()

    def _freed(self, _error: CommandLogError) -> None:
        """Go on after what could not be read: the next change asks again."""
        self._busy = False

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Bring up to date what nobody looked at."""
        super().showEvent(event)
        self.refresh()

    def row(self) -> Any:
        """Return the row that the reader is at, None where there is none."""
        index = self.view.currentIndex()
        return index.data(ROW) if index.isValid() else None

    def _second(self) -> None:
        if self.isVisible():
            self.view.viewport().update()

    # -- hands ---------------------------------------------------------------------------------------------------------

    def _menu(self, point: QPoint) -> None:
        menu = QMenu(self.view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self.view.actions())
        menu.popup(self.view.viewport().mapToGlobal(point))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Letters that mean nothing here begin an entry."""
        if watched is not self.view or not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        known = any(QKeySequence(event.keyCombination()) in one.shortcuts() for one in self.view.actions())
        if known or not plain or not event.text() or not event.text().isprintable():
            return False
        self.typed.emit(event.text())
        return True
