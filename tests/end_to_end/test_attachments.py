"""Attachments from the command line, and what is refused there."""

import json
from pathlib import Path

import pytest

from commandlog.cli import commands, main
from commandlog.commands import attaching
from commandlog.log.keys import settings_folder
from commandlog.model.media import LARGEST
from commandlog.model.scenario import load
from commandlog.verbs.events import open_event
from tests import files

PHOTO = files.on_its_side()


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for command in attaching.COMMANDS:
        monkeypatch.setitem(commands.commands, str(command.name), command)
    path = tmp_path / "avond.clog"
    open_event(path, load("concert"), settings_folder()).log.close()
    (tmp_path / "foto.jpg").write_bytes(PHOTO)
    assert main(["report", str(path), "Oog 2 man filmt poort F @politie"]) == 0
    return str(path)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(list(arguments)) == code, capsys.readouterr()
    out, err = capsys.readouterr()
    if code == 2:
        assert (out, err.count("\n")) == ("", 1)
        assert err.startswith("commandlog: ")
    return err if code else out


def test_from_the_camera_to_the_file_and_back(log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, "attach", log, "V1-4", str(tmp_path / "foto.jpg"), "--text", "zijn rugzak", "--as", "Oog 2")
    assert "↳ V1-4 attachment: foto.jpg: zijn rugzak [only" in shown
    assert "[with V1-5]" in said(capsys, "timeline", log)
    assert "foto.jpg · zijn rugzak · JPG · 60 × 40 · " in said(capsys, "attachments", log, "v1-4")
    (one,) = json.loads(said(capsys, "attachments", log, "--json"))
    assert (one["reference"], one["entry"], one["media"], one["size"]) == ("V1-5", "V1-4", "image/jpeg", len(PHOTO))
    assert json.loads(said(capsys, "attachments", log, "--json", "--for", "baken")) == [one]
    assert json.loads(said(capsys, "attachments", log, "--json", "--as-of", "4")) == []
    for ref, name in (("V1-5", "een.jpg"), ("V1-4", "twee.jpg")):
        said(capsys, "save-attachment", log, ref, str(tmp_path / name))
        assert (tmp_path / name).read_bytes() == PHOTO
    said(capsys, "save-attachment", log, "V1-5", str(tmp_path / "klein.jpg"), "--preview")
    assert b"CANARY" not in (tmp_path / "klein.jpg").read_bytes()
    assert "is saved" in said(capsys, "save-attachment", log, "V1-5", str(tmp_path))
    assert (tmp_path / "V1-5.jpg").read_bytes() == PHOTO
    for form in ("pdf", "xlsx", "csv", "jsonl"):
        said(capsys, "export", log, str(tmp_path / f"uit.{form}"))
    assert "holds" in said(capsys, "verify", log, "--deep")


def test_who_may_not_read_it_finds_nothing(log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "attach", log, "V1-4", str(tmp_path / "foto.jpg"))
    assert json.loads(said(capsys, "attachments", log, "--json", "--for", "politie"))
    assert json.loads(said(capsys, "attachments", log, "--json", "--for", "loods")) == []
    words = said(capsys, "save-attachment", log, "V1-5", str(tmp_path / "x.jpg"), "--for", "loods", code=2)
    assert "none that can be read here" in words
    assert not (tmp_path / "x.jpg").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["attach", "{log}", "V1-99", "{folder}/foto.jpg"], "no entry V1-99"),
        (["attach", "{log}", "V1-4", "{folder}/none.jpg"], "There is no file"),
        (["attach", "{log}", "V1-4", "{folder}"], "is a folder"),
        (["attach", "{log}", "V1-4", "{folder}/leeg"], "is empty"),
        (["attach", "{log}", "V1-4", "{folder}/groot"], "has 25.1 MB, and at most 25.0 MB can be kept"),
        (["attach", "{log}", "V1-4", "{folder}/bom.png"], "at most 65 million can be kept"),
        (["attach", "{log}", "V1-4", "{log}"], "is a log"),
        (["attach", "{log}", "V1-5", "{folder}/foto.jpg"], "V1-5 is an attachment itself"),
        (["attachments", "{log}", "V1-99"], "no entry V1-99"),
        (["attachments", "{log}", "--for", "nobody"], "“nobody” is not known. There are: police"),
        (["save-attachment", "{log}", "V1-3", "{folder}/x"], "V1-3 is no attachment, and has none"),
        (["save-attachment", "{log}", "V1-4", "{folder}/x"], "has several attachments: name one of V1-5, V1-6"),
        (["save-attachment", "{log}", "V1-5", "{folder}/foto.jpg"], "is there already"),
        (["save-attachment", "{log}", "V1-5", "{folder}/weg/foto.jpg"], "There is no folder"),
        (["save-attachment", "{log}", "V1-6", "{folder}/x", "--preview"], "V1-6 is no picture that can be shown"),
    ],
)
def test_what_is_refused_says_what_to_do(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    (tmp_path / "leeg").touch()
    (tmp_path / "groot").write_bytes(bytes(LARGEST + 1))
    (tmp_path / "bom.png").write_bytes(files.png(60_000, 60_000))
    (tmp_path / "tekst").write_bytes(b"tekst")
    for name in ("foto.jpg", "tekst"):
        said(capsys, "attach", log, "V1-4", str(tmp_path / name))
    before = sorted(tmp_path.iterdir())
    given = [one.replace("{log}", log).replace("{folder}", str(tmp_path)) for one in arguments]
    assert words in said(capsys, *given, code=2)
    assert sorted(tmp_path.iterdir()) == before


def test_nothing_attached_is_nothing_found(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attachments", log]) == 0
    assert capsys.readouterr().err == "Nothing found.\n"
    assert json.loads(said(capsys, "attachments", log, "--json")) == []
