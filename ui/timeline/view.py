"""The list of entries: follows the newest unless the reader has scrolled up, and never moves under the hand."""

from typing import cast

from PySide6.QtCore import QModelIndex, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QPushButton, QTableView, QWidget

from commandlog.language import ngettext
from commandlog.views.lines import Line

from ..models.timeline import LINE, TimelineModel
from ..theme import Theme
from .painting import ROW, EntryPainter


class TimelineView(QTableView):
    """A view over a TimelineModel, of which every row is as high as the other."""

    typed = Signal(str)
    """Letters were typed that mean nothing here: they belong to the entry line."""
    chosen = Signal(object)
    """The reader is at this Line (None: at none)."""
    opened = Signal()
    """Enter was pressed: the entry is to be read in full."""

    def __init__(self, theme: Theme, painter: EntryPainter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.following = True
        self._below = 0
        self.painter = painter
        self.says_when_empty = ""
        self.setItemDelegate(painter)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(1)
        self.pill = QPushButton(self)
        self.pill.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.pill.clicked.connect(self.to_newest)
        self.pill.hide()
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._count_on)
        self._tick.start()
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.theme.px(ROW))
        self.viewport().update()

    # -- the model ---------------------------------------------------------------------------------------------------

    def show_model(self, model: TimelineModel) -> None:
        """Show another list, at its newest entries."""
        before = self.model()
        self.setModel(model)
        if before is not None:
            before.disconnect(self)
        model.rowsAboutToBeInserted.connect(self._about_to_come)
        model.rowsInserted.connect(self._came)
        model.rowsRemoved.connect(self._went)
        model.caught_up.connect(self.viewport().update)
        self.selectionModel().currentRowChanged.connect(self._current_changed)
        self._stretch()
        self.to_newest()

    def entries(self) -> TimelineModel:
        """Return the model."""
        return cast("TimelineModel", self.model())

    def current(self) -> Line | None:
        """Return the entry that the reader is at."""
        index = self.currentIndex()
        return index.data(LINE) if index.isValid() else None

    def marked(self) -> list[Line]:
        """Return the entries that are selected, oldest first; the current one where none is."""
        rows = sorted(one.row() for one in self.selectionModel().selectedRows())
        found = [line for row in rows if (line := self.entries().line(row))]
        current = self.current()
        return found or ([current] if current else [])

    def go_to(self, row: int) -> None:
        """Go to a row and show it."""
        index = self.entries().index(row, 0)
        self.setCurrentIndex(index)
        self.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)

    def to_newest(self) -> None:
        """Go to the newest entry, and follow again."""
        self.scrollToBottom()
        self.following = True
        self._count_below(0)

    def _about_to_come(self, _parent: QModelIndex, _first: int, _last: int) -> None:
        self._top = self.verticalScrollBar().value()

    def _came(self, _parent: QModelIndex, first: int, last: int) -> None:
        """Keep what is seen where it is; follow where the reader is at the newest."""
        height = self.verticalHeader().defaultSectionSize()
        if self.following:
            self.scrollToBottom()
        elif first * height <= self._top:
            self.verticalScrollBar().setValue(self._top + (last - first + 1) * height)
        else:
            self._count_below(self._below + last - first + 1)

    def _went(self, _parent: QModelIndex, first: int, last: int) -> None:
        height = self.verticalHeader().defaultSectionSize()
        top = self.verticalScrollBar().value()
        if not self.following and (last + 1) * height <= top:
            self.verticalScrollBar().setValue(top - (last - first + 1) * height)

    def _scrolled(self, value: int) -> None:
        bar = self.verticalScrollBar()
        self.following = value >= bar.maximum() - self.theme.px(ROW) // 2
        if self.following:
            self._count_below(0)

    def _count_below(self, count: int) -> None:
        self._below = count
        self.pill.setVisible(count > 0)
        if count:
            self.pill.setText("⌄ " + ngettext("{n} new below", "{n} new below", count).format(n=count))
            self.pill.adjustSize()
            self._place_pill()

    def _place_pill(self) -> None:
        room = self.viewport().geometry()
        self.pill.move(room.center().x() - self.pill.width() // 2, room.bottom() - self.pill.height() - 10)

    def _count_on(self) -> None:
        """Paint those rows in sight again whose state counts by the clock."""
        if not self.isVisible() or self.model() is None:
            return
        first = self.rowAt(0)
        last = self.rowAt(self.viewport().height() - 1)
        if first < 0:
            return
        model = self.entries()
        for row in range(first, (last if last >= 0 else model.rowCount() - 1) + 1):
            line = model.line(row)
            if line is not None and line.state and self.painter.painted(line).ticks:
                self.viewport().update(self.visualRect(model.index(row, 0)))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the rows; where there are none, what to do next."""
        if self.model() is not None and (first := self.rowAt(event.rect().top())) >= 0:
            last = self.rowAt(event.rect().bottom())
            self.entries().prepare(first - 1, last if last >= 0 else self.entries().rowCount() - 1)
        super().paintEvent(event)
        if self.says_when_empty and self.model() is not None and not self.entries().rowCount():
            painter = QPainter(self.viewport())
            painter.setFont(self.theme.font)
            painter.setPen(self.theme.colour("muted"))
            room = self.viewport().rect().adjusted(self.theme.px(40), 0, -self.theme.px(40), 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.says_when_empty)
            painter.end()

    # -- hands -------------------------------------------------------------------------------------------------------

    def _current_changed(self, index: QModelIndex, _before: QModelIndex) -> None:
        self.chosen.emit(index.data(LINE) if index.isValid() else None)

    def _stretch(self) -> None:
        if self.model() is not None:
            self.setColumnWidth(0, self.viewport().width())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the one column as wide as the view."""
        super().resizeEvent(event)
        self._stretch()
        self._place_pill()
        at = self.visualRect(self.currentIndex()) if self.model() is not None else QRect()
        was_seen = at.isValid() and 0 <= at.top() < event.oldSize().height()
        if self.following:
            self.scrollToBottom()
        if was_seen and not self.viewport().rect().contains(self.visualRect(self.currentIndex())):
            following = self.following
            self.scrollTo(self.currentIndex(), QAbstractItemView.ScrollHint.EnsureVisible)
            self.following = following

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Stand at the newest entry in sight where the reader was at none: Qt would go to the oldest of all."""
        self.stand()
        super().focusInEvent(event)

    def stand(self) -> None:
        """Stand at the newest entry in sight, where the reader is at none."""
        if self.model() is None or self.currentIndex().isValid() or not self.entries().rowCount():
            return
        last = self.rowAt(self.viewport().height() - 2)
        row = last if last >= 0 and not self.following else self.entries().rowCount() - 1
        following, top = self.following, self.verticalScrollBar().value()
        self.setCurrentIndex(self.entries().index(row, 0))
        if not following:
            self.verticalScrollBar().setValue(top)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Offer what can be done with the entry, by mouse or by Shift+F10: the same deeds as by key."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self.actions())
        place = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            at = self.visualRect(self.currentIndex())
            place = self.viewport().mapToGlobal(at.bottomLeft() if at.isValid() else self.viewport().rect().topLeft())
        menu.popup(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move with keys; what else is typed goes to the entry line."""
        if any(QKeySequence(event.keyCombination()) in one.shortcuts() for one in self.actions()):
            event.ignore()  # a deed of the list
            return
        text = event.text()
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        if plain and text and text.isprintable():
            self.typed.emit(text)
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
            return
        if event.key() == Qt.Key.Key_End and plain:
            self.go_to(self.entries().rowCount() - 1)
            self.to_newest()
            return
        super().keyPressEvent(event)
