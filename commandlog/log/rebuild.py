"""Deriving everything anew: in place, beside the file to compare, and behind records that came from elsewhere."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from commandlog.language import _
from commandlog.log import chain, derived, meeting, pieces
from commandlog.log.comparing import SLICE, difference
from commandlog.log.derived import entries, fulltext
from commandlog.log.derived.table import PROVISIONAL, Applied
from commandlog.log.erasing import take_away
from commandlog.log.files import reading_uri
from commandlog.log.reading import Head, paged
from commandlog.log.store import LOCK_TIMEOUT, Log
from commandlog.model.errors import Damaged
from commandlog.model.keeping import Attached, Erased
from commandlog.model.order import Refused

Progress = Callable[[int], None]
ASK_EVERY = 1_000  # instructions of SQLite's machine, some 0.1 ms

_COLUMNS = "seq, header, hash, frame, words, words_hash"
_INSERT = f"INSERT INTO records ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"


class Stored(NamedTuple):
    """A record as it is stored: `hash` is None while it is provisional, frame and words are behind their salts.

    `words_hash` is what stands in for words that were erased or are withheld.
    """

    seq: int
    header: bytes
    hash: bytes | None
    frame: bytes | None
    words: bytes | None
    words_hash: bytes | None = None

    def applied(self) -> Applied:
        """Return what the derived tables need of it."""
        return derived.applied(self.seq, self.header, self.frame, self.words)

    def provisional(self, number: int) -> "Stored":
        """Return the record as one that waits for its place in the shared order, behind `number` others."""
        seq = PROVISIONAL + number
        return self._replace(seq=seq, header=chain.moved(self.header, seq), hash=None)


def follows(before: Head, log_id: bytes, record: Stored, *, sealed: bool = False) -> Head | None:
    """Return the end of the chain with a record at it, None where the record is not what must come there.

    It must be what its hash says and follow from the one before it, in place and time. With `sealed` (in a shared log)
    what it says may be absent: its hash runs over digests, and its desk signed those.
    """
    try:
        header = chain.unpack_header(record.header)
        if (record.seq, header.seq, header.log_id) != (before.seq + 1, before.seq + 1, log_id):
            return None
        if header.kept_at < before.kept_at or chain.link(before.hash, record.header) != record.hash:
            return None
        if not (sealed and is_sealed(record)) and not says(record, header.digest):
            return None
        return Head(record.seq, record.hash, header.kept_at, header.id)
    except (TypeError, ValueError, OverflowError):
        return None


def is_sealed(record: Stored) -> bool:
    """Whether nothing that a record says is here."""
    return record.frame is None and record.words is None and record.words_hash is None


def says(record: Stored, digest: bytes) -> bool:
    """Whether a record's frame and words, or what stands in for words that were erased, are those of a digest."""
    if record.frame is None or (record.words is None) is (record.words_hash is None):
        return False
    words = chain.part_hash(record.words) if record.words is not None else record.words_hash or b""
    return chain.digest_of(chain.part_hash(record.frame), words) == digest


def stored(db: sqlite3.Connection, first: int = 1, last: int = PROVISIONAL - 1) -> Iterator[Stored]:
    """Yield the stored records from one position to another, both included."""
    return map(Stored._make, paged(db, _COLUMNS, first, last))


def rebuild(log: Log, progress: Progress = lambda _done: None) -> int:
    """Throw all derived rows away and derive them from the records, in one transaction; returns how many records.

    Readers go on seeing the old rows until it is done.
    """
    with log.writing():
        log.db.execute("INSERT INTO fulltext (fulltext) VALUES ('delete-all')")
        for table in derived.TABLES:
            log.db.execute(f"DELETE FROM {table.name}")
        return _apply_all(log.db, progress)


def _apply_all(db: sqlite3.Connection, progress: Progress) -> int:
    last = db.execute("SELECT max(seq) FROM records").fetchone()[0] or 0
    done = 0
    for record in stored(db, 1, last):
        derived.apply(db, record.applied())
        done += 1
        if done % 10_000 == 0:
            progress(done)
    return done


def first_difference(path: Path, progress: Progress = lambda _done: None) -> tuple[int, str] | None:
    """Derive everything anew beside the file and compare.

    Returns the first position at which a derived table differs and the table's name; None where all agree.
    """
    found = None
    for snapshot in (False, True):  # what differs because somebody writes meanwhile is the same in one snapshot
        with _beside(path) as db:
            if snapshot:
                db.execute("BEGIN")
            found = difference(db, _derive_anew(db, snapshot, progress))
        if found is None:
            return None
    return found


@contextmanager
def _beside(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a new file with empty derived tables, to which the log is attached, as `log`, for reading.

    The file has no name: it is gone when this ends, however it ends, and with it the words that were in it.
    """
    with closing(sqlite3.connect("", isolation_level=None, uri=True, timeout=LOCK_TIMEOUT)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        for statement in derived.schema():
            db.execute(statement)
        db.execute("ATTACH ? AS log", (reading_uri(path),))
        db.execute("CREATE TEMP VIEW records AS SELECT * FROM log.records")
        yield db


def _derive_anew(db: sqlite3.Connection, snapshot: bool, progress: Progress) -> int:
    """Derive from what the log has now, slice by slice; returns the last position in the shared order.

    A snapshot of the log that is held for as long as this takes keeps others from emptying its write-ahead log.
    """
    last: int = db.execute("SELECT max(seq) FROM records WHERE seq < ?", (PROVISIONAL,)).fetchone()[0] or 0
    for start in (*range(0, last, SLICE), PROVISIONAL - 1):
        if not snapshot:
            db.execute("BEGIN")
        end = min(start + SLICE, last) if start < last else derived.FOREVER
        for record in stored(db, start + 1, end):
            derived.apply(db, record.applied())
        if not snapshot:
            db.execute("COMMIT")
        progress(min(end, last))
    return last


class GaveWay(Exception):
    """Nothing was stored, because somebody else wants to write: try again when they have."""


def rebase(
    log: Log,
    shared: Iterable[Stored],
    opened: Iterable[Stored] = (),
    give_way: Callable[[], bool] = lambda: False,
) -> None:
    """Put records from the shared order at the end of the chain, before all that waits.

    What waited and is among them has its place now; what a keeper says it refused goes to `refused`, for its writer to
    see to; the rest keeps its order and its positions. `opened` are records that were sealed here and may be read from
    now on. All in one transaction: nobody sees the state between. Raises GaveWay, with nothing stored, as soon as
    `give_way` says so (`Log.is_wanted`: the Enter key does not wait).
    """
    with log.writing(), _giving_way(log.db, give_way):
        _Rebase(log, opened, shared).run()
        log.refresh()


@contextmanager
def _giving_way(db: sqlite3.Connection, give_way: Callable[[], bool]) -> Iterator[None]:
    """Ask every fraction of a millisecond of SQLite's work, in the middle of a statement too, whether to give way."""
    db.set_progress_handler(give_way, ASK_EVERY)
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise GaveWay from None
        raise
    finally:
        db.set_progress_handler(None, 0)


class _Rebase:
    """One transaction in which records of the shared order come in, or can be read from now on.

    Of what stands behind them, only what they meet (`log/meeting.py`) is derived anew, and stays in the full text as it
    is: taking thousands of records out only to put them in again would be most of the work, and none of it would show.
    """

    def __init__(self, log: Log, opened: Iterable[Stored], shared: Iterable[Stored]) -> None:
        self.db, self.clock = log.db, log.clock
        self.desk = log.member.desk if log.member else ""
        self.opened = {one.seq: one for one in opened}
        self.placed: dict[int, int] = {}
        """The places of what waited, by where it had waited."""
        waits = self.db.execute("SELECT 1 FROM records WHERE seq >= ? LIMIT 1", (PROVISIONAL,)).fetchone()
        self.shared = {one.seq: one for one in (map(self._with_mine, shared) if waits else shared)}
        self.said = {seq: one.applied() for seq, one in (self.opened | self.shared).items()}
        self.refused = dict(self._refused())

    def run(self) -> None:
        """Take back what goes, changes or is met, and apply what is there now in its order."""
        db, first = self.db, min(self.opened, default=PROVISIONAL)
        gone = self._at({*self.placed, *self.refused, *self.opened})
        met = self._at(self._met(gone, first))
        facets = {seq: derived.undo(db, one.applied()) for seq, one in sorted((gone | met).items(), reverse=True)}
        for seq, one in gone.items():
            fulltext.take_out(db, seq, one.applied().words, facets[seq])
        self._move(gone)
        for seq in sorted(self.said | met):
            if seq in met:
                self._again(met[seq].applied(), facets[seq])
            elif seq in self.opened:
                derived.apply(db, self.said[seq])
            else:
                _take(db, self.shared[seq], self.said[seq])
        changed = sorted(self.said | gone | met)
        for begin, end in ((first, PROVISIONAL), (PROVISIONAL, derived.FOREVER)):
            if moved := [seq for seq in changed if begin <= seq < end]:
                entries.settle_high(db, moved[0], moved[-1])

    def _met(self, gone: dict[int, Stored], first: int) -> set[int]:
        """Return what meets, from a position on, anything that comes in, changes or goes."""
        if not self.db.execute("SELECT 1 FROM entries WHERE since >= ? LIMIT 1", (first,)).fetchone():
            return set()
        moving = [*self.said.values(), *(one.applied() for one in gone.values())]
        wanted = set[meeting.Key]().union(*(meeting.keys(self.db, one) for one in moving))
        return meeting.met(self.db, wanted, first) - gone.keys()

    def _with_mine(self, record: Stored) -> Stored:
        """Return a record of the shared order; what was written here stays readable here."""
        query = "SELECT since FROM entries WHERE id = ? AND since >= ?"
        for (was,) in self.db.execute(query, (record.header[26:42], PROVISIONAL)).fetchall():
            mine = self._at([was])[was]
            if mine.header[50:] != record.header[50:]:  # what was said, and whose signature: never another's
                told = _("record {seq} of the shared log is not what this desk wrote under its name")
                raise Damaged(told.format(seq=record.seq), record.seq)
            self.placed.setdefault(was, record.seq)
            if record.frame is None:
                return record._replace(frame=mine.frame, words=mine.words, words_hash=mine.words_hash)
        return record

    def _refused(self) -> Iterator[tuple[int, str]]:
        """Yield what a keeper has refused of what waits, by where it waits, and why."""
        for one in self.said.values():
            if isinstance(one.frame, Refused) and one.frame.desk == self.desk and one.seq in self.shared:
                query = "SELECT since FROM entries WHERE since >= ? AND number = ?"
                for (seq,) in self.db.execute(query, (PROVISIONAL, one.frame.count)).fetchall():
                    if seq not in self.placed:
                        yield seq, one.frame.why

    def _at(self, positions: Iterable[int]) -> dict[int, Stored]:
        return {seq: one for seq in positions for one in stored(self.db, seq, seq)}

    def _move(self, gone: dict[int, Stored]) -> None:
        """Change the records themselves: what has its place or is refused waits no longer, what is opened says more."""
        db = self.db
        db.executemany("DELETE FROM records WHERE seq = ?", [(seq,) for seq in gone if seq >= PROVISIONAL])
        db.executemany("INSERT INTO promoted VALUES (?, ?)", list(self.placed.items()))
        for seq, why in self.refused.items():
            one, said = gone[seq], gone[seq].applied().frame
            if isinstance(said, Attached):  # its pieces go when nobody can be in the middle of them any more
                pieces.receive(db, said.file, [], self.clock())
            row = (seq, one.header, one.frame, one.words, why)
            db.execute("INSERT INTO refused VALUES (?, ?, ?, ?, ?, 0)", row)
        change = "UPDATE records SET frame = ?, words = ?, words_hash = ? WHERE seq = ?"
        db.executemany(change, [(one.frame, one.words, one.words_hash, seq) for seq, one in self.opened.items()])
        db.executemany("INSERT INTO opened (seq) VALUES (?)", [(seq,) for seq in self.opened])

    def _again(self, r: Applied, before: tuple[str, ...]) -> None:
        """Apply what was met, and put it in the full text anew where that knows it by other facets now."""
        facets = derived.apply_tables(self.db, r)
        if facets != before:
            fulltext.take_out(self.db, r.seq, r.words, before)
            fulltext.apply(self.db, r, facets)


def take(db: sqlite3.Connection, record: Stored) -> Any:
    """Store a record as it is and derive from it, inside `Log.writing`; returns its frame.

    What it erases is destroyed when it has its place in the order, not while it waits for one.
    """
    return _take(db, record, record.applied())


def _take(db: sqlite3.Connection, record: Stored, applied: Applied) -> Any:
    db.execute(_INSERT, record)
    derived.apply(db, applied)
    if isinstance(applied.frame, Erased) and record.seq < PROVISIONAL:
        take_away(db, applied.seq, applied.id)
    return applied.frame
