"""What attachments hold: whole or not there, found when tampered with, gone when erased, swept when left behind."""

import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.log import pieces
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import Unavailable
from commandlog.model.keeping import Erased
from commandlog.model.records import Words
from commandlog.verbs import attaching, saying
from tests.events import Clock

CANARY = b"a child in a yellow coat, seen at gate F"
LONG = b"\x00" + random.Random(3).randbytes(5 * pieces.PIECE + 1000) + CANARY
"""Six pieces, three transactions; no type that is known."""
OTHER = b"\x00" + random.Random(4).randbytes(3 * pieces.PIECE)
DAY = 86_400


def held(db: sqlite3.Connection) -> int:
    """Return how many pieces there are that hold something."""
    return int(db.execute("SELECT count(*) FROM pieces WHERE bytes != x''").fetchone()[0])


def marks(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM meta WHERE key LIKE 'arriving %'").fetchone()[0])


def attached(desk: Desk, content: bytes = LONG) -> int:
    return attaching.attach(desk, saying.note(desk, "kijk").seq, content).seq


def test_a_file_is_called_by_its_salted_hash_and_cut_into_pieces(venue: Desk) -> None:
    record = venue.log.record(attached(venue))
    assert record.words is not None
    assert len(record.words.salt) == 16
    assert record.frame.file == sha256(record.words.salt + LONG).digest()
    numbers = range(pieces.count(len(LONG)))
    parts = [pieces.piece(venue.log.db, record.frame.file, number) for number in numbers]
    assert [len(part or b"") for part in parts] == [pieces.PIECE] * 5 + [1000 + len(CANARY) + 1]
    assert b"".join(part or b"" for part in parts) == LONG
    assert pieces.piece(venue.log.db, record.frame.file, 6) is None
    assert marks(venue.log.db) == 0


def test_the_same_file_twice_is_two_files_with_nothing_in_common(venue: Desk) -> None:
    """Or erasing the one would take the other, and one would tell that the other is there."""
    one, other = (venue.log.record(attached(venue, b"dezelfde")) for _ in range(2))
    assert one.frame.file != other.frame.file
    assert held(venue.log.db) == 2


@given(st.integers(0, 5 * pieces.PIECE))
def test_pieces_make_the_whole(size: int) -> None:
    number = pieces.count(size)
    assert (number - 1) * pieces.PIECE < size <= number * pieces.PIECE or size == number == 0


# -- verify ------------------------------------------------------------------------------------------------------------


def _change(db: sqlite3.Connection) -> None:
    data = bytearray(db.execute("SELECT bytes FROM pieces WHERE number = 2").fetchone()[0])
    data[7] ^= 1
    db.execute("UPDATE pieces SET bytes = ? WHERE number = 2", (bytes(data),))


def _append(db: sqlite3.Connection) -> None:
    db.execute("UPDATE pieces SET bytes = CAST(bytes || x'00' AS BLOB) WHERE number = 5")


def _shorten(db: sqlite3.Connection) -> None:
    db.execute("UPDATE pieces SET bytes = substr(bytes, 1, 100) WHERE number = 5")


def _repeat(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO pieces SELECT file, 6, bytes FROM pieces WHERE number = 5")


def _excused(db: sqlite3.Connection) -> None:
    """Take a piece away, and say that it is still to come."""
    (file,) = db.execute("SELECT file FROM pieces LIMIT 1").fetchone()
    db.execute("DELETE FROM pieces WHERE number = 1")
    db.execute("INSERT INTO meta VALUES (?, '1')", (f"arriving {file.hex()}",))


def _run(*statements: str) -> Callable[[sqlite3.Connection], None]:
    def change(db: sqlite3.Connection) -> None:
        for statement in statements:
            db.execute(statement)

    return change


CHANGES: dict[str, tuple[Callable[[sqlite3.Connection], None], str]] = {
    "a bit": (_change, "changed"),
    "longer": (_append, "changed"),
    "shorter": (_shorten, "changed"),
    "one more": (_repeat, "changed"),
    "an empty one more": (_run("INSERT INTO pieces SELECT file, 6, x'' FROM pieces WHERE number = 5"), "changed"),
    "text": (_run("UPDATE pieces SET bytes = 'tekst' WHERE number = 0"), "changed"),
    "changed round": (
        _run(
            "UPDATE pieces SET number = 9 WHERE number = 0",
            "UPDATE pieces SET number = 0 WHERE number = 1",
            "UPDATE pieces SET number = 1 WHERE number = 9",
        ),
        "changed",
    ),
    "the first is missing": (_run("DELETE FROM pieces WHERE number = 0"), "missing"),
    "the last is missing": (_run("DELETE FROM pieces WHERE number = 5"), "missing"),
    "one is missing": (_run("DELETE FROM pieces WHERE number = 3"), "missing"),
    "one is empty": (_run("UPDATE pieces SET bytes = x'' WHERE number = 3"), "missing"),
    "all are missing": (_run("DELETE FROM pieces"), "missing"),
    "another number": (_run("UPDATE pieces SET number = 7 WHERE number = 5"), "missing"),
    "missing, with an excuse": (_excused, "missing"),
    "of no record": (_run("INSERT INTO pieces VALUES (zeroblob(32), 0, x'00')"), "no record"),
    "the attachment hidden": (_run("DELETE FROM attachments"), "no record"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_pieces_that_are_not_what_was_attached_are_found(venue: Desk, name: str) -> None:
    seq = attached(venue)
    saying.note(venue, "daarna")
    assert verify(venue.log.path, deep=True).holds
    change, words = CHANGES[name]
    change(venue.log.db)
    verdict = verify(venue.log.path)
    assert not verdict.holds
    assert words in verdict.fault
    assert verdict.position == (venue.log.head.seq if words == "no record" else seq)


def test_erasing_leaves_no_piece_and_no_byte(venue: Desk, police: Desk) -> None:
    kept, gone = attached(police, OTHER), attached(venue)
    salt = (venue.log.record(gone).words or Words()).salt
    path = venue.log.path
    venue.log.move_write_ahead()
    with Log(path) as log:  # erased by another program than the one that attached it
        desk = sit_down(log, settings_folder(), "venue")
        with desk.writing():
            desk.append(Erased, Words(reason="verzoek"), records=(log.record(gone).id,))
        assert held(log.db) == pieces.count(len(OTHER))
        assert log.record(gone).words is None
    verdict = verify(path, deep=True)
    assert verdict.holds, verdict.fault
    file = venue.log.record(gone).frame.file
    assert pieces.content(venue.log.db, file, salt, len(LONG)) is None
    there = venue.log.record(kept)
    assert there.words is not None
    assert pieces.content(venue.log.db, there.frame.file, there.words.salt, there.frame.size)
    venue.log.db.execute("INSERT INTO pieces VALUES (?, 99, x'00')", (file,))
    assert "still there" in verify(path).fault
    venue.log.db.execute("UPDATE pieces SET bytes = x'' WHERE number = 99")
    venue.log.close()
    # a log that nobody has open any more may be read by hand; whatever the erased file held is nowhere in it
    raw = b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
    assert _share(OTHER, raw) > 0.98  # the rest lies across the ends of pages
    assert CANARY not in raw
    assert _share(LONG, raw) == 0


def _share(content: bytes, raw: bytes) -> float:
    """Return how much of a file can be found in the raw bytes of a log: of samples of 24 bytes."""
    samples = range(0, len(content) - 24, 4001)
    return sum(content[at : at + 24] in raw for at in samples) / len(samples)


def test_before_erasing_the_bytes_are_in_the_file(venue: Desk) -> None:
    """The control of the test above: it looks where the bytes would be."""
    attached(venue)
    venue.log.close()
    raw = venue.log.path.read_bytes()
    assert CANARY in raw
    assert _share(LONG, raw) > 0.98


# -- what is left behind -----------------------------------------------------------------------------------------------


def _attach_and_stop(path: Path, entry: int, after: int, stopped: str) -> None:
    """Attach in a process of its own, which stands still for ever after so many transactions."""
    seen = 0

    def stand_still(_desk: Desk, **_how: bool) -> None:
        nonlocal seen
        seen += 1
        if seen == after:
            Path(stopped).touch()
            time.sleep(600)

    pytest.MonkeyPatch().setattr(attaching, "_give_way", stand_still)
    with Log(path, clock=Clock()) as log:
        attaching.attach(sit_down(log, settings_folder(), "venue"), entry, LONG)


@pytest.mark.parametrize("after", [1, 2])
def test_a_program_that_is_killed_half_way_leaves_no_attachment(
    venue: Desk, clock: Clock, tmp_path: Path, after: int
) -> None:
    entry, stopped = saying.note(venue, "kijk").seq, tmp_path / "stopped"
    spawn = multiprocessing.get_context("spawn")
    other = spawn.Process(target=_attach_and_stop, args=(venue.log.path, entry, after, str(stopped)))
    other.start()
    while not stopped.exists() and other.is_alive():
        time.sleep(0.01)
    assert other.pid is not None
    os.kill(other.pid, signal.SIGKILL)
    other.join(60)
    db = venue.log.db
    assert (held(db), marks(db)) == (after * pieces.SLICE, 1)  # or nothing was proved
    assert venue.log.refresh() == entry
    assert db.execute("SELECT count(*) FROM attachments").fetchone() == (0,)
    assert verify(venue.log.path, deep=True).holds
    clock.tick(DAY - 60)
    while venue.log.tend():
        pass
    assert held(db) == after * pieces.SLICE  # somebody may still be at it
    clock.tick(120)
    while venue.log.tend():
        pass
    assert (held(db), marks(db)) == (0, 0)
    assert attached(venue)
    assert verify(venue.log.path, deep=True).holds


def test_what_was_left_behind_is_swept_by_the_next_attachment_too(venue: Desk, clock: Clock) -> None:
    with venue.writing():
        pieces.put(venue.log.db, b"x" * 32, LONG, range(5), clock.now)
    clock.tick(DAY + 1)
    attached(venue, b"klein")
    assert (held(venue.log.db), marks(venue.log.db)) == (1, 0)


def test_an_attachment_on_its_way_is_not_swept(venue: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = saying.note(venue, "kijk").seq
    swept = []
    with Log(venue.log.path, clock=venue.log.clock) as other:
        monkeypatch.setattr(attaching, "_give_way", lambda _desk, **_how: swept.append(other.tend()))
        attaching.attach(venue, entry, LONG)
    assert len(swept) == 2
    assert held(venue.log.db) == 6
    assert verify(venue.log.path).holds


def test_one_that_was_swept_under_way_is_refused_whole(
    venue: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that slept for two days in the middle, or a clock that was put right."""
    entry = saying.note(venue, "kijk").seq
    with Log(venue.log.path, clock=Clock(clock.now + 2 * DAY * 1000)) as other:
        monkeypatch.setattr(attaching, "_give_way", lambda _desk, **_how: other.tend())
        with pytest.raises(Unavailable, match="attach it again"):
            attaching.attach(venue, entry, LONG)
    assert (held(venue.log.db), marks(venue.log.db)) == (0, 0)
    assert venue.log.refresh() == entry
    assert verify(venue.log.path, deep=True).holds


def test_what_has_a_record_is_never_swept_or_dropped(venue: Desk, clock: Clock) -> None:
    file = venue.log.record(attached(venue)).frame.file
    with venue.writing():
        venue.log.db.execute("INSERT INTO meta VALUES (?, ?)", (f"arriving {file.hex()}", b"0"))
        assert not pieces.drop(venue.log.db, file)
    clock.tick(9 * DAY)
    while venue.log.tend():
        pass
    assert held(venue.log.db) == 6


def test_marks_that_are_no_marks_are_left_alone(venue: Desk, clock: Clock) -> None:
    venue.log.db.execute("INSERT INTO meta VALUES ('arriving ?', 'x')")
    venue.log.db.execute("INSERT INTO meta VALUES ('arriving 00', 'long ago')")
    clock.tick(9 * DAY)
    while venue.log.tend():
        pass
    assert attached(venue)
