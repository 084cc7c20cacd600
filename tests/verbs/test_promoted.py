"""Screens and callers hold positions; what waited at one has another a moment later, and every verb finds it there."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import given

from commandlog.log import derived
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk
from tests.log import histories
from tests.log.histories import HISTORY, PARTIES, Step, begin, play
from tests.log.order import Order

RANDOM = ("id", "file", "key", "operator")  # what is drawn anew each time


@contextmanager
def promoted(history: list[Step]) -> Iterator[Desk]:
    """A desk that has played a history, all of which has got its place in the shared order since."""
    with tempfile.TemporaryDirectory() as folder:
        venue = begin(Path(folder))["venue"]
        with venue.log:
            order = Order(venue.log)
        desk = order.join(Path(folder) / "desk.clog", "baken", "B1")
        with desk.log:
            play(dict.fromkeys(PARTIES, desk), history)
            order.take(desk.log)
            order.give(desk.log)
            assert desk.log.tip == desk.log.head.seq
            yield desk


def as_before(log: Any, position: int) -> int:
    """Return where what stands at a position now had waited."""
    found = log.db.execute("SELECT was FROM promoted WHERE seq = ?", (position,)).fetchone()
    return found[0] if found else position


def rows(desk: Desk) -> dict[str, list[Any]]:
    """Return all derived rows, but for what is drawn anew each time."""
    found = {}
    for table in derived.TABLES:
        columns = ", ".join(column for column in table.row._fields if column not in RANDOM)
        found[table.name] = desk.log.db.execute(f"SELECT {columns} FROM {table.name} ORDER BY {columns}").fetchall()
    return found


@given(HISTORY, HISTORY)
def test_a_verb_that_is_given_a_position_from_before_does_the_same(before: list[Step], then: list[Step]) -> None:
    straight, stale = histories._any, _any_from_before
    found = []
    for pick in (straight, stale):
        with promoted(before) as desk:
            histories._any = pick
            try:
                play(dict.fromkeys(PARTIES, desk), then)
            finally:
                histories._any = straight
            assert desk.log.tip == desk.log.head.seq or desk.log.tip >= PROVISIONAL
            found.append(rows(desk))
    assert found[0] == found[1]


def _any_from_before(desk: Desk, table: str, column: str, number: int) -> int:
    return as_before(desk.log, _ANY(desk, table, column, number))


_ANY = histories._any
