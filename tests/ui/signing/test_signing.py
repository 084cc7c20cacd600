"""Signing in, changing over, locking: driven by keys, checked in the log."""

import time
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from commandlog_ui.seat import Seat
from commandlog_ui.session import Session
from commandlog_ui.signing import operators, signing
from commandlog_ui.signing.operators import Operators
from commandlog_ui.signing.strip import SigningStrip
from commandlog_ui.theme import Theme
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from commandlog.log.store import Log
from tests.ui.conftest import shown, type_line

CTRL = Qt.KeyboardModifier.ControlModifier
ENTER = Qt.Key.Key_Return


def quick() -> Operators:
    """Return operators whose hashes cost next to nothing."""
    return Operators(time.time, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "Operators", quick)
    quick().enrol("venue", "Marloes Veenstra", "1234")
    quick().enrol("venue", "Karim Aziz", "5678")


@pytest.fixture
def strip(window: MainWindow) -> SigningStrip:
    found = window.seat.signing.strip
    assert found
    return found


def sign_in(window: MainWindow, qtbot: QtBot, name: str, pin: str) -> None:
    """Sign in as people do: Ctrl+L, first letters, Enter, PIN, Enter."""
    strip = window.seat.signing.strip
    assert strip
    QTest.keyClick(window, Qt.Key.Key_L, CTRL)
    QTest.keyClicks(strip.name, name)
    QTest.keyClick(strip.name, ENTER)
    QTest.keyClicks(strip.pin, pin)
    QTest.keyClick(strip.pin, ENTER)
    qtbot.waitUntil(lambda: strip.isHidden() or not strip.told.isHidden())


def operators_of(log: Log) -> list[tuple[str, str]]:
    """Return who signed in and out, by name, in the order of the log."""
    log.refresh()
    found = []
    for seq in range(1, log.head.seq + 1):
        record = log.record(seq)
        if record.frame and record.frame.__struct_config__.tag in ("signed_in", "signed_out"):
            found.append((str(record.frame.__struct_config__.tag), record.words.title if record.words else ""))
    return found


def test_signing_in_by_first_letters_and_changing_over(
    window: MainWindow, strip: SigningStrip, qtbot: QtBot, log: Log
) -> None:
    QTest.keyClicks(window.entry.line, "half getypt")
    sign_in(window, qtbot, "mar", "1234")
    assert window.seat.signing.operator == "Marloes Veenstra"
    assert window.focusWidget() is window.entry.line
    assert window.entry.text() == "half getypt"
    start = time.monotonic()
    sign_in(window, qtbot, "ka", "5678")
    assert time.monotonic() - start < 3
    assert window.seat.signing.operator == "Karim Aziz"
    assert operators_of(log) == [
        ("signed_in", "Marloes Veenstra"),
        ("signed_out", ""),
        ("signed_in", "Karim Aziz"),
    ]
    with qtbot.waitSignal(window.entry.stored):
        QTest.keyClick(window.entry.line, ENTER)
    log.refresh()
    frame = log.record(log.head.seq).frame
    assert frame
    assert frame.by.operator == log.db.execute("SELECT operator FROM operators ORDER BY since DESC").fetchone()[0]


def test_the_pin_is_in_no_log_and_a_wrong_one_signs_nobody_in(
    window: MainWindow, strip: SigningStrip, qtbot: QtBot, log: Log
) -> None:
    sign_in(window, qtbot, "mar", "9999")
    assert "wrong" in strip.told.text()
    assert strip.pin.text() == ""
    assert operators_of(log) == []
    QTest.keyClick(strip.pin, Qt.Key.Key_Escape)
    QTest.keyClick(strip.name, Qt.Key.Key_Escape)
    assert strip.isHidden()
    assert window.entry.isVisible()


def test_a_new_operator_chooses_a_pin_twice(window: MainWindow, strip: SigningStrip, qtbot: QtBot, log: Log) -> None:
    QTest.keyClick(window, Qt.Key.Key_L, CTRL)
    QTest.keyClicks(strip.name, "Sanne")
    QTest.keyClick(strip.name, ENTER)
    assert strip.again.isVisible()
    assert "does not protect the file" in strip.hint.text()
    for field, text in ((strip.pin, "2468"), (strip.again, "2469")):
        QTest.keyClicks(field, text)
        QTest.keyClick(field, ENTER)
    assert "differ" in strip.told.text()
    for field in (strip.pin, strip.again):
        QTest.keyClicks(field, "2468")
        QTest.keyClick(field, ENTER)
    qtbot.waitUntil(strip.isHidden)
    assert operators.knows("venue", "Sanne")
    assert operators_of(log) == [("signed_in", "Sanne")]


def test_a_locked_desk_is_read_and_not_written(window: MainWindow, strip: SigningStrip, qtbot: QtBot, log: Log) -> None:
    with qtbot.waitSignal(window.entry.stored):
        type_line(window, "Oog 2 man filmt camera's #verdacht")
    sign_in(window, qtbot, "mar", "1234")
    QTest.keyClicks(window.entry.line, "half getypt")
    QTest.keyClick(window, Qt.Key.Key_F9)
    assert window.seat.signing.is_locked
    assert strip.isVisible()
    assert not window.entry.isVisible()
    log.refresh()
    before = log.head.seq
    window.entry.send()
    view = window.timeline.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Up)  # reading goes on
    assert window.focusWidget() is view
    QTest.keyClick(view, Qt.Key.Key_A)  # a deed asks for the PIN
    assert window.focusWidget() is strip.pin
    assert not window.asking.isVisible()
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_1)  # and figures go to it wherever they are typed
    assert strip.pin.text() == "1"
    QTest.keyClicks(strip.pin, "234")
    QTest.keyClick(strip.pin, ENTER)
    qtbot.waitUntil(strip.isHidden)
    assert not window.seat.signing.is_locked
    assert window.entry.text() == "half getypt"
    log.refresh()
    assert log.head.seq == before
    with qtbot.waitSignal(window.entry.stored):
        QTest.keyClick(window.entry.line, ENTER)
    assert "half getypt" in shown(window)


def test_somebody_else_unlocks_and_is_signed_in(
    window: MainWindow, strip: SigningStrip, qtbot: QtBot, log: Log
) -> None:
    sign_in(window, qtbot, "mar", "1234")
    window.seat.signing.lock()
    strip.name.setFocus()
    strip.name.selectAll()
    QTest.keyClicks(strip.name, "kar")
    QTest.keyClick(strip.name, ENTER)
    QTest.keyClicks(strip.pin, "5678")
    QTest.keyClick(strip.pin, ENTER)
    qtbot.waitUntil(strip.isHidden)
    assert operators_of(log)[-1] == ("signed_in", "Karim Aziz")


def test_a_desk_is_locked_after_a_while_without_a_key(window: MainWindow, strip: SigningStrip, qtbot: QtBot) -> None:
    sign_in(window, qtbot, "mar", "1234")
    window.seat.settings.change(lock_minutes=5)
    idle = window.seat.signing._idle
    assert idle.isActive()
    assert idle.interval() == 300_000
    idle.setInterval(50)
    qtbot.waitUntil(lambda: window.seat.signing.is_locked, timeout=3_000)
    assert strip.isVisible()
    QTest.keyClick(strip.pin, Qt.Key.Key_Escape)
    QTest.keyClick(strip.name, Qt.Key.Key_Escape)
    assert window.focusWidget() is window.timeline.view
    assert window.seat.signing.is_locked


def test_nobody_can_lock_a_desk_that_nobody_could_unlock(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_F9)
    assert not window.seat.signing.is_locked
    assert "Sign in first" in window.banner.text()


def test_closing_the_window_signs_out(window: MainWindow, qtbot: QtBot, log: Log) -> None:
    sign_in(window, qtbot, "mar", "1234")
    window.close()
    assert operators_of(log) == [("signed_in", "Marloes Veenstra"), ("signed_out", "")]


@pytest.fixture
def again(window: MainWindow, theme: Theme, qtbot: QtBot) -> Iterator[MainWindow]:
    """Another window at the same desk, as after a power cut: nobody signed out."""
    sign_in(window, qtbot, "mar", "1234")
    window.seat.signing._ours = False
    window.close()
    session = Session(window.session.path)
    made = MainWindow(session, theme, Seat(session, theme))
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.session.desk_code != "")
    yield made
    made.close()


def test_after_a_crash_the_operator_gives_the_pin_again(again: MainWindow, qtbot: QtBot, log: Log) -> None:
    assert again.seat.signing.is_locked
    strip = again.seat.signing.strip
    assert strip
    assert strip.name.text() == "Marloes Veenstra"
    QTest.keyClicks(strip.pin, "1234")
    QTest.keyClick(strip.pin, ENTER)
    qtbot.waitUntil(strip.isHidden)
    assert operators_of(log) == [("signed_in", "Marloes Veenstra")]
    QTest.keyClicks(again.entry.line, "verder")
    assert again.entry.text() == "verder"


def test_the_other_language_keeps_the_lock(window: MainWindow, qtbot: QtBot) -> None:
    sign_in(window, qtbot, "mar", "1234")
    window.seat.signing.lock()
    window.do_language()
    strip = window.seat.signing.strip
    assert strip
    qtbot.waitUntil(strip.isVisible)
    assert not window.entry.isVisible()
    assert window.seat.signing.is_locked
