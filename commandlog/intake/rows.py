"""What every reader of a file gives: a table whose rows know where they stand in the file.

Everything in such a file comes from outside and is taken as hostile: it is measured before it is read, its characters
are guessed, and what cannot be a row is refused by its line.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from commandlog.language import _
from commandlog.model.errors import RuleError, Unavailable

MAX_FILE = 2 << 30  # bytes; a million rows of a wide export are a quarter of this
MAX_CELL = 100_000  # characters; a longer cell is a fault of the export, or an attack
MAX_COLUMNS = 1_000
MAX_ROWS = 5_000_000  # taken in or refused; each costs memory until the import is done
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


class Refusals(list[Refused]):
    """What one reading of a table refused, and in `notices` what only the whole of it showed."""

    def __init__(self) -> None:
        super().__init__()
        self.notices: list[str] = []
        self.nuls = 0  # NUL characters that were left out


class Shape(NamedTuple):
    """What a mapping may say about the file itself; empty or None is guessed.

    `header` is whether there is one, or how many rows it has; `sheet` a sheet by name or number (of a web page: the
    number of the table), `records` the dotted path to the list in a JSON file, `pattern` a regular expression with
    named groups for the lines of a text log.
    """

    encoding: str = ""
    separator: str = ""
    header: bool | int | None = None
    sheet: str = ""
    records: str = ""
    pattern: str = ""


class Table:
    """Rows of a file that can be read again and again without being held in memory.

    `columns` are their names, `unit` is what a row's number counts ("line", or "row", "feature", "record" where lines
    say nothing), `form` says in words what was found, `notices` what a person should know (complete when the rows have
    been read). `crs` names the reference system of the coordinates where the file says that they are no degrees. Each
    reading begins `refused` anew.
    """

    def __init__(
        self,
        columns: tuple[str, ...],
        read: Callable[[Refusals], Iterator[Row]],
        *,
        form: str,
        unit: str = "line",
        notices: tuple[str, ...] = (),
        crs: str = "",
    ) -> None:
        self.columns = columns
        self.form = form
        self.unit = unit
        self.crs = crs
        self.refused = Refusals()
        self._notices = notices
        self._read = read

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know of the file, one sentence each."""
        return (*self._notices, *self.refused.notices)

    def note(self, *notices: str) -> None:
        """Say more of the file itself."""
        self._notices += notices

    def __iter__(self) -> Iterator[Row]:
        """Read the rows from the start; those that cannot be rows end up in `refused`."""
        self.refused = Refusals()
        return self._bounded(self.refused)

    def _bounded(self, refused: Refusals) -> Iterator[Row]:
        for count, row in enumerate(self._read(refused)):
            if count + len(refused) >= MAX_ROWS:
                raise RuleError(
                    _("The file has more than {limit} rows: split it and import the parts.").format(limit=MAX_ROWS)
                )
            yield row


def fitting(line: int, cells: list[str], columns: tuple[str, ...], refused: Refusals) -> Row | None:
    """Return cells as a row, or None where one is too long for a cell: the row is then refused."""
    if cells and len(max(cells, key=len)) > MAX_CELL:
        long = max(range(len(cells)), key=lambda n: len(cells[n]))
        why = _("is {count} characters long, at most {limit} are taken").format(count=len(cells[long]), limit=MAX_CELL)
        refused.append(Refused(line, columns[long], why))
        return None
    return Row(line, tuple(cells))


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


def read_whole(path: Path, limit: int) -> bytes:
    """Return all bytes of a file whose form must be held in memory; raises RuleError where it has more than `limit`."""
    with reading(path), path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise RuleError(
            _("{file} is larger than {limit} MB, which is too much for this form: split it, or save it as CSV.").format(
                file=path.name, limit=limit >> 20
            )
        )
    return content


class reading:  # noqa: N801 - reads as a verb: with reading(path)
    """Say in words what the disk refuses while a file is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Turn an OSError into Unavailable, a wrong encoding and a name with a NUL into RuleError."""
        if isinstance(error, UnicodeError):
            raise RuleError(
                _("{file} is not written in the encoding that is given: leave it out, and it is guessed.").format(
                    file=self.path.name
                )
            ) from error
        if isinstance(error, OSError):
            raise Unavailable(
                _("{file} cannot be read: {error}.").format(file=self.path, error=error.strerror or error)
            ) from error
        if isinstance(error, ValueError) and "null" in str(error):
            raise RuleError(_("{file} is not the name of a file.").format(file=repr(str(self.path)))) from error


def known_encoding(name: str) -> bool:
    """Whether this is the name of an encoding in which texts are written."""
    try:
        bytes(range(256)).decode(name, "replace")
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
