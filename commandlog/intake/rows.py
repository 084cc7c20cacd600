"""What every reader of a file gives: a table whose rows know where they stand in the file.

Everything in such a file comes from outside and is taken as hostile: it is measured before it is read, its characters
are guessed, and what cannot be a row is refused by its line.
"""

import codecs
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from commandlog.language import _
from commandlog.model.errors import RuleError, Unavailable

MAX_FILE = 2 << 30  # bytes; a million rows of a wide export are a quarter of this
MAX_CELL = 100_000  # characters; a longer cell is a fault of the export, or an attack
_SNIFF = 1 << 16


class Row(NamedTuple):
    """One row: the line in the file where it begins (from 1), and its cells in the order of the table's columns."""

    line: int
    values: tuple[str, ...]


class Refused(NamedTuple):
    """A row that is not taken in: where, which column (empty: the whole row), and why, in words."""

    line: int
    column: str
    why: str


class Shape(NamedTuple):
    """What a mapping may say about the file itself; empty or None is guessed."""

    encoding: str = ""
    separator: str = ""
    header: bool | None = None


class Table:
    """Rows of a file that can be read again and again without being held in memory.

    `columns` are their names, `unit` is what a row's number counts ("line", or "feature" where lines say nothing),
    `form` says in words what was found, `notices` what a person should know. Each reading begins `refused` anew.
    """

    def __init__(
        self,
        columns: tuple[str, ...],
        read: Callable[[list[Refused]], Iterator[Row]],
        *,
        form: str,
        unit: str = "line",
        notices: tuple[str, ...] = (),
    ) -> None:
        self.columns = columns
        self.form = form
        self.unit = unit
        self.notices = notices
        self.refused: list[Refused] = []
        self._read = read

    def __iter__(self) -> Iterator[Row]:
        """Read the rows from the start; those that cannot be rows end up in `refused`."""
        self.refused = []
        return self._read(self.refused)


def read_start(path: Path) -> bytes:
    """Return the first bytes of a file, having looked that it can be read at all; raises RuleError or Unavailable."""
    with reading(path):
        if not path.is_file():
            raise RuleError(_("There is no file {file}: check the name.").format(file=path))
        size = path.stat().st_size
        if size > MAX_FILE:
            raise RuleError(
                _("{file} is larger than {limit} GB: split it and import the parts.").format(
                    file=path.name, limit=MAX_FILE >> 30
                )
            )
        with path.open("rb") as file:
            start = file.read(_SNIFF)
    if not start.strip():
        raise RuleError(_("{file} is empty: there is nothing to import.").format(file=path.name))
    return start


class reading:  # noqa: N801 - reads as a verb: with reading(path)
    """Say in words what the disk refuses while a file is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Turn an OSError into Unavailable and a name with a NUL into RuleError."""
        if isinstance(error, OSError):
            raise Unavailable(
                _("{file} cannot be read: {error}.").format(file=self.path, error=error.strerror or error)
            ) from error
        if isinstance(error, ValueError) and "null" in str(error):
            raise RuleError(_("{file} is not the name of a file.").format(file=repr(str(self.path)))) from error


def guess_encoding(path: Path, start: bytes) -> str:
    """Return the encoding of a file: by its byte order mark or its zeros; UTF-8 where all of it is; else cp1252."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if start.startswith(mark):
            return name
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) > len(start) * 0.3 and min(even, odd) < len(start) * 0.02:
        return "utf-16-le" if odd > even else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with reading(path), path.open("rb") as file:
            while part := file.read(1 << 20):
                decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def known_encoding(name: str) -> bool:
    """Whether this is the name of an encoding of text."""
    try:
        "a".encode(name)
    except (LookupError, UnicodeError, ValueError, TypeError):
        return False
    return True


def unique(names: list[str]) -> tuple[str, ...]:
    """Return column names of which each is there once and none is empty: "Name", "Name (2)", "column 3"."""
    seen: dict[str, int] = {}
    result = []
    for number, raw in enumerate(names, start=1):
        name = " ".join(raw.split())[:200] or _("column {number}").format(number=number)
        while name in seen:
            seen[name] += 1
            name = f"{name} ({seen[name]})"
        seen[name] = 1
        result.append(name)
    return tuple(result)
