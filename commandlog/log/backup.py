"""Backups: the whole log in one file, made while others write in it.

SQLite writes it out anew (VACUUM INTO): what is in it is one state of the log, and no page of it holds what was deleted
before. It is verified before it gets its name, carries a mark so that nobody goes on writing in it, and the log keeps a
record of it, so that whoever must erase words knows where else they are.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from commandlog.language import _
from commandlog.log import mark
from commandlog.log.desk import Desk
from commandlog.log.erasing import purge_all, written_out
from commandlog.log.files import reading_uri, sync_folder
from commandlog.log.making import making
from commandlog.log.mark import BACKUP, Mark
from commandlog.log.reading import Head
from commandlog.log.store import LOCK_TIMEOUT, Log
from commandlog.log.verify import verify
from commandlog.model.errors import Damaged, RuleError, Unavailable
from commandlog.model.keeping import Exported
from commandlog.model.records import Words

TRIES = 5


class Backup(NamedTuple):
    """A backup that was made: where, its last record, the SHA-256 of its bytes, and whether the log knows of it."""

    path: Path
    head: Head
    digest: bytes
    recorded: bool


def backup(log: Log, folder: Path, desk: Desk | None) -> Backup:
    """Back a log up into a folder, under its name and the time; others may write in it meanwhile.

    The folder may be on a network drive: nobody else opens the file before it is whole. `desk` records it in the log;
    None where the log cannot be written. Raises RuleError (no such folder), Unavailable (it cannot be written) or
    Damaged (the log does not hold); nothing is left behind then, and nothing that is there is changed.
    """
    if not folder.is_dir():
        raise RuleError(_("There is no folder {folder}: make it first.").format(folder=folder))
    now = log.clock()
    path = _free(folder.absolute(), log.path, now)
    name = log.mark.name if log.mark else log.path.name
    try:
        with making(path) as part:
            _without_erased(log, lambda: _write_out(log, part, Mark(BACKUP, name, now)))
            head = _verified(log, part)
            digest = _digest(part)
    finally:
        with suppress(OSError):  # nobody will ever write in this file
            Path(f"{path}.lock").unlink(missing_ok=True)
    if desk:
        try:
            with desk.writing():
                desk.append(Exported, Words(title=str(path)), form=BACKUP, file=digest, upto=head.id)
        except BaseException:  # a copy that nobody knows of must not exist
            with suppress(OSError):
                path.unlink(missing_ok=True)
                sync_folder(path.parent)
            raise
    return Backup(path, head, digest, desk is not None)


def _free(folder: Path, log: Path, now: int) -> Path:
    """Return a name that is not taken: evening-20260627T191405Z.clog."""
    stamp = f"{datetime.fromtimestamp(now / 1000, UTC):%Y%m%dT%H%M%SZ}"
    path, number = folder / f"{log.stem}-{stamp}{log.suffix}", 1
    while os.path.lexists(path):
        number += 1
        path = folder / f"{log.stem}-{stamp}-{number}{log.suffix}"
    return path


def _without_erased(log: Log, write_out: Callable[[], bool]) -> None:
    """Destroy what was erased down to the last byte first, and once more where something was erased meanwhile."""
    for _try in range(TRIES):
        if not log.read_only:
            purge_all(log)
        if write_out() or log.read_only:
            return
    raise Unavailable(_("Words are being erased from {file} at this moment: try again.").format(file=log.path))


def _write_out(log: Log, part: Path, marked: Mark) -> bool:
    """Write one state of a log into a new file, mark it, and see it on the disk.

    Returns whether nothing that was erased can be in it. What waits for the write-ahead log to be emptied is not.
    """
    part.unlink(missing_ok=True)
    private = f"{part.as_uri()}?nolock=1"  # it is ours alone, and on a network drive locks may not be kept
    with closing(sqlite3.connect(reading_uri(log.path), uri=True, isolation_level=None, timeout=LOCK_TIMEOUT)) as db:
        db.execute("VACUUM INTO ?", (private,))
    with closing(sqlite3.connect(private, uri=True, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = MEMORY")
        db.execute("PRAGMA secure_delete = ON")
        mark.put(db, marked)
        clean = written_out(db)
    file = os.open(part, os.O_RDWR)  # no connection is open on it: closing takes nobody's locks away
    try:
        os.fsync(file)
    finally:
        os.close(file)
    return clean


def _verified(log: Log, part: Path) -> Head:
    """Return the last record of a backup that holds; raises Damaged for one that does not."""
    verdict = verify(part)
    if not verdict.holds:
        raise Damaged(
            _(
                "{log} does not hold, so no backup of it was made: record {position}: {fault}."
                " Keep the file as it is, and restore an older copy."
            ).format(log=log.path, position=verdict.position, fault=verdict.fault),
            verdict.position,
        )
    with Log(part) as made:
        return made.head


def _digest(path: Path) -> bytes:
    found = sha256()
    with path.open("rb") as file:  # no connection is open on it
        while block := file.read(1 << 20):
            found.update(block)
    return found.digest()
