"""Reading documents back, down to the raw bytes."""

import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from pypdf import PdfReader

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


def everything(path: Path) -> bytes:
    """Return all bytes of a document, and what is packed in it unpacked, texts also as UTF-8."""
    data = path.read_bytes()
    if path.suffix == ".xlsx" or path.name.endswith(".csv.zip"):
        with zipfile.ZipFile(path) as packed:
            return data + b"".join(packed.read(name) for name in packed.namelist())
    if path.suffix != ".pdf":
        return data
    found = [data]
    for stream in _STREAM.findall(data):
        try:
            found.append(zlib.decompressobj().decompress(stream))
        except zlib.error:
            continue
    reader = PdfReader(path)
    texts = (
        [page.extract_text() for page in reader.pages]
        + outline(reader)
        + list(map(str, (reader.metadata or {}).values()))
        + list(reader.named_destinations)
    )
    return b"".join([*found, *(text.encode() for text in texts)])


def text(path: Path) -> str:
    """Return the text of all pages, in one line."""
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(path).pages)


def outline(reader: PdfReader) -> list[str]:
    """Return the titles of all bookmarks."""

    def titles(items: list[Any]) -> list[str]:
        return [one for item in items for one in (titles(item) if isinstance(item, list) else [str(item.title)])]

    return titles(list(reader.outline))


def fonts(reader: PdfReader) -> dict[str, bool]:
    """Return the fonts of a document, and whether each is embedded."""
    found: dict[str, bool] = {}
    for number in range(1, len(reader.xref[0]) + 1):
        one: Any = reader.get_object(number)
        if isinstance(one, dict) and one.get("/Type") == "/Font":
            descriptor: Any = one.get("/FontDescriptor")
            found[str(one["/BaseFont"])] = descriptor is not None and "/FontFile2" in descriptor.get_object()
    return found
