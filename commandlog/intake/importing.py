"""Puts a plan into the log: through the verbs, in short transactions, and each row only once.

A row carries its import key as origin. Whatever happens in between (killed, disk full, another desk writing), the log
holds whole transactions, and a second run goes on where the first one stopped.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from commandlog.intake.entries import Entry, derived_key
from commandlog.intake.plan import Plan, plan
from commandlog.language import _
from commandlog.log.derived import incidents, origins
from commandlog.log.desk import Desk
from commandlog.log.files import failures
from commandlog.log.lock import PAUSE
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.model.frames import Source
from commandlog.model.keeping import Imported
from commandlog.model.records import Words
from commandlog.verbs.incidents import incident_of, link, open_incident
from commandlog.verbs.levels import set_level
from commandlog.verbs.saying import note, report, source_of

BATCH = 100  # rows a transaction: an operator who waits for one to end waits some 8 ms
TEND_EVERY = 2  # transactions: what waits for an idle moment would pile up, and then keep the operator waiting
MAX_CHANGED = 1_000
MAX_REMARKS = 100
Progress = Callable[[int, int], None]


class Changed(NamedTuple):
    """A row that the log has under the same key with other contents; `entry` is the position, `what` what differs."""

    line: int
    entry: int
    reference: str
    what: tuple[str, ...]


class Outcome(NamedTuple):
    """What an import did, in numbers of rows; `changed` lists at most 1,000 of `changed_count`, none was written."""

    added: int
    already: int
    refused: int
    incidents: int
    levels: int
    changed: tuple[Changed, ...]
    changed_count: int
    remarks: tuple[str, ...] = ()

    def described(self) -> list[str]:
        """Return the sums, and a line for each row that was refused or reads otherwise now (at most 100)."""
        return [self.sums(), *self.remarks]

    def sums(self) -> str:
        """Return it in one line."""
        return _(
            "{added} added, {already} already there ({changed} of them changed in the file), {refused} refused,"
            " {incidents} incidents, {levels} changes of level"
        ).format(
            added=self.added,
            already=self.already,
            changed=self.changed_count,
            refused=self.refused,
            incidents=self.incidents,
            levels=self.levels,
        )


def plan_import(log: Log | Desk, source: Path, mapping: Path | None = None) -> Plan:
    """Return what importing a file into this log would do, without writing anything.

    Raises RuleError where the log is closed, or the file or the mapping cannot be understood; Unavailable where the
    disk refuses.
    """
    if isinstance(log, Desk):
        log.check_open()
    own = log.log.path if isinstance(log, Desk) else log.path
    for given in (source, mapping):
        if given and given.exists() and given.samefile(own):
            raise RuleError(_("{file} is the log itself: it cannot be brought into itself.").format(file=given))
    return plan(log.covenant if isinstance(log, Desk) else log.covenant(), source, mapping)


def run(desk: Desk, plan: Plan, progress: Progress | None = None) -> Outcome:
    """Write a plan into the log; what is there already stays as it is, so a second run adds nothing.

    `progress` is told (rows done, rows in all) after each transaction; when it raises, the import ends there, whole.
    Raises Unavailable where the log cannot be written; what was written before stays.
    """
    with failures(desk.log.path):
        writer = _Writer(desk, plan)
    total = len(plan)
    for number, start in enumerate(range(0, total, BATCH), start=1):
        with desk.writing():
            writer.write(plan.order[start : start + BATCH])
            if start + BATCH >= total:
                writer.finish()
        if number % TEND_EVERY == 0:
            desk.log.tend()
        time.sleep(PAUSE)
        if progress:
            progress(min(start + BATCH, total), total)
    return writer.outcome()


class _Writer:
    """Writes batches of one plan, and counts."""

    def __init__(self, desk: Desk, plan: Plan) -> None:
        self.desk, self.plan = desk, plan
        self.db = desk.log.db
        self.added = self.already = self.opened = self.levels = self.changed_count = 0
        self.changed: list[Changed] = []
        self._say = note if plan.mapping.kind == "note" else report
        self._party = Source(party=plan.mapping.party) if plan.mapping.party else None
        self._units: dict[str, Source] = {}
        self._incident_of = {number: n for n, one in enumerate(plan.incidents) for number in one.members}
        self._positions: dict[int, int] = {}
        self._since = self._last_import()
        self._recent = 0  # rows in the log that no Imported record speaks of yet
        self._wrote = False

    def _last_import(self) -> int:
        found = self.db.execute("SELECT max(since) FROM entries WHERE kind = 'imported'").fetchone()
        return found[0] or 0

    def write(self, numbers: Iterable[int]) -> None:
        """Write these entries, inside `writing`."""
        entries = [(number, self.plan.entry(number)) for number in numbers]
        there: list[tuple[Entry, int]] = []
        for number, entry in entries:
            position = origins.position(self.db, entry.origin)
            if position:
                self.already += 1
                there.append((entry, position))
            else:
                position = self._add(entry)
            self._recent += position > self._since
            if number in self._incident_of:
                self._link(self._incident_of[number], entry, position)
            for change in self.plan.levels.get(number, ()):
                self._level(change.ladder, change.level, entry)
        self._compare(there)

    def _add(self, entry: Entry) -> int:
        made = self._say(
            self.desk,
            entry.text,
            settled=self.plan.mapping.settled,
            source=self._source(entry.unit),
            occurred_at=entry.occurred,
            place=entry.place,
            where=entry.where,
            category=entry.category,
            priority=entry.priority,
            person=entry.person,
            pin=entry.pin,
            raw=entry.raw,
            origin=entry.origin,
        )
        self.added += 1
        self._wrote = True
        return made.seq

    def _source(self, unit: str) -> Source | None:
        if not unit:
            return self._party
        if unit not in self._units:
            self._units[unit] = source_of(self.desk, unit)
        return self._units[unit]

    def _link(self, number: int, entry: Entry, position: int) -> None:
        origin = derived_key(entry.key, "link")
        if origins.position(self.db, origin):
            return
        if number not in self._positions:
            self._positions[number] = self._incident(number)
        incident = self._positions[number]
        row = incidents.current(self.db, incident) if incident else None
        if row and row.state == "open":
            link(self.desk, position, incident, occurred_at=entry.occurred, origin=origin)
            self._wrote = True

    def _incident(self, number: int) -> int:
        """Return the position of an incident: where its rows in the log are now, else opened anew."""
        one = self.plan.incidents[number]
        members = (self.plan.entry(member) for member in one.members)
        first: Entry | None = None
        for member in members:
            first = first or member
            there = origins.position(self.db, member.origin)
            if there and (found := incident_of(self.desk, there)):
                return found
        if first is None:
            return 0
        origin = derived_key(first.key, "incident")
        if found := origins.position(self.db, origin):
            return found
        made = open_incident(
            self.desk,
            one.title,
            occurred_at=first.occurred,
            place=first.place,
            where=first.where,
            category=first.category,
            origin=origin,
        )
        self.opened += 1
        self._wrote = True
        return made.seq

    def _level(self, ladder: str, level: str, entry: Entry) -> None:
        origin = derived_key(entry.key, f"level {ladder}")
        if not origins.position(self.db, origin):
            set_level(
                self.desk,
                ladder,
                level,
                text=entry.text,
                source=self._source(entry.unit),
                occurred_at=entry.occurred,
                origin=origin,
                reason=_("As announced in the imported file"),
            )
            self.levels += 1
            self._wrote = True

    def _compare(self, there: list[tuple[Entry, int]]) -> None:
        """Note which rows read otherwise now than when they were taken in; erased words are left alone."""
        if not there:
            return
        found = self.desk.log.records_at(position for _entry, position in there)
        for entry, position in there:
            record = found.get(position)
            if record is None or record.words is None or record.frame is None:
                continue
            what = _differences(entry, record.words, record.frame.occurred_at)
            if what:
                self.changed_count += 1
                if len(self.changed) < MAX_CHANGED:
                    self.changed.append(Changed(entry.line, position, record.reference, what))

    def finish(self) -> None:
        """Say once where the entries came from, inside the last `writing`; nothing where nothing was added."""
        if self._wrote:
            self.desk.append(
                Imported,
                Words(title=self.plan.source.name),
                file=self.plan.digest,
                mapping=self.plan.mapping_digest,
                entries=self._recent,
            )

    def outcome(self) -> Outcome:
        """Return what was done."""
        return Outcome(
            self.added,
            self.already,
            self.plan.refused_count,
            self.opened,
            self.levels,
            tuple(self.changed),
            self.changed_count,
            tuple(self._remarks()),
        )

    def _remarks(self) -> list[str]:
        changed = _("{row} reads otherwise now than {entry} ({what}): the log keeps what it has")
        said = [*self.plan.notices, *self.plan.refusals()]
        said += [
            changed.format(row=self.plan.at(one.line), entry=one.reference, what=", ".join(one.what))
            for one in self.changed
        ]
        more = len(said) - MAX_REMARKS
        return [*said[:MAX_REMARKS], _("… and {count} more").format(count=more)] if more > 0 else said


def _differences(entry: Entry, words: Words, occurred: int) -> tuple[str, ...]:
    """Return what differs: names of columns, or "time", "text", "place"; seconds and far decimals do not count."""
    what = []
    if entry.occurred // 60_000 != occurred // 60_000:
        what.append(_("time"))
    if entry.text != words.text:
        what.append(_("text"))
    if (entry.where, entry.person) != (words.where, words.person) or _rounded(entry.pin) != _rounded(words.pin):
        what.append(_("place") if entry.person == words.person else _("person"))
    before = words.raw or {}
    if entry.raw != before:
        both = dict.fromkeys([*before, *entry.raw])
        what += [one for one in both if _minute(entry.raw.get(one, "")) != _minute(before.get(one, ""))]
    return tuple(what)


def _rounded(pin: tuple[float, float] | None) -> tuple[float, ...]:
    return tuple(round(one, 5) for one in pin or ())


def _minute(value: str) -> str:
    """Return a moment ("2020-01-01T20:14:05+01:00") without what is less than a minute, anything else as it is."""
    return value[:16] if len(value) in (22, 25) and value[4:5] == "-" and value[10:11] == "T" else value
