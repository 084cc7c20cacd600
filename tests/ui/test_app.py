"""The program as a whole: settings kept, one log after another, bugs noted, a log that goes away."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from commandlog_ui import crash, settings
from commandlog_ui.app import Program
from commandlog_ui.crash import CrashNotes
from commandlog_ui.settings import Kept, Settings
from commandlog_ui.settings_page import SettingsPage
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from commandlog.cli import main
from commandlog.language import current
from commandlog.log.desk import Desk
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.verbs import saying
from commandlog.verbs.events import open_event
from tests.events import concert
from tests.ui.conftest import shown, type_line

Do = Callable[[Callable[[Desk], Any]], Any]


@pytest.fixture
def program(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    made = Program(qapp)
    yield made
    made.end()
    if made.window is not None and isValid(made.window):
        made.window.close()
        made.window.deleteLater()
    if made.start is not None:
        made.start.close()
    made.deleteLater()


# -- settings --------------------------------------------------------------------------------------------------------


def test_settings_are_kept_and_restored(program: Program, path: Path, qtbot: QtBot, qapp: QApplication) -> None:
    window = program.open_log(path)
    qtbot.waitUntil(lambda: window.session.desk_code != "")
    window.do_look()
    window.do_larger()
    window.do_language()
    assert current() == "nl"
    window.timeline.panes.setSizes([300, 800, 200])
    window.close()
    kept = Settings().now
    assert (kept.look, kept.percent, kept.language) == ("light", 125, "nl")
    assert kept.geometry
    assert kept.splitters["TimelineScreen"]
    assert [(one.path, one.name) for one in kept.recent] == [(str(path), "Concert evening")]
    again = Program(qapp)
    assert (again.theme.look, again.theme.percent) == ("light", 125)
    again.end()
    again.deleteLater()


def test_a_damaged_settings_file_gives_defaults_and_is_kept(qapp: QApplication) -> None:
    Settings().change(look="light")
    file = settings_folder() / settings.FILE
    file.write_text('{"look": 3', "utf-8")
    found = Settings()
    assert found.now == Kept()
    assert "defaults" in found.trouble
    assert file.with_name("window.json.damaged").read_text("utf-8") == '{"look": 3'


def test_a_setting_that_is_no_choice_becomes_the_default(qapp: QApplication) -> None:
    Settings().change(lock_minutes=5)
    file = settings_folder() / settings.FILE
    told = msgspec.json.decode(file.read_bytes())
    file.write_bytes(msgspec.json.encode({**told, "look": "pink", "percent": 9_999}))
    found = Settings().now
    assert (found.look, found.percent, found.lock_minutes) == ("dark", 100, 5)


def test_two_windows_do_not_undo_each_others_settings(qapp: QApplication, tmp_path: Path) -> None:
    one, other = Settings(), Settings()
    one.opened(tmp_path / "a.clog", "a")
    other.opened(tmp_path / "b.clog", "b")
    one.change(look="light")
    assert [recent.name for recent in Settings().now.recent] == ["b", "a"]


def test_settings_that_cannot_be_kept_stop_nothing(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: Path, _data: bytes, **_how: bool) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(settings, "keep_file", full)
    found = Settings()
    found.change(look="light")
    assert found.now.look == "light"
    assert "No space left" in found.trouble


def test_the_settings_page_holds_at_once(window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClicks(window.entry.line, "half getypt")
    window.seat.show_settings()
    (page,) = window.findChildren(SettingsPage)
    assert set(page.choices) == {"look", "percent", "language", "lock_minutes", "sound", "snapshot_minutes"}
    QTest.keyClick(page.choices["look"], Qt.Key.Key_Down)
    assert window.theme.look == "light"
    page.choices["language"].setCurrentIndex(1)
    assert current() == "nl"
    assert window.entry.text() == "half getypt"
    assert not page.isVisible()
    again = next(one for one in window.findChildren(SettingsPage) if one.isVisible())
    assert again.choices["language"].currentData() == "nl"
    QTest.keyClick(again, Qt.Key.Key_Escape)


# -- one log after another -------------------------------------------------------------------------------------------


def test_opening_another_log_closes_this_one_cleanly(
    program: Program, path: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    other = tmp_path / "other.clog"
    open_event(other, concert(code="other", name="Andere avond"), settings_folder()).log.close()
    first = program.open_log(path)
    qtbot.waitExposed(first)
    first.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is first)
    type_line(first, "nog opgeslagen")
    QTest.keyClicks(first.entry.line, " half")
    QTest.keyClick(first, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert program.start is not None
    assert program.start.isVisible()
    program.start.open_log(other)
    qtbot.waitUntil(lambda: program.window is not first)
    assert program.window is not None
    assert program.window.session.path == other
    assert program.start is None or not program.start.isVisible()
    with Log(path) as log:
        assert any("nog opgeslagen" in repr(log.record(n).words) for n in range(1, log.head.seq + 1))
    second = program.window
    qtbot.waitUntil(lambda: second.session.desk_code != "")
    qtbot.waitUntil(lambda: not isValid(first))
    for change in (second.do_look, second.do_larger, second.do_language, second.do_look, second.do_refurnish):
        change()
        QApplication.processEvents()


def test_another_partys_desk_is_sat_at(window: MainWindow, qtbot: QtBot, log: Log) -> None:
    QTest.keyClicks(window.entry.line, "half getypt")
    before = window.session.desk_code
    window.seat.change_desk()
    field = window.focusWidget()
    assert field
    QTest.keyClick(field, Qt.Key.Key_1)  # the police
    qtbot.waitUntil(lambda: window.session.desk_code not in ("", before))
    assert window.session.party == "police"
    assert window.entry.text() == "half getypt"
    with qtbot.waitSignal(window.entry.stored):
        QTest.keyClick(window.entry.line, Qt.Key.Key_Return)
    log.refresh()
    frame = log.record(log.head.seq).frame
    assert frame
    assert (frame.by.party, frame.by.desk) == ("police", "P1")


def test_a_log_that_cannot_be_opened_leaves_the_open_one_open(program: Program, path: Path, tmp_path: Path) -> None:
    window = program.open_log(path)
    with pytest.raises(RuleError):
        program.open_log(tmp_path / "none.clog")
    assert program.window is window
    assert window.isVisible()


def test_a_read_only_log_says_so(program: Program, path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    monkeypatch.setattr("commandlog_ui.app.is_read_only", lambda _path: True)
    window = program.open_log(path)
    assert "only be read" in window.banner.text()
    qtbot.waitUntil(lambda: window.session.desk_code != "")


# -- bugs ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def notes(qapp: QApplication) -> Iterator[CrashNotes]:
    made = CrashNotes()
    hooks = sys.excepthook, threading.excepthook
    assert made.install() == ""
    yield made
    made.remove()
    assert (sys.excepthook, threading.excepthook) == hooks
    made.deleteLater()


def bug(text: str) -> None:
    """Raise as a slot would, and let the hook have it."""
    try:
        int(text)
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)


def test_a_bug_is_noted_without_what_the_log_says_and_told_once(
    notes: CrashNotes, window: MainWindow, qtbot: QtBot
) -> None:
    notes.happened.connect(window.say)
    told: list[str] = []
    notes.happened.connect(told.append)
    QTest.keyClicks(window.entry.line, "half getypt")
    bug("mevrouw Jansen, vak 112")
    bug("mevrouw Jansen, vak 112")
    assert len(told) == 1
    assert "Your text is kept" in window.banner.text()
    noted = (crash.log_folder() / "errors.log").read_text("utf-8")
    assert "Jansen" not in noted
    assert "ValueError" in noted
    assert "in bug" in noted
    assert window.entry.text() == "half getypt"
    with qtbot.waitSignal(window.entry.stored):
        QTest.keyClick(window.entry.line, Qt.Key.Key_Return)


def test_a_wrong_query_is_a_bug_and_a_damaged_page_is_not(notes: CrashNotes, path: Path, qtbot: QtBot) -> None:
    def caught(query: str, file: Path) -> None:
        db = sqlite3.connect(file)
        try:
            db.execute(query).fetchall()
        except sqlite3.Error as error:
            sys.excepthook(type(error), error, error.__traceback__)
        finally:
            db.close()

    with qtbot.waitSignal(notes.happened), qtbot.assertNotEmitted(notes.damaged):
        caught("SELECT nothing FROM nowhere", path)
    torn = path.with_name("torn.clog")
    torn.write_bytes(b"no log at all, but long enough to be looked at" * 100)
    with qtbot.waitSignal(notes.damaged), qtbot.assertNotEmitted(notes.happened):
        caught("SELECT * FROM records", torn)


def test_a_bug_in_another_thread_is_noted(notes: CrashNotes, qtbot: QtBot) -> None:
    with qtbot.waitSignal(notes.happened):
        running = threading.Thread(target=lambda: [][1], daemon=True)
        running.start()
        running.join(30)
    assert "IndexError" in (crash.log_folder() / "errors.log").read_text("utf-8")


def test_what_ended_the_program_is_told_at_the_next_start(qapp: QApplication, tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from PySide6.QtCore import QCoreApplication\n"
        "from commandlog_ui.crash import CrashNotes\n"
        "app = QCoreApplication([]); notes = CrashNotes(); assert notes.install() == ''\n"
        "print('alive', flush=True); sys.stdin.readline(); os.abort()\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert running.stdin
    assert running.stdout
    assert running.stdout.readline() == "alive\n"
    while_it_runs = CrashNotes()
    assert while_it_runs.install() == ""
    while_it_runs.remove()
    running.communicate("\n", timeout=20)
    notes = CrashNotes()
    assert "ended unexpectedly" in notes.install()
    notes.remove()
    assert "Fatal Python error: Aborted" in (crash.log_folder() / "errors.log").read_text("utf-8")
    notes = CrashNotes()
    assert notes.install() == ""
    notes.remove()
    assert list(crash.log_folder().glob("window-*")) == []


# -- a log that goes away --------------------------------------------------------------------------------------------


def test_a_log_that_is_moved_away_is_written_no_more(
    window: MainWindow, path: Path, tmp_path: Path, qtbot: QtBot, do: Do
) -> None:
    do(lambda desk: saying.note(desk, "eerst"))
    path.rename(tmp_path / "elsewhere.clog")
    qtbot.waitUntil(lambda: "is gone" in window.banner.text(), timeout=4_000)
    type_line(window, "niet verloren")
    assert window.entry.text() == "niet verloren"
    assert shown(window) == ["eerst"]
    (tmp_path / "elsewhere.clog").rename(path)
    with Log(path, reading=True) as log:
        assert not any("niet verloren" in repr(log.record(n).words) for n in range(1, log.head.seq + 1))


def test_a_damaged_log_is_written_no_more(window: MainWindow, path: Path) -> None:
    window.seat.vigil.caught(sqlite3.DatabaseError("database disk image is malformed"))
    assert "commandlog rescue" in window.banner.text()
    assert window.session.stopped
    type_line(window, "niet verloren")
    assert window.entry.text() == "niet verloren"


# -- no screen -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only here can a screen be missing")
@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({}, "no screen here"),
        ({"DISPLAY": ":987"}, "does not answer"),
        ({"WAYLAND_DISPLAY": "none-9"}, "does not answer"),
    ],
)
def test_a_machine_without_a_screen_is_told_so_in_one_line(
    path: Path, named: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    assert main(["open", str(path)]) == 2
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert told in printed or "apt-get install" in printed
    assert os.environ.get("QT_QPA_PLATFORM") is None
