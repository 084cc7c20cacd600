"""How full each place is: the latest count, what went in and out since, and how that went over time.

People present are counted at a moment; those who went in or out are counted from the count before, so that the present
number is the last one that was counted plus what went in, less what went out since. A percentage that was said later
holds from then on in the same way. Who only counts at a gate does not say how many are there: that never takes away a
warning, but those who certainly are there can give one.
"""

from collections.abc import Iterator

from msgspec import Struct

from commandlog.log.derived.counts import CountRow
from commandlog.log.store import Log
from commandlog.model.covenant import Covenant
from commandlog.model.frames import Millis
from commandlog.views.filters import READABLE
from commandlog.views.lines import Reader
from commandlog.views.moments import Moment


class Count(Struct, frozen=True):
    """One count: when (milliseconds UTC), what it measures, its number, and how people call the entry."""

    at: Millis
    measure: str
    number: int
    reference: str


class Crowd(Struct, frozen=True):
    """How full a place is at a moment.

    `present` is how many people are there, None where that was never counted; `went_in` and `went_out` are those since
    the last time that people present were counted, or since the beginning, and `balance` their difference. `percent` is
    of what the place holds (`capacity`, 0: not known): as it was last said, or from `present`. `warned` says that it is
    at `warn_at` percent or more.
    """

    place: str
    at: Millis
    present: int | None
    went_in: int
    went_out: int
    percent: int | None
    capacity: int
    warn_at: int
    latest: Count

    @property
    def balance(self) -> int:
        """How many more went in than out."""
        return self.went_in - self.went_out

    @property
    def warned(self) -> bool:
        """Whether the place is as full as the covenant warns of."""
        return bool(self.warn_at) and self.percent is not None and self.percent >= self.warn_at


_PLACES = (
    "WITH RECURSIVE one (place) AS (SELECT min(place) FROM counts UNION ALL"
    " SELECT (SELECT min(place) FROM counts WHERE place > one.place) FROM one WHERE place IS NOT NULL)"
    " SELECT place FROM one WHERE place IS NOT NULL"
)
"""The places that were ever counted: one step along the index for each, however often that was."""


def crowd(log: Log, moment: Moment, reader: str = "") -> list[Crowd]:
    """Return how full each place is that was counted: those that are warned of first, then as the covenant has them."""
    covenant = log.covenant(moment.position)
    order = {place.code: number for number, place in enumerate(covenant.places)}
    looking = Reader(log, moment, reader)
    places = log.db.execute(_PLACES).fetchall()
    found = [one for (place,) in places if (one := _crowd(looking, covenant, place))]
    found.sort(key=lambda one: (not one.warned, order.get(one.place, len(order)), one.place))
    return found


def at_place(log: Log, moment: Moment, place: str, reader: str = "") -> Crowd | None:
    """Return how full one place is, None where it was never counted."""
    return _crowd(Reader(log, moment, reader), log.covenant(moment.position), place)


def series(
    log: Log, moment: Moment, place: str, *, since: Millis = 0, until: Millis = 0, reader: str = ""
) -> list[Count]:
    """Return the counts of a place, oldest first, that were made from one time up to another (0: no end)."""
    looking = Reader(log, moment, reader)
    rows = [row for row in _rows(looking, place) if row.counted >= since and not (until and row.counted >= until)]
    return [_count(looking, row) for row in reversed(rows)]


def warnings(log: Log, moment: Moment, reader: str = "") -> list[Crowd]:
    """Return the places that are as full as the covenant warns of."""
    return [one for one in crowd(log, moment, reader) if one.warned]


def _rows(looking: Reader, place: str) -> Iterator[CountRow]:
    """Yield the counts of a place, newest first."""
    query = (
        "SELECT c.* FROM counts c JOIN entries e ON e.since = c.since"
        " WHERE c.place = :place AND c.since <= :p AND c.until > :p"
    )
    values: dict[str, object] = {"p": looking.moment.position, "place": place}
    if looking.reader:
        query += f" AND {READABLE}"
        values |= {"reader": looking.reader, "reader_in": f",{looking.reader},"}
    for row in looking.log.db.execute(f"{query} ORDER BY c.counted DESC, c.entry DESC", values):
        yield CountRow._make(row)


def _crowd(looking: Reader, covenant: Covenant, place: str) -> Crowd | None:
    """Return how full a place is: what was counted before people present were counted last is not looked at."""
    latest: CountRow | None = None
    said: CountRow | None = None
    present: int | None = None
    since_said = 0
    moved = {"in": 0, "out": 0}
    for row in _rows(looking, place):
        latest = latest or row
        if row.measure == "present":
            present = row.number
            break
        if row.measure != "percent":
            moved[row.measure] += row.number
        elif said is None:
            said, since_said = row, moved["in"] - moved["out"]
    if latest is None:
        return None
    balance = moved["in"] - moved["out"]
    if present is not None:
        present = max(0, present + balance)
    known = covenant.place(place)
    capacity, warn_at = (known.capacity, known.warn_at) if known else (0, 0)
    percent = _percent(present, balance, capacity, warn_at)
    if said:
        percent = _adjusted(said.number, since_said, capacity)
    return Crowd(
        place=place,
        at=latest.counted,
        present=present,
        went_in=moved["in"],
        went_out=moved["out"],
        percent=percent,
        capacity=capacity,
        warn_at=warn_at,
        latest=_count(looking, latest),
    )


def _adjusted(said: int, balance: int, capacity: int) -> int:
    """Return a percentage that was said, by what went in and out since: in whole per cents, no less than 0.

    Less than one is nothing in either direction, so that five who leave do not end a warning that was said.
    """
    moved = 100 * abs(balance) // capacity if capacity else 0
    return max(0, said + (moved if balance > 0 else -moved))


def _percent(present: int | None, balance: int, capacity: int, warn_at: int) -> int | None:
    """Return how full a place is by those present, None where that is not known.

    Where nobody counted those present, as many as went in and not out are there at the least: that is said only where
    it is enough for a warning, since anything below could be wrong.
    """
    if not capacity:
        return None
    if present is not None:
        return 100 * present // capacity
    least = 100 * balance // capacity
    return least if warn_at and least >= warn_at else None


def _count(looking: Reader, row: CountRow) -> Count:
    return Count(row.counted, row.measure, row.number, looking.reference_at(row.entry))
