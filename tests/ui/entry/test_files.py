"""Files that go with an entry: pasted, dropped, stored beside all else, and said to be of whoever asked for it."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from commandlog_ui.deeds_of_files import attach_path
from commandlog_ui.entry.drafts import Drafts, read_drafts
from commandlog_ui.signing import who
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.model.keeping import Attached
from commandlog.model.records import SignedIn
from commandlog.views.lines import Line
from tests.ui.conftest import type_line

Do = Callable[[Callable[[Desk], Any]], Any]
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def carrying(window: MainWindow) -> Iterator[threading.Event]:
    """A long attachment that is being stored; what was asked after it begins when this is set."""
    ended = threading.Event()
    window.session.do(lambda _desk: ended.wait(10), long=True)
    yield ended
    ended.set()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.blue)
    image.save(str(tmp_path / "rij.jpg"))
    return tmp_path / "rij.jpg"


def test_a_pasted_photo_goes_with_the_next_entry(window: MainWindow, qtbot: QtBot) -> None:
    entry = window.entry
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    QTest.keyClick(entry.line, Qt.Key.Key_V, CONTROL)
    qtbot.waitUntil(lambda: bool(entry.chips.files))
    assert "PNG" in entry.chips.files[0]
    QTest.keyClick(entry.line, Qt.Key.Key_Return)
    assert "few words" in entry.told.text()
    with qtbot.waitSignal(entry.stored):
        type_line(window, "foto van de rij")

    qtbot.waitUntil(lambda: any(line.attachments for line in _shown(window)))
    assert not entry.chips.files


def test_an_entry_does_not_wait_for_an_attachment(
    window: MainWindow, qtbot: QtBot, log: Log, photo: Path, carrying: threading.Event
) -> None:
    """What is typed while files are stored comes before them, and closing the window ends neither."""
    take(window, qtbot, photo)
    made = enter_and_wait(window, qtbot, "film van de rij")
    attach_path(window.room.deeds, made, photo)
    later = enter_and_wait(window, qtbot, "intussen")
    assert not attached(log)
    carrying.set()
    window.close()
    assert len(attached(log)) == 2
    assert later < min(attached(log))


def test_what_was_attached_says_who_asked_for_it(
    window: MainWindow, qtbot: QtBot, log: Log, do: Do, photo: Path, carrying: threading.Event
) -> None:
    """Another operator signs in while the line is being stored, and the files after it."""
    anna = do(lambda desk: who.change_over(desk, "Anna")).frame
    made = enter_and_wait(window, qtbot, "film van de rij")
    disk = threading.Event()
    window.session.do(lambda _desk: disk.wait(10))
    take(window, qtbot, photo)
    type_line(window, "nog een film")
    attach_path(window.room.deeds, made, photo)
    disk.set()
    bert = do(lambda desk: who.change_over(desk, "Bert")).frame
    carrying.set()
    qtbot.waitUntil(lambda: len(attached(log)) == 2)
    assert isinstance(anna, SignedIn)
    assert isinstance(bert, SignedIn)
    assert {frame.by.operator for frame in attached(log).values()} == {anna.operator} != {bert.operator}
    assert do(lambda desk: desk.operator) == bert.operator


def test_what_is_stored_at_the_end_stays_no_draft_while_a_file_takes_its_time(
    window: MainWindow, qtbot: QtBot, log: Log, photo: Path
) -> None:
    """Who loses patience with a window that closes, and ends it, does not find lines again that the log has."""
    disk, left, log_id = threading.Event(), list[Drafts](), log.id
    window.session.do(lambda _desk: disk.wait(10))
    take(window, qtbot, photo)
    type_line(window, "laatste regel")
    window.entry.keep()
    assert read_drafts(log.id) != Drafts()

    def see(_desk: Desk) -> None:
        for _while in range(100):
            left[:] = [read_drafts(log_id)]
            if left == [Drafts()]:
                return
            time.sleep(0.02)

    window.session.do(see, long=True)
    window.session.closing.connect(disk.set)
    window.close()
    assert left == [Drafts()]
    assert len(attached(log)) == 1


def test_a_file_that_cannot_be_kept_is_refused_in_words(window: MainWindow, qtbot: QtBot, tmp_path: Any) -> None:
    empty = tmp_path / "leeg.jpg"
    empty.touch()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(empty))])
    with qtbot.waitSignal(window.session.refused):
        window.entry.take_files(data)
    assert not window.entry.chips.files
    assert window.banner.text()


def test_a_photo_can_be_dropped_anywhere(window: MainWindow, qtbot: QtBot, photo: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(photo))])
    where = (QPointF(400, 300), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
    window.dropEvent(QDropEvent(*where, Qt.KeyboardModifier.NoModifier))
    qtbot.waitUntil(lambda: bool(window.entry.chips.files))
    assert "rij.jpg · JPG" in window.entry.chips.files[0]
    QTest.keyClick(window.entry.line, Qt.Key.Key_Backspace)
    assert not window.entry.chips.files


def take(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    """Drop a file on the line, and wait until it has been read."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    window.entry.take_files(data)
    qtbot.waitUntil(lambda: bool(window.entry.chips.files))


def enter_and_wait(window: MainWindow, qtbot: QtBot, text: str) -> int:
    """Type an entry; returns its position once it is stored."""
    with qtbot.waitSignal(window.entry.stored) as stored:
        type_line(window, text)
    assert stored.args
    return int(stored.args[0].seq)


def attached(log: Log) -> dict[int, Attached]:
    """Return what the log has attachments of, by position."""
    log.refresh()
    found = {seq: log.record(seq).frame for (seq,) in log.db.execute("SELECT since FROM attachments")}
    return {seq: frame for seq, frame in found.items() if isinstance(frame, Attached)}


def _shown(window: MainWindow) -> list[Line]:
    model = window.timeline.view.entries()
    return [line for row in range(model.rowCount()) if (line := model.line(row))]
