"""What is erased is nowhere: not in the program, and not in any byte of any file that the program keeps."""

import contextlib
import multiprocessing
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.log import erasing, rewriting, store
from commandlog.log import rebuild as rebuild_module
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk, sit_down
from commandlog.log.erasing import purge, purge_all, unpurged
from commandlog.log.keys import settings_folder
from commandlog.log.rebuild import Stored, first_difference, rebase, rebuild, stored, take
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import Damaged, Unavailable
from commandlog.verbs import saying, withholding
from commandlog.verbs.attaching import attach
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.log.histories import HISTORY, Step, begin, everything, play

# no other word begins like it, so that the index cannot store it but for its beginning; and its first three letters,
# which are indexed by themselves, are a word's beginning that nothing else has
CANARY = "qzvkxjwfghp"
TRACES = (b"qzvk", b"kxjwfghp", b"1qzv")


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everything lands that this test writes, temporary files too."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.fixture
def never_at_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let closing not finish what a test wants to see unfinished."""
    monkeypatch.setattr(store, "purge_all", lambda *_: None)


def traces(folder: Path, wanted: tuple[bytes, ...] = TRACES) -> set[str]:
    """Return the files of a folder in which a trace is left; no log of it may be open in this process."""
    return {
        f"{path.relative_to(folder)}: {one.decode()}"
        for path in folder.rglob("*")
        if path.is_file()
        for one in wanted
        if one in path.read_bytes()
    }


def seen_from_outside(folder: Path, wanted: tuple[bytes, ...] = TRACES) -> set[str]:
    """Return the same, looked at by another process, while logs are open here."""
    looking = (
        "import sys; from pathlib import Path; from tests.log.test_erasing import traces;"
        f"print('\\n'.join(traces(Path(sys.argv[1]), {wanted!r})))"
    )
    done = subprocess.run([sys.executable, "-c", looking, folder], capture_output=True, text=True, check=True)
    return set(done.stdout.split("\n")) - {""}


def say(desk: Desk) -> int:
    """Say something that has the canary in every part of its words."""
    return saying.report(
        desk,
        f"melding {CANARY} bij de poort, " + "lang verhaal " * 20,
        person=CANARY,
        where=f"achter {CANARY}",
        raw={"melder": CANARY, CANARY: "x"},
        pin=(52.1, 4.9),
    ).seq


def fill(desk: Desk, number: int = 60) -> None:
    for n in range(number):
        saying.note(desk, f"regel {n} over van alles en nog wat")


# -- no byte -----------------------------------------------------------------------------------------------------------


def test_no_byte_is_left_anywhere(venue: Desk, own_folder: Path) -> None:
    fill(venue)
    entry = say(venue)
    saying.correct(venue, entry, f"toch {CANARY} bij de trap", reason=f"{CANARY} verstaan")
    saying.add_to(venue, entry, f"en nog {CANARY}")
    attach(venue, entry, CANARY.encode() * 1000, name=f"{CANARY}.txt", text=CANARY)
    fill(venue)
    assert verify(venue.log.path, deep=True).holds
    assert seen_from_outside(own_folder)  # a control: it would be found
    withholding.erase(venue, (entry,), "op verzoek", thread=True)
    assert purge_all(venue.log).left is None
    assert seen_from_outside(own_folder) == set()
    assert verify(venue.log.path, deep=True).holds
    venue.log.close()
    assert traces(own_folder) == set()


def _without_purging(log: Log) -> None:
    pass


def _with_sqlite_as_it_comes(log: Log) -> None:
    log.db.execute("PRAGMA secure_delete = OFF")
    purge_all(log)


@pytest.mark.usefixtures("never_at_close")
@pytest.mark.parametrize("way", [_without_purging, _with_sqlite_as_it_comes])
def test_what_does_less_leaves_something(venue: Desk, own_folder: Path, way: Callable[[Log], None]) -> None:
    """The controls: each of these must be caught by looking for the canary."""
    words = random.Random(3)
    entries = []
    for n in range(400):
        text = " ".join("".join(words.choices("abcdefgh", k=6)) for _ in range(12))
        entries.append(saying.note(venue, f"{text} {_token(words, n)}").seq)
        if n % 50 == 0:
            venue.log.tend()
    said = [_token_of(venue, seq) for seq in entries]
    if way is _with_sqlite_as_it_comes:
        venue.log.db.execute("PRAGMA secure_delete = OFF")
    for seq in entries[::2]:
        withholding.erase(venue, (seq,), "op verzoek")
    way(venue.log)
    venue.log.empty_write_ahead()
    venue.log.close()
    assert traces(own_folder, tuple(said[::2]))


def _token(words: random.Random, n: int) -> str:
    return "".join(words.choices("klmnopqrst", k=10)) + f"{n:04}"


def _token_of(desk: Desk, seq: int) -> bytes:
    found = desk.log.record(seq).words
    assert found
    return found.text.split()[-1].encode()[2:]  # the index may keep the beginning of a word elsewhere


@pytest.mark.parametrize("seed", range(3))
def test_whatever_was_erased_when_nothing_is_left(venue: Desk, own_folder: Path, seed: int) -> None:
    """Long and short words, single and together, between merges and before others: rows move, and leave no copies."""
    words = random.Random(seed)
    there: dict[int, bytes] = {}
    gone: list[bytes] = []
    for n in range(500):
        text = " ".join("".join(words.choices("abcdefgh", k=6)) for _ in range(words.choice((0, 3, 12, 60, 900))))
        seq = saying.note(venue, f"{text} {_token(words, n)}".strip()).seq
        there[seq] = _token_of(venue, seq)
        if n % 40 == 0:
            venue.log.tend()
        if n % 25 == 24:
            some = tuple(words.sample(sorted(there), words.choice((1, 1, 5, 12))))
            withholding.erase(venue, some, "op verzoek")
            gone += [there.pop(one) for one in some]
            purge_all(venue.log, time.monotonic() + words.choice((0, 0.005, 0.02, 5)))
    assert purge_all(venue.log).left is None
    assert verify(venue.log.path, deep=True).holds
    venue.log.close()
    assert traces(own_folder, tuple(gone)) == set()
    assert traces(own_folder, tuple(there.values()))


def test_short_words_are_gone_too(venue: Desk, own_folder: Path) -> None:
    words = random.Random(1)
    texts = ["".join(words.choices("klmnpq", k=4)) for _ in range(300)]
    entries = [saying.note(venue, text, occurred_at=1).seq for text in texts]
    withholding.erase(venue, tuple(entries[::2]), "op verzoek")
    purge_all(venue.log)
    venue.log.close()
    for one in set(texts[::2]) - set(texts[1::2]):
        assert traces(own_folder, (f'"{one}"'.encode(),)) == set()


def test_neither_are_attachments_whatever_lies_beside_them(venue: Desk, own_folder: Path) -> None:
    words = random.Random(5)
    entry = saying.note(venue, "met bijlagen").seq
    attached, marks = [], []
    for n in range(30):
        mark = _token(words, n).encode()
        marks.append(mark)
        attached.append(attach(venue, entry, mark * words.choice((20, 250, 2_000, 40_000))).seq)
    order = list(range(30))
    words.shuffle(order)
    for n in order[:20]:
        withholding.erase(venue, (attached[n],), "op verzoek")
    purge_all(venue.log)
    assert verify(venue.log.path, deep=True).holds
    venue.log.close()
    assert traces(own_folder, tuple(marks[n] for n in order[:20])) == set()
    assert len(traces(own_folder, tuple(marks[n] for n in order[20:]))) == 10


# -- pending, and cut short --------------------------------------------------------------------------------------------


def test_a_reader_keeps_it_in_the_write_ahead_log_and_that_is_said(venue: Desk, own_folder: Path) -> None:
    entry = say(venue)
    reader = sqlite3.connect(venue.log.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM records").fetchone()
    withholding.erase(venue, (entry,), "op verzoek")
    left = purge_all(venue.log).left
    assert left
    assert left.rewritten
    assert left.waiting == venue.now
    assert seen_from_outside(own_folder)
    assert not venue.log.tend()  # nothing that would go on by being called again
    reader.execute("COMMIT")
    reader.close()
    venue.log.tend()
    assert unpurged(venue.log.db) is None
    assert seen_from_outside(own_folder) == set()


def test_idle_moments_go_on_with_it(venue: Desk, own_folder: Path) -> None:
    entry = say(venue)
    fill(venue)
    withholding.erase(venue, (entry,), "op verzoek")
    for _slice in range(50):
        if not venue.log.tend():
            break
    assert unpurged(venue.log.db) is None
    assert seen_from_outside(own_folder) == set()


def test_closing_finishes_what_is_small(venue: Desk, own_folder: Path) -> None:
    withholding.erase(venue, (say(venue),), "op verzoek")
    venue.log.close()
    assert traces(own_folder) == set()
    with Log(venue.log.path) as log:
        assert unpurged(log.db) is None


def _crash(path: Path, entry: int, slices: int) -> None:
    """Erase, purge a little, and end without any farewell."""
    rewriting.SLICE = 0
    log = Log(path)
    desk = sit_down(log, settings_folder(), "police")
    withholding.erase(desk, (entry,), "op verzoek")
    for _slice in range(slices):
        purge(log)
    os._exit(7)


@pytest.mark.parametrize("slices", [0, 2, 4, 5])
def test_it_goes_on_after_a_crash(venue: Desk, own_folder: Path, slices: int) -> None:
    entry = say(venue)
    fill(venue, 120)
    path = venue.log.path
    venue.log.close()
    other = multiprocessing.get_context("spawn").Process(target=_crash, args=(path, entry, slices))
    other.start()
    other.join(60)
    assert other.exitcode == 7
    with Log(path) as log:
        assert log.record(entry).words is None
        assert verify(path, deep=True).holds
        assert (unpurged(log.db) is None) == (not seen_from_outside(own_folder))
        assert purge_all(log).left is None
        assert first_difference(path) is None
    assert traces(own_folder) == set()


def _write_and_crash(path: Path) -> None:
    log = Log(path)
    say(sit_down(log, settings_folder(), "police"))
    os._exit(7)


def test_what_a_crashed_program_left_in_the_write_ahead_log_goes_too(venue: Desk, own_folder: Path) -> None:
    path = venue.log.path
    venue.log.close()
    other = multiprocessing.get_context("spawn").Process(target=_write_and_crash, args=(path,))
    other.start()
    other.join(60)
    assert f"{path.name}-wal: qzvk" in traces(own_folder)
    with Log(path) as log:
        desk = sit_down(log, settings_folder(), "venue")
        (line,) = timeline.whole(log, live(log), Filter(search=CANARY))
        withholding.erase(desk, (line.entry,), "op verzoek")
        assert purge_all(log).left is None
    assert traces(own_folder) == set()


def _compare_and_crash(path: Path) -> None:
    rebuild_module.difference = lambda *_: os._exit(7)  # type: ignore[attr-defined]
    rebuild_module.first_difference(path)


def test_a_comparison_that_crashes_leaves_no_words_in_the_temporary_folder(venue: Desk, own_folder: Path) -> None:
    with venue.writing():  # so many that they do not fit into memory
        for _n in range(300):
            say(venue)
            fill(venue, 10)
    other = multiprocessing.get_context("spawn").Process(target=_compare_and_crash, args=(venue.log.path,))
    other.start()
    other.join(60)
    assert other.exitcode == 7
    assert traces(own_folder / "tmp") == set()


def test_erasing_more_in_the_middle_of_it_begins_anew(
    venue: Desk, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = saying.note(venue, "eerst dit").seq
    second = say(venue)
    fill(venue, 200)
    monkeypatch.setattr(rewriting, "SLICE", 0)
    withholding.erase(venue, (first,), "op verzoek")
    for _slice in range(4):
        purge(venue.log)
    left = unpurged(venue.log.db)
    assert left
    assert left.done > second  # the new full text has it already
    decision = withholding.erase(venue, (second,), "op verzoek")
    left = unpurged(venue.log.db)
    assert left
    assert left.decisions[1:] == (decision.id,)
    assert left.done == 0
    assert purge_all(venue.log).left is None
    assert verify(venue.log.path, deep=True).holds
    venue.log.close()
    assert traces(own_folder) == set()


def test_a_decision_that_is_taken_back_with_its_transaction_erases_nothing(venue: Desk) -> None:
    entry = say(venue)
    before = everything(venue.log)
    with pytest.raises(ZeroDivisionError), venue.writing():
        withholding.erase(venue, (entry,), "op verzoek")
        raise ZeroDivisionError
    assert venue.log.record(entry).words
    assert unpurged(venue.log.db) is None
    assert everything(venue.log) == before


@pytest.mark.parametrize("after", range(1, 8))
def test_a_slice_that_fails_leaves_the_log_as_it_was(venue: Desk, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    entry = say(venue)
    fill(venue, 120)
    monkeypatch.setattr(rewriting, "SLICE", 0)
    withholding.erase(venue, (entry,), "op verzoek")
    before = everything(venue.log)
    keep, calls = erasing._keep, iter(range(100))

    def failing(db: sqlite3.Connection, left: erasing.Unpurged) -> None:
        keep(db, left)
        if next(calls) == after:
            raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(erasing, "_keep", failing)
    with contextlib.suppress(Unavailable):
        purge_all(venue.log)
    assert everything(venue.log) == before
    assert purge_all(venue.log).left is None
    assert everything(venue.log) == before
    assert verify(venue.log.path, deep=True).holds


@pytest.mark.usefixtures("never_at_close")
def test_who_works_meanwhile_sees_nothing_of_it(venue: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = say(venue)
    fill(venue, 200)
    monkeypatch.setattr(rewriting, "SLICE", 0)
    with Log(venue.log.path) as other:
        police = sit_down(other, settings_folder(), "police")
        withholding.erase(venue, (entry,), "op verzoek")
        number = 0
        while purge(venue.log).goes_on:
            saying.note(police, f"intussen {number}")
            number += 1
            found = list(timeline.whole(other, live(other), Filter(search="intussen")))
            assert len(found) == number
            assert len(timeline.page(other, live(other), Filter(search="regel 19")).lines) == 11
            assert verify(venue.log.path).holds
        assert number > 5
    assert first_difference(venue.log.path) is None


def test_the_full_text_can_be_derived_anew_in_the_middle_of_it(venue: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = say(venue)
    fill(venue, 200)
    monkeypatch.setattr(rewriting, "SLICE", 0)
    withholding.erase(venue, (entry,), "op verzoek")
    purge(venue.log)
    purge(venue.log)
    rebuild(venue.log)
    assert purge_all(venue.log).left is None
    assert verify(venue.log.path, deep=True).holds


def test_a_log_that_cannot_be_written_says_so(venue: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "purge_all", lambda *_: None)
    withholding.erase(venue, (say(venue),), "op verzoek")
    venue.log.empty_write_ahead()
    venue.log.close()
    folder = venue.log.path.parent
    monkeypatch.setattr("os.access", lambda name, mode: folder not in Path(name).parents or mode == os.R_OK)
    with Log(venue.log.path) as log:
        purging = purge_all(log)
    assert purging.left
    assert not purging.goes_on


def test_what_somebody_wrote_into_the_note_of_it_is_no_obstacle(venue: Desk) -> None:
    withholding.erase(venue, (say(venue),), "op verzoek")
    venue.log.db.execute("UPDATE meta SET value = 'nonsense' WHERE key = 'unpurged'")
    assert purge_all(venue.log).left is None


def test_a_record_that_cannot_be_read_is_told(venue: Desk) -> None:
    entry = say(venue)
    other = saying.note(venue, "beschadigd").seq
    withholding.erase(venue, (entry,), "op verzoek")
    venue.log.db.execute("UPDATE records SET words = zeroblob(40) WHERE seq = ?", (other,))
    with pytest.raises(Damaged, match=f"record {other} says") as damaged:
        purge_all(venue.log)
    assert damaged.value.position == other
    assert unpurged(venue.log.db)


# -- in the shared order -----------------------------------------------------------------------------------------------


def test_words_are_destroyed_when_the_decision_has_its_place_in_the_order(venue: Desk, tmp_path: Path) -> None:
    entry = say(venue)
    with_words = list(stored(venue.log.db, 1, entry))
    withholding.erase(venue, (entry,), "op verzoek")
    decision = list(stored(venue.log.db, entry + 1))
    for waits in (False, True):
        with Log(tmp_path / f"{waits}.clog", create=True) as other:
            with other.writing():
                for one in (*with_words, *(d.provisional(0) if waits else d for d in decision)):
                    take(other.db, one)
            if waits:
                assert next(stored(other.db, entry, entry)).words == with_words[-1].words
                rebase(other, decision)
            (after,) = stored(other.db, entry, entry)
            assert (after.words, unpurged(other.db) is not None) == (None, True)
            assert purge_all(other).left is None
        assert traces(tmp_path, (CANARY.encode(),)) <= {f"event.clog{end}: {CANARY}" for end in ("", "-wal")}


@given(HISTORY)
def test_whoever_takes_the_records_with_their_words_ends_up_with_the_same(history: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desks = begin(Path(folder))
        log = desks["venue"].log
        as_written: list[Stored] = []
        for step in [("note", 0, 1, 0, "eerst", 0), *history, ("erase", 0, 9, 0, "", 0), *history]:
            play(desks, [step])
            as_written += stored(log.db, len(as_written) + 1)
        with Log(Path(folder) / "other.clog", create=True) as other:
            rebase(other, [one for one in as_written if one.seq < PROVISIONAL])
            assert list(stored(other.db)) == list(stored(log.db))
            assert everything(other) == everything(log)
        log.close()


@given(HISTORY, HISTORY, st.integers(0, 3))
def test_purging_changes_nothing_that_is_derived(before: list[Step], after: list[Step], slices: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desks = begin(Path(folder))
        log = desks["venue"].log
        play(desks, before)
        with contextlib.suppress(Exception):
            withholding.erase(desks["venue"], (log.head.seq,), "x")
        for _slice in range(slices):
            purge(log)
        play(desks, after)
        there = everything(log)
        assert purge_all(log).left is None
        assert everything(log) == there
        assert first_difference(log.path) is None
        log.close()
