"""What a file is, by its content alone; how large it may be; and names, of which nothing is believed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.model.errors import RuleError
from commandlog.model.media import (
    LARGEST,
    PIXELS,
    SUFFIXES,
    UNKNOWN,
    Media,
    bytes_said,
    clean_name,
    examined,
    sniffed,
    suffix,
)
from tests import files

_MP3 = b"\xff\xfb\x90\x00" + bytes(413)  # MPEG 1 layer III, 128 kbit/s, 44.1 kHz
_MP3_2 = b"\xff\xf3\x80\x00" + bytes(204)  # MPEG 2 layer III, 64 kbit/s, 22.05 kHz


def _boxes(brand: bytes, *compatible: bytes) -> bytes:
    brands = brand + bytes(4) + b"".join(compatible)
    return (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands + b"\x00\x00\x00\x08mdat"


CONTENTS: dict[str, tuple[bytes, Media]] = {
    "jpeg": (files.picture("JPEG"), Media("image/jpeg", 60, 40)),
    "progressive jpeg": (files.picture("JPEG", progressive=True), Media("image/jpeg", 60, 40)),
    "jpeg with exif": (files.on_its_side(), Media("image/jpeg", 60, 40)),
    "jpeg head": (files.jpeg(9000, 7000), Media("image/jpeg", 9000, 7000)),
    "png": (files.picture("PNG"), Media("image/png", 60, 40)),
    "gif": (files.picture("GIF"), Media("image/gif", 60, 40)),
    "webp": (files.picture("WEBP"), Media("image/webp", 60, 40)),
    "webp lossless": (files.picture("WEBP", lossless=True), Media("image/webp", 60, 40)),
    "webp extended": (files.picture("WEBP", exif=b"Exif\x00\x00"), Media("image/webp", 60, 40)),
    "webp head": (files.webp(16384, 9), Media("image/webp", 16384, 9)),
    "heic": (_boxes(b"heic", b"mif1", b"heic"), Media("image/heic")),
    "heif of an iphone": (_boxes(b"mif1", b"heic"), Media("image/heic")),
    "avif": (_boxes(b"avif", b"mif1", b"avif"), Media(UNKNOWN)),
    "mp4": (_boxes(b"isom", b"iso2", b"avc1", b"mp41"), Media("video/mp4")),
    "mp4 of android": (_boxes(b"mp42", b"isom"), Media("video/mp4")),
    "mov": (_boxes(b"qt  ", b"qt  "), Media("video/quicktime")),
    "3gp": (_boxes(b"3gp4", b"isom"), Media("video/3gpp")),
    "m4a": (_boxes(b"M4A ", b"isom", b"mp42"), Media("audio/mp4")),
    "other boxes": (_boxes(b"jp2 ", b"jp2 "), Media(UNKNOWN)),
    "mp3": (_MP3 * 3, Media("audio/mpeg")),
    "mp3, one frame": (_MP3, Media("audio/mpeg")),
    "mp3, other version": (_MP3_2 * 3, Media("audio/mpeg")),
    "mp3 with tags": (b"ID3\x04\x00" + bytes(20), Media("audio/mpeg")),
    "wav": (b"RIFF\x24\x00\x00\x00WAVEfmt ", Media("audio/wav")),
    "riff": (b"RIFF\x24\x00\x00\x00AVI LIST", Media(UNKNOWN)),
    "ogg": (b"OggS\x00\x02" + bytes(20), Media("audio/ogg")),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", Media("application/pdf")),
    "text": ("Poort F, café\r\n\tvrouw ✓".encode(), Media("text/plain")),
    "html is text": (b"<!doctype html><script>alert(1)</script>", Media("text/plain")),
    "svg is text": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', Media("text/plain")),
    "utf-16": ("café".encode("utf-16"), Media(UNKNOWN)),
    "latin-1": ("café".encode("latin-1"), Media(UNKNOWN)),
    "terminal codes": (b"rood \x1b[31m", Media(UNKNOWN)),
    "program": (b"\x7fELF\x02\x01\x01" + bytes(60), Media(UNKNOWN)),
    "windows program": (b"MZ\x90\x00" + bytes(60), Media(UNKNOWN)),
    "zip": (b"PK\x03\x04" + bytes(30), Media(UNKNOWN)),
    "bmp": (files.picture("BMP"), Media(UNKNOWN)),
    "two bytes of sound": (b"\xff\xfb", Media(UNKNOWN)),
    "noise that begins like sound": (b"\xff\xfb\x90\x00" + b"\x01" * 600, Media(UNKNOWN)),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_file_is_what_its_content_shows(name: str) -> None:
    content, media = CONTENTS[name]
    assert sniffed(content) == media
    assert suffix(media.type) == SUFFIXES[media.type]


@pytest.mark.parametrize("name", [name for name, (_, media) in CONTENTS.items() if media.width])
def test_a_picture_that_is_cut_off_anywhere_is_read_without_harm(name: str) -> None:
    content, media = CONTENTS[name]
    for end in range(min(len(content), 700)):
        found = sniffed(content[:end])
        assert (found.width, found.height) in {(0, 0), (media.width, media.height)}, end


@given(st.sampled_from(sorted(CONTENTS)), st.data())
def test_a_file_with_changed_bytes_is_read_without_harm(name: str, data: st.DataObject) -> None:
    content = bytearray(CONTENTS[name][0][:4000])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = sniffed(bytes(content))
    assert found.type in SUFFIXES
    assert found.width >= 0 <= found.height


@given(st.binary(max_size=200))
def test_any_bytes_are_something(content: bytes) -> None:
    assert sniffed(content).type in SUFFIXES


def test_what_is_too_large_or_nothing_is_refused_with_the_limit() -> None:
    with pytest.raises(RuleError, match=r"25\.0 MB"):
        examined(bytes(LARGEST + 1))
    with pytest.raises(RuleError, match="empty"):
        examined(b"")
    assert examined(bytes(LARGEST)).type == UNKNOWN


@pytest.mark.parametrize("head", [files.png, files.jpeg, files.gif, files.webp])
def test_a_picture_with_too_many_pixels_is_refused_by_its_head(head: object) -> None:
    assert callable(head)
    with pytest.raises(RuleError, match=f"has 81 million pixels, and at most {PIXELS // 1_000_000} million"):
        examined(head(9000, 9000))
    assert examined(head(8192, 6144)).width == 8192  # what a telephone takes


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("foto.jpg", "foto.jpg"),
        ("/home/jan/foto.jpg", "foto.jpg"),
        ("C:\\Users\\Jan\\foto.jpg", "foto.jpg"),
        ("../../etc/passwd", "passwd"),
        ("..", ""),
        ("/", ""),
        ("", ""),
        ("a\x00b\x1b[31m\ncd\x7f.txt", "a b [31m cd .txt"),
        ("foto\u202egpj.exe", "foto gpj.exe"),
        ("\ud800.png", ".png"),
        ("cafe\u0301.png", "café.png"),
        ("x" * 300 + ".jpeg", "x" * 99 + "…" + "x" * 15 + ".jpeg"),
        ("CON", "CON"),
    ],
)
def test_a_name_is_text_and_no_path(given_: str, kept: str) -> None:
    assert clean_name(given_) == kept


@given(st.text(st.characters(exclude_categories=[]), max_size=400))
def test_whatever_a_file_is_called_can_be_shown(name: str) -> None:
    kept = clean_name(name)
    assert len(kept) <= 120
    assert not any(unicodedata.category(one)[0] == "C" or one in "/\\" for one in kept)
    assert clean_name(kept) == kept
    kept.encode()


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KB"), (1025, "2 KB"), (LARGEST, "25.0 MB"), (LARGEST + 1, "25.1 MB")],
)
def test_sizes_are_said_as_people_read_them(size: int, said: str) -> None:
    assert bytes_said(size) == said
