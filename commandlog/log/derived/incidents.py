"""Incidents: what is open, what was merged into what, and which entries belong where."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.conflicts import meets_expectation, note
from commandlog.log.derived.table import FOREVER, Applied, Table, now_at, position_of
from commandlog.model.records import IncidentClosed, IncidentMerged, IncidentOpened, Linked


class IncidentRow(NamedTuple):
    """`incident` is the position of its opening, `merged_into` that of another, or 0; times in milliseconds UTC."""

    since: int
    until: int
    incident: int
    state: str
    merged_into: int
    place: str
    category: str
    opened: int
    closed: int


class LinkRow(NamedTuple):
    """An entry (or task, by its proposal) belongs to an incident; both by position."""

    since: int
    until: int
    entry: int
    incident: int


TABLE = Table("incidents", IncidentRow, ("incident: incident, since",))
LINKS = Table("links", LinkRow, ("entry: entry, since", "incident: incident, since"))
KINDS = (IncidentOpened, IncidentMerged, IncidentClosed, Linked)


def apply(db: Connection, r: Applied) -> None:
    """Open, link, merge or close. An entry belongs to one incident: a later link takes the earlier one's place."""
    frame = r.frame
    if isinstance(frame, IncidentOpened):
        row = IncidentRow(r.seq, FOREVER, r.seq, "open", 0, frame.place, frame.category, frame.occurred_at, 0)
        db.execute(TABLE.insert, row)
    elif isinstance(frame, Linked):
        entry, incident = position_of(db, frame.entry), position_of(db, frame.incident)
        for (since,) in db.execute(f"SELECT since FROM links WHERE entry = ? AND until = {FOREVER}", (entry,)):
            LINKS.close(db, since, r.seq)
        db.execute(LINKS.insert, (r.seq, FOREVER, entry, incident))
    else:
        incident = position_of(db, frame.incident)
        before = current(db, incident)
        if before is None:
            note(db, r, "incidents", incident, 0)
        elif isinstance(frame, IncidentMerged) and incident in merged(db, position_of(db, frame.into)):
            note(db, r, "incidents", incident, before.since)
        elif meets_expectation(db, r, "incidents", incident, before.since):
            TABLE.close(db, before.since, r.seq)
            if isinstance(frame, IncidentMerged):
                after = before._replace(state="merged", merged_into=position_of(db, frame.into))
            else:
                after = before._replace(state="closed", closed=frame.occurred_at)
            db.execute(TABLE.insert, after._replace(since=r.seq))


def current(db: Connection, incident: int) -> IncidentRow | None:
    """Return how an incident stands now."""
    incident = now_at(db, incident)
    found = db.execute("SELECT * FROM incidents WHERE incident = ? ORDER BY since DESC LIMIT 1", (incident,)).fetchone()
    return IncidentRow._make(found) if found else None


def merged(db: Connection, incident: int) -> list[int]:
    """Return an incident, the one that it was merged into, the one that was merged into, and so on."""
    found: list[int] = []
    incident = now_at(db, incident)
    while incident and incident not in found:
        found.append(incident)
        row = current(db, incident)
        incident = row.merged_into if row else 0
    return found
