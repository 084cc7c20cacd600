"""From counts to a line, and whether it rises."""

import pytest
from commandlog_ui.crowd.painting import Axis
from commandlog_ui.crowd.trend import Level, Trend, levels, trend
from dateutil import tz
from hypothesis import given
from hypothesis import strategies as st

from commandlog.views.crowd import Count

MINUTE = 60_000


def counted(*what: tuple[int, str, int]) -> list[Count]:
    return [Count(at * MINUTE, measure, number, "V1-1") for at, measure, number in what]


def test_people_present_begin_anew_and_those_who_pass_move_it() -> None:
    line = levels(counted((0, "present", 100), (5, "in", 60), (9, "out", 10), (12, "present", 50)), 200)
    assert [one.full for one in line] == [0.5, 0.8, 0.75, 0.25]


def test_percent_are_as_they_were_said() -> None:
    assert [one.full for one in levels(counted((0, "percent", 70), (5, "in", 30)), 100)] == [0.7, 1.0]
    assert [one.full for one in levels(counted((0, "percent", 70), (5, "percent", 90)), 0)] == [0.7, 0.9]


def test_percent_of_nobody_knows_what_are_left_out_among_people() -> None:
    assert levels(counted((0, "present", 40), (5, "percent", 90)), 0) == (Level(0, 40),)


@pytest.mark.parametrize(
    ("full", "expected"),
    [
        ((0.5,), Trend.UNKNOWN),
        ((0.5, 0.51), Trend.STEADY),
        ((0.5, 0.7), Trend.FILLS),
        ((0.9, 0.4), Trend.EMPTIES),
        ((0.1, 0.8, 0.79), Trend.FILLS),
    ],
)
def test_how_it_goes(full: tuple[float, ...], expected: Trend) -> None:
    assert trend(tuple(Level(number * 10 * MINUTE, one) for number, one in enumerate(full))) is expected


@given(st.integers(0, 2_000_000_000_000), st.integers(30 * MINUTE, 6 * 60 * MINUTE), st.integers(2, 12))
def test_the_marks_of_an_axis_are_few_and_lie_on_it(begin: int, length: int, most: int) -> None:
    axis = Axis(begin, begin + length)
    marks = axis.marks(tz.gettz("Europe/Amsterdam") or tz.UTC, most)
    assert len(marks) <= most + 1
    assert all(axis.begin <= at <= axis.end for at, _text in marks)
    assert all(0 <= axis.x(at, 10, 110) - 10 <= 100 for at, _text in marks)
