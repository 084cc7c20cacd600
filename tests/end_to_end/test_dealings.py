"""Agreements, counts, marks, units, paper and what went to the wrong one, from the command line."""

import json
from pathlib import Path

import pytest

from commandlog.cli import BAD_INPUT, DONE, NO, main

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def log(tmp_path: Path, capsys: Capsys) -> str:
    path = str(tmp_path / "avond.clog")
    assert main(["new", path, "--scenario", "concert"]) == DONE
    capsys.readouterr()
    return path


def told(capsys: Capsys, *given: str, code: int = DONE) -> str:
    assert main(list(given)) == code
    printed = capsys.readouterr()
    if code == BAD_INPUT:
        assert printed.err.count("\n") == 1
    return printed.out if code != BAD_INPUT else printed.err


def reference(line: str) -> str:
    return line.split()[1]


def test_an_agreement_is_affirmed_by_command(log: str, capsys: Capsys) -> None:
    made = told(capsys, "agreement", log, "politie", "Poort G dicht tot perron vrij", "--until", "90")
    assert "Poort G dicht tot perron vrij" in made
    ref = reference(made)
    assert "agreements to affirm" in told(capsys, "open-items", log, code=NO)
    told(capsys, "decline", log, ref, "alleen tot elf uur", "--party", "police")
    assert "to settle" in told(capsys, "open-items", log, code=NO)
    told(capsys, "affirm", log, ref, "--party", "police")
    (one,) = json.loads(told(capsys, "agreements", log, "--json", "--for", "police"))
    assert (one["reference"], one["state"], one["waiting"]) == (ref, "agreed", [])
    assert "Poort G dicht" in told(capsys, "agreements", log)
    assert told(capsys, "agreements", log, "--open") == ""
    told(capsys, "end-agreement", log, ref)
    assert "ended already" in told(capsys, "affirm", log, ref, "--party", "police", code=BAD_INPUT)


def test_counts_and_units_by_command_and_on_the_entry_line(log: str, capsys: Capsys) -> None:
    told(capsys, "count", log, "Poort F", "90", "loopt vol", "--measure", "procent")
    told(capsys, "report", log, "tel stadion 30900")
    shown = told(capsys, "crowd", log)
    assert shown.splitlines()[0].startswith("Gate F")
    assert "warning from 70 %" in shown
    found = {one["place"]: one for one in json.loads(told(capsys, "crowd", log, "--json"))}
    assert (found["stadium"]["present"], found["gate-f"]["percent"]) == (30900, 90)
    assert "30900" in told(capsys, "crowd", log, "--place", "stadium")
    told(capsys, "report", log, "Oog 2 vrij", "--party", "baken")
    told(capsys, "unit", log, "Service 3", "buiten dienst", "--party", "baken")
    units = {one["unit"]: one["status"] for one in json.loads(told(capsys, "units", log, "--json"))}
    assert (units["Oog 2"], units["Service 3"]) == ("free", "out")
    assert "out of service" in told(capsys, "units", log)
    assert "cannot be counted" in told(capsys, "count", log, "Poort F", "9" * 20, code=BAD_INPUT)
    ref = json.loads(told(capsys, "timeline", log, "--json", "--kind", "counted"))[0]["reference"]
    assert "80 %" in told(capsys, "correct", log, ref, "--number", "80")


def test_marks_paper_and_what_went_to_the_wrong_one(log: str, capsys: Capsys) -> None:
    typed = told(capsys, "report", log, "hek om bij vak 104", "--paper", "v1-7/3", "--at", "00:01")
    assert "[from paper V1-07/3]" in typed
    assert typed.startswith("00:01")
    again = told(capsys, "report", log, "nog eens", "--paper", "V1-07/3", "--at", "00:02", code=BAD_INPUT)
    assert reference(typed) in again
    assert "no time" in told(capsys, "report", log, "x", "--paper", "V1-07/4", "--at", "soon", code=BAD_INPUT)
    told(capsys, "mark", log, reference(typed))
    assert "[significant]" in told(capsys, "timeline", log, "--significant")
    told(capsys, "mark", log, reference(typed), "--off")
    assert told(capsys, "timeline", log, "--significant") == ""
    sent = told(capsys, "report", log, "geheim @venue,baken")
    made = told(
        capsys,
        "misdirected",
        log,
        reference(sent),
        "vergeet het",
        "--reached",
        "Baken",
        "--meant-for",
        "politie",
        "--take-back",
    )
    assert "vergeet het" in told(capsys, "open-items", log, "--for", "baken", code=NO)
    told(capsys, "read-misdirected", log, reference(made), "--party", "baken")
    assert "misdirected" not in told(capsys, "open-items", log)
    assert "geheim" in told(capsys, "timeline", log, "--for", "police")
    assert "geheim" not in told(capsys, "timeline", log, "--for", "baken")
