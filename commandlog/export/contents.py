"""What an export is made of, whatever its form: the event, the moment, and for whom the copy is.

Everything here passes through the views, for one reader: what that party may not read never reaches a form.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from commandlog.language import _
from commandlog.log.derived.table import FOREVER
from commandlog.log.signing import Signer
from commandlog.log.store import Log
from commandlog.model.covenant import spoken
from commandlog.model.errors import RuleError
from commandlog.model.frames import By, Frame, Millis
from commandlog.model.records import Opened, Words
from commandlog.views import board, counts, timeline
from commandlog.views.board import TaskLine
from commandlog.views.filters import READABLE, Filter, conditions
from commandlog.views.lines import COLUMNS, Line, Reader, Row, Struck
from commandlog.views.moments import Moment, local, zone_of

Progress = Callable[[int, int], None]
LIVE_WITHIN = 60_000  # milliseconds: a moment older than this is not "now"
SECTIONS = (
    "summary",
    "timeline",
    "threads",
    "tasks",
    "totals",
    "disclosure",
    "covenant",
    "places",
    "attachments",
    "definitions",
)
"""The parts that a reader can choose; a form that has no such part leaves it out."""
_LOCALS = 1_000  # moments whose time in the event's zone is remembered: each is asked for several times
_TELL_EVERY = 200  # entries between two calls of a progress function


class Earlier(Struct, frozen=True):
    """A version of an entry that a correction has struck through, as far as the reader may read both.

    `text` is what was said, `shown` the entry in one line; `frame` and `words` are all of it. `corrected_at` is in
    milliseconds UTC.
    """

    text: str
    shown: str
    frame: Frame | None
    words: Words | None
    corrected_at: Millis
    corrected_by: By | None
    reason: str


class Follower(NamedTuple):
    """An entry that hangs on the one at the root of its thread: its first version's position, and what it is."""

    entry: int
    reference: str
    kind: str


class Contents:
    """A log at a moment, as one reader ("" for everything) sees it.

    `entries` is how many there are, `first` and `last` when the earliest and latest of them happened (0 where there
    are none), `head` the hash of the last record in hexadecimal, `made_at` the time of the export, `signer` the desk
    that makes it, if any. `wanted` is what every form shows: what the reader may read of what happened from `since` on
    and before `until` (milliseconds UTC, 0: no bound). `sections` are the parts that were chosen (none: all).
    Raises RuleError for a party that the covenant does not have, for a section that there is not, and for a range that
    ends before it begins.
    """

    def __init__(
        self,
        log: Log,
        moment: Moment,
        for_party: str = "",
        author: str = "",
        since: Millis = 0,
        until: Millis = 0,
        sections: Iterable[str] = (),
    ) -> None:
        log.refresh()
        self.log, self.moment, self.for_party = log, moment, for_party
        self.since, self.until, self.sections = since, until, _known(sections)
        if since and until and until <= since:
            raise RuleError(_("The range ends before it begins: name a later end."))
        self.covenant = log.covenant(moment.position)
        if for_party and not self.covenant.party(for_party):
            known = ", ".join(one.code for one in self.covenant.parties)
            raise RuleError(
                _("The covenant has no party “{party}”. It has: {known}.").format(party=for_party, known=known)
            )
        self.zone = zone_of(log)
        self._locals: dict[Millis, datetime] = {}
        self.made_at = log.clock()
        self.signer: Signer | None = None
        self.live = moment.position >= log.head.seq and moment.clock >= self.made_at - LIVE_WITHIN
        self.wanted = Filter(reader=for_party, since=since, until=until)
        self.reader = Reader(log, moment, for_party)
        self.entries = counts.number(log, moment, self.wanted)
        self.author = self.covenant.party_name(author or self.covenant.driver)
        self.head = self._head()
        self.first, self.last = self._range()
        self.exercise = self.covenant.exercise or self._opened_as_exercise()

    @property
    def event(self) -> str:
        """The name of the event, in the current language where it has one."""
        return spoken(self.covenant.name)

    @property
    def partly(self) -> bool:
        """Whether only a range of time is shown."""
        return bool(self.since or self.until)

    def includes(self, section: str) -> bool:
        """Whether a section was chosen; where none was, all are."""
        return not self.sections or section in self.sections

    def within(self, moment: Millis) -> bool:
        """Whether something that happened at a moment is in the range."""
        return self.since <= moment and (not self.until or moment < self.until)

    def local(self, moment: Millis) -> datetime:
        """Return a moment in the event's zone; what no calendar holds becomes the nearest that it does."""
        found = self._locals.get(moment)
        if found is None:
            if len(self._locals) > _LOCALS:
                self._locals.clear()
            found = local(min(max(moment, -62_000_000_000_000), 253_000_000_000_000), self.zone)
            self._locals[moment] = found
        return found

    def iso(self, moment: Millis) -> str:
        """Return a moment as ISO 8601 with the event's offset, "" for 0."""
        return self.local(moment).isoformat(timespec="milliseconds") if moment else ""

    def lines(self, progress: Progress | None = None) -> Iterator[Line]:
        """Yield every entry, oldest first, in bounded memory; tells `progress` how many of how many are done."""
        done = 0
        for done, line in enumerate(timeline.whole(self.log, self.moment, self.wanted), start=1):
            yield line
            if progress and done % _TELL_EVERY == 0:
                progress(done, self.entries)
        if progress:
            progress(done, done)

    def of_kind(self, kind: str) -> Iterator[Line]:
        """Yield the entries of one kind, oldest first."""
        return timeline.whole(self.log, self.moment, replace(self.wanted, kind=kind))

    def followers(self, roots: Iterable[int]) -> dict[int, list[Follower]]:
        """Return what hangs on each of a few entries, oldest first, as far as it is in this copy.

        `roots` are positions of first versions; those on which nothing hangs are left out.
        """
        where, values = conditions(self.wanted, self.moment, stubs=False)
        query = (
            "SELECT e.thread, e.entry, f.desk, f.number, e.kind FROM entries e JOIN entries f ON f.since = e.entry"
            f" WHERE e.thread IN ({','.join(map(str, roots))}) AND e.thread != e.entry AND {where}"
            " ORDER BY e.occurred, e.key"
        )
        found: dict[int, list[Follower]] = {}
        for root, entry, desk, number, kind in self.log.db.execute(query, values).fetchall():
            found.setdefault(root, []).append(Follower(entry, f"{desk}-{number}", kind))
        return found

    def threads(self, roots: Iterable[int]) -> dict[int, list[Line]]:
        """Return a few threads by the position of what they begin with, each oldest first, as far as in this copy."""
        where, values = conditions(self.wanted, self.moment, stubs=False)
        part = ",".join(map(str, roots))
        query = (
            f"SELECT {COLUMNS} FROM entries e WHERE (e.since IN ({part}) OR (e.entry IN ({part}) AND e.version > 0)"
            f" OR (e.thread IN ({part}) AND e.thread != e.entry)) AND {where} ORDER BY e.occurred, e.key"
        )
        rows = [Row._make(row) for row in self.log.db.execute(query, values).fetchall()]
        found: dict[int, list[Line]] = {}
        for line in self.reader.lines(rows):
            found.setdefault(line.thread, []).append(line)
        return found

    def tasks(self) -> list[TaskLine]:
        """Return the tasks that the reader may see and to which anything happened in the range, in order of asking."""
        found = board.tasks(self.log, self.moment, reader=self.for_party)
        if self.partly:
            found = [one for one in found if any(map(self.within, (one.row.proposed, *(e.at for e in one.events))))]
        return sorted(found, key=lambda one: (one.row.proposed, one.row.task))

    def readable(self, position: int) -> bool:
        """Whether the reader may read the record at a position."""
        if not self.for_party:
            return True
        values: dict[str, object] = {"seq": position, "p": self.moment.position}
        values |= {"reader": self.for_party, "reader_in": f",{self.for_party},"}
        query = f"SELECT 1 FROM entries e WHERE e.since = :seq AND {READABLE}"
        return bool(self.log.db.execute(query, values).fetchone())

    def counted(self, query: str, column: str) -> dict[str, int]:
        """Return how often each value of a column comes in the range, by a query over `entries e` up to :p.

        The most frequent comes first.
        """
        values: dict[str, object] = {"p": self.moment.position}
        if self.partly:
            query += " AND e.occurred >= :from AND e.occurred < :to"
            values |= {"from": self.since, "to": self.until or FOREVER}
        if self.for_party:
            query += f" AND {READABLE}"
            values |= {"reader": self.for_party, "reader_in": f",{self.for_party},"}
        return dict(self.log.db.execute(f"{query} GROUP BY {column} ORDER BY 2 DESC, 1", values).fetchall())

    def earlier(self, line: Line) -> tuple[Earlier, ...]:
        """Return the versions of an entry that were struck through, oldest first."""
        return tuple(self._earlier(line, struck) for struck in line.struck)

    def _earlier(self, line: Line, struck: Struck) -> Earlier:
        query = "SELECT since FROM entries WHERE (since = :e OR (entry = :e AND version > 0)) AND until = :until"
        found = self.log.db.execute(query, {"e": line.entry, "until": struck.until}).fetchone()
        record = self.log.record(found[0]) if found else None
        told = self.readable(struck.until)
        return Earlier(
            text=record.words.text if record and record.words else struck.text,
            shown=struck.text,
            frame=record.frame if record else None,
            words=record.words if record else None,
            corrected_at=struck.corrected_at,
            corrected_by=struck.corrected_by,
            reason=struck.reason if told else "",
        )

    def _head(self) -> str:
        row = self.log.db.execute("SELECT hash FROM records WHERE seq = ?", (self.moment.position,)).fetchone()
        return bytes(row[0]).hex() if row and row[0] else ""

    def _range(self) -> tuple[Millis, Millis]:
        where, values = conditions(self.wanted, self.moment)
        query = f"SELECT min(e.occurred), max(e.occurred) FROM entries e WHERE {where}"
        first, last = self.log.db.execute(query, values).fetchone()
        return first or 0, last or 0

    def _opened_as_exercise(self) -> bool:
        query = "SELECT since FROM entries WHERE kind = 'opened' ORDER BY since LIMIT 1"
        row = self.log.db.execute(query).fetchone()
        frame = self.log.record(row[0]).frame if row else None
        return isinstance(frame, Opened) and frame.exercise


def _known(sections: Iterable[str]) -> tuple[str, ...]:
    """Return the sections that were asked for, each once; raises RuleError for one that there is not."""
    found = tuple(dict.fromkeys(one.strip().casefold() for one in sections))
    for one in found:
        if one not in SECTIONS:
            raise RuleError(
                _("There is no section “{section}”. There are: {known}.").format(section=one, known=", ".join(SECTIONS))
            )
    return found
