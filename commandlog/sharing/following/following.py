"""Following the shared log: what others wrote comes into this desk's own file, checked, in its place.

Nothing is held while the server is asked: what was read is checked in memory, and then goes in at once. Whoever presses
Enter meanwhile goes first.
"""

import time
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import psycopg

from commandlog.language import _
from commandlog.log import chain
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.erasing import take_away
from commandlog.log.promised import keep_promised, keep_to_open, to_open
from commandlog.log.reading import newer_record
from commandlog.log.rebuild import GaveWay, Stored, rebase, says, stored
from commandlog.log.store import Log
from commandlog.model.keeping import Erased
from commandlog.model.records import NewerRecord
from commandlog.sharing.following.branching import branches, go_back, last_common, lost_words
from commandlog.sharing.following.checking import Checker, Row, Wrong
from commandlog.sharing.following.forked import forked
from commandlog.sharing.following.paging import FEW, FIRST, Pages
from commandlog.sharing.following.trust import Desks
from commandlog.sharing.link import Revoked

MANY, BEHIND_MINE = 500, 2_000
"""Records that are asked for at a time when catching up, and when own ones wait behind them."""
PACE = 1.0  # seconds between two rebases of what waits, or more where one takes long: a fifth of the time at most
HEAVY = 500_000  # records behind what can be read (some 0.4 s of looking), from which on it waits until nobody writes
QUIET = 10.0  # seconds without anything written here, after which that is begun
INSIST = 5.0  # seconds of giving way after which a rebase goes first, once: who never stops writing must follow too

_PARTS = """
SELECT seq, frame, words, words_hash, erased_by FROM commandlog.parts WHERE seq = ANY(%s) ORDER BY seq
"""


class Pulled(NamedTuple):
    """What came of asking once: records `taken`, up to which position, and whether `more` is there to be taken now.

    With `later`, something is there that is not taken before then (time.monotonic).
    """

    taken: int
    upto: int
    more: bool = False
    later: float = 0.0


class _Page(NamedTuple):
    """What one pull takes: records, and the checker that stands behind them.

    `opened` were sealed here and can be read now; those at `later` can, too, and wait until nobody writes.
    """

    checker: Checker
    rows: list[Row]
    opened: list[Stored]
    later: frozenset[int] = frozenset()


def _parts(rows: list[Row]) -> Iterator[list[Row]]:
    """Yield rows that come in before what waits, so many at a time as the window shows without a halt.

    A part ends where a keeper vouches for it, so that not every signature has to be checked.
    """
    part = list[Row]()
    for row in rows:
        part.append(row)
        if row.signature is not None and len(part) >= FEW:
            yield part
            part = []
    if part:
        yield part


class Follower:
    """Brings one desk's file up to date from one connection. Not for two threads."""

    def __init__(self, log: Log, conn: psycopg.Connection, pinned: bytes, most: int = FIRST) -> None:
        """`pinned` is the public key of the first keeper, empty where it is not known yet.

        `most` is how many bytes are asked for at a time at first: few on a bad line, where many may never arrive.
        """
        if log.member is None:
            raise AssertionError("a log of its own follows nobody")
        log.refresh()
        self.log, self.conn, self.member, self._pinned = log, conn, log.member, pinned
        self._checker = Checker(log.db, log.id, log.member, log.head, Desks.of(log.db, pinned))
        self.to_open = to_open(log.db)
        """Records that can be read, and are opened here when nobody has written for a while."""
        self._written = (0, 0.0)
        self.pages = Pages(conn, most)
        self._rested = 0.0
        self._insist = 0.0
        self._full = False

    @property
    def desks(self) -> Desks:
        """Whose signatures count, as far as this desk has the log."""
        return self._checker.desks

    def pull(self) -> Pulled:
        """Ask for what is next, check it and take it; one round trip where nothing was erased or opened.

        Raises Forked with the evidence kept where what the server says cannot be, psycopg.Error where it does not
        answer, Unavailable or Damaged where the file cannot be written.
        """
        self.log.refresh()
        head, waits = self.log.head.seq, self.log.tip >= PROVISIONAL
        count = (BEHIND_MINE if waits else MANY) if self._full else FEW
        rows = list[Row]()
        try:
            rows, full = self.pages.page(head, count, vouched=self._full)
            if head and (not rows or (rows[0].seq, rows[0].hash) != self.log.head[:2]):
                return self._elsewhere(rows)
            rows = rows[bool(head) :]
            if not rows:
                self._checker.all_here()
                self._full = False
                return self._open_later(head)
            start, mine = time.monotonic(), self._own(rows) if waits else []
            slow = waits and len(mine) < len(rows)
            if slow and not full and start < self._rested:
                if not mine:
                    return Pulled(0, head, later=self._rested)
                slow, rows = False, mine
            for part in _parts(rows) if waits else [rows]:
                page = self._checked(part)
                if not self._take(page):
                    return Pulled(self.log.head.seq - head, self.log.head.seq, more=True)
                self._checker = page.checker
        except (Wrong, msgspec.ValidationError) as wrong:
            raise forked(self.log, getattr(wrong, "position", head + 1), str(wrong), rows) from wrong
        if slow:
            now = time.monotonic()
            self._rested = now + max(PACE, 4 * (now - start))
        self._full = full
        return Pulled(len(rows), self._checker.head.seq, more=full)

    def _elsewhere(self, rows: list[Row]) -> Pulled:
        """Follow a server that does not have this file's own last record where a person decided so; else raise."""
        head, lacks = self.log.head.seq, not rows or rows[0].seq != self.log.head.seq
        admitted = "SELECT commandlog.my_readers() IS NOT NULL"
        if lacks and not self.member.keeper and self.conn.execute(admitted).fetchone() != (True,):
            raise Revoked(_("This desk may no longer take part in the shared log: its login was taken away."))
        after = 0 if self.member.keeper else last_common(self.log, self.conn)
        beyond = [row for row in self.pages.page(after, 1)[0] if row.seq > after] if after else []
        if beyond and branches(self.log, self.desks, after, beyond[0]) and self._go_back(after, beyond[0]):
            self._checker = Checker(
                self.log.db, self.log.id, self.member, self.log.head, Desks.of(self.log.db, self._pinned)
            )
            return Pulled(0, after, more=True)
        if lacks:
            lost = after + 1 if after else head
            raise forked(self.log, lost, "the last record of this desk is not there", rows, "rewound")
        raise forked(self.log, head, "the last record of this desk is another one there", rows)

    def _go_back(self, after: int, row: Row) -> bool:
        """Go on from there; what a decision had erased that is lost is told again."""
        without = {seq: one for seq in lost_words(self.log, after) for one in stored(self.log.db, seq, seq)}
        told = [one.stored for one in self._parts(without) if one.words is not None] if without else []
        restored = [one for one in told if says(one, chain.unpack_header(one.header).digest)]
        return go_back(self.log, after, row, restored)

    def _checked(self, rows: list[Row]) -> _Page:
        """Check rows, and what they open."""
        wanted = sorted({seq for row in rows for seq in row.opened or () if seq < rows[0].seq})
        sealed = self._sealed(wanted)
        opened = self._parts(sealed) if sealed else []
        if opened and rows[0].seq - opened[0].seq > HEAVY:
            later = frozenset(row.seq for row in opened)
            return _Page(self._checker.checked(rows, []), rows, [], self.to_open | later)
        checker = self._checker.checked(rows, opened)
        return _Page(checker, rows, [row.stored for row in opened], self.to_open)

    def _open_later(self, head: int) -> Pulled:
        """Open what waited for that, where nobody has written for a while; whoever writes meanwhile goes first."""
        if not self.to_open:
            return Pulled(0, head)
        version, now = self.log.db.execute("PRAGMA data_version").fetchone()[0], time.monotonic()
        if version != self._written[0]:
            self._written = (version, now)
        if now - self._written[1] > QUIET:
            self._written = (version, now)  # where somebody goes first, it is tried again after a while
            opened = self._parts(self._sealed(sorted(self.to_open)))
            page = _Page(self._checker.checked([], opened), [], [row.stored for row in opened])
            if self._take(page):
                self._checker = page.checker
        return Pulled(0, head)

    def _sealed(self, wanted: list[int]) -> dict[int, Stored]:
        """Return those of these records that are sealed here.

        Words that are here go by nothing but a decision that can be read here, and names them: by its own place.
        """
        found = [one for seq in wanted for one in stored(self.log.db, seq, seq)]
        return {one.seq: one for one in found if one.frame is None}

    def _parts(self, here: dict[int, Stored]) -> list[Row]:
        """Return what the server says now of records that this file has, as far as they can be read."""
        with self.conn.cursor(binary=True) as cursor:
            parts = cursor.execute(_PARTS, (list(here),)).fetchall()
        return [
            msgspec.convert((seq, here[seq].header, here[seq].hash, *part), Row) for seq, *part in parts if seq in here
        ]

    def _own(self, rows: list[Row]) -> list[Row]:
        """Return those rows with which the page begins that are the first of what waits here, in its order."""
        waiting = stored(self.log.db, PROVISIONAL, FOREVER)
        own = list[Row]()
        for row, mine in zip(rows, waiting, strict=False):
            if row.header[26:42] != mine.header[26:42]:
                break
            own.append(row)
        return own

    def _take(self, page: _Page) -> bool:
        """Put what was checked into the file; returns False where somebody who writes went first."""
        rows, first = page.rows, page.checker.head.seq - len(page.rows) + 1
        try:
            with self.log.writing():
                give_way = self._give_way if rows else self.log.is_wanted
                rebase(self.log, (row.stored for row in rows), page.opened, give_way)
                for one in page.opened:  # a decision that could not be read when it came
                    if isinstance((said := one.applied()).frame, Erased):
                        take_away(self.log.db, one.seq, said.id)
                signed = [(row.seq, row.hash, row.signer, row.signature) for row in rows if row.signature is not None]
                self.log.db.executemany("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)", signed)
                if page.checker.promised != self._checker.promised:
                    keep_promised(self.log.db, page.checker.promised)
                if page.later != self.to_open:
                    keep_to_open(self.log.db, page.later)
        except GaveWay:
            self._insist = self._insist or time.monotonic() + INSIST
            return False
        except NewerRecord as error:
            raise newer_record(first) from error
        except (msgspec.MsgspecError, ValueError, TypeError, OverflowError) as error:
            raise forked(self.log, first, f"a record cannot be read: {error}", rows) from error
        self._insist, self.to_open = 0.0, page.later
        return True

    def _give_way(self) -> bool:
        return (not self._insist or time.monotonic() < self._insist) and self.log.is_wanted()
