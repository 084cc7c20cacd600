"""The main job from the command line, the words of its errors, and hostile text from end to end."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from commandlog.cli import main
from commandlog.log.keys import settings_folder
from commandlog.model.scenario import load
from commandlog.verbs.events import open_event

HOSTILE = {
    "html": "<script>alert(1)</script><img src=/etc/passwd> <b>vet",
    "reportlab": '<para><font color="red">rood</font> weight <b <male> & </para>',
    "formula": '=HYPERLINK("http://x","klik")',
    "more formulas": "+1+cmd|' /C calc'!A0 @SUM(1) -2",
    "bidi": "naam \u202egnp.exe\u202c einde \u2066x\u2069",
    "control": "bel \x07 esc \x1b[31mrood\x1b[0m nul",
    "surrogate": "los \udcff einde",
    "lines": "eerste\nregel\r\nen nog een",
    "format": "{event} %s {0} \\N",
    "emoji": "👮🏽‍♀️ bij poort F Жовтень 漢字",
    "path": "../../etc/passwd",
}


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "avond.clog"
    open_event(path, load("concert"), settings_folder()).log.close()
    return str(path)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Run a command and return what it printed; a refusal is one line on stderr, and nothing on stdout."""
    assert main(list(arguments)) == code, capsys.readouterr()
    out, err = capsys.readouterr()
    if code == 2:
        assert out == ""
        assert err.startswith("commandlog: ")
        assert err.count("\n") == 1
        assert "Traceback" not in err
        return err
    assert err == ""
    return out


def test_the_main_job(log: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    def run(*arguments: str) -> bytes:
        assert main(list(arguments)) == 0
        return capsysbinary.readouterr().out

    def ref(out: bytes) -> str:
        return next(word for word in out.decode().split() if word.startswith("V1-"))

    seen = ref(run("report", log, "hier Oog 2: man filmt camera's poort F, grote rugzak #verdacht !urgent"))
    run("assess", log, seen, "approach", "aanspreken als gastheer")
    task = ref(run("ask", log, "police", "controleer de man bij poort F", "--about", seen, "--answer-by", "5"))
    run("decline", log, task, "geen eenheid vrij", "--by", "police")
    before = len(json.loads(run("timeline", log, "--json")))
    run("hand-over", log, task, "--to", "Service 3")
    run("accept", log, task, "--as", "Service 3")
    run("start", log, task, "--by", "baken")
    run("done", log, task, "vlogger", "--by", "baken")
    run("confirm", log, task)
    run("feedback", log, seen, "vlogger, loos alarm")
    (shown,) = json.loads(run("tasks", log, "--json"))
    assert (shown["state"], shown["assignee"], shown["unit"]) == ("confirmed", "baken", "Service 3")
    assert [event["kind"] for event in shown["events"]] == [
        "proposed",
        "declined",
        "handed_over",
        "accepted",
        "started",
        "done",
        "confirmed",
    ]
    entries = json.loads(run("timeline", log, "--json"))
    assert len(entries) == before + 6
    position = str(entries[before - 1]["position"])
    assert len(json.loads(run("timeline", log, "--as-of", position, "--json"))) == before
    (then,) = json.loads(run("tasks", log, "--as-of", position, "--json"))
    assert then["state"] == "declined"
    for name in ("uit.pdf", "uit.xlsx", "uit.csv", "uit.jsonl"):
        run("export", log, str(tmp_path / name))
        assert (tmp_path / name).stat().st_size > 500
    run("verify", log, "--deep")


def test_names_are_as_good_as_codes_and_what_is_unknown_is_said(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", log, "vertrouwelijk @poltie #foo"]) == 0
    err = capsys.readouterr().err
    assert "“@poltie” is not known: it does not limit who can read this line." in err
    assert "“#foo” is not known" in err
    said(capsys, "report", log, "Oog 2 man filmt poort F @politie #verdacht")
    assert "only" in said(capsys, "timeline", log, "--place", "Poort F", "--category", "Verdacht gedrag")
    said(capsys, "assess", log, "V1-5", "aanspreken")
    said(capsys, "correct", log, "V1-5", "--place", "Poort G", "--priority", "urgent")
    assert "Gate G" in said(capsys, "timeline", log, "--place", "gate-g")
    said(capsys, "ask", log, "Politie", "controle poort G")
    said(capsys, "accept", log, "V1-8", "--by", "Politie")
    said(capsys, "level", log, "Niveau De Dijk", "oranje")
    said(capsys, "phase", log, "Deuren open")
    assert main(["timeline", log, "--search", "zzz"]) == 0
    assert capsys.readouterr().err == "Nothing found.\n"


def test_the_check_value_of_a_report_can_be_checked(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "export", log, str(tmp_path / "uit.jsonl"))
    about = json.loads((tmp_path / "uit.jsonl").read_text("utf-8").splitlines()[0])["about"]
    assert about["head"][:16] in said(capsys, "verify", log, "--at", str(about["position"]))


def test_open_items_and_a_broken_log_answer_no(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "open-items", log) == ""
    said(capsys, "report", log, "Oog 2 tas #onbeheerd")
    assert "tas" in said(capsys, "open-items", log, code=1)
    db = sqlite3.connect(log)
    db.execute("UPDATE records SET hash = zeroblob(32) WHERE seq = 2")
    db.commit()
    db.close()
    assert "record 2" in said(capsys, "verify", log, code=1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "{none}", "x"], "There is no log"),
        (["report", "{log}"], "Missing argument 'TEXT'. See `commandlog report --help`."),
        (["report", "{log}", "x", "--as", "Oog 99"], "no call sign “Oog 99”. It has: Oog 1"),
        (["report", "{log}", "x", "--party", "brandweer"], "no party “brandweer”. It has: police"),
        (["new", "{log}", "--scenario", "concert"], "is there already"),
        (["new", "{none}", "--scenario", "carnaval"], "carnaval"),
        (["new", "{none}", "--scenario", "{log}"], ""),
        (["accept", "{log}", "V1-999"], "no entry V1-999"),
        (["accept", "{log}", "V1-1"], "V1-1 is no task"),
        (["timeline", "{log}", "--as-of", "gisteren"], "neither a position nor a time"),
        (["timeline", "{log}", "--as-of", "1999-01-01"], "The log begins at"),
        (["timeline", "{log}", "--search", "***"], "nothing to search for"),
        (["timeline", "{log}", "--for", "nobody"], "“nobody” is not known. There are: police"),
        (["timeline", "{log}", "--kind", "melding!"], "“melding!” is not known"),
        (["assess", "{log}", "V1-2", "observe"], "V1-2 is no report"),
        (["report", "{log}", "  "], "nothing to record"),
        (["export", "{log}", "{none}.doc"], ".pdf"),
        (["export", "{log}", "/nowhere/at/all.pdf"], "/nowhere/at"),
        (["export", "{log}", "{log}.pdf", "--for", "nobody"], "no party “nobody”"),
        (["import", "{log}", "{none}.csv"], ".csv"),
        (["import", "{log}", "{log}"], ""),
        (["verify", "{none}"], "There is no log"),
        (["level", "{log}", "grip", "grip-1"], "To go on, give a reason"),
        (["ask", "{log}", "baken", "fouilleer hem"], "give a reason to go on"),
        (["nonsense"], "No such command 'nonsense'"),
        (["timeline", "{log}", "--nonsense"], "--nonsense"),
    ],
)
def test_what_is_refused_says_what_to_do(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    given_ = [one.replace("{log}", log).replace("{none}", str(tmp_path / "none")) for one in arguments]
    assert words in said(capsys, *given_, code=2)


def test_something_that_is_no_log_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "diary.clog").write_text("Dear diary\n" * 500)
    assert "not a log" in said(capsys, "verify", str(tmp_path / "diary.clog"), code=2)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["diary.clog"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_goes_through_unharmed_and_harmless(
    log: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], name: str
) -> None:
    text = HOSTILE[name]
    kept = text.replace("\udcff", "\ufffd")
    for command in (["report", log, text], ["add", log, "V1-4", text], ["correct", log, "V1-4", f"{text} (2)"]):
        assert main(command) == 0
    assert main(["incident", log, text, "V1-4"]) == 0
    capsysbinary.readouterr()
    assert main(["timeline", log, "--json"]) == 0
    entries = json.loads(capsysbinary.readouterr().out)
    assert kept in entries[1]["text"]
    assert main(["timeline", log]) == 0
    shown = capsysbinary.readouterr().out.decode()
    assert not any(c in shown for c in "\x1b\x07\x00\u202e\u2066")
    for form in ("pdf", "xlsx", "csv", "jsonl"):
        assert main(["export", log, str(tmp_path / f"uit.{form}")]) == 0
    capsysbinary.readouterr()
    assert main(["verify", log, "--deep"]) == 0


def test_a_line_of_a_megabyte(log: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    text = "woord " * 150_000 + "x" * 200_000
    assert main(["report", log, text]) == 0
    for form in ("pdf", "xlsx", "csv", "jsonl"):
        assert main(["export", log, str(tmp_path / f"uit.{form}")]) == 0
    capsysbinary.readouterr()
    assert main(["timeline", log, "--json", "--search", "woord"]) == 0
    assert len(json.loads(capsysbinary.readouterr().out)[0]["text"]) > 1_000_000


@given(st.text(st.characters(exclude_categories=[], exclude_characters="\x00"), max_size=80))
def test_anything_typed_is_an_entry(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    assume(text.strip())
    path = str(tmp_path_factory.getbasetemp() / f"typed-{os.getpid()}.clog")
    if not Path(path).exists():
        assert main(["new", path, "--scenario", "concert"]) == 0
    assert main(["report", path, "--reason", "x", "--", text]) == 0


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "latin-1"])
def test_any_terminal_can_show_it(log: str, encoding: str) -> None:
    main(["report", log, "Жовтень ↳ café 👮"])
    done = subprocess.run(
        [sys.executable, "-m", "commandlog", "timeline", log],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"caf" in done.stdout


def test_a_reader_that_goes_away_is_no_error(log: str) -> None:
    for n in range(30):
        main(["report", log, f"regel {n} " + "x" * 500])
    line = f'"{sys.executable}" -m commandlog timeline "{log}" | head -1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=False)
    assert done.stderr == b""


def test_who_speaks_to_no_server_and_prints_nothing_does_not_wait_for_what_does(log: str) -> None:
    """Importing psycopg takes 0.1 s, a keyring as long, fonts more."""
    code = (
        "import sys; from commandlog.cli import main; done = [main(one) for one in"
        f" (['--help'], ['report', {log!r}, 'Oog 2: rustig'], ['timeline', {log!r}], ['status', {log!r}])];"
        " found = {one.partition('.')[0] for one in sys.modules} & {'psycopg', 'keyring', 'fontTools'};"
        " print('DONE', done, found, file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.splitlines()[-1] == "DONE [0, 0, 0, 0] set()"
