"""The main window, driven by keys."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from commandlog_ui.entry.drafts import read_drafts
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.verbs import saying
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.ui.conftest import shown, type_line


def test_a_line_is_stored_shown_and_leaves_the_line(window: MainWindow, qtbot: QtBot, log: Log) -> None:
    with qtbot.waitSignal(window.entry.stored):
        type_line(window, "Oog 2 poort F man filmt camera's #verdacht !urgent")
    assert window.entry.text() == ""
    assert window.focusWidget() is window.entry.line
    line = next(one for one in timeline.whole(log, live(log), Filter()) if one.kind == "report")
    assert (line.unit, line.place, line.category, line.priority) == ("Oog 2", "gate-f", "suspicious", "urgent")
    assert shown(window)[-1] == line.text


def test_what_is_typed_stays_while_others_write(
    window: MainWindow, qtbot: QtBot, path: Path, do: Callable[[Callable[[Desk], Any]], Any]
) -> None:
    QTest.keyClicks(window.entry.line, "Oog 2 half get")
    told = [sys.executable, "-c", "from commandlog.cli import run; run()", "report", str(path), "van elders"]
    subprocess.run(told, check=True, capture_output=True, timeout=30)
    qtbot.waitUntil(lambda: "van elders" in shown(window), timeout=2_000)
    do(lambda desk: saying.note(desk, "nog een"))
    assert window.entry.text() == "Oog 2 half get"
    assert window.focusWidget() is window.entry.line
    QTest.keyClicks(window.entry.line, "ypt")
    assert window.entry.text() == "Oog 2 half getypt"


def test_the_reader_stays_at_the_entry_that_is_read(
    window: MainWindow, do: Callable[[Callable[[Desk], Any]], Any]
) -> None:
    for number in range(200):
        do(partial(saying.note, text=f"nummer {number}"))
    view = window.timeline.view
    assert view.following
    view.go_to(50)
    current, top = view.current(), view.indexAt(view.viewport().rect().topLeft()).row()
    assert current
    seen = view.entries().line(top)
    do(lambda desk: saying.note(desk, "vroeger", occurred_at=1))
    do(lambda desk: saying.note(desk, "nu"))
    assert view.current() == current
    assert view.entries().line(view.indexAt(view.viewport().rect().topLeft()).row()) == seen
    assert not view.following
    assert view.pill.isVisible()
    QTest.keyClick(window, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert view.following
    assert not view.pill.isVisible()


def test_parked_lines_are_kept_in_sight_and_over_a_crash(window: MainWindow) -> None:
    QTest.keyClicks(window.entry.line, "eerste")
    QTest.keyClick(window, Qt.Key.Key_F2)
    assert window.entry.text() == ""
    assert "eerste" in window.entry.parked.text()
    QTest.keyClicks(window.entry.line, "tweede")
    window.entry.keep()
    kept = read_drafts(window.session.log.id)
    assert kept.line == "tweede"
    assert [text for text, _heard in kept.parked] == ["eerste"]
    QTest.keyClick(window, Qt.Key.Key_F2, Qt.KeyboardModifier.ShiftModifier)
    assert window.entry.text() == "eerste"
    assert "tweede" in window.entry.parked.text()


def test_a_report_is_assessed_by_keys_alone(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.entry.stored):
        type_line(window, "Oog 2 man filmt camera's #verdacht")
    QTest.keyClick(window.entry.line, Qt.Key.Key_Escape)
    view = window.timeline.view
    assert window.focusWidget() is view
    view.go_to(view.entries().rowCount() - 1)
    QTest.keyClick(view, Qt.Key.Key_A)
    assert window.asking.isVisible()
    with qtbot.waitSignal(window.asking.left):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_2)  # observe
        QTest.keyClicks(window.focusWidget(), "Oog 2 houdt zicht")
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert window.focusWidget() is view
    line = view.current()
    assert line
    assert (line.state, line.disposition) == ("assessed", "observe")


def test_typing_in_the_list_begins_an_entry(window: MainWindow) -> None:
    view = window.timeline.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_P)
    assert window.entry.text() == "p"
    assert window.focusWidget() is window.entry.line


def test_search_finds_as_one_types(
    window: MainWindow, qtbot: QtBot, do: Callable[[Callable[[Desk], Any]], Any]
) -> None:
    for text in ("man met tas", "vrouw met jas", "tas gevonden"):
        do(partial(saying.note, text=text))
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(window.focusWidget(), "tas")
    qtbot.waitUntil(lambda: shown(window) == ["man met tas", "tas gevonden"])
    do(lambda desk: saying.note(desk, "nog een tas"))
    assert shown(window) == ["man met tas", "tas gevonden", "nog een tas"]
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: "vrouw met jas" in shown(window))


def test_the_other_language_keeps_what_is_typed(window: MainWindow) -> None:
    QTest.keyClicks(window.entry.line, "blijft staan")
    window.do_language()
    assert window.entry.text() == "blijft staan"
    assert window.menuBar().actions()[1].text()
    window.do_language()
    assert window.entry.text() == "blijft staan"
