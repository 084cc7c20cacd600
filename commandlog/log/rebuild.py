"""Deriving everything anew: in place, beside the file to compare, and behind records that came from elsewhere."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from commandlog.log import chain, derived
from commandlog.log.derived.table import PROVISIONAL, Applied
from commandlog.log.erasing import take_away
from commandlog.log.files import reading_uri
from commandlog.log.store import Log
from commandlog.model.keeping import Erased

Progress = Callable[[int], None]

_COLUMNS = "seq, header, hash, frame, words, words_hash"
_INSERT = f"INSERT INTO records ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"


class Stored(NamedTuple):
    """A record as it is stored: `hash` is None while it is provisional, frame and words are behind their salts.

    `words_hash` is what stands in for words that were erased or are withheld.
    """

    seq: int
    header: bytes
    hash: bytes | None
    frame: bytes | None
    words: bytes | None
    words_hash: bytes | None = None

    def applied(self) -> Applied:
        """Return what the derived tables need of it."""
        return derived.applied(self.seq, self.header, self.frame, self.words)

    def provisional(self, number: int) -> "Stored":
        """Return the record as one that waits for its place in the shared order, behind `number` others."""
        seq = PROVISIONAL + number
        return self._replace(seq=seq, header=chain.moved(self.header, seq), hash=None)


def stored(db: sqlite3.Connection, first: int = 1, last: int = PROVISIONAL - 1) -> Iterator[Stored]:
    """Yield the stored records from one position to another, both included."""
    query = f"SELECT {_COLUMNS} FROM records WHERE seq BETWEEN ? AND ? ORDER BY seq"
    return map(Stored._make, db.execute(query, (first, last)))


def rebuild(log: Log, progress: Progress = lambda _done: None) -> int:
    """Throw all derived rows away and derive them from the records, in one transaction; returns how many records.

    Readers go on seeing the old rows until it is done.
    """
    with log.writing():
        log.db.execute("INSERT INTO fulltext (fulltext) VALUES ('delete-all')")
        for table in derived.TABLES:
            log.db.execute(f"DELETE FROM {table.name}")
        return _apply_all(log.db, progress)


def _apply_all(db: sqlite3.Connection, progress: Progress) -> int:
    last = db.execute("SELECT max(seq) FROM records").fetchone()[0] or 0
    done = 0
    for record in stored(db, 1, last):
        derived.apply(db, record.applied())
        done += 1
        if done % 10_000 == 0:
            progress(done)
    return done


def first_difference(path: Path, progress: Progress = lambda _done: None) -> tuple[int, str] | None:
    """Derive everything anew beside the file and compare.

    Returns the first position at which a derived table differs and the table's name; None where all agree.
    """
    with (
        TemporaryDirectory(prefix="commandlog-", ignore_cleanup_errors=True) as folder,
        closing(sqlite3.connect(Path(folder) / "anew.db", isolation_level=None, uri=True)) as db,
    ):
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        for statement in derived.schema():
            db.execute(statement)
        db.execute("ATTACH ? AS log", (reading_uri(path),))
        db.execute("CREATE TEMP VIEW records AS SELECT * FROM log.records")
        db.execute("BEGIN")  # one snapshot of the log for both: somebody may be writing meanwhile
        _apply_all(db, progress)
        different = _compare(db)
        db.execute("ROLLBACK")
        return different


def _compare(db: sqlite3.Connection) -> tuple[int, str] | None:
    found: list[tuple[int, str]] = []
    for table in derived.TABLES:
        order = "since" if table.single else ", ".join(table.row._fields)
        pair = (db.execute(f"SELECT * FROM {schema}.{table.name} ORDER BY {order}") for schema in ("main", "log"))
        different = next((both for both in zip_longest(*pair) if both[0] != both[1]), None)
        if different:
            found.append((min(row[0] for row in different if row), table.name))
    if not found:
        for schema in ("main", "log"):
            db.execute(f"CREATE VIRTUAL TABLE temp.vocabulary_{schema} USING fts5vocab ({schema}, fulltext, instance)")
        pair = (db.execute(f"SELECT doc, term, col, offset FROM vocabulary_{schema}") for schema in ("main", "log"))
        different = next((both for both in zip_longest(*pair) if both[0] != both[1]), None)
        if different:
            found.append((min(row[0] for row in different if row), "fulltext"))
    return min(found) if found else None


def rebase(log: Log, shared: Iterable[Stored]) -> None:
    """Put records from the shared order at the end of the chain, behind which what was provisional is applied again.

    Provisional records keep their order and take new provisional positions from PROVISIONAL on. All in one
    transaction: nobody sees the state between.
    """
    with log.writing():
        db = log.db
        waiting = list(stored(db, PROVISIONAL, derived.FOREVER))
        derived.rollback(db, PROVISIONAL - 1)
        db.execute("DELETE FROM records WHERE seq >= ?", (PROVISIONAL,))
        for record in shared:
            take(db, record)
        for number, record in enumerate(waiting):
            take(db, record.provisional(number))
        log.refresh()


def take(db: sqlite3.Connection, record: Stored) -> None:
    """Store a record as it is and derive from it, inside `Log.writing`; a provisional one behind all others."""
    db.execute(_INSERT, record)
    applied = record.applied()
    derived.apply(db, applied)
    if isinstance(applied.frame, Erased):
        take_away(db, applied.frame)
