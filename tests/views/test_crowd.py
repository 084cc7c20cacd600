"""How full places are: what was counted, what went in and out since, and what only some may know."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from commandlog.log.desk import Desk
from commandlog.log.keys import settings_folder
from commandlog.model.covenant import Covenant
from commandlog.verbs import counting
from commandlog.verbs.events import open_event
from commandlog.views import crowd
from commandlog.views.crowd import Crowd
from commandlog.views.moments import Moment, live
from tests.events import Clock, concert
from tests.plans import Meant, faults, indexes, plans


@pytest.fixture
def covenant() -> Covenant:
    made = concert()
    places = tuple(replace(one, capacity=1000, warn_at=80) if one.code == "gate-f" else one for one in made.places)
    return concert(places=places)


def at_gate(desk: Desk, moment: Moment | None = None, reader: str = "") -> Crowd:
    found = crowd.at_place(desk.log, moment or live(desk.log), "gate-f", reader)
    assert found
    return found


def test_present_is_the_last_count_and_what_went_in_and_out_since(venue: Desk, clock: Clock) -> None:
    for number, measure in ((5, "in"), (700, "present"), (120, "in"), (20, "out")):
        clock.tick()
        counting.count(venue, number, measure=measure, place="gate-f")
    now = at_gate(venue)
    assert (now.present, now.went_in, now.went_out, now.balance) == (800, 120, 20, 100)
    assert (now.percent, now.warned) == (80, True)
    assert [one.place for one in crowd.warnings(venue.log, live(venue.log))] == ["gate-f"]
    assert [one.number for one in crowd.series(venue.log, live(venue.log), "gate-f")] == [5, 700, 120, 20]
    since = clock.now - 60_000
    assert [one.number for one in crowd.series(venue.log, live(venue.log), "gate-f", since=since)] == [120, 20]
    before = Moment(venue.log.head.seq - 2, clock.now)
    assert (at_gate(venue, before).present, at_gate(venue, before).warned) == (700, False)


def test_the_order_is_that_in_which_it_was_counted(venue: Desk, clock: Clock) -> None:
    clock.tick(3600)
    counting.count(venue, 900, place="gate-f")
    counting.count(venue, 100, place="gate-f", occurred_at=clock.now - 60_000)
    assert at_gate(venue).present == 900


def test_percent_is_as_said_until_people_are_counted(venue: Desk, clock: Clock) -> None:
    counting.count(venue, 95, measure="percent", place="gate-f")
    assert (at_gate(venue).percent, at_gate(venue).present, at_gate(venue).warned) == (95, None, True)
    clock.tick()
    counting.count(venue, 100, place="gate-f")
    assert (at_gate(venue).percent, at_gate(venue).warned) == (10, False)
    counting.count(venue, 50, measure="percent", place="block-112")
    assert [one.place for one in crowd.crowd(venue.log, live(venue.log))] == ["gate-f", "block-112"]
    assert crowd.at_place(venue.log, live(venue.log), "nowhere") is None


def counted(desk: Desk, clock: Clock, *told: tuple[int, str]) -> Crowd:
    for number, measure in told:
        clock.tick()
        counting.count(desk, number, measure=measure, place="gate-f")
    return at_gate(desk)


def test_those_who_go_in_or_out_do_not_end_a_warning_that_was_said(venue: Desk, clock: Clock) -> None:
    now = counted(venue, clock, (95, "percent"), (5, "in"))
    assert (now.percent, now.present, now.went_in, now.warned) == (95, None, 5, True)
    now = counted(venue, clock, (9, "out"), (2, "out"))
    assert (now.percent, now.warned) == (95, True)
    now = counted(venue, clock, (150, "out"))  # 156 fewer than when it was said, of 1000
    assert (now.percent, now.warned) == (80, True)
    now = counted(venue, clock, (10, "out"))
    assert (now.percent, now.warned) == (79, False)
    assert counted(venue, clock, (70, "percent"), (100, "in")).warned


def test_what_was_said_later_is_not_replaced_by_an_older_count(venue: Desk, clock: Clock) -> None:
    now = counted(venue, clock, (100, "present"), (30, "in"), (95, "percent"), (20, "in"))
    assert (now.percent, now.present, now.warned) == (97, 150, True)
    now = counted(venue, clock, (100, "present"))  # this one says so
    assert (now.percent, now.present, now.warned) == (10, 100, False)
    assert counted(venue, clock, (5, "percent"), (400, "out")).percent == 0


def test_without_a_capacity_a_percentage_stays_as_it_was_said(venue: Desk, clock: Clock) -> None:
    for number, measure in ((95, "percent"), (300, "out")):
        clock.tick()
        counting.count(venue, number, measure=measure, place="block-112")
    found = crowd.at_place(venue.log, live(venue.log), "block-112")
    assert found
    assert (found.percent, found.present) == (95, None)


def test_who_certainly_is_there_warns_although_nobody_counted_those_present(venue: Desk, clock: Clock) -> None:
    now = counted(venue, clock, (799, "in"))
    assert (now.percent, now.present, now.warned) == (None, None, False)
    now = counted(venue, clock, (1, "in"))
    assert (now.percent, now.present, now.warned) == (80, None, True)


@given(
    st.integers(80, 999),
    st.lists(st.tuples(st.sampled_from(["in", "out"]), st.integers(0, 4)), max_size=8),
    st.lists(st.tuples(st.sampled_from(["present", "in", "out"]), st.integers(0, 2000)), max_size=4),
)
def test_no_warning_is_lost_by_less_than_one_in_a_hundred(
    said: int, after: list[tuple[str, int]], before: list[tuple[str, int]]
) -> None:
    places = tuple(
        replace(one, capacity=10_000, warn_at=80) if one.code == "gate-f" else one for one in concert().places
    )
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        desk = open_event(Path(folder) / "event.clog", concert(places=places), settings_folder(), clock=clock)
        with desk.log:
            found = counted(desk, clock, *((n, m) for m, n in before), (said, "percent"), *((n, m) for m, n in after))
            assert found.warned
            assert found.percent == said


def test_a_reader_counts_with_what_it_may_read(venue: Desk, clock: Clock) -> None:
    counting.count(venue, 100, place="gate-f")
    clock.tick()
    counting.count(venue, 990, place="gate-f", audience=("venue",))
    assert (at_gate(venue).present, at_gate(venue, reader="police").present) == (990, 100)
    assert crowd.warnings(venue.log, live(venue.log), "police") == []


@given(st.lists(st.tuples(st.sampled_from(["present", "in", "out"]), st.integers(0, 50)), min_size=1, max_size=12))
def test_sums_are_those_of_all_counts_in_their_order(told: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = open_event(Path(folder) / "event.clog", concert(), settings_folder(), clock=Clock())
        base: int | None = None
        moved = 0
        with desk.log:
            for measure, number in told:
                assert isinstance(desk.log.clock, Clock)
                desk.log.clock.tick()
                counting.count(desk, number, measure=measure, place="gate-f")
                if measure == "present":
                    base, moved = number, 0
                else:
                    moved += number if measure == "in" else -number
            found = at_gate(desk)
            assert found.present == (None if base is None else max(0, base + moved))
            assert found.balance == moved


def test_looking_costs_what_is_looked_at(venue: Desk, clock: Clock) -> None:
    for number in range(40):
        clock.tick()
        counting.count(venue, number, place="gate-f")
    meant = (
        Meant("FROM records WHERE seq < ?", "SEARCH records", "the last record alone"),
        Meant("RECURSIVE one", "SCAN", "one row for each place"),
    )
    for reader in ("", "police"):
        moment = live(venue.log)
        found = plans(venue.log.db, lambda: crowd.crowd(venue.log, moment, reader))
        assert faults(found, meant) == []
        assert "counts_place" in indexes(found)
