"""The pen of the PDF: writes lines of text into a page, several times as fast as reportlab's own text object.

What makes the difference: a line of plain letters goes out as it is (reportlab gives every font ASCII as its first
subset), colours and fonts are turned into operators once, and no width is measured that nobody asks for.
"""

from typing import Any

from reportlab.lib.colors import Color
from reportlab.pdfbase import pdfmetrics

from commandlog.export.fonts import Type

_ESCAPED = {code: f"\\{code:03o}" for code in (*range(32), *range(127, 256))} | {ord(one): f"\\{one}" for one in "()\\"}
_FIRST_SUBSET = 0  # holds ASCII at its own codes
_LONG = 200  # characters of a line that is not remembered
_REMEMBERED = 4_000  # lines with other letters than ASCII: marks and heads come again and again


class Pen:
    """Writes lines anywhere on the page that the canvas is at; `put_down` puts them there."""

    def __init__(self, canvas: Any) -> None:
        """Take up the pen for a page of a reportlab canvas."""
        self._canvas = canvas
        self._document = canvas._doc  # noqa: SLF001 - reportlab's subsets ask for it
        self._code = ["BT"]
        self._colour: Color | None = None

    def put_down(self) -> None:
        """Put what was written on the page."""
        self._code.append("ET")
        self._canvas._code.append(" ".join(self._code))  # noqa: SLF001 - as reportlab's own text object does

    def line(self, x: float, y: float, type_: Type, size: float, colour: Color, text: str) -> None:
        """Write a line that `Type.lines` has returned, beginning at a place on the page (points)."""
        if colour is not self._colour:
            self._colour = colour
            self._code.append(_operator(colour))
        if text.isascii():
            shown = text.translate(_ESCAPED)
            font = self._font(type_.name, _FIRST_SUBSET)
            self._code.append(f"1 0 0 1 {x:.2f} {y:.2f} Tm {font} {size:g} Tf ({shown}) Tj")
            return
        self._code.append(f"1 0 0 1 {x:.2f} {y:.2f} Tm")
        for font, shown in self._pieces(type_, text):
            self._code.append(f"{font} {size:g} Tf ({shown}) Tj")

    def _pieces(self, type_: Type, text: str) -> list[tuple[str, str]]:
        """Return a line in pieces of one subset of one font each: the font's name on the page, and the codes."""
        kept = self._document.pieces
        found: list[tuple[str, str]] | None = kept.get((type_.name, text))
        if found is None:
            found = []
            for run in type_.runs(text):
                font: Any = pdfmetrics.getFont(run.font)
                for subset, piece in font.splitString(run.text, self._document):
                    found.append((self._font(run.font, subset), piece.decode("latin-1").translate(_ESCAPED)))
            if len(kept) > _REMEMBERED:
                kept.clear()
            if len(text) < _LONG:
                kept[type_.name, text] = found
        return found

    def _font(self, font: str, subset: int) -> str:
        """Return what the page calls a subset of a font."""
        names: dict[tuple[str, int], str] = self._document.font_names
        if (font, subset) not in names:
            found: Any = pdfmetrics.getFont(font)
            if self._document not in found.state:
                found.splitString(" ", self._document)
            names[font, subset] = found.getSubsetInternalName(subset, self._document)
        return names[font, subset]


_OPERATORS: dict[int, tuple[Color, str]] = {}


def strokes(canvas: Any, code: str, colour: Color) -> None:
    """Draw what operators say, stroked in a colour; what the canvas was set to holds again afterwards."""
    canvas._code.append(f"q {_operator(colour).upper()} {code} Q")  # noqa: SLF001


def _operator(colour: Color) -> str:
    """Return how a page says that it fills in a colour. A colour is known by its identity: its own hash is slow."""
    found = _OPERATORS.get(id(colour))
    if found is None:
        said = f"{colour.red:.4f} {colour.green:.4f} {colour.blue:.4f} rg"
        found = _OPERATORS[id(colour)] = (colour, said)  # kept, so that no other colour gets its identity
    return found[1]
