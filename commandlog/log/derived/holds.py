"""Preservation holds: what may not be erased, since when, until somebody lifts the hold."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table, position_of
from commandlog.model.keeping import Held, HoldLifted


class HoldRow(NamedTuple):
    """The demand at position `hold` preserves the record at position `record`, the whole log where that is 0."""

    since: int
    until: int
    hold: int
    record: int


TABLE = Table("holds", HoldRow, ("hold: hold", "record: record"), single=False, version=2)
KINDS = (Held, HoldLifted)


def apply(db: Connection, r: Applied) -> None:
    """Begin or end a hold."""
    if isinstance(r.frame, Held):
        records = dict.fromkeys(position_of(db, one) for one in r.frame.records) or {0: None}
        db.executemany(TABLE.insert, [(r.seq, FOREVER, r.seq, record) for record in records])
        return
    query = f"UPDATE holds SET until = ? WHERE hold = ? AND until = {FOREVER}"
    db.execute(query, (r.seq, position_of(db, r.frame.hold)))
