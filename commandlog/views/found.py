"""Rows of what is searched for, of what is in a state, or of an incident: a list of places, found newest first.

What is found this way lies scattered over the log, so its places are kept (sixteen bytes each) instead of bookmarks.
"""

import time
from bisect import bisect_left

from commandlog.log.store import Log
from commandlog.views.changes import Place, between, matching, touched
from commandlog.views.filters import Filter, among, candidates, conditions
from commandlog.views.lines import COLUMNS, Line, Reader, Row
from commandlog.views.moments import Moment
from commandlog.views.rows import Change, Rows
from commandlog.views.search import expression
from commandlog.views.timeline import few_rows

PIECE = 500  # matches of a search that are looked up at a time, at most
_FIRST = 48  # matches looked up at first: a screen, and the hands go on
_FEWEST = 16
_PATIENCE = 0.002  # seconds that this may take; where it takes longer, fewer are looked up


def rows_of(log: Log, moment: Moment, wanted: Filter) -> "Rows | Found":
    """Return the rows of any filter; raises RuleError for a search that has nothing to look for."""
    if wanted.search or wanted.state or wanted.incident:
        return Found(log, moment, wanted)
    few = few_rows(log, moment, wanted)
    return Rows(log, moment, wanted) if few is None else Found(log, moment, wanted, few)


class Found:
    """The rows of a filter with a search, a state or an incident, or that shows few; it does what `Rows` does."""

    def __init__(self, log: Log, moment: Moment, wanted: Filter, few: list[int] | None = None) -> None:
        """Find the newest, or a few by their positions; raises RuleError for a search with nothing to look for."""
        self.log, self.moment, self.wanted = log, moment, wanted
        self._match = expression(wanted.search) if wanted.search else ""
        self._few = few
        self._next = moment.position
        self._refused = int(log.db.execute("SELECT count(*) FROM refused").fetchone()[0])
        self._places: list[Place] = []
        self._wanted_rows = _FIRST
        self.complete = False
        self.extend()

    @property
    def count(self) -> int:
        """How many rows are known."""
        return len(self._places)

    def extend(self) -> list[Change]:
        """Find more, of older records; returns which rows come."""
        if self.complete:
            return []
        if self._match:
            come = self._older()
        else:
            self.complete = True
            come = self._all() if self._few is None else self._shown(f"e.since IN ({','.join(map(str, self._few))})")
        return self._insert(come)

    def lines(self, first: int, last: int) -> list[Line]:
        """Return the rows from `first` up to and not including `last`, ready to show."""
        part = self._places[max(first, 0) : max(last, 0)]
        if not part:
            return []
        wanted = ",".join(f"({occurred},{key})" for occurred, key in part)
        query = (
            f"WITH w (o, k) AS (VALUES {wanted}) SELECT {COLUMNS} FROM w CROSS JOIN entries e INDEXED BY"
            " entries_timeline ON e.occurred = w.o AND e.key = w.k AND e.since <= :p AND e.until > :p"
            " ORDER BY e.occurred, e.key"
        )
        rows = [Row._make(row) for row in self.log.db.execute(query, {"p": self.moment.position})]
        return Reader(self.log, self.moment, self.wanted.reader).lines(rows)

    def row_of(self, place: Place) -> int:
        """Return the row at which a place in the order is, or would be."""
        return bisect_left(self._places, place)

    def advance(self, moment: Moment) -> list[Change]:
        """Go on to a later moment; returns what happened to which rows, one after the other."""
        then, self.moment = self.moment, moment
        if moment.place == then.place:
            return []
        moved = touched(self.log, self.wanted, then, moment)
        known = set(self._places)
        if (moment.shared, moment.opened) != (
            then.shared,
            then.opened,
        ):  # versions stood elsewhere
            moved |= self._elsewhere(moved, known)
        if self.wanted.state or self.wanted.incident:
            after = self._all()
            gone = known - after
        else:
            after = self._still(moved, then) if self._match else self._matching(moved)
            gone = (known & moved) - after
        changes = []
        for place in sorted(gone, reverse=True):
            row = self.row_of(place)
            del self._places[row]
            changes.append(Change("removed", row))
        changes += self._insert(after - known)
        return changes + [Change("changed", self.row_of(one)) for one in sorted(moved & known & after)]

    def _elsewhere(self, moved: set[Place], known: set[Place]) -> set[Place]:
        """Return the known places of entries that moved, and those at which nothing stands any more."""
        keys = {key for _occurred, key in moved}
        refused = int(self.log.db.execute("SELECT count(*) FROM refused").fetchone()[0])
        if refused == self._refused:
            return {one for one in known if one[1] in keys}
        self._refused = refused
        return known

    def _older(self) -> set[Place]:
        """Return the places of the matches before those that are known."""
        begun, many = time.perf_counter(), min(PIECE, self._wanted_rows)
        query = "SELECT rowid FROM fulltext WHERE fulltext MATCH ? AND rowid <= ? ORDER BY rowid DESC LIMIT ?"
        seqs = [seq for (seq,) in self.log.db.execute(query, (self._match, self._next, many))]
        self.complete = len(seqs) < many
        self._next = seqs[-1] - 1 if seqs else 0
        come = self._shown(f"e.since IN ({','.join(map(str, seqs))})")
        slow = time.perf_counter() - begun > _PATIENCE
        self._wanted_rows = max(_FEWEST, many // 2) if slow else many * 2
        return come

    def _insert(self, come: set[Place]) -> list[Change]:
        """Take in places; returns the rows at which they stand, runs of neighbours as one."""
        if come and (not self._places or max(come) < self._places[0]):
            self._places[:0] = sorted(come)
            return [Change("inserted", 0, len(come))]
        changes: list[Change] = []
        for place in sorted(come):
            row = self.row_of(place)
            if self._places[row : row + 1] == [place]:  # it changed before its turn came
                continue
            self._places.insert(row, place)
            last = changes[-1] if changes else Change("", -2, 0)
            if row == last.row + last.many:
                changes[-1] = last._replace(many=last.many + 1)
            else:
                changes.append(Change("inserted", row))
        return changes

    def _all(self) -> set[Place]:
        """Return the places of everything that is in the state, or in the incident."""
        limits = among(entries) if (entries := candidates(self.wanted)) else "1"
        found = self._shown(limits)
        return self._matching(found) if self._match else found

    def _shown(self, limits: str) -> set[Place]:
        where, values = conditions(self.wanted, self.moment)
        query = f"SELECT e.occurred, e.key FROM entries e NOT INDEXED WHERE {limits} AND {where}"
        return set(self.log.db.execute(query, values).fetchall())

    def _matching(self, places: set[Place]) -> set[Place]:
        """Return those of a few places that the filter, and its search, show."""
        found = matching(self.log, self.wanted, places, self.moment)
        return {one for one in found if self._says(one)} if self._match else found

    def _still(self, moved: set[Place], then: Moment) -> set[Place]:
        """Return those of the places that changed that are found now; the full text is asked about new words only.

        Words that were there before were looked up before: they are found where they were, and not where the filter
        had shown them and the search had not. What lies before `_next` is found in its turn.
        """
        now = matching(self.log, self.wanted, moved, self.moment)
        if not now:
            return now
        known, begins = set(self._places), self._begins(now)
        ranges = between(self.log, then, self.moment)
        new = {one for one in now if any(first <= begins[one] <= last for first, last in ranges)}
        said: set[int] = set()
        if new:
            query = "SELECT rowid FROM fulltext WHERE fulltext MATCH ? AND rowid >= ? AND rowid <= ?"
            said = {seq for one in ranges for (seq,) in self.log.db.execute(query, (self._match, *one))}
        old = (now - new) - known
        if (then.shared, then.opened) == (self.moment.shared, self.moment.opened):
            told = old - matching(self.log, self.wanted, old, then) if old else old
        else:
            told = old
        query = "SELECT record FROM erasures WHERE since >= ? AND since <= ?"
        erased = {seq for one in ranges for (seq,) in self.log.db.execute(query, one)}
        unsure = {one for one in told if begins[one] > self._next} | {
            one for one in now & known if begins[one] in erased
        }
        sure = {one for one in new if begins[one] in said} | ((now - new) & known)
        return {one for one in sure | unsure if one not in unsure or self._says(one)}

    def _begins(self, places: set[Place]) -> dict[Place, int]:
        """Return from which position on what stands at a few places holds."""
        query = (
            "SELECT since FROM entries INDEXED BY entries_timeline WHERE occurred = ? AND key = ? AND since <= ?"
            " AND until > ?"
        )
        at = self.moment.position
        return {one: int(self.log.db.execute(query, (*one, at, at)).fetchone()[0]) for one in places}

    def _says(self, place: Place) -> bool:
        query = (
            "SELECT 1 FROM entries e INDEXED BY entries_timeline CROSS JOIN fulltext f ON f.rowid = e.since"
            " WHERE e.occurred = ? AND e.key = ? AND e.since <= ? AND e.until > ? AND fulltext MATCH ?"
        )
        values = (*place, self.moment.position, self.moment.position, self._match)
        return bool(self.log.db.execute(query, values).fetchone())
