"""Which tables an export of tables has, in their order, and what every column of them means."""

from collections.abc import Iterator
from typing import NamedTuple

from commandlog.export import table_covenant, table_declared, table_disclosure, table_tasks, table_totals
from commandlog.export.contents import Contents, Progress
from commandlog.export.saying import Sayer
from commandlog.export.table_entries import Entries
from commandlog.export.table_totals import Group
from commandlog.export.tables import Column, Table
from commandlog.language import _


class Tables(NamedTuple):
    """All tables of an export, in their order, the totals that charts are drawn of, and what makes the timeline."""

    tables: list[Table]
    groups: list[Group]
    entries: Entries


def tables(contents: Contents, saying: Sayer, progress: Progress | None) -> Tables:
    """Return the tables of the sections that were chosen; their rows are made while they are written, in this order."""
    found: list[Table] = []
    entries = Entries(contents, saying, progress)
    groups: list[Group] = []
    if contents.includes("timeline"):
        found.append(entries.timeline())
    if contents.includes("tasks"):
        found += [table_tasks.tasks(contents, saying), table_tasks.steps(contents)]
    if contents.includes("timeline"):
        found += [table_declared.incidents(contents), entries.corrections(), table_declared.levels(contents)]
        found += [table_declared.agreements(contents), table_declared.crowd(contents)]
        found.append(table_declared.unit_states(contents))
    if contents.includes("totals"):
        groups = table_totals.groups(contents)
        found.append(table_totals.totals(groups))
    if contents.includes("disclosure"):
        found.append(table_disclosure.disclosure(contents))
    if contents.includes("attachments"):
        found.append(table_disclosure.attachments(contents))
    if contents.includes("covenant"):
        found += table_covenant.covenant(contents)
    if contents.includes("covenant") or contents.includes("places"):
        found.append(table_covenant.places(contents))
    if contents.includes("definitions") or not found:
        found.append(definitions(contents, saying, found))
    return Tables(found, groups, entries)


def definitions(contents: Contents, saying: Sayer, others: list[Table]) -> Table:
    """Return the table that says what the export is, and what each column of the others means."""
    columns = [
        Column(_("Sheet"), 18, _("The table."), field="sheet"),
        Column(_("Column"), 30, _("What stands above the column."), field="column"),
        Column(_("Field"), 22, _("What the column is called in files."), field="field"),
        Column(_("Meaning"), 90, _("What stands in it."), field="meaning"),
    ]
    return Table(_("Definitions"), "definitions", columns, lambda: _definitions(contents, saying, others))


def about(contents: Contents, saying: Sayer) -> list[tuple[str, str]]:
    """Return what an export is: the event, up to when, by whom and for whom."""
    whom = contents.covenant.party_name(contents.for_party) if contents.for_party else _("everything")
    event = (contents.event, _("EXERCISE")) if contents.exercise else (contents.event,)
    return [
        (_("Event"), " — ".join(event)),
        (_("Log up to"), saying.stand()),
        (_("Check value"), contents.head[:16]),
        (_("Made by"), contents.author),
        (_("Made for"), whom),
        (_("Made at"), saying.both(contents.made_at)),
        (_("Time zone"), contents.covenant.timezone),
    ]


def _definitions(contents: Contents, saying: Sayer, others: list[Table]) -> Iterator[list[object]]:
    for name, value in about(contents, saying):
        yield [_("This export"), name, "", value]
    for table in others:
        for column in table.columns:
            yield [table.name, column.head, column.field, column.meaning]
