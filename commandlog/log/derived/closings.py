"""That the event is over: what comes later is marked as later."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table
from commandlog.model.keeping import Closed


class ClosingRow(NamedTuple):
    """The log was closed by the record at `since`, in the name of one or two parties."""

    since: int
    until: int
    party: str
    and_party: str


class HalfClosedRow(NamedTuple):
    """A party has closed a shared log at `kept_at` (milliseconds UTC); it waits for a second one."""

    since: int
    until: int
    party: str
    kept_at: int


TABLE = Table("closings", ClosingRow, version=2)
HALVES = Table("half_closings", HalfClosedRow, version=4)
KINDS = (Closed,)

WAITS = 12 * 3_600_000
"""How long (milliseconds) a party's part in closing a shared log waits for a second party: an evening, not the next."""

_NO_LONGER = f"UPDATE half_closings SET until = ? WHERE until = {FOREVER}"


def first(db: Connection, position: int = FOREVER) -> int:
    """Return where the log was closed, as it stood at a position; 0 while it is open."""
    found = db.execute("SELECT min(since) FROM closings WHERE since <= ?", (position,)).fetchone()
    return found[0] or 0


def waiting(db: Connection, now: int) -> dict[str, int]:
    """Return which parties have closed a shared log and wait for a second one, with when, the first one first.

    `now` and when are milliseconds UTC.
    """
    query = f"SELECT party, kept_at FROM half_closings WHERE until = {FOREVER} AND kept_at > ? ORDER BY since"
    return dict(db.execute(query, (now - WAITS,)).fetchall())


def apply(db: Connection, r: Applied) -> None:
    """Close the log; a shared one, when a second party does so, too."""
    party, second = r.frame.speaker, r.frame.and_party
    if r.frame.together:
        party, before = r.party, waiting(db, r.kept_at)  # whose desk it is, not who is said to have said it
        second = second or next((one for one in before if one != party), "")
        if not second and _others(db, party):
            if party not in before:
                db.execute(f"{_NO_LONGER} AND party = ?", (r.seq, party))
                db.execute(HALVES.insert, (r.seq, FOREVER, party, r.kept_at))
            return
        db.execute(_NO_LONGER, (r.seq,))
        if second in before:
            party, second = second, party
    db.execute(TABLE.insert, (r.seq, FOREVER, party, second))


def _others(db: Connection, party: str) -> bool:
    """Whether any other party has a desk that can close; a log keeper's (LOG1) writes nothing but the order."""
    query = "SELECT 1 FROM desks WHERE party != ? AND desk NOT GLOB 'LOG*' LIMIT 1"
    return db.execute(query, (party,)).fetchone() is not None
