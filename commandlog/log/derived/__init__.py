"""Everything that people see is derived from the records by what is in this folder: one file per table.

`apply` takes a record in, in the transaction that stores it; `undo` takes single ones back, so that records which were
only provisional can be applied anew behind what others had written meanwhile; `rollback` takes back a whole end.
"""

from collections.abc import Callable
from sqlite3 import Connection

from commandlog.log.chain import SALT, unpack_header
from commandlog.log.derived import (
    agreements,
    attachments,
    closings,
    conflicts,
    copies,
    counts,
    desks,
    entries,
    erasures,
    fulltext,
    grants,
    holds,
    incidents,
    levels,
    marks,
    misdirections,
    origins,
    presences,
    recalls,
    reports,
    tasks,
    traces,
    unit_states,
)
from commandlog.log.derived.table import FOREVER, PROVISIONAL, Applied, Table
from commandlog.model.records import decode_frame, decode_words

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
    recalls.TABLE,
    erasures.TABLE,
    holds.TABLE,
    attachments.TABLE,
    copies.TABLE,
    closings.TABLE,
    closings.HALVES,
    agreements.TABLE,
    counts.TABLE,
    marks.TABLE,
    unit_states.TABLE,
    misdirections.TABLE,
    traces.TABLE,
    presences.TABLE,
)

_BY_KIND: dict[type, list[Callable[[Connection, Applied], None]]] = {}
_ALWAYS = (entries.TABLE, origins.TABLE, conflicts.TABLE)
_CHANGED: dict[type, tuple[Table, ...]] = {}
"""The tables that a record of a kind may change."""
_MODULES = (
    reports,
    tasks,
    incidents,
    levels,
    desks,
    grants,
    recalls,
    erasures,
    holds,
    attachments,
    copies,
    closings,
    agreements,
    counts,
    marks,
    unit_states,
    misdirections,
    traces,
    presences,
)

for _module in _MODULES:
    _tables = tuple(one for one in vars(_module).values() if isinstance(one, Table))
    for _kind in _module.KINDS:
        _BY_KIND.setdefault(_kind, []).append(_module.apply)
        _CHANGED[_kind] = _CHANGED.get(_kind, _ALWAYS) + _tables


def schema(version: int = 0) -> list[str]:
    """Return the statements that make the derived tables that came with a version of the file, all where it is 0."""
    made = [statement for table in TABLES if version in (0, table.version) for statement in table.schema]
    return made + (list(fulltext.SCHEMA) if version in (0, 1) else [])


def later_indexes(version: int) -> list[str]:
    """Return the statements that make the indexes which tables of earlier versions got with a version of the file."""
    return [statement for table in TABLES for statement in table.later_indexes(version)]


def apply(db: Connection, r: Applied) -> None:
    """Take one record into every derived table that it concerns."""
    fulltext.apply(db, r, apply_tables(db, r))


def apply_tables(db: Connection, r: Applied) -> tuple[str, ...]:
    """Take one record into the tables, and leave the full text as it is; returns its facets, in the order of FACETS."""
    facets = entries.apply(db, r)
    if r.frame is not None:
        if r.frame.origin:
            origins.apply(db, r)
        for one in _BY_KIND.get(type(r.frame), ()):
            one(db, r)
    return facets


def derive(db: Connection, version: int) -> None:
    """Fill the tables that came with a version of the file from the records that were there before it.

    Where there is no record of the first of its kinds, a table stays empty.
    """
    for module in _MODULES:
        kinds = [str(kind.__struct_config__.tag) for kind in module.KINDS]
        begins = "SELECT 1 FROM entries WHERE kind = ? LIMIT 1"
        if module.TABLE.version == version and db.execute(begins, kinds[:1]).fetchone():
            query = f"SELECT since FROM entries WHERE kind IN ({', '.join('?' * len(kinds))}) ORDER BY since"
            for (seq,) in db.execute(query, kinds).fetchall():
                header, frame = db.execute("SELECT header, frame FROM records WHERE seq = ?", (seq,)).fetchone()
                if frame is not None:
                    module.apply(db, applied(seq, header, frame, None))


def applied(seq: int, header: bytes, frame: bytes | None, words: bytes | None) -> Applied:
    """Return what the derived tables need of a record that is stored; frame and words are behind their salts."""
    h = unpack_header(header)
    said = decode_frame(frame[SALT:]) if frame else None
    return Applied(seq, h.id, h.kept_at, h.party, h.desk, said, decode_words(words[SALT:]) if words else None)


def undo(db: Connection, r: Applied) -> tuple[str, ...]:
    """Take one record out of the tables, in which nothing was built on it that is not taken out already.

    The full text is left as it is; returns the facets that the record has there.
    """
    facets = entries.facets_at(db, r.seq)
    for table in _CHANGED.get(type(r.frame), _ALWAYS):
        table.undo(db, r.seq)
    return facets


def rollback(db: Connection, position: int) -> None:
    """Make every derived table what it was after the record at `position`; the records themselves stay."""
    fulltext.rollback(db, position, SALT)
    rollback_tables(db, position)


def rollback_tables(db: Connection, position: int) -> None:
    """Make the tables what they were after the record at `position`, and leave the full text as it is."""
    for table in TABLES:
        table.rollback(db, position)


__all__ = [
    "FOREVER",
    "PROVISIONAL",
    "TABLES",
    "Applied",
    "Table",
    "applied",
    "apply",
    "derive",
    "rollback",
    "schema",
    "undo",
]
