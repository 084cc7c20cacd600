"""Writes the rows of a plan through the verbs: each row once, what goes with it once, what came to its end since too.

Every record has an origin of its own (the row's key, or one made of it), so whatever is there already stays as it is.
What the log no longer allows, since somebody has gone further with it here, is left alone.
"""

from collections.abc import Callable

from commandlog.intake import import_tasks
from commandlog.intake.deeds import TASK, Deed
from commandlog.intake.entries import Entry, derived_key
from commandlog.intake.plan import Plan
from commandlog.intake.standing import Standing, imports, positions
from commandlog.language import _
from commandlog.log.derived import entries, incidents, origins, reports, tasks
from commandlog.log.derived.table import FOREVER
from commandlog.log.desk import Desk
from commandlog.model.frames import Source
from commandlog.model.keeping import Imported
from commandlog.model.records import DecisionWords, Record, Words
from commandlog.verbs.assessing import ASSESSED
from commandlog.verbs.context import About
from commandlog.verbs.ending import end, end_at_once
from commandlog.verbs.incidents import close_incident, link, open_incident
from commandlog.verbs.levels import set_level
from commandlog.verbs.saying import add_to, decide, message, note, observe, report, source_of

DAY = 86_400_000  # milliseconds after which nothing more is expected of an incident whose file ends with it
_REPORTS = ("report", "observation")
_SAY: dict[str, Callable[..., Record]] = {"report": report, "note": note, "observation": observe}


class ImportWriter:
    """Writes the entries of one plan in the order of time, and counts."""

    def __init__(self, desk: Desk, plan: Plan) -> None:
        """Begin before the first entry."""
        self.desk, self.plan = desk, plan
        self.db = desk.log.db
        self.standing = Standing(desk.log, plan)
        self.done = self.safe = 0  # rows; those that are on disk
        self.added = self.already = self.opened = self.levels = self.closed = self.tasks = 0
        self._audience = tuple(plan.mapping.audience)
        self._sources: dict[tuple[str, str], Source | None] = {}
        self._incident_of = {number: n for n, one in enumerate(plan.incidents) for number in one.members}
        self._positions: dict[int, int] = {}
        self._since = max(imports(self.db), default=0)
        self._recent = 0  # rows in the log that no Imported record speaks of yet
        self._wrote = False

    def write(self, most: int) -> None:
        """Write the next entries, at most so many rows, inside `writing`."""
        there: list[tuple[Entry, Deed, int]] = []
        before = self.desk.log.place
        rows = [(number, *self.plan.both(number)) for number in self.plan.order[self.done : self.done + most]]
        known = positions(self.db, [entry.origin for _number, entry, _deed in rows])
        for number, entry, deed in rows:
            if position := known.get(entry.origin, 0):
                self.already += 1
                there.append((entry, deed, position))
                made = None
            else:
                made = self._add(number, entry, deed)
                position = made.seq
            self._recent += position > self._since
            self._follow(number, entry, deed, position, made)
            self.done += 1
        self.standing.compare(there)
        self._wrote = self._wrote or self.desk.log.place != before

    def _add(self, number: int, entry: Entry, deed: Deed) -> Record:
        about = self._about(entry, deed)
        begun = self._begun(number)
        if begun:
            made = self._ends(begun, entry, about)
        elif deed.kind == TASK:
            made = import_tasks.propose(self.desk, entry.text, deed, about)
            self.tasks += 1
        else:
            made = self._say(entry.text, deed, about)
        self.added += 1
        return made

    def _about(self, entry: Entry, deed: Deed) -> About:
        return {
            "source": self._source(entry.unit, deed.party),
            "occurred_at": entry.occurred,
            "place": entry.place,
            "where": entry.where,
            "category": entry.category,
            "priority": entry.priority,
            "person": entry.person,
            "pin": entry.pin,
            "raw": entry.raw,
            "audience": self._audience,
            "origin": entry.origin,
        }

    def _source(self, unit: str, party: str) -> Source | None:
        """Return who said it: the unit, on behalf of the party where the file names that too."""
        if (unit, party) not in self._sources:
            source = source_of(self.desk, unit) if unit else Source(party=party) if party else None
            if source and party and party in self._parties_of(unit):
                source = Source(party, source.unit, source.role, source.channel)
            self._sources[unit, party] = source
        return self._sources[unit, party]

    def _parties_of(self, callsign: str) -> tuple[str, ...]:
        unit = self.desk.covenant.unit(callsign) if callsign else None
        return (unit.party, *unit.parties) if unit else ()

    def _say(self, text: str, deed: Deed, about: About) -> Record:
        if deed.kind == "decision":
            return decide(self.desk, DecisionWords(decision=text), **about)
        if deed.kind == "message":
            return message(self.desk, text, to_party=self.desk.party, **about)
        settled = self.plan.mapping.settled and not deed.is_open
        return _SAY[deed.kind](self.desk, text, settled=settled, **about)

    # -- what comes to its end -------------------------------------------------------------------------------------

    def _begun(self, number: int) -> int:
        """Return the position of what a row says is over, 0 where it says so of nothing that is in the log."""
        first = self.plan.ends.get(number)
        return origins.position(self.db, self.plan.entry(first).origin) if first is not None else 0

    def _ends(self, begun: int, entry: Entry, about: About) -> Record:
        """Write the row that closes another: the word that it is done, else an addition to it."""
        task = tasks.current(self.db, begun)
        state = reports.current(self.db, begun)
        made = None
        if task:
            made = import_tasks.finish(self.desk, task, entry, about)
        elif not (state and state.state == "closed") and self._is_report(begun):
            made = end(self.desk, begun, entry.text, **about)
        self.closed += made is not None
        return made or add_to(self.desk, begun, entry.text, **about)

    def _is_report(self, position: int) -> bool:
        row = entries.current(self.db, position)
        return row is not None and row.kind in ASSESSED

    def _is_paired(self, number: int) -> bool:
        return number in self.plan.ends or number in self.plan.begun

    def _close(self, entry: Entry, position: int, made: Record | None) -> None:
        """Close a report that is over, as the file says, when it was over; `made` where it was written just now."""
        origin = derived_key(entry.key, "end")
        about: About = {"occurred_at": max(entry.end, entry.occurred), "origin": origin}
        if made:
            end_at_once(self.desk, made, **about)
            self.closed += 1
            return
        state = reports.current(self.db, position)
        if (state and state.state == "closed") or origins.position(self.db, origin) or not self._is_report(position):
            return
        end(self.desk, position, **about)
        self.closed += 1

    def _follow(self, number: int, entry: Entry, deed: Deed, position: int, made: Record | None) -> None:
        """Write what goes with a row: its incident, its levels, how far it has come."""
        incident = self._incident_of.get(number)
        if deed.kind == TASK and number not in self.plan.ends:
            import_tasks.advance(self.desk, entry, deed, position, paired=number in self.plan.begun)
        elif deed.kind in _REPORTS and not deed.is_open and (entry.end or deed.state) and not self._is_paired(number):
            self._close(entry, position, made)
        if incident is not None and number not in self.plan.ends:
            self._link(incident, entry, position)
        for change in self.plan.levels.get(number, ()):
            self._level(change.ladder, change.level, entry, deed)
        if incident is not None and number == self.plan.incidents[incident].members[-1]:
            self._close_incident(incident)

    # -- incidents and levels --------------------------------------------------------------------------------------

    def _link(self, number: int, entry: Entry, position: int) -> None:
        origin = derived_key(entry.key, "link")
        if origins.position(self.db, origin):
            return
        if number not in self._positions:
            self._positions[number] = self._incident(number)
        if incident := self._positions[number]:
            about: About = {"occurred_at": entry.occurred, "origin": origin}
            link(self.desk, position, incident, late=True, **about)

    def _incident(self, number: int) -> int:
        """Return the position of an incident: where its rows in the log are now, else opened anew."""
        one = self.plan.incidents[number]
        first = self.plan.entry(one.members[0])
        for member in one.members:
            there = origins.position(self.db, self.plan.entry(member).origin)
            if there and (found := self._incident_at(there)):
                return found
        origin = derived_key(first.key, "incident")
        if found := origins.position(self.db, origin):
            return found
        self.opened += 1
        made = open_incident(
            self.desk,
            one.title,
            occurred_at=first.occurred,
            place=first.place,
            where=first.where,
            category=first.category,
            audience=self._audience,
            origin=origin,
        )
        return made.seq

    def _incident_at(self, position: int) -> int:
        """Return the incident, open or closed, that an entry belongs to, through merges; 0 where there is none."""
        query = f"SELECT incident FROM links WHERE entry = ? AND until = {FOREVER}"
        found = self.db.execute(query, (position,)).fetchone()
        return incidents.merged(self.db, found[0])[-1] if found else 0

    def _close_incident(self, number: int) -> None:
        """Close an incident that is over by all that the file says: no row of it is open, and none can follow."""
        if not self.plan.mapping.settled:
            return
        one = self.plan.incidents[number]
        members = [self.plan.both(member) for member in one.members]
        over = max(max(entry.occurred, entry.end) for entry, _deed in members)
        can_follow = self.plan.last - over <= one.minutes * 60_000 and self.desk.now - over <= DAY
        if can_follow or any(deed.is_open for _entry, deed in members):
            return
        position = self._positions.get(number) or self._incident(number)
        row = incidents.current(self.db, position)
        if row and row.state == "open":
            origin = derived_key(members[0][0].key, "incident closed")
            close_incident(self.desk, position, occurred_at=over, origin=origin)

    def _level(self, ladder: str, level: str, entry: Entry, deed: Deed) -> None:
        origin = derived_key(entry.key, f"level {ladder}")
        if not origins.position(self.db, origin):
            set_level(
                self.desk,
                ladder,
                level,
                text=entry.text,
                source=self._source(entry.unit, deed.party),
                occurred_at=entry.occurred,
                audience=self._audience,
                origin=origin,
                reason=_("As announced in the imported file"),
            )
            self.levels += 1

    def finish(self) -> None:
        """Say once where the entries came from, inside the last `writing`; nothing where nothing was added."""
        if self._wrote:
            given = self.plan.given
            self.desk.append(
                Imported,
                Words(title=self.plan.source.name, raw={"mapping": given.name} if given.name else None),
                file=self.plan.digest,
                mapping=given.digest,
                entries=self._recent,
                audience=self._audience,
            )
