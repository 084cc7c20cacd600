"""The entry line, driven by keys: what it understands, what waits, and what happens while a slow disk writes."""

import threading
from collections.abc import Callable
from typing import Any

from commandlog_ui.entry.completion import Completions
from commandlog_ui.entry.drafts import read_drafts
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.verbs import tasks
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.lines import Line
from commandlog.views.moments import live
from tests.events import concert
from tests.ui.conftest import shown, type_line

Do = Callable[[Callable[[Desk], Any]], Any]
ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


def lines(log: Log) -> list[Line]:
    return list(timeline.whole(log, live(log), Filter()))


def test_a_chip_is_corrected_by_its_number(window: MainWindow) -> None:
    entry = window.entry
    QTest.keyClicks(entry.line, "Oog 2 poort F man filmt")
    assert [part.kind for part in entry.chips.parts()] == ["unit", "place"]
    QTest.keyClick(entry.line, Qt.Key.Key_2, ALT)
    assert entry.line.selectedText() == "poort F"
    assert entry.offers.isVisible()
    QTest.keyClick(entry.line, Qt.Key.Key_Return)
    assert entry.chips.parts()[1].code == "block-112"
    assert entry.text().startswith("Oog 2 ")
    assert entry.text().endswith("man filmt")


def test_typing_over_a_chip_looks_for_others(window: MainWindow) -> None:
    entry = window.entry
    QTest.keyClicks(entry.line, "man filmt !urgent")
    QTest.keyClick(entry.line, Qt.Key.Key_1, ALT)
    QTest.keyClicks(entry.line, "!em")
    QTest.keyClick(entry.line, Qt.Key.Key_Tab)
    assert entry.chips.parts()[0].code == "emergency"


def test_names_are_completed_by_beginning_and_middle_and_by_use(window: MainWindow, do: Do) -> None:
    known = Completions(concert())
    assert [one.text for one in known.at("bij gate")[1]] == ["Gate F"]
    assert known.at("bij gate f")[1] == []
    assert known.at("in block 1") == (3, [one for one in known.at("block")[1] if one.text == "Block 112"])
    assert [one.text for one in known.at("lock")[1]] == ["Block 112"]
    assert known.at("o")[1] == []
    assert known.at(">")[1][0].text == ">Police"
    do(lambda desk: tasks.propose(desk, "hek dicht", to_party="baken"))
    known.look_at(window.session.log)
    assert known.at(">")[1][0].text == ">Baken-Security"


def test_parked_lines_are_taken_up_by_their_letter(window: MainWindow) -> None:
    entry = window.entry
    for text in ("eerste", "tweede"):
        QTest.keyClicks(entry.line, text)
        QTest.keyClick(window, Qt.Key.Key_F2)
    assert "Alt+A eerste" in entry.parked.text()
    assert "Alt+B tweede" in entry.parked.text()
    QTest.keyClick(entry.line, Qt.Key.Key_A, ALT)
    assert entry.text() == "eerste"
    assert "Alt+A tweede" in entry.parked.text()


def test_what_is_typed_while_a_slow_disk_writes_is_another_line(window: MainWindow, qtbot: QtBot, log: Log) -> None:
    entry, disk = window.entry, threading.Event()
    window.session.do(lambda _desk: disk.wait(10))
    type_line(window, "eerste regel")
    assert entry.text() == "eerste regel"
    QTest.keyClick(entry.line, Qt.Key.Key_Return)
    type_line(window, "tweede regel")
    QTest.keyClicks(entry.line, "derde")
    assert entry.text() == "derde"
    assert "eerste regel" in entry.parked.text()
    entry.keep()
    kept = read_drafts(window.session.log.id)
    assert [text for text, _heard in kept.parked] == ["eerste regel", "tweede regel"]
    disk.set()
    qtbot.waitUntil(lambda: shown(window)[-2:] == ["eerste regel", "tweede regel"])
    QTest.keyClicks(entry.line, " regel")
    qtbot.waitUntil(lambda: not entry.parked.text())
    assert entry.text() == "derde regel"
    assert [line.text for line in lines(log) if line.kind == "note"] == ["eerste regel", "tweede regel"]


def test_where_it_is_stored_is_said(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.entry.stored):
        type_line(window, "een regel")
    assert "V1-" in window.entry.state.text()
    QTest.keyClicks(window.entry.line, "n")
    assert not window.entry.state.text()


def test_a_line_comes_back_by_arrow_up(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.entry.stored):
        type_line(window, "nog eens")
    QTest.keyClick(window.entry.line, Qt.Key.Key_Up)
    assert window.entry.text() == "nog eens"


def test_a_task_outside_the_mandate_asks_why_and_goes_on(window: MainWindow, qtbot: QtBot, log: Log) -> None:
    entry = window.entry
    type_line(window, ">baken task fouilleer de man")
    qtbot.waitUntil(lambda: "art. 7" in entry.told.text())
    QTest.keyClick(entry.line, Qt.Key.Key_Escape)
    assert entry.text() == ">baken task fouilleer de man"
    QTest.keyClick(entry.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: entry.told.isVisible() and entry.text() == "")
    with qtbot.waitSignal(entry.stored):
        type_line(window, "politie is onderweg en staat ernaast")
    task = next(line for line in lines(log) if line.kind == "proposed")
    assert task.frame
    assert task.frame.overridden
    assert not entry.told.isVisible()


def test_an_empty_desk_is_told_before_it_is_sent(window: MainWindow) -> None:
    QTest.keyClicks(window.entry.line, ">police block the road")
    assert "Police" in window.entry.called.text()
    assert "nobody to call" in window.entry.called.text()
    QTest.keyClick(window.entry.line, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(window.entry.line, "note")
    assert not window.entry.called.isVisible()


def test_methane_is_asked_part_by_part(window: MainWindow, qtbot: QtBot, log: Log) -> None:
    QTest.keyClick(window, Qt.Key.Key_M, CONTROL)
    for text in ("", "2", "Gate F", "collapse", "", "", "3 injured", "ambulance"):
        QTest.keyClicks(window.focusWidget(), text)
        if text != "2":  # a figure takes the choice, and goes on
            QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    line = next(one for one in lines(log) if one.kind == "report")
    assert (line.place, line.priority) == ("gate-f", "emergency")
    assert "METHANE" in line.text
    assert "3 injured" in line.text
    assert "hazards" not in line.text


def test_a_decision_is_asked_with_its_reasons(window: MainWindow, qtbot: QtBot, log: Log) -> None:
    QTest.keyClick(window, Qt.Key.Key_D, CONTROL)
    for text in ("bag at gate", "wait, clear", "", "make room", "police lead", ""):
        QTest.keyClicks(window.focusWidget(), text)
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
        if not text and window.asking.told.isVisible():  # what was decided is needed
            QTest.keyClicks(window.focusWidget(), "do not clear")
            QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    line = next(one for one in lines(log) if one.kind == "decision")
    assert line.words
    assert line.words.decision
    assert line.words.decision.decision == "do not clear"
    assert line.words.decision.options == "wait, clear"


def test_a_count_needs_a_number_and_a_place(window: MainWindow, qtbot: QtBot, log: Log) -> None:
    QTest.keyClick(window, Qt.Key.Key_C, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_2)
    QTest.keyClicks(window.focusWidget(), "many")
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert "number" in window.asking.told.text()
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(window.focusWidget(), "1240")
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    line = next(one for one in lines(log) if one.kind == "counted")
    assert line.place == "block-112"
    assert "1" in line.text


def test_what_was_answered_is_there_again_after_esc(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_D, CONTROL)
    QTest.keyClicks(window.focusWidget(), "known so far")
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert not window.asking.isVisible()
    QTest.keyClick(window, Qt.Key.Key_D, CONTROL)
    assert window.asking.answers()["known"] == "known so far"


def test_the_windows_keys_work_in_the_line(window: MainWindow) -> None:
    QTest.keyClicks(window.entry.line, "half een regel")
    QTest.keyClick(window.entry.line, Qt.Key.Key_D, CONTROL)
    assert window.asking.isVisible()
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert window.entry.text() == "half een regel"
    assert window.focusWidget() is window.entry.line
    QTest.keyClicks(window.entry.line, " / erbij?")
    assert window.entry.text() == "half een regel / erbij?"


def test_an_unknown_voice_reports(window: MainWindow, qtbot: QtBot, log: Log) -> None:
    entry = window.entry
    QTest.keyClicks(entry.line, "onbeheerde tas poort F")
    QTest.keyClick(entry.line, Qt.Key.Key_0, ALT)
    assert entry.chips.voice
    with qtbot.waitSignal(entry.stored):
        QTest.keyClick(entry.line, Qt.Key.Key_Return)
    assert not entry.chips.voice
    line = next(one for one in lines(log) if one.kind == "report")
    assert (line.role, line.unit, line.state) == ("unknown", "", "received")
