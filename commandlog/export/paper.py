"""The paper of the PDF: pages with a header and a footer, a pen that knows how far down it is, and bookmarks.

The number of pages is known only at the end: every footer names one form that is drawn last, so pages are written out
as they come. Lengths are points, from the lower left corner.
"""

from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from reportlab import rl_config
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from commandlog.export.fonts import Type, typefaces
from commandlog.export.pen import Pen
from commandlog.language import _

WIDTH, HEIGHT = A4
LEFT, RIGHT = 42.0, WIDTH - 42.0
TOP, BOTTOM = HEIGHT - 66.0, 58.0
_TOTAL = "number-of-pages"

rl_config.useA85 = 0  # streams as bytes, not as text: a fifth smaller, and faster to write

INK = HexColor("#18222d")
MUTED = HexColor("#55606c")
RULE = HexColor("#d3d9e0")
WASH = HexColor("#eef2f6")
ACCENT = HexColor("#1d5a86")
WARN = HexColor("#8f3d00")
STRUCK = HexColor("#6b7580")
PRIORITIES = {
    "routine": HexColor("#4a5560"),
    "elevated": HexColor("#6d5400"),
    "urgent": HexColor("#a34300"),
    "emergency": HexColor("#a3161c"),
}


class Style(NamedTuple):
    """How a text is set: in which typeface, how large, how far apart the lines, in which colour."""

    type: Type
    size: float
    leading: float
    colour: Color

    def lines(self, text: str, room: float) -> list[str]:
        """Break a text to the room there is."""
        return self.type.lines(text, room, self.size)

    def width(self, line: str) -> float:
        """How wide a line is that `lines` has returned."""
        return self.type.width(line) * self.size / 1000


class Styles(NamedTuple):
    """The few ways in which text is set."""

    title: Style
    chapter: Style
    section: Style
    body: Style
    strong: Style
    muted: Style
    small: Style
    small_strong: Style
    struck: Style
    accent: Style
    warn: Style


def styles() -> Styles:
    """Return the styles of the document."""
    regular, strong = typefaces()
    return Styles(
        title=Style(strong, 27, 33, INK),
        chapter=Style(strong, 18, 24, INK),
        section=Style(strong, 10.5, 15, ACCENT),
        body=Style(regular, 9, 12.4, INK),
        strong=Style(strong, 9, 12.4, INK),
        muted=Style(regular, 9, 12.4, MUTED),
        small=Style(regular, 7.4, 10, MUTED),
        small_strong=Style(strong, 7.4, 10, MUTED),
        struck=Style(regular, 9, 12.4, STRUCK),
        accent=Style(regular, 9, 12.4, ACCENT),
        warn=Style(regular, 7.4, 10, WARN),
    )


class Paper:
    """A document being written, page after page. `y` is the baseline where the next line goes."""

    def __init__(self, out: BinaryIO, title: str, mark: str, note: str, language: str) -> None:
        """Begin a document; `mark` ("EXERCISE") stands in every header, `note` in every footer."""
        self.style = styles()
        first = self.style.body.type.name  # or reportlab lists a font that is not embedded
        self.canvas = Canvas(out, pagesize=A4, pageCompression=1, lang=language, initialFontName=first)  # type: ignore[arg-type]
        self.title, self.mark, self.note = title, mark, note
        self.page, self.y = 1, TOP
        self.on_new_page: Callable[[], None] | None = None
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

    def chapter(self, title: str) -> None:
        """Begin a chapter on a new page, with its bookmark."""
        self.on_new_page = None
        self._turn()
        self.y = TOP - 10
        self.bookmark(title, 0)
        self.text(LEFT, self.style.chapter, title)
        self.y -= 8

    def section(self, title: str, room: float = 60) -> None:
        """Begin a section, with `room` points under its heading on the same page."""
        self.need(room + 26)
        self.y -= 12
        self.text(LEFT, self.style.section, title)
        self.y -= 4

    def bookmark(self, title: str, level: int) -> None:
        """Make a bookmark of this place; a level below one that there is none of yet is raised."""
        level = min(level, self._outlined + 1)
        self._outlined = level
        self._keys += 1
        key = f"b{self._keys}"
        self.canvas.bookmarkPage(key, fit="XYZ", left=0, top=min(self.y + 24, HEIGHT), zoom=0)
        shown = " ".join(self.style.body.type.shown(title).split())
        self.canvas.addOutlineEntry(shown if len(shown) < 90 else f"{shown[:88]}…", key, level, closed=level > 0)

    def finish(self) -> None:
        """Write the document out."""
        self.canvas.showPage()
        self.canvas.beginForm(_TOTAL, 0, -4, 60, 12)
        style = self.style.small
        self.canvas.setFillColor(style.colour)
        self.canvas.setFont(style.type.name, style.size)
        self.canvas.drawString(0, 0, str(self.page))
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
            y = HEIGHT - 40
            room = RIGHT - LEFT - (strong.width(strong.type.shown(self.mark)) + 20 if self.mark else 0)
            self.put(LEFT, y, small, small.lines(self.title, room)[0])
            if self.mark:
                self.put_right(RIGHT, y, strong._replace(colour=WARN), strong.type.shown(self.mark))
            self.rule(y - 7)
        page = small.type.shown(_("Page {page} of").format(page=self.page))
        self.put(LEFT, 34, small, page)
        self.canvas.saveState()
        self.canvas.translate(LEFT + small.width(page + " "), 34)
        self.canvas.doForm(_TOTAL)
        self.canvas.restoreState()
        self.put_right(RIGHT, 34, small, small.lines(self.note, RIGHT - LEFT - 90)[0])

    # -- text and lines --------------------------------------------------------------------------------------------

    def text(self, x: float, style: Style, text: str, room: float = RIGHT - LEFT) -> None:
        """Write a text from here down, broken to `room`; `y` is under it afterwards."""
        for line in style.lines(text, room):
            self.need(0)
            self.put(x, self.y, style, line)
            self.y -= style.leading

    def put(self, x: float, y: float, style: Style, line: str) -> None:
        """Draw one line that fits, at a place."""
        pen = Pen(self.canvas)
        pen.line(x, y, style.type, style.size, style.colour, line)
        self.canvas.drawText(pen)

    def put_right(self, x: float, y: float, style: Style, line: str) -> None:
        """Draw one line that ends at `x`."""
        self.put(x - style.width(line), y, style, line)

    def rule(
        self, y: float, left: float = LEFT, right: float = RIGHT, colour: Color = RULE, width: float = 0.6
    ) -> None:
        """Draw a horizontal line."""
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(width)
        self.canvas.line(left, y, right, y)

    def bar(self, x: float, y: float, width: float, height: float, colour: Color) -> None:
        """Draw a filled bar."""
        self.canvas.setFillColor(colour)
        self.canvas.rect(x, y, width, height, stroke=0, fill=1)

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
                self._polygon((x, y + 2.6), (x + 3, y + 5.6), (x + 6, y + 2.6), (x + 3, y - 0.4))
            case "urgent":
                self._polygon((x, y - 0.1), (x + 6, y - 0.1), (x + 3, y + 5.6))
            case _:
                self.canvas.rect(x + 0.3, y, 5.4, 5.4, stroke=0, fill=1)

    def _polygon(self, *points: tuple[float, float]) -> None:
        path = self.canvas.beginPath()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        path.close()
        self.canvas.drawPath(path, stroke=0, fill=1)
