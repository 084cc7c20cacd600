"""Sending: what waits in this desk's file goes to the shared log, in its order, and attachments behind their records.

Nothing is ever asked back: what has its place comes with the shared log. What was sent before a connection broke may be
sent again; the server has each record of a login once.
"""

import time
from collections.abc import Sequence
from typing import LiteralString, NamedTuple

import msgspec
import psycopg
from psycopg.errors import CheckViolation

from commandlog.log import chain, pieces
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.store import Log
from commandlog.model.keeping import Attached
from commandlog.model.records import decode_frame

RECORDS, FEWEST, BYTES = 200, 5, 1 << 20  # records and bytes at most, in one transaction of the server
AGAIN, SELDOM = 15.0, 480.0  # seconds without any own record coming back, after which what waits is sent again
SLOW = 0.5  # seconds that sending takes, from which on it is no use to give notice
SLOWER = 4  # times as long as sending took, in which they do not come back either on a slow line

_INSERT = """
INSERT INTO commandlog.inbox (id, header, frame, words, words_hash)
SELECT * FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[]) ON CONFLICT DO NOTHING
"""
_PIECE = "INSERT INTO commandlog.pieces_in (file, number, bytes) VALUES (%b, %b, %b) ON CONFLICT DO NOTHING"
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
        self._since, self._again_after, self._tries = time.monotonic(), AGAIN, 1
        self.kept = True
        """Whether a keeper is there: while none is, nothing comes back, and what was sent lies there."""
        self._pieces: list[tuple[bytes, int]] | None = None

    def send(self) -> int:
        """Send what is next: a batch of records, else a piece of an attachment; returns how many of them, 0 for none.

        Raises psycopg.Error where the server does not answer, or does not take it.
        """
        self._again()
        rows = self._next()
        if rows:
            before, self.most = self.most, max(FEWEST, len(rows) // 4)  # fewer where this is cut short
            columns = ([row.header[26:42] for row in rows], *([row[at] for row in rows] for at in (1, 2, 3, 4)))
            try:
                took = self._hand_over(_INSERT, columns)
            except CheckViolation:  # one of them is larger than the server takes: those before it go on
                self.most = 1
                if len(rows) > 1:
                    return self.send()
                raise
            self._sent, self.most = rows[-1].seq, min(RECORDS, max(before, 2 * len(rows)))
            self._since, self._again_after = time.monotonic(), AGAIN + SLOWER * took
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

    def _hand_over(self, query: LiteralString, values: Sequence[object]) -> float:
        """Insert values, and say so in a transaction of its own: notices may fail, and hold up nobody. Returns seconds.

        Prepared, and not in a pipeline: else the transaction begins before all has arrived, or ends well after, and on
        a bad line that takes longer than a keeper lets it. Over a slow line a keeper finds it sooner than a notice.
        """
        start = time.monotonic()
        self.conn.execute(query, values, prepare=True)
        took = time.monotonic() - start
        if took < SLOW:
            self.conn.execute(_NOTICE)
        return took

    def _again(self) -> None:
        """Begin anew with what waits where nothing of it has come back for a while: the server may have lost it.

        Each time that is of no use, it is done more seldom.
        """
        first = self.log.db.execute("SELECT min(seq) FROM records WHERE seq >= ?", (PROVISIONAL,)).fetchone()[0] or 0
        now = time.monotonic()
        if first != self._first or first > self._sent:
            self._first, self._since, self._tries = first, now, 1
        elif not self.kept:
            self._since = now
        elif first and now - self._since > min(self._tries * self._again_after, SELDOM):
            self._sent, self._since, self._tries = PROVISIONAL - 1, now, 2 * self._tries

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
                    self._hand_over(_PIECE, (file, number, data))
                except psycopg.Error:
                    self._pieces.insert(0, (file, number))
                    raise
                return 1
        return 0

    def send_pieces_again(self) -> None:
        """Send the pieces that the server does not have, once more."""
        self._pieces = None

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
