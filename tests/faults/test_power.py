"""Power cuts, the short way: a few through every work, the controls, and the disk that they are tried on."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from commandlog.log import schema
from tests.faults import power, system_calls, vfs
from tests.faults.disk import Disk, Recorder, Tree, read_tree
from tests.faults.layer import (
    FolderSynced,
    Linked,
    Op,
    Opened,
    Synced,
    Truncated,
    Unlinked,
    Wrote,
)
from tests.faults.power import CONTROL, cut, record, run
from tests.faults.work import WORKS, Place, Work

REASON = vfs.why_not()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)
CUTS = 10
MANY = 300


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_nothing_acknowledged_is_lost(work: Work) -> None:
    (found,) = run(seed=1, cuts=CUTS, works=(work,))
    assert (found.lost, found.broken, found.faults) == (0, 0, [])
    assert found.cuts == CUTS
    assert found.acknowledged > 3
    assert found.syncs > 3


@pytest.mark.parametrize("strength", ["NORMAL", "OFF"])
def test_a_log_that_syncs_less_loses_something(strength: str) -> None:
    found = run(seed=1, cuts=60, works=CONTROL, strength=strength)
    assert sum(one.lost for one in found) > 0
    assert strength == "NORMAL" or sum(one.broken for one in found) > 0


def test_a_cut_can_be_made_again() -> None:
    (work,) = (work for work in WORKS if work.name == "tending")
    with power.scratch() as folder, power.syncing("NORMAL"):
        recording = record(work, folder)
    first, second = cut(recording, 20, "7"), cut(recording, 20, "7")
    assert first.faults == second.faults != []
    number = int(first.faults[0].partition(":")[2].partition(" ")[0])
    only = cut(recording, 20, "7", only=number)
    assert only.faults == [one for one in first.faults if one.startswith(f"tending:{number} ")]
    assert only.cuts == 1


def test_the_migration_is_cut_and_not_only_what_comes_after_it(tmp_path: Path) -> None:
    (work,) = (work for work in WORKS if work.name == "migration")
    recording = record(work, tmp_path)
    version = slice(60, 64)  # of the file's header: PRAGMA user_version
    assert int.from_bytes(recording.recorder.start["event.clog"][version], "big") == 1 < schema.VERSION
    assert int.from_bytes((tmp_path / "event.clog").read_bytes()[version], "big") == schema.VERSION


def test_what_is_written_unseen_is_found_out(tmp_path: Path) -> None:
    def unseen(place: Place) -> None:
        os.truncate(place.path, 100)

    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(AssertionError, match="not recorded"):
        record(Work("unseen", unseen), folder)


def test_the_layer_records_what_python_does_to_files(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old").write_bytes(b"old")
    recorder = Recorder(folder)
    with system_calls.between(recorder):
        (folder / "made").mkdir()
        file = os.open(folder / "made" / "new", os.O_WRONLY | os.O_CREAT)
        os.write(file, b"12345")
        os.write(file, b"678")
        os.ftruncate(file, 6)
        os.fsync(file)
        os.close(file)
        (folder / "made" / "new").rename(folder / "old")
        with pytest.raises(AssertionError, match="does not see"):
            (folder / "other").write_text("unseen")
    disk = _disk(folder, recorder.start, recorder.ops)
    assert disk.as_seen() == read_tree(folder) == {"old": b"123456"}
    # no name was synced: neither those of the folder and the file in it, nor the one that it has now
    assert _everything_left(disk) == [{"old": b"123456"}, {"old": b"old", "made/new": b"123456"}, {"old": b"old"}]


def _disk(folder: Path, start: Tree, ops: list[Op]) -> Disk:
    disk = Disk(str(folder.resolve()), start, random.Random(1))
    for op in ops:
        disk.take(op)
    return disk


def _everything_left(disk: Disk) -> list[Tree]:
    """Return every state that many cuts at one moment leave behind."""
    found: list[Tree] = []
    for number in range(MANY):
        tree = disk.after_cut(random.Random(number))
        if tree not in found:
            found.append(tree)
    return sorted(found, key=str)


Folder = Callable[[str], str]
A = "/f/a"


def left(*ops: Op, start: Tree | None = None) -> list[Tree]:
    return _everything_left(_disk(Path("/f"), {"a": b"old"} if start is None else start, list(ops)))


def test_what_was_synced_is_there_and_what_was_not_may_be_anything() -> None:
    write = Wrote(1, 0, b"new")
    assert left(Opened(1, A), write, Synced(1)) == [{"a": b"new"}]
    unsynced = left(Opened(1, A), write)
    assert {"a": b"new"} in unsynced
    assert {"a": b"old"} in unsynced
    assert len(unsynced) > 2  # rubbish


def test_writes_that_were_not_synced_survive_in_any_order() -> None:
    start = {"a": bytes(1024)}
    first, second = Wrote(1, 0, b"x" * 512), Wrote(1, 512, b"y" * 512)
    found = [tree["a"] for tree in left(Opened(1, A), first, second, start=start)]
    for kept in (b"\0\0", b"x\0", b"\0y", b"xy"):
        assert bytes(kept[:1] * 512 + kept[1:] * 512) in found


def test_a_long_write_is_torn_at_sectors() -> None:
    found = [tree["a"] for tree in left(Opened(1, A), Wrote(1, 0, b"x" * 1024), start={"a": b"-" * 1024})]
    assert b"x" * 512 + b"-" * 512 in found
    assert b"-" * 512 + b"x" * 512 in found


def test_a_length_is_as_uncertain_as_what_is_written() -> None:
    found = left(Opened(1, A), Truncated(1, 0))
    assert found == [{"a": b""}, {"a": b"old"}]


def test_a_new_file_is_there_when_its_folder_was_synced() -> None:
    made = (Opened(1, "/f/b"), Wrote(1, 0, b"x"), Synced(1))
    assert left(*made, start={}) == [{"b": b"x"}, {}]
    assert left(*made, FolderSynced("/f"), start={}) == [{"b": b"x"}]
    assert left(*made, FolderSynced("/f"), Unlinked("/f/b"), start={}) == [{"b": b"x"}, {}]


def test_a_rename_happens_whole_or_not_at_all() -> None:
    start = {"a": b"one", "b": b"two"}
    assert left(Linked(A, "/f/b", moved=True), start=start) == [{"a": b"one", "b": b"two"}, {"b": b"one"}]


def test_a_sync_that_failed_may_have_lost_what_it_should_have_kept() -> None:
    states = set()
    for number in range(MANY):
        disk = Disk("/f", {"a": b"old"}, random.Random(number))
        for op in (Opened(1, A), Wrote(1, 0, b"new"), Synced(1, failed=True), Synced(1)):
            disk.take(op)
        states.add(disk.after_cut(random.Random(number))["a"])
    assert {b"old", b"new"} <= states
