"""Rows of a list in a shared log: what comes in below what waits, and what gets its place, leads to the same list."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.log import chain
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.verbs import saying
from commandlog.views import found, rows, timeline
from commandlog.views.counts import number
from commandlog.views.filters import Filter
from commandlog.views.found import Found, rows_of
from commandlog.views.lines import Line
from commandlog.views.moments import live
from commandlog.views.rows import Rows
from commandlog.views.tallies import Tally
from tests.events import Clock
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


@pytest.fixture
def order(tmp_path: Path) -> Order:
    desks = begin(tmp_path)
    saying.note(desks["venue"], "begin")
    order = Order(desks["venue"].log)
    desks["venue"].log.close()
    return order


def tick(order: Order) -> None:
    """Let a minute go by: what is written in the same millisecond stands in no order."""
    assert isinstance(order.clock, Clock)
    order.clock.tick()


def gone_on(log: Log, list_: Rows | Found, shown: list[Line]) -> list[Line]:
    """Let a list go on to now; it is what a window shows then, and the whole list."""
    found = taken_in(shown, list_, list_.advance(live(log)))
    assert found == known(list_) == list(timeline.whole(log, live(log), list_.wanted))
    return found


@pytest.mark.parametrize("few", [True, False])
def test_a_correction_that_comes_second_gives_its_place_up(order: Order, tmp_path: Path, few: bool) -> None:
    timeline.FEW = 2_000 if few else -1
    tick(order)
    mine = order.join(tmp_path / "mine.clog", "police", "P9")
    theirs = order.join(tmp_path / "theirs.clog", "baken", "B9")
    entry = next(line for line in timeline.whole(mine.log, live(mine.log), Filter()) if line.text == "begin").entry
    with mine.log, theirs.log:
        list_ = rows_of(mine.log, live(mine.log), Filter(reader="police"))
        while list_.extend():
            pass
        shown = known(list_)
        saying.correct(mine, entry, "mijn versie", occurred_at=order.clock() - 600_000)
        shown = gone_on(mine.log, list_, shown)
        assert [line.text for line in shown] == ["mijn versie"]
        saying.correct(theirs, entry, "hun versie", occurred_at=order.clock() + 600_000)
        order.take(theirs.log)
        order.give(mine.log)
        shown = gone_on(mine.log, list_, shown)
        assert "hun versie" in [line.text for line in shown]
        assert len(shown) == 2  # mine is shown as what it is: not applied


@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize("sealed", [True, False])
def test_what_is_opened_comes_to_its_place(order: Order, tmp_path: Path, few: bool, sealed: bool) -> None:
    timeline.FEW = 2_000 if few else -1
    tick(order)
    mine = order.join(tmp_path / "mine.clog", "police", "P9")
    theirs = order.join(tmp_path / "theirs.clog", "baken", "B9")
    with mine.log, theirs.log:
        wanted = Filter(reader="police", sealed=sealed)
        saying.note(mine, "van mij")
        list_ = rows_of(mine.log, live(mine.log), wanted)
        while list_.extend():
            pass
        shown = known(list_)
        tick(order)
        said = saying.note(theirs, "geheim", occurred_at=order.clock() - 600_000)
        saying.correct(theirs, said.seq, "geheimer", occurred_at=order.clock() - 900_000)
        order.take(theirs.log)
        last = len(order.records)
        order.give(mine.log, sealed=[last - 2, last - 1, last])
        shown = gone_on(mine.log, list_, shown)
        assert sum(line.kind == "sealed" for line in shown) == 3 * sealed
        order.give(mine.log, 0, opened=[last - 2, last - 1, last])
        shown = gone_on(mine.log, list_, shown)
        assert "geheimer" in [line.text for line in shown]
        assert not any(line.kind == "sealed" for line in shown)
