"""A mapping says what a file's columns mean, so that the same source is imported the same way each time (TOML).

docs/import.md describes the format. Whatever a mapping leaves out is guessed. A fault in it is a RuleError that names
the file, the key and what to do.
"""

import hashlib
import re
import tomllib
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field

from commandlog.intake.rows import Shape, known_encoding, reading
from commandlog.language import _
from commandlog.model.errors import RuleError
from commandlog.model.words import Priority

MAX_MAPPING = 1 << 20  # bytes
Names = str | list[str]


class Strict(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the mapping; a key it does not know is an error, since it would do nothing."""


class File(Strict, frozen=True):
    """How the file is written; what is left out is guessed."""

    encoding: str = ""
    separator: str = ""
    header: bool | None = None


class Columns(Strict, frozen=True):
    """Which columns hold what. Lists are joined: date and time by a space, text and places by a comma.

    `key` names the columns by which a row is known again; `ignore` those that are not kept.
    """

    time: Names = ""
    end: Names = ""
    text: Names = ""
    unit: str = ""
    person: str = ""
    place: Names = ""
    category: str = ""
    priority: str = ""
    latitude: str = ""
    longitude: str = ""
    key: Names = ""
    ignore: Names = ""


class Time(Strict, frozen=True):
    """How times are written: a strptime format, or the order of day and month ("dmy", "mdy", "ymd")."""

    format: str = ""
    order: str = ""


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


class Level(Strict, frozen=True):
    """Where `pattern` is found in `column`, `level` (a template: {1} is the first group) holds on `ladder`."""

    ladder: str
    column: str
    pattern: str
    level: str


class Mapping(Strict, frozen=True):
    """The whole file; `kind` is "report" or "note", `party` who said it (default: the importing desk's party)."""

    name: str = ""
    kind: str = "report"
    party: str = ""
    settled: bool = True
    timezone: str = ""
    null: list[str] | None = None
    file: File = field(default_factory=File)
    columns: Columns = field(default_factory=Columns)
    time: Time = field(default_factory=Time)
    extract: list[Extract] = field(default_factory=list)
    values: Values = field(default_factory=Values)
    incident: Incident | None = None
    level: list[Level] = field(default_factory=list)

    @property
    def shape(self) -> Shape:
        """What it says about the file itself."""
        return Shape(self.file.encoding, self.file.separator, self.file.header)


def names(given: Names) -> list[str]:
    """Return one name or several as a list."""
    return [given] if isinstance(given, str) and given else list(given)


def read_mapping(path: Path) -> tuple[Mapping, bytes]:
    """Return the mapping in a TOML file (or of one of ours, by name) and its SHA-256.

    Raises RuleError naming the key that is wrong, Unavailable where the disk refuses.
    """
    with reading(path):
        path = _ours(path)
        if not path.is_file():
            raise RuleError(
                _("There is no mapping {file}: give a file, or the name of one that comes with the program.").format(
                    file=path
                )
            )
        if path.stat().st_size > MAX_MAPPING:
            raise RuleError(_("{file} is too large to be a mapping.").format(file=path.name))
        data = path.read_bytes()
    try:
        mapping = msgspec.convert(tomllib.loads(data.decode("utf-8-sig")), Mapping)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RuleError(
            _("{file} is not valid TOML: {error}. Mend it and try again.").format(file=path.name, error=error)
        ) from error
    except msgspec.ValidationError as error:
        raise _wrong(path, "", str(error)) from error
    _check(path, mapping)
    return mapping, hashlib.sha256(data).digest()


def _ours(path: Path) -> Path:
    """Return the mapping that comes with the program where only its name is given ("den-haag-p2000")."""
    if path.exists() or path.name != str(path):
        return path
    here = Path(str(files("commandlog_resources"))) / "mappings" / f"{path.name.removesuffix('.toml')}.toml"
    return here if here.is_file() else path


def _wrong(path: Path, key: str, why: str) -> RuleError:
    at = f"{key}: " if key else ""
    return RuleError(
        _("Mapping {file}: {fault}. docs/import.md describes the keys.").format(file=path.name, fault=f"{at}{why}")
    )


def _check(path: Path, mapping: Mapping) -> None:
    """Raise RuleError for values that fit their type and yet cannot be meant."""
    faults = [
        (mapping.kind not in ("report", "note"), "kind", _("must be “report” or “note”")),
        (mapping.time.order not in ("", "dmy", "mdy", "ymd"), "time.order", _("must be “dmy”, “mdy” or “ymd”")),
        (not _reads_itself(mapping.time.format), "time.format", _("is no format: “%d-%m-%Y %H:%M” is one")),
        (len(mapping.file.separator) > 1, "file.separator", _("must be one character")),
        (mapping.file.separator in ('"', "\n", "\r"), "file.separator", _("must be one character")),
        (
            bool(mapping.file.encoding) and not known_encoding(mapping.file.encoding),
            "file.encoding",
            _("is not known: try “utf-8” or “cp1252”"),
        ),
        (
            bool(mapping.timezone) and zone(mapping.timezone) is None,
            "timezone",
            _("is not known: write it as Europe/Amsterdam"),
        ),
        (
            bool(mapping.columns.latitude) != bool(mapping.columns.longitude),
            "columns.longitude",
            _("needs latitude too, and the other way round"),
        ),
    ]
    wrong = next((one for one in mapping.values.priority.values() if one and one not in list(Priority)), None)
    faults.append(
        (wrong is not None, "values.priority", _("“{value}” is none of the four priorities").format(value=wrong))
    )
    if mapping.incident:
        small = mapping.incident.minutes < 1 or mapping.incident.least < 1 or not mapping.incident.columns
        faults.append((small, "incident", _("columns, minutes and least must say something")))
    for key, why in ((key, why) for fault, key, why in faults if fault):
        raise _wrong(path, key, why)
    patterns = [("extract.pattern", one.pattern, 1) for one in mapping.extract]
    patterns += [("level.pattern", one.pattern, 0) for one in mapping.level]
    if mapping.incident and mapping.incident.longer:
        patterns.append(("incident.longer.pattern", mapping.incident.longer.pattern, 0))
    for key, pattern, groups in patterns:
        try:
            compiled = re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise _wrong(
                path, key, _("“{pattern}” is no pattern: {error}").format(pattern=pattern, error=error)
            ) from error
        if compiled.groups < groups:
            raise _wrong(path, key, _("“{pattern}” has no group in brackets").format(pattern=pattern))


def _reads_itself(pattern: str) -> bool:
    """Whether a strptime format can be read at all (empty: none is given)."""
    try:
        return not pattern or bool(datetime.strptime(datetime(2020, 11, 22, tzinfo=UTC).strftime(pattern), pattern))  # noqa: DTZ007
    except (ValueError, re.error, KeyError, IndexError):
        return False


def zone(name: str) -> ZoneInfo | None:
    """Return the time zone of this name, None where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


class Translator:
    """Looks up what is written in a value map: whole words first, then patterns with `*` in their order."""

    def __init__(self, values: dict[str, str]) -> None:
        self._whole = {one.casefold(): code for one, code in values.items() if "*" not in one}
        self._parts = [
            (re.compile(".*".join(re.escape(part) for part in one.casefold().split("*")), re.DOTALL), code)
            for one, code in values.items()
            if "*" in one
        ]
        self._known: dict[str, str | None] = {}

    def find(self, value: str) -> str | None:
        """Return the code for a value, None where the map does not have it; an empty code means: leave it out."""
        if value not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            folded = value.casefold()[:2_000]
            found = next((code for pattern, code in self._parts if pattern.fullmatch(folded)), None)
            self._known[value] = self._whole.get(folded, found)
        return self._known[value]
