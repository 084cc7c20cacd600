"""The paper of the PDF: pages with a running head and a footer, a pen that knows how far down it is, and bookmarks.

The number of pages is known only at the end: every footer names one form that is drawn last, so pages are written out
as they come.
"""

from collections.abc import Callable
from typing import Any, BinaryIO

from reportlab import rl_config
from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from commandlog.export.pdf_file import Document
from commandlog.export.pdf_style import (
    BOTTOM,
    HEIGHT,
    LEFT,
    PRIORITIES,
    RIGHT,
    ROOM,
    RULE,
    TOP,
    WARN,
    WIDTH,
    Style,
    styles,
)
from commandlog.export.pen import Pen, strokes
from commandlog.language import _

_TOTAL = "number-of-pages"
_HEAD, _FOOT = HEIGHT - 44.0, 36.0

rl_config.useA85 = 0  # streams as bytes, not as text: a fifth smaller, and faster to write


class Paper:
    """A document being written, page after page. `y` is the baseline where the next line goes."""

    def __init__(self, out: BinaryIO, title: str, mark: str, note: str, language: str) -> None:
        """Begin a document; `mark` ("EXERCISE") stands in every header, `note` in every footer."""
        self.style = styles()
        first = self.style.body.type.name  # or reportlab lists a font that is not embedded
        self.canvas = Canvas(out, pagesize=A4, pageCompression=1, lang=language, initialFontName=first)  # type: ignore[arg-type]
        self.file = Document(out, language)
        self.canvas._doc = self.file  # type: ignore[attr-defined] # noqa: SLF001 - there is no other way in
        self.title, self.mark, self.note = title, mark, note
        self.page, self.y, self.running = 1, TOP, ""
        self.on_new_page: Callable[[], None] | None = None
        self._late: list[tuple[str, Callable[[], None]]] = []
        self._outlined = -1
        self._keys = 0
        self._header()

    # -- pages -----------------------------------------------------------------------------------------------------

    def new_page(self) -> None:
        """Go on at the top of the next page; `on_new_page` repeats what every page of a chapter begins with."""
        self._turn()
        if self.on_new_page:
            self.on_new_page()

    def need(self, height: float) -> bool:
        """Go to a new page where less than `height` is left; returns whether it did."""
        if self.y - height >= BOTTOM:
            return False
        self.new_page()
        return True

    def chapter(self, title: str, key: str, lead: str = "") -> None:
        """Begin a chapter on a new page, with its bookmark; `lead` says in a line or two what it shows."""
        self.on_new_page = None
        self.running = title
        self._turn()
        self.y = TOP - 14
        self.bookmark(title, 0, key)
        self.text(LEFT, self.style.chapter, title)
        if lead:
            self.y += 4
            self.text(LEFT, self.style.muted, lead, ROOM * 0.86)
        self.y -= 10

    def section(self, title: str, room: float = 60) -> None:
        """Begin a section, with `room` points under its heading on the same page."""
        self.need(room + 28)
        self.y -= 12
        self.text(LEFT, self.style.section, title)
        self.y -= 4

    def bookmark(self, title: str, level: int, key: str = "") -> None:
        """Make a bookmark of this place; a level below one that there is none of yet is raised.

        With `key`, links can lead here too.
        """
        level = min(level, self._outlined + 1)
        self._outlined = level
        self._keys += 1
        name, top = f"b{self._keys}", min(self.y + 24, HEIGHT)
        self.canvas.bookmarkPage(name, fit="XYZ", left=0, top=top, zoom=0)
        if key:
            self.file.place(key, self.page, top)
        shown = " ".join(self.style.body.type.shown(title[:400]).split())
        self.canvas.addOutlineEntry(shown if len(shown) < 90 else f"{shown[:88]}…", name, level, closed=level > 0)

    # -- links -----------------------------------------------------------------------------------------------------

    def place(self, key: str) -> None:
        """Let links with this key lead here."""
        self.file.place(key, self.page, min(self.y + 24, HEIGHT))

    def link(self, x: float, y: float, width: float, style: Style, key: str) -> None:
        """Let a piece of a line lead to the place with this key, which may come later."""
        self.file.link(x - 1, y - style.size * 0.28, x + width + 1, y + style.size * 0.85, key)

    def page_of(self, key: str) -> int:
        """Return the number of the page on which the place with this key is; 0 where it has not come."""
        return self.file.places.get(key, (0, 0.0))[0]

    def later(self, draw: Callable[[], None]) -> None:
        """Draw something on this page when all is known: which page is where."""
        name = f"late-{len(self._late)}"
        self.canvas.doForm(name)
        self._late.append((name, draw))

    def finish(self) -> None:
        """Write the document out."""
        self.canvas.showPage()
        for name, draw in self._late:
            self.canvas.beginForm(name, 0, 0, WIDTH, HEIGHT)
            draw()
            self.canvas.endForm()
        self.canvas.beginForm(_TOTAL, 0, -4, 60, 12)
        self.put(0, 0, self.style.small, str(self.page))
        self.canvas.endForm()
        self.canvas.showOutline()
        self.canvas.save()

    def _turn(self) -> None:
        self.canvas.showPage()
        self.page += 1
        self._header()

    def _header(self) -> None:
        """Draw what is above and below every page; the first one, the cover, has a footer only."""
        small, strong = self.style.small, self.style.small_strong
        self.y = TOP
        if self.page > 1:
            x, chapter = LEFT, small.line(self.running, ROOM * 0.45)
            if self.mark:
                warn = strong._replace(colour=WARN)
                shown = warn.line(self.mark, 120)
                self.put(x, _HEAD, warn, shown)
                x += warn.width(shown) + 8
            self.put(x, _HEAD, small, small.line(self.title, RIGHT - small.width(chapter) - 16 - x))
            self.put_right(RIGHT, _HEAD, small, chapter)
            self.rule(_HEAD - 7)
        self.rule(_FOOT + 13, width=0.35)
        page = small.type.shown(_("Page {page} of").format(page=self.page))
        self.put(LEFT, _FOOT, small, page)
        self.canvas.saveState()
        self.canvas.translate(LEFT + small.width(page + " "), _FOOT)
        self.canvas.doForm(_TOTAL)
        self.canvas.restoreState()
        self.put_right(RIGHT, _FOOT, small, small.line(self.note, ROOM - 90))

    # -- text and lines --------------------------------------------------------------------------------------------

    def text(self, x: float, style: Style, text: str, room: float = ROOM) -> None:
        """Write a text from here down, broken to `room`; `y` is under it afterwards."""
        for line in style.lines(text, room):
            self.need(0)
            self.put(x, self.y, style, line)
            self.y -= style.leading

    def put(self, x: float, y: float, style: Style, line: str) -> None:
        """Draw one line that fits, at a place."""
        pen = Pen(self.canvas)
        pen.line(x, y, style.type, style.size, style.colour, line)
        pen.put_down()

    def put_right(self, x: float, y: float, style: Style, line: str) -> None:
        """Draw one line that ends at `x`."""
        self.put(x - style.width(line), y, style, line)

    def rule(
        self, y: float, left: float = LEFT, right: float = RIGHT, colour: Color = RULE, width: float = 0.6
    ) -> None:
        """Draw a horizontal line."""
        self.line(left, y, right, y, colour, width)

    def line(self, x: float, y: float, to_x: float, to_y: float, colour: Color = RULE, width: float = 0.6) -> None:
        """Draw a line."""
        strokes(self.canvas, f"{width:g} w {x:.2f} {y:.2f} m {to_x:.2f} {to_y:.2f} l S", colour)

    def bar(self, x: float, y: float, width: float, height: float, colour: Color, edge: Color | None = None) -> None:
        """Draw a filled bar, with an edge where one is given."""
        self.canvas.setFillColor(colour)
        if edge:
            self.canvas.setStrokeColor(edge)
            self.canvas.setLineWidth(0.5)
        self.canvas.rect(x, y, width, height, stroke=int(edge is not None), fill=1)

    def shape(self, x: float, y: float, priority: str) -> None:
        """Draw the shape of a priority, 6 points high: circle, diamond, triangle or square."""
        colour = PRIORITIES[priority]
        self.canvas.setFillColor(colour)
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(0.9)
        match priority:
            case "routine":
                self.canvas.circle(x + 3, y + 2.6, 2.3, stroke=1, fill=0)
            case "elevated":
                self.polygon((x, y + 2.6), (x + 3, y + 5.6), (x + 6, y + 2.6), (x + 3, y - 0.4))
            case "urgent":
                self.polygon((x, y - 0.1), (x + 6, y - 0.1), (x + 3, y + 5.6))
            case _:
                self.canvas.rect(x + 0.3, y, 5.4, 5.4, stroke=0, fill=1)

    def polygon(self, *points: tuple[float, float]) -> None:
        """Draw a filled polygon in the colour that was set."""
        path: Any = self.canvas.beginPath()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        path.close()
        self.canvas.drawPath(path, stroke=0, fill=1)
