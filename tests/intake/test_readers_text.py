"""Plain-text logs and JSON of any make."""

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from commandlog.intake.readers import open_rows
from commandlog.intake.rows import MAX_CELL, Shape, Table
from commandlog.model.errors import RuleError
from tests.intake.imports import DATA


def read(tmp_path: Path, content: str | bytes, name: str = "log.txt", **shape: Any) -> Table:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_rows(path, Shape(**shape))


def values(table: Table) -> list[tuple[str, ...]]:
    return [row.values for row in table]


# -- text logs ---------------------------------------------------------------------------------------------------------

LOGS: dict[str, list[tuple[str, ...]]] = {
    "15:03:20 13-06-20 Brandweer P 1\n15:04:01 13-06-20 Brandweer P 2\n": [
        ("13-06-20 15:03:20", "Brandweer P 1"),
        ("13-06-20 15:04:01", "Brandweer P 2"),
    ],
    "21:14 P3: gate full\n21:15 P1: heard\n": [("21:14", "P3", "gate full"), ("21:15", "P1", "heard")],
    "[2020-01-01 00:12:03] one\n[2020-01-01 00:12:04] two, more\n": [
        ("2020-01-01 00:12:03", "one"),
        ("2020-01-01 00:12:04", "two, more"),
    ],
    "31-12-2019 23:58 - Jan de Vries: hallo\nnog meer\n1-1-2020 00:01 - Piet: ja\n1-1-2020 00:02 - Versleuteld.\n": [
        ("31-12-2019 23:58", "Jan de Vries", "hallo\nnog meer"),
        ("1-1-2020 00:01", "Piet", "ja"),
        ("1-1-2020 00:02", "", "Versleuteld."),
    ],
    "\u200e[31/12/19, 23:58:01] Jan: hallo\n[01/01/20, 00:01:00] Piet: \u200ebeeld\n": [
        ("31/12/19 23:58:01", "Jan", "hallo"),
        ("01/01/20 00:01:00", "Piet", "beeld"),
    ],
    "12/31/19, 11:58\u202fPM - Jan: hi, you\n1/1/20, 12:01\u202fAM - Piet: hey\n": [
        ("12/31/19 11:58 PM", "Jan", "hi, you"),
        ("1/1/20 12:01 AM", "Piet", "hey"),
    ],
    "Jan  1 00:12:03 host one, a\nJan  1 00:12:09 host two\n": [
        ("Jan 1 00:12:03", "host one, a"),
        ("Jan 1 00:12:09", "host two"),
    ],
    "T+00:12 start\nT-00:05 before\n": [("T+00:12", "start"), ("T-00:05", "before")],
    "2020-01-01 00:12:03,123 INFO a: b, c\n2020-01-01 00:12:04,123 WARN d\n": [
        ("2020-01-01 00:12:03,123", "INFO a: b, c"),
        ("2020-01-01 00:12:04,123", "WARN d"),
    ],
    "2020-01-01T20:14:00Z full\n2020-01-01T20:15:00+01:00 empty\n": [
        ("2020-01-01 20:14:00Z", "full"),
        ("2020-01-01 20:15:00+01:00", "empty"),
    ],
    "21.14 uur: vol\n21u20 - leeg\n* 21:30 rustig\n": [("21.14 uur", "vol"), ("21u20", "leeg"), ("21:30", "rustig")],
    "Logboek\n\n31-12-2019\n21:14 P3: vol\n  en meer\n\n=== 1 januari 2020 ===\n00:10 P3: leeg\n": [
        ("31-12-2019 21:14", "P3", "vol\n  en meer"),
        ("1 januari 2020 00:10", "P3", "leeg"),
    ],
    "wo 1 januari 2020 20:14: Brand\nwo 1 januari 2020 20:15: Meer brand\n": [
        ("wo 1 januari 2020 20:14", "Brand"),
        ("wo 1 januari 2020 20:15", "Meer brand"),
    ],
    "Среда, 1 января 2020\n20:14 Пожар: дом\n20:15 Вода: дом\n": [
        ("Среда, 1 января 2020 20:14", "Пожар", "дом"),
        ("20:15", "Вода", "дом"),
    ],
    "<134>Jan  1 00:12:03 host one\n<13>1 2020-01-01T00:12:03Z host two\n": [
        ("Jan 1 00:12:03", "host one"),
        ("2020-01-01 00:12:03Z", "host two"),
    ],
    "2114 hrs gate full\n2120h: gate empty\n21:30h 3 people\n": [
        ("2114 hrs", "gate full"),
        ("2120h", "gate empty"),
        ("21:30h", "3 people"),
    ],
    "20:14 a fire\n": [("20:14", "a fire")],
}


@pytest.mark.parametrize("content", LOGS)
def test_logs_as_people_and_machines_write_them(tmp_path: Path, content: str) -> None:
    table = read(tmp_path, content)
    assert values(table) == LOGS[content]
    assert table.columns == (("time", "text") if len(LOGS[content][0]) == 2 else ("time", "from", "text"))
    assert table.unit == "line"
    assert not table.refused


@pytest.mark.parametrize(
    "content",
    [
        "20:14;a;b\n20:15;c;d\n",
        "2020-01-01,20:14,text\n2020-01-02,20:15,text\n",
        "20:14, a\n20:15, b\n",
        "20:14\ta\n20:15\tb\n",
        "20:14 uur;P3;text\n20:15 uur;P1;text\n",
        '2020-01-01 20:14,"a, b"\n2020-01-01 20:15,"c"\n',
        "time,text\n20:14,a\n20:15,b\n",
    ],
)
def test_cells_win_where_a_separator_cuts_the_lines(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content).form.startswith("CSV")


def test_lines_and_what_stands_above_are_known(tmp_path: Path) -> None:
    table = read(tmp_path, "Log of Friday\nby J.\n20:14 a\n  more\n20:15 b\n")
    assert [row.line for row in table] == [3, 5]
    assert any("2 lines stand above" in one for one in table.notices)


def test_a_pattern_of_the_mapping(tmp_path: Path) -> None:
    content = "head\nid=5 at 20:14 all fine\nid=6 at 20:15 no\n more\n"
    table = read(tmp_path, content, pattern=r"id=(?P<id>\d+) at (?P<time>\S+) (?P<text>.*)")
    assert table.columns == ("id", "time", "text")
    assert values(table) == [("5", "20:14", "all fine"), ("6", "20:15", "no\n more")]
    for wrong in ("(", "(a)"):
        with pytest.raises(RuleError, match="pattern"):
            read(tmp_path, content, pattern=wrong)


def test_an_entry_without_end_is_refused_by_its_line(tmp_path: Path) -> None:
    table = read(tmp_path, "20:13 a\n" * 80 + "more\n" * 300_000 + "20:15 b\n" + "x" * 3_000_000 + "\n20:16 c\n")
    assert values(table) == [("20:13", "a")] * 79 + [("20:16", "c")]
    assert [one.line for one in table.refused] == [80, 300_081]


@pytest.mark.parametrize(
    "line",
    ["20:14" + " " * 100_000, "[" * 100_000, "1 " * 100_000, "Jan " * 50_000, "20:14 " + "a" * 100_000, "=" * 99_999],
)
def test_lines_that_try_patience(tmp_path: Path, line: str) -> None:
    began = time.monotonic()
    with suppress(RuleError):
        list(read(tmp_path, f"20:14 a\n{line}\n" * 10))
    assert time.monotonic() - began < 3


# -- JSON --------------------------------------------------------------------------------------------------------------

ROWS = [{"t": "20:14", "x": "a"}, {"t": "20:15", "x": "b"}]
SHAPES: dict[str, Any] = {
    "list": ROWS,
    "inside": {"meta": 1, "log": {"entries": ROWS}, "tags": [{"a": 1}]},
    "columns": {"t": ["20:14", "20:15"], "x": ["a", "b"]},
    "frame": {"t": {"0": "20:14", "1": "20:15"}, "x": {"0": "a", "1": "b"}},
    "split": {"columns": ["t", "x"], "index": [0, 1], "data": [["20:14", "a"], ["20:15", "b"]]},
    "portal": {
        "meta": {"view": {"columns": [{"name": "t"}, {"name": "x"}]}},
        "data": [["20:14", "a"], ["20:15", "b"]],
    },
    "lists": [["t", "x"], ["20:14", "a"], ["20:15", "b"]],
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("indent", [None, 1])
def test_records_are_found_wherever_they_are(tmp_path: Path, shape: str, indent: int | None) -> None:
    table = read(tmp_path, json.dumps(SHAPES[shape], indent=indent), "a.json")
    assert table.columns == ("t", "x")
    assert values(table) == [("20:14", "a"), ("20:15", "b")]


def test_records_at_a_path(tmp_path: Path) -> None:
    text = json.dumps({"a": {"b.c": ROWS}, "d": ROWS * 2, "e": [[{"z": 1}]]})
    assert len(values(read(tmp_path, text, "a.json"))) == 4
    assert len(values(read(tmp_path, text, "a.json", records="a.b.c"))) == 2
    assert read(tmp_path, text, "a.json", records="e.0").columns == ("z",)
    with pytest.raises(RuleError, match="records"):
        read(tmp_path, text, "a.json", records="a.x")


def test_objects_by_name_and_objects_in_objects(tmp_path: Path) -> None:
    table = read(tmp_path, json.dumps({"k1": ROWS[0], "k2": {**ROWS[1], "y": {"z": [1, 2.0, None, True]}}}), "a.json")
    assert table.columns == ("@name", "t", "x", "y.z")
    assert values(table)[1] == ("k2", "20:15", "b", "1, 2, true")
    assert table.unit == "record"


def test_json_without_anything_that_has_a_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for content in ("[{}, {}, {}]", "[1, 2, 3]", '{"records": []}'):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(RuleError, match="without a list of records"):
            open_rows(path)
    path.write_text('["a", "b", ["time", "text"], ["20:14", "one"], ["20:15", "two"]]', encoding="utf-8")
    assert [row.values[:2] for row in open_rows(path)][-1] == ("20:15", "two")


def test_json_lines(tmp_path: Path) -> None:
    content = '{"t":"20:14","x":"a"}\n{"t":"20:15","x":"b"},\nbroken\n[1]\n\n{"t":"20:16","y":{"z":1}}\n'
    table = read(tmp_path, content, "a.json")
    assert [row.line for row in table] == [1, 2, 6]
    assert table.columns == ("t", "x", "y.z")
    assert [one.line for one in table.refused] == [3, 4]
    assert values(read(tmp_path, '["t","x"]\n["20:14","a"]\n', "a.jsonl")) == [("20:14", "a")]
    assert values(read(tmp_path, '[\n{"t":"20:14"},\n{"t":"20:15"}\n]\n', "a.json")) == [("20:14",), ("20:15",)]


def test_long_values_are_refused_by_their_place(tmp_path: Path) -> None:
    text = json.dumps([{"t": "20:14", "x": "я" * 5000}, {"t": "20:15", "x": "x" * (MAX_CELL + 1)}], indent=1)
    table = read(tmp_path, text, "a.json")
    assert [len(row[1]) for row in values(table)] == [5000]
    assert [(one.line, one.column) for one in table.refused] == [(6, "x")]


def test_coordinates_in_another_system_are_handed_on(tmp_path: Path) -> None:
    one = {
        "type": "Feature",
        "properties": {"t": "20:14"},
        "geometry": {"type": "Point", "coordinates": [80000.5, 455000]},
    }
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    twice = {**one, "properties": {"@latitude": 1}}
    names = read(tmp_path, json.dumps({"features": [twice]}), "a.geojson").columns
    assert names == ("@latitude (2)", "@latitude", "@longitude")
    table = read(tmp_path, json.dumps({"type": "FeatureCollection", "crs": crs, "features": [one]}), "a.json")
    assert table.crs == "EPSG:28992"
    assert any("EPSG:28992" in said for said in table.notices)
    assert values(table) == [("20:14", "455000", "80000.5")]


def test_the_weather_warnings_are_read() -> None:
    folder = DATA / "weather-warnings"
    if not folder.is_dir():
        pytest.skip("the real data is not here")
    for path in folder.iterdir():
        table = open_rows(path)
        assert {"fromTimestamp", "text.nl"} <= set(table.columns)
        assert values(table)
