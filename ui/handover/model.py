"""What is open as a list for Qt: just what came, went or changed is told."""

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from .items import Item

ITEM = Qt.ItemDataRole.UserRole
AnyIndex = QModelIndex | QPersistentModelIndex


class Items(QAbstractListModel):
    """Headings and items, in the order in which they are read out."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: list[Item] = []

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return how many rows there are, headings among them."""
        return 0 if parent is not None and parent.isValid() else len(self.items)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """A heading cannot be chosen."""
        if not index.isValid() or self.items[index.row()].is_heading:
            return Qt.ItemFlag.NoItemFlags
        return super().flags(index)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the item itself (ITEM), or its text."""
        if not index.isValid() or index.row() >= len(self.items):
            return None
        item = self.items[index.row()]
        if role == ITEM:
            return item
        if role == Qt.ItemDataRole.DisplayRole:
            return item.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (item.reference, item.text, item.beside) if part)
        return None

    def show(self, wanted: list[Item]) -> None:
        """Become this list."""
        nowhere = QModelIndex()
        stays = {_key(one) for one in wanted}
        for row in range(len(self.items) - 1, -1, -1):
            if _key(self.items[row]) not in stays:
                self.beginRemoveRows(nowhere, row, row)
                del self.items[row]
                self.endRemoveRows()
        for row, item in enumerate(wanted):
            at = next((n for n, one in enumerate(self.items) if n >= row and _key(one) == _key(item)), -1)
            if at < 0:
                self.beginInsertRows(nowhere, row, row)
                self.items.insert(row, item)
                self.endInsertRows()
            elif at != row:
                self.beginMoveRows(nowhere, at, at, nowhere, row)
                self.items.insert(row, self.items.pop(at))
                self.endMoveRows()
            if self.items[row] != item:
                self.items[row] = item
                self.dataChanged.emit(self.index(row), self.index(row))
        if len(self.items) > len(wanted):
            self.beginRemoveRows(nowhere, len(wanted), len(self.items) - 1)
            del self.items[len(wanted) :]
            self.endRemoveRows()


def _key(item: Item) -> tuple[object, ...]:
    """Return what makes two items the same one: the reference, or the words of a heading without its count."""
    return (bool(item.entry), item.reference) if item.reference else (item.text.rpartition("  ")[0] or item.text,)
