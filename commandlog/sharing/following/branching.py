"""Going on where a person decided that the shared log goes on without its last records: never silently, never lost.

A server that was put back to an earlier state lacks what desks have. Where that cannot be restored, who runs the shared
log says so in a record of its own, signed by its keeper. A desk that sees it takes the lost records out of its file;
those that were written at this desk wait for their place again.
"""

from collections.abc import Sequence

import psycopg
from psycopg.types.numeric import Int8

from commandlog.log import chain, derived
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.promised import keep_promised, promised
from commandlog.log.reading import Head
from commandlog.log.rebuild import Stored, stored, take
from commandlog.log.store import Log
from commandlog.model.order import Branched
from commandlog.sharing.following.checking import Checker, Row, Wrong
from commandlog.sharing.following.forked import forked
from commandlog.sharing.following.trust import Desks

_HASH = "SELECT hash FROM commandlog.chain WHERE seq = %s"


def last_common(log: Log, conn: psycopg.Connection) -> int:
    """Return the last position at which the server has the record that this file has; 0 where there is none."""
    low, high = 0, log.head.seq
    while low < high:  # each hash holds all that was before it
        middle = (low + high + 1) // 2
        found = conn.execute(_HASH, (Int8(middle),), binary=True).fetchone()
        same = found is not None and found[0] == log.check_value(middle)
        low, high = (middle, high) if same else (low, middle - 1)
    return low


def branches(log: Log, desks: Desks, after: int, row: Row) -> bool:
    """Whether the record behind position `after` says, by a keeper's signature, that the log goes on from there."""
    if log.member is None or not after:
        return False
    (common,) = stored(log.db, after, after)
    end = Head(after, common.hash or b"", chain.unpack_header(common.header).kept_at, b"")
    try:
        Checker(log.db, log.id, log.member, end, desks).checked([row], [])
    except Wrong:
        return False
    said = row.stored.applied().frame
    if not (isinstance(said, Branched) and desks.is_keeper(chain.unpack_header(row.header).desk)):
        return False
    return said.after == after and (said.last > log.head.seq or log.check_value(said.last) == said.head)


def lost_words(log: Log, after: int) -> list[int]:
    """Return which records up to a position are without words by a decision behind it, and by no other."""
    query = (
        "SELECT DISTINCT record FROM erasures WHERE since > :after AND since < :end AND record <= :after"
        " AND record NOT IN (SELECT record FROM erasures WHERE since <= :after) ORDER BY record"
    )
    found = log.db.execute(query, {"after": after, "end": PROVISIONAL}).fetchall()
    waiting = [seq for seq, decision in promised(log.db).items() if seq <= after < decision]
    return sorted({*(seq for (seq,) in found), *waiting})


def go_back(log: Log, after: int, row: Row, restored: Sequence[Stored]) -> bool:
    """Take what the shared log lost out of a file; returns False, with nothing done, where own records would be lost.

    What was written at this desk gets back the waiting position that it had. `restored` are the `lost_words` as the
    server has them: their decision was lost. What it does not give is sealed.
    """
    db, desk = log.db, log.member.desk if log.member else ""
    forked(log, after + 1, "the shared log goes on from here by a recorded decision", [row])
    with log.writing():
        lost = list(stored(db, after + 1))
        was = dict(db.execute("SELECT seq, was FROM promoted WHERE seq > ?", (after,)).fetchall())
        if any(chain.unpack_header(one.header).desk == desk and one.seq not in was for one in lost):
            return False
        back = [_waiting(one, was[one.seq]) for one in lost if one.seq in was]
        waiting = [*back, *stored(db, PROVISIONAL, FOREVER)]
        without = {seq: Stored(seq, b"", None, None, None) for seq in lost_words(log, after)}
        without |= {one.seq: one for one in restored if one.seq in without}
        first = min(without, default=after + 1)
        derived.rollback(db, first - 1)
        change = "UPDATE records SET frame = ?, words = ?, words_hash = ? WHERE seq = ?"
        db.executemany(change, [(one.frame, one.words, one.words_hash, one.seq) for one in without.values()])
        for one in stored(db, first, after):
            derived.apply(db, one.applied())
        keep_promised(db, {seq: decision for seq, decision in promised(db).items() if decision <= after})
        for table in ("records", "checkpoints", "promoted"):
            db.execute(f"DELETE FROM {table} WHERE seq > ?", (after,))
        for one in sorted(waiting):
            take(db, one)
        log.refresh()
    return True


def _waiting(record: Stored, was: int) -> Stored:
    return record._replace(seq=was, header=chain.moved(record.header, was), hash=None)
