"""What is held on a person, and paper, from the command line: proposed by the program, decided by a person."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.cli import main
from commandlog.export.access import Held, Version
from commandlog.export.access_redaction import Redaction, redacted
from commandlog.export.access_search import Spelling, fold
from commandlog.log.desk import sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.model.records import DecisionWords, Note, Words
from commandlog.model.scenario import load
from commandlog.verbs import incidents, saying
from commandlog.verbs.events import open_event
from tests.export.reading import everything, text
from tests.log.test_versions import locked_away

CANARY = "qzvgeheim"


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "avond.clog"
    desk = open_event(path, load("concert"), settings_folder())
    police = sit_down(desk.log, settings_folder(), "police")
    said = saying.report(desk, "Renée de Vries is gevallen bij poort F", person="Piet Jansen")  # V1-4
    saying.correct(desk, said.seq, "Bezoeker is gevallen bij poort F", reason="naam hoort hier niet")  # V1-5
    saying.note(desk, "Niets bijzonders", person="RENEE DE VRIES")  # V1-6
    saying.note(desk, "De heer De Vries belt terug")  # V1-7
    saying.decide(desk, DecisionWords("x", "y", "Doorgaan", "z", "Renée de Vries"))  # V1-8
    incidents.open_incident(desk, "Val van de Vries, Renee")  # V1-9
    saying.message(desk, "bel terug", to_party="police", to="mevr. de Vries (Renée)")  # V1-10
    with desk.writing():
        desk.append(Note, Words(text="rij", raw={"Naam melder": "Vries, Renée de"}))  # V1-11
    saying.note(police, f"Renée de Vries {CANARY}", audience=("police",))  # P1-2
    saying.note(desk, "Renéesse en de vriesruimte")  # V1-12: begins of words, and not a name
    saying.note(desk, "Warenee deVries")  # V1-13: no word begins so
    desk.log.close()
    return str(path)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    capsys.readouterr()
    assert main(list(arguments)) == code, capsys.readouterr()
    return capsys.readouterr()


def candidates(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[str]]:
    document = json.loads(said(capsys, "subject-access", *arguments, "--json")[0])
    return {one["reference"]: [why["field"] for why in one["why"]] for one in document["candidates"]}


def account(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    first, *entries = map(json.loads, path.read_text("utf-8").splitlines())
    return first["about"], entries


def test_every_place_where_a_name_can_stand_is_searched(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert candidates(capsys, log, "Renee de Vries") == {
        "V1-4": ["text"],
        "V1-6": ["person"],
        "V1-8": ["decider"],
        "V1-9": ["title"],
        "V1-10": ["to"],
        "V1-11": ["raw: Naam melder"],
        "P1-2": ["text"],
        "V1-12": ["text"],
    }
    assert list(candidates(capsys, log, "de vries", "--also", "Piet Jansen")) == [
        "V1-4", "V1-6", "V1-7", "V1-8", "V1-9", "V1-10", "V1-11", "P1-2", "V1-12",
    ]  # fmt: skip
    assert candidates(capsys, log, "Meldkamer") == {"V1-3": ["contacts"]}
    out, err = said(capsys, "subject-access", log, "Piet Jansen")
    assert "V1-4" in out
    assert "Bezoeker is gevallen" in out
    assert "you decide" in err


def test_nobody_is_found_where_nobody_is_named(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert candidates(capsys, log, "Klaas Vaak") == {}
    assert "0 entries name this person" in said(capsys, "subject-access", log, "Klaas Vaak")[1]


def test_only_what_is_confirmed_goes_out(log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "inzage.jsonl"
    said(capsys, "subject-access", log, "Renee de Vries", "--confirm", "V1-4, V1-11,V1-4", "--out", str(out))
    about, (fall, row) = account(out)
    assert (about["format"], about["entries"], about["spellings"]) == ("commandlog-access", 2, ["Renee de Vries"])
    assert [one["fields"] for one in fall["versions"]] == [
        {"text": "Renée de Vries is gevallen bij poort F", "person": "Piet Jansen"},
        {"text": "Bezoeker is gevallen bij poort F", "person": "Piet Jansen"},
    ]
    assert fall["versions"][1]["corrects"] == "naam hoort hier niet"
    assert fall["versions"][0]["desk"] == "V1"
    assert row["versions"][0]["fields"]["raw: Naam melder"] == "Vries, Renée de"
    assert "deleted" in about["kept"]
    with Log(Path(log)) as read:
        form, party = read.db.execute("SELECT form, party FROM copies").fetchone()
        assert (form, party) == ("access", "")
        record = read.record(read.head.seq)
        assert record.words is not None
        assert record.words.title == "inzage.jsonl"
    said(capsys, "verify", log, "--deep")


def test_who_could_read_it_and_what_holds_it(log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "release", log, "first-aid", "zorg", "P1-2", "--party", "police")
    said(capsys, "export", log, str(tmp_path / "politie.csv"), "--for", "police")
    said(capsys, "hold", log, "P1-2", "--demand", "parket", "--party", "police")
    out = tmp_path / "a.jsonl"
    said(capsys, "subject-access", log, "Renee de Vries", "--confirm", "P1-2", "--out", str(out))
    (one,) = account(out)[1]
    assert one["audience"] == ["Police"]
    assert [(r["party"], r["how"], r["ground"]) for r in one["readings"]] == [("First aid", "told", "zorg")]
    assert [(c["form"], c["for_party"]) for c in one["copies"]] == [("csv", "Police")]
    assert len(one["preserved"]) == 1


def test_a_party_gives_only_what_it_holds(log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "P1-2" not in candidates(capsys, log, "Renee de Vries", "--for", "venue")
    for suffix in (".pdf", ".jsonl"):
        out = tmp_path / f"venue{suffix}"
        said(capsys, "subject-access", log, "Renee de Vries", "--all", "--out", str(out), "--for", "venue")
        assert CANARY.encode() not in everything(out)
    refused = said(
        capsys, "subject-access", log, "Vries", "--confirm", "P1-2", "--out", str(out), "--for", "venue", code=2
    )
    assert "no such entry that can be read" in refused[1]


def test_what_was_erased_says_so(log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "erase", log, "V1-6", "--ground", "verzoek 12", "--yes")
    out, err = said(capsys, "subject-access", log, "Renee de Vries")
    assert "V1-6 " not in out
    assert "V1-6" in err
    path = tmp_path / "a.jsonl"
    said(capsys, "subject-access", log, "Renee de Vries", "--confirm", "V1-6", "--out", str(path))
    about, (one,) = account(path)
    assert one["erased"] is True
    assert one["versions"][0]["fields"] == {}
    assert [(gone["reference"], gone["ground"]) for gone in about["erased"]] == [("V1-6", "verzoek 12")]
    said(capsys, "subject-access", log, "Renee de Vries", "--all", "--out", str(tmp_path / "a.pdf"))
    assert "Erased entries" in text(tmp_path / "a.pdf")


def test_a_name_is_struck_out_however_its_words_are_joined(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ("Piet-Jansen belde", "mail piet.jansen@voorbeeld.nl", "getuige Jansen, Piet", "Renee de Vries"):
        said(capsys, "report", log, f"{words} over Renee de Vries")
    out = tmp_path / "a.jsonl"
    err = said(
        capsys,
        "subject-access",
        log,
        "Renee de Vries",
        "--all",
        "--out",
        str(out),
        "--redact",
        "Piet Jansen",
        "art. 15",
    )[1]
    whole = everything(out).lower()
    assert b"piet-jansen" not in whole
    assert b"piet.jansen" not in whole
    assert b"jansen, piet" in whole
    assert "still stand in" in err


def test_redactions_leave_no_byte_and_name_their_ground(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "--redact",
        "piet JANSEN",
        "art. 15 lid 4",
        "--redact",
        CANARY,
        "opsporing",
        "--redact",
        "nergens",
        "x",
    ]
    for suffix in (".pdf", ".jsonl"):
        out = tmp_path / f"a{suffix}"
        err = said(capsys, "subject-access", log, "Renee de Vries", "--all", "--out", str(out), *arguments)[1]
        assert "[3] “nergens” stood nowhere." in err
        whole = everything(out)
        assert b"Jansen" not in whole
        assert CANARY.encode() not in whole
        assert b"art. 15 lid 4" in whole
    about, entries = account(out)
    assert [(one["ground"], one["times"]) for one in about["redactions"]] == [
        ("art. 15 lid 4", 2),
        ("opsporing", 1),
        ("x", 0),
    ]
    assert entries[0]["versions"][0]["fields"]["person"] == "■■■■[1]"
    assert "not taken out by the program" in text(tmp_path / "a.pdf")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x", "--out", "{out}"], "--confirm"),
        (["x", "--all"], "--out"),
        (["x", "--confirm", "V1-4"], "--out"),
        (["", "--all", "--out", "{out}"], "nothing to look for"),
        (["…", "--json"], "nothing to look for"),
        (["x", "--confirm", "V1-99", "--out", "{out}"], "V1-99"),
        (["x", "--all", "--out", "{out}.docx"], "no form"),
        (["Vries", "--all", "--out", "{out}", "--redact", "Piet", " "], "needs a ground"),
        (["Vries", "--all", "--out", "{out}", "--redact", " ", "grond"], "needs a text"),
        (["x", "--for", "nobody"], "no party “nobody”"),
    ],
)
def test_what_is_refused_is_one_line_and_leaves_nothing(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    before = set(tmp_path.iterdir())
    out = str(tmp_path / "a.pdf")
    printed, err = said(capsys, "subject-access", log, *(one.replace("{out}", out) for one in arguments), code=2)
    assert printed == ""
    assert words in err
    assert err.count("\n") == 1
    assert set(tmp_path.iterdir()) == before


@given(st.text(), st.text(min_size=1))
def test_what_is_struck_out_is_gone_and_the_rest_stays(whole: str, wanted: str) -> None:
    one = Held(
        reference="V1-3",
        kind="note",
        occurred_at="",
        logged_at="",
        said_by="",
        versions=(Version("", "", "", {"text": f"{whole}{wanted}{whole}"}),),
    )
    if not fold(wanted).split():
        with pytest.raises(RuleError):
            redacted(one, [Redaction(wanted, "grond")])
        return
    made, (n,) = redacted(one, [Redaction(wanted, "grond")])
    left = made.versions[0].fields["text"]
    assert n >= 1
    assert "■■■■[1]" in left
    pieces = [" ".join(fold(piece).split()) for piece in left.split("■■■■[1]")]
    assert not any(" ".join(fold(wanted).split()) in piece for piece in pieces)


@given(st.text())
def test_any_name_can_be_looked_for(name: str) -> None:
    try:
        spelling = Spelling(name)
    except RuleError:
        return
    assert spelling.names(fold(f"vandaag {name} gezien"))


def test_paper_from_the_command_line(log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheets, opened, snapshot = (tmp_path / name for name in ("s.pdf", "o.pdf", "n.pdf"))
    assert "sheets V1-01 to V1-02" in said(capsys, "print", log, str(sheets), "--sheets", "2")[0]
    assert "sheets P1-01 to P1-01" in said(capsys, "print", log, str(sheets), "--sheets", "1", "--party", "police")[0]
    assert "sheets V1-03 to V1-04" in said(capsys, "print", log, str(sheets), "--sheets", "2")[0]
    said(capsys, "print", log, str(opened), "--open", "--lang", "nl")
    assert "Bezoeker is gevallen" in text(opened)
    said(capsys, "print", log, str(snapshot), "--snapshot", "--for", "venue", "--hours", "2")
    assert "Bezoeker is gevallen" in text(snapshot)
    assert CANARY.encode() not in everything(snapshot)
    with Log(Path(log)) as read:
        forms = [form for (form,) in read.db.execute("SELECT form FROM copies ORDER BY since")]
    assert forms == ["sheets:1-2", "sheets:1-1", "sheets:3-4", "open_items", "snapshot"]
    said(capsys, "verify", log, "--deep")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--sheets N, --open or --snapshot"),
        (["--open", "--snapshot"], "--sheets N, --open or --snapshot"),
        (["--sheets", "0"], "1 to 200"),
        (["--sheets", "x"], "x"),
        (["--open", "--for", "nobody"], "no party “nobody”"),
        (["--open", "--party", "nobody"], "no party “nobody”"),
    ],
)
def test_what_cannot_be_printed(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    err = said(capsys, "print", log, str(tmp_path / "a.pdf"), *arguments, code=2)[1]
    assert words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "a.pdf").exists()


def test_a_log_that_cannot_be_written_is_printed_all_the_same(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "elsewhere"
    out.mkdir()
    (tmp_path / "vast").mkdir()
    locked = Path(log).rename(tmp_path / "vast" / "avond.clog")
    locked_away(locked, monkeypatch)
    said(capsys, "print", str(locked), str(out / "a.pdf"), "--open")
    assert "Bezoeker is gevallen" in text(out / "a.pdf")
    assert "Sheets are numbered" in said(capsys, "print", str(locked), str(out / "b.pdf"), "--sheets", "1", code=2)[1]
    said(capsys, "subject-access", str(locked), "Vries", "--all", "--out", str(out / "c.jsonl"))
    assert account(out / "c.jsonl")[0]["entries"] == 9
    assert sorted(one.name for one in out.iterdir()) == ["a.pdf", "c.jsonl"]
