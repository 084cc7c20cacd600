"""Which desks are there: from the keeper's word that one was not heard of, until its word that it is there again."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table
from commandlog.model.order import DeskSeen


class PresenceRow(NamedTuple):
    """From `since` on a desk was here (1) or away (0); `last` is when it was heard of (milliseconds UTC)."""

    since: int
    until: int
    desk: str
    here: int
    last: int


TABLE = Table("presences", PresenceRow, ("desk: desk, since",), version=4)
KINDS = (DeskSeen,)


def apply(db: Connection, r: Applied) -> None:
    """Put the keeper's word in place of the one before it about the same desk."""
    desk = r.frame.desk
    for (since,) in db.execute(f"SELECT since FROM presences WHERE desk = ? AND until = {FOREVER}", (desk,)).fetchall():
        TABLE.close(db, since, r.seq)
    db.execute(TABLE.insert, (r.seq, FOREVER, desk, int(r.frame.here), r.frame.last or r.frame.occurred_at))
