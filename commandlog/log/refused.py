"""What the shared log did not take of this desk: kept aside in its file until somebody has seen to it."""

from collections.abc import Iterator
from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log import derived
from commandlog.log.derived.table import Applied
from commandlog.log.store import Log


class RefusedItem(NamedTuple):
    """A record that was not taken: the position at which it had waited, the record, and why (`model.order.REASONS`)."""

    was: int
    record: Applied
    why: str


def refused_items(db: Connection) -> Iterator[RefusedItem]:
    """Yield what was not taken and nobody has seen to yet, oldest first."""
    query = "SELECT was, header, frame, words, why FROM refused WHERE settled = 0 ORDER BY was"
    for was, header, frame, words, why in db.execute(query).fetchall():
        yield RefusedItem(was, derived.applied(was, header, frame, words), why)


def settle_refused(log: Log, was: int) -> None:
    """Note that somebody has seen to what had waited at a position: it was written again, or can be left."""
    with log.writing():
        log.db.execute("UPDATE refused SET settled = 1 WHERE was = ?", (was,))
