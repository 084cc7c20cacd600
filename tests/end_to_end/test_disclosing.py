"""Telling, recalling, erasing and preserving from the command line, down to the bytes that are left."""

import io
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from commandlog.cli import main
from commandlog.log.keys import settings_folder
from commandlog.model.scenario import load
from commandlog.verbs.events import open_event

CANARY = "qzvkanarie"


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "avond.clog"
    open_event(path, load("concert"), settings_folder()).log.close()
    assert main(["report", str(path), f"Oog 2 {CANARY} onwel #medisch"]) == 0
    assert main(["add", str(path), "V1-4", f"nog {CANARY}"]) == 0
    return str(path)


class Terminal(io.StringIO):
    """Somebody at a terminal who has typed something."""

    def isatty(self) -> bool:
        return True


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    """Run a command and return what it printed, and what it said beside it."""
    capsys.readouterr()
    assert main(list(arguments)) == code, capsys.readouterr()
    return capsys.readouterr()


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(said(capsys, *arguments, "--json")[0])


def test_recalling_and_telling_again(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = said(capsys, "recall", log, "V1-4", "--from", "Politie", "--from", "first-aid", "--reason", "te ruim")
    assert "V1-4 recalled from Police, First aid" in out
    assert err == "What hangs on it can still be read there: V1-5. --thread takes that back too.\n"
    assert "[recalled]" in said(capsys, "timeline", log, "--for", "police")[0]
    (stub, *_rest) = document(capsys, "timeline", log, "--for", "police")
    assert {name: value for name, value in stub.items() if name not in ("id", "occurred_at", "logged_at")} == {
        "reference": "V1-4",
        "position": 4,
        "kind": "",
        "party": "venue",
        "shown": "[recalled]",
        "recalled": True,
    }
    assert CANARY not in said(capsys, "timeline", log, "--for", "police", "--search", "onwel")[0]
    found = document(capsys, "disclosures", log, "V1-4")["entries"][0]
    assert [(one["party"], one["deed"]["reason"], one["again"]) for one in found["taken"]] == [
        ("first-aid", "te ruim", ""),
        ("police", "te ruim", ""),
    ]
    said(capsys, "release", log, "police", "toch nodig", "V1-4")
    assert CANARY in said(capsys, "timeline", log, "--for", "police", "--search", "onwel")[0]
    text = said(capsys, "disclosures", log, "--party", "police")[0]
    assert "recalled from Police" in text
    assert "(told again by V1-7)" in text
    assert CANARY not in text


@pytest.mark.parametrize(("answer", "code", "gone"), [("y\n", 0, True), ("n\n", 1, False), ("\n", 1, False)])
def test_erasing_asks_whoever_sits_there(
    log: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: str, code: int, gone: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    out, _err = said(capsys, "erase", log, "V1-4", "--ground", "verzoek 12", "--thread", code=code)
    assert "Destroy the words of V1-4, V1-5 (2 records) for good?" in out
    assert ("It is gone from this file." in out) == gone
    assert ("Nothing was erased." in out) != gone
    assert (CANARY in Path(log).read_bytes().decode("latin-1")) != gone


def test_erasing_without_anybody_to_ask_needs_a_word(
    log: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert "say --yes" in said(capsys, "erase", log, "V1-4", "--ground", "x", code=2)[1]
    assert "erased already" not in said(capsys, "erase", log, "V1-4", "--ground", "x", "--yes")[1]
    assert "erased already" in said(capsys, "erase", log, "V1-4", "--ground", "x", "--yes", code=2)[1]


def test_what_still_holds_it_is_said(log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "export", log, str(tmp_path / "politie.csv"), "--for", "police")
    out, _err = said(capsys, "erase", log, "V1-4", "--ground", "verzoek 12", "--yes")
    assert "V1-4 erased: verzoek 12" in out
    assert "still in the copy V1-6" in out
    assert "politie.csv" in out
    (found,) = document(capsys, "erasures", log)
    assert (found["gone"], found["entries"], found["records"]) == (True, ["V1-4"], 1)
    assert [one["name"] for one in found["copies"]] == ["politie.csv"]
    assert "[gone from this file]" in said(capsys, "erasures", log)[0]
    assert "destroyed" in said(capsys, "copy-destroyed", log, "V1-6", "--reason", "versnipperd")[0]
    assert document(capsys, "erasures", log)[0]["copies"] == []
    assert "(destroyed: V1-8)" in said(capsys, "disclosures", log)[0]
    assert "no copy" in said(capsys, "copy-destroyed", log, "V1-6", "--reason", "nog eens", code=2)[1]


def test_a_reader_keeps_it_pending(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    reader = sqlite3.connect(log, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM records").fetchone()
    out, _err = said(capsys, "erase", log, "V1-4", "--ground", "x", "--yes")
    assert "is not gone from this file yet: another program reads the log, since 20" in out
    assert "[pending: another program reads the log" in said(capsys, "erasures", log)[0]
    reader.close()
    assert document(capsys, "erasures", log)[0]["gone"]


def test_a_second_copy_holds_it_until_it_has_followed(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elders").mkdir()
    said(capsys, "copy", log, str(tmp_path / "elders"))
    (copy,) = (tmp_path / "elders").glob("*.clog")
    assert CANARY.encode() in copy.read_bytes()
    with monkeypatch.context() as away:  # the other disk is gone for a while
        away.setattr("commandlog.commands.common.bring_up_to_date", lambda *_: None)
        out, _err = said(capsys, "erase", log, "V1-4", "V1-5", "--ground", "x", "--yes")
        assert "still in the copy V1-6" in out
        assert "which follows, and erases it too when it does" in out
        (found,) = document(capsys, "erasures", log)
        assert [one["form"] for one in found["copies"]] == ["copy"]
    said(capsys, "copy", log)
    assert document(capsys, "erasures", log)[0]["copies"] == []
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in copy.parent.iterdir())


def test_preserving(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "hold", log, "V1-4", "--demand", "parket 10/123")
    said(capsys, "hold", log, "--demand", "Woo-verzoek", "--party", "police")
    out, _err = said(capsys, "holds", log)
    assert "parket 10/123 → V1-4" in out
    assert "Woo-verzoek → the whole log" in out
    refused = said(capsys, "erase", log, "V1-5", "--ground", "x", "--yes", code=2)[1]
    assert "V1-5 is preserved by P1-2 (Woo-verzoek)" in refused
    said(capsys, "lift-hold", log, "P1-2", "--reason", "afgehandeld")
    refused = said(capsys, "erase", log, "V1-5", "--ground", "x", "--yes", code=2)[1]
    assert "V1-5 is preserved by V1-6 (parket 10/123)" in refused
    said(capsys, "lift-hold", log, "V1-6", "--reason", "sepot")
    assert said(capsys, "holds", log)[1] == "Nothing is preserved by a hold.\n"
    assert len(document(capsys, "holds", log, "--all")) == 2
    said(capsys, "erase", log, "V1-5", "--ground", "x", "--yes")
    said(capsys, "verify", log, "--deep")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["recall", "{log}", "V1-4", "--reason", "x"], "--from"),
        (["recall", "{log}", "V1-4", "--from", "police"], "--reason"),
        (["recall", "{log}", "V1-4", "--from", "nobody", "--reason", "x"], "no party “nobody”"),
        (["recall", "{log}", "V1-4", "--from", "venue", "--reason", "x"], "always reads its own"),
        (["recall", "{log}", "V1-9", "--from", "police", "--reason", "x"], "no entry V1-9"),
        (["erase", "{log}", "V1-4", "--yes"], "--ground"),
        (["erase", "{log}", "V1-3", "--ground", "x", "--yes"], "cannot be read without V1-3"),
        (["hold", "{log}", "V1-4"], "--demand"),
        (["lift-hold", "{log}", "V1-4", "--reason", "x"], "no hold that is in force"),
        (["disclosures", "{log}", "V1-9"], "no entry V1-9"),
        (["disclosures", "{log}", "--party", "nobody"], "no party “nobody”"),
    ],
)
def test_what_is_refused_is_one_line(
    log: str, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    out, err = said(capsys, *(one.replace("{log}", log) for one in arguments), code=2)
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


def test_empty_lists_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "leeg.clog")
    said(capsys, "new", path, "--scenario", "concert")
    assert said(capsys, "disclosures", path)[1] == "Every entry was for all parties from the start.\n"
    assert said(capsys, "erasures", path)[1] == "Nothing was erased.\n"
    assert said(capsys, "holds", path)[1] == "Nothing is preserved by a hold.\n"
    assert document(capsys, "disclosures", path) == {"entries": [], "copies": []}
