"""How many people were counted where and when."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table, now_at, position_of
from commandlog.model.records import Corrected, Counted


class CountRow(NamedTuple):
    """A count as it reads since the record at `since`; `entry` is the position of its first version.

    `counted` is when (milliseconds UTC), `measure` present, in, out or percent.
    """

    since: int
    until: int
    entry: int
    place: str
    measure: str
    number: int
    counted: int


TABLE = Table("counts", CountRow, ("entry: entry, since", "place: place, counted, entry"), version=3)
KINDS = (Counted, Corrected)


def apply(db: Connection, r: Applied) -> None:
    """Note a count, or what it should have been."""
    f = r.frame
    if isinstance(f, Counted):
        row = CountRow(r.seq, FOREVER, r.seq, f.place, f.measure, f.count, f.occurred_at)
        db.execute(TABLE.insert, row)
        return
    entry = position_of(db, f.entry)
    before = current(db, entry)
    if before is None or db.execute("SELECT entry FROM entries WHERE since = ?", (r.seq,)).fetchone()[0] != entry:
        return
    TABLE.close(db, before.since, r.seq)
    row = CountRow(r.seq, FOREVER, entry, f.place, before.measure, before.number, f.occurred_at)
    db.execute(TABLE.insert, row._replace(measure=f.measure, number=f.count) if f.measure else row)


def current(db: Connection, entry: int) -> CountRow | None:
    """Return a count as it reads now; `entry` is its first version's position."""
    found = db.execute(
        "SELECT * FROM counts WHERE entry = ? ORDER BY since DESC LIMIT 1", (now_at(db, entry),)
    ).fetchone()
    return CountRow._make(found) if found else None
