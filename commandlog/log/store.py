"""The log in a file: SQLite in WAL mode, one writer at a time, what is acknowledged is on disk.

Several processes may share the file. SQLite 3.7.0-3.51.2 can corrupt a WAL database when two connections write and
checkpoint at once, and most Pythons ship such a version: automatic checkpoints are off, and every write, checkpoint,
opening and closing holds one lock between processes.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

from msgspec import MsgspecError

from commandlog.language import _
from commandlog.log import chain, derived, pieces, schema, shape
from commandlog.log.derived import origins
from commandlog.log.derived.table import PROVISIONAL, Applied
from commandlog.log.drives import is_network_drive
from commandlog.log.erasing import long_enough, purge, purge_all, take_away
from commandlog.log.files import failures, how_to_rescue, is_read_only, reading_uri
from commandlog.log.lock import PAUSE, FileLock
from commandlog.log.mark import BACKUP, Mark, branch_of, mark_of
from commandlog.log.member import Member, become, member_of, of_value
from commandlog.log.reading import Head, LogReading
from commandlog.log.signing import Signer, Staged, signature
from commandlog.model.covenant import Covenant
from commandlog.model.errors import CommandLogError, Damaged, RuleError, Unavailable
from commandlog.model.frames import Millis
from commandlog.model.harmless import typed
from commandlog.model.keeping import Erased
from commandlog.model.records import Record, Words, storable

Clock = Callable[[], Millis]

LOCK_TIMEOUT = 30  # seconds
CHECKPOINT_EVERY = 100  # records between two signed checkpoints
PURGE_AT_CLOSE = 0.5  # seconds
WAL_LIMIT = 64 << 20  # bytes of write-ahead log at which a writer stops waiting for an idle moment
READERS_FINISH = 250  # milliseconds that readers get to finish, once the write-ahead log is that large
_INSERT = "INSERT INTO records (seq, header, hash, frame, words) VALUES (?, ?, ?, ?, ?)"
_HEAD = (
    "SELECT seq, hash, header, (SELECT value FROM meta WHERE key = 'member') FROM records"
    f" WHERE seq < {PROVISIONAL} ORDER BY seq DESC LIMIT 1"
)
_TIP = f"SELECT seq, header FROM records WHERE seq >= {PROVISIONAL} ORDER BY seq DESC LIMIT 1"


class _End(NamedTuple):
    """What a log ends with: the head of its chain, the position of its last record, and what it is a member of."""

    head: Head
    tip: int
    member: Member | None


class WriteAhead(NamedTuple):
    """What lies in the write-ahead log, in bytes.

    `held_back` is what cannot be moved into the file as long as some program goes on reading what was there before it.
    """

    size: int
    held_back: int


def system_clock() -> Millis:
    """Return the time in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def _reader(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(reading_uri(path), uri=True, isolation_level=None, timeout=LOCK_TIMEOUT)


class Log(LogReading):
    """A log file that is open. One per thread; closing it is the caller's duty (it is a context manager)."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock = system_clock,
        create: bool = False,
        follows: bool = False,
        reading: bool = False,
    ) -> None:
        """Open a log, or make a new one at a path where nothing is yet.

        With `reading`, nothing is ever written in it. A second copy or a backup can only be read, save by what
        `follows` the log that it is a copy of.
        Raises RuleError (no such file, or one that is there already, or on a network drive), Unavailable (cannot be
        opened now, written by a newer version) or Damaged (not a log).
        """
        self.path = path
        self.clock = clock
        self._depth = 0
        self._commits = 0
        self._taken_back = 0
        self._torn = False
        self._damaged = False
        self._closed = False
        self._version = -1
        self.write_ahead = WriteAhead(0, 0)
        self._staged: list[Staged] = []
        self._covenants: dict[int, Covenant] = {}
        self.mark: Mark | None = None
        self._end = _End(Head(0, chain.GENESIS, 0, b""), 0, None)
        if create and path.exists():
            raise self._already_there()
        if not create:
            if not path.exists():
                raise RuleError(_("There is no log at {file}.").format(file=path))
            self._look(path)
        if not path.parent.is_dir():
            raise RuleError(_("There is no folder {folder}: make it first.").format(folder=path.parent))
        if is_network_drive(path.parent) and not (self.mark and self.mark.form == BACKUP):
            raise RuleError(
                _(
                    "{file} is on a network drive, where a log can be damaged: keep it on a disk of this machine."
                ).format(file=path)
            )
        self.id = b""
        self.read_only = not create and (reading or is_read_only(path) or (self.mark is not None and not follows))
        with failures(self.path):
            if self.read_only:
                self._open_for_reading()
                return
            self._lock = FileLock(Path(f"{path}.lock"), LOCK_TIMEOUT)
            try:
                with self._lock:
                    self._connect(create)
            except BaseException:
                self._lock.close()
                raise

    def _open_for_reading(self) -> None:
        """Open a log that cannot be written here, or a copy: it is read, and every verb says that it cannot write.

        Raises Unavailable where a write-ahead log lies beside it: its last entries are there, and SQLite could not see
        them without writing.
        """
        if self.wal_bytes and is_read_only(self.path):
            raise Unavailable(
                _(
                    "The last entries of {file} are in the -wal file beside it:"
                    " copy both to a disk that can be written."
                ).format(file=self.path)
            )
        self.db = _reader(self.path)
        try:
            schema.stand_in(self.db)
            self._ids = chain.Ids()
            self.id = self._read_id()
            self._read_end()
        except BaseException:
            self.db.close()
            raise

    def _look(self, path: Path) -> None:
        """Raise Damaged for a file that is no log, before anything is put beside it.

        SQLite looks, not this program: closing a file of one's own takes away every lock that this process has on it,
        and with them the protection of each log that is open here (docs/decisions/0010-never-open-a-log-file.md).
        """
        with failures(self.path), closing(_reader(path)) as db:
            if db.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
                raise Damaged(_("{file} is not a CommandLog log.").format(file=path))
            if db.execute("PRAGMA user_version").fetchone()[0] > schema.VERSION:
                raise self._newer()
            if name := shape.acts_by_itself(db):
                raise Damaged(
                    _("{file} holds “{name}”, which no CommandLog put there: do not write in it, keep it.").format(
                        file=path, name=name
                    )
                )
            self.mark = mark_of(db)

    def _newer(self) -> Unavailable:
        told = _("{file} was written by a newer version of CommandLog: open it with that version.")
        return Unavailable(told.format(file=self.path))

    def _already_there(self) -> RuleError:
        return RuleError(_("{file} is there already: choose another name.").format(file=self.path))

    def _connect(self, create: bool) -> None:
        """Open the file under the lock; what this call has made is taken away again where it fails."""
        if create:
            try:
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
            except FileExistsError as error:
                raise self._already_there() from error
        self.db = sqlite3.connect(self.path, isolation_level=None, timeout=LOCK_TIMEOUT, cached_statements=256)
        try:
            self._prepare(create)
        except BaseException:
            self.db.close()
            if create:
                self.path.unlink(missing_ok=True)
            raise

    def _prepare(self, create: bool) -> None:
        db = self.db
        if create:  # before WAL, so that it stands in the file itself and the next one to open it knows it
            db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        if db.execute("PRAGMA synchronous").fetchone()[0] != 2:
            raise Unavailable(_("This SQLite does not write durably (synchronous=FULL is refused)."))
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")  # one that grew shrinks when it is reused
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA cache_size = -32000")
        if db.execute("PRAGMA user_version").fetchone()[0] < schema.VERSION:
            schema.migrate(db)
        if create:
            db.execute("INSERT INTO meta VALUES ('log_id', ?)", (chain.Ids().next(self.clock()),))
        self.id = self._read_id()
        self._ids = chain.Ids()
        self._read_end()

    def _read_id(self) -> bytes:
        if found := self.db.execute("SELECT value FROM meta WHERE key = 'log_id'").fetchone():
            return bytes(found[0])
        raise Damaged(_("{file} is not a whole log: it has no identity.").format(file=self.path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Tidy up and close; what was appended is on disk already."""
        if self._closed:
            return
        if not (self.read_only or self._depth or self._damaged):
            # it goes on the next time where this is too short; a record that cannot be read is for `verify` to tell
            with suppress(CommandLogError, MsgspecError), failures(self.path):
                purge_all(self, time.monotonic() + PURGE_AT_CLOSE)
        self._closed = True
        if self.read_only:
            self.db.close()
            return
        with suppress(CommandLogError), failures(self.path):
            try:
                with self._lock, self._evidence_kept():
                    with suppress(sqlite3.OperationalError):
                        if not self._damaged:
                            self._checkpoint(truncate=True)
                    self.db.close()
            finally:  # whoever kept the lock so long has the log open: this closing is not the last, and moves nothing
                self.db.close()
        self._lock.close()

    @contextmanager
    def _evidence_kept(self) -> Iterator[None]:
        """Keep the file and its write-ahead log of a damaged log as they are while it is closed.

        SQLite would move the one into the other when the last connection is closed; one that can only read cannot.
        """
        if not self._damaged:
            yield
            return
        with closing(_reader(self.path)) as last:
            with suppress(sqlite3.Error):
                last.execute("PRAGMA user_version").fetchone()
            yield

    # -- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it is on disk when the block ends, or nothing is when it raises.

        Blocks may be nested; the outermost one commits. Raises Unavailable where the disk is full, the file cannot be
        written or another process keeps it busy. Once damage was met, it raises Damaged, and nothing more is written.
        """
        if self._depth:
            yield from self._nested()
            return
        if self.read_only:
            raise self._only_read()
        if self._damaged:
            told = _("{file} was found damaged. {rescue}")
            raise Damaged(told.format(file=self.path, rescue=how_to_rescue(self.path)))
        with failures(self.path), self._lock:
            self.db.execute("BEGIN IMMEDIATE")
            self._depth, self._torn = 1, False
            before = self._end
            try:
                self._see_others()
                before = self._end
                yield
                self._settle()
                self.db.execute("COMMIT")
            except BaseException as error:
                self._damaged = isinstance(error, Damaged) or type(error) is sqlite3.DatabaseError
                self._roll_back(before)
                raise
            finally:
                self._depth = 0
            self._commits += 1
            if self._commits % 32 == 0 and self.wal_bytes > WAL_LIMIT:
                with suppress(sqlite3.Error):  # what was appended is stored; the next idle moment tries again
                    self._shrink()

    def _only_read(self) -> CommandLogError:
        if self.mark is None:
            return Unavailable(
                _("{file} cannot be written here: copy it to a disk of this machine first.").format(file=self.path)
            )
        told = _("{file} is {copy}: to go on from it, make a log of it with `commandlog restore {file} NEW`.")
        return RuleError(told.format(file=typed(self.path), copy=self.mark.described))

    def _nested(self) -> Iterator[None]:
        """Be part of the outer block: a failure after something was appended takes that one with it."""
        before = self.place
        self._depth += 1
        try:
            yield
        except BaseException:
            self._torn = self._torn or self.place != before
            raise
        finally:
            self._depth -= 1

    def _roll_back(self, before: "_End") -> None:
        """Take everything back to the head that there was: a disk that refused to write may refuse to read it, too."""
        self._staged, self._torn = [], False
        self._taken_back += 1
        self._covenants.clear()
        with suppress(sqlite3.OperationalError):
            self.db.execute("ROLLBACK")
        self._end, self._version = before, -1  # whoever writes next reads it anew

    def _see_others(self) -> None:
        """Read the head again if another connection has written since."""
        version = self.db.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            if self.db.execute("PRAGMA user_version").fetchone()[0] > schema.VERSION:
                raise self._newer()
            self._read_end()
            self._version = version
            self._taken_back += self.member is not None  # what waits may have been taken back and applied anew

    @property
    def place(self) -> tuple[int, int]:
        """Where the next record goes, within `writing`: the same place twice means that nobody has appended."""
        return self._taken_back, self.tip + len(self._staged)

    def append(self, signer: Signer, frame: Any, words: Words) -> Record:
        """Put a record at the end of the chain and into every derived table, inside `writing`.

        `frame` is one of AnyFrame. An origin that the log has already returns the record that it made.
        """
        if not self._depth:
            raise AssertionError("append outside writing()")
        if frame.origin and (before := origins.position(self.db, frame.origin)):
            return self.record(before)
        frame, frame_bytes = storable(frame)
        words, words_bytes = storable(words)
        if self.member and (self.member.party, self.member.desk) != (signer.party, signer.desk):
            raise self.member.elsewhere(self.path)
        seq = (self._staged[-1].seq if self._staged else self._last_given()) + 1
        now = max(self.clock(), self._staged[-1].kept_at if self._staged else self.head.kept_at)
        record_id = self._ids.next(now)
        salted_frame, salted_words = chain.salted(frame_bytes, long_enough(words_bytes))
        if self.member:
            self.member.check_size(salted_frame, salted_words)
        digest = chain.digest_of(chain.part_hash(salted_frame), chain.part_hash(salted_words))
        self._staged.append(Staged(seq, record_id, now, signer, digest, salted_frame, salted_words))
        derived.apply(self.db, Applied(seq, record_id, now, signer.party, signer.desk, frame, words))
        if type(frame) is Erased and self.member is None:  # in a shared log, when it has its place in the order
            self._settle()  # it may name a record of this very transaction
            take_away(self.db, seq, record_id)
        return Record(seq, record_id, now, frame, words)

    def _settle(self) -> None:
        """Chain and store the records that were appended since the last time."""
        if self._torn:
            raise AssertionError("a verb failed half way, and its failure was swallowed: nothing may be kept of it")
        if not self._staged:
            return
        rows: list[tuple[int, bytes, bytes | None, bytes, bytes]] = []
        previous, version, log_id = self.head.hash, chain.HEADER_VERSION, self.id
        for one in self._staged:
            seq, record_id, kept_at, desk, digest, frame, words = one
            fixed = (version, log_id, seq, record_id, kept_at, digest, signature(log_id, one))
            header = chain.pack_header(fixed, desk.party, desk.desk)
            if self.member:  # its keeper puts it in the shared order
                rows.append((seq, header, None, frame, words))
                continue
            previous = chain.link(previous, header)
            rows.append((seq, header, previous, frame, words))
            if seq % CHECKPOINT_EVERY == 0:
                self._sign_checkpoint(desk, seq, previous)
        head = self.head if self.member else Head(seq, previous, kept_at, record_id)
        self._end = _End(head, seq, self.member)
        self._staged = []
        self.db.executemany(_INSERT, rows)

    def _sign_checkpoint(self, signer: Signer, seq: int, head: bytes) -> None:
        signature = signer.key.sign(chain.checkpoint_bytes(self.id, seq, head))
        self.db.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?)", (seq, head, signer.desk, signature))

    def tend(self) -> bool:
        """Do a slice of what can wait for an idle moment; returns whether there was anything to do.

        Merges the full-text index, takes away what was left of attachments that never came to be, goes on with the
        purging of what was erased, and empties the write-ahead log into the file. Takes a few milliseconds.
        """
        with self.writing():
            before = self.db.total_changes
            self.db.execute("INSERT INTO fulltext (fulltext, rank) VALUES ('merge', 40)")
            merged = self.db.total_changes - before > 1
            swept = pieces.sweep(self.db, self.clock())
        time.sleep(PAUSE)
        purging = purge(self)
        self.move_write_ahead()
        return merged or swept or purging.goes_on

    def move_write_ahead(self) -> WriteAhead:
        """Move the write-ahead log into the file, and say what is left of it.

        Raises Unavailable where the file cannot be written or another process keeps it busy.
        """
        if not self.read_only:
            with failures(self.path), self._lock:
                self._shrink()
        return self.write_ahead

    def _shrink(self) -> None:
        """Move the write-ahead log under the lock; where it has grown large, begin it anew.

        It can be begun anew when nobody reads in it any more. Where there are always some who do, it would never be:
        they get a moment to finish, and those who begin meanwhile read in the file.
        """
        self._checkpoint()
        if self.wal_bytes > WAL_LIMIT and not self.write_ahead.held_back:
            self._checkpoint(truncate=True, patience=READERS_FINISH)

    def empty_write_ahead(self) -> bool:
        """Move all of the write-ahead log into the file and leave nothing of it; returns whether that could be done.

        It cannot as long as any program is in the middle of reading: nobody waits for it, here or there.
        """
        with failures(self.path), self._lock:
            try:
                self._checkpoint(truncate=True)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise
            return self.wal_bytes == 0

    def _checkpoint(self, *, truncate: bool = False, patience: int = 0) -> None:
        """Move the write-ahead log, under the lock; wait at most `patience` ms for readers: everybody waits with us."""
        self.db.execute(f"PRAGMA busy_timeout = {patience}")
        try:
            how = "TRUNCATE" if truncate else "PASSIVE"
            _busy, frames, moved = self.db.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
        finally:
            self.db.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT * 1000}")
        page = self.db.execute("PRAGMA page_size").fetchone()[0]
        self.write_ahead = WriteAhead(self.wal_bytes, max(0, frames - moved) * page)

    @property
    def branch(self) -> bytes:
        """Which branch of the log this file is: empty, or 16 bytes where it was restored from a copy."""
        return branch_of(self.db)

    @property
    def wal_bytes(self) -> int:
        """How large the write-ahead log is."""
        wal = Path(f"{self.path}-wal")
        return wal.stat().st_size if wal.exists() else 0

    def _read_end(self) -> None:
        """Read the head of the chain, what waits behind it, and what the file is a member of."""
        row = self.db.execute(_HEAD).fetchone()
        member = of_value(row[3]) if row else member_of(self.db)
        head = self._head_of(row[0], row[1], row[2], member) if row else Head(0, chain.GENESIS, 0, b"")
        tip = head.seq
        if member and (last := self.db.execute(_TIP).fetchone()):
            tip = last[0]
            self._ids.follow(last[1][26:42])
        self._end = _End(head, tip, member)

    def _head_of(self, seq: int, end: bytes, packed: bytes, member: Member | None) -> Head:
        try:
            header = chain.unpack_header(packed)
        except ValueError as error:
            told = _("The last record of {file} is damaged. {rescue}")
            raise Damaged(told.format(file=self.path, rescue=how_to_rescue(self.path)), seq) from error
        if member is None:  # what others call their records moves nothing here
            self._ids.follow(header.id)
        return Head(seq, end, header.kept_at, header.id)

    def _last_given(self) -> int:
        """Return the position behind which the next record goes; what waits never gets one that was given before."""
        if self.member is None or self.tip >= PROVISIONAL:
            return self.tip
        given = "SELECT max(coalesce((SELECT max(was) FROM promoted), 0), coalesce((SELECT max(was) FROM refused), 0))"
        return max(PROVISIONAL - 1, int(self.db.execute(given).fetchone()[0]))

    @property
    def member(self) -> Member | None:
        """What the file is in a shared log, None where it is a log of its own."""
        return self._end.member

    @property
    def head(self) -> Head:
        """The end of the chain: of the shared order, in a member of a shared log."""
        return self._end.head

    @property
    def tip(self) -> int:
        """The position of the last record; in a member the last of those that wait for their place, where any do."""
        return self._end.tip

    def join(self, member: Member) -> None:
        """Make the file a member of a shared log: from here on, what any program writes in it waits for its place."""
        with self.writing():
            self._settle()
            become(self.db, member)
            self.refresh()

    def is_wanted(self) -> bool:
        """Whether another program or thread waits to write: what takes long may give way to it. Some microseconds."""
        return not self.read_only and self._lock.is_wanted()

    def refresh(self) -> int:
        """See what other processes have appended; returns the position of the last record (`tip`).

        Whoever took records in otherwise than by `append`, inside `writing`, says so by this.
        """
        with failures(self.path):
            self._settle()
            self._read_end()
        self._taken_back += self._depth > 0
        return self.tip
