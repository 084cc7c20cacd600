"""Reads the sheet of entries of our own workbook, in whatever language it is: its definitions name the fields.

What could not stand in a cell as it was said stands in the column "exact"; a text that is longer than a cell goes on in
the rows below. The workbook itself is read by a process of its own (`confined.py`).
"""

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from commandlog.intake.confined import read_confined
from commandlog.intake.rows import reading
from commandlog.language import _
from commandlog.model.errors import RuleError
from commandlog.model.flat import EXACT, PART

_SHEET = re.compile(rb"<(?:\w{1,20}:)?sheet\s")
_PROGRAM = b"CommandLog"
_zip_errors = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
)
Cells = dict[str, str]


def recognises(path: Path) -> bool:
    """Whether a ZIP is a workbook that CommandLog made, by its properties."""
    return _PROGRAM in _member(path, "docProps/core.xml")


def rows(path: Path) -> Iterator[tuple[int, Cells]]:
    """Yield (row, cells by field name) of the entries; a text over several rows is put together again.

    Raises RuleError where it is no workbook that can be read, or has no sheet of entries.
    """
    name, fields = _definitions(path)
    sheet, number = name, 1
    while sheet:
        grids = read_confined(path, "workbook", wanted=sheet)
        yield from _whole(_named(grids.rows, fields))
        number += 1
        following = f"{name} {number}"
        sheet = following if following in grids.found.others else ""


def _member(path: Path, name: str) -> bytes:
    """Return the beginning of a part of a workbook, empty where there is none that can be read."""
    try:
        with reading(path), zipfile.ZipFile(path) as packed, packed.open(name) as file:
            return file.read(1 << 18)
    except _zip_errors:
        return b""


def _definitions(path: Path) -> tuple[str, Cells]:
    """Return the name of the sheet of entries, and its fields by the heads of its columns.

    The definitions are the last sheet; its third column names the fields.
    """
    last = len(_SHEET.findall(_member(path, "xl/workbook.xml")))
    found: dict[str, Cells] = {}
    for _number, cells in read_confined(path, "workbook", wanted=str(last)).rows:
        if len(cells) > 2 and cells[2]:
            found.setdefault(cells[0], {})[cells[1]] = cells[2]
    for sheet, fields in found.items():
        if {"id", "position", "occurred_at", "kind"} <= set(fields.values()):
            return sheet, fields
    told = _("The last sheet of {file} does not say what the columns of its entries are: export it again.")
    raise RuleError(told.format(file=path.name))


def _named(lines: Iterable[tuple[int, list[str]]], fields: Cells) -> Iterator[tuple[int, Cells]]:
    """Yield the rows below the head with their cells by field name."""
    names: list[str] = []
    for number, cells in lines:
        if not names:
            names = [fields.get(head, "") for head in cells]
        else:
            yield number, {name: cell for name, cell in zip(names, cells, strict=False) if cell and name}


def _whole(lines: Iterator[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    """Put entries that go over several rows together, and what is exact in the place of what is shown."""
    pending: tuple[int, list[Cells]] | None = None
    for number, cells in lines:
        part, _slash, parts = cells.pop(PART, "").partition("/")
        if not part:
            yield number, _exactly(cells)
            continue
        if part == "1" or pending is None:
            pending = (number, [])
        pending[1].append(cells)
        if part == parts:
            yield pending[0], _exactly(_joined(pending[1]))
            pending = None
    if pending:
        yield pending[0], _exactly(_joined(pending[1]))


def _joined(pieces: list[Cells]) -> Cells:
    """Return the cells of several rows as one; the first column, the reference, is repeated in each."""
    names = dict.fromkeys(name for piece in pieces for name in piece)
    whole = {name: "".join(piece.get(name, "") for piece in pieces) for name in names}
    return whole | {"reference": pieces[0].get("reference", "")}


def _exactly(cells: Cells) -> Cells:
    """Return the cells with what is exact among them; a text that is not given is as it is shown."""
    cells = {"text": cells.get("shown", ""), **cells}
    exact = cells.pop(EXACT, "")
    if not exact:
        return cells
    try:
        return cells | msgspec.json.decode(exact, type=dict[str, str])
    except msgspec.MsgspecError:
        return {**cells, "id": ""}
