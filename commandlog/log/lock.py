"""The lock between processes that share a log file: held for every write, checkpoint, opening and closing.

It is taken for every entry, so it keeps its file open and costs two system calls: a lock library that opens, checks and
closes the file each time took a quarter of the time of an entry (docs/decisions/0004-own-file-lock.md). The system
lets go of it when a process ends, however it ends.
"""

import os
import sys
import time
from pathlib import Path

SOON, LATER = 0.0005, 0.005  # seconds between two tries, in the first second and after it

if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

    def _leave(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _leave(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)


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
        start = 0.0
        while True:
            try:
                return _take(self._file)
            except OSError as error:
                now = time.monotonic()
                start = start or now
                if now - start > self.timeout:
                    raise Busy(str(error)) from error
                time.sleep(SOON if now - start < 1 else LATER)

    def __exit__(self, *_error: object) -> None:
        _leave(self._file)

    def close(self) -> None:
        """Close the lock file."""
        os.close(self._file)
