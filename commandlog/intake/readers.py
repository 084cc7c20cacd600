"""Which reader reads a file: its content decides, the suffix only where the content leaves it open.

A new format is a module that gives a Table, and a line in READERS.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from commandlog.intake.csv_rows import csv_rows
from commandlog.intake.encodings import Encoding, guess_encoding
from commandlog.intake.geojson_rows import geojson_rows
from commandlog.intake.json_rows import json_rows
from commandlog.intake.jsonl_rows import jsonl_rows, looks_like_lines
from commandlog.intake.rows import Shape, Table, known_encoding, read_start, reading
from commandlog.intake.text_rows import looks_like_log, text_rows
from commandlog.intake.workbook_rows import html_rows, workbook_rows
from commandlog.language import _, ngettext
from commandlog.model.errors import RuleError

_WORKBOOKS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")
_PAGE = frozenset(
    ("html", "head", "body", "table", "thead", "tbody", "tr", "meta", "title", "div", "p", "h1", "h2", "h3", "center")
)
_MARKUP = re.compile(r"<(?!\d)")  # a message of syslog begins with "<134>"
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?([A-Za-z][\w.-]{0,60})[\s/>]")


class Reader(NamedTuple):
    """A reader of one format: whether a file is its own (first characters, suffix), and how it is read."""

    recognises: Callable[[str, str], bool]
    read: Callable[[Path, str, Shape], Table]


READERS = (
    Reader(lambda start, _suffix: _MARKUP.match(start) is not None, html_rows),
    Reader(lambda _start, suffix: suffix in (".jsonl", ".ndjson"), jsonl_rows),
    Reader(lambda start, _suffix: _json(start) and looks_like_lines(start), jsonl_rows),
    Reader(lambda start, suffix: _json(start) and suffix == ".geojson", geojson_rows),
    Reader(lambda start, suffix: _json(start) or suffix == ".json", json_rows),
    Reader(lambda start, suffix: suffix not in (".csv", ".tsv") and looks_like_log(start), text_rows),
    Reader(lambda _start, _suffix: True, csv_rows),
)


def open_rows(path: Path, shape: Shape | None = None) -> Table:
    """Return the table that a file holds.

    Raises RuleError where the file is absent, empty, too large or of no format that is known, Unavailable where the
    disk refuses.
    """
    shape = shape or Shape()
    start = read_start(path)
    if start.startswith(_WORKBOOKS):
        return workbook_rows(path, "", shape)
    _refuse_what_is_no_text(start, path)
    encoding = Encoding(shape.encoding) if shape.encoding else _encoding(path, start)
    with reading(path):
        text = start.decode(encoding.name, "replace")
    if text.count("\0") > len(text) * 0.1:
        raise RuleError(_("{file} is not a table in text. Save it as CSV and import that.").format(file=path.name))
    text = text.lstrip("\ufeff\x1e \t\r\n")
    _refuse_other_xml(text, path)
    if shape.pattern:
        table = text_rows(path, encoding.name, shape)
    else:
        reader = next(one for one in READERS if one.recognises(text, path.suffix.lower()))
        table = reader.read(path, encoding.name, shape)
    if encoding.broken:
        table.note(
            ngettext(
                "{count} byte is no character of {encoding}: shown as �.",
                "{count} bytes are no characters of {encoding}: shown as �.",
                encoding.broken,
            ).format(count=encoding.broken, encoding=encoding.name.upper())
        )
    return table


def _json(start: str) -> bool:
    """Whether a text begins as JSON does (a log may begin with "[21:14]")."""
    return start.startswith("{") or (start.startswith("[") and start[1:].lstrip()[:1] in '{["]')


def _encoding(path: Path, start: bytes) -> Encoding:
    """Return the encoding of a text: of a page the one that it states, where it is one."""
    guessed = guess_encoding(path, start)
    stated = _CHARSET.search(start[:8192]) if start.lstrip()[:1] == b"<" else None
    name = stated[1].decode("ascii", "replace") if stated else ""
    if guessed.name in ("utf-8", "utf-8-sig") or guessed.name.startswith("utf-") or not known_encoding(name):
        return guessed
    return guessed if name.lower().startswith("utf") else Encoding(name)


def _refuse_what_is_no_text(start: bytes, path: Path) -> None:
    """Raise RuleError saying what a file is, where its first bytes tell."""
    kinds = (
        (b"%PDF", _("a PDF. Ask for the workbook or CSV that it was made from, or copy its table to a workbook")),
        (b"\x1f\x8b", _("packed (gzip). Unpack it and import the file inside")),
        (b"7z\xbc\xaf", _("packed (7z). Unpack it and import the file inside")),
        (b"Rar!", _("packed (RAR). Unpack it and import the file inside")),
        (b"BZh", _("packed (bzip2). Unpack it and import the file inside")),
        (b"\xfd7zXZ", _("packed (xz). Unpack it and import the file inside")),
        (b"SQLite format 3", _("a database. Export its table as CSV and import that")),
        (b"{\\rtf", _("a text document. Copy its table to a workbook, save that and import it")),
        (b"PAR1", _("a Parquet file. Save it as CSV and import that")),
        ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM"), _("a picture. Type over what it shows")),
        ((b"\x7fELF", b"MZ\x90", b"\xcf\xfa\xed\xfe"), _("a program, no table")),
        ((b"ID3", b"OggS", b"\x00\x00\x00\x18ftyp", b"\x00\x00\x00\x20ftyp"), _("sound or film, no table")),
    )
    for marks, words in kinds:
        if start.startswith(marks) and (marks != b"BM" or b"\0" in start[:60]):
            raise RuleError(_("{file} is {kind}.").format(file=path.name, kind=words))


def _refuse_other_xml(text: str, path: Path) -> None:
    """Raise RuleError saying what XML is, where it is no web page."""
    if not _MARKUP.match(text):
        return
    found = _ROOT.search(_COMMENT.sub("", text[:8192]))
    root = found[1] if found else ""
    kinds = {
        "kml": _("a map in KML. Save it as GeoJSON in a map program and import that"),
        "gpx": _("a track in GPX. Save it as GeoJSON or CSV and import that"),
        "alert": _("a warning in CAP. Attach it to an entry"),
        "svg": _("a picture. Type over what it shows"),
        "rss": _("a news feed. Save it as JSON or CSV and import that"),
        "feed": _("a news feed. Save it as JSON or CSV and import that"),
        "Workbook": _("a workbook in the XML of 2003. Save it as XLSX and import that"),
        "document": _("a document in flat XML. Save it as ODS or XLSX and import that"),
    }
    page = root.lower() in _PAGE or (not text.startswith("<?xml") and "<table" in text.lower())
    if root in kinds or not page:
        words = kinds.get(root, _("XML that holds no table that is known. Save it as CSV or XLSX and import that"))
        raise RuleError(_("{file} is {kind}.").format(file=path.name, kind=words))
