"""Stand-down: the log is closed when nothing is open any more, or what is open rolls over to the log that goes on.

One party can close a log of its own alone, so that it can always be closed; where several have written in it, a second
one is asked for, and the record names both. A shared log is closed when a second party has closed it, too.
"""

from collections.abc import Sequence
from typing import Unpack

from commandlog.language import _, ngettext
from commandlog.log.derived import closings
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.model.keeping import Closed
from commandlog.model.records import SYSTEM_KINDS, Record
from commandlog.verbs.context import About, checked, speaker, split, unknown_party
from commandlog.views.moments import live
from commandlog.views.open_items import OpenItems, open_items


class StillOpen(RuleError):
    """Something waits for an outcome. `items` is what."""

    def __init__(self, items: OpenItems) -> None:
        left = number(items)
        told = ngettext(
            "{n} thing is still open: give it an outcome, or close with --roll-over,"
            " and the log that continues this one takes it over.",
            "{n} things are still open: give each an outcome, or close with --roll-over,"
            " and the log that continues this one takes them over.",
            left,
        )
        super().__init__(told.format(n=left))
        self.items = items


def close(
    desk: Desk, *, and_party: str = "", text: str = "", roll_over: bool = False, **about: Unpack[About]
) -> Record:
    """Close the log: whatever comes later is marked so. `and_party` is the second party that closes with this one.

    A shared log stays open for all until a second party closes it at its own desk; only who drives the event names one
    that has agreed by voice. With `roll_over`, what is open stays open and goes to the log that continues this one.
    Raises RuleError in a log that is closed already, for a second party that cannot be one, and StillOpen where
    something waits for an outcome.
    """
    with desk.writing():
        desk.check_open()
        given = checked(desk, **about)
        if and_party and not desk.covenant.party(and_party):
            raise unknown_party(desk, and_party)
        together = desk.log.member is not None
        if and_party == (desk.party if together else speaker(desk, given)):
            name = desk.covenant.party_name(and_party)
            raise RuleError(_("{party} closes the log already: the second party is another one.").format(party=name))
        if together:
            _check_shared(desk, and_party, given)
        items = open_items(desk.log, live(desk.log))
        if items.any and not roll_over:
            raise StillOpen(items)
        fields, words = split(given, text=text)
        return desk.append(Closed, words, and_party=and_party, together=together, **fields)


def _check_shared(desk: Desk, and_party: str, about: About) -> None:
    """Raise RuleError where this party has closed a shared log already, or not all would see it or who closes too."""
    name, driver = desk.covenant.party_name, desk.covenant.driver
    if about.get("audience"):
        raise RuleError(_("A shared log is closed for all its parties: leave out for whom it is."))
    if and_party and desk.party != driver:
        told = _(
            "{party} closes this shared log at its own desk. Only {driver}, which drives the event, names a party that"
            " has agreed by voice."
        )
        raise RuleError(told.format(party=name(and_party), driver=name(driver)))
    if not and_party and desk.party in closings.waiting(desk.log.db, desk.log.clock()):
        told = _(
            "{party} has closed this log already. It is closed for all when a second party closes it too, at its own"
            " desk; or {driver}, which drives the event, names one that has agreed by voice (--with)."
        )
        raise RuleError(told.format(party=name(desk.party), driver=name(driver)))


def number(items: OpenItems) -> int:
    """Return how many things are open; a task that was agreed by voice and is not done yet is one."""
    tasks = {task.row.task for task in (*items.tasks, *items.to_affirm)}
    others: tuple[Sequence[object], ...] = (
        *(items.to_assess, items.to_close, items.incidents, items.levels, items.untold, items.conflicts),
        *(items.agreements, items.denied, items.unread),
    )
    return len(tasks) + sum(len(one) for one in others)


def parties_heard(log: Log) -> tuple[str, ...]:
    """Return the parties of the covenant whose words are in the log, in its order."""
    system = ", ".join(repr(kind) for kind in SYSTEM_KINDS)
    query = f"SELECT DISTINCT party FROM entries WHERE kind NOT IN ({system})"
    heard = {party for (party,) in log.db.execute(query)}
    return tuple(party.code for party in log.covenant().parties if party.code in heard)
