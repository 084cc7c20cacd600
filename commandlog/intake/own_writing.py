"""Writes an own export into the log: through the verbs, in short transactions, and each entry only once.

**The same timeline**: exporting the new log gives the rows that were imported, equal in every field but these:
`id`, `reference`, `position`, `logged_at`, `desk`, `operator` and `origin` are the new log's own, and so are the times,
desks and positions in `earlier` and `confirmed`; references in other fields name the same entries by their new names;
`raw` has more under names that begin with "was:"; `audience` is who could read the entry at the moment of the export.
What `own_plan.LEFT_OUT` names does not come along, nor do attachments.

Each entry is written at this machine's desk of the party that had written it, since whoever writes can read it: so
nobody reads more than before. Where a verb would let more parties read, or refuses, the entry is kept in words for
those who could read it.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from commandlog.intake.own_about import Readers, Version, both, readers_of, versions
from commandlog.intake.own_about import about as about_of
from commandlog.intake.own_outcome import Outcome, at_most, check, too_many
from commandlog.intake.own_plan import CONFIRMED, CORRECTED, LINKED, MARKED, OWN, SAID, Event, OwnPlan, moment
from commandlog.intake.own_verbs import confirm, in_words, say
from commandlog.language import _
from commandlog.log.derived import origins
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.lock import PAUSE
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.model.flat import Entry
from commandlog.model.keeping import Imported
from commandlog.model.records import Record, Words
from commandlog.verbs import incidents, marking, misdirecting, saying, withholding
from commandlog.verbs.context import About

BATCH = 100  # entries a transaction: an operator who waits for one to end waits some 8 ms
TEND_EVERY = 2  # transactions
Progress = Callable[[int, int], None]


def plan_own(log: Log | Desk, source: Path) -> OwnPlan:
    """Return what importing an own export into this log would do, without writing anything.

    Raises RuleError where the log is closed, or the file is no own export that can be read; Unavailable where the disk
    refuses.
    """
    if isinstance(log, Desk):
        log.check_open()
    return OwnPlan(source, log.covenant if isinstance(log, Desk) else log.covenant())


def run(desk: Desk, plan: OwnPlan, progress: Progress | None = None, settings: Path | None = None) -> Outcome:
    """Write a plan into the log; what is there already stays as it is, so a second run adds nothing.

    `progress` is told (steps done, steps in all) after each transaction; when it raises, the import ends there, whole.
    `settings` is where this machine keeps the keys of its desks. Raises Unavailable where the log cannot be written;
    what was written before stays.
    """
    writer = _Writer(desk, plan, settings or settings_folder())
    total = len(plan.events)
    for number, start in enumerate(range(0, total, BATCH), start=1):
        writer.batch(range(start, min(start + BATCH, total)), last=start + BATCH >= total)
        if number % TEND_EVERY == 0:
            desk.log.tend()
        time.sleep(PAUSE)
        if progress:
            progress(min(start + BATCH, total), total)
    return writer.outcome()


class _AgainError(Exception):
    """The transaction is taken back: an event of it goes another way."""


_AS_IT_WAS, _IN_WORDS, _ALONE, _NOT = range(4)
"""The ways that an event can go; each is tried when the one before it is refused."""
_ALREADY, _ADDED, _REFUSED = range(1, 4)


class _Writer:
    """Writes batches of one plan; what it knows of a batch that was taken back, it forgets."""

    def __init__(self, desk: Desk, plan: OwnPlan, settings: Path) -> None:
        self.desk, self.plan, self.log = desk, plan, desk.log
        self._settings = settings
        self._desks: dict[str, Desk] = {desk.party: desk}
        self._ways: dict[int, int] = {}
        self._why: dict[int, str] = {}
        self._results = bytearray(len(plan.events))
        self._holders: dict[str, Readers] = {}
        self._early: set[int] = set()

    def batch(self, events: range, *, last: bool) -> None:
        """Write these events in one transaction; where one cannot go its way, all of them once more."""
        for party in self._writers(events):
            self._desks[party] = sit_down(self.log, self._settings, party)
        while not self._written(events, last=last):
            continue

    def _written(self, events: range, *, last: bool) -> bool:
        try:
            with self.desk.writing():
                for number in events:
                    self._event(number, self.plan.events[number])
                if last:
                    self._finish()
        except _AgainError:
            return False
        return True

    def _writers(self, events: range) -> set[str]:
        """Return the parties of these events that no desk was opened for yet."""
        found: set[str] = set()
        if self.plan.writers <= self._desks.keys():
            return found
        for event in (self.plan.events[number] for number in events):
            if not self._is_there(event, self.plan.position(self.log, event.number)):
                entry = self.plan.entry(event.number)
                ones = versions(entry, self.desk.covenant)
                found |= {self._writer(one.party, one.readers) for one in ones}
                found |= {self._writer(one.logged_by, ones[-1].readers) for one in entry.confirmed}
        return found - self._desks.keys() - {""}

    def _writer(self, party: str, readers: Readers) -> str:
        """Return whose desk an entry is written at: its own party's, else one that may read it; empty for none."""
        if self.desk.covenant.party(party):
            return party
        if readers is None or self.desk.party in readers:
            return self.desk.party
        return min(readers, default="")

    def _at(self, party: str, readers: Readers) -> Desk:
        """Return the desk that an entry is written at; raises RuleError where nobody here may read it."""
        writer = self._writer(party, readers)
        if not writer:
            raise RuleError(_("None of the parties that could read it is in the covenant of this log."))
        if writer not in self._desks:  # only what was there before can have no desk yet
            writer = self.desk.party if readers is None else min(readers & self._desks.keys(), default="")
        if not writer:
            raise RuleError(_("It was written by a party that has no desk here."))
        return self._desks[writer]

    # -- one event -------------------------------------------------------------------------------------------------

    def _event(self, number: int, event: Event) -> None:
        """Write an event, the first way that it can go."""
        entry = self.plan.entry(event.number)
        there = self.plan.position(self.log, event.number)
        self._hold(entry)
        if self._is_there(event, there):
            self._results[number] = _ADDED if event.number in self._early else _ALREADY
            return
        while (way := self._ways.get(number, _AS_IT_WAS)) != _NOT:
            before = self.log.place
            try:
                self._write(entry, event, there, way)
            except RuleError as error:
                self._why.setdefault(number, str(error))
                self._ways[number] = way + 1
                if self.log.place != before:
                    raise _AgainError from error
            else:
                self._results[number] = _ADDED
                return
        self._results[number] = _REFUSED

    def _is_there(self, event: Event, there: int) -> bool:
        if event.what == SAID or not there:
            return there > 0
        if self.plan.native(self.log, event.number) == there:
            return True
        return origins.position(self.log.db, self._origin(event)) > 0

    def _origin(self, event: Event) -> str:
        """Return the key by which an event is known again."""
        key = f"{OWN}{self.plan.id(event.number).hex()}"
        if event.what == LINKED:
            incident = self.plan.number_of(self.plan.entry(event.number).incident)
            return f"{key}:{self.plan.id(incident).hex()}"
        names = {CONFIRMED: "known", MARKED: "mark"}
        return f"{key}:{names.get(event.what, '')}{event.which}"

    def _write(self, entry: Entry, event: Event, there: int, way: int) -> None:
        if event.what == SAID:
            self._say(entry, self.plan.origin(event.number), way)
            return
        if not there or way == _ALONE or (way == _IN_WORDS and event.what != CORRECTED):
            raise RuleError(_("What it belongs to is not here."))
        origin = self._origin(event)
        if event.what == CORRECTED:
            self._correct(entry, event.which, there, origin, way)
        elif event.what == CONFIRMED:
            version, about, _desk = self._prepared(entry, 0, origin)
            desk = self._at(entry.confirmed[event.which - 1].logged_by, version.readers)
            confirm(desk, entry, event.which, there, about)
        else:
            _version, about, desk = self._prepared(entry, len(entry.earlier), origin)
            given: About = {"occurred_at": about["occurred_at"], "origin": origin, "audience": about["audience"]}
            if event.what == MARKED:
                marking.mark(desk, there, **given)
                return
            incidents.link(desk, there, self._position(entry.incident), **given)

    def _prepared(self, entry: Entry, index: int, origin: str) -> tuple[Version, About, Desk]:
        """Return a version of an entry, what a verb is told of it, and the desk that it is written at."""
        covenant = self.desk.covenant
        version = versions(entry, covenant)[index]
        desk = self._at(version.party, version.readers)
        return version, about_of(entry, version, covenant, origin, desk.party), desk

    def _say(self, entry: Entry, origin: str, way: int) -> None:
        version, about, desk = self._prepared(entry, 0, origin)
        text = version.said.text
        if entry.erased:
            text = _("[erased]")
        if way != _AS_IT_WAS:
            made = in_words(desk, entry, text, self._position, about, alone=way == _ALONE)
        else:
            if entry.kind == "handed_over":
                self._may_reach(entry)
            made = say(desk, entry, version.said, text, version.reason, self._position, about)
            self._take_back(desk, entry, made, version)
            return
        check(made, version, desk)

    def _correct(self, entry: Entry, index: int, there: int, origin: str, way: int) -> None:
        version, about, desk = self._prepared(entry, index, origin)
        text: str | None = version.said.text
        if way == _IN_WORDS:
            made = saying.add_to(desk, there, text or entry.shown, **about)
        else:
            if version.decision:
                text = None
            count: dict[str, Any] = {}
            if entry.kind == "counted":
                count = {"number": version.said.number, "measure": version.said.measure}
            made = saying.correct(desk, there, text, reason=version.reason, **count, **about)
        check(made, version, desk)

    def _take_back(self, desk: Desk, entry: Entry, made: Record, version: Version) -> None:
        """Take a record from those whom the verb had to tell and who had been recalled from it, in the same breath."""
        more = too_many(made, version, desk)
        number = self.plan.misdirection_of(entry.reference)
        when = moment(entry.occurred_at)
        if more and number >= 0:
            about_it = self.plan.entry(number)
            first, about, writer = self._prepared(about_it, 0, self.plan.origin(number))
            to = (about_it.reached, about_it.meant_for, about_it.text)
            check(misdirecting.misdirected(writer, made.seq, *to, **about), first, writer)
            self._early.add(number)
            when = about["occurred_at"]
        if more:
            why = _("As it was when it was exported")
            withholding.recall(desk, (made.seq,), tuple(sorted(more)), why, occurred_at=when)

    def _position(self, reference: str) -> int:
        """Return where an entry of the other log stands in this one; raises RuleError where it does not."""
        number = self.plan.number_of(reference)
        if number < 0 or not (found := self.plan.position(self.log, number)):
            raise RuleError(_("{reference}, which it is about, is not here.").format(reference=reference or "?"))
        return found

    def _hold(self, entry: Entry) -> None:
        """Note who may read all of a task: a new holder would read all of it."""
        if entry.task:
            readers = readers_of(entry, self.desk.covenant)
            self._holders[entry.task] = both(self._holders.get(entry.task), readers)

    def _may_reach(self, entry: Entry) -> None:
        holders = self._holders.get(entry.task)
        if holders is not None and entry.to_party not in holders:
            raise RuleError(_("More parties would read it here than could before."))

    # -- at the end ------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Say once where the entries came from, inside the last `writing`; nothing where nothing was added."""
        added = self._counted(SAID, _ADDED)
        if added or self._counted(CORRECTED, _ADDED):
            self.desk.append(
                Imported, Words(title=self.plan.source.name), file=self.plan.digest, mapping=b"", entries=added
            )

    def _counted(self, what: int, result: int) -> int:
        ones = zip(self.plan.events, self._results, strict=True)
        return sum(event.what == what and found == result for event, found in ones)

    def outcome(self) -> Outcome:
        """Return what was done."""
        kept = sum(
            self.plan.events[number].what == SAID and self._results[number] == _ADDED
            for number, way in self._ways.items()
            if way
        )
        return Outcome(
            added=self._counted(SAID, _ADDED),
            already=self._counted(SAID, _ALREADY),
            refused=self._counted(SAID, _REFUSED) + len(self.plan.refused),
            in_words=kept,
            corrections=self._counted(CORRECTED, _ADDED),
            remarks=at_most(self._remarks()),
        )

    def _remarks(self) -> list[str]:
        said = [*self.plan.notices(), *self.plan.refusals()]
        for number, why in sorted(self._why.items()):
            event = self.plan.events[number]
            told = _("{reference} is kept in words: {why}")
            if self._results[number] == _REFUSED:
                told = _("{reference} did not come along: {why}")
            said.append(told.format(reference=self.plan.entry(event.number).reference, why=why))
        return said
