"""Reads workbooks and web pages in a process of their own, and keeps the rows in a file without a name.

The process gets the bytes and little memory and time (`grid_process.py`); what it writes is checked, so that whatever a
file does to its reader, this program gets rows or one sentence. The rows are read again and again from the nameless
file, which is gone when the table is.
"""

import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, cast

import msgspec

from commandlog.intake.grid import Line
from commandlog.intake.rows import read_whole
from commandlog.language import _
from commandlog.model.errors import RuleError, Unavailable

MAX_BYTES = 256 << 20  # of a workbook or a page
MEMORY = 3 << 30  # bytes for the other process, where the system can limit it (not on Windows)
SECONDS = 5.0  # for any file, and for each of its megabytes, unpacked:
SECONDS_PER_MB = {"page": 2.0, "workbook": 0.3}  # six and ten times what they took where nothing else ran
MAX_SECONDS = 300.0
MAX_ROWS_BYTES = 4 << 30  # what the rows may take on disk
MAX_FRAME = 128 << 20  # bytes

_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_PROCESS = Path(__file__).with_name("grid_process.py")
_IN_MEMORY = 8 << 20


class Found(msgspec.Struct):
    """What the process found: the kind of file, the sheet that it reads, its width, and the other sheets with rows."""

    kind: str
    sheet: str
    width: int
    others: list[str]
    hidden_rows: bool = False


class _Fault(msgspec.Struct):
    fault: str
    detail: str


class Grids(NamedTuple):
    """What was found, and its rows, which can be read again and again."""

    found: Found
    rows: "Rows"


class Rows:
    """Numbered rows of cells in a file that has no name."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        weakref.finalize(self, file.close)

    def __iter__(self) -> Iterator[Line]:
        """Read the rows from the start; several readings may go on at a time."""
        position = 0
        while True:
            self._file.seek(position)
            size = int.from_bytes(self._file.read(4), "big")
            lines = _lines(self._file.read(size))
            position += 4 + size
            if not lines:
                return
            yield from lines


_lines = msgspec.msgpack.Decoder(list[tuple[int, list[str]]]).decode


def read_confined(path: Path, form: str, *, wanted: str = "", encoding: str = "utf-8") -> Grids:
    """Return the rows of a workbook (`form` "workbook") or web page ("page").

    `wanted` is a sheet by its name or number. Raises RuleError where the file is none, damaged, locked with a password
    or made to do harm; Unavailable where no process can be started.
    """
    content = read_whole(path, MAX_BYTES)
    arguments = [form, wanted.replace("\0", ""), encoding, str(MEMORY), str(int(MAX_SECONDS) + 1)]
    spool = cast("IO[bytes]", tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 - it lives as long as the rows
    rows = Rows(spool)
    try:
        command = [sys.executable, "-P", str(_PROCESS), *arguments]
        found, late = _ran(command, content, spool, SECONDS_PER_MB[form])
    except OSError as error:
        raise Unavailable(
            _("{file} cannot be read: {error}.").format(file=path, error=error.strerror or error)
        ) from error
    if isinstance(found, _Fault):
        raise RuleError(_why(found.fault, found.detail, path.name))
    if found is None:
        raise RuleError(_why("late" if late else "died", "", path.name))
    return Grids(found, rows)


def _understood(frame: bytes) -> Found | _Fault | None:
    """Return what a frame says of the file, None where it says nothing of the kind."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.msgpack.decode(frame, type=Found)
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.msgpack.decode(frame, type=_Fault)
    return None


def _ran(
    command: list[str], content: bytes, spool: IO[bytes], seconds_per_mb: float
) -> tuple[Found | _Fault | None, bool]:
    """Run the process; returns what it found (None where its rows do not come to their end), and if it was late.

    It reads all that it is given before it writes anything, so neither side waits for the other. Its first frame says
    how much there is to read, as the file itself states it: that decides how long it may take.
    """
    with subprocess.Popen(  # noqa: S603 - our own file, numbers, and the name of a sheet
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, creationflags=_NO_WINDOW
    ) as process:
        late = threading.Event()
        end = _killing(process, SECONDS, late)
        given, told = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
        try:
            with suppress(BrokenPipeError):  # it has ended: how, its frames say
                given.write(content)
            with suppress(BrokenPipeError):
                given.close()
            size = int.from_bytes((_frame(told) or b"")[-8:], "big")
            end.cancel()
            end = _killing(process, min(SECONDS + seconds_per_mb * (size >> 20), MAX_SECONDS), late)
            found = _understood(_frame(told) or b"")
            if isinstance(found, Found) and not _copied(told, spool):
                found = None
            return found, late.is_set()
        finally:
            process.kill()
            end.cancel()


def _killing(process: "subprocess.Popen[bytes]", seconds: float, late: threading.Event) -> threading.Timer:
    """Return a timer that ends the process, and notes that it was late."""

    def kill() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, kill)
    timer.start()
    return timer


def _frame(told: BinaryIO) -> bytes | None:
    """Return the next frame, None where it does not come whole."""
    size = int.from_bytes(told.read(4), "big")
    if size > MAX_FRAME:
        return None
    frame = told.read(size)
    return frame if size and len(frame) == size else None


def _copied(told: BinaryIO, spool: IO[bytes]) -> bool:
    """Write the frames with rows to a file; returns whether they came to their end."""
    total = 0
    while frame := _frame(told):
        total += len(frame)
        try:
            lines = _lines(frame)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False
        spool.write(len(frame).to_bytes(4, "big") + frame)
        if not lines:
            return True
        if total > MAX_ROWS_BYTES:
            return False
    return False


def _why(fault: str, detail: str, name: str) -> str:
    """Return in words what a file is instead of a table."""
    words = {
        "bomb": _("{file} unpacks to more than any log needs: it is not read. Save it anew, or as CSV."),
        "encrypted": _("{file} is locked with a password: open it, save it without one, and import that."),
        "nested": _("{file} holds other archives: it is not read. Import the workbook by itself."),
        "doctype": _("{file} defines its own XML entities, which no workbook does: it is not read."),
        "damaged": _("{file} is damaged: open it in a spreadsheet program and save it anew, or as CSV."),
        "no workbook": _("{file} is no workbook that can be read. Save it as XLSX or CSV and import that."),
        "document": _("{file} is a text document. Copy its table to a workbook, save that and import it."),
        "zip": _("{file} is a ZIP archive ({detail}). Unpack it and import the file inside."),
        "no such sheet": _("{file} has no such sheet. It has: {detail}."),
        "no table": _("{file} is a web page without a table: there is nothing to import."),
        "empty": _("{file} holds no rows: there is nothing to import."),
        "wide": _("{file} has {detail} columns, which is more than are read: delete the ones without use."),
        "late": _("{file} takes too long to read: save the sheet as CSV and import that."),
        "died": _("{file} takes more memory than it may, or is damaged: save the sheet as CSV and import that."),
    }
    return words.get(fault, words["died"]).format(file=name, detail=" ".join(detail.split())[:200])
