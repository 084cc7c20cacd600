"""A reader that sits over a long list while somebody writes, and programs that keep a log to themselves."""

import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from commandlog.cli import main
from commandlog.intake.importing import BATCH, TEND_EVERY
from commandlog.log import store
from commandlog.log.desk import sit_down
from commandlog.log.files import reading_uri
from commandlog.log.keys import settings_folder
from commandlog.log.lock import PAUSE, FileLock
from commandlog.log.store import Log
from commandlog.verbs import saying
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.faults.children import Child, Say, answer, together
from tests.faults.crowds import Report, new_log, size_of
from tests.faults.ledger import look

FILLED = 2_000  # records over which a reader sits


def pour(path: Path, end: float, say: Say) -> None:
    """Write as an import does, and do what waits for an idle moment as often as it does."""
    with Log(path) as log:
        desk = sit_down(log, settings_folder(), "venue")
        batch = written = held_back = 0
        while time.monotonic() < end:
            with desk.writing():
                for _ in range(BATCH):
                    saying.note(desk, f"x0y0z{written} {'woord ' * 20}")
                    written += 1
            batch += 1
            if batch % TEND_EVERY == 0:
                log.tend()
                held_back = max(held_back, log.write_ahead.held_back)
            time.sleep(PAUSE)
        say("written", written, held_back)
        time.sleep(1)  # until everybody has looked how large it is
        log.tend()
        say("left", log.write_ahead.size, log.write_ahead.held_back)


def sit_on_whole(path: Path, end: float, say: Say) -> None:
    """OUR reader: goes through the whole timeline, slowly, from beginning to end."""
    with Log(path) as log:
        _slowly(timeline.whole(log, live(log), Filter()), end, say)


def sit_on_records(path: Path, end: float, say: Say) -> None:
    """OUR reader: goes through all records, slowly."""
    with Log(path) as log:
        _slowly(log.records(), end, say)


def _slowly(rows: Iterator[Any], end: float, say: Say) -> None:
    say("sits", 0)
    seen, pause = 0, (end - time.monotonic()) / FILLED
    for _row in rows:
        seen += 1
        time.sleep(pause)
        if time.monotonic() > end:
            break
    say("left", seen)


def sit_in_a_transaction(path: Path, end: float, say: Say) -> None:
    """A FOREIGN program: one that knows nothing of us, and reads in a transaction."""
    with closing(sqlite3.connect(reading_uri(path), uri=True, isolation_level=None)) as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM records").fetchone()
        say("sits", 0)
        time.sleep(max(0.0, end - time.monotonic()))
    say("left", 0)


def sit_on_a_cursor(path: Path, end: float, say: Say) -> None:
    """CONTROL: our reader as it must not be, with a cursor that stays open over a long list."""
    with Log(path) as log:
        _slowly(log.db.execute("SELECT seq, header, frame, words FROM records ORDER BY seq"), end, say)


SITTING: dict[str, Callable[[Path, float, Say], None] | None] = {
    "nobody": None,
    "ours, over the timeline": sit_on_whole,
    "ours, over the records": sit_on_records,
    "a foreign program": sit_in_a_transaction,
}


def sitting(folder: Path, seconds: float, reader: Callable[[Path, float, Say], None] | None) -> Report:
    """Write as fast as can be while somebody sits; returns how large the write-ahead log became, and what was told."""
    path = new_log(folder / f"{reader.__name__ if reader else 'nobody'}.clog")
    answer(lambda: _fill(path, FILLED))
    end = time.monotonic() + seconds
    children = []
    if reader:
        children.append(Child(partial(reader, path, end)))
        children[0].listen(30, "sits")
    children.append(Child(partial(pour, path, end)))
    largest = 0
    with together(*children):
        while time.monotonic() < end:
            for child in children:
                child.listen(0.001)
            largest = max(largest, size_of(f"{path}-wal"))
            time.sleep(0.02)
        for child in children:
            child.wait()
    writer = children[-1]
    (written, held_back) = writer.said("written")[0]
    return {
        "written": written,
        "largest write-ahead log": largest,
        "told to be held back": held_back,
        "left when the reader had gone": writer.said("left")[0],
        "after closing": size_of(f"{path}-wal"),
        "wrong": [one[0][-300:] for child in children for one in child.said("error")],
    }


def killed_with_a_large_one(folder: Path, seconds: float) -> Report:
    """Kill the writer while a foreign program keeps the write-ahead log from being moved; how long does it open?"""
    path = new_log(folder / "large.clog")
    end = time.monotonic() + seconds
    foreign, writer = Child(partial(sit_in_a_transaction, path, end + 60)), Child(partial(pour, path, end + 60))
    with together(foreign, writer):
        writer.listen(seconds)
        writer.kill()
        size = size_of(f"{path}-wal")
        foreign.kill()
    found = answer(lambda: look(path), 600)
    return {"write-ahead log": size, "opened in ms": round(found["seconds"] * 1000), "wrong": found["wrong"]}


def _fill(path: Path, number: int) -> None:
    with Log(path) as log:
        desk = sit_down(log, settings_folder(), "venue")
        for start in range(0, number, BATCH):
            with desk.writing():
                for n in range(start, min(start + BATCH, number)):
                    saying.note(desk, f"vooraf {n} {'woord ' * 12}")


# -- somebody keeps it -----------------------------------------------------------------------------------------------


def keep_lock(path: Path, say: Say) -> None:
    """Hold the lock between processes, as one of ours would that hangs."""
    with FileLock(Path(f"{path}.lock"), 0):
        say("holds")
        time.sleep(600)


def keep_transaction(path: Path, say: Say) -> None:
    """Hold SQLite's own lock for writing, as a foreign program would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("BEGIN IMMEDIATE")
        say("holds")
        time.sleep(600)


def kept(folder: Path, keeper: Callable[[Path, Say], None], timeout: int = store.LOCK_TIMEOUT) -> Report:
    """Try to write while somebody keeps the log; returns what the command line says, its exit code, and when."""
    path = new_log(folder / f"{keeper.__name__}.clog")
    child = Child(partial(keeper, path))

    def attempt() -> list[Any]:
        store.LOCK_TIMEOUT = timeout
        began = time.monotonic()
        with tempfile.TemporaryFile("w+") as file:
            os.dup2(file.fileno(), 2)
            code = main(["report", str(path), "erbij"])
            sys.stderr.flush()
            file.seek(0)
            return [code, file.read().splitlines(), round(time.monotonic() - began, 1)]

    with together(child):
        child.listen(30, "holds")
        code, lines, seconds = answer(attempt)
    return {"exit code": code, "lines": lines, "seconds": seconds}
