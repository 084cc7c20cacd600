"""Previews of pictures that came from outside: decoded in a process of their own, and made anew from the pixels.

A picture is a program for a decoder, and decoders have holes. So what was attached is decoded by another process, which
is given only the bytes, little memory and little time, and gives back nothing but pixels, of which the number is
checked (`picture_process.py`). Text, place, camera and whatever else a file carries stays behind.
"""

import io
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from commandlog.language import _
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.media import PIXELS

MAX_SIDE = 1600  # pixels
SECONDS = 20  # for one picture; 65 million pixels take up to 3, and 1.1 GB of memory, where this was measured
MEMORY = 3 << 29  # bytes for the other process, where the system can limit it (not on Windows)
SHARP = ("image/png", "image/gif")
"""Types of drawings and screens, whose edges a JPEG would blur."""

_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_PROCESS = Path(__file__).with_name("picture_process.py")


class Picture(NamedTuple):
    """Pixels: three bytes each (red, green, blue), row by row from the top."""

    width: int
    height: int
    pixels: bytes


def picture(content: bytes, max_side: int = MAX_SIDE, *, seconds: float = SECONDS, memory: int = MEMORY) -> Picture:
    """Return what a file shows, upright, at most `max_side` pixels a side; of one that moves, the first frame.

    It takes a fraction of a second: not for the thread that paints. Raises RuleError where the file is no picture,
    damaged, too large, or takes more time or memory than it may; Unavailable where no process can be started.
    """
    numbers = [str(one) for one in (max_side, PIXELS, memory, int(seconds) + 1)]
    limit = 8 + 3 * max_side * max_side
    try:
        code, out = _ran([sys.executable, "-P", str(_PROCESS), *numbers], content, limit, seconds)
    except OSError as error:
        raise Unavailable(_("No preview can be made now: {error}.").format(error=error.strerror or error)) from error
    if code == 1:
        raise Unavailable(_("No preview can be made now: {error}.").format(error="Pillow"))
    width, height = int.from_bytes(out[:4], "big"), int.from_bytes(out[4:8], "big")
    if code or max(width, height) > max_side or not width * height or len(out) != 8 + 3 * width * height:
        raise RuleError(_("No preview can be made of this file: it is damaged, or too much to show. It can be saved."))
    return Picture(width, height, out[8:])


def _ran(command: list[str], content: bytes, limit: int, seconds: float) -> tuple[int, bytes]:
    """Run the process; returns its exit code and what it wrote, of which no more than the limit and one byte is read.

    It reads all that it is given before it decodes or writes anything, so neither side waits for the other.
    """
    with subprocess.Popen(  # noqa: S603 - our own file, and numbers
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, creationflags=_NO_WINDOW
    ) as process:
        end = threading.Timer(seconds, process.kill)
        end.start()
        given, told = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
        try:
            with suppress(BrokenPipeError):  # it has ended: how, its code says
                given.write(content)
            with suppress(BrokenPipeError):
                given.close()
            out = told.read(limit + 1)
            if len(out) > limit:
                process.kill()
            return process.wait(), out
        finally:
            process.kill()
            end.cancel()


def encoded(shown: Picture, *, sharp: bool = False) -> bytes:
    """Return pixels as a JPEG, or as a PNG where they are to stay `sharp`."""
    from PIL import Image  # 40 ms to import, and most commands show no picture

    out = io.BytesIO()
    made = Image.frombytes("RGB", (shown.width, shown.height), shown.pixels)
    if sharp:
        made.save(out, "PNG", compress_level=4)
    else:
        made.save(out, "JPEG", quality=88)
    return out.getvalue()
