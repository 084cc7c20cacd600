"""Whether a log holds: nothing changed, inserted, left out or moved since it was written.

The chain of hashes is checked over every record; the newest signed checkpoint ties it to a desk's key, and records
after it are checked by their own signatures and numbers. `deep` checks every signature and derives every table anew.
What a lone file cannot show (its end cut off, two desks' records changed round, all of it written anew with other keys)
shows against a check line held elsewhere (`witness`).
"""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from commandlog.language import _
from commandlog.log import chain, links, pieces, shape
from commandlog.log.files import failures, of_the_machine, reading_uri
from commandlog.log.reading import newer_record, paged
from commandlog.log.rebuild import Progress, first_difference
from commandlog.log.store import Log
from commandlog.log.witness import Line, disagreement, line_of
from commandlog.model.errors import Damaged
from commandlog.model.keeping import Erased
from commandlog.model.records import DeskOpened, NewerRecord, decode_frame

PARALLEL_FROM = 50_000  # records from which on a second process saves more than its start costs


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


def verify(
    path: Path, *, deep: bool = False, against: Iterable[Line] = (), progress: Progress = lambda _done: None
) -> Verdict:
    """Check a log, and hold it `against` check lines; `deep` also checks every signature and derives every table anew.

    Raises RuleError or Damaged where the file cannot be read as a log at all, Unavailable where disk or memory refuse:
    no verdict follows from that.
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
            without_words = _check_chain(path, log.id, last)
            erased = len(without_words)
            _check_erasures(log.db, without_words)
            signatures = _check_signatures(log.db, log.id, _desks(log.db), last, deep)
            _check_file(log.db, last, deep)
            _check_attachments(log.db, last)
            if deep:
                _check_derived(path, progress)
            _check_lines(log, last, against)
        except _Bad as bad:
            return Verdict(last, head, signatures, erased, bad.position, bad.fault)
        except (sqlite3.DatabaseError, msgspec.MsgspecError, ValueError, OverflowError) as error:
            if of_the_machine(error):
                with failures(path):
                    raise
            fault = _("it cannot be read: {error}").format(error=error)
            return Verdict(last, head, signatures, erased, last, fault)
        return Verdict(last, head, signatures, erased)


def _check_file(db: sqlite3.Connection, last: int, deep: bool) -> None:
    """Check the file itself: its tables are as they were made; when deep, every way into it reads the same."""
    if wrong := shape.fault(db) or (deep and shape.damage(db)):
        raise _Bad(last, _("the file itself was changed or damaged: {what}").format(what=wrong))


def _check_attachments(db: sqlite3.Connection, last: int) -> None:
    """Check that each attachment holds what its record names, and that nothing else is kept."""
    for position, fault in pieces.faults(db, last):
        raise _Bad(position, fault)


def _check_lines(log: Log, last: int, against: Iterable[Line]) -> None:
    """Check that the log agrees with the check lines that others kept of it."""
    for line in against:
        found = line_of(log, line.seq) if 1 <= line.seq <= last else None
        if fault := disagreement(line, log.id, found):
            raise _Bad(min(line.seq, last), fault)


def _check_derived(path: Path, progress: Progress) -> None:
    if different := first_difference(path, progress):
        position, table = different
        raise _Bad(position, _("the table “{table}” does not follow from the records").format(table=table))


WithoutWords = list[tuple[int, bytes]]
"""Position and id of records that have no words any more, in their order."""


def _check_erasures(db: sqlite3.Connection, without_words: WithoutWords) -> None:
    """Check that a decision in the log erased the words of each record that has none: the decisions themselves say."""
    if not without_words:
        return
    query = "SELECT seq, frame FROM records WHERE seq IN (SELECT since FROM erasures) ORDER BY seq"
    decisions = [_frame(seq, frame) for seq, frame in db.execute(query).fetchall()]
    erased = {one for decision in decisions if isinstance(decision, Erased) for one in decision.records}
    if absent := next((seq for seq, record_id in without_words if record_id not in erased), 0):
        raise _Bad(absent, _("its words were taken away, and no decision in the log erased them"))


def _check_chain(path: Path, log_id: bytes, last: int) -> WithoutWords:
    """Check all records against each other; returns those that have no words any more."""
    uri, start = reading_uri(path), chain.HEADER_VERSION.to_bytes(2, "big") + log_id
    helpers = min(os.cpu_count() or 1, 4) - 1 if last >= PARALLEL_FROM else 0
    waiting, found = links.slices(last), list[links.Checked]()
    number = len(waiting)
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30)) as db:
        with links.helping(uri, start, waiting, found, helpers) as left:
            while one := links.taken(waiting.popleft):
                found.append(_check_range(db, start, *one))
        found += [_check_range(db, start, *one) for one in left]
    if len(found) != number:
        raise AssertionError("a part of the log was not looked at")
    if bad := min(((one.position, one.fault) for one in found if one.fault), default=None):
        raise _Bad(*bad)
    return sorted(absent for one in found for absent in one.without_words)


def _check_range(db: sqlite3.Connection, start: bytes, first: int, last: int) -> links.Checked:
    """Check the records from one position to another against each other and the hash before them."""
    try:
        checked = links.check(db, start, first, last)
    except links.Unreadable as unreadable:
        if of_the_machine(unreadable.cause):
            raise unreadable.cause from unreadable
        said = _("it cannot be read: {error}").format(error=unreadable.cause)
        return links.Checked([], unreadable.position, said)
    return checked._replace(fault=_in_words(checked.fault)) if checked.fault else checked


def _in_words(fault: str) -> str:
    return {
        links.MISSING: _("the record is missing"),
        links.HEADER: _("the header belongs to another record or log"),
        links.FRAME: _("what it says was taken away"),
        links.BOTH: _("it says that its words are gone, and has them"),
        links.CHANGED: _("what it says was changed after it was written"),
        links.LINK: _("its check value does not follow from the one before"),
        links.EARLIER: _("it is dated before the record that precedes it"),
    }[fault]


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
    except NewerRecord as error:
        raise newer_record(seq) from error
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
    beyond = "SELECT min(seq) FROM checkpoints WHERE seq NOT IN (SELECT seq FROM records)"
    if (cut := db.execute(beyond).fetchone()[0]) is not None:
        raise _Bad(cut, _("a checkpoint stands here, but no record: the end was cut off"))
    return checked + _check_each(db, desks, 1 if deep else vouched + 1, last)


def _check_each(db: sqlite3.Connection, desks: Desks, first: int, last: int) -> int:
    """Check each record's signature, and that every desk's records follow each other; returns how many there were.

    The number that a desk gives a record is signed with it: a record that was dropped, repeated or moved among its
    desk's others shows, even where all hashes were made to fit.
    """
    numbers: dict[str, int] = {}
    for seq, header_bytes, frame_bytes in paged(db, "seq, header, frame", first, last):
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
