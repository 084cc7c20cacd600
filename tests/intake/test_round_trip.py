"""An export that is imported again is the same timeline: by each form, to the byte."""

import contextlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commandlog.demo import tell
from commandlog.export import csv_form, jsonl_form, xlsx_form
from commandlog.export.contents import Contents
from commandlog.export.flat import Flattener
from commandlog.intake.own_export import plan_own, recognises, run
from commandlog.intake.own_plan import LEFT_OUT
from commandlog.log.desk import Desk
from commandlog.log.keys import settings_folder
from commandlog.model.errors import CommandLogError, RuleError
from commandlog.model.flat import WAS, Entry
from commandlog.verbs import assessing, incidents, marking, saying, tasks, withholding
from commandlog.verbs.events import open_event
from commandlog.views import moments
from tests.events import Clock, concert
from tests.log import histories

FORMS = {"jsonl": jsonl_form.write, "csv": csv_form.write, "xlsx": xlsx_form.write}
_EXEMPT = ("id", "reference", "position", "logged_at", "desk", "operator", "origin", "attachments", "readers", "later")
_REFERENCES = ("thread", "task", "incident", "entry", "into", "duplicate_of")
_REFERENCE = re.compile(r"\b[A-Z]{1,2}\d+-\d+\b")


def exported(desk: Desk, path: Path, for_party: str = "") -> Path:
    """Write an own export, its form by the suffix."""
    contents = Contents(desk.log, moments.live(desk.log), for_party)
    with path.open("wb") as out:
        FORMS[path.suffix[1:]](contents, out, None)
    return path


@contextmanager
def fresh(folder: Path, desk: Desk) -> Iterator[Desk]:
    """A new log under the same covenant."""
    folder.mkdir(exist_ok=True)
    clock = Clock(desk.log.clock() + 86_400_000)
    made = open_event(folder / "new.clog", desk.covenant, settings_folder(), clock=clock)
    with made.log:
        yield made


def timeline(desk: Desk) -> list[dict[str, Any]]:
    """Return the rows of a log as they must come back: without what is the log's own, references by their order."""
    contents = Contents(desk.log, moments.live(desk.log))
    flattener = Flattener(contents)
    entries = [flattener.entry(line) for line in contents.lines()]
    entries = _rebuilt(sorted(entries, key=lambda one: one.position))
    names = {one.reference: one.raw.get(f"{WAS}reference", one.reference) for one in entries}
    return [_comparable(one, names, desk) for one in entries]


def _rebuilt(entries: list[Entry]) -> list[Entry]:
    """Return those that come back: not what concerned the other log only, nor what was said about that."""
    kept: dict[str, Entry] = {}
    for one in entries:
        about = [getattr(one, name) for name in ("thread", "task", "entry", "into", "duplicate_of")]
        if one.kind not in LEFT_OUT and all(name in kept or name in ("", one.reference) for name in about):
            kept[one.reference] = one
    return list(kept.values())


def _comparable(entry: Entry, names: dict[str, str], desk: Desk) -> dict[str, Any]:
    parties = {one.code for one in desk.covenant.parties}
    row: dict[str, Any] = msgspec.to_builtins(entry)
    for name in _REFERENCES:
        if name in row:
            row[name] = names.get(row[name], "?")
    row["shown"] = _REFERENCE.sub(lambda found: names.get(found[0], found[0]), entry.shown)
    row["audience"] = sorted({*(entry.readers or entry.audience or parties), entry.party, entry.logged_by})
    row["was"] = entry.raw.get(f"{WAS}reference", entry.reference)
    row["raw"] = {name: text for name, text in entry.raw.items() if not name.startswith(WAS)}
    for old in row.get("earlier", ()):
        for name in ("corrected_at", "corrected_at_desk", "corrected_position", "readers"):
            old.pop(name, None)
        old["audience"] = sorted({*(old.get("audience") or parties), entry.party, entry.logged_by, old["corrected_by"]})
    for one in row.get("confirmed", ()):
        one.pop("position")
    return {name: value for name, value in row.items() if name not in _EXEMPT}


def comes_back(desk: Desk, folder: Path, form: str) -> None:
    """Export a log, import it into a fresh one, and compare."""
    path = exported(desk, folder / f"log.{form}")
    with fresh(folder / form, desk) as new:
        assert recognises(path)
        outcome = run(new, plan_own(new, path))
        here, there = timeline(desk), timeline(new)
        come_back = {row["was"] for row in here}
        assert [row for row in there if row["was"] in come_back] == here, outcome.described()
        head = new.log.head.seq
        again = run(new, plan_own(new, path))
        assert (again.added, again.corrections, new.log.head.seq) == (0, 0, head)


_NOT_SAID_AGAIN = ("attach", "release", "recall", "erase", "hold", "lift", "misdirected")
SAYING = st.lists(histories.STEP.filter(lambda step: step[0] not in _NOT_SAID_AGAIN), min_size=1, max_size=25)


def _said(desk: Desk, number: int) -> int:
    """Return one of the entries that people made, by position: histories speak of any, also of the program's own."""
    left_out = ", ".join(map(repr, LEFT_OUT))
    query = f"SELECT DISTINCT entry FROM entries WHERE version = 0 AND kind NOT IN ({left_out}) ORDER BY 1"
    rows = desk.log.db.execute(query).fetchall()
    return int(rows[number % len(rows)][0]) if rows else 0


@pytest.fixture(autouse=True)
def _about_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "_entry", _said)


def _history_comes_back(folder: Path, form: str, history: list[histories.Step]) -> None:
    desks = histories.begin(folder)
    desk = desks["venue"]
    with desk.log:
        histories.play(desks, history)
        comes_back(desk, folder, form)


@given(st.sampled_from(["jsonl", "csv"]), SAYING)
def test_any_history_comes_back(
    tmp_path_factory: pytest.TempPathFactory, form: str, history: list[histories.Step]
) -> None:
    _history_comes_back(tmp_path_factory.mktemp("round"), form, history)


@settings(max_examples=max(3, settings().max_examples // 10))
@given(SAYING)
def test_any_history_comes_back_from_a_workbook(
    tmp_path_factory: pytest.TempPathFactory, history: list[histories.Step]
) -> None:
    _history_comes_back(tmp_path_factory.mktemp("round"), "xlsx", history)


HOSTILE = (
    "\x00nul \x07bel \x1b[31m",
    "regel\rregel\r\nregel\nregel\ttab",
    "'=1+1",
    '=HYPERLINK("http://x.example")',
    "+31 6",
    "''-",
    "_x0041_ _x000D_ _x005F_",
    "\ud800 los",
    "\ufffe\uffff\ufeff",
    " \u00a0blank aan beide kanten \t ",
    "\u202eomgekeerd\u202c \u2028",
    "😀" * 20_000,
    "é" * 40_000,
    "\n",
    'a;b,c"d""',
    "true",
    "1E5",
    "00123",
    '{"about": 1}',
    "]]>&amp;<b>",
)


@pytest.mark.parametrize("form", FORMS)
def test_every_text_comes_back_to_the_byte(venue: Desk, tmp_path: Path, form: str) -> None:
    for text in HOSTILE:
        made = saying.note(venue, text, person=text, where=text, raw={"zo": text}, pin=(52.123456789012345, 1 / 3))
        saying.correct(venue, made.seq, f"{text}.", reason=text)
    comes_back(venue, tmp_path, form)


def test_the_demo_evening_comes_back(tmp_path: Path) -> None:
    desk = tell(tmp_path, settings_folder(), lambda _done, _total: None)
    with desk.log:
        here = timeline(desk)
        gone = {row["was"] for row in here if row.get("erased")}
        for form in FORMS:
            with fresh(tmp_path / form, desk) as new:
                outcome = run(new, plan_own(new, exported(desk, tmp_path / f"evening.{form}")))
                assert (outcome.refused, outcome.in_words) == (0, 0), outcome.described()
                there = timeline(new)
                assert [row for row in there if row["was"] not in gone] == [
                    row for row in here if row["was"] not in gone
                ]
                assert {row["text"] for row in there if row["was"] in gone} == {"[erased]"}
        assert len(gone) == 3


# -- who may read ------------------------------------------------------------------------------------------------------


def read_by(desk: Desk, party: str) -> set[str]:
    """Return the texts that a party can read, and the lines that it sees."""
    lines = [one for one in Contents(desk.log, moments.live(desk.log), party).lines() if one.words]
    return {line.words.text for line in lines if line.words} | {line.text for line in lines}


@pytest.mark.parametrize("form", FORMS)
def test_nobody_reads_more_than_before(venue: Desk, police: Desk, tmp_path: Path, form: str) -> None:
    saying.note(police, "alleen politie", audience=("police",))
    told = saying.note(venue, "later verteld", audience=("venue",))
    withholding.release(venue, (told.seq,), "police", "nodig")
    taken = saying.note(venue, "teruggehaald")
    withholding.recall(venue, (taken.seq,), ("baken",), "naam")
    task = tasks.propose(venue, "kijk bij F", to_party="baken", audience=("venue", "baken"))
    tasks.hand_over(venue, task.seq, to_party="police")
    withholding.recall(venue, (task.seq,), ("baken",), "niet meer nodig")
    path = exported(venue, tmp_path / f"a.{form}")
    with fresh(tmp_path / "new", venue) as new:
        outcome = run(new, plan_own(new, path))
        assert outcome.refused == 0
        for party in ("police", "venue", "baken", "aid"):
            assert read_by(new, party) <= read_by(venue, party)
            assert ("kijk bij F" in " ".join(read_by(new, party))) <= (party in ("venue", "police"))
        assert read_by(new, "police") >= {"alleen politie", "later verteld", "teruggehaald"}


def test_what_one_party_has_comes_back_for_that_party(venue: Desk, police: Desk, tmp_path: Path) -> None:
    saying.note(police, "alleen politie", audience=("police",))
    saying.note(venue, "alleen stadion", audience=("venue",))
    saying.note(venue, "voor allen")
    path = exported(venue, tmp_path / "a.jsonl", "police")
    with fresh(tmp_path / "new", venue) as new:
        run(new, plan_own(new, path))
        assert read_by(new, "police") == {"alleen politie", "voor allen"}
        assert read_by(new, "venue") == {"voor allen"}


def test_what_only_a_stranger_could_read_does_not_come_along(venue: Desk, police: Desk, tmp_path: Path) -> None:
    saying.note(police, "alleen politie", audience=("police",))
    saying.report(police, "voor allen", place="gate-f", source=saying.source_of(police, "Oog 2"))
    path = exported(venue, tmp_path / "a.jsonl")
    other = concert(parties=concert().parties[1:2], units=(), places=(), powers=(), mandates=(), ladders=())
    desk = open_event(tmp_path / "other.clog", other, settings_folder(), clock=Clock(venue.log.clock()))
    with desk.log:
        plan = plan_own(desk, path)
        outcome = run(desk, plan)
        assert (outcome.added, outcome.refused) == (1, 1)
        assert any("alleen politie" in text or "None of the parties" in text for text in outcome.remarks)
        assert any("gate-f" in text for text in plan.described())
        [line] = [line for line in Contents(desk.log, moments.live(desk.log)).lines() if line.words]
        assert line.words is not None
        assert line.words.raw is not None
        assert (line.words.text, line.words.where) == ("voor allen", "gate-f")
        assert {line.words.raw[f"{WAS}{name}"] for name in ("party", "unit", "place")} == {"baken", "Oog 2", "gate-f"}


# -- again, and in between ---------------------------------------------------------------------------------------------


def test_a_grown_log_adds_only_what_is_new(venue: Desk, tmp_path: Path) -> None:
    first = saying.report(venue, "Man filmt", category="suspicious")
    exported(venue, tmp_path / "a.jsonl")
    with fresh(tmp_path / "new", venue) as new:
        run(new, plan_own(new, tmp_path / "a.jsonl"))
        saying.correct(venue, first.seq, "Vrouw filmt", reason="verhoord")
        assessing.assess(venue, first.seq, "observe")
        incidents.link(venue, first.seq, incidents.open_incident(venue, "Filmers").seq)
        marking.mark(venue, first.seq)
        outcome = run(new, plan_own(new, exported(venue, tmp_path / "b.csv")))
        assert (outcome.added, outcome.already, outcome.corrections) == (2, 1, 1)
        assert timeline(new) == timeline(venue)
        back = run(venue, plan_own(venue, exported(new, tmp_path / "c.jsonl")))
        assert (back.added, back.corrections) == (0, 0)


def test_an_import_that_was_broken_off_goes_on(venue: Desk, tmp_path: Path) -> None:
    for number in range(250):
        saying.report(venue, f"melding {number}", category="suspicious")
    path = exported(venue, tmp_path / "a.jsonl")

    def stop(done: int, _total: int) -> None:
        if done >= 100:
            raise KeyboardInterrupt

    with fresh(tmp_path / "new", venue) as new:
        with pytest.raises(KeyboardInterrupt):
            run(new, plan_own(new, path), stop)
        assert len(timeline(new)) == 100
        assert plan_own(new, path).already(new.log) == 100
        assert run(new, plan_own(new, path)).added == 150
        assert timeline(new) == timeline(venue)


def test_a_row_that_is_no_entry_is_refused_by_its_line(venue: Desk, tmp_path: Path) -> None:
    for number in range(3):
        saying.note(venue, f"notitie {number}")
    path = exported(venue, tmp_path / "a.jsonl")
    lines = path.read_bytes().split(b"\n")
    lines[2] = lines[2][:-20]
    path.write_bytes(b"\n".join(lines))
    plan = plan_own(venue, path)
    assert [one.line for one in plan.refused] == [3]
    assert any(text.startswith("line 3: ") for text in plan.described())


def test_only_our_own_exports_are_recognised(venue: Desk, tmp_path: Path) -> None:
    saying.note(venue, "x")
    for form in FORMS:
        assert recognises(exported(venue, tmp_path / f"a.{form}"))
    for name, data in (
        ("b.csv", b"id,reference,text\n1,2,3\n"),
        ("b.jsonl", b'{"about": {"format": "x"}}\n'),
        ("b.xlsx", b"PK\x03\x04"),
    ):
        (tmp_path / name).write_bytes(data)
        assert not recognises(tmp_path / name)


def test_an_export_of_a_newer_version_is_not_read(venue: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"about":{"format":"commandlog-entries","version":2}}\n')
    with pytest.raises(RuleError, match="newer version"):
        plan_own(venue, tmp_path / "a.jsonl")


@given(st.sampled_from(["jsonl", "csv"]), st.lists(st.tuples(st.integers(0), st.binary(max_size=8)), max_size=6))
def test_a_file_that_somebody_changed_is_read_or_refused(
    venue: Desk, tmp_path: Path, form: str, changes: list[tuple[int, bytes]]
) -> None:
    if not (path := tmp_path / f"a.{form}").exists():
        made = saying.report(venue, "Man filmt", category="suspicious", heard_at=venue.now)
        saying.correct(venue, made.seq, "Vrouw filmt", reason="verhoord")
        tasks.propose(venue, "Kijk", to_party="baken", entry=made.seq)
        exported(venue, path)
    data = bytearray(path.read_bytes())
    for place, piece in changes:
        at = place % len(data)
        data[at : at + len(piece)] = piece
    changed = tmp_path / f"b.{form}"
    changed.write_bytes(data)
    with contextlib.suppress(CommandLogError):
        if recognises(changed):
            plan = plan_own(venue, changed)
            assert plan.described()
            assert run(venue, plan).refused >= len(plan.refused)
