"""Every model of the window keeps what Qt asks of models, while the log goes on."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from commandlog_ui.window.main import MainWindow
from commandlog_ui.window.screens import SCREENS
from PySide6.QtCore import QAbstractItemModel
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from commandlog.intake.entering import enter
from commandlog.log.desk import Desk
from commandlog.verbs import saying, tasks

Do = Callable[[Callable[[Desk], Any]], Any]


def models(window: MainWindow) -> list[QAbstractItemModel]:
    """Return the models of every screen."""
    for name in SCREENS:
        window.show_screen(name)
    ours: list[QAbstractItemModel] = window.findChildren(QAbstractItemModel)
    return [one for one in ours if type(one).__module__.startswith("commandlog_ui")]


def test_every_model_is_sound(window: MainWindow, do: Do, qtmodeltester: Any, qtbot: QtBot) -> None:
    for number in range(40):
        do(partial(enter, text=f"Oog 2 melding {number} #verdacht"))
    found = models(window)
    desks: Any = window.shown["desks"]
    qtbot.waitUntil(lambda: desks.model.rowCount() > 0)  # the tester does not bear what comes between two checks
    assert len({type(one) for one in found}) >= 3
    for _turn in range(2):  # what is being looked up beside the window, and what that makes it look up
        answers: list[int] = []
        window.session.look(lambda log: log.refresh(), answers.append)
        qtbot.waitUntil(lambda: bool(answers))
    for model in found:
        qtmodeltester.check(model, force_py=True)


@pytest.mark.parametrize("screen", [*SCREENS])
def test_models_stay_sound_while_the_log_goes_on(window: MainWindow, do: Do, qtbot: QtBot, screen: str) -> None:
    window.show_screen(screen)
    mode = QAbstractItemModelTester.FailureReportingMode.Warning  # which fails the test
    testers = [QAbstractItemModelTester(model, mode, window) for model in models(window)]
    window.show_screen(screen)
    first = do(partial(enter, text="Oog 2 melding #verdacht"))
    task = do(partial(tasks.propose, text="klus", to_party="police"))
    do(partial(saying.correct, entry=first.seq, text="Oog 2 anders"))
    do(partial(saying.note, text="vroeger", occurred_at=1))
    do(partial(tasks.withdraw, task=task.seq))
    window.timeline.look_for("klus")
    do(partial(saying.note, text="nog een klus"))
    window.timeline.look_for("")
    qtbot.waitUntil(lambda: window.timeline.view.entries().rows.complete)
    assert testers
