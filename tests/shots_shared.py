"""The desk in a shared log as pictures: in touch, offline with entries that wait, catching up, and what is wrong."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commandlog_ui.app import main_window
from commandlog_ui.sharing import state as sharing
from commandlog_ui.window.main import MainWindow
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from commandlog.demo.clock import time
from commandlog.intake.entering import enter
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.sharing.desk.state import Present, State
from commandlog.verbs.events import sign_in
from tests.log.order import Order

SETTLED = 400  # milliseconds
SAID = (
    ("20:58", "Eenheid 11 poort F rustig, stroom loopt door"),
    ("21:02", "vak 112 vrouw gevallen, EHBO gevraagd #medisch !urgent"),
    ("21:09", "fietsenstalling oost vol, bezoekers zetten fietsen langs het hek"),
    ("21:16", "Eenheid 11 poort F man met grote rugzak filmt camera's #verdacht"),
    ("21:19", ">venue graag de tekstkar bij poort F voor 21:35"),
    ("21:21", "rij bij poort F loopt terug tot de trap"),
)


def member_file(log: Path, folder: Path) -> Path:
    """Make a police desk's copy of the evening, in which the last entries of its own wait; returns it."""
    with Log(log, reading=True) as whole:
        order = Order(whole)
    desk = order.join(folder / "police.clog", "police", "P2", clock=lambda: time("20:55"))
    sign_in(desk, "Karin Postma")
    for number, (at, text) in enumerate(SAID):
        desk.log.clock = lambda at=at: time(at)  # type: ignore[misc]
        enter(Desk(desk.log, desk.signer), text)
        if number == 1:
            order.clock = desk.log.clock
            order.take(desk.log)
            order.give(desk.log)
    desk.log.close()
    return folder / "police.clog"


def states(now: int) -> dict[str, State]:
    """Return every way in which a desk may stand, by the name of its picture."""
    desks = (
        Present("P2", "police", here=True, seen_at=now - 2_000, upto=900),
        Present("V1", "venue", here=True, seen_at=now - 4_000, upto=900),
        Present("B1", "baken", here=True, seen_at=now - 3_000, upto=900, offset_ms=2_600),
        Present("E1", "first-aid", here=True, seen_at=now - 6_000, upto=898),
        Present("G1", "municipality", seen_at=now - 21 * 60_000, upto=512, waiting=3),
    )
    joined = State("joined", since=now - 3_600_000, upto=900, server_upto=900, desks=desks, keeper_alive=True)
    waits = replace(joined, since=now - 41 * 60_000, waiting=4, waiting_since=time("21:09"))
    return {
        "shared-joined": joined,
        "shared-offline": replace(waits, phase="offline", trouble="No answer from db.example.org"),
        "shared-catching-up": replace(waits, phase="catching_up", server_upto=12_900),
        "shared-forked": replace(waits, phase="stopped", alarm="forked"),
        "shared-standstill": replace(waits, alarm="standstill"),
        "shared-clock": replace(joined, offset_ms=3_400, offset_flag=True, refused=2),
    }


def shots(file: Path, look: str, now: int) -> Iterator[tuple[str, MainWindow]]:
    """Yield the window in every standing, by its name."""
    sharing.command = lambda _file: [sys.executable, "-S", "-c", "import sys; sys.stdin.read()"]
    window = main_window(file, look=look)
    window.resize(1440, 900)
    window.show()
    QTest.qWaitForWindowExposed(window)
    QTest.qWait(3 * SETTLED)
    shared = window.session.shared
    for name, state in states(now).items():
        shared._come(state)
        window.timeline.view.go_to(window.timeline.view.entries().rowCount() - 3)
        QTest.qWait(SETTLED)
        yield name, window
    shared._said(b'{"ask":"password"}')
    QTest.keyClicks(window.entry.line, "21:22 Eenheid 11 poort F rij loo")
    QTest.mouseClick(window.top.state, Qt.MouseButton.LeftButton)
    field: Any = window.focusWidget()
    QTest.keyClicks(field, "geheim")
    QTest.qWait(SETTLED)
    yield "shared-password", window
    window.close()
    QTest.qWait(SETTLED)  # the program beside it ends
