"""What a log rests on is looked at: each thing that may be wrong is found out, and said with what to do."""

import errno
import json
import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from commandlog.commands.checking import engine as command
from commandlog.log import engine, lock, schema
from commandlog.log.desk import Desk
from commandlog.log.drives import is_in_memory
from commandlog.log.engine import Finding, findings, may_corrupt, of_drive, of_durability, of_lock, of_log, of_space
from commandlog.log.files import reading_uri
from commandlog.verbs import saying


def by_code(found: list[Finding]) -> dict[str, Finding]:
    return {one.code: one for one in found}


def test_what_is_good_is_found_good_and_nothing_stays_behind(venue: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    found = by_code([*findings(folder), *of_log(venue.log.path)])
    for code in ("sqlite", "fulltext", "secure_delete", "durable", "lock", "log", "write_ahead"):
        assert found[code].good, found[code]
        assert not found[code].advice
    assert found["drive"].good != is_in_memory(folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
    ],
)
def test_the_affected_versions_of_sqlite_are_known(version: tuple[int, ...], affected: bool) -> None:
    assert may_corrupt(version) == affected
    told = engine.of_sqlite(version)[0]
    assert told.good
    assert ("our lock keeps them apart" in told.value) == affected


def test_a_lock_that_keeps_nobody_out_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_take", lambda _file, _what: None)
    assert not of_lock(tmp_path).good


def test_a_lock_that_lets_nobody_in_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_file: int, _what: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock, "_take", refuse)
    assert not of_lock(tmp_path).good


def test_a_disk_on_which_sqlite_has_no_write_ahead_log_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, **k: connect(f"{Path(path).as_uri()}?vfs=unix-dotfile", uri=True, **k)
    )
    found = of_durability(tmp_path)
    assert not found.good
    assert "delete" in found.value


def test_a_sqlite_that_does_not_wait_for_the_disk_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hasty(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            return super().execute(sql.replace("synchronous = FULL", "synchronous = NORMAL"), *values)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **k: connect(path, factory=Hasty, **k))
    assert not of_durability(tmp_path).good


def test_a_sqlite_without_full_text_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "fulltext", SimpleNamespace(SCHEMA=("CREATE VIRTUAL TABLE t USING fts99 (x)",)))
    (found,) = engine.of_sqlite()[1:]
    assert not found.good
    assert "fts99" in found.value


@pytest.mark.parametrize(("kind", "said"), [("nfs4", "network drive"), ("tmpfs", "memory")])
def test_drives_that_keep_nothing_are_found_out(
    kind: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commandlog.log.drives._file_system", lambda _folder: kind)
    found = of_drive(tmp_path)
    assert not found.good
    assert said in found.value


def test_a_disk_that_is_nearly_full_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=engine.SPACE - 1))
    assert not of_space(tmp_path).good
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=engine.SPACE))
    assert of_space(tmp_path).good


def test_a_slow_disk_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for sync in ("fdatasync", "fsync"):
        monkeypatch.setattr(os, sync, lambda _file: time.sleep(engine.SLOW * 1.1), raising=False)
    found = engine.of_syncing(tmp_path)
    assert not found.good
    assert "ms" in found.value


def test_a_folder_that_cannot_be_written_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: object, **_named: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(engine, "TemporaryDirectory", refuse)
    found = by_code(findings(tmp_path))["folder"]
    assert not found.good
    assert str(tmp_path) in found.advice


def test_a_log_that_cannot_be_opened_says_why(venue: Desk, tmp_path: Path) -> None:
    text = tmp_path / "text.clog"
    text.write_text("Dear diary, " * 1000)
    (found,) = of_log(text)
    assert not found.good
    assert "not a log" in found.advice
    venue.log.db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    (found,) = of_log(venue.log.path)
    assert not found.good
    assert "newer version" in found.advice


def test_a_program_that_goes_on_reading_is_told(venue: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WAL_LIMIT", 1 << 18)
    monkeypatch.setattr("commandlog.log.store.WAL_LIMIT", 1 << 18)
    path = venue.log.path
    with closing(sqlite3.connect(reading_uri(path), uri=True, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM records").fetchone()
        saying.note(venue, "kort")
        told = engine.of_write_ahead(venue.log)
        assert told.good  # somebody reads just now: nothing to worry about
        assert "still reading" in told.value
        for number in range(20):
            saying.note(venue, f"{number} " + "x" * 20_000)
        told = engine.of_write_ahead(venue.log)
        assert not told.good
        assert str(path) in told.advice
        assert venue.log.wal_bytes > 1 << 18
    told = engine.of_write_ahead(venue.log)
    assert told.good
    assert venue.log.wal_bytes == 0  # emptied as soon as it had gone


def test_the_command_says_it_in_words_and_in_its_exit_code(
    venue: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commandlog.log.drives._file_system", lambda _folder: "ext4")
    monkeypatch.setattr(engine, "SLOW", 60.0)
    monkeypatch.setattr(engine, "SPACE", 1)
    run, path = CliRunner(), str(venue.log.path)
    good = run.invoke(command, [path])
    assert good.exit_code == 0, good.output
    assert good.output.count("✓") == len(good.output.splitlines()) == 10
    monkeypatch.setattr("commandlog.log.drives._file_system", lambda _folder: "cifs")
    wrong = run.invoke(command, [path])
    assert wrong.exit_code == 1
    assert "→ A log can be damaged there" in wrong.output
    document = json.loads(run.invoke(command, [path, "--json"]).output)
    assert document["good"] is False
    assert [one["code"] for one in document["findings"] if not one["good"]] == ["drive", "log"]
    monkeypatch.chdir(tmp_path)
    assert "log" not in {one["code"] for one in json.loads(run.invoke(command, ["--json"]).output)["findings"]}


def test_a_log_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(tmp_path / "none.clog")])
    assert "no log" in str(result.exception)
