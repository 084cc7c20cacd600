"""Fixtures for the window: a real window, without a screen, on a real log."""

import gc
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from commandlog_ui.session import Session
from commandlog_ui.tasks import Worker
from commandlog_ui.theme import Theme
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from commandlog.log.desk import Desk
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.verbs.events import open_event
from tests.events import concert


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["commandlog"]


@pytest.fixture(scope="session", autouse=True)
def known_from_before() -> Iterator[None]:
    """Leave what was there before the first window (modules, tests) out of what is looked through after each test."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def nothing_left_behind(known_from_before: None) -> Iterator[None]:
    """Fail where a test leaves a thread or a timer of the program behind. It is set up first, so it looks last."""
    threads, timers = set(threading.enumerate()), _timers()
    yield
    application = QApplication.instance()
    if application is not None:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    running = [one for one in gc.get_objects() if type(one) is Worker and isValid(one) and one.isRunning()]
    left = [one for one in threading.enumerate() if one not in threads and not isinstance(one, threading._DummyThread)]
    for one in left:
        one.join(1)  # one that was told to end a moment ago does
    left = [one for one in left if one.is_alive()]
    assert not running, "a worker is still running"
    assert not left, f"threads are still running: {left}"
    assert not [told for number, told in _timers().items() if number not in timers], "timers are still running"


def _timers() -> dict[int, str]:
    """Return which timers of the program go on and on, by their numbers: how long they are, and whose."""
    found = [one for one in gc.get_objects() if type(one) is QTimer]
    return {id(one): f"{one.interval()} ms of {one.parent()}" for one in found if _goes_on(one)}


def _goes_on(timer: QTimer) -> bool:
    return bool(isValid(timer) and timer.isActive() and not timer.isSingleShot())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A new event, as the venue opened it; the clock is the machine's."""
    desk = open_event(tmp_path / "event.clog", concert(), settings_folder())
    desk.log.close()
    return tmp_path / "event.clog"


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    theme = Theme("dark", 100)
    theme.apply(qapp)
    yield theme
    theme.deleteLater()


@pytest.fixture
def window(path: Path, theme: Theme, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window on the event, at the venue's desk."""
    made = MainWindow(Session(path), theme)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.session.desk_code != "")
    yield made
    made.close()


@pytest.fixture
def log(path: Path) -> Iterator[Log]:
    """The log, opened once more: what another program sees."""
    with Log(path) as log:
        yield log


@pytest.fixture
def do(window: MainWindow, qtbot: QtBot) -> Callable[[Callable[[Desk], Any]], Any]:
    """Do something at the window's desk, and wait until it is stored and seen."""

    def run(verb: Callable[[Desk], Any]) -> Any:
        found: list[Any] = []
        window.session.do(verb, found.append)
        qtbot.waitUntil(lambda: bool(found))
        return found[0]

    return run


def type_line(window: MainWindow, text: str) -> None:
    """Type a line and send it."""
    QTest.keyClicks(window.entry.line, text)
    QTest.keyClick(window.entry.line, Qt.Key.Key_Return)


def shown(window: MainWindow) -> list[str]:
    """Return the texts of the list, oldest first."""
    model = window.timeline.view.entries()
    return [line.text for row in range(model.rowCount()) if (line := model.line(row))]
