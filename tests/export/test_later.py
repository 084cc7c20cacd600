"""What was written after a log had been closed is marked so in every form."""

import csv
import json
from pathlib import Path

import openpyxl
import pypdf
import pytest

from commandlog.cli import DONE, main
from commandlog.commands.printing import entry_lines
from commandlog.export.exporting import export
from commandlog.log.desk import Desk
from commandlog.verbs import closing, saying
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live, zone_of
from tests.events import Clock


@pytest.fixture
def closed(venue: Desk, clock: Clock) -> Desk:
    first = saying.note(venue, "ervoor").seq
    closing.close(venue)
    clock.tick()
    saying.add_to(venue, first, "erna")
    return venue


def test_every_form_marks_what_came_later(closed: Desk, tmp_path: Path) -> None:
    out = {form: tmp_path / f"log.{form}" for form in ("jsonl", "csv", "xlsx", "pdf")}
    for path in out.values():
        export(closed.log, path, live(closed.log))
    lines = [json.loads(line) for line in out["jsonl"].read_text("utf-8").splitlines()[1:]]
    assert [(one.get("text", ""), one.get("later", False)) for one in lines] == [
        ("ervoor", False),
        ("", False),
        ("erna", True),
    ]
    with out["csv"].open(encoding="utf-8-sig", newline="") as file:
        assert [row["later"] for row in csv.DictReader(file)] == ["", "", "true"]
    book = openpyxl.load_workbook(out["xlsx"], read_only=True)
    head, *rows = book.worksheets[0].iter_rows(values_only=True)
    book.close()
    assert [row[head.index("Later")] or "" for row in rows] == ["", "", "later"]
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(out["pdf"]).pages)
    assert text.count("· later") == 1


def test_the_terminal_marks_what_came_later(closed: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    lines = timeline.whole(closed.log, live(closed.log), Filter())
    shown = [text for line in lines for text in entry_lines(line, closed.covenant, zone_of(closed.log))]
    assert [text.endswith("[later]") for text in shown] == [False, False, True]
    assert main(["timeline", str(closed.log.path)]) == DONE
    assert capsys.readouterr().out.count("[later]") == 1
