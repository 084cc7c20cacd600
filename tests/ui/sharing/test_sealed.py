"""Sealed entries: out of sight unless they are asked for, and then that they are there, when, and at whose desk."""

from pathlib import Path
from typing import Any

from commandlog_ui.session import Session
from commandlog_ui.theme import Theme
from commandlog_ui.window.main import MainWindow
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.model.records import CovenantSet, Words
from commandlog.verbs import saying
from tests.log.order import Order
from tests.ui.conftest import shown

TOLD = "kenteken 12-ABC-3"


def sealed(window: MainWindow) -> list[Any]:
    model = window.timeline.view.entries()
    return [line for row in range(model.rowCount()) if (line := model.line(row)) and line.kind == "sealed"]


def test_they_are_shown_on_demand_and_nothing_is_said_or_found(
    member: MainWindow, order: Order, police: Desk, elsewhere: Log, qtbot: QtBot
) -> None:
    saying.note(police, TOLD, audience=("police", "venue"), category="suspicious", place="gate-f", priority="urgent")
    saying.note(police, "voor allen")
    order.take(police.log)
    order.give(elsewhere, sealed=[order.records[-2].seq])
    qtbot.waitUntil(lambda: "voor allen" in shown(member))
    assert sealed(member) == []
    view = member.timeline.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    (line,) = sealed(member)
    assert (line.party, line.reference, line.text) == ("police", "P1", "[sealed: ask Police, desk P1]")
    assert (line.category, line.place, line.priority, line.audience, line.frame) == ("", "", "", (), None)
    row = view.entries().row_of(line.entry)
    view.go_to(row)
    spoken = view.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    qtbot.waitUntil(lambda: "Sealed entry" in member.timeline.detail.toPlainText())
    for text in (spoken, member.timeline.detail.toPlainText(), member.timeline.painter.wording.copied(line)):
        assert "sealed" in text.lower()
        for secret in (TOLD, "suspicious", "Gate F", "urgent", "note", "Stadion", "can be read by"):
            assert secret.lower() not in text.lower()
    QTest.keyClick(view, Qt.Key.Key_C)
    assert not member.asking.isVisible()
    assert "sealed for your party" in member.banner.text()
    assert member.timeline.filters.texts() == ["sealed: yes  ✕"]
    for searched in ("kenteken", "sealed", "ask"):
        member.timeline.look_for(searched)
        assert sealed(member) == []
    member.timeline.look_for("")
    QTest.keyClick(view, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert sealed(member) == []


def test_where_the_covenant_says_so_they_are_shown_unasked(
    tmp_path: Path, theme: Theme, police: Desk, order: Order, qtbot: QtBot
) -> None:
    saying.note(police, TOLD, audience=("police",))
    order.take(police.log)
    covenant = replace(police.log.covenant(), shows_sealed=True)
    with police.writing():
        police.append(CovenantSet, Words(covenant=covenant))
    order.take(police.log)
    desk = order.join(tmp_path / "baken.clog", "baken", "B1", upto=2)
    hidden = order.records[-2].seq
    order.give(desk.log, sealed=[hidden])
    desk.log.close()
    window = MainWindow(Session(tmp_path / "baken.clog"), theme)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.session.desk_code == "B1")
    assert [line.seq for line in sealed(window)] == [hidden]
    window.close()
