"""The second copy goes along while the window is open."""

from pathlib import Path

from commandlog_ui.window.main import MainWindow
from pytestqt.qtbot import QtBot

from commandlog.log.copy_setting import CopySetting
from commandlog.log.keys import settings_folder
from commandlog.log.second_copy import begin_copy
from commandlog.log.store import Log
from tests.ui.conftest import type_line


def test_what_is_written_in_the_window_reaches_the_second_copy(
    window: MainWindow, qtbot: QtBot, log: Log, tmp_path: Path
) -> None:
    folder = tmp_path / "other disk"
    folder.mkdir()
    file = begin_copy(log, folder)
    CopySetting(settings_folder(), log).keep(file)
    with qtbot.waitSignal(window.entry.stored):
        type_line(window, "Oog 2 man filmt camera's")

    def there() -> bool:
        with Log(file, reading=True) as copy:
            return copy.head.seq == log.refresh()

    qtbot.waitUntil(there, timeout=15_000)
