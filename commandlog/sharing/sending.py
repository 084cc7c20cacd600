"""Sending: what waits in this desk's file goes to the shared log, in its order, and attachments behind their records.

Nothing is ever asked back: what has its place comes with the shared log. What was sent before a connection broke may be
sent again; the server has each record of a login once.
"""

import time
from collections.abc import Sequence
from typing import LiteralString, NamedTuple

import msgspec
import psycopg

from commandlog.log import chain, pieces
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.store import Log
from commandlog.model.keeping import Attached
from commandlog.model.records import decode_frame

RECORDS, FEWEST, BYTES = 200, 5, 1 << 20  # records and bytes at most, in one transaction of the server
AGAIN = 15.0  # seconds without any of the own records coming back, after which what waits is sent again
SLOWER = 4  # times as long as sending took, in which they do not come back either on a slow line

# empty stands for NULL, so that each column has one type; the row that is all empty is none
_INSERT = """
INSERT INTO commandlog.inbox (id, header, frame, words, words_hash)
SELECT id, header, frame, nullif(words, ''), nullif(words_hash, '')
FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[])
    AS row (id, header, frame, words, words_hash)
WHERE id != '' ON CONFLICT DO NOTHING
"""
_PIECE = """
INSERT INTO commandlog.pieces_in (file, number, bytes)
SELECT file, number, bytes FROM (VALUES (%b::bytea, %b::int, %b::bytea)) AS row (file, number, bytes)
WHERE file != '' ON CONFLICT DO NOTHING
"""
_NO_RECORD, _NO_PIECE = ([b""],) * 5, (b"", 0, b"")
_THERE = "SELECT file, array_agg(number) FROM commandlog.pieces WHERE file = ANY(%b) GROUP BY file"
_NOTICE = "NOTIFY inbox"
_NEXT = "SELECT seq, header, frame, words, words_hash FROM records WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?"
_ATTACHED = (
    "SELECT a.since, a.file, a.size FROM attachments a JOIN entries e ON e.since = a.since"
    " JOIN records r ON r.seq = a.since WHERE e.desk = ? AND r.words IS NOT NULL"
)


class _Waiting(NamedTuple):
    seq: int
    header: bytes
    frame: bytes
    words: bytes | None
    words_hash: bytes | None

    @property
    def values(self) -> tuple[bytes, ...]:
        """What goes into the inbox."""
        return self.header[26:42], self.header, self.frame, self.words or b"", self.words_hash or b""


class Sender:
    """Hands over what one desk's file has for the shared log, a little at a time. Not for two threads."""

    def __init__(self, log: Log, conn: psycopg.Connection, most: int = RECORDS) -> None:
        """`most` is how many records go at a time at first: few on a bad line, where a large batch may never arrive."""
        if log.member is None:
            raise AssertionError("a log of its own sends nothing")
        self.log, self.conn, self.desk = log, conn, log.member.desk
        self.most = most
        self._sent = PROVISIONAL - 1
        self._first = 0
        self._since, self._again_after = time.monotonic(), AGAIN
        self._pieces: list[tuple[bytes, int]] | None = None
        self._known = set[str]()

    def send(self) -> int:
        """Send what is next: a batch of records, else a piece of an attachment; returns how many of them, 0 for none.

        Raises psycopg.Error where the server does not answer, or does not take it.
        """
        self._again()
        rows = self._next()
        if rows:
            before, self.most = self.most, max(FEWEST, len(rows) // 4)  # fewer where this is cut short
            start, columns = time.monotonic(), zip(*(row.values for row in rows), strict=True)
            self._hand_over(_INSERT, _NO_RECORD, [list(column) for column in columns])
            self._sent, self.most = rows[-1].seq, min(RECORDS, max(before, 2 * len(rows)))
            self._since = time.monotonic()
            self._again_after = AGAIN + SLOWER * (self._since - start)
            for row in rows:
                self._attach(row)
            return len(rows)
        return self._send_piece()

    def _next(self) -> list[_Waiting]:
        found, size = list[_Waiting](), 0
        for one in self.log.db.execute(_NEXT, (self._sent + 1, FOREVER, self.most)).fetchall():
            row = _Waiting._make(one)
            size += len(row.frame) + len(row.words or b"")
            if found and size > BYTES:
                break
            found.append(row)
        return found

    def _hand_over(self, query: LiteralString, nothing: Sequence[object], values: Sequence[object]) -> None:
        """Insert values, and say so in a transaction of its own: notices may fail, and hold up nobody. One round trip.

        The server learns the statement from `nothing` first. Else its transaction would begin with the statement and
        wait for the values, on a bad line for longer than a keeper lets it; so it begins when all of them are there.
        """
        with self.conn.pipeline() as pipeline:
            if query not in self._known:
                self.conn.execute(query, nothing, prepare=True)
                pipeline.sync()
            self.conn.execute(query, values, prepare=True)
            pipeline.sync()
            self.conn.execute(_NOTICE)
        self._known.add(query)

    def _again(self) -> None:
        """Begin anew with what waits where nothing of it has come back for a while: the server may have lost it."""
        first = self.log.db.execute("SELECT min(seq) FROM records WHERE seq >= ?", (PROVISIONAL,)).fetchone()[0] or 0
        now = time.monotonic()
        if first != self._first or first > self._sent:
            self._first, self._since = first, now
        elif first and now - self._since > self._again_after:
            self._sent, self._since = PROVISIONAL - 1, now

    # -- attachments -----------------------------------------------------------------------------------------------

    def _attach(self, row: _Waiting) -> None:
        """Remember the pieces of a record that attaches a file."""
        if self._pieces is None or b'"attached"' not in row.frame:
            return
        try:
            said = decode_frame(row.frame[chain.SALT :])
        except (msgspec.MsgspecError, ValueError):
            return
        if isinstance(said, Attached):
            self._pieces += [(said.file, number) for number in range(pieces.count(said.size))]

    def _send_piece(self) -> int:
        if self._pieces is None:
            self._pieces = self._unsent()
        while self._pieces:
            file, number = self._pieces.pop(0)
            data = pieces.piece(self.log.db, file, number)
            if data:  # else it was erased since
                try:
                    self._hand_over(_PIECE, _NO_PIECE, (file, number, data))
                except psycopg.Error:
                    self._pieces.insert(0, (file, number))
                    raise
                return 1
        return 0

    def _unsent(self) -> list[tuple[bytes, int]]:
        """Return the pieces of this desk's attachments that the server is not known to have, in their order."""
        files = {file: size for _seq, file, size in self.log.db.execute(_ATTACHED, (self.desk,)).fetchall()}
        if not files:
            return []
        there: dict[bytes, list[int]] = dict(self.conn.execute(_THERE, (list(files),)).fetchall())
        return [
            (file, number)
            for file, size in files.items()
            for number in range(pieces.count(size))
            if number not in there.get(file, ())
        ]
