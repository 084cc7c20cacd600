"""Which entries matter more than others."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table, now_at, position_of
from commandlog.model.dealings import Marked


class MarkRow(NamedTuple):
    """The record at `since` marked the entry whose first version stands at `entry`."""

    since: int
    until: int
    entry: int


TABLE = Table("marks", MarkRow, ("entry: entry",), version=3)
KINDS = (Marked,)


def apply(db: Connection, r: Applied) -> None:
    """Mark, or take a mark away. A later mark takes the place of the one before it."""
    entry = position_of(db, r.frame.entry)
    before = since(db, entry)
    if before:
        TABLE.close(db, before, r.seq)
    if r.frame.significant and entry:
        db.execute(TABLE.insert, (r.seq, FOREVER, entry))


def since(db: Connection, entry: int) -> int:
    """Return the record that marked an entry, 0 where it is not marked."""
    query = f"SELECT since FROM marks WHERE entry = ? AND until = {FOREVER}"
    found = db.execute(query, (now_at(db, entry),)).fetchone()
    return found[0] if found else 0
