"""The timeline: what happened, newest at the bottom, at any moment, filtered and searched.

Pages are read backwards from the newest along one covering index, bounded by the latest time that the log had seen at
that position; a page costs the same in a log of a thousand entries and of a million.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from msgspec import Struct

from commandlog.language import _
from commandlog.log.derived import fulltext
from commandlog.log.derived.entries import FACETS, priority_name
from commandlog.log.derived.table import FOREVER
from commandlog.log.store import Log
from commandlog.model.records import SYSTEM_KINDS, By, Frame, Millis, Record, Words
from commandlog.views import search
from commandlog.views.moments import Moment, zone_of
from commandlog.views.telling import Teller

PAGE = 200
FEW = 2_000  # matches up to which a filter is answered from the full-text index and sorted


class Row(NamedTuple):
    """The columns of an entry row that a line is made of."""

    since: int
    entry: int
    key: int
    occurred: int
    kind: str
    party: str
    unit: str
    role: str
    place: str
    category: str
    priority: int
    thread: int
    task: int
    version: int


COLUMNS = ", ".join(f"e.{name}" for name in Row._fields)


class Filter(Struct, frozen=True):
    """What to show; everything that is empty does not filter.

    `reader` is the party for which the page is made: it sees what its party may read and nothing else. `since` and
    `until` are moments of happening (milliseconds UTC). `state` is one of a report ("received") or a task ("accepted").
    `system` also shows what the program wrote of itself.
    """

    reader: str = ""
    party: str = ""
    unit: str = ""
    role: str = ""
    place: str = ""
    category: str = ""
    kind: str = ""
    priority: str = ""
    state: str = ""
    since: Millis = 0
    until: Millis = 0
    search: str = ""
    incident: int = 0
    system: bool = False


class Struck(Struct, frozen=True):
    """An earlier version of an entry, struck through by the correction that came after it."""

    text: str
    until: int
    corrected_at: Millis
    corrected_by: By | None
    reason: str


class Line(Struct, frozen=True):
    """An entry as a reader sees it.

    `seq` is the record that holds, `entry` the first version's position and `reference` how people call it. `text` is
    the entry in one line, `words` and `frame` all that was said. `occurred_at` is when it happened, `logged_at` when it
    was written. `state` and `disposition` are those of a report, or the state of the task that it proposed.
    """

    seq: int
    entry: int
    reference: str
    kind: str
    occurred_at: Millis
    logged_at: Millis
    party: str
    unit: str
    role: str
    place: str
    category: str
    priority: str
    audience: tuple[str, ...]
    text: str
    words: Words | None
    frame: Frame | None
    first: Frame | None
    struck: tuple[Struck, ...]
    thread: int
    thread_reference: str
    task: int
    incident: int
    state: str
    disposition: str

    @property
    def where(self) -> str:
        """A place in words, where there is no code for it."""
        return self.words.where if self.words else ""


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
    if wanted.search:
        where += " AND e.since IN (SELECT rowid FROM fulltext WHERE fulltext MATCH :match)"
        values["match"] = search.expression(wanted.search)
    values |= {"o": -(1 << 62), "k": 0, "limit": PAGE}
    query = (
        f"SELECT {COLUMNS} FROM entries e WHERE (e.occurred, e.key) > (:o, :k) AND {where}"
        " ORDER BY e.occurred, e.key LIMIT :limit"
    )
    while rows := [Row._make(row) for row in log.db.execute(query, values)]:
        yield from reader.lines(rows)
        values |= {"o": rows[-1].occurred, "k": rows[-1].key}


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
    """Return the line that one record made, whatever came after it; None where the reader may not read it."""
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
    """Yield rows, newest first, up to a limit."""
    where, values = conditions(wanted, moment)
    if wanted.search:
        values |= {"match": search.expression(wanted.search), "limit": limit}
        values["last"] = before.key - 1 if before else moment.position
        query = (
            f"SELECT {COLUMNS} FROM fulltext f CROSS JOIN entries e ON e.since = f.rowid WHERE fulltext MATCH :match"
            f" AND f.rowid <= :last AND {where} ORDER BY f.rowid DESC LIMIT :limit"
        )
        yield from map(Row._make, log.db.execute(query, values))
        return
    if (few := _few(log, moment, wanted)) is not None:
        yield from _sorted(log, few, where, values, limit, before)
        return
    high = log.db.execute(
        "SELECT high FROM entries WHERE since <= ? ORDER BY since DESC LIMIT 1", (moment.position,)
    ).fetchone()
    bound = high[0] if high else 0
    values |= {"o": before.occurred if before else FOREVER, "k": before.key if before else FOREVER}
    values |= {"bound": bound, "start": min(bound, values["o"])}
    taken = 0
    for source in (
        "entries e INDEXED BY entries_dated_ahead WHERE e.ahead = 1 AND e.occurred > :bound",
        "entries e INDEXED BY entries_timeline WHERE e.occurred <= :start",
    ):
        query = (
            f"SELECT {COLUMNS} FROM {source} AND (e.occurred, e.key) < (:o, :k) AND {where}"
            " ORDER BY e.occurred DESC, e.key DESC LIMIT :limit"
        )
        for row in log.db.execute(query, {**values, "limit": limit - taken}):
            taken += 1
            yield Row._make(row)


def _few(log: Log, moment: Moment, wanted: Filter) -> list[int] | None:
    """Return the positions that may match a filter where they are few; None where the timeline finds them sooner."""
    if wanted.state:
        entries = [
            seq for (seq,) in log.db.execute(f"{_state_query(wanted.state)} LIMIT {FEW + 1}", {"p": moment.position})
        ]
        if len(entries) <= FEW:
            return _versions(log, entries)
    facets = [fulltext.facet(name, code) for name in FACETS if (code := getattr(wanted, name))]
    if not facets:
        return None
    query = "SELECT rowid FROM fulltext WHERE fulltext MATCH ? AND rowid <= ? LIMIT ?"
    match = f"facets : ({' AND '.join(facets)})"
    rows = log.db.execute(query, (match, moment.position, FEW + 1)).fetchall()
    return [seq for (seq,) in rows] if len(rows) <= FEW else None


def _versions(log: Log, entries: list[int]) -> list[int]:
    """Return the positions of all versions of these entries."""
    found = list(entries)
    for start in range(0, len(entries), 500):
        part = ",".join(map(str, entries[start : start + 500]))
        query = f"SELECT since FROM entries WHERE entry IN ({part}) AND version > 0"
        found += [seq for (seq,) in log.db.execute(query)]
    return found


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


_PLAIN = ("party", "unit", "role", "place", "category", "kind")
_STATES = {
    "reports": ("received", "assessed", "closed"),
    "tasks": (
        "proposed",
        "accepted",
        "under_way",
        "done",
        "confirmed",
        "declined",
        "withdrawn",
        "handed_over",
    ),
}


def conditions(wanted: Filter, moment: Moment) -> tuple[str, dict[str, Any]]:
    """Return what a row must meet, as SQL over `e`, and the values that it names."""
    where, values = ["e.since <= :p", "e.until > :p"], dict[str, Any](p=moment.position)
    for name in _PLAIN:
        if code := getattr(wanted, name):
            where.append(f"e.{name} = :{name}")
            values[name] = code
    if wanted.priority:
        where.append("e.priority = :priority")
        values["priority"] = next((n for n in range(1, 5) if priority_name(n) == wanted.priority), -1)
    if wanted.since:
        where.append("e.occurred >= :from")
        values["from"] = wanted.since
    if wanted.until:
        where.append("e.occurred < :to")
        values["to"] = wanted.until
    if wanted.reader:
        where.append(READABLE)
        values["reader"], values["reader_in"] = wanted.reader, f",{wanted.reader},"
    if wanted.state:
        where.append(f"e.entry IN ({_state_query(wanted.state)})")
    if wanted.incident:
        where.append("e.entry IN (SELECT entry FROM links WHERE incident = :incident AND since <= :p AND until > :p)")
        values["incident"] = wanted.incident
    if not (wanted.system or wanted.kind):
        where.append(f"e.kind NOT IN ({', '.join(repr(kind) for kind in SYSTEM_KINDS)})")
    return " AND ".join(where), values


READABLE = (
    "(e.audience = '' OR instr(e.audience, :reader_in) OR EXISTS"
    " (SELECT 1 FROM grants g WHERE g.party = :reader AND g.record = e.since AND g.since <= :p)) AND e.kind != 'sealed'"
)
"""Whether the party :reader may read the row `e` at position :p."""


def _state_query(state: str) -> str:
    """Return the query for the entries in a state at position :p; none for a state that does not exist."""
    for table, states in _STATES.items():
        if state in states:
            column = "entry" if table == "reports" else "task"
            return f"SELECT {column} FROM {table} WHERE state = '{state}' AND since <= :p AND until > :p"
    return "SELECT 0 WHERE :p < 0"


class Reader:
    """Turns rows into lines: reads the words of just these rows, their earlier versions and their states."""

    def __init__(self, log: Log, moment: Moment, reader: str = "") -> None:
        self.log = log
        self.moment = moment
        self.reader = reader
        self.teller = Teller(log.covenant(moment.position), zone_of(log), self.reference)
        self._references: dict[int, str] = {}

    def reference(self, record_id: bytes) -> str:
        """Return how people call the entry with this record id."""
        row = self.log.db.execute("SELECT since FROM entries WHERE id = ?", (record_id,)).fetchone()
        return self.reference_at(row[0]) if row else "?"

    def reference_at(self, position: int) -> str:
        """Return how people call the entry at a position."""
        if position not in self._references:
            row = self.log.db.execute("SELECT desk, number FROM entries WHERE since = ?", (position,)).fetchone()
            if len(self._references) > 10_000:
                self._references.clear()
            self._references[position] = f"{row[0]}-{row[1]}" if row else "?"
        return self._references[position]

    def lines(self, rows: list[Row]) -> list[Line]:
        """Return the lines of these rows, in their order."""
        first = {row.entry for row in rows if row.version}
        records = self.log.records_at({row.since for row in rows} | first)
        entries = [row.entry for row in rows]
        reports = self._states("reports", "entry", "state, disposition", entries)
        tasks = self._states("tasks", "task", "state", [row.entry for row in rows if row.kind == "proposed"])
        links = self._states("links", "entry", "incident", entries)
        return [self._line(row, records, reports, tasks, links) for row in rows]

    def _states(self, table: str, key: str, columns: str, wanted: Iterable[int]) -> dict[int, tuple[Any, ...]]:
        """Return what a table says of some entries at this moment, by entry.

        A report's first state stands at the report's own position, and only its later ones are indexed by entry.
        """
        keys = list(wanted)
        found: dict[int, tuple[Any, ...]] = {}
        ways = ("since IN", f"since != {key} AND {key} IN") if table == "reports" else (f"{key} IN",)
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            for way in ways:
                query = (
                    f"SELECT {key}, {columns} FROM {table} WHERE since <= ? AND until > ?"
                    f" AND {way} ({','.join('?' * len(part))})"
                )
                rows = self.log.db.execute(query, (self.moment.position, self.moment.position, *part))
                found.update((row[0], row[1:]) for row in rows)
        return found

    def _line(
        self,
        row: Row,
        records: dict[int, Record],
        reports: dict[int, tuple[Any, ...]],
        tasks: dict[int, tuple[Any, ...]],
        links: dict[int, tuple[Any, ...]],
    ) -> Line:
        record, first = records[row.since], records[row.entry if row.version else row.since]
        frame = record.frame
        state = tasks.get(row.entry) or reports.get(row.entry) or ("",)
        return Line(
            seq=row.since,
            entry=row.entry,
            reference=first.reference if first.frame else self.reference_at(row.entry),
            kind=row.kind,
            occurred_at=row.occurred,
            logged_at=first.frame.logged_at if first.frame else first.kept_at,
            party=row.party,
            unit=row.unit,
            role=row.role,
            place=row.place,
            category=row.category,
            priority=priority_name(row.priority),
            audience=frame.audience if frame else (),
            text=self.teller.text(frame, record.words, first.frame) if frame else _("[sealed]"),
            words=record.words,
            frame=frame,
            first=first.frame,
            struck=self.struck(row, first.frame) if row.version else (),
            thread=row.thread,
            thread_reference=self.reference_at(row.thread) if row.thread != row.entry else "",
            task=row.task,
            incident=links.get(row.entry, (0,))[0],
            state=state[0],
            disposition=state[1] if len(state) > 1 else "",
        )

    def struck(self, row: Row, first: Frame | None) -> tuple[Struck, ...]:
        """Return the versions before this one, oldest first, as far as the reader may read them."""
        query = (
            "SELECT e.since, e.until FROM entries e WHERE (e.since = :entry OR (e.entry = :entry AND e.version > 0))"
            " AND e.since < :since"
        )
        values: dict[str, Any] = {"entry": row.entry, "since": row.since, "p": self.moment.position}
        if self.reader:
            query += f" AND {READABLE}"
            values |= {"reader": self.reader, "reader_in": f",{self.reader},"}
        rows = self.log.db.execute(f"{query} ORDER BY e.since", values).fetchall()
        records = self.log.records_at({seq for pair in rows for seq in pair})
        return tuple(self._struck(records[since], records[until], first) for since, until in rows)

    def _struck(self, old: Record, new: Record, first: Frame | None) -> Struck:
        return Struck(
            text=self.teller.text(old.frame, old.words, first) if old.frame else _("[sealed]"),
            until=new.seq,
            corrected_at=new.frame.logged_at if new.frame else new.kept_at,
            corrected_by=new.frame.by if new.frame else None,
            reason=new.words.reason if new.words else "",
        )
