"""A batch of what desks have sent: each row gets its place, or is declined in the log, or dropped and noted."""

import time
from typing import NamedTuple

from commandlog.model.order import FORBIDDEN, UNREADABLE
from commandlog.sharing import rights
from commandlog.sharing.accepting import REPEATED, TAKEN, Accepted, Declined, Dropped, Sent, judge
from commandlog.sharing.ordering import Ordering, Unfit

Note = tuple[str, bytes, str]
"""A login, the id of what it sent, and why that was dropped."""


class Done(NamedTuple):
    """How many rows were taken, declined and dropped, and what is to be noted of those that were dropped."""

    taken: int = 0
    declined: int = 0
    dropped: int = 0
    notes: tuple[Note, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows were dealt with."""
        return self.taken + self.declined + self.dropped


def put_in_order(order: Ordering, rows: list[Sent], unfit: set[bytes], until: float) -> Done:
    """Deal with rows one after the other, at least one and no more after `until` (time.monotonic).

    `unfit` are ids of records that the tables were found unable to take in. Raises Unfit where that is found of
    another one: nothing of the transaction may be kept then.
    """
    done = Done()
    for row in rows:
        verdict = _verdict(order, row, unfit)
        if isinstance(verdict, Accepted):
            try:
                order.put(verdict)
            except Unfit as error:
                error.after = done.rows
                raise
            done = done._replace(taken=done.taken + 1)
        elif isinstance(verdict, Declined):
            order.decline(row.desk, *verdict)
            done = done._replace(declined=done.declined + 1)
        else:
            notes = ((row.login, row.id, verdict.why),) if verdict.why else ()
            done = done._replace(dropped=done.dropped + 1, notes=done.notes + notes)
        if time.monotonic() > until:
            break
    return done


def _verdict(order: Ordering, row: Sent, unfit: set[bytes]) -> Accepted | Declined | Dropped:
    if writer := order.has(row.id):
        return Dropped(REPEATED if writer == row.desk else TAKEN)
    verdict = judge(row, order.log_id, order.desks.get(row.desk))
    if isinstance(verdict, Accepted):
        if row.id in unfit:
            return Declined(verdict.frame.number, UNREADABLE)
        if not rights.allowed(order.db, verdict.frame):
            return Declined(verdict.frame.number, FORBIDDEN)
    return verdict
