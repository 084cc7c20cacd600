"""What becomes of a report: assessed with a disposition, then closed with feedback to whoever reported."""

from typing import Unpack

from commandlog.language import _
from commandlog.log.derived import reports
from commandlog.log.derived.table import now_at
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.records import Assessed, Feedback, Record
from commandlog.model.words import Disposition, label
from commandlog.verbs import incidents
from commandlog.verbs.context import About, checked, entry_at, inherited, named, receipt, record_id, split

ASSESSED = ("report", "observation", "note", "message")


def assess(
    desk: Desk, entry: int, disposition: str, *, text: str = "", same_as: int = 0, **about: Unpack[About]
) -> Record:
    """Record what is decided about a report; again, when it is decided otherwise.

    Raises RuleError for a disposition that does not exist, a report that is closed, or a duplicate of nothing.
    """
    if disposition not in list(Disposition):
        raise RuleError(
            _("There is no disposition “{disposition}”. Choose one of {known}.").format(
                disposition=disposition, known=", ".join(Disposition)
            )
        )
    with desk.writing():
        if before := receipt(desk, about):
            return before
        row = entry_at(desk, entry)
        if row.kind not in ASSESSED:
            kind = label(row.kind)
            raise RuleError(_("{reference} is no report but “{kind}”.").format(reference=named(desk, entry), kind=kind))
        state = reports.current(desk.log.db, entry)
        if state and state.state == "closed":
            raise RuleError(_("This report is closed. Make an addition, or a new report."))
        if (disposition == Disposition.DUPLICATE) != bool(same_as):
            raise RuleError(_("Name the other entry for a duplicate, and only for a duplicate."))
        if same_as:
            entry_at(desk, same_as)
            _no_circle(desk, entry, same_as)
        fields, words = split(inherited(desk, row, checked(desk, **about)), text=text)
        return desk.append(
            Assessed,
            words,
            entry=record_id(desk, entry),
            disposition=disposition,
            same_as=record_id(desk, same_as) if same_as else b"",
            expects=record_id(desk, state.since) if state else b"",
            **fields,
        )


def duplicate(desk: Desk, entry: int, of: int, **about: Unpack[About]) -> Record:
    """Record that a report is a duplicate of another; it joins that one's incident, where it has one."""
    with desk.writing():
        made = assess(desk, entry, Disposition.DUPLICATE, same_as=of, **about)
        incident = incidents.incident_of(desk, of)
        if incident:
            incidents.link(desk, entry, incident)
        return made


def feed_back(desk: Desk, entry: int, text: str, **about: Unpack[About]) -> Record:
    """Close a report and tell its reporter what became of it.

    Raises RuleError where it has not been assessed, or is closed already.
    """
    with desk.writing():
        if before := receipt(desk, about):
            return before
        row = entry_at(desk, entry)
        state = reports.current(desk.log.db, entry)
        if state is None:
            raise RuleError(_("This entry is no report, so there is nothing to give feedback on."))
        if state.state == "closed":
            raise RuleError(_("This report is closed already: its reporter has been told."))
        if state.state != "assessed":
            raise RuleError(_("Feedback closes a report that has been assessed. Assess it first."))
        fields, words = split(inherited(desk, row, checked(desk, **about)), text=text)
        return desk.append(
            Feedback, words, entry=record_id(desk, entry), expects=record_id(desk, state.since), **fields
        )


def _no_circle(desk: Desk, entry: int, same_as: int) -> None:
    if now_at(desk.log.db, entry) in reports.duplicates(desk.log.db, same_as):
        raise RuleError(_("An entry cannot be a duplicate of itself, nor of one of its own duplicates."))
