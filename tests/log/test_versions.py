"""Logs that older versions wrote open in this one, whole or not at all; what a newer one wrote is left alone."""

import lzma
import multiprocessing
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from commandlog.cli import BAD_INPUT, DONE, NO, main
from commandlog.log import chain, schema
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.rebuild import first_difference
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import Unavailable
from commandlog.verbs import saying
from tests.log.histories import everything

KEPT = Path(__file__).parent.parent / "logs"
OLD = sorted(path.name.removesuffix(".clog.xz") for path in KEPT.glob("*.clog.xz"))


@pytest.fixture(params=OLD)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A log of an older version, in a folder of its own."""
    return unpacked(request.param, tmp_path / "kept")


@pytest.fixture
def rare(tmp_path: Path) -> Path:
    return unpacked("rare-1", tmp_path / "kept")


def unpacked(name: str, folder: Path) -> Path:
    folder.mkdir()
    path = folder / f"{name}.clog"
    path.write_bytes(lzma.decompress((KEPT / f"{name}.clog.xz").read_bytes()))
    return path


def dump(path: Path) -> dict[str, Any]:
    """Everything that is in the file, by table, asked without this program."""
    db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        made = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        names = [name for kind, name, sql in made if kind == "table" and "VIRTUAL" not in sql]
        found = {name: db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in names}
        return {**found, "made": made, "version": db.execute("PRAGMA user_version").fetchone()[0]}
    finally:
        db.close()


def locked_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a folder be as on a read-only disk, also for a user who may write anything."""
    monkeypatch.setattr(
        "os.access", lambda name, mode: path.parent not in (Path(name), *Path(name).parents) or mode == os.R_OK
    )


def test_there_is_a_log_of_every_version_but_this_one() -> None:
    versions = {int(name.rpartition("-")[2]) for name in OLD}
    assert versions == set(range(1, schema.VERSION))


# opening for writing


def test_an_old_log_opens_and_is_as_if_this_version_had_written_it(old: Path) -> None:
    records = dump(old)["records"]
    with Log(old) as log:
        assert log.db.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
        assert log.db.execute("SELECT * FROM records ORDER BY 1, 2").fetchall() == records
        assert first_difference(old) is None
    assert verify(old, deep=True).holds


def test_an_old_log_goes_on(tmp_path: Path) -> None:
    path = unpacked("demo-1", tmp_path / "kept")
    with Log(path) as log:
        last = log.head.seq
        made = saying.note(sit_down(log, settings_folder(), "venue"), "en verder")
    assert made.reference == "V2-2"  # this machine is another desk than the one that wrote it
    assert made.seq == last + 2
    assert verify(path, deep=True).holds


def test_copies_that_left_an_old_log_are_known_afterwards(rare: Path) -> None:
    with Log(rare) as log:
        copies = log.db.execute("SELECT form, party, upto, since FROM copies ORDER BY since").fetchall()
        exported = [r.seq for r in log.records() if r.frame and r.frame.__struct_config__.tag == "exported"]
    assert [(form, party) for form, party, _upto, _since in copies] == [("pdf", ""), ("csv", "police")]
    assert [since for *_rest, since in copies] == exported
    assert all(upto == since - 1 for *_form, upto, since in copies)


def test_what_waits_for_its_place_is_still_waiting_afterwards(rare: Path) -> None:
    with Log(rare) as log:
        waiting = [record.seq for record in log.records(PROVISIONAL)]
    assert waiting == [PROVISIONAL, PROVISIONAL + 1, PROVISIONAL + 2]


class Failing(sqlite3.Connection):
    """A connection whose disk is full at one of the statements that change the file."""

    left = 10**9

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql.split(" ", 1)[0] in ("CREATE", "INSERT", "UPDATE", "DELETE", "COMMIT") or "user_version =" in sql:
            Failing.left -= 1
            if Failing.left == 0:
                raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *values)


def test_opening_that_fails_at_any_statement_leaves_the_old_log(rare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, kept = dump(rare), rare.read_bytes()
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, factory=Failing, **k))
    statements, versions = 0, set()
    while True:
        Failing.left = statements + 1
        try:
            Log(rare).close()
        except Unavailable:
            now = dump(rare)
            versions.add(now["version"])
            assert now == before or (now["version"] in (2, 3) and now["records"] == before["records"])
            rare.write_bytes(kept)
            statements += 1
        else:
            break
    Failing.left = 10**9
    assert statements >= 40  # the tables, their indexes, their rows, and the versions
    assert versions == {1, 2, 3}  # each step is whole, or is not there
    assert dump(rare)["version"] == schema.VERSION
    assert verify(rare, deep=True).holds


def _open_and_die(path: Path, at: int) -> None:
    """Open a log and end as the power does, when the statement with this number begins."""
    connect, count = sqlite3.connect, 0

    def watch(statement: str) -> None:
        nonlocal count
        count += statement.lstrip().upper().startswith(("CREATE", "INSERT", "COMMIT", "PRAGMA USER_VERSION ="))
        if count >= at:
            os._exit(9)

    def watched(*given: Any, **named: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*given, **named)
        db.set_trace_callback(watch)
        return db

    sqlite3.connect = watched  # type: ignore[assignment]
    Log(path).close()


def test_opening_that_is_killed_leaves_the_old_log_or_the_new_one(rare: Path) -> None:
    before = dump(rare)
    spawn = multiprocessing.get_context("spawn")
    for at in (1, 9, 18, 25, 10**6):
        other = spawn.Process(target=_open_and_die, args=(rare, at))
        other.start()
        other.join(60)
        assert other.exitcode == (0 if at == 10**6 else 9)
        assert (dump(rare) == before) is (at != 10**6)
    assert verify(rare, deep=True).holds


def _open_and_write(path: Path, gate: Any, name: str) -> None:
    gate.wait(30)
    with Log(path) as log:
        saying.note(sit_down(log, settings_folder(), "venue"), name)


def test_two_programs_that_open_an_old_log_at_once_bring_it_here_once(tmp_path: Path) -> None:
    path = unpacked("demo-1", tmp_path / "kept")
    spawn = multiprocessing.get_context("spawn")
    gate = spawn.Barrier(3)
    others = [spawn.Process(target=_open_and_write, args=(path, gate, name)) for name in ("een", "twee", "drie")]
    for other in others:
        other.start()
    for other in others:
        other.join(60)
    assert [other.exitcode for other in others] == [0, 0, 0]
    db = sqlite3.connect(path)
    applied = db.execute("SELECT name FROM _sqlite_migrations ORDER BY id").fetchall()
    db.close()
    assert applied == [("first",), ("second",), ("third",), ("fourth",)]
    assert verify(path, deep=True).holds


# reading where nothing can be written


def test_an_old_log_that_cannot_be_written_is_read_as_it_is(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = unpacked(old.stem, tmp_path / "elsewhere")
    with Log(other) as log:
        expected = everything(log)
    locked_away(old, monkeypatch)
    before = old.read_bytes()
    with Log(old) as log:
        assert log.read_only
        assert everything(log) == expected
        assert log.db.execute("SELECT count(*) FROM main.sqlite_master WHERE name = 'presences'").fetchone() == (0,)
    for command in (["timeline"], ["tasks"], ["open-items"], ["counts"], ["verify"], ["verify", "--deep"]):
        name, *options = command
        assert main([name, str(old), *options]) in (DONE, *([NO] if name == "open-items" else []))
    assert main(["export", str(old), str(tmp_path / "uit.jsonl")]) == DONE
    capsys.readouterr()
    assert main(["report", str(old), "erbij"]) == BAD_INPUT
    assert capsys.readouterr().err.count("\n") == 1
    assert old.read_bytes() == before
    assert [path.name for path in old.parent.iterdir()] == [old.name]


def test_deep_still_finds_a_wrong_row_in_an_old_log_that_cannot_be_written(
    rare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = sqlite3.connect(rare)
    db.execute("UPDATE entries SET place = 'gate-f' WHERE since = 20")
    db.commit()
    db.close()
    locked_away(rare, monkeypatch)
    verdict = verify(rare, deep=True)
    assert (verdict.holds, verdict.position) == (False, 20)


# what a newer version wrote


def test_a_newer_log_is_left_alone_and_said_so_in_one_line(
    venue: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = venue.log.path
    venue.log.close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    db.close()
    before = dump(path)
    for _where in ("on a disk", "where nothing can be written"):
        for command in (["timeline", str(path)], ["report", str(path), "erbij"], ["verify", str(path)]):
            assert main(command) == BAD_INPUT
            printed = capsys.readouterr()
            assert (printed.out, printed.err.count("\n")) == ("", 1)
            assert "newer version" in printed.err
        locked_away(path, monkeypatch)
    assert dump(path) == before


def test_a_log_that_becomes_newer_while_it_is_open_is_not_written_any_more(venue: Desk) -> None:
    saying.note(venue, "nog wel")
    db = sqlite3.connect(venue.log.path)
    db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    db.close()
    with pytest.raises(Unavailable, match="newer version"):
        saying.note(venue, "niet meer")


Change = Callable[[dict[str, Any]], None]


def _kind(frame: dict[str, Any]) -> None:
    frame["kind"] = "hologram"


def _frame_version(frame: dict[str, Any]) -> None:
    frame["v"] = 2


@pytest.fixture(params=[_kind, _frame_version], ids=["kind", "version"])
def unknown(venue: Desk, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A log that holds, whose last record is one that only a newer program knows."""
    made = saying.note(venue, "uit de toekomst")
    log = venue.log
    previous = log.check_value(made.seq - 1)
    header, frame, words = log.db.execute(
        "SELECT header, frame, words FROM records WHERE seq = ?", (made.seq,)
    ).fetchone()
    said = msgspec.json.decode(frame[chain.SALT :])
    request.param(said)
    frame = frame[: chain.SALT] + msgspec.json.encode(said)
    old = chain.unpack_header(header)
    digest = chain.digest_of(chain.part_hash(frame), chain.part_hash(words))
    signed = venue.signer.key.sign(chain.signed_bytes(log.id, old.id, digest, old.party, old.desk))
    header = chain.pack_header((*old[:5], digest, signed), old.party, old.desk)
    log.db.execute(
        "UPDATE records SET header = ?, hash = ?, frame = ? WHERE seq = ?",
        (header, chain.link(previous, header), frame, made.seq),
    )
    log.close()
    yield log.path


def test_a_record_that_this_version_does_not_know_is_said_to_be_newer(
    unknown: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("timeline", "verify"):
        assert main([command, str(unknown)]) == BAD_INPUT
        printed = capsys.readouterr()
        assert printed.err.count("\n") == 1
        assert "newer version" in printed.err
        assert "4" in printed.err  # which record
