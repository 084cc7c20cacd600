"""Finds the table in a grid of cells: what stands above it, how many rows name the columns, what is no row of it.

CSV, workbooks, tables of web pages and lists of lists are all such grids. A log has a time in every row, and names of
columns are no figures: so the rows that name the columns end where the first figures stand.
"""

import re
from collections.abc import Iterable, Iterator
from statistics import median
from typing import NamedTuple

from commandlog.intake.rows import MAX_COLUMNS, Refusals, Refused, Row, fitting, unique
from commandlog.language import _, ngettext
from commandlog.model.errors import RuleError

HEAD = 60  # rows that are looked at
MAX_HEADER = 9
Line = tuple[int, list[str]]
"""The number of a row in its file, and its cells."""

_FIGURE = re.compile(
    r"[-+]?\d[\d.,:/\- +TZ%]*(?:[AaPp]\.?[Mm]\.?)?$|"
    r"(?:[^\W\d]{2,9}[., ]{1,2})?\d{1,2}[. -]{1,2}[^\W\d]{3,9}[., -]{1,2}\d{2,4}\b[\d:. ]{0,12}$"
)
_UNITS = re.compile(
    r"[\[(].{1,24}[\])]$|[dmyhsjt:/\-. ]{2,20}$|(?:utc|gmt|cet|local|text|string|m|km|km/h|°|°c|%)$", re.IGNORECASE
)
_TOTAL = re.compile(
    r"(?:(?:grand |sub)?totals?|totaal|totaux|total général|totale|som|sum|summe|gesamt|итого|всего|suma|razem|celkem|"
    r"összesen|toplam|σύνολο|yhteensä|i alt|summa)(?: (?:aantal|number|count|anzahl))?\s*:?$",
    re.IGNORECASE,
)
_SUM = re.compile(r"[-+]?[\d.,\s%]{1,40}$")


class Grid(NamedTuple):
    """A table found in a grid.

    `begin` is the number from which its rows stand, `header` the rows that name the columns. In a `strict` one a row
    with surplus cells has shifted; elsewhere the program that wrote it kept each cell in its column.
    """

    columns: tuple[str, ...]
    begin: int
    header: tuple[tuple[str, ...], ...]
    strict: bool
    notices: tuple[str, ...]


def find_grid(head: list[Line], given: bool | int | None, name: str, *, width: int = 0) -> Grid:
    """Return the table of which `head` are the first rows that are not empty.

    `given` is what a mapping says of the header, `width` the number of columns where the form gives it (0: rows may be
    longer than others by mistake). Raises RuleError where there is nothing, or too much.
    """
    head = [(number, cells) for number, cells in head if any(cells)]
    if not head:
        raise RuleError(_("{file} holds no rows: there is nothing to import.").format(file=name))
    if width:
        head = [(number, cells[: _filled(cells)]) for number, cells in head]
    first = _first(head, strict=not width)
    while first and _is_group(head[first - 1][1], head[first][1]) and _goes_on(head[first - 1][1], head[first][1]):
        first -= 1
    count = _header_rows(head[first:]) if given is None else min(int(given), MAX_HEADER, len(head) - first)
    while first and not count and any(map(is_figure, head[first - 1][1])) and len(head[first - 1][1]) > 1:
        first -= 1  # a row that is half empty is a row
    header = [cells for _number, cells in head[first : first + count]]
    widest = max(width, *map(len, header)) if header else max(width, *(len(cells) for _number, cells in head[first:]))
    if widest > MAX_COLUMNS:
        raise RuleError(
            _("{file} has {count} columns, at most {limit} are read: is the separator right?").format(
                file=name, count=widest, limit=MAX_COLUMNS
            )
        )
    notices = []
    if first:
        above = ngettext(
            "What stands above the table is left out ({count} row).",
            "What stands above the table is left out ({count} rows).",
            first,
        )
        notices.append(above.format(count=first))
    if count > 1:
        notices.append(_("{count} rows name the columns: they are joined.").format(count=count))
    begin = head[first + count][0] if first + count < len(head) else head[-1][0] + 1
    folded = tuple(tuple(cell.strip() for cell in cells[: _filled(cells)]) for cells in header)
    return Grid(unique(_joined(header, widest)), begin, folded, not width, tuple(notices))


def grid_rows(lines: Iterable[Line], grid: Grid, refused: Refusals) -> Iterator[Row]:
    """Yield the rows of a table; headers that come back and a row of totals at its end are left out, and counted."""
    columns, begin, wide = grid.columns, grid.begin, len(grid.columns)
    again = {cells[0]: cells for cells in grid.header if cells}
    repeated = 0
    total: Row | None = None
    for number, cells in lines:
        if number < begin or not any(cells):
            continue
        name = cells[0].strip()
        if name in again and _same(cells, again[name]):
            repeated += 1
            continue
        if len(cells) != wide and not _fits(number, cells, wide, grid.strict, refused):
            continue
        if total:
            yield total
            total = None
        row = fitting(number, cells, columns, refused)
        if row and _TOTAL.match(name[:60]) and _is_total(row):
            total = row
        elif row:
            yield row
    if total:
        refused.notices.append(_("The last row holds totals: left out."))
    if repeated:
        refused.notices.append(
            ngettext(
                "The names of the columns come back in {count} row: left out.",
                "The names of the columns come back in {count} rows: left out.",
                repeated,
            ).format(count=repeated)
        )


def is_figure(cell: str) -> bool:
    """Whether a cell is a number, a date or a time, so no name of a column."""
    return _FIGURE.match(cell.strip()[:60]) is not None


def _fits(number: int, cells: list[str], wide: int, strict: bool, refused: Refusals) -> bool:
    """Fill up a short row or cut empty cells off a long one, in place; refuse one whose cells have shifted."""
    surplus = len(cells) - wide
    if surplus > 0 and strict and any(cell.strip() for cell in cells[wide:]):
        why = _("has {count} cells, the table has {columns} columns: is a quotation mark missing?").format(
            count=len(cells), columns=wide
        )
        refused.append(Refused(number, "", why))
        return False
    cells[wide:] = []
    cells.extend([""] * -surplus)
    return True


def _filled(cells: list[str]) -> int:
    """Return how many cells there are up to the last that is not empty."""
    return next((n for n in range(len(cells), 0, -1) if cells[n - 1].strip()), 0)


def _same(cells: list[str], header: tuple[str, ...]) -> bool:
    return tuple(cell.strip() for cell in cells[: _filled(cells)]) == header


def _is_total(row: Row) -> bool:
    """Whether a row that begins with "total" holds nothing but sums: no time, so no entry."""
    given = [cell.strip() for cell in row.values if cell.strip()]
    return len(given) > 1 and all(map(_SUM.match, given[1:]))


def _first(head: list[Line], *, strict: bool) -> int:
    """Return which row is the first of the table: the first that is about as full as most, and no list of facts."""
    fullness = [sum(1 for cell in cells if cell.strip()) for _number, cells in head]
    usual = median([count for count in fullness if count > 1] or fullness)
    full = [n for n, count in enumerate(fullness) if count > usual / 2]
    if strict:  # rows of a text are as long as they were written
        lengths = sorted(len(cells) for _number, cells in head if len(cells) > 1) or [1]
        most = max(lengths, key=lengths.count)
        full = [n for n in full if len(head[n][1]) >= most] or full
    first = full[0] if full else 0
    for n in range(first, min(len(head) - 1, 20)):
        if fullness[n] >= usual and (n == first or fullness[n] > max(fullness[first:n])):
            if not any(map(is_figure, head[n][1])) and (n == first or any(map(is_figure, head[n + 1][1]))):
                return n
            return first
    return first


def _header_rows(head: list[Line]) -> int:
    """Return how many rows name the columns, 0 where none does."""
    names = [cell.strip() for cell in head[0][1]]
    given = [name for name in names if name]
    if any(map(is_figure, given)):
        return 0
    if len(given) < len(names) / 2 and not (len(head) > 1 and _goes_on(names, head[1][1])):
        return 0
    figures = next((n for n, (_number, cells) in enumerate(head) if any(map(is_figure, cells))), None)
    if figures is None:
        return 1 if len(set(given)) == len(given) else 0
    count = 1
    while count < min(figures, MAX_HEADER) and _goes_on(head[count - 1][1], head[count][1]):
        count += 1
    return count


def _is_group(cells: list[str], below: list[str]) -> bool:
    """Whether a row names groups of columns: with gaps between them, or with names that the row below has as well."""
    given = [n for n, cell in enumerate(cells) if cell.strip()]
    same = any(cells[n] == below[n] for n in given if n < len(below))
    return len(given) > 1 and (given[-1] >= len(given) or same) and not any(is_figure(cells[n]) for n in given)


def _goes_on(above: list[str], below: list[str]) -> bool:
    """Whether a row names the columns together with the one above: it fills what that left open, or gives the units."""
    upper, lower = ([cell.strip() for cell in cells] for cells in (above, below))
    given = [cell for cell in lower if cell]
    if given and all(_UNITS.match(cell) for cell in given):
        return True
    gaps = sum(1 for n, cell in enumerate(lower) if cell and not (upper[n] if n < len(upper) else ""))
    doubles = len([cell for cell in upper if cell]) - len({cell for cell in upper if cell})
    short = max(map(len, given), default=99) <= 40
    return short and (gaps or doubles) > 0 and len(given) >= len({cell for cell in upper if cell})


def _joined(header: list[list[str]], width: int) -> list[str]:
    """Return a name for each column: of several rows joined by " / ", a name over several columns given to each."""
    names: list[list[str]] = [[] for _column in range(width)]
    for level, cells in enumerate(header):
        last = ""
        for n in range(width):
            cell = " ".join(cells[n].split()) if n < len(cells) else ""
            last = cell or last
            below = any(len(row) > n and row[n].strip() for row in header[level + 1 :])
            part = cell or (last if below and not names[n] else "")
            if part and part not in names[n]:
                names[n].append(part)
    return [" / ".join(one) for one in names]
