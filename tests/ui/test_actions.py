"""The table of actions: everything is reached without the mouse, and no key means two things in one place."""

from collections import Counter
from pathlib import Path

from commandlog_ui.actions import ACTIONS
from commandlog_ui.app import Program
from commandlog_ui.window.main import MainWindow
from commandlog_ui.window.palette import Palette
from commandlog_ui.window.screens import SCREENS
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot


def test_everything_is_reached_without_the_mouse(qapp: QApplication, path: Path, qtbot: QtBot) -> None:
    program = Program(qapp)
    window = program.open_log(path)
    qtbot.addWidget(window)
    for name in SCREENS:
        window.show_screen(name)
    missing = [one.id for one in ACTIONS if one.id not in window.actions_by_id]
    assert missing == [], "nobody does these"
    window.close()
    program.end()


def test_no_key_means_two_things_in_one_place() -> None:
    places = {one.where for one in ACTIONS}
    for place in places:
        here = [one for one in ACTIONS if one.where in (place, "") or (place in SCREENS and one.where == "list")]
        keys = Counter(QKeySequence(key).toString() for one in here for key in one.keys)
        assert [key for key, count in keys.items() if count > 1] == [], place


def test_the_palette_reaches_every_action_by_its_name(window: MainWindow, qtbot: QtBot) -> None:
    palette = Palette(window, window.actions_by_id, window.room)
    qtbot.addWidget(palette)
    for action in window.actions_by_id.values():
        palette.field.setText(action.text())
        assert action.text() in [target.name for target in palette._found]
