"""A window on a desk's own copy of a shared log, and the shared order beside it: no server is needed for it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandlog_ui.session import Session
from commandlog_ui.sharing import state
from commandlog_ui.theme import Theme
from commandlog_ui.window.main import MainWindow
from pytestqt.qtbot import QtBot

from commandlog.log.desk import Desk
from commandlog.log.store import Log
from tests.log.order import Order

SILENT = [sys.executable, "-S", "-c", "import sys; sys.stdin.read()"]
"""A program beside the window that says nothing, and ends when the window does."""


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "command", lambda _file: SILENT)


@pytest.fixture
def order(path: Path) -> Order:
    """The shared order of the event, as far as the venue had written it alone."""
    with Log(path, reading=True) as log:
        return Order(log)


@pytest.fixture
def police(order: Order, tmp_path: Path) -> Iterator[Desk]:
    """Another party's desk, with a file of its own."""
    desk = order.join(tmp_path / "police.clog", "police", "P1")
    order.take(desk.log)
    yield desk
    desk.log.close()


@pytest.fixture
def member(order: Order, police: Desk, tmp_path: Path, theme: Theme, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window at the desk of Baken, in the shared log."""
    desk = order.join(tmp_path / "baken.clog", "baken", "B1")
    order.take(desk.log)
    order.give(desk.log)
    desk.log.close()
    made = MainWindow(Session(tmp_path / "baken.clog"), theme)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.session.desk_code == "B1")
    yield made
    made.close()


@pytest.fixture
def elsewhere(member: MainWindow) -> Iterator[Log]:
    """The desk's file, opened once more: what the program beside the window writes in."""
    with Log(member.session.path) as log:
        yield log
