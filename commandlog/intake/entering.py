"""A line of free text becomes a record: the one way in for the entry line, the command line and the phone page."""

from commandlog.intake.quick_entry import QuickEntry, read
from commandlog.language import _
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.frames import Source
from commandlog.model.records import Record
from commandlog.verbs import counting, saying, tasks, units
from commandlog.verbs.context import About
from commandlog.views.moments import local, zone_of


def enter(
    desk: Desk,
    text: str,
    *,
    callsign: str = "",
    reason: str = "",
    heard_at: int = 0,
    origin: str = "",
    paper: str = "",
    occurred_at: int = 0,
    source: Source | None = None,
) -> Record:
    """Read a line by the quick-entry grammar and record what it says; nothing recognised is a note.

    `callsign` says who reports where the line does not; `reason` goes on where a task lies outside a mandate;
    `heard_at` is the first keystroke (milliseconds UTC). `paper` is the sheet and line that it is typed from
    ("P2-07/3"), `occurred_at` when it happened, where the line does not say it. `source` is who reports where there is
    no call sign: an unknown voice. Raises RuleError for an empty line and a call sign that the covenant does not have,
    OutsideMandate for a task that needs a power its assignee lacks.
    """
    if not text.strip():
        raise RuleError(_("There is nothing to record: type a line first."))
    entry = read(text, desk.covenant, local(desk.now, zone_of(desk.log)))
    about: About = {
        "occurred_at": entry.occurred_at or occurred_at,
        "heard_at": heard_at,
        "place": entry.place,
        "category": entry.category,
        "priority": entry.priority,
        "audience": entry.audience,
        "origin": origin,
        "paper": paper,
    }
    unit = callsign or entry.unit
    if unit:
        about["source"] = saying.source_of(desk, unit)
    elif source:
        about["source"] = source
    return _record(desk, entry, entry.words, about, reason, reported=bool(unit or source))


def _record(desk: Desk, entry: QuickEntry, words: str, about: About, reason: str, *, reported: bool) -> Record:
    if entry.kind == "task":
        return tasks.propose(
            desk,
            words,
            to_party=entry.to_party,
            to_unit=entry.to_unit,
            answer_by=entry.answer_by,
            reason=reason,
            **about,
        )
    if entry.kind == "count":
        return counting.count(desk, entry.number, measure=entry.measure, **about)
    if entry.kind == "status":
        return units.set_status(desk, entry.unit, entry.status, text=words, **about)
    if entry.kind == "message":
        return saying.message(desk, words, to_party=entry.to_party, to_unit=entry.to_unit, **about)
    return saying.report(desk, words, **about) if reported else saying.note(desk, words, **about)


def unknown_marks(desk: Desk, text: str) -> list[str]:
    """Return what to tell whoever typed a line with marks that the covenant does not know, a sentence each."""
    told = []
    entry = read(text, desk.covenant, local(desk.now, zone_of(desk.log)))
    for part in (one for one in entry.parts if one.kind == "second addressee"):
        mark = text[part.start : part.end]
        first = _("“{mark}” is a second addressee: this went to the first one. Write it to the other one too.")
        told.append(first.format(mark=mark))
    for mark in entry.unknown:
        if mark.startswith("@"):
            told.append(_("“{mark}” is not known: it does not limit who can read this line.").format(mark=mark))
        else:
            told.append(_("“{mark}” is not known: it stays part of the text.").format(mark=mark))
    return told
