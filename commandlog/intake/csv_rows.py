"""Reads CSV of any make: separator, header and encoding are guessed, lines are those a text editor shows."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from commandlog.intake.grid import HEAD, Line, find_grid, grid_rows
from commandlog.intake.rows import Refusals, Refused, Row, Shape, Table, reading
from commandlog.language import _, ngettext

SEPARATORS = (",", ";", "\t", "|")
_NONE = "\x1f"  # the separator of files without one
_RECORD_LINES = 500  # a row that runs over more lines has a quotation mark that nobody closed
_RECORD_CHARACTERS = 16 << 20
_PIECE = 1 << 20  # characters read at a time from a line that does not end
_DECIMALS = re.compile(r"(?<![\d,])\d+,\d+(?![\d,])")


class _RunawayError(Exception):
    """A quoted cell does not end."""


class _Lines:
    """Physical lines that can be given back, without NULs; `taken` are those of the row now being read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: list[str] = []
        self.number = 0
        self.taken: list[str] = []
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _RECORD_LINES or self.size > _RECORD_CHARACTERS:
            raise _RunawayError
        line = self._back.pop() if self._back else next(self._lines)
        self.number += 1
        self.taken.append(line)
        self.size += len(line)
        return line

    def begin(self) -> int:
        """Begin a row; returns the number of its first line."""
        self.taken = []
        self.size = 0
        return self.number + 1

    def give_back(self) -> None:
        """Give back all lines of this row but the first."""
        self._back.extend(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1


def csv_rows(path: Path, encoding: str, shape: Shape) -> Table:
    """Return the table in a CSV file; raises RuleError where it holds none."""
    separator = shape.separator or _guess_separator(path, encoding)
    records = (
        one for one in _records(path, encoding, separator, Refusals()) if any(one[1]) and not _says_separator(one)
    )
    grid = find_grid(list(islice(records, HEAD)), shape.header, path.name)

    def read(refused: Refusals) -> Iterator[Row]:
        yield from grid_rows(_records(path, encoding, separator, refused), grid, refused)
        if refused.nuls:
            told = ngettext("{count} NUL character is left out.", "{count} NUL characters are left out.", refused.nuls)
            refused.notices.append(told.format(count=refused.nuls))

    header = _("with a header") if grid.header else _("without a header")
    form = _("CSV, {encoding}, separated by {separator}, {header}")
    if separator == _NONE:
        form = _("CSV, {encoding}, a single column, {header}")
    mark = _("tab") if separator == "\t" else f"“{separator}”"
    form = form.format(encoding=encoding.upper(), separator=mark, header=header)
    return Table(grid.columns, read, form=form, notices=grid.notices)


def _says_separator(line: Line) -> bool:
    """Whether this is the line "sep=;" that spreadsheets write above a table (cut in two by its own separator)."""
    return line[0] == 1 and len(line[1]) <= 2 and line[1][0].lower().startswith("sep=")


def _records(path: Path, encoding: str, separator: str, refused: Refusals) -> Iterator[tuple[int, list[str]]]:
    """Yield (first line, cells) of each record; a quotation mark that nobody closes costs its own line only."""
    csv.field_size_limit(_RECORD_CHARACTERS * 2)
    with reading(path), path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = _Lines(_physical(file, refused))
        reader = csv.reader(lines, delimiter=separator)
        while True:
            line = lines.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (_RunawayError, csv.Error):
                cells = None
            if cells is None or (len(lines.taken) > 1 and sum(one.count('"') for one in lines.taken) % 2):
                refused.append(Refused(line, "", _("opens a quotation mark that is not closed")))
                lines.give_back()
                reader = csv.reader(lines, delimiter=separator)
            elif cells:
                yield line, cells


def _physical(file: "object", refused: Refusals) -> Iterator[str]:
    """Yield lines; one that does not end comes in pieces, so that no file fills the memory with one line."""
    readline = file.readline  # type: ignore[attr-defined]
    while line := readline(_PIECE * 16):
        refused.nuls += line.count("\0")
        yield line.replace("\0", "") if "\0" in line else line


def _guess_separator(path: Path, encoding: str) -> str:
    """Return the separator that cuts the first rows into the same number of cells, and into the most.

    Of separators that cut as regularly, a decimal comma gives itself away: it has a figure on either side.
    """
    with reading(path), path.open(encoding=encoding, errors="replace", newline="") as file:
        first = file.readline(16).strip()
    if len(first) == 5 and first.lower().startswith("sep="):
        return first[4]
    best, found = (0.0, 0.0), _NONE
    for separator in SEPARATORS:
        score = _regularity(islice(_records(path, encoding, separator, Refusals()), HEAD), separator)
        if score > best:
            best, found = score, separator
    return found


def _regularity(records: Iterator[Line], separator: str) -> tuple[float, float]:
    """Return which share of the rows has the same number of cells (most have more than one), and that number."""
    rows = [cells for _line, cells in records if any(cells)]
    widths = Counter(map(len, rows))
    width, times = max(widths.items(), key=lambda pair: (pair[1] * (pair[0] > 1), pair[0]), default=(1, 0))
    first = next((n for n, cells in enumerate(rows) if len(cells) > 1), len(rows))
    narrow = sum(len(cells) < 2 for cells in rows[first:])
    if width < 2 or narrow >= (len(rows) - first) / 2:
        return 0.0, 0.0
    if separator == "," and all(_DECIMALS.search(",".join(cells)) for cells in rows[1:]) and width <= 3:
        return times / widths.total() / 2, float(width)
    return round(times / widths.total(), 1), float(width)
