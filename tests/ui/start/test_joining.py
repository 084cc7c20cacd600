"""Joining a shared log from the start window, by keys: it is told before what it is for, and errors in words."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from commandlog_ui.app import Program
from commandlog_ui.settings import Settings
from commandlog_ui.sharing import state as sharing
from commandlog_ui.start import page
from commandlog_ui.start.model import CHOICE
from commandlog_ui.start.window import StartWindow
from commandlog_ui.theme import Theme
from msgspec.structs import replace
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.member import Member
from commandlog.log.store import Log
from commandlog.sharing.address import Address
from commandlog.sharing.joining import inviting, passwords, share
from commandlog.sharing.joining.invitation import SUFFIX, Invitation, encode, file_name
from commandlog.verbs import saying
from tests.sharing.conftest import admin_dsn, running  # noqa: F401 - fixtures
from tests.sharing.servers import free_port
from tests.ui.sharing.conftest import SILENT

INVITED = Invitation(
    version=1,
    name="Concert evening",
    log_id="ab" * 16,
    address=Address("127.0.0.1", 1, "commandlog_ab", "cl_ab_b1", "local"),
    party="B",
    desk="B1",
    password="once and never again",  # noqa: S106
    keeper_key="cd" * 32,
    party_name="Baken Security",
)


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home" / "CommandLog"
    monkeypatch.setattr(page, "home", lambda: home)
    monkeypatch.setattr(sharing, "command", lambda _file: SILENT)
    return home


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setattr(passwords, "_keyring", lambda: None)


@pytest.fixture
def start(theme: Theme, qtbot: QtBot) -> Iterator[StartWindow]:
    made = StartWindow(theme, Settings())
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(made)
    made.show()
    made.setFocus()
    QTest.keyClick(made.list, Qt.Key.Key_J)
    yield made
    made.close()


def paste(start: StartWindow, invitation: Invitation) -> None:
    QApplication.clipboard().setText(f"Beste collega,\n\n{encode(invitation)}\nGroet, De Dijk")
    QTest.keyClick(start.joining.code, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(start.joining.code, Qt.Key.Key_Return)


def said(start: StartWindow) -> list[str]:
    return [value.text() for _name, value in start.joining.card.said]


def test_what_it_is_for_is_told_before_anything_is_done(start: StartWindow, at_home: Path) -> None:
    page = start.joining
    assert start.focusWidget() is page.code
    assert not page.card.isVisible()
    assert not page.enter.isVisible()
    until = round(time.time() * 1000) + 86_400_000
    far = replace(INVITED.address, host="log.example", port=5433, tls="verify")
    paste(start, replace(INVITED, address=far, until=until))
    assert page.card.isVisible()
    assert said(start)[:2] == ["Concert evening", "Baken Security, desk B1"]
    assert "log.example, port 5433" in said(start)[2]
    assert said(start)[3].startswith("once, until ")
    assert start.focusWidget() is page.file
    assert page.file.text() == str(at_home / "concert-evening-B1.clog")
    assert "Baken Security, desk B1" in page.card.accessibleName()
    QTest.keyClick(page.file, Qt.Key.Key_Escape)
    assert start.focusWidget() is start.list
    QTest.keyClick(start.list, Qt.Key.Key_J)
    assert page.card.isVisible(), "what was pasted is there still"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hallo", "This is no invitation"),
        (encode(INVITED)[:-30], "did not come whole"),
        ("CLOG9: AAAAA", "newer version"),
    ],
)
def test_what_is_no_invitation_is_told_in_words(start: StartWindow, text: str, told: str, qtbot: QtBot) -> None:
    page = start.joining
    page.code.setPlainText(text)
    qtbot.waitUntil(lambda: told in page.told.text())
    assert page.code.toPlainText() == text
    assert not page.card.isVisible()
    assert not page.enter.isVisible()


def test_the_file_of_an_invitation_is_dropped_or_opened(start: StartWindow, tmp_path: Path) -> None:
    file = tmp_path / file_name(INVITED)
    file.write_text(encode(INVITED), "utf-8")
    assert file.suffix == SUFFIX
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    start._to_list()
    event = QDropEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    start.dropEvent(event)
    assert said(start)[0] == "Concert evening"
    start.joining.code.clear()
    start._to_list()
    start.open_log(file)
    assert start.pages.currentWidget() is start.joining
    assert said(start)[1] == "Baken Security, desk B1"
    start.open_log(tmp_path / f"gone{SUFFIX}")
    assert "cannot be read" in start.joining.told.text()


def test_one_that_has_run_out_and_a_server_that_is_not_there(
    start: StartWindow, no_keyring: None, qtbot: QtBot
) -> None:
    page = start.joining
    paste(start, replace(INVITED, until=1_700_000_000_000))
    assert "It ran out on 2023-11-14" in said(start)[3]
    QTest.keyClick(page.file, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "has run out" in page.told.text())
    page.code.clear()
    page.code.setFocus()
    paste(start, replace(INVITED, address=replace(INVITED.address, port=free_port())))
    QTest.keyClick(page.file, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.enter.isEnabled() and "127.0.0.1" in page.told.text(), timeout=15_000)
    assert said(start)[0] == "Concert evening"
    assert page.file.text().endswith("concert-evening-B1.clog")
    assert not Path(page.file.text()).exists()


@pytest.fixture
def invited(path: Path, admin_dsn: str, tmp_path: Path) -> Invitation:  # noqa: F811
    """An invitation for a desk of Baken, to a shared log on a real server; the venue's file is its first desk."""
    with Log(path) as log:
        desk: Desk = sit_down(log, tmp_path / "venue", "venue")
        saying.note(desk, "van voor het delen")
        made = share.share(desk, admin_dsn, tmp_path / "venue")
    with closing(psycopg.connect(made.event.dsn, autocommit=True)) as connection:
        return inviting.invite(connection, made.event.dsn, "baken")


def test_a_log_is_joined_opened_and_remembered_as_shared(
    qapp: QApplication,
    invited: Invitation,
    no_keyring: None,
    at_home: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = Program(qapp)
    start = program.choose_log()
    QTest.keyClick(start.list, Qt.Key.Key_J)
    paste(start, invited)
    page = start.joining
    assert said(start)[1] == f"Baken Security, desk {invited.desk}"
    QTest.keyClick(page.file, Qt.Key.Key_Return)
    qtbot.waitUntil(page.password.isVisible, timeout=15_000)
    assert start.focusWidget() is page.password
    QTest.keyClicks(page.password, "een eigen wachtwoord")
    QTest.keyClick(page.password, Qt.Key.Key_Return)
    QTest.keyClicks(page.again, "een ander wachtwoord")
    QTest.keyClick(page.again, Qt.Key.Key_Return)
    assert "differ" in page.told.text()
    QTest.keyClicks(page.again, "een eigen wachtwoord")
    QTest.keyClick(page.again, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: program.window is not None, timeout=20_000)
    window = program.window
    assert window
    qtbot.addWidget(window)
    file = at_home / f"concertavond-{invited.desk}.clog"
    assert window.session.path == file
    assert window.session.log.member == Member("baken", invited.desk)
    qtbot.waitUntil(lambda: window.session.desk_code == invited.desk)
    given: list[str] = []
    monkeypatch.setattr(window.session.shared._child, "tell", given.append)
    for _time in range(2):
        window.session.shared._said(b'{"ask":"password","question":"Password of this desk: "}')
    assert given == ["een eigen wachtwoord"], "what was typed a moment ago is not asked for again, and kept nowhere"
    model = window.timeline.view.entries()
    texts = [line.text for row in range(model.rowCount()) if (line := model.line(row))]
    assert "van voor het delen" in texts
    (kept,) = program.settings.now.recent
    assert kept.shared
    window.close()
    again = program.choose_log()
    assert "shared" in again.list.model().index(1, 0).data(CHOICE).beside
    again.pages.setCurrentWidget(again.joining)
    paste(again, invited)
    QTest.keyClick(again.joining.file, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "does not work (any more)" in again.joining.told.text(), timeout=15_000)
    assert settings_folder().exists()
    again.close()
    program.end()
