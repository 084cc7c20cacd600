"""From counts to a line: how full a place was after each of them, and whether it fills or empties.

People present start the line anew; those who went in or out move it; percent are taken as they were said, where the
place's capacity says how many people that are.
"""

from enum import StrEnum
from typing import NamedTuple

from commandlog.language import _
from commandlog.model.frames import Millis
from commandlog.views.crowd import Count

LATELY: Millis = 20 * 60_000
"""How far back it is looked whether a place fills or empties."""
_STEADY = 0.03  # of what is full: less than that is no change


class Level(NamedTuple):
    """How full a place was at a time (milliseconds UTC): of 1 where its capacity is known, else in people."""

    at: Millis
    full: float


class Trend(StrEnum):
    """How it goes."""

    FILLS = "fills"
    EMPTIES = "empties"
    STEADY = "steady"
    UNKNOWN = ""


def levels(counts: list[Count], capacity: int) -> tuple[Level, ...]:
    """Return how full a place was after each count, oldest first; percent without a capacity count as parts of 1."""
    found: list[Level] = []
    only_percent = not capacity and all(count.measure == "percent" for count in counts)
    whole = capacity or 1
    people = 0.0
    for count in counts:
        if count.measure == "percent":
            if not capacity and not only_percent:
                continue  # nobody can say how many people that are
            people = count.number / 100 * whole
        elif count.measure == "present":
            people = count.number
        else:
            people = max(0, people + (count.number if count.measure == "in" else -count.number))
        found.append(Level(count.at, people / whole))
    return tuple(found)


def trend(line: tuple[Level, ...]) -> Trend:
    """Return whether a place fills or empties: its latest level beside the one of twenty minutes before that."""
    if len(line) < 2:
        return Trend.UNKNOWN
    last = line[-1]
    before = next((one for one in reversed(line[:-1]) if one.at <= last.at - LATELY), None) or line[0]
    most = max(1.0, *(one.full for one in line))
    change = (last.full - before.full) / most
    if abs(change) < _STEADY:
        return Trend.STEADY
    return Trend.FILLS if change > 0 else Trend.EMPTIES


def trend_words(one: Trend) -> str:
    """Return how it goes in a word."""
    return {Trend.FILLS: _("filling"), Trend.EMPTIES: _("emptying"), Trend.STEADY: _("steady")}.get(one, "")


ARROWS = {Trend.FILLS: "↗", Trend.EMPTIES: "↘", Trend.STEADY: "→", Trend.UNKNOWN: " "}
