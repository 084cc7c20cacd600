"""The contents page: chapters, days with their hours, and incidents, each with its page and a link.

It stands before what it lists, so its room is set aside and the numbers of pages are drawn in when all are known. What
does not fit on the one page is counted.
"""

from datetime import date, datetime
from typing import NamedTuple

from commandlog.export.contents import Contents
from commandlog.export.paper import Paper
from commandlog.export.pdf_charts import hour_of
from commandlog.export.pdf_style import BOTTOM, LEFT, RIGHT, Style
from commandlog.export.pdf_threads import Group, incident_key
from commandlog.export.pdf_timeline import day_key
from commandlog.export.saying import Sayer
from commandlog.language import _, ngettext
from commandlog.views.counts import Counts
from commandlog.views.lines import Line

_IN = LEFT + 16
_CHAPTER, _ROW, _HOURS = 24.0, 15.0, 16.0
_MOST_DAYS = 20
_MOST_INCIDENTS = 12


class Chapter(NamedTuple):
    """A chapter that the document has: the name of its section, which is its place too, and its title."""

    key: str
    title: str


class Numbered(NamedTuple):
    """A line of the page: the place that it leads to, its style, and how high it stands."""

    key: str
    style: Style
    y: float


def draw(
    paper: Paper, contents: Contents, saying: Sayer, chapters: list[Chapter], totals: Counts, groups: list[Group]
) -> None:
    """Draw the page."""
    paper.chapter(_("Contents"), "contents")
    drawing = _Page(paper, contents, saying)
    hours = sorted(map(hour_of, totals.by_hour))
    for chapter in chapters:
        drawing.line(chapter.key, chapter.title, LEFT, paper.style.strong._replace(size=10), _CHAPTER)
        if chapter.key == "timeline":
            drawing.days(hours)
        if chapter.key == "threads":
            drawing.incidents([one.incident for one in groups if not one.is_small], len(chapters))
    paper.later(drawing.numbers)


class _Page:
    """Draws line by line; remembers where the number of a page belongs."""

    def __init__(self, paper: Paper, contents: Contents, saying: Sayer) -> None:
        self.paper, self.contents, self.saying = paper, contents, saying
        self.numbered: list[Numbered] = []

    def line(self, key: str, title: str, x: float, style: Style, step: float) -> None:
        """Draw a line that leads to a place, with room for the number of its page."""
        paper = self.paper
        paper.y -= step - _ROW
        paper.put(x, paper.y, style, style.line(title, RIGHT - x - 40))
        paper.rule(paper.y - 4, x, RIGHT, width=0.35)
        paper.link(x, paper.y, RIGHT - x, style, key)
        self.numbered.append(Numbered(key, style, paper.y))
        paper.y -= _ROW

    def days(self, hours: list[datetime]) -> None:
        """List the days, where they are not too many, with their hours in one line below each."""
        style = self.paper.style
        days = list(dict.fromkeys(hour.date() for hour in hours))
        for day in days[:_MOST_DAYS]:
            self.line(day_key(day), self.saying.full_day(day), _IN, style.body, _ROW)
            if len(days) <= _MOST_DAYS // 2:
                self._hours(day, [f"{hour:%H}" for hour in hours if hour.date() == day])
        if len(days) > _MOST_DAYS:
            more = len(days) - _MOST_DAYS
            self._note(ngettext("and {n} more day", "and {n} more days", more).format(n=self.saying.number(more)))

    def incidents(self, incidents: list[Line], chapters: int) -> None:
        """List the incidents, as many as fit above the chapters that follow."""
        paper = self.paper
        room = int((paper.y - BOTTOM - chapters * _CHAPTER) / _ROW)
        shown = incidents[: max(min(room, _MOST_INCIDENTS), 0)]
        for one in shown:
            self.line(incident_key(one), f"{one.reference}  {one.text}", _IN, paper.style.body, _ROW)
        if len(incidents) > len(shown):
            more = len(incidents) - len(shown)
            told = ngettext("and {n} more incident", "and {n} more incidents", more)
            self._note(told.format(n=self.saying.number(more)))

    def _hours(self, day: date, hours: list[str]) -> None:
        """Draw the hours of a day in which something happened, each a link."""
        paper, style = self.paper, self.paper.style.link
        title = style.line(_("hour"), 60)
        paper.put(_IN, paper.y, self.paper.style.small, title)
        start = _IN + style.width(title) + 10
        for at, hour in enumerate(hours):
            x = start + at * min((RIGHT - start) / 24, 20)
            paper.put(x, paper.y, style, hour)
            paper.link(x, paper.y, style.width(hour), style, f"{day_key(day)}-{hour}")
        paper.y -= _HOURS

    def _note(self, text: str) -> None:
        style = self.paper.style.small
        self.paper.put(_IN, self.paper.y, style, style.line(text, RIGHT - _IN))
        self.paper.y -= _ROW

    def numbers(self) -> None:
        """Draw the numbers of the pages, when they are known."""
        for one in self.numbered:
            if page := self.paper.page_of(one.key):
                self.paper.put_right(RIGHT, one.y, one.style, str(page))
