"""The tables of a log, for the sheets of the workbook and the files of the CSV set: one source for both.

Each table has a name that people read, the name of its file, its columns (what stands above them, what they are called
in files, what they mean) and its rows, which are made while they are written.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec import Struct

from commandlog.language import _


class Column(Struct, frozen=True):
    """A column: its head, its width in characters, what it means, how it is written, its name in files.

    `form` is "text", "struck", "time", "number" or "percent". One of `code` is for programs: it says in a code what
    another says in words.
    """

    head: str
    width: int
    meaning: str
    form: str = "text"
    field: str = ""
    code: bool = False


class Table(NamedTuple):
    """A table: the sheet's name, the file's name, its columns, and its rows, one value a column."""

    name: str
    file: str
    columns: list[Column]
    rows: Callable[[], Iterator[list[object]]]


def part() -> Column:
    """Return the last column of a table whose texts can be longer than a cell."""
    told = _("A text too long for a cell goes on in the rows below: 2/3 is the second of three.")
    return Column(_("Part"), 8, told, field="part")


def in_zone(name: str, zone: str) -> str:
    """Return the head of a column of times, which are in the zone of the event."""
    return f"{name} ({zone})"
