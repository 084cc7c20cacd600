"""Whose words were destroyed, and by which decision. The destroying itself is `log/erasing.py`."""

from sqlite3 import Connection
from typing import NamedTuple

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
    records = dict.fromkeys(position_of(db, one) for one in r.frame.records)
    db.executemany(TABLE.insert, [(r.seq, FOREVER, record) for record in records if record])
