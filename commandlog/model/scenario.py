"""Reading scenarios: a covenant written in TOML, by the product or by an organisation itself.

Whoever writes one is no programmer: every fault is named at once, with its line, its key and what to put there. What a
key may hold is said once, in `resources/schemas/scenario.schema.json`, which editors read too.
"""

import re
import stat
from functools import cache
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any

import msgspec
from msgspec import Struct

from commandlog.language import _, ngettext
from commandlog.model import checks
from commandlog.model.covenant import Covenant, Place
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.places_from import PlacesFrom, places_from
from commandlog.model.shapes import MOST_FAULTS, Fitting, Path
from commandlog.model.toml_lines import key_of, line_of, lines_of, nearest, parsed, path_of

__all__ = ["Examined", "Fault", "examine", "line_of", "load", "scenarios", "schema_text", "text_of"]

LARGEST = 1 << 20  # bytes; ours have fewer than 50,000

_BUILTIN = re.compile(r"[\w-]+")
_AT = re.compile(r"(?s)(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")


class Fault(Struct, frozen=True):
    """What is wrong (or missing) in a scenario, and what to do. `line` and `column` count from 1, 0 for none."""

    line: int
    column: int
    key: str
    problem: str


class Examined(Struct, frozen=True):
    """A scenario that was read: how to speak of its file, what is wrong with it, else its covenant.

    `lines` says on which line each key stands, for what is found out later.
    """

    file: str
    faults: tuple[Fault, ...]
    covenant: Covenant | None
    lines: dict[Path, int]

    def fault(self, key: str, problem: str) -> Fault:
        """Return what is to be said of a key, with its line."""
        return _fault(self.lines, path_of(key), problem)


def scenarios() -> list[str]:
    """Return the names of the scenarios that come with the program, in alphabetical order."""
    folder = files("commandlog_resources") / "scenarios"
    return sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))


def schema_text() -> str:
    """Return the JSON schema of scenarios."""
    return (files("commandlog_resources") / "schemas" / "scenario.schema.json").read_text("utf-8")


def load(name_or_path: str) -> Covenant:
    """Read the scenario of this name, else the file at this path.

    Raises RuleError for a scenario that does not exist or does not hold together, Unavailable for a file that cannot
    be read just now.
    """
    examined = examine(name_or_path)
    if examined.covenant is not None:
        return examined.covenant
    first, *more = examined.faults
    told = said(examined.file, first)
    if more:
        advice = ngettext(
            "There is {number} more fault: `commandlog scenario check` lists it.",
            "There are {number} more faults: `commandlog scenario check` lists them.",
            len(more),
        )
        told = f"{told} {advice.format(number=len(more))}"
    raise RuleError(told)


def said(file: str, fault: Fault) -> str:
    """Return a fault as one line: file, line, key, problem."""
    where = file
    if fault.line and fault.column:
        where = _("{file}, line {line}, column {column}").format(file=file, line=fault.line, column=fault.column)
    elif fault.line:
        where = _("{file}, line {line}").format(file=file, line=fault.line)
    return ": ".join(part for part in (where, fault.key, fault.problem) if part)


def examine(name_or_path: str) -> Examined:
    """Read the scenario of this name, else the file at this path, and say all that is wrong with it.

    Raises RuleError where there is no such file or it is not written in UTF-8, Unavailable where it cannot be read.
    """
    text, shown, folder = text_of(name_or_path)
    try:
        data = parsed(text)
    except (ValueError, RecursionError) as error:
        return Examined(shown, (_syntax(error, text),), None, {})
    lines = lines_of(text)
    fitting = Fitting(data, _schema())
    wrong = {path for path, _problem in fitting.faults}
    asked = fitting.value.pop("places_from", [])
    covenant = msgspec.convert(fitting.value, Covenant)
    made, faults = _places_from(asked, {place.code for place in covenant.places}, folder)
    written = len(covenant.places)
    covenant = msgspec.structs.replace(covenant, places=(*covenant.places, *(place for _n, place in made)))
    found = dict.fromkeys(fitting.faults)
    for key, problem in (*faults, *checks.faults(covenant)):
        path = path_of(key)
        if path[0] == "places" and len(path) > 1 and int(path[1]) >= written:  # it stands where the file is named
            path = ("places_from", made[int(path[1]) - written][0], *path[2:])
        if not _is_within(path, wrong):
            found[path, problem] = None
        if len(found) >= MOST_FAULTS:
            break
    told = sorted((_fault(lines, path, problem) for path, problem in found), key=lambda one: one.line)
    return Examined(shown, tuple(told), None if told else covenant, lines)


def fits(covenant: Covenant) -> bool:
    """Whether a covenant is one that a scenario could have made: nothing would be said of it."""
    fitting = Fitting(msgspec.json.decode(msgspec.json.encode(covenant)), _schema())
    return not fitting.faults and not any(checks.faults(covenant))


def _places_from(
    asked: list[Any], taken: set[str], folder: FilePath
) -> tuple[list[tuple[int, Place]], list[tuple[str, str]]]:
    """Return the places of a scenario's GeoJSON files, each with its file's number, and what is wrong with them."""
    made: list[tuple[int, Place]] = []
    faults: list[tuple[str, str]] = []
    for n, one in enumerate(asked):
        if one["file"] and one["name"]:
            wrong = list[tuple[str, str]]()
            made += [(n, place) for place in places_from(msgspec.convert(one, PlacesFrom), folder, taken, wrong)]
            faults += [(f"places_from[{n}].{key}", problem) for key, problem in wrong]
    return made, faults


def _is_within(path: Path, wrong: set[Path]) -> bool:
    return any(path[:end] in wrong for end in range(1, len(path) + 1))


def _fault(lines: dict[Path, int], path: Path, problem: str) -> Fault:
    return Fault(nearest(lines, path) or 1, 0, key_of(path), problem)


def _syntax(error: ValueError | RecursionError, text: str) -> Fault:
    """Return what makes a text no TOML, and where."""
    if isinstance(error, RecursionError):
        return Fault(0, 0, "", _("This is nested too deeply to be a scenario."))
    found = _AT.fullmatch(str(error))
    if not found:
        return Fault(0, 0, "", _("This is no valid TOML: {problem}.").format(problem=error))
    problem, line, column = found.groups()
    lines = text.split("\n")
    told = _("This is no valid TOML: {problem}.").format(problem=problem)
    told = f"{told} {_advice(problem)}".rstrip()
    return Fault(int(line or len(lines)), int(column or len(lines[-1]) + 1), "", told)


def _advice(problem: str) -> str:
    """Return what to do about what tomllib says is wrong, for the commonest; empty for the rest."""
    if problem.startswith(("Invalid value", "Expected newline or end of document", "Invalid date")):
        return _('Put words and dates between straight quotes: name = "Gate F", valid_until = "2028-12-31".')
    if problem.startswith(("Unclosed", "Expected ']'", "Expected ']]'", "Expected '}'", "Expected ','")):
        return _("A bracket or brace is not closed, here or on a line above.")
    if problem.startswith(("Illegal character", "Unterminated string", 'Expected "\'"', "Expected '\"")):
        return _("A text is not closed: end it with the same quotes that it begins with, on the same line.")
    if problem.startswith(("Cannot overwrite", "Cannot declare", "Duplicate")):
        return _("This key or table stands here for the second time: leave one of the two out.")
    return ""


@cache
def _schema() -> dict[str, Any]:
    return msgspec.json.decode(schema_text(), type=dict[str, Any])


def text_of(name_or_path: str) -> tuple[str, str, FilePath]:
    """Return a scenario's text, how to speak of its file, and the folder that it lies in.

    Raises RuleError where there is none, or it is too large or no UTF-8; Unavailable where it cannot be read.
    """
    if _BUILTIN.fullmatch(name_or_path) and name_or_path in scenarios():
        file = files("commandlog_resources") / "scenarios" / f"{name_or_path}.toml"
        return file.read_text("utf-8"), file.name, FilePath(str(file)).parent
    path = FilePath(name_or_path)
    try:
        content = _content(path)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise _none_such(name_or_path) from error
    except OSError as error:
        raise Unavailable(
            _("{file} cannot be read: {problem}.").format(file=path.name, problem=error.strerror or error)
        ) from error
    if content is None:
        raise _none_such(name_or_path)
    if len(content) > LARGEST:
        raise RuleError(_("{file} is larger than 1 MB: it is no scenario.").format(file=path.name))
    try:
        return content.decode("utf-8-sig"), path.name, path.parent
    except UnicodeDecodeError as error:
        raise RuleError(_("{file} is not written in UTF-8. Save it as UTF-8.").format(file=path.name)) from error


def _content(path: FilePath) -> bytes | None:
    """Return at most a byte more of a file than a scenario may have, None of what is no file (a pipe would wait)."""
    if not stat.S_ISREG(path.stat().st_mode):
        return None
    with path.open("rb") as opened:
        return opened.read(LARGEST + 1)


def _none_such(name: str) -> RuleError:
    told = _("There is no scenario “{name}”. Choose one of {known}, or give the path of a file.")
    return RuleError(told.format(name=name, known=", ".join(scenarios())))
