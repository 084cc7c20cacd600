"""Incidents: entries and tasks that belong together."""

from typing import Unpack

from commandlog.language import _
from commandlog.log.derived import incidents
from commandlog.log.derived.entries import EntryRow
from commandlog.log.derived.table import FOREVER, now_at
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.records import IncidentClosed, IncidentMerged, IncidentOpened, Linked, Record
from commandlog.model.words import label
from commandlog.verbs.context import About, checked, entry_at, named, receipt, record_id, split


def open_incident(desk: Desk, title: str, *, entries: tuple[int, ...] = (), **about: Unpack[About]) -> Record:
    """Open an incident under a title, with the entries (by position) that it begins with.

    Raises RuleError without a title.
    """
    if not title.strip():
        raise RuleError(_("An incident needs a title by which people can find it."))
    with desk.writing():
        if before := receipt(desk, about):
            return before
        given = checked(desk, **about)
        for entry in entries:
            given = _as_narrow(desk, entry_at(desk, entry), given)
        fields, words = split(given, title=title)
        made = desk.append(IncidentOpened, words, **fields)
        for entry in entries:
            link(desk, entry, made.seq)
        return made


def link(desk: Desk, entry: int, incident: int, *, late: bool = False, **about: Unpack[About]) -> Record:
    """Put an entry (or a task, by its proposal) into an incident, out of the one it was in before.

    With `late`, also into one that is closed: what belonged to it turns up later (in a longer export of an old log).
    Raises RuleError where either does not exist, or the incident is no longer open.
    """
    with desk.writing():
        row = entry_at(desk, entry)
        _open(desk, incident, or_closed=late)
        fields, words = split(_as_narrow(desk, row, _of_incident(desk, incident, checked(desk, **about))))
        return desk.append(Linked, words, entry=record_id(desk, entry), incident=record_id(desk, incident), **fields)


def merge(desk: Desk, incident: int, into: int, *, reason: str = "", **about: Unpack[About]) -> Record:
    """Make one incident of two: what belongs to the first belongs to the second.

    Raises RuleError where one of them is not open, or both are the same.
    """
    with desk.writing():
        row, other = _open(desk, incident), _open(desk, into)
        if row.incident == other.incident:
            raise RuleError(_("An incident cannot be merged with itself."))
        fields, words = split(_of_incident(desk, incident, checked(desk, **about)), reason=reason)
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
        fields, words = split(_of_incident(desk, incident, checked(desk, **about)), text=text)
        return desk.append(
            IncidentClosed, words, incident=record_id(desk, incident), expects=record_id(desk, row.since), **fields
        )


def incident_of(desk: Desk, entry: int) -> int:
    """Return the open incident that an entry belongs to, by position, through merges; 0 where there is none."""
    db = desk.log.db
    query = f"SELECT incident FROM links WHERE entry = ? AND until = {FOREVER}"
    found = db.execute(query, (now_at(db, entry),)).fetchone()
    last = incidents.merged(db, found[0])[-1] if found else 0
    row = incidents.current(db, last) if last else None
    return last if row and row.state == "open" else 0


def _of_incident(desk: Desk, incident: int, about: About) -> About:
    return _as_narrow(desk, entry_at(desk, incident), about)


def _as_narrow(desk: Desk, row: EntryRow, about: About) -> About:
    """Return `about` for those only who may read the entry too: an incident tells nobody what an entry does not."""
    if not row.audience:
        return about
    readers = row.audience.strip(",").split(",")
    audience = about.get("audience")
    shared = tuple(one for one in audience if one in readers) if audience else tuple(readers)
    return {**about, "audience": shared or (desk.party,)}


def _open(desk: Desk, incident: int, *, or_closed: bool = False) -> incidents.IncidentRow:
    row = incidents.current(desk.log.db, incident)
    if row is None:
        raise RuleError(_("{reference} is no incident.").format(reference=named(desk, incident)))
    if row.state != "open" and not (or_closed and row.state == "closed"):
        raise RuleError(
            _("This incident is “{state}”: link to the one it was merged into, or open a new one.").format(
                state=label(row.state)
            )
        )
    return row
