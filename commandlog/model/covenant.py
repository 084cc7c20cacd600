"""The covenant of an event: who takes part, what each may and must, and the words they use for places and matters.

A scenario file is a covenant before it is signed; opening an event puts it into the log, where every report and task
consults it. Codes (`police`, `gate-f`) are stable and are what records carry; names are for people and may be given
once or per language.
"""

from functools import cached_property

from msgspec import Struct, field

from commandlog.language import current

Named = str | dict[str, str]
Ring = tuple[tuple[float, float], ...]  # longitude, latitude; the last corner is the first one again


def spoken(name: Named, language: str | None = None) -> str:
    """Return a name in `language` (default: the current one), or in whichever language it has."""
    if isinstance(name, str):
        return name
    return name.get(language or current()) or next(iter(name.values()), "")


class Contact(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Whom to call when a desk is empty."""

    name: str
    phone: str = ""
    channel: str = ""


class Party(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An organisation that signs the covenant. `letter` begins its desks' codes (P2): one or two capitals."""

    code: str
    name: Named
    sector: str
    letter: str
    aliases: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()


class Role(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What somebody is there for: guard, event profiler, camera operator."""

    code: str
    name: Named


class Unit(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who speaks on the radio. `parties` names both where a unit spans two; `accepts` then answers its tasks."""

    callsign: str
    party: str
    role: str = ""
    parties: tuple[str, ...] = ()
    accepts: str = ""
    channel: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def answering_party(self) -> str:
        """The party that accepts or declines tasks for this unit."""
        return self.accepts or self.party


class Place(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A zone of the plan. `space` is public or private; `lead` names the leading party per subject.

    `capacity` is in persons, `warn_at` the percentage of it from which a count is shown as a warning. `area` is the
    outer ring of each polygon, as longitude and latitude; `pin` is latitude and longitude; both in WGS 84.
    """

    code: str
    name: Named
    space: str = "private"
    lead: dict[str, str] = field(default_factory=dict)
    within: str = ""
    aliases: tuple[str, ...] = ()
    capacity: int = 0
    warn_at: int = 0
    area: tuple[Ring, ...] = ()
    pin: tuple[float, float] | None = None


class Category(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a report is about. A `suspicion` must get a disposition; `subject` decides who leads."""

    code: str
    name: Named
    subject: str = ""
    suspicion: bool = False
    aliases: tuple[str, ...] = ()


class Power(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something that only some parties may do. A task whose words name it, for a party without it, is warned of."""

    code: str
    name: Named
    holders: tuple[str, ...]
    article: str
    text: Named
    words: tuple[str, ...] = ()


class Mandate(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a role may do and report, on which ground. A report outside `may_report` gets a quiet mark, no obstacle."""

    code: str
    party: str
    role: str
    article: str
    text: Named
    tasks: tuple[Named, ...] = ()
    may_report: tuple[str, ...] = ()


class Level(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One rung of a ladder."""

    code: str
    name: Named


class Ladder(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A scale of levels (GRIP, the venue's colours) and who may declare on it."""

    code: str
    name: Named
    levels: tuple[Level, ...]
    declared_by: tuple[str, ...] = ()
    review_minutes: int = 0


class Deadline(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Within how many minutes something is due: of one priority or category where these are given."""

    code: str
    minutes: int
    priority: str = ""
    category: str = ""


class Alarm(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the program draws attention to after so many minutes, how urgently, and what whoever sees it should do."""

    code: str
    name: Named
    after_minutes: int
    priority: str
    action: Named


class Covenant(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True, dict=True):
    """All of it. `answer_minutes` is what a task without a deadline of its own gets; 0 gives none.

    `retention_days` is how long a log is kept after it was closed, before it may be deleted; 0 where nothing is agreed.
    With `shows_sealed`, desks show unasked that there are entries which they may not read.
    """

    code: str
    name: Named
    language: str = "nl"
    timezone: str = "Europe/Amsterdam"
    driver: str
    exercise: bool = False
    shows_sealed: bool = False
    variant: str = "continue"
    answer_minutes: int = 0
    valid_until: str = ""
    evaluation_due: str = ""
    retention_days: int = 0
    parties: tuple[Party, ...]
    roles: tuple[Role, ...] = ()
    units: tuple[Unit, ...] = ()
    places: tuple[Place, ...] = ()
    categories: tuple[Category, ...] = ()
    powers: tuple[Power, ...] = ()
    mandates: tuple[Mandate, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    phases: tuple[Level, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    alarms: tuple[Alarm, ...] = ()

    def party(self, code: str) -> Party | None:
        """The party with this code."""
        return next((p for p in self.parties if p.code == code), None)

    def unit(self, callsign: str) -> Unit | None:
        """The unit with this call sign, whatever its case."""
        return self._named.get(callsign.casefold())

    @cached_property
    def _named(self) -> dict[str, Unit]:
        """The units by call sign and alias, folded; the first one of a name: an import asks for each of its rows."""
        return {name.casefold(): u for u in reversed(self.units) for name in (*u.aliases, u.callsign)}

    def place(self, code: str) -> Place | None:
        """The place with this code."""
        return next((p for p in self.places if p.code == code), None)

    def category(self, code: str) -> Category | None:
        """The category with this code."""
        return next((c for c in self.categories if c.code == code), None)

    def role(self, code: str) -> Role | None:
        """The role with this code."""
        return next((r for r in self.roles if r.code == code), None)

    def ladder(self, code: str) -> Ladder | None:
        """The ladder with this code."""
        return next((one for one in self.ladders if one.code == code), None)

    def minutes(self, code: str, priority: str = "", category: str = "") -> int:
        """Within how many minutes something is due (see `Deadline`), 0 where nothing is agreed.

        Of several deadlines that of the priority holds, then that of the category, then the general one; for answers
        `answer_minutes` is the last resort.
        """
        fitting = [
            one
            for one in self.deadlines
            if one.code == code and one.priority in ("", priority) and one.category in ("", category)
        ]
        found = max(fitting, key=lambda one: (bool(one.priority), bool(one.category)), default=None)
        return found.minutes if found else self.answer_minutes if code == "answer" else 0

    def article(self, rule: str) -> str:
        """The article behind the code of a power or mandate; the code itself where it is neither (a ladder)."""
        rules: list[Power | Mandate] = [*self.powers, *self.mandates]
        return next((one.article for one in rules if one.code == rule), rule)

    def party_name(self, code: str) -> str:
        """How people call a party; its code where the covenant does not have it (an imported log)."""
        found = self.party(code)
        return spoken(found.name) if found else code

    def place_name(self, code: str) -> str:
        """How people call a place; its code where the covenant does not have it."""
        found = self.place(code)
        return spoken(found.name) if found else code

    def category_name(self, code: str) -> str:
        """How people call a category; its code where the covenant does not have it."""
        found = self.category(code)
        return spoken(found.name) if found else code

    def role_name(self, code: str) -> str:
        """How people call a role; its code where the covenant does not have it."""
        found = self.role(code)
        return spoken(found.name) if found else code

    def level_name(self, ladder: str, code: str) -> str:
        """How people call a level."""
        found = self.ladder(ladder)
        return next((spoken(one.name) for one in found.levels if one.code == code), code) if found else code

    def phase_name(self, code: str) -> str:
        """How people call a phase of the event."""
        return next((spoken(one.name) for one in self.phases if one.code == code), code)
