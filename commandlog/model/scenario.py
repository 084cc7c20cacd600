"""Reading scenarios: a covenant written in TOML, by the product or by an organisation itself.

Whoever writes one is no programmer: an error names the file, the line and the key, and says what to put there.
"""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import msgspec

from commandlog.language import _
from commandlog.model.checks import faults
from commandlog.model.covenant import Covenant
from commandlog.model.errors import RuleError, Unavailable

_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]")
_BUILTIN = re.compile(r"[\w-]+")


def scenarios() -> list[str]:
    """Return the names of the scenarios that come with the program, in alphabetical order."""
    folder = files("commandlog_resources") / "scenarios"
    return sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))


def load(name_or_path: str) -> Covenant:
    """Read the scenario of this name, else the file at this path.

    Raises RuleError for a scenario that does not exist or does not hold together, Unavailable for a file that cannot
    be read just now.
    """
    text, shown = _text(name_or_path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(_("{file} is no valid TOML: {problem}.").format(file=shown, problem=error)) from error
    except RecursionError as error:
        raise RuleError(_("{file} is nested too deeply to be a scenario.").format(file=shown)) from error
    try:
        covenant = msgspec.convert(data, Covenant)
    except msgspec.ValidationError as error:
        problem, _separator, path = str(error).partition(" - at `$")
        raise _wrong(shown, text, path.rstrip("`").removeprefix("."), problem) from error
    for key, problem in faults(covenant):
        raise _wrong(shown, text, key, problem)
    return covenant


def _text(name_or_path: str) -> tuple[str, str]:
    """Return a scenario's text and how to speak of it."""
    if _BUILTIN.fullmatch(name_or_path) and name_or_path in scenarios():
        file = files("commandlog_resources") / "scenarios" / f"{name_or_path}.toml"
        return file.read_text("utf-8"), file.name
    path = Path(name_or_path)
    try:
        return path.read_text("utf-8"), path.name
    except (FileNotFoundError, IsADirectoryError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise RuleError(_("{file} is not written in UTF-8. Save it as UTF-8.").format(file=path.name)) from error
        known = ", ".join(scenarios())
        raise RuleError(
            _("There is no scenario “{name}”. Choose one of {known}, or give the path of a file.").format(
                name=name_or_path, known=known
            )
        ) from error
    except OSError as error:
        raise Unavailable(
            _("{file} cannot be read: {problem}.").format(file=path.name, problem=error.strerror or error)
        ) from error


def _wrong(shown: str, text: str, key: str, problem: str) -> RuleError:
    line = line_of(text, key)
    where = _("{file}, line {line}").format(file=shown, line=line) if line else shown
    return RuleError(f"{where}: {key}: {problem}" if key else f"{where}: {problem}")


def line_of(text: str, key: str) -> int:
    """Return the line (from 1) on which a key such as "units[3].party" stands in a TOML text, 0 where it is not found.

    Finds tables and arrays of tables as people write them: `[[units]]`, or `units = [` with one `{…}` a line. Of what
    is nested deeper it names the line of what it is in.
    """
    lines, at, end = text.splitlines(), 0, 0
    for name, index in _STEP.findall(f".{key}"):
        found = _of_name(lines, at, name, end > 0) if name else _of_index(lines, at, int(index))
        if found < 0:
            break
        at, end = found, found + 1
    return end


def _of_name(lines: list[str], at: int, name: str, is_nested: bool) -> int:
    header = re.compile(rf"\s*(?:\[+\s*{re.escape(name)}\s*\]+|{re.escape(name)}\s*=)")
    for number, line in enumerate(lines[at:], at):
        if header.match(line):
            return number
        if is_nested and number > at and line.startswith("["):
            break
    return -1


def _of_index(lines: list[str], at: int, index: int) -> int:
    is_table = lines[at].lstrip().startswith("[[")
    wanted = lines[at].strip() if is_table else "{"
    for number, line in enumerate(lines[at:], at):
        if line.strip().startswith(wanted):
            index -= 1
            if index < 0:
                return number
        elif not is_table and number > at and line.startswith(("]", "[")):
            break
    return -1
