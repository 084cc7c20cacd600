"""The CSV set: a table a file, in one ZIP, with a note that says what is what.

The same tables as the workbook, from the same source; `timeline.csv` is the CSV form itself, which can be imported
again. Times are ISO 8601 in the zone of the event. The same log at the same moment makes the same bytes: the files in
the ZIP have no times of their own.
"""

import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO, cast

from commandlog.export import all_tables, csv_form
from commandlog.export.contents import Contents, Progress
from commandlog.export.saying import Sayer
from commandlog.export.tables import Table
from commandlog.language import _
from commandlog.model.flat import Cell

_FIXED = (1980, 1, 1, 0, 0, 0)


def write(contents: Contents, out: BinaryIO, progress: Progress | None = None) -> None:
    """Write the set to a binary file."""
    saying = Sayer(contents)
    made = all_tables.tables(contents, saying, progress)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        with _file(packed, "README.txt") as file:
            file.write(_readme(contents, saying, made.tables).encode())
        for table in made.tables:
            with _file(packed, f"{table.file}.csv") as file:
                if table.file == "timeline":
                    csv_form.write_lines(contents, made.entries.lines(), file)
                else:
                    csv_form.write_rows(file, [one.field for one in _columns(table)], _rows(contents, table))


def _file(packed: zipfile.ZipFile, name: str) -> BinaryIO:
    info = zipfile.ZipInfo(name, _FIXED)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return cast("BinaryIO", packed.open(info, "w", force_zip64=True))


def _columns(table: Table) -> list[Any]:
    """Return the columns that a file has: none for parts, since its cells have no end."""
    return [one for one in table.columns if one.field != "part"]


def _rows(contents: Contents, table: Table) -> Iterator[list[Cell | None]]:
    width = len(_columns(table))
    for row in table.rows():
        yield [_cell(contents, value) for value in row[:width]]


def _cell(contents: Contents, value: object) -> Cell | None:
    if isinstance(value, datetime):
        return value.replace(tzinfo=contents.zone).isoformat(timespec="seconds")
    return cast("Cell | None", value)


def _readme(contents: Contents, saying: Sayer, tables: list[Table]) -> str:
    """Return what the files are, in the current language; lines end in CR LF."""
    lines = [f"{name}: {value}" for name, value in all_tables.about(contents, saying)]
    lines += ["", _("Tables in CSV (UTF-8, commas, a head of field names), for spreadsheets and programs:"), ""]
    lines += [f"  {f'{table.file}.csv':<22} {table.name}" for table in tables]
    lines += [
        "",
        _("definitions.csv says what each column means. timeline.csv can be imported again."),
        _("A text that a spreadsheet would take for a formula has one apostrophe in front."),
        _("Times are those of the event, with their offset from UTC."),
    ]
    return "\r\n".join(" ".join(line.split("\n")) for line in lines) + "\r\n"
