"""Recalling in a shared log: one's own word from whom one will, another party's from one's own desk alone."""

from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.verbs import saying
from tests.log.order import Order
from tests.ui.conftest import shown


def press(window: MainWindow, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.focusWidget(), key, modifier)


def recall(window: MainWindow, text: str) -> str:
    """Begin to recall the entry that says so; returns what is asked."""
    view = window.timeline.view
    rows = range(view.entries().rowCount())
    view.setFocus()
    view.go_to(next(row for row in rows if text in view.entries().line(row).text))
    press(window, Qt.Key.Key_W, Qt.KeyboardModifier.ShiftModifier)
    return str(window.asking.title.text())


def test_what_another_said_is_only_recalled_from_oneself(
    member: MainWindow, order: Order, police: Desk, elsewhere: Log, qtbot: QtBot
) -> None:
    saying.note(police, "naam van de verdachte")
    order.take(police.log)
    order.give(elsewhere)
    qtbot.waitUntil(lambda: "naam van de verdachte" in shown(member))
    assert "another’s word, from ourselves" in recall(member, "naam van de verdachte")
    press(member, Qt.Key.Key_1)
    assert member.asking.answers()["parties"] == "baken"
    press(member, Qt.Key.Key_2)  # nobody else is there to choose
    assert member.asking.answers()["parties"] == "baken"
    press(member, Qt.Key.Key_Return)
    press(member, Qt.Key.Key_Return)
    QTest.keyClicks(member.focusWidget(), "niet voor ons")
    press(member, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not member.asking.isVisible())
    qtbot.waitUntil(lambda: "naam van de verdachte" not in shown(member))


def test_ones_own_word_is_recalled_from_others(member: MainWindow, qtbot: QtBot) -> None:
    found = list[object]()
    member.session.do(lambda desk: saying.note(desk, "van ons"), found.append)
    qtbot.waitUntil(lambda: "van ons" in shown(member))
    assert "from ourselves" not in recall(member, "van ons")
    press(member, Qt.Key.Key_1)
    assert member.asking.answers()["parties"] not in ("", "baken")
