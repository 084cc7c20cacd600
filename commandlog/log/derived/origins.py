"""What came from where: an origin is taken in once, and a repeat finds the record that it made."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table


class OriginRow(NamedTuple):
    """An import key, or a device and its number, and by `since` the record that it made."""

    since: int
    until: int
    origin: str


TABLE = Table("origins", OriginRow, ("origin: origin",))


def apply(db: Connection, r: Applied) -> None:
    """Note the record's origin, where it has one."""
    if r.frame is not None and r.frame.origin:
        db.execute(TABLE.insert, (r.seq, FOREVER, r.frame.origin))


def position(db: Connection, origin: str) -> int:
    """Return the position of the record that an origin made, 0 where it is new."""
    found = db.execute("SELECT min(since) FROM origins WHERE origin = ?", (origin,)).fetchone()
    return found[0] or 0
