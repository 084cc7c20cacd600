"""The timeline: what happened, newest at the bottom, at any moment, filtered and searched.

Pages are read backwards from the newest along one covering index, bounded by the latest time that the log had seen at
that position; a page costs the same in a log of a thousand entries and of a million.
"""

from array import array
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from commandlog.log.derived import fulltext
from commandlog.log.derived.entries import FACETS, highest
from commandlog.log.derived.table import FOREVER
from commandlog.log.store import Log
from commandlog.views.filters import Filter, among, candidates, conditions
from commandlog.views.lines import COLUMNS, Line, Reader, Row
from commandlog.views.moments import Moment
from commandlog.views.search import expression

PAGE = 200
FEW = 2_000  # matches up to which a filter is answered from the full-text index and sorted
FEW_ENTRIES = 10_000  # entries of an incident, or in a state, up to which they are sorted


class Bookmark(Struct, frozen=True):
    """Where a page ended: the next one is what lies before it. For a search, `occurred` is -1 and `key` a position."""

    occurred: int
    key: int


class Page(Struct, frozen=True):
    """A page, oldest line first; `before` is where to go on, None at the beginning of the log."""

    lines: list[Line]
    before: Bookmark | None


def page(log: Log, moment: Moment, wanted: Filter, *, limit: int = PAGE, before: Bookmark | None = None) -> Page:
    """Return the newest page of what is wanted, or the one before a bookmark.

    Raises RuleError for a search that has nothing to look for.
    """
    rows = list(found_rows(log, moment, wanted, limit, before))
    last = rows[-1] if len(rows) == limit else None
    if wanted.search:
        bookmark = Bookmark(-1, last.since) if last else None
        rows.sort(key=lambda row: (row.occurred, row.key), reverse=True)
    else:
        bookmark = Bookmark(last.occurred, last.key) if last else None
    return Page(Reader(log, moment, wanted.reader).lines(rows[::-1]), bookmark)


def whole(log: Log, moment: Moment, wanted: Filter) -> Iterator[Line]:
    """Yield everything that is wanted, oldest first, in bounded memory."""
    reader = Reader(log, moment, wanted.reader)
    where, values = conditions(wanted, moment)
    if wanted.search or wanted.state or wanted.incident or wanted.significant:
        yield from _listed(log, reader, wanted, where, values)
        return
    values |= {"o": -FOREVER, "k": 0, "limit": PAGE}
    query = (
        f"SELECT {COLUMNS} FROM entries e WHERE (e.occurred, e.key) > (:o, :k) AND {where}"
        " ORDER BY e.occurred, e.key LIMIT :limit"
    )
    while rows := [Row._make(row) for row in log.db.execute(query, values)]:
        yield from reader.lines(rows)
        values |= {"o": rows[-1].occurred, "k": rows[-1].key}


def _listed(log: Log, reader: Reader, wanted: Filter, where: str, values: dict[str, Any]) -> Iterator[Line]:
    """Yield what is wanted after finding all of it at once: eight bytes a match, and the search is done only once."""
    if wanted.search:
        where += " AND e.since IN (SELECT rowid FROM fulltext WHERE fulltext MATCH :match)"
        values["match"] = expression(wanted.search)
    elif entries := candidates(wanted):
        where += f" AND {among(entries)}"
    # the plus signs keep SQLite from reading the whole timeline only because it is in order
    query = f"SELECT e.since FROM entries e WHERE {where} ORDER BY +e.occurred, +e.key"
    found = array("q", (seq for (seq,) in log.db.execute(query, values)))
    for start in range(0, len(found), PAGE):
        part = ",".join(map(str, found[start : start + PAGE]))
        rows = log.db.execute(f"SELECT {COLUMNS} FROM entries e WHERE e.since IN ({part}) ORDER BY e.occurred, e.key")
        yield from reader.lines([Row._make(row) for row in rows])


def entry(log: Log, moment: Moment, position: int, reader: str = "") -> Line | None:
    """Return one entry as it reads at a moment, None where the reader may not read it or it is not there yet."""
    where, values = conditions(Filter(reader=reader, system=True), moment)
    query = f"SELECT {COLUMNS} FROM entries e WHERE e.entry = :entry AND e.since >= :entry AND {where} LIMIT 1"
    found = log.db.execute(
        query.replace("e.entry = :entry", "(e.since = :entry OR (e.entry = :entry AND e.version > 0))"),
        {**values, "entry": position},
    ).fetchone()
    return Reader(log, moment, reader).lines([Row._make(found)])[0] if found else None


def at_record(log: Log, moment: Moment, position: int, reader: str = "") -> Line | None:
    """Return the line that one record made; None where another took its place, or the reader may not read it."""
    where, values = conditions(Filter(reader=reader, system=True), moment)
    found = log.db.execute(
        f"SELECT {COLUMNS} FROM entries e WHERE e.since = :seq AND {where}", {**values, "seq": position}
    ).fetchone()
    return Reader(log, moment, reader).lines([Row._make(found)])[0] if found else None


def thread(log: Log, moment: Moment, position: int, reader: str = "") -> list[Line]:
    """Return everything that hangs together with the entry at the root of a thread, oldest first."""
    where, values = conditions(Filter(reader=reader, system=True), moment)
    query = (
        f"SELECT {COLUMNS} FROM entries e WHERE (e.since = :root OR (e.entry = :root AND e.version > 0)"
        f" OR (e.thread = :root AND e.thread != e.entry)) AND {where} ORDER BY e.occurred, e.key"
    )
    rows = [Row._make(row) for row in log.db.execute(query, {**values, "root": position})]
    return Reader(log, moment, reader).lines(rows)


def found_rows(log: Log, moment: Moment, wanted: Filter, limit: int, before: Bookmark | None = None) -> Iterator[Row]:
    """Yield rows, newest first, up to a limit; no cursor is open while the caller takes its time."""
    where, values = conditions(wanted, moment)
    if wanted.search:
        values |= {"match": expression(wanted.search), "limit": limit}
        values["last"] = before.key - 1 if before else moment.position
        query = (
            f"SELECT {COLUMNS} FROM fulltext f CROSS JOIN entries e ON e.since = f.rowid WHERE fulltext MATCH :match"
            f" AND f.rowid <= :last AND {where} ORDER BY f.rowid DESC LIMIT :limit"
        )
        yield from map(Row._make, log.db.execute(query, values).fetchall())
        return
    values |= {"o": before.occurred if before else FOREVER, "k": before.key if before else FOREVER}
    if (few := _few_entries(log, wanted, values)) is None:
        few = few_rows(log, moment, wanted)
    if few is not None:
        yield from _sorted(log, few, where, values, limit, before)
        return
    bound = highest(log.db, moment.position)
    values |= {"bound": bound, "start": min(bound, values["o"], wanted.until - 1 if wanted.until else FOREVER)}
    taken = 0
    for source in (
        "entries e INDEXED BY entries_dated_ahead WHERE e.ahead = 1 AND e.occurred > :bound",
        "entries e INDEXED BY entries_timeline WHERE e.occurred <= :start",
    ):
        query = (
            f"SELECT {COLUMNS} FROM {source} AND (e.occurred, e.key) < (:o, :k) AND {where}"
            " ORDER BY e.occurred DESC, e.key DESC LIMIT :limit"
        )
        rows = log.db.execute(query, {**values, "limit": limit - taken}).fetchall()
        taken += len(rows)
        yield from map(Row._make, rows)


def _few_entries(log: Log, wanted: Filter, values: dict[str, Any]) -> list[int] | None:
    """Return all versions of the entries of an incident, or in a state; None where the timeline finds them sooner."""
    if not (query := candidates(wanted)):
        return None
    entries = [entry for (entry,) in log.db.execute(f"{query} LIMIT {FEW_ENTRIES + 1}", values)]
    if len(entries) > FEW_ENTRIES:
        return None
    found = list(entries)
    for start in range(0, len(entries), 500):
        part = ",".join(map(str, entries[start : start + 500]))
        query = f"SELECT since FROM entries WHERE entry IN ({part}) AND version > 0"
        found += [seq for (seq,) in log.db.execute(query)]
    return found


def few_rows(log: Log, moment: Moment, wanted: Filter) -> list[int] | None:
    """Return the positions that may match a filter where they are few; None where the timeline finds them sooner."""
    facets = [fulltext.facet(name, code) for name in FACETS if (code := getattr(wanted, name))]
    if not facets:
        return None
    query = "SELECT rowid FROM fulltext WHERE fulltext MATCH ? AND rowid <= ? LIMIT ?"
    match = f"facets : ({' AND '.join(facets)})"
    rows = log.db.execute(query, (match, moment.position, FEW + 1)).fetchall()
    return [seq for (seq,) in rows] if len(rows) <= FEW else None


def _sorted(
    log: Log, positions: list[int], where: str, values: dict[str, Any], limit: int, before: Bookmark | None
) -> list[Row]:
    """Return those of a few rows that meet the conditions, newest first, from a bookmark on."""
    found: list[Row] = []
    for start in range(0, len(positions), 500):
        part = ",".join(map(str, positions[start : start + 500]))
        query = f"SELECT {COLUMNS} FROM entries e WHERE e.since IN ({part}) AND {where}"
        found += map(Row._make, log.db.execute(query, values))
    found.sort(key=lambda row: (row.occurred, row.key), reverse=True)
    if before:
        found = [row for row in found if (row.occurred, row.key) < (before.occurred, before.key)]
    return found[:limit]
