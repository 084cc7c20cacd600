"""Totals that stay up to date while entries arrive: what changed is counted, not everything again."""

from commandlog.log.derived.table import FOREVER, id_at
from commandlog.log.store import Log
from commandlog.views.counts import number
from commandlog.views.filters import Filter, candidates, conditions
from commandlog.views.moments import Moment

MANY = 5_000  # records since the last time from which on all is counted again

_CHANGED = (
    "SELECT since FROM entries WHERE since > :then AND since <= :now"
    f" UNION SELECT since FROM entries WHERE until > :then AND until <= :now AND until < {FOREVER}"
)
"""The rows of entries that began or ended behind one position, up to another."""

_REACHED = (
    "SELECT record FROM grants WHERE since > :then AND since <= :now"
    " UNION SELECT record FROM recalls WHERE since > :then AND since <= :now"
    f" UNION SELECT record FROM recalls WHERE until > :then AND until <= :now AND until < {FOREVER}"
)
_REACHED_VERSIONS = (
    f"SELECT v.since FROM ({_REACHED}) x JOIN entries o ON o.since = x.record JOIN entries v ON v.since = o.entry"
    f" UNION SELECT v.since FROM ({_REACHED}) x JOIN entries o ON o.since = x.record"
    " JOIN entries v ON v.entry = o.entry AND v.version > 0"
)
"""All versions of what somebody was told, or recalled from, between both."""


class Tally:
    """How many entries a filter shows, from one moment to the next: a saved view keeps one.

    What it keeps is the number at the end of the shared order, where nothing changes any more, and the one at the end
    of what waits behind that, which holds as long as nothing comes in between.
    """

    def __init__(self, wanted: Filter) -> None:
        self.wanted = wanted
        self._position = 0
        self._id = b""
        self._number = self._opened = 0
        self._waiting = (0, 0, 0)  # the end of the shared order, of what waits behind it, and the number there

    def at(self, log: Log, moment: Moment) -> int:
        """Return the number at a moment."""
        if candidates(self.wanted) or self.wanted.search:  # may change without any row of entries, and is soon counted
            return number(log, moment, self.wanted)
        shared = min(moment.position, log.head.seq)
        if moment.opened != self._opened:
            self._id, self._opened, self._waiting = b"", moment.opened, (0, 0, 0)
        if not 0 <= shared - self._position <= MANY or not self._id or id_at(log.db, self._position) != self._id:
            self._number = number(log, Moment(shared, moment.clock), self.wanted)
        else:
            self._number += self._change(log, self._position, shared)
        self._position, self._id = shared, id_at(log.db, shared)
        before, position, number_then = self._waiting
        if moment.position == shared:
            found = self._number
        elif before == shared < position <= moment.position:
            found = number_then + self._change(log, position, moment.position)
        else:
            found = self._number + self._waits(log, shared, moment.position)
        self._waiting = shared, moment.position, found
        return found

    def _waits(self, log: Log, shared: int, position: int) -> int:
        """Return how many more there are behind all that waits than at the end of the shared order."""
        now, values = conditions(self.wanted, Moment(position, 0))
        come = f"SELECT count(*) FROM entries e NOT INDEXED WHERE e.since > :shared AND {now}"
        number_now = int(log.db.execute(come, {**values, "shared": shared}).fetchone()[0])
        query = f"SELECT since FROM entries WHERE until > :then AND until < {FOREVER} AND until <= :now"
        query += f" UNION {_REACHED_VERSIONS}" if self.wanted.reader else ""
        rows = log.db.execute(query, {"then": shared, "now": position}).fetchall()
        changed = ",".join(str(since) for (since,) in rows if since <= shared)
        return number_now + self._matches(log, changed, position) - self._matches(log, changed, shared)

    def _change(self, log: Log, then: int, now: int) -> int:
        """Return how many more there are at one position than at another."""
        if then == now:
            return 0
        query = f"{_CHANGED} UNION {_REACHED_VERSIONS}" if self.wanted.reader else _CHANGED
        rows = log.db.execute(query, {"then": then, "now": now}).fetchall()
        touched = ",".join(str(since) for (since,) in rows)
        return self._matches(log, touched, now) - self._matches(log, touched, then)

    def _matches(self, log: Log, touched: str, position: int) -> int:
        where, values = conditions(self.wanted, Moment(position, 0))
        query = f"SELECT count(*) FROM entries e WHERE e.since IN ({touched}) AND {where}"
        return int(log.db.execute(query, values).fetchone()[0])
