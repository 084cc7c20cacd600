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

    @property
    def narrows(self) -> bool:
        """Whether what an entry says decides that it is shown."""
        return any(getattr(self, name) for name in (*_PLAIN, "priority", "state", "search", "incident"))


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
        where.append(READABLE if wanted.narrows else f"({READABLE} OR {WITHHELD})")
        values["reader"], values["reader_in"] = wanted.reader, f",{wanted.reader},"
    if wanted.state:
        where.append(f"e.entry IN ({state_query(wanted.state)})")
    if wanted.incident:
        where.append(
            f"e.entry IN (SELECT entry FROM links WHERE incident IN ({_MERGED}) AND since <= :p AND until > :p)"
        )
        values["incident"] = wanted.incident
    if not (wanted.system or wanted.kind):
        where.append(f"e.kind NOT IN ({', '.join(repr(kind) for kind in SYSTEM_KINDS)})")
    return " AND ".join(where), values


_MERGED = (
    "WITH RECURSIVE same (incident) AS (SELECT :incident UNION SELECT i.incident FROM incidents i JOIN same"
    " ON i.merged_into = same.incident WHERE i.since <= :p AND i.until > :p) SELECT incident FROM same"
)
"""The incident :incident and all that were merged into it by position :p."""

READABLE = (
    "((e.audience = '' OR instr(e.audience, :reader_in) OR EXISTS"
    " (SELECT 1 FROM grants g WHERE g.party = :reader AND g.record = e.since AND g.since <= :p))"
    " AND e.kind != 'sealed')"
)
"""Whether the party :reader may read the row `e` at position :p."""

WITHHELD = (
    "(e.version > 0 AND EXISTS (SELECT 1 FROM grants g JOIN entries v ON v.since = g.record"
    " WHERE g.party = :reader AND g.since <= :p AND v.entry = e.entry))"
)
"""Whether :reader was told an earlier version of the row `e`: it then sees that it was corrected."""


def state_query(state: str) -> str:
    """Return the query for the entries in a state at position :p; none for a state that does not exist."""
    for table, states in _STATES.items():
        if state in states:
            column = "entry" if table == "reports" else "task"
            return f"SELECT {column} FROM {table} WHERE state = '{state}' AND since <= :p AND until > :p"
    return "SELECT 0 WHERE :p < 0"
