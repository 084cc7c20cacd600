"""What a shared log receives of a log that there was: its records as they stand, and who may read each of them."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import psycopg

from commandlog.language import _
from commandlog.log.derived.table import FOREVER
from commandlog.log.rebuild import Progress, stored
from commandlog.log.store import Log
from commandlog.model.errors import Damaged
from commandlog.model.records import SYSTEM_KINDS
from commandlog.sharing.keeper import statements
from commandlog.sharing.keeper.ordering import Placed
from commandlog.sharing.keeper.rights import EVERYBODY, parties, readers, readers_as_written, touched


class PartyView(NamedTuple):
    """What a party receives of the past: how many entries it can read, how many are sealed for it, its attachments."""

    party: str
    readable: int
    sealed: int
    attachments: int


def preview(log: Log) -> list[PartyView]:
    """Return what each party of a log would receive of it, if it were shared as it stands."""
    kinds = ", ".join(repr(kind) for kind in SYSTEM_KINDS)
    entries = {seq for (seq,) in log.db.execute(f"SELECT since FROM entries WHERE kind NOT IN ({kinds})")}
    attached = {seq for (seq,) in log.db.execute("SELECT since FROM attachments")}
    known, readable, files = parties(log.db), Counter[str](), Counter[str]()
    for record in placed(log, 1, log.head.seq):
        for party in known if record.readers == [EVERYBODY] else record.readers:
            readable[party] += record.stored.seq in entries
            files[party] += record.stored.seq in attached
    return [PartyView(one, readable[one], len(entries) - readable[one], files[one]) for one in known]


def placed(log: Log, first: int, last: int) -> Iterator[Placed]:
    """Yield the records of a log from one position to another, each with the parties that may read it now."""
    known, changed = parties(log.db), touched(log.db, 1)
    erased = dict(log.db.execute(f"SELECT record, min(since) FROM erasures WHERE until = {FOREVER} GROUP BY record"))
    for record in stored(log.db, first, last):
        frame = record.applied().frame
        as_written = frame is not None and record.seq not in changed
        may = readers_as_written(frame, known) if as_written else readers(log.db, record.seq, known)
        yield Placed(record, may, erased.get(record.seq) if record.words is None else None)


def send(
    log: Log, connection: psycopg.Connection, first: int, last: int, progress: Progress = lambda _done: None
) -> None:
    """Put the records of a log from one position to another on a server, inside a transaction of a keeper."""
    records = placed(log, first, last)
    while batch := list(islice(records, statements.RECORDS)):
        with connection.pipeline():
            statements.put(connection, batch, [])
        progress(batch[-1].stored.seq)
    between = "SELECT seq, hash, desk, signature FROM checkpoints WHERE seq BETWEEN ? AND ? ORDER BY seq"
    with connection.pipeline():
        for row in log.db.execute(between, (first, last)):
            statements.checkpoint(connection, *row)
    with connection.cursor() as cursor:  # a file that two records attach goes with the first of them
        cursor.executemany(
            "INSERT INTO commandlog.pieces VALUES (%s, %s, %s, %s)", log.db.execute(_PIECES, (first, last))
        )


_PIECES = (
    "SELECT min(a.since), p.file, p.number, p.bytes FROM attachments a JOIN pieces p ON p.file = a.file"
    f" WHERE a.until = {FOREVER} GROUP BY p.file, p.number HAVING min(a.since) BETWEEN ? AND ?"
)


def arrived(log: Log, connection: psycopg.Connection) -> int:
    """Return how many records of a log a server has; raises Damaged where what it has is not of this log."""
    last, head = statements.head(connection)
    if last and (last > log.head.seq or log.check_value(last) != head):
        raise Damaged(
            _(
                "The server has other records of this log already: it was shared before, and has gone on there."
                " Join it with an invitation instead."
            )
        )
    return last
