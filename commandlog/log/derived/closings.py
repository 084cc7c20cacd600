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


TABLE = Table("closings", ClosingRow, version=2)
KINDS = (Closed,)


def first(db: Connection, position: int = FOREVER) -> int:
    """Return where the log was closed, as it stood at a position; 0 while it is open."""
    found = db.execute("SELECT min(since) FROM closings WHERE since <= ?", (position,)).fetchone()
    return found[0] or 0


def apply(db: Connection, r: Applied) -> None:
    """Close the log."""
    db.execute(TABLE.insert, (r.seq, FOREVER, r.frame.speaker, r.frame.and_party))
