"""How to read the document: what its signs and words mean."""

from collections.abc import Iterator

from commandlog.export.contents import Contents
from commandlog.export.paper import Paper
from commandlog.export.pdf_style import LEFT, PALE, PRIORITIES, RIGHT, STRUCK
from commandlog.export.saying import Sayer
from commandlog.language import _
from commandlog.model.words import label

_SAYS = LEFT + 130


def draw(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """Draw the chapter."""
    paper.chapter(_("How to read this document"), "definitions")
    paper.section(_("Signs"))
    for priority in PRIORITIES:
        paper.need(14)
        paper.shape(LEFT, paper.y, priority)
        paper.put(LEFT + 12, paper.y, paper.style.body, paper.style.body.line(label(priority), 110))
        paper.put(_SAYS, paper.y, paper.style.muted, paper.style.muted.line(_("priority"), RIGHT - _SAYS))
        paper.y -= 15
    _struck(paper)
    _thread(paper)
    for title, entries in ((_("Marks"), _marks()), (_("Times"), _times(contents, saying)), (_("Tasks"), _tasks())):
        paper.section(title)
        for name, told in entries:
            _entry(paper, name, told)


def _entry(paper: Paper, name: str, told: str) -> None:
    style = paper.style
    lines = style.strong.lines(name, _SAYS - LEFT - 10)
    says = style.body.lines(told, RIGHT - _SAYS)
    paper.need(max(len(lines), len(says)) * style.body.leading)
    for at, line in enumerate(lines):
        paper.put(LEFT, paper.y - at * style.strong.leading, style.strong, line)
    for at, line in enumerate(says):
        paper.put(_SAYS, paper.y - at * style.body.leading, style.body, line)
    paper.y -= max(len(lines), len(says)) * style.body.leading + 3


def _struck(paper: Paper) -> None:
    style = paper.style
    paper.need(20)
    shown = style.struck.line(_("an earlier text"), 110)
    paper.put(LEFT, paper.y, style.struck, shown)
    paper.rule(paper.y + 2.5, LEFT, LEFT + style.struck.width(shown), STRUCK, 0.7)
    paper.text(_SAYS, style.body, _("A correction: below it who put it right, when and why."), RIGHT - _SAYS)
    paper.y -= 3


def _thread(paper: Paper) -> None:
    style = paper.style
    paper.need(20)
    paper.line(LEFT + 3, paper.y - 2, LEFT + 3, paper.y + 7, PALE, 1.4)
    paper.put(LEFT + 10, paper.y, style.link, style.link.line(_("↳ reference"), 110))
    told = _(
        "Hangs on the entry of that reference, which names it in turn behind →. Both are links, and so is the page."
    )
    paper.text(_SAYS, style.body, told, RIGHT - _SAYS)


def _marks() -> Iterator[tuple[str, str]]:
    yield _("Only for …"), _("Could be read only by these parties from the start; without it, by all.")
    yield _("[sealed]"), _("There is an entry that the reader of this copy may not read.")
    yield _("[recalled]"), _("The reader of this copy had been told it, and it was recalled since.")
    yield _("[erased]"), _("Its words were destroyed by a recorded decision; that it was there stays.")
    yield _("outside the mandate"), _("The covenant gives the party no such task or power; the ground is named.")
    yield _("later"), _("Written after the log had been closed.")


def _times(contents: Contents, saying: Sayer) -> Iterator[tuple[str, str]]:
    zone = saying.zone_name(contents.last or contents.moment.clock)
    yield _("time"), _("When it happened, in the time of the event ({zone}).").format(zone=zone)
    yield (
        _("logged"),
        _("When it was written, where that is over a minute from when it happened; not of what was imported."),
    )


def _tasks() -> Iterator[tuple[str, str]]:
    yield _("late"), _("Answered or done after the time that was asked, or not yet when this was made.")
    yield (
        _("the bar"),
        _("White while waiting for an answer, light from the answer on, dark while under way; strokes are deadlines."),
    )
    yield label("confirmed"), _("The party that asked has said that it is done.")
