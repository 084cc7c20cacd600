import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from commandlog.export import xlsx_cells, xlsx_form
from commandlog.export.exporting import export
from commandlog.language import speaking
from commandlog.model.flat import FIELDS
from commandlog.verbs import saying
from commandlog.views import moments
from tests.export import conftest as scene
from tests.export.test_tables import one

SHEETS = [
    *("Timeline", "Tasks", "Task steps", "Incidents", "Corrections", "Levels and phases", "Agreements", "Counts"),
    *("States of units", "Totals", "Disclosure", "Attachments", "Parties", "Units", "Categories", "Powers"),
    *("Mandates", "Ladders", "Places", "Definitions"),
]


def sheet_of(path: Path, name: str) -> list[dict[str, Any]]:
    book = load_workbook(path)
    head, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def test_the_workbook_has_true_times_and_no_formula(evening: scene.Evening, tmp_path: Path) -> None:
    export(evening.log, tmp_path / "a.xlsx", moments.live(evening.log))
    book = load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == SHEETS
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)
    entries = sheet_of(tmp_path / "a.xlsx", "Timeline")
    said = one(entries, Text="Briefing gehouden; De Loods is er niet.")
    assert said["Happened (Europe/Amsterdam)"] == datetime(2026, 6, 27, 15, 30)  # noqa: DTZ001
    assert said["Offset"] == "+02:00"
    assert said["occurred_at"] == "2026-06-27T15:30:00.000+02:00"
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


def test_each_table_has_a_sheet_with_true_types(evening: scene.Evening, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    export(evening.log, path, moments.live(evening.log))
    steps = sheet_of(path, "Task steps")
    assert next(row["Step"] for row in steps if row["Task"] == steps[0]["Task"]) == "proposed"
    assert all(isinstance(row["Time (Europe/Amsterdam)"], datetime) for row in steps)
    [correction] = sheet_of(path, "Corrections")
    assert (correction["Earlier text"], correction["Text"]) == (
        "Iemand gevallen in vak 112",
        "Iemand gevallen in vak 121",
    )
    assert correction["Reason"] == "verkeerd verstaan"
    [incident] = sheet_of(path, "Incidents")
    assert (incident["Title"], incident["State"], incident["Entries"]) == ("Val in vak 121", "open", 1)
    [level] = sheet_of(path, "Levels and phases")
    assert level["Confirmed"].startswith("Police 2026-06-27T21:16")
    totals = sheet_of(path, "Totals")
    shares = [row["Share"] for row in totals if row["Total"] == "By party"]
    assert sum(shares) == pytest.approx(1, abs=1e-4)
    assert [row["Name"] for row in sheet_of(path, "Parties")][:2] == ["Stadion De Dijk", "Police"]


def test_definitions_name_the_field_of_every_column(evening: scene.Evening, tmp_path: Path) -> None:
    export(evening.log, tmp_path / "a.xlsx", moments.live(evening.log))
    book = load_workbook(tmp_path / "a.xlsx")
    meanings = sheet_of(tmp_path / "a.xlsx", "Definitions")
    for sheet in SHEETS[:-1]:
        named = [row["Column"] for row in meanings if row["Sheet"] == sheet]
        assert named == [cell.value for cell in book[sheet][1]]
        assert all(row["Meaning"] and row["Field"] for row in meanings if row["Sheet"] == sheet)
    fields = {row["Field"] for row in meanings if row["Sheet"] == "Timeline"}
    assert set(FIELDS) - {"attachments"} <= fields


def test_nothing_but_cells_charts_and_print_titles_is_in_it(evening: scene.Evening, tmp_path: Path) -> None:
    export(evening.log, tmp_path / "a.xlsx", moments.live(evening.log))
    with zipfile.ZipFile(tmp_path / "a.xlsx") as packed:
        names = packed.namelist()
        everything = b"".join(map(packed.read, names))
        charts = [packed.read(name) for name in names if name.startswith("xl/charts/")]
    assert not [name for name in names if re.search("(?i)external|vba|connections|pivot|queryTable|hyperlink", name)]
    for never in (b"<f>", b"<f ", b"TargetMode=", b"<hyperlink", b"<c:pt "):
        assert never not in everything.replace(b"<c:f>", b"")
    assert len(charts) == 5
    defined = set(re.findall(rb'<definedName name="([^"]+)"', everything))
    assert defined == {b"_xlnm._FilterDatabase", b"_xlnm.Print_Titles"}


def test_it_prints_with_its_head_and_the_mark_of_an_exercise(evening: scene.Evening, tmp_path: Path) -> None:
    export(evening.log, tmp_path / "a.xlsx", moments.live(evening.log))
    for sheet in load_workbook(tmp_path / "a.xlsx"):
        assert (sheet.print_title_rows, sheet.page_setup.orientation) == ("$1:$1", "landscape")
        properties: Any = sheet.sheet_properties.pageSetUpPr
        header: Any = sheet.oddHeader
        assert (sheet.page_setup.fitToHeight, properties.fitToPage) == (0, True)
        assert "EXERCISE" in str(header.center.text)
        assert "Northern Light Live" in str(header.left.text)


def test_chosen_sections_only(evening: scene.Evening, tmp_path: Path) -> None:
    export(evening.log, tmp_path / "a.xlsx", moments.live(evening.log), sections=("tasks",))
    assert load_workbook(tmp_path / "a.xlsx").sheetnames == ["Tasks", "Task steps"]
    with speaking("nl"):
        export(evening.log, tmp_path / "b.xlsx", moments.live(evening.log), sections=("timeline", "definitions"))
    assert load_workbook(tmp_path / "b.xlsx").sheetnames[0] == "Tijdlijn"
