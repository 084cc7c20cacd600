"""A file comes in as an attachment: read once, whole, and only where it is a plain file that stands still.

What it is, is decided from its content (`model/media.py`); its path is only the way to it, and of its name only the
last part is kept, as text.
"""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Unpack

from commandlog.language import _
from commandlog.log import schema
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.media import LARGEST, too_large
from commandlog.model.records import Record
from commandlog.verbs.attaching import attach
from commandlog.verbs.context import About

_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"))
_BLOCK = 1 << 20
_BESIDE = ("-wal", "-shm")  # what SQLite keeps beside a log


def attach_file(desk: Desk, entry: int, path: Path, *, text: str = "", **about: Unpack[About]) -> Record:
    """Attach the file at a path to an entry, under its own name.

    Raises RuleError and Unavailable as `read_file` and `attach` do.
    """
    return attach(desk, entry, read_file(path), name=path.name, text=text, **about)


def read_file(path: Path) -> bytes:
    """Return the content of a file.

    Raises RuleError for what is no plain file (a folder, a link, a device), what is empty, over LARGEST, a log, or
    changes while it is read; Unavailable where the system refuses to read it.
    """
    try:
        _refuse(path, os.lstat(path))
        with open(os.open(path, os.O_RDONLY | _FLAGS), "rb", buffering=0) as file:  # noqa: PTH123 - flags of our own
            before = os.fstat(file.fileno())
            _refuse_kind(path, before)  # what lies there may be another file by now
            content = bytearray()
            while (block := file.read(_BLOCK)) and len(content) <= LARGEST:
                content += block
            after = os.fstat(file.fileno())
    except FileNotFoundError as error:
        raise RuleError(_("There is no file {file}.").format(file=path)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Unavailable(_("{file} cannot be read: {error}.").format(file=path, error=reason)) from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(content) != after.st_size:
        raise RuleError(_("{file} changes while it is read: attach it when it is finished.").format(file=path))
    return bytes(content)


def _refuse(path: Path, found: os.stat_result) -> None:
    """Raise RuleError for what is no attachment, before it is opened."""
    if stat.S_ISLNK(found.st_mode):
        raise RuleError(_("{file} is a link to another file: attach that file itself.").format(file=path))
    _refuse_kind(path, found)
    if found.st_size == 0:
        raise RuleError(_("{file} is empty: there is nothing to attach.").format(file=path))
    if found.st_size > LARGEST:
        raise too_large(found.st_size)
    if _is_log(path):
        raise RuleError(_("{file} is a log, or lies beside one: attach an export of it.").format(file=path))


def _refuse_kind(path: Path, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise RuleError(_("{file} is a folder: attach the files in it one by one.").format(file=path))
    if not stat.S_ISREG(found.st_mode):
        raise RuleError(_("{file} is no file but a device or a pipe: save what it holds to a file.").format(file=path))


def _is_log(path: Path) -> bool:
    """Whether a file is a log or one of those that SQLite keeps beside it.

    SQLite looks, not this program: closing a file of one's own takes away every lock that this process has on it
    (docs/decisions/0010-never-open-a-log-file.md).
    """
    for end in _BESIDE:
        if path.name.endswith(end):
            path = path.with_name(path.name.removesuffix(end))
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            return bool(db.execute("PRAGMA application_id").fetchone()[0] == schema.APPLICATION_ID)
    except sqlite3.Error:
        return False
