"""The timeline: every entry in the order in which things happened, day by day."""

from collections.abc import Iterator
from datetime import date
from itertools import islice

from commandlog.export.contents import Contents, Follower, Progress
from commandlog.export.paper import Paper
from commandlog.export.pdf_entries import Entries, Prepared
from commandlog.export.pdf_style import LEFT, RIGHT, ROOM, WASH
from commandlog.export.saying import Sayer
from commandlog.language import _
from commandlog.views.lines import Line

_LED_TO = (
    *("decision", "level", "proposed", "incident", "agreement", "counted", "unit_status"),
    *("released", "recalled", "erased", "held", "attached"),
)
_BATCH = 200  # entries whose threads are looked up at once


def draw(paper: Paper, contents: Contents, saying: Sayer, progress: Progress | None) -> None:
    """Draw the chapter; memory is bounded by a page."""
    paper.chapter(_("Timeline"), "timeline")
    if not contents.entries:
        none = _("Nothing happened in this range.") if contents.partly else _("Nothing has been logged yet.")
        paper.text(LEFT, paper.style.body, none)
        if progress:
            progress(0, 0)
        return
    _Timeline(paper, contents, saying).draw(progress)
    paper.on_new_page = None


def day_key(day: date) -> str:
    """Return the name of the place where a day begins."""
    return f"d{day:%Y-%m-%d}"


def _is_led_to(line: Line) -> bool:
    """Whether other chapters lead to an entry: those of incidents, tasks, decisions, levels, and of what is open."""
    return bool(line.incident) or line.kind in _LED_TO or line.state in ("received", "assessed")


class _Timeline:
    """Lays out one entry after the other; knows which day and hour it is at."""

    def __init__(self, paper: Paper, contents: Contents, saying: Sayer) -> None:
        self.paper, self.contents, self.saying = paper, contents, saying
        self.entries = Entries(paper, contents, saying)
        self.day: date | None = None
        self.day_said, self.hour = "", -1

    def draw(self, progress: Progress | None) -> None:
        self.paper.on_new_page = self._head
        self.entries.columns()
        for line, followers in self._lines(progress):
            one = self.entries.prepared(line, followers)
            self._heading(line, one)
            self.entries.draw(one, place=bool(followers or line.thread_reference) or _is_led_to(line))

    def _lines(self, progress: Progress | None) -> Iterator[tuple[Line, list[Follower]]]:
        """Yield every entry with what hangs on it."""
        lines = self.contents.lines(progress)
        while batch := list(islice(lines, _BATCH)):
            found = self.contents.followers(line.entry for line in batch if line.thread == line.entry)
            for line in batch:
                yield line, found.get(line.entry, [])

    def _head(self) -> None:
        """Repeat the day and the column heads at the top of a page."""
        self.paper.put(LEFT, self.paper.y, self.paper.style.small_strong, self.day_said)
        self.paper.y -= 13
        self.entries.columns()

    def _heading(self, line: Line, first: Prepared) -> None:
        """Begin a new day, or an hour among the bookmarks, with its first entry on the same page."""
        paper, strong = self.paper, self.paper.style.strong
        when = self.contents.local(line.occurred_at)
        fresh = when.date() != self.day
        if fresh:
            self.day, self.hour = when.date(), -1
            said = self.saying.day(line.occurred_at)
            self.day_said = ""
            paper.need(first.room + 26)
            self.day_said = paper.style.small_strong.line(said, ROOM)
            paper.y -= 4
            paper.bookmark(said, 1, day_key(when.date()))
            paper.bar(LEFT, paper.y - 5, RIGHT - LEFT, 17, WASH)
            paper.put(LEFT + 6, paper.y, strong, strong.line(said, ROOM - 12))
            paper.y -= 21
        if when.hour != self.hour:
            paper.need(first.room)
            self.hour = when.hour
            paper.bookmark(f"{when:%H}:00", 2, f"{day_key(when.date())}-{when:%H}")
