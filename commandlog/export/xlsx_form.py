"""The workbook: for whoever sorts, filters and counts in a spreadsheet.

Text is always written as text: no formula, no link. Times are true dates in the zone of the event (a workbook knows no
zones, so the head of the column names it), with a column in UTC beside them. A text that is longer than a cell can be
goes on in the rows below, which say so; nothing is lost. More rows than a sheet can hold go on in a next sheet.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from commandlog import __version__
from commandlog.export import xlsx_sheets
from commandlog.export.contents import Contents, Progress
from commandlog.export.saying import Sayer
from commandlog.export.xlsx_cells import Column, cell, parts
from commandlog.language import _

ROWS = 1_048_576  # rows of a sheet
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")


class Book:
    """A workbook being written, row after row, in bounded memory."""

    def __init__(self, out: BinaryIO, contents: Contents) -> None:
        """Begin a workbook; `sheet` puts tables into it and `close` finishes it."""
        safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.book: Any = xlsxwriter.Workbook(out, {"constant_memory": True, **safe})
        self.contents = contents
        top = {"valign": "top"}
        self.formats: dict[str, Any] = {
            "head": self.book.add_format({"bold": True, "bottom": 1, "valign": "top", "text_wrap": True}),
            "text": self.book.add_format({**top, "text_wrap": True}),
            "struck": self.book.add_format({**top, "text_wrap": True, "font_strikeout": True, "font_color": "#6b7580"}),
            "time": self.book.add_format({**top, "num_format": "yyyy-mm-dd hh:mm:ss"}),
            "number": self.book.add_format({**top, "num_format": "0"}),
            "decimal": self.book.add_format({**top, "num_format": "0.000000"}),
        }

    def close(self) -> None:
        """Write the workbook out; raises OSError where that fails."""
        try:
            self.book.close()
        except FileCreateError as error:
            raise error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(str(error)) from error

    def sheet(self, name: str, columns: list[Column], rows: Iterator[list[object]]) -> None:
        """Write a table: a frozen head, a filter, one row a row; goes on in a next sheet when this one is full."""
        number, done = 1, False
        pending: list[object] | None = None
        while not done:
            title = _NOT_IN_NAMES.sub(" ", name if number == 1 else f"{name} {number}")[:31]
            sheet = self.book.add_worksheet(title)
            self._head(sheet, columns)
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

    def _head(self, sheet: Any, columns: list[Column]) -> None:
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.width)
            sheet.write_string(0, at, cell(column.head), self.formats["head"])

    def _row(self, sheet: Any, at: int, columns: list[Column], row: list[object]) -> None:
        for number, (column, value) in enumerate(zip(columns, row, strict=True)):
            if value is None or value == "":
                continue
            if isinstance(value, datetime):
                sheet.write_datetime(at, number, value, self.formats["time"])
            elif isinstance(value, int | float):
                sheet.write_number(at, number, value, self.formats["decimal" if isinstance(value, float) else "number"])
            else:
                text = self.formats["struck" if column.form == "struck" else "text"]
                sheet.write_string(at, number, str(value), text)


def write(contents: Contents, out: BinaryIO, progress: Progress | None = None) -> None:
    """Write the workbook to a binary file."""
    book = Book(out, contents)
    saying = Sayer(contents)
    try:
        book.book.set_properties(
            {
                "title": cell(_("{event}: incident log").format(event=contents.event)),
                "subject": _("Incident log of an exercise") if contents.exercise else _("Incident log of an event"),
                "author": cell(contents.author),
                "comments": f"CommandLog {__version__}",
            }
        )
        tables = xlsx_sheets.tables(contents, saying, progress)
        for name, columns, rows in tables:
            book.sheet(name, columns, rows)
    finally:
        book.close()
