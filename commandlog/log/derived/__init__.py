"""Everything that people see is derived from the records by what is in this folder: one file per table.

`apply` takes a record in, in the transaction that stores it; `rollback` takes back all that came after a position, so
that records which were only provisional can be applied anew behind what others had written meanwhile.
"""

from collections.abc import Callable
from sqlite3 import Connection

from commandlog.log.chain import SALT
from commandlog.log.derived import (
    conflicts,
    desks,
    entries,
    fulltext,
    grants,
    incidents,
    levels,
    origins,
    reports,
    tasks,
)
from commandlog.log.derived.table import FOREVER, PROVISIONAL, Applied, Table

TABLES: tuple[Table, ...] = (
    entries.TABLE,
    reports.TABLE,
    tasks.TABLE,
    incidents.TABLE,
    incidents.LINKS,
    levels.TABLE,
    levels.CONFIRMATIONS,
    desks.TABLE,
    desks.OPERATORS,
    desks.COVENANTS,
    grants.TABLE,
    origins.TABLE,
    conflicts.TABLE,
)

_BY_KIND: dict[type, list[Callable[[Connection, Applied], None]]] = {}
for _module in (reports, tasks, incidents, levels, desks, grants):
    for _kind in _module.KINDS:
        _BY_KIND.setdefault(_kind, []).append(_module.apply)


def schema() -> list[str]:
    """Return the statements that make all derived tables."""
    return [statement for table in TABLES for statement in table.schema] + list(fulltext.SCHEMA)


def apply(db: Connection, r: Applied) -> None:
    """Take one record into every derived table that it concerns."""
    fulltext.apply(db, r, entries.apply(db, r))
    if r.frame is not None:
        if r.frame.origin:
            origins.apply(db, r)
        for one in _BY_KIND.get(type(r.frame), ()):
            one(db, r)


def rollback(db: Connection, position: int) -> None:
    """Make every derived table what it was after the record at `position`; the records themselves stay."""
    fulltext.rollback(db, position, SALT)
    for table in TABLES:
        table.rollback(db, position)


__all__ = ["FOREVER", "PROVISIONAL", "TABLES", "Applied", "Table", "apply", "rollback", "schema"]
