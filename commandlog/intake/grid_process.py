"""The process that reads workbooks and web pages from outside: bytes in, rows out (see `confined.py`).

Such files are programs for their readers: zips in XML, markup without end, formulas, references. So they are read here,
by a process that is given only the bytes, little memory and little time, and that can open no file and start no other
process where the system can forbid that (POSIX). It is run as a file of its own and imports nothing of this program.

Arguments: "workbook" or "page", the sheet that is wanted (a name, a number, or nothing), the encoding of a page, bytes
of memory, seconds. Writes frames, each behind its length in four bytes (big-endian): how many bytes there are to read
(eight bytes, big-endian), then in MessagePack what was found, lists of (number, cells), and last an empty list. A fault
is a frame of its own, and the last.
"""

import codecs
import html.parser
import io
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import partial
from xml.parsers import expat

import msgspec
import python_calamine

MAX_PARTS = 5_000
MAX_UNPACKED = 2 << 30  # bytes, of all parts together
MAX_PART = 32 << 20  # bytes; a larger part must not be packed more tightly than text can be
MAX_RATIO = 300
MAX_COLUMNS = 1_000
MAX_CELLS = 30_000_000
MAX_ROW = 16 << 20  # characters
MAX_CELL = 110_000  # characters that are handed on; more than 100,000 are refused by the one who asks
PROLOG = 1 << 16  # bytes within which the first element of XML must begin
ROWS = 500  # in a frame
SAMPLE = 5_000  # rows of a sheet that are looked at, to choose one
ARCHIVES = (".zip", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".docx", ".odt", ".gz", ".7z", ".rar", ".jar", ".tar")

Line = tuple[int, list[str]]


class Fault(Exception):
    """What the file is instead of a table: a word, and what belongs to it."""

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(word)
        self.word = word
        self.detail = detail


class Sheet(msgspec.Struct):
    """A sheet or a table of a page: how many of its rows look like a table, its width, and its rows."""

    name: str
    tabular: int
    width: int
    lines: Callable[[], Iterator[Line]]
    hidden: bool = False


# -- workbooks ---------------------------------------------------------------------------------------------------------


def check_zip(content: bytes) -> str:
    """Return which kind of workbook a zip holds; raises Fault where it holds none, or is made to do harm."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise Fault("bomb")
            for part in parts:
                if part.flag_bits & 1:
                    raise Fault("encrypted")
                if part.file_size > MAX_PART and part.file_size > part.compress_size * MAX_RATIO:
                    raise Fault("bomb")
            names = [part.filename for part in parts]
            kind = kind_of(names)
            if any(name.lower().endswith(ARCHIVES) and "/embeddings/" not in name for name in names):
                raise Fault("nested")
            for name in names:
                if name.lower().endswith((".xml", ".rels")):
                    with archive.open(name) as part_of_it:
                        check_xml(part_of_it.read(PROLOG))
            if kind == "ODS":
                check_odf(archive, names)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise Fault("damaged") from error
    except (RuntimeError, zlib_error, LookupError, OverflowError, UnicodeError) as error:
        raise Fault("damaged") from error
    return kind


def check_odf(archive: zipfile.ZipFile, names: list[str]) -> None:
    """Raise Fault where an OpenDocument file is no workbook, or locked."""
    for name, mark, fault in (
        ("mimetype", b"opendocument.text", Fault("document")),
        ("META-INF/manifest.xml", b"encryption-data", Fault("encrypted")),
    ):
        if name in names:
            with archive.open(name) as part:
                if mark in part.read(1 << 20):
                    raise fault


zlib_error = zipfile.zlib.error  # type: ignore[attr-defined]


def check_compound(content: bytes) -> str:
    """Return "XLS" for a file of the older Office; raises Fault where one of its streams says that it is another."""
    for name, fault in (("EncryptedPackage", Fault("encrypted")), ("WordDocument", Fault("document"))):
        if name.encode("utf-16-le") in content[: 1 << 20] + content[-(1 << 20) :]:
            raise fault
    return "XLS"


def kind_of(names: list[str]) -> str:
    """Return the kind of workbook by the parts that it has; raises Fault where it is something else."""
    for name, kind in (("xl/workbook.xml", "XLSX"), ("xl/workbook.bin", "XLSB"), ("content.xml", "ODS")):
        if name in names:
            return kind
    if "word/document.xml" in names:
        raise Fault("document")
    raise Fault("zip", ", ".join(names[:3]))


class _EnoughError(Exception):
    """The prolog is over."""


def check_xml(start: bytes) -> None:
    """Raise Fault where XML has a document type: no workbook needs one, and it is how entities get in."""

    def enough(*_arguments: object) -> None:
        raise _EnoughError

    def doctype(*_arguments: object) -> None:
        raise Fault("doctype")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = enough
    try:
        parser.Parse(start, False)
    except (_EnoughError, expat.ExpatError):
        return
    except (ValueError, LookupError) as error:  # an encoding that is none
        raise Fault("damaged") from error
    if len(start) >= PROLOG:
        raise Fault("damaged")


def workbook(content: bytes, wanted: str) -> tuple[dict[str, object], Iterator[Line]]:
    """Return what a workbook holds, and the rows of the sheet that is wanted or looks most like a table."""
    kind = check_zip(content) if content.startswith(b"PK") else check_compound(content)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    except python_calamine.PasswordError as error:
        raise Fault("encrypted") from error
    except (python_calamine.CalamineError, OSError) as error:
        raise Fault("damaged" if kind != "XLS" else "no workbook") from error
    visible = python_calamine.SheetVisibleEnum.Visible
    sheets = []
    for number, one in enumerate(book.sheets_metadata):
        if one.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        if wanted and one.name != wanted and str(number + 1) != wanted and one.name.casefold() != wanted.casefold():
            sheets.append(Sheet(one.name, -1, 0, nothing))
            continue
        sheets.append(surveyed(book, one.name, hidden=one.visible != visible))
        best = max(sheets, key=likelihood)
        for other in sheets:  # no more than one is held in memory
            other.lines = other.lines if other is best else nothing
    chosen = choose(sheets, wanted)
    found = told(kind, chosen, sheets)
    found["hidden_rows"] = kind in ("XLSX", "ODS") and has_hidden_rows(content, kind)
    return found, chosen.lines()


def surveyed(book: "python_calamine.CalamineWorkbook", name: str, *, hidden: bool) -> Sheet:
    """Return a sheet, having counted what is in its first rows."""
    try:
        sheet = book.get_sheet_by_name(name)
    except (python_calamine.CalamineError, OSError) as error:
        raise Fault("damaged") from error
    if sheet.start is None or sheet.end is None:
        return Sheet(name, 0, 0, nothing, hidden)
    skipped = sheet.start[1]
    if sheet.end[1] - skipped >= MAX_COLUMNS:
        return Sheet(name, 0, sheet.end[1] - skipped + 1, nothing, hidden)
    if sheet.height * sheet.width > MAX_CELLS * 10:
        raise Fault("bomb")
    tabular = 0
    for number, row in enumerate(sheet.iter_rows()):
        tabular += sum(1 for value in row if value != "") > 1
        if number > SAMPLE:
            tabular = max(tabular, round(sheet.height * tabular / number))
            break

    def lines() -> Iterator[Line]:
        for number, row in enumerate(sheet.iter_rows(), start=1):
            cells = [value if type(value) is str else shown(value) for value in row]
            if any(cells):
                yield number, cells

    return Sheet(name, tabular, sheet.width, lines, hidden)


def shown(value: object) -> str:
    """Return a cell's value as text: days and times in ISO 8601, whole numbers without a point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime):
        seconds = value + timedelta(microseconds=500 - (value.microsecond + 500) % 1000) if value.year < 9999 else value
        return seconds.isoformat(timespec="milliseconds" if seconds.microsecond >= 1000 else "seconds")
    if isinstance(value, time):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        seconds_of_it = round(abs(value.total_seconds()))
        sign = "-" if value < timedelta() else ""
        return f"{sign}{seconds_of_it // 3600}:{seconds_of_it // 60 % 60:02}:{seconds_of_it % 60:02}"
    return "" if value is None else str(value)


_HIDDEN = {
    "XLSX": re.compile(rb"<(?:\w{1,20}:)?row\s[^>]{0,400}\bhidden=[\"'](?:1|true)"),
    "ODS": re.compile(rb"<table:table-row\s[^>]{0,400}table:visibility=[\"'](?:collapse|filter)"),
}


def has_hidden_rows(content: bytes, kind: str) -> bool:
    """Whether any sheet hides rows (which are taken in like others)."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name != "content.xml" and not name.startswith("xl/worksheets/"):
                continue
            with suppress(zipfile.BadZipFile, zlib_error, EOFError), archive.open(name) as part:
                before = b""
                while block := part.read(1 << 20):
                    if _HIDDEN[kind].search(before + block):
                        return True
                    before = block[-500:]
    return False


def nothing() -> Iterator[Line]:
    """Yield no rows: the sheet is not the one that is read."""
    return iter(())


def likelihood(sheet: Sheet) -> tuple[bool, int]:
    """Return how likely it is that a sheet is the log: one that people see, with many rows."""
    return not sheet.hidden and sheet.tabular > 0, sheet.tabular


def choose(sheets: list[Sheet], wanted: str) -> Sheet:
    """Return the sheet that is wanted, or the one with the most rows that look like a table; raises Fault."""
    able = [sheet for sheet in sheets if sheet.tabular >= 0]
    if wanted and not able:
        raise Fault("no such sheet", ", ".join(sheet.name for sheet in sheets[:20]))
    best = max(able, key=likelihood, default=None)
    if best is None or not best.width:
        raise Fault("empty")
    if best.width > MAX_COLUMNS:
        raise Fault("wide", str(best.width))
    return best


def told(kind: str, chosen: Sheet, sheets: list[Sheet]) -> dict[str, object]:
    """Return what was found, in words and numbers."""
    others = [sheet.name for sheet in sheets if sheet is not chosen and sheet.tabular > 0]
    return {"kind": kind, "sheet": chosen.name, "width": chosen.width, "others": others[:20], "hidden_rows": False}


# -- web pages ---------------------------------------------------------------------------------------------------------


class _Grid:
    """A table while it is read: its rows so far, and what cells of earlier rows reach into the next."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.row: list[str] | None = None
        self.reaching: dict[int, tuple[int, str]] = {}
        self.cell: list[str] | None = None
        self.spans = (1, 1)

    def begin_row(self) -> None:
        self.end_row()
        self.row = []

    def begin_cell(self, spans: tuple[int, int]) -> None:
        self.end_cell()
        if self.row is None:
            self.row = []
        self.cell, self.spans = [], spans

    def end_cell(self) -> None:
        """Put the cell in the next free place of the row; what reaches down is repeated, what goes right is not."""
        if self.cell is None or self.row is None:
            return
        text = tidy("".join(self.cell))
        self.cell = None
        self._fill()
        for number in range(min(self.spans[0], MAX_COLUMNS)):
            if len(self.row) > MAX_COLUMNS:
                raise Fault("wide", str(len(self.row)))
            if self.spans[1] > 1:
                self.reaching[len(self.row)] = (self.spans[1] - 1, text if not number else "")
            self.row.append(text if not number else "")

    def _fill(self) -> None:
        while self.row is not None and len(self.row) in self.reaching:
            left, text = self.reaching.pop(len(self.row))
            if left > 1:
                self.reaching[len(self.row)] = (left - 1, text)
            self.row.append(text)

    def end_row(self) -> None:
        self.end_cell()
        if self.row is not None:
            self._fill()
            self.rows.append(self.row)
        self.row = None


def tidy(text: str) -> str:
    """Return the text of a cell as a browser shows it: runs of white space as one, line breaks where <br> was."""
    return "\n".join(" ".join(line.split()) for line in text.split("\v")).strip()


class Page(html.parser.HTMLParser):
    """Collects the tables of a page. Text of an inner table is text of the outer cell as well."""

    SILENT = ("script", "style", "template", "noscript", "head")
    BREAKS = ("br", "p", "div", "li", "tr")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[_Grid] = []
        self.found: list[_Grid] = []
        self.silent = ""
        self.cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, a row or a cell."""
        if self.silent:
            if tag not in ("body", "table"):
                return
            self.silent = ""
        if tag in self.SILENT:
            self.silent = tag
        elif tag == "table":
            if len(self.open) > 50:
                raise Fault("damaged")
            self.open.append(_Grid())
            self.found.append(self.open[-1])
        elif self.open and tag == "tr":
            self.open[-1].begin_row()
        elif self.open and tag in ("td", "th"):
            given = dict(attrs)
            spans = span(given.get("colspan")), span(given.get("rowspan"))
            self.cells += spans[0]
            if self.cells > MAX_CELLS:
                raise Fault("bomb")
            self.open[-1].begin_cell(spans)
        if tag in self.BREAKS:
            self.handle_data("\v")

    def handle_endtag(self, tag: str) -> None:
        """Close a table, a row or a cell."""
        if tag == self.silent:
            self.silent = ""
        elif self.open and tag == "table":
            self.open.pop().end_row()
        elif self.open and tag in ("td", "th"):
            self.open[-1].end_cell()
        elif self.open and tag == "tr":
            self.open[-1].end_row()

    def handle_data(self, data: str) -> None:
        """Take in text."""
        if not self.silent:
            for grid in self.open:
                if grid.cell is not None:
                    grid.cell.append(data)

    def close(self) -> None:
        """Close what the page left open."""
        super().close()
        while self.open:
            self.open.pop().end_row()


def span(value: str | None) -> int:
    """Return over how many columns or rows a cell goes."""
    return min(max(int(value), 1), 65_534) if value and value.isdecimal() and len(value) < 6 else 1


def page(content: bytes, encoding: str, wanted: str) -> tuple[dict[str, object], Iterator[Line]]:
    """Return what a web page holds, and the rows of the table that is wanted or the largest."""
    parser = Page()
    try:
        parser.feed(content.decode(encoding, "replace").replace("\0", ""))
        parser.close()
    except AssertionError as error:  # how the parser says that a declaration is none
        raise Fault("damaged") from error
    sheets = []
    for number, grid in enumerate(parser.found, start=1):
        width = max(map(len, grid.rows), default=0)
        tabular = sum(sum(map(bool, row)) > 1 for row in grid.rows)
        if wanted and str(number) != wanted:
            tabular = -1
        sheets.append(Sheet(str(number), tabular, width, partial(padded, grid.rows, width)))
    if not sheets:
        raise Fault("no table")
    chosen = choose(sheets, wanted)
    return told("HTML", chosen, sheets), chosen.lines()


def padded(rows: list[list[str]], width: int) -> Iterator[Line]:
    """Yield rows of the same width, with their numbers."""
    for number, row in enumerate(rows, start=1):
        if any(row):
            yield number, row + [""] * (width - len(row))


# -- the process -------------------------------------------------------------------------------------------------------


def confine(memory: int, seconds: int) -> None:
    """Give up what reading does not need."""
    try:
        import resource
    except ImportError:  # Windows has no such limits: there, the time is what bounds it
        return
    for name, limit in (("AS", memory), ("CPU", seconds), ("CORE", 0), ("FSIZE", 0), ("NOFILE", 0), ("NPROC", 0)):
        with suppress(OSError, ValueError, AttributeError):  # not every system has, or keeps, each of them
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))


def try_out(encoding: str) -> None:
    """Let each reader load what it needs, on files made here."""
    for one in ("cp437", "utf-16-le", encoding):  # names in zips, names in files of the older Office, the page
        codecs.lookup(one)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with suppress(Fault):
        workbook(out.getvalue(), "")
    page("<table><tr><td>a<td>b</table>".encode(encoding), encoding, "")
    shown(datetime(2020, 1, 1, 1, 1, 1, 1000))  # noqa: DTZ001 - a workbook knows no zones


def found_in(form: str, content: bytes, wanted: str, encoding: str) -> tuple[dict[str, object], Iterator[Line]]:
    """Return what a file holds and the rows of its table; raises Fault."""
    return page(content, encoding, wanted) if form == "page" else workbook(content, wanted)


def main() -> None:
    """Read a file, write its rows."""
    form, wanted, encoding = sys.argv[1:4]
    memory, seconds = map(int, sys.argv[4:6])
    pack = msgspec.msgpack.Encoder().encode

    def write(frame: object) -> None:
        packed = frame if isinstance(frame, bytes) else pack(frame)
        sys.stdout.buffer.write(len(packed).to_bytes(4, "big") + packed)
        sys.stdout.buffer.flush()

    try_out(encoding)
    confine(memory, seconds)
    content = sys.stdin.buffer.read()
    try:
        write(unpacked(content).to_bytes(8, "big"))
        found, lines = found_in(form, content, wanted, encoding)
        write(found)
        for rows in portions(lines):
            write(rows)
        write([])
    except Fault as fault:
        write({"fault": fault.word, "detail": storable(fault.detail)})
    except MemoryError:
        write({"fault": "bomb", "detail": ""})


def unpacked(content: bytes) -> int:
    """Return how many bytes there are to read, as a zip states it of its parts."""
    if not content.startswith(b"PK"):
        return len(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return min(sum(part.file_size for part in archive.infolist()), MAX_UNPACKED)
    except Exception:  # what is wrong with it is said where it is read
        return 0


def portions(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Yield rows in portions that are no burden to hand on."""
    rows: list[Line] = []
    size = 0
    for number, cells in lines:
        rows.append((number, [storable(cell) for cell in cells]))
        length = sum(map(len, cells))
        size += length
        if length > MAX_ROW:
            raise Fault("bomb")
        if len(rows) == ROWS or size > MAX_ROW // 2:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def storable(cell: str) -> str:
    """Return a cell without NULs, cut where it is longer than any that is taken."""
    cell = cell[:MAX_CELL] if len(cell) > MAX_CELL else cell
    if cell.isascii():
        return cell.replace("\0", "") if "\0" in cell else cell
    return cell.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


if __name__ == "__main__":
    main()
