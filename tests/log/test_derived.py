"""Everything derives: from nothing, as it stood at any position, and behind what others wrote meanwhile."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.log import derived
from commandlog.log.derived import recalls
from commandlog.log.derived.entries import above
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk
from commandlog.log.rebuild import Stored, first_difference, rebase, rebuild, stored, take
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.dealings import Traced
from commandlog.model.frames import Frame
from commandlog.model.records import AnyFrame, LevelConfirmed, Linked, kind_of
from commandlog.views import agreements, board, counts, crowd, open_items, timeline, units
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment
from tests.log.histories import _VERBS, HISTORY, Step, begin, everything, play


@contextmanager
def evening(history: list[Step]) -> Iterator[dict[str, Desk]]:
    with tempfile.TemporaryDirectory() as folder:
        desks = begin(Path(folder))
        play(desks, history)
        with desks["venue"].log:
            yield desks


@contextmanager
def empty_log() -> Iterator[Log]:
    with tempfile.TemporaryDirectory() as folder, Log(Path(folder) / "other.clog", create=True) as log:
        yield log


def seen(log: Log, moment: Moment) -> list[Any]:
    """What people would see at a moment, on every screen that there is."""
    found: list[Any] = []
    for reader in ("", "police"):
        found.append(list(timeline.whole(log, moment, Filter(system=True, reader=reader))))
        found.append(timeline.page(log, moment, Filter(reader=reader), limit=5))
        found.append(board.tasks(log, moment, reader=reader))
        found.append(open_items.open_items(log, moment, reader))
        found.append(counts.counts(log, moment, Filter(reader=reader)))
        found.append(agreements.agreements(log, moment, reader=reader))
        found.append(units.units(log, moment, reader))
        found.append(crowd.crowd(log, moment, reader))
        found.append(list(timeline.whole(log, moment, Filter(reader=reader, significant=True))))
        found.append(timeline.page(log, moment, Filter(reader=reader, search="man", system=True), limit=50))
    return found


@given(HISTORY)
def test_derived_equals_derived_from_nothing(history: list[Step]) -> None:
    with evening(history) as desks:
        log = desks["venue"].log
        before = everything(log)
        assert first_difference(log.path) is None
        rebuild(log)
        assert everything(log) == before
        assert verify(log.path, deep=True).holds


@given(HISTORY, st.integers(0, 100))
def test_as_of_any_position_equals_a_log_that_stops_there(history: list[Step], where: int) -> None:
    with evening(history) as desks, empty_log() as other:
        log = desks["venue"].log
        position = 6 + where % max(1, log.head.seq - 5)  # the covenant is there from the start
        moment = Moment(position, log.kept_at(position))
        rebase(other, stored(log.db, 1, position))
        assert seen(log, moment) == seen(other, moment)


@given(HISTORY, HISTORY, HISTORY)
def test_roll_back_and_apply_again_equals_straight_order(
    before: list[Step], others: list[Step], mine: list[Step]
) -> None:
    with evening(before) as desks, empty_log() as straight, empty_log() as rebased:
        log = desks["venue"].log
        start = log.head.seq
        play(desks, others)
        middle = log.head.seq
        play(dict.fromkeys(desks, desks["police"]), mine)
        first, then = list(stored(log.db, 1, start)), list(stored(log.db, start + 1, middle))
        waiting = provisional(stored(log.db, middle + 1))
        for one in (straight, rebased):
            rebase(one, first)
        rebase(straight, then)
        put_behind(straight, waiting)
        put_behind(rebased, waiting)
        rebase(rebased, then[:1])
        rebase(rebased, then[1:])
        assert everything(rebased) == everything(straight)
        clock = log.clock()
        assert seen(rebased, Moment(PROVISIONAL * 2, clock)) == seen(straight, Moment(PROVISIONAL * 2, clock))
        rebase(rebased, [])
        assert everything(rebased) == everything(straight)


@given(HISTORY, HISTORY)
def test_rolling_back_leaves_what_was_there_before(before: list[Step], mine: list[Step]) -> None:
    with evening(before) as desks, empty_log() as other:
        log = desks["venue"].log
        start = log.head.seq
        play(desks, mine)
        rebase(other, stored(log.db, 1, start))
        untouched = everything(other)
        put_behind(other, provisional(stored(log.db, start + 1)))
        with other.writing():
            derived.rollback(other.db, PROVISIONAL - 1)
            other.db.execute("DELETE FROM records WHERE seq >= ?", (PROVISIONAL,))
        assert everything(other) == untouched


def provisional(records: Iterator[Stored]) -> list[Stored]:
    return [record.provisional(number) for number, record in enumerate(records)]


def put_behind(log: Log, waiting: list[Stored]) -> None:
    with log.writing():
        for record in waiting:
            take(log.db, record)


HANGS = ("entry", "task", "agreement", "level", "misdirected")
"""The fields that name what a record hangs on. A link has an entry too, but only puts it into an
incident; a trace has one, and no words."""


@pytest.mark.parametrize("kind", get_args(AnyFrame), ids=lambda kind: kind.__name__)
def test_whatever_names_an_entry_hangs_on_it(kind: type[Frame]) -> None:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    given: dict[str, Any] = {name: b"?" for name, field in fields.items() if field.required}
    named = [name for name in HANGS if name in fields and fields[name].type is bytes and kind not in (Linked, Traced)]
    given |= dict.fromkeys(named, b"above")
    assert above(kind(**given)) == (b"above" if named else b"")
    if named:
        assert len(named) == 1
        assert kind in recalls.KINDS or kind is LevelConfirmed


def test_the_rules_are_reached(tmp_path: Path) -> None:
    """A control: a history of proposals and answers does make tasks and refuses what cannot be."""
    desks = begin(tmp_path)
    history: list[Step] = [("propose", 1, 1, 0, "loop mee", 0), ("accept", 0, 0, 0, "", 0), ("done", 0, 0, 0, "", 0)]
    play(desks, history)
    rows = desks["venue"].log.db.execute("SELECT state FROM tasks ORDER BY since").fetchall()
    assert rows == [("proposed",), ("accepted",), ("done",)]
    desks["venue"].log.close()


def test_every_kind_that_people_write_is_reached(tmp_path: Path) -> None:
    """A control: random evenings would prove nothing of kinds that the rules never let happen."""
    desks = begin(tmp_path)
    for first in range(40):
        play(desks, [(verb, first % 4, first, first // 2, "x", 0) for verb in _VERBS])
    with desks["venue"].log as log:
        kinds = {kind_of(record.frame) for record in log.records()}
    written = {"agreement", "agreement_affirmed", "agreement_declined", "agreement_ended", "counted", "marked"}
    assert written | {"unit_status", "misdirected", "misdirected_read", "accepted", "recalled", "erased"} <= kinds
