"""What each unit last said of itself: free, busy, out of service."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table, position_of
from commandlog.model.dealings import UnitStatus


class UnitStateRow(NamedTuple):
    """`task` is the position of the task that it said it is on, or 0; `said` when it said so (milliseconds UTC)."""

    since: int
    until: int
    unit: str
    status: str
    task: int
    said: int


TABLE = Table("unit_states", UnitStateRow, ("unit: unit, since", f"now: since WHERE until = {FOREVER}"), version=3)
KINDS = (UnitStatus,)


def apply(db: Connection, r: Applied) -> None:
    """Put what a unit says in place of what it said before; what it said earlier than that changes nothing."""
    f = r.frame
    before = current(db, f.unit)
    if before and before.said > f.occurred_at:
        return
    if before:
        TABLE.close(db, before.since, r.seq)
    task = position_of(db, f.task) if f.task else 0
    db.execute(TABLE.insert, (r.seq, FOREVER, f.unit, f.status, task, f.occurred_at))


def current(db: Connection, unit: str) -> UnitStateRow | None:
    """Return what a unit said of itself last."""
    found = db.execute("SELECT * FROM unit_states WHERE unit = ? ORDER BY since DESC LIMIT 1", (unit,)).fetchone()
    return UnitStateRow._make(found) if found else None
