"""A long log is checked by several processes, which find what one finds."""

import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from commandlog.log import links, verify
from commandlog.log.desk import Desk
from commandlog.log.verify import Verdict
from commandlog.verbs import saying


@pytest.fixture
def path(venue: Desk) -> Path:
    for number in range(300):
        saying.note(venue, f"regel {number}")
    venue.log.close()
    return venue.log.path


@pytest.fixture
def found_elsewhere(monkeypatch: pytest.MonkeyPatch) -> list[links.Checked]:
    """Cut the log in slices of ten, leave them to a helper until it is through, and note what it found."""
    monkeypatch.setattr(links, "SLICE", 10)
    monkeypatch.setattr(verify, "PARALLEL_FROM", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    guide, taken = links._guide, links.taken
    noted, through = list[links.Checked](), threading.Event()

    def guided(helper: Any, waiting: links.Slices, found: list[links.Checked], left: links.Slices) -> None:
        guide(helper, waiting, found, left)
        noted.extend(found)
        through.set()

    def patient(take: Any) -> tuple[int, int] | None:
        if take.__name__ == "popleft":
            assert through.wait(30)
        return taken(take)

    monkeypatch.setattr(links, "_guide", guided)
    monkeypatch.setattr(links, "taken", patient)
    return noted


def alone(path: Path) -> Verdict:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "PARALLEL_FROM", 1 << 40)
        return verify.verify(path)


def changed(path: Path, statement: str) -> Path:
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()
    return path


def damage() -> Iterator[tuple[str, str]]:
    yield "a word", "UPDATE records SET words = CAST(words || ' ' AS BLOB) WHERE seq = {seq}"
    yield "a check value", "UPDATE records SET hash = zeroblob(32) WHERE seq = {seq}"
    yield "a header", "UPDATE records SET header = zeroblob(length(header)) WHERE seq = {seq}"
    yield "no frame", "UPDATE records SET frame = NULL WHERE seq = {seq}"
    yield "no bytes", "UPDATE records SET frame = 7 WHERE seq = {seq}"
    yield "gone", "DELETE FROM records WHERE seq = {seq}"


def test_helpers_find_that_a_log_holds(path: Path, found_elsewhere: list[links.Checked]) -> None:
    assert verify.verify(path) == alone(path)
    assert len(found_elsewhere) == 31


@pytest.mark.parametrize("seq", [1, 150, 160, 161, 302])
@pytest.mark.parametrize("what", dict(damage()))
def test_helpers_find_what_one_process_finds(
    path: Path, found_elsewhere: list[links.Checked], what: str, seq: int
) -> None:
    changed(path, dict(damage())[what].format(seq=seq))
    verdict = verify.verify(path)
    assert not verdict.holds
    assert verdict == alone(path)
    assert len(found_elsewhere) < 31


def test_a_helper_that_cannot_start_is_done_without(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "PARALLEL_FROM", 1)
    monkeypatch.setattr(links, "SLICE", 10)
    for executable in (str(path.parent / "nothing"), "/bin/false"):
        monkeypatch.setattr(sys, "executable", executable)
        assert verify.verify(path).holds
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert verify.verify(path).holds


def test_a_log_from_which_help_pays_is_cut_into_enough_slices_to_share_out() -> None:
    """With five, one process would stand still while the other checks the last: a fifth of all the time."""
    for last in (verify.PARALLEL_FROM, 100_003):
        found = links.slices(last)
        assert len(found) >= 10
        assert [end + 1 for _first, end in found][:-1] == [first for first, _end in found][1:]
        assert (found[0][0], found[-1][1]) == (1, last)
