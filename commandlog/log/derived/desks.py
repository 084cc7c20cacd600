"""Desks with their keys, the operator at each, and where the covenant in force stands."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table
from commandlog.model.records import CovenantSet, DeskOpened, SignedIn, SignedOut


class DeskRow(NamedTuple):
    """A desk (P2), its party and the public key (32 bytes) of what it signs."""

    since: int
    until: int
    desk: str
    party: str
    key: bytes


class OperatorRow(NamedTuple):
    """Who works at a desk."""

    since: int
    until: int
    desk: str
    operator: str


class CovenantRow(NamedTuple):
    """The covenant in force; its text is in the words of the record at `since`."""

    since: int
    until: int


TABLE = Table("desks", DeskRow, ("desk: desk", "key: key"))
OPERATORS = Table("operators", OperatorRow, ("desk: desk, since",))
COVENANTS = Table("covenants", CovenantRow)
KINDS = (DeskOpened, SignedIn, SignedOut, CovenantSet)


def apply(db: Connection, r: Applied) -> None:
    """Open a desk, change who sits at it, or put a covenant in force."""
    frame = r.frame
    if isinstance(frame, DeskOpened):
        db.execute(TABLE.insert, (r.seq, FOREVER, frame.desk, frame.party, frame.key))
    elif isinstance(frame, CovenantSet):
        for (since,) in db.execute(f"SELECT since FROM covenants WHERE until = {FOREVER}").fetchall():
            COVENANTS.close(db, since, r.seq)
        db.execute(COVENANTS.insert, (r.seq, FOREVER))
    else:
        desk = frame.by.desk
        found = db.execute(f"SELECT since FROM operators WHERE desk = ? AND until = {FOREVER}", (desk,)).fetchone()
        if found:
            OPERATORS.close(db, found[0], r.seq)
        if isinstance(frame, SignedIn):
            db.execute(OPERATORS.insert, (r.seq, FOREVER, desk, frame.operator))
