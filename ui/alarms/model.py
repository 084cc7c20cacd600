"""The alarms as rows, most pressing first. Just what changed is told, so that the reader stays where they are."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from commandlog.views.alarms import AlarmLine

ALARM = Qt.ItemDataRole.UserRole
AnyIndex = QModelIndex | QPersistentModelIndex


class Alarms(QAbstractListModel):
    """Alarms, each known by its code and the entry that it is about."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: list[AlarmLine] = []
        self.spoken: Callable[[AlarmLine], str] = lambda one: one.name  # how an alarm is read aloud

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return how many there are."""
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the alarm itself (ALARM), or what it is called."""
        if not index.isValid() or index.row() >= len(self.lines):
            return None
        one = self.lines[index.row()]
        if role == ALARM:
            return one
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.spoken(one)
        return one.name if role == Qt.ItemDataRole.DisplayRole else None

    def row_of(self, key: tuple[str, str | int]) -> int:
        """Return the row of an alarm, -1 where it is not here."""
        return next((row for row, one in enumerate(self.lines) if one.key == key), -1)

    def show(self, wanted: list[AlarmLine]) -> None:
        """Become this list: what went is removed, what came inserted, what moved is moved, what differs is changed."""
        nowhere = QModelIndex()
        stays = {one.key for one in wanted}
        for row in range(len(self.lines) - 1, -1, -1):
            if self.lines[row].key not in stays:
                self.beginRemoveRows(nowhere, row, row)
                del self.lines[row]
                self.endRemoveRows()
        for row, one in enumerate(wanted):
            if row < len(self.lines) and self.lines[row] == one:
                continue
            at = self.row_of(one.key)
            if at < 0:
                self.beginInsertRows(nowhere, row, row)
                self.lines.insert(row, one)
                self.endInsertRows()
                continue
            if at != row:
                self.beginMoveRows(nowhere, at, at, nowhere, row)
                self.lines.insert(row, self.lines.pop(at))
                self.endMoveRows()
            if self.lines[row] != one:
                self.lines[row] = one
                self.dataChanged.emit(self.index(row), self.index(row))
