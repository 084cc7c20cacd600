"""What each desk was shown and chose: which alarms were seen or put off by whom, and whether they make a sound."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table, position_of
from commandlog.model.dealings import Traced


class TraceRow(NamedTuple):
    """What a party's desk chose about an alarm and an entry (0: none); times are milliseconds UTC, `lasts` 0 for none.

    A choice takes the place of the party's one before it about the same alarm and entry; about sound, of the desk's.
    """

    since: int
    until: int
    what: str
    alarm: str
    entry: int
    party: str
    desk: str
    chosen: int
    lasts: int


TABLE = Table("traces", TraceRow, ("about: entry, alarm, party, since",), version=3)
KINDS = (Traced,)


def apply(db: Connection, r: Applied) -> None:
    """Put a choice in place of the one before it."""
    f = r.frame
    entry = position_of(db, f.entry) if f.entry else 0
    row = TraceRow(r.seq, FOREVER, f.what, f.alarm, entry, f.by.party, f.by.desk, f.occurred_at, f.until)
    query = f"SELECT since, desk FROM traces WHERE entry = ? AND alarm = ? AND party = ? AND until = {FOREVER}"
    for since, desk in db.execute(query, (entry, f.alarm, f.by.party)).fetchall():
        if f.alarm or desk == f.by.desk:
            TABLE.close(db, since, r.seq)
    db.execute(TABLE.insert, row)
