"""The timeline: every entry, what was corrected struck through, what hangs together indented with its reference."""

from datetime import date
from typing import NamedTuple

from commandlog.export.contents import Contents, Earlier, Progress
from commandlog.export.paper import BOTTOM, INK, LEFT, PRIORITIES, RIGHT, STRUCK, WASH, Paper, Style
from commandlog.export.pen import Pen
from commandlog.export.saying import DIFFERS, Sayer
from commandlog.language import _
from commandlog.model.frames import Frame
from commandlog.model.words import label
from commandlog.views.lines import Line

LONGEST = 20_000  # characters of one text that are drawn; the workbook and the other forms hold all of it
TIME, REFERENCE, WHO, PLACE, TEXT = LEFT, LEFT + 44, LEFT + 92, LEFT + 182, LEFT + 258
_TEXT_ROOM = RIGHT - TEXT
_INDENT = 13.0
_GAP = 6.0
_SIGN = 10.0  # the width of a priority's shape and what follows it


class Item(NamedTuple):
    """A line in the column of texts: its style, how far it is indented, whether it is struck, a priority before it."""

    style: Style
    indent: float
    line: str
    struck: bool = False
    priority: str = ""


class Cell(NamedTuple):
    """A line in one of the other columns, at `x`."""

    x: float
    style: Style
    line: str


def draw(paper: Paper, contents: Contents, saying: Sayer, progress: Progress | None) -> None:
    """Draw the chapter; memory is bounded by a page."""
    paper.chapter(_("Timeline"))
    if not contents.entries:
        paper.text(LEFT, paper.style.body, _("Nothing has been logged yet."))
        if progress:
            progress(0, 0)
        return
    _Timeline(paper, contents, saying).draw(progress)
    paper.on_new_page = None


class _Timeline:
    """Lays out one entry after the other; knows which day and hour it is at."""

    def __init__(self, paper: Paper, contents: Contents, saying: Sayer) -> None:
        self.paper, self.contents, self.saying = paper, contents, saying
        self.style = paper.style
        self.day: date | None = None
        self.day_said, self.hour = "", -1
        self.levels = {key: self.style.small_strong._replace(colour=colour) for key, colour in PRIORITIES.items()}

    def draw(self, progress: Progress | None) -> None:
        self.paper.on_new_page = self._head
        self._columns()
        for line in self.contents.lines(progress):
            self._entry(line)

    # -- headings --------------------------------------------------------------------------------------------------

    def _head(self) -> None:
        """Repeat the day and the column heads at the top of a page."""
        self.paper.put(LEFT, self.paper.y, self.style.small_strong, self.day_said)
        self.paper.y -= 13
        self._columns()

    def _columns(self) -> None:
        heads = (_("time"), _("reference"), _("who"), _("place"), _("what"))
        for x, head in zip((TIME, REFERENCE, WHO, PLACE, TEXT), heads, strict=True):
            self.paper.put(x, self.paper.y, self.style.small, self.style.small.type.shown(head))
        self.paper.rule(self.paper.y - 4.5)
        self.paper.y -= 17

    def _heading(self, line: Line) -> None:
        """Begin a new day, or an hour among the bookmarks."""
        when = self.contents.local(line.occurred_at)
        if when.date() != self.day:
            self.day, self.hour = when.date(), -1
            said = self.saying.day(line.occurred_at)
            self.day_said = ""
            self.paper.need(70)
            self.day_said = self.style.small_strong.lines(said, RIGHT - LEFT)[0]
            self.paper.y -= 4
            self.paper.bookmark(said, 1)
            self.paper.bar(LEFT, self.paper.y - 5, RIGHT - LEFT, 17, WASH)
            strong = self.style.strong
            self.paper.put(LEFT + 6, self.paper.y, strong, strong.lines(said, RIGHT - LEFT - 12)[0])
            self.paper.y -= 21
        if when.hour != self.hour:
            self.hour = when.hour
            self.paper.bookmark(f"{when:%H}:00", 2)

    # -- one entry -------------------------------------------------------------------------------------------------

    def _entry(self, line: Line) -> None:
        items, cells = self._items(line), self._cells(line)
        most = max((len(column) for column in cells), default=1)
        height = max(sum(item.style.leading for item in items), most * 10.6 + 2)
        fresh = self.contents.local(line.occurred_at).date() != self.day
        if height < 300 or fresh:
            self.paper.need(min(height, 300) + (28 if fresh else 0))
        else:
            self.paper.need(40)
        self._heading(line)
        top = self.paper.y
        self._draw_items(items, cells)
        self.paper.y = min(self.paper.y, top - most * 10.6 - 2) if self.paper.y <= top else self.paper.y
        self.paper.rule(self.paper.y + 7.6, left=LEFT, width=0.35)
        self.paper.y -= _GAP

    def _cells(self, line: Line) -> list[list[Cell]]:
        """Return the lines of the four narrow columns."""
        style, saying = self.style, self.saying
        time = [Cell(TIME, style.body, saying.time(line.occurred_at))]
        if abs(line.logged_at - line.occurred_at) > DIFFERS:
            logged = _("logged {time}").format(time=saying.near(line.logged_at, line.occurred_at))
            time += [Cell(TIME, style.small, one) for one in style.small.lines(logged, REFERENCE - TIME - 4)]
        reference = [Cell(REFERENCE, style.small, one) for one in style.small.lines(line.reference, 46)]
        party = style.strong._replace(size=8.2)
        room = PLACE - WHO - 6
        who = [Cell(WHO, party, one) for one in party.lines(saying.covenant.party_name(line.party), room)]
        if tag := saying.who(line):
            who += [Cell(WHO, style.small, one) for one in style.small.lines(tag, room)]
        if line.words and line.words.person:
            who += [Cell(WHO, style.small, one) for one in style.small.lines(line.words.person[:300], room)]
        small = style.small._replace(colour=INK, size=8)
        where = saying.where(line)
        place = [Cell(PLACE, small, one) for one in small.lines(where[:300], TEXT - PLACE - 6)] if where else []
        return [time, reference, who, place]

    def _items(self, line: Line) -> list[Item]:
        """Return the lines of the text column: what it is, what was struck, what holds, the marks."""
        style = self.style
        indent = _INDENT if line.thread_reference else 0.0
        items = self._tag(line, indent)
        before: Earlier | None = None
        for version in self.contents.earlier(line) if line.struck else ():
            if version.shown != line.text:
                items += self._text(version.shown, style.struck, indent, struck=True)
            if before is not None:
                items += self._corrected(before, version.frame, indent)
            before = version
        items += self._text(line.text, style.body, indent)
        if before is not None:
            items += self._corrected(before, line.frame, indent)
        for one in line.attachments:
            told = f"{label('attached')} {one.reference}: {one.told[:1000]} · {one.file.hex()[:16]}…"
            items += [Item(style.small, indent, part) for part in style.small.lines(told, _TEXT_ROOM - indent)]
        rule, overridden = self._mark(line)
        if rule:
            told = (
                _("outside the mandate, overridden: {article}") if overridden else _("outside the mandate: {article}")
            )
            items += [
                Item(style.warn, indent, one)
                for one in style.warn.lines(told.format(article=self.saying.article(rule)), _TEXT_ROOM - indent)
            ]
        return items

    def _tag(self, line: Line, indent: float) -> list[Item]:
        """Return the small line above a text: priority, what it hangs together with, kind, category, state."""
        style = self.style.small
        parts = [f"↳ {line.thread_reference}"] if line.thread_reference else []
        if line.task and line.kind != "proposed":
            parts.append(_("task {reference}").format(reference=self.contents.reader.reference_at(line.task)))
        else:
            parts.append(_("task") if line.kind == "proposed" else label(line.kind))
        if line.category and not line.thread_reference:
            parts.append(self.saying.covenant.category_name(line.category))
        parts.append(label(line.disposition or line.state))
        if line.later:
            parts.append(_("later"))
        if line.audience:
            readers = ", ".join(map(self.saying.covenant.party_name, line.audience))
            parts.append(_("only {parties}").format(parties=readers))
        style = style._replace(leading=11.4)
        room = _TEXT_ROOM - indent - (self._priority(None, 0, line.priority) if line.priority else 0)
        told = style.lines(" · ".join(part for part in parts if part), room)
        items = [Item(style, indent, one) for one in told]
        return [items[0]._replace(priority=line.priority), *items[1:]]

    def _priority(self, pen: Pen | None, x: float, priority: str) -> float:
        """Write a priority's word behind the room for its shape; returns where the line goes on."""
        style = self.levels[priority]
        word = style.type.shown(label(priority))
        if pen:
            pen.line(x + _SIGN, self.paper.y, style.type, style.size, style.colour, word)
        return x + _SIGN + style.width(word) + 8

    def _text(self, text: str, style: Style, indent: float, *, struck: bool = False) -> list[Item]:
        shortened = len(text) > LONGEST
        lines = style.lines(text[:LONGEST], _TEXT_ROOM - indent)
        items = [Item(style, indent, one, struck) for one in lines]
        if shortened:
            note = _("Shortened: {n} characters in all. The workbook (.xlsx), .csv and .jsonl hold the whole text.")
            small = self.style.small
            told = note.format(n=self.saying.number(len(text)))
            items += [Item(small, indent, one) for one in small.lines(told, _TEXT_ROOM - indent)]
        return items

    def _corrected(self, version: Earlier, after: Frame | None, indent: float) -> list[Item]:
        """Return by whom, when and why a text took the place of the struck one, and what else was put right."""
        style = self.style.small
        when = self.saying.near(version.corrected_at, self.contents.last)
        told = _("corrected {time} by {writer}").format(time=when, writer=self.saying.writer(version.corrected_by))
        if version.reason:
            told = f"{told}: {version.reason[:1000]}"
        told = "\n".join((told, *self.saying.changes(version.frame, after)))
        return [Item(style, indent, one) for one in style.lines(told, _TEXT_ROOM - indent)]

    def _mark(self, line: Line) -> tuple[str, bool]:
        for frame in (line.frame, line.first):
            if frame and frame.rule:
                return frame.rule, frame.overridden
        return "", False

    # -- drawing ---------------------------------------------------------------------------------------------------

    def _draw_items(self, items: list[Item], cells: list[list[Cell]]) -> None:
        """Draw an entry from here down; one that is higher than what is left goes on at the top of the next page."""
        paper, at = self.paper, 0
        while at < len(items):
            pen = Pen(paper.canvas)
            strikes: list[tuple[float, float, float]] = []
            shapes: list[tuple[float, float, str]] = []
            if at == 0:
                self._draw_cells(pen, cells)
            start = at
            while at < len(items) and (paper.y - items[at].style.leading * 0.3 >= BOTTOM or at == start):
                item = items[at]
                x = TEXT + item.indent
                if item.priority:
                    shapes.append((x, paper.y, item.priority))
                    x = self._priority(pen, x, item.priority)
                style = item.style
                pen.line(x, paper.y, style.type, style.size, style.colour, item.line)
                if item.struck and item.line:
                    strikes.append((x, paper.y + item.style.size * 0.28, x + item.style.width(item.line)))
                paper.y -= item.style.leading
                at += 1
            paper.canvas.drawText(pen)
            for left, y, right in strikes:
                paper.rule(y, left, right, STRUCK, 0.7)
            for x, y, priority in shapes:
                paper.shape(x, y, priority)
            if at < len(items):
                paper.new_page()

    def _draw_cells(self, pen: Pen, cells: list[list[Cell]]) -> None:
        for column in cells:
            y = self.paper.y
            for at, cell in enumerate(column):
                if at:
                    y -= 10.6
                style = cell.style
                pen.line(cell.x, y, style.type, style.size, style.colour, cell.line)
