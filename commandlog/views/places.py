"""How much goes on at each place: for a plan that is looked at while it happens.

The totals of all places are read in one pass over the timeline, from the newest entry back to when the stretch began,
so that a log of a million entries costs no more than a short one.
"""

from typing import Any

from msgspec import Struct

from commandlog.log.derived import fulltext
from commandlog.log.derived.tasks import TaskRow
from commandlog.log.store import Log
from commandlog.model.frames import Millis
from commandlog.model.words import OPEN_TASKS
from commandlog.views import timeline
from commandlog.views.board import late_answer, late_finish
from commandlog.views.filters import READABLE, Filter, candidates, conditions
from commandlog.views.lines import COLUMNS, Line, Reader, Row
from commandlog.views.moments import Moment

STRETCH: Millis = 30 * 60_000
"""How far back entries are counted."""
_PINS = 100  # entries that are looked through for pins
_SEEN = 50  # entries of a place that are looked through for one that may be read, and says something
_SAID = ("report", "observation", "note", "decision", "message", "proposed", "counted", "incident", "attached")
"""Kinds of entry that say by themselves what goes on at a place."""


class PlaceTotals(Struct, frozen=True):
    """What goes on at a place: entries in the last half hour, reports to assess, open tasks and how many are late.

    `latest` is the place's latest entry, None where there was none that the reader may read.
    """

    place: str
    entries: int = 0
    to_assess: int = 0
    tasks: int = 0
    late: int = 0
    latest: Line | None = None

    @property
    def open(self) -> int:
        """How much is open there."""
        return self.to_assess + self.tasks


class Pin(Struct, frozen=True):
    """Where an entry was, as latitude and longitude, and the entry."""

    at: tuple[float, float]
    line: Line


def totals(
    log: Log, moment: Moment, places: list[str], reader: str = "", stretch: Millis = STRETCH
) -> dict[str, PlaceTotals]:
    """Return what goes on at these places at a moment, as far as the reader may see it."""
    counted = _entries(log, moment, reader, stretch)
    assess = _to_assess(log, moment, reader)
    tasks = _tasks(log, moment, reader)
    newest = {place: row for place in places if (row := _newest(log, moment, reader, place))}
    rows = sorted(newest.values(), key=lambda row: (row.occurred, row.key))
    lines = {line.entry: line for line in Reader(log, moment, reader).lines(rows)}
    return {
        place: PlaceTotals(
            place,
            counted.get(place, 0),
            assess.get(place, 0),
            *tasks.get(place, (0, 0)),
            lines.get(newest[place].entry) if place in newest else None,
        )
        for place in places
    }


def pins(log: Log, moment: Moment, reader: str = "", stretch: Millis = STRETCH) -> list[Pin]:
    """Return where the newest entries were that have a pin, within the stretch; the newest one last."""
    wanted = Filter(reader=reader, since=moment.clock - stretch)
    page = timeline.page(log, moment, wanted, limit=_PINS)
    return [Pin(line.words.pin, line) for line in page.lines if line.words and line.words.pin and not line.recalled]


def _entries(log: Log, moment: Moment, reader: str, stretch: Millis) -> dict[str, int]:
    where, values = conditions(Filter(reader=reader, since=moment.clock - stretch), moment, stubs=False)
    query = (
        f"SELECT e.place, count(*) FROM entries e INDEXED BY entries_timeline WHERE {where} AND e.place != ''"
        " GROUP BY e.place"
    )
    return dict(log.db.execute(query, values).fetchall())


def _to_assess(log: Log, moment: Moment, reader: str) -> dict[str, int]:
    """Return how many reports wait at each place; a corrected one counts where it now says it is."""
    wanted = Filter(reader=reader, state="received")
    where, values = conditions(Filter(reader=reader), moment, stubs=False)
    first = f"SELECT e.place FROM ({candidates(wanted)}) w CROSS JOIN entries e ON e.since = w.entry WHERE {where}"
    later = (
        f"SELECT e.place FROM ({candidates(wanted)}) w CROSS JOIN entries e INDEXED BY entries_versions"
        f" ON e.entry = w.entry AND e.version > 0 WHERE {where}"
    )
    query = f"SELECT place, count(*) FROM ({first} UNION ALL {later}) WHERE place != '' GROUP BY place"
    return dict(log.db.execute(query, values).fetchall())


def _tasks(log: Log, moment: Moment, reader: str) -> dict[str, tuple[int, int]]:
    """Return how many tasks are open at each place, and how many of them are late."""
    states = ", ".join(repr(str(state)) for state in OPEN_TASKS)
    query = (
        "SELECT t.* FROM tasks t JOIN entries e ON e.since = t.task"
        f" WHERE t.since <= :p AND t.until > :p AND t.state IN ({states}) AND t.place != ''"
    )
    values: dict[str, Any] = {"p": moment.position}
    if reader:
        query += f" AND {READABLE}"
        values |= {"reader": reader, "reader_in": f",{reader},"}
    found: dict[str, tuple[int, int]] = {}
    for row in map(TaskRow._make, log.db.execute(query, values)):
        many, late = found.get(row.place, (0, 0))
        is_late = late_answer(row, moment.clock) or late_finish(row, moment.clock)
        found[row.place] = (many + 1, late + is_late)
    return found


def _newest(log: Log, moment: Moment, reader: str, place: str) -> Row | None:
    """Return the entry of a place that was written last, however long ago that was."""
    where, values = conditions(Filter(reader=reader, place=place), moment)
    where += f" AND e.kind IN ({', '.join(map(repr, _SAID))})"
    values |= {"match": f"facets : {fulltext.facet('place', place)}", "few": _SEEN}
    query = (
        f"SELECT {COLUMNS} FROM (SELECT rowid AS seq FROM fulltext WHERE fulltext MATCH :match AND rowid <= :p"
        f" ORDER BY rowid DESC LIMIT :few) f CROSS JOIN entries e ON e.since = f.seq WHERE {where}"
        " ORDER BY e.since DESC LIMIT 1"
    )
    found = log.db.execute(query, values).fetchone()
    return Row._make(found) if found else None
