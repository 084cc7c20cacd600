"""Says one entry of an own export again: by the verb that its kind is made with, with all that it had."""

from collections.abc import Callable
from typing import Any

from commandlog.intake.own_plan import moment
from commandlog.language import _
from commandlog.log.desk import Desk
from commandlog.model.errors import OutsideMandate, RuleError
from commandlog.model.flat import EarlierText, Entry
from commandlog.model.frames import Source
from commandlog.model.records import DecisionWords, Record
from commandlog.model.words import label
from commandlog.verbs import (
    agreeing,
    assessing,
    counting,
    ending,
    incidents,
    levels,
    misdirecting,
    saying,
    tasks,
    units,
)
from commandlog.verbs.context import About

At = Callable[[str], int]
"""Where something that was spoken of stands in this log now; raises RuleError where it is not there."""


def say(desk: Desk, entry: Entry, said: Entry | EarlierText, text: str, reason: str, at: At, about: About) -> Record:
    """Say an entry as it was first `said`. Raises RuleError where the covenant or the state of things does not let it.

    What lay outside a mandate in the other log, and does here, goes on with the reason that it had or for that one.
    """
    try:
        return _say(desk, entry, said, text, reason, at, about)
    except OutsideMandate:
        if reason.strip():
            raise
        return _say(desk, entry, said, text, _("As it was in the imported file"), at, about)


def _say(desk: Desk, entry: Entry, said: Entry | EarlierText, text: str, reason: str, at: At, about: About) -> Record:
    to = {"to_party": entry.to_party, "to_unit": entry.to_unit}
    match entry.kind:
        case "report":
            return saying.report(desk, text, settled=entry.settled, **about)
        case "observation":
            return saying.observe(desk, text, settled=entry.settled, **about)
        case "note":
            return saying.note(desk, text, settled=entry.settled, **about)
        case "decision":
            return saying.decide(desk, decided(said) or DecisionWords(decision=text), **about)
        case "message":
            return saying.message(desk, text, **to, to=entry.to, **about)
        case "added":
            return saying.add_to(desk, at(entry.entry or entry.thread), text, **about)
        case "assessed":
            of = at(entry.duplicate_of) if entry.duplicate_of else 0
            on = at(entry.entry or entry.thread)
            return assessing.assess(desk, on, entry.disposition or "", text=text, same_as=of, **about)
        case "feedback":
            close = ending.end if entry.settled else assessing.feed_back
            return close(desk, at(entry.entry or entry.thread), text, **about)
        case "proposed":
            return _propose(desk, entry, text, reason, at, about)
        case "incident":
            return incidents.open_incident(desk, entry.title, **about)
        case "incident_merged":
            return incidents.merge(desk, at(entry.entry), at(entry.into), reason=reason, **about)
        case "incident_closed":
            return incidents.close_incident(desk, at(entry.entry), text=text, **about)
        case "level":
            return _level(desk, entry, text, reason, about)
        case "phase":
            return levels.set_phase(desk, entry.phase, text=text, **about)
        case "agreement":
            until = moment(entry.until)
            return agreeing.agree_on(desk, text, entry.parties, until=until, settled=entry.settled, **about)
        case "counted":
            number, measure = (said.number, said.measure)
            return counting.count(desk, number, measure=measure, text=text, settled=entry.settled, **about)
        case "unit_status":
            task = at(entry.task) if entry.task else 0
            return units.set_status(desk, entry.to_unit, entry.status, task=task, text=text, **about)
        case "misdirected":
            return misdirecting.misdirected(desk, at(entry.entry), entry.reached, entry.meant_for, text, **about)
    return _step_of(desk, entry, text, reason, at, about)


def _propose(desk: Desk, entry: Entry, text: str, reason: str, at: At, about: About) -> Record:
    return tasks.propose(
        desk,
        text,
        to_party=entry.to_party,
        to_unit=entry.to_unit,
        entry=at(entry.entry) if entry.entry else 0,
        answer_by=moment(entry.answer_by),
        finish_by=moment(entry.finish_by),
        orally=entry.orally,
        reason=reason,
        **about,
    )


def _level(desk: Desk, entry: Entry, text: str, reason: str, about: About) -> Record:
    return levels.set_level(
        desk,
        entry.ladder,
        entry.level,
        text=text,
        told=tuple(one for one in entry.told if desk.covenant.party(one)),
        review_by=moment(entry.review_by),
        reason=reason,
        **about,
    )


def _step_of(desk: Desk, entry: Entry, text: str, reason: str, at: At, about: About) -> Record:
    """Say a step of a task or of an agreement again."""
    simple: dict[str, Callable[..., Record]] = {
        "accepted": tasks.agree_orally if entry.orally else tasks.accept,
        "started": tasks.start,
        "confirmed": tasks.confirm,
        "affirmed": tasks.affirm,
    }
    given: dict[str, Any] = {"text": text}
    if entry.kind in simple:
        return simple[entry.kind](desk, at(entry.task), **given, **about)
    match entry.kind:
        case "done":
            return tasks.done(desk, at(entry.task), told=entry.by_voice, **given, **about)
        case "declined":
            return tasks.decline(desk, at(entry.task), reason, **about)
        case "withdrawn":
            return tasks.withdraw(desk, at(entry.task), reason, **about)
        case "handed_over":
            to: dict[str, Any] = {"to_party": entry.to_party, "to_unit": entry.to_unit, "reason": reason}
            return tasks.hand_over(desk, at(entry.task), answer_by=moment(entry.answer_by), **to, **about)
        case "agreement_affirmed":
            return agreeing.affirm_agreement(desk, at(entry.entry), text=text, **about)
        case "agreement_declined":
            return agreeing.deny_agreement(desk, at(entry.entry), reason, **about)
        case "agreement_ended":
            return agreeing.end_agreement(desk, at(entry.entry), text=text, **about)
    raise RuleError(_("This version does not know entries of the kind “{kind}”.").format(kind=entry.kind))


def confirm(desk: Desk, entry: Entry, number: int, there: int, about: About) -> Record:
    """Say again that a party knows of a level, or of what to do: the confirmation with this number, from 1."""
    one = entry.confirmed[number - 1]
    if not desk.covenant.party(one.party):
        raise RuleError(_("The covenant has no party “{party}”.").format(party=one.party))
    given: About = {
        "source": Source(one.party, channel=one.channel) if one.party != desk.party or one.channel else None,
        "occurred_at": moment(one.occurred_at),
        "origin": about["origin"],
        "audience": about["audience"],
    }
    if entry.kind == "misdirected":
        return misdirecting.confirm_read(desk, there, text=one.text, **given)
    return levels.confirm_level(desk, entry.ladder, **given)


def in_words(desk: Desk, entry: Entry, text: str, at: At, about: About, *, alone: bool) -> Record:
    """Keep what cannot be said again as it was: with what it was about, or `alone`, as a note."""
    plain = entry.kind in ("report", "observation", "note", "decision", "message", "added")
    told = text if plain and text else entry.shown or text or entry.title or label(entry.kind)
    readers, source = about["audience"], about["source"]
    if readers and source and source.party not in readers:
        about = {**about, "source": None}
    if alone:
        return saying.note(desk, told, settled=True, **about)
    return saying.add_to(desk, at(entry.task or entry.entry or entry.thread), told, **about)


def decided(said: Entry | EarlierText) -> DecisionWords | None:
    """Return the words of a decision, None where it is none."""
    if not said.decision:
        return None
    return DecisionWords(said.known, said.options, said.decision, said.decision_reason, said.decider)
