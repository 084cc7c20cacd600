"""A mapping says what a file's columns mean, so that the same source is imported the same way each time (TOML).

docs/import.md describes the format. Whatever a mapping leaves out is guessed. `mapping_checks` reads such a file and
says what is wrong with it.
"""

from typing import get_type_hints
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from commandlog.intake.rows import Shape

Names = str | list[str]
_SHORT = 200  # characters of a value that is remembered
_REMEMBERED = 10_000


class Strict(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the mapping; a key it does not know is an error, since it would do nothing."""


class File(Strict, frozen=True):
    """How the file is written; what is left out is guessed.

    `header` is how many header rows there are (true: one, false: none); `sheet` a workbook's sheet by its name or
    number, or a page's table by number; `records` the dotted path to the list in a JSON file; `pattern` a regular
    expression with named groups, which become the columns of a text log.
    """

    encoding: str = ""
    separator: str = ""
    header: bool | int | None = None
    sheet: str | int = ""
    records: str = ""
    pattern: str = ""


class Columns(Strict, frozen=True):
    """Which columns hold what. Lists are joined: date and time by a space, text and places by a comma.

    `coordinates` is one column that holds both; `key` names the columns by which a row is known again; `ignore` those
    that are not kept.
    """

    time: Names = ""
    end: Names = ""
    duration: str = ""
    text: Names = ""
    kind: str = ""
    party: str = ""
    unit: str = ""
    person: str = ""
    place: Names = ""
    category: str = ""
    priority: str = ""
    state: str = ""
    coordinates: str = ""
    latitude: str = ""
    longitude: str = ""
    key: Names = ""
    ignore: Names = ""


ROLES = Columns.__struct_fields__
"""What a column can be."""

SINGLE = frozenset(role for role, kind in get_type_hints(Columns).items() if kind is str)
"""The roles that one column has; the others may have several."""


class Time(Strict, frozen=True):
    """How times are written: a strptime format, or the order of day and month ("dmy", "mdy", "ymd").

    `start` is the moment at which elapsed times begin ("2020-01-01 20:00"), `date` the day of the first row where the
    file has only times of day ("2020-01-01").
    """

    format: str = ""
    order: str = ""
    start: str = ""
    date: str = ""


class Coordinates(Strict, frozen=True):
    """Which system the coordinates are in, as in "WGS84", "RD", "EPSG:28992" or "EPSG:31370"."""

    system: str = ""


class Extract(Strict, frozen=True):
    """A column made from another: the first group of `pattern` in it. Of several with one name, the first that fits."""

    name: str
    column: str
    pattern: str = "(?s)(.+)"


class Values(Strict, frozen=True):
    """What is written in the file → the code in the log; `*` stands for anything, capitals do not matter."""

    category: dict[str, str] = field(default_factory=dict)
    priority: dict[str, str] = field(default_factory=dict)
    place: dict[str, str] = field(default_factory=dict)
    unit: dict[str, str] = field(default_factory=dict)
    party: dict[str, str] = field(default_factory=dict)
    state: dict[str, str] = field(default_factory=dict)
    kind: dict[str, str] = field(default_factory=dict)


class Longer(Strict, frozen=True):
    """Rows in which `pattern` is found belong to the incident for a longer time."""

    column: str
    pattern: str
    minutes: int


class Incident(Strict, frozen=True):
    """Rows with the same values in `columns`, each at most `minutes` after the one before, are one incident.

    `title` is a template over columns; groups of fewer than `least` rows get no incident.
    """

    columns: list[str]
    title: str
    minutes: int = 60
    least: int = 1
    longer: Longer | None = None


class Pairs(Strict, frozen=True):
    """Two rows with the same values in `columns`: the one in which `begin` is found is closed by the next with `end`.

    Both are looked for in `column`; `minutes` is how far apart they may be (0: however far). With `to`, a party or a
    call sign, the two are a task for it.
    """

    columns: list[str]
    column: str
    begin: str
    end: str
    minutes: int = 0
    to: str = ""


class Task(Strict, frozen=True):
    """Rows are tasks: for `to` (a party or a call sign), or for whom a column (`to_column`) names.

    Only those in whose `column` the `pattern` is found, where these are given. `accepted`, `started` and `done` are the
    columns of these times; without them a task is accepted when it was given, and done at its end.
    """

    to: str = ""
    to_column: str = ""
    column: str = ""
    pattern: str = ""
    accepted: str = ""
    started: str = ""
    done: str = ""


class Level(Strict, frozen=True):
    """Where `pattern` is found in `column`, `level` (a template: {1} is the first group) holds on `ladder`."""

    ladder: str
    column: str
    pattern: str
    level: str


class Mapping(Strict, frozen=True):
    """The whole file. `kind` is one of KINDS, `party` who said it (default: the importing desk's party).

    `audience` are the parties that may read what is taken in (default: all), `tell_apart` the columns that with the
    minute tell rows apart where there is no key (default: text, places and categories).
    """

    name: str = ""
    kind: str = "report"
    party: str = ""
    audience: list[str] = field(default_factory=list)
    settled: bool = True
    timezone: str = ""
    null: list[str] | None = None
    tell_apart: list[str] = field(default_factory=list)
    file: File = field(default_factory=File)
    columns: Columns = field(default_factory=Columns)
    time: Time = field(default_factory=Time)
    coordinates: Coordinates = field(default_factory=Coordinates)
    extract: list[Extract] = field(default_factory=list)
    values: Values = field(default_factory=Values)
    incident: Incident | None = None
    pairs: Pairs | None = None
    task: Task | None = None
    level: list[Level] = field(default_factory=list)

    @property
    def shape(self) -> Shape:
        """What it says about the file itself."""
        given = {one: getattr(self.file, one) for one in File.__struct_fields__} | {"sheet": str(self.file.sheet)}
        return Shape(**{one: given[one] for one in Shape._fields if one in given})


KINDS = ("report", "note", "observation", "message", "decision")
"""What a row can be taken in as."""


def names(given: Names) -> list[str]:
    """Return one name or several as a list."""
    return [given] if isinstance(given, str) and given else list(given)


def zone(name: str) -> ZoneInfo | None:
    """Return the time zone of this name, None where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


class Glob:
    """Fits a text to one in which `*` stands for anything; the parts are looked for one after the other, once."""

    def __init__(self, written: str) -> None:
        self._first, *self._middle, self._last = written.split("*")

    def fits(self, text: str) -> bool:
        """Whether a text is like this from its beginning to its end."""
        at, end = len(self._first), len(text) - len(self._last)
        if at > end or not (text.startswith(self._first) and text.endswith(self._last)):
            return False
        for part in self._middle:
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True


class Translator:
    """Looks up what is written in a value map: whole words first, then patterns with `*` in their order."""

    def __init__(self, values: dict[str, str]) -> None:
        self._whole = {one.casefold(): code for one, code in values.items() if "*" not in one}
        self._parts = [(Glob(one.casefold()), code) for one, code in values.items() if "*" in one]
        self._known: dict[str, str | None] = {}

    def find(self, value: str) -> str | None:
        """Return the code for a value, None where the map does not have it; an empty code means: leave it out."""
        if value in self._known:
            return self._known[value]
        folded = value.casefold()
        found = self._whole.get(folded)
        if found is None:
            found = next((code for glob, code in self._parts if glob.fits(folded)), None)
        if len(value) <= _SHORT:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            self._known[value] = found
        return found
