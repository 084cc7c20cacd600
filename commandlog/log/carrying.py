"""Carrying records from one log into another that has the beginning of it: a second copy, or a log that is restored.

Nothing is believed that the chain does not say: each record must follow from the one before it, by its hash, before it
goes in, and all else is derived from the records again. So a damaged or tampered file cannot spread.

Wherever carrying ends, also when a process is killed in it, what has arrived is a whole log that verifies: attachments
come in the transaction of their record, and words that were erased before they could be carried come as erased, in one
transaction with the decision that erased them, however much lies between.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from commandlog.language import _
from commandlog.log import aside, chain, pieces
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.files import failures
from commandlog.log.rebuild import Progress, Stored, follows, take
from commandlog.log.store import Log
from commandlog.model.errors import Damaged, Unavailable
from commandlog.model.harmless import typed
from commandlog.model.keeping import Attached
from commandlog.model.records import decode_frame

RECORDS, BYTES = 500, 4 << 20  # at most, in one transaction, save for what must not be parted
TEND_EVERY = 10  # transactions

_COLUMNS = "seq, header, hash, frame, words, words_hash"
_NEXT = f"SELECT {_COLUMNS} FROM records WHERE seq BETWEEN ? AND {PROVISIONAL - 1} ORDER BY seq LIMIT {RECORDS}"
_CHECKPOINTS = "SELECT seq, hash, desk, signature FROM checkpoints WHERE seq BETWEEN ? AND ?"


class Parted(Damaged):
    """The two files do not belong together: one has a record where the other has another, or none."""


class Broken(Damaged):
    """The file that is to be carried from does not hold, from `position` on where that is known."""


class Unreadable(Unavailable):
    """The file that is to be carried from cannot be read now."""


class _Stopped(Exception):
    """Nothing of a transaction is kept, because of what is wrong with the source; `upto` can be kept the next time."""

    def __init__(self, broken: Broken, upto: int) -> None:
        super().__init__(str(broken))
        self.broken = broken
        self.upto = upto


class _ErasedMeanwhile(Exception):
    """Words that were read a moment ago are gone now: what was read is to be read again."""


@contextmanager
def reading_from(source: Path) -> Iterator[None]:
    """Tell what goes wrong with the file that is carried from, by its class, from what goes wrong with the other."""
    try:
        with failures(source):
            yield
    except (Parted, Broken, Unreadable):
        raise
    except Damaged as error:
        raise Broken(str(error), error.position) from error.__cause__
    except Unavailable as error:
        raise Unreadable(str(error)) from error.__cause__


def carry(source: Log, target: Log, until: float = float("inf"), progress: Progress = lambda _done: None) -> bool:
    """Carry what `target` lacks of `source` into it, in short transactions; returns whether it has all of it now.

    `until` is when to stop (time.monotonic); one transaction is always made. `progress` is called with the position
    that was reached. Others may write in the source, and carry into the same target, meanwhile. Raises Parted, Broken,
    Unreadable, or (the target cannot be written) Unavailable; what was carried before stays.
    """
    carried = 0
    while True:
        target.refresh()
        agree(source, target)
        with reading_from(source.path):
            source.refresh()
        if source.member:
            aside.begin(source, target)
        if source.head.seq == target.head.seq:
            if source.member and aside.is_behind(source, target):
                aside.carry(source, target)
            return True
        try:
            _Slice(source, target).carry()
        except _ErasedMeanwhile:
            continue
        progress(target.head.seq)
        carried += 1
        if carried % TEND_EVERY == 0:
            target.tend()
        if time.monotonic() > until:
            source.refresh()
            return target.head.seq >= source.head.seq and not source.member


def agree(source: Log, target: Log) -> None:
    """Raise Parted where the target's last record is not in the source's chain."""
    seq, head = target.head.seq, target.head.hash
    if not seq:
        return
    with reading_from(source.path):
        found = source.db.execute("SELECT hash FROM records WHERE seq = ?", (seq,)).fetchone()
    if found is None:
        raise Parted(_("{file} has records that {log} does not have").format(file=target.path, log=source.path), seq)
    if found[0] != head:
        told = _("record {seq} of {file} is another one than in {log}")
        raise Parted(told.format(seq=seq, file=target.path, log=source.path), seq)


class _Slice:
    """The records that are carried in one transaction of the target."""

    def __init__(self, source: Log, target: Log) -> None:
        self.source = source
        self.target = target
        self.decisions: dict[int, int] = {}
        """Which decision erased the words of which record, by their positions."""

    def carry(self, last: int = PROVISIONAL - 1) -> None:
        """Carry the next records up to `last`; those before one that does not hold are, before Broken is raised."""
        try:
            with self.target.writing():
                aside.take_back(self.target)
                first = self.target.head.seq + 1
                try:
                    broken = self._carry(first, last)
                except Broken as error:  # the source is broken: the target may be written on
                    raise _Stopped(error, 0) from error
                self.target.refresh()
        except _Stopped as stopped:
            if stopped.upto >= first:
                _Slice(self.source, self.target).carry(stopped.upto)
            raise stopped.broken from None
        if broken:
            raise broken

    def _carry(self, first: int, last: int) -> Broken | None:
        """Take the records, and return what is wrong with the one behind them."""
        end, position = self.target.head, first
        broken: Broken | None = None
        while (position == first or position <= self._must_reach()) and not broken:
            with reading_from(self.source.path):
                records = [one for one in _following(self.source.db, position) if one.seq <= last]
                self.decisions |= _decisions(self.source.db, records)
            if not records:
                break
            for record in records:
                after = follows(end, self.source.id, record, sealed=self.source.member is not None)
                if after is None:
                    broken = self._broken(position)
                    break
                self._take(record)
                end, position = after, position + 1
        if broken and position <= self._must_reach():
            raise _Stopped(broken, self._whole_before(position))
        self._take_checkpoints(first, position - 1)
        return broken

    def _must_reach(self) -> int:
        return max(self.decisions.values(), default=0)

    def _whole_before(self, position: int) -> int:
        """Return the last position before one at which no words are gone for no reason."""
        upto = position - 1
        while without := [seq for seq, decision in self.decisions.items() if seq <= upto < decision]:
            upto = min(without) - 1
        return upto

    def _broken(self, position: int) -> Broken:
        told = _("record {seq} of {log} does not hold: `commandlog verify {log}` says what is wrong with it")
        return Broken(told.format(seq=position, log=typed(self.source.path)), position)

    def _take(self, record: Stored) -> None:
        try:
            take(self.target.db, record)
        except (msgspec.MsgspecError, ValueError, OverflowError) as error:
            told = _("what record {seq} of {log} says cannot be read: {error}")
            raise Broken(told.format(seq=record.seq, log=self.source.path, error=error), record.seq) from error
        if record.words is not None and (attached := _attached(record)):
            self._take_pieces(record, attached)

    def _take_pieces(self, record: Stored, attached: Attached) -> None:
        """Take what a record attaches. What the source lacks of it, the target lacks too: that is its verifier's."""
        with reading_from(self.source.path):
            for number in range(pieces.count(attached.size)):
                found = pieces.piece(self.source.db, attached.file, number)
                if not found and _is_erased(self.source.db, record.seq):
                    raise _ErasedMeanwhile
                if found:
                    pieces.receive(self.target.db, attached.file, [(number, found)], self.target.clock())
        pieces.settle(self.target.db, attached.file)

    def _take_checkpoints(self, first: int, last: int) -> None:
        with reading_from(self.source.path):
            checkpoints = self.source.db.execute(_CHECKPOINTS, (first, last)).fetchall()
        self.target.db.executemany("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)", checkpoints)


def _following(db: sqlite3.Connection, position: int) -> list[Stored]:
    """Return the records from a position on, so many as one transaction should take. No snapshot is kept."""
    found: list[Stored] = []
    size = 0
    with closing(db.execute(_NEXT, (position,))) as rows:
        for row in rows:
            found.append(Stored._make(row))
            size += len(row[3] or b"") + len(row[4] or b"")
            if size > BYTES:
                break
    return found


def _decisions(db: sqlite3.Connection, records: list[Stored]) -> dict[int, int]:
    """Return the position of the first decision that erased them for each of these records that has no words."""
    found = {}
    for record in records:
        if record.words is None and record.frame is not None:
            (decision,) = db.execute("SELECT min(since) FROM erasures WHERE record = ?", (record.seq,)).fetchone()
            found[record.seq] = decision or 0
    return found


def _is_erased(db: sqlite3.Connection, seq: int) -> bool:
    return bool(db.execute("SELECT words IS NULL FROM records WHERE seq = ?", (seq,)).fetchone() == (1,))


def _attached(record: Stored) -> Attached | None:
    """Return the frame of a record that attaches a file."""
    if not record.frame or b'"attached"' not in record.frame:
        return None
    frame = decode_frame(record.frame[chain.SALT :])
    return frame if isinstance(frame, Attached) else None
