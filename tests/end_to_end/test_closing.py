"""The end of a log from the command line: closed, continued, deleted; each refusal is one line that says what to do."""

from pathlib import Path

import pytest

from commandlog.cli import BAD_INPUT, DONE, NO, main
from commandlog.log.store import Log
from commandlog.log.verify import verify


@pytest.fixture
def file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A log in which a report and a task are open, and two parties were heard."""
    path = str(tmp_path / "day 1.clog")
    assert main(["new", path, "--scenario", "concert"]) == DONE
    assert main(["report", path, "Oog 2: man filmt poort F"]) == DONE
    assert main(["ask", path, "police", "ga kijken"]) == DONE
    assert main(["report", path, "poort F is rustig", "--party", "police"]) == DONE
    capsys.readouterr()
    return path


def said(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    printed = capsys.readouterr()
    assert printed.err.count("\n") <= 1
    return printed.out, printed.err


def test_closing_alone_works_and_says_what_it_did(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["close", file]) == NO
    out, _err = said(capsys)
    assert "man filmt poort F" in out
    assert "ga kijken" in out
    assert "2 things are still open" in out
    assert main(["assess", file, "V1-4", "no_action"]) == DONE
    assert main(["feedback", file, "V1-4", "niets aan de hand"]) == DONE
    assert main(["withdraw", file, "V1-5"]) == DONE
    capsys.readouterr()
    assert main(["close", file]) == DONE
    out, _err = said(capsys)
    assert "is closed by Stadion De Dijk." in out
    assert "others were heard in it: Police, Baken Security" in out
    assert main(["close", file]) == BAD_INPUT
    assert "closed on" in said(capsys)[1]


@pytest.mark.parametrize("option", ["--roll-over", "--anyway"])
def test_two_parties_close_and_what_is_open_rolls_over(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert main(["close", file, "--with", "politie", option, "--text", "dag 1"]) == DONE
    out, _err = said(capsys)
    assert "closed by Stadion De Dijk · Police." in out
    assert "2 things stay open" in out
    for command in (["report", file, "x"], ["import", file, str(tmp_path / "none.csv")], ["phase", file, "show"]):
        assert main(command) == BAD_INPUT
        assert "`continue` it in a new log" in said(capsys)[1]
    assert main(["add", file, "V1-4", "was een toerist"]) == DONE
    assert said(capsys)[0].rstrip().endswith("[later]")


def test_continuing_closes_and_takes_over_and_says_so(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = str(tmp_path / "day 2.clog")
    assert main(["continue", file, new, "--with", "police"]) == DONE
    out, _err = said(capsys)
    assert "closed by Stadion De Dijk · Police." in out
    assert "with 1 report, 1 task, 0 incidents." in out
    assert main(["timeline", new]) == DONE
    out, _err = said(capsys)
    assert "[was V1-4] man filmt poort F" in out
    assert "[was V1-5] → Police: ga kijken" in out
    assert main(["continue", file, new]) == DONE
    assert "already" in said(capsys)[0]
    assert main(["continue", file, str(tmp_path / "day 3.clog")]) == BAD_INPUT
    assert "goes on in day 2.clog already" in said(capsys)[1]
    assert main(["continue", file, file]) == BAD_INPUT
    assert main(["continue", str(tmp_path / "none.clog"), new]) == BAD_INPUT
    assert [path for path in (file, new) if not verify(Path(path), deep=True).holds] == []
    assert not (tmp_path / "day 3.clog").exists()


def test_deleting_is_asked_recorded_and_done(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = str(tmp_path / "day 2.clog")
    assert main(["continue", file, new]) == DONE
    capsys.readouterr()
    words = ["discard", file, "--in", new, "--ground", "AVG, art. 5"]
    assert main(words) == BAD_INPUT
    assert "--early" in said(capsys)[1]
    assert main([*words, "--early", "oefening"]) == BAD_INPUT
    out, err = said(capsys)
    assert "day 2.clog" in out
    assert "--yes" in err
    assert Path(file).exists()
    assert main(["discard", file, "--in", file, "--ground", "x", "--early", "x", "--yes"]) == BAD_INPUT
    assert main([*words, "--early", "oefening", "--yes"]) == DONE
    assert "is deleted; the decision is V1-" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.glob("day*")) == ["day 2.clog", "day 2.clog.lock"]
    assert main([*words, "--early", "oefening", "--yes"]) == BAD_INPUT
    assert main(["timeline", new]) == DONE
    assert "log day 1.clog deleted: AVG, art. 5 · oefening" in capsys.readouterr().out
    with Log(Path(new)) as log:
        assert log.db.execute("SELECT count(*) FROM entries WHERE kind = 'discarded'").fetchone() == (1,)
