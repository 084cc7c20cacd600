"""Small tables of the PDF, drawn line by line."""

from typing import NamedTuple

from commandlog.export.paper import Paper
from commandlog.export.pdf_style import BOTTOM, LEFT, Style

_KEPT = 160.0  # a row that is lower than this stands on one page


class Column(NamedTuple):
    """A column of a table: its head, its width in points, and whether it holds figures."""

    head: str
    width: float
    right: bool = False


class Row(NamedTuple):
    """A row: one text a column. With `key`, its cell number `linked` leads to the place of that name."""

    cells: tuple[str, ...]
    key: str = ""
    linked: int = 0
    strong: bool = False


def table(paper: Paper, columns: list[Column], rows: list[Row]) -> None:
    """Draw a table from here down; its head is repeated on every page."""
    _head(paper, columns)
    outer, paper.on_new_page = paper.on_new_page, lambda: _head(paper, columns)
    for row in rows:
        _row(paper, columns, row)
    paper.on_new_page = outer
    paper.y -= 8


def _head(paper: Paper, columns: list[Column]) -> None:
    style = paper.style.small
    heads = [style.lines(column.head, column.width - 6) for column in columns]
    height = max(map(len, heads)) * style.leading
    x = LEFT
    for column, lines in zip(columns, heads, strict=True):
        for at, line in enumerate(lines):
            _cell(paper, column, x, paper.y - height + style.leading * (len(lines) - at), style, line)
        x += column.width
    paper.y -= height
    paper.rule(paper.y + 5)
    paper.y -= 7


def _row(paper: Paper, columns: list[Column], row: Row) -> None:
    """Draw a row; one that is higher than a page flows on."""
    style = paper.style.strong if row.strong else paper.style.body
    cells = [style.squeezed(text, column.width - 6) for text, column in zip(row.cells, columns, strict=True)]
    most = max(map(len, cells))
    if most * style.leading < _KEPT:
        paper.need((most - 1) * style.leading)
    for at in range(most):
        if paper.y < BOTTOM:
            paper.new_page()
        x = LEFT
        for number, (column, lines) in enumerate(zip(columns, cells, strict=True)):
            if at < len(lines):
                linked = row.key and at == 0 and number == row.linked
                one = style._replace(colour=paper.style.link.colour) if linked else style
                _cell(paper, column, x, paper.y, one, lines[at])
                if linked:
                    paper.link(x, paper.y, style.width(lines[at]), style, row.key)
            x += column.width
        paper.y -= style.leading
    paper.rule(paper.y + 8.4, width=0.4)
    paper.y -= 2.6


def _cell(paper: Paper, column: Column, x: float, y: float, style: Style, line: str) -> None:
    if column.right:
        paper.put_right(x + column.width - 6, y, style, line)
    else:
        paper.put(x, y, style, line)
