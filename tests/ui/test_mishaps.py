"""What goes wrong around a window: it is killed, the disk is full, another program writes."""

import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commandlog_ui.entry.drafts import read_drafts
from commandlog_ui.session import Session
from commandlog_ui.theme import Theme
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.verbs.events import open_event
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.events import concert
from tests.faults.full_disk import small_disk
from tests.ui.conftest import shown, type_line

KILLS = int(os.environ.get("COMMANDLOG_KILLS", "3"))
PATIENCE = 1.0  # seconds; 0.2 is the promise, and is what the bench holds it to


def test_a_killed_window_loses_nothing(path: Path, tmp_path: Path) -> None:
    chance = random.Random(4)
    notes = tmp_path / "notes"
    stored = 0
    for _kill in range(KILLS):
        notes.unlink(missing_ok=True)
        program = [sys.executable, "-m", "tests.ui.desk_apart", str(path), str(notes)]
        typing = subprocess.Popen(program, stderr=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 30
            while not notes.exists() or not notes.read_bytes():
                assert time.monotonic() < end
                assert typing.poll() is None
                time.sleep(0.01)
            wanted = chance.randrange(120)  # keys, and a moment between two of them: any moment at all
            while notes.stat().st_size < wanted and time.monotonic() < end:
                time.sleep(0.005)
            time.sleep(chance.uniform(0.0, 0.1))
        finally:
            typing.kill()
            typing.wait(30)
        said = [line.partition(" ")[::2] for line in notes.read_text("utf-8").splitlines()]
        stored += sum(what == "stored" for what, _text in said)
        with Log(path) as log:
            texts = [one.text for one in timeline.whole(log, live(log), Filter(kind="note"))]
            draft = read_drafts(log.id)
        assert stored <= len(texts) <= stored + 1, "what was acknowledged, and at most what was on its way"
        stored = len(texts)
        if said[-1][0] == "kept":
            offered = [draft.line, *(text for text, _heard in draft.parked)]
            assert any(one.startswith(said[-1][1]) for one in offered) or texts[-1].startswith(said[-1][1])
    assert stored > 0
    assert verify(path, deep=True).holds


def test_the_draft_is_in_the_line_at_the_next_start(path: Path, tmp_path: Path, theme: Theme, qtbot: QtBot) -> None:
    notes = tmp_path / "notes"
    program = [sys.executable, "-m", "tests.ui.desk_apart", str(path), str(notes)]
    typing = subprocess.Popen(program, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while not notes.exists() or b"kept " not in notes.read_bytes():
            assert time.monotonic() < end
            time.sleep(0.005)
    finally:
        typing.kill()
        typing.wait(30)
    window = MainWindow(Session(path, "", theme), theme)
    qtbot.addWidget(window)
    assert window.entry.text().startswith("regel")
    window.close()


def refuse_and_go_on(window: MainWindow, qtbot: QtBot, told: str, make_room: Callable[[], object]) -> None:
    """Log while nothing can be stored: the text stays, the banner says why; then there is room, and it goes through."""
    type_line(window, "Oog 2 wat er gebeurde")
    qtbot.waitUntil(lambda: window.banner.isVisible() and not window.entry._sent, timeout=20_000)
    assert told in window.banner.text()
    assert "try again" in window.banner.text()
    assert window.entry.text() == "Oog 2 wat er gebeurde"
    assert window.focusWidget() is window.entry.line
    make_room()
    with qtbot.waitSignal(window.entry.stored, timeout=20_000):
        QTest.keyClick(window.entry.line, Qt.Key.Key_Return)
    assert window.entry.text() == ""
    assert not window.banner.isVisible()
    assert shown(window)[-1].endswith("wat er gebeurde")
    assert verify(window.session.path, deep=True).holds


def test_the_disk_takes_nothing_more(window: MainWindow, qtbot: QtBot) -> None:
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # or the system ends the process
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
        refuse_and_go_on(window, qtbot, "cannot be written", lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


def test_a_disk_that_is_really_full(tmp_path: Path, theme: Theme, qtbot: QtBot) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        with small_disk(disk):
            open_event(disk / "event.clog", concert(), settings_folder()).log.close()
            window = MainWindow(Session(disk / "event.clog", "", theme), theme)
            qtbot.addWidget(window)
            window.show()
            qtbot.waitUntil(lambda: window.session.desk_code != "")
            filler = disk / "filler"
            with filler.open("wb", buffering=0) as out, contextlib.suppress(OSError):
                while out.write(bytes(4096)):
                    pass
            try:
                refuse_and_go_on(window, qtbot, "full", filler.unlink)
            finally:
                window.close()
    except PermissionError:
        pytest.skip("this user may not mount a disk")


def test_what_another_program_reports_appears_at_once(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    done: list[float] = []
    window.session.advanced.connect(lambda _moment: done.append(time.time()))
    script = (
        "import sys, time; from commandlog.cli import main; from commandlog.log.store import Log\n"
        f"main(['report', {str(path)!r}, 'Oog 2 van elders', '--as', 'Oog 2'])\n"
        "print(time.time())"
    )
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60)
    qtbot.waitUntil(lambda: any("van elders" in text for text in shown(window)))
    told = float(found.stdout.split()[-1])
    assert min(done) - told < PATIENCE
