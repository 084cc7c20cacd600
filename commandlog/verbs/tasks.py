"""Tasks between parties: asked, answered, done, and said to be done by both.

    proposed ──accept──▶ accepted ──start──▶ under way ──done──▶ done ──confirm──▶ confirmed
       │ ▲                  │                    │
       │ └─ handed over ◀───┴──── hand over ─────┘     (the new assignee answers, as to a proposal)
       ├──decline──▶ declined      (the assignee, with a reason; also after accepting: given back)
       └──withdraw─▶ withdrawn     (the requester, until it is done)

Whose word it is counts, not who types it: one loggist often writes for four parties.
"""

from typing import Any, NamedTuple, Unpack

from commandlog.language import _, marked
from commandlog.log.derived import tasks
from commandlog.log.derived.entries import current as current_entry
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.frames import Source
from commandlog.model.records import (
    Accepted,
    Affirmed,
    Confirmed,
    Declined,
    Done,
    HandedOver,
    Proposed,
    Record,
    Started,
    TaskStep,
    Withdrawn,
)
from commandlog.model.words import label
from commandlog.verbs.context import (
    About,
    checked,
    entry_at,
    inherited,
    knows,
    named,
    power_mark,
    reaching,
    receipt,
    record_id,
    speaker,
    split,
)
from commandlog.verbs.saying import addressee

ASSIGNEE, REQUESTER = "assignee", "requester"


class Step(NamedTuple):
    """A step of a task: what people call it, whose word it is, and from which states it can be taken."""

    name: str
    by: tuple[str, ...]
    states: tuple[str, ...]


_ACTIVE = ("proposed", "handed_over", "accepted", "under_way")

STEPS: dict[type[TaskStep], Step] = {
    Accepted: Step(marked("accept"), (ASSIGNEE,), ("proposed", "handed_over")),
    Declined: Step(marked("decline"), (ASSIGNEE,), _ACTIVE),
    Started: Step(marked("start"), (ASSIGNEE,), ("accepted",)),
    Done: Step(marked("done"), (ASSIGNEE,), ("accepted", "under_way")),
    Confirmed: Step(marked("confirm"), (REQUESTER,), ("done",)),
    Withdrawn: Step(marked("withdraw"), (REQUESTER,), _ACTIVE),
    HandedOver: Step(marked("hand over"), (ASSIGNEE, REQUESTER), (*_ACTIVE, "declined")),
    Affirmed: Step(marked("affirm"), (ASSIGNEE,), (*_ACTIVE, "done", "confirmed")),
}
_BY_VOICE: dict[type[TaskStep], Step] = {
    Accepted: Step(marked("agreed orally"), (REQUESTER,), ("proposed", "handed_over")),
    Done: Step(marked("done, told"), (ASSIGNEE, REQUESTER), _ACTIVE),
}


def propose(
    desk: Desk,
    text: str,
    *,
    to_party: str = "",
    to_unit: str = "",
    entry: int = 0,
    answer_by: int = 0,
    finish_by: int = 0,
    orally: bool = False,
    reason: str = "",
    **about: Unpack[About],
) -> Record:
    """Ask a party, or one of its units, to do something; both deadlines (milliseconds UTC) are optional.

    With `orally`, the other side has agreed by voice (`person` says who, the source's channel how) and affirms later.
    Without `answer_by`, the covenant's own time to answer applies. Raises RuleError where it says nobody to do it or
    a deadline lies before now; OutsideMandate where it needs a power that the assignee lacks and no `reason` is given.
    """
    with desk.writing():
        to_party, to_unit = addressee(desk, to_party, to_unit)
        if not to_party:
            raise RuleError(_("Say who is asked: a party or a call sign."))
        given = checked(desk, **about)
        if entry:
            given = inherited(desk, entry_at(desk, entry), given)
        now = given.get("occurred_at") or desk.now
        if (answer_by and answer_by < now) or (finish_by and finish_by < now):
            raise RuleError(_("The deadline is before the task itself: give a later time."))
        minutes = desk.covenant.minutes("answer", given.get("priority", ""), given.get("category", ""))
        if minutes and not answer_by and not orally:
            answer_by = now + minutes * 60_000
        fields, words = split(reaching(given, (speaker(desk, given), to_party)), text=text, reason=reason)
        return desk.append(
            Proposed,
            words,
            to_party=to_party,
            to_unit=to_unit,
            answer_by=answer_by,
            finish_by=finish_by,
            entry=record_id(desk, entry) if entry else b"",
            orally=orally,
            **fields,
            **power_mark(desk, text, to_party, to_unit, reason),
        )


def accept(desk: Desk, task: int, *, text: str = "", **about: Unpack[About]) -> Record:
    """The assignee takes a task on."""
    return _step(desk, task, Accepted, about, text=text)


def agree_orally(desk: Desk, task: int, *, text: str = "", **about: Unpack[About]) -> Record:
    """The requester heard the assignee agree, by voice: `person` says who, the source's channel how."""
    return _step(desk, task, Accepted, about, text=text, orally=True)


def affirm(desk: Desk, task: int, *, text: str = "", **about: Unpack[About]) -> Record:
    """The assignee says itself what it had agreed to by voice."""
    return _step(desk, task, Affirmed, about, text=text)


def decline(desk: Desk, task: int, reason: str, **about: Unpack[About]) -> Record:
    """The assignee gives a task back, with a reason; also one that it had accepted."""
    if not reason.strip():
        raise RuleError(_("Declining needs a reason, so that the other side knows what to do."))
    return _step(desk, task, Declined, about, reason=reason)


def start(desk: Desk, task: int, *, text: str = "", **about: Unpack[About]) -> Record:
    """The assignee is at it."""
    return _step(desk, task, Started, about, text=text)


def done(desk: Desk, task: int, *, text: str = "", told: bool = False, **about: Unpack[About]) -> Record:
    """The assignee's word that it is done. With `told`, said by voice: heard by the requester, it settles the task."""
    return _step(desk, task, Done, about, text=text, told=told)


def confirm(desk: Desk, task: int, *, text: str = "", **about: Unpack[About]) -> Record:
    """The requester's word that it is done."""
    return _step(desk, task, Confirmed, about, text=text)


def withdraw(desk: Desk, task: int, reason: str = "", **about: Unpack[About]) -> Record:
    """The requester no longer asks for it."""
    return _step(desk, task, Withdrawn, about, reason=reason)


def hand_over(
    desk: Desk,
    task: int,
    *,
    to_party: str = "",
    to_unit: str = "",
    answer_by: int = 0,
    reason: str = "",
    **about: Unpack[About],
) -> Record:
    """Pass a task to another party or unit, which has yet to answer; its records reach the new holder too."""
    with desk.writing():
        row = task_at(desk, task)
        to_party, to_unit = addressee(desk, to_party, to_unit)
        if not to_party:
            raise RuleError(_("Say to whom it is handed over: a party or a call sign."))
        if (to_party, to_unit) == (row.assignee, row.unit):
            raise RuleError(_("{party} has this task already.").format(party=desk.covenant.party_name(to_party)))
        first = desk.log.record(task).words
        fields: dict[str, Any] = power_mark(desk, first.text if first else "", to_party, to_unit, reason)
        if answer_by and answer_by < (about.get("occurred_at") or desk.now):
            raise RuleError(_("The deadline is before the task itself: give a later time."))
        minutes = desk.covenant.minutes("answer", about.get("priority", ""), about.get("category", ""))
        if minutes and not answer_by:
            answer_by = (about.get("occurred_at") or desk.now) + minutes * 60_000
        fields |= {"to_party": to_party, "to_unit": to_unit, "answer_by": answer_by}
        return _step(desk, task, HandedOver, about, reason=reason, **fields)


def task_at(desk: Desk, task: int) -> tasks.TaskRow:
    """Return how the task proposed at a position stands; raises RuleError where the desk's party knows of none."""
    row = tasks.current(desk.log.db, task)
    if row is None or not knows(desk, task):
        raise RuleError(_("{reference} is no task.").format(reference=named(desk, task)))
    return row


def _step(
    desk: Desk, task: int, kind: type[TaskStep], about: About, *, text: str = "", reason: str = "", **fields: Any
) -> Record:
    """Take a step: check whose word it is and whether the state allows it, then append."""
    with desk.writing():
        if before := receipt(desk, about):
            return before
        row = task_at(desk, task)
        given = checked(desk, **about)
        by_voice = bool(fields.get("orally") or fields.get("told"))
        step = _BY_VOICE[kind] if by_voice else STEPS[kind]
        _may(desk, row, kind, step, speaker(desk, given))
        entry = current_entry(desk.log.db, task)
        if entry:
            given = inherited(desk, entry, given)
        framed, words = split(reaching(given, tuple(row.holders.strip(",").split(","))), text=text, reason=reason)
        return desk.append(
            kind, words, task=record_id(desk, task), expects=record_id(desk, row.since), **framed, **fields
        )


def _may(desk: Desk, row: tasks.TaskRow, kind: type[TaskStep], step: Step, party: str) -> None:
    if row.state not in step.states or (kind is Affirmed and not row.orally):
        steps = [one for one in (*STEPS.values(), *_BY_VOICE.values()) if row.state in one.states]
        possible = ", ".join(_(one.name) for one in steps if one is not STEPS[Affirmed] or row.orally)
        raise RuleError(
            _("“{step}” is not possible: the task is “{state}” with {party}. Possible now: {possible}.").format(
                step=_(step.name),
                state=label(row.state),
                party=desk.covenant.party_name(row.assignee),
                possible=possible or _("nothing, it is closed"),
            )
        )
    holders = {ASSIGNEE: row.assignee, REQUESTER: row.requester}
    if party not in [holders[side] for side in step.by]:
        whose = _(" or ").join(desk.covenant.party_name(holders[side]) for side in step.by)
        raise RuleError(
            _(
                "“{step}” is the word of {whose}, not of {party}."
                " To write it for them, say it is on their behalf: `--by PARTY`."
            ).format(step=_(step.name), whose=whose, party=desk.covenant.party_name(party))
        )


def on_behalf(party: str, channel: str = "") -> Source:
    """Return a party as the source of a step that another desk writes down for it."""
    return Source(party=party, channel=channel)
