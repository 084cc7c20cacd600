"""Whether some program follows the shared log for a file: it holds a lock beside it for as long as it does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commandlog.language import _
from commandlog.log.lock import Busy, FileLock
from commandlog.model.errors import RuleError


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Be the one that follows for a file; raises RuleError where another program is, or where that cannot be."""
    try:
        lock = _lock_of(file, 0.5)
    except OSError as error:
        raise RuleError(_("{file} cannot be followed: {error}").format(file=file, error=error.strerror)) from error
    try:
        with lock:
            yield
    except Busy as error:
        told = _("Another program on this machine already follows the shared log for {file}.")
        raise RuleError(told.format(file=file)) from error
    finally:
        lock.close()


def is_followed(file: Path) -> bool:
    """Whether somebody follows the shared log for a file now; False where that cannot be seen."""
    if not Path(f"{file}.follow").exists():
        return False
    try:
        lock = _lock_of(file)
    except OSError:
        return False
    try:
        with lock:
            return False
    except Busy:
        return True
    finally:
        lock.close()


def _lock_of(file: Path, timeout: float = 0) -> FileLock:
    """Return the lock that whoever follows for a file holds; `timeout` is in seconds. Raises OSError."""
    return FileLock(Path(f"{file}.follow"), timeout)
