"""Who may no longer read what they were told: recalls, until the same party is told again."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table, position_of
from commandlog.model.keeping import Recalled, Released


class RecallRow(NamedTuple):
    """From `since` until it is released anew, `party` does not see the record at position `record`."""

    since: int
    until: int
    record: int
    party: str


TABLE = Table("recalls", RecallRow, ("reader: party, record",), single=False, version=2)
KINDS = (Recalled, Released)


def apply(db: Connection, r: Applied) -> None:
    """Take reading away, or give it back to a party that is told again."""
    records = [position for one in r.frame.records if (position := position_of(db, one))]
    if isinstance(r.frame, Recalled):
        rows = [(r.seq, FOREVER, record, party) for record in records for party in r.frame.from_parties]
        db.executemany(TABLE.insert, rows)
        return
    query = f"UPDATE recalls SET until = ? WHERE party = ? AND record = ? AND until = {FOREVER}"
    db.executemany(query, [(r.seq, r.frame.to_party, record) for record in records])
