"""What is fuzzed, with what it begins, and what must hold for any bytes at all.

A target takes bytes and does with them what `commandlog import` would do with a file of these bytes. It raises nothing
but what a person is shown in one line; rows are as wide as their table, hold no character that cannot be stored, and
come out the same when they are read again.
"""

import json
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from commandlog.intake import grid_process
from commandlog.intake.confined import Found, Grids
from commandlog.intake.plan import plan
from commandlog.intake.planned import guess_in_words, preview
from commandlog.intake.readers import open_rows
from commandlog.intake.rows import MAX_CELL, Shape, Table
from commandlog.intake.workbook_rows import grid_table
from commandlog.model.errors import RuleError, Unavailable
from tests.events import concert
from tests.intake.imports import DATA
from tests.intake.workbooks import CONTENT, MAIN, SHEET, least_ods, least_xlsx, ods_content

COVENANT = concert()
_BROKEN = 77
ROWS = 300  # that are read of a table; the rest is more of the same


class Target(NamedTuple):
    """A way in: what is done with bytes, what it begins with, and words of its grammar."""

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    words: tuple[str, ...] = ()


# -- what must hold ----------------------------------------------------------------------------------------------------


def hold(table: Table) -> None:
    """Assert what is promised of every table."""
    assert table.columns
    assert len(set(table.columns)) == len(table.columns)
    assert all(name.strip() for name in table.columns)
    first = list(islice(table, ROWS))
    for row in first:
        assert row.line > 0
        assert len(row.values) == len(table.columns)
        for value in row.values:
            assert len(value) <= MAX_CELL
            assert "\0" not in value
            value.encode()
    for one in table.refused[:ROWS]:
        assert one.why
        assert "\n" not in one.why
    assert list(islice(table, ROWS)) == first
    for said in (table.form, *table.notices):
        assert said
        assert "\n" not in said


def refused_well(error: RuleError | Unavailable) -> None:
    """Assert that an error is one line that can be shown."""
    assert str(error).strip()
    assert "\n" not in str(error)
    str(error).encode()


def file_rows(data: bytes, *, suffix: str, shape: Shape = Shape()) -> None:  # noqa: B008 - it never changes
    """Read bytes as a file of this suffix."""
    with _file(data, suffix) as path:
        try:
            hold(open_rows(path, shape))
        except (RuleError, Unavailable) as error:
            refused_well(error)


def file_plan(data: bytes, *, suffix: str) -> None:
    """Plan the import of bytes as a file of this suffix."""
    with _file(data, suffix) as path:
        try:
            made = plan(COVENANT, path)
        except (RuleError, Unavailable) as error:
            refused_well(error)
            return
        for said in (*guess_in_words(made), *preview(made), *made.refusals()[:ROWS], *made.notices):
            said.encode()
        for number in range(min(len(made), ROWS)):
            made.entry(number)


def grid_in(data: bytes, *, form: str) -> None:
    """Do in this process what the confined one does, and with its rows what this one does."""
    try:
        found, lines = grid_process.found_in(form, data, "", "utf-8")
        rows = [(number, [grid_process.storable(cell) for cell in cells]) for number, cells in islice(lines, ROWS)]
    except grid_process.Fault:
        return
    except BaseException as error:  # the library's own: outside of a test it ends the process, which is then said
        if type(error).__name__ in ("PanicException", "MemoryError"):
            return
        raise
    grids = Grids(msgspec.convert(found, Found), rows)  # type: ignore[arg-type]
    try:
        hold(grid_table(grids, "form", (), Shape(), Path("a")))
    except (RuleError, Unavailable) as error:
        refused_well(error)


def zip_in(data: bytes) -> None:
    """Do what stands before the library that reads workbooks."""
    with suppress(grid_process.Fault):
        grid_process.check_zip(data)


def sheet_in(data: bytes, *, part: str) -> None:
    """Read bytes as the part of a workbook that holds its rows, in a process that the library may take down.

    It does panic and loop on some of them, which is why it works in a process of its own: there, the end is a sentence.
    """
    import resource  # POSIX only, like fork

    pid = os.fork()
    if not pid:
        code = 0
        try:
            for one in (signal.SIGABRT, signal.SIGALRM, signal.SIGSEGV, signal.SIGXCPU, signal.SIGBUS, signal.SIGILL):
                signal.signal(one, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CPU, (2, 2))
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            grid_in(least_ods(data) if part == CONTENT else least_xlsx("", {SHEET: data}), form="workbook")
        except BaseException:
            code = _BROKEN
        os._exit(code)
    status = os.waitpid(pid, 0)[1]
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) != _BROKEN, "see what grid_in says of it"


@contextmanager
def _file(data: bytes, suffix: str) -> Iterator[Path]:
    """Keep bytes in a file for as long as it is read, in memory where the system has such a place."""
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory if memory.is_dir() else None) as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(data)
        yield path


# -- what it begins with -----------------------------------------------------------------------------------------------

_CSV = (
    'time,text,place\n2020-01-01 20:14,a fire,gate\n2020-01-01 20:15,"two\nlines, quoted",\n',
    "sep=;\nTijd;;Plek;\nbegin;eind;naam;zone\n20:14;4,3;poort;A\n20:15;;poort\nTotaal;9;;\n",
    "время\tсообщение\n31-12-2019 23:58\tпожар\nвремя\tсообщение\n",
    "Log of Friday\n\n\ntime|text\n1:00 PM|\\N\n",
)
_TEXT = (
    "Logboek\n31-12-2019\n21:14 P3: vol\n  en meer\n=== 1 januari 2020 ===\n00:10 P3: leeg\n",
    "[31/12/19, 23:58:01] Jan: hallo\n[01/01/20, 00:01:00] Piet: ja\n",
    "Jan  1 00:12:03 host a: b\nT+00:12 start\n2020-01-01T20:14:00.123Z full\n",
)
_ROWS = [{"time": "2020-01-01 20:14", "text": "a", "o": {"x": [1, None]}}, {"time": "2020-01-01 20:15", "text": "b"}]
_FEATURE = {"type": "Feature", "properties": _ROWS[0], "geometry": {"type": "Point", "coordinates": [4.3, 52.1]}}
_JSON = (
    json.dumps(_ROWS),
    json.dumps({"meta": {"view": {"columns": [{"name": "time"}, {"name": "text"}]}}, "data": [["20:14", "a"]]}),
    json.dumps({"time": ["20:14", "20:15"], "text": ["a", "b"]}),
    json.dumps({"k1": _ROWS[0], "k2": _ROWS[1]}, indent=1),
    json.dumps([["time", "text"], ["20:14", "a"]]),
)
_GEOJSON = (
    json.dumps({"type": "FeatureCollection", "crs": {"properties": {"name": "EPSG:28992"}}, "features": [_FEATURE]}),
)
_PAGE = (
    (
        "<html><head><meta charset=utf-8><title>x</title></head><table><tr><th rowspan=2>time<th colspan=2>where"
        "<tr><th>a<th>b<tr><td>20:14<td>x<br>&lt;y&gt;<td>1</table>"
    ),
    "<table><tr><td><table><tr><td>20:14<td>a</table><td><script>x</script></table>",
)
_SHEET = (
    f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>time</t></is></c>'
    '<c r="B1" t="str"><v>text</v></c></row><row r="2" hidden="1"><c r="A2"><v>43831.8</v></c>'
    '<c r="B2" t="b"><v>1</v></c><c r="C2" t="e"><v>#N/A</v></c></row></sheetData></worksheet>'
)
_CONTENT = ods_content(
    '<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="date" '
    'office:date-value="2020-01-01T20:14:00"/><table:table-cell office:value-type="string" '
    'table:number-columns-repeated="2"><text:p>a</text:p></table:table-cell></table:table-row>'
)


def _texts(*texts: str, real: str = "", size: int = 3_000) -> list[bytes]:
    """Return texts in several encodings, and the beginnings of real files."""
    seeds = [text.encode(encoding, "replace") for text in texts for encoding in ("utf-8", "cp1251", "utf-16")]
    return seeds + [one.read_bytes()[:size] for one in sorted(DATA.glob(real))] if real else seeds


def _real_features() -> list[bytes]:
    seeds = []
    for one in sorted(DATA.glob("*/*.geojson")):
        document = json.loads(one.read_bytes())
        seeds.append(json.dumps({**document, "features": document["features"][:2]}).encode()[:20_000])
    return seeds


def _lines(*texts: str) -> list[bytes]:
    return ["\n".join(json.dumps(one) for one in json.loads(text) or [1]).encode() for text in texts]


_DATES = ("2020-01-01", "31-12-2019", "20:14", "1 jan 2020", "T+00:12", "11:58 PM", "+01:00", "uur")
_TAGS = (
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "<th>",
    "rowspan=",
    "colspan=",
    "<br>",
    "<!--",
    "-->",
    "<![CDATA[",
    "<script>",
)
_XML = (
    "<!DOCTYPE a [",
    "<!ENTITY",
    "]>",
    "<row>",
    "<c r=",
    't="s"',
    "<v>",
    "<is><t>",
    "hidden=",
    "-repeated=",
    "&#x0;",
    "&a;",
)
_NAMES = (
    '"features"',
    '"properties"',
    '"geometry"',
    '"coordinates"',
    '"crs"',
    '"data"',
    '"columns"',
    "null",
    "NaN",
    "1e999",
)

TARGETS: dict[str, Target] = {
    "csv": Target(
        partial(file_rows, suffix=".csv"), lambda: _texts(*_CSV, real="*/*.csv"), ("sep=", '""', "\\N", *_DATES)
    ),
    "text": Target(partial(file_rows, suffix=".txt"), lambda: _texts(*_TEXT, *_CSV[:1]), _DATES),
    "pattern": Target(
        partial(file_rows, suffix=".txt", shape=Shape(pattern=r"(?P<time>\d+:\d+) (?:(?P<from>\w+): )?(?P<text>.*)")),
        lambda: _texts(*_TEXT),
        _DATES,
    ),
    "json": Target(partial(file_rows, suffix=".json"), lambda: _texts(*_JSON, real="*/*.json"), _NAMES),
    "jsonl": Target(partial(file_rows, suffix=".jsonl"), lambda: _lines(_JSON[0], _JSON[4]), _NAMES),
    "geojson": Target(partial(file_rows, suffix=".geojson"), lambda: [*_texts(*_GEOJSON), *_real_features()], _NAMES),
    "page": Target(partial(grid_in, form="page"), lambda: _texts(*_PAGE), _TAGS),
    "zip": Target(
        zip_in,
        lambda: [least_xlsx("", {SHEET: _SHEET}), least_ods(_CONTENT)],
        ("PK", "content.xml", "xl/workbook.xml", "META-INF/manifest.xml"),
    ),
    "xlsx": Target(partial(sheet_in, part=SHEET), lambda: _texts(_SHEET), _XML),
    "ods": Target(partial(sheet_in, part=CONTENT), lambda: _texts(_CONTENT), _XML),
    "any": Target(partial(file_rows, suffix=""), lambda: _texts(*_CSV[:1], *_TEXT[:1], *_JSON[:1], *_PAGE[:1]), _DATES),
    "plan-csv": Target(partial(file_plan, suffix=".csv"), lambda: _texts(*_CSV, real="*/*.csv"), _DATES),
    "plan-text": Target(partial(file_plan, suffix=".txt"), lambda: _texts(*_TEXT), _DATES),
    "plan-json": Target(
        partial(file_plan, suffix=".json"), lambda: [*_texts(*_JSON, *_GEOJSON), *_real_features()], _NAMES
    ),
}


def seeds_of(name: str) -> Iterator[bytes]:
    """Yield what a target begins with."""
    yield from TARGETS[name].seeds()
