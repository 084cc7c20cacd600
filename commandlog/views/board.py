"""The board: tasks by state, with all their times and what is late."""

from typing import get_type_hints

from msgspec import Struct

from commandlog.language import _
from commandlog.log.derived.table import FOREVER
from commandlog.log.derived.tasks import TaskRow
from commandlog.log.store import Log
from commandlog.model.frames import Millis
from commandlog.model.records import TaskStep, kind_of
from commandlog.model.words import AWAITING_ANSWER, OPEN_TASKS
from commandlog.views.filters import READABLE, RECALLED
from commandlog.views.lines import Reader
from commandlog.views.moments import Moment


class TaskEvent(Struct, frozen=True):
    """One thing that happened to a task: when, by which party and desk, and what was said."""

    kind: str
    at: Millis
    party: str
    desk: str
    text: str


class TaskLine(Struct, frozen=True):
    """A task as the board shows it. Times are milliseconds UTC, 0 while they have not come.

    `late_answer` and `late_finish` say that a deadline passed, or was passed when the answer or the end came. Of one
    that was `recalled` from the reader, there is a reference and when it was proposed, and nothing else.
    """

    reference: str
    entry_reference: str
    text: str
    row: TaskRow
    late_answer: bool
    late_finish: bool
    overridden: bool
    events: tuple[TaskEvent, ...]
    recalled: bool = False

    @property
    def is_open(self) -> bool:
        """Whether something is still expected of somebody."""
        return self.row.state in OPEN_TASKS


def tasks(log: Log, moment: Moment, *, reader: str = "", open_only: bool = False) -> list[TaskLine]:
    """Return the tasks that a reader may see at a moment: open ones first, late ones first among them, then by time.

    With `open_only`, those of which something is expected: to be done, or to be affirmed.
    """
    query = "SELECT t.* FROM tasks t JOIN entries e ON e.since = t.task WHERE t.since <= :p AND t.until > :p"
    values: dict[str, object] = {"p": moment.position}
    if reader:
        query += f" AND {READABLE}" if open_only else f" AND ({READABLE} OR {RECALLED})"
        values |= {"reader": reader, "reader_in": f",{reader},"}
    if open_only:
        query += f" AND (t.state IN ({', '.join(repr(str(state)) for state in OPEN_TASKS)}) OR t.orally = 1)"
    rows = [TaskRow._make(row)._replace(until=FOREVER) for row in log.db.execute(query, values).fetchall()]
    looking = Reader(log, moment, reader)
    recalled = looking.unreadable([row.task for row in rows])
    found = [_recalled(looking, row) if row.task in recalled else _line(looking, row) for row in rows]
    found.sort(
        key=lambda one: (not one.is_open, not (one.late_answer or one.late_finish), one.row.proposed, one.row.task)
    )
    return found


def _recalled(looking: Reader, row: TaskRow) -> TaskLine:
    """Return a task that was recalled from the reader: that it is there, and since when."""
    nothing = TaskRow(*[hint() for hint in get_type_hints(TaskRow).values()])
    bare = nothing._replace(since=row.task, until=FOREVER, task=row.task, state="recalled", proposed=row.proposed)
    return TaskLine(looking.reference_at(row.task), "", _("[recalled]"), bare, False, False, False, (), recalled=True)


def late_answer(row: TaskRow, clock: Millis) -> bool:
    """Whether the answer is late, or came late."""
    if not row.answer_by:
        return False
    return row.answered > row.answer_by if row.answered else row.state in AWAITING_ANSWER and clock > row.answer_by


def late_finish(row: TaskRow, clock: Millis) -> bool:
    """Whether the work is late, or was done late."""
    if not row.finish_by:
        return False
    return row.done > row.finish_by if row.done else row.state in OPEN_TASKS and clock > row.finish_by


def _line(looking: Reader, row: TaskRow) -> TaskLine:
    log, moment = looking.log, looking.moment
    query = "SELECT e.since FROM entries e WHERE e.task = :task AND e.task > 0 AND e.since <= :p AND e.until > :p"
    values: dict[str, object] = {"task": row.task, "p": moment.position}
    if looking.reader:
        query += f" AND {READABLE}"
        values |= {"reader": looking.reader, "reader_in": f",{looking.reader},"}
    steps = log.records_at([seq for (seq,) in log.db.execute(f"{query} ORDER BY e.since", values)])
    asked = next((record for record in steps.values() if not isinstance(record.frame, TaskStep)), None)
    events = tuple(
        TaskEvent(
            kind_of(record.frame),
            record.frame.occurred_at,
            record.frame.speaker,
            record.frame.by.desk,
            looking.teller.text(record.frame, record.words),
        )
        for record in steps.values()
        if record.frame
    )
    return TaskLine(
        reference=looking.reference_at(row.task),
        entry_reference=looking.reference_at(row.entry) if row.entry else "",
        text=(asked.words.text if asked.words else _("[erased]")) if asked else "",
        row=row,
        late_answer=late_answer(row, moment.clock),
        late_finish=late_finish(row, moment.clock),
        overridden=any(record.frame.overridden for record in steps.values() if record.frame),
        events=events,
    )
