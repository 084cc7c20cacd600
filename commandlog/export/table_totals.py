"""The totals as a table, and which of its rows a chart is drawn of."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from commandlog.export.contents import Contents
from commandlog.export.tables import Column, Table
from commandlog.language import _
from commandlog.model.words import label
from commandlog.views import counts

CHARTED = ("by_hour", "by_party", "by_category", "by_place", "tasks_by_state")


class Group(NamedTuple):
    """Totals of one kind: what they are called in `Counts`, and in words, and each with its name, largest first."""

    key: str
    title: str
    totals: list[tuple[str, int]]


def totals(groups: list[Group]) -> Table:
    """Return the table of totals."""
    share = _("The part of all entries, or of all tasks, that it is.")
    columns = [
        Column(_("Total"), 22, _("What is counted."), field="total"),
        Column(_("Of"), 34, _("Of which one."), field="of"),
        Column(_("Number"), 12, _("How many there are."), "number", "number"),
        Column(_("Share"), 10, share, "percent", "share"),
    ]
    return Table(_("Totals"), "totals", columns, lambda: _rows(groups))


def groups(contents: Contents) -> list[Group]:
    """Return what is counted, group by group; the first one is of the log as a whole."""
    covenant = contents.covenant
    found = counts.counts(contents.log, contents.moment, contents.wanted)
    whole = [
        (_("Entries"), found.entries),
        (_("Corrections"), found.corrections),
        (_("Tasks late"), found.tasks_late),
        (_("Outside the mandate"), found.outside_mandate),
    ]
    named: tuple[tuple[str, str, dict[str, int], Callable[[str], str]], ...] = (
        ("by_party", _("By party"), found.by_party, covenant.party_name),
        ("by_kind", _("By kind"), found.by_kind, label),
        ("by_category", _("By category"), found.by_category, covenant.category_name),
        ("by_place", _("By place"), found.by_place, covenant.place_name),
        ("by_priority", _("By priority"), found.by_priority, label),
        ("by_hour", _("By hour"), found.by_hour, lambda hour: f"{hour}:00"),
        ("by_disposition", _("By disposition"), found.by_disposition, label),
        ("tasks_by_state", _("Tasks by state"), found.tasks_by_state, label),
    )
    ones = [Group(key, title, [(name(code), n) for code, n in of.items()]) for key, title, of, name in named]
    return [Group("", "", whole), *ones]


def _rows(groups: list[Group]) -> Iterator[list[object]]:
    for title, number in groups[0].totals:
        yield [title, "", number, None]
    entries = groups[0].totals[0][1]
    for group in groups[1:]:
        of = sum(number for _name, number in group.totals) if group.key.startswith("tasks") else entries
        for name, number in group.totals:
            yield [group.title, name, number, round(number / of, 6) if of else None]
