"""Many who work at one log at the same time: what each of them does, how long it waited, and what came of it."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from commandlog.intake.importing import BATCH, TEND_EVERY
from commandlog.log.desk import sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.lock import PAUSE
from commandlog.log.store import Log
from commandlog.model.errors import CommandLogError
from commandlog.verbs import saying
from commandlog.verbs.events import open_event
from commandlog.views import board, counts, timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.events import concert
from tests.faults.children import Child, Say, answer, together
from tests.faults.ledger import look

PARTIES = ("venue", "police", "baken", "venue")  # the first and the last sit at one desk
REST = 0.05  # seconds that those pause who do not write, where writers do not
Report = dict[str, Any]


def new_log(path: Path) -> Path:
    answer(lambda: open_event(path, concert(), settings_folder()).log.close())
    return path


def size_of(path: str) -> int:
    """Return how large a file is, 0 where there is none; without opening it."""
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return 0


class Waits:
    """How long a process waited for the lock, and how long all that it did took; in seconds."""

    def __init__(self) -> None:
        self.locks: list[float] = []
        self.deeds: list[float] = []

    def watch(self, log: Log) -> Log:
        """Measure the lock of a log from now on."""
        lock = log._lock
        waits = self.locks

        class Timed:
            def __enter__(self) -> None:
                began = time.perf_counter()
                lock.__enter__()
                waits.append(time.perf_counter() - began)

            def __exit__(self, *error: object) -> None:
                lock.__exit__(*error)

            def close(self) -> None:
                lock.close()

        log._lock = Timed()  # type: ignore[assignment]
        return log

    def do(self, deed: Callable[[], Any]) -> Any:
        """Do something and note how long it took."""
        began = time.perf_counter()
        done = deed()
        self.deeds.append(time.perf_counter() - began)
        return done

    def say(self, say: Say) -> None:
        """Tell the parent."""
        say("waits", spread(self.deeds), spread(self.locks))


def spread(seconds: list[float]) -> Report:
    """Return how many there were, the median, the 99th of a hundred and the longest, in milliseconds."""
    ordered = sorted(seconds) or [0.0]
    at = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    found = {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1) for name, share in at.items()
    }
    return {"n": len(seconds), **found}


def _until(end: float, chance: random.Random, pace: float) -> Iterator[None]:
    """Yield until the time has come, with pauses of `pace` seconds on average in between."""
    while time.monotonic() < end:
        yield
        if pace:
            time.sleep(chance.expovariate(1 / pace))


def write(path: Path, who: int, end: float, pace: float, say: Say) -> None:
    """One entry after the other."""
    waits, chance = Waits(), random.Random(who)
    with waits.watch(Log(path)) as log:
        desk = sit_down(log, settings_folder(), PARTIES[who])
        for number, _ in enumerate(_until(end, chance, pace)):
            token = f"x{who}y0z{number}"
            made = waits.do(partial(saying.report, desk, f"{token} {'woord ' * 12}", place="gate-f"))
            say("stored", token, made.seq)
    waits.say(say)


def bring_in(path: Path, who: int, end: float, say: Say) -> None:
    """Write as an import does: many rows to a transaction, with its pause after each."""
    waits = Waits()
    with waits.watch(Log(path)) as log:
        desk = sit_down(log, settings_folder(), PARTIES[who])
        for number, _ in enumerate(_until(end, random.Random(who), 0)):
            tokens = [f"x{who}y{number + 1}z{n}" for n in range(BATCH)]
            began = time.perf_counter()
            with desk.writing():
                made = [saying.report(desk, f"{token} {'woord ' * 12}") for token in tokens]
            waits.deeds.append(time.perf_counter() - began)
            for token, one in zip(tokens, made, strict=True):
                say("stored", token, one.seq)
            if number % TEND_EVERY == 0:
                log.tend()
            time.sleep(PAUSE)
    waits.say(say)


def read(path: Path, end: float, pace: float, say: Say) -> None:
    """What screens and exports do: pages, the board, totals, everything."""
    waits, chance = Waits(), random.Random(7)
    with waits.watch(Log(path)) as log:
        looks: list[Callable[[], Any]] = [
            lambda: timeline.page(log, live(log), Filter()),
            lambda: board.tasks(log, live(log)),
            lambda: counts.counts(log, live(log), Filter()),
            lambda: sum(1 for _ in timeline.whole(log, live(log), Filter())),
            lambda: sum(1 for _ in log.records()),
        ]
        for _ in _until(end, chance, pace):
            waits.do(chance.choices(looks, (60, 20, 10, 5, 5))[0])
    waits.say(say)


def keep_tidy(path: Path, end: float, pace: float, say: Say) -> None:
    """Do what waits for an idle moment, all the time."""
    waits = Waits()
    with waits.watch(Log(path)) as log:
        for _ in _until(end, random.Random(8), pace / 4):
            waits.do(log.tend)
    waits.say(say)


def come_and_go(path: Path, end: float, pace: float, say: Say) -> None:
    """Open the log, look, and close it."""
    waits = Waits()

    def visit() -> None:
        with waits.watch(Log(path)) as log:
            timeline.page(log, live(log), Filter())

    for _ in _until(end, random.Random(9), pace / 4):
        waits.do(visit)
    waits.say(say)


def command(path: Path, who: int, end: float, pace: float, say: Say) -> None:
    """Open the log, write one entry and close it, as a command does: often it is the last to close."""
    waits = Waits()

    def entry(token: str) -> None:
        with waits.watch(Log(path)) as log:
            made = saying.report(sit_down(log, settings_folder(), PARTIES[who]), f"{token} {'woord ' * 12}")
        say("stored", token, made.seq)

    for number, _ in enumerate(_until(end, random.Random(who), pace)):
        waits.do(partial(entry, f"x{who}y0z{number}"))
    waits.say(say)


def crowd(folder: Path, seconds: float, pace: float, *, imports: int = 0, deferred: bool = False) -> Report:
    """Let them all work at one log; returns what each waited, and whatever was not as it should be."""
    path = new_log(folder / f"crowd{imports}{pace}.clog")
    end = time.monotonic() + seconds
    works: dict[str, Callable[[Say], None]] = {
        f"writer {who + 1}": partial(_deferred if deferred else write, path, who, end, pace) for who in range(4)
    }
    works |= {f"import {who + 1}": partial(bring_in, path, who, end) for who in range(imports)}
    if not deferred:
        # readers without a pause would take all processors, and the disk of a virtual machine waits for those too
        rest = pace or REST
        works |= {f"reader {n}": partial(read, path, end, rest) for n in (1, 2)}
        works["tending"] = partial(keep_tidy, path, end, rest)
        works["coming and going"] = partial(come_and_go, path, end, rest)
    return _together(path, works, seconds)


def _together(path: Path, works: dict[str, Callable[[Say], None]], seconds: float) -> Report:
    """Let these work at one log, each in a process of its own; they end by themselves."""
    children = {name: Child(work) for name, work in works.items()}
    largest, end = 0, time.monotonic() + seconds
    with together(*children.values()):
        while time.monotonic() < end:
            for child in children.values():
                child.listen(0.001)
            largest = max(largest, size_of(f"{path}-wal"))
            time.sleep(0.01)
        for child in children.values():
            child.wait()
    wrong = [f"{name}: {one[0][-300:]}" for name, child in children.items() for one in child.said("error")]
    wrong += [
        f"{name} ended with {child.code}" for name, child in children.items() if child.code and not child.said("error")
    ]
    stored = {token: seq for child in children.values() for token, seq in child.said("stored")}
    return {
        "entries": len(stored),
        "entries a second": round(len(stored) / seconds),
        "largest write-ahead log": largest,
        "waits": {name: child.said("waits")[0] for name, child in children.items() if child.said("waits")},
        "wrong": wrong + _not_once(path, stored),
    }


def commands(folder: Path, seconds: float, pace: float) -> Report:
    """Let there be nobody but those who come and go, so that the log is closed and opened anew all the time."""
    path = new_log(folder / "commands.clog")
    end = time.monotonic() + seconds
    works: dict[str, Callable[[Say], None]] = {
        f"command {who + 1}": partial(command, path, who, end, pace) for who in range(4)
    }
    works |= {f"looking {n}": partial(come_and_go, path, end, REST) for n in (1, 2)}
    return _together(path, works, seconds)


def _not_once(path: Path, stored: dict[str, int]) -> list[str]:
    found = answer(lambda: look(path), 600)
    wrong: list[str] = list(found["wrong"])
    wrong += [f"{token} lost" for token, seq in stored.items() if found["tokens"].get(token) != [seq]]
    wrong += [f"{token} was never acknowledged" for token in found["tokens"] if token not in stored]
    return wrong[:20]


class _Deferring:
    """CONTROL: a connection that begins its transactions as SQLite does by default."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        return self._db.execute("BEGIN DEFERRED" if sql == "BEGIN IMMEDIATE" else sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


class NoLock(nullcontext[None]):
    def close(self) -> None:
        """Nothing is open."""


def _deferred(path: Path, who: int, end: float, pace: float, say: Say) -> None:
    """CONTROL: a writer without the lock."""
    refused = 0
    with Log(path) as log:
        desk = sit_down(log, settings_folder(), PARTIES[who])
        log._lock.close()
        log._lock = NoLock()  # type: ignore[assignment]
        log.db = _Deferring(log.db)  # type: ignore[assignment]
        for number, _ in enumerate(_until(end, random.Random(who), pace)):
            token = f"x{who}y0z{number}"
            try:
                made = saying.report(desk, f"{token} {'woord ' * 12}")
                say("stored", token, made.seq)
            except CommandLogError as error:
                refused += 1
                if refused == 1:
                    say("error", f"{error} ({error.__cause__})")
