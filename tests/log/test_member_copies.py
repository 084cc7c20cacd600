"""Copies of a desk's file of a shared log: what waits, was refused or was opened is in them as in the file itself."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commandlog.cli import main
from commandlog.export.exporting import export
from commandlog.log.backup import backup
from commandlog.log.bundle_check import check_bundle
from commandlog.log.copying import Follower
from commandlog.log.derived.table import FOREVER
from commandlog.log.desk import Desk, home_desk, sit_down
from commandlog.log.erasing import purge_all, unpurged
from commandlog.log.keys import settings_folder
from commandlog.log.rebuild import stored
from commandlog.log.refused import has_unsettled, refused_items, settle_refused
from commandlog.log.restoring import restore
from commandlog.log.second_copy import begin_copy
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import RuleError
from commandlog.model.order import UNREADABLE, Refused
from commandlog.verbs import attaching, closing, continuing, saying
from commandlog.views.moments import live
from tests.log.histories import everything
from tests.log.order import Order
from tests.log.test_erasing import CANARY, seen_from_outside

VERIFIER = Path(__file__).parents[2] / "docs" / "verifier" / "verify_commandlog.py"
TABLES = ("promoted", "refused", "opened")


@pytest.fixture
def order(venue: Desk) -> Order:
    saying.note(venue, "van voor het delen")
    return Order(venue.log)


@pytest.fixture
def police(order: Order, tmp_path: Path) -> Iterator[Desk]:
    desk = order.join(tmp_path / "police.clog", "police", "P1")
    with desk.log:
        yield desk


@pytest.fixture
def guard(order: Order, tmp_path: Path) -> Iterator[Desk]:
    desk = order.join(tmp_path / "guard.clog", "baken", "B1")
    with desk.log:
        yield desk


def whole(log: Log) -> dict[str, Any]:
    """Return all that a file of a shared log holds."""
    log.refresh()
    beside = {name: log.db.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in TABLES}
    return {"records": list(stored(log.db, 1, FOREVER)), "member": log.member, **beside, **everything(log)}


def same(copy: Path, log: Log) -> bool:
    with Log(copy, reading=True) as found:
        return whole(found) == whole(log)


def test_a_second_copy_has_what_waits_what_was_refused_and_what_was_opened(
    order: Order, guard: Desk, police: Desk, tmp_path: Path
) -> None:
    (tmp_path / "safe").mkdir()
    with Follower(guard.log, begin_copy(guard.log, tmp_path / "safe")) as follower:
        for number in range(4):
            saying.note(guard, f"regel {number}")
            saying.note(police, f"geheim {number}", audience=("police",))
            assert follower.step().behind == 0
        assert same(follower.copy, guard.log)
        order.take(police.log)
        order.take(guard.log, 3)
        secret = [one.seq for one in order.records if one.frame and b'"audience":["police"]' in one.frame]
        assert len(secret) == 4
        with police.writing():
            police.append(Refused, desk="B1", count=4, why=UNREADABLE)
        order.take(police.log)
        order.give(guard.log, sealed=secret)
        assert follower.step().trouble == ""
        assert same(follower.copy, guard.log)
        assert len(list(guard.log.records(1 << 48))) == 1
        order.give(guard.log, opened=secret[1:3])
        saying.note(guard, "en verder")
        assert follower.step().trouble == ""
        assert same(follower.copy, guard.log)
    for deep in (False, True):
        assert verify(tmp_path / "safe" / "guard.clog", deep=deep).holds


def test_what_was_refused_is_in_no_byte_once_somebody_has_seen_to_it(
    order: Order, guard: Desk, police: Desk, tmp_path: Path
) -> None:
    (tmp_path / "safe").mkdir()
    with Follower(guard.log, begin_copy(guard.log, tmp_path / "safe")) as follower:
        for number in range(40):
            saying.note(guard, f"regel {number} " * 20)
        said = saying.note(guard, f"naam van {CANARY}")
        attaching.attach(guard, said.seq, CANARY.encode() * 1000, name=f"{CANARY}.txt")
        for number in range(40):
            saying.note(guard, f"regel {number} " * 20)
        follower.step()
        order.take(guard.log, 41)
        with police.writing():
            for number in (42, 43):
                police.append(Refused, desk="B1", count=number, why=UNREADABLE)
        order.take(police.log)
        order.give(guard.log)
        assert [one.record.frame.number for one in refused_items(guard.log.db)] == [42, 43]
        assert has_unsettled(guard.log.db)
        follower.step()
        assert {one.split(".")[0] for one in seen_from_outside(tmp_path)} == {"guard", "safe/guard"}  # a control
        for item in list(refused_items(guard.log.db)):
            settle_refused(guard.log, item.was)
            settle_refused(guard.log, item.was)
        assert not has_unsettled(guard.log.db)
        assert unpurged(guard.log.db)
        assert purge_all(guard.log).left is None
        assert any(follower.step().pending == 0 for _again in range(50))
        assert same(follower.copy, guard.log)
        assert seen_from_outside(tmp_path) == set()
        assert saying.note(guard, "en verder").reference == "B1-84"
        assert verify(guard.log.path, deep=True).holds


def test_the_last_number_of_what_was_seen_to_is_not_given_again(order: Order, guard: Desk, police: Desk) -> None:
    saying.note(guard, "niet te lezen")
    order.take(guard.log, 1)
    with police.writing():
        police.append(Refused, desk="B1", count=2, why=UNREADABLE)
    order.take(police.log)
    order.give(guard.log)
    (item,) = refused_items(guard.log.db)
    settle_refused(guard.log, item.was)
    assert saying.note(guard, "opnieuw").reference == "B1-3"


def test_attachments_that_come_later_come_to_the_copy_too(
    order: Order, guard: Desk, police: Desk, tmp_path: Path
) -> None:
    (tmp_path / "safe").mkdir()
    said = saying.note(police, "zie tekening")
    attaching.attach(police, said.seq, b"%PDF-1.4 " + bytes(600_000), name="tekening.pdf")
    order.take(police.log)
    order.give(guard.log)
    with Follower(guard.log, begin_copy(guard.log, tmp_path / "safe")) as follower:
        assert follower.step().trouble == ""
        assert verify(follower.copy).arriving == 1
        with guard.log.writing():
            rows = police.log.db.execute("SELECT * FROM pieces").fetchall()
            guard.log.db.executemany("INSERT INTO pieces VALUES (?, ?, ?)", rows)
        assert follower.step().trouble == ""
        assert verify(follower.copy).arriving == 0
        assert same(follower.copy, guard.log)


def test_a_backup_has_what_waits_and_what_is_made_of_it_is_for_reading(
    order: Order, guard: Desk, police: Desk, tmp_path: Path
) -> None:
    (tmp_path / "safe").mkdir()
    saying.note(police, "geheim", audience=("police",))
    order.take(police.log)
    order.give(guard.log, sealed=[order.records[-1].seq])
    saying.note(guard, "wacht nog")
    made = backup(guard.log, tmp_path / "safe", home_desk(guard.log, settings_folder()))
    assert made.recorded
    again = tmp_path / "again.clog"
    restore(tmp_path / "safe", again)
    verdict = verify(again, deep=True)
    assert (verdict.fault, verdict.sealed, verdict.waiting) == ("", 1, 2)
    with Log(again) as log:
        assert [one.words.text for one in log.records(1 << 48) if one.words] == ["", "wacht nog"]
        with pytest.raises(RuleError, match=r"made of a copy.*invitation"):
            sit_down(log, settings_folder(), "baken")


def test_a_bundle_of_a_desk_holds_what_its_party_may_read_up_to_the_shared_end(
    order: Order, guard: Desk, police: Desk, tmp_path: Path
) -> None:
    saying.note(police, "geheim", audience=("police",))
    saying.note(guard, "voor iedereen")
    order.take(police.log)
    order.take(guard.log, 1)
    with police.writing():
        police.append(Refused, desk="B1", count=2, why=UNREADABLE)
    order.take(police.log)
    order.give(guard.log, sealed=[order.records[-3].seq])
    saying.note(guard, "nog een")
    order.take(guard.log)
    secret = [one.seq for one in order.records if one.frame and b'"audience":["police"]' in one.frame]
    order.give(guard.log, sealed=secret)
    saying.note(guard, "wacht nog")
    export(guard.log, tmp_path / "b.zip", live(guard.log), desk=guard)
    found = check_bundle(tmp_path / "b.zip")
    assert (found.fault, found.for_party, found.sealed) == ("", "baken", len(secret))
    assert [
        one.frame.number for one in guard.log.records(1, found.records) if one.frame and one.frame.by.desk == "B1"
    ] == [1, 3]
    for path in (tmp_path / "b.zip", guard.log.path):
        assert subprocess.run([sys.executable, VERIFIER, path], check=False).returncode == 0
    export(guard.log, tmp_path / "b.jsonl", live(guard.log), desk=guard)
    text = (tmp_path / "b.jsonl").read_text()
    assert "wacht nog" in text
    assert "geheim" not in text


def test_a_shared_log_is_continued_when_it_is_closed_for_all(order: Order, guard: Desk, tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="close it first"):
        continuing.continue_log(guard, tmp_path / "next.clog", settings_folder())
    order.take(guard.log)
    order.give(guard.log)
    venue = order.join(tmp_path / "venue.clog", "venue", "V9")
    with venue.log:
        closing.close(venue)
        order.take(venue.log)
    order.give(guard.log)
    with pytest.raises(RuleError, match="close it first"):
        continuing.continue_log(guard, tmp_path / "next.clog", settings_folder())
    closing.close(guard)
    with pytest.raises(RuleError, match="wait for their place"):
        continuing.continue_log(guard, tmp_path / "next.clog", settings_folder())
    order.take(guard.log)
    order.give(guard.log)
    made = continuing.continue_log(guard, tmp_path / "next.clog", settings_folder())
    assert not made.closed
    with Log(tmp_path / "next.clog") as log:
        assert log.member is None
        assert sit_down(log, settings_folder(), "baken").code == "B1"
    assert verify(tmp_path / "next.clog", deep=True).holds


def test_of_a_damaged_file_all_that_can_be_read_is_saved_and_no_other_log_is_made(
    order: Order, guard: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order.give(guard.log)
    saying.note(guard, "wacht nog")
    seq = guard.log.head.seq
    guard.log.db.execute("UPDATE records SET words = x'00' WHERE seq = ?", (seq,))
    guard.log.close()
    assert main(["rescue", str(guard.log.path), str(tmp_path / "saved")]) == 0
    said = capsys.readouterr().out
    assert f"record {seq}: what it says was damaged" in said
    assert "join it again with an invitation" in said
    assert not (tmp_path / "saved" / "guard.clog").exists()
    assert "wacht nog" in (tmp_path / "saved" / "saved.txt").read_text()
