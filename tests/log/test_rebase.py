"""Records come in below what waits, and what was sealed is opened: the tables are what they are when derived anew."""

import tempfile
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.log import meeting
from commandlog.log.desk import Desk
from commandlog.log.rebuild import rebuild
from commandlog.model.frames import Frame
from commandlog.model.order import UNREADABLE, Refused
from commandlog.model.records import AnyFrame
from tests.log.histories import HISTORY, PARTIES, Step, begin, everything, play
from tests.log.order import Order

WHAT = st.sampled_from(["mine", "theirs", "take mine", "take theirs", "refuse", "give", "give", "sealed", "open"])
TURNS = st.lists(st.tuples(WHAT, HISTORY, st.integers(1, 6)), min_size=3, max_size=10)


@given(HISTORY, TURNS)
def test_what_comes_in_leaves_the_tables_as_when_all_is_derived_anew(
    history: list[Step], turns: list[tuple[str, list[Step], int]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        desks = begin(Path(name))
        play(desks, history)
        order = Order(desks["venue"].log)
        desks["venue"].log.close()
        mine = order.join(Path(name) / "mine.clog", "police", "P9")
        theirs = order.join(Path(name) / "theirs.clog", "baken", "B9")
        with mine.log, theirs.log:
            for what, steps, many in [*turns, ("give", [], 1), ("open", [], 9)]:
                _turn(order, mine, theirs, what, steps, many)
                found = everything(mine.log)
                rebuild(mine.log)
                assert found == everything(mine.log)


def _turn(order: Order, mine: Desk, theirs: Desk, what: str, steps: list[Step], many: int) -> None:
    """Let one of the desks write, the keeper take or refuse something, or my file be given what there is."""
    if what in ("mine", "theirs"):
        play(dict.fromkeys(PARTIES, mine if what == "mine" else theirs), steps)
    elif what.startswith("take"):
        order.take((mine if what == "take mine" else theirs).log, many)
        order.give(theirs.log)
    elif what == "refuse":
        with theirs.writing():
            theirs.append(Refused, desk=mine.code, count=2 + many, why=UNREADABLE)
    elif what == "open":
        query = "SELECT seq FROM records WHERE frame IS NULL ORDER BY seq LIMIT ?"
        order.give(mine.log, 0, opened=[seq for (seq,) in mine.log.db.execute(query, (many,))])
    else:
        first = mine.log.head.seq + 1
        order.give(mine.log, many, sealed=range(first, first + many) if what == "sealed" else ())


@pytest.mark.parametrize("kind", get_args(AnyFrame), ids=lambda kind: kind.__name__)
def test_every_field_that_may_name_a_record_is_known(kind: type[Frame]) -> None:
    """A control: a new kind says whether its bytes name records, or two that meet would not be known to."""
    no_names = {"expects", "covenant", "key", "file", "mapping", "head", "continues", "log"}
    held = {one.name for one in msgspec.structs.fields(kind) if one.type in (bytes, tuple[bytes, ...])}
    named = held - no_names
    assert named <= set(meeting.NAMES)
    if str(kind.__struct_config__.tag) in meeting.HANGING:
        assert len(named) == 1
    if str(kind.__struct_config__.tag) in meeting.ROOTS:
        assert not named
