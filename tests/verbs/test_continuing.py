"""A log that continues another takes over what was open, once, as it was; whoever is cut short runs it again."""

import multiprocessing
import os
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from commandlog.language import speaking
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.rebuild import stored
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import RuleError
from commandlog.model.keeping import Destroyed, Exported
from commandlog.model.records import Opened, SignedIn, Words
from commandlog.verbs import assessing, closing, events, incidents, levels, saying, tasks, withholding
from commandlog.verbs.continuing import continue_log
from commandlog.verbs.taking_over import TakingOver
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.lines import Line
from commandlog.views.moments import Moment, live
from commandlog.views.open_items import open_items, standing
from tests.events import Clock
from tests.log.histories import HISTORY, PARTIES, Step, begin, play


def evening(venue: Desk, police: Desk, baken: Desk) -> None:
    """Leave something of every sort open."""
    clock = venue.log.clock
    assert isinstance(clock, Clock)
    events.sign_in(venue, "Marloes Veenstra")
    levels.set_phase(venue, "show")
    levels.set_level(venue, "venue", "orange", text="tas", told=("police", "baken"))
    levels.confirm_level(police, "venue")
    clock.tick()
    bag = saying.report(
        venue, "onbeheerde tas", source=saying.source_of(venue, "Oog 2"), place="gate-f", category="suspicious"
    ).seq
    saying.add_to(baken, bag, "zwart, met wieltjes")
    saying.correct(venue, bag, "onbeheerde koffer", reason="verstaan")
    twin = saying.report(baken, "koffer bij poort F").seq
    incident = incidents.open_incident(venue, "Koffer poort F", entries=(bag, twin)).seq
    other = incidents.open_incident(baken, "Nog een koffer").seq
    incidents.merge(baken, other, incident)
    assessing.duplicate(baken, twin, bag)
    secret = saying.note(police, "kenteken XX-000-X", audience=("police",)).seq
    assessing.assess(police, secret, "observe", text="uitkijken")
    withholding.release(police, (secret,), "baken", "art. 19 Wpg")
    clock.tick()
    asked = tasks.propose(
        venue, "maak ruimte", to_unit="Service 3", entry=bag, finish_by=clock.now + 900_000, priority="urgent"
    ).seq
    tasks.accept(baken, asked, text="is onderweg")
    tasks.hand_over(baken, asked, to_party="police", answer_by=clock.now + 300_000, reason="is van jullie")
    tasks.accept(police, asked)
    tasks.start(police, asked)
    voice = tasks.propose(venue, "poort G dicht", to_party="police", orally=True, person="Karin").seq
    tasks.done(police, voice, told=True)
    saying.note(venue, "hier is niets meer mee te doen")
    saying.report(venue, "afgehandeld", settled=True)
    clock.tick()


def seen(log: Log, reader: str = "") -> dict[str, Any]:
    """What is open and what holds, as a reader sees it, without positions and references."""
    moment = Moment(log.refresh(), log.clock())
    items = open_items(log, moment, reader)
    return {
        "to assess": [_line(line) for line in items.to_assess],
        "feedback": [_line(line) for line in items.to_close],
        "incidents": [
            (_unerased(line.words.title if line.words else None), line.place, line.occurred_at)
            for line in items.incidents
        ],
        "tasks": sorted(
            (task.row._replace(since=0, until=0, task=0, entry=0), _unerased(task.text))
            for task in {one.row.task: one for one in (*items.tasks, *items.to_affirm)}.values()
        ),
        "levels": items.levels,
        "standing": [row._replace(since=0) for row in standing(log, moment, reader)],
    }


def _unerased(text: str | None) -> str | None:
    return None if text in ("[erased]", "[erased in the log before]") else text


def _line(line: Line) -> tuple[Any, ...]:
    assert line.first
    said = line.words or Words(text="[erased]")
    words = (_unerased(said.text), said.person, said.where)
    whose = line.first.speaker  # whoever corrected it since
    what = (line.kind, words, line.occurred_at, whose, line.unit, line.place, line.category, line.priority)
    return (*what, line.state, line.disposition, bool(line.incident))


def continued(old: Desk, name: str = "next.clog", **given: Any) -> Log:
    done = continue_log(old, old.log.path.parent / name, settings_folder(), **given)
    return Log(done.path, clock=old.log.clock)


def test_everything_open_is_there_as_it_was_for_every_party(venue: Desk, police: Desk, baken: Desk) -> None:
    evening(venue, police, baken)
    before = {reader: seen(venue.log, reader) for reader in ("", *PARTIES)}
    assert all(before[""].values())
    with continued(venue) as new:
        assert {reader: seen(new, reader) for reader in ("", *PARTIES)} == before
        (task,) = [one for one in open_items(new, live(new)).tasks if one.text == "maak ruimte"]
        (bag,) = [one for one in open_items(new, live(new)).to_assess if "koffer" in one.text]
        assert task.row.entry == bag.entry
        assert verify(new.path, deep=True).holds
    assert verify(venue.log.path, deep=True).holds


def test_the_first_record_names_the_old_log_at_its_last_position(venue: Desk, police: Desk, baken: Desk) -> None:
    evening(venue, police, baken)
    open_before = {venue.log.record(line.entry).id for line in open_items(venue.log, live(venue.log)).to_assess}
    with continued(venue) as new:
        frame = new.record(2).frame
    assert isinstance(frame, Opened)
    assert (frame.continues, frame.exercise) == (venue.log.id, True)
    assert frame.head == venue.log.check_value(frame.last)
    assert type(venue.log.record(frame.last).frame).__name__ == "Closed"
    assert open_before < set(frame.carried)
    kinds = [
        venue.log.record(seq).frame for seq in range(1, frame.last + 1) if venue.log.record(seq).id in frame.carried
    ]
    assert sorted(type(one).__name__ for one in kinds) == [
        "IncidentOpened",
        "Note",
        "Proposed",
        "Proposed",
        "Report",
        "Report",
    ]


def test_what_was_taken_over_says_where_it_came_from_in_both_languages(venue: Desk, police: Desk, baken: Desk) -> None:
    evening(venue, police, baken)
    bag = next(line for line in open_items(venue.log, live(venue.log)).to_assess if "koffer" in line.text)
    with continued(venue) as new:
        for language in ("en", "nl"):
            with speaking(language):
                lines = list(timeline.whole(new, live(new), Filter()))
                (mine,) = [line for line in lines if line.text == f"[was {bag.reference}] onbeheerde koffer"]
                opened = timeline.at_record(new, live(new), 2)
        assert mine.words and mine.words.text == "onbeheerde koffer"
        assert mine.frame and mine.frame.origin == f"continued:{venue.log.id.hex()}:{bag.reference}"
        assert mine.occurred_at == bag.occurred_at < mine.logged_at
        assert opened and "event.clog" in opened.text
        assert [line.text for line in lines if line.thread == mine.entry and line.kind == "added"] == [
            "zwart, met wieltjes"
        ]


def test_each_party_writes_what_it_had_written(venue: Desk, police: Desk, baken: Desk) -> None:
    evening(venue, police, baken)
    with continued(venue) as new:
        written = {
            (record.words.text, record.frame.by.party) for record in new.records() if record.words and record.words.text
        }
    assert {("kenteken XX-000-X", "police"), ("koffer bij poort F", "baken"), ("maak ruimte", "venue")} < written


def test_whoever_is_signed_in_stays_so(venue: Desk) -> None:
    events.sign_in(venue, "Marloes Veenstra")
    with continued(venue) as new:
        desk = sit_down(new, settings_folder(), "venue")
        assert saying.note(desk, "en verder").frame.by.operator
        assert [r.words.title for r in new.records() if isinstance(r.frame, SignedIn) and r.words] == [
            "Marloes Veenstra"
        ]


def test_attachments_go_with_what_they_belong_to(venue: Desk, tmp_path: Path) -> None:
    from commandlog.verbs.attaching import attach
    from commandlog.views import attachments

    report = saying.report(venue, "tas").seq
    content = b"%PDF-1.4\n" + os.urandom(900_000)
    attach(venue, report, content, name="kaart.pdf", text="plattegrond")
    with continued(venue) as new:
        (line,) = open_items(new, live(new)).to_assess
        (one,) = line.attachments
        assert attachments.content(new, live(new), one.position) == content
        assert verify(new.path, deep=True).holds


def test_a_closed_log_can_be_continued_later(venue: Desk, clock: Clock) -> None:
    saying.report(venue, "nog open")
    closing.close(venue, roll_over=True)
    clock.tick(86_400)
    done = continue_log(venue, venue.log.path.with_name("morgen.clog"), settings_folder())
    assert (done.reports, done.closed, done.before) == (1, False, False)


def test_an_open_log_is_closed_in_the_same_step(venue: Desk, police: Desk) -> None:
    tasks.propose(venue, "ga kijken", to_party="police")
    done = continue_log(venue, venue.log.path.with_name("b.clog"), settings_folder(), and_party="police", text="dag 1")
    assert (done.tasks, done.closed) == (1, True)
    assert venue.log.db.execute("SELECT party, and_party FROM closings").fetchall() == [("venue", "police")]
    with pytest.raises(RuleError, match="closed on"):
        saying.note(police, "te laat")


def test_a_continuation_is_continued_again(venue: Desk) -> None:
    saying.report(venue, "blijft open")
    with (
        continued(venue, "two.clog") as two,
        continued(sit_down(two, settings_folder(), "venue"), "three.clog") as three,
    ):
        (line,) = open_items(three, live(three)).to_assess
        (before,) = open_items(two, live(two)).to_assess
        assert line.text == f"[was {before.reference}] blijft open"
        assert (line.words, line.occurred_at) == (before.words, before.occurred_at)
        assert verify(three.path, deep=True).holds


def test_it_goes_on_in_one_place_only(venue: Desk, tmp_path: Path) -> None:
    saying.report(venue, "nog open")
    continued(venue).close()
    last = venue.log.head.seq
    with pytest.raises(RuleError, match=r"goes on in next\.clog already"):
        continue_log(venue, tmp_path / "other.clog", settings_folder())
    again = continue_log(venue, tmp_path / "next.clog", settings_folder())
    assert (again.before, again.reports) == (True, 1)
    assert venue.log.refresh() == last
    assert sorted(path.name for path in tmp_path.glob("*.clog*")) == sorted(
        ["event.clog", "event.clog-shm", "event.clog-wal", "event.clog.lock", "next.clog", "next.clog.lock"]
    )


def test_where_it_went_on_is_lost_it_can_go_on_anew(venue: Desk, tmp_path: Path) -> None:
    saying.report(venue, "nog open")
    continued(venue).close()
    (noted,) = [record for record in venue.log.records() if isinstance(record.frame, Exported)]
    with venue.writing():
        venue.append(Destroyed, copy=noted.id)
    with continued(venue, "anew.clog") as new:
        assert len(open_items(new, live(new)).to_assess) == 1


def test_nothing_is_written_over(venue: Desk, tmp_path: Path) -> None:
    for name, content in (("text.clog", b"mine"), ("empty.clog", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RuleError, match="there already"):
            continue_log(venue, tmp_path / name, settings_folder())
        assert (tmp_path / name).read_bytes() == content
    with pytest.raises(RuleError, match="there already"):
        continue_log(venue, venue.log.path, settings_folder())
    with pytest.raises(RuleError, match="no folder"):
        continue_log(venue, tmp_path / "no" / "folder.clog", settings_folder())
    saying.note(venue, "en het oude logboek is nog open")


def test_another_log_in_its_place_is_not_taken_for_it(venue: Desk, tmp_path: Path) -> None:
    other = events.open_event(tmp_path / "other.clog", venue.covenant, settings_folder(), clock=venue.log.clock)
    other.log.close()
    with pytest.raises(RuleError, match="there already"):
        continue_log(venue, tmp_path / "other.clog", settings_folder())
    saying.note(venue, "nog open")


def test_what_fails_half_way_leaves_the_old_log_open(
    venue: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saying.report(venue, "nog open")
    last = venue.log.head.seq

    def fail(*_given: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(TakingOver, "take_over", fail)
    with pytest.raises(ZeroDivisionError):
        continue_log(venue, tmp_path / "next.clog", settings_folder())
    assert venue.log.refresh() == last
    assert not list(tmp_path.glob("next.clog*.new*"))
    assert not (tmp_path / "next.clog").exists()
    saying.note(venue, "en het oude logboek is nog open")


def test_what_the_covenant_does_not_know_any_more_is_not_lost(venue: Desk, baken: Desk) -> None:
    from msgspec.structs import replace

    from commandlog.model.records import CovenantSet

    report = saying.report(
        venue, "man filmt", source=saying.source_of(venue, "Oog 2"), place="gate-f", category="suspicious"
    ).seq
    asked = tasks.propose(venue, "loop mee", to_unit="Service 3", entry=report).seq
    tasks.accept(baken, asked, text="wij gaan")
    levels.set_level(venue, "venue", "orange", text="opgeschaald")
    levels.set_phase(venue, "show", text="aanvang")
    with venue.writing():
        kept = tuple(one for one in venue.covenant.parties if one.code != "baken")
        less = replace(venue.covenant, parties=kept, places=(), units=(), ladders=(), phases=())
        venue.append(CovenantSet, Words(covenant=less))
    with continued(venue) as new:
        texts = [line.text for line in timeline.whole(new, live(new), Filter())]
        lines = open_items(new, live(new)).to_assess
        (filming,) = [line for line in lines if "man filmt" in line.text]
        assert verify(new.path, deep=True).holds
    assert filming.where == "gate-f"
    for said in ("man filmt", "loop mee", "wij gaan", "opgeschaald", "aanvang"):
        assert any(said in text for text in texts), said


@given(HISTORY)
def test_whatever_happened_everything_open_is_taken_over(history: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desks = begin(Path(folder))
        play(desks, history)
        with desks["venue"].log as log:
            before = {reader: seen(log, reader) for reader in ("", "police", "baken")}
            with continued(desks["aid"]) as new:
                assert {reader: seen(new, reader) for reader in ("", "police", "baken")} == before
                assert verify(new.path, deep=True).holds


# killed at every step


def _count(at: int, tell: Any) -> None:
    """End this process as the power does when it is about to do its step number `at`."""
    connect, rename, done = sqlite3.connect, Path.rename, 0

    def step(*_what: object) -> None:
        nonlocal done
        done += 1
        if done == at:
            os._exit(9)
        tell(done)

    def watched(*given: Any, **named: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*given, **named)
        db.set_trace_callback(lambda statement: step() if statement.startswith(("BEGIN", "INSERT", "COMMIT")) else None)
        return db

    def renamed(path: Path, target: Path) -> Path:
        step()
        made = rename(path, target)
        step()
        return made

    sqlite3.connect = watched  # type: ignore[assignment]
    Path.rename = renamed  # type: ignore[method-assign, assignment]


def _continue(folder: Path) -> None:
    with Log(folder / "event.clog", clock=Clock()) as log:
        continue_log(sit_down(log, settings_folder(), "venue"), folder / "next.clog", settings_folder())


def _cut_at(at: int, folder: Path) -> bool:
    """Continue in a process of its own that ends at a step; returns whether it got to the end before."""
    pid = os.fork()
    if pid == 0:
        try:
            _count(at, lambda _done: None)
            _continue(folder)
            os._exit(0)
        finally:
            os._exit(1)  # it must never return into what is the parent's
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _state(folder: Path) -> tuple[Any, ...]:
    with Log(folder / "event.clog") as old, Log(folder / "next.clog") as new:
        frame = new.record(2).frame
        assert frame.head == old.check_value(frame.last)
        notes = [record for record in old.records() if isinstance(record.frame, Exported)]
        closings = old.db.execute("SELECT count(*) FROM closings").fetchone()[0]
        origins = [row[0] for row in new.db.execute("SELECT origin FROM origins")]
        assert len(set(origins)) == len(origins)
        return (closings, len(notes), seen(new), new.head.seq, [one.frame for one in stored(new.db) if not one.header])


def _cut_everywhere(template: Path, steps: Any) -> None:
    whole = template.parent / "whole"
    whole.mkdir()
    (whole / "event.clog").write_bytes(template.read_bytes())
    assert _cut_at(-1, whole)
    expected = _state(whole)
    assert expected[:2] == (1, 1)
    for at in range(1, 10_000):
        folder = template.parent / f"cut {at}"
        folder.mkdir()
        (folder / "event.clog").write_bytes(template.read_bytes())
        finished = _cut_at(at, folder)
        _continue(folder)
        assert _state(folder) == expected
        assert not [path for path in folder.iterdir() if ".new" in path.name and path.stat().st_size]
        steps.value = at
        if finished:
            return


@pytest.mark.skipif(sys.platform == "win32", reason="the kill is simulated by a forked process")
def test_whoever_is_killed_at_any_step_runs_it_again(venue: Desk, police: Desk, tmp_path: Path) -> None:
    saying.report(venue, "nog open")
    tasks.accept(police, tasks.propose(venue, "ga kijken", to_party="police").seq)
    venue.log.close()
    (tmp_path / "cuts").mkdir()
    template = tmp_path / "cuts" / "template"
    template.write_bytes(venue.log.path.read_bytes())
    spawn = multiprocessing.get_context("spawn")  # which has one thread, and may fork
    steps = spawn.Value("i", 0)
    other = spawn.Process(target=_cut_everywhere, args=(template, steps))
    other.start()
    other.join(240)
    assert other.exitcode == 0
    assert steps.value > 30
