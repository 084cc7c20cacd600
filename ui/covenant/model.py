"""A section of the covenant as a table for Qt; the rows that do not match the search are not there."""

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from commandlog.model.harmless import visible
from commandlog.model.mandates import plain

from .sections import Row, Section

AnyIndex = QModelIndex | QPersistentModelIndex


def matching(section: Section, words: list[str]) -> list[Row]:
    """Return the rows in which every word is found, accents and case left aside.

    A word in the title finds all; a row whose first cell is empty goes on with what the row above it is about.
    """
    title, found, about = plain(section.title), [], ""
    for row in section.rows:
        about = row[0] or about
        text = plain("  ".join((title, about, *row)))
        if all(word in text for word in words):
            found.append(row if row[0] or not words else (about, *row[1:]))
    return found


class Sheet(QAbstractTableModel):
    """The rows of a section that are shown."""

    def __init__(self, section: Section, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.section = section
        self.rows = list(section.rows)

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return how many rows are shown."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return how many columns there are."""
        return 0 if parent is not None and parent.isValid() else len(self.section.heads)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a cell's text."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        cell = visible(self.rows[index.row()][index.column()], lines=True)
        if role == Qt.ItemDataRole.DisplayRole:
            return cell
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.section.heads[index.column()]}: {cell}"
        return None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Return the head of a column."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.section.heads):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.section.heads[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def look_for(self, words: list[str]) -> None:
        """Show the rows with these words; exactly those that come and go are told."""
        wanted, nowhere, at = matching(self.section, words), QModelIndex(), 0
        for row in wanted:
            while at < len(self.rows) and self.rows[at] != row and row in self.rows[at:]:
                self.beginRemoveRows(nowhere, at, at)
                del self.rows[at]
                self.endRemoveRows()
            if at >= len(self.rows) or self.rows[at] != row:
                self.beginInsertRows(nowhere, at, at)
                self.rows.insert(at, row)
                self.endInsertRows()
            at += 1
        if at < len(self.rows):
            self.beginRemoveRows(nowhere, at, len(self.rows) - 1)
            del self.rows[at:]
            self.endRemoveRows()
