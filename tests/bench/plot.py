"""The curves of docs/performance.md, from the figures of a run of the bench."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple

from reportlab.graphics import renderSVG
from reportlab.graphics.charts.textlabels import Label
from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, Rect, String
from reportlab.lib.colors import Color, HexColor

INK, FAINT, PAPER = HexColor("#1c2530"), HexColor("#d5dae0"), HexColor("#ffffff")
COLOURS = [HexColor(one) for one in ("#0b5fa5", "#c2571a", "#3f7d3a", "#7a4aa0", "#8a6d00")]
WIDTH, HEIGHT = 720, 340
LEFT, RIGHT, TOP, BOTTOM = 66, 190, 44, 50

Points = list[tuple[int, float]]


class Chart(NamedTuple):
    """A chart over the size of the log: a title, what is measured in which unit, and its curves by name."""

    name: str
    title: str
    unit: str
    curves: dict[str, Points]


def charts(results: Iterable[dict[str, Any]]) -> list[Chart]:
    """Return what is drawn of the results of a run (as `--json` writes them)."""
    rows = list(results)

    def curve(work: str, value: str, times: float = 1) -> Points:
        found = [one for one in rows if one["work"].startswith(work) and value in one["values"]]
        return sorted((one["size"], one["values"][value] * times) for one in found)

    entry, page, filters = "one entry, durable", "first screen (200)", "first screen (200)"
    return [
        Chart(
            "entry",
            "One entry, on disk, by the size of the log",
            "milliseconds",
            {
                "the slowest in a hundred": curve(entry, "p99", 1000),
                "median": curve(entry, "p50", 1000),
                "bare SQLite, median": curve(entry, "bare50", 1000),
                "one sync of the disk": curve(entry, "sync", 1000),
            },
        ),
        Chart(
            "reading",
            "Reading, by the size of the log",
            "milliseconds",
            {
                "slowest filter, first screen": curve(filters, "slowest", 1000),
                "search, slowest in a hundred": curve("search, the 50 lines", "p99", 1000),
                "opening, to the first page": curve("opening", "seconds", 1000),
                "any earlier moment": curve("replay", "p50", 1000),
                "the newest page": curve(page, "newest", 1000),
            },
        ),
        Chart(
            "memory",
            "Opening the log: memory beyond an empty one",
            "MB",
            {"to the first page": curve("opening", "mb")},
        ),
    ]


def draw(chart: Chart, out: Path) -> None:
    """Draw a chart as SVG; sizes stand on a logarithmic axis."""
    drawing = Drawing(WIDTH, HEIGHT)
    drawing.add(_paper())
    drawing.add(String(LEFT, HEIGHT - 24, chart.title, fontName="Helvetica-Bold", fontSize=14, fillColor=INK))
    points = [point for curve in chart.curves.values() for point in curve]
    sizes = sorted({size for size, _value in points})
    ticks = _ticks(max(value for _size, value in points))
    right, top = WIDTH - RIGHT, HEIGHT - TOP - 10

    def x(size: int) -> float:
        place = sizes.index(size) / max(1, len(sizes) - 1)
        return LEFT + 12 + place * (right - LEFT - 24)

    def y(value: float) -> float:
        return BOTTOM + value / ticks[-1] * (top - BOTTOM)

    for tick in ticks:
        drawing.add(Line(LEFT, y(tick), right, y(tick), strokeColor=FAINT, strokeWidth=0.8))
        drawing.add(_text(LEFT - 8, y(tick) - 4, f"{tick:g}", "end"))
    drawing.add(Line(LEFT, BOTTOM, right, BOTTOM, strokeColor=INK, strokeWidth=1))
    for size in sizes:
        drawing.add(Line(x(size), BOTTOM, x(size), BOTTOM - 4, strokeColor=INK, strokeWidth=1))
        drawing.add(_text(x(size), BOTTOM - 17, f"{size:,}", "middle"))
    drawing.add(_text((LEFT + right) / 2, 10, "records in the log", "middle"))
    drawing.add(_upright(18, (BOTTOM + top) / 2, chart.unit))
    _curves(drawing, chart, x, y, right)
    renderSVG.drawToFile(drawing, str(out))


def _curves(drawing: Drawing, chart: Chart, x: Any, y: Any, right: float) -> None:
    """Draw the curves, each with its name at its end, apart from the others'."""
    named = [(curve, name, COLOURS[n % len(COLOURS)]) for n, (name, curve) in enumerate(chart.curves.items()) if curve]
    below = float("inf")
    for curve, name, colour in sorted(named, key=lambda one: -one[0][-1][1]):
        places = [(x(size), y(value)) for size, value in curve]
        drawing.add(PolyLine([one for place in places for one in place], strokeColor=colour, strokeWidth=2))
        for place in places:
            drawing.add(Circle(*place, 3, fillColor=colour, strokeColor=PAPER, strokeWidth=1))
        below = min(places[-1][1] - 4, below - 15)
        drawing.add(_text(right + 6, below, name, colour=colour))


def _ticks(highest: float) -> list[float]:
    """Return round numbers from 0 to above the highest value, four to eight of them."""
    step = next(
        unit * power for power in (10.0**n for n in range(-4, 7)) for unit in (1, 2, 5) if unit * power * 7 >= highest
    )
    return [number * step for number in range(int(highest / step) + 2)]


def _paper() -> Rect:
    sheet = Rect(0, 0, WIDTH, HEIGHT)
    sheet.fillColor, sheet.strokeColor = PAPER, None
    return sheet


def _text(
    x: float, y: float, text: str, anchor: Literal["start", "middle", "end"] = "start", colour: Color = INK
) -> String:
    return String(x, y, text, textAnchor=anchor, fontName="Helvetica", fontSize=11, fillColor=colour)


def _upright(x: float, y: float, text: str) -> Label:
    label = Label()
    label.setOrigin(x, y)
    label.setText(text)
    label.angle, label.fontName, label.fontSize, label.fillColor = 90, "Helvetica", 11, INK
    return label
