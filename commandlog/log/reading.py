"""Reading a log: records by position and reference, moments, and the covenant in force."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from commandlog.language import _
from commandlog.log import chain
from commandlog.log.derived.table import FOREVER, now_at
from commandlog.log.files import failures, in_words
from commandlog.model.covenant import Covenant
from commandlog.model.errors import Damaged, RuleError, Unavailable
from commandlog.model.frames import Millis, RecordId
from commandlog.model.records import NewerRecord, Record, decode_frame, decode_words

PAGE = 500  # records


def paged(db: sqlite3.Connection, columns: str, first: int, last: int) -> Iterator[tuple[Any, ...]]:
    """Yield these columns (the first is seq) of the records from one position to another, both included, in order.

    They are read a page at a time, so that no transaction is open between two pages: what is behind the oldest reader
    cannot be moved out of the write-ahead log, which would grow as long as somebody sits over a long list. Records
    never change (save that words may be erased), so pages read one after the other make the same list.
    """
    query = f"SELECT {columns} FROM records WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT {PAGE}"
    while first <= last and (rows := db.execute(query, (first, last)).fetchall()):
        yield from rows
        first = rows[-1][0] + 1


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
    _covenants: dict[int, Covenant]

    @property
    def head(self) -> Head:
        """The end of the chain."""
        raise NotImplementedError

    @property
    def opened(self) -> int:
        """How many records were sealed in this file once and could be read later (in a member of a shared log)."""
        return self.db.execute("SELECT max(n) FROM opened").fetchone()[0] or 0

    def _settle(self) -> None:
        raise NotImplementedError

    def record(self, seq: int) -> Record:
        """Return the record at a position; raises RuleError where there is none."""
        found = self.records_at((seq,)).get(seq)
        if found is None:
            raise RuleError(_("There is no record {seq} in this log.").format(seq=seq))
        return found

    def records(self, first: int = 1, last: int = FOREVER) -> Iterator[Record]:
        """Yield records in their order, from position `first` to `last`, both included; those there are at the start.

        However long the caller takes over them, no transaction is open meanwhile: see `paged`.
        """
        self._settle()
        with failures(self.path):
            end = self.db.execute("SELECT max(seq) FROM records").fetchone()[0] or 0
            for row in paged(self.db, "seq, header, frame, words", first, min(last, end)):
                yield _record(*row)

    @in_words
    def records_at(self, positions: Iterable[int]) -> dict[int, Record]:
        """Return the records at these positions, by the position that was asked for (see `now_at`)."""
        self._settle()
        now = {one: now_at(self.db, one) for one in positions}
        wanted = list(set(now.values()))
        found: dict[int, Record] = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self.db.execute(f"SELECT seq, header, frame, words FROM records WHERE seq IN ({marks})", part)
            found.update((row[0], _record(*row)) for row in rows)
        return {one: found[at] for one, at in now.items() if at in found}

    @in_words
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

    @in_words
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

    @in_words
    def kept_at(self, seq: int) -> Millis:
        """Return the keeper's time of a record, 0 where there is none."""
        self._settle()
        row = self.db.execute("SELECT header FROM records WHERE seq = ?", (now_at(self.db, seq),)).fetchone()
        return chain.unpack_header(row[0]).kept_at if row else 0

    @in_words
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

    @in_words
    def check_value(self, seq: int) -> bytes:
        """Return the hash of the chain at a position; raises RuleError where there is no record."""
        self._settle()
        row = self.db.execute("SELECT hash FROM records WHERE seq = ?", (seq,)).fetchone()
        if row is None or row[0] is None:  # what waits for its place in a shared order has none
            raise RuleError(_("There is no record {seq} in this log.").format(seq=seq))
        return bytes(row[0])

    @in_words
    def covenant_id(self) -> RecordId:
        """Return the id of the record that put the covenant in force, empty before there is one."""
        row = self.db.execute("SELECT id FROM entries WHERE since = (SELECT max(since) FROM covenants)").fetchone()
        return row[0] if row else b""


def _record(seq: int, header: bytes, frame: bytes | None, words: bytes | None) -> Record:
    try:
        said = decode_frame(frame[chain.SALT :]) if frame else None
        return Record(
            seq,
            header[26:42],
            int.from_bytes(header[42:50], "big"),
            said,
            decode_words(words[chain.SALT :]) if words else None,
        )
    except NewerRecord as error:
        raise newer_record(seq) from error
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError) as error:
        told = _("What record {seq} says cannot be read ({error}): `commandlog verify` says what is wrong.")
        raise Damaged(told.format(seq=seq, error=error), seq) from error


def newer_record(seq: int) -> Unavailable:
    """Return the error for a record that this program does not know."""
    told = _("Record {seq} was written by a newer version of CommandLog: open the log with that version.")
    return Unavailable(told.format(seq=seq))
