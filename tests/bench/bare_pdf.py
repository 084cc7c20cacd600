"""The same strings on a bare canvas: what drawing them costs when nothing else is done."""

from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from commandlog.export.fonts import typefaces

MARGIN, SIZE, LEADING = 40.0, 9.0, 12.4


def draw(strings: list[str], out: Path) -> None:
    """Draw the strings one below the other in the report's own font, broken to the width of a page."""
    canvas = Canvas(str(out), pagesize=A4, pageCompression=1)
    font = typefaces()[0].name
    room, top = A4[0] - 2 * MARGIN, A4[1] - MARGIN
    y = top
    canvas.setFont(font, SIZE)
    for string in strings:
        for line in simpleSplit(string, font, SIZE, room):
            if y < MARGIN:
                canvas.showPage()
                canvas.setFont(font, SIZE)
                y = top
            canvas.drawString(MARGIN, y, line)
            y -= LEADING
    canvas.save()
