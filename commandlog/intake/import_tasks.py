"""Tasks of an import: given, and taken as far as the file says that they have come, each step once.

Whose word a step is follows from the task: its assignee's or its requester's. Where somebody has gone another way with
a task here meanwhile, what no longer fits is left alone.
"""

from collections.abc import Callable, Iterator
from typing import Any

from commandlog.intake.deeds import Deed
from commandlog.intake.entries import Entry, derived_key
from commandlog.language import _
from commandlog.log.derived import origins, tasks
from commandlog.log.desk import Desk
from commandlog.model.errors import OutsideMandate
from commandlog.model.records import Accepted, Confirmed, Declined, Done, Record, Started, TaskStep, Withdrawn
from commandlog.verbs import tasks as steps
from commandlog.verbs.context import About

Step = tuple[type[TaskStep], str, int]
_VERBS: dict[type[TaskStep], Callable[..., Record]] = {
    Accepted: steps.accept,
    Started: steps.start,
    Done: steps.done,
    Confirmed: steps.confirm,
    Withdrawn: steps.withdraw,
}


def propose(desk: Desk, text: str, deed: Deed, about: About) -> Record:
    """Give a task; one that needs a power which its assignee lacks was given all the same, and that is the reason."""
    given: dict[str, Any] = {"to_party": deed.to_party, "to_unit": deed.to_unit, **about}
    try:
        return steps.propose(desk, text, **given)
    except OutsideMandate:
        return steps.propose(desk, text, reason=_reason(), **given)


def advance(desk: Desk, entry: Entry, deed: Deed, position: int, *, paired: bool) -> None:
    """Take the task at a position as far as its row says; the end of one that is `paired` is another row's word."""
    row = tasks.current(desk.log.db, position)
    if row is None or row.closed:
        return
    for kind, name, at in _steps(entry, deed, paired=paired):
        origin = derived_key(entry.key, name)
        if row is None or row.state not in steps.STEPS[kind].states or origins.position(desk.log.db, origin):
            continue
        about: About = {"source": steps.on_behalf(_whose(kind, row)), "occurred_at": at, "origin": origin}
        if kind is Declined:
            steps.decline(desk, position, _reason(), **about)
        else:
            _VERBS[kind](desk, position, **about)
        row = tasks.current(desk.log.db, position)


def finish(desk: Desk, row: tasks.TaskRow, entry: Entry, about: About) -> Record | None:
    """Write a row as the word that a task is done, and confirm that; None where the task cannot be done any more."""
    if row.state not in steps.STEPS[Done].states:
        return None
    said: About = {**about, "source": steps.on_behalf(row.assignee)}
    made = steps.done(desk, row.task, text=entry.text, **said)
    confirmed: About = {
        "source": steps.on_behalf(row.requester),
        "occurred_at": entry.occurred,
        "origin": derived_key(entry.key, "confirmed"),
    }
    steps.confirm(desk, row.task, **confirmed)
    return made


def _whose(kind: type[TaskStep], row: tasks.TaskRow) -> str:
    return row.requester if kind in (Confirmed, Withdrawn) else row.assignee


def _reason() -> str:
    return _("As it stands in the imported file")


def _steps(entry: Entry, deed: Deed, *, paired: bool) -> Iterator[Step]:
    """Yield the steps that a row says a task has taken: kind, name and when (milliseconds UTC).

    Without a state of its own, a task with an end is done, and one without is accepted.
    """
    over = entry.end or deed.done
    state = deed.state or ("closed" if over else "under_way" if deed.started else "accepted")
    accepted = deed.accepted or entry.occurred
    done = deed.done or max(entry.end, entry.occurred)
    if state in ("declined", "withdrawn"):
        yield (Declined if state == "declined" else Withdrawn), state, done
        return
    if state == "proposed":
        return
    yield Accepted, "accepted", accepted
    if deed.started or state == "under_way":
        yield Started, "started", deed.started or accepted
    if state in ("done", "confirmed", "closed") and not paired:
        yield Done, "done", done
        if state != "done":
            yield Confirmed, "confirmed", max(done, entry.end)
