"""The lock between processes that share a log file: held for every write, checkpoint, opening and closing.

It is taken for every entry, so it keeps its file open and costs four system calls: a library that opens, checks and
closes the file each time took a quarter of the time of an entry (docs/decisions/0004-own-file-lock.md). The system
lets go of it when a process ends, however it ends.

Whoever waits stands in line: one at a time has the *turn* and tries for the lock, and the turn is asked for first, so
that a process which has just let go of the lock does not get it again before the one that waits. Without it, four that
write without a pause keep one waiting 0.7 s now and then. A system without locks on parts of a file has no turns.
"""

import errno
import os
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path

TRY = 0.0003  # seconds between two tries
PATIENCE = 2  # seconds after which the turn no longer counts: whoever has it may have been stopped
PAUSE = 0.001  # seconds that long work leaves between two transactions, so that whoever waits gets in

LOCK, TURN = 0, 1  # the bytes of the file that stand for them

if sys.platform == "win32":
    import msvcrt

    def _take(file: int, what: int) -> None:
        os.lseek(file, what, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

    def _leave(file: int, what: int) -> None:
        os.lseek(file, what, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

    def _is_taken(file: int) -> bool:
        try:
            _take(file, TURN)
        except OSError:
            return True
        _leave(file, TURN)
        return False

else:
    import fcntl

    _PART = getattr(fcntl, "F_OFD_SETLK", 0)  # belongs to the open file, as flock does, and not to the process
    _LOOK = getattr(fcntl, "F_OFD_GETLK", 0)
    _TAKEN, _LEFT = (struct.pack("hhqqi", kind, os.SEEK_SET, TURN, 1, 0) for kind in (fcntl.F_WRLCK, fcntl.F_UNLCK))

    def _take(file: int, what: int) -> None:
        if what == LOCK:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif _PART:
            fcntl.fcntl(file, _PART, _TAKEN)

    def _leave(file: int, what: int) -> None:
        if what == LOCK:
            fcntl.flock(file, fcntl.LOCK_UN)
        elif _PART:
            fcntl.fcntl(file, _PART, _LEFT)

    def _is_taken(file: int) -> bool:
        """Whether another open file has the turn: the system answers with the lock that is in the way, or none."""
        return bool(_LOOK) and fcntl.fcntl(file, _LOOK, _TAKEN)[:2] != _LEFT[:2]


class Busy(Exception):
    """Another process held the lock for the whole time."""


class FileLock:
    """A lock on a file beside the log, as a context manager. Not for two threads at once: each opens the log itself."""

    def __init__(self, path: Path, timeout: float) -> None:
        """Open the lock file, which stays there; `timeout` is in seconds. Raises OSError where it cannot be made."""
        self.timeout = timeout
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)

    def __enter__(self) -> None:
        """Wait for the lock; raises Busy after the timeout."""
        turn = False
        try:
            turn = self._try(TURN)
            if turn and self._try(LOCK):
                return
            start = time.monotonic()
            while (waited := time.monotonic() - start) <= self.timeout:
                time.sleep(TRY)
                turn = turn or self._try(TURN)
                if (turn or waited > PATIENCE) and self._try(LOCK):
                    return
        finally:
            if turn:
                with suppress(OSError):
                    _leave(self._file, TURN)
        raise Busy

    def _try(self, what: int) -> bool:
        try:
            _take(self._file, what)
        except OSError as error:
            held = error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
            return what == TURN and not held  # a file system that has no turns gives one to everybody
        return True

    def is_wanted(self) -> bool:
        """Whether somebody waits for the lock, as far as whoever has it can tell: False on a system without turns."""
        try:
            return _is_taken(self._file)
        except OSError:
            return False

    def __exit__(self, *_error: object) -> None:
        _leave(self._file, LOCK)

    def close(self) -> None:
        """Close the lock file."""
        os.close(self._file)
