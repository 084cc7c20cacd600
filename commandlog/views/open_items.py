"""What somebody still has to do: nothing outstanding may be out of sight."""

from msgspec import Struct

from commandlog.log.derived.levels import LevelRow
from commandlog.log.derived.table import FOREVER
from commandlog.log.store import Log
from commandlog.model.frames import Millis
from commandlog.views import board, timeline
from commandlog.views.agreements import AgreementLine, agreements
from commandlog.views.board import TaskLine
from commandlog.views.conflicts import said
from commandlog.views.filters import READABLE, Filter
from commandlog.views.lines import Line, Reader
from commandlog.views.moments import Moment


class Unconfirmed(Struct, frozen=True):
    """A level that holds, and the parties that were told and have not said that they know."""

    ladder: str
    level: str
    declared_at: Millis
    review_by: Millis
    waiting: tuple[str, ...]


class Conflict(Struct, frozen=True):
    """A record that met another state than the one it acted on: what it was about, and what had come first.

    `seq` and `entry` are the positions of the record and of what it was about; `told` says who had been first.
    """

    reference: str
    subject: str
    about: str
    met: str
    seq: int = 0
    entry: int = 0
    told: str = ""


class Untold(Struct, frozen=True):
    """A correction of an entry that had been released to a party, which has not been told the correction."""

    reference: str
    party: str


class Unread(Struct, frozen=True):
    """What reached a party by mistake, as long as that party has not confirmed reading what it is to do with it."""

    reference: str
    entry: str
    reached: str
    text: str


class OpenItems(Struct, frozen=True):
    """Everything open at a moment, as far as the reader may see it. `suspicions` are also among `to_assess`.

    `agreements` are those that some party has yet to affirm, `denied` those that one denies.
    """

    to_assess: list[Line]
    suspicions: list[Line]
    to_close: list[Line]
    tasks: list[TaskLine]
    to_affirm: list[TaskLine]
    levels: list[Unconfirmed]
    conflicts: list[Conflict]
    untold: list[Untold]
    incidents: list[Line]
    agreements: list[AgreementLine] = []
    denied: list[AgreementLine] = []
    unread: list[Unread] = []

    @property
    def any(self) -> bool:
        """Whether anything at all is open."""
        return any(getattr(self, name) for name in self.__struct_fields__)


def open_items(log: Log, moment: Moment, reader: str = "") -> OpenItems:
    """Return what is open at a moment; suspicions that nobody has assessed stand apart."""
    covenant = log.covenant(moment.position)
    suspicious = {one.code for one in covenant.categories if one.suspicion}
    to_assess = list(timeline.whole(log, moment, Filter(reader=reader, state="received")))
    tasks = board.tasks(log, moment, reader=reader, open_only=True)
    agreed = agreements(log, moment, reader=reader, open_only=True)
    return OpenItems(
        to_assess=to_assess,
        suspicions=[line for line in to_assess if line.category in suspicious],
        to_close=list(timeline.whole(log, moment, Filter(reader=reader, state="assessed"))),
        tasks=[task for task in tasks if task.is_open],
        to_affirm=[task for task in tasks if task.row.orally],
        levels=_unconfirmed(log, moment, reader),
        conflicts=conflicts(log, moment, reader),
        untold=_untold(log, moment, reader),
        incidents=_incidents(log, moment, reader),
        agreements=[one for one in agreed if one.state == "open"],
        denied=[one for one in agreed if one.state == "denied"],
        unread=_unread(log, moment, reader),
    )


def _unread(log: Log, moment: Moment, reader: str) -> list[Unread]:
    looking = Reader(log, moment, reader)
    query = (
        "SELECT m.since, m.entry, m.reached FROM misdirections m JOIN entries e ON e.since = m.since"
        " WHERE m.since <= :p AND m.until > :p"
    )
    values: dict[str, object] = {"p": moment.position}
    if reader:
        query += f" AND {READABLE}"
        values |= {"reader": reader, "reader_in": f",{reader},"}
    found = []
    for since, entry, reached in log.db.execute(f"{query} ORDER BY m.since", values).fetchall():
        line = timeline.entry(log, moment, since, reader)
        if line and not line.recalled:
            found.append(Unread(line.reference, looking.reference_at(entry), reached, line.text))
    return found


def _incidents(log: Log, moment: Moment, reader: str) -> list[Line]:
    query = "SELECT incident FROM incidents WHERE state = 'open' AND since <= :p AND until > :p ORDER BY incident"
    rows = log.db.execute(query, {"p": moment.position}).fetchall()
    return [line for (position,) in rows if (line := timeline.entry(log, moment, position, reader))]


def standing(log: Log, moment: Moment, reader: str = "") -> list[LevelRow]:
    """Return the levels and the phase that hold at a moment, one per ladder, as far as the reader may know of them."""
    query = "SELECT l.* FROM levels l JOIN entries e ON e.since = l.since WHERE l.since <= :p AND l.until > :p"
    values: dict[str, object] = {"p": moment.position}
    if reader:
        query += f" AND {READABLE}"
        values |= {"reader": reader, "reader_in": f",{reader},"}
    rows = log.db.execute(f"{query} ORDER BY l.since", values)
    return [LevelRow._make(row)._replace(until=FOREVER) for row in rows]


def _unconfirmed(log: Log, moment: Moment, reader: str) -> list[Unconfirmed]:
    found = []
    for row in standing(log, moment, reader):
        query = "SELECT party FROM level_confirmations WHERE level = ? AND since <= ?"
        known = {party for (party,) in log.db.execute(query, (row.since, moment.position))} | {row.declared_by}
        waiting = tuple(party for party in row.told.strip(",").split(",") if party and party not in known)
        if waiting or (row.review_by and row.review_by < moment.clock):
            found.append(Unconfirmed(row.ladder, row.level, row.declared, row.review_by, waiting))
    return found


SETTLED = (
    "(EXISTS (SELECT 1 FROM entries a WHERE a.thread = e.thread AND a.thread != a.entry AND a.kind = 'added'"
    " AND a.since > c.since AND a.since <= :p)"
    " OR EXISTS (SELECT 1 FROM tasks t WHERE c.subject = 'tasks' AND t.task = c.about"
    " AND t.since > c.since AND t.since <= :p)"
    " OR EXISTS (SELECT 1 FROM reports r WHERE c.subject = 'reports' AND r.entry = c.about AND r.since != r.entry"
    " AND r.since > c.since AND r.since <= :p)"
    " OR EXISTS (SELECT 1 FROM entries v WHERE c.subject = 'entries' AND v.entry = c.about AND v.version > 0"
    " AND v.since > c.since AND v.since <= :p))"
)
"""Whether somebody has settled the conflict `c` by position :p: acted on what it was about again, or added to it."""


def conflicts(log: Log, moment: Moment, reader: str = "") -> list[Conflict]:
    """Return the conflicts that nobody has settled by a moment, as far as the reader may see them."""
    looking = Reader(log, moment, reader)
    query = (
        "SELECT c.since, c.subject, c.about, c.met FROM conflicts c JOIN entries e ON e.since = c.since"
        f" WHERE c.since <= :p AND NOT {SETTLED}"
    )
    values: dict[str, object] = {"p": moment.position}
    if reader:
        query += f" AND {READABLE}"
        values |= {"reader": reader, "reader_in": f",{reader},"}
    return [
        Conflict(
            reference=looking.reference_at(since),
            subject=subject,
            about=looking.reference_at(about),
            met=looking.reference_at(met),
            seq=since,
            entry=about,
            told=said(log, moment, since, reader),
        )
        for since, subject, about, met in log.db.execute(f"{query} ORDER BY c.since", values).fetchall()
    ]


def _untold(log: Log, moment: Moment, reader: str) -> list[Untold]:
    looking = Reader(log, moment, reader)
    query = (
        "SELECT DISTINCT e.entry, told.party FROM grants told JOIN entries v ON v.since = told.record"
        " JOIN entries e ON e.entry = v.entry AND e.version > 0 AND e.since <= :p AND e.until > :p"
        " WHERE told.since <= :p AND e.audience != '' AND instr(e.audience, ',' || told.party || ',') = 0"
        " AND NOT EXISTS"
        " (SELECT 1 FROM grants g WHERE g.party = told.party AND g.record = e.since AND g.since <= :p)"
        " AND NOT EXISTS (SELECT 1 FROM recalls x WHERE x.party = told.party AND x.record IN (v.since, e.since)"
        " AND x.since <= :p AND x.until > :p)"
        " AND e.since NOT IN (SELECT record FROM erasures WHERE since <= :p)"
    )
    values: dict[str, object] = {"p": moment.position}
    if reader:
        query += f" AND {READABLE}"
        values |= {"reader": reader, "reader_in": f",{reader},"}
    rows = log.db.execute(f"{query} ORDER BY 1, 2", values).fetchall()
    return [Untold(looking.reference_at(entry), party) for entry, party in rows]
