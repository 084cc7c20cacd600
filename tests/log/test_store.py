"""The file: what is acknowledged is there, what is refused leaves nothing, and several processes may share it."""

import multiprocessing
import os
import sqlite3
from pathlib import Path

import msgspec
import pytest

from commandlog.cli import main
from commandlog.log import schema
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.lock import Busy, FileLock
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import Damaged, RuleError, Unavailable
from commandlog.model.records import Note, Words, decode_frame
from commandlog.verbs import events, saying
from tests.events import Clock, concert


def test_every_connection_writes_durably_and_never_checkpoints_by_itself(venue: Desk) -> None:
    db = venue.log.db
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)


def test_a_block_that_raises_leaves_nothing(venue: Desk) -> None:
    before = venue.log.head
    with pytest.raises(ZeroDivisionError), venue.writing():
        saying.note(venue, "eerst")
        raise ZeroDivisionError
    assert venue.log.head == before
    assert venue.log.refresh() == before.seq
    assert saying.note(venue, "daarna").frame.number == before.seq + 1  # no number is skipped


def test_an_origin_is_taken_in_once(venue: Desk) -> None:
    first = saying.note(venue, "een", origin="radio:1")
    again = saying.note(venue, "een", origin="radio:1")
    with venue.writing():
        within = saying.note(venue, "een", origin="radio:2"), saying.note(venue, "een", origin="radio:2")
    assert again.seq == first.seq
    assert within[0].seq == within[1].seq
    assert verify(venue.log.path, deep=True).holds


def test_references_are_those_of_people(venue: Desk, police: Desk) -> None:
    mine, theirs = saying.note(venue, "van ons"), saying.note(police, "van hen")
    assert (mine.reference, theirs.reference) == (f"V1-{mine.frame.number}", f"P1-{theirs.frame.number}")
    assert venue.log.find(theirs.reference.lower()) == theirs.seq
    for wrong in ("P9-1", "V1-99999", "V1-", "", "V1-²", "x" * 50, "V1-" + "9" * 30):
        with pytest.raises(RuleError, match="no entry"):
            venue.log.find(wrong)


def test_the_desk_of_another_machine_is_another_desk(venue: Desk, tmp_path: Path) -> None:
    here = sit_down(venue.log, settings_folder(), "police")
    there = sit_down(venue.log, tmp_path / "other machine", "police")
    assert (here.code, there.code) == ("P1", "P2")
    assert sit_down(venue.log, settings_folder(), "police").code == "P1"


def test_keys_are_for_their_user_alone(venue: Desk) -> None:
    (key,) = settings_folder().rglob("*.key")
    assert key.stat().st_mode & 0o077 == 0


def test_what_cannot_be_opened_says_why(venue: Desk, tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no log"):
        Log(tmp_path / "nothing.clog")
    with pytest.raises(RuleError, match="already"):
        Log(venue.log.path, create=True)
    with pytest.raises(RuleError, match="no folder"):
        Log(tmp_path / "no" / "folder.clog", create=True)
    text = tmp_path / "text.clog"
    text.write_text("Dear diary, " * 1000)
    with pytest.raises(Damaged):
        Log(text)
    other = tmp_path / "other.clog"
    sqlite3.connect(other).execute("CREATE TABLE t (x)").connection.close()
    with pytest.raises(Damaged, match="not a CommandLog"):
        Log(other)
    with pytest.raises((Damaged, Unavailable)):
        Log(tmp_path)


def test_a_log_of_a_newer_version_is_left_alone(venue: Desk) -> None:
    venue.log.db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(Unavailable, match="newer version"):
        Log(venue.log.path)


def test_a_refused_opening_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no party"):
        events.open_event(tmp_path / "x.clog", concert(), settings_folder(), party="nobody")
    assert not list(tmp_path.glob("x.clog"))


def test_a_full_disk_is_told_and_nothing_is_lost(venue: Desk) -> None:
    pages = venue.log.db.execute("PRAGMA page_count").fetchone()[0]
    venue.log.db.execute(f"PRAGMA max_page_count = {pages + 2}")
    before = venue.log.head.seq
    with pytest.raises(Unavailable, match="nothing was stored"):
        saying.note(venue, "x" * 200_000)
    venue.log.db.execute("PRAGMA max_page_count = 1000000")
    assert venue.log.refresh() == before
    assert saying.note(venue, "x" * 200_000).seq == before + 1
    assert verify(venue.log.path, deep=True).holds


def test_a_clock_that_jumps_back_does_not_reorder(venue: Desk, clock: Clock) -> None:
    first = saying.note(venue, "voor")
    clock.tick(-3600)
    second = saying.note(venue, "na")
    assert second.kept_at >= first.kept_at
    assert second.frame.logged_at < first.frame.logged_at  # what the desk's clock said is kept as it was
    assert verify(venue.log.path).holds


def test_a_lock_that_is_held_is_waited_for(tmp_path: Path) -> None:
    one, other = FileLock(tmp_path / "lock", 0.05), FileLock(tmp_path / "lock", 0.05)
    with one, pytest.raises(Busy), other:
        pass
    with other:
        pass
    one.close()
    other.close()


def _write(path: Path, name: str, number: int) -> None:
    with Log(path) as log:
        desk = sit_down(log, settings_folder(), "venue")
        for n in range(number):
            saying.note(desk, f"{name} {n}", origin=f"{name}:{n}")


def test_processes_share_a_log_without_gaps_or_doubles(venue: Desk) -> None:
    spawn = multiprocessing.get_context("spawn")
    others = [spawn.Process(target=_write, args=(venue.log.path, name, 40)) for name in ("een", "twee", "drie")]
    for other in others:
        other.start()
    for n in range(40):
        saying.note(venue, f"hier {n}", origin=f"hier:{n}")
        if n % 10 == 0:
            venue.log.tend()
    for other in others:
        other.join(60)
    assert [other.exitcode for other in others] == [0, 0, 0]
    assert venue.log.refresh() == 3 + 160
    notes = [r.words.text for r in venue.log.records() if isinstance(r.frame, Note) and r.words]
    assert len(notes) == len(set(notes)) == 160
    assert verify(venue.log.path, deep=True).holds


def test_words_that_are_no_text_are_kept_as_well_as_they_can_be(venue: Desk) -> None:
    made = saying.note(venue, "voor \ud800 na \x00 einde", person="\udfff")
    assert venue.log.record(made.seq).words == Words(text="voor \ufffd na \x00 einde", person="\ufffd")


def _come_and_go(path: Path) -> None:
    with Log(path) as log:
        saying.note(sit_down(log, settings_folder(), "police"), "kort erbij")


def test_opening_a_log_twice_here_does_not_take_its_protection_away(venue: Desk) -> None:
    with Log(venue.log.path):
        pass
    with pytest.raises(RuleError):
        Log(venue.log.path, create=True)
    wal = Path(f"{venue.log.path}-wal")
    before = wal.stat().st_ino
    other = multiprocessing.get_context("spawn").Process(target=_come_and_go, args=(venue.log.path,))
    other.start()
    other.join(60)
    assert other.exitcode == 0
    assert wal.stat().st_ino == before  # or the other process believed to be the last, and deleted it under us
    saying.note(venue, "nog steeds hier")
    assert venue.log.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert verify(venue.log.path, deep=True).holds


def test_a_log_that_cannot_be_written_can_be_read_and_verified(
    venue: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saying.note(venue, "voor het archief")
    venue.log.close()
    folder = tmp_path / "archive"
    folder.mkdir()
    path = folder / "event.clog"
    path.write_bytes(venue.log.path.read_bytes())
    # as on a read-only disk, also for a user who may write anything
    monkeypatch.setattr(
        "os.access", lambda name, mode: folder not in (Path(name), *Path(name).parents) or mode == os.R_OK
    )
    assert main(["timeline", str(path)]) == 0
    assert main(["verify", str(path), "--deep"]) == 0
    assert main(["export", str(path), str(tmp_path / "uit.csv")]) == 0
    assert main(["report", str(path), "erbij"]) == 2
    assert [one.name for one in folder.iterdir()] == ["event.clog"]
    Path(f"{path}-wal").write_bytes(b"the last entries")
    with pytest.raises(Unavailable, match="-wal file beside it"):
        Log(path)


@pytest.mark.parametrize("kind", [["x"], {"a": 1}, 5, None])
def test_a_frame_whose_kind_is_no_text_is_no_frame(kind: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_frame(msgspec.json.encode({"kind": kind}))
