"""The second copy: a whole log elsewhere that follows, says truly how far it is, and never overwrites or hides."""

import json
import multiprocessing
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.cli import main
from commandlog.log import pieces
from commandlog.log.carrying import BYTES, RECORDS
from commandlog.log.copy_setting import CopySetting
from commandlog.log.copying import CopyState, Follower
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.restoring import restore
from commandlog.log.second_copy import begin_copy, bring_up_to_date
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import RuleError
from commandlog.model.keeping import Erased
from commandlog.model.records import Words
from commandlog.verbs import saying
from commandlog.verbs.attaching import attach
from commandlog.views.status import copy_line
from tests.log.histories import HISTORY, Step, begin, everything, play

CANARY = "kanarie-7319"


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


@pytest.fixture
def follower(venue: Desk, usb: Path) -> Iterator[Follower]:
    with Follower(venue.log.path, begin_copy(venue.log, usb), clock=venue.log.clock) as made:
        yield made


def erase(desk: Desk, *positions: int) -> None:
    ids = tuple(desk.log.record(seq).id for seq in positions)
    with desk.writing():
        desk.append(Erased, Words(text="op verzoek"), records=ids)


def stored(log: Log) -> dict[str, list[Any]]:
    """All that a log keeps, word for word."""
    log.refresh()
    found = everything(log)
    for table in ("records", "checkpoints"):
        found[table] = log.db.execute(f"SELECT * FROM {table} ORDER BY seq").fetchall()
    query = "SELECT file, number, bytes FROM pieces WHERE bytes != x'' ORDER BY file, number"
    found["pieces"] = log.db.execute(query).fetchall()
    return found


def same(source: Log, copy: Path) -> None:
    with Log(copy) as read:
        assert stored(read) == stored(source)
    assert verify(copy, deep=True).holds


@given(st.lists(st.tuples(HISTORY, st.integers(0, 60), st.booleans()), min_size=1, max_size=3))
def test_a_copy_is_the_log_whenever_it_has_caught_up(parts: list[tuple[list[Step], int, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "usb").mkdir()
        desks = begin(Path(folder))
        venue = desks["venue"]
        copy = begin_copy(venue.log, Path(folder) / "usb")
        with venue.log, Follower(venue.log.path, copy) as follower:
            for history, number, catch_up in parts:
                play(desks, history)
                erase(venue, 1 + number % venue.log.head.seq)
                if catch_up:
                    state = follower.step()
                    assert (state.upto, state.behind, state.trouble) == (venue.log.head.seq, 0, "")
                    with Log(copy) as read:
                        assert stored(read) == stored(venue.log)
            follower.step()
            same(venue.log, copy)


def test_a_long_log_comes_over_in_slices_with_its_checkpoints(venue: Desk, follower: Follower) -> None:
    with venue.writing():
        for n in range(RECORDS + 150):
            saying.note(venue, f"regel {n}")
        saying.note(venue, "x" * (BYTES // 2))
        saying.note(venue, "y" * (BYTES // 2))
        last = saying.note(venue, "z")
    part = follower.step(0)
    assert 0 < part.upto < part.records == last.seq
    assert (part.behind, part.trouble) == (last.seq - part.upto, "")
    assert part.since == venue.log.kept_at(part.upto + 1)
    assert follower.step().behind == 0
    assert venue.log.db.execute("SELECT count(*) FROM checkpoints").fetchone()[0] > 4
    same(venue.log, follower.copy)


def test_attachments_come_too(venue: Desk, follower: Follower) -> None:
    entry = saying.note(venue, "zie foto")
    content = os.urandom(pieces.PIECE * (pieces.SLICE + 1) + 17)
    attached = attach(venue, entry.seq, content, name="foto.bin")
    follower.step()
    with Log(follower.copy) as copy:
        frame, words = copy.record(attached.seq).frame, copy.record(attached.seq).words
        assert words is not None
        assert pieces.content(copy.db, frame.file, words.salt, frame.size) == content
    same(venue.log, follower.copy)


def raw(folder: Path) -> bytes:
    """All bytes of all files in a folder, read by another process: here a log may be open on them."""
    line = "import pathlib, sys; [sys.stdout.buffer.write(p.read_bytes()) for p in pathlib.Path(sys.argv[1]).iterdir()]"
    return subprocess.run([sys.executable, "-c", line, str(folder)], capture_output=True, check=True).stdout


def test_an_erasure_destroys_the_words_in_the_copy_too(venue: Desk, follower: Follower) -> None:
    said = saying.note(venue, f"naam van {CANARY}")
    attached = attach(venue, said.seq, CANARY.encode() * 50_000, name="bewijs.txt")
    follower.step()
    with Log(follower.copy) as copy:
        assert CANARY in str(copy.record(said.seq).words)  # a control: it was there
    assert CANARY.encode() in raw(follower.copy.parent)
    erase(venue, said.seq, attached.seq)
    with Log(follower.copy) as copy:
        reader = copy.db.execute("SELECT * FROM records")  # somebody is in the middle of reading
        reader.fetchone()
        state = follower.step()
        assert (state.behind, state.pending) == (0, 1)
        assert "all 6 records, just now; 1 erasure not finished in it" in copy_line(state, state.at, UTC)
        reader.close()
    assert follower.step().pending == 0
    for part in (CANARY, CANARY[:7], CANARY[8:]):  # the full text keeps words apart, and the beginnings of words
        assert part.encode() not in raw(follower.copy.parent)
    same(venue.log, follower.copy)
    with Log(follower.copy) as copy:
        assert copy.record(said.seq).words is None
        assert copy.db.execute("SELECT count(*) FROM pieces WHERE bytes != x''").fetchone() == (0,)


def test_words_that_were_erased_before_they_were_copied_never_reach_the_copy(venue: Desk, follower: Follower) -> None:
    said = saying.note(venue, f"naam van {CANARY}")
    attached = attach(venue, said.seq, CANARY.encode() * 50_000, name="bewijs.txt")
    erase(venue, said.seq, attached.seq)
    follower.step()
    same(venue.log, follower.copy)
    assert CANARY.encode() not in raw(follower.copy.parent)


@pytest.mark.parametrize("attached", [False, True])
def test_words_and_the_decision_that_erased_them_come_together(venue: Desk, follower: Follower, attached: bool) -> None:
    """Or a machine that is lost in between would leave a copy in which words are gone for no reason."""
    with venue.writing():
        early = saying.note(venue, CANARY)
    if attached:
        early = attach(venue, early.seq, os.urandom(pieces.PIECE + 1))
    with venue.writing():
        for n in range(2 * RECORDS + 50):
            saying.note(venue, f"regel {n}")
    erase(venue, early.seq)
    with venue.writing():
        for n in range(RECORDS + 50):
            saying.note(venue, f"later {n}")
    uptos: list[int] = []
    while not uptos or uptos[-1] < venue.log.head.seq:
        uptos.append(follower.step(0).upto)
        assert verify(follower.copy, deep=True).holds
    assert len(uptos) > 1
    same(venue.log, follower.copy)


def test_an_attachment_that_is_erased_while_it_is_copied(
    venue: Desk, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = saying.note(venue, "zie bijlage")
    attached = attach(venue, said.seq, os.urandom(3 * pieces.PIECE))
    real, asked = pieces.piece, []

    def piece(db: sqlite3.Connection, file: bytes, number: int) -> bytes | None:
        asked.append(number)
        if len(asked) == 2:
            erase(venue, attached.seq)
        return real(db, file, number)

    monkeypatch.setattr("commandlog.log.pieces.piece", piece)
    assert follower.step().behind == 0
    assert asked == [0, 1]
    same(venue.log, follower.copy)


def test_the_copy_is_read_and_verified_but_never_written(venue: Desk, follower: Follower, tmp_path: Path) -> None:
    saying.note(venue, "hier")
    follower.step()
    before = stored(venue.log)
    copy = str(follower.copy)
    for verb in (["report", copy, "x"], ["assess", copy, "V1-4", "observe"], ["sign-in", copy, "Jan"]):
        assert main(verb) == 2
    assert main(["timeline", copy]) == main(["verify", copy, "--deep"]) == main(["status", copy]) == 0
    assert main(["export", copy, str(tmp_path / "uit.csv")]) == 0
    with Log(follower.copy) as read, pytest.raises(RuleError, match=r"second copy of event.clog.*commandlog restore"):
        read.tend()
    assert stored(venue.log) == before
    same(venue.log, follower.copy)


def test_a_disk_that_goes_away_and_comes_back(venue: Desk, follower: Follower, usb: Path) -> None:
    saying.note(venue, "een")
    upto = follower.step().upto
    usb.rename(usb.with_name("away"))
    still = follower.step()
    assert (still.upto, still.behind) == (upto, 0)
    assert "is not there: connect the disk" in still.trouble
    second = saying.note(venue, "twee")
    gone = follower.step()
    assert (gone.upto, gone.behind, gone.since, gone.alarm) == (upto, 1, second.kept_at, False)
    assert not usb.exists()
    usb.mkdir()  # where a disk was mounted, an empty folder may stay: nothing is begun in it
    assert "is not there any more" in follower.step().trouble
    assert list(usb.iterdir()) == []
    usb.rmdir()
    usb.with_name("away").rename(usb)
    back = follower.step()
    assert (back.upto, back.behind, back.trouble) == (second.seq, 0, "")
    same(venue.log, follower.copy)


@pytest.mark.parametrize("replaced", [False, True])
def test_a_copy_that_is_deleted_under_the_follower_is_not_said_to_be_there(
    venue: Desk, follower: Follower, usb: Path, replaced: bool
) -> None:
    follower.step()
    older = usb / "older"
    with closing(sqlite3.connect(follower.copy)) as db:
        db.execute("VACUUM INTO ?", (str(older),))
    for one in list(usb.glob("event.clog*")):
        one.unlink()
    if replaced:
        older.rename(follower.copy)
    last = saying.note(venue, "en daarna")
    state = follower.step()
    if replaced:
        assert (state.upto, state.trouble) == (last.seq, "")
        same(venue.log, follower.copy)
    else:
        assert "is not there any more" in state.trouble
        assert (state.upto, state.behind) == (last.seq - 1, 1)


def test_a_full_disk_is_told_and_the_log_goes_on(venue: Desk, follower: Follower) -> None:
    upto = follower.step().upto
    db = follower._logs[follower.copy][0].db
    db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0] + 3}")
    first = saying.note(venue, "x" * 300_000)
    full = follower.step()
    assert full.trouble == f"the disk of {follower.copy.parent} is full: make room on it"
    assert (full.upto, full.behind, full.since, full.alarm) == (upto, 1, first.kept_at, False)
    saying.note(venue, "verder")
    assert follower.step().behind == 0  # opened anew, with room
    same(venue.log, follower.copy)


def test_a_write_protected_disk_is_told(venue: Desk, follower: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    saying.note(venue, "een")
    real = os.access
    protected = follower.copy.parent
    monkeypatch.setattr(
        "os.access",
        lambda name, mode: real(name, mode) and not (mode & os.W_OK and protected in (Path(name), *Path(name).parents)),
    )
    assert "cannot be written: make it writable" in follower.step().trouble
    monkeypatch.undo()
    assert follower.step().behind == 0


def test_a_source_that_cannot_be_read_is_not_called_the_copys_trouble(venue: Desk, follower: Follower) -> None:
    follower.step()
    follower.close()
    venue.log.close()
    venue.log.path.rename(venue.log.path.with_name("moved"))
    state = follower.step()
    assert "There is no log at" in state.trouble
    assert state.upto == venue.log.head.seq


def test_a_record_that_does_not_hold_is_not_copied(venue: Desk, follower: Follower) -> None:
    follower.step()
    first, second = saying.note(venue, "waar"), saying.note(venue, "gebeurd")
    venue.log.db.execute("UPDATE records SET words = ? WHERE seq = ?", (b"\x00" * 16 + b'{"text":"x"}', second.seq))
    state = follower.step()
    assert state.alarm
    assert f"record {second.seq} of {venue.log.path} does not hold" in state.trouble
    assert state.upto == first.seq
    assert verify(follower.copy, deep=True).holds


def test_a_log_that_went_another_way_is_not_copied_and_the_evidence_stays(
    venue: Desk, follower: Follower, tmp_path: Path
) -> None:
    follower.step()
    venue.log.close()
    lost = venue.log.path.read_bytes()
    with Log(venue.log.path, clock=venue.log.clock) as log:
        saying.note(sit_down(log, settings_folder(), "venue"), "dit staat in de kopie")
    follower.step()
    follower.close()
    venue.log.path.write_bytes(lost)  # as an older copy of the file, put back by hand
    with Log(follower.copy) as copy:
        before = stored(copy)
    behind = follower.step()
    assert behind.alarm
    assert f"{follower.copy} has records that {venue.log.path} does not have" in behind.trouble
    with Log(venue.log.path, clock=venue.log.clock) as log:
        saying.note(sit_down(log, settings_folder(), "venue"), "en dit niet")
        other = follower.step()
        assert other.alarm
        assert "is another one than in" in other.trouble
        assert "Keep both files as they are" in other.trouble
        with pytest.raises(RuleError, match="is not the second copy of this log"):
            begin_copy(log, follower.copy.parent)
    with Log(follower.copy) as copy:
        assert stored(copy) == before


def test_a_copy_that_is_damaged_is_left_as_it_is(venue: Desk, follower: Follower) -> None:
    follower.step()
    follower.close()
    damaged = b"\x00" * 8192 + follower.copy.read_bytes()[8192:]
    follower.copy.write_bytes(damaged)
    saying.note(venue, "verder")
    state = follower.step()
    assert state.alarm
    assert "Keep both files as they are" in state.trouble
    assert follower.copy.read_bytes() == damaged


def test_where_a_copy_cannot_begin(venue: Desk, usb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuleError, match="no folder"):
        begin_copy(venue.log, tmp_path / "nowhere")
    with pytest.raises(RuleError, match="folder of the log itself"):
        begin_copy(venue.log, venue.log.path.parent)
    other = tmp_path / "other"
    other.mkdir()
    desks = begin(other)
    desks["venue"].log.close()
    for taken in (other / "event.clog", tmp_path / "text"):
        taken.exists() or taken.write_text("Dear diary")
        data = taken.read_bytes()
        (usb / "event.clog").write_bytes(data)
        with pytest.raises(RuleError, match="is not the second copy of this log"):
            begin_copy(venue.log, usb)
        assert (usb / "event.clog").read_bytes() == data
        for one in usb.iterdir():
            one.unlink()
    (usb / "event.clog-wal").write_bytes(b"the last entries of another log")
    with pytest.raises(RuleError, match="move it away"):
        begin_copy(venue.log, usb)
    (usb / "event.clog-wal").unlink()
    monkeypatch.setattr("commandlog.log.second_copy.is_network_drive", lambda folder: True)
    with pytest.raises(RuleError, match=r"network drive.*commandlog backup"):
        begin_copy(venue.log, usb)
    assert [one.name for one in usb.iterdir() if one.suffix != ".lock"] == []


def test_a_copy_that_is_there_is_taken_up(venue: Desk, follower: Follower, usb: Path) -> None:
    follower.step()
    saying.note(venue, "verder")
    assert begin_copy(venue.log, usb) == follower.copy
    assert follower.step().behind == 0
    same(venue.log, follower.copy)


def test_a_restored_log_does_not_write_into_the_copy_that_it_came_from(
    venue: Desk, follower: Follower, usb: Path, tmp_path: Path
) -> None:
    CopySetting(settings_folder(), venue.log).keep(follower.copy)
    follower.step()
    again = restore(usb, tmp_path / "again.clog").file
    with Log(again, clock=venue.log.clock) as log:
        assert CopySetting(settings_folder(), log).file() is None
        saying.note(sit_down(log, settings_folder(), "venue"), "alleen hier")
        assert bring_up_to_date(log, settings_folder()) is None
        with Follower(again, follower.copy) as wrong:
            assert "is not the second copy of" in wrong.step().trouble
    saying.note(venue, "alleen daar")
    assert follower.step().behind == 0
    same(venue.log, follower.copy)


def test_the_follower_wakes_when_something_is_written(venue: Desk, follower: Follower) -> None:
    follower.step()
    assert not follower._written()
    saying.note(venue, "een")
    assert follower._written()
    follower.wait(600)  # returns at once
    follower.step()
    assert not follower._written()


def _follow(source: Path, copy: Path, last: int) -> None:
    with Follower(source, copy) as follower:
        while follower.step().upto < last:
            follower.wait(0.01)


def test_two_that_follow_never_double(venue: Desk, usb: Path) -> None:
    copy = begin_copy(venue.log, usb)
    last = venue.log.head.seq + 300
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=_follow, args=(venue.log.path, copy, last)) for _ in range(2)]
    for one in both:
        one.start()
    for n in range(300):
        saying.note(venue, f"regel {n}")
    for one in both:
        one.join(60)
    assert [one.exitcode for one in both] == [0, 0]
    same(venue.log, copy)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    assert main(list(arguments)) == code, capsys.readouterr()
    found = capsys.readouterr()
    return found.out, found.err


def test_a_command_that_writes_keeps_the_copy_up_to_date(
    venue: Desk, usb: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = str(venue.log.path)
    said(capsys, "copy", log, code=2)
    out, err = said(capsys, "copy", log, str(usb))
    assert str(usb / "event.clog") in out
    assert "same disk" in err
    out, err = said(capsys, "report", log, "Oog 2 tas #suspicious")
    assert err == ""
    same(venue.log, usb / "event.clog")
    assert "second copy: all 5 records, just now" in said(capsys, "status", log)[0]
    said(capsys, "copy", log, str(usb))
    forms = venue.log.db.execute("SELECT form FROM copies").fetchall()
    assert forms == [("copy",)]  # recorded once
    usb.rename(usb.with_name("away"))
    out, err = said(capsys, "report", log, "Oog 2 is weg")
    assert "Oog 2 is weg" in out
    told = rf"second copy: 1 record behind since \d\d:\d\d: {re.escape(str(usb))} is not there: connect the disk\n"
    assert re.fullmatch(told, err)
    about = json.loads(said(capsys, "status", log, "--json", code=1)[0])["second_copy"]
    assert (about["upto"], about["behind"], about["alarm"]) == (5, 1, False)
    said(capsys, "copy", log, code=1)
    said(capsys, "copy", log, "--off")
    assert said(capsys, "report", log, "verder")[1] == ""
    assert "second copy: none" in said(capsys, "status", log)[0]


def test_a_setting_that_cannot_be_read_is_told_and_can_be_set_again(
    venue: Desk, usb: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = str(venue.log.path)
    said(capsys, "copy", log, str(usb))
    (setting,) = (settings_folder() / "copies").glob("*.json")
    for damaged in (b"", b"{", b"[]", b'{"file": 1}', b"\xff\x00"):
        setting.write_bytes(damaged)
        out, err = said(capsys, "report", log, "gaat door")
        assert "gaat door" in out
        assert "cannot be read" in err
        assert "cannot be read" in said(capsys, "status", log, code=1)[0]
    said(capsys, "copy", log, str(usb))
    same(venue.log, usb / "event.clog")


def test_what_is_known_of_a_copy_may_be_lost(venue: Desk, usb: Path) -> None:
    setting = CopySetting(settings_folder(), venue.log)
    setting.keep(begin_copy(venue.log, usb))
    state = bring_up_to_date(venue.log, settings_folder())
    assert isinstance(state, CopyState)
    assert setting.known().upto == venue.log.head.seq
    (known,) = setting.folder.glob("*.known")
    for damaged in (b"", b"[]", b"{}", b'{"upto": "x", "at": 0}'):
        known.write_bytes(damaged)
        assert setting.known().upto == 0
    usb.rename(usb.with_name("away"))
    state = bring_up_to_date(venue.log, settings_folder())
    assert state
    assert (state.upto, state.behind) == (0, venue.log.head.seq)


def test_a_command_does_not_wait_for_another_that_is_stuck(
    venue: Desk, usb: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = str(venue.log.path)
    said(capsys, "copy", log, str(usb))
    lock = CopySetting(settings_folder(), venue.log).lock(1)
    assert lock
    with lock:
        out, err = said(capsys, "report", log, "gaat door")
    lock.close()
    assert "gaat door" in out
    assert "another program is at it" in err
    assert said(capsys, "report", log, "en weer verder")[1] == ""
    same(venue.log, usb / "event.clog")


def test_watching_follows_until_it_is_interrupted(venue: Desk, usb: Path) -> None:
    command = [sys.executable, "-m", "commandlog", "copy", str(venue.log.path), str(usb), "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as watching:
        hangs = threading.Timer(120, watching.kill)
        hangs.start()
        try:
            assert watching.stdout is not None
            assert [watching.stdout.readline() for _ in range(2)][1] == "second copy: all 4 records, just now\n"
            last = saying.note(venue, "terwijl er gekeken wordt")
            assert watching.stdout.readline() == f"second copy: all {last.seq} records, just now\n"
            watching.send_signal(signal.SIGINT)
            assert watching.stdout.read().splitlines()[-1] == f"second copy: all {last.seq} records, just now"
            assert watching.wait(30) == 0
        finally:
            hangs.cancel()
            watching.kill()
    same(venue.log, usb / "event.clog")


def test_a_record_that_does_not_hold_between_erased_words_and_their_decision(
    venue: Desk, follower: Follower, tmp_path: Path
) -> None:
    follower.step()
    early = saying.note(venue, CANARY)
    bad = saying.note(venue, "later veranderd")
    erase(venue, early.seq)
    venue.log.db.execute("UPDATE records SET words = ? WHERE seq = ?", (b"\x00" * 16 + b'{"text":"x"}', bad.seq))
    for _ in range(2):
        state = follower.step()
        assert (state.alarm, state.upto) == (True, early.seq - 1)
        assert verify(follower.copy, deep=True).holds
    done = restore(venue.log.path, tmp_path / "new.clog", as_far=True)
    assert done.head.seq == early.seq - 1
    assert verify(done.file, deep=True).holds


def test_status_says_what_is_not_purged_yet(venue: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    said_ = saying.note(venue, CANARY)
    erase(venue, said_.seq)
    with Log(venue.log.path) as other:
        reader = other.db.execute("SELECT * FROM records")  # somebody is in the middle of reading
        reader.fetchone()
        assert "1 erasure not finished in this file" in said(capsys, "status", str(venue.log.path))[0]
        assert json.loads(said(capsys, "status", str(venue.log.path), "--json")[0])["pending_erasures"] == 1
        reader.close()
