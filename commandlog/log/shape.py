"""Whether a file is shaped as this program shapes it: its tables and indexes, and nothing that acts by itself.

Somebody who can write the file could leave a trigger that changes what is written later, or turn an index, from which
lists are read, against its table.
"""

import re
import sqlite3
from contextlib import closing

from commandlog.language import _
from commandlog.log import rewriting, schema
from commandlog.log.erasing import unpurged

Shape = dict[tuple[str, str], str]
"""The statement that made each table and index, by its type and name; empty for those that SQLite made itself."""

_OWN = "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND tbl_name NOT LIKE '\\_sqlite%' ESCAPE '\\'"


def acts_by_itself(db: sqlite3.Connection) -> str:
    """Return the name of a trigger or view in the file, which this program never makes; empty where there is none."""
    found = db.execute("SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index') LIMIT 1").fetchone()
    return str(found[0]) if found else ""


def fault(db: sqlite3.Connection) -> str:
    """Return what is wrong with the shape of a log, empty where it is as it was made."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    with closing(sqlite3.connect(":memory:")) as anew:
        for statement in schema.statements(version):
            anew.execute(statement)
        expected = _shape(anew)
    found = _shape(db)
    different = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    return _("“{name}” is not as it was made").format(name=different[0][1]) if different else ""


def damage(db: sqlite3.Connection) -> str:
    """Return what SQLite's own check of all pages and indexes finds, empty where that is nothing."""
    found = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
    code = re.search(r"error code=(\d+)", found)
    if code and int(code[1]) & 0xFF == sqlite3.SQLITE_IOERR:  # the disk's word, which the check puts among its own
        error = sqlite3.OperationalError(found)
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise error
    return "" if found == "ok" else found


def _shape(db: sqlite3.Connection) -> Shape:
    rows = db.execute(f"SELECT type, name, tbl_name, sql FROM sqlite_master WHERE {_OWN}").fetchall()
    # while erased words are purged, a second full text is there; the one that took its place has its name in quotes
    beside = rewriting.BESIDE if unpurged(db) else ()
    return {
        # what the full text keeps its words in is laid out by SQLite, each version in its own way
        (kind, name): "" if name.startswith("fulltext_") else (sql or "").replace('"fulltext"', "fulltext")
        for kind, name, _table, sql in rows
        if not name.startswith(beside)
    }
