"""What a row becomes beside its words: which kind of entry, whose it is, a task for whom, and how far that has come."""

import re
from collections import Counter

from msgspec import Struct

from commandlog.intake.columns import plain
from commandlog.intake.entries import MAX_PATTERN_TEXT, Entry
from commandlog.intake.mapping import KINDS, Columns, Translator
from commandlog.intake.mapping_checks import OPEN_STATES, STATES, Given
from commandlog.intake.timestamps import Clock
from commandlog.language import _, ngettext
from commandlog.model.covenant import Covenant, Named

TASK = "task"
"""The kind of a row that is a task; the other kinds are those of `mapping.KINDS`."""

_CLOSED = (
    *("closed", "close", "done", "completed", "complete", "resolved", "finished", "ended", "cleared", "gesloten"),
    *("afgesloten", "afgehandeld", "afgerond", "klaar", "gereed", "beeindigd", "fermé", "clos", "clôturé", "terminé"),
    *("geschlossen", "erledigt", "abgeschlossen", "закрыто", "закрыт", "завершено", "завершён", "выполнено"),
)
_OPEN = (
    *("open", "opened", "new", "active", "pending", "ongoing", "inprogress", "assigned", "nieuw", "actief", "lopend"),
    *("inbehandeling", "ouvert", "encours", "nouveau", "offen", "neu", "inbearbeitung", "открыто", "открыт", "новый"),
    *("вработе", "активно"),
)
_WORDS = {plain(one): "closed" for one in _CLOSED} | {plain(one): "open" for one in _OPEN}
_WORDS |= {plain(one): one for one in STATES}


class Deed(Struct, array_like=True, gc=False, frozen=True):
    """What an entry is: `kind` ("task" too), who said it, whom a task is for, its state and times (milliseconds UTC).

    Empty and 0 where the file does not say. `state` is one of STATES.
    """

    kind: str
    party: str = ""
    to_party: str = ""
    to_unit: str = ""
    state: str = ""
    accepted: int = 0
    started: int = 0
    done: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the file says in so many words that it is not over."""
        return self.state in OPEN_STATES


class Deeds:
    """Says of each row of one file what it becomes. `counts` and `unknown` are for the notices."""

    def __init__(self, given: Given, covenant: Covenant, at: dict[str, int], clock: Clock, columns: Columns) -> None:
        """Prepare for a file whose columns have these numbers; raises RuleError for what it or the covenant lacks."""
        self.counts: Counter[str] = Counter()
        self.unknown: dict[str, Counter[str]] = {"party": Counter(), "state": Counter(), "kind": Counter()}
        self._at, self._clock, self._covenant = at, clock, covenant
        self._party_column = columns.party
        self._who = {one: getattr(columns, one) for one in ("party", "unit", "person")}
        mapping = given.mapping
        self._maps = {one: Translator(getattr(mapping.values, one)) for one in ("party", "unit")}
        self._parties = _spellings(covenant)
        self._default = Deed(mapping.kind, mapping.party)
        self._prepare_tasks(given)

    def _prepare_tasks(self, given: Given) -> None:
        mapping, at = given.mapping, self._at
        self._task = mapping.task
        self._pattern = None
        if task := mapping.task:
            self._to = addressed(given, self._covenant, task.to, "task.to") if task.to else ("", "")
            self._to_column = given.column(at, task.to_column, "task.to_column") if task.to_column else -1
            self._where = given.column(at, task.column, "task.column") if task.column else -1
            self._pattern = re.compile(task.pattern) if task.pattern else None
            times = {"accepted": task.accepted, "started": task.started, "done": task.done}
            self._times = [given.column(at, name, f"task.{one}") if name else -1 for one, name in times.items()]

    def of(self, entry: Entry, cells: list[str]) -> Deed:
        """Return what a row becomes; what it names and nobody knows stays with the entry's other cells."""
        party = self._party(entry) if entry.party else self._default.party
        state = self._state(entry.state) if entry.state else ""
        kind = self._kind(entry.kind) if entry.kind else self._default.kind
        if self._task and (to := self._assignee(cells)):
            accepted, started, done = self._moments(cells, entry.occurred)
            return Deed(TASK, self._giver(entry, party), *to, state, accepted, started, done)
        if (kind, party, state) == (self._default.kind, self._default.party, ""):
            return self._default
        return Deed(kind, party, state=state)

    def _kind(self, written: str) -> str:
        if (found := plain(written)) in KINDS:
            return found
        self.unknown["kind"][written[:40]] += 1
        return self._default.kind

    def _party(self, entry: Entry) -> str:
        if found := self._parties.get(plain(entry.party), ""):
            return found
        self.unknown["party"][entry.party[:40]] += 1
        entry.raw.setdefault(self._party_column, entry.party)
        return self._default.party

    def _state(self, written: str) -> str:
        found = _WORDS.get(plain(written), "")
        if not found:
            self.unknown["state"][written[:40]] += 1
        return found

    def _assignee(self, cells: list[str]) -> tuple[str, str] | None:
        """Return the party and unit that a row is a task for, None where it is none."""
        if self._pattern and not self._pattern.search(cells[self._where][:MAX_PATTERN_TEXT]):
            return None
        if self._to_column < 0:
            return self._to
        written = cells[self._to_column]
        for name, known in (("unit", self._unit), ("party", self._party_to)):
            mapped = self._maps[name].find(written)
            if found := known(written if mapped is None else mapped):
                return found
        self.counts["no assignee"] += bool(written)
        return None

    def _giver(self, entry: Entry, party: str) -> str:
        """Return the party that gives a task: whoever it is for, as its column says, has not said it."""
        to = self._task.to_column if self._task else ""
        if to == self._who["unit"]:
            entry.unit = ""
        if to == self._who["person"]:
            entry.person = ""
        return self._default.party if to == self._who["party"] else party

    def _unit(self, name: str) -> tuple[str, str] | None:
        unit = self._covenant.unit(name) if name else None
        return (unit.answering_party, unit.callsign) if unit else None

    def _party_to(self, name: str) -> tuple[str, str] | None:
        found = self._parties.get(plain(name), "") if name else ""
        return (found, "") if found else None

    def _moments(self, cells: list[str], given: int) -> tuple[int, ...]:
        """Return when a task was accepted, started and done, 0 where the file does not say."""
        return tuple(self._moment(cells[column], given) if column >= 0 else 0 for column in self._times)

    def _moment(self, written: str, given: int) -> int:
        try:
            return self._clock.read_end(written, given) if written else 0
        except ValueError:
            self.counts["step unread"] += 1
            return 0

    def notices(self) -> list[str]:
        """Return what a person should know of it before going on."""
        texts = {
            "party": _("The covenant has no party {names} ({count} rows): kept with the other cells."),
            "state": _("{names} ({count} rows) is no state that is known: say so in a mapping ([values.state])."),
            "kind": _("{names} ({count} rows) is no kind that is known: say so in a mapping ([values.kind])."),
        }
        said = []
        for what, found in self.unknown.items():
            if found.total():
                names = ", ".join(f"“{one}”" for one, _count in found.most_common(5))
                said.append(texts[what].format(names=names, count=found.total()))
        if nobody := self.counts["no assignee"]:
            told = ngettext(
                "{count} row names nobody whom the covenant knows: no task.",
                "{count} rows name nobody whom the covenant knows: no tasks.",
                nobody,
            )
            said.append(told.format(count=nobody))
        if unread := self.counts["step unread"]:
            told = ngettext(
                "{count} time of a task cannot be read: left out.",
                "{count} times of tasks cannot be read: left out.",
                unread,
            )
            said.append(told.format(count=unread))
        return said


def addressed(given: Given, covenant: Covenant, to: str, key: str) -> tuple[str, str]:
    """Return the party and unit that a mapping's key names; raises RuleError where the covenant has neither."""
    if unit := covenant.unit(to):
        return unit.answering_party, unit.callsign
    if party := _spellings(covenant).get(plain(to), ""):
        return party, ""
    known = ", ".join([*(one.code for one in covenant.parties), *(one.callsign for one in covenant.units)][:30])
    told = _("the covenant has no party and no call sign “{name}”. It has: {known}")
    raise given.wrong(key, told.format(name=to, known=known))


def _spellings(covenant: Covenant) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in covenant.parties:
        for name in (one.code, *_spoken(one.name), *one.aliases):
            found.setdefault(plain(name), one.code)
    return found


def _spoken(name: Named) -> list[str]:
    return [name] if isinstance(name, str) else list(name.values())
