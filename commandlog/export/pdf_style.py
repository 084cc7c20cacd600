"""The measures, colours and letters of the PDF. Lengths are points, from the lower left corner of the page.

Colours mean something and never stand alone: a word or a shape goes with each, so that a print in grey reads the same.
"""

from typing import NamedTuple

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4

from commandlog.export.fonts import Type, typefaces

WIDTH, HEIGHT = A4
LEFT, RIGHT = 44.0, WIDTH - 44.0
ROOM = RIGHT - LEFT
TOP, BOTTOM = HEIGHT - 76.0, 62.0

INK = HexColor("#18222d")
MUTED = HexColor("#55606c")
RULE = HexColor("#d3d9e0")
WASH = HexColor("#eef2f6")
ACCENT = HexColor("#1d5a86")
PALE = HexColor("#c3d6e4")
WARN = HexColor("#8f3d00")
STRUCK = HexColor("#6b7580")
WHITE = HexColor("#ffffff")
_EMPTY = 3  # empty lines in a row that are shown
PRIORITIES = {
    "routine": HexColor("#4a5560"),
    "elevated": HexColor("#6d5400"),
    "urgent": HexColor("#a34300"),
    "emergency": HexColor("#a3161c"),
}
RUNGS = tuple(map(HexColor, ("#e6edf3", "#bfd3e1", "#8fb2cb", "#4f86ab", "#1d5a86")))
"""Fills of the rungs of a ladder, light to dark: they differ in grey as well."""


class Style(NamedTuple):
    """How a text is set: in which typeface, how large, how far apart the lines, in which colour."""

    type: Type
    size: float
    leading: float
    colour: Color

    def lines(self, text: str, room: float) -> list[str]:
        """Break a text to the room there is."""
        return self.type.lines(text, room, self.size)

    def squeezed(self, text: str, room: float) -> list[str]:
        """Break a text as `lines` does; of many empty lines in a row, a sign is left that says how many they are."""
        if "\n\n" not in text:
            return self.lines(text, room)
        found: list[str] = []
        empty = 0
        for line in self.lines(text, room):
            empty = 0 if line.strip() else empty + 1
            if empty > _EMPTY:
                found[-1] = f"¶ × {empty}"
            else:
                found.append(line)
        return found

    def line(self, text: str, room: float) -> str:
        """Return a text on one line, cut with an ellipsis where it is longer than the room."""
        shown = " ".join(self.type.shown(text[:600]).split())
        if self.width(shown) <= room:
            return shown
        used, most = self.type.width("…"), room * 1000 / self.size
        for at, character in enumerate(shown):
            used += self.type.width(character)
            if used > most:
                return f"{shown[:at].rstrip()}…"
        return shown

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
    link: Style
    warn: Style


def styles() -> Styles:
    """Return the styles of the document."""
    regular, strong = typefaces()
    return Styles(
        title=Style(strong, 28, 34, INK),
        chapter=Style(strong, 19, 25, INK),
        section=Style(strong, 10.5, 15, ACCENT),
        body=Style(regular, 9, 12.4, INK),
        strong=Style(strong, 9, 12.4, INK),
        muted=Style(regular, 9, 12.4, MUTED),
        small=Style(regular, 7.4, 10, MUTED),
        small_strong=Style(strong, 7.4, 10, MUTED),
        struck=Style(regular, 9, 12.4, STRUCK),
        accent=Style(regular, 9, 12.4, ACCENT),
        link=Style(regular, 7.4, 10, ACCENT),
        warn=Style(regular, 7.4, 10, WARN),
    )
