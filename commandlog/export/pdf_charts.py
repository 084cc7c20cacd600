"""The charts of the PDF: bars with their names and numbers, entries by time, and levels and phases along the hours.

A colour never says anything that a word, a number or a length does not say too.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from babel.dates import format_datetime
from reportlab.lib.colors import Color

from commandlog.export.paper import Paper
from commandlog.export.pdf_style import (
    ACCENT,
    BOTTOM,
    INK,
    LEFT,
    MUTED,
    PRIORITIES,
    RIGHT,
    RULE,
    RUNGS,
    WASH,
    WHITE,
)
from commandlog.export.saying import Sayer
from commandlog.language import _

SHOWN = 12  # rows of a block of bars; what is beyond is added up
_CHART = 84.0
_GUTTER = 84.0  # room for names left of what is drawn along the hours
_STRIP = 13.0
_WIDEST = 60.0  # of a bar that stands for an hour


class Axis(NamedTuple):
    """A stretch of time along the page: where each step begins, how long one is, and how it is said.

    The times are those of the event, without a zone. `even` says that all steps are as long.
    """

    steps: list[datetime]
    spoken: list[str]
    each: timedelta
    width: float
    even: bool

    def x(self, moment: datetime) -> float:
        """Return where a moment is; what lies outside is at an end."""
        gone = (moment - self.steps[0]) / self.each
        return LEFT + _GUTTER + self.width * min(max(gone, 0), len(self.steps))


class Span(NamedTuple):
    """What held from a moment to another: its name and how far up its ladder it is, 0 to 1."""

    begin: datetime
    end: datetime
    name: str
    rung: float


class Bar(NamedTuple):
    """A name, its number, and the code of a priority where it is one."""

    name: str
    number: int
    priority: str = ""


def bars(paper: Paper, x: float, width: float, title: str, rows: Sequence[Bar], saying: Sayer) -> None:
    """Draw a block of totals, each with a bar as long as its share of the largest."""
    style = paper.style
    shown = list(rows)
    if len(rows) > SHOWN + 1:
        rest = rows[SHOWN:]
        shown = [*rows[:SHOWN], Bar(_("{n} others").format(n=len(rest)), sum(one.number for one in rest))]
    most = max(one.number for one in rows)
    paper.y -= 12
    paper.put(x, paper.y, style.section, style.section.line(title, width))
    paper.y -= 17
    names, figures = width * 0.5, 34.0
    room = width - names - figures - 8
    for at, one in enumerate(shown):
        sign = 10.0 if one.priority else 0.0
        if one.priority:
            paper.shape(x, paper.y, one.priority)
        paper.put(x + sign, paper.y, style.body, style.body.line(one.name, names - 6 - sign))
        paper.put_right(x + names + figures, paper.y, style.body, style.body.type.shown(saying.number(one.number)))
        start = x + names + figures + 8
        if at == SHOWN and len(rows) > SHOWN + 1:  # what was added up: as a bar it would belittle the others
            paper.y -= 14
            continue
        paper.bar(start, paper.y - 0.4, room, 6.6, WASH)
        colour = PRIORITIES.get(one.priority, ACCENT)
        paper.bar(start, paper.y - 0.4, max(room * one.number / most, 1), 6.6, colour)
        paper.y -= 14


def hour_of(key: str) -> datetime:
    """Return the hour that totals by hour call so ("2026-06-27 21"), of any year, without a zone."""
    day, _blank, hour = key.partition(" ")
    year, month, number = map(int, day.split("-"))
    return datetime(year, month, number, int(hour))  # noqa: DTZ001


def axis(by_hour: dict[str, int], language: str) -> tuple[Axis, list[int]]:
    """Return the stretch of time of some totals by hour ("2026-06-27 21"), and the totals along it.

    A step is an hour, for a long event a day, a month or a year; empty ones are there too.
    """
    hours = {hour_of(key): n for key, n in by_hour.items()}
    first, last = min(hours), max(hours)
    each, pattern, said, even = timedelta(hours=1), "%Y-%m-%d %H", "HH:mm", True
    if last - first >= timedelta(hours=72):
        each, pattern, said, first = timedelta(days=1), "%Y-%m-%d", "d MMM", first.replace(hour=0)
    steps = [first]
    if last - first < timedelta(days=120):
        steps = [first + each * at for at in range(int((last - first) / each) + 1)]
    else:
        long = last - first > timedelta(days=3650)
        pattern, said, even = ("%Y", "y", False) if long else ("%Y-%m", "MMM y", False)
        steps = sorted({f"{hour:{pattern}}": hour for hour in sorted(hours, reverse=True)}.values())
    totals = {f"{step:{pattern}}": 0 for step in steps}
    for hour, number in hours.items():
        totals[f"{hour:{pattern}}"] += number
    spoken = [format_datetime(step, said, locale=language) for step in steps]
    width = min((RIGHT - LEFT - _GUTTER) / len(steps), _WIDEST)
    return Axis(steps, spoken, each, width, even), list(totals.values())


def by_time(paper: Paper, along: Axis, totals: list[int], saying: Sayer) -> None:
    """Draw entries by time, a bar for each step with its number; returns with `y` below the names of the steps."""
    style, step = paper.style.small, along.width
    paper.need(_CHART + 24)
    most, left = max(totals), LEFT + _GUTTER
    base = paper.y - _CHART + 6
    every = max(1, -(-34 // step))
    paper.put(LEFT, base + 2, style, style.line(_("entries"), _GUTTER - 6))
    for at, number in enumerate(totals):
        x = left + at * step
        height = number / most * (_CHART - 16)
        paper.bar(x, base, max(step - min(2.5, step * 0.2), 0.4), height, ACCENT)
        if number and (number == most or step > 20):
            told = style.type.shown(saying.number(number))
            paper.put(x + max((step - 2.5 - style.width(told)) / 2, 0), base + height + 3, style, told)
        if at % every == 0:
            paper.put(x, base - 10, style, style.type.shown(along.spoken[at]))
    paper.rule(base, left, left + step * len(totals), colour=MUTED)
    paper.y = max(base - 24, BOTTOM)


def strip(paper: Paper, along: Axis, title: str, spans: Sequence[Span], *, ladder: bool = True) -> None:
    """Draw what held when, along the same hours: levels of a ladder (the higher the darker), or phases."""
    style = paper.style.small
    paper.need(_STRIP)
    paper.put(LEFT, paper.y + 1, style, style.line(title, _GUTTER - 6))
    left = LEFT + _GUTTER
    paper.bar(left, paper.y - 2.5, along.width * len(along.steps), _STRIP - 2, WHITE, RULE)
    for number, span in enumerate(spans):
        x, end = along.x(span.begin), along.x(span.end)
        if end - x < 0.3:
            continue
        fill: Color = RUNGS[round(span.rung * (len(RUNGS) - 1))] if ladder else (WASH, RUNGS[1])[number % 2]
        paper.bar(x, paper.y - 2.5, end - x, _STRIP - 2, fill, MUTED)
        colour = WHITE if ladder and span.rung > 0.6 else INK
        said = style.type.shown(" ".join(span.name.split())[:80])
        if style.width(said) <= end - x - 4:
            paper.put(x + 3, paper.y + 0.6, style._replace(colour=colour), said)
    paper.y -= _STRIP + 2
