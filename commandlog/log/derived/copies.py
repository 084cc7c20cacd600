"""Copies that have left the log (exports, bundles, backups), until they are said to be destroyed."""

import re
from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table, position_of
from commandlog.model.keeping import Destroyed, Exported


class CopyRow(NamedTuple):
    """A copy made by the record at `since`, in a form, for a party ("" is everything), of records up to `upto`."""

    since: int
    until: int
    form: str
    party: str
    upto: int


TABLE = Table("copies", CopyRow, version=2)
KINDS = (Exported, Destroyed)

SHEETS = "sheets"
"""How the form of a print of paper sheets begins; the first and the last number follow: "sheets:7-12"."""
_NUMBERS = re.compile(rf"{SHEETS}:(\d{{1,9}})-(\d{{1,9}})", re.ASCII)


def apply(db: Connection, r: Applied) -> None:
    """Note a copy, or that it is gone."""
    f = r.frame
    if isinstance(f, Exported):
        upto = position_of(db, f.upto) if f.upto else r.seq - 1
        db.execute(TABLE.insert, (r.seq, FOREVER, f.form, f.for_party, upto))
    else:
        TABLE.close(db, position_of(db, f.copy), r.seq)


def sheets(db: Connection, desk: str) -> list[tuple[int, int]]:
    """Return the first and last number of each print of paper sheets for a desk, also of those that were destroyed."""
    query = "SELECT c.form FROM copies c JOIN entries e ON e.since = c.since WHERE e.desk = ? AND c.form LIKE ?"
    found = (_NUMBERS.fullmatch(form) for (form,) in db.execute(query, (desk, f"{SHEETS}:%")))
    return [(int(one[1]), int(one[2])) for one in found if one]
