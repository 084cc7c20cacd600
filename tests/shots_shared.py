"""The demo evening as a shared log: Baken's own desk, with a conflict, something not taken, and a desk that is gone."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from commandlog_ui.sharing import state as sharing

from commandlog.demo.clock import time
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk
from commandlog.log.rebuild import stored
from commandlog.log.store import Log
from commandlog.model.order import NEWER, DeskSeen, Refused
from commandlog.sharing.state import Present, State
from commandlog.verbs import saying, tasks
from commandlog.verbs.events import sign_in
from commandlog.views.filters import readable
from tests.log.order import Order

_AT = "21:22"


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


@contextmanager
def said_by_a_program(told: State) -> Iterator[None]:
    """Let every window hear this from the program beside it, which is a real one and ends with the window."""
    usual = sharing.command
    line = json.dumps(msgspec.to_builtins(told))
    says = f"import sys; print({line!r}, flush=True); sys.stdin.read()"
    sharing.command = lambda _file: [sys.executable, "-c", says]
    try:
        yield
    finally:
        sharing.command = usual
