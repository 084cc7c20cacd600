"""An entry as a reader sees it: the row, its words, what it struck through and where it stands."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from commandlog.language import _
from commandlog.log.derived import closings
from commandlog.log.derived.entries import priority_name
from commandlog.log.derived.table import FOREVER
from commandlog.log.store import Log
from commandlog.model.frames import By, Frame, Millis
from commandlog.model.records import Record, Words
from commandlog.views.attachments import Attachment, of_entries
from commandlog.views.filters import READABLE, RECALLED, WITHHELD
from commandlog.views.moments import Moment, zone_of
from commandlog.views.telling import Teller


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
    `attachments` are the files that go with it. `significant` says that it was marked so. What is `later` was written
    after the log had been closed. One
    that was `recalled` from the reader has a reference, times and the party that wrote it, and nothing else; one that
    is sealed has its desk as `reference`, when it was kept and whose it is.
    """

    seq: int
    entry: int
    reference: str
    kind: str
    occurred_at: Millis
    logged_at: Millis
    party: str
    text: str
    thread: int
    unit: str = ""
    role: str = ""
    place: str = ""
    category: str = ""
    priority: str = ""
    audience: tuple[str, ...] = ()
    words: Words | None = None
    frame: Frame | None = None
    first: Frame | None = None
    struck: tuple[Struck, ...] = ()
    thread_reference: str = ""
    task: int = 0
    task_reference: str = ""
    incident: int = 0
    state: str = ""
    disposition: str = ""
    attachments: tuple[Attachment, ...] = ()
    later: bool = False
    recalled: bool = False
    significant: bool = False

    @property
    def paper(self) -> str:
        """The sheet and line of paper that it was typed from, empty where it was not."""
        return self.first.paper if self.first else ""

    @property
    def where(self) -> str:
        """A place in words, where there is no code for it."""
        return self.words.where if self.words else ""


class Reader:
    """Turns rows into lines: reads the words of just these rows, their earlier versions and their states."""

    def __init__(self, log: Log, moment: Moment, reader: str = "") -> None:
        self.log = log
        self.moment = moment
        self.reader = reader
        self.teller = Teller(log.covenant(moment.position), zone_of(log), self.reference)
        self._references: dict[int, str] = {}
        self._closed = closings.first(log.db, moment.position) or FOREVER
        self._any_marks = log.db.execute("SELECT EXISTS (SELECT 1 FROM marks)").fetchone()[0]

    def reference(self, record_id: bytes) -> str:
        """Return how people call the entry with this record id."""
        row = self.log.db.execute("SELECT since FROM entries WHERE id = ?", (record_id,)).fetchone()
        return self.reference_at(row[0]) if row else "?"

    def reference_at(self, position: int) -> str:
        """Return how people call the entry at a position."""
        if position not in self._references:
            self._look_up((position,))
        return self._references.get(position, "?")

    def _look_up(self, positions: Iterable[int]) -> None:
        """Look up how people call the entries at these positions, those of a page in one go."""
        if len(self._references) > 10_000:
            self._references.clear()
        wanted = [one for one in positions if one not in self._references]
        for start in range(0, len(wanted), 500):
            part = ",".join(map(str, wanted[start : start + 500]))
            query = f"SELECT since, desk, number FROM entries WHERE since IN ({part})"
            for position, desk, number in self.log.db.execute(query):
                self._references[position] = f"{desk}-{number}" if number else desk  # what is sealed has no number

    def lines(self, rows: list[Row]) -> list[Line]:
        """Return the lines of these rows, in their order."""
        first = {row.entry for row in rows if row.version}
        records = self.log.records_at({row.since for row in rows} | first)
        entries = [row.entry for row in rows]
        reports = self._states("reports", "entry", "state, disposition", entries)
        tasks = self._states("tasks", "task", "state", [row.entry for row in rows if row.kind == "proposed"])
        links = self._states("links", "entry", "incident", entries)
        merged = self._merged({incident for (incident,) in links.values()})
        links = {entry: (merged.get(incident, incident),) for entry, (incident,) in links.items()}
        self._look_up({of for row in rows for of in (row.thread, row.task) if of not in (0, row.entry)})
        stubs = self._stubs(rows, records)
        lines = [stubs.get(row.since) or self._line(row, records, reports, tasks, links) for row in rows]
        whole = [row.entry for row in rows if row.since not in stubs]
        attached = of_entries(self.log, self.moment, whole, self.reader)
        marked = self._states("marks", "entry", "since", whole) if self._any_marks else {}
        if not attached and not marked:
            return lines
        return [
            replace(one, attachments=attached.get(one.entry, ()), significant=one.entry in marked)
            if one.entry in attached or one.entry in marked
            else one
            for one in lines
        ]

    def unreadable(self, positions: list[int]) -> set[int]:
        """Return which of a few positions the reader may not read."""
        if not self.reader or not positions:
            return set()
        values = {"p": self.moment.position, "reader": self.reader, "reader_in": f",{self.reader},"}
        found: set[int] = set()
        for start in range(0, len(positions), 500):
            part = ",".join(map(str, positions[start : start + 500]))
            query = f"SELECT e.since FROM entries e WHERE e.since IN ({part}) AND NOT {READABLE}"
            found |= {seq for (seq,) in self.log.db.execute(query, values)}
        return found

    def _stubs(self, rows: list[Row], records: dict[int, Record]) -> dict[int, Line]:
        """Return the lines of those rows that the reader had been told and may not read as they are now."""
        unreadable = self.unreadable([row.since for row in rows])
        if not unreadable:
            return {}
        recalled, withheld = self._of(unreadable, RECALLED), self._of(unreadable, WITHHELD)
        tell = {row.since: self._sealed for row in rows if row.since in unreadable}
        tell |= dict.fromkeys(withheld, self._withheld) | dict.fromkeys(recalled, self._recalled)
        return {row.since: tell[row.since](row, records) for row in rows if row.since in tell}

    def _of(self, positions: set[int], condition: str) -> set[int]:
        """Return those of a few positions that meet a condition for the reader."""
        values = {"p": self.moment.position, "reader": self.reader}
        query = f"SELECT e.since FROM entries e WHERE e.since IN ({','.join(map(str, positions))}) AND {condition}"
        return {seq for (seq,) in self.log.db.execute(query, values)}

    def _sealed(self, row: Row, records: dict[int, Record]) -> Line:
        """Return the line of an entry that the reader was never told: that it is there, since when, at whose desk."""
        query = "SELECT e.desk, coalesce(d.party, e.party) FROM entries e LEFT JOIN desks d ON d.desk = e.desk"
        desk, party = self.log.db.execute(f"{query} WHERE e.since = ?", (row.since,)).fetchone()
        kept = records[row.since].kept_at
        name = self.log.covenant(self.moment.position).party_name(party)
        return Line(
            seq=row.since,
            entry=row.entry,
            reference=desk,
            kind="sealed",
            occurred_at=kept,
            logged_at=kept,
            party=party,
            text=_("[sealed: ask {party}, desk {desk}]").format(party=name, desk=desk),
            thread=row.entry,
        )

    def _recalled(self, row: Row, records: dict[int, Record]) -> Line:
        """Return the line of an entry that was recalled from the reader: that it is there, since when, and whose."""
        first = records[row.entry]
        frame = first.frame
        return Line(
            seq=row.since,
            entry=row.entry,
            reference=first.reference if frame else self.reference_at(row.entry),
            kind="",
            occurred_at=frame.occurred_at if frame else first.kept_at,
            logged_at=frame.logged_at if frame else first.kept_at,
            party=frame.by.party if frame else row.party,
            text=_("[recalled]"),
            thread=row.thread,
            recalled=True,
        )

    def _withheld(self, row: Row, records: dict[int, Record]) -> Line:
        """Return the line of an entry whose correction the reader has not been told."""
        first = records[row.entry]
        return Line(
            seq=row.since,
            entry=row.entry,
            reference=first.reference if first.frame else self.reference_at(row.entry),
            kind=row.kind,
            occurred_at=first.frame.occurred_at if first.frame else row.occurred,
            logged_at=first.frame.logged_at if first.frame else first.kept_at,
            party=first.frame.speaker if first.frame else row.party,
            text=_("[corrected, text withheld]"),
            struck=self.struck(row, first.frame),
            thread=row.thread,
            later=row.since > self._closed,
        )

    def _states(self, table: str, key: str, columns: str, wanted: Iterable[int]) -> dict[int, tuple[Any, ...]]:
        """Return what a table says of some entries at this moment, by entry, as far as the reader may know.

        A report's first state stands at the report's own position, and only its later ones are indexed by entry.
        """
        keys = list(wanted)
        found: dict[int, tuple[Any, ...]] = {}
        ways = ("since IN", f"since != {key} AND {key} IN") if table == "reports" else (f"{key} IN",)
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            rows: list[tuple[Any, ...]] = []
            for way in ways:
                query = (
                    f"SELECT {key}, since, {columns} FROM {table} WHERE since <= ? AND until > ?"
                    f" AND {way} ({','.join('?' * len(part))})"
                )
                rows += self.log.db.execute(query, (self.moment.position, self.moment.position, *part))
            hidden = self.unreadable([row[1] for row in rows])
            found.update((row[0], row[2:]) for row in rows if row[1] not in hidden)
        return found

    def _merged(self, wanted: set[int]) -> dict[int, int]:
        """Return those of a page's incidents that were merged by this moment, each with what it was merged into."""
        query = (
            f"SELECT incident FROM incidents WHERE incident IN ({','.join(map(str, wanted))}) AND merged_into > 0"
            " AND since <= ? AND until > ?"
        )
        rows = self.log.db.execute(query, (self.moment.position, self.moment.position)).fetchall() if wanted else []
        return {incident: self.incident(incident) for (incident,) in rows}

    def incident(self, position: int) -> int:
        """Return what an incident was merged into by this moment, itself where it was not."""
        seen: list[int] = []
        query = "SELECT merged_into FROM incidents WHERE incident = ? AND since <= ? AND until > ?"
        while position and position not in seen:
            seen.append(position)
            row = self.log.db.execute(query, (position, self.moment.position, self.moment.position)).fetchone()
            position = row[0] if row else 0
        return seen[-1] if seen else 0

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
            task_reference=self.reference_at(row.task) if row.task not in (0, row.entry) else "",
            incident=links.get(row.entry, (0,))[0],
            state=state[0],
            disposition=state[1] if len(state) > 1 else "",
            later=row.since > self._closed,
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
        hidden = self.unreadable([until for _since, until in rows])
        return tuple(self._struck(records[since], records[until], first, until in hidden) for since, until in rows)

    def _struck(self, old: Record, new: Record, first: Frame | None, hidden: bool) -> Struck:
        """Return a struck version; of a correction that the reader may not read, only that and when it was made."""
        if hidden:
            return Struck(
                text=self.teller.text(old.frame, old.words, first) if old.frame else _("[sealed]"),
                until=new.seq,
                corrected_at=new.frame.logged_at if new.frame else new.kept_at,
                corrected_by=None,
                reason="",
            )
        return Struck(
            text=self.teller.text(old.frame, old.words, first) if old.frame else _("[sealed]"),
            until=new.seq,
            corrected_at=new.frame.logged_at if new.frame else new.kept_at,
            corrected_by=new.frame.by if new.frame else None,
            reason=new.words.reason if new.words else "",
        )
