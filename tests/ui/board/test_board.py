"""The board by keys: every step of a task, both directions, and what it says of an empty desk."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from commandlog_ui.board.screen import BoardScreen
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from commandlog.log.derived import tasks as rows
from commandlog.log.desk import Desk
from commandlog.verbs import events, tasks
from commandlog.views.board import TaskLine

Do = Callable[[Callable[[Desk], Any]], Any]
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def board(window: MainWindow) -> Iterator[BoardScreen]:
    screen = window.show_screen("board")
    assert isinstance(screen, BoardScreen)
    testers = [QAbstractItemModelTester(view.model(), view) for view in screen.lists]
    yield screen
    assert testers


def stand_at(board: BoardScreen, qtbot: QtBot, task: int) -> None:
    """Stand at a task."""

    def found() -> bool:
        for view in board.lists:
            lane = board._lane(view)
            row = next((row for row, one in enumerate(lane.tasks) if one.row.task == task), -1)
            if row >= 0:
                view.setFocus()
                view.setCurrentIndex(view.model().index(row, 0))
                return True
        return False

    qtbot.waitUntil(found)


def states(board: BoardScreen) -> dict[int, str]:
    found: list[TaskLine] = [task for view in board.lists for task in board._lane(view).tasks]
    return {task.row.task: task.row.state for task in found}


def press(window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.focusWidget(), key, modifiers)


def state_of(window: MainWindow, task: int) -> str:
    row = rows.current(window.session.log.db, task)
    return row.state if row else ""


def step(window: MainWindow, qtbot: QtBot, key: Qt.Key, task: int, state: str, modifiers: Any = None) -> None:
    press(window, key, modifiers or Qt.KeyboardModifier.NoModifier)
    qtbot.waitUntil(lambda: state_of(window, task) == state)


def test_a_task_goes_all_the_way_by_single_keys(window: MainWindow, board: BoardScreen, qtbot: QtBot, do: Do) -> None:
    task = do(lambda desk: tasks.propose(desk, "weg afzetten", to_party="police")).seq
    stand_at(board, qtbot, task)
    step(window, qtbot, Qt.Key.Key_Y, task, "accepted")
    qtbot.waitUntil(lambda: states(board)[task] == "accepted")
    step(window, qtbot, Qt.Key.Key_S, task, "under_way")
    step(window, qtbot, Qt.Key.Key_D, task, "done")
    step(window, qtbot, Qt.Key.Key_K, task, "confirmed")
    qtbot.waitUntil(lambda: task not in states(board))


def test_short_ways_settle_in_one_key(window: MainWindow, board: BoardScreen, qtbot: QtBot, do: Do) -> None:
    told = do(lambda desk: tasks.propose(desk, "hek dicht", to_party="baken")).seq
    stand_at(board, qtbot, told)
    step(window, qtbot, Qt.Key.Key_D, told, "confirmed", SHIFT)
    oral = do(lambda desk: tasks.propose(desk, "ik houd ze vast", to_party="police")).seq
    stand_at(board, qtbot, oral)
    step(window, qtbot, Qt.Key.Key_O, oral, "accepted")
    qtbot.waitUntil(lambda: states(board).get(oral) == "accepted")
    press(window, Qt.Key.Key_O, SHIFT)
    qtbot.waitUntil(lambda: not getattr(rows.current(window.session.log.db, oral), "orally", 1))


def test_declining_needs_a_reason(window: MainWindow, board: BoardScreen, qtbot: QtBot, do: Do) -> None:
    task = do(lambda desk: tasks.propose(desk, "eenheid sturen", to_party="police")).seq
    stand_at(board, qtbot, task)
    press(window, Qt.Key.Key_N)
    press(window, Qt.Key.Key_Return)
    assert "needed" in window.asking.told.text()
    QTest.keyClicks(window.focusWidget(), "geen eenheid vrij")
    step(window, qtbot, Qt.Key.Key_Return, task, "declined")


def test_handing_over_says_which_desk_is_empty(window: MainWindow, board: BoardScreen, qtbot: QtBot, do: Do) -> None:
    do(lambda desk: events.sign_in(desk, "Anna"))
    task = do(lambda desk: tasks.propose(desk, "brancard", to_party="baken")).seq
    stand_at(board, qtbot, task)
    press(window, Qt.Key.Key_H)
    box: Any = window.focusWidget()
    texts = [box.itemText(row) for row in range(box.count())]
    assert "desk empty" in texts[0]
    assert "desk empty" not in texts[1]
    press(window, Qt.Key.Key_1)
    QTest.keyClicks(window.focusWidget(), "hun terrein")
    step(window, qtbot, Qt.Key.Key_Return, task, "handed_over")
    stand_at(board, qtbot, task)
    step(window, qtbot, Qt.Key.Key_W, task, "handed_over")
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: state_of(window, task) == "withdrawn")


def test_both_directions_are_seen(window: MainWindow, board: BoardScreen, qtbot: QtBot, do: Do) -> None:
    by_us = do(lambda desk: tasks.propose(desk, "weg afzetten", to_party="police")).seq
    of_us = do(lambda desk: tasks.propose(desk, "hek open", to_party="venue", source=tasks.on_behalf("police"))).seq
    between = do(lambda desk: tasks.propose(desk, "water", to_party="aid", source=tasks.on_behalf("baken"))).seq
    stand_at(board, qtbot, between)
    assert set(states(board)) == {by_us, of_us, between}
    press(window, Qt.Key.Key_R)
    assert set(states(board)) == {of_us}
    stand_at(board, qtbot, of_us)
    press(window, Qt.Key.Key_R)
    assert set(states(board)) == {by_us}
    assert "Asked by us 1" in board.head.text()


def test_what_is_closed_is_shown_on_demand(window: MainWindow, board: BoardScreen, qtbot: QtBot, do: Do) -> None:
    task = do(lambda desk: tasks.propose(desk, "weg afzetten", to_party="police")).seq
    do(lambda desk: tasks.withdraw(desk, task))
    qtbot.waitUntil(board.empty.isVisible)
    board.setFocus()
    press(window, Qt.Key.Key_X)
    qtbot.waitUntil(lambda: states(board).get(task) == "withdrawn")
    press(window, Qt.Key.Key_X)
    qtbot.waitUntil(lambda: not states(board))


def test_late_ones_come_first_and_are_counted(window: MainWindow, board: BoardScreen, qtbot: QtBot, do: Do) -> None:
    now = window.session.log.clock()
    later = do(lambda desk: tasks.propose(desk, "later", to_party="police", answer_by=now + 600_000)).seq
    do(lambda desk: tasks.propose(desk, "nooit", to_party="police"))
    late = do(
        lambda desk: tasks.propose(
            desk, "te laat", to_party="police", occurred_at=now - 900_000, answer_by=now - 600_000
        )
    ).seq
    qtbot.waitUntil(lambda: len(states(board)) == 3)
    assert list(states(board))[:2] == [late, later]
    assert "! 1 late" in board.heads[0].count.text()
    assert board.painter.pressing(board._lane(board.lists[0]).tasks[0])[0].startswith("! late 10:0")


def test_an_empty_desk_is_told_in_the_lane(window: MainWindow, board: BoardScreen, qtbot: QtBot, do: Do) -> None:
    do(lambda desk: tasks.propose(desk, "weg afzetten", to_party="police"))
    qtbot.waitUntil(lambda: "desk empty" in board.heads[0].desk.text())
    assert not board.heads[1].desk.text()


def test_letters_that_mean_nothing_begin_an_entry(window: MainWindow, board: BoardScreen) -> None:
    board.setFocus()
    press(window, Qt.Key.Key_P)
    assert window.entry.text() == "p"


def test_narrow_lanes_scroll_sideways(window: MainWindow, board: BoardScreen, qtbot: QtBot, do: Do) -> None:
    for party in ("police", "venue", "baken", "aid"):
        source = tasks.on_behalf("police" if party == "venue" else "venue")
        do(partial(tasks.propose, text="iets", to_party=party, source=source))
    qtbot.waitUntil(lambda: len(states(board)) == 4)
    window.resize(700, 600)
    qtbot.waitUntil(lambda: board.area.horizontalScrollBar().maximum() > 0)
    board.lists[0].setFocus()
    for _lane in range(3):
        press(window, Qt.Key.Key_Right)
    assert window.focusWidget() is board.lists[3]
    assert board.area.horizontalScrollBar().value() > 0
