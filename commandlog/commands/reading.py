"""Commands that show: the timeline, the tasks, what is open, and totals, now or as they stood."""

from datetime import tzinfo
from pathlib import Path
from typing import Any

import click

from commandlog.commands.common import FILE, code_of, known_codes, opened, print_json
from commandlog.commands.printing import open_lines, task_lines, timeline_lines
from commandlog.export.contents import Contents
from commandlog.export.flat import flat
from commandlog.language import _
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.model.words import label
from commandlog.views import board, counts, moments, open_items, timeline
from commandlog.views.board import TaskLine
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment

AS_OF = click.option("--as-of", default="", metavar="TIME|SEQ", help="As it stood: 21:14, “27-6 21:14” or a position.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
READER = click.option("--for", "reader", default="", metavar="PARTY", help="Only what this party may read.")
SEALED = "Also that there are entries which this desk may not read."


def moment_of(log: Log, as_of: str) -> Moment:
    """Return the moment that --as-of names, now where it names none."""
    return moments.earlier(log, as_of) if as_of else moments.live(log)


def times_of(log: Log, moment: Moment, reader: str) -> str:
    """Return the line that says which times a log has, as far as a reader may know: for a range that holds nothing."""
    first, last = counts.extent(log, moment, Filter(reader=reader))
    if not last:
        return _("The log has no entries yet.")
    zone = moments.zone_of(log)
    told = _("The log has entries from {first} to {last}: a date may be given with the time.")
    return told.format(
        first=f"{moments.local(first, zone):%Y-%m-%d %H:%M}", last=f"{moments.local(last, zone):%Y-%m-%d %H:%M}"
    )


def known_code(log: Log, what: str, text: str) -> str:
    """Return the code of a filter; raises RuleError for one that neither the covenant nor the log has."""
    covenant = log.covenant()
    code = code_of(covenant, what, text)
    known = known_codes(covenant, what)
    if not code or code in known:
        return code
    column = what if what in ("category", "place", "role", "kind") else "''"
    if log.db.execute(f"SELECT 1 FROM entries WHERE {column} = ? AND {column} != '' LIMIT 1", (code,)).fetchone():
        return code
    raise RuleError(_("“{text}” is not known. There are: {known}.").format(text=text, known=", ".join(known)))


def reader_of(log: Log, party: str) -> str:
    """Return the party that something is shown to: the one named; else, at a desk of a shared log, the desk's own.

    A log of its own and a log keeper's show everything then: "".
    """
    own = log.member.party if log.member and not log.member.keeper else ""
    return known_code(log, "party", party) or own


@click.command("timeline")
@FILE
@click.option("--search", default="", metavar="Q", help='Words, beginnings of words, "phrases", -without.')
@AS_OF
@click.option("--party", default="", help="Only entries of this party.")
@click.option("--role", default="")
@click.option("--place", default="")
@click.option("--category", default="")
@click.option("--kind", default="", help="report, note, decision, message, proposed, …")
@click.option("--priority", default="", help="routine, elevated, urgent, emergency")
@click.option("--state", default="", help="received, assessed, closed, proposed, accepted, …")
@click.option("--from", "since", default="", metavar="TIME", help="What happened at or after: 21:14, “27-6 21:14”.")
@click.option("--to", "until", default="", metavar="TIME", help="What happened before: 22:00, “28-6 00:30”.")
@click.option("--significant", is_flag=True, help="Only what was marked so.")
@click.option("--system", is_flag=True, help="Also what the program wrote of itself.")
@click.option("--sealed", is_flag=True, help=SEALED)
@READER
@JSON
def show_timeline(file: Path, as_of: str, since: str, until: str, as_json: bool, **wanted: Any) -> None:
    """Show the timeline, oldest first."""
    with opened(file) as log:
        for name in ("party", "role", "place", "category", "kind", "priority", "state"):
            wanted[name] = known_code(log, name, wanted[name])
        wanted["reader"] = reader_of(log, wanted["reader"])
        wanted["sealed"] |= log.covenant().shows_sealed and wanted["reader"] == reader_of(log, "")
        moment, zone = moment_of(log, as_of), moments.zone_of(log)
        wanted["since"], wanted["until"] = moments.span_of(log, since, until)
        lines = timeline.whole(log, moment, Filter(**wanted))
        if as_json:
            contents = Contents(log, moment, wanted["reader"])
            print_json([flat(contents, line) for line in lines])
            return
        nothing = True
        for text in timeline_lines(lines, log.covenant(moment.position), zone):
            click.echo(text)
            nothing = False
        if nothing:
            click.echo(_("Nothing found."), err=True)
            if wanted["since"] or wanted["until"]:
                click.echo(times_of(log, moment, wanted["reader"]), err=True)


@click.command("tasks")
@FILE
@AS_OF
@click.option("--open", "open_only", is_flag=True, help="Only those of which something is still expected.")
@READER
@JSON
def show_tasks(file: Path, as_of: str, open_only: bool, reader: str, as_json: bool) -> None:
    """Show the tasks: open ones first, and late ones first among them."""
    with opened(file) as log:
        reader = reader_of(log, reader)
        moment, zone = moment_of(log, as_of), moments.zone_of(log)
        tasks = board.tasks(log, moment, reader=reader, open_only=open_only)
        if as_json:
            print_json([task_document(task, zone) for task in tasks])
            return
        for text in task_lines(tasks, log.covenant(moment.position), zone):
            click.echo(text)


@click.command("open-items")
@FILE
@AS_OF
@READER
@JSON
def show_open_items(file: Path, as_of: str, reader: str, as_json: bool) -> None:
    """Show what somebody still has to do. Exits 1 while anything is open."""
    with opened(file) as log:
        reader = reader_of(log, reader)
        moment, zone = moment_of(log, as_of), moments.zone_of(log)
        items, covenant = open_items.open_items(log, moment, reader), log.covenant(moment.position)
        if as_json:
            contents = Contents(log, moment, reader)
            print_json(
                {
                    "to_assess": [flat(contents, line) for line in items.to_assess],
                    "to_close": [flat(contents, line) for line in items.to_close],
                    "tasks": [task_document(task, zone) for task in items.tasks],
                    "to_affirm": [task.reference for task in items.to_affirm],
                    "levels": items.levels,
                    "conflicts": items.conflicts,
                    "untold": items.untold,
                    "incidents": [flat(contents, line) for line in items.incidents],
                    "agreements": [one.line.reference for one in items.agreements],
                    "denied": [one.line.reference for one in items.denied],
                    "unread": items.unread,
                }
            )
        else:
            for text in open_lines(items, covenant, zone):
                click.echo(text)
    if items.any:
        raise click.exceptions.Exit(1)


@click.command("counts")
@FILE
@AS_OF
@READER
@JSON
def show_counts(file: Path, as_of: str, reader: str, as_json: bool) -> None:
    """Show totals by kind, party, category, place, hour and disposition."""
    with opened(file) as log:
        reader = reader_of(log, reader)
        found, covenant = counts.counts(log, moment_of(log, as_of), Filter(reader=reader)), log.covenant()
        if as_json:
            print_json(found)
            return
        click.echo(_("{n} entries, {corrections} corrections").format(n=found.entries, corrections=found.corrections))
        for title, totals, name in (
            (_("by kind"), found.by_kind, label),
            (_("by party"), found.by_party, covenant.party_name),
            (_("by category"), found.by_category, covenant.category_name),
            (_("by place"), found.by_place, covenant.place_name),
            (_("by hour"), found.by_hour, str),
            (_("dispositions"), found.by_disposition, label),
            (_("tasks"), found.tasks_by_state, label),
        ):
            click.secho(title, bold=True)
            for key, total in totals.items():
                click.echo(f"{total:8}  {name(key)}")


def task_document(task: TaskLine, zone: tzinfo) -> dict[str, Any]:
    """Return a task as JSON holds it: codes, and ISO 8601 times with the event's offset, null before they come."""

    def time(moment: int) -> str | None:
        return moments.local(moment, zone).isoformat(timespec="milliseconds") if moment else None

    row = task.row
    return {
        "reference": task.reference,
        "text": task.text,
        "state": row.state,
        "requester": row.requester,
        "assignee": row.assignee,
        "unit": row.unit,
        "entry": task.entry_reference,
        "place": row.place,
        "category": row.category,
        "priority": row.priority,
        **{name: time(getattr(row, name)) for name in _TIMES},
        "late_answer": task.late_answer,
        "late_finish": task.late_finish,
        "agreed_orally": bool(row.orally),
        "outside_mandate": task.overridden,
        "handovers": row.handovers,
        "events": [
            {"kind": one.kind, "at": time(one.at), "party": one.party, "desk": one.desk, "text": one.text}
            for one in task.events
        ],
    }


_TIMES = ("proposed", "answer_by", "answered", "started", "finish_by", "done", "confirmed", "closed")

COMMANDS = [show_timeline, show_tasks, show_open_items, show_counts]
