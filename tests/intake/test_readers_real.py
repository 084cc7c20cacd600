"""A city's real log and real pages, written in every form: each reader gives the same rows."""

import csv
import html
import io
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from commandlog.intake.readers import open_rows
from tests.intake.imports import DATA
from tests.intake.workbooks import least_ods, ods_content

Rows = list[list[str]]


@pytest.fixture(scope="module")
def city() -> Rows:
    found = sorted(DATA.glob("nyc-emergency-management/*.csv"))
    if not found:
        pytest.skip("the real data is not here")
    with found[0].open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def as_csv(rows: Rows, separator: str, encoding: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue().encode(encoding, "replace")


def as_xlsx(rows: Rows) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Log")
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_ods(rows: Rows) -> bytes:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = ("".join(cell.format(html.escape(one)) for one in row) for row in rows)
    return least_ods(ods_content("".join(f"<table:table-row>{line}</table:table-row>" for line in lines)))


def as_html(rows: Rows) -> bytes:
    lines = ("".join(f"<td>{html.escape(one)}</td>" for one in row) for row in rows)
    return f"<!DOCTYPE html><table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>".encode()


def as_json(rows: Rows) -> bytes:
    return json.dumps({"meta": {}, "data": [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]}).encode()


def as_jsonl(rows: Rows) -> bytes:
    return "\n".join(json.dumps(dict(zip(rows[0], row, strict=True))) for row in rows[1:]).encode()


FORMS: dict[str, tuple[str, Callable[[Rows], bytes]]] = {
    "semicolons": ("a.csv", lambda rows: as_csv(rows, ";", "cp1252")),
    "tabs in UTF-16": ("a.txt", lambda rows: as_csv(rows, "\t", "utf-16")),
    "XLSX": ("a.xlsx", as_xlsx),
    "ODS": ("a.ods", as_ods),
    "HTML": ("a.xls", as_html),
    "JSON": ("a.json", as_json),
    "JSON lines": ("a.json", as_jsonl),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_real_log_reads_the_same_in_every_form(city: Rows, form: str, tmp_path: Path) -> None:
    name, written = FORMS[form]
    path = tmp_path / name
    path.write_bytes(written(city))
    table = open_rows(path)
    assert list(table.columns) == city[0]
    loose = form in ("HTML", "ODS")  # there, runs of spaces are one
    expected = [tuple(" ".join(one.split()) if loose else one for one in row) for row in city[1:]]
    assert [tuple(" ".join(one.split()) if loose else one for one in row.values) for row in table] == expected
    assert not table.refused


def test_real_pages_read_the_same_as_lines_of_text(tmp_path: Path) -> None:
    found = sorted(DATA.glob("p2000-den-haag-2020/*.geojson"))
    if not found:
        pytest.skip("the real data is not here")
    pages = [one["properties"] for one in json.loads(found[0].read_bytes())["features"]]
    path = tmp_path / "pages.log"
    path.write_text("".join(f"{one['pmeTimeStamp']} {one['pmeMessage']}\n" for one in pages), encoding="cp1252")
    assert [row.values for row in open_rows(path)] == [(one["pmeTimeStamp"], one["pmeMessage"]) for one in pages]
    table = open_rows(found[0])
    assert (len(list(table)), table.unit, table.crs) == (len(pages), "line", "")
