"""Deleting a log file: decided first, then gone, and whoever is cut short goes on where that was.

The bytes are written over before the name is taken away, so that no program that brings deleted files back finds them
on a plain disk. More is not promised: disks without moving parts, file systems that write elsewhere, snapshots and
copies keep what they keep.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from commandlog.language import _
from commandlog.log.files import failures, sync_folder
from commandlog.log.lock import FileLock
from commandlog.log.store import LOCK_TIMEOUT
from commandlog.model.errors import RuleError, Unavailable

BLOCK = 1 << 20


def doomed(path: Path) -> Path:
    """Return what a log is called from when its deletion is decided until it is gone."""
    return path.with_name(f"{path.name}.discarded")


def destroy(path: Path, head: bytes, decide: Callable[[], None]) -> None:
    """Delete the log at `path` whose last record has the hash `head`, after `decide` has put the decision on disk.

    Nobody else may have it open. Raises Unavailable where somebody has, or the file cannot be deleted now; RuleError
    where something was written in it since; what `decide` raises leaves the file as it was.
    """
    with failures(path):
        lock = FileLock(Path(f"{path}.lock"), LOCK_TIMEOUT)
        try:
            with lock:
                _alone(path, head)
                decide()
                path.replace(doomed(path))
                sync_folder(path.parent)
                finish(path)
        finally:
            lock.close()
        with suppress(OSError):
            Path(f"{path}.lock").unlink()


def finish(path: Path) -> None:
    """Write over what is left of a log whose deletion was decided, and take its name away."""
    left = doomed(path)
    with failures(left):
        if not left.exists():
            return
        if left.stat().st_nlink == 1:  # another name of the same file is a copy that nobody decided about
            _write_over(left)
        left.unlink()
        sync_folder(left.parent)


def _alone(path: Path, head: bytes) -> None:
    """See to it that nobody else has the log open, that all of it is in the one file, and that it ends as it did."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=0)) as db:
        last = db.execute("SELECT hash FROM records ORDER BY seq DESC LIMIT 1").fetchone()
        if last is None or last[0] != head:
            raise RuleError(_("Somebody has written in {file} just now: look at it again first.").format(file=path))
        try:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            alone = db.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "delete"
        except sqlite3.OperationalError:  # SQLite leaves this mode only for whoever has the file alone
            alone = False
        if not alone:
            told = _("Another program has {file} open: close it there, and delete it then. Nothing was deleted.")
            raise Unavailable(told.format(file=path))


def _write_over(path: Path) -> None:
    with path.open("r+b", buffering=0) as file:  # no connection is open on it, and it has another name now
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            left -= file.write(bytes(min(BLOCK, left)))
        with suppress(OSError):
            os.fsync(file.fileno())
