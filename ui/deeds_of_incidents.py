"""Deeds about incidents: what belongs together, what turns out to be one, and what is over."""

from commandlog.language import _
from commandlog.log.derived.table import FOREVER, now_at
from commandlog.verbs import incidents
from commandlog.views import timeline

from .about import about
from .asking import Answers, Field
from .deeds import Deeds, Subject, Verb


def open_ones(deeds: Deeds) -> tuple[tuple[str, str], ...]:
    """Return the open incidents that can be read here, by position, with their titles."""
    session = deeds.session
    rows = session.log.db.execute(
        f"SELECT incident FROM incidents WHERE state = 'open' AND until = {FOREVER} ORDER BY incident DESC LIMIT 50"
    ).fetchall()
    found = []
    for (position,) in rows:
        if line := timeline.entry(session.log, session.moment, position, session.party):
            title = (line.words.title if line.words else "") or line.text
            found.append((str(position), f"{line.reference} {title}"))
    return tuple(found)


def put_into(deeds: Deeds, line: Subject) -> None:
    """Put an entry into an open incident, or open one with it."""
    new = Field("title", _("Title of a new incident"), wide=True, value=line.words[:60], needed=True)
    known = open_ones(deeds)

    def verb(a: Answers) -> Verb:
        if incident := int(a.get("incident") or 0):
            return about(line.entry, lambda desk, entry: incidents.link(desk, entry, now_at(desk.log.db, incident)))
        return about(line.entry, lambda desk, entry: incidents.open_incident(desk, a["title"], entries=(entry,)))

    if not known:
        deeds.ask(_("Open an incident with {reference}: {text}"), line, [new], verb)
        return
    choices = (*known, ("", _("a new incident")))
    deeds.ask(
        _("Put {reference} into an incident: {text}"),
        line,
        [Field("incident", _("Incident"), choices, value=str(line.incident or known[0][0]))],
        verb,
        also=lambda a: None if a["incident"] or "title" in a else new,
    )


def merge(deeds: Deeds, line: Subject) -> None:
    """Make one incident of an entry's incident and another."""
    others = tuple(one for one in open_ones(deeds) if one[0] != str(line.incident))
    if not line.incident or not others:
        deeds.told(_("{reference} is in no incident that another is open beside.").format(reference=line.reference))
        return
    deeds.ask(
        _("Merge the incident of {reference} with another: {text}"),
        line,
        [Field("into", _("Goes into"), others), Field("reason", _("Because"), wide=True)],
        lambda a: about(
            line.incident,
            lambda desk, one: incidents.merge(desk, one, now_at(desk.log.db, int(a["into"])), reason=a["reason"]),
        ),
    )


def close(deeds: Deeds, line: Subject) -> None:
    """Close an entry's incident."""
    if not line.incident:
        deeds.told(_("{reference} is in no incident.").format(reference=line.reference))
        return

    def verb(a: Answers) -> Verb:
        return about(line.incident, lambda desk, one: incidents.close_incident(desk, one, text=a["text"]))

    deeds.ask(_("Close the incident of {reference}: {text}"), line, [Field("text", _("How it ended"), wide=True)], verb)
