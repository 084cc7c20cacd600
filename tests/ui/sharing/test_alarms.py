"""What concerns the shared log itself rings like any alarm, and is not put off."""

import msgspec
import pytest
from commandlog_ui.alarms.screen import AlarmsScreen
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from commandlog.log.store import Log, system_clock
from commandlog.sharing.desk.state import State
from commandlog.views.alarm_rules import LIVE


def say(window: MainWindow, state: State) -> None:
    window.session.shared._said(msgspec.json.encode(state))


@pytest.mark.parametrize("code", LIVE)
def test_it_rings_is_seen_and_rings_again_when_it_comes_again(
    member: MainWindow, elsewhere: Log, code: str, qtbot: QtBot
) -> None:
    ringing = member.seat.alarms
    trouble = State("stopped", system_clock(), alarm=code, trouble="record 412 reads otherwise there")  # type: ignore[arg-type]
    say(member, trouble)
    qtbot.waitUntil(lambda: [one.code for one in ringing.ringing()] == [code])
    QTest.keyClick(member, Qt.Key.Key_F8)
    screen = member.screens.currentWidget()
    assert isinstance(screen, AlarmsScreen)
    qtbot.waitUntil(lambda: screen.model.rowCount() == 1)
    alarm = screen.alarm()
    assert alarm
    assert alarm.priority in ("urgent", "emergency")
    assert "record 412" in screen.view.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    assert alarm.action in screen.view.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    QTest.keyClick(screen.view, Qt.Key.Key_L)
    assert not member.asking.isVisible()
    assert "cannot be put off" in member.banner.text()
    QTest.keyClick(screen.view, Qt.Key.Key_Right)
    assert member.screens.currentWidget() is screen, "there is no entry to go to"
    QTest.keyClick(screen.view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not ringing.ringing())
    assert ringing.look.lines[0].seen_by == "B1"
    say(member, State("joined", system_clock(), keeper_alive=True))
    qtbot.waitUntil(lambda: ringing.look.lines == [])
    say(member, trouble)
    qtbot.waitUntil(lambda: [one.code for one in ringing.ringing()] == [code])
