"""CSV: a table for spreadsheets and for importing again.

RFC 4180: commas, quotes where needed, lines end in CR LF; UTF-8 with a byte order mark, so that Excel reads the
accents. The separator does not depend on the language: who opens it in a Dutch Excel takes the .xlsx instead.
The formula rule (`commandlog.model.flat.defused`) holds for cells of text; numbers are numbers.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from commandlog.export.contents import Contents, Progress
from commandlog.export.flat import Flattener
from commandlog.model.flat import FIELDS, AttachedFile, Cell, EarlierText, Entry, cells, defused, plain
from commandlog.views.lines import Line

__all__ = ["COLUMNS", "NAMES", "defused", "plain", "write", "write_lines", "write_rows"]

NAMES = ("party_name", "place_name", "category_name")
"""Columns beside the fields of an entry: what people call the codes."""
_BESIDE = ("earlier_text", *NAMES, "raw", "attachments")
COLUMNS = (
    *FIELDS[: FIELDS.index("later") + 1],
    *_BESIDE,
    *(one for one in FIELDS[FIELDS.index("later") + 1 :] if one not in _BESIDE),
)
"""New columns come last, so that who reads by number goes on reading the same."""


def write(contents: Contents, out: BinaryIO, progress: Progress | None = None) -> None:
    """Write the entries to a binary file, one row each, under a row of column names."""
    write_lines(contents, contents.lines(progress), out)


def write_lines(contents: Contents, lines: Iterable[Line], out: BinaryIO) -> None:
    """Write these entries to a binary file."""
    flattener = Flattener(contents)
    entries = (flattener.entry(line) for line in lines)
    write_rows(out, COLUMNS, (_row(contents, one) for one in entries))


def write_rows(out: BinaryIO, head: Sequence[str], rows: Iterable[Sequence[Cell | None]]) -> None:
    """Write a table to a binary file: its head, then its rows; texts that look like formulas are defused."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="")
    table = csv.writer(text)
    table.writerow([defused(one) for one in head])
    table.writerows([defused(one) if isinstance(one, str) else one for one in row] for row in rows)
    text.flush()
    text.detach()


def _row(contents: Contents, entry: Entry) -> list[Cell | None]:
    covenant = contents.covenant
    found: dict[str, Cell] = cells(entry)
    found |= {
        "party_name": covenant.party_name(entry.party),
        "place_name": covenant.place_name(entry.place),
        "category_name": covenant.category_name(entry.category),
        "earlier_text": "\n".join(map(_struck, entry.earlier)),
        "attachments": "\n".join(map(_attached, entry.attachments)),
    }
    return [found.get(name) for name in COLUMNS]


def _attached(one: AttachedFile) -> str:
    """Return an attachment: reference, type, bytes, salted hash, and its name."""
    return " ".join(part for part in (one.reference, one.media, str(one.size), one.file, one.name) if part)


def _struck(one: EarlierText) -> str:
    """Return an earlier text and, in brackets, who struck it when and why."""
    by = " ".join(part for part in (one.corrected_at, one.corrected_by, one.corrected_at_desk) if part)
    return f"{one.text} [{by}: {one.reason}]" if one.reason else f"{one.text} [{by}]"
