"""A file that is a member of a shared log: who writes in it, what waits in it, and what comes of what waited."""

import multiprocessing
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commandlog.log import chain, pieces
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk, home_desk, home_party, open_member_desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.lock import FileLock
from commandlog.log.member import WORDS, Member
from commandlog.log.reading import Head
from commandlog.log.rebuild import GaveWay, follows, stored
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import Damaged, RuleError
from commandlog.model.keeping import Released
from commandlog.model.order import UNREADABLE, Refused
from commandlog.verbs import attaching, saying, withholding
from tests.log.order import Order, without


@pytest.fixture
def order(venue: Desk) -> Order:
    """What was a log of its own, put in a shared order."""
    saying.note(venue, "van voor het delen")
    return Order(venue.log)


@pytest.fixture
def guard(order: Order, tmp_path: Path) -> Iterator[Desk]:
    """The first desk of the guards, in its own file."""
    desk = order.join(tmp_path / "guard.clog", "baken", "B1")
    with desk.log:
        yield desk


# who writes ----------------------------------------------------------------------------------------------------------


def test_a_desk_writes_first_that_it_is_there(guard: Desk) -> None:
    made = saying.note(guard, "eerste")
    assert [record.reference for record in guard.log.records(PROVISIONAL)] == ["B1-1", "B1-2"]
    assert made.seq == PROVISIONAL + 1
    assert guard.log.check_value(guard.log.head.seq)
    assert open_member_desk(guard.log, settings_folder()).code == "B1"
    assert saying.note(sit_down(guard.log, settings_folder(), "baken"), "tweede").reference == "B1-3"


def test_another_party_or_machine_is_told_to_join(guard: Desk, tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"desk B1 of baken.*invitation"):
        sit_down(guard.log, settings_folder(), "police")
    with pytest.raises(RuleError, match=r"another machine.*invitation"):
        sit_down(guard.log, tmp_path / "elsewhere", "baken")
    assert home_party(guard.log) == "baken"
    assert home_desk(guard.log, tmp_path / "elsewhere") is None
    assert home_desk(guard.log, settings_folder()) is not None


def test_a_log_keepers_file_takes_no_entries(order: Order, guard: Desk, tmp_path: Path) -> None:
    with Log(tmp_path / "kept.clog", create=True) as log:
        log.join(Member("venue", "LOG1", keeper=True))
        order.give(log)
        with pytest.raises(RuleError, match="keeper"):
            open_member_desk(log, settings_folder())
        with pytest.raises(RuleError, match="keeper"), log.writing():
            saying.note(Desk(log, guard.signer), "hier niet")
        assert (log.refresh(), home_desk(log, settings_folder())) == (len(order.records), None)


def test_what_the_shared_log_would_not_take_at_once_is_not_even_stored(order: Order, guard: Desk) -> None:
    said = saying.note(guard, "eerste").seq
    before = guard.log.tip
    with pytest.raises(RuleError, match=r"Too much at once.*257 KiB.*256 KiB"):
        saying.note(guard, "x" * WORDS)
    with pytest.raises(RuleError, match=r"Too much at once.*64 KiB.*parts"), guard.writing():
        guard.append(Released, records=tuple(bytes([n % 256]) * 16 for n in range(3_000)), to_party="police")
    assert guard.log.tip == before
    saying.note(guard, "x" * (WORDS - 100))
    assert guard.log.record(guard.log.tip).reference == f"B1-{guard.log.record(said).frame.number + 1}"
    order.take(guard.log)
    order.give(guard.log)
    assert verify(guard.log.path).holds


def test_a_log_of_its_own_takes_a_text_of_any_length(venue: Desk) -> None:
    assert saying.note(venue, "x" * WORDS).words


def test_a_desk_erases_only_what_its_own_party_said_or_wrote_save_the_drivers(
    order: Order, guard: Desk, tmp_path: Path
) -> None:
    driver = order.join(tmp_path / "driver.clog", "venue", "V2")
    other = order.join(tmp_path / "police.clog", "police", "P1")
    with driver.log, other.log:
        one = saying.report(other, "van de politie").seq
        added = saying.add_to(other, one, "en meer").seq
        for log in (other.log, guard.log):
            order.take(log)
        for log in (guard.log, driver.log, other.log):
            order.give(log)
        one, added = (other.log.record(seq).seq for seq in (one, added))
        mine = saying.add_to(guard, one, "van ons").seq
        for records, thread in (((one,), False), ((added,), False), ((mine, one), False), ((one,), True)):
            with pytest.raises(RuleError, match=r"is the word of .*P[oO].*Ask one of them"):
                withholding.erase(guard, records, "op verzoek", thread=thread)
        assert withholding.erase(guard, (mine,), "op verzoek")
        assert withholding.erase(other, (one,), "op verzoek")
        assert withholding.erase(driver, (added,), "op verzoek")


def _note(path: Path, begin: Any, go: Any) -> None:
    with Log(path) as log:
        desk = sit_down(log, settings_folder(), "venue")
        police = sit_down(log, settings_folder(), "police")
        saying.note(desk, "in een eigen log")
        begin.set()
        go.wait(30)
        assert saying.note(desk, "in een gedeeld log").seq >= PROVISIONAL
        with pytest.raises(RuleError, match="desk V1 of venue"):
            saying.note(police, "hier niet meer")


def test_who_has_the_file_open_writes_what_waits_from_the_moment_that_it_is_shared(venue: Desk) -> None:
    spawn = multiprocessing.get_context("spawn")
    begin, go = spawn.Event(), spawn.Event()
    other = spawn.Process(target=_note, args=(venue.log.path, begin, go))
    other.start()
    assert begin.wait(30)
    venue.log.join(Member("venue", "V1"))
    head = venue.log.head
    go.set()
    other.join(30)
    assert other.exitcode == 0
    assert venue.log.refresh() == PROVISIONAL
    assert venue.log.head == head
    assert saying.note(venue, "hier ook").seq == PROVISIONAL + 1


# what waits ----------------------------------------------------------------------------------------------------------


def test_what_waited_gets_its_place_and_no_position_is_given_twice(order: Order, guard: Desk) -> None:
    mine = [saying.note(guard, text).seq for text in ("een", "twee")]
    order.take(guard.log, 2)
    order.give(guard.log)
    assert guard.log.find("B1-2") == order.records[-1].seq == guard.log.head.seq
    assert guard.log.find("B1-3") == mine[1]
    order.take(guard.log)
    order.give(guard.log)
    assert guard.log.tip == guard.log.head.seq
    assert guard.log.head.hash == order.records[-1].hash
    assert saying.note(guard, "drie").seq == mine[1] + 1


def test_nothing_else_takes_the_place_of_what_this_desk_wrote(order: Order, guard: Desk) -> None:
    said = saying.note(guard, "zo heb ik het gezegd").seq
    order.take(guard.log)
    mine = order.records.pop()
    header = mine.header[:50] + bytes(32) + mine.header[82:]
    order.records.append(mine._replace(header=header, hash=chain.link(order.records[-1].hash or b"", header)))
    with pytest.raises(Damaged, match="not what this desk wrote"):
        order.give(guard.log)
    with Log(guard.log.path, reading=True) as log:
        words = log.record(said).words
        assert words
        assert words.text == "zo heb ik het gezegd"


def test_a_position_from_before_is_where_the_record_stands_now(order: Order, guard: Desk) -> None:
    was = saying.note(guard, "nog even").seq
    order.take(guard.log)
    order.give(guard.log)
    assert guard.log.record(was).reference == "B1-2"
    assert guard.log.kept_at(was) == guard.log.kept_at(guard.log.head.seq) > 0


def test_a_record_follows_only_where_it_is_what_must_come(order: Order) -> None:
    first, second = order.records[:2]
    none = Head(0, chain.GENESIS, 0, b"")
    one = follows(none, order.log_id, first)
    assert one is not None
    assert follows(one, order.log_id, second) == (2, second.hash, one.kept_at, second.header[26:42])
    assert follows(one, order.log_id, without(second), sealed=True)
    assert not follows(one, order.log_id, without(second))
    assert second.frame
    assert second.words
    for wrong in (
        first,
        second._replace(hash=first.hash),
        second._replace(hash=None),
        second._replace(seq=3),
        second._replace(header=chain.moved(second.header, 3)),
        second._replace(header=second.header[:-1]),
        second._replace(header=b""),
        second._replace(frame=second.frame + b" "),
        second._replace(words=None),
        second._replace(words=None, words_hash=bytes(32)),
        second._replace(words_hash=chain.part_hash(second.words)),
        second._replace(frame=None),
    ):
        assert follows(one, order.log_id, wrong, sealed=True) is None
    assert follows(one, bytes(16), second) is None
    assert follows(one._replace(kept_at=one.kept_at + 1), order.log_id, second) is None
    erased = second._replace(words=None, words_hash=chain.part_hash(second.words))
    assert follows(one, order.log_id, erased)


# what proves it ------------------------------------------------------------------------------------------------------


def _refuse(order: Order, keeper: Desk, desk: str, count: int) -> None:
    """Let the keeper say that it did not take what a desk wrote under a number."""
    with keeper.writing():
        keeper.append(Refused, desk=desk, count=count, why=UNREADABLE)
    order.take(keeper.log)


def test_a_member_verifies_with_what_is_sealed_refused_and_waits(order: Order, guard: Desk, tmp_path: Path) -> None:
    other = order.join(tmp_path / "police.clog", "police", "P1")
    with other.log:
        for number in range(6):
            saying.note(other, f"geheim {number}", audience=("police",))
            saying.note(guard, f"regel {number}")
        order.take(guard.log, 3)
        order.take(other.log, 4)
        _refuse(order, other, "B1", 4)
        order.take(other.log)
        refused = next(stored(guard.log.db, PROVISIONAL + 3, PROVISIONAL + 3))
        secret = [one.seq for one in order.records if one.frame and b"police" in one.frame and b"note" in one.frame]
        order.give(guard.log, sealed=secret)
        assert guard.log.tip >= PROVISIONAL
        saying.note(guard, "en verder")
        for deep in (False, True):
            verdict = verify(guard.log.path, deep=deep)
            assert (verdict.fault, verdict.sealed, verdict.waiting) == ("", len(secret), 4)
        assert guard.log.db.execute("SELECT was, why FROM refused").fetchall() == [(refused.seq, UNREADABLE)]
        order.take(guard.log)
        order.give(guard.log, sealed=secret)
        numbers = [one.frame.number for one in guard.log.records() if one.frame and one.frame.by.desk == "B1"]
        assert numbers == [1, 2, 3, 5, 6, 7, 8]
        assert verify(guard.log.path, deep=True).holds
        order.give(other.log)
        assert verify(other.log.path, deep=True).holds
        order.give(guard.log, opened=secret[:2])
        verdict = verify(guard.log.path, deep=True)
        assert (verdict.fault, verdict.sealed) == ("", len(secret) - 2)
        assert [seq for (seq,) in guard.log.db.execute("SELECT seq FROM opened ORDER BY n")] == secret[:2]


def test_the_last_number_of_a_desk_is_not_given_again_when_it_was_refused(
    order: Order, guard: Desk, tmp_path: Path
) -> None:
    other = order.join(tmp_path / "police.clog", "police", "P1")
    with other.log:
        saying.note(guard, "niet te lezen")
        order.take(guard.log, 1)
        _refuse(order, other, "B1", 2)
        order.give(guard.log)
        assert saying.note(guard, "opnieuw").reference == "B1-3"
        with pytest.raises(RuleError, match="cannot be read without"):
            withholding.erase(guard, (guard.log.head.seq,), "op verzoek")
        assert verify(guard.log.path, deep=True).holds


def _change(log: Log, column: str, value: object, seq: int) -> None:
    log.db.execute(f"UPDATE records SET {column} = ? WHERE seq = ?", (value, seq))


@pytest.mark.parametrize("column", ["header", "hash", "frame", "words"])
def test_what_waits_is_checked_too(guard: Desk, column: str) -> None:
    said = saying.note(guard, "zoals het is").seq
    saying.note(guard, "en verder")
    (record,) = stored(guard.log.db, said, said)
    old = getattr(record, column)
    changed = bytes(32) if column == "hash" else old[:-1] + bytes([old[-1] ^ 1])
    _change(guard.log, column, changed, said)
    verdict = verify(guard.log.path)
    assert (verdict.holds, verdict.position) == (False, said)
    guard.log.db.execute("DELETE FROM records WHERE seq = ?", (said,))
    assert "left out" in verify(guard.log.path).fault


def test_a_log_of_its_own_may_not_be_sealed(venue: Desk) -> None:
    said = saying.note(venue, "zoals het is").seq
    venue.log.db.execute("UPDATE records SET frame = NULL, words = NULL WHERE seq = ?", (said,))
    assert (verify(venue.log.path).position, verify(venue.log.path).holds) == (said, False)


def test_part_of_a_sealed_record_is_a_fault(order: Order, guard: Desk) -> None:
    order.give(guard.log)
    seq = guard.log.head.seq
    _change(guard.log, "frame", None, seq)
    assert (verify(guard.log.path).position, verify(guard.log.path).holds) == (seq, False)


def test_an_attachment_that_is_on_its_way_is_counted(order: Order, guard: Desk, tmp_path: Path) -> None:
    other = order.join(tmp_path / "police.clog", "police", "P1")
    with other.log:
        said = saying.note(other, "zie foto")
        attaching.attach(other, said.seq, b"%PDF-1.4 " + bytes(600_000), name="plattegrond.pdf")
        order.take(other.log)
        order.give(guard.log)
        verdict = verify(guard.log.path, deep=True)
        assert (verdict.fault, verdict.arriving) == ("", 1)
        (file,) = guard.log.db.execute("SELECT file FROM attachments").fetchone()
        with guard.log.writing():
            for number in range(3):
                pieces.receive(guard.log.db, file, [(number, pieces.piece(other.log.db, file, number))], 0)
            pieces.settle(guard.log.db, file)
        assert verify(guard.log.path).arriving == 0
        with guard.log.writing():
            guard.log.db.execute("UPDATE pieces SET bytes = zeroblob(length(bytes)) WHERE number = 0")
        assert "changed" in verify(guard.log.path).fault


# giving way ----------------------------------------------------------------------------------------------------------


def _want(path: Path, wanted: Any) -> None:
    lock = FileLock(path, 30)
    wanted.set()
    with lock:
        pass
    lock.close()


def test_whoever_has_the_lock_knows_that_another_waits_for_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    spawn = multiprocessing.get_context("spawn")
    lock = FileLock(path, 30)
    with lock:
        assert not lock.is_wanted()
        wanted = spawn.Event()
        other = spawn.Process(target=_want, args=(path, wanted))
        other.start()
        assert wanted.wait(30)
        end = time.monotonic() + 10
        while not lock.is_wanted():
            assert time.monotonic() < end
            time.sleep(0.001)
    other.join(30)
    assert other.exitcode == 0
    with lock:
        assert not lock.is_wanted()
    lock.close()


def test_a_rebase_that_gives_way_leaves_everything_as_it_was(order: Order, guard: Desk) -> None:
    for number in range(20):
        saying.note(guard, f"regel {number}")
    order.take(guard.log, 5)
    before = list(stored(guard.log.db)), list(stored(guard.log.db, PROVISIONAL, 2 * PROVISIONAL)), guard.log.tip
    asked = iter([False] * 2)
    with pytest.raises(GaveWay):
        order.give(guard.log, give_way=lambda: next(asked, True))
    after = list(stored(guard.log.db)), list(stored(guard.log.db, PROVISIONAL, 2 * PROVISIONAL)), guard.log.tip
    assert after == before
    saying.note(guard, "en verder")
    order.give(guard.log)
    assert guard.log.head.seq == order.records[-1].seq


def test_a_file_that_was_copied_by_hand_is_the_same_desk_here_only(guard: Desk, tmp_path: Path) -> None:
    guard.log.close()
    copy = tmp_path / "copy.clog"
    shutil.copy(guard.log.path, copy)
    with Log(copy) as log, pytest.raises(RuleError, match="another machine"):
        sit_down(log, tmp_path / "other settings", "baken")
