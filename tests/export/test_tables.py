import csv
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.export import csv_form
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
        for suffix in ("csv", "jsonl"):
            export(desk.log, folder / f"a.{suffix}", moments.live(desk.log))
    [row] = rows_of(folder / "a.csv")
    [entry] = lines_of(folder / "a.jsonl")[1:]
    assert csv_form.plain(row["text"]) == entry["text"] == clean(text)
    assert csv_form.plain(row["person"]) == entry["person"] == clean(text)
