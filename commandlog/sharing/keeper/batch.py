"""A batch of what desks have sent: each row gets its place, or is declined in the log, or dropped and noted."""

import sqlite3
import time
from collections import Counter
from typing import NamedTuple

import psycopg

from commandlog.model.keeping import Attached
from commandlog.model.order import FORBIDDEN, UNREADABLE
from commandlog.sharing.keeper import rights
from commandlog.sharing.keeper.accepting import (
    BROKEN,
    NO_DESK,
    REPEATED,
    TAKEN,
    Accepted,
    Declined,
    Dropped,
    Sent,
    judge,
)
from commandlog.sharing.keeper.ordering import Ordering, Unfit

_OF_THIS_MACHINE = (sqlite3.OperationalError, psycopg.Error, OSError, MemoryError)
"""What no row of the inbox can be blamed for: the disk is full, the line broke."""
Note = tuple[str, bytes, str]
"""A login, the id of what it sent, and why that was dropped."""


class Done(NamedTuple):
    """How many rows were taken, declined and dropped, and what is to be noted of those that were dropped.

    `unwanted` are the files, each with its login, of attachments that were declined.
    """

    taken: int = 0
    declined: int = 0
    dropped: int = 0
    notes: tuple[Note, ...] = ()
    unwanted: tuple[tuple[str, bytes], ...] = ()

    @property
    def rows(self) -> int:
        """How many rows were dealt with."""
        return self.taken + self.declined + self.dropped


class Turn(NamedTuple):
    """What came of one turn: what was done, and up to where the log is now.

    Not `active`: another keeper puts the log in order, and this one stands by.
    """

    active: bool
    upto: int
    done: Done = Done()
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        """How many rows of the inbox were dealt with."""
        return self.done.rows

    @property
    def taken(self) -> int:
        """How many of them have their place now."""
        return self.done.taken


def put_in_order(order: Ordering, rows: list[Sent], unfit: Counter[bytes], until: float) -> Done:
    """Deal with rows one after the other, at least one and no more after `until` (time.monotonic).

    `unfit` says of ids how often their records were found to be what cannot be taken in: such a one is declined, and
    dropped where that fails too. Raises Unfit where that is found of another one, whatever it was that went wrong:
    nothing of the transaction may be kept then, and no single row may ever stop a keeper.
    """
    done = Done()
    for row in rows:
        try:
            verdict = _verdict(order, row, unfit[row.id])
            if isinstance(verdict, Accepted):
                order.put(verdict)
            elif isinstance(verdict, Declined):
                order.decline(row.desk, verdict.number, verdict.why)
        except _OF_THIS_MACHINE:
            raise
        except Exception as error:
            raise Unfit(row.id, done.rows) from error
        if isinstance(verdict, Accepted):
            done = done._replace(taken=done.taken + 1)
        elif isinstance(verdict, Declined):
            files = ((row.login, verdict.file),) if verdict.file else ()
            done = done._replace(declined=done.declined + 1, unwanted=done.unwanted + files)
        else:
            notes = ((row.login, row.id, verdict.why),) if verdict.why else ()
            done = done._replace(dropped=done.dropped + 1, notes=done.notes + notes)
        if time.monotonic() > until:
            break
    return done


def _verdict(order: Ordering, row: Sent, unfit: int) -> Accepted | Declined | Dropped:
    if unfit > 1:
        return Dropped(BROKEN)
    if writer := order.has(row.id):
        return Dropped(REPEATED if writer == row.desk else TAKEN)
    known = order.desks.get(row.desk)
    verdict = judge(row, order.log_id, known)
    if isinstance(verdict, Accepted):
        if unfit:
            verdict = _declined(verdict, UNREADABLE)
        elif not rights.allowed(order.db, verdict.frame, verdict.words):
            verdict = _declined(verdict, FORBIDDEN)
    if isinstance(verdict, Declined) and known is None:  # the log does not speak of desks that it has not
        return Dropped(NO_DESK)
    return verdict


def _declined(record: Accepted, why: str) -> Declined:
    frame = record.frame
    return Declined(frame.number, why, frame.file if isinstance(frame, Attached) else b"")
