"""Fetching attachments: their pieces come behind their records, a few at a time, as far as this desk may read them."""

import time
from contextlib import suppress

import psycopg

from commandlog.log import pieces
from commandlog.log.chain import SALT
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.store import Log
from commandlog.model.records import decode_words

AT_ONCE = 2  # pieces: 512 KiB, and one short transaction
LATER = 10.0  # seconds before pieces that were not there, or a file that was not what its record names, are asked again

_PIECES = "SELECT number, bytes FROM commandlog.pieces WHERE file = %b AND number = ANY(%b) ORDER BY number"
_READABLE = (
    "SELECT a.since, a.file, a.size FROM attachments a JOIN records r ON r.seq = a.since"
    f" WHERE a.since > ? AND a.since < {PROVISIONAL} AND r.words IS NOT NULL ORDER BY a.since"
)


class Fetcher:
    """Fetches what one desk's file lacks of the attachments that it may read. Not for two threads."""

    def __init__(self, log: Log, conn: psycopg.Connection) -> None:
        self.log, self.conn = log, conn
        self._wanted: dict[bytes, tuple[int, list[int]]] = {}
        self._later: dict[bytes, float] = {}
        self._seen = 0
        self.bad = set[bytes]()
        """Files of which all pieces came, and were not what their records name."""

    @property
    def missing(self) -> int:
        """How many pieces are known to be missing."""
        return sum(len(numbers) for _seq, numbers in self._wanted.values())

    def look(self, upto: int, *, again: bool = False) -> None:
        """See which attachments have come with the records up to a position; with `again`, look at all of them."""
        for seq, file, size in self.log.db.execute(_READABLE, (0 if again else self._seen,)).fetchall():
            if numbers := pieces.missing(self.log.db, file, size):
                self._wanted[file] = (seq, numbers)
        self._seen = upto

    def fetch(self) -> bool:
        """Fetch a few pieces; returns whether any came. Raises psycopg.Error or what `Log.writing` raises."""
        now = time.monotonic()
        file = next((one for one in self._wanted if self._later.get(one, 0.0) <= now), None)
        if file is None:
            return False
        seq, numbers = self._wanted[file]
        with self.conn.cursor(binary=True) as cursor:
            rows = cursor.execute(_PIECES, (file, numbers[:AT_ONCE])).fetchall()
        found = [(number, data) for number, data in rows if number in numbers and 0 < len(data) <= pieces.PIECE]
        if not found:
            self._later[file] = now + LATER
            self._forget(seq, file)
            return False
        left = [number for number in numbers if number not in dict(found)]
        self._wanted[file] = (seq, left)
        self._receive(seq, file, found, whole=not left)
        return True

    def _receive(self, seq: int, file: bytes, found: list[tuple[int, bytes | None]], *, whole: bool) -> None:
        """Store pieces; once all are there, check them against the name that the record gives the file."""
        with self.log.writing():
            words = self.log.db.execute("SELECT words FROM records WHERE seq = ?", (seq,)).fetchone()
            if not words or words[0] is None:  # erased meanwhile
                self._wanted.pop(file)
                return
            pieces.receive(self.log.db, file, found, self.log.clock())
            if not whole:
                return
            if pieces.is_whole(self.log.db, file, decode_words(words[0][SALT:]).salt):
                pieces.settle(self.log.db, file)
                self._wanted.pop(file)
            else:  # what was sent is not what was attached: nothing of it stays
                self.bad.add(file)
                self.log.db.execute("UPDATE pieces SET bytes = x'' WHERE file = ?", (file,))
                (size,) = self.log.db.execute("SELECT size FROM attachments WHERE since = ?", (seq,)).fetchone()
                self._wanted[file] = (seq, list(range(pieces.count(size))))
                self._later[file] = time.monotonic() + LATER

    def _forget(self, seq: int, file: bytes) -> None:
        """Want no more of a file whose record was erased."""
        if self.log.db.execute("SELECT words IS NULL FROM records WHERE seq = ?", (seq,)).fetchone() == (1,):
            with suppress(KeyError):
                del self._wanted[file]
