"""Incidents: entries and tasks that belong together."""

from typing import Unpack

from commandlog.language import _
from commandlog.log.derived import incidents
from commandlog.log.derived.table import FOREVER
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.records import IncidentClosed, IncidentMerged, IncidentOpened, Linked, Record
from commandlog.model.words import label
from commandlog.verbs.context import About, checked, entry_at, record_id, split


def open_incident(desk: Desk, title: str, *, entries: tuple[int, ...] = (), **about: Unpack[About]) -> Record:
    """Open an incident under a title, with the entries (by position) that it begins with.

    Raises RuleError without a title.
    """
    if not title.strip():
        raise RuleError(_("An incident needs a title by which people can find it."))
    with desk.writing():
        for entry in entries:
            entry_at(desk, entry)
        fields, words = split(checked(desk, **about), title=title)
        made = desk.append(IncidentOpened, words, **fields)
        for entry in entries:
            link(desk, entry, made.seq)
        return made


def link(desk: Desk, entry: int, incident: int, **about: Unpack[About]) -> Record:
    """Put an entry (or a task, by its proposal) into an incident, out of the one it was in before.

    Raises RuleError where either does not exist, or the incident is no longer open.
    """
    with desk.writing():
        entry_at(desk, entry)
        _open(desk, incident)
        fields, words = split(checked(desk, **about))
        return desk.append(Linked, words, entry=record_id(desk, entry), incident=record_id(desk, incident), **fields)


def merge(desk: Desk, incident: int, into: int, *, reason: str = "", **about: Unpack[About]) -> Record:
    """Make one incident of two: what belongs to the first belongs to the second.

    Raises RuleError where one of them is not open, or both are the same.
    """
    with desk.writing():
        row, other = _open(desk, incident), _open(desk, into)
        if row.incident == other.incident:
            raise RuleError(_("An incident cannot be merged with itself."))
        fields, words = split(checked(desk, **about), reason=reason)
        return desk.append(
            IncidentMerged,
            words,
            incident=record_id(desk, incident),
            into=record_id(desk, into),
            expects=record_id(desk, row.since),
            **fields,
        )


def close_incident(desk: Desk, incident: int, *, text: str = "", **about: Unpack[About]) -> Record:
    """Close an incident: nothing more is expected of it. Raises RuleError where it is not open."""
    with desk.writing():
        row = _open(desk, incident)
        fields, words = split(checked(desk, **about), text=text)
        return desk.append(
            IncidentClosed, words, incident=record_id(desk, incident), expects=record_id(desk, row.since), **fields
        )


def incident_of(desk: Desk, entry: int) -> int:
    """Return the open incident that an entry belongs to, by position, through merges; 0 where there is none."""
    db = desk.log.db
    found = db.execute(f"SELECT incident FROM links WHERE entry = ? AND until = {FOREVER}", (entry,)).fetchone()
    incident = found[0] if found else 0
    while incident and (row := incidents.current(db, incident)):
        if row.state == "open":
            return incident
        incident = row.merged_into
    return 0


def _open(desk: Desk, incident: int) -> incidents.IncidentRow:
    row = incidents.current(desk.log.db, incident)
    if row is None:
        raise RuleError(_("There is no incident at {reference}.").format(reference=incident))
    if row.state != "open":
        raise RuleError(
            _("This incident is “{state}”: link to the one it was merged into, or open a new one.").format(
                state=label(row.state)
            )
        )
    return row
