"""Whose words were destroyed, and by which decision. The destroying itself is `log/erasing.py`.

A decision that comes behind a preservation hold in the order of the log does not reach what is preserved, whichever
desk took it: that is a conflict, for people to settle.
"""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived import conflicts
from commandlog.log.derived.table import FOREVER, Applied, Table, position_of
from commandlog.model.keeping import Erased


class ErasureRow(NamedTuple):
    """The decision at `since` destroyed the words of the record at position `record`."""

    since: int
    until: int
    record: int


TABLE = Table("erasures", ErasureRow, ("record: record",), single=False, version=2)
KINDS = (Erased,)


def apply(db: Connection, r: Applied) -> None:
    """Note what was erased."""
    held = 0
    for record in dict.fromkeys(position_of(db, one) for one in r.frame.records):
        if record and (hold := _hold(db, record)):
            held = held or hold
        elif record:
            db.execute(TABLE.insert, (r.seq, FOREVER, record))
    if held:
        conflicts.note(db, r, "holds", held, held)


def _hold(db: Connection, record: int) -> int:
    """Return the position of a hold on a record, on its entry, on its whole thread or on the whole log; 0 for none."""
    query = (
        "SELECT min(h.hold) FROM holds h, entries e WHERE e.since = ?"
        f" AND h.record IN (0, e.since, e.entry, e.thread) AND h.until = {FOREVER}"
    )
    found = db.execute(query, (record,)).fetchone()
    return found[0] or 0
