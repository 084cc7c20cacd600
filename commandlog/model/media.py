"""What a file is, by its content alone: its type, its size in pixels, and whether it is small enough to be kept.

A name proves nothing and is never asked. What is not recognised is kept all the same, as "application/octet-stream",
and never opened by this program. Headers are read here byte by byte, so that a picture's size is known before anything
decodes it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

from commandlog.language import _
from commandlog.model.errors import RuleError

LARGEST = 25 << 20
"""The largest file that is kept, in bytes."""
PIXELS = 65_000_000
"""The largest picture: telephones take 8192 × 6144 (50 million) and 9248 × 6936 (64 million)."""

UNKNOWN = "application/octet-stream"
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "application/pdf": ".pdf",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/3gpp": ".3gp",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/mp4": ".m4a",
    "text/plain": ".txt",
    UNKNOWN: ".bin",
}
SHOWN = ("image/jpeg", "image/png", "image/webp", "image/gif")
"""Types of which a preview can be made."""

_NAME = 120  # characters
_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")  # control characters save tab, line ends and form feed
_HEIC = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))
_BASE = ((b"qt  ", "video/quicktime"), (b"M4A ", "audio/mp4"), (b"M4B ", "audio/mp4"), (b"3g", "video/3gpp"))
_MP4 = (b"isom", b"iso", b"mp4", b"avc1", b"M4V", b"MSNV", b"dash")
_FRAME_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG markers that carry the size of the picture
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))  # JPEG markers without a length
_RATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # MPEG 1 layer III, kbit/s
_RATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # MPEG 2 and 2.5 layer III, kbit/s


class Media(NamedTuple):
    """What a file is: its type, and the width and height that a picture's header claims (0 where none is read)."""

    type: str
    width: int = 0
    height: int = 0


def examined(content: bytes) -> Media:
    """Return what a file is, where it can be kept.

    Raises RuleError for an empty file, one over LARGEST and a picture over PIXELS.
    """
    if not content:
        raise RuleError(_("The file is empty: there is nothing to attach."))
    if len(content) > LARGEST:
        raise too_large(len(content))
    media = sniffed(content)
    if media.width * media.height > PIXELS:
        raise RuleError(
            _("The picture has {n} million pixels, and at most {limit} million can be kept: make it smaller.").format(
                n=-(-media.width * media.height // 1_000_000), limit=PIXELS // 1_000_000
            )
        )
    return media


def too_large(size: int) -> RuleError:
    """Return the error that says how large a file may be; `size` is in bytes."""
    return RuleError(
        _("The file has {size}, and at most {limit} can be kept: make it smaller, or attach a part of it.").format(
            size=bytes_said(size), limit=bytes_said(LARGEST)
        )
    )


def bytes_said(size: int) -> str:
    """Return a number of bytes as people read it: 812 B, 64 KB, 3.2 MB (1 MB is 1,048,576 bytes)."""
    if size < 1 << 10:
        return f"{size} B"
    return f"{-(-size >> 10)} KB" if size < 1 << 20 else f"{-(-size * 10 >> 20) / 10:.1f} MB"


def suffix(media: str) -> str:
    """Return the ending of a file name that goes with a type."""
    return SUFFIXES.get(media, SUFFIXES[UNKNOWN])


def clean_name(name: str) -> str:
    """Return the name of a file as text to show: without folders, control and direction characters, and not endless.

    It is never a path: where a file is saved, another name is proposed.
    """
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    kept = "".join(
        one if unicodedata.category(one)[0] not in "CZ" else " " for one in unicodedata.normalize("NFC", last)
    )
    kept = " ".join(kept.split())
    if kept.strip(".") == "":
        return ""
    return kept if len(kept) <= _NAME else f"{kept[: _NAME - 21]}…{kept[-20:]}"


def sniffed(content: bytes) -> Media:
    """Return what a file is, whatever its size."""
    for begin, read in _BEGINNINGS:
        if content.startswith(begin):
            return read(content)
    if content[4:8] == b"ftyp":
        return Media(_boxed(content))
    if content.startswith(b"ID3") or _is_mp3(content):
        return Media("audio/mpeg")
    return Media("text/plain" if _is_text(content) else UNKNOWN)


def _jpeg(content: bytes) -> Media:
    """Read the size from the first frame header; a JPEG without one is damaged, and has none."""
    for marker, at in _jpeg_markers(content):
        if marker in _FRAME_SIZES:
            return Media("image/jpeg", _big(content, at + 5, 2), _big(content, at + 3, 2))
        if marker == 0xDA:  # the picture itself begins
            break
    return Media("image/jpeg")


def _jpeg_markers(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield each marker and the position of its length, as far as they follow each other and are whole."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # what fills up
            at += 1
        elif marker in _ALONE:
            at += 2
        else:
            length = _big(content, at + 2, 2)
            if length < 2 or (marker in _FRAME_SIZES and at + 9 > len(content)):
                return
            yield marker, at + 2
            at += 2 + length


def _png(content: bytes) -> Media:
    whole = content[12:16] == b"IHDR" and len(content) >= 24
    return Media("image/png", _big(content, 16, 4), _big(content, 20, 4)) if whole else Media("image/png")


def _gif(content: bytes) -> Media:
    return (
        Media("image/gif", _little(content, 6, 2), _little(content, 8, 2)) if len(content) >= 10 else Media("image/gif")
    )


def _riff(content: bytes) -> Media:
    if content[8:12] == b"WAVE":
        return Media("audio/wav")
    if content[8:12] != b"WEBP":
        return Media(UNKNOWN)
    chunk, size = content[12:16], (0, 0)
    if chunk == b"VP8X" and len(content) >= 30:
        size = 1 + _little(content, 24, 3), 1 + _little(content, 27, 3)
    elif chunk == b"VP8L" and len(content) >= 25 and content[20] == 0x2F:
        bits = _little(content, 21, 4)
        size = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif chunk == b"VP8 " and len(content) >= 30 and content[23:26] == b"\x9d\x01\x2a":
        size = _little(content, 26, 2) & 0x3FFF, _little(content, 28, 2) & 0x3FFF
    return Media("image/webp", *size)


def _boxed(content: bytes) -> str:
    """Return the type of a file of boxes (ISO base media) by the brands that it names."""
    end = min(_big(content, 0, 4), len(content), 4096)
    brands = [content[8:12], *(content[at : at + 4] for at in range(16, end - 3, 4))]
    if _HEIC & {brands[0]} or (brands[0] not in (b"avif", b"avis") and _HEIC & set(brands)):
        return "image/heic"
    for begin, media in _BASE:
        if brands[0].startswith(begin):
            return media
    return "video/mp4" if any(brand.startswith(_MP4) for brand in brands) else UNKNOWN


def _is_mp3(content: bytes) -> bool:
    """Whether it begins with two MPEG layer III frames, one where the first says that it ends."""
    first = _mp3_frame(content, 0)
    return first > 0 and (first == len(content) or _mp3_frame(content, first) > 0)


def _mp3_frame(content: bytes, at: int) -> int:
    """Return the length of the frame at a position, 0 where none begins there."""
    if at + 4 > len(content):
        return 0
    head = _big(content, at, 4)
    version, rate, frequency = head >> 19 & 3, head >> 12 & 15, head >> 10 & 3
    if head >> 21 != 0x7FF or version == 1 or head >> 17 & 3 != 1 or rate in (0, 15) or frequency == 3:
        return 0
    hertz = (44_100, 48_000, 32_000)[frequency] // {3: 1, 2: 2, 0: 4}[version]
    slots, rates = (144_000, _RATES) if version == 3 else (72_000, _RATES_2)
    return slots * rates[rate] // hertz + (head >> 9 & 1)


def _is_text(content: bytes) -> bool:
    if _NO_TEXT.search(content):
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _big(content: bytes, at: int, length: int) -> int:
    return int.from_bytes(content[at : at + length], "big")


def _little(content: bytes, at: int, length: int) -> int:
    return int.from_bytes(content[at : at + length], "little")


_BEGINNINGS: tuple[tuple[bytes, Callable[[bytes], Media]], ...] = (
    (b"\xff\xd8\xff", _jpeg),
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"GIF87a", _gif),
    (b"GIF89a", _gif),
    (b"RIFF", _riff),
    (b"%PDF-", lambda _content: Media("application/pdf")),
    (b"OggS", lambda _content: Media("audio/ogg")),
)
