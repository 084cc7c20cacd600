"""Reports, observations, notes, decisions and messages, and what completes or corrects them."""

from typing import Any, Unpack

from msgspec.structs import replace

from commandlog.language import _
from commandlog.log.derived import recalls, reports
from commandlog.log.derived.entries import EntryRow
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.frames import Frame, Source
from commandlog.model.records import (
    Added,
    Corrected,
    Decision,
    DecisionWords,
    Message,
    Note,
    Observation,
    Record,
    Report,
    Said,
)
from commandlog.verbs import counting
from commandlog.verbs.context import (
    About,
    checked,
    entry_at,
    inherited,
    marks,
    power_mark,
    reaching,
    receipt,
    record_id,
    split,
    unknown_party,
    with_holders,
)


def report(desk: Desk, text: str, *, settled: bool = False, **about: Unpack[About]) -> Record:
    """Record what a unit or caller reports; it waits for an assessment unless it is `settled`."""
    return _say(desk, Report, text, about, settled)


def observe(desk: Desk, text: str, *, settled: bool = False, **about: Unpack[About]) -> Record:
    """Record what the desk itself sees; only a suspicion waits for an assessment."""
    category = desk.covenant.category(about.get("category", ""))
    return _say(desk, Observation, text, about, settled or not (category and category.suspicion))


def note(desk: Desk, text: str, *, settled: bool = False, **about: Unpack[About]) -> Record:
    """Record something to keep."""
    return _say(desk, Note, text, about, settled)


def decide(desk: Desk, words: DecisionWords, **about: Unpack[About]) -> Record:
    """Record a decision with what was known, the options, the reason and who decided.

    Raises RuleError where it does not say what was decided.
    """
    if not words.decision.strip():
        raise RuleError(_("Say what was decided."))
    with desk.writing():
        fields, content = split(checked(desk, **about), text=words.decision, decision=words)
        return desk.append(Decision, content, **fields)


def message(
    desk: Desk, text: str, *, to_party: str = "", to_unit: str = "", to: str = "", **about: Unpack[About]
) -> Record:
    """Record something told to a party, one of its units, or a person by name (`to`).

    Raises RuleError where it says nobody to whom it was told.
    """
    with desk.writing():
        to_party, to_unit = addressee(desk, to_party, to_unit)
        if not (to_party or to):
            raise RuleError(_("Say to whom: a party, a call sign or a name."))
        fields, words = split(reaching(checked(desk, **about), (to_party,)), text=text, to=to)
        return desk.append(Message, words, to_party=to_party, to_unit=to_unit, **fields)


def correct(
    desk: Desk,
    entry: int,
    text: str | None = None,
    *,
    number: int | None = None,
    measure: str = "",
    reason: str = "",
    **about: Unpack[About],
) -> Record:
    """Say how an entry should have read: the old one stays, struck through. What is not given stays as it was.

    Whose word it is stays so too, whoever writes the correction, unless another source is given. `number` and `measure`
    are of a count. Raises RuleError where there is no such entry, or nothing to correct in it.
    """
    with desk.writing():
        if repeated := receipt(desk, about):
            return repeated
        row = entry_at(desk, entry)
        before = desk.log.record(row.since)
        if before.frame is None or before.words is None or not recalls.reads(desk.log.db, row.since, desk.party):
            raise RuleError(_("The words of this entry cannot be read here, so they cannot be corrected."))
        old: About = {
            "source": _still_said_by(desk, before.frame, before.frame.source),
            "occurred_at": row.occurred,
            "place": row.place,
            "category": row.category,
            "priority": before.frame.priority,
            "audience": before.frame.audience,
            "person": before.words.person,
            "where": before.words.where,
            "pin": before.words.pin,
            "raw": before.words.raw,
        }
        new: About = {**old, **about}
        new["source"] = _still_said_by(desk, before.frame, new["source"])
        counted = counting.corrected(desk, row, number, measure)
        before_audience, audience = before.frame.audience, new["audience"]
        if audience and not (before_audience and set(before_audience) <= set(audience)):
            raise RuleError(_("A correction cannot take away who may read the entry."))
        if new == old and counted == counting.of(desk, entry) and (text is None or text == before.words.text):
            raise RuleError(_("Nothing is changed: the entry reads so already."))
        fields, words = split(
            with_holders(desk, row, checked(desk, **new)),
            text=before.words.text if text is None else text,
            reason=reason,
            to=before.words.to,
            title=before.words.title,
            decision=before.words.decision if text is None else None,
        )
        fields |= _marks_again(desk, row, words.text, new, reason) | counted
        category = desk.covenant.category(new["category"])
        if row.kind == "observation" and category and category.suspicion:
            fields["waits"] = reports.current(desk.log.db, entry) is None
        return desk.append(Corrected, words, entry=record_id(desk, entry), expects=record_id(desk, row.since), **fields)


def _still_said_by(desk: Desk, before: Frame, source: Source | None) -> Source | None:
    """Return a source whose party, where it names none, is the one whose word the entry was before."""
    if (source and source.party) or (before.by.party == desk.party and before.speaker == desk.party):
        return source
    return replace(source or Source(), party=before.speaker)


def _marks_again(desk: Desk, row: EntryRow, text: str, about: About, reason: str) -> dict[str, Any]:
    """Return the mark that the corrected entry gets, as it would have got it at first."""
    if row.kind == "proposed":
        first = desk.log.record(row.entry).frame
        return power_mark(desk, text, first.to_party, first.to_unit, reason)
    return marks(desk, about) if row.kind in ("report", "observation") else {}


def add_to(desk: Desk, entry: int, text: str, **about: Unpack[About]) -> Record:
    """Complete an entry without striking anything; place, category and audience are the entry's own."""
    with desk.writing():
        row = entry_at(desk, entry)
        fields, words = split(inherited(desk, row, checked(desk, **about)), text=text)
        return desk.append(Added, words, entry=record_id(desk, entry), **fields)


def addressee(desk: Desk, to_party: str, to_unit: str) -> tuple[str, str]:
    """Return the party and unit addressed: a unit's party is the one that answers for it.

    Raises RuleError for a party or a call sign that the covenant does not have.
    """
    covenant = desk.covenant
    if to_unit:
        unit = covenant.unit(to_unit)
        if unit is None:
            raise RuleError(_("The covenant has no call sign “{unit}”.").format(unit=to_unit))
        return to_party or unit.answering_party, unit.callsign
    if to_party and not covenant.party(to_party):
        raise unknown_party(desk, to_party)
    return to_party, ""


def source_of(desk: Desk, callsign: str, channel: str = "") -> Source:
    """Return a call sign as the source of an entry; raises RuleError where the covenant does not have it."""
    unit = desk.covenant.unit(callsign)
    if unit is None:
        known = ", ".join(one.callsign for one in desk.covenant.units)
        raise RuleError(
            _("The covenant has no call sign “{unit}”. It has: {known}.").format(unit=callsign, known=known)
        )
    return Source(unit.party, unit.callsign, unit.role, channel or unit.channel)


def _say(desk: Desk, kind: type[Said], text: str, about: About, settled: bool) -> Record:
    with desk.writing():
        fields, words = split(checked(desk, **about), text=text)
        return desk.append(kind, words, settled=settled, **fields, **marks(desk, about))
