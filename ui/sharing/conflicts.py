"""Conflicts of the shared log, and the ways to settle one: act again on what holds now, or say why it is settled."""

from typing import Any

from commandlog.language import _, marked
from commandlog.log.derived import tasks as task_rows
from commandlog.log.derived.table import now_at
from commandlog.model.errors import CommandLogError
from commandlog.model.words import OPEN_TASKS, label
from commandlog.verbs import saying, tasks
from commandlog.views import timeline
from commandlog.views.lines import Line
from commandlog.views.settling import ConflictRow

from ..about import about
from ..asking import Answers, Field
from ..deeds import Subject
from ..room import Room
from ..session import Session

ADDED = "added"
_WAYS = {
    "accept": marked("Accept it after all"),
    "decline": marked("Give it back …"),
    "start": marked("Under way"),
    "done": marked("Done"),
    "confirm": marked("Confirm"),
    "hand_over": marked("Hand it over …"),
    "withdraw": marked("Withdraw it …"),
}
_KINDS = {name: kind for kind, step in tasks.STEPS.items() for name in _WAYS if step.name == name.replace("_", " ")}


def current(session: Session, row: ConflictRow) -> Line | None:
    """Return what a conflict is about, to be acted on."""
    return timeline.entry(session.log, session.moment, now_at(session.log.db, row.entry), session.party)


def ways(session: Session, row: ConflictRow) -> tuple[tuple[str, str], ...]:
    """Return what this desk's party can do about it now, to choose from; saying why it is settled always is one."""
    found = [(ADDED, _("Leave it, and say why"))]
    if row.subject == "tasks" and (task := task_rows.current(session.log.db, now_at(session.log.db, row.entry))):
        sides = {tasks.ASSIGNEE: task.assignee, tasks.REQUESTER: task.requester}
        for name, kind in _KINDS.items():
            step = tasks.STEPS[kind]
            if task.state in step.states and session.party in [sides[side] for side in step.by]:
                found.append((name, _(_WAYS[name])))
    elif row.subject == "reports":
        found.append(("assess", _("Assess it again …")))
    elif row.subject == "entries":
        found.append(("correct", _("Correct it again …")))
    return tuple(found)


def settle(room: Room, row: ConflictRow) -> None:
    """Ask how it is settled, and do it."""
    session, asking, deeds = room.session, room.asking, room.deeds
    fields = [
        Field("how", _("What is to become of it"), ways(session, row), ADDED, needed=True),
        Field("why", _("Why it is settled"), value=_standing(session, row), wide=True),
    ]

    def then(answers: Answers) -> None:
        how, why = answers["how"], answers["why"].strip()
        if how == ADDED and not why:
            asking.failed(_("Say in a few words why it is settled: the others read it."))
        elif how == ADDED:
            verb = about(row.entry, lambda desk, entry: saying.add_to(desk, entry, why))
            session.do(verb, lambda _record: asking.done(), _failed)
        else:
            asking.done()
            _act(how)

    def _failed(error: CommandLogError) -> None:
        asking.failed(str(error))

    def _act(how: str) -> None:
        line = current(session, row)
        if line is None:
            return
        deed: Any = {"assess": deeds.assess, "correct": deeds.correct}.get(how)
        if deed:
            deed(Subject.of(line))
        else:
            deeds.step(how, Subject.of(line))

    asking.ask(_("Settle {reference}: {told}").format(reference=row.about, told=row.told), fields, then, fresh=True)


def _standing(session: Session, row: ConflictRow) -> str:
    """Return how it stands, as a beginning of why it is settled."""
    if row.subject != "tasks":
        return ""
    task = task_rows.current(session.log.db, now_at(session.log.db, row.entry))
    if task is None:
        return ""
    if task.state not in OPEN_TASKS:
        return _("It stays as it is: {state}").format(state=label(task.state))
    told = _("{party} has it ({state})")
    return told.format(party=session.covenant.party_name(task.assignee), state=label(task.state))
