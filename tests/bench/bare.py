"""The same bytes in plain SQLite with the same pragmas and the same full text, and nothing else."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from commandlog.log.derived import fulltext
from commandlog.log.derived.entries import facets_at
from commandlog.log.store import Log

Rows = list[tuple[Any, ...]]

_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "wal_autocheckpoint = 0",
    "secure_delete = ON",
    "cache_size = -32000",
)


class Bare:
    """A file with a table and a full-text index, into which goes what went into a log."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.copied = 0
        self.db = sqlite3.connect(path, isolation_level=None)
        for pragma in _PRAGMAS:
            self.db.execute(f"PRAGMA {pragma}")
        self.db.execute("CREATE TABLE records (seq INTEGER PRIMARY KEY, header, hash, frame, words)")
        for statement in fulltext.SCHEMA:
            self.db.execute(statement)

    def copy(self, log: Log) -> tuple[Rows, Rows]:
        """Return what a log has more than this file, as this file is to be given it."""
        rows = log.db.execute(
            "SELECT seq, header, hash, frame, words FROM records WHERE seq > ?", (self.copied,)
        ).fetchall()
        self.copied = rows[-1][0]
        texts = [
            (r.seq, r.words.everything() if r.words else "", fulltext.facet_words(facets_at(log.db, r.seq)))
            for r in log.records(rows[0][0])
        ]
        return rows, texts

    def write(self, rows: Rows, texts: Rows) -> float:
        """Insert rows and full text in one transaction; returns the seconds it took."""
        start = time.perf_counter()
        self.db.execute("BEGIN IMMEDIATE")
        self.db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)", rows)
        self.db.executemany("INSERT INTO fulltext (rowid, text, facets) VALUES (?, ?, ?)", texts)
        self.db.execute("COMMIT")
        return time.perf_counter() - start

    def follow(self, log: Log) -> float:
        """Write what a log has more than this file; returns the seconds that the writing took."""
        return self.write(*self.copy(log))

    def tend(self) -> None:
        """Merge and checkpoint as the log does."""
        self.db.execute("INSERT INTO fulltext (fulltext, rank) VALUES ('merge', 40)")
        self.db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Close the file."""
        self.db.close()
