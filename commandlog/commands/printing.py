"""How entries and tasks look on a terminal: one line each, with what was struck through below it."""

from collections.abc import Iterable, Iterator
from datetime import tzinfo

import click

from commandlog.language import _
from commandlog.log.derived.table import PROVISIONAL
from commandlog.model.covenant import Covenant
from commandlog.model.frames import Millis
from commandlog.model.harmless import padded, visible
from commandlog.model.words import label
from commandlog.views.agreements import AgreementLine
from commandlog.views.board import TaskLine
from commandlog.views.crowd import Crowd
from commandlog.views.lines import Line
from commandlog.views.moments import local
from commandlog.views.open_items import OpenItems, Unconfirmed
from commandlog.views.units import UnitLine

NAMED = (
    "observation",
    "decision",
    "added",
    "incident",
    "incident_merged",
    "opened",
    "phase",
    "attached",
    "agreement",
    "counted",
    "unit_status",
    "misdirected",
)  # their text does not tell


def timeline_lines(lines: Iterable[Line], covenant: Covenant, zone: tzinfo) -> Iterator[str]:
    """Yield the timeline as text, with a heading per day."""
    day = ""
    for line in lines:
        today = f"{local(line.occurred_at, zone):%Y-%m-%d}"
        if today != day:
            day = today
            yield click.style(f"── {day} " + "─" * 40, dim=True)
        yield from entry_lines(line, covenant, zone)


def entry_lines(line: Line, covenant: Covenant, zone: tzinfo, today: Millis = 0) -> Iterator[str]:
    """Yield an entry as text: time, reference, who, place, what; then what it replaced.

    With `today` (a moment in milliseconds UTC), the time of what happened on another day is shown with its date.
    """
    happened = local(line.occurred_at, zone)
    is_other_day = today and happened.date() != local(today, zone).date()
    time = f"{happened:%Y-%m-%d %H:%M}" if is_other_day else f"{happened:%H:%M}"
    speaker = line.unit or (line.words.person if line.words else "")
    who = " · ".join(part for part in (speaker, covenant.party_name(line.party)) if part)
    place = covenant.place_name(line.place) if line.place else line.where
    hangs = " · ".join(dict.fromkeys(one for one in (line.thread_reference, line.task_reference) if one))
    thread = f"↳ {hangs} " if hangs else ""
    kind = f"{label(line.kind)}: " if line.kind in NAMED else ""
    marks = [label(line.priority) if line.priority else "", covenant.category_name(line.category)]
    marks += _marks(line, covenant)
    tail = "".join(f" [{mark}]" for mark in marks if mark)
    yield (
        f"{time}  {padded(line.reference, 7)} {padded(visible(who), 24)} {padded(visible(place), 16)} "
        f"{thread}{kind}{visible(line.text)}{tail}"
    )
    for old in line.struck:
        at = f"{local(old.corrected_at, zone):%H:%M}"
        why = f": {visible(old.reason)}" if old.reason else ""
        note = _("corrected at {time} by {desk}").format(
            time=at, desk=old.corrected_by.desk if old.corrected_by else "?"
        )
        struck = "" if old.text == line.text else f"~~{visible(old.text)}~~ "
        yield f"{'':58}" + click.style(f"{struck}{note}{why}", dim=True)


def _marks(line: Line, covenant: Covenant) -> list[str]:
    marks = []
    if line.seq >= PROVISIONAL:
        marks.append(_("stored here"))
    if line.kind == "proposed" or line.disposition:
        marks.append(label(line.disposition or line.state))
    elif line.state == "received":
        marks.append(label(line.state))
    if line.state == "closed":
        marks.append(label(line.state))
    if line.significant:
        marks.append(_("significant"))
    if line.paper:
        marks.append(_("from paper {sheet}").format(sheet=line.paper))
    if line.later:
        marks.append(_("later"))
    if line.audience:
        marks.append(_("only {parties}").format(parties=", ".join(map(covenant.party_name, line.audience))))
    if line.frame and line.frame.rule:
        marks.append(_("outside the mandate: {rule}").format(rule=covenant.article(line.frame.rule)))
    if line.attachments:
        marks.append(_("with {attachments}").format(attachments=", ".join(one.reference for one in line.attachments)))
    return marks


def task_lines(tasks: Iterable[TaskLine], covenant: Covenant, zone: tzinfo) -> Iterator[str]:
    """Yield tasks as text: reference, state, from whom to whom, what, and all their times."""
    for task in tasks:
        row = task.row
        to = " · ".join(part for part in (covenant.party_name(row.assignee), row.unit) if part)
        head = f"{task.reference:7} {padded(label(row.state), 14)} {covenant.party_name(row.requester)} → {to}: "
        late = _("late") if task.late_answer or task.late_finish else ""
        yield f"{head}{visible(task.text)}" + (f" [{late}]" if late else "")
        times = (
            (_("asked"), row.proposed),
            (_("answer by"), row.answer_by),
            (_("answered"), row.answered),
            (_("started"), row.started),
            (_("finish by"), row.finish_by),
            (_("done"), row.done),
            (_("confirmed"), row.confirmed),
        )
        shown = [f"{name} {local(at, zone):%H:%M}" for name, at in times if at]
        yield f"{'':23}" + click.style(" · ".join(shown), dim=True)


def agreement_lines(agreements: Iterable[AgreementLine], covenant: Covenant, zone: tzinfo) -> Iterator[str]:
    """Yield agreements as text: reference, state, between whom, what; then who affirmed, denies or is waited for."""
    for one in agreements:
        name = covenant.party_name
        between = " · ".join(map(name, one.parties))
        state = padded(_("over") if one.over else label(one.state), 14)
        text = one.line.words.text if one.line.words else one.line.text
        yield f"{one.line.reference:7} {state} {visible(between)}: {visible(text)}"
        said = [
            (_("agreed"), f"{local(one.agreed_at, zone):%H:%M}"),
            (_("affirmed by"), ", ".join(map(name, one.affirmed))),
            (_("denied by"), ", ".join(map(name, one.denied))),
            (_("waiting for"), ", ".join(map(name, one.waiting))),
            (_("until"), f"{local(one.holds_until, zone):%H:%M}" if one.holds_until else ""),
            (_("ended"), f"{local(one.ended_at, zone):%H:%M}" if one.ended_at else ""),
        ]
        shown = [f"{title} {text}" for title, text in said if text]
        yield f"{'':23}" + click.style(" · ".join(shown), dim=True)


def unit_lines(units: Iterable[UnitLine], covenant: Covenant, zone: tzinfo) -> Iterator[str]:
    """Yield units as text: call sign, party, what it says of itself and since when, and the tasks that it has."""
    for one in units:
        said = label(one.said) if one.said else "–"
        on = f" ({one.on})" if one.on else ""
        since = f" {local(one.at, zone):%H:%M}" if one.at else ""
        held = ", ".join(f"{task.reference} {label(task.state)}" for task in one.tasks)
        differs = " [" + _("differs") + "]" if one.differs else ""
        yield (
            f"{padded(visible(one.callsign), 14)} {padded(covenant.party_name(one.party), 20)} "
            f"{padded(f'{said}{on}{since}', 28)} {held}{differs}".rstrip()
        )


def crowd_lines(places: Iterable[Crowd], covenant: Covenant, zone: tzinfo) -> Iterator[str]:
    """Yield how full places are: place, percent, people present, in and out since, and when it was counted last."""
    for one in places:
        percent = f"{one.percent} %" if one.percent is not None else ""
        present = f"{one.present}" + (f" / {one.capacity}" if one.capacity else "") if one.present is not None else ""
        moved = f"+{one.went_in} −{one.went_out}" if one.went_in or one.went_out else ""
        warned = " [" + _("warning from {n} %").format(n=one.warn_at) + "]" if one.warned else ""
        yield (
            f"{padded(visible(covenant.place_name(one.place)), 24)} {percent:>6}  {padded(present, 16)} "
            f"{padded(moved, 14)} {local(one.at, zone):%H:%M}  {one.latest.reference}{warned}"
        )


def open_lines(items: OpenItems, covenant: Covenant, zone: tzinfo) -> Iterator[str]:
    """Yield what is open as text, under a heading for each sort."""
    for title, texts in (
        (_("to assess"), timeline_lines(items.to_assess, covenant, zone)),
        (_("tasks"), task_lines(items.tasks, covenant, zone)),
        (_("to affirm"), task_lines(items.to_affirm, covenant, zone)),
        (_("feedback to give"), timeline_lines(items.to_close, covenant, zone)),
        (_("agreements to affirm"), agreement_lines(items.agreements, covenant, zone)),
        (_("not agreed so, to settle"), agreement_lines(items.denied, covenant, zone)),
        (
            _("misdirected, to be read"),
            (f"{one.reference} → {covenant.party_name(one.reached)}: {visible(one.text)}" for one in items.unread),
        ),
        (_("incidents to close"), timeline_lines(items.incidents, covenant, zone)),
        (_("levels not confirmed or due for review"), (_level(covenant, one) for one in items.levels)),
        (_("corrections to tell"), (f"{one.reference} → {covenant.party_name(one.party)}" for one in items.untold)),
        (_("conflicts to settle"), (f"{one.reference} ≠ {one.met} ({one.about})" for one in items.conflicts)),
    ):
        for number, text in enumerate(texts):
            if number == 0:
                yield click.style(title, bold=True)
            yield text


def _level(covenant: Covenant, one: Unconfirmed) -> str:
    waiting = ", ".join(map(covenant.party_name, one.waiting)) or _("review is due")
    return f"{covenant.level_name(one.ladder, one.level)}: {waiting}"
