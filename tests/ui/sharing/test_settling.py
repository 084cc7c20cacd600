"""Conflicts and what was not taken: told at once, in sight until settled, settled by keys."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commandlog_ui.sharing.settling import SettleScreen
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from commandlog.log.derived import tasks as task_rows
from commandlog.log.derived.table import now_at
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.model.order import NEWER, Refused
from commandlog.verbs import saying, tasks
from tests.log.order import Order

Do = Callable[[Callable[[Desk], Any]], Any]


@pytest.fixture
def do(member: MainWindow, qtbot: QtBot) -> Do:
    """Do something at the window's desk, and wait until it is stored and seen."""

    def run(verb: Callable[[Desk], Any]) -> Any:
        found: list[Any] = []
        member.session.do(verb, found.append)
        qtbot.waitUntil(lambda: bool(found))
        return found[0]

    return run


@pytest.fixture
def second(order: Order, tmp_path: Path) -> Iterator[Desk]:
    """Another desk of the window's own party."""
    desk = order.join(tmp_path / "second.clog", "baken", "B2")
    order.take(desk.log)
    yield desk
    desk.log.close()


def given(order: Order, *logs: Log) -> None:
    for log in logs:
        order.give(log)


@pytest.fixture
def asked(order: Order, police: Desk, second: Desk, elsewhere: Log) -> bytes:
    """A task that the police asked of Baken, known everywhere."""
    task = tasks.propose(police, "Rij naar links", to_party="baken")
    order.take(police.log)
    given(order, police.log, second.log, elsewhere)
    return task.id


def at(desk: Desk, record: bytes) -> int:
    (found,) = desk.log.db.execute("SELECT since FROM entries WHERE id = ?", (record,)).fetchone()
    return int(found)


def shown(window: MainWindow, qtbot: QtBot, many: int) -> SettleScreen:
    QTest.keyClick(window, Qt.Key.Key_F7)
    screen = window.screens.currentWidget()
    assert isinstance(screen, SettleScreen)
    qtbot.waitUntil(lambda: screen.model.rowCount() == many)
    return screen


@pytest.fixture
def lost(order: Order, second: Desk, do: Do, asked: bytes, elsewhere: Log) -> bytes:
    """Both desks of Baken answer; the other one was first."""
    tasks.accept(second, at(second, asked))
    do(lambda desk: tasks.decline(desk, at(desk, asked), "geen eenheid vrij"))
    order.take(second.log)
    order.take(elsewhere)
    given(order, elsewhere)
    return asked


def test_whoever_lost_is_told_at_once_and_says_why_it_is_settled(
    member: MainWindow, lost: bytes, elsewhere: Log, qtbot: QtBot
) -> None:
    ringing = member.seat.alarms
    qtbot.waitUntil(lambda: [one.code for one in ringing.ringing()] == ["conflict"])
    assert "already accepted by Baken Security" in ringing.look.lines[0].text
    assert "F7" in ringing.look.lines[0].action
    assert member.top.badge.counts == [("urgent", 1)]
    screen = shown(member, qtbot, 1)
    QAbstractItemModelTester(screen.model, QAbstractItemModelTester.FailureReportingMode.Fatal, screen)
    spoken = screen.view.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    for said in ("Another was first", "Rij naar links", "declined: geen eenheid vrij", "already accepted by Baken"):
        assert said in spoken
    QTest.keyClick(screen.view, Qt.Key.Key_Return)
    assert member.asking.isVisible()
    assert member.asking.answers() == {"how": "added", "why": "Baken Security has it (accepted)"}
    QTest.keyClick(member.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: screen.model.rowCount() == 0)
    assert screen.empty.isVisible()
    qtbot.waitUntil(lambda: ringing.look.lines == [])
    qtbot.waitUntil(lambda: member.focusWidget() is screen.view)


def test_it_is_settled_by_acting_on_what_holds_now(
    member: MainWindow, lost: bytes, elsewhere: Log, qtbot: QtBot
) -> None:
    screen = shown(member, qtbot, 1)
    QTest.keyClick(screen.view, Qt.Key.Key_Return)
    QTest.keyClicks(member.focusWidget(), "3")
    assert member.asking.answers()["how"] == "start"
    QTest.keyClick(member.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: screen.model.rowCount() == 0)
    row = task_rows.current(elsewhere.db, at(Desk(elsewhere, None), lost))  # type: ignore[arg-type]
    assert row
    assert row.state == "under_way"


def test_its_own_letter_does_it_too_and_a_word_why_is_needed(member: MainWindow, lost: bytes, qtbot: QtBot) -> None:
    screen = shown(member, qtbot, 1)
    QTest.keyClick(screen.view, Qt.Key.Key_Return)
    QTest.keyClick(member.focusWidget(), Qt.Key.Key_Return)
    why: Any = member.focusWidget()
    why.clear()
    QTest.keyClick(why, Qt.Key.Key_Return)
    assert "a few words" in member.asking.told.text()
    QTest.keyClick(why, Qt.Key.Key_Escape)
    QTest.keyClick(member.focusWidget(), Qt.Key.Key_Escape)
    QTest.keyClick(screen.view, Qt.Key.Key_L)
    assert "with a word why" in member.banner.text()
    QTest.keyClick(screen.view, Qt.Key.Key_S)  # the letter of the board: it is under way
    qtbot.waitUntil(lambda: screen.model.rowCount() == 0)


def test_the_row_leads_to_the_entry_and_the_handover_names_it(member: MainWindow, lost: bytes, qtbot: QtBot) -> None:
    handover: Any = member.show_screen("handover")
    qtbot.waitUntil(lambda: any("already accepted" in one.beside for one in handover.items.items))
    screen = shown(member, qtbot, 1)
    QTest.keyClick(screen.view, Qt.Key.Key_Right)
    line = member.timeline.current()
    assert line
    assert line.text.endswith("Rij naar links")


def test_what_was_not_taken_is_written_again_or_left(
    member: MainWindow, order: Order, police: Desk, do: Do, elsewhere: Log, qtbot: QtBot
) -> None:
    notes = [do(partial(saying.note, text=text)) for text in ("foto volgt", "hek oost dicht")]
    for note in notes:
        with police.writing():
            police.append(Refused, desk="B1", count=note.frame.number, why=NEWER)
    order.take(police.log)
    given(order, elsewhere)
    screen = shown(member, qtbot, 2)
    assert screen.head.text() == "2 entries not taken"
    spoken = screen.view.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    assert "foto volgt" in spoken
    assert "older version of CommandLog" in spoken
    QTest.keyClick(screen.view, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: screen.model.rowCount() == 1)
    QTest.keyClicks(member.entry.line, "half getypt")
    screen.view.setFocus()
    QTest.keyClick(screen.view, Qt.Key.Key_Return)
    assert member.entry.text() == "hek oost dicht"
    assert member.focusWidget() is member.entry.line
    qtbot.waitUntil(lambda: screen.model.rowCount() == 0)
    member.entry.unpark()
    assert member.entry.text() == "half getypt"
    assert elsewhere.db.execute("SELECT count(*) FROM refused WHERE settled = 0").fetchone() == (0,)
    assert now_at(elsewhere.db, 1) == 1
