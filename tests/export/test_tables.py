import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from commandlog.export import csv_form, xlsx_cells, xlsx_form
from commandlog.export.exporting import export
from commandlog.model.records import clean
from commandlog.verbs import saying
from commandlog.verbs.events import open_event
from commandlog.views import moments
from tests.export import conftest as scene


def rows_of(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def sheet_of(path: Path, name: str) -> list[dict[str, Any]]:
    book = load_workbook(path)
    head, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def one(rows: list[dict[str, Any]], **wanted: str) -> dict[str, Any]:
    return next(row for row in rows if all(row.get(key) == value for key, value in wanted.items()))


# -- JSON lines and CSV ------------------------------------------------------------------------------------------------


def test_json_lines_begin_with_what_they_are(evening: scene.Evening, tmp_path: Path) -> None:
    export(evening.log, tmp_path / "a.jsonl", moments.live(evening.log), for_party="baken")
    about, *entries = lines_of(tmp_path / "a.jsonl")
    assert about["about"]["format"] == "commandlog-entries"
    assert about["about"]["for_party"] == "baken"
    assert about["about"]["entries"] == len(entries)
    assert about["about"]["exercise"] is True
    assert len({UUID(entry["id"]) for entry in entries}) == len(entries)


def test_json_lines_hold_all_of_an_entry(evening: scene.Evening, tmp_path: Path) -> None:
    export(evening.log, tmp_path / "a.jsonl", moments.live(evening.log))
    entries = lines_of(tmp_path / "a.jsonl")[1:]
    seen = one(entries, text="Man filmt camera's poort F, grote rugzak")
    assert seen["occurred_at"] == "2026-06-27T17:40:00.007+02:00" or seen["occurred_at"].startswith("2026-06-27T17:40")
    assert seen["heard_at"] == "2026-06-27T17:39:50.000+02:00"
    assert (seen["unit"], seen["role"], seen["channel"], seen["person"]) == ("Oog 2", "profiler", "1", "Sanne")
    assert (seen["state"], seen["disposition"], seen["priority"]) == ("closed", "false_alarm", "elevated")
    assert one(entries, kind="message")["text"] == scene.HOSTILE
    fallen = one(entries, text="Iemand gevallen in vak 121")
    assert fallen["incident"].startswith("V1-")
    [struck] = fallen["earlier"]
    assert (struck["text"], struck["place"], struck["reason"]) == (
        "Iemand gevallen in vak 112",
        "gate-f",
        "verkeerd verstaan",
    )
    task = one(entries, text="Aanspreken als gastheer, niet fouilleren")
    assert (task["to_unit"], task["thread"], task["state"]) == ("Service 3", seen["reference"], "confirmed")
    assert task["finish_by"] == "2026-06-27T17:55:00.000+02:00"
    assert one(entries, kind="decision")["decider"] == "OvD-P"
    assert one(entries, kind="level")["told"] == ["police", "baken", "loods"]


def test_csv_says_the_same(evening: scene.Evening, tmp_path: Path) -> None:
    for suffix in ("csv", "jsonl"):
        export(evening.log, tmp_path / f"a.{suffix}", moments.live(evening.log))
    rows, entries = rows_of(tmp_path / "a.csv"), lines_of(tmp_path / "a.jsonl")[1:]
    assert tuple(rows[0]) == csv_form.COLUMNS
    assert len(rows) == len(entries)
    for row, entry in zip(rows, entries, strict=True):
        for name in ("id", "reference", "occurred_at", "party", "text", "thread", "finish_by", "decider", "state"):
            assert csv_form.plain(row[name]) == entry.get(name, "")
    fallen = one(rows, text="Iemand gevallen in vak 121")
    assert fallen["earlier_text"].startswith("Iemand gevallen in vak 112 [2026-06-27T21:05")
    assert fallen["place_name"] == "Block 121"


@pytest.mark.parametrize("text", ["=1+1", "+31 6", "-5", "@sum", "\tx", "\rx", "'=1", "''-", "＝1"])
def test_no_cell_is_a_formula(empty: scene.Evening, tmp_path: Path, text: str) -> None:
    saying.note(empty.desk, text, where="=where", person="@person")
    export(empty.log, tmp_path / "a.csv", moments.live(empty.log))
    [row] = rows_of(tmp_path / "a.csv")
    assert row["text"] == f"'{text}"
    assert csv_form.plain(row["text"]) == text
    assert (row["where"], row["person"]) == ("'=where", "'@person")


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("'=+-@\t\r\n\x00,\";")), min_size=1, max_size=60))
def test_every_text_comes_back_to_the_byte(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("round")
    desk = open_event(folder / "a.clog", scene.COVENANT, folder / "settings", clock=scene.Clock())
    with desk.log:
        saying.note(desk, text, person=text)
        for suffix in ("csv", "jsonl", "xlsx", "pdf"):
            export(desk.log, folder / f"a.{suffix}", moments.live(desk.log))
    [row] = rows_of(folder / "a.csv")
    [entry] = lines_of(folder / "a.jsonl")[1:]
    assert csv_form.plain(row["text"]) == entry["text"] == clean(text)
    assert csv_form.plain(row["person"]) == entry["person"] == clean(text)


# -- XLSX --------------------------------------------------------------------------------------------------------------


def test_the_workbook_has_true_times_and_no_formula(evening: scene.Evening, tmp_path: Path) -> None:
    export(evening.log, tmp_path / "a.xlsx", moments.live(evening.log))
    book = load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["Timeline", "Tasks", "Totals", "Covenant", "Definitions"]
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)
    entries = sheet_of(tmp_path / "a.xlsx", "Timeline")
    said = one(entries, Text="Briefing gehouden; De Loods is er niet.")
    assert said["Happened (Europe/Amsterdam)"] == datetime(2026, 6, 27, 15, 30)  # noqa: DTZ001
    assert said["Happened (UTC)"] == "2026-06-27T13:30:00Z"
    assert isinstance(said["Position"], int)
    fallen = one(entries, Text="Iemand gevallen in vak 121")
    assert fallen["Earlier text"] == "Iemand gevallen in vak 112"
    assert "verkeerd verstaan" in fallen["Corrected"]
    hostile = one(entries, Kind="message")["Text"]
    assert '=HYPERLINK("http://x.example","klik")' in hostile
    assert "‹RLO›" in hostile
    assert "␀" in hostile


def test_the_workbook_counts_tasks_and_says_what_columns_mean(evening: scene.Evening, tmp_path: Path) -> None:
    export(evening.log, tmp_path / "a.xlsx", moments.live(evening.log))
    task = one(sheet_of(tmp_path / "a.xlsx", "Tasks"), Task="Aanspreken als gastheer, niet fouilleren")
    assert (task["State"], task["Answered late"], task["Done late"]) == ("confirmed", 1, 0)
    totals = sheet_of(tmp_path / "a.xlsx", "Totals")
    assert one(totals, Total="Corrections")["Number"] == 1
    meanings = sheet_of(tmp_path / "a.xlsx", "Definitions")
    assert one(meanings, Sheet="Timeline", Column="Earlier text")["Meaning"]
    assert "EXERCISE" in one(meanings, Column="Event")["Meaning"]


@pytest.mark.parametrize("character", ["x", "\U0001f600"])
def test_a_text_longer_than_a_cell_goes_on_below(empty: scene.Evening, tmp_path: Path, character: str) -> None:
    saying.note(empty.desk, character * 100_000)
    saying.note(empty.desk, "Daarna")
    export(empty.log, tmp_path / "a.xlsx", moments.live(empty.log))
    *parts, after = sheet_of(tmp_path / "a.xlsx", "Timeline")
    assert after["Text"] == "Daarna"
    assert "".join(part["Text"] for part in parts) == character * 100_000
    assert parts[-1]["Part"] == f"{len(parts)}/{len(parts)}"
    assert {part["Reference"] for part in parts} == {parts[0]["Reference"]}
    assert all(len(part["Text"].encode("utf-16-le")) <= 2 * xlsx_cells.CELL for part in parts)


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(
    evening: scene.Evening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_form, "ROWS", 11)
    export(evening.log, tmp_path / "a.xlsx", moments.live(evening.log))
    names = load_workbook(tmp_path / "a.xlsx").sheetnames
    assert names[:3] == ["Timeline", "Timeline 2", "Timeline 3"]
    found = sum(len(sheet_of(tmp_path / "a.xlsx", name)) for name in names if name.startswith("Timeline"))
    assert found == 23
