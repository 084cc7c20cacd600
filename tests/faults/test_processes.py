"""Many processes at one log, in short; and that neither lock nor write-ahead log depends on luck."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from commandlog.cli import main
from commandlog.commands.preserving import status
from commandlog.log import lock, rebuild, store
from commandlog.log.desk import Desk, sit_down
from commandlog.log.files import reading_uri
from commandlog.log.keys import settings_folder
from commandlog.log.lock import LOCK, TURN, Busy, FileLock
from commandlog.log.rebuild import stored
from commandlog.log.store import Log
from commandlog.verbs import saying
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.faults import crowds, processes

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
ROOT = Path(__file__).parents[2]


def run(tmp_path: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run it in a process of its own, which has no threads; returns exit code, reports by name, and what it printed."""
    out = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.faults.processes", *arguments, "--json", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, json.loads(out.read_text()) if out.exists() else {}, done.stdout + done.stderr


@forks
def test_a_crowd_gets_everything_stored_once_and_in_order(tmp_path: Path) -> None:
    code, reports, printed = run(tmp_path, "--seconds", "3", "--pace", "0.03", "--only", "crowd with pauses")
    assert code == 0, printed
    assert reports["crowd with pauses"]["entries"] > 50, printed
    assert set(reports["crowd with pauses"]["waits"]) == {
        *(f"writer {n}" for n in (1, 2, 3, 4)),
        *("reader 1", "reader 2", "tending", "coming and going"),
    }


@forks
def test_writers_without_the_lock_and_readers_with_an_open_cursor_are_found_out(tmp_path: Path) -> None:
    code, reports, printed = run(tmp_path, "--seconds", "2.5", "--control")
    assert code == 0, printed
    assert len(reports) == 2
    assert "database is locked" in printed
    assert "a reader held it back" in printed


# -- the lock --------------------------------------------------------------------------------------------------------


def test_whoever_has_the_turn_is_the_next(tmp_path: Path) -> None:
    holder, waiting, again = (FileLock(tmp_path / "lock", 0.05) for _ in range(3))
    with holder:
        assert waiting._try(TURN)
    with pytest.raises(Busy), again:  # although nobody holds the lock
        pass
    assert waiting._try(LOCK)
    for one in (holder, waiting, again):
        one.close()


def test_one_that_was_stopped_while_it_had_the_turn_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.02)
    stopped, other = FileLock(tmp_path / "lock", 5), FileLock(tmp_path / "lock", 5)
    assert stopped._try(TURN)
    with other:
        pass
    stopped.close()
    other.close()


def test_a_file_system_without_turns_has_a_lock_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take = lock._take

    def refuse(file: int, what: int) -> None:
        if what == TURN:
            raise OSError(22, "Invalid argument")
        take(file, what)

    monkeypatch.setattr(lock, "_take", refuse)
    one, other = FileLock(tmp_path / "lock", 0.02), FileLock(tmp_path / "lock", 0.02)
    with one, pytest.raises(Busy), other:
        pass
    with other:
        pass
    one.close()
    other.close()


def test_a_log_that_is_kept_busy_says_so_in_one_line(
    venue: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(store, "LOCK_TIMEOUT", 0.05)
    path = venue.log.path
    keeper = FileLock(Path(f"{path}.lock"), 0)
    with keeper:
        assert main(["report", str(path), "erbij"]) == 2
    keeper.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as foreign:
        foreign.execute("PRAGMA wal_autocheckpoint = 0")
        foreign.execute("BEGIN IMMEDIATE")
        assert main(["report", str(path), "erbij"]) == 2
        foreign.execute("ROLLBACK")
    told = f"commandlog: Another program keeps {path} busy: nothing was stored, try again."
    assert capsys.readouterr().err.splitlines() == [told, told]
    assert main(["report", str(path), "erbij"]) == 0


_WRITES = (
    *("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "ALTER", "VACUUM", "BEGIN IMMEDIATE", "COMMIT"),
    *("PRAGMA WAL_CHECKPOINT", "PRAGMA JOURNAL_MODE", "PRAGMA APPLICATION_ID =", "PRAGMA USER_VERSION ="),
)


class Watch:
    """Sees to it that connections which can write to a log open it, write, move its write-ahead log and close it only
    while the lock is held; `broken` says where not, `seen` how often it looked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken: list[str] = []
        self.seen = 0
        watch, connect = self, sqlite3.connect

        class Watched(sqlite3.Connection):
            def __init__(self, database: Any, *given: Any, **named: Any) -> None:
                self.file = str(database)
                self.closed = False
                watch.look(self.file, "opening")
                super().__init__(database, *given, **named)
                self.set_trace_callback(self._told)

            def _told(self, sql: str) -> None:
                said = sql.lstrip("- ").upper()
                if said.startswith(_WRITES) and not (said == "COMMIT" and not self.in_transaction):
                    watch.look(self.file, sql)

            def close(self) -> None:
                if not self.closed:
                    watch.look(self.file, "closing")
                self.closed = True
                super().close()

        def made(database: Any, *given: Any, **named: Any) -> sqlite3.Connection:
            text = str(database)
            if text.endswith((".clog", ".clog.new")) and "mode=ro" not in text:
                named["factory"] = Watched
            opened: sqlite3.Connection = connect(database, *given, **named)
            return opened

        monkeypatch.setattr(sqlite3, "connect", made)

    def look(self, file: str, doing: str) -> None:
        """Ask the system, by a descriptor of its own, whether the lock is held."""
        self.seen += 1
        asking = FileLock(Path(f"{file}.lock"), 0)
        if asking._try(LOCK):
            lock._leave(asking._file, LOCK)
            self.broken.append(doing)
        asking.close()


def test_nothing_is_written_moved_opened_or_closed_without_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(monkeypatch)
    path = str(tmp_path / "watched.clog")
    source = tmp_path / "rows.csv"
    source.write_text("time,text\n" + "".join(f"2026-06-27 18:{n:02d},regel {n}\n" for n in range(50)))
    for arguments in (
        ["new", path, "--scenario", "concert"],
        ["report", path, "Man filmt de hekken #verdacht"],
        ["import", path, str(source)],
        ["timeline", path],
        ["timeline", path, "--search", "regel"],
        ["tasks", path],
        ["export", path, str(tmp_path / "uit.csv")],
        ["verify", path, "--deep"],
    ):
        assert main(arguments) in (0, 1), arguments
    with Log(Path(path)) as log:
        desk = sit_down(log, settings_folder(), "police")
        with suppress(ZeroDivisionError), desk.writing():
            saying.note(desk, "toch niet")
            raise ZeroDivisionError
        saying.note(desk, "wel")
        log.tend()
        rebuild.rebuild(log)
    assert watch.seen > 200
    assert watch.broken == []


def test_the_watch_sees_what_is_done_without_the_lock(venue: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch)
    log = Log(venue.log.path)
    assert watch.broken == []
    log.db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    log._lock.close()
    log._lock = crowds.NoLock()  # type: ignore[assignment]
    saying.note(sit_down(log, settings_folder(), "venue"), "zonder slot")
    log.close()
    assert {"PRAGMA wal_checkpoint(PASSIVE)", "BEGIN IMMEDIATE", "COMMIT", "closing"} <= set(watch.broken)


def _write_and_die(path: Path) -> None:
    log = Log(path)
    desk = sit_down(log, settings_folder(), "venue")
    for number in range(20):
        saying.note(desk, f"voor het einde {number}")
    os.kill(os.getpid(), 9)


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot kill itself like this")
def test_a_connection_for_reading_moves_nothing_when_it_is_the_last_to_close(venue: Desk) -> None:
    path, settings = venue.log.path, os.environ["COMMANDLOG_SETTINGS"]
    venue.log.close()
    program = f"from tests.faults.test_processes import _write_and_die, Path; _write_and_die(Path({str(path)!r}))"
    subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "COMMANDLOG_SETTINGS": settings}, timeout=120
    )
    wal, before = Path(f"{path}-wal"), path.read_bytes()
    waiting = wal.read_bytes()
    assert len(waiting) > 10_000
    with closing(sqlite3.connect(reading_uri(path), uri=True, isolation_level=None)) as db:
        assert db.execute("SELECT count(*) FROM records").fetchone()[0] >= 23
    assert (path.read_bytes(), wal.read_bytes()) == (before, waiting)
    with Log(path) as log:  # while one for writing does
        assert log.head.seq >= 23
    assert not wal.exists()
    assert path.read_bytes() != before


# -- the write-ahead log ---------------------------------------------------------------------------------------------


def _foreign(path: Path) -> sqlite3.Connection:
    reader = sqlite3.connect(reading_uri(path), uri=True, isolation_level=None, check_same_thread=False)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM records").fetchone()
    return reader


def test_closing_waits_for_no_reader(venue: Desk) -> None:
    path = venue.log.path
    with closing(_foreign(path)):
        saying.note(venue, "nog een")
        began = time.monotonic()
        venue.log.close()
        assert time.monotonic() - began < 5  # it held the lock for 30 s, and everybody waited with it
    with Log(path) as log:
        saying.note(sit_down(log, settings_folder(), "venue"), "en verder")


def test_what_is_held_back_is_told_and_emptied_when_the_reader_has_gone(
    venue: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "WAL_LIMIT", 1 << 18)
    assert venue.log.move_write_ahead().held_back == 0
    with closing(_foreign(venue.log.path)):
        for number in range(30):
            saying.note(venue, f"{number} " + "x" * 20_000)
        venue.log.tend()
        size, held_back = venue.log.write_ahead
        assert size > held_back > 1 << 18
    venue.log.tend()
    assert venue.log.write_ahead == (0, 0)
    assert venue.log.wal_bytes == 0


def test_a_large_one_is_begun_anew_as_soon_as_those_who_read_have_finished(
    venue: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "WAL_LIMIT", 1 << 18)
    for number in range(30):
        saying.note(venue, f"{number} " + "x" * 20_000)
    reader = _foreign(venue.log.path)  # at the newest state: nothing is held back, but it reads in it
    monkeypatch.setattr(store, "READERS_FINISH", 0)
    assert venue.log.move_write_ahead().held_back == 0
    assert venue.log.wal_bytes > 1 << 18
    monkeypatch.setattr(store, "READERS_FINISH", 20_000)
    finishing = threading.Timer(0.1, reader.close)
    finishing.start()
    venue.log.move_write_ahead()
    finishing.join(30)
    assert venue.log.wal_bytes == 0


def test_the_status_tells_of_a_program_that_goes_on_reading(venue: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("commandlog.log.store.WAL_LIMIT", "commandlog.log.engine.WAL_LIMIT"):
        monkeypatch.setattr(place, 1 << 18)
    path = str(venue.log.path)
    with closing(_foreign(venue.log.path)):
        for number in range(30):
            saying.note(venue, f"{number} " + "x" * 20_000)
        told = CliRunner().invoke(status, [path]).output
        document = json.loads(CliRunner().invoke(status, [path, "--json"]).output)
    assert "wait for a program that is still reading" in told
    assert f"Some program other than CommandLog has been reading {path}" in told
    assert document["write_ahead_held_back"] > 1 << 18
    assert "still reading" not in CliRunner().invoke(status, [path]).output


def _open_cursor(log: Log) -> Iterator[Any]:
    yield from log.db.execute("SELECT seq, words FROM records ORDER BY seq")


LISTS: dict[str, Callable[[Log], Iterator[Any]]] = {
    "records": lambda log: log.records(),
    "stored": lambda log: stored(log.db, 1, log.head.seq),
    "timeline": lambda log: timeline.whole(log, live(log), Filter()),
    "search": lambda log: timeline.whole(log, live(log), Filter(search="regel")),
    "by state": lambda log: timeline.whole(log, live(log), Filter(state="received")),
    "newest": lambda log: timeline.found_rows(log, live(log), Filter(), 400),
    "newest of a search": lambda log: timeline.found_rows(log, live(log), Filter(search="regel"), 400),
    "newest of a place": lambda log: timeline.found_rows(log, live(log), Filter(place="gate-f"), 400),
}


@pytest.mark.parametrize("name", [*LISTS, "a cursor that stays open"])
def test_a_reader_that_sits_over_a_list_keeps_nothing_from_being_moved(name: str, venue: Desk) -> None:
    with venue.writing():
        for number in range(700):
            saying.report(venue, f"regel {number}", place="gate-f")
    with Log(venue.log.path) as other:
        seen = iter(LISTS.get(name, _open_cursor)(other))
        first = next(seen)
        saying.note(venue, "regel van na het begin")
        held_back = venue.log.move_write_ahead().held_back
        rest = list(seen)
    assert len({repr(one) for one in (first, *rest)}) == 1 + len(rest) >= 400
    if name in LISTS:
        assert held_back == 0
        assert "na het begin" not in repr(rest)  # what came later is not in a list that was begun before
    else:
        assert held_back > 0


# -- those who disturb -----------------------------------------------------------------------------------------------


def test_figures_are_what_they_say() -> None:
    assert crowds.spread([n / 1000 for n in range(1, 101)]) == {"n": 100, "p50": 51.0, "p99": 100.0, "max": 100.0}
    assert crowds.spread([]) == {"n": 0, "p50": 0.0, "p99": 0.0, "max": 0.0}


@pytest.mark.parametrize(
    ("name", "report"),
    [
        ("sitting: nobody", {"largest write-ahead log": 1 << 40, "left when the reader had gone": [0, 0]}),
        ("sitting: ours, x", {"largest write-ahead log": 0, "left when the reader had gone": [0, 9]}),
        ("sitting: a foreign program", {"told to be held back": 0, "left when the reader had gone": [0, 0]}),
        ("sitting: killed meanwhile", {"opened in ms": 3001}),
        ("kept: our lock", {"exit code": 2, "lines": ["one", "two"]}),
        ("crowd", {"wrong": ["x lost"]}),
    ],
)
def test_what_is_not_as_promised_is_found_in_a_report(name: str, report: dict[str, Any]) -> None:
    assert processes.faults(name, report)


@forks
def test_a_child_that_fails_is_heard() -> None:
    program = "from tests.faults.children import answer; print(answer(lambda: [1])); answer(lambda: 1 / 0)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "[1]\n"
    assert "ZeroDivisionError" in done.stderr
