"""What is open, in the order in which the one who comes on must know it, and how it is told in a handover."""

from typing import NamedTuple

from commandlog.language import _, ngettext
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.model.covenant import Covenant
from commandlog.model.records import Record
from commandlog.model.words import label
from commandlog.verbs import saying
from commandlog.views import timeline
from commandlog.views.board import TaskLine
from commandlog.views.filters import Filter
from commandlog.views.lines import Line
from commandlog.views.moments import Moment, local, zone_of
from commandlog.views.open_items import Conflict, OpenItems, open_items

CATEGORY = "handover"
"""The category of the entries in which a shift is handed over: they are found again by it."""


class Item(NamedTuple):
    """Something open: a heading (`entry` 0 and no reference), or an entry with what to know of it."""

    entry: int
    reference: str
    text: str
    beside: str = ""
    late: bool = False

    @property
    def is_heading(self) -> bool:
        """Whether it stands above others."""
        return not self.reference and not self.beside


class Pending(NamedTuple):
    """A handover that nobody has confirmed yet: its position, its text, when it was written (milliseconds UTC)."""

    entry: int
    reference: str
    text: str
    at: int


class Standing(NamedTuple):
    """All that the screen shows."""

    items: tuple[Item, ...]
    open: int
    pending: Pending | None


def look(log: Log, moment: Moment, party: str) -> Standing:
    """Return what is open for a party, and the handover that waits for its receipt."""
    log.refresh()
    covenant = log.covenant()
    items = tuple(_items(log, moment, covenant, open_items(log, moment, party), party))
    return Standing(items, sum(not one.is_heading for one in items), _pending(log, moment, party))


def _items(log: Log, moment: Moment, covenant: Covenant, found: OpenItems, party: str) -> list[Item]:
    zone, name = zone_of(log), covenant.party_name
    suspicions = {line.entry for line in found.suspicions}

    def entry(line: Line) -> Item:
        parts = (
            f"{local(line.occurred_at, zone):%H:%M}",
            label(line.priority) if line.priority else "",
            line.unit or name(line.party),
            covenant.place_name(line.place) if line.place else line.where,
        )
        return Item(line.entry, line.reference, line.text, " · ".join(part for part in parts if part))

    def task(one: TaskLine) -> Item:
        row = one.row
        late = one.late_answer or one.late_finish
        parts = (
            f"{name(row.requester)} → {name(row.assignee)}",
            label(row.state),
            _("answer by {time}").format(time=f"{local(row.answer_by, zone):%H:%M}")
            if row.answer_by and not row.answered
            else "",
            _("finish by {time}").format(time=f"{local(row.finish_by, zone):%H:%M}") if row.finish_by else "",
            _("late") if late else "",
        )
        return Item(row.task, one.reference, one.text, " · ".join(part for part in parts if part), late)

    def conflict(one: Conflict) -> Item:
        about = timeline.entry(log, moment, one.entry, party)
        text = "  ".join(part for part in (one.about, about.text if about else "") if part)
        return Item(one.entry, one.reference, text, one.told, late=True)

    levels = [
        Item(
            0,
            "",
            covenant.level_name(one.ladder, one.level),
            _("waits for {parties}").format(parties=", ".join(map(name, one.waiting)))
            if one.waiting
            else _("review is due"),
            late=not one.waiting,
        )
        for one in found.levels
    ]
    asked_of_us = [one for one in found.tasks if one.row.assignee == party]
    asked_by_us = [one for one in found.tasks if one.row.assignee != party]
    groups = (
        (_("Suspicions to assess"), [entry(one) for one in found.suspicions]),
        (_("To assess"), [entry(one) for one in found.to_assess if one.entry not in suspicions]),
        (_("Tasks asked of us"), [task(one) for one in asked_of_us]),
        (_("Tasks asked of others"), [task(one) for one in asked_by_us]),
        (_("Agreed orally, to affirm"), [task(one) for one in found.to_affirm if one not in found.tasks]),
        (_("Levels not confirmed or due for review"), levels),
        (_("Conflicts to settle"), [conflict(one) for one in found.conflicts]),
        (_("Feedback to give"), [entry(one) for one in found.to_close]),
        (_("Incidents to close"), [entry(one) for one in found.incidents]),
        (_("Corrections to tell"), [Item(0, one.reference, "→ " + name(one.party)) for one in found.untold]),
    )
    told = []
    for title, ones in groups:
        if ones:
            told += [Item(0, "", f"{title}  {len(ones)}"), *ones]
    return told


def _pending(log: Log, moment: Moment, party: str) -> Pending | None:
    """Return the last handover at a desk of the party, where nothing has been added to it."""
    last = None
    for line in timeline.whole(log, moment, Filter(reader=party, party=party, category=CATEGORY, kind="note")):
        last = line
    if last is None or len(timeline.thread(log, moment, last.entry, party)) > 1:
        return None
    return Pending(last.entry, last.reference, last.text, last.logged_at)


def told(standing: Standing, name: str, notes: str) -> str:
    """Return the text of a handover: who, how much is open, the notes, and what is open by reference."""
    count = standing.open
    title = _("Shift handed over by {name}.").format(name=name) if name else _("Shift handed over.")
    much = (
        ngettext("{n} item is open.", "{n} items are open.", count).format(n=count) if count else _("Nothing is open.")
    )
    references = ", ".join(one.reference for one in standing.items if one.reference)
    parts = (title, notes.strip(), much, _("Open: {references}.").format(references=references) if references else "")
    return " ".join(part for part in parts if part)


def hand_over(desk: Desk, text: str) -> Record:
    """Write the handover down."""
    return saying.note(desk, text, category=CATEGORY)


def take_over(desk: Desk, entry: int, name: str) -> Record:
    """Write down that whoever is signed in now has read it."""
    return saying.add_to(desk, entry, _("Taken over by {name}; everything open was read.").format(name=name))
