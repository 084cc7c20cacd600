"""Comparing derived tables with the same ones derived anew, a piece at a time.

What is derived anew is attached as `main`, the log as `log`, from the same records: those of the shared order up to a
position, and those that are provisional. What the log has derived since then does not count: rows that began behind the
position are left out, and rows that were closed behind it still hold. So no snapshot of the log is needed that would
stand as long as all of it takes; somebody may be writing meanwhile.
"""

from collections import Counter
from collections.abc import Iterator
from sqlite3 import Connection
from typing import Any, Literal

from commandlog.log import derived
from commandlog.log.derived.table import FOREVER, PROVISIONAL, Table

SLICE = 5_000  # records
WORDS = 50_000  # places of words in texts that are compared at a time

Side = Literal["main", "log"]
_SIDES: tuple[Side, Side] = ("main", "log")  # derived anew, and as the file has it
Difference = tuple[int, str]
"""The first position at which a table differs, and the table's name."""


def difference(db: Connection, last: int) -> Difference | None:
    """Return where what was derived from the records up to `last`, and from provisional ones, first differs.

    Tables that an older file does not have yet are nothing to compare with.
    """
    version = db.execute("PRAGMA log.user_version").fetchone()[0]
    tables = [table for table in derived.TABLES if table.version <= version]
    starts = range(1, last + 1, SLICE)
    slices = [(start if start > 1 else -FOREVER, min(start + SLICE - 1, last)) for start in starts]
    for first, end in [*slices, (PROVISIONAL, FOREVER)]:
        found = [(position, table.name) for table in tables if (position := _rows(db, table, first, end, last))]
        if found:
            return min(found)
    if position := _words(db, last) or _beginnings(db, last):
        return position, "fulltext"
    return _beyond(db, tables)


def _beyond(db: Connection, tables: list[Table]) -> Difference | None:
    """Return where a table goes on behind the last record. The log only grows, so its end is looked up last."""
    found = []
    for table in tables:
        query = f"SELECT max({{0}}) FROM log.{table.name} WHERE {{0}} < {PROVISIONAL}"
        ends = (db.execute(query.format(column)).fetchone()[0] for column in ("since", "until"))
        found.append((max(end or 0 for end in ends), table.name))
    last = db.execute(f"SELECT max(seq) FROM log.records WHERE seq < {PROVISIONAL}").fetchone()[0] or 0
    return min(((end, name) for end, name in found if end > last), default=None)


def _rows(db: Connection, table: Table, first: int, end: int, last: int) -> int:
    """Return the first position between two at which rows of a table differ, 0 where none does."""
    columns = [
        f"CASE WHEN until > :last AND until < {PROVISIONAL} THEN {FOREVER} ELSE until END" if one == "until" else one
        for one in table.row._fields
    ]
    order = "1" if table.single else ", ".join(str(n + 1) for n in range(len(columns)))
    anew, there = (
        db.execute(
            f"SELECT {', '.join(columns)} FROM {side}.{table.name}"
            f" WHERE since BETWEEN :first AND :end ORDER BY {order}",
            {"first": first, "end": end, "last": last},
        ).fetchall()
        for side in _SIDES
    )
    return 0 if anew == there else _lowest(anew, there)


def _lowest(anew: list[Any], there: list[Any]) -> int:
    """Return the lowest position (the first column) of a row that is on one side only, or oftener on one."""
    more, less = Counter(anew), Counter(there)
    return min((int(row[0]) for row in (more - less) + (less - more)), default=0)


def _words(db: Connection, last: int) -> int:
    """Return the position of a record that is found by other words, 0 where none is."""
    for side in _SIDES:
        db.execute(f"CREATE VIRTUAL TABLE temp.places_{side} USING fts5vocab ({side}, fulltext, instance)")
    db.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, fulltext, row)")
    for low, high in _ranges(db):
        within = "term >= :low" + (" AND term < :high" if high else "")
        values = {"low": low, "high": high, "last": last}
        found = "doc, term, col, offset", "places_{side}", f"{within} AND (doc <= :last OR doc >= {PROVISIONAL})"
        if position := _found(db, *found, values):
            return position
    return 0


def _ranges(db: Connection) -> Iterator[tuple[str, str]]:
    """Yield where to begin and where to stop, so that all words between are some WORDS places; "" for no stop."""
    low, places = "", 0
    for term, count in db.execute("SELECT term, cnt FROM terms").fetchall():
        if places >= WORDS:
            yield low, term
            low, places = term, 0
        places += count
    yield low, ""


def _beginnings(db: Connection, last: int) -> int:
    """Return the position of a record that is found by other beginnings of words, 0 where none is.

    Beginnings have an index of their own, which may be tampered with apart from the words.
    """
    where = f"fulltext MATCH :match AND (rowid <= :last OR rowid >= {PROVISIONAL})"
    for (beginning,) in db.execute("SELECT DISTINCT substr(term, 1, 3) FROM terms").fetchall():
        if position := _found(db, "rowid", "{side}.fulltext", where, {"match": f'"{beginning}" *', "last": last}):
            return position
    return 0


def _found(db: Connection, columns: str, table: str, where: str, values: dict[str, Any]) -> int:
    """Return the lowest position at which a query finds something else, 0 where it finds the same.

    Compared as one text each, which takes a third of the time of comparing rows.
    """
    joined = " || ' ' || ".join(columns.split(", "))
    one, other = (
        db.execute(f"SELECT group_concat({joined}) FROM {table.format(side=side)} WHERE {where}", values).fetchone()[0]
        for side in _SIDES
    )
    if one == other:
        return 0
    anew, there = (
        db.execute(f"SELECT {columns} FROM {table.format(side=side)} WHERE {where}", values).fetchall()
        for side in _SIDES
    )
    return _lowest(anew, there)
