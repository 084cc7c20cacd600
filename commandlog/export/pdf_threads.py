"""Incidents and threads: what belongs together stands together, each in its own order.

The timeline holds every entry; here stand only incidents, and threads in which a task was asked or that have more than
two entries, so that the document does not come twice as long.
"""

from collections.abc import Iterator
from typing import NamedTuple

from commandlog.export.contents import Contents
from commandlog.export.paper import Paper
from commandlog.export.pdf_entries import Entries, Prepared, key_of
from commandlog.export.pdf_style import LEFT, RIGHT, ROOM, WASH
from commandlog.export.pdf_tables import Column, Row, table
from commandlog.export.saying import Sayer
from commandlog.language import _, ngettext
from commandlog.model.words import label
from commandlog.views import timeline
from commandlog.views.filters import Filter, conditions
from commandlog.views.lines import Line

MOST = 200  # threads that are shown; a log of a hundred thousand entries may have a hundred times as many
_SMALL = 2  # entries up to which an incident is a row of a table: its opening, and what it was opened for
_INCIDENTS = 2_000
_BATCH = 100  # threads that are read at once
_EACH = 60  # entries of one thread or incident


class Group(NamedTuple):
    """An incident, and everything that belongs to it with all that hangs on it, oldest first."""

    incident: Line
    lines: list[Line]

    @property
    def is_small(self) -> bool:
        """Whether it is hardly more than the one entry that it was opened for."""
        return len(self.lines) <= _SMALL


def draw(paper: Paper, contents: Contents, saying: Sayer, groups: list[Group]) -> None:
    """Draw the chapter: these incidents, then the threads that belong to none."""
    lead = _("Each incident, and each thread with a task or more than two entries, with its entries together.")
    begun, more = roots(contents)
    paper.chapter(_("Incidents and threads"), "threads", lead if groups or begun else "")
    if not groups and not begun:
        paper.text(LEFT, paper.style.body, _("Nothing was put together in incidents, and no entry led to others."))
        return
    drawing = _Drawing(paper, contents, saying)
    taken = {line.thread for group in groups for line in group.lines}
    for group in groups:
        if not group.is_small:
            title = f"{group.incident.text} · {label(_state(contents, group.incident))}"
            drawing.group(group.incident, title, group.lines)
    if small := [_small(group, saying, contents) for group in groups if group.is_small]:
        paper.section(_("Incidents with one entry"), 60)
        table(paper, _columns(), small)
    for start in range(0, len(begun), _BATCH):
        together = contents.threads(begun[start : start + _BATCH])
        for root in begun[start : start + _BATCH]:
            if root not in taken and (lines := together.get(root)):
                drawing.group(lines[0], lines[0].text, lines)
    if more:
        told = ngettext(
            "And {n} more thread: its entries lead to each other in the timeline.",
            "And {n} more threads: their entries lead to each other in the timeline.",
            more,
        )
        paper.text(LEFT, paper.style.muted, told.format(n=saying.number(more)))


def _columns() -> list[Column]:
    return [
        Column(_("time"), 62),
        Column(_("incident"), 62),
        Column(_("entry"), 62),
        Column(_("what"), ROOM - 270),
        Column(_("state"), 84),
    ]


def _small(group: Group, saying: Sayer, contents: Contents) -> Row:
    """Return an incident that is hardly more than its one entry as a row of a table."""
    incident = group.incident
    entry = next((line.reference for line in group.lines if line.entry != incident.entry), "")
    cells = (saying.near(incident.occurred_at, contents.first), incident.reference, entry, incident.text[:300])
    return Row((*cells, label(_state(contents, incident))), key_of(incident.entry), 1)


def incidents(contents: Contents) -> list[Group]:
    """Return the incidents of this copy that were not merged into others, in the order in which they were opened."""
    query = "SELECT incident FROM incidents WHERE merged_into = 0 AND since <= :p AND until > :p ORDER BY opened"
    rows = contents.log.db.execute(query, {"p": contents.moment.position}).fetchall()
    lines = (timeline.entry(contents.log, contents.moment, one, contents.for_party) for (one,) in rows[:_INCIDENTS])
    groups = (Group(line, _of_incident(contents, line)) for line in lines if line and not line.recalled)
    return [group for group in groups if group.lines]


def incident_key(incident: Line) -> str:
    """Return the name of the place where an incident or thread stands in this chapter."""
    return f"g{incident.entry}"


def _state(contents: Contents, incident: Line) -> str:
    query = "SELECT state FROM incidents WHERE incident = :i AND since <= :p AND until > :p"
    row = contents.log.db.execute(query, {"i": incident.entry, "p": contents.moment.position}).fetchone()
    return str(row[0]) if row else ""


def roots(contents: Contents) -> tuple[list[int], int]:
    """Return the threads to show, by the position of what they begin with, and how many more there are."""
    where, values = conditions(contents.wanted, contents.moment, stubs=False)
    query = (
        f"SELECT e.thread FROM entries e INDEXED BY entries_threads WHERE e.thread != e.entry AND {where}"
        " GROUP BY e.thread HAVING count(*) > 1 OR max(e.task) > 0 ORDER BY e.thread"
    )
    found = [root for (root,) in contents.log.db.execute(query, values)]
    return found[:MOST], max(len(found) - MOST, 0)


def _of_incident(contents: Contents, incident: Line) -> list[Line]:
    """Return what belongs to an incident, with all that hangs on it, oldest first."""
    wanted = Filter(reader=contents.for_party, incident=incident.entry)
    found: dict[int, Line] = {}
    roots = [incident.entry]
    roots += [line.thread for line in timeline.whole(contents.log, contents.moment, wanted)]
    for lines in contents.threads(roots).values():
        found |= {line.entry: line for line in lines}
    return sorted(found.values(), key=lambda line: (line.occurred_at, line.seq))


class _Drawing:
    """Draws one group after the other, each under a heading that says how much it is and how long it took."""

    def __init__(self, paper: Paper, contents: Contents, saying: Sayer) -> None:
        self.paper, self.contents, self.saying = paper, contents, saying
        self.entries = Entries(paper, contents, saying, brief=True)

    def group(self, head: Line, title: str, lines: list[Line]) -> None:
        """Draw an incident or a thread."""
        paper, style = self.paper, self.paper.style
        paper.on_new_page = None
        self.entries.day_of = lines[0].occurred_at if lines else 0
        prepared = self._prepared(lines[:_EACH])
        first = next(prepared, None)
        paper.need(62 + (first.room if first else 0))
        paper.bookmark(f"{head.reference} {title[:80]}", 1, incident_key(head))
        paper.bar(LEFT, paper.y - 5, RIGHT - LEFT, 17, WASH)
        told = self._told(lines)
        reference = style.accent.type.shown(head.reference)
        paper.put(LEFT + 6, paper.y, style.accent, reference)
        x = LEFT + 14 + style.accent.width(reference)
        paper.put(x, paper.y, style.strong, style.strong.line(title, RIGHT - 16 - style.small.width(told) - x))
        paper.put_right(RIGHT - 6, paper.y, style.small, told)
        paper.y -= 21
        again = style.small_strong.line(f"{head.reference} {title}", ROOM)
        paper.on_new_page = lambda: self._head(again)
        if first:
            self.entries.draw(first)
        for one in prepared:
            self.entries.draw(one)
        paper.on_new_page = None
        if len(lines) > _EACH:
            more = _("and {n} more: see the timeline.").format(n=self.saying.number(len(lines) - _EACH))
            paper.text(LEFT, style.small, more)
        paper.y -= 14

    def _prepared(self, lines: list[Line]) -> Iterator[Prepared]:
        return (self.entries.prepared(line) for line in lines)

    def _told(self, lines: list[Line]) -> str:
        """Return how many entries these are and from when to when, as it can be drawn."""
        number = ngettext("{n} entry", "{n} entries", len(lines)).format(n=self.saying.number(len(lines)))
        if not lines:
            return self.paper.style.small.type.shown(number)
        first, last = lines[0].occurred_at, lines[-1].occurred_at
        span = self.saying.clock(first)
        if last != first:
            span = f"{span} – {self.saying.clock(last, first)}"
        return self.paper.style.small.type.shown(f"{span} · {number}")

    def _head(self, again: str) -> None:
        self.paper.put(LEFT, self.paper.y, self.paper.style.small_strong, again)
        self.paper.rule(self.paper.y - 4.5)
        self.paper.y -= 17
