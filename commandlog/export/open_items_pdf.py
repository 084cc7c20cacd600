"""What is open, on paper: for a handover, a meeting, and for when the program goes away; with room to write.

The snapshot is the same with whom to call and the last hours of the timeline behind it: what a desk goes on with when
all else is gone.
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from commandlog.export import pdf_timeline
from commandlog.export.contents import Contents
from commandlog.export.paper import Paper
from commandlog.export.pdf_style import INK, LEFT, MUTED, RIGHT, RULE, WARN
from commandlog.export.saying import Sayer
from commandlog.export.sheets import contacts, draw_contacts
from commandlog.language import _, current
from commandlog.model.harmless import visible
from commandlog.model.words import label
from commandlog.views.agreements import AgreementLine
from commandlog.views.board import TaskLine
from commandlog.views.lines import Line
from commandlog.views.open_items import OpenItems, open_items, standing

_LINES = 12  # of one text on this paper; the log holds all of it
_LONGEST = 2_000  # characters that are looked at for them
_BOX = 9.0
_REFERENCE, _TEXT = LEFT + 16, LEFT + 66


class Item(NamedTuple):
    """Something open: how it is called, what it is, what else one must know in small letters; whether it is late."""

    reference: str
    text: str
    beside: str
    late: bool = False
    priority: str = ""


def write_open_items(contents: Contents, out: BinaryIO) -> None:
    """Write what is open as a PDF."""
    paper = _paper(contents, out, _("Open items"))
    _draw(paper, contents)
    paper.finish()


def write_snapshot(contents: Contents, out: BinaryIO) -> None:
    """Write what is open, whom to call, and the timeline of the range of `contents`, as a PDF."""
    paper = _paper(contents, out, _("Snapshot"))
    _draw(paper, contents)
    if calls := contacts(contents):
        draw_contacts(paper, calls)
    pdf_timeline.draw(paper, contents, Sayer(contents), None)
    paper.finish()


def _paper(contents: Contents, out: BinaryIO, title: str) -> Paper:
    """Begin the document: what it is, of which event, as of when."""
    saying = Sayer(contents)
    mark = _("EXERCISE") if contents.exercise else ""
    as_of = _("as of {time}").format(time=saying.both(contents.moment.clock))
    paper = Paper(out, f"{title} · {contents.event}", mark, as_of, current())
    paper.canvas.setTitle(visible(f"{title}: {contents.event}"))
    paper.canvas.setAuthor(visible(contents.author))
    style = paper.style
    paper.y += 18
    paper.bookmark(title, 0)
    paper.text(LEFT, style.chapter, title)
    paper.text(LEFT, style.body._replace(size=11, leading=15), contents.event)
    paper.text(LEFT, style.strong._replace(size=11, leading=15), as_of[:1].upper() + as_of[1:])
    if contents.exercise:
        paper.text(LEFT, style.strong._replace(colour=WARN), _("EXERCISE"))
    if contents.for_party:
        told = _("Only what {party} may read.").format(party=contents.covenant.party_name(contents.for_party))
        paper.text(LEFT, style.muted, told)
    _standing(paper, contents)
    return paper


def _standing(paper: Paper, contents: Contents) -> None:
    """Draw the levels and the phase that hold."""
    covenant = contents.covenant
    said = [
        covenant.phase_name(row.level) if row.ladder == "phase" else covenant.level_name(row.ladder, row.level)
        for row in standing(contents.log, contents.moment, contents.for_party)
    ]
    if said:
        told = _("In force: {levels}").format(levels=", ".join(said))
        paper.text(LEFT, paper.style.body, told)


def _draw(paper: Paper, contents: Contents) -> None:
    """Draw every section that has something in it."""
    items = open_items(contents.log, contents.moment, contents.for_party)
    found = False
    for title, ones in _sections(contents, items):
        for number, one in enumerate(ones):
            if not number:
                paper.section(title)
            found = True
            _item(paper, one)
    if not found:
        paper.y -= 14
        paper.text(LEFT, paper.style.body, _("Nothing is open."))


def _sections(contents: Contents, items: OpenItems) -> Iterator[tuple[str, list[Item]]]:
    saying, name = Sayer(contents), contents.covenant.party_name
    yield _("To assess"), [_entry(saying, one) for one in items.to_assess]
    yield _("Tasks"), [_task(saying, one) for one in items.tasks]
    yield _("Agreed orally, to affirm"), [_task(saying, one) for one in items.to_affirm]
    yield _("Feedback to give"), [_entry(saying, one) for one in items.to_close]
    yield _("Incidents to close"), [_entry(saying, one) for one in items.incidents]
    yield (
        _("Levels not confirmed or due for review"),
        [
            Item(
                "",
                contents.covenant.level_name(one.ladder, one.level),
                ", ".join(map(name, one.waiting)) or _("review is due"),
                late=not one.waiting,
            )
            for one in items.levels
        ],
    )
    yield (
        _("Corrections to tell"),
        [Item(one.reference, _("corrected, not yet told"), f"→ {name(one.party)}") for one in items.untold],
    )
    yield (
        _("Conflicts to settle"),
        [
            Item(one.reference, _("came after {reference}").format(reference=one.met), one.about)
            for one in items.conflicts
        ],
    )
    yield _("Agreements to affirm"), [_agreement(saying, one) for one in items.agreements]
    yield _("Agreements that a party denies"), [_agreement(saying, one) for one in items.denied]
    yield (
        _("Went to the wrong party, not yet read"),
        [Item(one.reference, one.text, f"{one.entry} → {name(one.reached)}") for one in items.unread],
    )


def _agreement(saying: Sayer, agreed: AgreementLine) -> Item:
    name, now = saying.covenant.party_name, saying.contents.moment.clock
    waiting = ", ".join(map(name, agreed.waiting))
    denied = ", ".join(map(name, agreed.denied))
    parts = (
        saying.near(agreed.agreed_at, now),
        _("waits for {parties}").format(parties=waiting) if waiting else "",
        _("denied by {parties}").format(parties=denied) if denied else "",
    )
    return Item(agreed.line.reference, agreed.line.text, " · ".join(part for part in parts if part), bool(denied))


def _entry(saying: Sayer, line: Line) -> Item:
    parts = (saying.covenant.party_name(line.party), saying.who(line), saying.where(line))
    category = saying.covenant.category_name(line.category) if line.category else ""
    when = saying.near(line.occurred_at, saying.contents.moment.clock)
    beside = " · ".join(part for part in (label(line.priority), when, *parts, category) if part)
    return Item(line.reference, line.text, beside, priority=line.priority)


def _task(saying: Sayer, task: TaskLine) -> Item:
    row, name, now = task.row, saying.covenant.party_name, saying.contents.moment.clock
    to = " · ".join(part for part in (name(row.assignee), row.unit) if part)
    times = [
        _("answer by {time}").format(time=saying.near(row.answer_by, now))
        if row.answer_by and not row.answered
        else "",
        _("finish by {time}").format(time=saying.near(row.finish_by, now)) if row.finish_by else "",
    ]
    late = task.late_answer or task.late_finish
    whose, state, told = f"{name(row.requester)} → {to}", label(row.state), _("late") if late else ""
    beside = (label(row.priority), whose, state, *times, told)
    return Item(task.reference, task.text, " · ".join(part for part in beside if part), late, row.priority)


def _item(paper: Paper, item: Item) -> None:
    """Draw a box to tick, what it is about, and a line to write on."""
    style = paper.style
    lines = style.body.lines(item.text[:_LONGEST], RIGHT - _TEXT)
    if len(lines) > _LINES or len(item.text) > _LONGEST:
        lines = [*lines[:_LINES], "…"]
    beside = style.small._replace(colour=WARN if item.late else MUTED)
    told = beside.lines(f"! {item.beside}" if item.late else item.beside, RIGHT - _TEXT - 12)
    paper.need(min((len(lines) * 12.4) + len(told) * 10 + 24, 300))
    paper.canvas.setStrokeColor(INK)
    paper.canvas.setLineWidth(0.8)
    paper.canvas.rect(LEFT, paper.y - 1.5, _BOX, _BOX, stroke=1, fill=0)
    paper.put(_REFERENCE, paper.y, style.muted, style.muted.line(item.reference, _TEXT - _REFERENCE - 4))
    for line in lines:
        paper.need(0)
        paper.put(_TEXT, paper.y, style.body, line)
        paper.y -= style.body.leading
    for number, line in enumerate(told):
        x = _TEXT
        if not number and item.priority:
            paper.shape(_TEXT, paper.y, item.priority)
            x += 10
        paper.put(x, paper.y, beside, line)
        paper.y -= beside.leading
    paper.y -= 12
    paper.rule(paper.y + 4, _TEXT, RIGHT, RULE, 0.5)
    paper.y -= 10
