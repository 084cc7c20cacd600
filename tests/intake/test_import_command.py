"""The import command as a person meets it: what it prints, what it writes, how it fails, and its bar."""

import json
from pathlib import Path

import pytest

from commandlog.cli import main
from commandlog.commands.bar import Bar, line
from tests.intake.imports import written

ROWS = (
    "time,text,place,state\n2020-01-01 10:00,a bin burns,Gate F,open\n2020-01-01 10:05,\x1b[31mred,Elm,closed\n,x,y,\n"
)


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = str(tmp_path / "event.clog")
    assert main(["new", path, "--scenario", "concert"]) == 0
    return path


def test_a_dry_run_shows_all_and_writes_nothing(log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = str(written(tmp_path, ROWS))
    capsys.readouterr()
    assert main(["import", log, source, "--dry-run"]) == 0
    shown = capsys.readouterr()
    assert "line 4: time: has no date and time" in shown.out
    assert "Europe/Amsterdam (+0100)" in shown.out
    assert "2 are new, 0 are in the log already" in shown.out
    assert "\x1b" not in shown.out
    assert shown.err == ""
    assert main(["import", log, source, "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["there"], told["refused"][0]["line"]) == (2, 0, 4)
    assert [one["state"] for one in told["first"]] == ["open", "closed"]
    assert main(["import", log, source]) == 0
    assert "2 added, 0 already there (0 of them changed in the file), 1 refused, 1 closed" in capsys.readouterr().out
    assert main(["import", log, source, "--dry-run"]) == 0
    assert "0 are new, 2 are in the log already" in capsys.readouterr().out


def test_a_guess_is_written_and_given_back(log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = str(written(tmp_path, ROWS)), tmp_path / "guess.toml"
    assert main(["import", log, source, "--write-mapping", str(out)]) == 0
    assert 'state = "state"' in out.read_text()
    assert main(["import", log, source]) == 0
    capsys.readouterr()
    assert main(["import", log, source, "--mapping", str(out)]) == 0
    shown = capsys.readouterr()
    assert "0 added, 2 already there" in shown.out
    assert shown.err == ""
    assert main(["import", log, source, "--write-mapping", str(out)]) == 2
    assert "guess.toml is there already" in capsys.readouterr().err


def test_an_import_by_another_mapping_is_warned_of_before(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(written(tmp_path, ROWS))
    mapping = str(written(tmp_path, "timezone = 'America/New_York'\n", "other.toml"))
    assert main(["import", log, source]) == 0
    capsys.readouterr()
    assert main(["import", log, source, "--mapping", mapping, "--dry-run"]) == 0
    assert "brought in log.csv with no mapping" in capsys.readouterr().out
    assert main(["import", log, source, "--mapping", mapping]) == 0
    assert "brought in log.csv with no mapping" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["absent.csv"], "There is no file"),
        (["{log}"], "the log itself"),
        (["{source}", "--mapping", "absent"], "There is no mapping"),
        (["{source}", "--json"], "--json goes with --dry-run"),
        (["{empty}"], "is empty"),
        (["{mapped}"], "Name one in a mapping"),
    ],
)
def test_what_is_refused_is_one_line(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    names = {
        "log": log,
        "source": str(written(tmp_path, ROWS)),
        "empty": str(written(tmp_path, "", "empty.csv")),
        "mapped": str(written(tmp_path, "a,b\n1,2\n3,4\n", "numbers.csv")),
    }
    capsys.readouterr()
    assert main(["import", log, *(one.format(**names) for one in arguments)]) == 2
    shown = capsys.readouterr()
    assert says in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_a_refused_import_is_one_line_where_the_second_copy_has_trouble_too(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    assert main(["copy", log, str(copies)]) == 0
    for one in copies.iterdir():
        one.unlink()
    copies.rmdir()
    capsys.readouterr()
    assert main(["report", log, "rain"]) == 0
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["import", log, str(tmp_path / "absent.csv"), "--party", "police"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("done", "total", "rate", "shown"),
    [
        (500, 1000, 100.0, "reading  ████████████░░░░░░░░░░░░  50%  500 / 1,000  100/s  0:05 left"),
        (1000, 1000, 100.0, "reading  ████████████████████████ 100%  1,000 / 1,000  100/s"),
        (7000, 0, 3500.0, "reading  7,000  3,500/s"),
        (0, 1000, 0.0, "reading  ░░░░░░░░░░░░░░░░░░░░░░░░   0%  0 / 1,000  0/s"),
    ],
)
def test_the_bar_says_how_far_how_fast_and_how_long(done: int, total: int, rate: float, shown: str) -> None:
    assert line("reading", done, total, rate) == shown


def test_the_bar_is_quiet_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("reading") as bar:
        bar(1, 2)
        bar(2, 2)
    assert capsys.readouterr().err == ""


def test_the_bar_draws_on_a_terminal_and_cleans_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Bar("reading") as bar:
        bar(1, 2)
    drawn = capsys.readouterr().err
    assert "50%" in drawn
    assert drawn.endswith("\r\x1b[K")
