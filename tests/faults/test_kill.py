"""Kill -9: a short run of what `python -m tests.faults.kill` does a thousand times, and its controls."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commandlog.log import making
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import RuleError
from commandlog.verbs.events import open_event
from tests.events import concert

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def run(tmp_path: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run it in a process of its own, which has no threads; returns exit code, figures by kind, and what it printed."""
    out = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.faults.kill", *arguments, "--json", str(out)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, json.loads(out.read_text())["kinds"] if out.exists() else {}, done.stdout + done.stderr


@forks
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    code, kinds, printed = run(tmp_path, "--seed", "20", "--runs", "20")
    assert code == 0, printed
    assert sum(one["killed"] for one in kinds.values()) >= 20, printed
    assert sum(one["acknowledged"] for one in kinds.values()) > 50, printed
    assert all(one["openings"] for one in kinds.values() if one["runs"]), printed


@forks
def test_programs_that_do_it_wrong_are_found_out(tmp_path: Path) -> None:
    code, kinds, printed = run(tmp_path, "--seed", "20", "--runs", "24", "--control")
    assert code == 0, printed
    assert kinds["acknowledged before the commit"]["lost"], printed
    assert kinds["made under its own name"]["half"], printed
    assert kinds["imported without keys"]["doubled"], printed


def test_what_a_killed_creation_left_is_cleared_away_by_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "event.clog"
    with Log(tmp_path / "event.clog.new", create=True):
        pass
    for leftover in ("-wal", "-shm"):
        Path(f"{path}.new{leftover}").write_bytes(b"left by one that was killed")
    open_event(path, concert(), settings_folder()).log.close()
    assert sorted(one.name for one in tmp_path.glob("event.*")) == ["event.clog", "event.clog.lock"]
    assert verify(path, deep=True).holds


def test_a_creation_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "event.clog"
    with pytest.raises(ZeroDivisionError), making.making(path) as part, Log(part, create=True):
        raise ZeroDivisionError
    assert [one.name for one in tmp_path.glob("event.*")] == ["event.clog.lock"]
    path.write_text("somebody else's")
    with pytest.raises(RuleError, match="there already"), making.making(path):
        pass
    assert path.read_text() == "somebody else's"
