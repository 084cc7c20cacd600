"""What the top bar says of the shared log: known at a glance, by a shape and a word."""

from datetime import UTC
from typing import Any

import msgspec
import pytest
from commandlog_ui.sharing.telling import told
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from commandlog.language import choose
from commandlog.sharing.desk.state import Present, State

NOW = 1_782_576_000_000  # 16:00 UTC
DESKS = (*(Present(f"P{n}", "police", here=n < 6) for n in range(8)), Present("LOG1", "venue", here=True))


@pytest.mark.parametrize(
    ("state", "text", "meaning"),
    [
        (None, "○ shared log: connecting", "muted"),
        (State("joined", desks=DESKS), "● shared, 6 desks", "text"),
        (State("joined", desks=DESKS[:1]), "● shared, 1 desk", "text"),
        (State("joined", desks=DESKS, waiting=3, waiting_since=NOW - 500), "● shared, 6 desks", "text"),
        (
            State("joined", desks=DESKS, waiting=3, waiting_since=NOW - 5_000),
            "● shared, 6 desks · ○ 3 waiting",
            "text",
        ),
        (State("offline", since=NOW - 600_000), "○ offline since 15:50", "waiting"),
        (State("offline", since=NOW - 86_400_000), "○ offline since 2026-06-26 16:00", "waiting"),
        (State("offline"), "○ offline", "waiting"),
        (
            State("offline", since=NOW - 60_000, waiting=4, waiting_since=NOW - 1_200_000),
            "○ offline, 4 waiting since 15:40",
            "waiting",
        ),
        (State("catching_up", upto=100, server_upto=12_100), "◐ catching up 12.000", "waiting"),
        (State("stopped", alarm="forked"), "▲ two different histories", "late"),
        (State("stopped", alarm="rewound", waiting=2), "▲ the shared log has lost records (2 waiting)", "late"),
        (State("joined", alarm="standstill", desks=DESKS), "▲ the shared log stands still", "late"),
        (State("stopped", alarm="revoked"), "▲ access withdrawn", "late"),
        (State("stopped"), "▲ shared log stopped", "late"),
        (State("joined", desks=DESKS, refused=2), "▲ 2 not taken · ● shared, 6 desks", "late"),
        (
            State("joined", desks=DESKS, offset_ms=3_200, offset_flag=True),
            "● shared, 6 desks · ! clock 3 s ahead",
            "waiting",
        ),
        (State("offline", offset_ms=-61_000, offset_flag=True), "○ offline · ! clock 61 s behind", "waiting"),
    ],
)
def test_every_standing_has_its_words(state: State | None, text: str, meaning: str) -> None:
    choose("en")
    found = told(state, NOW, UTC)
    assert (found.text, found.meaning) == (text, meaning)


def say(window: MainWindow, state: State) -> None:
    window.session.shared._said(msgspec.json.encode(state))


def test_the_bar_says_it_at_once_and_leads_to_the_desks(member: MainWindow, qtbot: QtBot) -> None:
    say(member, State("joined", desks=DESKS))
    assert "● shared, 6 desks" in member.top.state.text()
    say(member, State("offline", since=NOW, waiting=4, waiting_since=NOW, trouble="no answer from db.example"))
    assert "offline, 4 waiting" in member.top.state.text()
    member.top.state.repaint()
    assert "no answer from db.example" in member.top.state.toolTip()
    with qtbot.waitSignal(member.top.desks_wanted):
        QTest.mouseClick(member.top.state, Qt.MouseButton.LeftButton)
    member.top.state.setFocus()
    with qtbot.waitSignal(member.top.desks_wanted):
        QTest.keyClick(member.top.state, Qt.Key.Key_Return)


def test_the_password_is_asked_for_without_taking_the_keys(member: MainWindow, monkeypatch: Any) -> None:
    shared = member.session.shared
    given: list[str] = []
    monkeypatch.setattr(shared._child, "tell", given.append)
    QTest.keyClicks(member.entry.line, "half getypt")
    focus = member.focusWidget()
    shared._said(b'{"ask":"password","question":"Password of this desk: "}')
    assert member.focusWidget() is focus
    assert not member.asking.isVisible()
    assert "▲ password wanted" in member.top.state.text()
    QTest.mouseClick(member.top.state, Qt.MouseButton.LeftButton)
    field: Any = member.focusWidget()
    assert field.echoMode() == field.EchoMode.Password
    QTest.keyClicks(field, "s3cret")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not given
    assert member.entry.text() == "half getypt"
    member.actions_by_id["password"].trigger()
    field = member.focusWidget()
    assert field.text() == ""  # it is kept nowhere
    QTest.keyClicks(field, "s3cret")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert given == ["s3cret"]
    assert not shared.asked
    assert member.focusWidget() is focus
    member.actions_by_id["password"].trigger()
    assert "Nobody asks for a password" in member.banner.text()
