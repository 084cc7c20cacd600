"""The tasks: what was asked of whom, every time of it, and what was late."""

from commandlog.export.contents import Contents
from commandlog.export.paper import LEFT, RIGHT, WARN, WASH, Paper
from commandlog.export.pdf_timeline import LONGEST
from commandlog.export.saying import Sayer
from commandlog.language import _
from commandlog.model.words import label
from commandlog.views.board import TaskEvent, TaskLine

_STEP = (RIGHT - LEFT) / 4
_EVENT_TIME, _EVENT_WHO, _EVENT_TEXT = LEFT + 6, LEFT + 64, LEFT + 176


def draw(paper: Paper, contents: Contents, saying: Sayer, tasks: list[TaskLine]) -> None:
    """Draw the chapter, in the order in which the tasks were asked."""
    paper.chapter(_("Tasks"))
    if not tasks:
        paper.text(LEFT, paper.style.body, _("No task was asked of anybody."))
        return
    for task in sorted(tasks, key=lambda one: (one.row.proposed, one.row.task)):
        _task(paper, contents, saying, task)


def _task(paper: Paper, contents: Contents, saying: Sayer, task: TaskLine) -> None:
    style, row = paper.style, task.row
    text = task.text[:LONGEST] + ("…" if len(task.text) > LONGEST else "")
    lines = style.strong.lines(text, RIGHT - LEFT - 12)
    paper.need(min(len(lines), 20) * style.strong.leading + 92)
    paper.bookmark(f"{task.reference} {task.text[:80]}", 1)
    paper.bar(LEFT, paper.y - 5, RIGHT - LEFT, 17, WASH)
    name = contents.covenant.party_name
    to = " · ".join(part for part in (name(row.assignee), row.unit) if part)
    head = f"{task.reference}   {name(row.requester)} → {to}"
    orally = _("agreed orally")
    state = label(row.state) + (f" · {orally}" if row.orally else "")
    shown = style.strong.type.shown(state)
    paper.put(
        LEFT + 6, paper.y, style.accent, style.accent.lines(head, RIGHT - LEFT - 24 - style.strong.width(shown))[0]
    )
    paper.put_right(RIGHT - 6, paper.y, style.strong, shown)
    paper.y -= 20
    for line in lines:
        paper.need(0)
        paper.put(LEFT + 6, paper.y, style.strong, line)
        paper.y -= style.strong.leading
    _about(paper, contents, saying, task)
    _times(paper, saying, task)
    for event in task.events:
        _event(paper, contents, saying, event, row.proposed)
    paper.y -= 14


def _about(paper: Paper, contents: Contents, saying: Sayer, task: TaskLine) -> None:
    """Say where it was, from which entry it came, and what about it was late or outside a mandate."""
    row, covenant = task.row, contents.covenant
    parts = [covenant.place_name(row.place) if row.place else "", label(row.priority) if row.priority else ""]
    if task.entry_reference:
        parts.append(_("from entry {reference}").format(reference=task.entry_reference))
    if row.handovers:
        parts.append(_("handed over {n} ×").format(n=row.handovers))
    if told := " · ".join(part for part in parts if part):
        paper.text(LEFT + 6, paper.style.small, told, RIGHT - LEFT - 12)
    rule = getattr(contents.log.record(row.task).frame, "rule", "")
    marks = [
        _("answered late") if row.answered else _("the answer is late") if task.late_answer else "",
        _("done late") if row.done else _("the work is late") if task.late_finish else "",
        _("outside the mandate, overridden: {article}").format(article=saying.article(rule)) if task.overridden else "",
    ]
    late = (task.late_answer, task.late_finish, task.overridden)
    if told := " · ".join(mark for mark, holds in zip(marks, late, strict=True) if holds and mark):
        paper.text(LEFT + 6, paper.style.small_strong._replace(colour=WARN), f"! {told}", RIGHT - LEFT - 12)


def _times(paper: Paper, saying: Sayer, task: TaskLine) -> None:
    """Draw the eight times in two rows of four; one that has not come is a dash."""
    row, style = task.row, paper.style
    times = (
        (_("proposed"), row.proposed, False),
        (_("answer by"), row.answer_by, False),
        (_("answered"), row.answered, task.late_answer),
        (_("under way"), row.started, False),
        (_("finish by"), row.finish_by, False),
        (_("done"), row.done, task.late_finish),
        (_("confirmed"), row.confirmed, False),
        (_("closed"), row.closed, False),
    )
    paper.y -= 2
    for at in range(0, len(times), 4):
        paper.need(26)
        for column, (name, moment, late) in enumerate(times[at : at + 4]):
            x = LEFT + 6 + column * _STEP
            paper.put(x, paper.y, style.small, style.small.type.shown(name))
            said = saying.near(moment, row.proposed) or "–"
            told = _("late")
            shown = style.body.type.shown(f"{said} {told}" if late and moment else said)
            paper.put(x, paper.y - 11, style.body._replace(colour=WARN) if late else style.body, shown)
        paper.y -= 26


def _event(paper: Paper, contents: Contents, saying: Sayer, event: TaskEvent, day_of: int) -> None:
    """Draw one step: when, whose word by which desk, what was said."""
    style = paper.style
    who = f"{contents.covenant.party_name(event.party)} {event.desk}"
    whose = style.small.lines(who, _EVENT_TEXT - _EVENT_WHO - 6)
    text = style.small.lines(event.text[:2000], RIGHT - _EVENT_TEXT)
    when = style.small.lines(saying.near(event.at, day_of), _EVENT_WHO - _EVENT_TIME - 4)
    rows = max(len(whose), len(text), len(when))
    if rows < 20:
        paper.need(rows * style.small.leading)
    for at in range(rows):
        paper.need(0)
        for x, lines in ((_EVENT_TIME, when), (_EVENT_WHO, whose), (_EVENT_TEXT, text)):
            if at < len(lines):
                paper.put(x, paper.y, style.small, lines[at])
        paper.y -= style.small.leading
    paper.y -= 1.5
