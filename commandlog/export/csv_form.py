"""CSV: a table for spreadsheets and for importing again.

RFC 4180: commas, quotes where needed, lines end in CR LF; UTF-8 with a byte order mark, so that Excel reads the
accents. The separator does not depend on the language: who opens it in a Dutch Excel takes the .xlsx instead.

The formula rule: a text cell that begins with = + - @ tab or CR would be taken for a formula, so it gets one apostrophe
in front. A cell that begins with apostrophes and then such a character gets one more, so that `plain` gives back
every text as it was. Cells of numbers (position, latitude, longitude) are numbers and get none.
"""

import csv
import io
import re
from typing import BinaryIO

import msgspec

from commandlog.export.contents import Contents, Progress
from commandlog.export.flat import AttachedFile, EarlierText, Entry, flat

_LOOKS_LIKE_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_DEFUSED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")
NAMES = ("party_name", "place_name", "category_name")
"""Columns beside the fields of an entry: what people call the codes."""
_NESTED = ("raw", "earlier", "attachments")
COLUMNS = (
    *(one for one in Entry.__struct_fields__ if one not in _NESTED),
    "earlier_text",
    *NAMES,
    "raw",
    "attachments",
)


def write(contents: Contents, out: BinaryIO, progress: Progress | None = None) -> None:
    """Write the entries to a binary file, one row each, under a row of column names."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for line in contents.lines(progress):
        rows.writerow(_row(contents, flat(contents, line)))
    text.flush()
    text.detach()


def defused(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula (the rule above)."""
    return f"'{text}" if _LOOKS_LIKE_FORMULA.match(text) else text


def plain(cell: str) -> str:
    """Return the text that a cell stands for: the inverse of `defused`."""
    return cell[1:] if _DEFUSED.match(cell) else cell


def _row(contents: Contents, entry: Entry) -> list[object]:
    covenant = contents.covenant
    beside = {
        "party_name": covenant.party_name(entry.party),
        "place_name": covenant.place_name(entry.place),
        "category_name": covenant.category_name(entry.category),
        "earlier_text": "\n".join(map(_struck, entry.earlier)),
        "raw": msgspec.json.encode(entry.raw).decode() if entry.raw else "",
        "attachments": "\n".join(map(_attached, entry.attachments)),
    }
    return [_cell(beside[name] if name in beside else getattr(entry, name)) for name in COLUMNS]


def _cell(value: object) -> object:
    if isinstance(value, str):
        return defused(value)
    if isinstance(value, tuple):
        return defused(" ".join(value))
    if isinstance(value, bool):
        return "true" if value else ""
    return "" if value is None else value


def _attached(one: AttachedFile) -> str:
    """Return an attachment: reference, type, bytes, salted hash, and its name."""
    return " ".join(part for part in (one.reference, one.media, str(one.size), one.file, one.name) if part)


def _struck(one: EarlierText) -> str:
    """Return an earlier text and, in brackets, who struck it when and why."""
    by = " ".join(part for part in (one.corrected_at, one.corrected_by, one.corrected_at_desk) if part)
    return f"{one.text} [{by}: {one.reason}]" if one.reason else f"{one.text} [{by}]"
