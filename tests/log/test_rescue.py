"""Damaged logs: what can be read is saved, what is saved is what was written, and the file itself stays as it is."""

import errno
import io
import json
import multiprocessing
import os
import random
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from commandlog.cli import BAD_INPUT, DONE, main
from commandlog.export.rescued import DAMAGED, LINES, TEXT, rescue
from commandlog.log import chain, evidence
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.pages import LIVE, Image
from commandlog.log.rebuild import Stored, stored
from commandlog.log.rescue import own_keys
from commandlog.log.store import Log
from commandlog.log.survey import Saved, Survey
from commandlog.log.verify import verify
from commandlog.model.errors import Damaged, RuleError
from commandlog.model.keeping import Attached, Erased
from commandlog.model.records import Note
from commandlog.verbs import closing, events, saying, tasks
from commandlog.verbs.attaching import attach
from tests.events import Clock, concert

PAGE = 4096
ERASED = "Kanarie-9Z3K"


class Original(NamedTuple):
    """An undamaged log: its file, its write-ahead log where there is one, and the records that it has."""

    path: Path
    main: bytes
    wal: bytes
    records: dict[int, Stored]
    settings: Path
    references: dict[int, str]

    def damaged(self, folder: Path, main: bytes | None = None, wal: bytes | None = None) -> Path:
        """Put a damaged state of it into a folder."""
        folder.mkdir(parents=True)
        path = folder / self.path.name
        path.write_bytes(self.main if main is None else main)
        if wal := self.wal if wal is None else wal:
            Path(f"{path}-wal").write_bytes(wal)
        return path


def fill(path: Path, records: int) -> None:
    """Write an evening: short entries and long ones, tasks, several desks, a photo, and words that were erased."""
    clock = Clock()
    dice = random.Random(7)
    venue = events.open_event(path, concert(), settings_folder(), clock=clock)
    with venue.log as log:
        desks = [venue, *(sit_down(log, settings_folder(), party) for party in ("police", "baken"))]
        first = saying.note(venue, f"dit wordt gewist: {ERASED}").seq
        for n in range(records):
            clock.tick(20)
            words = " ".join(
                str(dice.getrandbits(64)) for _ in range(dice.choice((1, 3, 9, 30, 400 if n % 50 == 0 else 5)))
            )
            saying.note(dice.choice(desks), f"regel {n}: {words}", audience=("police", "venue") if n % 9 == 0 else ())
            if n % 40 == 0:
                tasks.accept(desks[1], tasks.propose(venue, f"actie {n}", to_party="police").seq)
        attach(venue, first, b"%PDF-1.4\n" + dice.randbytes(700_000), name="plattegrond.pdf")
        with venue.writing():
            venue.append(Erased, records=(log.record(first).id,))
        for n in range(20):
            saying.note(venue, f"tot slot {n}")


def original(path: Path) -> Original:
    with Log(path) as log:
        records = {one.seq: one for one in stored(log.db)}
        references = {record.seq: record.reference for record in log.records()}
    return Original(path, path.read_bytes(), b"", records, settings_folder(), references)


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Original]:
    """A log of some thousand records, all in its file."""
    folder = tmp_path_factory.mktemp("evening")
    with pytest.MonkeyPatch.context() as machine:
        machine.setenv("COMMANDLOG_SETTINGS", str(folder / "settings"))
        fill(folder / "event.clog", 1000)
        yield original(folder / "event.clog")


def _leave_wal(path: Path) -> None:
    """Write on, and end as a program does that is killed: what was stored since lies in the write-ahead log."""
    log = Log(path, clock=Clock(1_782_600_000_000))
    desk = sit_down(log, settings_folder(), "venue")
    for n in range(120):
        saying.note(desk, f"nog in het write-ahead log {n} " + "x" * (n * 31 % 700))
    os._exit(9)


@pytest.fixture(scope="module")
def killed(evening: Original, tmp_path_factory: pytest.TempPathFactory) -> Original:
    """The same log after a program wrote on in it and was killed."""
    path = evening.damaged(tmp_path_factory.mktemp("killed") / "log")
    with pytest.MonkeyPatch.context() as machine:
        machine.setenv("COMMANDLOG_SETTINGS", str(evening.path.parent / "settings"))
        other = multiprocessing.get_context("spawn").Process(target=_leave_wal, args=(path,))
        other.start()
        other.join(60)
        assert other.exitcode == 9
    main_file, wal = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    twin = path.with_name("twin.clog")
    twin.write_bytes(main_file)
    Path(f"{twin}-wal").write_bytes(wal)
    found = original(twin)
    assert len(found.records) == len(evening.records) + 120
    return found._replace(path=path, main=main_file, wal=wal)


def survey(path: Path, work: Path, settings: Path | None = None) -> tuple[list[Saved], Survey]:
    """Return what can be read of a damaged log (a copy of one: nothing else has it open)."""
    with Survey(path, Path(f"{path}-wal"), work) as found:
        found.look(partial(own_keys, settings or settings_folder()))
        return list(found.saved()), found


def check(whole: Original, path: Path, work: Path) -> tuple[int, int, Survey]:
    """Hold what is saved against what was written; returns how many records verify, and how many rows are intact.

    What verifies is what was written, to the byte. Every record whose row still lies in the file in one piece is there.
    """
    saved, found = survey(path, work, whole.settings)
    by_position = {one.record.seq: one for one in saved}
    assert len(by_position) == len(saved)
    for one in saved:
        if not one.fault:
            expected = whole.records[one.record.seq]
            assert (one.record.frame, one.record.words) == (expected.frame, expected.words)
            assert one.record == expected or not (one.chained or one.placed)
    left = path.read_bytes() + (Path(f"{path}-wal").read_bytes() if Path(f"{path}-wal").exists() else b"")
    intact = [seq for seq, record in whole.records.items() if _lies_in(left, record)]
    missing = {seq: by_position.get(seq) for seq in intact if seq not in by_position or by_position[seq].fault}
    assert not missing, [(seq, one and one.fault) for seq, one in missing.items()]
    chained = [one.record.seq for one in saved if one.chained]
    assert chained == list(range(1, found.sound + 1))
    return sum(not one.fault for one in saved), len(intact), found


def _lies_in(data: bytes, record: Stored) -> bool:
    """Whether a whole row lies in one piece somewhere, as one does that fits on its page."""
    values = (record.header, record.hash, record.frame, record.words, record.words_hash)
    types = b"\0" + b"".join(b"\0" if one is None else _varint(2 * len(one) + 12) for one in values)
    return bytes([len(types) + 1]) + types + b"".join(one or b"" for one in values) in data


def _varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number >> 7 | 128, number & 127])


def overwrite(data: bytes, places: list[tuple[int, bytes]]) -> bytes:
    changed = bytearray(data)
    for at, new in places:
        changed[at : at + len(new)] = new
    return bytes(changed[: len(data)])


# what is found


def test_of_an_undamaged_log_everything_is_saved(evening: Original, tmp_path: Path) -> None:
    verified, intact, found = check(evening, evening.damaged(tmp_path / "log"), tmp_path)
    assert verified == len(evening.records) == found.sound == found.last
    assert intact > 0.9 * verified  # the others overflow to further pages
    assert (found.fault, found.gaps) == ("", [])


@pytest.mark.parametrize("seed", range(40))
def test_random_pages_overwritten(evening: Original, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    pages = len(evening.main) // PAGE
    places = []
    for _n in range(dice.choice((1, 3, 12, 60))):
        whole = dice.random() < 0.6
        start = dice.randrange(pages) * PAGE + (0 if whole else dice.randrange(PAGE))
        size = PAGE if whole else dice.randrange(1, PAGE)
        places.append((start, dice.choice((bytes(size), dice.randbytes(size)))))
    path = evening.damaged(tmp_path / "log", overwrite(evening.main, places))
    verified, intact, found = check(evening, path, tmp_path)
    assert verified >= intact
    lost = sum(gap.last - gap.first + 1 for gap in found.gaps)
    assert lost + len(list(_positions(tmp_path))) == found.last


def _positions(work: Path) -> Iterator[int]:
    db = sqlite3.connect(work / "found.db")
    yield from (seq for (seq,) in db.execute("SELECT seq FROM chosen"))
    db.close()


@pytest.mark.parametrize("seed", range(8))
def test_single_bytes_flipped_everywhere(evening: Original, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    places = [
        (at, bytes([evening.main[at] ^ 1 << dice.randrange(8)]))
        for at in (dice.randrange(len(evening.main)) for _ in range(400))
    ]
    check(evening, evening.damaged(tmp_path / "log", overwrite(evening.main, places)), tmp_path)


def test_the_pages_above_the_records_are_gone(evening: Original, tmp_path: Path) -> None:
    """Every page that leads to others is overwritten, in tables and indexes: the rows are found all the same."""
    places = [(at, bytes(PAGE)) for at in range(PAGE, len(evening.main), PAGE) if evening.main[at] in (0x02, 0x05)]
    assert places
    damaged = overwrite(evening.main, places)
    with pytest.raises(sqlite3.DatabaseError):
        _read_by_sqlite(damaged, tmp_path)
    verified, _intact, found = check(evening, evening.damaged(tmp_path / "log", damaged), tmp_path)
    assert verified == found.sound == len(evening.records)


def _read_by_sqlite(data: bytes, folder: Path) -> None:
    (folder / "plain").write_bytes(data)
    db = sqlite3.connect(folder / "plain")
    try:
        db.execute("SELECT sum(length(words)) FROM records").fetchone()
    finally:
        db.close()


@pytest.mark.parametrize("size", [100, PAGE, 3 * PAGE])
def test_the_header_is_zeroed(evening: Original, tmp_path: Path, size: int) -> None:
    path = evening.damaged(tmp_path / "log", overwrite(evening.main, [(0, bytes(size))]))
    with pytest.raises(Damaged, match="rescue"):
        Log(path)
    verified, intact, _found = check(evening, path, tmp_path)
    assert verified >= intact > 0.9 * len(evening.records)


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1])
def test_the_file_is_cut_off(evening: Original, tmp_path: Path, share: float) -> None:
    path = evening.damaged(tmp_path / "log", evening.main[: int(len(evening.main) * share)])
    verified, intact, _found = check(evening, path, tmp_path)
    assert verified >= intact


def test_the_heads_of_all_pages_are_gone(evening: Original, tmp_path: Path) -> None:
    """Where a page does not say any more what is on it, its records are found by how they begin."""
    places = [(at, bytes(8)) for at in range(0, len(evening.main), PAGE)]
    verified, intact, _found = check(
        evening, evening.damaged(tmp_path / "log", overwrite(evening.main, places)), tmp_path
    )
    assert verified >= intact > 0.9 * len(evening.records)


def test_other_page_sizes(evening: Original, tmp_path: Path) -> None:
    for size in (1024, 16384):
        path = evening.damaged(tmp_path / str(size))
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute(f"PRAGMA page_size = {size}")
        db.execute("VACUUM")
        db.close()
        path.write_bytes(bytes(200) + path.read_bytes()[200:])
        (tmp_path / f"work {size}").mkdir()
        saved, found = survey(path, tmp_path / f"work {size}")
        assert found.image.size == size
        assert len([one for one in saved if not one.fault]) >= len(evening.records) - 3


# the write-ahead log


def test_what_lies_in_the_write_ahead_log_is_saved_too(killed: Original, tmp_path: Path) -> None:
    verified, _intact, found = check(killed, killed.damaged(tmp_path / "log"), tmp_path)
    assert verified == found.sound == len(killed.records)


def test_the_write_ahead_log_is_lost(killed: Original, evening: Original, tmp_path: Path) -> None:
    verified, _intact, found = check(killed, killed.damaged(tmp_path / "log", wal=b"\0" * 32), tmp_path)
    assert verified == found.sound == len(evening.records)


@pytest.mark.parametrize("seed", range(8))
def test_the_write_ahead_log_is_damaged(killed: Original, evening: Original, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    at = dice.randrange(len(killed.wal))
    size = dice.choice((1, 40, PAGE, 5 * PAGE))
    wal = overwrite(killed.wal, [(at, dice.randbytes(size))])
    path = killed.damaged(tmp_path / "log", wal=wal)
    verified, _intact, found = check(killed, path, tmp_path)
    assert verified >= len(evening.records)
    assert (
        verified >= len(killed.records) - 120 * size / PAGE
    )  # what SQLite gives up on behind a fault is saved as well
    seen = _seen_by_sqlite(killed.damaged(tmp_path / "twin", wal=wal))
    assert found.last >= seen
    if at < len(killed.wal) // 2:
        assert found.last > seen


def _seen_by_sqlite(path: Path) -> int:
    db = sqlite3.connect(path)
    try:
        return int(db.execute("SELECT max(seq) FROM records").fetchone()[0])
    finally:
        db.close()


def test_both_are_damaged(killed: Original, tmp_path: Path) -> None:
    for seed in range(6):
        dice = random.Random(seed)
        main_places = [(dice.randrange(len(killed.main)), dice.randbytes(PAGE)) for _ in range(10)]
        wal_places = [(dice.randrange(len(killed.wal)), dice.randbytes(100)) for _ in range(3)]
        folder = tmp_path / str(seed)
        path = killed.damaged(folder / "log", overwrite(killed.main, main_places), overwrite(killed.wal, wal_places))
        check(killed, path, folder)


def test_what_was_taken_back_is_not_saved(evening: Original, tmp_path: Path) -> None:
    """A transaction that never ended lies in the write-ahead log with records that nobody was told are stored."""
    path = evening.damaged(tmp_path / "log")
    spawn = multiprocessing.get_context("spawn")
    other = spawn.Process(target=_leave_unfinished, args=(path,))
    other.start()
    other.join(60)
    assert other.exitcode == 9
    wal = Path(f"{path}-wal").read_bytes()
    assert b"nooit bevestigd" in wal
    saved, found = survey(path, tmp_path)
    assert found.sound == found.last == len(evening.records) + 1
    assert not [one for one in saved if b"nooit bevestigd" in (one.record.words or b"")]


def _leave_unfinished(path: Path) -> None:
    log = Log(path, clock=Clock(1_782_600_000_000))
    log.db.execute("PRAGMA cache_size = 4")  # so that what is not committed yet is written all the same
    with log.writing():
        desk = sit_down(log, settings_folder(), "venue")
    log.db.execute("BEGIN IMMEDIATE")
    log._depth = 1
    for n in range(40):
        saying.note(desk, f"nooit bevestigd {n} " + "x" * 2000)
    log._settle()
    os._exit(9)


# the evidence


def test_what_the_disk_does_not_read_is_left_out(
    evening: Original, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = evening.damaged(tmp_path / "log")
    bad = len(evening.main) // 2 // PAGE

    class Failing(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() == bad * PAGE:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return super().read(size)

    def opened(name: str, mode: str, **_options: object) -> io.FileIO:
        return (Failing if mode == "rb" else io.FileIO)(name, mode)

    monkeypatch.setattr(evidence, "open", opened, raising=False)
    assert evidence.copy(str(path), str(tmp_path / "copy")) == PAGE
    assert (tmp_path / "copy").read_bytes() == overwrite(evening.main, [(bad * PAGE, bytes(PAGE))])


def test_a_log_that_is_open_here_keeps_its_protection_while_it_is_rescued(venue: Desk, tmp_path: Path) -> None:
    saying.note(venue, "open in dit programma")
    done = rescue(venue.log.path, tmp_path / "saved", settings_folder())
    assert done.fault == ""
    wal = Path(f"{venue.log.path}-wal")
    before = wal.stat().st_ino
    other = multiprocessing.get_context("spawn").Process(target=_come_and_go, args=(venue.log.path,))
    other.start()
    other.join(60)
    assert other.exitcode == 0
    assert wal.stat().st_ino == before  # or the other process believed to be the last, and deleted it under us
    saying.note(venue, "nog steeds")
    assert verify(venue.log.path, deep=True).holds


def _come_and_go(path: Path) -> None:
    with Log(path) as log:
        saying.note(sit_down(log, settings_folder(), "police"), "kort erbij")


# nothing wrong comes out


def test_erased_words_stay_erased(evening: Original, tmp_path: Path) -> None:
    """The words lie in an older state of the file, beside a decision that erased them: they are not brought back."""
    path = tmp_path / "event.clog"
    with pytest.MonkeyPatch.context() as machine:
        machine.setenv("COMMANDLOG_SETTINGS", str(tmp_path / "settings"))
        venue = events.open_event(path, concert(), settings_folder(), clock=Clock())
        with venue.log:
            secret = saying.note(venue, f"geheim: {ERASED}").seq
            venue.log.move_write_ahead()
        before = path.read_bytes()
        with Log(path, clock=Clock()) as log:
            desk = sit_down(log, settings_folder(), "venue")
            with desk.writing():
                desk.append(Erased, records=(log.record(secret).id,))
            saying.note(desk, "daarna")
    both = tmp_path / "both"
    both.write_bytes(before + path.read_bytes()[len(before) :] + path.read_bytes())  # both states, in one file
    saved, found = survey(both, tmp_path)
    assert ERASED.encode() in both.read_bytes()
    assert not [one for one in saved if ERASED.encode() in (one.record.words or b"")]
    (gone,) = [one.record for one in saved if one.record.seq == secret]
    assert (gone.words, found.sound) == (None, 6)


@pytest.mark.parametrize("part", ["frame", "words", "hash"])
def test_a_changed_record_is_told_apart(evening: Original, tmp_path: Path, part: str) -> None:
    """Readable and wrong: it is shown, and does not verify; what follows it is not part of the log that goes on."""
    seq = 350
    record = evening.records[seq]
    data = getattr(record, part)
    at = evening.main.index(data) + len(data) // 2
    path = evening.damaged(tmp_path / "log", overwrite(evening.main, [(at, bytes([evening.main[at] ^ 1]))]))
    saved, found = survey(path, tmp_path)
    by_position = {one.record.seq: one for one in saved}
    if part == "hash":  # which the record behind it says as well
        assert (found.sound, found.fault) == (len(evening.records), "")
        return
    assert found.sound == seq - 1
    assert by_position[seq].fault
    assert not by_position[seq + 1].fault
    assert not by_position[seq + 1].chained


def test_a_forged_record_does_not_verify(evening: Original, tmp_path: Path) -> None:
    """Somebody who can write the file, but has no desk's key, puts other words in and makes all hashes fit."""
    path = evening.damaged(tmp_path / "log")
    db = sqlite3.connect(path, isolation_level=None)
    previous = evening.records[499].hash or b""
    for seq, record in [(seq, one) for seq, one in evening.records.items() if seq >= 500]:
        words, header = record.words, chain.unpack_header(record.header)
        if seq == 500 and words:
            words = words[: chain.SALT] + b'{"text":"vals"}'
            header = header._replace(
                digest=chain.digest_of(chain.part_hash(record.frame or b""), chain.part_hash(words))
            )
        packed = chain.pack_header(header[:7], header.party, header.desk)
        previous = chain.link(previous, packed)
        db.execute("UPDATE records SET header = ?, hash = ?, words = ? WHERE seq = ?", (packed, previous, words, seq))
    db.execute("DELETE FROM checkpoints WHERE seq >= 500")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    saved, found = survey(path, tmp_path)
    assert found.sound == 499
    assert [one.record.seq for one in saved if one.fault] == [500]


def test_a_file_that_is_no_log_yields_nothing(tmp_path: Path) -> None:
    for name, data in (("empty", b""), ("noise", random.Random(1).randbytes(100_000)), ("text", b"Dear diary " * 9000)):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(RuleError, match="nothing could be saved"):
            rescue(tmp_path / name, tmp_path / f"out {name}", settings_folder())
        assert not (tmp_path / f"out {name}").exists()
    assert not list(tmp_path.glob(".out*"))


# going on


@pytest.fixture
def broken(evening: Original, tmp_path: Path) -> Path:
    """The log with the page of record 600 gone."""
    at = evening.main.index(evening.records[600].header) // PAGE * PAGE
    return evening.damaged(tmp_path / "broken", overwrite(evening.main, [(at, random.Random(3).randbytes(PAGE))]))


def test_the_beginning_is_a_log_again_in_which_work_goes_on(evening: Original, broken: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in broken.parent.iterdir()}
    done = rescue(broken, tmp_path / "saved", settings_folder())
    assert {path.name: path.read_bytes() for path in broken.parent.iterdir()} == before
    assert {path.name for path in done.folder.iterdir()} >= {DAMAGED, LINES, TEXT, "event.clog"}
    assert (done.folder / DAMAGED / "event.clog").read_bytes() == before["event.clog"]
    assert done.log
    assert verify(done.log, deep=True).holds
    with Log(done.log) as log:
        taken = list(stored(log.db, 1, done.sound))
        desk = sit_down(log, settings_folder(), "venue")
        made = saying.note(desk, "en weer verder")
        notes = [
            record.words.text
            for record in log.records(done.sound + 1)
            if isinstance(record.frame, Note) and record.words
        ]
    assert [(one.header, one.hash, one.frame, one.words) for one in taken] == [
        (one.header, one.hash, one.frame, one.words) for one in list(evening.records.values())[: done.sound]
    ]
    assert desk.code == "V2"  # what is written here is not mistaken for what was lost
    assert made.frame.number == 4  # after the desk, what had been erased, and the note
    assert notes[0].startswith(f"This log was damaged and saved up to record {done.sound}.")
    assert f"{done.lost} record" in notes[0]
    assert verify(done.log, deep=True).holds


def test_what_is_lost_is_said_in_numbers_and_times(evening: Original, broken: Path, tmp_path: Path) -> None:
    done = rescue(broken, tmp_path / "saved", settings_folder())
    assert 500 < done.sound < 600
    assert done.records + done.lost == len(evening.records)
    assert done.verified == done.records
    (gap,) = done.gaps
    assert gap.first == done.sound + 1 <= 600 <= gap.last
    times = [chain.unpack_header(evening.records[seq].header).kept_at for seq in (gap.first - 1, gap.last + 1)]
    assert [gap.after, gap.before] == times
    text = (done.folder / TEXT).read_text("utf-8")
    assert f"({gap.first}–{gap.last}), between 2026-06-27" in text


def test_the_documents_hold_every_record_with_whether_it_verifies(
    evening: Original, broken: Path, tmp_path: Path
) -> None:
    done = rescue(broken, tmp_path / "saved", settings_folder())
    lines = [json.loads(line) for line in (done.folder / LINES).read_text("utf-8").splitlines()]
    assert [line["position"] for line in lines] == [
        seq for seq in evening.records if not 0 <= seq - done.gaps[0].first <= done.gaps[0].last - done.gaps[0].first
    ]
    for line in lines:
        record = evening.records[line["position"]]
        assert line["verifies"] is True
        assert line["in_log"] is (line["position"] <= done.sound)
        assert line["reference"] == evening.references[line["position"]]
        assert line["frame"] == json.loads((record.frame or b"")[chain.SALT :])
        assert line["words"] == (json.loads(record.words[chain.SALT :]) if record.words else None)
        assert line["erased"] is (record.words is None)
    shown = (done.folder / TEXT).read_text("utf-8").splitlines()
    assert sum(line.startswith("= ") for line in shown) == done.sound
    assert sum(line.startswith("+ ") for line in shown) == done.records - done.sound
    assert any("tot slot 19" in line and line.startswith("+ ") for line in shown)


def test_attachments_are_saved_and_one_that_is_lost_is_said(evening: Original, tmp_path: Path) -> None:
    whole = rescue(evening.damaged(tmp_path / "whole"), tmp_path / "saved whole", settings_folder())
    assert whole.log and whole.attachments == ()
    with Log(whole.log) as log:
        assert log.db.execute("SELECT sum(length(bytes)) FROM pieces").fetchone()[0] == 700_009
    (attached,) = [seq for seq, one in evening.records.items() if b'"attached"' in (one.frame or b"")]
    with Log(whole.log) as log:
        frame = log.record(attached).frame
        assert isinstance(frame, Attached)
        at = evening.main.index(
            log.db.execute("SELECT bytes FROM pieces ORDER BY number DESC").fetchone()[0][5000:5200]
        )
    path = evening.damaged(tmp_path / "lost", overwrite(evening.main, [(at, bytes(64))]))
    done = rescue(path, tmp_path / "saved lost", settings_folder())
    assert (done.attachments, done.fault) == ((attached,), "")
    assert done.log
    verdict = verify(done.log, deep=True)
    assert verdict.holds, verdict.fault


def test_words_that_were_erased_by_a_decision_that_is_lost_are_gone(evening: Original, tmp_path: Path) -> None:
    (decision,) = [seq for seq, one in evening.records.items() if b'"erased"' in (one.frame or b"")]
    before = evening.records[decision - 2]
    at = evening.main.index(before.header)
    path = evening.damaged(tmp_path / "log", overwrite(evening.main, [(at, bytes(200))]))
    done = rescue(path, tmp_path / "saved", settings_folder())
    assert done.sound == decision - 3
    assert done.log
    assert ERASED.encode() not in done.log.read_bytes()
    assert ERASED not in (done.folder / LINES).read_text("utf-8")
    verdict = verify(done.log, deep=True)
    assert verdict.holds, verdict.fault


def test_without_its_covenant_there_is_no_log_to_go_on_with(evening: Original, tmp_path: Path) -> None:
    at = evening.main.index(evening.records[3].header)
    path = evening.damaged(tmp_path / "log", overwrite(evening.main, [(at, bytes(300))]))
    done = rescue(path, tmp_path / "saved", settings_folder())
    assert (done.log, done.sound) == (None, 2)
    assert done.records == len(evening.records) - 1
    assert not (done.folder / "event.clog").exists()


def test_a_closed_log_stays_closed(tmp_path: Path) -> None:
    venue = events.open_event(tmp_path / "event.clog", concert(), settings_folder(), clock=Clock())
    with venue.log:
        saying.note(venue, "iets")
        closing.close(venue)
    done = rescue(tmp_path / "event.clog", tmp_path / "saved", settings_folder())
    assert done.log and done.fault == ""
    assert verify(done.log, deep=True).holds
    with Log(done.log) as log, pytest.raises(RuleError, match="closed"):
        saying.note(sit_down(log, settings_folder(), "venue"), "nog iets")


# the command


def test_the_command_says_what_was_saved(broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rescue", str(broken), str(tmp_path / "saved")]) == DONE
    printed = capsys.readouterr().out
    for words in (
        "records are lost",
        "Everything holds up to record",
        str(tmp_path / "saved" / TEXT),
        "which was not changed",
    ):
        assert words in printed
    assert main(["rescue", str(broken), str(tmp_path / "saved")]) == BAD_INPUT
    assert main(["rescue", str(tmp_path / "nothing.clog"), str(tmp_path / "other")]) == BAD_INPUT
    assert capsys.readouterr().err.count("\n") == 2
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("size", [100, 20 * PAGE])
def test_whoever_meets_the_damage_is_told_how_to_rescue(
    evening: Original, tmp_path: Path, capsys: pytest.CaptureFixture[str], size: int
) -> None:
    start = 0 if size == 100 else PAGE
    path = evening.damaged(tmp_path / "log", overwrite(evening.main, [(start, b"\x55" * size)]))
    for command in (["timeline", str(path)], ["report", str(path), "erbij"]):
        assert main(command) == BAD_INPUT
        told = capsys.readouterr().err
        assert told.count("\n") == 1
        assert "commandlog rescue" in told


# while it is open for writing


def test_once_damage_is_met_nothing_more_is_written(evening: Original, tmp_path: Path) -> None:
    path = evening.damaged(tmp_path / "log")
    with Log(path, clock=Clock(1_782_600_000_000)) as log:
        sit_down(log, settings_folder(), "venue")
    path.write_bytes(overwrite(path.read_bytes(), _roots_of_indexes(path)))
    log = Log(path, clock=Clock(1_782_600_000_000))  # which does not look there
    desk = sit_down(log, settings_folder(), "venue")
    with desk.writing():
        log.db.execute("INSERT INTO meta VALUES ('lies in', 'the write-ahead log')")
    before = Path(f"{path}-wal").read_bytes()
    assert before
    for words in ("malformed", "found damaged"):
        with pytest.raises(Damaged, match=f"{words}.*commandlog rescue"):
            saying.note(desk, "mag niet")
    with pytest.raises(Damaged), log.writing():
        pass
    main_file = path.read_bytes()
    log.close()
    assert path.read_bytes() == main_file
    assert Path(f"{path}-wal").read_bytes() == before


def _roots_of_indexes(path: Path) -> list[tuple[int, bytes]]:
    """Return damage to the indexes of the timeline, at which opening a log does not look."""
    db = sqlite3.connect(path)
    query = "SELECT rootpage FROM sqlite_master WHERE type = 'index' AND tbl_name = 'entries'"
    roots = [row[0] for row in db.execute(query)]
    db.close()
    return [((root - 1) * PAGE, b"\x55" * PAGE) for root in roots]


# the pages


def test_pages_are_read_as_sqlite_reads_them(evening: Original, tmp_path: Path) -> None:
    """A control: the rows of every table, read from the pages, are those that SQLite reads."""
    path = evening.damaged(tmp_path / "log")
    image = Image(evening.main)
    db = sqlite3.connect(path)
    try:
        for table, width in (("checkpoints", 4), ("pieces", 3), ("records", 6), ("tasks", 22)):
            roots = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
            assert roots
            expected = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            same_width = [
                name
                for name, sql in db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql NOT NULL")
                if len(db.execute(f"SELECT * FROM {name} LIMIT 0").description) == width
                and "WITHOUT ROWID" not in sql
                and "VIRTUAL" not in sql
            ]
            all_rows = sum(db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in same_width)
            found = [row for page in image.pages() for row in image.rows(page, (width,))[0]]
            assert all(page.standing == LIVE for page in image.pages())
            assert len(found) == all_rows >= expected
    finally:
        db.close()


def test_a_kind_of_damage_that_is_no_damage(evening: Original, tmp_path: Path) -> None:
    """A control: an original and its copy have the same records, and the check above fails for one that is changed."""
    path = evening.damaged(tmp_path / "log")
    wrong = dict(evening.records)
    wrong[200] = wrong[200]._replace(words=b"x" * 40)
    with pytest.raises(AssertionError):
        check(evening._replace(records=wrong), path, tmp_path)
