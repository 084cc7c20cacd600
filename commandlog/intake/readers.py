"""Which reader reads a file: its content decides, the suffix only where the content leaves it open.

A new format is a module that gives a Table, and a line in READERS.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from commandlog.intake.csv_rows import csv_rows
from commandlog.intake.geojson_rows import geojson_rows
from commandlog.intake.rows import Shape, Table, guess_encoding, read_start
from commandlog.language import _
from commandlog.model.errors import RuleError

_BINARY = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"GIF8", b"SQLite ")


class Reader(NamedTuple):
    """A reader of one format: whether a file is its own (first characters, suffix), and how it is read."""

    recognises: Callable[[str, str], bool]
    read: Callable[[Path, str, Shape], Table]


READERS = (
    Reader(lambda start, suffix: start.startswith("{") or suffix in (".geojson", ".json"), geojson_rows),
    Reader(lambda _start, _suffix: True, csv_rows),
)


def open_rows(path: Path, shape: Shape | None = None) -> Table:
    """Return the table that a file holds.

    Raises RuleError where the file is absent, empty, too large or of no format that is known, Unavailable where the
    disk refuses.
    """
    shape = shape or Shape()
    start = read_start(path)
    encoding = shape.encoding or guess_encoding(path, start)
    text = start.decode(encoding, "replace")
    zeros = text.count("\0") > len(text) * 0.1
    start_of_text = text.lstrip("\ufeff \t\r\n")
    if start.startswith(_BINARY) or zeros or start_of_text.startswith("<"):
        raise RuleError(
            _("{file} is not a table in text. Save it as CSV or GeoJSON and import that.").format(file=path.name)
        )
    reader = next(one for one in READERS if one.recognises(start_of_text, path.suffix.lower()))
    return reader.read(path, encoding, shape)
