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
from typing import NamedTuple

import msgspec

from commandlog.language import _
from commandlog.log import chain, links, pieces, shape
from commandlog.log.files import failures, of_the_machine, reading_uri
from commandlog.log.promised import promised
from commandlog.log.rebuild import Progress, first_difference
from commandlog.log.signatures import Bad, check_waiting, frame_of, signatures_of
from commandlog.log.store import Log
from commandlog.log.witness import Line, disagreement, line_of
from commandlog.model.errors import Damaged
from commandlog.model.keeping import Erased

PARALLEL_FROM = 50_000  # records from which on a second process saves more than its start costs


class Verdict(NamedTuple):
    """What was found: `position` is the first bad one and `fault` what is wrong with it, 0 and "" where all holds.

    `head` is the hash of the last record, `signatures` how many were checked, `erased` how many records have no words.
    In a member of a shared log, `sealed` records do not say anything here, `waiting` ones have no place in its order
    yet, and of `arriving` attachments not all has come.
    """

    records: int
    head: bytes
    signatures: int
    erased: int
    position: int = 0
    fault: str = ""
    sealed: int = 0
    waiting: int = 0
    arriving: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.fault


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
            _check_erasures(log.db, without_words, shared=log.member is not None)
            signatures = signatures_of(log.db, log.id, last, deep=deep)
            waiting = check_waiting(log.db, log.id)
            _check_file(log.db, last, deep)
            arriving = _check_attachments(log.db, last, shared=log.member is not None)
            if deep:
                _check_derived(path, progress)
            _check_lines(log, last, against)
        except Bad as bad:
            return Verdict(last, head, signatures, erased, bad.position, bad.fault)
        except (sqlite3.DatabaseError, msgspec.MsgspecError, ValueError, OverflowError) as error:
            if of_the_machine(error):
                with failures(path):
                    raise
            fault = _("it cannot be read: {error}").format(error=error)
            return Verdict(last, head, signatures, erased, last, fault)
        sealed = log.db.execute("SELECT count(*) FROM records WHERE frame IS NULL").fetchone()[0] if log.member else 0
        return Verdict(last, head, signatures + waiting, erased, 0, "", sealed, waiting, arriving)


def _check_file(db: sqlite3.Connection, last: int, deep: bool) -> None:
    """Check the file itself: its tables are as they were made; when deep, every way into it reads the same."""
    if wrong := shape.fault(db) or (deep and shape.damage(db)):
        raise Bad(last, _("the file itself was changed or damaged: {what}").format(what=wrong))


def _check_attachments(db: sqlite3.Connection, last: int, *, shared: bool) -> int:
    """Check that each attachment holds what its record names, and that nothing else is kept.

    Returns how many have not arrived whole, which is no fault in a shared log.
    """
    arriving = 0
    for position, fault in pieces.faults(db, last):
        if not (shared and fault == pieces.incomplete()):
            raise Bad(position, fault)
        arriving += 1
    return arriving


def _check_lines(log: Log, last: int, against: Iterable[Line]) -> None:
    """Check that the log agrees with the check lines that others kept of it."""
    for line in against:
        found = line_of(log, line.seq) if 1 <= line.seq <= last else None
        if fault := disagreement(line, log.id, found):
            raise Bad(min(line.seq, last), fault)


def _check_derived(path: Path, progress: Progress) -> None:
    if different := first_difference(path, progress):
        position, table = different
        raise Bad(position, _("the table “{table}” does not follow from the records").format(table=table))


WithoutWords = list[tuple[int, bytes]]
"""Position and id of records that have no words any more, in their order."""


def _check_erasures(db: sqlite3.Connection, without_words: WithoutWords, *, shared: bool) -> None:
    """Check that a decision in the log erased the words of each record that has none: the decisions themselves say.

    In a shared log, the decision may be sealed here: then something behind the record is; or have yet to come.
    """
    coming = promised(db)
    without_words = [one for one in without_words if one[0] not in coming]
    if not without_words:
        return
    query = "SELECT seq, frame FROM records WHERE seq IN (SELECT since FROM erasures) ORDER BY seq"
    decisions = [frame_of(seq, frame) for seq, frame in db.execute(query).fetchall()]
    erased = {one for decision in decisions if isinstance(decision, Erased) for one in decision.records}
    sealed = db.execute("SELECT max(seq) FROM records WHERE frame IS NULL").fetchone()[0] if shared else None
    if absent := next((seq for seq, one in without_words if one not in erased and seq >= (sealed or 0)), 0):
        raise Bad(absent, _("its words were taken away, and no decision in the log erased them"))


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
        raise Bad(*bad)
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
