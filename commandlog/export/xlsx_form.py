"""The workbook: for whoever sorts, filters and counts in a spreadsheet.

Text is always written as text: no formula, no link. Times are true dates in the zone of the event (a workbook knows no
zones, so the head of the column names it); beside them stands the moment with its offset. Columns of codes are folded
away behind a [+]. A text that is longer than a cell can be goes on in the rows below, which say so; nothing is lost.
More rows than a sheet can hold go on in a next sheet.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from commandlog import __version__
from commandlog.export import all_tables, xlsx_charts
from commandlog.export.contents import Contents, Progress
from commandlog.export.saying import Sayer
from commandlog.export.tables import Column, Table
from commandlog.export.xlsx_cells import cell, parts
from commandlog.language import _

ROWS = 1_048_576  # rows of a sheet
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_A3, _A4 = 8, 9
_WIDE = 200  # characters of all columns from which a table is printed on A3
_LINE, _HIGHEST = 15, 400  # points: a line of text, and the highest row that a sheet can have
_MARGINS = {"left": 0.4, "right": 0.4, "top": 0.7, "bottom": 0.6}  # inches
_LONG = 10_000  # characters of a text that are looked at for the height of its row
_HEADER = 80  # characters of a name in a header, which holds 255 in all


class Book:
    """A workbook being written, row after row, in bounded memory."""

    def __init__(self, out: BinaryIO, contents: Contents) -> None:
        """Begin a workbook; `sheet` puts tables into it and `close` finishes it."""
        safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.book: Any = xlsxwriter.Workbook(out, {"constant_memory": True, **safe})
        self.contents = contents
        top = {"valign": "top"}
        grey = {**top, "font_color": "#6b7580"}
        head = {"bold": True, "bottom": 1, "valign": "top", "text_wrap": True, "bg_color": "#eef1f4"}
        self.formats: dict[str, Any] = {
            "head": self.book.add_format(head),
            "text": self.book.add_format({**top, "text_wrap": True}),
            "code": self.book.add_format(grey),
            "struck": self.book.add_format({**grey, "text_wrap": True, "font_strikeout": True}),
            "time": self.book.add_format({**top, "num_format": "yyyy-mm-dd hh:mm:ss"}),
            "number": self.book.add_format({**top, "num_format": "0"}),
            "decimal": self.book.add_format({**top, "num_format": "0.000000"}),
            "percent": self.book.add_format({**top, "num_format": "0.0%"}),
        }

    def close(self) -> None:
        """Write the workbook out; raises OSError where that fails."""
        try:
            self.book.close()
        except FileCreateError as error:
            raise error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(str(error)) from error

    def sheet(self, name: str, columns: list[Column], rows: Iterator[list[object]]) -> Any:
        """Write a table: a frozen head, a filter, one row a row; goes on in a next sheet when this one is full.

        Returns its first sheet.
        """
        number, done, first = 1, False, None
        pending: list[object] | None = None
        while not done:
            sheet = self.book.add_worksheet(sheet_name(name, number))
            first = first or sheet
            self._set_up(sheet, columns)
            at, done = 1, True
            while True:
                row = pending if pending is not None else next(rows, None)
                pending = None
                if row is None:
                    break
                split = list(parts(row))
                if at > 1 and at + len(split) > ROWS:
                    pending, done = row, False
                    break
                for part in split:
                    self._row(sheet, at, columns, part)
                    at += 1
            sheet.autofilter(0, 0, max(at - 1, 1), len(columns) - 1)
            number += 1
        return first

    def _set_up(self, sheet: Any, columns: list[Column]) -> None:
        """Set how a sheet looks on screen and on paper, and write its head."""
        sheet.freeze_panes(1, 0)
        sheet.set_zoom(90)
        sheet.set_landscape()
        sheet.set_paper(_A3 if sum(one.width for one in columns if not one.code) > _WIDE else _A4)
        sheet.set_margins(**_MARGINS)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        exercise = f"&C&B{_in_header(_('EXERCISE'))}" if self.contents.exercise else ""
        sheet.set_header(f"&L{_in_header(self.contents.event)}{exercise}&R&A")
        page = _in_header(_("page {page} of {pages}")).format(page="&P", pages="&N")
        sheet.set_footer(f"&L{_in_header(Sayer(self.contents).stand())}&R{page}")
        self._high(sheet, 0, columns, [column.head for column in columns])
        for at, column in enumerate(columns):
            options = {"level": 1, "hidden": True} if column.code else {}
            sheet.set_column(at, at, column.width, None, options)
            sheet.write_string(0, at, cell(column.head), self.formats["head"])
        last_code = max((at for at, column in enumerate(columns) if column.code), default=-1)
        if last_code >= 0:  # the [+] stands over the column behind the folded ones
            sheet.set_column(last_code + 1, last_code + 1, columns[last_code + 1].width, None, {"collapsed": True})

    def _row(self, sheet: Any, at: int, columns: list[Column], row: list[object]) -> None:
        formats = self.formats
        self._high(sheet, at, columns, row)
        for number, value in enumerate(row):
            if value is None or value == "":
                continue
            column = columns[number]
            if isinstance(value, str):
                form = "struck" if column.form == "struck" else "code" if column.code else "text"
                sheet.write_string(at, number, value, formats[form])
            elif isinstance(value, datetime):
                sheet.write_datetime(at, number, value, formats["time"])
            elif isinstance(value, int | float):
                form = "percent" if column.form == "percent" else "decimal" if isinstance(value, float) else "number"
                sheet.write_number(at, number, value, formats[form])

    def _high(self, sheet: Any, at: int, columns: list[Column], row: list[object]) -> None:
        """Make a row as high as its longest text needs: not every program does so when it opens a workbook."""
        most = 1
        for number, value in enumerate(row):
            if isinstance(value, str) and not columns[number].code:
                width = columns[number].width
                if len(value) > width or "\n" in value:
                    most = max(most, sum(1 + len(line) // width for line in value[:_LONG].split("\n")))
        if most > 1:
            sheet.set_row(at, min(most * _LINE, _HIGHEST))


def sheet_name(name: str, number: int = 1) -> str:
    """Return the name of a table's sheet; `number` counts the sheets that it needs."""
    return _NOT_IN_NAMES.sub(" ", name if number == 1 else f"{name} {number}")[:31]


def _in_header(text: str) -> str:
    """Return a text as a header shows it, where "&" begins a command."""
    return " ".join(cell(text).split())[:_HEADER].replace("&", "&&")


def write(contents: Contents, out: BinaryIO, progress: Progress | None = None) -> None:
    """Write the workbook to a binary file."""
    book, saying = Book(out, contents), Sayer(contents)
    try:
        exercise = _("Incident log of an exercise") if contents.exercise else _("Incident log of an event")
        book.book.set_properties(
            {
                "title": cell(_("{event}: incident log").format(event=contents.event)),
                "subject": exercise,
                "author": cell(contents.author),
                "comments": f"CommandLog {__version__}",
                "status": _("EXERCISE") if contents.exercise else "",
            }
        )
        made = all_tables.tables(contents, saying, progress)
        for table in made.tables:
            _sheet(book, table, made)
    finally:
        book.close()


def _sheet(book: Book, table: Table, made: all_tables.Tables) -> None:
    sheet = book.sheet(table.name, table.columns, table.rows())
    if table.file == "totals":
        xlsx_charts.draw(book.book, sheet, made.groups, len(table.columns))
