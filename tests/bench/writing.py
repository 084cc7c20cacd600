"""What writing costs: one entry, batches as an import makes them, and an operator beside an import."""

import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

from commandlog.intake.importing import BATCH, TEND_EVERY
from commandlog.log.desk import Desk
from commandlog.verbs.events import open_event
from tests.bench.bare import Bare
from tests.bench.evenings import Clock, Traffic, covenant, import_rows
from tests.bench.measuring import Results, at, median, ms, spread, timed

ENTRIES = 1_200  # of which the slowest twelve are above p99
IMPORTED = 60_000  # rows of the import beside which an operator writes
TOGETHER = 5  # logs that are begun from nothing, of which the median counts


class Subject:
    """A log that grows, bare SQLite that grows beside it, and a log that stays small."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.settings = folder, folder / "settings"
        self.clock = Clock()
        self.desk = open_event(folder / "bench.clog", covenant(), self.settings, clock=self.clock)
        self.log, self.path = self.desk.log, self.desk.log.path
        self.bare = Bare(folder / "bare.db")
        self.traffic = Traffic(self.clock)
        self.small = open_event(folder / "small.clog", covenant(), self.settings, clock=Clock())
        self.few = Traffic(Clock(), seed=5)
        for _ in self.few.fill(self.small, 1_000):
            pass

    def tend(self) -> None:
        """Do all that waits for an idle moment."""
        while self.log.tend():
            self.bare.tend()

    def close(self) -> None:
        """Close everything."""
        self.log.close()
        self.small.log.close()
        self.bare.close()


def append(desk: Desk, kind: Any, words: Any, about: Any) -> None:
    """Put one record into the log, durably."""
    with desk.writing():
        desk.append(kind, words, **about)


def grow(subject: Subject, size: int, say: Results) -> None:
    """Let the log grow in batches; where it is the first size, several logs, since one is over too soon."""
    appended = size - subject.log.head.seq
    pairs = [_fill(subject.desk, subject.traffic, subject.bare, appended)]
    if subject.log.head.seq == appended + 3:
        pairs += [_from_nothing(subject, size, number) for number in range(1, TOGETHER)]
    ratio = median([ours / theirs for ours, theirs in pairs])
    ours, theirs = (appended / median(list(times)) for times in zip(*pairs, strict=True))
    say.say(
        size,
        f"batches of {BATCH}",
        f"{ours:,.0f} records/s",
        f"{ratio:.2f} x bare ({theirs:,.0f}/s), limit 4 x",
        ratio <= 4,
        ours=ours,
        theirs=theirs,
        ratio=ratio,
    )
    subject.tend()


def _from_nothing(subject: Subject, size: int, number: int) -> tuple[float, float]:
    clock = Clock()
    desk = open_event(subject.folder / f"begun{number}.clog", covenant(), subject.settings, clock=clock)
    bare = Bare(subject.folder / f"begun{number}.db")
    with desk.log:
        times = _fill(desk, Traffic(clock, seed=number), bare, size - desk.log.head.seq)
    bare.close()
    return times


def _fill(desk: Desk, traffic: Traffic, bare: Bare, number: int) -> tuple[float, float]:
    ours = theirs = 0.0
    for batch, seconds in enumerate(traffic.fill(desk, number), start=1):
        ours += seconds
        theirs += bare.follow(desk.log)
        if batch % TEND_EVERY == 0:
            ours += timed(desk.log.tend)
            theirs += timed(bare.tend)
    return ours, theirs


def one_entry(subject: Subject, size: int, say: Results, runs: int = ENTRIES) -> None:
    """Time single entries, in turn with bare SQLite and with a log of a thousand entries."""
    ours: list[float] = []
    theirs: list[float] = []
    small: list[float] = []
    syncs: list[float] = []
    probe = (subject.folder / "sync").open("wb")
    for number in range(runs):
        entry, other = subject.traffic.next(), subject.few.next()
        turns = [(ours, subject.desk, entry), (small, subject.small, other)]
        for times, desk, one in turns if number % 2 else reversed(turns):
            times.append(timed(lambda: append(desk, *one)))
        theirs.append(subject.bare.follow(subject.log))
        if number % 8 == 0:
            syncs.append(timed(lambda: _sync(probe)))
        if number % 10 == 9:
            subject.log.tend()
            subject.small.log.tend()
            subject.bare.tend()
    probe.close()
    ratio = median(ours) / median(theirs)
    say.say(
        size,
        "one entry, durable",
        spread(ours),
        f"{ratio:.2f} x bare ({spread(theirs)}; a sync {ms(syncs, 50)}), limit 2 x",
        ratio <= 2,
        p50=median(ours),
        p99=at(ours, 99),
        bare50=median(theirs),
        bare99=at(theirs, 99),
        sync=median(syncs),
        ratio=ratio,
    )
    if size > 1_000:
        more50, more99 = median(ours) / median(small), at(ours, 99) / at(small, 99)
        say.say(
            size,
            "one entry, against a log of 1,000 in turn",
            f"p50 {more50:.2f} x, p99 {more99:.2f} x",
            f"of {spread(small)}, limit 1.2 x",
            more50 <= 1.2 and more99 <= 1.2,
            more50=more50,
            more99=more99,
        )


def beside_an_import(subject: Subject, size: int, say: Results) -> None:
    """Time an operator's entries while another process imports."""
    subject.tend()
    spawn = multiprocessing.get_context("spawn")
    other = spawn.Process(target=import_rows, args=(subject.path, subject.settings, IMPORTED))
    times: list[float] = []
    waits: list[float] = []
    before = subject.log.head.seq
    other.start()
    while other.is_alive():
        entry = subject.traffic.next()
        start = time.perf_counter()
        with subject.desk.writing():
            waits.append(time.perf_counter() - start)
            subject.desk.append(entry[0], entry[1], **entry[2])
        times.append(time.perf_counter() - start)
        time.sleep(0.02)
    other.join()
    if other.exitcode or subject.log.refresh() != before + IMPORTED + len(times):
        raise SystemExit("the import beside the operator failed")
    subject.bare.copied = subject.log.head.seq
    say.say(
        size,
        "an operator's entry beside an import",
        f"{spread(times)}, max {ms(times, 100)} (n={len(times)})",
        f"of which waiting p99 {ms(waits, 99)}; limit p99 50 ms",
        at(times, 99) <= 0.05,
        p50=median(times),
        p99=at(times, 99),
    )


def bytes_per_record(subject: Subject, size: int, say: Results) -> None:
    """Compare the sizes of the files."""
    for db in (subject.log.db, subject.bare.db):
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ours, theirs = (path.stat().st_size / size for path in (subject.path, subject.bare.path))
    limit = f"{ours / theirs:.2f} x bare rows, limit 2 x"
    say.say(size, "size of a record", f"{ours:,.0f} bytes", limit, ours / theirs <= 2, bytes=ours)


def _sync(file: Any) -> None:
    file.write(b"x" * 4096)
    file.flush()
    os.fsync(file.fileno())
