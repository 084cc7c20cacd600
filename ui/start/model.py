"""What there is to do at the start, as a list: headings, ways to begin, and the logs opened lately."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from commandlog.language import _

from ..settings import Recent

CHOICE = Qt.ItemDataRole.UserRole
AnyIndex = QModelIndex | QPersistentModelIndex


class Choice(NamedTuple):
    """A row: what it does ("recent", "open", "new", "demo"; empty for a heading), with what, and how it reads."""

    what: str
    value: str
    title: str
    beside: str = ""
    key: str = ""
    gone: bool = False


class Choices(QAbstractListModel):
    """The list of the start window; made anew with the window."""

    def __init__(self, choices: list[Choice], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.choices = choices

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return how many rows there are."""
        return 0 if parent is not None and parent.isValid() else len(self.choices)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """A heading cannot be chosen."""
        if not index.isValid() or not self.choices[index.row()].what:
            return Qt.ItemFlag.NoItemFlags
        return super().flags(index)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the choice itself (CHOICE), or its title."""
        if not index.isValid() or index.row() >= len(self.choices):
            return None
        choice = self.choices[index.row()]
        if role == CHOICE:
            return choice
        if role == Qt.ItemDataRole.DisplayRole:
            return choice.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (choice.title, choice.beside) if part)
        return None

    def forget(self, row: int) -> None:
        """Take a row away."""
        self.beginRemoveRows(QModelIndex(), row, row)
        del self.choices[row]
        self.endRemoveRows()


def choices(recent: tuple[Recent, ...]) -> list[Choice]:
    """Return the rows: logs opened lately first, since most starts go on with one."""
    rows = []
    if recent:
        rows.append(Choice("", "", _("Opened lately")))
        rows += [_recent(one, number) for number, one in enumerate(recent, start=1)]
    rows += [
        Choice("", "", _("Begin")),
        Choice("new", "", _("New event …"), _("from a scenario: concert, march, city quarter or one of your own"), "N"),
        Choice("join", "", _("Join a shared log …"), _("with an invitation: a code or a file that you were sent"), "J"),
        Choice("open", "", _("Open a log …"), _("a .clog file on this machine"), "O"),
        Choice("demo", "", _("The demo evening"), _("a concert told as an exercise, to look around in"), "D"),
    ]
    return rows


def _recent(one: Recent, number: int) -> Choice:
    path = Path(one.path)
    gone = not path.exists()
    when = f"{datetime.fromtimestamp(one.opened).astimezone():%d-%m-%Y %H:%M}" if one.opened else ""
    lost = _("no longer there") if gone else ""
    shared = _("shared") if one.shared else ""
    beside = " · ".join(part for part in (lost, shared, when, one.path) if part)
    return Choice("recent", one.path, one.name or path.stem, beside, str(number) if number < 10 else "", gone)
