"""The timeline as rows: what a view asks for is read when it is asked, at the model's own position.

Rows are read in pages and kept while they are near. When the log goes on, just the rows that changed are inserted,
removed or changed; nothing is ever reset, so selection and focus stay where they are.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from commandlog.log.derived.table import PROVISIONAL, now_at
from commandlog.log.store import Log
from commandlog.views.filters import Filter
from commandlog.views.found import rows_of
from commandlog.views.lines import Line
from commandlog.views.moments import Moment
from commandlog.views.rows import Change, Rows

from ..bridge import snapshot

LINE = Qt.ItemDataRole.UserRole
PAGE = 32  # rows read at a time
KEPT = 2_048  # rows kept
_PATIENCE = 0.003  # seconds that older rows are looked for in one go, between two turns of the window
_BREATH = 2  # milliseconds between two such turns: hands come first
_ENDS = "SELECT (SELECT max(seq) FROM records WHERE seq < ?), (SELECT coalesce(max(n), 0) FROM opened)"
AnyIndex = QModelIndex | QPersistentModelIndex


class TimelineModel(QAbstractTableModel):
    """The entries of a filter, oldest first, in one column that a delegate paints."""

    settled = Signal()
    """All rows are known."""
    behind = Signal()
    """In the log, records came in below those that wait: rows can be read again when this model has gone on."""
    caught_up = Signal()
    """It has; what could not be read meanwhile is to be painted."""

    def __init__(self, log: Log, moment: Moment, wanted: Filter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.log = log
        self.rows = rows_of(log, moment, wanted)
        self._count = self.rows.count
        self._lines: dict[int, Line] = {}
        self._moving = False  # rows are being renumbered: nothing is read by a number just now
        self._was_behind = False
        self._ahead = 0  # rows in front that no view has been told of yet
        self.spoken: Callable[[Line], str] = lambda line: line.text  # how a line is read aloud
        self._older = QTimer(self, interval=_BREATH)
        self._older.timeout.connect(self._extend)
        if not self.rows.complete:
            self._older.start()

    # -- what a view asks ------------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return how many rows are known."""
        return 0 if parent is not None and parent.isValid() else self._count

    def columnCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return 1: a row is painted as a whole."""
        return 0 if parent is not None and parent.isValid() else 1

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the line itself (LINE), or its text for whoever listens or copies."""
        if not index.isValid() or not 0 <= index.row() < self._count:
            return None
        if role == LINE:
            return self.line(index.row())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            line = self.line(index.row())
            if line and role == Qt.ItemDataRole.AccessibleTextRole:
                return self.spoken(line)
            return line.text if line else ""
        return None

    def line(self, row: int) -> Line | None:
        """Return the entry in a row; None only where it went away while the window was being told so."""
        found = self._lines.get(row)
        if found is None and not self._moving:
            self._read(row)
            found = self._lines.get(row)
        return found

    def row_of(self, entry: int) -> int:
        """Return the row of an entry by its position, then or now, -1 where this list does not show it (yet)."""
        entry = now_at(self.log.db, entry)
        near = next((row for row, line in self._lines.items() if line.entry == entry), -1)
        if near >= 0:
            return near
        query = "SELECT occurred, key FROM entries WHERE (since = ? OR (entry = ? AND version > 0)) AND until > ?"
        found = self.log.db.execute(query, (entry, entry, self.rows.moment.position)).fetchone()
        row = self.rows.row_of(found) - self._ahead if found else -1
        line = self.line(row) if 0 <= row < self._count else None
        return row if line and line.entry == entry else -1

    def prepare(self, first: int, last: int) -> None:
        """Read what is about to be painted and not known yet, in one go and no more than that."""
        missing = [row for row in range(max(0, first), min(last, self._count - 1) + 1) if row not in self._lines]
        if missing and not self._moving:
            self._take(missing[0], missing[-1] + 1)

    def _read(self, row: int) -> None:
        first = max(0, row - row % PAGE)
        self._take(first, first + PAGE)

    def _take(self, first: int, last: int) -> None:
        if len(self._lines) > KEPT:
            self._lines = {kept: line for kept, line in self._lines.items() if abs(kept - first) < KEPT // 4}
        ahead = self._ahead
        with snapshot(self.log):
            if self._is_behind():
                return
            for number, line in enumerate(self.rows.lines(first + ahead, last + ahead), first):
                self._lines.setdefault(number, line)

    def _is_behind(self) -> bool:
        """Whether rows stand elsewhere in the log by now than this model knows: nothing is read by a number then."""
        if self.log.member is None:
            return False
        moment = self.rows.moment
        if self.log.db.execute(_ENDS, (PROVISIONAL,)).fetchone() == (moment.shared, moment.opened):
            return False
        self._was_behind = True
        self.behind.emit()
        return True

    # -- what happens in the log -----------------------------------------------------------------------------------

    def advance(self, moment: Moment) -> None:
        """Go on to a later moment: just the rows that changed are inserted, removed or changed."""
        self._tell_ahead()
        self._apply(self.rows.advance(moment))
        if self._was_behind:
            self._was_behind = False
            self.caught_up.emit()

    def _tell_ahead(self) -> None:
        ahead, self._ahead = self._ahead, 0
        if ahead:
            self._apply([Change("inserted", 0, ahead)])

    def _apply(self, changes: list[Change]) -> None:
        nowhere = QModelIndex()
        runs = _runs(changes)
        self._moving = True
        for what, first, last in runs:
            if what == "inserted":
                self.beginInsertRows(nowhere, first, last)
                self._shift(first, last - first + 1)
                self.endInsertRows()
            elif what == "removed":
                self.beginRemoveRows(nowhere, first, last)
                self._shift(last + 1, first - last - 1)
                self.endRemoveRows()
        self._moving = False
        for what, first, last in runs:
            if what == "changed":
                for row in range(first, last + 1):
                    self._lines.pop(row, None)
                self.dataChanged.emit(self.index(first, 0), self.index(last, 0))

    def stop(self) -> None:
        """Look for older rows no more."""
        self._older.stop()

    def _extend(self) -> None:
        """Take in older rows, in front."""
        begun = monotonic()
        with snapshot(self.log):
            while not self._is_behind() and not self.rows.complete and monotonic() - begun < _PATIENCE:
                for one in self.rows.extend():
                    if one.row == 0 and isinstance(self.rows, Rows):
                        self._ahead += one.many
                    else:
                        self._apply([one])
        if self.rows.complete or self._ahead > max(self._count, PAGE):  # a view is told a dozen times, not a thousand
            self._tell_ahead()
        if self.rows.complete:
            self._older.stop()
            self.settled.emit()

    def _shift(self, first: int, by: int) -> None:
        """Renumber what is kept from a row on; what stood in rows that went is dropped."""
        gone = range(first + by, first) if by < 0 else range(0)
        self._lines = {row + by if row >= first else row: line for row, line in self._lines.items() if row not in gone}
        self._count += by


def _runs(changes: list[Change]) -> list[tuple[str, int, int]]:
    """Return changes of rows that follow one another as one: what, first and last row."""
    found: list[tuple[str, int, int]] = []
    for what, row, many in changes:
        before = found[-1] if found else ("", 0, 0)
        last = row + many - 1
        if what == before[0] != "removed" and row == before[2] + 1:
            found[-1] = (what, before[1], last)
        elif what == before[0] == "removed" and last == before[1] - 1:
            found[-1] = (what, row, before[2])
        else:
            found.append((what, row, last))
    return found
