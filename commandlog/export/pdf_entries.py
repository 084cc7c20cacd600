"""How one entry stands on the paper: when, its reference, who, where, and what, with all that belongs to it.

What was corrected is struck through, with who put it right, when and why. What hangs on another entry says on which,
and that one says what hangs on it: both lead there.
"""

from collections.abc import Sequence
from typing import NamedTuple

from commandlog.export.contents import Contents, Earlier, Follower
from commandlog.export.paper import Paper
from commandlog.export.pdf_style import BOTTOM, INK, LEFT, PALE, PRIORITIES, RIGHT, STRUCK, Style
from commandlog.export.pen import Pen
from commandlog.export.saying import DIFFERS, Sayer
from commandlog.language import _
from commandlog.model.frames import Frame, Millis
from commandlog.model.words import label
from commandlog.views.lines import Line

LONGEST = 20_000  # characters of one text that are drawn; the workbook and the other forms hold all of it
BRIEF = 600  # characters of a text that stands in full elsewhere
TIME, REFERENCE, WHO, PLACE, TEXT = LEFT, LEFT + 44, LEFT + 88, LEFT + 168, LEFT + 238
_TEXT_ROOM = RIGHT - TEXT
_INDENT = 10.0
_GAP = 6.0
_SIGN = 10.0  # the width of a priority's shape and what follows it
_LEADING = 10.6  # of the narrow columns
_KEPT = 150.0  # an entry that is lower than this stands on one page
_BROKEN = 4_000  # texts of the narrow columns that are remembered
_NAMED = 24  # entries of a thread that are named at its root


class Link(NamedTuple):
    """A piece of a line that leads somewhere: where it begins, how wide it is, and the key of the place."""

    x: float
    width: float
    key: str


class Item(NamedTuple):
    """A line in the column of texts: its style, how far it is indented, whether it is struck, a priority before it."""

    style: Style
    indent: float
    line: str
    struck: bool = False
    priority: str = ""
    links: tuple[Link, ...] = ()


class Cell(NamedTuple):
    """A line in one of the other columns, at `x`."""

    x: float
    style: Style
    line: str


def key_of(entry: int) -> str:
    """Return the name of the place where an entry stands in the timeline."""
    return f"e{entry}"


class Entries:
    """Draws entries one below the other. A `brief` one leaves out what its own place in the timeline says of it.

    With `day_of`, an entry of another day than that moment's has its date with it.
    """

    def __init__(self, paper: Paper, contents: Contents, saying: Sayer, *, brief: bool = False) -> None:
        self.paper, self.contents, self.saying, self.brief = paper, contents, saying, brief
        self.style = paper.style
        self.day_of: Millis = 0
        self._broken: dict[tuple[float, str], list[Cell]] = {}
        self.tag = self.style.small._replace(leading=11.4)
        self.party = self.style.strong._replace(size=8.2)
        self.place = self.style.small._replace(colour=INK, size=8)
        self.levels = {key: self.style.small_strong._replace(colour=colour) for key, colour in PRIORITIES.items()}

    def columns(self) -> None:
        """Draw the heads of the columns."""
        heads = (_("time"), _("reference"), _("who"), _("place"), _("what"))
        for x, head in zip((TIME, REFERENCE, WHO, PLACE, TEXT), heads, strict=True):
            self.paper.put(x, self.paper.y, self.style.small, self.style.small.line(head, 76))
        self.paper.rule(self.paper.y - 4.5)
        self.paper.y -= 17

    def prepared(self, line: Line, followers: Sequence[Follower] = ()) -> "Prepared":
        """Return an entry broken into lines; nothing is drawn yet."""
        items, cells = self._items(line, followers), self._cells(line)
        most = max(len(column) for column in cells)
        height = max(sum(item.style.leading for item in items), most * _LEADING + 2)
        return Prepared(line, items, cells, most, height)

    def draw(self, one: "Prepared", *, place: bool = False) -> None:
        """Draw an entry from here down, on the next page where it does not fit; with `place`, links lead to it."""
        self.paper.need(one.room)
        if place:
            self.paper.place(key_of(one.line.entry))
        top, page = self.paper.y, self.paper.page
        if self.brief:
            style = self.style.link
            self.paper.link(REFERENCE, top, style.width(one.cells[1][0].line), style, key_of(one.line.entry))
        self._draw_items(one)
        if self.paper.page == page:
            self.paper.y = min(self.paper.y, top - one.most * _LEADING - 2)
        self.paper.rule(self.paper.y + 7.6, width=0.35)
        self.paper.y -= _GAP

    # -- what stands in the columns --------------------------------------------------------------------------------

    def _cells(self, line: Line) -> list[list[Cell]]:
        """Return the lines of the four narrow columns."""
        style, saying = self.style, self.saying
        time = [Cell(TIME, style.body, saying.time(line.occurred_at))]
        if self.day_of and (day := saying.other_day(line.occurred_at, self.day_of)):
            time.append(Cell(TIME, style.small, style.small.line(day, REFERENCE - TIME - 4)))
        late = abs(line.logged_at - line.occurred_at) > DIFFERS and not (line.first and line.first.origin)
        if late and not self.brief:  # of an import, the time at which all of it was written says nothing
            logged = _("logged {time}").format(time=saying.near(line.logged_at, line.occurred_at))
            time += [Cell(TIME, style.small, one) for one in style.small.lines(logged, REFERENCE - TIME - 4)]
        own = style.link if self.brief else style.small
        reference = [Cell(REFERENCE, own, one) for one in own.lines(line.reference, WHO - REFERENCE - 4)]
        if self.brief and (page := self.paper.page_of(key_of(line.entry))):
            reference.append(Cell(REFERENCE, own, own.type.shown(_("p. {page}").format(page=page))))
        who = self._narrow(WHO, self.party, saying.party(line.party))
        if tag := saying.who(line):
            who = who + self._narrow(WHO, style.small, tag[:300])
        if line.words and line.words.person:
            who = who + self._narrow(WHO, style.small, line.words.person[:300])
        where = saying.where(line)
        place = self._narrow(PLACE, self.place, where[:300]) if where else []
        return [time, reference, who, place]

    def _narrow(self, x: float, style: Style, text: str) -> list[Cell]:
        """Return a text of a narrow column in lines; the same parties, roles and places come again and again."""
        found = self._broken.get((style.size, text))
        if found is None or found[0].x != x:
            if len(self._broken) > _BROKEN:
                self._broken.clear()
            room = (PLACE if x == WHO else TEXT) - x - 6
            found = self._broken[style.size, text] = [Cell(x, style, one) for one in style.lines(text, room)]
        return found

    def _items(self, line: Line, followers: Sequence[Follower]) -> list[Item]:
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
            told = f"{label('attached')} {one.reference}: {one.told[:1000]}"
            items += self._small(told, indent)
        rule, overridden = self._mark(line)
        if rule:
            told = (
                _("outside the mandate, overridden: {article}") if overridden else _("outside the mandate: {article}")
            )
            items += self._small(f"! {told.format(article=self.saying.article(rule))}", indent, style.warn)
        if line.audience:
            readers = ", ".join(map(self.saying.party, line.audience))
            items += self._small(_("Only for {parties}").format(parties=readers), indent, style.small_strong)
        items += self._onward(followers, indent)
        last = items[-1]
        return [*items[:-1], last._replace(style=last.style._replace(leading=max(last.style.leading, 12.4)))]

    def _small(self, text: str, indent: float, style: Style | None = None) -> list[Item]:
        style = style or self.style.small
        return [Item(style, indent, one) for one in style.lines(text, _TEXT_ROOM - indent)]

    def _tag(self, line: Line, indent: float) -> list[Item]:
        """Return the small line above a text: priority, what it hangs on, kind, category, state."""
        style, label = self.tag, self.saying.label
        back = ""
        if line.thread_reference:
            back = f"↳ {line.thread_reference}"
            page = self.paper.page_of(key_of(line.thread))
            if page and page != self.paper.page:
                back = _("↳ {reference}, p. {page}").format(reference=line.thread_reference, page=page)
        parts = [back]
        if line.task and line.kind != "proposed":
            parts.append(_("task {reference}").format(reference=line.task_reference))
        parts.append(_("task") if line.kind == "proposed" else label(line.kind))
        if line.category and not line.thread_reference:
            parts.append(self.saying.covenant.category_name(line.category))
        parts.append(label(line.disposition or line.state))
        if line.later:
            parts.append(_("later"))
        room = _TEXT_ROOM - indent - (self._priority(None, 0, line.priority) if line.priority else 0)
        told = style.lines(" · ".join(part for part in parts if part), room)
        items = [Item(style, indent, one) for one in told]
        links = (Link(0, style.width(style.type.shown(back)), key_of(line.thread)),) if self._is_here(line) else ()
        return [items[0]._replace(priority=line.priority, links=links), *items[1:]]

    def _is_here(self, line: Line) -> bool:
        """Whether the root of an entry's thread stands in this document."""
        return bool(line.thread_reference) and self.paper.page_of(key_of(line.thread)) > 0

    def _onward(self, followers: Sequence[Follower], indent: float) -> list[Item]:
        """Return what hangs on an entry: each by its reference and what it is, and each a link."""
        if not followers:
            return []
        style, label = self.style.link, self.saying.label
        items: list[Item] = []
        line, links = "→", list[Link]()
        for at, one in enumerate(followers):
            if at == _NAMED:
                piece, key = _("and {n} more").format(n=len(followers) - _NAMED), ""
            else:
                piece, key = (
                    f"{one.reference} {label(one.kind) if one.kind != 'proposed' else _('task')}",
                    key_of(one.entry),
                )
            piece = style.type.shown(piece)
            if style.width(f"{line}  {piece}") > _TEXT_ROOM - indent and links:
                items.append(Item(style, indent, line, links=tuple(links)))
                line, links = " ", []
            start = style.width(f"{line}  ")
            if key:
                links.append(Link(start, style.width(piece), key))
            line = f"{line}  {piece}"
            if not key:
                break
        return [*items, Item(style, indent, line, links=tuple(links))]

    def _priority(self, pen: Pen | None, x: float, priority: str) -> float:
        """Write a priority's word behind the room for its shape; returns where the line goes on."""
        style = self.levels[priority]
        word = style.type.shown(label(priority))
        if pen:
            pen.line(x + _SIGN, self.paper.y, style.type, style.size, style.colour, word)
        return x + _SIGN + style.width(word) + 8

    def _text(self, text: str, style: Style, indent: float, *, struck: bool = False) -> list[Item]:
        longest = BRIEF if self.brief else LONGEST
        shown = text if len(text) <= longest else f"{text[:longest]}…"
        items = [Item(style, indent, one, struck) for one in style.squeezed(shown, _TEXT_ROOM - indent)]
        if shown != text and not self.brief:
            note = _("Shortened: {n} characters in all. The workbook (.xlsx), .csv and .jsonl hold the whole text.")
            items += self._small(note.format(n=self.saying.number(len(text))), indent)
        return items

    def _corrected(self, version: Earlier, after: Frame | None, indent: float) -> list[Item]:
        """Return by whom, when and why a text took the place of the struck one, and what else was put right."""
        when = self.saying.near(version.corrected_at, self.contents.last)
        told = _("corrected {time} by {writer}").format(time=when, writer=self.saying.writer(version.corrected_by))
        if version.reason:
            told = f"{told}: {version.reason[:1000]}"
        return self._small("\n".join((told, *self.saying.changes(version.frame, after))), indent)

    def _mark(self, line: Line) -> tuple[str, bool]:
        for frame in (line.frame, line.first):
            if frame and frame.rule:
                return frame.rule, frame.overridden
        return "", False

    # -- drawing ---------------------------------------------------------------------------------------------------

    def _draw_items(self, one: "Prepared") -> None:
        """Draw an entry from here down; one that is higher than what is left goes on at the top of the next page."""
        paper, items, at = self.paper, one.items, 0
        while at < len(items):
            end = self._fitting(items, at)
            pen = Pen(paper.canvas)
            self._draw_cells(pen, one.cells if at == 0 else [[one.cells[1][0]]])
            self._beside(one, items[at:end])
            shapes: list[tuple[float, float, str]] = []
            strikes: list[tuple[float, float, float]] = []
            for item in items[at:end]:
                x = TEXT + item.indent
                if item.priority:
                    shapes.append((x, paper.y, item.priority))
                    x = self._priority(pen, x, item.priority)
                style = item.style
                pen.line(x, paper.y, style.type, style.size, style.colour, item.line)
                for link in item.links:
                    paper.link(x + link.x, paper.y, link.width, style, link.key)
                if item.struck and item.line:
                    strikes.append((x, paper.y + style.size * 0.28, x + style.width(item.line)))
                paper.y -= style.leading
            pen.put_down()
            for left, y, right in strikes:
                paper.rule(y, left, right, STRUCK, 0.7)
            for x, y, priority in shapes:
                paper.shape(x, y, priority)
            at = end
            if at < len(items):
                paper.new_page()

    def _fitting(self, items: list[Item], at: int) -> int:
        """Return up to where lines fit on this page; one line alone is not left for the next."""
        y, end = self.paper.y, at
        while end < len(items) and (y - items[end].style.leading * 0.3 >= BOTTOM or end == at):
            y -= items[end].style.leading
            end += 1
        return end - 1 if end == len(items) - 1 and end - at > 2 else end

    def _beside(self, one: "Prepared", items: list[Item]) -> None:
        """Draw the quiet line beside what hangs on another entry."""
        if one.line.thread_reference:
            low = self.paper.y - sum(item.style.leading for item in items) + 9
            self.paper.line(TEXT + 3, self.paper.y + 6, TEXT + 3, low, PALE, 1.4)

    def _draw_cells(self, pen: Pen, cells: list[list[Cell]]) -> None:
        for column in cells:
            for at, cell in enumerate(column):
                style = cell.style
                pen.line(cell.x, self.paper.y - at * _LEADING, style.type, style.size, style.colour, cell.line)


class Prepared(NamedTuple):
    """An entry broken into lines: its texts, the four narrow columns, the lines of the longest, how high it is."""

    line: Line
    items: list[Item]
    cells: list[list[Cell]]
    most: int
    height: float

    @property
    def room(self) -> float:
        """How much must be left on a page for it to begin there."""
        return self.height if self.height < _KEPT else max(60.0, self.most * _LEADING)  # narrow columns are not cut
