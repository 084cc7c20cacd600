"""Rescuing a damaged log: the evidence is copied, and what its beginning still says becomes a log again.

As far as everything follows from the first record on without a gap, the records are a log again, a new branch of the
old one (`log/mark.py`). What was found behind the first gap cannot be part of a chain any more, and is told apart.
"""

import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commandlog.language import _
from commandlog.log import mark, pieces
from commandlog.log.evidence import command, copy
from commandlog.log.files import failures
from commandlog.log.lock import FileLock
from commandlog.log.making import making
from commandlog.log.rebuild import take
from commandlog.log.store import LOCK_TIMEOUT, Log
from commandlog.log.survey import Survey
from commandlog.model.errors import RuleError, Unavailable

BATCH = 500  # records a transaction
MOVE_EVERY = 16 << 20  # bytes of write-ahead log at which it is moved into the file
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)


class Evidence(NamedTuple):
    """A copy of the damaged file and its write-ahead log, byte for byte; `unread` bytes the disk did not give."""

    main: Path
    wal: Path
    unread: int


def own_keys(settings: Path, log_id: bytes) -> list[tuple[str, bytes]]:
    """Return the public keys that this machine has for the desks of a log and its branches, each with its party."""
    found = []
    for path in sorted((settings / "desks").glob(f"{log_id.hex()}*/*.key")):
        with suppress(OSError, ValueError):
            key = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
            found.append((bytes.fromhex(path.stem).decode(), key.public_key().public_bytes_raw()))
    return found


def evidence(path: Path, folder: Path) -> Evidence:
    """Copy a damaged log into a folder; the file itself is only read.

    Raises RuleError where there is none, Unavailable where the disk refuses.
    """
    if not path.is_file():
        raise RuleError(_("There is no log at {file}.").format(file=path))
    path, folder = path.absolute(), folder.absolute()
    main, wal, beside = folder / path.name, folder / f"{path.name}-wal", Path(f"{path}.lock")
    pairs = [(str(path), str(main)), (f"{path}-wal", str(wal))]
    with failures(path), ExitStack() as held:
        with suppress(OSError):  # where the lock cannot be had, nobody can write either
            if beside.exists():  # where there is none, nobody has it open
                lock = FileLock(beside, LOCK_TIMEOUT)
                held.callback(lock.close)
                held.enter_context(lock)
        if getattr(
            sys, "frozen", False
        ):  # there is no Python to start: who packs the program so has the log closed here
            return Evidence(main, wal, sum(copy(*pair) for pair in pairs))
        other = subprocess.run(  # noqa: S603 (our own file, and names)
            command(pairs), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, creationflags=_NO_WINDOW, check=False
        )
        said = other.stdout.decode("utf-8", "replace").strip()
        if other.returncode:
            raise Unavailable(_("{file} cannot be copied: {error}.").format(file=path, error=said or other.returncode))
    return Evidence(main, wal, int(said))


def write_log(survey: Survey, path: Path, progress: Callable[[int, int], None] = lambda _done, _all: None) -> list[int]:
    """Make a log of the records that hold from the first one on; returns those whose attachment could not be saved.

    What is written in it afterwards gets desk codes of its own, so that nobody speaks of two entries by one name.
    """
    lost: list[int] = []
    with making(path) as part:
        with Log(part, create=True) as log, log.writing():
            mark.go_on(log.db, survey.log_id)
        with Log(part) as log:
            for start in range(1, survey.sound + 1, BATCH):
                end = min(start + BATCH - 1, survey.sound)
                lost += _put(survey, log, start, end)
                if log.wal_bytes > MOVE_EVERY:
                    log.move_write_ahead()
                progress(end, survey.sound)
    return lost


def _put(survey: Survey, log: Log, first: int, last: int) -> list[int]:
    """Store some records with what belongs to them in one transaction; returns those without their attachment."""
    lost = []
    with log.writing():
        for record in survey.chosen(first, last):
            if attached := survey.attachment(record):
                frame, content = attached
                if content is None:
                    lost.append(record.seq)
                else:
                    cut = [content[at : at + pieces.PIECE] for at in range(0, frame.size, pieces.PIECE)]
                    query = "INSERT OR IGNORE INTO pieces (file, number, bytes) VALUES (?, ?, ?)"
                    log.db.executemany(query, [(frame.file, number, one) for number, one in enumerate(cut)])
            take(log.db, record)
        query = "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)"
        log.db.executemany(query, survey.checkpoints(first, last))
        log.refresh()
    return lost
