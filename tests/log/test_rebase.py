"""Records come in below what waits, and what was sealed is opened: the tables are what they are when derived anew."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.log import meeting
from commandlog.log.desk import Desk
from commandlog.log.rebuild import rebuild
from commandlog.model.dealings import UnitStatus
from commandlog.model.frames import Frame
from commandlog.model.keeping import Erased, Held, Recalled
from commandlog.model.order import UNREADABLE, Refused
from commandlog.model.records import (
    Added,
    AnyFrame,
    Assessed,
    IncidentMerged,
    IncidentOpened,
    LevelSet,
    Linked,
    PhaseSet,
    Report,
)
from commandlog.verbs import saying
from tests.events import Clock
from tests.log.histories import HISTORY, PARTIES, Step, begin, everything, play
from tests.log.order import Order

Ids = list[bytes]
Said = tuple[type[Frame], dict[str, Any]]
UNIT = {"unit": "Oog 2", "status": "free"}
LEVEL = {"ladder": "venue", "level": "orange", "told": ()}
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
                if what in ("give", "sealed", "open"):
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


def _assessed(one: Ids, what: int, same_as: int) -> Said:
    return Assessed, {"entry": one[what], "same_as": one[same_as], "disposition": "duplicate"}


def _merged(one: Ids, what: int, into: int) -> Said:
    return IncidentMerged, {"incident": one[what], "into": one[into]}


def _linked(one: Ids, incident: int) -> Said:
    return Linked, {"entry": one[0], "incident": one[incident]}


MEETING: dict[str, Callable[[Ids], tuple[list[Said], Said, Said]]] = {
    "duplicates": lambda one: (
        [_assessed(one, 0, 1), _assessed(one, 2, 3)],
        _assessed(one, 1, 2),
        _assessed(one, 3, 0),
    ),
    "merged": lambda one: ([_merged(one, 4, 5), _merged(one, 6, 7)], _merged(one, 5, 6), _merged(one, 7, 4)),
    "holds": lambda one: ([], (Held, {}), (Erased, {"records": (one[0],)})),
    "unit": lambda one: ([], (UnitStatus, {"unit": "Oog 2", "status": "busy"}), (UnitStatus, UNIT)),
    "ladder": lambda one: ([], (LevelSet, LEVEL), (LevelSet, LEVEL)),
    "phase": lambda one: ([], (PhaseSet, {"phase": "show"}), (PhaseSet, {"phase": "outflow"})),
    "records": lambda one: (
        [],
        (Recalled, {"records": (one[1],), "from_parties": ("aid",)}),
        (Added, {"entry": one[1]}),
    ),
    "links": lambda one: ([], _linked(one, 4), _linked(one, 5)),
}


@pytest.mark.parametrize("what", MEETING)
def test_two_that_meet_are_derived_in_their_order(what: str, tmp_path: Path) -> None:
    desks = begin(tmp_path)
    venue = desks["venue"]
    with venue.writing():
        ids = [venue.append(Report if number < 4 else IncidentOpened).id for number in range(8)]
        before, first, second = MEETING[what](ids)
        for kind, said in before:
            venue.append(kind, **said)
    order = Order(venue.log)
    venue.log.close()
    mine = order.join(tmp_path / "mine.clog", "police", "P9")
    theirs = order.join(tmp_path / "theirs.clog", "baken", "B9")
    with mine.log, theirs.log:
        for desk in (mine, theirs):  # that they are there is in the order before, and meets nothing
            order.take(desk.log)
        for desk in (mine, theirs):
            order.give(desk.log)
        for desk, (kind, said) in ((mine, second), (theirs, first)):
            with desk.writing():
                desk.append(kind, **said)
        order.take(theirs.log)
        order.give(mine.log)
        found = everything(mine.log)
        rebuild(mine.log)
        assert found == everything(mine.log)


def _joined(tmp_path: Path) -> tuple[Order, Desk, Desk]:
    venue = begin(tmp_path)["venue"]
    order = Order(venue.log)
    venue.log.close()
    mine = order.join(tmp_path / "mine.clog", "police", "P9")
    theirs = order.join(tmp_path / "theirs.clog", "baken", "B9")
    for desk in (mine, theirs):
        order.take(desk.log)
    for desk in (mine, theirs):
        order.give(desk.log)
    return order, mine, theirs


def test_a_late_entry_is_found_behind_one_that_got_its_place(tmp_path: Path) -> None:
    order, mine, theirs = _joined(tmp_path)
    with mine.log, theirs.log:
        seen = saying.note(mine, "van nu")
        at = seen.frame.occurred_at
        saying.add_to(mine, seen.seq, "hierbij", occurred_at=at - 60_000)
        saying.note(mine, "van eerder", occurred_at=at - 120_000)
        order.take(mine.log, 1)
        order.give(mine.log)
        found = everything(mine.log)
        rebuild(mine.log)
        assert found == everything(mine.log)


def test_what_is_opened_last_leaves_the_times_behind_it_right(tmp_path: Path) -> None:
    order, mine, theirs = _joined(tmp_path)
    with mine.log, theirs.log:
        secret = saying.note(theirs, "alleen wij", audience=("baken",))
        at = secret.frame.occurred_at
        assert isinstance(theirs.log.clock, Clock)
        theirs.log.clock.tick(5)  # until it is opened, all that is known is when it got its place
        saying.note(theirs, "voor iedereen", occurred_at=at - 300)
        order.take(theirs.log)
        place = mine.log.head.seq + 1
        order.give(mine.log, sealed=[place])
        order.give(mine.log, 0, opened=[place])
        found = everything(mine.log)
        rebuild(mine.log)
        assert found == everything(mine.log)


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
