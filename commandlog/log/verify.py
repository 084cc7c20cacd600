"""Whether a log holds: nothing changed, inserted, left out or moved since it was written.

The chain of hashes is checked over every record; the newest signed checkpoint ties it to a desk's key, and records
after it are checked by their own signatures and numbers. `deep` checks every signature and derives every table anew.
What a lone file cannot show (its end cut off, two desks' records changed round, all of it written anew with other keys)
shows against a checkpoint held elsewhere.
"""

import os
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from commandlog.language import _
from commandlog.log import chain
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.files import reading_uri
from commandlog.log.rebuild import Progress, first_difference
from commandlog.log.store import Log
from commandlog.model.errors import Damaged
from commandlog.model.records import DeskOpened, decode_frame

PARALLEL_FROM = 200_000  # records from which on a second process saves more than its start costs


class Verdict(NamedTuple):
    """What was found: `position` is the first bad one and `fault` what is wrong with it, 0 and "" where all holds.

    `head` is the hash of the last record, `signatures` how many were checked, `erased` how many records have no words.
    """

    records: int
    head: bytes
    signatures: int
    erased: int
    position: int = 0
    fault: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.fault


class _Bad(Exception):
    def __init__(self, position: int, fault: str) -> None:
        super().__init__(fault)
        self.position = position
        self.fault = fault


def verify(path: Path, *, deep: bool = False, progress: Progress = lambda _done: None) -> Verdict:
    """Check a log; `deep` also checks every desk's signature and derives every table anew to compare.

    Raises RuleError or Damaged where the file cannot be read as a log at all.
    """
    try:
        log = Log(path)
    except Damaged as damaged:
        if not damaged.position:
            raise
        return Verdict(damaged.position, b"", 0, 0, damaged.position, str(damaged))
    with log:
        last, head = log.head.seq, log.head.hash
        signatures = erased = 0
        try:
            erased = _check_chain(path, log.id, last)
            signatures = _check_signatures(log.db, log.id, _desks(log.db), last, deep)
            if deep:
                _check_derived(path, progress)
        except _Bad as bad:
            return Verdict(last, head, signatures, erased, bad.position, bad.fault)
        except (sqlite3.DatabaseError, msgspec.MsgspecError, ValueError, OverflowError) as error:
            fault = _("it cannot be read: {error}").format(error=error)
            return Verdict(last, head, signatures, erased, last, fault)
        return Verdict(last, head, signatures, erased)


def _check_derived(path: Path, progress: Progress) -> None:
    if different := first_difference(path, progress):
        position, table = different
        raise _Bad(position, _("the table “{table}” does not follow from the records").format(table=table))


def _check_chain(path: Path, log_id: bytes, last: int) -> int:
    """Check all records against each other; returns how many have no words any more."""
    workers = min(os.cpu_count() or 1, 4)
    if last < PARALLEL_FROM or workers < 2:
        found = [_check_range(path, log_id, 1, last)]
    else:
        step = -(-last // workers)
        ranges = [(path, log_id, first, min(first + step - 1, last)) for first in range(1, last + 1, step)]
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            found = list(pool.map(_check_range, *zip(*ranges, strict=True)))
    if bad := min((one[1:] for one in found if one[2]), default=None):
        raise _Bad(*bad)
    return sum(one[0] for one in found)


def _check_range(path: Path, log_id: bytes, first: int, last: int) -> tuple[int, int, str]:
    """Check the records from one position to another against each other and the hash before them.

    Returns how many have no words, the first bad position and what is wrong with it (0 and "" where nothing is).
    """
    erased = 0
    db = sqlite3.connect(reading_uri(path), uri=True, isolation_level=None, timeout=30)
    position = first
    start = chain.HEADER_VERSION.to_bytes(2, "big") + log_id
    try:
        before = db.execute("SELECT hash, header FROM records WHERE seq = ?", (first - 1,)).fetchone()
        previous = before[0] if before else chain.GENESIS
        kept_at = before[1][42:50] if before else b""
        query = (
            "SELECT seq, header, hash, frame, words, words_hash FROM records"
            f" WHERE seq BETWEEN ? AND ? AND seq < {PROVISIONAL} ORDER BY seq"
        )
        for seq, header, stored, frame, words, words_hash in db.execute(query, (first, last)):
            if seq != position:
                return erased, position, _("the record is missing")
            # the header by its bytes, as chain.pack_header lays them out: unpacking each would double the time
            if header[:26] != start + seq.to_bytes(8, "big"):
                return erased, seq, _("the header belongs to another record or log")
            if frame is None:
                return erased, seq, _("what it says was taken away")
            erased += words is None
            words_part = sha256(words).digest() if words is not None else words_hash or b""
            if sha256(b"\x00" + sha256(frame).digest() + words_part).digest() != header[50:82]:
                return erased, seq, _("what it says was changed after it was written")
            if sha256(b"\x01" + previous + header).digest() != stored:
                return erased, seq, _("its check value does not follow from the one before")
            now = header[42:50]  # big-endian, so the bytes compare as the times do
            if now < kept_at:
                return erased, seq, _("it is dated before the record that precedes it")
            previous, kept_at, position = stored, now, seq + 1
        if position != last + 1:
            return erased, position, _("the record is missing")
    except (sqlite3.DatabaseError, TypeError, ValueError) as error:
        return erased, position, _("it cannot be read: {error}").format(error=error)
    finally:
        db.close()
    return erased, 0, ""


Desks = dict[str, tuple[str, bytes]]
"""Each desk's party and public key."""


def _desks(db: sqlite3.Connection) -> Desks:
    """Return who may sign what, from the records themselves, whose digests have been checked."""
    found: Desks = {}
    query = "SELECT seq, frame FROM records WHERE seq IN (SELECT since FROM desks) ORDER BY seq"
    for seq, frame in db.execute(query):
        opened = _frame(seq, frame)
        if isinstance(opened, DeskOpened) and opened.desk not in found:
            found[opened.desk] = (opened.party, opened.key)
    return found


def _frame(seq: int, frame: bytes) -> Any:
    try:
        return decode_frame(frame[chain.SALT :])
    except (msgspec.MsgspecError, TypeError) as error:
        raise _Bad(seq, _("it cannot be read: {error}").format(error=error)) from error


def _check_signatures(db: sqlite3.Connection, log_id: bytes, desks: Desks, last: int, deep: bool) -> int:
    """Check the checkpoints (the newest; all when deep), and record by record what they do not vouch for."""
    checked, vouched = 0, 0
    order = "ORDER BY seq" if deep else "ORDER BY seq DESC LIMIT 1"
    query = f"SELECT seq, hash, desk, signature FROM checkpoints WHERE seq <= ? {order}"
    for seq, head, desk, signature in db.execute(query, (last,)).fetchall():
        stored = db.execute("SELECT hash FROM records WHERE seq = ?", (seq,)).fetchone()
        if not chain.checkpoint_holds(desks.get(desk, ("", b""))[1], signature, log_id, seq, head):
            raise _Bad(seq, _("the checkpoint here is not signed by its desk"))
        if stored is None or stored[0] != head:
            _check_each(db, desks, 1, seq)
            raise _Bad(
                seq, _("the log differs from its checkpoint here: something at or before it was left out or moved")
            )
        checked, vouched = checked + 1, seq
    return checked + _check_each(db, desks, 1 if deep else vouched + 1, last)


def _check_each(db: sqlite3.Connection, desks: Desks, first: int, last: int) -> int:
    """Check each record's signature, and that every desk's records follow each other; returns how many there were.

    The number that a desk gives a record is signed with it: a record that was dropped, repeated or moved among its
    desk's others shows, even where all hashes were made to fit.
    """
    numbers: dict[str, int] = {}
    query = "SELECT seq, header, frame FROM records WHERE seq BETWEEN ? AND ? ORDER BY seq"
    for seq, header_bytes, frame_bytes in db.execute(query, (first, last)):
        header = chain.unpack_header(header_bytes)
        party, key = desks.get(header.desk, ("", b""))
        if not chain.signature_holds(key, header):
            raise _Bad(seq, _("it is not signed by its desk"))
        frame = _frame(seq, frame_bytes)
        if header.party != party or (frame.by.party, frame.by.desk) != (header.party, header.desk):
            raise _Bad(seq, _("it claims to be written by another party or desk than the one that signed it"))
        if header.desk not in numbers:
            numbers[header.desk] = _last_number(db, header.desk, seq)
        if frame.number != numbers[header.desk] + 1:
            raise _Bad(
                seq,
                _("a record of desk {desk} was left out, repeated or moved before this one").format(desk=header.desk),
            )
        numbers[header.desk] = frame.number
    return max(0, last - first + 1)


def _last_number(db: sqlite3.Connection, desk: str, before: int) -> int:
    """Return the number of a desk's last record before a position, from the record itself; 0 where there is none."""
    query = "SELECT seq, frame FROM records WHERE seq < ? ORDER BY seq DESC"
    for seq, frame in db.execute(query, (before,)):
        found = _frame(seq, frame)
        if found.by.desk == desk:
            return int(found.number)
    return 0
