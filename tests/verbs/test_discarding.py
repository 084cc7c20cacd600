"""A closed log is deleted when its time has come, by a decision that another log keeps; cut short, it goes on."""

import os
import re
import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from commandlog.log import discarding
from commandlog.log.desk import Desk, sit_down
from commandlog.log.discarding import doomed
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import Damaged, RuleError, Unavailable
from commandlog.model.keeping import Discarded, Exported, Held, HoldLifted
from commandlog.model.records import Words
from commandlog.model.scenario import load
from commandlog.verbs import closing, events, saying
from commandlog.verbs.discarding import DAY, discard, examine, left_behind
from commandlog.views import timeline
from commandlog.views.moments import live
from tests.events import Clock, concert

CANARY = "Kanarie-7Q4X"


@pytest.fixture
def old(tmp_path: Path, clock: Clock) -> Path:
    """A closed log that is to be kept for thirty days."""
    desk = events.open_event(tmp_path / "old.clog", concert(retention_days=30), settings_folder(), clock=clock)
    with desk.log:
        saying.note(desk, f"iets met {CANARY} erin")
        with desk.writing():
            desk.append(Exported, Words(title="avond.pdf"), form="pdf", file=bytes(32), for_party="police")
        closing.close(desk)
    return tmp_path / "old.clog"


def desk_of(path: Path, clock: Clock) -> Desk:
    return sit_down(Log(path, clock=clock), settings_folder(), "venue")


def look(desk: Desk, path: Path, **given: str) -> Any:
    return examine(desk, path, settings_folder(), **given)


def test_it_is_recorded_and_then_gone(venue: Desk, old: Path, clock: Clock) -> None:
    with Log(old) as log:
        last, head, name = log.head.seq, log.head.hash, log.id
    clock.tick(30 * 86_400)
    one = look(venue, old)
    assert one.copies == ("V1-5 · pdf · avond.pdf · Police",)
    made = discard(venue, one, "AVG, art. 5 lid 1 onder e")
    assert made.frame.log, made.frame.closed_at == (name, one.closed_at)
    assert (made.frame.last, made.frame.head) == (last, head)
    assert made.words and (made.words.title, made.words.reason) == ("old.clog", "AVG, art. 5 lid 1 onder e")
    assert "avond.pdf" in made.words.text
    assert not [path.name for path in old.parent.iterdir() if path.name.startswith("old")]
    line = timeline.at_record(venue.log, live(venue.log), made.seq)
    assert line and line.text == "log old.clog deleted: AVG, art. 5 lid 1 onder e"
    assert verify(venue.log.path, deep=True).holds


@pytest.mark.parametrize("days", [0, 29])
def test_it_is_kept_as_long_as_was_agreed(venue: Desk, old: Path, clock: Clock, days: int) -> None:
    clock.tick(days * 86_400)
    with pytest.raises(RuleError, match=r"kept until 2026-07-27"):
        look(venue, old)
    discard(venue, look(venue, old, early="op verzoek van de betrokkene"), "AVG art. 17", early="op verzoek")
    assert not old.exists()


def test_where_no_period_is_agreed_a_reason_is_asked(venue: Desk, tmp_path: Path, clock: Clock) -> None:
    desk = events.open_event(tmp_path / "old.clog", concert(), settings_folder(), clock=clock)
    with desk.log:
        closing.close(desk)
    clock.tick(9999 * 86_400)
    with pytest.raises(RuleError, match="no retention period"):
        look(venue, tmp_path / "old.clog")
    assert look(venue, tmp_path / "old.clog", early="oefening").due == 0


def test_what_may_not_be_deleted_stays(venue: Desk, old: Path, tmp_path: Path, clock: Clock) -> None:
    clock.tick(31 * 86_400)
    still_open = events.open_event(tmp_path / "open.clog", concert(), settings_folder(), clock=clock)
    still_open.log.close()
    with pytest.raises(RuleError, match="not closed"):
        look(venue, still_open.log.path)
    with desk_of(old, clock).log as log:
        desk = sit_down(log, settings_folder(), "venue")
        with desk.writing():
            hold = desk.append(Held, Words(reason="officier van justitie"))
    with pytest.raises(RuleError, match="preserved"):
        look(venue, old)
    with desk_of(old, clock).log as log, pytest.raises(RuleError, match="another one with --in"):
        look(sit_down(log, settings_folder(), "venue"), old)
    with pytest.raises(RuleError, match="no log"):
        look(venue, tmp_path / "nothing.clog")
    with desk_of(old, clock).log as log:
        desk = sit_down(log, settings_folder(), "venue")
        with desk.writing():
            desk.append(HoldLifted, hold=hold.id)
    one = look(venue, old)
    with pytest.raises(RuleError, match="ground"):
        discard(venue, one, "  ")
    assert verify(old, deep=True).holds
    assert not [record for record in venue.log.records() if isinstance(record.frame, Discarded)]


def test_a_damaged_log_is_evidence_and_stays(venue: Desk, old: Path) -> None:
    old.write_bytes(b"\0" * 4096 + old.read_bytes()[4096:])
    with pytest.raises(Damaged):
        look(venue, old, early="stuk")
    assert old.exists()


def test_a_log_that_somebody_has_open_stays(venue: Desk, old: Path, clock: Clock) -> None:
    clock.tick(31 * 86_400)
    one = look(venue, old)
    with Log(old), pytest.raises(Unavailable, match="Another program has"):
        discard(venue, one, "AVG")
    assert verify(old, deep=True).holds
    assert not [record for record in venue.log.records() if isinstance(record.frame, Discarded)]


def test_what_is_written_in_it_meanwhile_is_looked_at_first(venue: Desk, old: Path, clock: Clock) -> None:
    clock.tick(31 * 86_400)
    one = look(venue, old)
    with desk_of(old, clock).log as log:
        saying.add_to(sit_down(log, settings_folder(), "venue"), 4, "toch nog iets")
    with pytest.raises(RuleError, match="just now"):
        discard(venue, one, "AVG")
    discard(venue, look(venue, old), "AVG")
    assert not old.exists()


CUTS = ["decided", "renamed", "written over"]


@pytest.mark.parametrize("where", CUTS)
def test_whoever_is_cut_short_runs_it_again(
    venue: Desk, old: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    clock.tick(31 * 86_400)

    def stop(*_given: object) -> None:
        raise KeyboardInterrupt

    name = {"decided": "Path.replace", "renamed": "_write_over", "written over": "Path.unlink"}[where]
    with monkeypatch.context() as cut, pytest.raises(KeyboardInterrupt):
        if name.startswith("Path"):
            cut.setattr(Path, name.partition(".")[2], stop)
        else:
            cut.setattr(discarding, name, stop)
        discard(venue, look(venue, old), "AVG")
    assert old.exists() is (where == "decided")
    assert doomed(old).exists() is (where != "decided")
    if where == "decided":
        assert verify(old, deep=True).holds
        discard(venue, look(venue, old), "AVG")
    else:
        assert left_behind(venue, old)
    assert not left_behind(venue, old)
    assert not old.exists() and not doomed(old).exists()
    assert len([record for record in venue.log.records() if isinstance(record.frame, Discarded)]) == 1


def test_a_file_of_that_name_that_nobody_decided_about_stays(venue: Desk, tmp_path: Path) -> None:
    doomed(tmp_path / "mine.clog").write_bytes(b"mine")
    assert not left_behind(venue, tmp_path / "mine.clog")
    assert doomed(tmp_path / "mine.clog").read_bytes() == b"mine"


def test_its_bytes_are_written_over_save_under_another_name(
    venue: Desk, old: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.tick(31 * 86_400)
    seen: list[bytes] = []
    unlink = Path.unlink

    def watched(path: Path, missing_ok: bool = False) -> None:
        if path == doomed(old):
            seen.append(path.read_bytes())
        unlink(path, missing_ok)

    kept = old.with_name("hard link")
    assert CANARY.encode() in old.read_bytes()
    monkeypatch.setattr(Path, "unlink", watched)
    discard(venue, look(venue, old), "AVG")
    assert set(seen[0]) == {0}
    linked = old.with_name("second.clog")
    desk = events.open_event(linked, concert(), settings_folder(), clock=clock)
    with desk.log:
        saying.note(desk, CANARY)
        closing.close(desk)
    os.link(linked, kept)
    discard(venue, look(venue, linked, early="oefening"), "AVG")
    assert not linked.exists()
    assert CANARY.encode() in kept.read_bytes()


def test_a_link_to_a_log_deletes_the_log(venue: Desk, old: Path, clock: Clock) -> None:
    clock.tick(31 * 86_400)
    link = old.with_name("shortcut.clog")
    link.symlink_to(old)
    one = look(venue, link)
    assert one.path == old.resolve()
    discard(venue, one, "AVG")
    assert not old.exists()


def test_the_day_is_counted_from_the_closing(venue: Desk, old: Path, clock: Clock) -> None:
    db = sqlite3.connect(old)
    (closed,) = db.execute("SELECT since FROM closings").fetchone()
    db.close()
    clock.tick(30 * 86_400)
    one = look(venue, old)
    assert one.due - one.closed_at == 30 * DAY
    with Log(old) as log:
        assert one.closed_at == log.kept_at(closed)


@pytest.mark.parametrize(("days", "holds"), [(0, True), (730, True), (36_500, True), (-1, False), (36_501, False)])
def test_the_period_is_a_number_of_days(days: int, holds: bool, tmp_path: Path) -> None:
    text = (files("commandlog_resources") / "scenarios" / "concert.toml").read_text("utf-8")
    path = tmp_path / "other.toml"
    path.write_text(re.sub(r"(?m)^retention_days = .*$", f"retention_days = {days}", text), "utf-8")
    assert f"retention_days = {days}\n" in path.read_text("utf-8")
    if holds:
        assert load(str(path)).retention_days == days
    else:
        with pytest.raises(RuleError, match="retention_days"):
            load(str(path))
