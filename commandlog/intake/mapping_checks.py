"""Reads a mapping file, and says what is wrong with it: the file, the line, the key, and what to put there.

Whoever writes one is no programmer; a fault is a RuleError in one line. What depends on the file to be imported
(columns) or on the covenant (parties, units) is checked when both are there, in `plan`.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import msgspec

from commandlog.intake.mapping import KINDS, Mapping, zone
from commandlog.intake.patterns import fault
from commandlog.intake.rows import known_encoding, reading
from commandlog.language import _
from commandlog.model.errors import RuleError
from commandlog.model.toml_lines import key_of, line_of
from commandlog.model.words import OPEN_TASKS, Priority, TaskState

MAX_MAPPING = 1 << 20  # bytes
STATES = ("open", "closed", *TaskState)
"""What a row's state can be: those of a task, and in short "open" and "closed"."""
OPEN_STATES = frozenset(("open", *OPEN_TASKS))

Wrong = tuple[str, str]
"""A key, and what is wrong with it."""


class Given(NamedTuple):
    """A mapping as it was given: its file's name (empty: none was), its text, and the SHA-256 of its bytes."""

    mapping: Mapping
    name: str = ""
    text: str = ""
    digest: bytes = b""

    def wrong(self, key: str, why: str) -> RuleError:
        """Return the error that names the file, the line and the key."""
        return _wrong(self.name, self.text, key, why)

    def column(self, at: dict[str, int], name: str, key: str) -> int:
        """Return the number of a column that a key names; raises RuleError where the file to import lacks it."""
        if name not in at:
            told = _("the file has no column “{column}”. It has: {known}")
            raise self.wrong(key, told.format(column=name, known=", ".join(list(at)[:30])))
        return at[name]


NOTHING = Given(Mapping())
"""What is given where no mapping is: all is guessed."""


def read_mapping(path: Path) -> Given:
    """Return the mapping in a TOML file, or of one of ours, by its name.

    Raises RuleError naming the key that is wrong, Unavailable where the disk refuses.
    """
    with reading(path):
        path = _ours(path)
        if not path.is_file():
            told = _("There is no mapping {file}: give a file, or the name of one of ours ({ours}).")
            raise RuleError(told.format(file=path, ours=", ".join(mappings())))
        if path.stat().st_size > MAX_MAPPING:
            raise RuleError(_("{file} is too large to be a mapping.").format(file=path.name))
        data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        mapping = msgspec.convert(tomllib.loads(text), Mapping)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RuleError(
            _("{file} is not valid TOML: {error}. Mend it and try again.").format(file=path.name, error=error)
        ) from error
    except msgspec.ValidationError as error:
        problem, _separator, key = str(error).partition(" - at `$")
        raise _wrong(path.name, text, key.rstrip("`").removeprefix("."), problem) from error
    given = Given(mapping, path.name, text, hashlib.sha256(data).digest())
    for key, why in _faults(mapping):
        raise given.wrong(key, why)
    return given


def mappings() -> list[str]:
    """Return the names of the mappings that come with the program, in alphabetical order."""
    return sorted(one.name.removesuffix(".toml") for one in _folder().iterdir() if one.suffix == ".toml")


def _folder() -> Path:
    return Path(str(files("commandlog_resources"))) / "mappings"


def _ours(path: Path) -> Path:
    """Return the mapping that comes with the program where only its name is given ("den-haag-p2000")."""
    if path.exists() or path.name != str(path):
        return path
    here = _folder() / f"{path.name.removesuffix('.toml')}.toml"
    return here if here.is_file() else path


def _wrong(file: str, text: str, key: str, why: str) -> RuleError:
    line = line_of(text, key)
    where = _("{file}, line {line}").format(file=file, line=line) if line else file
    fault = f"{key}: {why}" if key else why
    return RuleError(_("Mapping {file}: {fault}. docs/import.md describes the keys.").format(file=where, fault=fault))


def _faults(mapping: Mapping) -> Iterator[Wrong]:
    """Yield each value that fits its type and yet cannot be meant."""
    if mapping.kind not in KINDS:
        yield "kind", _("must be one of {known}").format(known=", ".join(KINDS))
    if mapping.timezone and zone(mapping.timezone) is None:
        yield "timezone", _("is not known: write it as Europe/Amsterdam")
    yield from _of_file(mapping)
    yield from _of_times(mapping)
    yield from _of_columns(mapping)
    yield from _of_values(mapping)
    yield from _of_rules(mapping)
    yield from _of_patterns(mapping)


def _of_file(mapping: Mapping) -> Iterator[Wrong]:
    file = mapping.file
    if len(file.separator) > 1 or file.separator in ('"', "\n", "\r"):
        yield "file.separator", _("must be one character")
    if file.encoding and not known_encoding(file.encoding):
        yield "file.encoding", _("is not known: try “utf-8” or “cp1252”")
    if file.header is not None and not 0 <= file.header <= 20:
        yield "file.header", _("is how many header rows there are: 0 to 20")


def _of_times(mapping: Mapping) -> Iterator[Wrong]:
    time = mapping.time
    if time.order not in ("", "dmy", "mdy", "ymd"):
        yield "time.order", _("must be “dmy”, “mdy” or “ymd”")
    if not _reads_itself(time.format):
        yield "time.format", _("is no format: “%d-%m-%Y %H:%M” is one")
    for key, value, example in (
        ("time.start", time.start, "2020-01-01 20:00"),
        ("time.date", time.date, "2020-01-01"),
    ):
        if value and _moment(value) is None:
            yield key, _("is no moment: write it as {example}").format(example=example)


def _of_columns(mapping: Mapping) -> Iterator[Wrong]:
    columns = mapping.columns
    if bool(columns.latitude) != bool(columns.longitude):
        yield "columns.longitude" if columns.longitude else "columns.latitude", _("needs both, latitude and longitude")
    if columns.coordinates and columns.latitude:
        yield "columns.coordinates", _("is one column that holds both: leave out latitude and longitude")


def _of_values(mapping: Mapping) -> Iterator[Wrong]:
    closed: list[tuple[str, dict[str, str], tuple[str, ...]]] = [
        ("priority", mapping.values.priority, tuple(Priority)),
        ("state", mapping.values.state, tuple(STATES)),
        ("kind", mapping.values.kind, KINDS),
    ]
    for name, given, known in closed:
        for written, code in given.items():
            if code and code not in known:
                told = _("“{value}” is none of {known}").format(value=code, known=", ".join(known))
                yield key_of(("values", name, written)), told


def _of_rules(mapping: Mapping) -> Iterator[Wrong]:
    if (one := mapping.incident) and (one.minutes < 1 or one.least < 1 or not one.columns):
        yield "incident", _("columns, minutes and least must say something")
    if (pairs := mapping.pairs) and (pairs.minutes < 0 or not pairs.columns):
        yield "pairs", _("columns must say which values the two rows share, minutes how far apart they may be")
    if task := mapping.task:
        if bool(task.to) == bool(task.to_column):
            yield "task", _("must say for whom: “to” (a party or a call sign) or “to_column”")
        if bool(task.column) != bool(task.pattern):
            yield "task", _("needs both, column and pattern, or neither")
    if mapping.task and mapping.pairs and mapping.pairs.to:
        yield "pairs.to", _("cannot be given beside [task]: say which rows are tasks in one of them")


def _of_patterns(mapping: Mapping) -> Iterator[Wrong]:
    patterns = [("file.pattern", mapping.file.pattern, 1)]
    patterns += [(f"extract[{n}].pattern", one.pattern, 1) for n, one in enumerate(mapping.extract)]
    patterns += [(f"level[{n}].pattern", one.pattern, 0) for n, one in enumerate(mapping.level)]
    if mapping.incident and mapping.incident.longer:
        patterns.append(("incident.longer.pattern", mapping.incident.longer.pattern, 0))
    if mapping.pairs:
        patterns += [("pairs.begin", mapping.pairs.begin, 0), ("pairs.end", mapping.pairs.end, 0)]
    if mapping.task:
        patterns.append(("task.pattern", mapping.task.pattern, 0))
    for key, pattern, groups in patterns:
        if not pattern:
            continue
        if told := fault(pattern, whole_line=key == "file.pattern"):
            yield key, told
            continue
        compiled = re.compile(pattern)
        if compiled.groups < groups:
            yield key, _("“{pattern}” has no group in brackets").format(pattern=pattern)
        elif key == "file.pattern" and not compiled.groupindex:
            yield key, _("“{pattern}” names no group: (?P<time>…) becomes the column “time”").format(pattern=pattern)


def _reads_itself(pattern: str) -> bool:
    """Whether a strptime format can be read at all (empty: none is given)."""
    try:
        return not pattern or bool(datetime.strptime(datetime(2020, 11, 22, tzinfo=UTC).strftime(pattern), pattern))  # noqa: DTZ007
    except (ValueError, re.error, KeyError, IndexError):
        return False


def _moment(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
