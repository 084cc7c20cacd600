"""How full places are, as rows: the latest count, how that goes, its line through time. Just what changed is told."""

from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from commandlog.language import _
from commandlog.model.covenant import Covenant
from commandlog.views.crowd import Crowd

from ..plan.model import number
from .trend import Level, Trend, trend_words

ROW = Qt.ItemDataRole.UserRole
AnyIndex = QModelIndex | QPersistentModelIndex


class CrowdRow(NamedTuple):
    """A place that is counted: how full it is, its levels through time (oldest first), and how that goes."""

    name: str
    crowd: Crowd
    levels: tuple[Level, ...]
    trend: Trend

    @property
    def place(self) -> str:
        """The code of the place."""
        return self.crowd.place

    def main(self) -> str:
        """Return how full it is, in percent or else in people."""
        if self.crowd.percent is not None:
            return f"{self.crowd.percent} %"
        return number(self.crowd.present) if self.crowd.present is not None else "—"

    def beside(self) -> str:
        """Return how many people that are, of how many it holds."""
        crowd = self.crowd
        if crowd.present is None:
            return _("holds {number}").format(number=number(crowd.capacity)) if crowd.capacity else ""
        if not crowd.capacity:
            return _("people") if crowd.percent is None else number(crowd.present)
        return _("{number} of {capacity}").format(number=number(crowd.present), capacity=number(crowd.capacity))

    def warning(self) -> str:
        """Return the warning, empty where there is none."""
        return "▲ " + _("warned from {limit} %").format(limit=self.crowd.warn_at) if self.crowd.warned else ""

    def spoken(self) -> str:
        """Return it as it is read aloud."""
        parts = (self.name, self.main(), self.beside(), trend_words(self.trend), self.warning().lstrip("▲ "))
        return ", ".join(part for part in parts if part)


class CrowdModel(QAbstractListModel):
    """The places that were counted, in the covenant's order: nothing moves because a place gets full."""

    def __init__(self, covenant: Covenant, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[CrowdRow] = []
        self._order = {place.code: number for number, place in enumerate(covenant.places)}

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

    def number(self, place: str) -> int:
        """Return the row of a place, -1 where it was not counted."""
        return next((number for number, row in enumerate(self.rows) if row.place == place), -1)

    def show(self, wanted: list[CrowdRow]) -> None:
        """Become this list: what went is removed, what came inserted, what differs is changed."""
        nowhere = QModelIndex()
        wanted = sorted(wanted, key=lambda row: (self._order.get(row.place, len(self._order)), row.place))
        stays = {row.place for row in wanted}
        for at in range(len(self.rows) - 1, -1, -1):
            if self.rows[at].place not in stays:
                self.beginRemoveRows(nowhere, at, at)
                del self.rows[at]
                self.endRemoveRows()
        for at, row in enumerate(wanted):
            if at >= len(self.rows) or self.rows[at].place != row.place:
                self.beginInsertRows(nowhere, at, at)
                self.rows.insert(at, row)
                self.endInsertRows()
            elif self.rows[at] != row:
                self.rows[at] = row
                self.dataChanged.emit(self.index(at), self.index(at))
