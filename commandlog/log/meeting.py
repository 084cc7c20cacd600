"""Which records meet: what the tables hold of one depends on whether the other comes before it.

A note here and a task there can come in either order, and the tables are the same. So where a record comes in before
others (the shared order goes on under what waits; what was sealed can be read), only those that it meets are derived
anew. What a record looks at or changes has *keys*; two without a key in common do not meet:

- the thread, by its position, of every record that it names, and its own;
- its id, for others that name it and do not find it yet;
- the id of what it names and does not find, and 0: what belongs to nothing is kept there;
- a word for what there is one of: a unit's state, a ladder, the holds.
"""

from collections.abc import Iterable
from sqlite3 import Connection
from typing import Any, get_args

from commandlog.log.chain import SALT
from commandlog.log.derived import levels
from commandlog.log.derived.table import FOREVER, Applied
from commandlog.model.dealings import Traced, UnitStatus
from commandlog.model.keeping import Closed, Erased, Held, HoldLifted
from commandlog.model.order import DeskSeen
from commandlog.model.records import (
    AnyFrame,
    Assessed,
    CovenantSet,
    DeskOpened,
    IncidentMerged,
    LevelSet,
    PhaseSet,
    SignedIn,
    SignedOut,
    decode_frame,
)

Key = int | bytes | str

NAMES = (
    *("entry", "task", "agreement", "level", "misdirected", "incident", "into", "same_as", "hold", "copy", "upto"),
    *("records", "carried"),
)
"""The fields of frames that name other records. What a record `expects` is compared, and never looked up."""
_FIELDS = {kind: tuple(name for name in NAMES if name in kind.__struct_fields__) for kind in get_args(AnyFrame)}

ROOTS = ("report", "observation", "note", "decision", "message", "counted", "agreement", "sealed")
HANGING = (
    *("added", "feedback", "attached", "proposed", "accepted", "declined", "started", "done", "confirmed", "withdrawn"),
    *("handed_over", "affirmed", "level_confirmed", "agreement_affirmed", "agreement_declined", "agreement_ended"),
    *("marked", "misdirected", "misdirected_read"),
)
"""Kinds that have no key but their thread's: those that begin one, and those that hang on what they found."""
# an assessment hangs on what it found as well, save where it names another entry: by a field that is left out when it
# is empty, and that may be spelt with a backslash
_MORE = (
    "SELECT e.since, r.frame FROM entries e CROSS JOIN records r ON r.seq = e.since WHERE e.since >= ?"
    f" AND e.kind NOT IN {ROOTS} AND NOT (e.thread != e.since AND (e.kind IN {HANGING} OR (e.kind = 'assessed'"
    f" AND NOT instr(r.frame, CAST('same_as' AS BLOB)) AND NOT instr(substr(r.frame, {SALT + 1}), x'5C'))))"
)
_OF_THREAD = (
    "SELECT since FROM entries WHERE thread = ?1 AND thread != entry AND since >= ?2"
    " UNION ALL SELECT since FROM entries WHERE entry = ?1 AND version > 0 AND since >= ?2"
    " UNION ALL SELECT since FROM entries WHERE since = ?1 AND since >= ?2"
)
_OF_DESK = "SELECT since FROM entries WHERE desk = ?1 AND since >= ?2"
_NO_LONGER_DUPLICATE = f"SELECT until FROM reports WHERE duplicate_of != 0 AND until >= ?2 AND until < {FOREVER}"
_WAS_DUPLICATE = (
    "SELECT 1 FROM reports WHERE entry = (SELECT since FROM entries WHERE id = ?) AND since != entry"
    " AND duplicate_of != 0 LIMIT 1"
)
_DUPLICATES, _OPENED = "duplicates", "opened "
_WORDS: dict[type, tuple[str, ...]] = {
    IncidentMerged: ("merged",),  # what was merged into what is followed from one to the next
    Held: ("holds",),  # one may be on the whole log
    HoldLifted: ("holds",),
    Erased: ("holds",),
    UnitStatus: ("unit {0.unit}",),
    LevelSet: ("ladder {0.ladder}",),
    PhaseSet: (f"ladder {levels.PHASE}",),
    SignedIn: ("operator {0.by.desk}",),
    SignedOut: ("operator {0.by.desk}",),
    CovenantSet: ("covenant",),
    DeskSeen: ("presence {0.desk}",),
    DeskOpened: (_OPENED + "{0.desk}", "closing"),  # whose a record is, and who else may close, is asked of the desks
    Closed: ("closing",),
}


def keys(db: Connection, r: Applied) -> set[Key]:
    """Return the keys of a record that stands at a position, or is to."""
    found: set[Key] = {r.id}
    if row := db.execute("SELECT thread FROM entries WHERE since = ?", (r.seq,)).fetchone():
        found.add(row[0])
    return found if r.frame is None else found | _said(db, r.frame)


def met(db: Connection, wanted: Iterable[Key], first: int) -> set[int]:
    """Return which records from a position on meet one with any of these keys, or another that does."""
    having = _having(db, first)
    found, seen, left = set[int](), set[Key](), set(wanted)
    while left:
        seen |= left
        come = {seq for key in left for seq in (*having.get(key, ()), *_by_table(db, key, first))} - found
        found |= come
        left = {key for seq in come for key in _keys_at(db, seq)} - seen
    return found


def _having(db: Connection, first: int) -> dict[Key, list[int]]:
    """Return where those records stand, from a position on, whose keys no table knows of, by key."""
    having: dict[Key, list[int]] = {}
    for seq, data in db.execute(_MORE, (first,)).fetchall():
        for key in _said(db, decode_frame(data[SALT:])):
            having.setdefault(key, []).append(seq)
    return having


def _by_table(db: Connection, key: Key, first: int) -> list[int]:
    """Return which records from a position on have a key by what the tables say of them."""
    query, value = "", key
    if isinstance(key, int):
        query = _OF_THREAD
    elif key == _DUPLICATES:
        query = _NO_LONGER_DUPLICATE
    elif isinstance(key, str) and key.startswith(_OPENED):
        query, value = _OF_DESK, key.removeprefix(_OPENED)
    return [seq for (seq,) in db.execute(query, (value, first))] if query else []


def _keys_at(db: Connection, seq: int) -> set[Key]:
    query = "SELECT e.id, e.thread, r.frame FROM entries e CROSS JOIN records r ON r.seq = e.since WHERE e.since = ?"
    record_id, thread, data = db.execute(query, (seq,)).fetchone()
    return {record_id, thread} | (_said(db, decode_frame(data[SALT:])) if data else set())


def _said(db: Connection, frame: Any) -> set[Key]:
    """Return the keys that what is said has, wherever it stands."""
    found: set[Key] = {word.format(frame) for word in _WORDS.get(type(frame), ())}
    for field in _FIELDS[type(frame)]:
        value = getattr(frame, field)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, bytes) and one:  # the level that is set has a name of its own
                row = db.execute("SELECT thread FROM entries WHERE id = ?", (one,)).fetchone()
                found |= {row[0]} if row else {one, 0}
    if isinstance(frame, Traced) and not frame.entry:
        found.add(0)
    if isinstance(frame, Assessed) and (frame.same_as or db.execute(_WAS_DUPLICATE, (frame.entry,)).fetchone()):
        found.add(_DUPLICATES)
    return found
