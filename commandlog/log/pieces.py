"""What attachments hold, in the log's own file: cut into pieces, so that no transaction is long.

A file is called SHA-256(salt ‖ content). The salt is secret and lies in the words of the record that attaches the file:
where those are erased, nothing is left that could confirm a guess at the content. A file exists when its record does.
Until then it is arriving: pieces lie there, and a row of `meta` says since when nothing was added to them. What has
been arriving for a day was left behind by a program that ended half way, and is swept. Pieces that go are emptied and
their rows stay: deleting rows would move others to new places, and leave copies of them behind in the old ones.

Pieces are asked for one by one and by number, so that another desk can fetch those that it lacks.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256

from commandlog.language import _
from commandlog.log.chain import SALT
from commandlog.model.frames import Millis
from commandlog.model.keeping import Attached
from commandlog.model.records import decode_frame, decode_words

PIECE = 256 << 10  # bytes; every piece of a file but the last one has so many, in every log
SLICE = 2  # pieces that one transaction writes or deletes: an operator who waits for it to end waits some 10 ms
ABANDONED = 86_400_000  # milliseconds

_MARK = "arriving "
_BYTES = "CAST(bytes AS BLOB)"  # whatever somebody made of them
_FULL = "length(bytes) > 0"


def named(salt: bytes, content: bytes) -> bytes:
    """Return what a file is called: SHA-256(salt ‖ content)."""
    name = sha256(salt)
    name.update(content)
    return name.digest()


def count(size: int) -> int:
    """Return in how many pieces a file of so many bytes is cut."""
    return -(-size // PIECE)


def put(db: sqlite3.Connection, file: bytes, content: bytes, numbers: range, now: Millis) -> None:
    """Store some pieces of a file that is arriving, inside `Log.writing`. `content` is the whole file."""
    view = memoryview(content)
    rows = ((file, number, view[number * PIECE : (number + 1) * PIECE]) for number in numbers)
    db.executemany("INSERT INTO pieces (file, number, bytes) VALUES (?, ?, ?)", rows)
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_MARK + file.hex(), str(now).encode()))


def arrived(db: sqlite3.Connection, file: bytes, size: int) -> bool:
    """Whether all of a file is there, inside `Log.writing`: if so, its record follows in the same transaction."""
    if missing(db, file, size):
        return False
    db.execute("DELETE FROM meta WHERE key = ?", (_MARK + file.hex(),))
    return True


def receive(db: sqlite3.Connection, file: bytes, found: list[tuple[int, bytes | None]], now: Millis) -> None:
    """Store pieces that another file of this log has, by number, ahead of the record, inside `Log.writing`."""
    rows = [(file, number, data) for number, data in found if data is not None]
    insert = "INSERT INTO pieces (file, number, bytes) VALUES (?, ?, ?)"
    again = "ON CONFLICT (file, number) DO UPDATE SET bytes = excluded.bytes WHERE length(pieces.bytes) = 0"  # swept
    db.executemany(f"{insert} {again}", rows)
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_MARK + file.hex(), str(now).encode()))


def settle(db: sqlite3.Connection, file: bytes) -> None:
    """Say that a file is no longer arriving: its record is there, inside `Log.writing`."""
    db.execute("DELETE FROM meta WHERE key = ?", (_MARK + file.hex(),))


def missing(db: sqlite3.Connection, file: bytes, size: int) -> list[int]:
    """Return the numbers of the pieces that are not there, of a file of so many bytes."""
    query = f"SELECT number FROM pieces WHERE file = ? AND {_FULL}"
    there = {number for (number,) in db.execute(query, (file,))}
    return [number for number in range(count(size)) if number not in there]


def piece(db: sqlite3.Connection, file: bytes, number: int) -> bytes | None:
    """Return one piece of a file, None where it is not there."""
    found = db.execute(f"SELECT {_BYTES} FROM pieces WHERE file = ? AND number = ?", (file, number)).fetchone()
    return found[0] if found else None


def is_whole(db: sqlite3.Connection, file: bytes, salt: bytes) -> bool:
    """Whether the pieces of a file are what it is called after; holds one of them at a time."""
    name = sha256(salt)
    for (number,) in db.execute("SELECT number FROM pieces WHERE file = ? ORDER BY number", (file,)).fetchall():
        name.update(piece(db, file, number) or b"")
    return name.digest() == file


def content(db: sqlite3.Connection, file: bytes, salt: bytes, size: int) -> bytes | None:
    """Return a whole file, None where what is there is not what its record names."""
    rows = db.execute(f"SELECT {_BYTES} FROM pieces WHERE file = ? ORDER BY number", (file,)).fetchall()
    whole = b"".join(row[0] for row in rows)
    return whole if len(whole) == size and named(salt, whole) == file else None


def is_arriving(db: sqlite3.Connection, file: bytes) -> bool:
    """Whether pieces of a file may still be under way."""
    return db.execute("SELECT 1 FROM meta WHERE key = ?", (_MARK + file.hex(),)).fetchone() is not None


def drop(db: sqlite3.Connection, file: bytes) -> bool:
    """Empty a slice of a file that will have no record, inside `Log.writing`; returns whether more of it is left.

    One that has a record stays, whatever the caller believes.
    """
    if _has_record(db, file):
        return False
    some = f"SELECT rowid FROM pieces WHERE file = ? AND {_FULL} LIMIT ?"
    query = f"UPDATE pieces SET bytes = x'' WHERE rowid IN ({some})"
    if db.execute(query, (file, SLICE)).rowcount == SLICE:
        return True
    db.execute("DELETE FROM meta WHERE key = ?", (_MARK + file.hex(),))
    return False


def sweep(db: sqlite3.Connection, now: Millis) -> bool:
    """Empty a slice of what was left behind, inside `Log.writing`; returns whether there was anything.

    A file of which a piece came within the last day is left alone: another program may be in the middle of it. One
    that has a record is never swept, however long it has been arriving.
    """
    query = "SELECT key, value FROM meta WHERE key >= ? AND key < ?"
    for key, since in db.execute(query, (_MARK, _MARK + "g")).fetchall():
        with suppress(ValueError):  # a mark that this program did not make is left alone
            file = bytes.fromhex(key.removeprefix(_MARK))
            if abs(now - int(since)) > ABANDONED and not _has_record(db, file):
                drop(db, file)
                return True
    return False


def _has_record(db: sqlite3.Connection, file: bytes) -> bool:
    return db.execute("SELECT 1 FROM attachments WHERE file = ?", (file,)).fetchone() is not None


def faults(db: sqlite3.Connection, last: int) -> Iterator[tuple[int, str]]:
    """Yield each attachment whose pieces are not what its record says: its position, and what is wrong with it.

    `last` is the position that stands for pieces that no record speaks of. Each file is read in a transaction of its
    own, a piece at a time: memory is bounded, and nobody's write-ahead log grows meanwhile.
    """
    for (seq,) in db.execute("SELECT since FROM attachments ORDER BY since").fetchall():
        if fault := _read(db, _fault, seq):
            yield seq, fault
    if fault := _read(db, _without_record, last):
        yield last, fault


def _read(db: sqlite3.Connection, look: Callable[[sqlite3.Connection, int], str], seq: int) -> str:
    """Look at one state of the file: words may be erased, and files attached, meanwhile."""
    db.execute("BEGIN")
    try:
        return look(db, seq)
    finally:
        with suppress(sqlite3.OperationalError):  # a disk that refused has ended it already
            db.execute("ROLLBACK")


def incomplete() -> str:
    """Return what is wrong with an attachment of which a piece is missing; in a shared log it is on its way."""
    return _("a piece of its attachment is missing")


def _fault(db: sqlite3.Connection, seq: int) -> str:
    """Return what is wrong with the pieces of the attachment at a position, "" where nothing is."""
    found = db.execute("SELECT frame, words FROM records WHERE seq = ?", (seq,)).fetchone()
    said = decode_frame(found[0][SALT:]) if found and found[0] else None
    if not isinstance(said, Attached):
        return ""  # sealed, or a derived row that does not follow: what is deep finds that
    if found[1] is None:
        there = db.execute(f"SELECT 1 FROM pieces WHERE file = ? AND {_FULL} LIMIT 1", (said.file,)).fetchone()
        return _("its attachment was erased, and is still there") if there else ""
    name, whole = sha256(decode_words(found[1][SALT:]).salt), True
    query = f"SELECT number, {_BYTES} FROM pieces WHERE file = ? ORDER BY number"
    rows = db.execute(query, (said.file,))
    for expected, (number, data) in enumerate(rows):
        whole = number == expected and len(data) == _length(said.size, number) > 0
        if not whole:
            break
        name.update(data)
    if missing(db, said.file, said.size):
        return incomplete()
    return "" if whole and name.digest() == said.file else _("its attachment was changed after it was written")


def _length(size: int, number: int) -> int:
    """Return how many bytes a piece has, of a file of so many bytes."""
    return max(0, min(PIECE, size - number * PIECE))


def _without_record(db: sqlite3.Connection, _seq: int) -> str:
    query = f"SELECT DISTINCT file FROM pieces WHERE {_FULL} AND file NOT IN (SELECT file FROM attachments)"
    if all(is_arriving(db, file) for (file,) in db.execute(query).fetchall()):
        return ""
    return _("it holds pieces of a file that no record attaches")
