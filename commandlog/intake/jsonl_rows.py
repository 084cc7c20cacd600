"""Reads JSON lines: an object, or a list of cells, on each line; a broken line costs only itself."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from commandlog.intake.grid import HEAD, Line, find_grid, grid_rows
from commandlog.intake.json_rows import names_of, record_row
from commandlog.intake.json_text import cell
from commandlog.intake.rows import Refusals, Refused, Row, Shape, Table, reading, unique
from commandlog.language import _
from commandlog.model.errors import RuleError
from commandlog.model.records import clean

MAX_LINE = 16 << 20  # characters


def looks_like_lines(start: str) -> bool:
    """Whether the first line is JSON of its own, and most of those below it."""
    lines = [one for line in start.splitlines()[:-1][:20] if (one := _bare(line))]
    if len(lines) < 2:
        lines = [one for line in start.splitlines()[:20] if (one := _bare(line))]
    whole = sum(type(_parsed(one)) in (dict, list) for one in lines)
    return len(lines) > 1 and whole > len(lines) / 2 and type(_parsed(lines[0])) in (dict, list)


def jsonl_rows(path: Path, encoding: str, shape: Shape) -> Table:
    """Return the table in a file of JSON lines; raises RuleError where no line is a record."""
    form = _("JSON lines, {encoding}").format(encoding=encoding.upper())
    head = list(islice(_values(path, encoding, Refusals()), HEAD))
    if not head:
        raise RuleError(_("{file} holds no rows: there is nothing to import.").format(file=path.name))
    if isinstance(head[0][1], list):
        return _of_lists(path, encoding, shape, form)
    names = names_of(value for _line, value in _values(path, encoding, Refusals()))
    if not names:
        raise RuleError(_("{file} holds no rows: there is nothing to import.").format(file=path.name))
    columns = unique([clean(name) for name in names])

    def read(refused: Refusals) -> Iterator[Row]:
        for line, value in _values(path, encoding, refused):
            row = record_row(line, value, names, columns, refused)
            if row:
                yield row

    return Table(columns, read, form=form)


def _of_lists(path: Path, encoding: str, shape: Shape, form: str) -> Table:
    def lines(refused: Refusals) -> Iterator[Line]:
        for line, value in _values(path, encoding, refused):
            yield line, [cell(one) for one in value] if isinstance(value, list) else [cell(value)]

    grid = find_grid(list(islice(lines(Refusals()), HEAD)), shape.header, path.name)

    def read(refused: Refusals) -> Iterator[Row]:
        return grid_rows(lines(refused), grid, refused)

    return Table(grid.columns, read, form=form, notices=grid.notices)


def _values(path: Path, encoding: str, refused: Refusals) -> Iterator[tuple[int, Any]]:
    """Yield (line, value) of each line; what is no JSON is refused."""
    with reading(path), path.open(encoding=encoding, errors="replace", newline="\n") as file:
        number = 0
        while line := file.readline(MAX_LINE):
            number += 1
            if len(line) == MAX_LINE:
                while part := file.readline(MAX_LINE):
                    if part.endswith("\n"):
                        break
                refused.append(Refused(number, "", _("is too long for a line of JSON")))
                continue
            bare = _bare(line)
            if not bare:
                continue
            value = _parsed(bare)
            if value is _NOTHING:
                refused.append(Refused(number, "", _("is no valid JSON")))
            else:
                yield number, value


_NOTHING = object()


def _bare(line: str) -> str:
    """Return a line without what some programs write around JSON: marks, commas at its end, the brackets of a list."""
    bare = line.strip("\ufeff\x1e\0 \t\r\n").removesuffix(",").rstrip()
    return "" if bare in ("[", "]", ",") else bare


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError, MemoryError):
        return _NOTHING
