import csv
import io
import zipfile
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from commandlog.export import csv_form, csv_set
from commandlog.export.contents import Contents
from commandlog.export.exporting import export
from commandlog.views import moments
from tests.export import conftest as scene
from tests.export.reading import everything


def files_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def written(contents: Contents) -> bytes:
    out = io.BytesIO()
    csv_set.write(contents, out)
    return out.getvalue()


def test_every_table_is_a_file_and_the_note_names_them(evening: scene.Evening, tmp_path: Path) -> None:
    (tmp_path / "a.csv.zip").write_bytes(written(Contents(evening.log, moments.live(evening.log))))
    files = files_of(tmp_path / "a.csv.zip")
    export(evening.log, tmp_path / "a.csv", moments.live(evening.log))
    assert files["timeline.csv"] == (tmp_path / "a.csv").read_bytes()
    note = files.pop("README.txt").decode()
    assert "EXERCISE" in note
    for name, data in files.items():
        assert name in note
        head = next(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
        assert all(head)
        assert len(set(head)) == len(head)
    assert {"tasks.csv", "task_steps.csv", "corrections.csv", "levels.csv", "parties.csv"} <= set(files)


def test_it_says_what_the_workbook_says(evening: scene.Evening, tmp_path: Path) -> None:
    (tmp_path / "a.csv.zip").write_bytes(written(Contents(evening.log, moments.live(evening.log))))
    export(evening.log, tmp_path / "a.xlsx", moments.live(evening.log))
    files, book = files_of(tmp_path / "a.csv.zip"), load_workbook(tmp_path / "a.xlsx")
    for file, sheet in (("tasks", "Tasks"), ("incidents", "Incidents"), ("powers", "Powers"), ("totals", "Totals")):
        cells: list[tuple[Any, ...]] = list(book[sheet].iter_rows(values_only=True))
        rows = rows_of(files[f"{file}.csv"])
        assert len(rows) == len(cells) - 1
        firsts = [csv_form.plain(next(iter(row.values()))) for row in rows]
        assert firsts == [row[0] or "" for row in cells[1:]]
    times = [row["time"] for row in rows_of(files["task_steps.csv"])]
    assert all(time.endswith("+02:00") for time in times)


def test_the_same_log_makes_the_same_bytes(evening: scene.Evening) -> None:
    contents = Contents(evening.log, moments.live(evening.log))
    assert written(contents) == written(contents)


def test_a_party_gets_nothing_of_what_it_may_not_read(evening: scene.Evening, tmp_path: Path) -> None:
    for party, there in (("police", True), ("baken", False)):
        for suffix in ("csv", "jsonl", "xlsx", "csv.zip"):
            path = tmp_path / f"{party}.{suffix}"
            export(evening.log, path, moments.live(evening.log), for_party=party)
            data = b"".join(files_of(path).values()) if suffix == "csv.zip" else everything(path)
            assert (scene.CANARY.encode() in data) is there
            assert (b"Zwartkop" in data) is there
