"""The places of an event as rows: what goes on at each, and how full it is. Just what changed is told."""

from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from commandlog.language import _, ngettext
from commandlog.model.covenant import Covenant, spoken
from commandlog.views.crowd import Crowd
from commandlog.views.places import PlaceTotals

ROW = Qt.ItemDataRole.UserRole
AnyIndex = QModelIndex | QPersistentModelIndex


class PlaceRow(NamedTuple):
    """A place as a plan shows it; `depth` says how many places it lies within."""

    code: str
    name: str
    depth: int
    totals: PlaceTotals
    crowd: Crowd | None = None

    @property
    def warned(self) -> bool:
        """Whether it is as full as the covenant warns of."""
        return self.crowd is not None and self.crowd.warned

    @property
    def meaning(self) -> str:
        """What its colour means: late, waiting, busy (an entry lately), or nothing."""
        if self.totals.late or self.warned:
            return "late"
        if self.totals.open:
            return "waiting"
        return "accent" if self.totals.entries else ""

    def figures(self) -> list[tuple[str, str]]:
        """Return its numbers, each with its sign, and what their colours mean; nothing where nothing goes on."""
        found = []
        if self.totals.entries:
            found.append((f"≡ {self.totals.entries}", "text"))
        if self.totals.open:
            found.append((f"◇ {self.totals.open}", "waiting"))
        if self.totals.late:
            found.append((f"! {self.totals.late}", "late"))
        if how_full := fullness(self.crowd):
            found.append((f"▲ {how_full}" if self.warned else how_full, "late" if self.warned else "text"))
        return found

    def spoken(self) -> str:
        """Return it as it is read aloud."""
        one = self.totals
        parts = [self.name, ngettext("{n} entry", "{n} entries", one.entries).format(n=one.entries)]
        if one.open:
            parts.append(_("{n} open").format(n=one.open))
        if one.late:
            parts.append(_("{n} late").format(n=one.late))
        if how_full := fullness(self.crowd):
            parts.append(_("warning: {how_full}").format(how_full=how_full) if self.warned else how_full)
        return ", ".join(parts)


def fullness(crowd: Crowd | None) -> str:
    """Return how full a place is, in percent or else in people; empty where it was never counted."""
    if crowd is None:
        return ""
    if crowd.percent is not None:
        return f"{crowd.percent} %"
    return number(crowd.present) if crowd.present is not None else ""


def number(value: int) -> str:
    """Return a number as people write it: 2 100, with a narrow blank that does not break."""
    return f"{value:,}".replace(",", "\u202f")


class PlaceModel(QAbstractListModel):
    """The places in the covenant's order."""

    def __init__(self, covenant: Covenant, parent: QObject | None = None) -> None:
        super().__init__(parent)
        within = {place.code: place.within for place in covenant.places}
        self.rows = [
            PlaceRow(place.code, spoken(place.name), _depth(place.code, within), PlaceTotals(place.code))
            for place in covenant.places
        ]
        self._numbers = {row.code: number for number, row in enumerate(self.rows)}
        self._called = [
            (called.casefold(), place.code)
            for place in covenant.places
            for called in (spoken(place.name), *place.aliases, place.code)
        ]

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return how many places there are."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the place itself (ROW), its name, or what is read aloud."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        return row.spoken() if role == Qt.ItemDataRole.AccessibleTextRole else None

    def number(self, code: str) -> int:
        """Return the row of a place, -1 where there is none."""
        return self._numbers.get(code, -1)

    def row(self, code: str) -> PlaceRow | None:
        """Return a place by its code."""
        number = self.number(code)
        return self.rows[number] if number >= 0 else None

    def find(self, letters: str) -> str:
        """Return the place whose name begins with these letters; else one by another name, or by a later word of it."""
        wanted = letters.casefold().strip()
        if not wanted:
            return ""
        names = [(row.name.casefold(), row.code) for row in self.rows]
        later = ((part, code) for called, code in self._called for part in called.split()[1:])
        everything = (*names, *self._called, *later)
        return next((code for called, code in everything if called.startswith(wanted)), "")

    def show(self, totals: dict[str, PlaceTotals], crowds: dict[str, Crowd]) -> None:
        """Take in what goes on now."""
        for number, before in enumerate(self.rows):
            now = before._replace(totals=totals.get(before.code, before.totals), crowd=crowds.get(before.code))
            if now != before:
                self.rows[number] = now
                self.dataChanged.emit(self.index(number), self.index(number))


def _depth(code: str, within: dict[str, str]) -> int:
    found = 0
    while (code := within.get(code, "")) and found < len(within):
        found += 1
    return found
