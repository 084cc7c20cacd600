"""Whether a log holds: nothing changed, inserted, left out or moved since it was written.

The chain of hashes is checked over every record; the newest signed checkpoint ties it to the desk's key, and records
after it are checked by their own signatures. `deep` checks every signature and derives every table anew. What a lone
file cannot show (its end cut off, or all of it written anew with other keys) shows against a checkpoint held elsewhere.
"""

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import msgspec

from commandlog.language import _
from commandlog.log import chain
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.rebuild import Progress, first_difference
from commandlog.log.store import Log
from commandlog.model.records import DeskOpened, decode_frame

PARALLEL_FROM = 200_000  # records from which on a second process saves more than its start costs


class Verdict(NamedTuple):
    """What was found: `position` is the first bad one and `fault` what is wrong with it, 0 and "" where all holds.

    `head` is the hash of the last record, `signatures` how many were checked.
    """

    records: int
    head: bytes
    signatures: int
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
    with Log(path) as log:
        last, head, log_id = log.head.seq, log.head.hash, log.id
        signatures = 0
        try:
            _check_chain(path, log_id, last)
            keys = dict(_desk_keys(log.db))
            signatures = _check_signatures(log.db, log_id, keys, last, deep)
        except _Bad as bad:
            return Verdict(last, head, signatures, bad.position, bad.fault)
        except sqlite3.DatabaseError as error:
            return Verdict(last, head, signatures, last, _("the file is damaged: {error}").format(error=error))
    if deep:
        try:
            different = first_difference(path, progress)
        except (sqlite3.DatabaseError, ValueError) as error:
            different = (last, str(error))
        if different:
            fault = _("the table “{table}” does not follow from the records").format(table=different[1])
            return Verdict(last, head, signatures, different[0], fault)
    return Verdict(last, head, signatures)


def _check_chain(path: Path, log_id: bytes, last: int) -> None:
    workers = min(os.cpu_count() or 1, 4)
    if last < PARALLEL_FROM or workers < 2:
        found = [_check_range(path, log_id, 1, last)]
    else:
        step = -(-last // workers)
        ranges = [(path, log_id, first, min(first + step - 1, last)) for first in range(1, last + 1, step)]
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            found = list(pool.map(_check_range, *zip(*ranges, strict=True)))
    if bad := min((one for one in found if one), default=None):
        raise _Bad(*bad)


def _check_range(path: Path, log_id: bytes, first: int, last: int) -> tuple[int, str] | None:
    """Check the records from one position to another against each other and the hash before them."""
    db = sqlite3.connect(path, isolation_level=None, timeout=30)
    position = first
    start = chain.HEADER_VERSION.to_bytes(2, "big") + log_id
    try:
        before = db.execute("SELECT hash, header FROM records WHERE seq = ?", (first - 1,)).fetchone()
        previous = before[0] if before else chain.GENESIS
        kept_at = chain.unpack_header(before[1]).kept_at if before else 0
        query = (
            "SELECT seq, header, hash, frame, words, words_hash FROM records"
            f" WHERE seq BETWEEN ? AND ? AND seq < {PROVISIONAL} ORDER BY seq"
        )
        for seq, header, stored, frame, words, words_hash in db.execute(query, (first, last)):
            if seq != position:
                return position, _("the record is missing")
            # the header by its bytes, as chain.pack_header lays them out: unpacking each would double the time
            if header[:26] != start + seq.to_bytes(8, "big"):
                return seq, _("the header belongs to another record or log")
            if frame is not None:
                words_part = sha256(words).digest() if words is not None else words_hash
                digest = sha256(b"\x00" + sha256(frame).digest() + (words_part or b"")).digest()
                if digest != header[50:82]:
                    return seq, _("what it says was changed after it was written")
            if sha256(b"\x01" + previous + header).digest() != stored:
                return seq, _("its check value does not follow from the one before")
            now = int.from_bytes(header[42:50], "big")
            if now < kept_at:
                return seq, _("it is dated before the record that precedes it")
            previous, kept_at, position = stored, now, seq + 1
        if position != last + 1:
            return position, _("the record is missing")
    except (sqlite3.DatabaseError, TypeError, ValueError) as error:
        return position, _("it cannot be read: {error}").format(error=error)
    finally:
        db.close()
    return None


def _desk_keys(db: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    """Yield each desk and its public key from the records themselves, whose digests have been checked."""
    query = "SELECT seq, frame FROM records WHERE seq IN (SELECT since FROM desks) ORDER BY seq"
    for seq, frame in db.execute(query):
        try:
            opened = decode_frame(frame[chain.SALT :])
        except (msgspec.MsgspecError, TypeError) as error:
            raise _Bad(seq, _("it cannot be read: {error}").format(error=error)) from error
        if isinstance(opened, DeskOpened):
            yield opened.desk, opened.key


def _check_signatures(db: sqlite3.Connection, log_id: bytes, keys: dict[str, bytes], last: int, deep: bool) -> int:
    """Check the checkpoints (the newest; all when deep), and record by record what they do not vouch for."""
    checked, vouched = 0, 0
    order = "ORDER BY seq" if deep else "ORDER BY seq DESC LIMIT 1"
    for seq, head, desk, signature in db.execute(
        f"SELECT seq, hash, desk, signature FROM checkpoints {order}"
    ).fetchall():
        stored = db.execute("SELECT hash FROM records WHERE seq = ?", (seq,)).fetchone()
        if not chain.checkpoint_holds(keys.get(desk, b""), signature, log_id, seq, head):
            raise _Bad(seq, _("the checkpoint here is not signed by its desk"))
        if stored is None or stored[0] != head:
            raise _Bad(*_rewritten(db, keys, seq))
        checked, vouched = checked + 1, seq
    first = 1 if deep else vouched + 1
    query = "SELECT seq, header, frame FROM records WHERE seq BETWEEN ? AND ? ORDER BY seq"
    for seq, header_bytes, frame in db.execute(query, (first, last)):
        if not _signed(keys, header_bytes):
            raise _Bad(seq, _("it is not signed by its desk"))
        if deep and frame is not None:
            _check_writer(seq, header_bytes, frame)
        checked += 1
    return checked


def _check_writer(seq: int, header_bytes: bytes, frame: bytes) -> None:
    header = chain.unpack_header(header_bytes)
    by = decode_frame(frame[chain.SALT :]).by
    if (by.party, by.desk) != (header.party, header.desk):
        raise _Bad(seq, _("it claims to be written by another desk than the one that signed it"))


def _rewritten(db: sqlite3.Connection, keys: dict[str, bytes], until: int) -> tuple[int, str]:
    """Name the first record before a broken checkpoint that its desk did not sign."""
    for seq, header in db.execute("SELECT seq, header FROM records WHERE seq <= ? ORDER BY seq", (until,)):
        if not _signed(keys, header):
            return seq, _("it was written anew: its desk did not sign it")
    return until, _("the log differs from its checkpoint here: something at or before it was left out or moved")


def _signed(keys: dict[str, bytes], header_bytes: bytes) -> bool:
    header = chain.unpack_header(header_bytes)
    return chain.signature_holds(keys.get(header.desk, b""), header)
