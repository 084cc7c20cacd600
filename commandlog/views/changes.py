"""Which rows of a list may have changed between two moments of a log, and which of them it shows at either.

In a shared log, records come in below those that wait for their place, and what waits is applied anew behind them or
gets its place. What the list showed before cannot be asked of the log any more then; so what depends on waiting records
is kept here from one moment to the next (`Waiting`): a few numbers for each record that waits.
"""

from collections.abc import Iterable

from commandlog.log.chain import order_key, unpack_header
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.store import Log
from commandlog.views.filters import Filter, conditions
from commandlog.views.moments import Moment

Place = tuple[int, int]
"""Where a row stands in the order: when it happened (milliseconds UTC), and its entry's key."""

_NEW = "SELECT since, entry, thread, task FROM entries WHERE since > :then AND since <= :now"
_HOLDS = "(r.since = {0} OR (r.entry = {0} AND r.version > 0))"
_CHANGED = (
    "SELECT occurred, key FROM entries WHERE since > :then AND since <= :now"
    f" UNION SELECT occurred, key FROM entries WHERE until > :then AND until <= :now AND until < {FOREVER}"
    # what was done with an entry (assessed, answered, linked, erased) shows in its own row
    f" UNION SELECT r.occurred, r.key FROM ({_NEW}) n CROSS JOIN entries r ON {_HOLDS.format('n.thread')}"
    # and what became of a task in the row of the task, though it was given in the thread of a report
    f" UNION SELECT r.occurred, r.key FROM ({_NEW}) n CROSS JOIN entries r ON {_HOLDS.format('n.task')}"
    f" UNION SELECT r.occurred, r.key FROM links n CROSS JOIN entries r ON {_HOLDS.format('n.entry')}"
    " WHERE n.since > :then AND n.since <= :now"
    f" UNION SELECT r.occurred, r.key FROM marks n CROSS JOIN entries r ON {_HOLDS.format('n.entry')}"
    " WHERE (n.since > :then AND n.since <= :now) OR (n.until > :then AND n.until <= :now)"
    " UNION SELECT r.occurred, r.key FROM erasures n CROSS JOIN entries r ON r.since = n.record"
    " WHERE n.since > :then AND n.since <= :now"
)
_TOLD = " UNION ".join(
    f"SELECT r.occurred, r.key FROM {table} n CROSS JOIN entries o ON o.since = n.record CROSS JOIN entries r"
    f" ON {_HOLDS.format('o.entry')} WHERE {moved}"
    for table, moved in (
        ("grants", "n.since > :then AND n.since <= :now"),
        ("recalls", "n.since > :then AND n.since <= :now"),
        ("recalls", f"n.until > :then AND n.until <= :now AND n.until < {FOREVER}"),
    )
)
_MET = (
    f"WITH n AS ({_NEW}) SELECT e.occurred, e.key FROM (SELECT DISTINCT thread FROM n) t CROSS JOIN entries e"
    f" ON e.thread = t.thread AND e.thread != e.entry AND e.since >= {PROVISIONAL}"
    " UNION SELECT e.occurred, e.key FROM (SELECT DISTINCT entry FROM n) t CROSS JOIN entries e"
    f" ON e.entry = t.entry AND e.version > 0 AND e.since >= {PROVISIONAL}"
)
"""What waits and belongs to threads in which something has come in before it: it may be a conflict now."""


def shared_end(moment: Moment) -> int:
    """Return the end of the shared order at a moment."""
    return moment.shared or min(moment.position, PROVISIONAL - 1)


def touched(log: Log, wanted: Filter, then: Moment, now: Moment) -> set[Place]:
    """Return the places of all rows that began, ended or may look otherwise between two moments."""
    query = f"{_CHANGED} UNION {_TOLD}" if wanted.reader else _CHANGED
    found: set[Place] = set()
    for first, last in between(log, then, now):
        values = {"then": first - 1, "now": last}
        found.update(log.db.execute(query, values))
        if last < PROVISIONAL <= now.position:
            found.update(log.db.execute(_MET, values))
    return found | sealed_places(log, opened(log, then, now))


def between(log: Log, then: Moment, now: Moment) -> list[tuple[int, int]]:
    """Return the positions, first and last of each range, that came between two moments, or were opened."""
    ranges = [(shared_end(then) + 1, shared_end(now)), (max(then.position + 1, PROVISIONAL), now.position)]
    ranges += [(seq, seq) for seq in opened(log, then, now)]
    return [(first, last) for first, last in ranges if first <= last]


def opened(log: Log, then: Moment, now: Moment) -> list[int]:
    """Return the positions of what was sealed here, and may be read since a moment in between."""
    if now.opened <= then.opened:
        return []
    query = "SELECT DISTINCT seq FROM opened WHERE n > ? AND n <= ? AND seq <= ?"
    return [seq for (seq,) in log.db.execute(query, (then.opened, now.opened, shared_end(then)))]


def sealed_places(log: Log, positions: list[int]) -> set[Place]:
    """Return where records stood while nobody here could read them: at the keeper's time, by their own id."""
    found = set()
    for (header,) in log.db.execute(f"SELECT header FROM records WHERE seq IN ({','.join(map(str, positions))})"):
        told = unpack_header(header)
        found.add((told.kept_at, order_key(told.id)))
    return found


def matching(log: Log, wanted: Filter, places: Iterable[Place], moment: Moment) -> set[Place]:
    """Return those of a few places that a filter (without search) shows at a moment."""
    where, values = conditions(wanted, moment)
    found: set[Place] = set()
    asked = sorted(places)
    for start in range(0, len(asked), 500):
        part = ",".join(f"({occurred},{key})" for occurred, key in asked[start : start + 500])
        query = (
            f"WITH w (o, k) AS (VALUES {part}) SELECT e.occurred, e.key FROM w CROSS JOIN entries e"
            f" INDEXED BY entries_timeline ON e.occurred = w.o AND e.key = w.k WHERE {where}"
        )
        found.update(log.db.execute(query, values).fetchall())
    return found


class Waiting:
    """What a filter (without search) shows, or does not, because of records that wait for their place."""

    def __init__(self, log: Log, moment: Moment, wanted: Filter) -> None:
        self.log, self.wanted = log, wanted
        self._shown: dict[int, dict[int, bool]] = {}  # by key, by when it happened: whether it is shown
        self._refused = 0
        if moment.position >= PROVISIONAL:
            shared = Moment(shared_end(moment), moment.clock, shared_end(moment))
            places = touched(log, wanted, shared, moment)
            self._keep(places, matching(log, wanted, places, moment))
            self._refused = self._count_refused()

    def advance(self, moved: set[Place], then: Moment, now: Moment) -> tuple[set[Place], set[Place]]:
        """Return which of the places that may have changed were shown then, and which are now."""
        if now.shared == then.shared and now.opened == then.opened:
            before = matching(self.log, self.wanted, moved, then)
        else:
            moved |= self._with_same_key(moved)
            if (refused := self._count_refused()) != self._refused:
                self._refused = refused
                moved |= self._all() | touched(self.log, self.wanted, now._replace(position=shared_end(now)), now)
            known = {one: self._shown[one[1]][one[0]] for one in moved if one[0] in self._shown.get(one[1], {})}
            rest = moved - known.keys()
            ended = Moment(shared_end(then), then.clock, shared_end(then))
            before = {one for one, shown in known.items() if shown} | matching(self.log, self.wanted, rest, ended)
            if came := opened(self.log, then, now):
                before = self._before_opening(before, came, then)
        after = matching(self.log, self.wanted, moved, now)
        if now.position >= PROVISIONAL:
            self._keep(moved, after)
        else:
            self._shown.clear()
        return before, after

    def _before_opening(self, before: set[Place], came: list[int], then: Moment) -> set[Place]:
        """Return what was shown while some records were sealed: not they, but what they have ended since."""
        part, db = ",".join(map(str, came)), self.log.db
        before = before - set(db.execute(f"SELECT occurred, key FROM entries WHERE since IN ({part})").fetchall())
        ended = f"SELECT occurred, key, until FROM entries WHERE until IN ({part}) AND since NOT IN ({part})"
        for occurred, key, until in db.execute(ended):
            before |= matching(self.log, self.wanted, {(occurred, key)}, Moment(until - 1, then.clock, until - 1))
        if not self.wanted.sealed or self.wanted.narrows:
            return before
        since, until = self.wanted.since, self.wanted.until or FOREVER
        return before | {one for one in sealed_places(self.log, came) if since <= one[0] < until}

    def _keep(self, places: set[Place], shown: set[Place]) -> None:
        for occurred, key in places:
            self._shown.setdefault(key, {})[occurred] = (occurred, key) in shown

    def _with_same_key(self, places: set[Place]) -> set[Place]:
        """Return where versions of the same entries stood: a correction that is in a conflict now stands elsewhere."""
        keys = {key for _occurred, key in places if key in self._shown}
        return {(occurred, key) for key in keys for occurred in self._shown[key]}

    def _all(self) -> set[Place]:
        return {(occurred, key) for key, when in self._shown.items() for occurred in when}

    def _count_refused(self) -> int:
        return int(self.log.db.execute("SELECT count(*) FROM refused").fetchone()[0])
