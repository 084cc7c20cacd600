"""Asking for the shared log a page at a time: as much as the line carries in some seconds, and never more than that.

A page that takes long is worth nothing on a bad line: a keeper ends statements that go on for more than five seconds, a
connection that breaks loses all of it, and whoever waits sees nothing come.
"""

import time
from typing import LiteralString

import msgspec
import psycopg
from psycopg.types.numeric import Int8

from commandlog.sharing.following.checking import Row

FEW = 50  # records, of which a quick line is asked for as they are
FIRST, BYTES = 256 << 10, 8 << 20  # of a page, at first and at most
ROW = 256  # bytes of a record of which nothing can be read
QUICK, LONG = 1.0, 6.0  # seconds: a page that took less may grow; what takes more is too much for the line
GROWS = 4  # times as large as the one before it, at most
CHUNK = 100  # rows that come from the server at a time, where a page may be long

# both sides of each join are bounded, or the planner reads all of it
PAGE = """
SELECT c.seq, c.header, c.hash, p.frame, p.words, p.words_hash, p.erased_by, k.desk, k.signature,
    ARRAY(SELECT o.seq FROM commandlog.opened o WHERE o.by_seq = c.seq AND c.seq > %(head)s)
FROM commandlog.chain c
LEFT JOIN commandlog.parts p ON p.seq = c.seq AND p.seq > %(head)s AND p.seq <= %(last)s
LEFT JOIN commandlog.checkpoints k ON k.seq = c.seq AND k.seq > %(head)s AND k.seq <= %(last)s
WHERE c.seq >= %(head)s AND c.seq <= %(last)s"""
IN_ORDER = " ORDER BY c.seq"
# a long page ends where a keeper vouches for it, so that not every signature has to be checked
_VOUCHED = """ AND c.seq <= coalesce((
    SELECT max(v.seq) FROM commandlog.checkpoints v WHERE v.seq > %(head)s AND v.seq <= %(last)s), %(last)s)"""
# and any with the record that makes it too large
_AS_MUCH = """ AND c.seq <= coalesce((
    SELECT min(s.seq) FROM (
        SELECT r.seq, sum(octet_length(r.frame) + coalesce(octet_length(r.words), 0)) OVER (ORDER BY r.seq) AS size
        FROM commandlog.parts r WHERE r.seq > %(head)s AND r.seq <= %(last)s) AS s
    WHERE s.size > %(most)s), %(last)s)"""


class Pages:
    """Asks for pages over one connection, smaller and larger ones as the line is."""

    def __init__(self, conn: psycopg.Connection, most: int = FIRST) -> None:
        """`most` is how many bytes are asked for at first."""
        self.conn, self.most = conn, most

    def page(self, head: int, count: int, *, vouched: bool = False) -> tuple[list[Row], bool]:
        """Return what the server has from `head` on, at most `count` records behind it, and whether more may be there.

        With `vouched` it ends at a keeper's checkpoint where there is one. Raises psycopg.Error where the server does
        not answer, msgspec.ValidationError for what is no row.
        """
        most, count, start = self.most, min(count, max(1, self.most // ROW)), time.monotonic()
        self.most = max(ROW, min(most, count * ROW) // 4)  # where this is cut short
        rows = self._rows(head, head + count, most, vouched=vouched)
        took, size = time.monotonic() - start, sum(row.size for row in rows)
        full = bool(rows) and (rows[-1].seq == head + count or size > most)
        fits = most
        if took < QUICK:
            fits = BYTES
        elif full or took > LONG:
            fits = round((size + ROW * len(rows)) * LONG / took)
        self.most = max(ROW, min(fits, GROWS * most, BYTES))
        return rows, full or (vouched and bool(rows) and rows[-1].signature is not None)

    def _rows(self, head: int, last: int, most: int, *, vouched: bool) -> list[Row]:
        bounds = {"head": Int8(head), "last": Int8(last), "most": Int8(most)}
        with self.conn.cursor(binary=True) as cursor:
            if most >= BYTES and last - head <= FEW:
                return msgspec.convert(cursor.execute(PAGE + IN_ORDER, bounds).fetchall(), list[Row])
            found, size = list[Row](), 0
            query: LiteralString = PAGE + _AS_MUCH + (_VOUCHED if vouched else "") + IN_ORDER
            for row in cursor.stream(query, bounds, binary=True, size=CHUNK):
                found.append(msgspec.convert(row, Row))
                size += found[-1].size
                if size > BYTES:  # whatever was asked for
                    break
            return found
