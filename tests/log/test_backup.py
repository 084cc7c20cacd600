"""Backups and restoring: whole or not at all, verified, never over anything, and going on as another branch."""

import multiprocessing
import os
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from commandlog.cli import main
from commandlog.log import pieces
from commandlog.log.backup import backup
from commandlog.log.copying import Follower
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.restoring import restore
from commandlog.log.second_copy import begin_copy
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import Damaged, RuleError, Unavailable
from commandlog.model.keeping import Exported
from commandlog.verbs import saying
from commandlog.verbs.attaching import attach
from tests.events import Clock
from tests.log.histories import begin
from tests.log.test_copying import CANARY, erase, same, stored


@pytest.fixture
def safe(tmp_path: Path) -> Path:
    folder = tmp_path / "safe"
    folder.mkdir()
    return folder


def logs(folder: Path) -> list[str]:
    """The names in a folder, without what a log keeps beside itself while it is open."""
    return sorted(one.name for one in folder.iterdir() if one.suffix not in (".lock", ".clog-wal", ".clog-shm"))


def test_a_backup_is_the_log_as_it_was(venue: Desk, police: Desk, safe: Path) -> None:
    entry = saying.note(police, "met bijlage")
    attach(venue, entry.seq, os.urandom(pieces.PIECE + 1))
    before = stored(venue.log)
    made = backup(venue.log, safe, venue)
    assert [one.name for one in safe.iterdir()] == ["event-20260627T160000Z.clog"]
    assert made.digest == sha256(made.path.read_bytes()).digest()
    with Log(made.path) as read:
        assert stored(read) == before
        assert read.head == made.head
        with pytest.raises(RuleError, match=r"a backup of event\.clog"), read.writing():
            pass
    assert verify(made.path, deep=True).holds
    assert main(["timeline", str(made.path)]) == 0
    assert made.digest == sha256(made.path.read_bytes()).digest()  # reading it changes nothing
    frame = venue.log.record(venue.log.refresh()).frame
    assert isinstance(frame, Exported)
    assert (frame.form, frame.file, frame.upto) == ("backup", made.digest, made.head.id)
    row = venue.log.db.execute("SELECT form, upto FROM copies").fetchone()
    assert row == ("backup", made.head.seq)
    again = backup(venue.log, safe, venue)
    assert again.path.name == "event-20260627T160000Z-2.clog"
    assert again.head.seq == made.head.seq + 1


def _write(path: Path, number: int) -> None:
    with Log(path) as log:
        desk = sit_down(log, settings_folder(), "police")
        for n in range(number):
            with desk.writing():
                saying.note(desk, f"eerst {n}")
                saying.note(desk, f"dan {n}")


def test_a_backup_while_others_write_is_one_state(venue: Desk, safe: Path) -> None:
    with venue.writing():
        for n in range(1000):
            saying.note(venue, f"regel {n} " + "x" * 500)
    writer = multiprocessing.get_context("spawn").Process(target=_write, args=(venue.log.path, 150))
    writer.start()
    found: list[int] = []
    while writer.is_alive() or not found:
        made = backup(venue.log, safe, None)
        with Log(made.path) as read:
            texts = [one.words.text.split()[0] for one in read.records(1005) if one.words]
        assert texts.count("eerst") == texts.count("dan")  # a pair was one transaction
        found.append(made.head.seq)
    writer.join(60)
    assert writer.exitcode == 0
    assert len(set(found)) > 1
    same_as_log = backup(venue.log, safe, None)
    assert venue.log.refresh() == same_as_log.head.seq
    assert same_as_log.head == venue.log.head


def test_nothing_that_was_erased_is_in_a_backup(venue: Desk, safe: Path) -> None:
    said = saying.note(venue, f"naam van {CANARY} " + "x" * 5000)
    attached = attach(venue, said.seq, CANARY.encode() * 50_000)
    control = backup(venue.log, safe, venue)
    assert CANARY.encode() in control.path.read_bytes()
    erase(venue, said.seq, attached.seq)
    made = backup(venue.log, safe, venue)
    data = made.path.read_bytes()
    for part in (CANARY, CANARY[:7], CANARY[8:]):  # the full text keeps words apart, and the beginnings of words
        assert part.encode() not in data
    assert verify(made.path, deep=True).holds


def test_a_backup_that_fails_leaves_nothing(venue: Desk, safe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuleError, match="no folder"):
        backup(venue.log, safe / "nowhere", venue)
    before = venue.log.refresh()
    with monkeypatch.context() as full:
        full.setattr("commandlog.log.backup.os.fsync", lambda file: (_ for _ in ()).throw(OSError(28, "No space left")))
        with pytest.raises(Unavailable, match="No space left"):
            backup(venue.log, safe, venue)
    with monkeypatch.context() as refused:
        refused.setattr(Desk, "append", lambda *a, **k: (_ for _ in ()).throw(Unavailable("not now")))
        with pytest.raises(Unavailable, match="not now"):
            backup(venue.log, safe, venue)
    assert list(safe.iterdir()) == []
    assert venue.log.refresh() == before


def test_a_log_that_does_not_hold_is_not_backed_up(venue: Desk, safe: Path) -> None:
    saying.note(venue, "waar")
    venue.log.db.execute("UPDATE records SET hash = zeroblob(32) WHERE seq = 3")
    with pytest.raises(Damaged, match=r"does not hold, so no backup of it was made: record 3"):
        backup(venue.log, safe, venue)
    assert list(safe.iterdir()) == []


def test_a_log_that_cannot_be_written_is_backed_up_all_the_same(
    venue: Desk, safe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saying.note(venue, "voor het archief")
    venue.log.close()
    archive = venue.log.path.parent / "archive"
    archive.mkdir()
    path = archive / "event.clog"
    path.write_bytes(venue.log.path.read_bytes())
    real = os.access
    monkeypatch.setattr("os.access", lambda name, mode: real(name, mode) and not (mode & os.W_OK and path == name))
    assert main(["backup", str(path), str(safe)]) == 0
    out, err = capsys.readouterr()
    assert "4 records, verified" in out
    assert "does not know of this backup" in err
    assert [one.name for one in archive.iterdir()] == ["event.clog"]


def test_what_is_restored_is_another_branch_with_another_desk(venue: Desk, safe: Path, tmp_path: Path) -> None:
    entry = saying.note(venue, "voor de uitval")
    attached = attach(venue, entry.seq, b"%PDF-1.4 " + os.urandom(pieces.PIECE))
    made = backup(venue.log, safe, venue)
    lost = saying.note(venue, "na de laatste back-up")
    with Log(made.path) as copy:
        before = stored(copy)
    done = restore(safe, tmp_path / "new.clog")
    assert (done.source.file, done.head, done.passed_over) == (made.path, made.head, [])
    for settings in (tmp_path / "settings of another machine", settings_folder()):
        with Log(done.file, clock=venue.log.clock) as log:
            if not log.branch:
                raise AssertionError("no branch")
            desk = sit_down(log, settings, "venue")
            went_on = saying.note(desk, "weer verder")
            assert went_on.reference == f"{desk.code}-2"
            assert desk.code != venue.code
            assert log.find(entry.reference) == entry.seq
            words = log.record(attached.seq).words
            assert words is not None
            assert pieces.content(log.db, attached.frame.file, words.salt, attached.frame.size)
    with Log(done.file) as log:
        after = stored(log)
        assert after["records"][: made.head.seq] == before["records"]
        assert [row[2] for row in after["desks"]] == ["V1", "V2", "V3"]
    assert verify(done.file, deep=True).holds
    assert saying.note(venue, "het oude gaat ook verder").reference == f"V1-{lost.frame.number + 1}"


def test_the_newest_that_holds_is_restored_and_what_is_passed_over_is_said(
    venue: Desk, clock: Clock, safe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = backup(venue.log, safe, venue)
    clock.tick()
    saying.note(venue, "later")
    newer = backup(venue.log, safe, venue)
    clock.tick()
    saying.note(venue, "nog later")
    broken = backup(venue.log, safe, venue)
    with closing(sqlite3.connect(broken.path, isolation_level=None)) as db:
        db.execute("UPDATE records SET words = zeroblob(40) WHERE seq = 4")
    (safe / "diary.clog").write_text("Dear diary\n" * 500)
    (safe / "holiday.jpg").write_bytes(b"\xff\xd8")
    (safe / "empty.clog").write_bytes(b"")
    alone = tmp_path / "alone"
    alone.mkdir()
    with begin(alone)["venue"].log:
        pass
    (alone / "event.clog").rename(safe / "log.clog")
    left = {name: (safe / name).read_bytes() for name in logs(safe)}
    assert main(["restore", str(safe), str(tmp_path / "new.clog")]) == 0
    out, err = capsys.readouterr()
    assert (
        f"{newer.head.seq} records, up to 2026-06-27 18:01:00+02:00, from {newer.path} (a backup of event.clog)" in out
    )
    assert f"{broken.path}: record 4 of {broken.path} does not hold" in err
    assert "diary.clog is damaged or not a log" in err
    assert "it is a log itself, no copy of one" in err
    assert "holiday" not in err
    assert str(older.path) not in err
    assert {name: (safe / name).read_bytes() for name in logs(safe)} == left
    assert main(["restore", str(broken.path), str(tmp_path / "part.clog")]) == 2
    assert not (tmp_path / "part.clog").exists()
    capsys.readouterr()
    assert main(["restore", str(broken.path), str(tmp_path / "part.clog"), "--as-far"]) == 0
    out, err = capsys.readouterr()
    assert "3 records" in out
    assert "Restored only in part: record 4" in err
    assert verify(tmp_path / "part.clog", deep=True).holds


def test_a_second_copy_is_restored_with_what_is_in_its_write_ahead_log(venue: Desk, safe: Path, tmp_path: Path) -> None:
    backup(venue.log, safe, venue)
    with Follower(venue.log.path, begin_copy(venue.log, safe)) as follower:
        for n in range(5):
            saying.note(venue, f"regel {n}")
            follower.step()
        assert Path(f"{follower.copy}-wal").stat().st_size > 0
        done = restore(safe, tmp_path / "new.clog")
        assert (done.source.file, done.head) == (follower.copy, venue.log.head)
        same(venue.log, done.file)
        saying.note(venue, "de kopie volgt nog steeds")
        assert follower.step().behind == 0


def test_nothing_is_overwritten_and_nothing_is_left(venue: Desk, safe: Path, tmp_path: Path) -> None:
    made = backup(venue.log, safe, venue)
    target = tmp_path / "new.clog"
    with pytest.raises(RuleError, match="is there already"):
        restore(safe, venue.log.path)
    target.write_text("van iemand anders")
    with pytest.raises(RuleError, match="is there already"):
        restore(safe, target)
    assert target.read_text() == "van iemand anders"
    target.unlink()
    Path(f"{target}-wal").write_bytes(b"the last entries of the log that was lost")
    with pytest.raises(RuleError, match="move it away"):
        restore(safe, target)
    Path(f"{target}-wal").unlink()
    with pytest.raises(RuleError, match="no folder"):
        restore(safe, tmp_path / "nowhere" / "new.clog")
    with pytest.raises(RuleError, match="no folder or copy"):
        restore(tmp_path / "nowhere", target)
    with pytest.raises(RuleError, match=r"nothing in .* that can be restored"):
        restore(settings_folder(), target)
    with pytest.raises(RuleError, match="name the copy"):
        restore(safe, target, as_far=True)
    with closing(sqlite3.connect(made.path, isolation_level=None)) as db:
        db.execute("UPDATE records SET hash = zeroblob(32) WHERE seq = 1")
    with pytest.raises(RuleError, match=r"that can be restored; .*record 1"):
        restore(safe, target)
    assert not [one for one in tmp_path.iterdir() if one.name.startswith("new.clog") and one.suffix != ".lock"]


def test_a_disk_that_is_full_where_it_is_restored_to_passes_nothing_over(
    venue: Desk, safe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(venue.log, safe, venue)
    monkeypatch.setattr(
        "commandlog.log.carrying.take",
        lambda *a: (_ for _ in ()).throw(sqlite3.OperationalError("database or disk is full")),
    )
    with pytest.raises(Unavailable, match="disk is full"):
        restore(safe, tmp_path / "new.clog")
    assert "new.clog" not in logs(tmp_path)


def test_copies_of_several_logs_are_told_apart_by_name(venue: Desk, safe: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    desk = begin(other)["venue"]
    desk.log.close()
    (other / "event.clog").rename(other / "second.clog")
    with Log(other / "second.clog") as log:
        second = backup(log, safe, None)
    first = backup(venue.log, safe, None)
    assert restore(safe, tmp_path / "second.clog").source.file == second.path
    with pytest.raises(RuleError, match="copies of several logs: name the file to restore"):
        restore(safe, tmp_path / "new.clog")
    assert restore(first.path, tmp_path / "new.clog").source.file == first.path


def test_a_plain_log_is_restored_when_it_is_named(venue: Desk, tmp_path: Path) -> None:
    venue.log.close()
    before = venue.log.path.read_bytes()
    done = restore(venue.log.path, tmp_path / "new.clog")
    assert venue.log.path.read_bytes() == before
    with Log(venue.log.path) as log:
        same(log, done.file)


def test_a_copy_of_a_newer_version_is_left_alone(venue: Desk, safe: Path, tmp_path: Path) -> None:
    made = backup(venue.log, safe, venue)
    with closing(sqlite3.connect(made.path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(RuleError, match="newer version of CommandLog"):
        restore(safe, tmp_path / "new.clog")
