"""Reads JSON of any make: finds the list of records in it, and makes each a row whose inner objects are columns."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from commandlog.intake.geojson_rows import geojson_table
from commandlog.intake.grid import HEAD, Line, find_grid, grid_rows
from commandlog.intake.json_text import cell, flat, json_text, lines_of, names_in, numbered, parsed
from commandlog.intake.rows import MAX_COLUMNS, Refusals, Refused, Row, Shape, Table, fitting, unique
from commandlog.language import _
from commandlog.model.errors import RuleError
from commandlog.model.records import clean

NAME = "@name"
"""The column of the names under which an object holds its records."""
_DEEP = 8
_MANY = 200_000  # places in a document that are looked at for the list
_USUAL = ("data", "records", "rows", "items", "entries", "events", "results", "incidents", "log", "messages")


class Found(NamedTuple):
    """Records in a document: where ("" is the whole of it), what they are, and the names of their cells (lists)."""

    path: str
    records: list[Any]
    header: list[str] | None = None

    @property
    def of_lists(self) -> bool:
        """Whether most of them are lists, not objects."""
        few = self.records[:100]
        return sum(isinstance(one, list) for one in few) > len(few) / 2


def json_rows(path: Path, encoding: str, shape: Shape) -> Table:
    """Return the table in a JSON file; raises RuleError where it holds no list of records."""
    text = json_text(path, encoding)
    document = parsed(text, path)
    if not shape.records and isinstance(document, dict) and isinstance(document.get("features"), list):
        return geojson_table(path, text, document)
    found = _at(document, shape.records, path) if shape.records else _longest(document)
    if found is None or not (found.of_lists or names_of(found.records)):
        raise RuleError(
            _("{file} is JSON without a list of records: export it as CSV, or as a list of objects.").format(
                file=path.name
            )
        )
    place = f"“{clean(found.path)[:80]}”" if found.path else _("the whole file")
    form = _("JSON, {count} records ({place})").format(count=len(found.records), place=place)
    if found.of_lists:
        return _of_lists(found, form, shape, path)
    return records_table(found.records, _lines(text, found), form)


def records_table(records: list[Any], lines: list[int], form: str) -> Table:
    """Return the table of a list of objects; `lines` says where they stand, zeros where that is not known."""
    numbers, distinct = numbered(lines)
    names = names_of(records)
    columns = unique([clean(name) for name in names])

    def read(refused: Refusals) -> Iterator[Row]:
        for number, record in zip(numbers, records, strict=True):
            row = record_row(number, record, names, columns, refused)
            if row:
                yield row

    return Table(columns, read, form=form, unit="line" if distinct else "record")


def names_of(records: Any, names: dict[str, None] | None = None) -> list[str]:
    """Return the names of all cells of objects in the order in which they first appear, at most as many as are read."""
    names = {} if names is None else names
    for record in records:
        if isinstance(record, dict) and len(names) < MAX_COLUMNS:
            names.update(dict.fromkeys(names_in(record)))
    return list(names)[:MAX_COLUMNS]


def record_row(number: int, record: Any, names: list[str], columns: tuple[str, ...], refused: Refusals) -> Row | None:
    """Return an object as a row, None where it is none and refused."""
    if not isinstance(record, dict):
        refused.append(Refused(number, "", _("is no object with names and values")))
        return None
    cells = flat(record)
    return fitting(number, [cells.get(name, "") for name in names], columns, refused)


def list_lines(records: list[Any], start: int = 1) -> Iterator[Line]:
    """Yield lists as numbered rows of cells."""
    for number, record in enumerate(records, start=start):
        yield number, [cell(one) for one in record] if isinstance(record, list) else [cell(record)]


def _of_lists(found: Found, form: str, shape: Shape, path: Path) -> Table:
    """Return the table of a list of lists, of which the first may name the columns."""
    records = [found.header, *found.records] if found.header else found.records
    given = True if found.header else shape.header
    grid = find_grid([one for _n, one in zip(range(HEAD), list_lines(records), strict=False)], given, path.name)

    def read(refused: Refusals) -> Iterator[Row]:
        return grid_rows(list_lines(records, 0 if found.header else 1), grid._replace(begin=begin), refused)

    begin = grid.begin - 1 if found.header else grid.begin
    return Table(grid.columns, read, form=form, unit="record", notices=grid.notices)


def _at(document: Any, path: str, file: Path) -> Found:
    """Return the records at the dotted path that a mapping names."""
    value, rest = document, path
    while rest:
        name, _dot, after = rest.partition(".")
        if isinstance(value, dict) and rest in value:
            name, after = rest, ""
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdigit() and name.isascii() and int(name[:9]) < len(value):
            value = value[int(name[:9])]
        else:
            raise RuleError(
                _("{file} has nothing at “{path}”: correct [file] records in the mapping.").format(
                    file=file.name, path=path
                )
            )
        rest = after
    return _records(value, path) or Found(path, [])


def _longest(document: Any) -> Found | None:
    """Return the longest list of records anywhere in a document; of lists as long, the first with a usual name."""
    best = _records(document, "")
    if isinstance(document, list):
        return best
    looked = 0
    level = [("", document)]
    for _depth in range(_DEEP):
        below = []
        for path, value in level:
            for name, inner in value.items() if isinstance(value, dict) else ():
                looked += 1
                if looked > _MANY or not isinstance(inner, (dict, list)):
                    continue
                at = f"{path}.{name}" if path else str(name)
                below.append((at, inner))
                found = _records(inner, at) if isinstance(inner, list) else None
                if found and (best is None or best.path == "" or _weight(found) > _weight(best)):
                    best = _named(found, document)
        level = below
    return best


def _weight(found: Found) -> tuple[int, bool]:
    return len(found.records), found.path.rpartition(".")[2].lower() in _USUAL


def _records(value: Any, path: str) -> Found | None:
    """Return what may be records: a list of objects or of lists, an object of objects, an object of columns."""
    if isinstance(value, list):
        kinds = [sum(isinstance(one, kind) for one in value[:100]) for kind in (dict, list)]
        return Found(path, value) if max(kinds) > min(len(value), 100) / 2 else None
    if not isinstance(value, dict) or not value:
        return None
    parts = list(value.values())
    if len(parts) > 1 and all(isinstance(one, list) for one in parts) and len({len(one) for one in parts}) == 1:
        plain = not any(isinstance(one, (dict, list)) for part in parts for one in part[:20])
        return Found(path, [dict(zip(value, row, strict=True)) for row in zip(*parts, strict=True)]) if plain else None
    if len(parts) > 1 and all(isinstance(one, dict) and one for one in parts):
        if all(list(one) == list(parts[0]) for one in parts) and all(key.isdigit() for key in parts[0]):
            return Found(path, [{name: value[name][key] for name in value} for key in parts[0]])
        return Found(path, [{NAME: name, **one} for name, one in value.items()])
    return None


def _named(found: Found, document: Any) -> Found:
    """Return lists with the names that stand elsewhere: "columns" of pandas, the description of an open-data portal."""
    if not isinstance(document, dict) or not found.of_lists or not isinstance(found.records[0], list):
        return found
    columns = document.get("columns")
    if columns is None:
        view = document["meta"].get("view") if isinstance(document.get("meta"), dict) else None
        columns = view.get("columns") if isinstance(view, dict) else None
    if not isinstance(columns, list) or len(columns) != len(found.records[0]):
        return found
    return found._replace(header=[cell(one.get("name")) if isinstance(one, dict) else cell(one) for one in columns])


def _lines(text: str, found: Found) -> list[int]:
    """Return the lines of the records, zeros where they are not found."""
    name = found.path.rpartition(".")[2]
    start = re.compile(rf'"{re.escape(name)}"\s*:\s*\[' if found.path else r"\A\[")
    return lines_of(text, start, len(found.records))
