"""The second copy: a log in another folder, on another disk, that follows record by record.

It is a whole log, with its derived tables, full text and attachments, and can be read at any time. What was copied is
on its disk before it is said to be. Trouble (a disk that is full, gone, read-only) never stops the log itself: the copy
falls behind and says so, and catches up by itself once it can. Where the two do not belong together, or one is damaged,
nothing more is copied and nothing is overwritten: that is for a person to look at.
"""

import errno
import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple, Self

from commandlog.language import _
from commandlog.log.carrying import Broken, Parted, Unreadable, agree, carry, reading_from
from commandlog.log.copy_setting import CopySetting, Known
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.erasing import MOVE_EVERY, Unpurged, purge, unpurged
from commandlog.log.files import failures
from commandlog.log.lock import Busy
from commandlog.log.mark import COPY
from commandlog.log.rebuild import Progress
from commandlog.log.store import Clock, Log, system_clock
from commandlog.model.errors import CommandLogError, Damaged, Unavailable
from commandlog.model.frames import Millis
from commandlog.model.harmless import typed

POLL = 0.02  # seconds between two looks whether something was written
PATIENCE = 1.0  # seconds to wait for another program that brings the same copy up to date
TEND_EVERY = 500  # records, where there is no idle moment


class CopyState(NamedTuple):
    """How a second copy stands, as it was found at `at` (milliseconds UTC).

    `upto` is the last record that the copy holds for certain, of the `records` that the log has; `since` is when the
    first one was kept that it lacks. `trouble` says what is wrong and what to do; with `alarm`, nothing more is copied
    until a person has looked. `pending` erasures have destroyed words whose bytes the copy's file may still hold.
    """

    file: Path
    upto: int
    records: int
    since: Millis
    at: Millis
    trouble: str = ""
    alarm: bool = False
    pending: int = 0

    @property
    def behind(self) -> int:
        """How many records the copy lacks."""
        return max(0, self.records - self.upto)


class Follower:
    """Keeps a second copy up to date, `step` by `step`. Not for two threads: what it opens, it opens in `step`."""

    def __init__(
        self, source: Path | Log, copy: Path, setting: CopySetting | None = None, *, clock: Clock = system_clock
    ) -> None:
        """Nothing is opened yet; a source that is open already is used as it is, and not closed.

        With `setting`, what is known of the copy outlives this object.
        """
        self._lent = source if isinstance(source, Log) else None
        self.source = source.path if isinstance(source, Log) else source
        self.copy = copy
        self.setting = setting
        self.clock = clock
        self._logs: dict[Path, tuple[Log, tuple[int, int]]] = {}
        self._version = -1
        self._untended = 0
        known = setting.known() if setting else Known()
        self.state = CopyState(copy, known.upto, known.upto, 0, known.at)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        for path in list(self._logs):
            self._let_go(path)

    def _let_go(self, path: Path) -> None:
        if path in self._logs:
            self._logs.pop(path)[0].close()

    def step(
        self, seconds: float = 1.0, *, patience: float = PATIENCE, progress: Progress = lambda _done: None
    ) -> CopyState:
        """Bring the copy up to date, for so many seconds at most, and say how it stands. Trouble is said, not raised.

        `patience` is how long to wait for another program that does the same.
        """
        return self._said(lambda: self._follow(seconds, progress), patience)

    def look(self) -> CopyState:
        """Say how the copy stands, and write nothing."""
        self._let_go(self.copy)
        try:
            return self._said(self._look)
        finally:
            self._let_go(self.copy)

    def _said(self, found: Callable[[], CopyState], patience: float | None = None) -> CopyState:
        """Return the state that is found, under the lock where there is a patience for it, or what is wrong."""
        try:
            with ExitStack() as held:
                if self.setting and patience is not None and (lock := self.setting.lock(patience)):
                    held.callback(lock.close)
                    held.enter_context(lock)
                state = found()
        except Busy:
            known = self.setting.known() if self.setting else Known()
            self.state = self.state._replace(upto=max(known.upto, self.state.upto))
            state = self._lagging(_("another program is at it, and has not finished"))
            state = state if state.behind else state._replace(trouble="")
        except (CommandLogError, sqlite3.Error, OSError) as error:
            state = self._lagging(_trouble(error, self.copy), alarm=isinstance(error, Damaged))
            self._let_go(self.copy)  # a disk can be taken away, and one that came back is opened anew
        except ValueError:  # a header that no desk has written
            told = _("{log} does not hold: `commandlog verify {log}` says what is wrong with it")
            state = self._lagging(told.format(log=typed(self.source)), alarm=True)
        if self.setting and patience is not None and not state.trouble:
            self.setting.remember(Known(state.upto, state.at))
        self.state = state
        return state

    def wait(self, seconds: float) -> None:
        """Return when something was written in the log, after so many seconds at the latest."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._written():
            time.sleep(min(POLL, left))

    def _written(self) -> bool:
        source = self._lent or self._logs.get(self.source, (None,))[0]
        if source is None:
            return False
        with suppress(sqlite3.Error):
            return _data_version(source) != self._version
        return True

    def _follow(self, seconds: float, progress: Progress) -> CopyState:
        source, copy = self._both(follows=True)
        if copy.read_only:
            raise Unavailable(_("{file} cannot be written: make it writable").format(file=copy.path))
        self._version = _data_version(source)
        copy.refresh()
        before, until = _length(copy), time.monotonic() + seconds
        try:
            if carry(source, copy, until, progress):
                self._purge(copy, until)
                self._tidy(copy, _length(copy) - before)
        finally:  # what came before a record that does not hold is there
            self._opened(self.copy, still=True)  # unless it was written to a file that has no name any more
            self.state = self.state._replace(upto=_length(copy))
        return self._state(source, copy)

    def _look(self) -> CopyState:
        source, copy = self._both(follows=False)
        copy.refresh()
        agree(source, copy)
        return self._state(source, copy)

    def _both(self, *, follows: bool) -> tuple[Log, Log]:
        with reading_from(self.source):
            source = self._lent or self._opened(self.source)
        if not self.copy.exists():
            raise _not_there(self.copy)
        copy = self._opened(self.copy, follows=follows)
        belongs(copy, source)
        return source, copy

    def _state(self, source: Log, copy: Log) -> CopyState:
        upto = _length(copy)
        with reading_from(self.source):
            source.refresh()
            records = _length(source)
            since = source.kept_at(_next(copy, source)) if records > upto else 0
        return CopyState(self.copy, upto, records, since, self.clock(), pending=pending(unpurged(copy.db)))

    def _purge(self, copy: Log, until: float) -> None:
        """Go on destroying what was erased in the copy, down to the last byte, as long as nothing new is waiting."""
        while unpurged(copy.db) and time.monotonic() < until and not self._written():
            if not purge(copy).goes_on:
                return
            if copy.wal_bytes > MOVE_EVERY:
                copy.move_write_ahead()

    def _tidy(self, copy: Log, carried: int) -> None:
        """Merge the copy's full text and move its write-ahead log, once there is a moment."""
        self._untended += carried
        if self._untended > TEND_EVERY or (self._untended and not carried):
            self._untended = self._untended if copy.tend() else 0

    def _opened(self, path: Path, *, follows: bool = False, still: bool = False) -> Log:
        """Return the log at a path, opened anew where another file has its name now, or with `still` raise then."""
        with failures(path):
            if path in self._logs:
                log, place = self._logs[path]
                if _place(path) == place:
                    return log
                if still:
                    raise _not_there(path)
                self._let_go(path)
            log = Log(path, clock=self.clock, follows=follows)
            self._logs[path] = log, _place(path)
        return log

    def _lagging(self, trouble: str, *, alarm: bool = False) -> CopyState:
        """Return the state of a copy that cannot be brought up to date: what was last known, against what there is."""
        records, since = self.state.records, self.state.since
        try:
            source = self._lent or self._opened(self.source)
            source.refresh()
            records = _length(source)
            since = source.kept_at(self.state.upto + 1) if records > self.state.upto else 0
        except (CommandLogError, sqlite3.Error, OSError, ValueError):
            self._let_go(self.source)
        return self.state._replace(records=records, since=since, trouble=trouble, alarm=alarm)


def pending(left: Unpurged | None) -> int:
    """Return how many erasures are not finished in a file, given what is left to purge in it."""
    return max(1, len(left.decisions)) if left else 0


def _data_version(log: Log) -> int:
    return int(log.db.execute("PRAGMA data_version").fetchone()[0])


def _length(log: Log) -> int:
    """Return how many records a log has, those that wait for their place in a shared order among them."""
    if log.tip < PROVISIONAL:
        return log.head.seq
    query = "SELECT count(*) FROM records WHERE seq >= ?"
    return log.head.seq + int(log.db.execute(query, (PROVISIONAL,)).fetchone()[0])


def _next(copy: Log, source: Log) -> int:
    """Return the position of the first record that a copy lacks."""
    if copy.head.seq < source.head.seq:
        return copy.head.seq + 1
    found = source.db.execute("SELECT min(seq) FROM records WHERE seq >= ? AND seq > ?", (PROVISIONAL, copy.tip))
    return found.fetchone()[0] or 0


def _place(path: Path) -> tuple[int, int]:
    """Return what tells one file from another of the same name."""
    found = path.stat()
    return found.st_dev, found.st_ino


def belongs(copy: Log, source: Log) -> None:
    """Raise Parted where a file is not the second copy of this very log."""
    if copy.mark is None or copy.mark.form != COPY or (copy.id, copy.branch) != (source.id, source.branch):
        raise Parted(_("{file} is not the second copy of {log}").format(file=copy.path, log=source.path))


def _not_there(copy: Path) -> Unavailable:
    if not copy.parent.is_dir():
        return Unavailable(_("{folder} is not there: connect the disk").format(folder=copy.parent))
    told = _("{file} is not there any more: connect its disk, or begin another copy with `commandlog copy FILE DIR`")
    return Unavailable(told.format(file=copy))


def _trouble(error: Exception, copy: Path) -> str:
    """Say what is wrong with a copy, and what to do, without a full stop."""
    cause = error.__cause__ or error
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    number = getattr(cause, "errno", 0)
    if isinstance(error, Broken | Unreadable):  # that is not the copy's trouble
        return str(error).rstrip(".")
    if not _is_there(copy):
        return str(_not_there(copy))
    if code == sqlite3.SQLITE_FULL or number in (errno.ENOSPC, errno.EDQUOT):
        return _("the disk of {folder} is full: make room on it").format(folder=copy.parent)
    if code == sqlite3.SQLITE_READONLY or number in (errno.EROFS, errno.EACCES, errno.EPERM):
        return _("{folder} cannot be written: make it writable").format(folder=copy.parent)
    if code == sqlite3.SQLITE_IOERR or number == errno.EIO:
        return _("the disk of {folder} does not answer ({error})").format(folder=copy.parent, error=cause)
    if isinstance(error, Damaged):
        told = _("{what}. Keep both files as they are, and begin another copy with `commandlog copy FILE DIR`")
        return told.format(what=str(error).rstrip("."))
    return str(error).rstrip(".")


def _is_there(path: Path) -> bool:
    with suppress(OSError):
        return path.exists()
    return False
