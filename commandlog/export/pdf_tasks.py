"""The tasks: what was asked of whom, every time of it, and what was late and by how much."""

from commandlog.export.contents import Contents
from commandlog.export.paper import Paper
from commandlog.export.pdf_entries import LONGEST, key_of
from commandlog.export.pdf_style import ACCENT, INK, LEFT, MUTED, PALE, RIGHT, ROOM, WARN, WASH, WHITE
from commandlog.export.saying import Sayer
from commandlog.language import _
from commandlog.model.frames import Millis
from commandlog.model.words import label
from commandlog.views.board import TaskEvent, TaskLine

_IN = LEFT + 6
_STEP = (ROOM - 6) / 4
_EVENT_TIME, _EVENT_WHO, _EVENT_TEXT = _IN, LEFT + 66, LEFT + 182


def task_key(task: TaskLine) -> str:
    """Return the name of the place where a task stands in its chapter."""
    return f"t{task.row.task}"


def draw(paper: Paper, contents: Contents, saying: Sayer, tasks: list[TaskLine]) -> None:
    """Draw the chapter, in the order in which the tasks were asked."""
    lead = _("In the order in which they were asked. The bar of a task shows its time from asking to its last step.")
    paper.chapter(_("Tasks"), "tasks", lead if tasks else "")
    if not tasks:
        paper.text(LEFT, paper.style.body, _("No task was asked of anybody."))
        return
    for task in tasks:
        _task(paper, contents, saying, task)


def _task(paper: Paper, contents: Contents, saying: Sayer, task: TaskLine) -> None:
    style, row = paper.style, task.row
    text = task.text[:LONGEST] + ("…" if len(task.text) > LONGEST else "")
    lines = style.strong.squeezed(text, ROOM - 12)
    paper.need(min(len(lines), 12) * style.strong.leading + 96)
    paper.bookmark(f"{task.reference} {task.text[:80]}", 1, task_key(task))
    paper.bar(LEFT, paper.y - 5, ROOM, 17, WASH)
    name = contents.covenant.party_name
    to = " · ".join(part for part in (name(row.assignee), row.unit) if part)
    orally = _("agreed orally")
    state = style.strong.line(label(row.state) + (f" · {orally}" if row.orally else ""), 160)
    reference = style.accent.type.shown(task.reference)
    paper.put(_IN, paper.y, style.accent, reference)
    paper.link(_IN, paper.y, style.accent.width(reference), style.accent, key_of(row.task))
    x = _IN + style.accent.width(reference) + 10
    room = RIGHT - 16 - style.strong.width(state) - x
    if not task.recalled:
        paper.put(x, paper.y, style.body, style.body.line(f"{name(row.requester)} → {to}", room))
    paper.put_right(RIGHT - 6, paper.y, style.strong, state)
    paper.y -= 20
    for line in lines:
        paper.need(0)
        paper.put(_IN, paper.y, style.strong, line)
        paper.y -= style.strong.leading
    _about(paper, contents, saying, task)
    if not task.recalled:
        _bar(paper, contents, saying, task)
        _times(paper, saying, task)
    for event in task.events:
        _event(paper, contents, saying, event, row.proposed)
    paper.y -= 16


def _about(paper: Paper, contents: Contents, saying: Sayer, task: TaskLine) -> None:
    """Say where it was, from which entry it came, and what about it was late or outside a mandate."""
    row, covenant = task.row, contents.covenant
    parts = [covenant.place_name(row.place) if row.place else "", label(row.priority) if row.priority else ""]
    if task.entry_reference:
        parts.append(_("from entry {reference}").format(reference=task.entry_reference))
    if row.handovers:
        parts.append(_("handed over {n} ×").format(n=row.handovers))
    if told := " · ".join(part for part in parts if part):
        paper.text(_IN, paper.style.small, told, ROOM - 12)
    rule = getattr(contents.log.record(row.task).frame, "rule", "") if task.overridden else ""
    clock = contents.moment.clock
    marks = []
    if task.late_answer:
        said = _("answered late by {time}") if row.answered else _("the answer is late by {time}")
        marks.append(said.format(time=saying.span((row.answered or clock) - row.answer_by)))
    if task.late_finish:
        said = _("done late by {time}") if row.done else _("the work is late by {time}")
        marks.append(said.format(time=saying.span((row.done or clock) - row.finish_by)))
    if task.overridden:
        marks.append(_("outside the mandate, overridden: {article}").format(article=saying.article(rule)))
    if marks:
        paper.text(_IN, paper.style.small_strong._replace(colour=WARN), f"! {' · '.join(marks)}", ROOM - 12)


def _bar(paper: Paper, contents: Contents, saying: Sayer, task: TaskLine) -> None:
    """Draw a task along its time: waiting for an answer (white), accepted (light), under way (dark); and deadlines."""
    row = task.row
    end = row.confirmed or row.done or row.closed or 0
    ends = [one for one in (end, row.answered, row.answer_by, row.finish_by) if one]
    last = max(ends) if end or not task.is_open else max(*ends, contents.moment.clock)
    if not ends or last <= row.proposed:
        return
    whole = last - row.proposed
    left, width = _IN, ROOM - 12
    stop = end or (last if task.is_open else row.answered or last)

    def x(moment: Millis) -> float:
        return left + width * min(max((moment - row.proposed) / whole, 0), 1)

    y = paper.y - 4
    done = row.done or stop
    paper.bar(left, y, max(x(stop) - left, 0.5), 6, WHITE, MUTED)
    if row.answered and row.state != "declined":
        paper.bar(x(row.answered), y, max(x(done) - x(row.answered), 0.5), 6, PALE, MUTED)
        if row.started:
            paper.bar(x(row.started), y, max(x(done) - x(row.started), 0.5), 6, ACCENT, MUTED)
    for moment, late in ((row.answer_by, task.late_answer), (row.finish_by, task.late_finish)):
        if moment:
            paper.line(x(moment), y - 3, x(moment), y + 9, WARN if late else INK, 1.2)
    paper.put_right(RIGHT - 6, y + 12, paper.style.small, paper.style.small.type.shown(saying.span(whole)))
    paper.y -= 18


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
    told = _("late")
    for at in range(0, len(times), 4):
        paper.need(22)
        for column, (name, moment, late) in enumerate(times[at : at + 4]):
            x = _IN + column * _STEP
            paper.put(x, paper.y, style.small, style.small.line(name, _STEP - 8))
            said = saying.near(moment, row.proposed) or "–"
            one = style.body._replace(colour=WARN if late else INK if moment else MUTED)
            paper.put(x, paper.y - 11, one, one.line(f"{said} {told}" if late and moment else said, _STEP - 6))
        paper.y -= 25
    paper.y -= 1


def _event(paper: Paper, contents: Contents, saying: Sayer, event: TaskEvent, day_of: Millis) -> None:
    """Draw one step: when, whose word by which desk, what was said."""
    style = paper.style
    who = f"{contents.covenant.party_name(event.party)} {event.desk}"
    whose = style.small.lines(who, _EVENT_TEXT - _EVENT_WHO - 6)
    text = style.small.lines(event.text[:2000], RIGHT - _EVENT_TEXT)
    when = style.small.lines(saying.near(event.at, day_of), _EVENT_WHO - _EVENT_TIME - 4)
    rows = max(len(whose), len(text), len(when))
    if rows < 16:
        paper.need((rows - 1) * style.small.leading)
    for at in range(rows):
        paper.need(0)
        for x, lines in ((_EVENT_TIME, when), (_EVENT_WHO, whose), (_EVENT_TEXT, text)):
            if at < len(lines):
                paper.put(x, paper.y, style.small, lines[at])
        paper.y -= style.small.leading
    paper.y -= 1.5
