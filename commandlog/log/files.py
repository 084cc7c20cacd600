"""What a log file meets on its way: where it lies, who else holds it, and what the system refuses, in words."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commandlog.language import _
from commandlog.log.lock import Busy
from commandlog.model.errors import Damaged, Unavailable


def is_read_only(path: Path) -> bool:
    """Whether a log lies where it, or what SQLite keeps beside it, cannot be written."""
    return not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def reading_uri(path: Path) -> str:
    """Return how SQLite is to open a log for reading only; immutable where nothing can be written."""
    return f"{path.absolute().as_uri()}?mode=ro" + ("&immutable=1" if is_read_only(path) else "")


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
    except sqlite3.DatabaseError as error:
        raise Damaged(_("{file} is damaged or not a log ({error}).").format(file=path, error=error)) from error
    except OSError as error:
        raise Unavailable(
            _("{file} cannot be opened: {error}.").format(file=path, error=error.strerror or error)
        ) from error


def _kept_busy(path: Path) -> Unavailable:
    return Unavailable(_("Another program keeps {file} busy: nothing was stored, try again.").format(file=path))
