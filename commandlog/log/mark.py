"""What tells the copies of a log apart: the mark of a second copy or a backup, and the branch of a log that went on.

Nobody may write into a copy by accident: two files that both go on are two logs with one name. A log that is restored
from a copy is a new branch: the first file may still be somewhere, or had records that never reached the copy. Its
desks get keys of their own, and with them codes of their own, so that nobody speaks of two entries as "V1-142".
"""

import secrets
import sqlite3
from typing import NamedTuple

import msgspec

from commandlog.language import _
from commandlog.model.errors import Damaged
from commandlog.model.frames import Millis
from commandlog.model.harmless import visible
from commandlog.model.records import clean

COPY, BACKUP = "copy", "backup"
"""The forms of a copy, as records speak of them too: one follows its log, the other stays what it is."""

_MARK, _BRANCH = "copy_of", "branch"


class Mark(NamedTuple):
    """What a copy says of itself: its form, the file name of the log, and when it was made (milliseconds UTC)."""

    form: str
    name: str
    made_at: Millis

    @property
    def described(self) -> str:
        """What kind of copy it is, in words."""
        told = _("the second copy of {name}") if self.form == COPY else _("a backup of {name}")
        return told.format(name=visible(self.name))


def mark_of(db: sqlite3.Connection) -> Mark | None:
    """Return the mark of a file, None where it is a log. One that cannot be read is a mark all the same."""
    data = _value(db, _MARK)
    try:
        return msgspec.json.decode(data, type=Mark) if data else None
    except msgspec.MsgspecError:
        return Mark(BACKUP, "", 0)


def branch_of(db: sqlite3.Connection) -> bytes:
    """Return the branch of a log: empty, or the 16 bytes that it got when it was restored."""
    return _value(db, _BRANCH)


def become(db: sqlite3.Connection, log_id: bytes, branch: bytes, mark: Mark) -> None:
    """Make an empty file the beginning of a copy of a log, inside `Log.writing`."""
    db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (log_id,))
    _put(db, _BRANCH, branch)
    put(db, mark)


def put(db: sqlite3.Connection, mark: Mark) -> None:
    """Mark a file."""
    _put(db, _MARK, msgspec.json.encode(mark._replace(name=clean(mark.name))))


def go_on(db: sqlite3.Connection, log_id: bytes) -> None:
    """Make an empty file the beginning of a new branch of a log, inside `Log.writing`."""
    db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (log_id,))
    _put(db, _BRANCH, secrets.token_bytes(16))


def _put(db: sqlite3.Connection, key: str, value: bytes) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def _value(db: sqlite3.Connection, key: str) -> bytes:
    if not db.execute("PRAGMA user_version").fetchone()[0]:
        return b""  # made, and not yet given its tables
    found = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    if found and not isinstance(found[0], bytes):
        raise Damaged(_("What this file says of itself cannot be read."))
    return found[0] if found else b""
