"""What each unit says of itself, and beside it the tasks that it has: the one does not change the other."""

from typing import NamedTuple

from msgspec import Struct

from commandlog.log.derived.unit_states import UnitStateRow
from commandlog.log.store import Log
from commandlog.model.frames import Millis
from commandlog.views import board
from commandlog.views.board import TaskLine
from commandlog.views.filters import READABLE
from commandlog.views.lines import Reader
from commandlog.views.moments import Moment


class Busy(NamedTuple):
    """A task that a unit has: how people call it, and where it stands."""

    reference: str
    state: str
    text: str


class UnitLine(Struct, frozen=True):
    """A unit: what it `said` last of itself (free, busy, out; empty for nothing), when (milliseconds UTC) and on what.

    `tasks` are the open ones that it has. `differs` says that both do not agree: free with a task that was accepted, or
    out of service with one.
    """

    callsign: str
    party: str
    role: str
    said: str
    at: Millis
    reference: str
    on: str
    tasks: tuple[Busy, ...]

    @property
    def differs(self) -> bool:
        """Whether what the unit says and what it has been given do not agree."""
        active = any(one.state in ("accepted", "under_way") for one in self.tasks)
        return active and self.said in ("free", "out")


def units(log: Log, moment: Moment, reader: str = "") -> list[UnitLine]:
    """Return the units of the covenant, in its order, and those that only records speak of, as a reader may know."""
    looking, covenant = Reader(log, moment, reader), log.covenant(moment.position)
    said = {row.unit: row for row in _said(log, moment, reader)}
    held: dict[str, list[TaskLine]] = {}
    for task in board.tasks(log, moment, reader=reader, open_only=True):
        if task.row.unit and task.is_open:
            held.setdefault(task.row.unit, []).append(task)
    known = {unit.callsign: (unit.party, unit.role) for unit in covenant.units}
    unknown = sorted(one for one in {*said, *held} if one not in known)
    return [
        _line(looking, callsign, *known.get(callsign, ("", "")), said.get(callsign), held.get(callsign, []))
        for callsign in (*known, *unknown)
    ]


def _said(log: Log, moment: Moment, reader: str) -> list[UnitStateRow]:
    query = "SELECT u.* FROM unit_states u JOIN entries e ON e.since = u.since WHERE u.since <= :p AND u.until > :p"
    values: dict[str, object] = {"p": moment.position}
    if reader:
        query += f" AND {READABLE}"
        values |= {"reader": reader, "reader_in": f",{reader},"}
    return [UnitStateRow._make(row) for row in log.db.execute(f"{query} ORDER BY u.since", values)]


def _line(
    looking: Reader, callsign: str, party: str, role: str, row: UnitStateRow | None, held: list[TaskLine]
) -> UnitLine:
    on = row.task if row and row.task and not looking.unreadable([row.task]) else 0
    return UnitLine(
        callsign=callsign,
        party=party,
        role=role,
        said=row.status if row else "",
        at=row.said if row else 0,
        reference=looking.reference_at(row.since) if row else "",
        on=looking.reference_at(on) if on else "",
        tasks=tuple(Busy(task.reference, task.row.state, task.text) for task in held),
    )
