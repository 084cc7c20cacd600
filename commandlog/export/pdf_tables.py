"""Small tables and bars of the PDF, drawn line by line."""

from datetime import datetime, timedelta
from typing import NamedTuple

from babel.dates import format_datetime

from commandlog.export.paper import ACCENT, BOTTOM, LEFT, RIGHT, RULE, WASH, Paper
from commandlog.export.saying import Sayer
from commandlog.language import _

_SHOWN = 12  # rows of a block of bars; what is beyond is added up
_CHART = 74.0


class Column(NamedTuple):
    """A column of a table: its head, its width in points, and whether it holds figures."""

    head: str
    width: float
    right: bool = False


class Row(NamedTuple):
    """A row: one text a column."""

    cells: tuple[str, ...]


def table(paper: Paper, columns: list[Column], rows: list[Row]) -> None:
    """Draw a table from here down; its head is repeated on every page."""
    _head(paper, columns)
    outer, paper.on_new_page = paper.on_new_page, lambda: _head(paper, columns)
    for row in rows:
        _row(paper, columns, row)
    paper.on_new_page = outer
    paper.y -= 6


def _head(paper: Paper, columns: list[Column]) -> None:
    style = paper.style.small
    heads = [style.lines(column.head, column.width - 6) for column in columns]
    height = max(map(len, heads)) * style.leading
    x = LEFT
    for column, lines in zip(columns, heads, strict=True):
        for at, line in enumerate(lines):
            y = paper.y - height + style.leading * (len(lines) - at)
            if column.right:
                paper.put_right(x + column.width - 6, y, style, line)
            else:
                paper.put(x, y, style, line)
        x += column.width
    paper.y -= height
    paper.rule(paper.y + 5)
    paper.y -= 6


def _row(paper: Paper, columns: list[Column], row: Row) -> None:
    """Draw a row; one that is higher than a page flows on."""
    style = paper.style.body
    cells = [style.lines(text, column.width - 6) for text, column in zip(row.cells, columns, strict=True)]
    height = max(map(len, cells)) * style.leading
    if height < 400:
        paper.need(height)
    for at in range(max(map(len, cells))):
        paper.need(0)
        x = LEFT
        for column, lines in zip(columns, cells, strict=True):
            if at < len(lines):
                if column.right:
                    paper.put_right(x + column.width - 6, paper.y, style, lines[at])
                else:
                    paper.put(x, paper.y, style, lines[at])
            x += column.width
        paper.y -= style.leading
    paper.rule(paper.y + 8.4, width=0.4)
    paper.y -= 2.6


def bars(paper: Paper, x: float, width: float, title: str, rows: list[tuple[str, int]], saying: Sayer) -> None:
    """Draw a block of totals, each with a bar as long as its share of the largest."""
    style = paper.style
    shown, rest = (rows, []) if len(rows) <= _SHOWN + 1 else (rows[:_SHOWN], rows[_SHOWN:])
    most = max(n for _name, n in shown)
    if rest:
        shown = [*shown, (_("{n} others").format(n=len(rest)), sum(n for _name, n in rest))]
    paper.y -= 12
    paper.put(x, paper.y, style.section, style.section.lines(title, width)[0])
    paper.y -= 16
    names, figures = width * 0.5, 34.0
    room = width - names - figures - 8
    for name, number in shown:
        line = style.body.lines(name, names - 6)
        paper.put(x, paper.y, style.body, line[0] if len(line) == 1 else f"{line[0]}…")
        paper.put_right(x + names + figures, paper.y, style.body, style.body.type.shown(saying.number(number)))
        paper.bar(x + names + figures + 8, paper.y - 0.6, room, 7, WASH)
        paper.bar(x + names + figures + 8, paper.y - 0.6, max(room * min(number / most, 1), 1), 7, ACCENT)
        paper.y -= 14


def by_time(paper: Paper, by_hour: dict[str, int], language: str) -> None:
    """Draw entries by time: a bar an hour, for a long event a day or a month; hours are those of the event."""
    totals, spoken = _gathered(by_hour, language)
    most = max(totals.values())
    style = paper.style.small
    step = min((RIGHT - LEFT) / len(totals), 60)
    paper.need(_CHART + 24)
    base = paper.y - _CHART + 6
    every = max(1, round(34 / step))
    for at, (key, number) in enumerate(totals.items()):
        x = LEFT + at * step
        height = number / most * (_CHART - 16)
        paper.bar(x, base, max(step - min(2, step * 0.2), 0.4), height, ACCENT)
        if number and (number == most or step > 20):
            paper.put(x, base + height + 3, style, str(number))
        if at % every == 0:
            paper.put(x, base - 10, style, style.type.shown(spoken[key]))
    paper.rule(base, colour=RULE)
    paper.y = max(base - 22, BOTTOM)


def _gathered(by_hour: dict[str, int], language: str) -> tuple[dict[str, int], dict[str, str]]:
    """Return totals by hour, day, month or year, whichever fits, with how each is said; empty ones are there too."""
    hours = {datetime.strptime(key, "%Y-%m-%d %H"): n for key, n in by_hour.items()}  # noqa: DTZ007
    first, last = min(hours), max(hours)
    if last - first < timedelta(hours=72):
        steps = [first + timedelta(hours=at) for at in range(round((last - first) / timedelta(hours=1)) + 1)]
        pattern, key_of = "%Y-%m-%d %H", "HH:mm"
    elif last - first < timedelta(days=120):
        steps = [first.replace(hour=0) + timedelta(days=at) for at in range((last - first).days + 2)]
        pattern, key_of = "%Y-%m-%d", "d MMM"
    else:
        steps, pattern, key_of = sorted(hours), "%Y-%m", "MMM y"
        if last - first > timedelta(days=3650):
            pattern, key_of = "%Y", "y"
    totals = {f"{step:{pattern}}": 0 for step in steps if step <= last}
    spoken = {f"{step:{pattern}}": format_datetime(step, key_of, locale=language) for step in steps}
    for hour, number in hours.items():
        totals[f"{hour:{pattern}}"] += number
    return totals, spoken
