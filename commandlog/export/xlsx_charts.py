"""The charts of the workbook: drawn by the spreadsheet of the numbers that stand in the cells beside them."""

from typing import Any

from commandlog.export.table_totals import CHARTED, Group
from commandlog.language import _

MOST = 20  # bars of a chart; the totals are in order, so these are the largest
_WIDTH, _HEIGHT = 620, 300  # pixels
_FRAME, _BAR = 90, 22  # pixels: what is around the bars of a chart, and for each bar
_GAP = 20
_COLOUR = "#2f5d8a"
_QUIET = {"color": "#d5dae0", "width": 0.5}


def draw(book: Any, sheet: Any, groups: list[Group], beside: int) -> None:
    """Draw a chart of each group that has one, below one another, from the column `beside` the table on."""
    row, below = 1, _GAP
    for group in groups:
        if group.key in CHARTED and group.totals:
            chart = _chart(book, sheet.get_name(), group, row)
            place = {"x_offset": _GAP, "y_offset": below, "object_position": 3}
            sheet.insert_chart(0, beside, chart, place)
            below += _height(group) + _GAP
        row += len(group.totals)


def _height(group: Group) -> int:
    """Return how high a chart is: bars need their room."""
    return _HEIGHT if group.key == "by_hour" else _FRAME + _BAR * min(len(group.totals), MOST)


def _chart(book: Any, sheet: str, group: Group, row: int) -> Any:
    by_time = group.key == "by_hour"
    chart = book.add_chart({"type": "column" if by_time else "bar"})
    last = row + (len(group.totals) if by_time else min(len(group.totals), MOST)) - 1
    chart.add_series(
        {
            "name": _("Number"),
            "categories": [sheet, row, 1, last, 1],
            "values": [sheet, row, 2, last, 2],
            "fill": {"color": _COLOUR},
            "gap": 40,
            "data_labels": {"value": not by_time, "font": {"size": 9}},
        }
    )
    title = group.title
    if not by_time and len(group.totals) > MOST:
        title = _("{title}: the {count} largest").format(title=title, count=MOST)
    chart.set_title({"name": title, "name_font": {"size": 12, "bold": True}, "overlay": False})
    chart.set_legend({"none": True})
    named = {"num_font": {"size": 9}, "line": _QUIET, "text_axis": True, "major_gridlines": {"visible": False}}
    counted = {"num_font": {"size": 9}, "line": {"none": True}, "major_gridlines": {"visible": True, "line": _QUIET}}
    counted |= {"min": 0, "num_format": "0"}
    if by_time:
        chart.set_x_axis(named)
        chart.set_y_axis(counted)
    else:  # lying bars: the library calls the axis of the names y, and the largest comes first, on top
        chart.set_y_axis({**named, "reverse": True, "interval_unit": 1})
        chart.set_x_axis({**counted, "label_position": "high"})
    chart.set_size({"width": _WIDTH, "height": _height(group)})
    return chart
