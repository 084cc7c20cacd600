"""What reached the wrong party, until that party has read what it is to do with it."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.conflicts import note
from commandlog.log.derived.entries import entry_of
from commandlog.log.derived.table import FOREVER, Applied, Table, now_at, position_of
from commandlog.model.dealings import Misdirected, MisdirectedRead


class MisdirectionRow(NamedTuple):
    """The record at `since` says that the entry at position `entry` reached one party and was meant for another."""

    since: int
    until: int
    entry: int
    reached: str
    meant_for: str


TABLE = Table("misdirections", MisdirectionRow, (f"unread: since WHERE until = {FOREVER}",), version=3)
KINDS = (Misdirected, MisdirectedRead)


def apply(db: Connection, r: Applied) -> None:
    """Note a misdirection, or that what is to be done was read; from any other party, that is a conflict."""
    f = r.frame
    if isinstance(f, Misdirected):
        entry = entry_of(db, position_of(db, f.entry))
        db.execute(TABLE.insert, (r.seq, FOREVER, entry, f.reached, f.meant_for))
        return
    about = position_of(db, f.misdirected)
    row = at(db, about)
    if row is None or row.until != FOREVER or row.reached != f.speaker:
        note(db, r, "misdirections", about, row.until if row and row.until != FOREVER else about)
        return
    TABLE.close(db, about, r.seq)


def at(db: Connection, position: int) -> MisdirectionRow | None:
    """Return the misdirection that the record at a position notes, None where it notes none."""
    found = db.execute("SELECT * FROM misdirections WHERE since = ?", (now_at(db, position),)).fetchone()
    return MisdirectionRow._make(found) if found else None
