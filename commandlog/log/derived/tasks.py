"""Where each task stands, who holds it, and every one of its times."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.conflicts import meets_expectation, note
from commandlog.log.derived.table import FOREVER, Applied, Table, now_at, position_of
from commandlog.model.records import (
    Accepted,
    Affirmed,
    Confirmed,
    Declined,
    Done,
    HandedOver,
    Proposed,
    Started,
    TaskStep,
    Withdrawn,
)


class TaskRow(NamedTuple):
    """A state of a task. `task` is the position of its proposal, `entry` of what it came from, or 0.

    Times are milliseconds UTC, 0 while they have not come. `orally` is 1 while an agreement by voice waits for the
    assignee's own word; `holders` are all parties that ever held it, as ",police,venue,".
    """

    since: int
    until: int
    task: int
    state: str
    requester: str
    assignee: str
    unit: str
    entry: int
    place: str
    category: str
    priority: str
    answer_by: int
    finish_by: int
    proposed: int
    answered: int
    started: int
    done: int
    confirmed: int
    closed: int
    orally: int
    handovers: int
    holders: str


_OPEN = "state IN ('proposed', 'handed_over', 'accepted', 'under_way', 'done')"

TABLE = Table("tasks", TaskRow, ("task: task, since", f"open: assignee, since WHERE until = {FOREVER} AND {_OPEN}"))
KINDS = (Proposed, Accepted, Declined, Started, Done, Confirmed, Withdrawn, HandedOver, Affirmed)


def apply(db: Connection, r: Applied) -> None:
    """Open a task, or take it a step further when the step meets the state that it expects."""
    frame = r.frame
    if isinstance(frame, Proposed):
        db.execute(TABLE.insert, _proposed(db, r, frame))
        return
    task = position_of(db, frame.task)
    row = current(db, task)
    if row is None:
        note(db, r, "tasks", task, 0)
    elif meets_expectation(db, r, "tasks", task, row.since):
        TABLE.close(db, row.since, r.seq)
        db.execute(TABLE.insert, after(row, frame)._replace(since=r.seq))


def _proposed(db: Connection, r: Applied, frame: Proposed) -> TaskRow:
    now, orally = frame.occurred_at, frame.orally
    return TaskRow(
        since=r.seq,
        until=FOREVER,
        task=r.seq,
        state="accepted" if orally else "proposed",
        requester=frame.speaker,
        assignee=frame.to_party,
        unit=frame.to_unit,
        entry=position_of(db, frame.entry) if frame.entry else 0,
        place=frame.place,
        category=frame.category,
        priority=frame.priority,
        answer_by=frame.answer_by,
        finish_by=frame.finish_by,
        proposed=now,
        answered=now if orally else 0,
        started=0,
        done=0,
        confirmed=0,
        closed=0,
        orally=int(orally),
        handovers=0,
        holders=f",{frame.speaker},{frame.to_party},",
    )


def after(row: TaskRow, frame: TaskStep) -> TaskRow:
    """Return the state after a step: a pure function of both, fixed for ever by the step's version."""
    now = frame.occurred_at
    match frame:
        case Accepted():
            return row._replace(state="accepted", answered=now, orally=int(frame.orally))
        case Declined():
            return row._replace(state="declined", answered=row.answered or now, closed=now, orally=0)
        case Started():
            return row._replace(state="under_way", started=now)
        case Done() if frame.told and frame.speaker == row.requester:
            return row._replace(
                state="confirmed", answered=row.answered or now, done=row.done or now, confirmed=now, closed=now
            )
        case Done():
            return row._replace(state="done", answered=row.answered or now, done=now)
        case Confirmed():
            return row._replace(state="confirmed", confirmed=now, closed=now)
        case Withdrawn():
            return row._replace(state="withdrawn", closed=now, orally=0)
        case HandedOver():
            holders = row.holders if f",{frame.to_party}," in row.holders else f"{row.holders}{frame.to_party},"
            return row._replace(
                state="handed_over",
                assignee=frame.to_party,
                unit=frame.to_unit,
                answer_by=frame.answer_by,
                answered=0,
                started=0,
                done=0,
                closed=0,
                orally=0,
                handovers=row.handovers + 1,
                holders=holders,
            )
        case _:
            return row._replace(orally=0)


def current(db: Connection, task: int) -> TaskRow | None:
    """Return how a task stands now."""
    found = db.execute("SELECT * FROM tasks WHERE task = ? ORDER BY since DESC LIMIT 1", (now_at(db, task),)).fetchone()
    return TaskRow._make(found) if found else None
