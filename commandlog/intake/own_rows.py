"""Reads our own exports back into entries.

JSON lines are known by their first line, CSV by its columns, a workbook by its properties and its sheet of definitions.

The file may have been through other hands: it is measured before it is read, and a row that is no entry is refused by
its line, the others are read.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from commandlog.intake import own_sheets
from commandlog.intake.rows import Refused, read_start, reading
from commandlog.language import _
from commandlog.model.errors import RuleError
from commandlog.model.flat import FORMAT, FORMAT_VERSION, Entry, from_cells, plain

JSONL, CSV, XLSX = "jsonl", "csv", "xlsx"
MAX_LINE = 64 << 20  # bytes of an entry
MAX_REFUSED = 10_000
_ABOUT = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"about"\s*:\s*\{\s*"format"\s*:\s*"' + FORMAT.encode() + b'"')
_FIRST = ("id", "reference", "position", "kind", "occurred_at", "logged_at")
_SEPARATORS = ",;\t"

_entry = msgspec.json.Decoder(Entry).decode
_NOT_AN_ENTRY = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)


class _About(msgspec.Struct):
    """What the first line of JSON lines says of the file."""

    version: int = 1
    event: str = ""
    for_party: str = ""


class _First(msgspec.Struct):
    about: _About


def form_of(path: Path) -> str:
    """Return which form of our own export a file is: "jsonl", "csv", "xlsx"; empty where it is none.

    Raises RuleError or Unavailable where there is no file, or it cannot be read.
    """
    start = read_start(path)
    if start.startswith(b"PK\x03\x04"):
        return XLSX if own_sheets.recognises(path) else ""
    if _ABOUT.match(start):
        return JSONL
    return CSV if _separator(start) else ""


def own_entries(path: Path, form: str, refused: list[Refused]) -> Iterator[tuple[int, Entry]]:
    """Yield (line, entry) of an own export; what is no entry ends up in `refused`, at most 10,000 of it.

    Raises RuleError where a newer version wrote it, or it cannot be read as what it says that it is.
    """
    read = {JSONL: _json_lines, CSV: _csv, XLSX: _workbook}[form]
    for line, made in read(path):
        if isinstance(made, Entry):
            yield line, made
        elif len(refused) < MAX_REFUSED:
            refused.append(Refused(line, "", made))


Read = Iterator[tuple[int, Entry | str]]
"""Lines with the entry that each holds, or why it holds none."""


def _json_lines(path: Path) -> Read:
    with reading(path), path.open("rb") as file:
        for number, line in enumerate(_lines(file), start=1):
            if number == 1:
                _check_version(path, line.removeprefix(b"\xef\xbb\xbf"))
            elif line.strip():
                yield number, _made(_entry, line)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines; one that does not end is given up after MAX_LINE bytes."""
    while line := file.readline(MAX_LINE):
        yield line
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                continue


def _check_version(path: Path, line: bytes) -> None:
    try:
        about = msgspec.json.decode(line, type=_First).about
    except _NOT_AN_ENTRY as error:
        told = _("The first line of {file} does not say what it is: export it again.")
        raise RuleError(told.format(file=path.name)) from error
    if about.version > FORMAT_VERSION:
        told = _("{file} was exported by a newer version of CommandLog: import it with that version.")
        raise RuleError(told.format(file=path.name))


def _separator(start: bytes) -> str:
    """Return what separates the columns of an own CSV, empty where it is none."""
    first = start.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    for separator in _SEPARATORS:
        names = [one.strip('"') for one in first.split(separator)]
        if names[0] == "id" and set(_FIRST) <= set(names):
            return separator
    return ""


def _csv(path: Path) -> Read:
    separator = _separator(read_start(path))
    csv.field_size_limit(MAX_LINE)
    with reading(path), path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.reader(file, delimiter=separator)
        head = next(rows)
        while True:
            line = rows.line_num + 1
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, str(error)
                return
            if any(row):
                given = {name: plain(cell) for name, cell in zip(head, row, strict=False) if cell}
                yield line, _made(from_cells, given)


def _workbook(path: Path) -> Read:
    for line, given in own_sheets.rows(path):
        yield line, _made(from_cells, given)


def _made(make: Any, given: Any) -> Entry | str:
    try:
        made: Entry = make(given)
    except _NOT_AN_ENTRY as error:
        return _("is no entry: {error}").format(error=error)
    return made if made.id and made.kind + made.reference else _("is no entry: {error}").format(error="id")
