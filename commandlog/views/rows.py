"""Which entry stands in which row of a list, for lists of a million: bookmarks, not ids.

A list that is scrolled needs to know how many rows there are and which come next to each other. Reading a million keys
for that would hold up the first screen; so the newest rows are known at once, the bookmarks of older ones are read
step by step towards the beginning (`extend`), and what changes in the log moves just the rows that it touches
(`advance`, with `changes` of which places that may be). A bookmark is the place in the order (`occurred`, `key`) at
which a stretch of rows begins.
"""

import time
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import Any, NamedTuple

from commandlog.log.store import Log
from commandlog.views.changes import Place, Waiting, touched
from commandlog.views.filters import Filter, conditions
from commandlog.views.lines import COLUMNS, Line, Reader, Row
from commandlog.views.moments import Moment

STRETCH = 256  # rows between two bookmarks, at most: what has to be stepped over to find a row
AT_ONCE = 1_024  # rows that are looked for at a time
_FEWEST = 64
_MANY = 8  # places of one stretch from which on their rows are found together
_PATIENCE = 0.002  # seconds that this may take; where matches lie far apart, fewer are looked for
_FROM = "FROM entries e INDEXED BY entries_timeline WHERE"
_KEY = "SELECT e.occurred, e.key"


class Change(NamedTuple):
    """What happened to `many` rows from one on: "inserted", "removed" or "changed"; in the order in which they come."""

    what: str
    row: int
    many: int = 1


class Rows:
    """The rows of a filter at a moment, oldest first. For what is found by search, state or incident: `Found`.

    `count` is how many are known; with `complete`, that is all of them. Until then the older ones come in front
    (`extend`), and the row numbers of those that are known grow by as many.
    """

    def __init__(self, log: Log, moment: Moment, wanted: Filter) -> None:
        """Find the newest rows."""
        self.log, self.moment, self.wanted = log, moment, wanted
        self.complete = False
        self._wanted_rows = _FEWEST
        self._begins: list[Place] = []
        self._sizes: list[int] = []
        self._before: list[int] = [0]
        self._waiting = Waiting(log, moment, wanted)
        self.extend()

    @property
    def count(self) -> int:
        """How many rows are known."""
        return self._before[-1]

    def extend(self) -> list[Change]:
        """Find more towards the beginning; returns which rows come (in front)."""
        if self.complete:
            return []
        begun = time.perf_counter()
        where, values = self._where()
        if self._begins:
            where += " AND (e.occurred, e.key) < (:o, :k)"
            values |= {"o": self._begins[0][0], "k": self._begins[0][1]}
        query = f"{_KEY} {_FROM} {where} ORDER BY e.occurred DESC, e.key DESC LIMIT {self._wanted_rows}"
        found = self.log.db.execute(query, values).fetchall()
        self.complete = len(found) < self._wanted_rows
        for last in range(STRETCH - 1, len(found) + STRETCH - 1, STRETCH):
            part = found[last - STRETCH + 1 : last + 1]
            self._begins.insert(0, part[-1])
            self._sizes.insert(0, len(part))
        self._sum()
        slow = time.perf_counter() - begun > _PATIENCE
        self._wanted_rows = max(_FEWEST, self._wanted_rows // 2) if slow else min(AT_ONCE, self._wanted_rows * 2)
        return [Change("inserted", 0, len(found))] if found else []

    def lines(self, first: int, last: int) -> list[Line]:
        """Return the rows from `first` up to and not including `last`, ready to show."""
        if not 0 <= first < min(last, self.count):
            return []
        stretch = bisect_right(self._before, first) - 1
        where, values = self._where()
        values |= {"o": self._begins[stretch][0], "k": self._begins[stretch][1]}
        values |= {"limit": min(last, self.count) - first, "skip": first - self._before[stretch]}
        keys = f"SELECT e.since {_FROM} (e.occurred, e.key) >= (:o, :k) AND {where} ORDER BY e.occurred, e.key"
        query = (
            f"SELECT {COLUMNS} FROM ({keys} LIMIT :limit OFFSET :skip) w CROSS JOIN entries e ON e.since = w.since"
            " ORDER BY e.occurred, e.key"
        )
        rows = [Row._make(row) for row in self.log.db.execute(query, values)]
        return Reader(self.log, self.moment, self.wanted.reader).lines(rows)

    def row_of(self, place: Place) -> int:
        """Return the row at which a place in the order is, or would be; -1 before the rows that are known."""
        if not self._begins or place < self._begins[0]:
            return 0 if self.complete else -1
        stretch = bisect_right(self._begins, place) - 1
        where, values = self._where()
        begins = self._begins[stretch]
        values |= {"o": begins[0], "k": begins[1], "to_o": place[0], "to_k": place[1]}
        query = f"SELECT count(*) {_FROM} (e.occurred, e.key) >= (:o, :k) AND (e.occurred, e.key) < (:to_o, :to_k)"
        (before,) = self.log.db.execute(f"{query} AND {where}", values).fetchone()
        return self._before[stretch] + int(before)

    def advance(self, moment: Moment) -> list[Change]:
        """Go on to a later moment; returns what happened to which rows, one after the other."""
        then, self.moment = self.moment, moment
        if moment.place == then.place:
            return []
        moved = touched(self.log, self.wanted, then, moment)
        before, after = self._waiting.advance(moved, then, moment)
        gone = sorted(one for one in before - after if self._knows(one))
        come = sorted(one for one in after - before if self._knows(one))
        changes = [Change("removed", self._row_before(one, gone, come)) for one in reversed(gone)]
        for one in gone:
            self._resize(one, -1)
        for one in come:
            self._resize(one, 1)
            changes.append(Change("inserted", self.row_of(one)))
        return changes + [Change("changed", row) for row in self._rows_of(before & after)]

    # -- what advance is made of ---------------------------------------------------------------------------------------

    def _row_before(self, place: Place, gone: list[Place], come: list[Place]) -> int:
        """Return the row at which a place was, before any of what went and came was taken in."""
        begins = self._begins[bisect_right(self._begins, place) - 1]
        went = sum(begins <= one < place for one in gone)
        return self.row_of(place) + went - sum(begins <= one < place for one in come)

    def _rows_of(self, places: set[Place]) -> list[int]:
        """Return the rows of known places, in their order; many of one stretch are found in one go."""
        by_stretch: dict[int, list[Place]] = {}
        for one in sorted(filter(self._knows, places)):
            by_stretch.setdefault(bisect_right(self._begins, one) - 1, []).append(one)
        found: list[int] = []
        for stretch, wanted in by_stretch.items():
            if len(wanted) < _MANY:
                found += [self.row_of(one) for one in wanted]
            else:
                where, values = self._where()
                values |= {"o": self._begins[stretch][0], "k": self._begins[stretch][1], "size": self._sizes[stretch]}
                query = f"{_KEY} {_FROM} (e.occurred, e.key) >= (:o, :k) AND {where} ORDER BY e.occurred, e.key"
                known = self.log.db.execute(f"{query} LIMIT :size", values).fetchall()
                found += [self._before[stretch] + bisect_left(known, one) for one in wanted]
        return found

    def _knows(self, place: Place) -> bool:
        return self.complete or (bool(self._begins) and place >= self._begins[0])

    def _resize(self, place: Place, by: int) -> None:
        """Take in one row more, or less, at a place; a stretch that grew too long is cut in two."""
        if not self._begins:
            self._begins, self._sizes = [place], [0]
        self._begins[0] = min(self._begins[0], place)
        stretch = bisect_right(self._begins, place) - 1
        self._sizes[stretch] += by
        if self._sizes[stretch] > 2 * STRETCH:
            self._cut(stretch)
        self._sum()

    def _cut(self, stretch: int) -> None:
        where, values = self._where()
        values |= {"o": self._begins[stretch][0], "k": self._begins[stretch][1]}
        query = f"{_KEY} {_FROM} (e.occurred, e.key) >= (:o, :k) AND {where} ORDER BY e.occurred, e.key"
        middle = self.log.db.execute(f"{query} LIMIT 1 OFFSET {STRETCH}", values).fetchone()
        if middle and (stretch + 1 == len(self._begins) or middle < self._begins[stretch + 1]):
            self._begins.insert(stretch + 1, middle)
            self._sizes[stretch : stretch + 1] = [STRETCH, self._sizes[stretch] - STRETCH]

    def _sum(self) -> None:
        self._before = [0, *accumulate(self._sizes)]

    def _where(self) -> tuple[str, dict[str, Any]]:
        return conditions(self.wanted, self.moment)
