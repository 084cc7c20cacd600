"""What a person decides when a server was put back to an earlier state: by a failover that lost commits, or a restore.

The keeper never goes on by itself then. Either the records that are missing are put back, exactly as they were signed
(`extend` the keeper's own log from a log that has them, then `adopt` it), or the shared log goes on without them, and a
record says so, by whom and why (`branch`).
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from commandlog.language import _
from commandlog.log import pieces
from commandlog.log.carrying import reading_from
from commandlog.log.derived.table import FOREVER
from commandlog.log.files import failures
from commandlog.log.making import clear
from commandlog.log.rebuild import Stored, rebase, stored
from commandlog.log.signing import Signer
from commandlog.log.store import Log
from commandlog.model.errors import Damaged, RuleError
from commandlog.model.order import Branched
from commandlog.model.records import Words
from commandlog.sharing.following.checking import Checker, Row, Wrong
from commandlog.sharing.following.following import Follower
from commandlog.sharing.following.trust import Desks
from commandlog.sharing.keeper import rights, statements
from commandlog.sharing.keeper.keeper import Keeper
from commandlog.sharing.keeper.keepers_log import open_keepers_log
from commandlog.sharing.keeper.lease import LEASE, Lease, Superseded
from commandlog.sharing.keeper.ordering import Changed, Ordering, Placed, desks_of

SLICE = 500  # records

Connection = psycopg.Connection[Any]


def put_back(keeper: Keeper, file: Path) -> int:
    """Put back on the server what it lacks of a log file: the keeper's own, or one that has all of it.

    Returns how many records; raises what `extend` and `adopt` raise.
    """
    if file.resolve() != keeper.log.path.resolve():
        with Log(file, reading=True) as source:
            extend(keeper.log, source)
    if keeper.lease.epoch:
        keeper.lease.leave(keeper.connected())
    return adopt(keeper.log, keeper.connected())


def extend(log: Log, source: Log) -> int:
    """Bring a keeper's own log further from another log that goes on from it; returns how many records came.

    All are checked, as a desk checks what a server says. Raises RuleError where the other log is of another event, or
    has entries that are sealed for it (only a log that holds everything can be put back), Damaged where it does not
    hold, or does not go on from the keeper's.
    """
    first, last = log.head.seq + 1, source.head.seq
    if source.id != log.id:
        raise RuleError(_("{file} is the log of another event.").format(file=source.path))
    if log.head.seq and source.check_value(min(log.head.seq, last)) != log.check_value(min(log.head.seq, last)):
        raise Damaged(
            _("{file} does not go on from {log}: they have different pasts.").format(file=source.path, log=log.path)
        )
    if log.member is None:
        raise RuleError(_("{file} is not the log of a log keeper.").format(file=log.path))
    checker = Checker(log.db, log.id, log.member, log.head, Desks.of(log.db, b""))
    for start in range(first, last + 1, SLICE):
        with reading_from(source.path):
            rows = list(_rows(source, start, min(start + SLICE, last + 1) - 1))
        if sealed := next((row.seq for row in rows if row.frame is None), 0):
            told = _("Entry {seq} is sealed in {file}: name a log that holds everything, such as another keeper's.")
            raise RuleError(told.format(seq=sealed, file=source.path))
        try:
            checker = checker.checked(rows, [])
        except Wrong as wrong:
            told = _("Record {seq} of {file} does not hold: nothing from there on is put back.")
            raise Damaged(told.format(seq=wrong.position, file=source.path), wrong.position) from wrong
        rebase(log, [row.stored for row in rows])
        with log.writing():
            signed = [(row.seq, row.hash, row.signer, row.signature) for row in rows if row.signature]
            log.db.executemany("INSERT OR IGNORE INTO checkpoints VALUES (?, ?, ?, ?)", signed)
        _take_pieces(log, source, rows[0].seq, rows[-1].seq)
    return max(0, last - first + 1)


def _rows(source: Log, first: int, last: int) -> Iterator[Row]:
    signed = {
        seq: (desk, signature)
        for seq, desk, signature in source.db.execute(
            "SELECT seq, desk, signature FROM checkpoints WHERE seq BETWEEN ? AND ?", (first, last)
        )
    }
    for one in stored(source.db, first, last):
        query = "SELECT min(since) FROM erasures WHERE record = ?"
        by = source.db.execute(query, (one.seq,)).fetchone()[0] if one.words is None else None
        row = (one.seq, one.header, one.hash or b"", one.frame, one.words, one.words_hash, by)
        yield Row(*row, *signed.get(one.seq, (None, None)))


def _take_pieces(log: Log, source: Log, first: int, last: int) -> None:
    """Take what is attached between two positions, as far as the other log has it."""
    query = "SELECT file, size FROM attachments WHERE since BETWEEN ? AND ?"
    for file, size in log.db.execute(query, (first, last)).fetchall():
        for number in pieces.missing(log.db, file, size):
            with log.writing():
                pieces.receive(log.db, file, [(number, pieces.piece(source.db, file, number) or None)], log.clock())
        if not pieces.missing(log.db, file, size):
            with log.writing():
                pieces.settle(log.db, file)


def adopt(log: Log, conn: Connection) -> int:
    """Put back on the server what the keeper's own log has beyond it, as it was signed; returns how many records.

    All or nothing. Raises RuleError where another keeper is at work or the server lacks nothing, Damaged where it has
    another past: then only `branch` is left.
    """
    with _alone(conn) as lease, conn.transaction():
        lease.hold(conn)
        seq, head = statements.head(conn)
        first, last = seq + 1, log.head.seq
        if seq >= last:
            raise RuleError(_("The server lacks nothing that {file} has.").format(file=log.path))
        if seq and log.check_value(seq) != head:
            told = _("Record {seq} on the server is another one than in {file}: it cannot be put back, only branched.")
            raise Damaged(told.format(seq=seq, file=log.path), seq)
        known = rights.parties(log.db)
        for start in range(first, last + 1, SLICE):
            records = stored(log.db, start, min(start + SLICE, last + 1) - 1)
            statements.put(conn, [_placed(log, one, known) for one in records], [])
        statements.put(conn, [], _changed(log, first, last, known))
        _put_checkpoints(log, conn, first, last)
        _put_pieces(log, conn, first, last)
    return last - seq


def _placed(log: Log, record: Stored, known: tuple[str, ...]) -> Placed:
    return Placed(record, rights.readers(log.db, record.seq, known), _erased_by(log, record.seq, record.words))


def _erased_by(log: Log, seq: int, words: bytes | None) -> int | None:
    if words is not None:
        return None
    found = log.db.execute("SELECT min(since) FROM erasures WHERE record = ?", (seq,)).fetchone()
    return int(found[0]) if found[0] else None


def _changed(log: Log, first: int, last: int, known: tuple[str, ...]) -> list[Changed]:
    found = []
    for seq, by in rights.changed_by(log.db, first, last).items():
        words, words_hash = log.db.execute("SELECT words, words_hash FROM records WHERE seq = ?", (seq,)).fetchone()
        readers = rights.readers(log.db, seq, known)
        found.append(Changed(seq, readers, words_hash, _erased_by(log, seq, words), by))
    return found


def _put_checkpoints(log: Log, conn: Connection, first: int, last: int) -> None:
    query = "SELECT seq, hash, desk, signature FROM checkpoints WHERE seq BETWEEN ? AND ?"
    for row in log.db.execute(query, (first, last)).fetchall():
        statements.checkpoint(conn, *row)


def _put_pieces(log: Log, conn: Connection, first: int, last: int) -> None:
    query = (
        "SELECT a.since, p.file, p.number, p.bytes FROM attachments a JOIN pieces p ON p.file = a.file"
        f" WHERE a.since BETWEEN ? AND ? AND a.until = {FOREVER} AND length(p.bytes) > 0"
    )
    for row in log.db.execute(query, (first, last)):
        conn.execute("INSERT INTO commandlog.pieces VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", row)


def branch(keeper: Keeper, reason: str, person: str) -> tuple[Log, Path]:
    """Let the shared log go on from where the server is, without what the keeper's own log has beyond it.

    That log is kept beside as it is; returns the new one, and where the old one lies. The keeper is closed: begin
    another on the new log. Raises RuleError without a reason and a person, where nothing is lost by going on, and for
    a keeper that no desk would believe.

    The server says in one transaction that it goes on, and forgets that it had more; files take each other's names
    only after that. So wherever it is cut short, the keeper still stops as before, or goes on with the record that says
    why; then it can be done again, and says nothing twice.
    """
    if not (reason.strip() and person.strip()):
        raise RuleError(_("Say who decides that the shared log goes on without its last records, and why."))
    log, conn = keeper.log, keeper.connected()
    if keeper.lease.epoch:
        keeper.lease.leave(conn)
    beside = log.path.with_name(f"{log.path.name}.branch")
    clear(beside)
    with _alone(conn) as lease, open_keepers_log(beside, log.id, keeper.desk, log.clock) as made:
        follower = Follower(made, conn, b"")
        while follower.pull().more:
            lease.hold(conn)
        again = keeper.on(made)
        if not again.is_trusted():
            raise RuleError(again.obstacle)
        beats = conn.cursor(binary=True).execute("SELECT seq, hash FROM commandlog.beats ORDER BY seq DESC").fetchall()
        lost = next((end for end in (log.head[:2], *beats) if not _has(made, *end)), None)
        if lost is None:
            raise RuleError(
                _("The server lacks nothing that {file} has: there is nothing to decide.").format(file=log.path)
            )
        if not _is_said(made, lost):
            _say_so(keeper, made, conn, lease, lost, Words(text=reason, person=person))
    keeper.close()
    log.close()
    now = datetime.fromtimestamp(log.clock() / 1000, UTC)
    aside = log.path.with_name(f"{log.path.name}.before-{now:%Y%m%dT%H%M%SZ}")
    with failures(log.path):
        log.path.rename(aside)
        beside.rename(log.path)  # a keeper that finds no file begins a new one, and gets everything from the server
    return open_keepers_log(log.path, log.id, keeper.desk, log.clock), aside


def _has(log: Log, seq: int, head: bytes) -> bool:
    return not seq or (seq <= log.head.seq and log.check_value(seq) == head)


def _is_said(log: Log, lost: tuple[int, bytes]) -> bool:
    """Whether the shared log says already that it goes on without what ended there."""
    found = log.db.execute("SELECT since FROM entries WHERE kind = 'branched'").fetchall()
    said = [log.record(seq).frame for (seq,) in found]
    return any((one.last, one.head) == lost for one in said)


def _say_so(keeper: Keeper, log: Log, conn: Connection, lease: Lease, lost: tuple[int, bytes], why: Words) -> None:
    """Put the record that says so on the server and in the keeper's new log, and lower what the server had signed."""
    last, head = lost
    with log.writing(), conn.transaction():
        lease.hold(conn)
        if (end := statements.head(conn)) != log.head[:2]:
            raise RuleError(_("The server has changed meanwhile, and is at {server}: try again.").format(server=end[0]))
        signer = Signer(keeper.party or rights.driver(log.db), keeper.desk, keeper.key)
        order = Ordering(log, signer, log.clock, desks_of(log.db))
        order.say(Branched, why, after=log.head.seq, last=last, head=head)
        statements.put(conn, order.placed(), order.changed())
        conn.execute("UPDATE commandlog.beats SET seq = %s, hash = %s WHERE seq > %s", (*end, end[0]))
        log.refresh()


@contextmanager
def _alone(conn: Connection) -> Iterator[Lease]:
    """Be the only keeper for a moment; raises RuleError where another is at work."""
    lease = Lease(f"by hand {secrets.token_hex(8)}")
    until = time.monotonic() + LEASE + 2
    while not lease.take(conn):
        if time.monotonic() < until:  # one that has ended a moment ago
            time.sleep(0.2)
            continue
        raise _not_alone()
    try:
        yield lease
    except Superseded as error:
        raise _not_alone() from error
    finally:
        lease.leave(conn)


def _not_alone() -> RuleError:
    return RuleError(_("Another log keeper is at work: stop it first (`commandlog keep` runs somewhere)."))
