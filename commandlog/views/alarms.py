"""What the program draws attention to: few, each with what to do, most pressing first (ISA-18.2, EEMUA 191).

An alarm is a function of rows and clock: it is there when its minutes are over and its state still holds, at any moment
that is looked at. That somebody saw it, or put it off, are rows too (`log/derived/traces.py`); both count as long as
what the alarm is about has not changed since. Only what concerns the shared log itself (`LIVE`) is told by the desk's
own connection, since a log that stands still can hold no row about it.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from commandlog.language import _
from commandlog.log.derived import closings
from commandlog.log.derived.agreements import parties_of
from commandlog.log.derived.entries import priority_name
from commandlog.log.derived.levels import PHASE
from commandlog.log.derived.table import FOREVER
from commandlog.log.store import Log
from commandlog.model.covenant import Covenant
from commandlog.model.dealings import SEEN, SHELVED
from commandlog.model.frames import Millis
from commandlog.model.mandates import lead_of
from commandlog.model.words import AWAITING_ANSWER, OPEN_TASKS, Priority
from commandlog.views.alarm_rules import LIVE, MINUTES, rules, shared_rules
from commandlog.views.conflicts import said
from commandlog.views.filters import READABLE
from commandlog.views.lines import COLUMNS, Line, Reader, Row
from commandlog.views.moments import Moment
from commandlog.views.open_items import SETTLED
from commandlog.views.presence import whom_to_call

MOST = 300
"""More alarms than this are counted and not listed: nobody works through such a list."""

FLOOD = 30
"""More alarms an hour for one operator are a flood (EEMUA 191)."""

HOUR, _MINUTE = 3_600_000, 60_000
_ORDER = ("", *Priority)


class AlarmLine(Struct, frozen=True):
    """An alarm about an entry (by its position, 0: about the shared log); times are milliseconds UTC, 0 for none.

    `since` is when it came due, `concerns` are the parties from which something is expected, `action` is what whoever
    sees it should do. One that was `seen_by` a desk rings no more; one put off until `shelved` is away till then.
    """

    code: str
    entry: int
    since: Millis
    priority: str
    concerns: tuple[str, ...]
    name: str
    action: str
    reference: str = ""
    text: str = ""
    place: str = ""
    seen_by: str = ""
    seen_at: Millis = 0
    shelved: Millis = 0

    @property
    def key(self) -> tuple[str, str | int]:
        """What makes it this alarm and no other, also when its entry finds its place in the shared log."""
        return self.code, self.reference or self.entry

    @property
    def rings(self) -> bool:
        """Whether nobody has seen it, or put it off."""
        return not (self.seen_by or self.shelved)


class Look(Struct, frozen=True):
    """All alarms of a moment: those that are there, those that are put off, and when the next one is due (0: none).

    `unlisted` are more than can be listed; `hour` is how many came up in the hour before, for each operator.
    """

    lines: list[AlarmLine]
    shelved: list[AlarmLine]
    unlisted: int
    next_at: Millis
    hour: int

    @property
    def floods(self) -> bool:
        """Whether there are more than anybody can follow."""
        return self.hour > FLOOD


class _Item(NamedTuple):
    """Something that is, or will be, an alarm: `changed` and `until` are between which records its state holds."""

    code: str
    entry: int
    shown: int
    due: Millis
    changed: int
    until: int
    priority: str
    concerns: tuple[str, ...]


def alarms(log: Log, moment: Moment, reader: str = "") -> list[AlarmLine]:
    """Return the alarms of a moment, as far as the reader may see what they are about, most pressing first."""
    return look(log, moment, reader, rate=False).lines


def look(log: Log, moment: Moment, reader: str = "", *, rate: bool = True) -> Look:
    """Return the alarms of a moment with all that belongs to them; of a log that is closed, there are none.

    Without `rate`, nobody counts those of the hour before.
    """
    if closings.first(log.db, moment.position):
        return Look([], [], 0, 0, 0)
    covenant = log.covenant(moment.position)
    asked = _Asked(log, moment, reader, covenant)
    items = list(asked.items(moment.position))
    due = [one for one in items if one.due < moment.clock]
    due.sort(key=lambda one: (-_ORDER.index(one.priority), one.due, one.entry))
    lines = [asked.line(one) for one in due]
    away = [one for one in lines if one.shelved]
    there = [one for one in lines if not one.shelved]
    coming = [one.due + 1 for one in items if one.due >= moment.clock] + [one.shelved for one in away]
    told = asked.told([*there[:MOST], *away[:MOST]])
    return Look(
        told[: min(len(there), MOST)],
        told[min(len(there), MOST) :],
        max(0, len(there) - MOST),
        min(coming, default=0),
        asked.hour() if rate else 0,
    )


def live(log: Log, moment: Moment, reader: str, code: str, since: Millis, text: str) -> AlarmLine:
    """Return an alarm about the shared log itself (`LIVE`), with whether the reader's party has seen it since then."""
    priority, name, action = LIVE[code]
    made = AlarmLine(code, 0, since, str(priority), (), _(name), _(action), text=text)
    query = (
        f"SELECT desk, chosen FROM traces WHERE entry = 0 AND alarm = ? AND what = '{SEEN}' AND party = ?"
        " AND chosen >= ? AND since <= ? AND until > ? LIMIT 1"
    )
    values = (code, reader, since, moment.position, moment.position)
    found = log.db.execute(query, values).fetchone()
    return replace(made, seen_by=found[0], seen_at=found[1]) if found else made


def with_live(look: Look, live_lines: list[AlarmLine]) -> Look:
    """Return a look with what concerns the shared log itself, each where its urgency puts it."""
    if not live_lines:
        return look
    lines = sorted([*live_lines, *look.lines], key=lambda one: -_ORDER.index(one.priority))
    return replace(look, lines=lines)


_NOW = (
    "CROSS JOIN entries e ON e.since = coalesce((SELECT max(v.since) FROM entries v"
    " WHERE v.entry = {entry} AND v.version > 0 AND v.since <= :p), {entry})"
)
"""The version of an entry that holds at position :p."""

_REPORTS = (
    f"SELECT r.entry, e.since, r.received, r.since, r.until, e.category, e.place, e.priority FROM reports r"
    f" {_NOW.format(entry='r.entry')} WHERE r.state = 'received' AND r.until > :back AND r.since <= :p"
)
_TASK = (
    "SELECT t.task, e.since, t.answer_by, t.finish_by, t.since, t.until, t.assignee, t.state, t.done, t.priority"
    f" FROM tasks t {_NOW.format(entry='t.task')}"
)
_STATES = f"t.state IN ({', '.join(repr(str(state)) for state in OPEN_TASKS)})"
_TASKS = (
    f"{_TASK} WHERE t.until = {FOREVER} AND {_STATES} AND +t.since <= :p",
    f"{_TASK} WHERE t.until > :back AND t.until < {FOREVER} AND {_STATES} AND t.since <= :p",
)
"""Open tasks: those of now by the index of what is open, and those that were open then by that of what is over.

The plus keeps the first one from going through all tasks by their position.
"""

_LEVELS = (
    "SELECT l.since, l.declared, l.review_by, l.until, l.declared_by, l.told FROM levels l CROSS JOIN entries e"
    f" ON e.since = l.since WHERE l.ladder != '{PHASE}' AND l.since <= :p AND l.until > :back"
)
_AGREEMENTS = (
    "SELECT a.agreement, e.since, a.agreed, a.until, a.parties, a.affirmed, a.denied FROM agreements a"
    f" {_NOW.format(entry='a.agreement')} WHERE a.state = 'open' AND a.since <= :p AND a.until > :back"
    " AND (a.holds_until = 0 OR a.holds_until > :clock)"
)


_CONFLICTS = (
    "SELECT c.since, e.occurred FROM conflicts c CROSS JOIN entries e ON e.since = c.since"
    f" WHERE c.since <= :p AND NOT {SETTLED.replace(':p', ':back')}"
    " AND (:party = '' OR e.party = :party"
    " OR EXISTS (SELECT 1 FROM desks d WHERE d.desk = e.desk AND d.party = :party))"
)
"""Conflicts that were not settled by :back, for whoever lost: the party whose word was not applied, or who wrote it."""

_AWAY = (
    "SELECT a.since, a.until, a.last, d.party FROM presences a JOIN desks d ON d.desk = a.desk"
    " CROSS JOIN entries e ON e.since = a.since"
    " WHERE a.here = 0 AND a.since <= :p AND a.until > :back AND d.party != :party"
    " AND NOT EXISTS (SELECT 1 FROM desks o LEFT JOIN presences h ON h.desk = o.desk AND h.since <= :p AND h.until > :p"
    " WHERE o.party = d.party AND o.until > :p AND coalesce(h.here, 1))"
    f" AND EXISTS (SELECT 1 FROM tasks t WHERE t.until = {FOREVER} AND {_STATES} AND t.assignee = d.party"
    " AND (:party = '' OR t.requester = :party))"
)
"""Desks that were not heard of any more, where no other of their party is there and it has tasks of :party to do."""


class _Asked:
    """One look at the alarms of a moment."""

    def __init__(self, log: Log, moment: Moment, reader: str, covenant: Covenant) -> None:
        self.log, self.moment, self.reader, self.covenant = log, moment, reader, covenant
        self.rules = rules(covenant) | shared_rules()

    def items(self, back: int) -> Iterator[_Item]:
        """Yield what is due, now or later, in a state that holds at the moment or was left after position `back`."""
        if "unassessed" in self.rules:
            yield from self._reports(back)
        if "unanswered" in self.rules or "late" in self.rules:
            yield from self._tasks(back)
        if "review" in self.rules or "unconfirmed" in self.rules:
            yield from self._levels(back)
        if "unaffirmed" in self.rules:
            yield from self._agreements(back)
        yield from self._conflicts(back)
        yield from self._away(back)

    def _rows(self, query: str, back: int, **more: object) -> Iterable[tuple[Any, ...]]:
        values: dict[str, object] = {"p": self.moment.position, "back": back, **more}
        if self.reader:
            query += f" AND {READABLE}"
            values |= {"reader": self.reader, "reader_in": f",{self.reader},"}
        return self.log.db.execute(query, values).fetchall()

    def _reports(self, back: int) -> Iterator[_Item]:
        suspicious = {f"c{n}": one.code for n, one in enumerate(self.covenant.categories) if one.suspicion}
        if not suspicious:
            return
        query = f"{_REPORTS} AND e.category IN ({', '.join(f':{name}' for name in suspicious)})"
        for entry, shown, received, since, until, category, place, priority in self._rows(query, back, **suspicious):
            named = priority_name(priority)
            lead = lead_of(self.covenant, place, category) or self.covenant.driver
            due = received + self._within("assess", named, category)
            yield self._item("unassessed", entry, shown, due, (since, until), named, (lead,))

    def _tasks(self, back: int) -> Iterator[_Item]:
        for query in _TASKS:
            for task, shown, answer, finish, since, until, assignee, state, done, priority in self._rows(query, back):
                held = (since, until)
                waiting = state in AWAITING_ANSWER and answer
                if waiting and "unanswered" in self.rules:
                    yield self._item("unanswered", task, shown, answer, held, priority, (assignee,))
                elif finish and not done and "late" in self.rules:
                    yield self._item("late", task, shown, finish, held, priority, (assignee,))

    def _levels(self, back: int) -> Iterator[_Item]:
        for since, declared, review, until, by, told in self._rows(_LEVELS, back):
            held = (since, until)
            if review and "review" in self.rules:
                yield self._item("review", since, since, review, held, "", (by,))
            if told and "unconfirmed" in self.rules and (waiting := self._unconfirmed(since, by, told)):
                due = declared + self._within("confirm")
                yield self._item("unconfirmed", since, since, due, held, "", waiting)

    def _unconfirmed(self, level: int, by: str, told: str) -> tuple[str, ...]:
        query = "SELECT party FROM level_confirmations WHERE level = ? AND since <= ?"
        known = {party for (party,) in self.log.db.execute(query, (level, self.moment.position))} | {by}
        return tuple(one for one in parties_of(told) if one not in known)

    def _agreements(self, back: int) -> Iterator[_Item]:
        rows = self._rows(_AGREEMENTS, back, clock=self.moment.clock)
        for agreement, shown, agreed, until, parties, affirmed, denied in rows:
            said = (*parties_of(affirmed), *parties_of(denied))
            waiting = tuple(one for one in parties_of(parties) if one not in said)
            due = agreed + self._within("affirm")
            yield self._item("unaffirmed", agreement, shown, due, (shown, until), "", waiting)

    def _conflicts(self, back: int) -> Iterator[_Item]:
        for since, occurred in self._rows(_CONFLICTS, back, party=self.reader):
            yield self._item("conflict", since, since, occurred, (since, FOREVER), "", ())

    def _away(self, back: int) -> Iterator[_Item]:
        """Yield the last of a party's desks that went: one alarm is enough."""
        last = {party: (since, until, at) for since, until, at, party in self._rows(_AWAY, back, party=self.reader)}
        for party, (since, until, at) in last.items():
            yield self._item("away", since, since, at, (since, until), "", (party,))

    def _within(self, code: str, priority: str = "", category: str = "") -> Millis:
        return (self.covenant.minutes(code, priority, category) or MINUTES[code]) * _MINUTE

    def _item(
        self,
        code: str,
        entry: int,
        shown: int,
        due: Millis,
        held: tuple[int, int],
        priority: str,
        concerns: tuple[str, ...],
    ) -> _Item:
        """Return an item; one about something more urgent than the alarm itself is as urgent as that."""
        rule = self.rules[code]
        urgent = max(rule.priority, priority, key=lambda one: _ORDER.index(one) if one in _ORDER else 0)
        return _Item(code, entry, shown, due + rule.after, *held, urgent if urgent in _ORDER else "", concerns)

    def line(self, item: _Item) -> AlarmLine:
        """Return the alarm that an item is, with what the reader's party chose about it since its state began."""
        rule = self.rules[item.code]
        made = AlarmLine(item.code, item.entry, item.due, item.priority, item.concerns, rule.name, rule.action)
        query = (
            "SELECT what, desk, chosen, lasts FROM traces WHERE entry = :entry AND alarm = :alarm AND since > :changed"
            " AND since <= :p AND until > :p AND (:party = '' OR party = :party) ORDER BY since DESC LIMIT 1"
        )
        values = {"entry": item.entry, "alarm": item.code, "changed": item.changed, "party": self.reader}
        found = self.log.db.execute(query, {**values, "p": self.moment.position}).fetchone()
        if found is None:
            return made
        what, desk, chosen, lasts = found
        if what == SEEN:
            return replace(made, seen_by=desk, seen_at=chosen)
        return replace(made, shelved=lasts) if what == SHELVED and lasts > self.moment.clock else made

    def told(self, lines: list[AlarmLine]) -> list[AlarmLine]:
        """Return alarms with the words of what they are about."""
        looking = Reader(self.log, self.moment, self.reader)
        entries = {one.entry for one in lines}
        rows: list[Row] = []
        for entry in sorted(entries):
            query = (
                f"SELECT {COLUMNS} FROM entries e WHERE (e.since = :entry OR (e.entry = :entry AND e.version > 0))"
                " AND e.since <= :p AND e.until > :p LIMIT 1"
            )
            found = self.log.db.execute(query, {"entry": entry, "p": self.moment.position}).fetchone()
            rows += [Row._make(found)] if found else []
        words = {one.entry: one for one in looking.lines(rows)}
        return [self._worded(one, words[one.entry]) if one.entry in words else one for one in lines]

    def _worded(self, alarm: AlarmLine, line: Line) -> AlarmLine:
        """Return an alarm with what it is about; where nobody is heard of, with whom to call."""
        text = line.text
        if alarm.code == "conflict":
            text = " · ".join((said(self.log, self.moment, line.seq, self.reader), line.text))
        elif alarm.code == "away":
            call = whom_to_call(self.covenant, alarm.concerns[0])
            text = _("call {whom}").format(whom=call) if call else _("the covenant names nobody to call")
        return replace(alarm, reference=line.reference, text=text, place=line.place)

    def hour(self) -> int:
        """Return how many alarms came up in the hour before the moment, for each operator of the reader."""
        begin = self.moment.clock - HOUR
        back = min(self.log.position_at(begin), self.moment.position)
        found = set()
        for item in self.items(back):
            if not item.due < self.moment.clock:
                continue
            up = max(item.due, self.log.kept_at(item.changed))
            left = self.log.kept_at(item.until) if item.until <= self.moment.position else FOREVER
            if begin < up < left:
                found.add((item.code, item.entry, item.due))
        return -(-len(found) // max(1, self._operators()))

    def _operators(self) -> int:
        query = (
            "SELECT count(*) FROM operators o JOIN desks d ON d.desk = o.desk"
            " WHERE (:party = '' OR d.party = :party) AND o.since <= :p AND o.until > :p"
        )
        values = {"party": self.reader, "p": self.moment.position}
        return int(self.log.db.execute(query, values).fetchone()[0])
