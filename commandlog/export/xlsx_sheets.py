"""What stands in the sheets of the workbook: entries, tasks, totals, the covenant, and what every column means."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from commandlog.export.contents import Contents, Earlier, Progress
from commandlog.export.saying import Sayer
from commandlog.export.xlsx_cells import Column, moment
from commandlog.language import _
from commandlog.model.covenant import spoken
from commandlog.model.words import label
from commandlog.views import board, counts
from commandlog.views.lines import Line


class Table(NamedTuple):
    """A sheet: its name, its columns, and its rows, one value a column."""

    name: str
    columns: list[Column]
    rows: Iterator[list[object]]


def tables(contents: Contents, saying: Sayer, progress: Progress | None) -> list[Table]:
    """Return the sheets in their order; their rows are made while they are written."""
    entries = Table(_("Timeline"), _entry_columns(contents), _entries(contents, saying, progress))
    tasks = Table(_("Tasks"), _task_columns(contents), _tasks(contents, saying))
    totals = Table(_("Totals"), _total_columns(), _totals(contents))
    covenant = Table(_("Covenant"), _covenant_columns(), _covenant(contents))
    meanings = Table(
        _("Definitions"), _meaning_columns(), _meanings(contents, saying, [entries, tasks, totals, covenant])
    )
    return [entries, tasks, totals, covenant, meanings]


# -- entries -----------------------------------------------------------------------------------------------------------


def _entry_columns(contents: Contents) -> list[Column]:
    zone = contents.covenant.timezone
    return [
        Column(_("Reference"), 11, _("How people call the entry; never given twice.")),
        Column(_("Happened ({zone})").format(zone=zone), 19, _("When it happened, in the time of the event.")),
        Column(_("Logged ({zone})").format(zone=zone), 19, _("When it was written, in the time of the event.")),
        Column(_("Happened (UTC)"), 21, _("When it happened, ISO 8601 in UTC.")),
        Column(_("Kind"), 13, _("Report, observation, note, decision, message, task and so on.")),
        Column(_("Party"), 20, _("Whose word it is.")),
        Column(_("Unit"), 12, _("The call sign of who said it.")),
        Column(_("Role"), 16, _("What that unit is there for.")),
        Column(_("Person"), 16, _("The name of who said it, where it was given.")),
        Column(_("Channel"), 11, _("How it was said: radio, phone.")),
        Column(_("Place"), 18, _("The zone of the plan, and the place in words.")),
        Column(_("Category"), 18, _("What it is about.")),
        Column(_("Priority"), 11, _("How much haste; empty is normal.")),
        Column(_("Text"), 70, _("The entry as it holds, corrections taken in.")),
        Column(_("State"), 12, _("Where the report or the task stands.")),
        Column(_("Disposition"), 14, _("What was decided about the report.")),
        Column(_("Belongs to"), 11, _("The entry at the beginning of the thread.")),
        Column(_("Task"), 11, _("The task that it is a step of.")),
        Column(_("Incident"), 11, _("The incident that it belongs to.")),
        Column(_("Earlier text"), 50, _("What was struck through, oldest first."), "struck"),
        Column(_("Corrected"), 40, _("Of each struck text: when, by whom, why, and what else was put right.")),
        Column(_("Mark"), 16, _("The article that it lies outside of.")),
        Column(_("Visible for"), 20, _("The parties that may read it; empty is all.")),
        Column(_("Written by"), 18, _("The party and desk that wrote it.")),
        Column(_("Later"), 9, _("“later” where it was written after the log had been closed.")),
        Column(_("Position"), 10, _("Its place in the order of the log.")),
        Column(_("Attachments"), 40, _("The files that go with it: reference, name, what they are, and their hash.")),
        Column(_("Part"), 8, _("A text too long for a cell goes on in the rows below: 2/3 is the second of three.")),
    ]


def _entries(contents: Contents, saying: Sayer, progress: Progress | None) -> Iterator[list[object]]:
    for line in contents.lines(progress):
        yield _entry(contents, saying, line)


def _entry(contents: Contents, saying: Sayer, line: Line) -> list[object]:
    covenant, reference = contents.covenant, contents.reader.reference_at
    frame = line.frame
    earlier = contents.earlier(line) if line.struck else ()
    marks = next((one.rule for one in (frame, line.first) if one and one.rule), "")
    return [
        line.reference,
        moment(contents, line.occurred_at),
        moment(contents, line.logged_at),
        _utc(line.occurred_at),
        label(line.kind),
        covenant.party_name(line.party),
        line.unit,
        covenant.role_name(line.role),
        line.words.person if line.words else "",
        frame.source.channel if frame and frame.source else "",
        saying.where(line),
        covenant.category_name(line.category),
        label(line.priority),
        line.text,
        label(line.state),
        label(line.disposition),
        line.thread_reference,
        reference(line.task) if line.task else "",
        reference(line.incident) if line.incident else "",
        "\n".join(one.shown for one in earlier),
        "\n".join(_corrections(saying, line, earlier)),
        saying.article(marks) if marks else "",
        ", ".join(map(covenant.party_name, line.audience)),
        saying.writer(line.first.by if line.first else None),
        _("later") if line.later else "",
        line.entry,
        "\n".join(f"{one.reference} {one.told} · {one.file.hex()}" for one in line.attachments),
        None,
    ]


def _corrections(saying: Sayer, line: Line, earlier: tuple[Earlier, ...]) -> Iterator[str]:
    after = [one.frame for one in earlier[1:]] + [line.frame]
    for one, next_frame in zip(earlier, after, strict=False):
        parts = [f"{saying.both(one.corrected_at)} {saying.writer(one.corrected_by)}", one.reason]
        yield " · ".join(part for part in (*parts, *saying.changes(one.frame, next_frame)) if part)


# -- tasks -------------------------------------------------------------------------------------------------------------


def _task_columns(contents: Contents) -> list[Column]:
    zone = contents.covenant.timezone
    names = (_("Proposed"), _("Answer by"), _("Answered"), _("Under way"), _("Finish by"), _("Done"))
    times = [
        Column(f"{name} ({zone})", 19, _("In the time of the event; empty while it has not come."))
        for name in (*names, _("Confirmed"), _("Closed"))
    ]
    return [
        Column(_("Reference"), 11, _("How people call the task.")),
        Column(_("Asked by"), 20, _("The party that asked.")),
        Column(_("Asked of"), 20, _("The party that has it.")),
        Column(_("Unit"), 12, _("The call sign that was asked.")),
        Column(_("Task"), 60, _("What was asked.")),
        Column(_("State"), 13, _("Where it stands.")),
        *times,
        Column(_("Answered late"), 9, _("1 where the answer came, or is, after its deadline."), "number"),
        Column(_("Done late"), 9, _("1 where the work was, or is, after its deadline."), "number"),
        Column(_("Outside mandate"), 9, _("1 where a person went on with a reason."), "number"),
        Column(_("Agreed orally"), 9, _("1 while an agreement by voice waits to be affirmed."), "number"),
        Column(_("Handed over"), 9, _("How often it was handed over."), "number"),
        Column(_("From entry"), 11, _("The entry that it came from.")),
        Column(_("Place"), 18, _("The zone of the plan.")),
        Column(_("Steps"), 60, _("Everything that happened to it.")),
        Column(_("Part"), 8, _("A text too long for a cell goes on in the rows below: 2/3 is the second of three.")),
    ]


def _tasks(contents: Contents, saying: Sayer) -> Iterator[list[object]]:
    name = contents.covenant
    found = board.tasks(contents.log, contents.moment, reader=contents.for_party)
    for task in sorted(found, key=lambda one: (one.row.proposed, one.row.task)):
        row = task.row
        times = (row.proposed, row.answer_by, row.answered, row.started, row.finish_by, row.done)
        yield [
            task.reference,
            name.party_name(row.requester),
            name.party_name(row.assignee),
            row.unit,
            task.text,
            label(row.state),
            *(moment(contents, at) for at in (*times, row.confirmed, row.closed)),
            int(task.late_answer),
            int(task.late_finish),
            int(task.overridden),
            row.orally,
            row.handovers,
            task.entry_reference,
            name.place_name(row.place),
            "\n".join(f"{saying.both(e.at)} {name.party_name(e.party)} {e.desk}: {e.text}" for e in task.events),
            None,
        ]


# -- totals, covenant, definitions -------------------------------------------------------------------------------------


def _total_columns() -> list[Column]:
    return [
        Column(_("Total"), 22, _("What is counted.")),
        Column(_("Of"), 34, _("Of which one.")),
        Column(_("Number"), 12, _("How many there are."), "number"),
    ]


def _totals(contents: Contents) -> Iterator[list[object]]:
    covenant = contents.covenant
    found = counts.counts(contents.log, contents.moment, contents.wanted)
    yield [_("Entries"), "", found.entries]
    yield [_("Corrections"), "", found.corrections]
    yield [_("Tasks late"), "", found.tasks_late]
    yield [_("Outside the mandate"), "", found.outside_mandate]
    named = (
        (_("By party"), found.by_party, covenant.party_name),
        (_("By kind"), found.by_kind, label),
        (_("By category"), found.by_category, covenant.category_name),
        (_("By place"), found.by_place, covenant.place_name),
        (_("By priority"), found.by_priority, label),
        (_("By hour"), found.by_hour, lambda hour: f"{hour}:00"),
        (_("By disposition"), found.by_disposition, label),
        (_("Tasks by state"), found.tasks_by_state, label),
    )
    for title, totals, name in named:
        for code, number in totals.items():
            yield [title, name(code), number]


def _covenant_columns() -> list[Column]:
    return [
        Column(_("What"), 14, _("Party, unit, place, category, power, mandate or level.")),
        Column(_("Code"), 18, _("What records and the other forms carry.")),
        Column(_("Name"), 34, _("What people call it.")),
        Column(_("More"), 60, _("What else the covenant says of it.")),
        Column(_("Part"), 8, _("A text too long for a cell goes on in the rows below: 2/3 is the second of three.")),
    ]


def _covenant(contents: Contents) -> Iterator[list[object]]:
    covenant = contents.covenant
    for party in covenant.parties:
        contacts = "\n".join(" · ".join(p for p in (c.name, c.phone, c.channel) if p) for c in party.contacts)
        driver = _("driver") if party.code == covenant.driver else ""
        more = "\n".join(part for part in (label(party.sector), driver, contacts) if part)
        yield [_("Party"), party.code, spoken(party.name), more, None]
    for unit in covenant.units:
        yield [_("Unit"), unit.callsign, covenant.party_name(unit.party), covenant.role_name(unit.role), None]
    for place in covenant.places:
        lead = ", ".join(f"{label(subject)}: {covenant.party_name(one)}" for subject, one in place.lead.items())
        more = " · ".join(part for part in (label(place.space), lead) if part)
        yield [_("Place"), place.code, spoken(place.name), more, None]
    for category in covenant.categories:
        yield [_("Category"), category.code, spoken(category.name), label(category.subject), None]
    for power in covenant.powers:
        holders = ", ".join(map(covenant.party_name, power.holders))
        yield [_("Power"), power.code, spoken(power.name), f"{power.article} · {holders} · {spoken(power.text)}", None]
    for mandate in covenant.mandates:
        who = f"{covenant.party_name(mandate.party)} · {covenant.role_name(mandate.role)}"
        yield [_("Mandate"), mandate.code, who, f"{mandate.article} · {spoken(mandate.text)}", None]
    for ladder in covenant.ladders:
        levels = " → ".join(spoken(level.name) for level in ladder.levels)
        yield [_("Level"), ladder.code, spoken(ladder.name), levels, None]


def _meaning_columns() -> list[Column]:
    return [
        Column(_("Sheet"), 16, ""),
        Column(_("Column"), 30, ""),
        Column(_("Meaning"), 90, ""),
    ]


def _meanings(contents: Contents, saying: Sayer, sheets: list[Table]) -> Iterator[list[object]]:
    """Say what the workbook is, then what each column of the other sheets means."""
    whom = contents.covenant.party_name(contents.for_party) if contents.for_party else _("everything")
    event = (contents.event, _("EXERCISE")) if contents.exercise else (contents.event,)
    about = (
        (_("Event"), " — ".join(event)),
        (_("Log up to"), saying.stand()),
        (_("Check value"), contents.head[:16]),
        (_("Made by"), contents.author),
        (_("Made for"), whom),
        (_("Made at"), saying.both(contents.made_at)),
        (_("Time zone"), contents.covenant.timezone),
    )
    for name, value in about:
        yield [_("This workbook"), name, value]
    for sheet in sheets:
        for column in sheet.columns:
            yield [sheet.name, column.head, column.meaning]


def _utc(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else ""
