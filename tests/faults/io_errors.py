"""I/O faults: a disk that is full, broken or busy at any call never makes the program say "stored" where it is not.

    python -m tests.faults.io_errors [--seed 1] [--first 500] [--every 1] [--works a,b] [--json FILE]

The real program does its work (tests/faults/work.py), and one call to the disk fails: the first one in the first run,
the second one in the next, and so on, with ENOSPC, EIO and EBUSY, once or until the fault is lifted: a disk that stays
full, that does not write, that is gone altogether, a file that somebody keeps busy. A deed that is refused is done
again. Demanded of each run:

- only errors in words come out (CommandLogError), no traceback;
- a refused deed succeeds as soon as the fault is gone, in the same program, and what can be read can be read meanwhile;
- afterwards the log holds exactly what an undisturbed run holds: everything acknowledged, nothing twice, verified
  deeply;
- where the program dies at the refusal, or the power goes at it or later (drawn from the seed), everything acknowledged
  is there, and doing all of it again makes the same log.

Two controls must be found out, or the proof proves nothing: a program that takes a refused commit for a stored entry,
and one that does not put into words what SQLite refuses.
"""

import argparse
import errno
import json
import random
import sqlite3
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from unittest import mock

from commandlog.log import making, store
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import CommandLogError, Unavailable
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.faults import system_calls, vfs
from tests.faults.disk import Disk, Recorder, Tree, read_tree, write_tree
from tests.faults.power import Promise, scratch
from tests.faults.promises import Kept
from tests.faults.work import WORKS, Place, Work

T = TypeVar("T")


class Fault(NamedTuple):
    """What a call fails with, and which calls go on failing until the fault is lifted."""

    name: str
    error: int
    lasting: tuple[str, ...] = ()
    unreadable: bool = False


ALL = (*vfs.CODES, "mkdir", "rename")
FAULTS = (
    Fault("ENOSPC", errno.ENOSPC),
    Fault("EIO", errno.EIO),
    Fault("EBUSY", errno.EBUSY),
    Fault("full for a while", errno.ENOSPC, ("write", "mkdir", "rename", "map")),
    Fault("not writing for a while", errno.EIO, ("write", "sync", "truncate", "mkdir", "rename", "delete")),
    Fault("gone for a while", errno.EIO, ALL, unreadable=True),
    Fault("busy for a while", errno.EBUSY, ("lock", "write lock")),
)
"""The first three happen once."""

PATIENCE = 0.03  # seconds that the program waits here for a lock; it is 30 outside
REFUSALS = 2  # after how many refused deeds a lasting fault is lifted
TRIES = REFUSALS + 3


class Case(NamedTuple):
    """One run: which call of which work is the first to fail, and how."""

    work: Work
    call: int
    fault: Fault

    def __str__(self) -> str:
        return f"{self.work.name}, call {self.call}, {self.fault.name}"


class Result(NamedTuple):
    """What came of one run: whether the call was reached, how many deeds were refused, and what is wrong."""

    reached: bool
    refused: int
    said: tuple[str, ...]
    faults: tuple[str, ...]


class Injector(Recorder):
    """Lets one call fail, or all of a kind from one on, and records what was done all the same."""

    def __init__(self, folder: Path, case: Case | None) -> None:
        super().__init__(folder)
        self.case = case
        self.calls = 0
        self.lifted = False
        self.failed: Counter[str] = Counter()

    def asked(self, call: str, path: str) -> int:  # noqa: ARG002
        self.calls += 1
        case = self.case
        if case is None or self.lifted or self.calls < case.call:
            return 0
        if self.calls > case.call and call not in case.fault.lasting:
            return 0
        self.failed[call] += 1
        return case.fault.error


class _Refused(Exception):
    """A deed was refused although nothing fails any more."""


class _Disturbed(Place):
    """Does deeds again that are refused, and keeps what was acknowledged."""

    def __init__(self, folder: Path, injector: Injector) -> None:
        super().__init__(folder)
        self.injector = injector
        self.promises: list[Promise] = []
        self.refused = 0
        self.refused_at = -1
        self.said: list[str] = []
        self.faults: list[str] = []

    def promise(self, kept: Kept) -> None:
        self.promises.append(Promise(len(self.injector.ops), kept))

    def do(self, name: str, deed: Callable[[], T]) -> T:
        for tried in range(TRIES):
            try:
                done = deed()
            except CommandLogError as error:
                self._refuse(name, error, tried)
                continue
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                self.faults.append(
                    f"{name}: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
                )
                raise _Refused from error
            self.acknowledge()
            return done
        self.faults.append(f"{name}: refused although nothing fails any more: {self.said[-1]}")
        raise _Refused

    def _refuse(self, name: str, error: CommandLogError, tried: int) -> None:
        self.refused += 1
        if self.refused_at < 0:
            self.refused_at = len(self.injector.ops)
        self.said.append(f"{name}: {type(error).__name__}: {error}")
        if tried + 1 >= REFUSALS:
            self.injector.lifted = True
        if not self.injector.failed:
            self.faults.append(f"{name}: refused before anything failed: {error}")
        case = self.injector.case
        if self.injector.lifted or not (case and case.fault.unreadable):
            for log in self.open:
                self._read(name, log)

    def _read(self, name: str, log: Log) -> None:
        """Read what the log holds, as a screen would."""
        try:
            page = timeline.page(log, live(log), Filter(system=True))
            if not page.lines and log.head.seq:
                self.faults.append(f"{name}: nothing to be read after the refusal")
        except Exception as error:
            self.faults.append(f"{name}: cannot be read after the refusal: {type(error).__name__}: {error}")


@contextmanager
def impatient() -> Iterator[None]:
    """Let the program wait for locks for a moment only."""
    with ExitStack() as stack:
        for module in (store, making):
            stack.enter_context(mock.patch.object(module, "LOCK_TIMEOUT", PATIENCE))
        yield


class Undisturbed(NamedTuple):
    """What a work comes to when nothing fails: how many calls it makes, and the last record."""

    start: Tree
    calls: int
    last: int


def undisturbed(work: Work) -> Undisturbed:
    """Do a work without any fault."""
    with scratch() as folder:
        work.start(Place(folder))
        start = read_tree(folder)
        injector = Injector(folder, None)
        place = _Disturbed(folder, injector)
        with vfs.between(injector), system_calls.between(injector):
            try:
                work.do(place)
            finally:
                place.leave()
        return Undisturbed(start, injector.calls, _last(folder))


def _last(folder: Path) -> int:
    with Log(folder / "event.clog") as log:
        return log.head.seq


def disturb(case: Case, expected: Undisturbed, seed: int) -> Result:
    """Do a work with a fault in it, and look at everything that is demanded."""
    with scratch() as folder:
        write_tree(folder, expected.start)
        injector = Injector(folder, case)
        place = _Disturbed(folder, injector)
        place.clock.tick(86_400)
        faults = place.faults
        try:
            with impatient(), vfs.between(injector), system_calls.between(injector):
                _do(case.work, place)
        except AssertionError as error:
            faults.append(str(error))
        if not faults:
            faults += [f"in the end: {one}" for one in _whole(folder, place.promises, expected.last)]
    if injector.failed and not faults:
        faults += _ended_early(case, injector, place, expected.last, random.Random(f"{seed} {case}"))
    return Result(bool(injector.failed), place.refused, tuple(place.said), tuple(faults))


def _do(work: Work, place: _Disturbed) -> None:
    try:
        work.do(place)
    except _Refused:
        pass
    finally:
        place.injector.lifted = True
        place.leave()


def _whole(folder: Path, promises: list[Promise], last: int, *, deep: bool = True) -> list[str]:
    """Say what is wrong with a log that should hold exactly what an undisturbed run made."""
    faults = []
    tree = read_tree(folder)
    try:
        with Log(folder / "event.clog") as log:
            lost = max((one.kept(log, tree) for one in promises), default=0)
            if lost:
                faults.append(f"{lost} acknowledged records lost")
            if last and log.head.seq != last:
                faults.append(f"{log.head.seq} records instead of {last}")
        verdict = verify(folder / "event.clog", deep=deep)
        if not verdict.holds:
            faults.append(f"record {verdict.position}: {verdict.fault}")
    except Exception as error:
        faults.append(f"{type(error).__name__}: {error}")
    return faults


def _ended_early(case: Case, injector: Injector, place: _Disturbed, last: int, chance: random.Random) -> list[str]:
    """Say what is wrong where the program died at the refusal, or the power went at it or some time after."""
    ops, at = injector.ops, place.refused_at
    how = chance.choice(("died at the refusal", "power gone at the refusal", "power gone later"))
    if at < 0 or how == "power gone later":
        how, at = "power gone later", chance.randint(max(at, 0), len(ops))
    disk = Disk(injector.folder, injector.start, chance)
    for op in ops[:at]:
        disk.take(op)
    left = disk.as_seen() if how == "died at the refusal" else disk.after_cut(chance)
    owed = [promise for promise in place.promises if promise.since <= at]
    return [f"{how}: {one}" for one in _again(case.work, left, owed, last)]


def _again(work: Work, left: Tree, owed: list[Promise], last: int) -> list[str]:
    """Look at what is left, then do the whole work again with nothing failing; returns what is wrong."""
    with scratch() as folder:
        write_tree(folder, left)
        if owed and (faults := _whole(folder, owed, 0, deep=False)):
            return faults
        once_more = Place(folder)
        once_more.clock.tick(172_800)
        try:
            work.do(once_more)
        except Exception as error:
            return [f"cannot be done again: {type(error).__name__}: {error}"]
        finally:
            once_more.leave()
        return _whole(folder, owed, last)


def cases(works: Sequence[Work], counts: dict[str, Undisturbed], first: int, every: int) -> Iterator[Case]:
    """Yield the runs to make: each of the first calls of each work, with each fault."""
    number = 0
    for work in works:
        for call in range(1, min(first, counts[work.name].calls) + 1):
            for fault in FAULTS:
                number += 1
                if number % every == 0:
                    yield Case(work, call, fault)


def run(works: Sequence[Work], first: int, every: int, seed: int) -> dict[str, list[tuple[Case, Result]]]:
    """Make all runs; returns what came of each, by work."""
    counts = {work.name: undisturbed(work) for work in works}
    found: dict[str, list[tuple[Case, Result]]] = {work.name: [] for work in works}
    for case in cases(works, counts, first, every):
        found[case.work.name].append((case, disturb(case, counts[case.work.name], seed)))
    return found


@contextmanager
def careless() -> Iterator[None]:
    """Make the program take a refused commit for a stored entry: the first control."""
    writing = Log.writing

    @contextmanager
    def swallowing(log: Log) -> Iterator[None]:
        done = False
        try:
            with writing(log):
                yield
                done = True
        except Unavailable:
            if not done:
                raise

    with mock.patch.object(Log, "writing", swallowing):
        yield


@contextmanager
def speechless() -> Iterator[None]:
    """Make the program pass on what SQLite says as it comes: the second control."""

    @contextmanager
    def silent(_path: Path) -> Iterator[None]:
        yield

    with mock.patch.object(store, "failures", silent):
        yield


CONTROLS = {"refusals taken for stored": careless, "nothing put into words": speechless}
CONTROL = tuple(work for work in WORKS if work.name == "tending")


def controls(first: int, seed: int) -> dict[str, tuple[int, int]]:
    """Try the controls; returns of each how many runs there were, and in how many something was found to be wrong."""
    found = {}
    for name, control in CONTROLS.items():
        with control():
            results = run(CONTROL, first, 31, seed)[CONTROL[0].name]
        found[name] = (len(results), sum(bool(result.faults) for _case, result in results))
    return found


def main(arguments: list[str] | None = None) -> int:
    """Disturb, print what came of it; 0 where everything demanded was found."""
    parser = argparse.ArgumentParser(description="I/O faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=500, help="how many calls of each work are made to fail")
    parser.add_argument("--every", type=int, default=1, help="only every so many of all these runs")
    parser.add_argument("--works", default="", help="names, separated by commas")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    if reason := vfs.why_not():
        print(f"io_errors: cannot be tried here: {reason}")
        return 2
    names = [name.strip() for name in given.works.split(",") if name.strip()]
    works = [work for work in WORKS if not names or work.name in names]
    start = time.monotonic()
    found = run(works, given.first, given.every, given.seed)
    tried = controls(min(given.first, 300), given.seed)
    return report(given.seed, time.monotonic() - start, found, tried, given.json)


def report(
    seed: int,
    seconds: float,
    found: dict[str, list[tuple[Case, Result]]],
    tried: dict[str, tuple[int, int]],
    out: Path | None,
) -> int:
    """Print what was done, found and demanded; returns the exit code."""
    print(f"I/O faults, seed {seed}, SQLite {sqlite3.sqlite_version}, {seconds:.0f} s")
    print(f"{'work':<18}{'runs':>8}{'failed':>9}{'refused':>9}{'absorbed':>10}{'wrong':>7}")
    rows: list[dict[str, Any]] = []
    for name, results in found.items():
        reached = [result for _case, result in results if result.reached]
        rows.append(
            {
                "work": name,
                "runs": len(results),
                "failed": len(reached),
                "refused": sum(result.refused > 0 for result in reached),
                "absorbed": sum(not result.refused for result in reached),
                "wrong": sum(bool(result.faults) for _case, result in results),
            }
        )
        print("{work:<18}{runs:>8}{failed:>9}{refused:>9}{absorbed:>10}{wrong:>7}".format(**rows[-1]))
    wrong = [(case, result) for results in found.values() for case, result in results if result.faults]
    runs = sum(row["runs"] for row in rows)
    print(f"{runs} runs: {len(wrong)} wrong; demanded: 0{'   FAILED' if wrong else ''}")
    missed = False
    for name, (runs, noticed) in tried.items():
        missed = missed or not noticed
        print(f"control, {name}: {runs} runs, {noticed} wrong; demanded: some{'' if noticed else '   FAILED'}")
    for case, result in wrong[:40]:
        print(f"  {case}: {'; '.join(result.faults)[:300]}")
    if out:
        shown = [{"case": str(case), "faults": result.faults, "said": result.said} for case, result in wrong]
        out.write_text(
            json.dumps(
                {
                    "seed": seed,
                    "sqlite": sqlite3.sqlite_version,
                    "seconds": round(seconds, 1),
                    "works": rows,
                    "controls": tried,
                    "wrong": shown,
                },
                indent=1,
            )
        )
    return 1 if wrong or missed else 0


if __name__ == "__main__":
    sys.exit(main())
