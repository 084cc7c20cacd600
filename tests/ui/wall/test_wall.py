"""The wall window: what everybody may know, large, still, and without hands."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commandlog_ui.theme import Theme
from commandlog_ui.wall.block import Block, Item, broken
from commandlog_ui.wall.window import LINES, WallWindow
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from commandlog.log.desk import Desk
from commandlog.log.keys import settings_folder
from commandlog.model.scenario import load
from commandlog.verbs import levels, marking, saying, tasks
from commandlog.verbs.events import open_event

Do = Callable[[Callable[[Desk], Any]], Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    desk = open_event(tmp_path / "event.clog", load("concert"), settings_folder())
    desk.log.close()
    return tmp_path / "event.clog"


@pytest.fixture
def wall(window: MainWindow, qtbot: QtBot) -> Iterator[WallWindow]:
    QTest.keyClick(window, Qt.Key.Key_9, Qt.KeyboardModifier.ControlModifier)
    wall = window.findChild(WallWindow)
    assert isinstance(wall, WallWindow)
    qtbot.waitUntil(lambda: not wall._busy)
    yield wall
    wall.close()


def said(block: Block) -> str:
    return "\n".join(f"{one.lead} {one.text}" for one in block.items)


def test_it_is_one_window_beside_the_desk(window: MainWindow, wall: WallWindow) -> None:
    assert wall.isWindow()
    assert wall.isVisible()
    window.do_wall()
    assert len(window.findChildren(WallWindow)) == 1


def test_a_line_is_a_twenty_fifth_of_the_height(wall: WallWindow) -> None:
    for width, height in ((1920, 1080), (1280, 720), (3840, 2160)):
        wall.resize(width, height)
        line = QFontMetricsF(wall.theme.font).lineSpacing()
        assert height / LINES * 0.7 < line < height / LINES * 1.05


def test_late_tasks_come_first_and_what_matters_is_shown(wall: WallWindow, do: Do, qtbot: QtBot) -> None:
    clock = wall.session.log.clock
    do(lambda desk: tasks.propose(desk, "straks", to_party="police", answer_by=clock() + 600_000))
    do(
        lambda desk: tasks.propose(
            desk, "allang", to_party="police", occurred_at=clock() - 900_000, answer_by=clock() - 300_000
        )
    )
    entry = do(lambda desk: saying.note(desk, "hoofdpodium ontruimd", place="stage"))
    do(lambda desk: saying.note(desk, "koffie is op"))
    do(lambda desk: marking.mark(desk, entry.seq))
    do(lambda desk: levels.set_phase(desk, "show"))
    qtbot.waitUntil(lambda: "hoofdpodium" in said(wall.entries) and "Show" in wall.banner.below + wall.banner.levels)
    assert "koffie" not in said(wall.entries)
    assert [one.meaning for one in wall.tasks.items] == ["late", "waiting"]
    assert "late 5 min" in wall.tasks.items[0].text
    assert "late: 1" in wall.tasks.heading


def test_without_marks_decisions_and_what_is_urgent_are_shown(wall: WallWindow, do: Do, qtbot: QtBot) -> None:
    do(lambda desk: saying.report(desk, "brand achter het podium", priority="emergency"))
    do(lambda desk: saying.note(desk, "gewoon"))
    qtbot.waitUntil(lambda: "brand" in said(wall.entries))
    assert "■" in said(wall.entries)
    assert "gewoon" not in said(wall.entries)


def test_what_is_not_for_everybody_is_not_on_the_wall(wall: WallWindow, do: Do, qtbot: QtBot) -> None:
    audience = ("police", "venue")
    do(lambda desk: saying.report(desk, "naam van de gast", priority="emergency", audience=audience))
    do(lambda desk: tasks.propose(desk, "gast ophalen", to_party="police", audience=audience))
    do(lambda desk: saying.report(desk, "voor allen", priority="emergency"))
    qtbot.waitUntil(lambda: "voor allen" in said(wall.entries))
    assert "gast" not in said(wall.entries) + said(wall.tasks)


def test_nothing_is_painted_while_nothing_changes(wall: WallWindow, do: Do, qtbot: QtBot) -> None:
    do(lambda desk: saying.report(desk, "brand", priority="emergency"))
    qtbot.waitUntil(lambda: "brand" in said(wall.entries))
    QApplication.processEvents()  # what was to be painted still, is
    before = wall.entries.painted, wall.tasks.painted
    do(lambda desk: saying.note(desk, "niets bijzonders"))
    qtbot.waitUntil(lambda: not wall._busy)
    qtbot.waitUntil(lambda: not wall._pause.isActive())
    wall._tick()
    wall.refresh(wall.session.moment)
    qtbot.waitUntil(lambda: not wall._busy)
    assert (wall.entries.painted, wall.tasks.painted) == before


def test_it_takes_no_keys_but_for_its_size(window: MainWindow, wall: WallWindow) -> None:
    QTest.keyClicks(wall, "abcefd+-")
    assert window.entry.text() == ""
    QTest.keyClick(wall, Qt.Key.Key_F11)
    assert wall.isFullScreen()
    QTest.keyClick(wall, Qt.Key.Key_Escape)
    assert not wall.isFullScreen()
    assert wall.isVisible()


def test_what_does_not_fit_is_counted(theme: Theme, qtbot: QtBot, wall: WallWindow) -> None:
    block = Block(theme, wall)
    block.show_items("Open", [Item("!", f"taak {number}") for number in range(40)], "")
    block.resize(400, 200)
    assert not block.grab().isNull()
    rows = broken("een heel lang verhaal " * 20, theme.font, 200, 2)
    assert len(rows) == 2
    assert rows[1].endswith("…")
    assert broken("", theme.font, 200, 2) == [""]


def test_it_speaks_the_other_language_and_takes_the_look(window: MainWindow, wall: WallWindow, qtbot: QtBot) -> None:
    name = wall.model.rows[1].name
    window.do_language()
    wall._tick()
    qtbot.waitUntil(lambda: not wall._busy)
    assert wall.model.rows[1].name != name
    window.theme.choose("light", 150)
    assert wall.theme.look == "light"
    window.do_language()


def test_it_goes_when_the_desk_goes(window: MainWindow, wall: WallWindow) -> None:
    window.close()
    assert not wall.isVisible()


def test_a_surge_leaves_the_newest(wall: WallWindow, do: Do, qtbot: QtBot) -> None:
    for number in range(30):
        do(partial(saying.report, text=f"melding {number}", priority="urgent"))
    qtbot.waitUntil(lambda: "melding 29" in said(wall.entries))
    assert wall.entries.items[0].text.endswith("melding 29")
    assert len(wall.entries.items) <= 12
