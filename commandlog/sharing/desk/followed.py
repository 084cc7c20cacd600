"""Whether some program follows the shared log for a file: it holds a lock beside it for as long as it does."""

from pathlib import Path

from commandlog.log.lock import Busy, FileLock


def lock_of(file: Path, timeout: float = 0) -> FileLock:
    """Return the lock that whoever follows for a file holds; `timeout` is in seconds. Raises OSError."""
    return FileLock(Path(f"{file}.follow"), timeout)


def is_followed(file: Path) -> bool:
    """Whether somebody follows the shared log for a file now; False where that cannot be seen."""
    if not Path(f"{file}.follow").exists():
        return False
    try:
        lock = lock_of(file)
    except OSError:
        return False
    try:
        with lock:
            return False
    except Busy:
        return True
    finally:
        lock.close()
