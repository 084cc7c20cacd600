"""Reads CSV of any make: separator, header and encoding are guessed, lines are those a text editor shows."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from commandlog.intake.rows import MAX_CELL, Refused, Row, Shape, Table, reading, unique
from commandlog.language import _
from commandlog.model.errors import RuleError

SEPARATORS = (",", ";", "\t", "|")
MAX_COLUMNS = 1_000
_RECORD_LINES = 500  # a row that runs over more lines has a quotation mark that nobody closed
_RECORD_CHARACTERS = 16 << 20
_PIECE = 1 << 20  # characters read at a time from a line that does not end
_NUMBER = re.compile(r"[-+]?\d[\d.,:/\- T]*$")
_MARKS = {"\t": "tab"}


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
    head = [(line, cells) for line, cells in islice(_records(path, encoding, separator, []), 60) if any(cells)]
    if not head:
        raise RuleError(_("{file} holds no rows: there is nothing to import.").format(file=path.name))
    width = _usual_width(head)
    first = next((n for n, (_line, cells) in enumerate(head) if len(cells) >= width), 0)
    names = head[first][1]
    header = shape.header if shape.header is not None else _is_header(head[first:])
    if len(names) > MAX_COLUMNS:
        raise RuleError(
            _("{file} has {count} columns, at most {limit} are read: is the separator right?").format(
                file=path.name, count=len(names), limit=MAX_COLUMNS
            )
        )
    columns = unique(names if header else [""] * max(len(names), width))
    begin = head[first][0] + (1 if header else 0)
    notices = []
    if first:
        notices.append(_("Lines 1 to {line} stand above the table and are left out.").format(line=head[first][0] - 1))

    def read(refused: list[Refused]) -> Iterator[Row]:
        for line, cells in _records(path, encoding, separator, refused):
            if line >= begin and any(cells) and (row := _fitted(line, cells, columns, refused)):
                yield row

    form = _("CSV, {encoding}, separated by {separator}, {header}").format(
        encoding=encoding.upper(),
        separator=_("tab") if separator == "\t" else f"“{separator}”",
        header=_("with a header") if header else _("without a header"),
    )
    return Table(columns, read, form=form, notices=tuple(notices))


def _fitted(line: int, cells: list[str], columns: tuple[str, ...], refused: list[Refused]) -> Row | None:
    """Return the cells as a row. Short ones are filled up; surplus ones mean that cells have shifted: refused."""
    if len(cells) != len(columns):
        surplus = len(cells) - len(columns)
        if surplus > 0 and any(cell.strip() for cell in cells[len(columns) :]):
            why = _("has {count} cells, the table has {columns} columns: is a quotation mark missing?").format(
                count=len(cells), columns=len(columns)
            )
            refused.append(Refused(line, "", why))
            return None
        cells = cells[: len(columns)] + [""] * -surplus
    if len(cells) and max(map(len, cells)) > MAX_CELL:
        long = max(range(len(cells)), key=lambda n: len(cells[n]))
        why = _("is {count} characters long, at most {limit} are taken").format(count=len(cells[long]), limit=MAX_CELL)
        refused.append(Refused(line, columns[long], why))
        return None
    return Row(line, tuple(cells))


def _records(path: Path, encoding: str, separator: str, refused: list[Refused]) -> Iterator[tuple[int, list[str]]]:
    """Yield (first line, cells) of each record; a quotation mark that nobody closes costs its own line only."""
    csv.field_size_limit(_RECORD_CHARACTERS * 2)
    with reading(path), path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = _Lines(_physical(file))
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


def _physical(file: "object") -> Iterator[str]:
    """Yield lines; one that does not end comes in pieces, so that no file fills the memory with one line."""
    readline = file.readline  # type: ignore[attr-defined]
    while line := readline(_PIECE * 16):
        yield line.replace("\0", "") if "\0" in line else line


def _guess_separator(path: Path, encoding: str) -> str:
    """Return the separator that cuts the first rows into the same number of cells, and into the most."""
    with reading(path), path.open(encoding=encoding, errors="replace", newline="") as file:
        first = file.readline(16).strip()
    if len(first) == 5 and first.lower().startswith("sep="):
        return first[4]
    best, found = (0.0, 0), ","
    for separator in SEPARATORS:
        widths = Counter(len(cells) for _line, cells in islice(_records(path, encoding, separator, []), 60))
        if not widths:
            continue
        width, times = max(widths.items(), key=lambda pair: (pair[1] * (pair[0] > 1), pair[0]))
        score = (times / widths.total() if width > 1 else 0.0, width)
        if score > best:
            best, found = score, separator
    return found


def _usual_width(head: list[tuple[int, list[str]]]) -> int:
    """Return how many cells most rows have."""
    return Counter(len(cells) for _line, cells in head).most_common(1)[0][0]


def _is_header(head: list[tuple[int, list[str]]]) -> bool:
    """Whether the first row names the columns: no figures and no doubles in it, while rows below have figures."""
    names = [cell.strip() for cell in head[0][1]]
    given = [name for name in names if name]
    if any(_NUMBER.match(name) for name in given) or len(given) < len(names) / 2:
        return False
    below = [cell.strip() for _line, cells in head[1:] for cell in cells]
    return not below or any(_NUMBER.match(cell) for cell in below) or len(set(given)) == len(given)
