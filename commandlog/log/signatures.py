"""Whether records are signed by their desks, and follow each other as their desks numbered them.

The number that a desk gives a record is signed with it: a record that was dropped, repeated or moved among its desk's
others shows, even where all hashes were made to fit. What a desk wrote may be sealed here, in a shared log; it then
counts as its desk's next one. What a keeper refused is left out.
"""

import sqlite3
from typing import Any

import msgspec

from commandlog.language import _
from commandlog.log import chain
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.reading import newer_record, paged
from commandlog.log.rebuild import says, stored
from commandlog.model.order import Refused
from commandlog.model.records import DeskOpened, NewerRecord, decode_frame


class Bad(Exception):
    """What is wrong with a log, at a position."""

    def __init__(self, position: int, fault: str) -> None:
        super().__init__(fault)
        self.position = position
        self.fault = fault


Desks = dict[str, tuple[str, bytes]]
"""Each desk's party and public key."""


def desks_of(db: sqlite3.Connection) -> Desks:
    """Return who may sign what, from the records themselves, whose digests have been checked."""
    found: Desks = {}
    query = "SELECT seq, frame FROM records WHERE seq IN (SELECT since FROM desks) ORDER BY seq"
    for seq, frame in db.execute(query):
        opened = frame_of(seq, frame) if frame else None
        if isinstance(opened, DeskOpened) and opened.desk not in found:
            found[opened.desk] = (opened.party, opened.key)
    return found


def frame_of(seq: int, frame: bytes) -> Any:
    """Return what a record says; raises Bad where that cannot be read, Unavailable where it takes a newer program."""
    try:
        return decode_frame(frame[chain.SALT :])
    except NewerRecord as error:
        raise newer_record(seq) from error
    except (msgspec.MsgspecError, TypeError) as error:
        raise Bad(seq, _("it cannot be read: {error}").format(error=error)) from error


def signatures_of(db: sqlite3.Connection, log_id: bytes, last: int, *, deep: bool) -> int:
    """Check the checkpoints (the newest; all when deep), and record by record what they do not vouch for.

    Returns how many signatures were checked; raises Bad.
    """
    desks, checked, vouched = desks_of(db), 0, 0
    order = "ORDER BY seq" if deep else "ORDER BY seq DESC LIMIT 1"
    query = f"SELECT seq, hash, desk, signature FROM checkpoints WHERE seq <= ? {order}"
    for seq, head, desk, signature in db.execute(query, (last,)).fetchall():
        there = db.execute("SELECT hash FROM records WHERE seq = ?", (seq,)).fetchone()
        if not chain.checkpoint_holds(desks.get(desk, ("", b""))[1], signature, log_id, seq, head):
            raise Bad(seq, _("the checkpoint here is not signed by its desk"))
        if there is None or there[0] != head:
            _check_each(db, desks, 1, seq)
            raise Bad(
                seq, _("the log differs from its checkpoint here: something at or before it was left out or moved")
            )
        checked, vouched = checked + 1, seq
    beyond = "SELECT min(seq) FROM checkpoints WHERE seq NOT IN (SELECT seq FROM records)"
    if (cut := db.execute(beyond).fetchone()[0]) is not None:
        raise Bad(cut, _("a checkpoint stands here, but no record: the end was cut off"))
    return checked + _check_each(db, desks, 1 if deep else vouched + 1, last)


def check_waiting(db: sqlite3.Connection, log_id: bytes) -> int:
    """Check what waits behind the last record for its place in a shared order; returns how many there are.

    Each record is its desk's next one and signed by it, and says what it was signed for. Raises Bad.
    """
    for record in stored(db, PROVISIONAL, FOREVER):
        try:
            header = chain.unpack_header(record.header)
        except ValueError as error:
            raise Bad(record.seq, _("it cannot be read: {error}").format(error=error)) from error
        if (header.seq, header.log_id, record.hash) != (record.seq, log_id, None):
            raise Bad(record.seq, _("the header belongs to another record or log"))
        if not says(record, header.digest):
            raise Bad(record.seq, _("what it says was changed after it was written"))
    return _check_each(db, desks_of(db), PROVISIONAL, FOREVER)


def _check_each(db: sqlite3.Connection, desks: Desks, first: int, last: int) -> int:
    """Check each record's signature, and that every desk's records follow each other; returns how many there were."""
    numbers, checked = _Numbers(db), 0
    for seq, header_bytes, frame_bytes in paged(db, "seq, header, frame", first, last):
        header = chain.unpack_header(header_bytes)
        party, key = desks.get(header.desk, ("", b""))
        if not chain.signature_holds(key, header):
            raise Bad(seq, _("it is not signed by its desk"))
        frame = frame_of(seq, frame_bytes) if frame_bytes is not None else None
        by = (frame.by.party, frame.by.desk) if frame else (header.party, header.desk)
        if header.party != party or by != (header.party, header.desk):
            raise Bad(seq, _("it claims to be written by another party or desk than the one that signed it"))
        numbers.follow(seq, header.desk, frame.number if frame else 0)
        checked += 1
    return checked


class _Numbers:
    """The number of each desk's last record, on the way through a log."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self._last: dict[str, int] = {}
        self._refused: set[tuple[str, int]] | None = None

    def follow(self, seq: int, desk: str, number: int) -> None:
        """Take in a desk's next record; 0 where its number is sealed. Raises Bad where it is not the next one."""
        before = self._last[desk] if desk in self._last else self._before(desk, seq)
        if number and number != before + 1 and number != self._next(desk, before):
            told = _("a record of desk {desk} was left out, repeated or moved before this one")
            raise Bad(seq, told.format(desk=desk))
        self._last[desk] = number or self._next(desk, before)

    def _next(self, desk: str, number: int) -> int:
        """Return the number behind one, leaving out what was refused."""
        if self._refused is None:
            query = "SELECT seq, frame FROM records WHERE seq IN (SELECT since FROM entries WHERE kind = 'refused')"
            frames = [frame_of(seq, frame) for seq, frame in self.db.execute(query) if frame]
            self._refused = {(one.desk, one.count) for one in frames if isinstance(one, Refused)}
        number += 1
        while (desk, number) in self._refused:
            number += 1
        return number

    def _before(self, desk: str, seq: int) -> int:
        """Return the number of a desk's last record before a position, from the records; 0 where there is none."""
        sealed, number = 0, 0
        for _seq, header, frame in self._backwards(seq):
            if chain.unpack_header(header).desk == desk:
                if frame is not None:
                    number = int(frame_of(_seq, frame).number)
                    break
                sealed += 1
        for _one in range(sealed):
            number = self._next(desk, number)
        return number

    def _backwards(self, seq: int) -> Any:
        return self.db.execute("SELECT seq, header, frame FROM records WHERE seq < ? ORDER BY seq DESC", (seq,))
