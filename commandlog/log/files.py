"""What a log file meets on its way: where it lies, who else holds it, and what the system refuses, in words."""

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from commandlog.language import _
from commandlog.log.lock import Busy
from commandlog.model.errors import Damaged, Unavailable
from commandlog.model.harmless import typed


def is_read_only(path: Path) -> bool:
    """Whether a log lies where it, or what SQLite keeps beside it, cannot be written."""
    return not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def reading_uri(path: Path) -> str:
    """Return how SQLite is to open a log for reading only; immutable where nothing can be written."""
    return f"{path.absolute().as_uri()}?mode=ro" + ("&immutable=1" if is_read_only(path) else "")


def is_database(path: Path) -> bool:
    """Whether a file may be SQLite's own, which nobody else opens (docs/decisions/0010-never-open-a-log-file.md)."""
    try:
        with closing(sqlite3.connect(reading_uri(path), uri=True)) as db:
            db.execute("PRAGMA application_id")
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_NOTADB
    return True


_OF_THE_MACHINE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}


def of_the_machine(error: BaseException) -> bool:
    """Whether what SQLite says is about disk, memory or locks: nothing about what the log holds follows from it."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_MACHINE


@contextmanager
def failures(path: Path) -> Iterator[None]:
    """Say in words what SQLite or the file system refuses."""
    try:
        yield
    except Busy as error:
        raise _kept_busy(path) from error
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:  # a program that does not know our lock
            raise _kept_busy(path) from error
        raise Unavailable(
            _("{file} cannot be written or read now ({error}): nothing was stored, try again when it can.").format(
                file=path, error=error
            )
        ) from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # a damaged name in SQLite's own message is no text
        told = _("{file} is damaged or not a log ({error}). {rescue}")
        raise Damaged(told.format(file=path, error=error, rescue=how_to_rescue(path))) from error
    except OSError as error:
        raise Unavailable(
            _("{file} cannot be opened: {error}.").format(file=path, error=error.strerror or error)
        ) from error


class _InFile(Protocol):
    @property
    def path(self) -> Path: ...


_Log = TypeVar("_Log", bound=_InFile)
_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")


def in_words(reads: Callable[Concatenate[_Log, _Given], _Found]) -> Callable[Concatenate[_Log, _Given], _Found]:
    """Let what reads a log (its first parameter, or a desk of it) outside `writing` say in words what SQLite says."""

    @wraps(reads)
    def reading(log: _Log, /, *given: _Given.args, **named: _Given.kwargs) -> _Found:
        try:
            return reads(log, *given, **named)
        except sqlite3.Error:
            with failures(log.path):
                raise

    return reading


def how_to_rescue(path: Path) -> str:
    """Return what to do about a damaged log, as a sentence."""
    told = _("Write nothing in it, and save what can be read: `commandlog rescue {file} DIR`.")
    return told.format(file=typed(path))


def _kept_busy(path: Path) -> Unavailable:
    return Unavailable(_("Another program keeps {file} busy: nothing was stored, try again.").format(file=path))


_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM)


def sync_folder(folder: Path) -> None:
    """See to it that what was named or renamed in a folder stays so when the power fails.

    Raises OSError where the disk refuses; a system or file system that syncs no folders keeps names by itself.
    """
    try:
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def put_whole(path: Path, data: bytes, *, durable: bool) -> None:
    """Put a file in place whole or not at all, readable by its user alone; `durable`: also when the power fails.

    Raises OSError where it cannot be written.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    if durable:
        sync_folder(path.parent)
