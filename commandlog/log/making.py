"""A new log takes its name only when it is whole: whoever is cut short in making one leaves no half log behind."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commandlog.language import _
from commandlog.log.files import failures, sync_folder
from commandlog.log.lock import FileLock
from commandlog.log.store import LOCK_TIMEOUT
from commandlog.model.errors import RuleError, Unavailable


@contextmanager
def making(path: Path) -> Iterator[Path]:
    """Give the name under which to make a new log; when the block ends, its log being closed, it is called `path`.

    Where the block raises, nothing is left. Where the process ends in it, what is left has another name, and the next
    one to make this log clears it away. Raises RuleError where `path` is there already or has no folder, Unavailable
    where the folder cannot be written, or the block's log could not be closed whole.
    """
    check(path)
    part = path.with_name(f"{path.name}.new")
    with failures(path):
        lock = FileLock(Path(f"{path}.lock"), LOCK_TIMEOUT)
        try:
            with lock:
                if os.path.lexists(path):
                    raise _already_there(path)
                clear(part)
                try:
                    yield part
                    if _write_ahead(part):  # closing says nothing of a disk that refuses: the log is not in its file
                        raise Unavailable(
                            _("{file} could not be written whole: nothing was stored, try again.").format(file=path)
                        )
                    part.rename(path)
                finally:
                    clear(part)
                try:
                    sync_folder(path.parent)
                except OSError:  # whoever is told that nothing was stored must find nothing
                    path.unlink(missing_ok=True)
                    raise
        finally:
            lock.close()


def check(path: Path) -> None:
    """Raise RuleError where no new log can have this name."""
    if path.is_dir():
        raise RuleError(_("{file} is a folder: say which file to make in it.").format(file=path))
    if os.path.lexists(path):
        raise _already_there(path)
    if _write_ahead(path):  # SQLite would take it for the new log's own, whose pages it would overwrite
        raise RuleError(
            _("{file}-wal holds the last entries of a log that was here: move it away, or choose another name.").format(
                file=path
            )
        )
    if not path.parent.is_dir():
        raise RuleError(_("There is no folder {folder}: make it first.").format(folder=path.parent))


def clear(part: Path) -> None:
    """Remove a log that was never finished, with all that lies beside it."""
    for leftover in ("-wal", "-shm", "-journal", "", ".lock"):
        Path(f"{part}{leftover}").unlink(missing_ok=True)


def _write_ahead(path: Path) -> bool:
    """Whether something is in the write-ahead log beside a log file."""
    wal = Path(f"{path}-wal")
    return wal.exists() and wal.stat().st_size > 0


def _already_there(path: Path) -> RuleError:
    return RuleError(_("{file} is there already: choose another name.").format(file=path))
