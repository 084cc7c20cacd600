"""The pen of the PDF: writes lines of text into a page, several times as fast as reportlab's own text object.

What makes the difference: a line of plain letters goes out as it is (reportlab gives every font ASCII as its first
subset), colours are turned into operators once, and no width is measured that nobody asks for.
"""

from functools import cache
from typing import Any

from reportlab.lib.colors import Color
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from commandlog.export.fonts import Type

_ESCAPED = {code: f"\\{code:03o}" for code in (*range(32), *range(127, 256))} | {ord(one): f"\\{one}" for one in "()\\"}
_FIRST_SUBSET = 0  # holds ASCII at its own codes


class Pen(PDFTextObject):
    """Writes lines anywhere on the page that the canvas is at; `Canvas.drawText` puts them there."""

    _code: list[str]

    def __init__(self, canvas: Canvas) -> None:
        """Take up the pen for a page."""
        super().__init__(canvas)
        self._document: Any = canvas._doc  # type: ignore[attr-defined] # noqa: SLF001 - reportlab's subsets ask for it
        self._colour: Color | None = None

    def line(self, x: float, y: float, type_: Type, size: float, colour: Color, text: str) -> None:
        """Write a line that `Type.lines` has returned, beginning at a place on the page (points)."""
        if colour is not self._colour:
            self._colour = colour
            self._code.append(_operator(colour))
        self._code.append(f"1 0 0 1 {x:.2f} {y:.2f} Tm")
        if text.isascii():
            self._show(type_.name, _FIRST_SUBSET, size, text)
            return
        for run in type_.runs(text):
            font: Any = pdfmetrics.getFont(run.font)
            for subset, piece in font.splitString(run.text, self._document):
                self._show(run.font, subset, size, piece.decode("latin-1"))

    def _show(self, font: str, subset: int, size: float, codes: str) -> None:
        """Write codes of one subset of a font."""
        found: Any = pdfmetrics.getFont(font)
        if self._document not in found.state:
            found.splitString(" ", self._document)
        name = found.getSubsetInternalName(subset, self._document)
        self._code.append(f"{name} {size:g} Tf ({codes.translate(_ESCAPED)}) Tj")


@cache
def _operator(colour: Color) -> str:
    return f"{colour.red:.4f} {colour.green:.4f} {colour.blue:.4f} rg"
