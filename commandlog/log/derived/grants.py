"""Who may read more than an audience says: releases, and tasks, whose records reach all their holders."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table, position_of
from commandlog.model.keeping import Released
from commandlog.model.records import HandedOver


class GrantRow(NamedTuple):
    """From `since` on, `party` may read the record at position `record`."""

    since: int
    until: int
    record: int
    party: str


TABLE = Table("grants", GrantRow, ("reader: party, record",), single=False)
KINDS = (Released, HandedOver)


def apply(db: Connection, r: Applied) -> None:
    """Grant what is released, and to a task's new holder what was said of the task before."""
    frame = r.frame
    if isinstance(frame, Released):
        records = [position_of(db, one) for one in frame.records]
    else:
        records = [
            seq
            for (seq,) in db.execute(
                "SELECT since FROM entries WHERE task = ? AND task > 0 AND audience != '' AND instr(audience, ?) = 0",
                (position_of(db, frame.task), f",{frame.to_party},"),
            )
        ]
    db.executemany(TABLE.insert, [(r.seq, FOREVER, record, frame.to_party) for record in records if record])
