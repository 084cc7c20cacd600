"""What to show of a log, and for whom: filters as people set them, as conditions that the database can answer."""

from typing import Any

from msgspec import Struct

from commandlog.log.derived.entries import priority_name
from commandlog.model.frames import Millis
from commandlog.model.records import SYSTEM_KINDS
from commandlog.views.moments import Moment


class Filter(Struct, frozen=True):
    """What to show; everything that is empty does not filter.

    `reader` is the party for which the page is made: it sees what its party may read and nothing else. `since` and
    `until` are moments of happening (milliseconds UTC). `state` is one of a report ("received") or a task ("accepted").
    `significant` shows only what was marked so, `system` also what the program wrote of itself. With `sealed`, a reader
    also sees that there are entries that it may not read: when they were written and at whose desk, nothing else.
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
    significant: bool = False
    sealed: bool = False

    @property
    def narrows(self) -> bool:
        """Whether what an entry says decides that it is shown."""
        return any(getattr(self, name) for name in (*_PLAIN, "priority", "state", "search", "incident", "significant"))


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


def conditions(wanted: Filter, moment: Moment, *, stubs: bool = True) -> tuple[str, dict[str, Any]]:
    """Return what a row must meet, as SQL over `e`, and the values that it names.

    With `stubs`, a reader also gets the rows of entries that it had been told and may not read as they are now; it
    sees that they are there, and no more. They meet no filter that looks at what an entry says.
    """
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
        where.append(_seen(wanted) if stubs and not wanted.narrows else READABLE)
        values["reader"], values["reader_in"] = wanted.reader, f",{wanted.reader},"
    if wanted.state:
        where.append(_in_state(wanted.state))
    if wanted.incident:
        where.append(f"EXISTS (SELECT 1 FROM links k WHERE k.entry = e.entry AND {_IN_INCIDENT})")
        values["incident"] = wanted.incident
    if wanted.significant:
        where.append(f"e.entry IN ({_marked(wanted)})")
    if not (wanted.system or wanted.kind):
        where.append(f"e.kind NOT IN ({', '.join(repr(kind) for kind in SYSTEM_KINDS)})")
    return " AND ".join(where), values


def _seen(wanted: Filter) -> str:
    """Return what a reader sees at all where nothing depends on what an entry says."""
    return "1" if wanted.sealed else f"({READABLE} OR {WITHHELD} OR {RECALLED})"


_MERGED = (
    "WITH RECURSIVE same (incident) AS (SELECT :incident UNION SELECT i.incident FROM incidents i JOIN same"
    " ON i.merged_into = same.incident WHERE i.merged_into > 0 AND i.since <= :p AND i.until > :p)"
    " SELECT incident FROM same"
)
"""The incident :incident and all that were merged into it by position :p."""

_IN_INCIDENT = f"k.incident IN ({_MERGED}) AND k.since <= :p AND k.until > :p"


# asked once for a whole page: a party that was never told anything is not looked up row by row
_EVER_TOLD = "EXISTS (SELECT 1 FROM grants WHERE party = :reader)"
_EVER_RECALLED = "EXISTS (SELECT 1 FROM recalls WHERE party = :reader)"


def readable(row: str = "e", party: str = ":reader", position: str = ":p") -> str:
    """Return whether a party may read a row of entries at a position, as SQL.

    It may where it was among the audience, or was told since, and it has not been recalled from it.
    """
    one = party == ":reader"
    within = ":reader_in" if one else f"',' || {party} || ','"
    return (
        f"(({row}.audience = '' OR instr({row}.audience, {within}) OR {f'{_EVER_TOLD} AND ' if one else ''}EXISTS"
        f" (SELECT 1 FROM grants g WHERE g.party = {party} AND g.record = {row}.since AND g.since <= {position}))"
        f" AND {row}.since NOT IN (SELECT record FROM recalls"
        f" WHERE party = {party} AND since <= {position} AND until > {position})"
        f" AND {row}.kind != 'sealed')"
    )


READABLE = readable()
"""Whether the party :reader may read the row `e` at position :p."""

_TOLD = "EXISTS (SELECT 1 FROM grants g WHERE g.party = :reader AND g.record = {record} AND g.since <= :p)"
WITHHELD = (
    f"({_EVER_TOLD} AND e.version > 0 AND ({_TOLD.format(record='e.entry')} OR EXISTS (SELECT 1 FROM entries v"
    f" WHERE v.entry = e.entry AND v.version > 0 AND {_TOLD.format(record='v.since')})))"
)
"""Whether :reader was told an earlier version of the row `e`: it then sees that it was corrected."""

RECALLED = (
    f"({_EVER_RECALLED} AND e.entry IN (SELECT v.entry FROM recalls x JOIN entries v ON v.since = x.record"
    " WHERE x.party = :reader AND x.since <= :p AND x.until > :p AND x.since > x.record))"
)
"""Whether :reader had the entry of the row `e`, and was recalled from it: it then sees that it is there."""


def _marked(wanted: Filter) -> str:
    """Return the query for the entries that are marked as significant at position :p, as far as a reader may know."""
    if not wanted.reader:
        return "SELECT entry FROM marks WHERE since <= :p AND until > :p"
    return (
        "SELECT m.entry FROM marks m CROSS JOIN entries o ON o.since = m.since WHERE m.since <= :p AND m.until > :p"
        f" AND {readable('o')}"
    )


def _in_state(state: str) -> str:
    """Return whether the entry of the row `e` is in a state at position :p, as SQL; never in one that does not exist.

    A report's first state stands at the report's own position, and only its later ones are indexed by entry.
    """
    holds = f"s.state = '{state}' AND s.since <= :p AND s.until > :p"
    if state in _STATES["tasks"]:
        return f"EXISTS (SELECT 1 FROM tasks s WHERE s.task = e.entry AND {holds})"
    if state in _STATES["reports"]:
        return (
            f"(EXISTS (SELECT 1 FROM reports s WHERE s.since = e.entry AND {holds}) OR EXISTS"
            f" (SELECT 1 FROM reports s WHERE s.entry = e.entry AND s.since != s.entry AND {holds}))"
        )
    return "e.since < 0"


def candidates(wanted: Filter) -> str:
    """Return the query for the entries that an incident, a state or the marks leave at :p, empty where none is asked.

    Where they are few, a list is found sooner from them than along the timeline: `among` says how.
    """
    if wanted.incident:
        return f"SELECT k.entry FROM links k WHERE {_IN_INCIDENT}"
    for table, column in (("reports", "entry"), ("tasks", "task")):
        if wanted.state in _STATES[table]:
            return f"SELECT {column} FROM {table} WHERE state = '{wanted.state}' AND since <= :p AND until > :p"
    if wanted.state:
        return "SELECT 0 WHERE :p < 0"
    return _marked(wanted) if wanted.significant else ""


def among(entries: str) -> str:
    """Return whether the row `e` is a version of one of these entries (a query), as SQL that starts from them."""
    return f"e.since IN ({entries} UNION ALL SELECT since FROM entries WHERE version > 0 AND entry IN ({entries}))"
