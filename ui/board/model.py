"""A lane of the board: the tasks of one party, in the order in which they press. Just what changed is told."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from commandlog.views.board import TaskLine

TASK = Qt.ItemDataRole.UserRole
AnyIndex = QModelIndex | QPersistentModelIndex


class Lane(QAbstractListModel):
    """Tasks, each known by its reference: its position may be another once it has its place in a shared log."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tasks: list[TaskLine] = []
        self.spoken: Callable[[TaskLine], str] = lambda task: task.text  # how a task is read aloud

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return how many tasks there are."""
        return 0 if parent is not None and parent.isValid() else len(self.tasks)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the task itself (TASK), or its text."""
        if not index.isValid() or index.row() >= len(self.tasks):
            return None
        task = self.tasks[index.row()]
        if role == TASK:
            return task
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.spoken(task)
        if role == Qt.ItemDataRole.DisplayRole:
            return task.text
        return None

    def row_of(self, reference: str) -> int:
        """Return the row of a task, -1 where it is not in this lane."""
        return next((row for row, one in enumerate(self.tasks) if one.reference == reference), -1)

    def show(self, wanted: list[TaskLine]) -> None:
        """Become this list: what went is removed, what came inserted, what moved is moved, what differs is changed."""
        nowhere = QModelIndex()
        stays = {one.reference for one in wanted}
        for row in range(len(self.tasks) - 1, -1, -1):
            if self.tasks[row].reference not in stays:
                self.beginRemoveRows(nowhere, row, row)
                del self.tasks[row]
                self.endRemoveRows()
        for row, task in enumerate(wanted):
            at = self.row_of(task.reference)
            if at < 0:
                self.beginInsertRows(nowhere, row, row)
                self.tasks.insert(row, task)
                self.endInsertRows()
            elif at != row:
                self.beginMoveRows(nowhere, at, at, nowhere, row)
                self.tasks.insert(row, self.tasks.pop(at))
                self.endMoveRows()
            if self.tasks[row] != task:
                self.tasks[row] = task
                self.dataChanged.emit(self.index(row), self.index(row))
