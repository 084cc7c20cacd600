"""Reads workbooks (XLSX, XLSM, XLSB, XLS, ODS): the sheet that looks most like a table, its values as they stand."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from commandlog.intake.confined import Grids, read_confined
from commandlog.intake.grid import HEAD, find_grid, grid_rows
from commandlog.intake.rows import Refusals, Row, Shape, Table
from commandlog.language import _


def workbook_rows(path: Path, _encoding: str, shape: Shape) -> Table:
    """Return the table in a workbook; raises RuleError where it holds none that can be read."""
    grids = read_confined(path, "workbook", wanted=shape.sheet)
    found = grids.found
    notices = []
    if found.others:
        notices.append(
            _("Other sheets with rows are not read: {sheets}. Name one in a mapping ([file] sheet = …).").format(
                sheets=", ".join(found.others)
            )
        )
    if found.hidden_rows:
        notices.append(_("Hidden rows are read like all others."))
    form = _("{kind}, sheet “{sheet}”").format(kind=found.kind, sheet=found.sheet)
    return grid_table(grids, form, tuple(notices), shape, path)


def html_rows(path: Path, encoding: str, shape: Shape) -> Table:
    """Return the largest table of a web page; raises RuleError where it has none."""
    grids = read_confined(path, "page", wanted=shape.sheet, encoding=encoding)
    notices = []
    if grids.found.others:
        notices.append(
            _(
                "The page has other tables, which are not read: {tables}. Name one in a mapping ([file] sheet = …)."
            ).format(tables=", ".join(grids.found.others))
        )
    form = _("HTML, {encoding}, table {number}").format(encoding=encoding.upper(), number=grids.found.sheet)
    return grid_table(grids, form, tuple(notices), shape, path)


def grid_table(grids: Grids, form: str, notices: tuple[str, ...], shape: Shape, path: Path) -> Table:
    """Return the table in rows whose numbers are those of a sheet."""
    grid = find_grid(list(islice(grids.rows, HEAD)), shape.header, path.name, width=grids.found.width)

    def read(refused: Refusals) -> Iterator[Row]:
        return grid_rows(grids.rows, grid, refused)

    return Table(grid.columns, read, form=form, unit="row", notices=(*notices, *grid.notices))
