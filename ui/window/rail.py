"""The rail of views: what there is to look at, and how much of it, always up to date."""

from time import monotonic
from typing import NamedTuple, cast

from msgspec.structs import replace
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from commandlog.language import _
from commandlog.log.store import Log
from commandlog.model.covenant import spoken
from commandlog.model.errors import CommandLogError
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment
from commandlog.views.tallies import Tally

from ..session import Session
from ..theme import Theme
from ..timeline.filtering import everything
from ..timeline.saved import saved_views

WANTED = Qt.ItemDataRole.UserRole
COUNT = WANTED + 1
COUNT_EVERY = 250  # milliseconds between the end of one count and the next
PATIENCE = 0.03  # seconds that are counted in one go
AnyIndex = QModelIndex | QPersistentModelIndex


class View(NamedTuple):
    """A saved view: its name and what it shows; `wanted` is None for a heading."""

    name: str
    wanted: Filter | None


class Views(QAbstractListModel):
    """The views of a log with their totals; totals are counted when the log goes on."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.views = _views(session)
        self._tallies = [Tally(view.wanted) if view.wanted else None for view in self.views]
        self._counts = [-1] * len(self.views)
        self._counting = self._counted_once = False
        self._next: Moment | None = None
        self.generation = 0  # counts of other rows than these are stale
        self._pause = QTimer(self, singleShot=True, interval=COUNT_EVERY)
        self._pause.timeout.connect(self._begin)

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return how many rows there are, headings among them."""
        return 0 if parent is not None and parent.isValid() else len(self.views)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """A heading cannot be chosen."""
        return super().flags(index) if self.views[index.row()].wanted else Qt.ItemFlag.NoItemFlags

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a view's name, what it shows (WANTED) or its total (COUNT, -1 before it is counted)."""
        if not index.isValid():
            return None
        view, count = self.views[index.row()], self._counts[index.row()]
        if role == WANTED:
            return view.wanted
        if role == COUNT:
            return count
        if role == Qt.ItemDataRole.DisplayRole:
            return view.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{view.name}: {count}" if count >= 0 else view.name
        return None

    def row_of(self, wanted: Filter) -> int:
        """Return the row of the view that shows this, -1 where none does."""
        return next((row for row, view in enumerate(self.views) if view.wanted == wanted), -1)

    def add_own(self, name: str, wanted: Filter) -> None:
        """Take in a view of the reader's own, under the heading of these; one with the same name goes."""
        self.drop_own(name)
        heading = self._own_heading()
        if heading < 0:
            heading = 1
            self._insert(heading, View(_("My own"), None))
        self._insert(heading + 1, View(name, replace(wanted, reader=self.session.party)))

    def drop_own(self, name: str) -> None:
        """Take a view of the reader's own away, with the heading where it was the last."""
        heading = self._own_heading()
        if heading < 0:
            return
        row = heading + 1
        while row < len(self.views) and self.views[row].wanted:
            if self.views[row].name == name:
                self._remove(row)
                break
            row += 1
        if heading + 1 >= len(self.views) or not self.views[heading + 1].wanted:
            self._remove(heading)

    def _own_heading(self) -> int:
        return next((row for row, one in enumerate(self.views) if not one.wanted and one.name == _("My own")), -1)

    def _insert(self, row: int, view: View) -> None:
        self.beginInsertRows(QModelIndex(), row, row)
        self.views.insert(row, view)
        self._tallies.insert(row, Tally(view.wanted) if view.wanted else None)
        self._counts.insert(row, -1)
        self.generation += 1
        self.endInsertRows()

    def _remove(self, row: int) -> None:
        self.beginRemoveRows(QModelIndex(), row, row)
        for kept in (self.views, self._tallies, self._counts):
            del kept[row]
        self.generation += 1
        self.endRemoveRows()

    def count(self, moment: Moment) -> None:
        """Count again, beside the window; in a surge a few times a second, the last time at its end.

        The first time it waits until the window is there: its first screen has the processor for itself.
        """
        self._next = moment
        if not self._counted_once:
            self._counted_once = True
            self._pause.start()
        elif not self._counting and not self._pause.isActive():
            self._begin()

    def _begin(self) -> None:
        moment, self._next = self._next, None
        if moment:
            self._counting = True
            self._count_from(0, moment, self.generation)

    def _count_from(self, first: int, moment: Moment, generation: int) -> None:
        """Count the views from a row on, as many as take little: others want something looked up as well."""
        tallies = tuple(self._tallies[first:])

        def work(log: Log) -> list[int]:
            log.refresh()
            counts: list[int] = []
            end = monotonic() + PATIENCE
            while len(counts) < len(tallies) and (not counts or monotonic() < end):
                tally = tallies[len(counts)]
                counts.append(tally.at(log, moment) if tally else -1)
            return counts

        self.session.look(work, lambda counts: self._counted(counts, first, moment, generation), self._freed)

    def _freed(self, _error: CommandLogError) -> None:
        """Go on after what could not be read: the next change counts again."""
        self._counting = False

    def _counted(self, counts: list[int], first: int, moment: Moment, generation: int) -> None:
        """Take in what was counted; only what changed is told."""
        if generation != self.generation:
            self._next = self._next or self.session.moment
            self._begin()
            return
        for row, count in enumerate(counts, first):
            if count != self._counts[row]:
                self._counts[row] = count
                self.dataChanged.emit(self.index(row), self.index(row))
        first += len(counts)
        if first < len(self.views):
            self._count_from(first, moment, generation)
        else:
            self._counting = False
            self._pause.start()


def _views(session: Session) -> list[View]:
    covenant, me = session.covenant, session.party
    own = [View(name, replace(wanted, reader=me)) for name, wanted in saved_views().items()]
    return [
        View(_("All"), everything(session)),
        *([View(_("My own"), None), *own] if own else []),
        View(_("To do"), None),
        View(_("To assess"), Filter(reader=me, state="received")),
        View(_("To tell back"), Filter(reader=me, state="assessed")),
        View(_("Tasks to answer"), Filter(reader=me, state="proposed")),
        View(_("Tasks accepted"), Filter(reader=me, state="accepted")),
        View(_("Tasks under way"), Filter(reader=me, state="under_way")),
        View(_("To confirm"), Filter(reader=me, state="done")),
        View(_("By kind"), None),
        View(_("Decisions"), Filter(reader=me, kind="decision")),
        View(_("Messages"), Filter(reader=me, kind="message")),
        View(_("By party"), None),
        *(View(covenant.party_name(one.code), Filter(reader=me, party=one.code)) for one in covenant.parties),
        View(_("By category"), None),
        *(View(spoken(one.name), Filter(reader=me, category=one.code)) for one in covenant.categories),
        View(_("By place"), None),
        *(View(spoken(one.name), Filter(reader=me, place=one.code)) for one in covenant.places),
    ]


class _Painter(QStyledItemDelegate):
    """A view's name at the left, its total at the right; a heading stands small above its views."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """Return the height of a row; headings have air above them."""
        return QSize(100, self.theme.px(28 if index.data(WANTED) else 34))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a row."""
        theme, rect = self.theme, QRectF(option.rect)
        wanted, count = index.data(WANTED), index.data(COUNT)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(rect, theme.colour("selection" if selected else "raised"))
        inside = rect.adjusted(theme.px(12), 0, -theme.px(12), 0)
        if not wanted:
            painter.setFont(theme.small)
            painter.setPen(theme.colour("muted"))
            below = inside.adjusted(0, 0, 0, -theme.px(4))
            painter.drawText(below, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, index.data())
            painter.restore()
            return
        number = f"{count:,}".replace(",", ".") if count >= 0 else ""
        metrics = QFontMetricsF(theme.font)
        room = inside.width() - metrics.horizontalAdvance(number) - theme.px(12)
        painter.setFont(theme.strong if selected else theme.font)
        painter.setPen(theme.colour("text" if count else "muted"))
        middle = Qt.AlignmentFlag.AlignVCenter
        name = metrics.elidedText(index.data(), Qt.TextElideMode.ElideRight, room)
        painter.drawText(inside, middle | Qt.AlignmentFlag.AlignLeft, name)
        painter.drawText(inside, middle | Qt.AlignmentFlag.AlignRight, number)
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.fillRect(QRectF(rect.left(), rect.top(), 3, rect.height()), theme.colour("focus"))
        painter.restore()


class Rail(QListView):
    """The list of views; choosing one shows it."""

    wanted = Signal(object)
    """This Filter is to be shown."""
    typed = Signal(str)
    """Letters that belong to the entry line."""
    left = Signal()
    """Esc or Enter was pressed: back to the list."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setModel(Views(session, self))
        self.setItemDelegate(_Painter(theme, self))
        self.setAccessibleName(_("Views"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setCurrentIndex(self.views().index(0))
        self.selectionModel().currentChanged.connect(self._chosen)
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        palette = self.palette()
        palette.setColor(self.viewport().backgroundRole(), self.theme.colour("raised"))
        self.setPalette(palette)
        self.scheduleDelayedItemsLayout()

    def views(self) -> Views:
        """Return the model."""
        return cast("Views", self.model())

    def show_filter(self, wanted: Filter) -> None:
        """Mark the view that shows this, none where it is no view's; nothing is asked of anybody."""
        if self.currentIndex().data(WANTED) == wanted:
            return
        row = self.views().row_of(wanted)
        self.selectionModel().blockSignals(True)
        self.setCurrentIndex(self.views().index(row) if row >= 0 else QModelIndex())
        self.selectionModel().blockSignals(False)
        self.viewport().update()

    def _chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        if wanted := index.data(WANTED):
            self.wanted.emit(wanted)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move with keys; what else is typed goes to the entry line."""
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
            return
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        known = any(QKeySequence(event.keyCombination()) in one.shortcuts() for one in self.actions())
        if plain and event.text() and event.text().isprintable() and not known:
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)
