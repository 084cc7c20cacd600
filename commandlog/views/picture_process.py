"""The process that decodes a picture from outside: bytes in, pixels out (see `pictures.py`).

It is run as a file of its own and imports nothing of this program. Every decoder is first tried on a picture made here,
so that all it needs is loaded; from there on the process can open no file, write to none and start no other process,
where the system can forbid that (POSIX), and has little memory and time. It ends with NOTHING where there is nothing to
show.

Arguments: the longest side of the outcome, the most pixels of a picture, bytes of memory, seconds. Writes width and
height, four bytes each, big-endian, then three bytes a pixel.
"""

import io
import sys
import warnings
from contextlib import suppress

from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
NOTHING = 9
ORIENTATION = 0x0112  # the EXIF tag
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture upright, by the orientation that EXIF gives."""
PAPER = (255, 255, 255)
"""What lies behind transparent pixels."""


def try_out() -> None:
    """Let each decoder load what it needs, on pictures that move and pictures that lie on their side."""
    turned = Image.Exif()
    turned[ORIENTATION] = 6
    for form in FORMATS:
        out = io.BytesIO()
        frames = {"save_all": True, "append_images": [Image.new("RGB", (3, 2), PAPER)]} if form != "JPEG" else {}
        Image.new("RGB", (3, 2)).save(out, form, exif=turned, **frames)
        shown(out.getvalue(), 2)


def confine(memory: int, seconds: int) -> None:
    """Give up what decoding does not need."""
    try:
        import resource
    except ImportError:  # Windows has no such limits: there, the time is what bounds it
        return
    for name, limit in (("AS", memory), ("CPU", seconds), ("CORE", 0), ("FSIZE", 0), ("NOFILE", 0), ("NPROC", 0)):
        with suppress(OSError, ValueError, AttributeError):  # not every system has, or keeps, each of them
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))


def shown(content: bytes, max_side: int) -> Image.Image:
    """Return the first frame of a picture, upright, in RGB, at most `max_side` pixels a side."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        opened.draft("RGB", (max_side, max_side))  # a JPEG is decoded at half, a quarter or an eighth
        opened.load()
        made = opened if opened.mode in ("RGB", "RGBA", "L", "CMYK") else widened(opened)
        made.thumbnail((max_side, max_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
        turn = TURNS.get(orientation(opened))
        if turn is not None:
            made = made.transpose(turn)
        return on_paper(made)


def orientation(opened: Image.Image) -> int:
    """Return how the camera was held, as EXIF says it."""
    try:
        return int(opened.getexif().get(ORIENTATION, 1))
    except Exception:  # damaged EXIF is no reason to show nothing
        return 1


def widened(opened: Image.Image) -> Image.Image:
    """Return a picture of numbers (a palette, 16 bits) as one of colours, which can be made smaller."""
    if opened.mode.startswith("I"):
        return opened.point(lambda value: value / 256).convert("L")
    return opened.convert("RGBA")


def on_paper(made: Image.Image) -> Image.Image:
    """Return a picture without transparency, new from its pixels."""
    if made.mode != "RGBA":
        return made.convert("RGB")
    paper = Image.new("RGB", made.size, PAPER)
    paper.paste(made, mask=made.getchannel("A"))
    return paper


def main() -> None:
    """Read a picture, write its pixels."""
    max_side, pixels, memory, seconds = map(int, sys.argv[1:5])
    Image.MAX_IMAGE_PIXELS = pixels  # more than that is a warning, twice that an error
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try_out()
    confine(memory, seconds)
    made = shown(sys.stdin.buffer.read(), max_side)
    sys.stdout.buffer.write(made.width.to_bytes(4, "big") + made.height.to_bytes(4, "big") + made.tobytes())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        main()
    except Exception:  # whatever a decoder says of what it was given: there is nothing to show
        sys.exit(NOTHING)
