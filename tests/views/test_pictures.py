"""Previews: nothing but pixels comes over; a picture that means harm makes no preview appear, and does no more."""

import io
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.media import SHOWN, sniffed
from commandlog.verbs import saying
from commandlog.verbs.attaching import attach
from commandlog.views import attachments, pictures
from commandlog.views.moments import live
from tests import files

PLAIN: dict[str, bytes] = {
    "jpeg": files.picture("JPEG", quality=95),
    "progressive": files.picture("JPEG", quality=95, progressive=True),
    "cmyk": files.picture("JPEG", mode="CMYK", quality=95),
    "png": files.picture("PNG"),
    "png rgba": files.picture("PNG", mode="RGBA"),
    "png palette": files.picture("PNG", mode="P", transparency=5),
    "gif": files.picture("GIF"),
    "webp": files.picture("WEBP", quality=95),
    "webp lossless": files.picture("WEBP", lossless=True),
    "webp rgba": files.picture("WEBP", mode="RGBA", quality=95),
    "damaged exif": files.picture("JPEG", quality=95, exif=b"Exif\x00\x00MM\x00*" + b"\xff" * 400),
}


def colour(shown: pictures.Picture, x: int, y: int) -> str:
    at = (y * shown.width + x) * 3
    red, _green, blue = shown.pixels[at : at + 3]
    return "red" if red > 150 > blue else "blue" if blue > 150 > red else "other"


@pytest.mark.parametrize("name", PLAIN)
def test_a_picture_shows_what_it_shows(name: str) -> None:
    assert sniffed(PLAIN[name]).type in SHOWN
    shown = pictures.picture(PLAIN[name])
    assert (shown.width, shown.height, len(shown.pixels)) == (60, 40, 60 * 40 * 3)
    assert (colour(shown, 5, 20), colour(shown, 54, 20)) == ("red", "blue")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16"])
def test_pictures_without_colours_are_shown_too(mode: str) -> None:
    shown = pictures.picture(files.picture("PNG", mode="L") if mode != "I;16" else _sixteen_bits())
    assert (shown.width, shown.height) == (60, 40)
    assert len(set(shown.pixels)) > 1
    shown = pictures.picture(files.picture("PNG", mode=mode) if mode != "I;16" else _sixteen_bits())
    assert shown.pixels[:3] == bytes([shown.pixels[0]] * 3)


def _sixteen_bits() -> bytes:
    out = io.BytesIO()
    made = Image.new("I;16", (60, 40), 0x8000)
    made.paste(0x2000, (0, 0, 30, 40))
    made.save(out, "PNG")
    return out.getvalue()


def test_what_can_be_seen_through_lies_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(out, "PNG")
    assert set(pictures.picture(out.getvalue()).pixels) == {255}  # and what was hidden there stays hidden


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "top", "bottom"), [(6, "red", "blue"), (8, "blue", "red"), (5, "red", "blue"), (7, "blue", "red")]
)
def test_a_picture_is_turned_upright(form: str, orientation: int, top: str, bottom: str) -> None:
    shown = pictures.picture(files.on_its_side(form, orientation))
    assert (shown.width, shown.height) == (40, 60)
    assert (colour(shown, 20, 4), colour(shown, 20, 55)) == (top, bottom)


@pytest.mark.parametrize(
    ("orientation", "left"), [(1, "red"), (2, "blue"), (3, "blue"), (4, "red"), (9, "red"), (0, "red")]
)
def test_a_picture_that_stands_upright_stays_so(orientation: int, left: str) -> None:
    shown = pictures.picture(files.on_its_side("JPEG", orientation))
    assert (shown.width, shown.height, colour(shown, 4, 20)) == (60, 40, left)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_pixels_comes_over(venue: Desk, form: str) -> None:
    original = files.on_its_side(form)
    assert b"CANARY" in original
    made = attach(venue, saying.note(venue, "kijk").seq, original, name="x.gif")
    shown = attachments.preview(venue.log, live(venue.log), made.seq)
    assert b"CANARY" not in shown
    assert sniffed(shown).type == ("image/png" if form == "PNG" else "image/jpeg")
    with Image.open(io.BytesIO(shown)) as opened:
        assert opened.size == (40, 60)
        assert not opened.getexif()
        assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize(("size", "most", "made"), [((900, 600), 300, (300, 200)), ((100, 2000), 100, (5, 100))])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_preview_is_no_larger_than_asked(form: str, size: tuple[int, int], most: int, made: tuple[int, int]) -> None:
    shown = pictures.picture(files.picture(form, size), most)
    assert (shown.width, shown.height) == made


def test_what_is_no_picture_has_no_preview(venue: Desk) -> None:
    entry = saying.note(venue, "kijk").seq
    for content in (b"%PDF-1.7", b"tekst", b'<svg xmlns="http://www.w3.org/2000/svg"/>', files.picture("BMP")):
        made = attach(venue, entry, content, name="foto.png")
        with pytest.raises(RuleError, match="no picture that can be shown"):
            attachments.preview(venue.log, live(venue.log), made.seq)
        with pytest.raises(RuleError, match="No preview"):  # nor where it is decoded as if it were one
            pictures.picture(content)


HARMFUL: dict[str, bytes] = {
    "nothing": b"",
    "cut off": files.picture("JPEG", (600, 400), quality=95)[:900],
    "png cut off": files.picture("PNG", (600, 400))[:-40],
    "no pixels": files.png(4, 4),
    "a head alone": files.jpeg(100, 100),
    "too many pixels": files.png(60_000, 60_000),
    "more pixels than memory": files.webp(16_384, 16_384),
    "text that swells": files.swollen(b"zTXt"),
    "a profile that swells": files.swollen(b"iCCP"),
    "no size": files.gif(0, 0),
    "other formats": files.picture("TIFF"),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_picture_makes_no_preview(name: str) -> None:
    began = time.monotonic()
    with pytest.raises(RuleError, match="No preview can be made of this file"):
        pictures.picture(HARMFUL[name])
    assert time.monotonic() - began < pictures.SECONDS / 2


def test_a_picture_has_no_more_pixels_than_it_may() -> None:
    assert pictures.picture(files.picture("PNG", (8000, 8000), "1"), 10).width == 10
    with pytest.raises(RuleError, match="No preview"):
        pictures.picture(files.picture("PNG", (8100, 8100), "1"), 10)  # 65.6 million


def test_of_a_picture_that_moves_only_the_first_frame_is_read() -> None:
    shown = pictures.picture(files.moving(500), 100, memory=400 << 20)  # all frames would be 240 MB and more
    assert (shown.width, shown.height) == (100, 100)


LARGE = files.picture("PNG", (6000, 6000))
"""A small file and 144 MB of pixels."""


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no limit of memory there")
def test_a_picture_gets_no_more_memory_than_it_may() -> None:
    with pytest.raises(RuleError, match="No preview"):
        pictures.picture(LARGE, memory=200 << 20)
    assert pictures.picture(LARGE, 100).width == 100  # the control: it was the memory


def test_a_picture_gets_no_more_time_than_it_may() -> None:
    began = time.monotonic()
    with pytest.raises(RuleError, match="No preview"):
        pictures.picture(LARGE, seconds=0.02)
    assert time.monotonic() - began < 10


def _instead(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let the other process do something else, as one that a picture has taken over might."""
    program = f"import sys; given = sys.stdin.buffer.read(); out = sys.stdout.buffer.write; {code}"
    ran = pictures._ran
    monkeypatch.setattr(
        pictures,
        "_ran",
        lambda _command, content, limit, seconds: ran([sys.executable, "-c", program], content, limit, seconds),
    )


@pytest.mark.parametrize(
    "code",
    [
        "out(bytes(7))",
        "out(bytes(8))",
        "out(b'\\0\\0\\0\\2' * 2 + bytes(11))",
        "out(b'\\0\\0\\0\\2' * 2 + bytes(13))",
        "out(b'\\xff\\xff\\xff\\xff' * 2 + bytes(99))",
        "out(b'\\0\\0\\0\\2' * 2 + bytes(12)); sys.exit(3)",
        "import os; os.abort()",
        "[out(bytes(1 << 20)) for _ in range(100_000)]",
        "out(given)",
    ],
)
def test_what_a_process_that_was_taken_over_says_is_not_believed(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    _instead(monkeypatch, code)
    with pytest.raises(RuleError, match="No preview"):
        pictures.picture(PLAIN["png"], seconds=10)


def test_a_process_that_never_stops_writing_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    _instead(monkeypatch, "import time; [(out(bytes(1 << 20)), time.sleep(0.05)) for _ in range(100_000)]")
    began = time.monotonic()
    with pytest.raises(RuleError, match="No preview"):
        pictures.picture(b"", 1000, seconds=15)
    assert time.monotonic() - began < 10  # three megabytes are enough; it is not left to run out of time


def test_what_is_not_believed_is_otherwise_well_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above."""
    _instead(monkeypatch, "out(b'\\0\\0\\0\\2' * 2 + bytes(12))")
    assert pictures.picture(b"") == (2, 2, bytes(12))


def test_a_process_that_reads_nothing_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    ran, ends = pictures._ran, [sys.executable, "-c", "import sys; sys.exit(1)"]
    monkeypatch.setattr(pictures, "_ran", lambda _command, *given: ran(ends, *given))
    with pytest.raises(Unavailable, match="No preview can be made now"):
        pictures.picture(bytes(5 << 20))
    monkeypatch.setattr(pictures, "_ran", lambda _command, *given: ran(["/nowhere/python"], *given))
    with pytest.raises(Unavailable, match="No such file"):
        pictures.picture(PLAIN["png"])


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits there")
def test_the_process_can_open_write_and_start_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    folder = str(pictures._PROCESS.parent)
    attempts = (
        f"open({str(pictures._PROCESS)!r})",
        f"open({str(tmp_path)!r} + '/x', 'w')",
        "__import__('socket').socket()",
        "__import__('subprocess').run(['true'])",
    )
    for attempt in attempts:
        code = (
            f"import socket, subprocess; sys.path.insert(0, {folder!r}); import picture_process\n"
            "if {confined}: picture_process.confine(1 << 30, 10)\n"
            f"{attempt}; out(b'\\0\\0\\0\\1' * 2 + bytes(3))"
        )
        for confined in (False, True):
            with monkeypatch.context() as patched:
                _instead(patched, code.replace("{confined}", str(confined)))
                if confined:
                    with pytest.raises(Unavailable):
                        pictures.picture(b"")
                else:
                    assert pictures.picture(b"").width == 1


@given(st.sampled_from(sorted(PLAIN)), st.data())
def test_a_picture_with_changed_bytes_does_no_harm(name: str, data: st.DataObject) -> None:
    content = bytearray(PLAIN[name])
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        shown = pictures.picture(bytes(content))
    except RuleError:
        return
    assert len(shown.pixels) == shown.width * shown.height * 3
