"""Power cuts: what was acknowledged is there afterwards, wherever the power went.

    python -m tests.faults.power [--seed 1] [--cuts 10000] [--json FILE] [--again "WORK:NUMBER"]

The real program does its work (tests/faults/work.py) over a layer that records every write, sync, length and name. At
points drawn from the seed, evenly and close around syncs and acknowledgements, the recording is replayed up to there,
and what was not synced is dropped, kept, torn or mixed (tests/faults/disk.py). The real program then opens what is
left: everything acknowledged is in it, the chain and the signatures verify, nothing derived differs, and one more
entry goes in. Every seventh cut is followed by a second one, in the middle of that.

Two controls must fail, or the proof proves nothing: SQLite told to sync less (synchronous=NORMAL) loses acknowledged
records, and SQLite told not to sync at all (OFF) loses or breaks logs.
"""

import argparse
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from commandlog.log.derived import closings
from commandlog.log.desk import Desk, sit_down
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import CommandLogError
from commandlog.model.records import Record
from commandlog.verbs import events, saying
from tests.events import START, Clock, concert
from tests.faults import system_calls, vfs
from tests.faults.disk import Disk, Recorder, Tree, read_tree, write_tree
from tests.faults.layer import Synced
from tests.faults.promises import Kept, upto
from tests.faults.work import WORKS, Place, Work

DEEP_EVERY, AGAIN_EVERY = 20, 7  # cuts between two that are verified deeply, and that are followed by a second cut
LATER = START + 86_400_000


class Promise(NamedTuple):
    """What must be kept by every cut at or after operation `since`."""

    since: int
    kept: Kept


class Recording(NamedTuple):
    """Work that was done once: the state that it began from, every operation, and what was promised when."""

    work: Work
    recorder: Recorder
    promises: list[Promise]


@dataclass
class Found:
    """What cuts through one work came to."""

    work: str
    operations: int = 0
    syncs: int = 0
    acknowledged: int = 0
    cuts: int = 0
    second: int = 0
    lost: int = 0
    broken: int = 0
    faults: list[str] = field(default_factory=list)


class _Recorded(Place):
    def __init__(self, folder: Path, recorder: Recorder | None) -> None:
        super().__init__(folder)
        self.recorder = recorder
        self.promises: list[Promise] = []

    def promise(self, kept: Kept) -> None:
        if self.recorder:
            self.promises.append(Promise(len(self.recorder.ops), kept))


def record(work: Work, folder: Path) -> Recording:
    """Do a work over the recording layer; `folder` is empty. Raises where anything went by unseen."""
    before = _Recorded(folder, None)
    work.start(before)
    recorder = Recorder(folder)
    place = _Recorded(folder, recorder)
    place.clock.now = before.clock.now
    if recorder.start:
        place.promise(upto(*_last(place.path)))  # what was there stays there
    with vfs.between(recorder), system_calls.between(recorder):
        try:
            work.do(place)
        finally:
            place.leave()
    seen = Disk(recorder.folder, recorder.start, random.Random(0))
    for op in recorder.ops:
        seen.take(op)
    if seen.as_seen() != read_tree(folder):
        raise AssertionError(f"{work.name}: files were written in a way that was not recorded")
    return Recording(work, recorder, place.promises)


def _last(path: Path) -> tuple[int, bytes]:
    """Return the last record's position and check value; the program is not asked, since it might change the file."""
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as db:
        query = "SELECT seq, hash FROM records WHERE hash IS NOT NULL ORDER BY seq DESC LIMIT 1"
        seq, value = db.execute(query).fetchone()
        return int(seq), bytes(value)


def cut_points(recording: Recording, count: int, chance: random.Random) -> list[int]:
    """Choose after how many operations the power goes, in rising order: half of them close to what matters."""
    ops = recording.recorder.ops
    near = [number for number, op in enumerate(ops) if isinstance(op, Synced)]
    near += [promise.since for promise in recording.promises]
    points = []
    for number in range(count):
        point = chance.choice(near) + chance.randint(-2, 2) if number % 2 else chance.randint(0, len(ops))
        points.append(min(max(point, 0), len(ops)))
    return sorted(points)


def cut(recording: Recording, count: int, seed: str, only: int = -1) -> Found:
    """Cut the power `count` times in the middle of a work, and look at what is left each time."""
    recorder, promises = recording.recorder, recording.promises
    name = recording.work.name
    found = Found(name, len(recorder.ops), sum(isinstance(op, Synced) for op in recorder.ops), len(promises))
    disk = Disk(recorder.folder, recorder.start, random.Random(f"{seed} {name}"))
    done = 0
    for number, point in enumerate(cut_points(recording, count, random.Random(f"{seed} {name} points"))):
        for op in recorder.ops[done:point]:
            disk.take(op)
        done = point
        if only not in (-1, number):
            continue
        chance = random.Random(f"{seed} {name} {number}")
        owed = [promise.kept for promise in promises if promise.since <= point]
        _look(found, f"{name}:{number} (after {point} of {len(recorder.ops)})", disk, chance, owed, number)
    return found


def _look(found: Found, where: str, disk: Disk, chance: random.Random, owed: list[Kept], number: int) -> None:
    """Start the program on what is left, perhaps cut it again while it starts, and add up what is wrong."""
    left = disk.after_cut(chance)
    deep = number % DEEP_EVERY == 0
    found.cuts += 1
    with scratch() as folder:
        write_tree(folder, left)
        _leave_rubbish(folder, left, chance)
        if number % AGAIN_EVERY:
            _add_up(found, where, *examine(folder, owed, deep=deep))
            return
        recorder = Recorder(folder)
        with vfs.between(recorder), system_calls.between(recorder):
            result = examine(folder, owed, deep=False)
        _add_up(found, where, *result)
    again = Disk(recorder.folder, recorder.start, chance)
    for op in recorder.ops[: chance.randint(0, len(recorder.ops))]:
        again.take(op)
    found.second += 1
    with scratch() as folder:
        write_tree(folder, again.after_cut(chance))
        _add_up(found, f"{where}, cut again", *examine(folder, owed, deep=deep))


def _add_up(found: Found, where: str, lost: int, fault: str) -> None:
    found.lost += lost
    found.broken += bool(fault)
    if lost or fault:
        found.faults.append(f"{where}: {fault or f'{lost} lost'}")


def _leave_rubbish(folder: Path, left: Tree, chance: random.Random) -> None:
    """Leave something where shared memory was: it is a file to the system, and nobody synced it."""
    if "event.clog" in left and chance.random() < 0.5:
        (folder / "event.clog-shm").write_bytes(chance.randbytes(32768))


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder in memory where the system has that: nothing is to survive in it."""
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="commandlog-cut-") as folder:
        yield Path(folder).resolve()


def examine(folder: Path, owed: list[Kept], *, deep: bool) -> tuple[int, str]:
    """Open a log after a cut as anybody would, check it, write in it; returns how many records it lacks, and a fault.

    Where nothing was owed yet there may be no log; then it can be made.
    """
    place, tree = Place(folder), read_tree(folder)
    try:
        if not owed and not place.path.exists():
            events.open_event(place.path, concert(), place.settings, clock=Clock(LATER)).log.close()
        with Log(place.path, clock=Clock(LATER)) as log:
            lost = max((kept(log, tree) for kept in owed), default=0)
            verdict = verify(place.path, deep=deep)
            if not verdict.holds:
                return lost, f"record {verdict.position}: {verdict.fault}"
            before = log.head.seq
            made = _one_more(sit_down(log, place.settings, "venue"))
            if made.seq <= before or log.refresh() != made.seq:
                return lost, "no entry could be added"
        if deep and not (after := verify(place.path, deep=True)).holds:
            return lost, f"after one more entry: {after.fault}"
    except (CommandLogError, sqlite3.Error, OSError, AssertionError, TypeError) as error:
        return 1 if owed else 0, f"{type(error).__name__}: {error}"
    return lost, ""


def _one_more(desk: Desk) -> Record:
    """Write one more entry; in a log that was closed, something more about one that is there."""
    if not closings.first(desk.log.db):
        return saying.note(desk, "na de storing")
    entry = desk.log.db.execute("SELECT max(entry) FROM entries WHERE kind = 'note'").fetchone()[0]
    return saying.add_to(desk, entry, "na de storing")


class _Weaker(sqlite3.Connection):
    """A connection that syncs less than it was told to, and says otherwise."""

    strength = "NORMAL"

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql == "PRAGMA synchronous = FULL":
            sql = f"PRAGMA synchronous = {self.strength}"
        return super().execute("SELECT 2" if sql == "PRAGMA synchronous" else sql, *values)


@contextmanager
def syncing(strength: str) -> Iterator[None]:
    """Let every connection of this process sync less: NORMAL or OFF."""
    kind = type("Weaker", (_Weaker,), {"strength": strength})
    connect = sqlite3.connect

    def weaker(*arguments: Any, **more: Any) -> Any:
        return connect(*arguments, **{**more, "factory": kind})

    with mock.patch.object(sqlite3, "connect", weaker):
        yield


def run(seed: int, cuts: int, works: tuple[Work, ...] = WORKS, strength: str = "FULL", only: str = "") -> list[Found]:
    """Record each work once and share the cuts out among them; `only` names a single one, "WORK:NUMBER"."""
    found = []
    chosen, _, number = only.rpartition(":")
    for index, work in enumerate(works):
        if only and work.name != chosen:
            continue
        with scratch() as folder:
            if strength == "FULL":
                recording = record(work, folder)
            else:
                with syncing(strength):
                    recording = record(work, folder)
        share = cuts // len(works) + (index < cuts % len(works))
        found.append(cut(recording, share, str(seed), int(number) if only else -1))
    return found


CONTROL = tuple(work for work in WORKS if work.name in ("verbs", "blocks", "tending"))


def main(arguments: list[str] | None = None) -> int:
    """Cut, print what came of it; 0 where everything demanded was found."""
    parser = argparse.ArgumentParser(description="power cuts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cuts", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--again", default="", metavar="WORK:NUMBER", help="only this cut, of a run with these numbers")
    given = parser.parse_args(arguments)
    if reason := vfs.why_not():
        print(f"power: cannot be tried here: {reason}")
        return 2
    start = time.monotonic()
    found = run(given.seed, given.cuts, only=given.again)
    controls = {}
    if not given.again:
        some = max(60, given.cuts // 50)
        controls = {strength: run(given.seed, some, CONTROL, strength) for strength in ("NORMAL", "OFF")}
    seconds = time.monotonic() - start
    return report(given.seed, seconds, found, controls, given.json)


def report(seed: int, seconds: float, found: list[Found], controls: dict[str, list[Found]], out: Path | None) -> int:
    """Print what was done, found and demanded; returns the exit code."""
    print(f"power cuts, seed {seed}, SQLite {sqlite3.sqlite_version}, {seconds:.0f} s")
    print(f"{'work':<18}{'calls':>8}{'syncs':>7}{'promises':>10}{'cuts':>8}{'second':>8}{'lost':>6}{'broken':>8}")
    for one in found:
        print(
            f"{one.work:<18}{one.operations:>8}{one.syncs:>7}{one.acknowledged:>10}{one.cuts:>8}{one.second:>8}"
            f"{one.lost:>6}{one.broken:>8}"
        )
    cuts, lost, broken = (sum(getattr(one, what) for one in found) for what in ("cuts", "lost", "broken"))
    good = not lost and not broken
    print(f"{cuts} cuts: {lost} acknowledged records lost, {broken} logs broken; demanded: 0 and 0" + _miss(good))
    for strength, ones in controls.items():
        cuts, lost, broken = (sum(getattr(one, what) for one in ones) for what in ("cuts", "lost", "broken"))
        failed = lost > 0 if strength == "NORMAL" else lost > 0 and broken > 0
        good = good and failed
        demanded = "some lost" if strength == "NORMAL" else "some lost and some broken"
        print(
            f"control, synchronous={strength}: {cuts} cuts, {lost} lost, {broken} broken;"
            f" demanded: {demanded}{_miss(failed)}"
        )
    for fault in [fault for one in found for fault in one.faults][:20]:
        print(f"  {fault}")
    if out:
        document = {
            "seed": seed,
            "sqlite": sqlite3.sqlite_version,
            "seconds": round(seconds, 1),
            "works": [vars(one) for one in found],
            "controls": {name: [vars(one) for one in ones] for name, ones in controls.items()},
        }
        out.write_text(json.dumps(document, indent=1))
    return 0 if good else 1


def _miss(good: bool) -> str:
    return "" if good else "   FAILED"


if __name__ == "__main__":
    sys.exit(main())
