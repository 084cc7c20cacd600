"""Records that met another state than the one they acted on: not applied, not dropped, shown until settled."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table, id_at


class ConflictRow(NamedTuple):
    """`about` is the position of the entry, task, report or incident; `met` that of the record that came first."""

    since: int
    until: int
    subject: str
    about: int
    met: int


TABLE = Table("conflicts", ConflictRow, ("about: about",))


def meets_expectation(db: Connection, r: Applied, subject: str, about: int, state_since: int) -> bool:
    """Whether the record acts on the state that holds (made by the record at `state_since`); notes a conflict if not.

    Nothing else decides a conflict: rules may change, what a record met does not.
    """
    if not r.frame.expects or r.frame.expects == id_at(db, state_since):
        return True
    note(db, r, subject, about, state_since)
    return False


def note(db: Connection, r: Applied, subject: str, about: int, met: int) -> None:
    """Record a conflict."""
    db.execute(TABLE.insert, (r.seq, FOREVER, subject, about, met))
