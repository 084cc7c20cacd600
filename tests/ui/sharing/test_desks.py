"""Who is at which desk: known at a glance, live, and before anybody is asked something."""

from typing import Any

import msgspec
import pytest
from commandlog_ui.sharing.desks import AWAY, HERE, NOBODY, UNKNOWN, DesksScreen, SeatRow
from commandlog_ui.sharing.listing import Listing
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from commandlog.log.desk import Desk
from commandlog.log.store import Log, system_clock
from commandlog.model.order import DeskSeen
from commandlog.sharing.desk.state import Present, State
from commandlog.verbs.events import sign_in
from tests.log.order import Order


def say(window: MainWindow, state: State) -> None:
    window.session.shared._said(msgspec.json.encode(state))


def shown(window: MainWindow, key: Qt.Key = Qt.Key.Key_0) -> DesksScreen:
    QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    screen = window.screens.currentWidget()
    assert isinstance(screen, DesksScreen)
    return screen


def rows(screen: DesksScreen) -> dict[str, Any]:
    return {one.desk or one.party: one for one in screen.model.rows if isinstance(one, SeatRow)}


def seen(order: Order, at: Desk, **said: Any) -> None:
    """Write what a keeper writes of a desk, with the key of the desk at hand."""
    with at.writing():
        at.append(DeskSeen, **said)
    order.take(at.log)


def test_the_desks_are_shown_as_they_stand_now(member: MainWindow, police: Desk, order: Order, qtbot: QtBot) -> None:
    now = system_clock()
    sign_in(police, "Karin Postma")
    order.take(police.log)
    with Log(member.session.path) as log:
        order.give(log)
    screen = shown(member)
    QAbstractItemModelTester(screen.model, QAbstractItemModelTester.FailureReportingMode.Fatal, screen)
    qtbot.waitUntil(lambda: "Karin Postma" in [one.operator for one in rows(screen).values()])
    assert rows(screen)["P1"].standing == UNKNOWN, "nobody has told yet"
    assert "Offline" in screen.head.text()
    here = (
        Present("P1", "police", here=True, seen_at=now, waiting=3, offset_ms=4_200),
        Present("B1", "baken", here=True),
    )
    say(member, State("joined", now, desks=here, keeper_alive=True))
    qtbot.waitUntil(lambda: rows(screen)["P1"].standing == HERE)
    assert screen.head.text().startswith("2 desks here")
    assert "here since" in screen.spoken(rows(screen)["P1"])
    assert "3 entries wait there" in screen.spoken(rows(screen)["P1"])
    assert "clock 4 s ahead" in screen.spoken(rows(screen)["P1"])
    assert rows(screen)["B1"].mine
    assert rows(screen)["aid"].standing == NOBODY
    say(
        member,
        State("joined", now, desks=(Present("P1", "police", here=False, seen_at=now - 125_000),), keeper_alive=True),
    )
    qtbot.waitUntil(lambda: rows(screen)["P1"].standing == AWAY)
    assert "(2:0" in screen.spoken(rows(screen)["P1"])
    assert "1 desk away" in screen.head.text()
    say(member, State("joined", now, desks=here, keeper_alive=False))
    qtbot.waitUntil(lambda: "stands still" in screen.head.text())


def test_by_key_to_what_a_party_said_and_back_to_the_line(member: MainWindow, qtbot: QtBot) -> None:
    screen = shown(member)
    qtbot.waitUntil(lambda: screen.model.rowCount() > 0)
    assert member.focusWidget() is screen.view
    QTest.keyClick(screen.view, Qt.Key.Key_Down)
    QTest.keyClick(screen.view, Qt.Key.Key_Return)
    assert member.screens.currentWidget() is member.timeline
    assert member.timeline.wanted.party == "venue"
    screen = shown(member)
    QTest.keyClicks(screen.view, "p")
    assert member.entry.text() == "p"
    assert member.focusWidget() is member.entry.line


def test_a_log_of_ones_own_says_that_others_are_not_heard_of(window: MainWindow, qtbot: QtBot) -> None:
    screen = shown(window)
    qtbot.waitUntil(lambda: "not shared" in screen.head.text())
    qtbot.waitUntil(lambda: [one.mine for one in rows(screen).values()].count(True) == 1)
    assert rows(screen)["V1"].call == "", "whoever sits here can be reached"


def test_an_empty_desk_is_told_before_it_is_asked(member: MainWindow, police: Desk, order: Order, qtbot: QtBot) -> None:
    sign_in(police, "Karin Postma")
    order.take(police.log)
    with Log(member.session.path) as log:
        order.give(log)
        qtbot.waitUntil(lambda: member.room.deeds.empty_desk("police") == "")
        seen(order, police, desk="P1", here=False, last=system_clock() - 60_000)
        order.give(log)
        qtbot.waitUntil(lambda: "has not been heard of since" in member.room.deeds.empty_desk("police"))
        assert any("desk empty" in text for code, text in member.room.deeds.parties_with_presence() if code == "police")
        seen(order, police, desk="P1", here=True)
        order.give(log)
        qtbot.waitUntil(lambda: member.room.deeds.empty_desk("police") == "")
    assert "call Duty manager" in member.room.deeds.empty_desk("venue")


@pytest.mark.parametrize("rounds", range(3))
def test_a_listing_tells_just_what_changed(qtbot: QtBot, rounds: int) -> None:
    def row(desk: str, waiting: int = 0) -> SeatRow:
        return SeatRow(desk, "p", "P", "", HERE, waiting=waiting)

    model = Listing(lambda one: one.desk)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    for wanted in (["a", "b", "c"], ["c", "a"], ["d", "c", "b", "a"][rounds:], [], ["b"]):
        model.show([row(one, rounds) for one in wanted])
        assert [model.data(model.index(n)) for n in range(model.rowCount())] == wanted
    assert not resets
    assert tester is not None
