"""A surge by keys alone, while another process writes: nothing lost, nothing twice, nothing taken from the hands."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from commandlog.log.derived import tasks as task_rows
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.ui.conftest import shown

OTHERS = """
import sys, time
from pathlib import Path
from commandlog.log.desk import sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.verbs import saying
with Log(Path(sys.argv[1])) as log:
    desk = sit_down(log, settings_folder(), "police")
    number = 0
    while not Path(sys.argv[2]).exists():
        saying.note(desk, f"elders {number}")
        number += 1
        time.sleep(0.05)
print(number)
"""
SAID = (
    "Oog 2 poort F man {n} filmt camera's #verdacht",
    "vak 112 vrouw {n} onwel #medisch !urgent",
    "melding {n}: hek staat open",
    "{n} 5 min geleden rook gezien",
    ">politie bericht {n} over de rij",
)


@pytest.fixture
def elsewhere(path: Path, tmp_path: Path) -> Iterator[Any]:
    """Another process that writes until it is told to stop; called, it stops and says how many entries it wrote."""
    stop = tmp_path / "stop"
    other = subprocess.Popen([sys.executable, "-c", OTHERS, str(path), str(stop)], stdout=subprocess.PIPE, text=True)

    def end() -> int:
        stop.touch()
        return int(other.communicate(timeout=30)[0])

    yield end
    stop.touch()
    other.communicate(timeout=30)


class Hands:
    """Presses keys where the focus is, lets the window live after each, and looks that nothing was taken away."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot
        self.taken: list[str] = []

    def focus(self) -> QWidget:
        found: QWidget | None = self.window.focusWidget()
        assert found is not None
        return found

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.focus(), key, modifiers)
        QApplication.processEvents()

    def type(self, text: str) -> None:
        """Type a text letter by letter; after each the same field has the keys, and holds just what was typed."""
        field = cast("QLineEdit", self.focus())
        for letter in text:
            before = field.text()
            QTest.keyClicks(field, letter)
            QApplication.processEvents()
            if self.focus() is not field or field.text() != before + letter:
                self.taken.append(f"{before!r} + {letter!r}: {field.text()!r} in {self.focus()}")

    def entry(self, text: str) -> None:
        self.type(text)
        with self.qtbot.waitSignal(self.window.entry.stored):
            self.key(Qt.Key.Key_Return)
        assert self.focus() is self.window.entry.line
        assert not self.window.entry.text()

    def to_list(self) -> None:
        self.key(Qt.Key.Key_Escape)
        if self.focus() is self.window.entry.line:
            self.key(Qt.Key.Key_Escape)
        assert self.focus() is self.window.timeline.view

    def answer(self, *said: str) -> None:
        """Answer a question of the strip: each field in turn, and wait until it is stored."""
        assert self.window.asking.isVisible()
        with self.qtbot.waitSignal(self.window.asking.left):
            for one in said[:-1]:
                self.type(one)
                self.key(Qt.Key.Key_Return)
            self.type(said[-1])
            self.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    def go_to(self, text: str) -> None:
        """Find an entry by searching for it, and go to it."""
        self.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        self.key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        self.key(Qt.Key.Key_Delete)
        self.type(text)
        self.qtbot.waitUntil(lambda: [one for one in shown(self.window) if text in one][-1:] == shown(self.window)[-1:])
        self.key(Qt.Key.Key_Down)
        assert self.focus() is self.window.timeline.view
        self.key(Qt.Key.Key_End)


def test_a_surge_by_keys_alone(window: MainWindow, qtbot: QtBot, path: Path, log: Log, elsewhere: Any) -> None:
    hands = Hands(window, qtbot)
    written = [SAID[number % len(SAID)].format(n=f"golf{number}") for number in range(60)]
    for text in written:
        hands.entry(text)
    for number in range(5):
        hands.go_to(f"golf{number * 5}")
        hands.key(Qt.Key.Key_C)
        hands.key(Qt.Key.Key_End)
        hands.answer(" verbeterd", "beter gehoord")
    for word, found in (("verbeterd", 5), ("golf59", 1), ("medisch", 0)):
        hands.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        hands.key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        hands.key(Qt.Key.Key_Delete)
        hands.type(word)
        qtbot.waitUntil(lambda found=found: len(shown(window)) == found or found == 0)  # type: ignore[misc]
    hands.key(Qt.Key.Key_Escape)
    hands.to_list()
    assert not hands.taken, hands.taken
    others = elsewhere()
    texts = Counter(line.text for line in timeline.whole(log, live(log), Filter()))
    assert sum(count for text, count in texts.items() if text.startswith("elders")) == others > 0
    assert [number for number in range(60) if sum(n for t, n in texts.items() if _says(t, number)) != 1] == []
    assert sum(count for text, count in texts.items() if "verbeterd" in text) == 5
    assert verify(path, deep=True).holds


def _says(text: str, number: int) -> bool:
    return f"golf{number}" in text.replace(":", " ").split()


ENDS = {
    "confirmed": (Qt.Key.Key_Y, Qt.Key.Key_S, Qt.Key.Key_D, Qt.Key.Key_K),
    "declined": (Qt.Key.Key_N,),
    "handed over": (Qt.Key.Key_H,),
    "told": ((Qt.Key.Key_D, Qt.KeyboardModifier.ShiftModifier),),
    "agreed": (Qt.Key.Key_O,),
}


def test_tasks_through_all_their_states_by_keys_alone(
    window: MainWindow, qtbot: QtBot, log: Log, elsewhere: Any
) -> None:
    hands = Hands(window, qtbot)
    wanted = [list(ENDS)[number % len(ENDS)] for number in range(20)]
    for number, end in enumerate(wanted):
        hands.entry(f">politie taak klus{number}x voor 5 min")
        hands.go_to(f"klus{number}x")
        for step in ENDS[end]:
            key, modifiers = step if isinstance(step, tuple) else (step, Qt.KeyboardModifier.NoModifier)
            position = log.refresh()
            hands.key(key, modifiers)
            if end == "declined":
                hands.answer("geen mensen")
            elif end == "handed over":
                _choose(hands, "B")
            qtbot.waitUntil(lambda position=position: _steps(log, position) > 0)  # type: ignore[misc]
            qtbot.waitUntil(lambda: window.session.moment.position >= log.head.seq)
        hands.key(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert hands.taken == []
    elsewhere()
    log.refresh()
    found = {line.text: line for line in timeline.whole(log, live(log), Filter(kind="proposed"))}
    assert len(found) == 20
    for number, end in enumerate(wanted):
        line = next(line for text, line in found.items() if f"klus{number}x" in text)
        row = task_rows.current(log.db, line.entry)
        assert row is not None
        assert (row.state, row.assignee) == _expected(end), (number, end, row)
        assert bool(row.orally) == (end == "agreed")


def _choose(hands: Hands, letter: str) -> None:
    """Choose the party that a letter begins, and do it."""
    with hands.qtbot.waitSignal(hands.window.asking.left):
        QTest.keyClicks(hands.focus(), letter)
        hands.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def _steps(log: Log, position: int) -> int:
    log.refresh()
    return int(log.db.execute("SELECT count(*) FROM tasks WHERE since > ?", (position,)).fetchone()[0])


def _expected(end: str) -> tuple[str, str]:
    return {
        "confirmed": ("confirmed", "police"),
        "declined": ("declined", "police"),
        "handed over": ("handed_over", "baken"),
        "told": ("confirmed", "police"),
        "agreed": ("accepted", "police"),
    }[end]
