"""What the cells of a workbook can hold, and what is done with what they cannot."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from commandlog.export.contents import Contents
from commandlog.model.harmless import visible

CELL = 32_767  # UTF-16 units that a cell can hold
_UNWRITABLE = {0xFFFE: "‹FFFE›", 0xFFFF: "‹FFFF›"}


class Column(Struct, frozen=True):
    """A column: its head, its width in characters, what it means, and how it is written ("text", "time", "number")."""

    head: str
    width: int
    meaning: str
    form: str = "text"


def moment(contents: Contents, at: int) -> datetime | str | None:
    """Return a moment as a workbook holds it, without a zone; as text where it is before 1900, None for 0."""
    if not at:
        return None
    local = contents.local(at)
    return local.replace(tzinfo=None) if local.year >= 1900 else local.isoformat(sep=" ", timespec="seconds")


def cell(text: str) -> str:
    """Return a text as XML can hold it: characters that it cannot are shown as signs of their own."""
    return visible(text, lines=True).translate(_UNWRITABLE)


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
