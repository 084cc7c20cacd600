"""Where each report stands: received, assessed with which disposition, closed."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.conflicts import meets_expectation, note
from commandlog.log.derived.table import FOREVER, Applied, Table, now_at, position_of
from commandlog.model.records import Assessed, Corrected, Feedback, Observation, Report


class ReportRow(NamedTuple):
    """`entry` is the report's position; `duplicate_of` another entry's, or 0; times in milliseconds UTC, or 0."""

    since: int
    until: int
    entry: int
    state: str
    disposition: str
    duplicate_of: int
    received: int
    assessed: int
    closed: int


TABLE = Table(
    "reports",
    ReportRow,
    ("later: entry, since WHERE since != entry", "waiting: until, since, entry WHERE state = 'received'"),
    later=((4, "assessed: until, since, entry WHERE state = 'assessed'"),),
)
KINDS = (Report, Observation, Corrected, Assessed, Feedback)


def apply(db: Connection, r: Applied) -> None:
    """Open a report's state, or take it further. Anything that is assessed becomes a report."""
    frame = r.frame
    if isinstance(frame, Report | Observation):
        if not frame.settled:
            db.execute(TABLE.insert, (r.seq, FOREVER, r.seq, "received", "", 0, frame.occurred_at, 0, 0))
        return
    entry = position_of(db, frame.entry)
    row = current(db, entry)
    if isinstance(frame, Corrected):
        applied = db.execute("SELECT entry FROM entries WHERE since = ?", (r.seq,)).fetchone()[0] == entry
        if frame.waits and row is None and applied:
            db.execute(TABLE.insert, (r.seq, FOREVER, entry, "received", "", 0, frame.occurred_at, 0, 0))
        return
    if row is None:
        row = ReportRow(0, FOREVER, entry, "received", "", 0, 0, 0, 0)
    elif not meets_expectation(db, r, "reports", entry, row.since):
        return
    if isinstance(frame, Assessed) and frame.same_as and entry in duplicates(db, position_of(db, frame.same_as)):
        note(db, r, "reports", entry, row.since)
        return
    TABLE.close(db, row.since, r.seq)
    if isinstance(frame, Assessed):
        row = row._replace(
            state="assessed",
            disposition=frame.disposition,
            duplicate_of=position_of(db, frame.same_as) if frame.same_as else 0,
            assessed=frame.occurred_at,
        )
    else:
        row = row._replace(state="closed", closed=frame.occurred_at)
    db.execute(TABLE.insert, row._replace(since=r.seq))


def current(db: Connection, entry: int) -> ReportRow | None:
    """Return how a report stands now."""
    query = (
        "SELECT * FROM reports WHERE since ="
        " (SELECT coalesce(max(since), ?) FROM reports WHERE entry = ? AND since != entry)"
    )
    entry = now_at(db, entry)
    found = db.execute(query, (entry, entry)).fetchone()
    return ReportRow._make(found) if found else None


def duplicates(db: Connection, entry: int) -> list[int]:
    """Return an entry, what it is a duplicate of, what that is a duplicate of, and so on."""
    found: list[int] = []
    entry = now_at(db, entry)
    while entry and entry not in found:
        found.append(entry)
        row = current(db, entry)
        entry = row.duplicate_of if row else 0
    return found
