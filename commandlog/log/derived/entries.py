"""The timeline: one row per record, at the position of the record.

A correction closes the row of the version before it and takes its place in the order (`occurred`, `key`): a row never
moves because others arrive. Words are not copied here; a screen reads those of the rows it shows.
"""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.chain import order_key
from commandlog.log.derived.conflicts import meets_expectation
from commandlog.log.derived.table import FOREVER, PROVISIONAL, Applied, Table, now_at, position_of
from commandlog.model.dealings import AgreementStep, Marked, Misdirected, MisdirectedRead, UnitStatus
from commandlog.model.frames import Frame
from commandlog.model.keeping import Attached
from commandlog.model.records import (
    Added,
    Assessed,
    Corrected,
    Feedback,
    LevelConfirmed,
    Proposed,
    Said,
    TaskStep,
    kind_of,
)
from commandlog.model.words import Priority


class EntryRow(NamedTuple):
    """A version of an entry.

    `entry` is the position of its first version, `high` the latest `occurred` so far among rows that were not dated
    ahead of the keeper's clock (`ahead`): at any position, nothing else is later, which bounds the search backwards
    (`highest`). It begins anew with what waits, so that what comes in below leaves that as it is.
    `audience` is ",police,venue," or empty for every party.
    """

    since: int
    until: int
    id: bytes
    entry: int
    key: int
    occurred: int
    high: int
    ahead: int
    kind: str
    party: str
    unit: str
    role: str
    place: str
    category: str
    priority: int
    audience: str
    thread: int
    task: int
    version: int
    settled: int
    desk: str
    number: int


TABLE = Table(
    "entries",
    EntryRow,
    (
        "timeline: occurred, key, since, until, kind, party, role, place, category, priority, audience",
        "dated_ahead: occurred WHERE ahead = 1",
        "versions: entry, since WHERE version > 0",
        "threads: thread, since WHERE thread != entry",
        "tasks: task, since WHERE task > 0",
        "ids: id",
    ),
)

FACETS = ("kind", "party", "unit", "role", "place", "category", "priority")

_PRIORITIES = {str(one): number for number, one in enumerate(Priority, start=1)}
_NAMES = {number: name for name, number in _PRIORITIES.items()}
# `high` is at least that of the row before; the value that is bound is what this row adds to it
_BEFORE = (
    f"SELECT high FROM entries WHERE since < ?1 AND since >= CASE WHEN ?1 < {PROVISIONAL} THEN 0 ELSE {PROVISIONAL} END"
    " ORDER BY since DESC LIMIT 1"
)
_PLACES = [f"?{number}" for number in range(1, len(EntryRow._fields) + 1)]
_HIGH = EntryRow._fields.index("high")
_PLACES[_HIGH] = f"max({_PLACES[_HIGH]}, coalesce(({_BEFORE}), 0))"
_INSERT = f"INSERT INTO entries VALUES ({', '.join(_PLACES)})"
_KINDS: dict[type, str] = {}


def priority_name(number: int) -> str:
    """Return the priority that a row's number stands for, empty for 0."""
    return _NAMES.get(number, "")


def audience_text(audience: tuple[str, ...]) -> str:
    """Return an audience as rows hold it."""
    return f",{','.join(audience)}," if audience else ""


def apply(db: Connection, r: Applied) -> tuple[str, ...]:
    """Add the record's row; returns its facets, in the order of FACETS, for the full text."""
    frame = r.frame
    if frame is None:
        key = order_key(r.id)
        row: tuple[object, ...] = (r.seq, FOREVER, r.id, r.seq, key, r.kept_at, r.kept_at, 0, "sealed")
        db.execute(_INSERT, (*row, r.party, "", "", "", "", 0, "", r.seq, 0, 0, 0, r.desk, 0))
        return ()
    kind = _KINDS.get(type(frame)) or _KINDS.setdefault(type(frame), kind_of(frame))
    entry, thread, task, version, key, settled = r.seq, r.seq, 0, 0, order_key(r.id), 0
    if type(frame) is Corrected:
        before = current(db, position_of(db, frame.entry))
        if before is None or not meets_expectation(db, r, "entries", before.entry, before.since):
            thread = before.thread if before else r.seq
        else:
            TABLE.close(db, before.since, r.seq)
            entry, kind, key, version = before.entry, before.kind, before.key, before.version + 1
            thread, task, settled = before.thread, before.task, before.settled
    elif isinstance(frame, Said):
        settled = int(frame.settled)
    else:
        thread, task = _belongs(db, r.seq, frame)
    source, by, occurred = frame.source, frame.by, frame.occurred_at
    ahead = occurred > r.kept_at
    facets = (
        kind,
        (source.party or by.party) if source else by.party,
        source.unit if source else "",
        source.role if source else "",
        frame.place,
        frame.category,
        frame.priority,
    )
    db.execute(
        _INSERT,
        (
            r.seq,
            FOREVER,
            r.id,
            entry,
            key,
            occurred,
            0 if ahead else occurred,
            ahead,
            *facets[:6],
            _PRIORITIES.get(frame.priority, 0),
            audience_text(frame.audience),
            thread,
            task,
            version,
            settled,
            by.desk,
            frame.number,
        ),
    )
    return facets


def highest(db: Connection, position: int) -> int:
    """Return the latest `occurred` up to a position among rows that were not dated ahead."""
    ends = (position, PROVISIONAL - 1)
    query = "SELECT high FROM entries WHERE since <= ? ORDER BY since DESC LIMIT 1"
    found = (db.execute(query, (min(position, end),)).fetchone() for end in ends)
    return max((row[0] for row in found if row), default=0)


def settle_high(db: Connection, first: int, last: int) -> None:
    """Make `high` right again from a position on, where rows up to a `last` one came, went or changed."""
    before = db.execute(_BEFORE, (first,)).fetchone()
    high, wrong = before[0] if before else 0, []
    end = PROVISIONAL if first < PROVISIONAL else FOREVER
    own = "CASE ahead WHEN 0 THEN occurred ELSE 0 END"
    query = f"SELECT since, high, {own} FROM entries WHERE since >= ? AND since < ? ORDER BY since"
    for since, found, occurred in db.execute(query, (first, end)):
        high = max(high, occurred)
        if found != high:
            wrong.append((high, since))
        elif since > last:
            break
    db.executemany("UPDATE entries SET high = ? WHERE since = ?", wrong)


def facets_at(db: Connection, seq: int) -> tuple[str, ...]:
    """Return the facets of the row at a position, as `apply` returned them."""
    row = db.execute(f"SELECT {', '.join(FACETS)} FROM entries WHERE since = ?", (seq,)).fetchone()
    return () if row is None or row[0] == "sealed" else (*row[:6], priority_name(row[6]))


def _belongs(db: Connection, seq: int, frame: Frame) -> tuple[int, int]:
    """Return the thread and the task (0: none) that a record belongs to."""
    hangs_on = above(frame)
    position, thread = _thread(db, hangs_on) if hangs_on else (0, 0)
    if isinstance(frame, Proposed):
        return thread or seq, seq
    return thread or seq, position if isinstance(frame, TaskStep) else 0


def above(frame: Frame) -> bytes:
    """Return the id of the record that one hangs on directly, empty where it begins a thread of its own.

    Who looks for what belongs to an entry (threads, recalls, erasures) asks here, so that none of them misses a kind.
    """
    if isinstance(frame, TaskStep | UnitStatus):
        return frame.task
    if isinstance(frame, LevelConfirmed):
        return frame.level
    if isinstance(frame, AgreementStep):
        return frame.agreement
    if isinstance(frame, MisdirectedRead):
        return frame.misdirected
    hangs = Corrected | Added | Assessed | Feedback | Attached | Proposed | Marked | Misdirected
    return frame.entry if isinstance(frame, hangs) else b""


def _thread(db: Connection, record_id: bytes) -> tuple[int, int]:
    """Return where a record stands and the thread that it belongs to, 0 and 0 where the log does not have it."""
    found = db.execute("SELECT since, thread FROM entries WHERE id = ?", (record_id,)).fetchone()
    return found or (0, 0)


def current(db: Connection, entry: int) -> EntryRow | None:
    """Return the version of an entry that holds; `entry` is its first version's position."""
    entry = now_at(db, entry)
    found = db.execute(
        "SELECT * FROM entries WHERE since ="
        " (SELECT coalesce(max(since), ?) FROM entries WHERE entry = ? AND version > 0)",
        (entry, entry),
    ).fetchone()
    return EntryRow._make(found) if found else None


def versions(db: Connection, entry: int) -> list[int]:
    """Return the positions of all versions of an entry, the first one first."""
    entry = now_at(db, entry)
    query = "SELECT since FROM entries WHERE entry = ? AND version > 0 ORDER BY since"
    return [entry, *(seq for (seq,) in db.execute(query, (entry,)))]


def entry_of(db: Connection, position: int) -> int:
    """Return the first version of the entry that a position belongs to, 0 where there is none."""
    found = db.execute("SELECT entry FROM entries WHERE since = ?", (now_at(db, position),)).fetchone()
    return found[0] if found else 0
