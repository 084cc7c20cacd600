"""What was open in one log is said anew in the log that continues it: by the same verbs, with the times that it had.

Each record is written at this machine's desk of the party that had written it, because whoever writes can read it; so
nobody reads more than before, and nobody less. Its origin names the old log and the old reference, by which the
timeline shows where it came from and a repeat would be known. Where the covenant does not have any more what a verb
needs, the words go on without it: nothing that was open is lost over a rule.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from commandlog.language import _
from commandlog.log import pieces
from commandlog.log.derived import entries, incidents, reports
from commandlog.log.derived.table import FOREVER, position_of
from commandlog.log.desk import Desk, sit_down
from commandlog.log.store import Log
from commandlog.model import dealings as d
from commandlog.model import keeping as k
from commandlog.model import records as r
from commandlog.model.errors import OutsideMandate, RuleError
from commandlog.model.frames import Frame, Source
from commandlog.model.keeping import CONTINUED
from commandlog.verbs import agreeing, assessing, attaching, saying, units
from commandlog.verbs import incidents as incident_verbs
from commandlog.verbs import levels as level_verbs
from commandlog.verbs import tasks as task_verbs
from commandlog.verbs.context import About
from commandlog.views import agreements
from commandlog.views.filters import READABLE
from commandlog.views.moments import live
from commandlog.views.open_items import open_items, standing


class Open(NamedTuple):
    """What is open in a log, by position. `entries` are reports and what they duplicate; `stays` how much cannot go."""

    entries: tuple[int, ...]
    waiting: tuple[int, ...]
    tasks: tuple[int, ...]
    incidents: tuple[int, ...]
    levels: tuple[int, ...]
    agreements: tuple[int, ...]
    units: tuple[int, ...]
    stays: int

    @property
    def roots(self) -> tuple[int, ...]:
        """All that waits for an outcome, in the order of the log."""
        return tuple(sorted({*self.waiting, *self.tasks, *self.incidents, *self.agreements}))


def whats_open(log: Log) -> Open:
    """Return what the log that continues this one takes over."""
    moment = live(log)
    items = open_items(log, moment)
    waiting = [line.entry for line in (*items.to_assess, *items.to_close)]
    originals = [of for entry in waiting for of in reports.duplicates(log.db, entry)[1:]]
    return Open(
        tuple(sorted({*waiting, *originals})),
        tuple(waiting),
        tuple(sorted({task.row.task for task in (*items.tasks, *items.to_affirm)})),
        tuple(line.entry for line in items.incidents),
        tuple(row.since for row in standing(log, moment)),
        agreements.standing(log, moment),
        tuple(since for (since,) in log.db.execute(_UNITS)),
        len(items.untold) + len(items.conflicts) + len(items.unread),
    )


_UNITS = f"SELECT since FROM unit_states WHERE until = {FOREVER} ORDER BY since"
"""What each unit said of itself last."""


class TakingOver:
    """Says what was open in the log of one desk anew in that of another, inside `writing` of both."""

    def __init__(self, old: Desk, desk: Desk, settings: Path, found: Open) -> None:
        self.old, self.db, self.found = old.log, old.log.db, found
        self.desk = desk
        self._settings = settings
        self._desks = {desk.party: desk}
        self._new: dict[int, int] = {}
        self._moment = live(old.log)

    def take_over(self) -> None:
        """Say it all, in the order in which it had been said; links last, when there is what they link."""
        for position in sorted(self._positions()):
            record = self.old.record(position)
            if record.frame is not None:
                self._say(record, record.frame)
        for position, entry, incident in self._links():
            self._link(position, entry, incident)

    # -- what there is to say --------------------------------------------------------------------------------------

    def _positions(self) -> set[int]:
        """Return the records that made what is open what it is: its first, its states, and what was added to it."""
        roots = {*self.found.entries, *self.found.tasks, *self.found.incidents, *self.found.agreements}
        found = roots | {*self.found.levels, *self.found.units}
        for entry in self.found.entries:
            state = reports.current(self.db, entry)
            if state and state.since != entry and state.state == "assessed":
                found.add(state.since)
        for table, column, ones in (
            ("tasks", "task", self.found.tasks),
            ("level_confirmations", "level", self.found.levels),
        ):
            for one in ones:
                found |= {seq for (seq,) in self.db.execute(f"SELECT since FROM {table} WHERE {column} = ?", (one,))}
        found |= {seq for one in self.found.agreements for seq in self._said_of(one)}
        return found | {seq for root in roots for seq in self._added(root)}

    def _said_of(self, agreement: int) -> list[int]:
        """Return what parties said of an agreement as it reads now: what they said of it before counts no more."""
        query = "SELECT since FROM agreements WHERE agreement = ? AND since > ? ORDER BY since"
        row = entries.current(self.db, agreement)
        return [seq for (seq,) in self.db.execute(query, (agreement, row.since if row else 0))]

    def _added(self, root: int) -> list[int]:
        """Return what was added or attached to an entry, by the position of its first version."""
        row = entries.current(self.db, root)
        query = (
            "SELECT entry FROM entries WHERE thread = ? AND thread != entry AND kind IN ('added', 'attached')"
            f" AND until = {FOREVER}"
        )
        found = [seq for (seq,) in self.db.execute(query, (row.thread,))] if row else []
        return [seq for seq in found if self._belongs_to(seq) == root]

    def _belongs_to(self, position: int) -> int:
        frame = self.old.record(position).frame
        return position_of(self.db, frame.entry) if isinstance(frame, r.Added | k.Attached) else 0

    def _links(self) -> list[tuple[int, int, int]]:
        """Return the links among what is taken over: their positions, the entry, and the incident that it is in now."""
        query = f"SELECT since, incident FROM links WHERE entry = ? AND until = {FOREVER}"
        found = []
        for entry in (*self.found.entries, *self.found.tasks):
            for since, incident in self.db.execute(query, (entry,)).fetchall():
                now = incidents.merged(self.db, incident)[-1]
                if now in self.found.incidents:
                    found.append((since, entry, now))
        return sorted(found)

    # -- saying it -------------------------------------------------------------------------------------------------

    def _say(self, record: r.Record, frame: Any) -> None:
        row = entries.current(self.db, record.seq)
        now = self.old.record(row.since) if row else record  # as it was corrected since
        words = now.words or _erased()
        about = self._about(record, now, words)
        desk = self._desk(frame.by.party)
        try:
            made = self._again(desk, record, frame, words, about)
        except RuleError:
            made = self._without_rules(desk, frame, words, about)
        if made:
            self._new[record.seq] = made.seq

    def _again(self, desk: Desk, record: r.Record, frame: Any, words: r.Words, about: About) -> r.Record | None:
        if record.seq in self.found.entries and record.seq not in (*self.found.tasks, *self.found.incidents):
            return self._said(desk, record.seq, frame, words, about)
        match frame:
            case r.Proposed():
                return self._proposed(desk, frame, words, about)
            case r.TaskStep():
                return self._step(desk, frame, words, about)
            case r.Assessed():
                return self._assessed(desk, frame, words, about)
            case r.Added():
                return saying.add_to(desk, self._at(frame.entry), words.text, **about)
            case k.Attached():
                return self._attached(desk, frame, words, about)
            case r.IncidentOpened():
                return incident_verbs.open_incident(desk, words.title, **about)
            case r.LevelSet():
                told = tuple(party for party in frame.told if desk.covenant.party(party))
                given: dict[str, Any] = {
                    "text": words.text,
                    "told": told,
                    "review_by": frame.review_by,
                    "reason": words.reason,
                }
                return level_verbs.set_level(desk, frame.ladder, frame.level, **given, **about)
            case r.LevelConfirmed():
                ladder = self.old.record(position_of(self.db, frame.level)).frame.ladder
                return level_verbs.confirm_level(desk, ladder, **about)
            case r.PhaseSet():
                return level_verbs.set_phase(desk, frame.phase, text=words.text, **about)
            case _:
                return self._dealt(desk, frame, words, about)

    def _dealt(self, desk: Desk, frame: Any, words: r.Words, about: About) -> r.Record | None:
        """Say anew what was agreed and what was said of it, and what a unit says of itself."""
        match frame:
            case r.Agreement():
                parties = tuple(party for party in frame.parties if desk.covenant.party(party))
                return agreeing.agree_on(desk, words.text, parties, until=frame.until, **about)
            case d.AgreementAffirmed():
                return agreeing.affirm_agreement(desk, self._at(frame.agreement), text=words.text, **about)
            case d.AgreementDeclined():
                return agreeing.deny_agreement(desk, self._at(frame.agreement), words.reason, **about)
            case d.UnitStatus():
                task = self._new.get(position_of(self.db, frame.task), 0) if frame.task else 0
                return units.set_status(desk, frame.unit, frame.status, task=task, text=words.text, **about)
            case _:
                raise AssertionError(f"nothing of this kind is taken over: {r.kind_of(frame)}")

    def _said(self, desk: Desk, position: int, frame: Any, words: r.Words, about: About) -> r.Record:
        state = reports.current(self.db, position)
        waits = bool(state and state.state == "received")
        category = desk.covenant.category(about.get("category", ""))
        match frame:
            case r.Observation() if not waits or (category and category.suspicion):
                return saying.observe(desk, words.text, settled=not waits, **about)
            case r.Report() | r.Observation():
                return saying.report(desk, words.text, settled=not waits, **about)
            case r.Message():
                to = {"to_party": frame.to_party, "to_unit": frame.to_unit, "to": words.to}
                return saying.message(desk, words.text, **to, **about)
            case r.Decision() if words.decision:
                return saying.decide(desk, words.decision, **about)
            case _:  # what a report duplicates may be anything
                return saying.note(desk, words.text or words.title, **about)

    def _proposed(self, desk: Desk, frame: r.Proposed, words: r.Words, about: About) -> r.Record:
        entry = self._new.get(position_of(self.db, frame.entry), 0) if frame.entry else 0
        if entry and not about["audience"]:  # it is for all, whatever its entry has become
            about = {**about, "audience": tuple(one.code for one in desk.covenant.parties)}
        given: dict[str, Any] = {
            "to_party": frame.to_party,
            "to_unit": frame.to_unit,
            "entry": entry,
            "answer_by": frame.answer_by,
            "finish_by": frame.finish_by,
            "orally": frame.orally,
        }
        try:
            return task_verbs.propose(desk, words.text, reason=words.reason, **given, **about)
        except OutsideMandate:
            reason = _("given in the log before")
            return task_verbs.propose(desk, words.text, reason=reason, **given, **about)

    def _step(self, desk: Desk, frame: r.TaskStep, words: r.Words, about: About) -> r.Record:
        task = self._at(frame.task)
        match frame:
            case r.HandedOver():
                to: dict[str, Any] = {"to_party": frame.to_party, "to_unit": frame.to_unit}
                to["answer_by"] = frame.answer_by
                return task_verbs.hand_over(desk, task, reason=words.reason, **to, **about)
            case r.Declined():
                return task_verbs.decline(desk, task, words.reason, **about)
            case r.Withdrawn():
                return task_verbs.withdraw(desk, task, words.reason, **about)
            case r.Accepted(orally=True):
                return task_verbs.agree_orally(desk, task, text=words.text, **about)
            case r.Done():
                return task_verbs.done(desk, task, text=words.text, told=frame.told, **about)
            case _:
                return _STEPS[type(frame)](desk, task, text=words.text, **about)

    def _assessed(self, desk: Desk, frame: r.Assessed, words: r.Words, about: About) -> r.Record:
        of = self._at(frame.same_as) if frame.same_as else 0
        return assessing.assess(desk, self._at(frame.entry), frame.disposition, text=words.text, same_as=of, **about)

    def _attached(self, desk: Desk, frame: k.Attached, words: r.Words, about: About) -> r.Record | None:
        content = pieces.content(self.db, frame.file, words.salt, frame.size) if words.salt else None
        if content is None:
            return None
        return attaching.attach(desk, self._at(frame.entry), content, name=words.title, text=words.text, **about)

    def _link(self, position: int, entry: int, incident: int) -> None:
        record = self.old.record(position)
        if record.frame is None or entry not in self._new or incident not in self._new:
            return
        about: About = {"occurred_at": record.frame.occurred_at, "origin": self._origin(record)}
        desk = self._desk(self.old.record(incident).frame.by.party)
        incident_verbs.link(desk, self._new[entry], self._new[incident], **about)

    def _without_rules(self, desk: Desk, frame: Any, words: r.Words, about: About) -> r.Record | None:
        """Keep the words of what the covenant does not let be said any more: to be looked at, or where they belong."""
        if isinstance(frame, r.LevelConfirmed | d.UnitStatus):
            return None
        text = " · ".join(part for part in (words.title, words.text, words.reason) if part)
        plain: About = {**about, "source": None}
        if isinstance(frame, r.Report | r.Observation | r.Proposed | r.IncidentOpened | r.Agreement):
            return saying.report(desk, text, **plain)
        about_entry = getattr(frame, "task", b"") or getattr(frame, "entry", b"") or getattr(frame, "agreement", b"")
        if entry := self._new.get(position_of(self.db, about_entry), 0) if about_entry else 0:
            return saying.add_to(desk, entry, f"{r.kind_of(frame)}: {text}", **plain)
        return saying.note(desk, text, **plain)

    # -- who, when, for whom ---------------------------------------------------------------------------------------

    def _about(self, record: r.Record, now: r.Record, words: r.Words) -> About:
        """Return what the record said of itself, as far as the covenant still has it; a place without code is words."""
        frame, covenant = now.frame or record.frame, self.desk.covenant
        place = frame.place if covenant.place(frame.place) else ""
        fixed = isinstance(record.frame, r.Proposed | r.TaskStep)  # deadlines are counted from then
        return {
            "source": self._source(frame.source),
            "occurred_at": record.frame.occurred_at if fixed else frame.occurred_at,
            "heard_at": record.frame.heard_at,
            "place": place,
            "category": frame.category,
            "priority": frame.priority,
            "audience": self._readers(now.seq, record.frame.by.party),
            "origin": self._origin(record),
            "paper": frame.paper or record.frame.paper,
            "person": words.person,
            "where": words.where or ("" if place else frame.place),
            "pin": words.pin,
            "raw": words.raw,
        }

    def _source(self, source: Source | None) -> Source | None:
        known = source is None or not source.party or self.desk.covenant.party(source.party)
        return source if known else Source("", source.unit, source.role, source.channel) if source else None

    def _readers(self, position: int, writer: str) -> tuple[str, ...]:
        """Return the parties that can read a record now, none where all can."""
        parties = [one.code for one in self.desk.covenant.parties]
        query = f"SELECT 1 FROM entries e WHERE e.since = :seq AND {READABLE}"
        values = {"seq": position, "p": self._moment.position}
        found = [
            party
            for party in parties
            if self.db.execute(query, {**values, "reader": party, "reader_in": f",{party},"}).fetchone()
        ]
        return () if found == parties else tuple(found) or (writer,)

    def _origin(self, record: r.Record) -> str:
        return f"{CONTINUED}{self.old.id.hex()}:{record.reference}"

    def _at(self, record_id: bytes) -> int:
        """Return where something that was spoken of stands in the new log; raises RuleError where it is not there."""
        position = position_of(self.db, record_id)
        if position not in self._new:
            raise RuleError(_("This was not taken over."))
        return self._new[position]

    def _desk(self, party: str) -> Desk:
        if party not in self._desks:
            known = self.desk.covenant.party(party)
            self._desks[party] = sit_down(self.desk.log, self._settings, party) if known else self.desk
        return self._desks[party]


def _erased() -> r.Words:
    """Return what is said of an open thing whose words were erased."""
    told = _("[erased in the log before]")
    return r.Words(text=told, title=told, reason=told)


_STEPS: dict[type[Frame], Callable[..., r.Record]] = {
    r.Accepted: task_verbs.accept,
    r.Started: task_verbs.start,
    r.Confirmed: task_verbs.confirm,
    r.Affirmed: task_verbs.affirm,
}
