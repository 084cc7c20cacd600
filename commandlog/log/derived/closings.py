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
    """A party has closed a shared log; it waits for a second one until the record at `until`."""

    since: int
    until: int
    party: str


TABLE = Table("closings", ClosingRow, version=2)
HALVES = Table("half_closings", HalfClosedRow, version=4)
KINDS = (Closed,)


def first(db: Connection, position: int = FOREVER) -> int:
    """Return where the log was closed, as it stood at a position; 0 while it is open."""
    found = db.execute("SELECT min(since) FROM closings WHERE since <= ?", (position,)).fetchone()
    return found[0] or 0


def waiting(db: Connection) -> list[str]:
    """Return the parties that have closed a shared log and wait for a second one, the first one first."""
    query = f"SELECT party FROM half_closings WHERE until = {FOREVER} ORDER BY since"
    return [party for (party,) in db.execute(query)]


def apply(db: Connection, r: Applied) -> None:
    """Close the log; a shared one, when a second party does so, too."""
    party, second = r.frame.speaker, r.frame.and_party
    if r.frame.together:
        party, before = r.party, waiting(db)  # whose desk it is, not who is said to have said it
        second = second or next((one for one in before if one != party), "")
        if not second and _others(db, party):
            if party not in before:
                db.execute(HALVES.insert, (r.seq, FOREVER, party))
            return
        db.execute(f"UPDATE half_closings SET until = ? WHERE until = {FOREVER}", (r.seq,))
        if second in before:
            party, second = second, party
    db.execute(TABLE.insert, (r.seq, FOREVER, party, second))


def _others(db: Connection, party: str) -> bool:
    """Whether any other party has a desk that can close; a log keeper's (LOG1) writes nothing but the order."""
    query = "SELECT 1 FROM desks WHERE party != ? AND desk NOT GLOB 'LOG*' LIMIT 1"
    return db.execute(query, (party,)).fetchone() is not None
