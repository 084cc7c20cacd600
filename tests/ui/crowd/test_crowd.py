"""The crowd screen in a real window, driven by keys."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from commandlog_ui.crowd.screen import CrowdScreen
from commandlog_ui.theme import Theme
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from commandlog.log.desk import Desk
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.model.scenario import load
from commandlog.verbs import counting
from commandlog.verbs.events import open_event
from commandlog.views import crowd
from commandlog.views.filters import Filter
from commandlog.views.moments import live

Do = Callable[[Callable[[Desk], Any]], Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    desk = open_event(tmp_path / "event.clog", load("concert"), settings_folder())
    desk.log.close()
    return tmp_path / "event.clog"


@pytest.fixture
def screen(window: MainWindow, qtbot: QtBot) -> CrowdScreen:
    QTest.keyClick(window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    screen = cast("CrowdScreen", window.shown["crowd"])
    qtbot.waitUntil(lambda: screen.list.hasFocus())
    QAbstractItemModelTester(screen.model, QAbstractItemModelTester.FailureReportingMode.Fatal, screen)
    return screen


def ask(window: MainWindow, *typed: str) -> None:
    for text in typed:
        field: Any = window.asking.focusWidget()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)


def test_a_count_by_key_is_stored_and_shown(window: MainWindow, screen: CrowdScreen, qtbot: QtBot, log: Log) -> None:
    assert screen.empty.isVisible()
    QTest.keyClick(screen.list, Qt.Key.Key_N)
    ask(window, "Gate F", "2 400", "")
    qtbot.waitUntil(lambda: len(screen.model.rows) == 1)
    (found,) = crowd.crowd(log, live(log))
    assert (found.place, found.present, found.percent) == ("gate-f", 2400, 80)
    row = screen.model.rows[0]
    assert row.main() == "80 %"
    assert "70 %" in row.warning()
    assert not screen.empty.isVisible()
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    assert screen.list.hasFocus()


def test_percent_may_be_typed_as_such(window: MainWindow, screen: CrowdScreen, qtbot: QtBot) -> None:
    QTest.keyClick(screen.list, Qt.Key.Key_N)
    ask(window, "Square", "65 %", "")
    qtbot.waitUntil(lambda: len(screen.model.rows) == 1)
    assert screen.model.rows[0].crowd.percent == 65


def test_what_is_no_number_is_said_and_kept(window: MainWindow, screen: CrowdScreen) -> None:
    QTest.keyClick(screen.list, Qt.Key.Key_N)
    ask(window, "Square", "veel", "")
    assert window.asking.isVisible()
    assert window.asking.answers()["number"] == "veel"
    assert "veel" in window.asking.told.text()


def test_rows_keep_their_order_and_the_reader_the_place(screen: CrowdScreen, do: Do, qtbot: QtBot) -> None:
    do(lambda desk: counting.count(desk, 100, place="square"))
    do(lambda desk: counting.count(desk, 100, place="gate-f"))
    qtbot.waitUntil(lambda: len(screen.model.rows) == 2)
    assert [row.place for row in screen.model.rows] == ["gate-f", "square"]
    screen.list.setCurrentIndex(screen.model.index(1))
    do(lambda desk: counting.count(desk, 100, place="gate-a"))
    do(lambda desk: counting.count(desk, 8000, place="square"))
    qtbot.waitUntil(lambda: any(row.warning() for row in screen.model.rows))
    assert [row.place for row in screen.model.rows] == ["gate-a", "gate-f", "square"]
    assert screen.place() == "square"
    assert len(screen.model.rows[2].levels) == 2


def test_enter_leads_to_the_entries_of_the_place(window: MainWindow, screen: CrowdScreen, do: Do, qtbot: QtBot) -> None:
    do(lambda desk: counting.count(desk, 100, place="square"))
    qtbot.waitUntil(lambda: screen.place() == "square")
    asked: list[Filter] = []
    window.room.look_at.connect(asked.append)
    QTest.keyClick(screen.list, Qt.Key.Key_Return)
    assert asked == [Filter(reader=window.session.party, place="square")]


def test_it_is_painted_in_every_look(screen: CrowdScreen, do: Do, theme: Theme, qtbot: QtBot) -> None:
    for measure, number in (("present", 500), ("in", 40), ("out", 10), ("percent", 88)):
        do(lambda desk, m=measure, n=number: counting.count(desk, n, measure=m, place="gate-f"))  # type: ignore[misc]
    do(lambda desk: counting.count(desk, 12, place="stage"))
    qtbot.waitUntil(lambda: len(screen.model.rows) == 2)
    for look in ("light", "dark"):
        theme.choose(look, 200)
        assert not screen.grab().isNull()
