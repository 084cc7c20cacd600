"""What was declared of the event as a whole: levels per ladder, who confirmed them, and the phase."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.entries import audience_text
from commandlog.log.derived.table import FOREVER, Applied, Table, position_of
from commandlog.model.records import LevelConfirmed, LevelSet, PhaseSet

PHASE = "phase"
"""The ladder that stands for the event's phases."""


class LevelRow(NamedTuple):
    """`told` is ",police,venue,"; times are milliseconds UTC, `review_by` 0 where no review was asked."""

    since: int
    until: int
    ladder: str
    level: str
    declared_by: str
    told: str
    declared: int
    review_by: int


class ConfirmationRow(NamedTuple):
    """A party knows of the level that was declared at position `level`."""

    since: int
    until: int
    level: int
    party: str
    confirmed: int


TABLE = Table("levels", LevelRow, ("ladder: ladder, since",))
CONFIRMATIONS = Table("level_confirmations", ConfirmationRow, ("level: level",))
KINDS = (LevelSet, LevelConfirmed, PhaseSet)


def apply(db: Connection, r: Applied) -> None:
    """Put a level or phase in place of the one before it, or note who confirmed it."""
    frame = r.frame
    if isinstance(frame, LevelConfirmed):
        level = position_of(db, frame.level)
        db.execute(CONFIRMATIONS.insert, (r.seq, FOREVER, level, frame.speaker, frame.occurred_at))
        return
    if isinstance(frame, PhaseSet):
        row = LevelRow(r.seq, FOREVER, PHASE, frame.phase, frame.speaker, "", frame.occurred_at, 0)
    else:
        told = audience_text(frame.told)
        row = LevelRow(
            r.seq, FOREVER, frame.ladder, frame.level, frame.speaker, told, frame.occurred_at, frame.review_by
        )
    before = current(db, row.ladder)
    if before:
        TABLE.close(db, before.since, r.seq)
    db.execute(TABLE.insert, row)


def current(db: Connection, ladder: str) -> LevelRow | None:
    """Return what holds on a ladder now."""
    found = db.execute("SELECT * FROM levels WHERE ladder = ? ORDER BY since DESC LIMIT 1", (ladder,)).fetchone()
    return LevelRow._make(found) if found else None
