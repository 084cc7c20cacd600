"""Joining and settling as pictures: the invitation, who is at which desk, what is to be settled, sealed entries.

They are of Baken's own desk in the demo evening, with a conflict, something not taken, and a desk that is gone.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from commandlog_ui.app import main_window
from commandlog_ui.settings import Settings
from commandlog_ui.sharing import state as sharing
from commandlog_ui.start.window import StartWindow
from commandlog_ui.theme import Theme
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from commandlog.demo.clock import time
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk
from commandlog.log.rebuild import stored
from commandlog.log.store import Log
from commandlog.model.order import NEWER, DeskSeen, Refused
from commandlog.sharing.address import Address
from commandlog.sharing.desk.state import Present, State
from commandlog.sharing.joining.invitation import Invitation, encode
from commandlog.verbs import saying, tasks
from commandlog.verbs.events import sign_in
from commandlog.views.filters import readable
from tests.log.order import Order

_AT = "21:22"
SETTLED = 400  # milliseconds
INVITED = Invitation(
    version=1,
    name="Concert in Stadion De Dijk",
    log_id="ab" * 16,
    address=Address("log.stadiondedijk.example", 5432, "commandlog", "cl_abababab_b2"),
    party="baken",
    desk="B2",
    password="works once",  # noqa: S106
    party_name="Baken Security",
)
SHARED = ("desks", "settle")  # screens that say something where the log is shared


def share(evening: Path, folder: Path) -> Path:
    """Return the log of Baken's desk B2; the evening itself stays as it is."""
    now = [time(_AT) - 300_000]
    with Log(evening, clock=lambda: now[0]) as log:
        order = Order(log)
        hidden = _unreadable(log, "baken")
    baken = _joined(order, folder / "baken.clog", "baken", "B2", hidden)
    venue = _joined(order, folder / "venue.clog", "venue", "V2", set())
    with baken.log, venue.log:
        sign_in(baken, "Youssef El Amrani")
        sign_in(venue, "Marloes Veenstra")
        task = tasks.propose(venue, "Aanspreken: rij voor poort F naar links", to_party="baken", place="gate-f")
        _settle(order, baken, venue)
        now[0] += 90_000
        tasks.withdraw(venue, _at(venue, task.id), reason="politie doet het zelf")
        tasks.accept(baken, _at(baken, task.id), text="Service 6 gaat")
        saying.note(baken, "Tweede tas bij hek oost, eigenaar staat erbij", place="gate-f")
        refused = saying.note(baken, "Foto van de rugzak volgt per portofoon")
        now[0] += 20_000
        order.take(venue.log)
        order.take(baken.log, 2)
        _written(order, venue, DeskSeen, desk="P1", here=False, last=now[0] - 260_000)
        _written(order, venue, Refused, desk="B2", count=refused.frame.number, why=NEWER)
        order.give(baken.log, sealed=hidden)
        saying.note(baken, "Rij bij poort F staat weer links van het hek", place="gate-f")
    return folder / "baken.clog"


def _joined(order: Order, file: Path, party: str, desk: str, hidden: set[int]) -> Desk:
    made = order.join(file, party, desk, upto=2)
    order.give(made.log, sealed=hidden)
    return made


def _unreadable(log: Log, party: str) -> set[int]:
    query = f"SELECT e.since FROM entries e WHERE NOT {readable(party=':who')}"
    return {seq for (seq,) in log.db.execute(query, {"who": party, "p": log.head.seq})}


def _settle(order: Order, *desks: Desk) -> None:
    for desk in desks:
        order.take(desk.log)
    for desk in desks:
        order.give(desk.log)


def _written(order: Order, at: Desk, kind: Any, **fields: Any) -> None:
    """Write what a keeper writes, with the key of a desk that is at hand."""
    with at.writing():
        at.append(kind, **fields)
    order.take(at.log)


def _at(desk: Desk, record_id: bytes) -> int:
    found = desk.log.db.execute("SELECT since FROM entries WHERE id = ?", (record_id,)).fetchone()
    return int(found[0])


def state(log: Path, **changed: Any) -> State:
    """Return how the desk stands at the time of the pictures."""
    with Log(log, reading=True) as opened:
        waiting = sum(1 for _record in stored(opened.db, PROVISIONAL))
        upto = opened.head.seq
    now = time(_AT)
    desks = (
        Present("V1", "venue", here=True, seen_at=now),
        Present("V2", "venue", here=True, seen_at=now, waiting=3),
        Present("P1", "police", here=False, seen_at=now - 260_000),
        Present("B1", "baken", here=True, seen_at=now, offset_ms=4_200),
        Present("B2", "baken", here=True, seen_at=now),
        Present("F1", "first-aid", here=True, seen_at=now),
    )
    given = State("joined", now - 3_600_000, upto, upto, waiting, now, 1, 0, desks=desks, keeper_alive=True)
    return msgspec.structs.replace(given, **changed)


def shots(file: Path, look: str) -> Iterator[tuple[str, QWidget]]:
    """Yield each picture's window, by its name."""
    yield from _joining(look)
    sharing.command = lambda _file: [sys.executable, "-S", "-c", "import sys; sys.stdin.read()"]
    window = main_window(file, look=look)
    window.resize(1440, 900)
    window.show()
    QTest.qWaitForWindowExposed(window)
    QTest.qWait(3 * SETTLED)
    window.entry.line.clear()
    window.session.shared._come(state(file))
    for name in SHARED:
        window.show_screen(name)
        QTest.qWait(SETTLED)
        yield name, window
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    QTest.qWait(SETTLED)
    yield "settling", window
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    window.show_screen("timeline")
    window.timeline.do_sealed()
    model = window.timeline.view.entries()
    rows = [row for row in range(model.rowCount()) if (line := model.line(row)) and line.kind == "sealed"]
    window.timeline.view.go_to(rows[-1])
    QTest.qWait(SETTLED)
    yield "sealed", window
    window.close()
    QTest.qWait(SETTLED)  # the program beside it ends


def _joining(look: str) -> Iterator[tuple[str, QWidget]]:
    start = StartWindow(Theme(look), Settings())
    start.joining.file.setText("~/CommandLog/concert-B2.clog")
    start.show()
    QTest.keyClick(start.list, Qt.Key.Key_J)
    start.joining.code.setPlainText(encode(INVITED))
    start.joining.read()
    QTest.qWait(SETTLED)
    yield "join", start
    start.close()
