"""Tasks and their steps as tables."""

from collections.abc import Iterator

from commandlog.export.contents import Contents
from commandlog.export.saying import Sayer
from commandlog.export.tables import Column, Table, in_zone, part
from commandlog.export.xlsx_cells import moment
from commandlog.language import _
from commandlog.model.words import label


def tasks(contents: Contents, saying: Sayer) -> Table:
    """Return the table of tasks, with all their times."""
    return Table(_("Tasks"), "tasks", _task_columns(contents), lambda: _tasks(contents, saying))


def _task_columns(contents: Contents) -> list[Column]:
    zone = contents.covenant.timezone
    told = _("In the time of the event; empty while it has not come.")
    times = [
        (_("Proposed"), "proposed"),
        (_("Answer by"), "answer_by"),
        (_("Answered"), "answered"),
        (_("Under way"), "started"),
        (_("Finish by"), "finish_by"),
        (_("Done"), "done"),
        (_("Confirmed"), "confirmed"),
        (_("Closed"), "closed"),
    ]
    late = _("1 where the answer came, or is, after its deadline.")
    return [
        Column(_("Reference"), 11, _("How people call the task."), field="reference"),
        Column(_("Asked by"), 20, _("The party that asked."), field="asked_by"),
        Column(_("Asked of"), 20, _("The party that has it."), field="asked_of"),
        Column(_("Unit"), 12, _("The call sign that was asked."), field="unit"),
        Column(_("Task"), 60, _("What was asked."), field="text"),
        Column(_("State"), 13, _("Where it stands."), field="state"),
        *(Column(in_zone(name, zone), 19, told, "time", field) for name, field in times),
        Column(_("Answered late"), 9, late, "number", "answered_late"),
        Column(_("Done late"), 9, _("1 where the work was, or is, after its deadline."), "number", "done_late"),
        Column(_("Outside mandate"), 9, _("1 where a person went on with a reason."), "number", "outside_mandate"),
        Column(_("Agreed orally"), 9, _("1 while an agreement by voice waits to be affirmed."), "number", "orally"),
        Column(_("Handed over"), 9, _("How often it was handed over."), "number", "handed_over"),
        Column(_("From entry"), 11, _("The entry that it came from."), field="entry"),
        Column(_("Place"), 18, _("The zone of the plan."), field="place"),
        Column(_("Steps"), 60, _("Everything that happened to it."), field="steps"),
        part(),
    ]


def _tasks(contents: Contents, saying: Sayer) -> Iterator[list[object]]:
    name = contents.covenant
    for task in contents.tasks():
        row = task.row
        times = (row.proposed, row.answer_by, row.answered, row.started, row.finish_by, row.done)
        yield [
            task.reference,
            name.party_name(row.requester),
            name.party_name(row.assignee),
            row.unit,
            task.text,
            label(row.state),
            *(moment(contents, at) for at in (*times, row.confirmed, row.closed)),
            int(task.late_answer),
            int(task.late_finish),
            int(task.overridden),
            row.orally,
            row.handovers,
            task.entry_reference,
            name.place_name(row.place),
            "\n".join(f"{saying.both(e.at)} {name.party_name(e.party)} {e.desk}: {e.text}" for e in task.events),
            None,
        ]


def steps(contents: Contents) -> Table:
    """Return the table of the steps of all tasks, each with its true time."""
    zone = contents.covenant.timezone
    columns = [
        Column(_("Task"), 11, _("How people call the task."), field="task"),
        Column(_("Number"), 9, _("Which step of the task it is."), "number", "number"),
        Column(_("Step"), 14, _("Proposed, accepted, under way, done and so on."), field="step"),
        Column(in_zone(_("Time"), zone), 19, _("When the step was taken."), "time", "time"),
        Column(_("Party"), 20, _("Whose word it is."), field="party"),
        Column(_("Desk"), 8, _("Where it was written."), field="desk"),
        Column(_("Text"), 70, _("What was said of it."), field="text"),
        part(),
    ]
    return Table(_("Task steps"), "task_steps", columns, lambda: _steps(contents))


def _steps(contents: Contents) -> Iterator[list[object]]:
    for task in contents.tasks():
        for number, one in enumerate(task.events, start=1):
            party = contents.covenant.party_name(one.party)
            at = moment(contents, one.at)
            yield [task.reference, number, label(one.kind), at, party, one.desk, one.text, None]
