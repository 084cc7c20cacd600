"""Reading a log: records by position and reference, moments, and the covenant in force."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from commandlog.language import _
from commandlog.log import chain
from commandlog.log.derived.table import FOREVER
from commandlog.model.covenant import Covenant
from commandlog.model.errors import RuleError
from commandlog.model.frames import Millis, RecordId
from commandlog.model.records import Record, decode_frame, decode_words


class Head(NamedTuple):
    """The end of the chain; `kept_at` is the keeper's time of the last record."""

    seq: int
    hash: bytes
    kept_at: Millis
    id: RecordId


class LogReading:
    """What can be read of a log that is open. `_settle` first stores what a block of writing has only staged."""

    path: Path
    db: sqlite3.Connection
    head: Head
    _covenants: dict[int, Covenant]

    def _settle(self) -> None:
        raise NotImplementedError

    def record(self, seq: int) -> Record:
        """Return the record at a position; raises RuleError where there is none."""
        found = next(iter(self.records(seq, seq)), None)
        if found is None:
            raise RuleError(_("There is no record {seq} in this log.").format(seq=seq))
        return found

    def records(self, first: int = 1, last: int = FOREVER) -> Iterator[Record]:
        """Yield records in their order, from position `first` to `last`, both included."""
        self._settle()
        rows = self.db.execute(
            "SELECT seq, header, frame, words FROM records WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, last)
        )
        for row in rows:
            yield _record(*row)

    def records_at(self, positions: Iterable[int]) -> dict[int, Record]:
        """Return the records at these positions, by position."""
        self._settle()
        wanted = list(positions)
        found: dict[int, Record] = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self.db.execute(f"SELECT seq, header, frame, words FROM records WHERE seq IN ({marks})", part)
            found.update((row[0], _record(*row)) for row in rows)
        return found

    def find(self, reference: str) -> int:
        """Return the position of the entry that people call "P2-142".

        Raises RuleError where the log has no such entry.
        """
        desk, dash, number = reference.strip().rpartition("-")
        if dash and number.isascii() and number.isdigit() and len(number) < 16:
            # a desk's hundredth record cannot stand before position 100: looking from there on needs no index
            query = "SELECT entry FROM entries WHERE since >= :number AND desk = :desk AND number = :number LIMIT 1"
            row = self.db.execute(query, {"desk": desk.upper(), "number": int(number)}).fetchone()
            if row:
                return int(row[0])
        raise RuleError(
            _("There is no entry {reference} in this log. References look like P2-142; `timeline` shows them.").format(
                reference=reference
            )
        )

    def position_at(self, moment: Millis) -> int:
        """Return the position of the last record that was kept at or before a moment, 0 where none was."""
        self._settle()
        low, high = 0, self.head.seq
        while low < high:
            middle = (low + high + 1) // 2
            header = self.db.execute("SELECT header FROM records WHERE seq = ?", (middle,)).fetchone()[0]
            if chain.unpack_header(header).kept_at <= moment:
                low = middle
            else:
                high = middle - 1
        return low

    def kept_at(self, seq: int) -> Millis:
        """Return the keeper's time of a record, 0 where there is none."""
        self._settle()
        row = self.db.execute("SELECT header FROM records WHERE seq = ?", (seq,)).fetchone()
        return chain.unpack_header(row[0]).kept_at if row else 0

    def covenant(self, position: int = FOREVER) -> Covenant:
        """Return the covenant in force at a position (before the first: the first); raises RuleError without any."""
        query = (
            "SELECT coalesce((SELECT max(since) FROM covenants WHERE since <= ?), (SELECT min(since) FROM covenants))"
        )
        row = self.db.execute(query, (position,)).fetchone()
        if row[0] is None:
            raise RuleError(_("This log has no covenant yet: open an event in it first."))
        if row[0] not in self._covenants:
            words = self.record(row[0]).words
            if words is None or words.covenant is None:
                raise RuleError(_("The covenant of this log cannot be read by this desk."))
            self._covenants[row[0]] = words.covenant
        return self._covenants[row[0]]

    def check_value(self, seq: int) -> bytes:
        """Return the hash of the chain at a position; raises RuleError where there is no record."""
        self._settle()
        row = self.db.execute("SELECT hash FROM records WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            raise RuleError(_("There is no record {seq} in this log.").format(seq=seq))
        return bytes(row[0])

    def covenant_id(self) -> RecordId:
        """Return the id of the record that put the covenant in force, empty before there is one."""
        row = self.db.execute("SELECT id FROM entries WHERE since = (SELECT max(since) FROM covenants)").fetchone()
        return row[0] if row else b""


def _record(seq: int, header: bytes, frame: bytes | None, words: bytes | None) -> Record:
    return Record(
        seq,
        header[26:42],
        int.from_bytes(header[42:50], "big"),
        decode_frame(frame[chain.SALT :]) if frame else None,
        decode_words(words[chain.SALT :]) if words else None,
    )
