"""What the cells of a workbook can hold, and what is done with what they cannot."""

import json
import re
from collections.abc import Iterator
from datetime import datetime

from commandlog.export.contents import Contents
from commandlog.model.flat import Cell
from commandlog.model.harmless import visible

CELL = 32_767  # UTF-16 units that a cell can hold
_UNWRITABLE = {0xFFFE: "‹FFFE›", 0xFFFF: "‹FFFF›"}
_ESCAPE = re.compile(r"_x[0-9A-Fa-f]{4}_")


def moment(contents: Contents, at: int) -> datetime | str | None:
    """Return a moment as a workbook holds it, without a zone; as text where it is before 1900, None for 0."""
    if not at:
        return None
    local = contents.local(at)
    return local.replace(tzinfo=None) if local.year >= 1900 else local.isoformat(sep=" ", timespec="seconds")


def cell(text: str) -> str:
    """Return a text as XML can hold it: characters that it cannot are shown as signs of their own."""
    return visible(text, lines=True).translate(_UNWRITABLE)


def exact(fields: dict[str, Cell]) -> str:
    """Return, as JSON in plain ASCII, those fields that cannot stand in a cell to the byte; empty where all can.

    The line that is shown stands for a text that is the same; a text that is empty while that is not is said to be so.
    """
    said = {name: value for name, value in fields.items() if name != "shown" and _lossy(value)}
    found = {name: repr(value) if isinstance(value, float) else value for name, value in said.items()}
    if fields.get("shown") and not fields.get("text"):
        found["text"] = ""
    return json.dumps(found).replace("_x", "\\u005fx") if found else ""


def _lossy(value: Cell) -> bool:
    if isinstance(value, str):
        if value.isascii() and value.isprintable() and "_x" not in value:
            return value != value.strip()
        return cell(value) != value or value != value.strip() or bool(_ESCAPE.search(value))
    return isinstance(value, float) and float(f"{value:.15g}") != value


def parts(row: list[object]) -> Iterator[list[object]]:
    """Yield a row, and one more for each time that a text in it is longer than a cell; "part" is its last column."""
    cells = [_pieces(cell(value)) if isinstance(value, str) else [value] for value in row]
    most = max(map(len, cells))
    if most == 1:
        yield [cell[0] for cell in cells]
        return
    for at in range(most):
        part = [cell[at] if at < len(cell) else None for cell in cells]
        part[0] = cells[0][0]
        part[-1] = f"{at + 1}/{most}"
        yield part


def _pieces(text: str) -> list[object]:
    if len(text) * 2 <= CELL or (len(text) <= CELL and len(text.encode("utf-16-le")) // 2 <= CELL):
        return [text]
    step = CELL if len(text.encode("utf-16-le")) == 2 * len(text) else CELL // 2
    return [text[at : at + step] for at in range(0, len(text), step)]
