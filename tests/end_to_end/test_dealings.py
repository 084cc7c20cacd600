"""Agreements, counts, marks, units, paper and what went to the wrong one, from the command line."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

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
    return next(word for word in line.split() if re.fullmatch(r"[A-Z]\d+-\d+", word))


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
    assert "1000 percent" in told(capsys, "count", log, "Poort F", "1000", "--measure", "percent", code=BAD_INPUT)
    for given in (["-5"], ["-5", "toch"], ["--measure", "in", "-5"]):
        assert "-5 people cannot be counted: give 0 to" in told(capsys, "count", log, "Poort F", *given, code=BAD_INPUT)
    assert "No such option" in told(capsys, "count", log, "Poort F", "5", "--mesure", "in", code=BAD_INPUT)
    ref = json.loads(told(capsys, "timeline", log, "--json", "--kind", "counted"))[0]["reference"]
    assert "-5 percent cannot" in told(capsys, "correct", log, ref, "--number", "-5", code=BAD_INPUT)
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


def test_a_sheet_that_was_not_printed_is_warned_of_in_one_line(log: str, tmp_path: Path, capsys: Capsys) -> None:
    given = ("report", log, "hek om", "--at", "00:01", "--paper")
    assert main([*given, "V1-01/3"]) == DONE
    warned = capsys.readouterr().err
    assert "Sheet V1-01 was not printed from this log" in warned
    assert warned.count("\n") == 1
    told(capsys, "print", log, str(tmp_path / "vellen.pdf"), "--sheets", "2")
    for line in ("V1-01/4", "V1-02/1"):
        assert main([*given, line]) == DONE
        assert capsys.readouterr().err == ""
    assert "typed already" in told(capsys, *given, "V1-01/3", code=BAD_INPUT)


def test_a_total_with_a_sign_is_no_total(log: str, capsys: Capsys) -> None:
    told(capsys, "count", log, "Poort F", "300")
    assert "--measure in" in told(capsys, "count", log, "Poort F", "+120", code=BAD_INPUT)
    (one,) = json.loads(told(capsys, "crowd", log, "--json"))
    assert one["present"] == 300


def test_an_echo_shows_the_day_where_it_is_not_today(log: str, capsys: Capsys) -> None:
    today = told(capsys, "report", log, "zojuist poort F open")
    assert re.match(r"\d\d:\d\d  V1-", today)
    assert told(capsys, "report", log, "gisteren 21:05 poort F open").startswith(
        f"{datetime.now(ZoneInfo('Europe/Amsterdam')) - timedelta(days=1):%Y-%m-%d} 21:05  V1-"
    )


def test_a_person_without_a_unit_is_shown(log: str, capsys: Capsys) -> None:
    told(capsys, "decide", log, "Poort F dicht", "--person", "Jan de Boer")
    assert "Jan de Boer · " in told(capsys, "timeline", log)


def test_a_line_of_paper_without_a_time_is_told_of_at(log: str, capsys: Capsys) -> None:
    assert "--at" in told(capsys, "report", log, "poort F open", "--paper", "V1-01/3", code=BAD_INPUT)


def test_what_is_taken_back_is_printed_record_by_record(log: str, capsys: Capsys) -> None:
    ref = reference(told(capsys, "report", log, "geheim @baken"))
    to = ("--reached", "baken", "--meant-for", "police")
    made = told(capsys, "misdirected", log, ref, "vergeet het", *to, "--take-back").splitlines()
    assert [reference(line) for line in made] == [f"V1-{int(ref[3:]) + n}" for n in (1, 2, 3)]


def test_a_release_to_who_reads_it_already_is_not_recorded_twice(log: str, capsys: Capsys) -> None:
    ref = reference(told(capsys, "report", log, "geheim @baken"))
    assert "art. 19" in told(capsys, "release", log, "police", "art. 19", ref)
    assert "already" in told(capsys, "release", log, "police", "art. 19", ref, code=BAD_INPUT)
    assert told(capsys, "timeline", log).count("art. 19") == 1


def test_a_copy_is_listed_for_what_it_is_of(log: str, tmp_path: Path, capsys: Capsys) -> None:
    old = reference(told(capsys, "report", log, "gisteren 09:29 poort F open"))
    new = reference(told(capsys, "report", log, "gisteren 21:30 poort F dicht"))
    day = f"{datetime.now(ZoneInfo('Europe/Amsterdam')) - timedelta(days=1):%Y-%m-%d}"
    span = ("--from", f"{day} 21:00", "--to", "22:00")
    told(capsys, "export", log, str(tmp_path / "deel.xlsx"), *span, "--section", "timeline")
    told(capsys, "export", log, str(tmp_path / "leeg.xlsx"), "--section", "totals")
    told(capsys, "subject-access", log, "poort", "--confirm", new, "--out", str(tmp_path / "inzage.pdf"))
    listed = told(capsys, "disclosures", log)
    assert f"from {day} 21:00 to {day} 22:00" in listed
    assert "only timeline: deel.xlsx" in listed
    assert "an account on a person: inzage.pdf" in listed
    of_new, of_old = (told(capsys, "disclosures", log, one) for one in (new, old))
    assert ("deel.xlsx" in of_new, "deel.xlsx" in of_old) == (True, False)
    assert "leeg.xlsx" not in of_new + of_old
    for text in (of_new, of_old):
        assert re.search("maybe still in the copy .* inzage.pdf", text)
    told(capsys, "erase", log, old, "--ground", "AVG", "--yes")
    assert "deel.xlsx" not in told(capsys, "erasures", log)


def test_a_range_without_entries_says_which_times_there_are(log: str, tmp_path: Path, capsys: Capsys) -> None:
    told(capsys, "report", log, "gisteren 21:30 poort F dicht")
    assert main(["timeline", log, "--from", "1-1-2020 10:00", "--to", "11:00"]) == DONE
    assert "21:30" in capsys.readouterr().err
    assert main(["export", log, str(tmp_path / "a.csv"), "--from", "1-1-2020 10:00", "--to", "11:00"]) == DONE
    assert "21:30" in capsys.readouterr().err
