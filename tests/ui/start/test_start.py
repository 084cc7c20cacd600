"""The start window, by keys: begin, open, go on, and errors in words at the place."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from commandlog_ui.settings import Settings
from commandlog_ui.start import making, window
from commandlog_ui.start.model import CHOICE
from commandlog_ui.start.window import StartWindow
from commandlog_ui.theme import Theme
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.verbs.events import open_event
from tests.events import concert


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home" / "CommandLog"
    for module in (making, window):
        monkeypatch.setattr(module, "home", lambda: home)
    monkeypatch.setattr("commandlog_ui.start.page.home", lambda: home)
    return home


@pytest.fixture
def settings(path: Path) -> Settings:
    found = Settings()
    found.opened(path.with_name("gone.clog"), "An evening that is gone")
    found.opened(path, "Concert evening")
    return found


@pytest.fixture
def start(theme: Theme, settings: Settings, qtbot: QtBot) -> Iterator[StartWindow]:
    made = StartWindow(theme, settings)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(made)
    made.show()
    made.setFocus()
    yield made
    made.close()


def test_enter_goes_on_with_the_log_opened_last(start: StartWindow, path: Path, qtbot: QtBot) -> None:
    assert start.list.currentIndex().data(CHOICE).title == "Concert evening"
    with qtbot.waitSignal(start.chosen) as told:
        QTest.keyClick(start.list, Qt.Key.Key_Return)
    assert told.args == [path]


def test_a_log_that_is_gone_is_shown_so_and_said_so(start: StartWindow, qtbot: QtBot) -> None:
    gone = start.list.model().index(2, 0)
    assert gone.data(CHOICE).gone
    assert "no longer there" in gone.data(CHOICE).beside
    QTest.keyClick(start.list, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: "There is no log at" in start.told.text())
    QTest.keyClick(start.list, Qt.Key.Key_Down)
    QTest.keyClick(start.list, Qt.Key.Key_Delete)
    assert "gone" not in [row.value for row in start._choices().choices]
    assert len(start.settings.now.recent) == 1


def test_an_event_is_begun_by_keys(start: StartWindow, at_home: Path, qtbot: QtBot) -> None:
    QTest.keyClick(start.list, Qt.Key.Key_N)
    new = start.new
    assert start.focusWidget() is new.scenario
    QTest.keyClick(new.scenario, Qt.Key.Key_Return)
    assert start.focusWidget() is new.file
    assert new.file.text().startswith(str(at_home / "concert-"))
    with qtbot.waitSignal(start.chosen, timeout=10_000) as told:
        QTest.keyClick(new.file, Qt.Key.Key_Return)
    (file,) = told.args or [None]
    with Log(file) as log:
        assert log.covenant().code == "concert"
    new._choose()
    assert new.file.text() != str(file)  # the next one gets another name
    new.wanted.emit("concert", str(file))
    qtbot.waitUntil(lambda: "is there already" in new.told.text())
    QTest.keyClick(new.file, Qt.Key.Key_Escape)
    assert start.focusWidget() is start.list


def test_a_scenario_of_ones_own_says_where_it_is_wrong(start: StartWindow, tmp_path: Path, qtbot: QtBot) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('code = "mine"\nname = 3\n', "utf-8")
    QTest.keyClick(start.list, Qt.Key.Key_N)
    new = start.new
    new.scenario.setCurrentIndex(new.scenario.count() - 1)
    QTest.keyClick(new.scenario, Qt.Key.Key_Return)
    assert start.focusWidget() is new.own
    QTest.keyClicks(new.own, str(mine))
    QTest.keyClick(new.own, Qt.Key.Key_Return)
    assert "mine-" in new.file.text()
    QTest.keyClick(new.file, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "mine.toml" in new.told.text())
    assert "line 1" in new.told.text()
    assert new.own.text() == str(mine)


def test_a_damaged_log_says_how_to_rescue_it(start: StartWindow, path: Path, qtbot: QtBot) -> None:
    data = bytearray(path.read_bytes())
    data[0:4000] = b"\xff" * 4000
    path.write_bytes(bytes(data))
    QTest.keyClick(start.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: start.told.isVisible())
    assert "rescue" in start.told.text() or "not a CommandLog log" in start.told.text()


def test_a_file_that_is_no_log_and_a_folder(start: StartWindow, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "x.clog").write_text("no log", "utf-8")
    start.open_log(tmp_path / "x.clog")
    qtbot.waitUntil(lambda: "x.clog" in start.told.text())
    start.open_log(tmp_path)
    qtbot.waitUntil(lambda: "is a folder" in start.told.text())


def test_a_log_of_a_newer_version_is_refused_politely(start: StartWindow, path: Path, qtbot: QtBot) -> None:
    with Log(path) as log:
        log.db.execute("PRAGMA user_version = 9999")
    start.open_log(path)
    qtbot.waitUntil(lambda: "newer version" in start.told.text())


def test_the_demo_evening_is_told_once(
    start: StartWindow, at_home: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Path] = []

    def tell(folder: Path, settings: Path) -> object:
        told.append(folder)
        return open_event(folder / making.LOG, concert(), settings)

    monkeypatch.setattr(making, "tell", tell)
    for _time in range(2):
        with qtbot.waitSignal(start.chosen, timeout=10_000) as chosen:
            QTest.keyClick(start.list, Qt.Key.Key_D)
        assert chosen.args == [at_home / "demo" / "demo.clog"]
    assert told == [at_home / "demo"]


def test_escape_closes(start: StartWindow) -> None:
    QTest.keyClick(start.list, Qt.Key.Key_Escape)
    assert not start.isVisible()
    assert settings_folder().exists()
