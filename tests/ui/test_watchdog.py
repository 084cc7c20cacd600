"""The window is never away from its loop for long, whatever comes in; the bench measures how long exactly."""

from pathlib import Path

from tests.bench.driven import FRAME, stalls
from tests.bench.measuring import apart, at

SECONDS = 6
MARGIN = 6  # frames: this machine is shared, and a test must not fail for that


def test_the_window_answers_in_a_surge(path: Path, tmp_path: Path) -> None:
    found = apart(stalls, path, tmp_path / "settings", SECONDS).answer
    assert found.written >= SECONDS * 20
    assert at(found.own, 99) <= MARGIN * FRAME, found.where
