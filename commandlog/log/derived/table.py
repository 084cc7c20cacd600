"""What all derived tables have in common: every row says from which record it holds until which."""

from dataclasses import dataclass
from functools import cached_property
from sqlite3 import Connection
from typing import Any, NamedTuple, get_type_hints

from commandlog.model.records import Words

FOREVER = 1 << 62
"""`until` of a row that still holds."""

PROVISIONAL = 1 << 48
"""The first position of records that are not yet in the shared order."""

_TYPES = {int: "INTEGER NOT NULL", str: "TEXT NOT NULL", bytes: "BLOB NOT NULL"}


@dataclass
class Table:
    """A derived table: its columns are the fields of `row` (a NamedTuple), `since` and `until` the first two.

    With `single`, a record makes at most one row, and `since` is the key; positions are then ranges of the key.
    `indexes` are given as "name: columns [WHERE …]"; rows that are closed are indexed by themselves, so that rolling
    back costs what it rolls back, whatever the size of the log. `version` is that of the file's schema which it came
    with (`log/schema.py`); `later` are indexes that came with a later one.
    """

    name: str
    row: type[NamedTuple]
    indexes: tuple[str, ...] = ()
    single: bool = True
    version: int = 1
    later: tuple[tuple[int, str], ...] = ()

    @property
    def schema(self) -> list[str]:
        """The statements that make the table and its indexes."""
        hints = get_type_hints(self.row)
        columns = [f"{column} {_TYPES[hints[column]]}" for column in self.row._fields]
        if self.single:
            columns[0] = "since INTEGER PRIMARY KEY"
        made = [f"CREATE TABLE {self.name} ({', '.join(columns)})"]
        made.append(f"CREATE INDEX {self.name}_closed ON {self.name} (until) WHERE until < {FOREVER}")
        if not self.single:
            made.append(f"CREATE INDEX {self.name}_since ON {self.name} (since)")
        return made + [self._index(one) for one in self.indexes]

    def later_indexes(self, version: int) -> list[str]:
        """Return the statements that make the indexes which came with this version of the file."""
        return [self._index(index) for came, index in self.later if came == version]

    def _index(self, index: str) -> str:
        name, _, columns = index.partition(": ")
        on, where, condition = columns.partition(" WHERE ")
        return f"CREATE INDEX {self.name}_{name} ON {self.name} ({on}){where}{condition}"

    @cached_property
    def insert(self) -> str:
        """The statement that adds a row."""
        return f"INSERT INTO {self.name} VALUES ({', '.join('?' * len(self.row._fields))})"

    def close(self, db: Connection, since: int, until: int) -> None:
        """End a row: it held until the record at `until`."""
        db.execute(f"UPDATE {self.name} SET until = ? WHERE since = ? AND until = {FOREVER}", (until, since))

    def undo(self, db: Connection, seq: int) -> None:
        """Make the table what it was before the record at a position, as far as this one changed it."""
        db.execute(f"DELETE FROM {self.name} WHERE since = ?", (seq,))
        db.execute(f"UPDATE {self.name} SET until = {FOREVER} WHERE until = ? AND until < {FOREVER}", (seq,))

    def rollback(self, db: Connection, position: int) -> None:
        """Make the table what it was after the record at `position`."""
        db.execute(f"DELETE FROM {self.name} WHERE since > ?", (position,))
        db.execute(
            f"UPDATE {self.name} SET until = {FOREVER} WHERE until > ? AND until < {FOREVER}",
            (position,),
        )


class Applied(NamedTuple):
    """A record on its way into the derived tables. `frame` and `words` are None where they are absent."""

    seq: int
    id: bytes
    kept_at: int
    party: str
    desk: str
    frame: Any  # AnyFrame | None
    words: Words | None


def position_of(db: Connection, record_id: bytes) -> int:
    """Return where a record stands, 0 where the log does not have it."""
    found = db.execute("SELECT since FROM entries WHERE id = ?", (record_id,)).fetchone()
    return found[0] if found else 0


def now_at(db: Connection, position: int) -> int:
    """Return where the record stands that stood at a position: what waited there may have its place by now.

    Screens and verbs hold positions, and a keeper gives what waits its place at any moment. Every look-up of what
    somebody means by a position goes through here; it asks the file only about those of what waits.
    """
    if position < PROVISIONAL:
        return position
    found = db.execute("SELECT seq FROM promoted WHERE was = ?", (position,)).fetchone()
    return found[0] if found else position


def id_at(db: Connection, seq: int) -> bytes:
    """Return the id of the record at a position, empty where there is none."""
    found = db.execute("SELECT id FROM entries WHERE since = ?", (now_at(db, seq),)).fetchone()
    return found[0] if found else b""
