"""What the shared log did not take of this desk: kept aside in its file until somebody has seen to it.

Then its words are destroyed, as by an erasure: nobody can erase them by a decision in the log, which never had them.
"""

from collections.abc import Iterator
from sqlite3 import Connection
from typing import NamedTuple

import msgspec

from commandlog.log import derived, erasing
from commandlog.log.chain import SALT
from commandlog.log.derived.table import Applied
from commandlog.log.store import Log
from commandlog.model.keeping import Attached
from commandlog.model.records import decode_frame


class RefusedItem(NamedTuple):
    """A record that was not taken: the position at which it had waited, the record, and why (`model.order.REASONS`)."""

    was: int
    record: Applied
    why: str


def refused_items(db: Connection) -> Iterator[RefusedItem]:
    """Yield what was not taken and nobody has seen to yet, oldest first."""
    query = "SELECT was, header, frame, words, why FROM refused WHERE settled = 0 ORDER BY was"
    for was, header, frame, words, why in db.execute(query).fetchall():
        yield RefusedItem(was, derived.applied(was, header, frame, words), why)


def has_unsettled(db: Connection) -> bool:
    """Whether anything is kept aside that says something."""
    return db.execute("SELECT 1 FROM refused WHERE settled = 0 LIMIT 1").fetchone() is not None


def last_number(db: Connection) -> int:
    """Return the number of this desk's last record that was not taken, 0 where all were."""
    found = db.execute("SELECT frame FROM refused ORDER BY was DESC LIMIT 1").fetchone()
    return _number(found[0]) if found else 0


def settle_refused(log: Log, was: int) -> None:
    """Note that somebody has seen to what had waited at a position: it was written again, or can be left.

    What it said is destroyed, here and then in every byte of the file (`erasing`).
    """
    with log.writing():
        empty(log.db, was)


def empty(db: Connection, was: int) -> None:
    """Leave of what had waited at a position that it was there, and its number, which is not given again."""
    found = db.execute("SELECT frame FROM refused WHERE was = ? AND settled = 0", (was,)).fetchone()
    if found is None:
        return
    left = bytes(SALT) + msgspec.json.encode({"number": _number(found[0])})  # shorter: the row moves no others
    db.execute("UPDATE refused SET frame = ?, words = NULL, settled = 1 WHERE was = ?", (left, was))
    said = decode_frame(found[0][SALT:])
    if isinstance(said, Attached):
        db.execute(
            "UPDATE pieces SET bytes = x'' WHERE file = ?1 AND ?1 NOT IN (SELECT file FROM attachments)", (said.file,)
        )
    erasing.begin(db)


class _Numbered(msgspec.Struct):
    number: int


def _number(frame: bytes) -> int:
    return msgspec.json.decode(frame[SALT:], type=_Numbered).number
