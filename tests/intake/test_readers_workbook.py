"""Workbooks and web pages: which sheet, what its cells become, and what hostile ones are refused for."""

import gc
import struct
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from commandlog.intake import confined
from commandlog.intake.readers import open_rows
from commandlog.intake.rows import Shape, Table
from commandlog.model.errors import RuleError
from tests.intake.workbooks import BOOK, SHEET, least_ods, least_xlsx, ods_content, zipped

FIRST = datetime(2020, 1, 1, 20, 14)  # noqa: DTZ001 - a workbook knows no zones


def saved(path: Path, sheets: Mapping[str, Iterable[Iterable[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def xlsx(path: Path, rows: str, **parts: str | bytes) -> Path:
    path.write_bytes(least_xlsx(rows, parts))
    return path


def ods(path: Path, rows: str, prolog: str = "") -> Path:
    path.write_bytes(least_ods(ods_content(rows, prolog)))
    return path


def archived(path: Path, files: dict[str, str | bytes]) -> Path:
    path.write_bytes(zipped(files))
    return path


def cell(text: str, at: str = "") -> str:
    return (
        f'<c t="inlineStr" r="{at}"><is><t>{text}</t></is></c>'
        if at
        else f'<c t="inlineStr"><is><t>{text}</t></is></c>'
    )


def values(table: Table) -> list[tuple[str, ...]]:
    return [row.values for row in table]


def test_cells_become_what_the_sheet_means(tmp_path: Path) -> None:
    row: list[object] = [
        datetime(2020, 1, 1, 20, 14, 5),  # noqa: DTZ001 - a workbook knows no zones
        date(2020, 1, 2),
        time_of_day(20, 14),
        timedelta(hours=26, minutes=3),
        True,
        3.0,
        0.1 + 0.2,
        52.0811834567891,
        "#N/A",
        "=1+1",
        "00123",
        "a\nb",
        123456789012.0,
        -0.5,
    ]
    names: list[object] = [f"name {n}" for n in range(len(row))]
    path = saved(tmp_path / "a.xlsx", {"S": [names, row]})
    assert values(open_rows(path)) == [
        (
            *("2020-01-01T20:14:05", "2020-01-02", "20:14:00", "26:03:00", "true", "3", "0.3", "52.0811834567891"),
            *("", "", "00123", "a\nb", "123456789012", "-0.5"),
        )
    ]


def evening(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["Log of the evening"])  # type: ignore[union-attr]
    sheet = book.create_sheet("Log")
    for row in (["Event log"], [], ["Time", None, "Place", None], ["start", "end", "name", "zone"]):
        sheet.append(row)
    for n in range(50):
        sheet.append([FIRST + timedelta(minutes=n), None, "gate", n])
    sheet.append(["Total", None, None, 50])
    sheet.merge_cells("A3:B3")
    sheet.row_dimensions[9].hidden = True
    other = book.create_sheet("Units")
    other.append(["P3", "gate"])
    other.sheet_state = "hidden"
    book.save(tmp_path / "evening.xlsx")
    return tmp_path / "evening.xlsx"


def test_the_sheet_with_the_table_is_read_by_the_numbers_of_its_rows(tmp_path: Path) -> None:
    table = open_rows(evening(tmp_path))
    rows = list(table)
    assert table.columns == ("Time / start", "Time / end", "Place / name", "Place / zone")
    assert (table.unit, rows[0].line, rows[-1].line, len(rows)) == ("row", 5, 54, 50)
    assert rows[0].values == ("2020-01-01T20:14:00", "", "gate", "0")
    said = " ".join(table.notices)
    assert all(word in said for word in ("Units", "Hidden rows", "totals", "left out", "joined"))
    assert list(table) == rows


def test_names_that_come_back_are_left_out(tmp_path: Path) -> None:
    part: list[list[object]] = [["time", "text", None], ["20:14", "a", None], ["20:15", "b", "c"]]
    table = open_rows(saved(tmp_path / "a.xlsx", {"S": part * 3}))
    assert len(values(table)) == 6
    assert any("2 rows" in one for one in table.notices)


def test_a_sheet_is_chosen_by_name_or_number(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", {"One": [["a", "b"], [1, 2]] * 5, "Two": [["c", "d"], [3, 4]]})
    assert open_rows(path).columns == ("a", "b")
    for wanted in ("Two", "two", "2"):
        assert open_rows(path, Shape(sheet=wanted)).columns == ("c", "d")
    with pytest.raises(RuleError, match="It has: One, Two"):
        open_rows(path, Shape(sheet="Three"))


def test_other_workbooks_say_the_same(tmp_path: Path) -> None:
    path = evening(tmp_path)
    try:
        for form in ("ods", "xls"):
            command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to", form]
            subprocess.run(
                [*command, "--outdir", str(tmp_path), str(path)], capture_output=True, check=True, timeout=120
            )
    except (FileNotFoundError, subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip("LibreOffice is not here")
    first = open_rows(path)
    for form in ("ods", "xls"):
        table = open_rows(path.with_suffix(f".{form}"))
        assert (table.columns, values(table)) == (first.columns, values(first))
        assert form.upper() in table.form


def test_several_readings_may_go_on_at_a_time_and_nothing_is_left(tmp_path: Path) -> None:
    rows = [["time", "text"], *([f"20:{n % 60:02}", f"text {n}"] for n in range(3000))]
    table = open_rows(saved(tmp_path / "a.xlsx", {"S": rows}))
    assert all(one == other for one, other in zip(table, iter(table), strict=True))
    del table
    gc.collect()
    assert [one.name for one in tmp_path.iterdir()] == ["a.xlsx"]


# -- what does harm ----------------------------------------------------------------------------------------------------

LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
GOOD = f"<row>{cell('time')}{cell('text')}</row><row>{cell('20:14')}{cell('a fire')}</row>"


def test_the_least_workbook_is_read(tmp_path: Path) -> None:
    """What the hostile ones below are made of is good without the harm."""
    assert values(open_rows(xlsx(tmp_path / "a.xlsx", GOOD))) == [("20:14", "a fire")]
    row = (
        "<table:table-row>"
        + "<table:table-cell office:value-type='string'><text:p>{}</text:p></table:table-cell>" * 2
        + "</table:table-row>"
    )
    path = ods(tmp_path / "a.ods", row.format("time", "text") + row.format("20:14", "a fire"))
    assert values(open_rows(path)) == [("20:14", "a fire")]


@pytest.mark.parametrize(
    "doctype", [LAUGHS, OUTSIDE, "<!DOCTYPE a>", " " * 100_000 + LAUGHS, f"<!--{'x' * 70_000}-->{LAUGHS}"]
)
@pytest.mark.parametrize("part", [BOOK, SHEET, "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"])
def test_document_types_are_refused(tmp_path: Path, doctype: str, part: str) -> None:
    content = f'<?xml version="1.0"?>{doctype}<a>&d;</a>'
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(RuleError, match=r"entities|damaged"):
            open_rows(xlsx(tmp_path / "a.xlsx", GOOD, **{part: content.encode(encoding)}))
    with pytest.raises(RuleError, match=r"entities|damaged"):
        open_rows(ods(tmp_path / "a.ods", "", doctype))


def flagged(path: Path) -> Path:
    """Mark every part of a zip as locked with a password."""
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(mark, at + 4)
    path.write_bytes(content)
    return path


def lying(path: Path) -> Path:
    """Let a part claim that it unpacks to a few bytes."""
    xlsx(path, GOOD + "<row>" + cell("x" * 1000) * 40_000 + "</row>")
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 100)
    path.write_bytes(content)
    return path


def repeated(path: Path, rows: int, columns: int) -> Path:
    inner = f'<table:table-cell table:number-columns-repeated="{columns}"><text:p>x</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="{rows}">{inner}</table:table-row>'
    return ods(path, row.replace("<table:table-cell", '<table:table-cell office:value-type="string"'))


def test_hostile_workbooks_are_refused_soon_and_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    inner = zipped({"a": "b"})
    cases: dict[str, Callable[[], Path]] = {
        "unpacks": lambda: xlsx(path, "", **{"xl/media/x.bin": b"\0" * (40 << 20)}),
        "password": lambda: flagged(xlsx(path, GOOD)),
        "archives": lambda: xlsx(path, GOOD, **{"inner.zip": inner}),
        "text document": lambda: archived(path, {"word/document.xml": "<a/>"}),
        "is a text document": lambda: archived(
            path, {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}
        ),
        "ZIP archive": lambda: archived(path, {"log.csv": "time,text\n"}),
        "unpacks to": lambda: archived(path, {f"{n}": "" for n in range(5_001)}),
        "damaged|no rows": lambda: xlsx(path, GOOD, **{BOOK: "<workbook><sheets>"}),
        "columns|unpacks|memory": lambda: xlsx(path, f"<row>{cell('a', 'A1')}{cell('b', 'XFD1')}</row>"),
        "memory|damaged": lambda: xlsx(path, f"<row>{cell('a', 'A1')}{cell('b', 'w' * 51 + 'C2')}</row>"),
        "damaged|memory|unpacks|late|long": lambda: lying(path),
        "columns": lambda: repeated(path, 1, 16_000),
        "unpacks|memory|takes|damaged": lambda: repeated(path, 1_048_576, 900),
    }
    for word, made in cases.items():
        source = made()
        began = time.monotonic()
        with pytest.raises(RuleError, match=word) as caught:
            list(open_rows(source))
        assert "\n" not in str(caught.value)
        assert time.monotonic() - began < 10


def test_old_names_in_a_zip_and_locked_documents_are_understood(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", GOOD, **{"xl/mXdia": "a"})
    path.write_bytes(path.read_bytes().replace(b"xl/mXdia", b"xl/m\x82dia"))
    assert values(open_rows(path)) == [("20:14", "a fire")]
    for stream, word in (("EncryptedPackage", "password"), ("WordDocument", "text document"), ("Other", "no workbook")):
        path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + stream.encode("utf-16-le"))
        with pytest.raises(RuleError, match=word):
            open_rows(path)


def test_a_cell_far_below_is_no_harm(tmp_path: Path) -> None:
    path = xlsx(
        tmp_path / "a.xlsx", GOOD.replace("<row>", "<row>") + f'<row r="1048576">{cell("20:15", "A1048576")}</row>'
    )
    rows = list(open_rows(path))
    assert rows[-1].line == 1_048_576


def test_a_process_that_is_late_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "SECONDS", 0.01)
    with pytest.raises(RuleError, match="too long"):
        open_rows(xlsx(tmp_path / "a.xlsx", GOOD))


def test_a_process_without_memory_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "MEMORY", 1 << 20)
    with pytest.raises(RuleError, match=r"memory|unpacks|damaged"):
        open_rows(xlsx(tmp_path / "a.xlsx", GOOD))


# -- web pages ---------------------------------------------------------------------------------------------------------


def page(tmp_path: Path, content: str | bytes, **shape: Any) -> Table:
    path = tmp_path / "a.html"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_rows(path, Shape(**shape))


def test_the_cells_of_a_page(tmp_path: Path) -> None:
    table = page(
        tmp_path,
        "<html><head><title>x</title><meta charset=windows-1251><style>td{}</style></head><body><table>"
        "<tr><th rowspan=2>Время<th colspan=2>Где<tr><th>место<th>дом"
        "<tr><td rowspan=2>20:14<td>а  б<br>в<td>1<script>alert('<td>')</script>"
        "<tr><td>&lt;b&gt; &amp; &#x44f;<td>2</table>".encode("cp1251"),
    )
    assert table.columns == ("Время", "Где / место", "Где / дом")
    assert values(table) == [("20:14", "а б\nв", "1"), ("20:14", "<b> & я", "2")]
    assert table.unit == "row"


def test_the_largest_table_or_the_one_that_is_wanted(tmp_path: Path) -> None:
    small, large = ("".join(f"<tr><td>20:{n:02}<td>{name}" for n in range(rows)) for name, rows in (("s", 2), ("l", 9)))
    content = f"<!DOCTYPE html><table>{small}</table><table>{large}</table>"
    assert values(page(tmp_path, content))[0][1] == "l"
    assert values(page(tmp_path, content, sheet="1"))[0][1] == "s"
    with pytest.raises(RuleError, match="no such sheet"):
        page(tmp_path, content, sheet="3")


def test_tables_in_tables(tmp_path: Path) -> None:
    inner = "<table><tr><th>time<th>text<tr><td>20:14<td>a<tr><td>20:15<td>b</table>"
    assert values(page(tmp_path, f"<table><tr><td>{inner}<td>side</table>")) == [("20:14", "a"), ("20:15", "b")]


@pytest.mark.parametrize(
    "content",
    [
        "<table>" * 100_000,
        "<table><tr>" + "<td colspan=1000>x" * 100_000,
        "<table><tr>" + "<td rowspan=65000 colspan=900>x</tr><tr>" * 50_000,
        "<table><tr><td>" + "<![" * 500_000,
        "<table><tr><td>" + "<!--" * 500_000,
        "<table><tr><td>" + "<a " * 500_000,
        "<table><tr><td>" + "&" * 1_000_000,
        "<table><tr><td " + "a='" * 300_000,
        "<table><tr><td>" + "</" * 500_000,
        "<table><tr><td><script>" + "</s" * 500_000,
    ],
)
def test_hostile_pages_end(tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "SECONDS", 1.0)
    monkeypatch.setattr(confined, "MAX_SECONDS", 1.0)
    began = time.monotonic()
    try:
        list(page(tmp_path, content))
    except RuleError as error:
        assert "\n" not in str(error)
    assert time.monotonic() - began < 4
