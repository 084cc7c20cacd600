"""What all readers of JSON share: a document in memory, the lines on which its parts begin, and values as cells."""

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from commandlog.intake.rows import read_whole, reading
from commandlog.language import _
from commandlog.model.errors import RuleError
from commandlog.model.records import clean

MAX_JSON = 256 << 20  # bytes; the whole document is held in memory, at some ten times its size
_GAP = re.compile(r"[\s,]*")
_DEEP = 6  # objects in objects that become columns of their own; deeper ones stay JSON


def json_text(path: Path, encoding: str) -> str:
    """Return the text of a JSON file; raises RuleError where it is too large."""
    content = read_whole(path, MAX_JSON)
    with reading(path):
        return content.decode(encoding, "replace").lstrip("\ufeff \t\r\n")


def parsed(text: str, path: Path) -> Any:
    """Return what a JSON text says; raises RuleError naming the line of the fault."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise RuleError(
            _("{file} is not valid JSON: line {line}, column {column}. Export it again.").format(
                file=path.name, line=error.lineno, column=error.colno
            )
        ) from error
    except (RecursionError, ValueError, MemoryError) as error:
        raise RuleError(
            _("{file} is JSON that nothing sensible would write (too deep, or numbers without end).").format(
                file=path.name
            )
        ) from error


def lines_of(text: str, start: re.Pattern[str], count: int) -> list[int]:
    """Return the lines of the members of the list behind `start`, or only zeros where the text does not give them."""
    found = start.search(text)
    decoder, line, at = json.JSONDecoder(), 1, 0
    lines: list[int] = []
    position = found.end() if found else len(text)
    try:
        while len(lines) < count:
            position = _after_gap(text, position)
            line += text.count("\n", at, position)
            at = position
            lines.append(line)
            position = decoder.raw_decode(text, position)[1]
    except (ValueError, RecursionError):
        return [0] * count
    return lines if text.startswith("]", _after_gap(text, position)) else [0] * count


def numbered(lines: list[int]) -> tuple[list[int], bool]:
    """Return by which numbers members are told apart: their lines (true), or by counting where they share them."""
    distinct = 0 not in lines and (len(lines) < 2 or len(set(lines)) > len(lines) * 0.9)
    return (lines, True) if distinct else (list(range(1, len(lines) + 1)), False)


def cell(value: Any) -> str:
    """Return a JSON value as a cell: null is empty, plain lists are joined, objects stay JSON."""
    if isinstance(value, str):
        return value.replace("\0", "") if value.isascii() else clean(value.replace("\0", ""))
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list) and not any(isinstance(one, (list, dict)) for one in value):
        return ", ".join(filter(None, map(cell, value)))
    try:
        return clean(json.dumps(value, ensure_ascii=False))
    except (ValueError, RecursionError):
        return ""


def flat(record: dict[str, Any], before: str = "", depth: int = 0) -> dict[str, str]:
    """Return an object as cells by name; those of an object within it are named "outer.inner"."""
    cells: dict[str, str] = {}
    for name, value in record.items():
        kind = type(value)
        if kind is str and value.isascii() and "\0" not in value:
            cells[before + name] = value
        elif kind is int:
            cells[before + name] = str(value)
        elif kind is dict and value and depth < _DEEP:
            cells.update(flat(value, f"{before}{name}.", depth + 1))
        else:
            cells[before + name] = cell(value)
    return cells


def names_in(record: dict[str, Any]) -> Iterable[str]:
    """Return the names under which `flat` gives the cells of an object."""
    return flat(record) if any(type(value) is dict for value in record.values()) else record


def _after_gap(text: str, position: int) -> int:
    gap = _GAP.match(text, position)
    return gap.end() if gap else position
