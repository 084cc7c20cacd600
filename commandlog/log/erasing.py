"""Erasing: the words of a record are destroyed, its digest stays, the chain still verifies.

What a decision erases is gone from the records, the full text and the attachments in the transaction that records the
decision: from then on nothing in the program can show it. Its bytes may still lie in the file, in pages that SQLite no
longer uses, and in the write-ahead log. `purge` destroys those too, in slices, and goes on where it was cut short: what
is not purged yet is a fact about this one file, so it is kept in its `meta`.
"""

import time
from collections.abc import Callable
from itertools import count
from sqlite3 import Connection
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from commandlog.log import chain, rewriting
from commandlog.log.derived import fulltext
from commandlog.log.files import in_words
from commandlog.model.frames import Millis, RecordId
from commandlog.model.keeping import Attached
from commandlog.model.records import decode_frame, decode_words

if TYPE_CHECKING:
    from commandlog.log.store import Log

PAUSE = 0.002  # seconds between two slices, so that an operator who waits gets in
MOVE_EVERY = 4 << 20  # bytes of write-ahead log at which it is moved into the file
SLICES = 16  # between two such moves, for which everybody waits

_KEY = "unpurged"


class Unpurged(Struct, frozen=True, omit_defaults=True):
    """What is not destroyed yet, down to the last byte of this file.

    `decisions` are the ids of the records that erased. `rewritten` says that the full text no longer holds it, `done`
    up to which position it is written anew; `waiting` since when (milliseconds UTC) another program keeps the
    write-ahead log from being emptied, 0 where none does.
    """

    decisions: tuple[RecordId, ...] = ()
    rewritten: bool = False
    done: int = 0
    waiting: Millis = 0


class Purging(NamedTuple):
    """How a slice ended: what is left (None: nothing), and whether another slice would bring it on."""

    left: Unpurged | None
    goes_on: bool


def long_enough(words: bytes) -> bytes:
    """Return words so long that what stands in for them once they are erased is no longer than they were.

    A row that grows can push others into new places, and copies of them stay behind in the old ones.
    """
    return words.ljust(_STANDS_IN - chain.SALT) if len(words) > len(_NOTHING) else words


_STANDS_IN = 32  # bytes
_NOTHING = b"{}"


def take_away(db: Connection, seq: int, decision: RecordId) -> None:
    """Destroy what the decision at a position erases, inside the transaction that stores the decision."""
    records = db.execute("SELECT record FROM erasures WHERE since = ? ORDER BY record", (seq,)).fetchall()
    destroy(db, [record for (record,) in records], decision)


def destroy(db: Connection, records: list[int], decision: RecordId) -> None:
    """Destroy the words of the records at these positions, which a decision erased that may be sealed here."""
    destroyed = [_destroy(db, record) for record in records]
    if any(destroyed):
        begin(db, decision)


def begin(db: Connection, *decisions: RecordId) -> None:
    """Note that something was taken out of the rows of a file, and its bytes are still to be destroyed."""
    rewriting.begin_again(db)
    before = unpurged(db) or Unpurged()
    _keep(db, Unpurged((*before.decisions, *decisions)))


def _destroy(db: Connection, seq: int) -> bool:
    """Destroy the words of one record; returns whether there were any."""
    found = db.execute("SELECT frame, words FROM records WHERE seq = ?", (seq,)).fetchone()
    if found is None or found[1] is None:
        return False
    frame, words = found
    fulltext.forget(db, seq, decode_words(words[chain.SALT :]))
    # the row gets shorter, which moves nothing; deleting rows would move others, and leave copies of them behind
    db.execute("UPDATE records SET words = NULL, words_hash = ? WHERE seq = ?", (chain.part_hash(words), seq))
    said = decode_frame(frame[chain.SALT :]) if frame else None
    if isinstance(said, Attached):
        db.execute("UPDATE pieces SET bytes = x'' WHERE file = ?", (said.file,))
    return True


def unpurged(db: Connection) -> Unpurged | None:
    """Return what is not destroyed yet in this file, None where everything is."""
    found = db.execute("SELECT value FROM meta WHERE key = ?", (_KEY,)).fetchone()
    try:
        return msgspec.json.decode(found[0], type=Unpurged) if found else None
    except (msgspec.MsgspecError, TypeError):
        return Unpurged()  # somebody else wrote there: begin again


def written_out(db: Connection) -> bool:
    """Say whether a file that was written out anew holds nothing of what was erased; it then has nothing to purge."""
    left = unpurged(db)
    if left and (not left.rewritten or rewriting.left_over(db)):
        return False
    db.execute("DELETE FROM meta WHERE key = ?", (_KEY,))
    return True


def _keep(db: Connection, left: Unpurged) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_KEY, msgspec.json.encode(left)))


@in_words
def purge(log: "Log") -> Purging:
    """Do a slice of what is left to destroy (some 10 ms); it is safe to be cut short anywhere.

    The full text is written anew without what was erased, the old one is overwritten, and at last the write-ahead log
    is emptied, which waits for every program that still reads what was there before. Raises Unavailable where the file
    cannot be written, Damaged where a record in it cannot be read.
    """
    left = unpurged(log.db)
    if left is None or log.read_only:
        return Purging(left, goes_on=False)
    with log.writing():
        left = unpurged(log.db)
        if left is None:
            return Purging(None, goes_on=False)
        if rewriting.left_over(log.db):
            rewriting.clear(log.db)
            return Purging(left, goes_on=True)
        if not left.rewritten:
            done, rewritten = rewriting.write(log.db, left.done)
            left = replace(left, done=done, rewritten=rewritten)
            _keep(log.db, left)
            return Purging(left, goes_on=True)
    return _empty(log, left)


def _empty(log: "Log", left: Unpurged) -> Purging:
    """Empty the write-ahead log, which is the last that could hold anything."""
    log.move_write_ahead()  # most of it, so that nobody waits for all of it at once
    emptied = log.empty_write_ahead()
    with log.writing():
        now = unpurged(log.db)
        if now != left:  # something else was erased meanwhile
            return Purging(now, goes_on=True)
        if emptied:
            log.db.execute("DELETE FROM meta WHERE key = ?", (_KEY,))
            return Purging(None, goes_on=False)
        if not left.waiting:
            left = replace(left, waiting=log.clock())
            _keep(log.db, left)
        return Purging(left, goes_on=False)


def purge_all(
    log: "Log", until: float = float("inf"), progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Purging:
    """Purge until nothing is left, or nothing more can be done now, or it is `until` (time.monotonic).

    `progress` is called with how many records the new full text has, and how many there are.
    """
    for slices in count(1):
        purging = purge(log)
        if not purging.goes_on or time.monotonic() > until:
            return purging
        if purging.left:
            progress(purging.left.done, log.head.seq)
        if slices % SLICES == 0 and log.wal_bytes > MOVE_EVERY:
            log.move_write_ahead()
        time.sleep(PAUSE)
    raise AssertionError("unreachable")
