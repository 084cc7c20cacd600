"""Rows of a list in a shared log: what comes in below what waits, and what gets its place, leads to the same list."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.log import chain
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.views import found, rows, timeline
from commandlog.views.counts import number
from commandlog.views.filters import Filter
from commandlog.views.found import rows_of
from commandlog.views.moments import live
from commandlog.views.tallies import Tally
from tests.log.histories import HISTORY, Step, begin, play
from tests.log.order import Order
from tests.views.test_rows import FILTERS, known, taken_in

WHAT = st.sampled_from(["mine", "theirs", "take mine", "take theirs", "give", "give sealed", "open", "look"])
TURNS = st.lists(st.tuples(WHAT, HISTORY, st.integers(1, 4)), max_size=8)


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "STRETCH", 3)
    monkeypatch.setattr(rows, "AT_ONCE", 5)
    monkeypatch.setattr(rows, "_FEWEST", 1)
    monkeypatch.setattr(rows, "_MANY", 2)
    monkeypatch.setattr(found, "PIECE", 2)
    monkeypatch.setattr(timeline, "FEW", timeline.FEW)


@given(HISTORY, TURNS, FILTERS | st.just(Filter(reader="police", sealed=True)), st.booleans(), st.integers(0, 4))
def test_changes_lead_from_one_list_to_the_next_over_every_rebase(
    history: list[Step], turns: list[tuple[str, list[Step], int]], wanted: Filter, few: bool, extended: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        desks = begin(folder)
        play(desks, history)
        order = Order(desks["venue"].log)
        desks["venue"].log.close()
        mine = order.join(folder / "mine.clog", "police", "P9")
        theirs = order.join(folder / "theirs.clog", "baken", "B9")
        timeline.FEW = 2_000 if few else -1
        with mine.log, theirs.log, Log(folder / "mine.clog", reading=True, clock=order.clock) as log:
            list_ = rows_of(log, live(log), wanted)
            for _more in range(extended):
                list_.extend()
            shown, tally = known(list_), Tally(wanted)
            for what, steps, many in [*turns, ("look", [], 1)]:
                turn(order, mine, theirs, what, steps, many)
                if what != "look":
                    continue
                moment = live(log)
                shown = taken_in(shown, list_, list_.advance(moment))
                whole = list(timeline.whole(log, moment, wanted))
                assert shown == known(list_)
                assert tally.at(log, moment) == number(log, moment, wanted)
                if list_.complete:
                    assert shown == whole
                elif not wanted.search:
                    assert shown == whole[len(whole) - len(shown) :]
            while list_.extend():
                pass
            assert known(list_) == whole


def turn(order: Order, mine: Desk, theirs: Desk, what: str, steps: list[Step], many: int) -> None:
    """Let one of the desks write, the keeper take something, or my file be given what there is."""
    if what in ("mine", "theirs"):
        desk = mine if what == "mine" else theirs
        play(dict.fromkeys(("police", "venue", "baken", "aid"), desk), steps)
    elif what == "take mine":
        order.take(mine.log, many)
    elif what == "take theirs":
        order.take(theirs.log, many)
        order.give(theirs.log)
    elif what == "give":
        order.give(mine.log, many)
    elif what == "give sealed":
        first = mine.log.head.seq + 1
        own = [one.seq for one in order.records[first - 1 :] if chain.unpack_header(one.header).desk == mine.code]
        order.give(mine.log, many, sealed=[seq for seq in range(first, first + many) if seq not in own])
    elif what == "open":
        query = "SELECT seq FROM records WHERE frame IS NULL ORDER BY seq LIMIT ?"
        order.give(mine.log, 0, opened=[seq for (seq,) in mine.log.db.execute(query, (many,))])
