"""Files to attach in tests: small ones of every kind, and pictures that mean harm."""

import io
import struct
import zlib

from PIL import Image


def picture(form: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **how: object) -> bytes:
    """Return a picture, reddish on its left half and bluish on its right."""
    made = Image.new("RGB", size, (200, 30, 30))
    made.paste((30, 30, 200), (size[0] // 2, 0, *size))
    out = io.BytesIO()
    made.convert(mode).save(out, form, **how)
    return out.getvalue()


def on_its_side(form: str = "JPEG", orientation: int = 6) -> bytes:
    """Return a picture taken with the camera on its side, with the maker and the place in it."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x013B] = orientation, "MAKER-CANARY", "ARTIST-CANARY"
    return picture(form, exif=exif)


def png(width: int, height: int, *between: tuple[bytes, bytes], rows: bytes = b"") -> bytes:
    """Return a PNG in RGB with chunks of one's own before its rows."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), *between, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def swollen(kind: bytes) -> bytes:
    """Return a small PNG with a text or profile that is 100 MB when unpacked."""
    return png(4, 4, (kind, b"a\x00\x00" + zlib.compress(bytes(100 << 20))), rows=(b"\x00" + b"\x80" * 12) * 4)


def moving(frames: int, size: tuple[int, int] = (400, 400)) -> bytes:
    """Return a GIF with many frames."""
    out = io.BytesIO()
    more = [Image.new("P", size, n % 250) for n in range(1, frames)]
    Image.new("P", size, 0).save(out, "GIF", save_all=True, append_images=more)
    return out.getvalue()


def webp(width: int, height: int) -> bytes:
    """Return the head of a WebP that claims this size."""
    body = (
        b"VP8X"
        + struct.pack("<I", 10)
        + bytes(4)
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def jpeg(width: int, height: int) -> bytes:
    """Return the head of a JPEG that claims this size, behind a comment."""
    frame = struct.pack(">BHHB", 8, height, width, 3) + bytes(9)
    return b"\xff\xd8\xff\xfe\x00\x06hoi!\xff\xff\xff\xc2" + struct.pack(">H", 17) + frame


def gif(width: int, height: int) -> bytes:
    """Return the head of a GIF that claims this size."""
    return b"GIF89a" + struct.pack("<HH", width, height) + bytes(3)
