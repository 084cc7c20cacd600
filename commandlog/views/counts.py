"""Totals: how much of what, for the report afterwards and for saved views."""

from collections.abc import Callable
from datetime import tzinfo

from msgspec import Struct

from commandlog.log.derived.entries import priority_name
from commandlog.log.store import Log
from commandlog.model.frames import Millis
from commandlog.views import board, timeline
from commandlog.views.filters import READABLE, Filter, among, candidates, conditions, readable
from commandlog.views.moments import Moment, local, zone_of


class Counts(Struct, frozen=True):
    """Totals over the entries that a filter shows. Keys are codes; `by_hour` is "2026-06-27 21" in the event's zone.

    `entries` counts all lines, also those of which the reader sees only that they are there; all else is of what it may
    read.
    """

    entries: int
    corrections: int
    by_kind: dict[str, int]
    by_party: dict[str, int]
    by_category: dict[str, int]
    by_place: dict[str, int]
    by_priority: dict[str, int]
    by_hour: dict[str, int]
    by_disposition: dict[str, int]
    tasks_by_state: dict[str, int]
    tasks_late: int
    outside_mandate: int


def counts(log: Log, moment: Moment, wanted: Filter, tasks: list[board.TaskLine] | None = None) -> Counts:
    """Return the totals of what a filter shows at a moment; tasks and dispositions are those the reader may see.

    Who has read the tasks already gives them: they are not read again.
    """
    where, values = conditions(wanted, moment, stubs=False)

    def by(column: str) -> dict[str, int]:
        query = f"SELECT {column}, count(*) FROM entries e WHERE {where} GROUP BY 1 ORDER BY 2 DESC, 1"
        return {key: n for key, n in log.db.execute(query, values) if key}

    if tasks is None:
        tasks = board.tasks(log, moment, reader=wanted.reader)
    states: dict[str, int] = {}
    for task in tasks:
        states[task.row.state] = states.get(task.row.state, 0) + 1
    return Counts(
        entries=number(log, moment, wanted),
        corrections=log.db.execute(
            f"SELECT coalesce(sum(e.version), 0) FROM entries e WHERE {where}", values
        ).fetchone()[0],
        by_kind=by("e.kind"),
        by_party=by("e.party"),
        by_category=by("e.category"),
        by_place=by("e.place"),
        by_priority={priority_name(n): total for n, total in _by_number(by("e.priority"))},
        by_hour=_by_hour(by, zone_of(log)),
        by_disposition=_dispositions(log, moment, wanted.reader),
        tasks_by_state=states,
        tasks_late=sum(task.late_answer or task.late_finish for task in tasks),
        outside_mandate=sum(task.overridden for task in tasks) + _levels_overridden(log, moment, wanted.reader),
    )


def extent(log: Log, moment: Moment, wanted: Filter) -> tuple[Millis, Millis]:
    """Return when the earliest and the latest of what a filter shows happened (milliseconds UTC), 0 for nothing."""
    where, values = conditions(wanted, moment)
    first, last = log.db.execute(
        f"SELECT min(e.occurred), max(e.occurred) FROM entries e WHERE {where}", values
    ).fetchone()
    return first or 0, last or 0


def number(log: Log, moment: Moment, wanted: Filter) -> int:
    """Return how many entries a filter shows at a moment."""
    where, values = conditions(wanted, moment)
    if entries := candidates(wanted):
        where += f" AND {among(entries)}"
    return int(log.db.execute(f"SELECT count(*) FROM entries e WHERE {where}", values).fetchone()[0])


def _by_number(totals: dict[str, int]) -> list[tuple[int, int]]:
    return sorted((int(key), total) for key, total in totals.items())


def _by_hour(by: Callable[[str], dict[str, int]], zone: tzinfo) -> dict[str, int]:
    hours: dict[str, int] = {}
    for quarter, total in by("e.occurred / 900000").items():  # zones differ by quarters of an hour
        hour = f"{local(int(quarter) * 900_000, zone):%Y-%m-%d %H}"
        hours[hour] = hours.get(hour, 0) + total
    return dict(sorted(hours.items()))


def _dispositions(log: Log, moment: Moment, reader: str) -> dict[str, int]:
    query = (
        "SELECT r.disposition, count(*) FROM reports r JOIN entries e ON e.since = r.since"
        " JOIN entries x ON x.since = r.entry WHERE r.since <= :p AND r.until > :p AND r.disposition != ''"
    )
    values: dict[str, object] = {"p": moment.position}
    if reader:  # both the report and what was decided about it
        query += f" AND {READABLE} AND {readable('x')}"
        values |= {"reader": reader, "reader_in": f",{reader},"}
    return dict(log.db.execute(f"{query} GROUP BY 1 ORDER BY 2 DESC, 1", values).fetchall())


def _levels_overridden(log: Log, moment: Moment, reader: str) -> int:
    levels = timeline.whole(log, moment, Filter(reader=reader, kind="level"))
    return sum(bool(line.frame and line.frame.overridden) for line in levels)
