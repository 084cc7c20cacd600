"""The PDF's bytes: every page goes to the file when it is full, so that memory does not grow with the document.

reportlab keeps all pages until the end and then makes one string of them. Here a page's content is written at once;
what stays is a page's few attributes. Links and the places they lead to are kept as text and numbers: they stand in the
page and in the tree of names, not as objects of their own.
"""

import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from reportlab.pdfbase.pdfdoc import (
    PDF_VERSION_DEFAULT,
    PDFCrossReferenceTable,
    PDFDocument,
    PDFIndirectObject,
    PDFObject,
    PDFObjectReference,
    PDFTrailer,
)

_LEVEL = 3  # of zlib; 6 would make pages a tenth smaller
_LEAF = 500  # names in one node of the tree of names


class Raw(PDFObject):
    """An object that is written as it is."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def format(self, document: Any) -> bytes:  # noqa: ARG002 - reportlab asks for it
        """Return the bytes."""
        return self.data


class Once(PDFObject):
    """An object that many pages have in common: its bytes are made once."""

    def __init__(self, one: Any) -> None:
        self.one, self.made = one, b""

    def format(self, document: Any) -> bytes:
        """Return the bytes."""
        self.made = self.made or bytes(self.one.format(document))
        return self.made


class Packed:
    """How the content of a page is packed: quickly, since packing it is a tenth of all the work."""

    pdfname = "FlateDecode"

    def encode(self, text: str | bytes) -> bytes:
        """Return the content packed."""
        return zlib.compress(text.encode() if isinstance(text, str) else text, _LEVEL)


class Links(PDFObject):
    """The links of a page: areas, and names of the places they lead to. One to a place that never came is left out."""

    def __init__(self, links: list[tuple[str, str]]) -> None:
        self.links = links

    def format(self, document: Any) -> bytes:
        """Return the list of annotations."""
        made = [
            f"<</Type/Annot/Subtype/Link/Border[0 0 0]/Rect[{area}]/Dest({key})>>"
            for area, key in self.links
            if key in document.places
        ]
        return f"[{' '.join(made)}]".encode("ascii")


class Document(PDFDocument):
    """A document that writes its pages to a binary file as they come.

    `places` are the named places of the document: the number of the page, counted from 1, and how high on it (points).
    `font_names` and `pieces` are what the pen remembers of it.
    """

    Catalog: Any  # what reportlab sets and its annotations do not have
    Outlines: Any
    info: Any
    signature: Any
    idToObject: Any  # noqa: N815 - reportlab's name

    def __init__(self, out: BinaryIO, language: str) -> None:
        super().__init__(compression=1, lang=language)
        self.places: dict[str, tuple[int, float]] = {}
        self.font_names: dict[tuple[str, int], str] = {}
        self.pieces: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._links: list[tuple[str, str]] = []
        self._resources: dict[Any, Once] = {}
        self._out, self._length = out, 0
        major, minor = PDF_VERSION_DEFAULT
        self._write(f"%PDF-{major}.{minor}\n".encode() + b"%\xe2\xe3\xcf\xd3\n")

    def place(self, key: str, page: int, top: float) -> None:
        """Give a place a name; the first one with a name keeps it."""
        self.places.setdefault(key, (page, top))

    def link(self, left: float, low: float, right: float, high: float, key: str) -> None:
        """Let an area of the page that is being made lead to a named place, which may come later."""
        self._links.append((f"{left:.1f} {low:.1f} {right:.1f} {high:.1f}", key))

    def addPage(self, page: Any) -> None:  # noqa: N802 - reportlab's name
        """Take a page that is full: write its content and forget it."""
        if self._links:
            page.Annots = Links(self._links)
            self._links = []
        page.check_format(self)
        page.Contents.filters = [Packed()]
        content = self.reference(page.Contents)
        self._write_object(content.name)
        self.idToObject[content.name] = None
        page.Contents, page.stream = content, None
        forms = tuple(sorted(page.XObjects.dict)) if page.XObjects else ()
        page.Resources = self._resources.setdefault(forms, Once(page.Resources))
        page.MediaBox = self._resources.setdefault("size", Once(page.MediaBox))
        super().addPage(page)

    def SaveToFile(self, filename: Any, canvas: Any) -> None:  # noqa: ARG002, N802 - reportlab's own
        """Write what is left: fonts, forms, bookmarks, names, pages, and the table of where all of it is."""
        for font in self.delayedFonts:
            font.addObjects(self)
        self.info.invariant = self.invariant
        self.info.digest(self.signature)
        catalog = self.reference(self.Catalog)
        info = self.reference(self.info)
        self.Outlines.prepare(self, canvas)
        if self.Outlines.ready < 0:
            self.Catalog.Outlines = None
        if self.places:
            self.Catalog.Names = Raw(self._names())
        written = []
        for name in self._in_order():
            if name not in self.idToOffset:
                self._write_object(name)
            written.append(name)
        table = PDFCrossReferenceTable()
        table.addsection(0, written)
        start = self._write(table.format(self))
        trailer = PDFTrailer(startxref=start, Size=len(written) + 1, Root=catalog, Info=info, ID=self.ID())
        self._write(trailer.format(self))

    def reference(self, one: PDFObject) -> Any:
        """Return what leads to an object, which becomes one of the document's."""
        return self.Reference(one)  # type: ignore[no-untyped-call]

    def _in_order(self) -> Iterator[str]:
        """Yield the names of all objects by number; writing one may add others."""
        number = 1
        while number in self.numberToId:
            yield self.numberToId[number]
            number += 1

    def _names(self) -> bytes:
        """Return the tree of names, by which links find their places."""
        keys = sorted(self.places)
        leaves = []
        for start in range(0, len(keys), _LEAF):
            part = keys[start : start + _LEAF]
            pairs = " ".join(f"({key}) {self._destination(*self.places[key])}" for key in part)
            leaf = Raw(f"<</Limits[({part[0]})({part[-1]})]/Names[{pairs}]>>".encode("ascii"))
            leaves.append(self._said(self.reference(leaf)))
        return f"<</Dests<</Kids[{' '.join(leaves)}]>>>>".encode("ascii")

    def _destination(self, page: int, top: float) -> str:
        return f"[{self._said(PDFObjectReference(f'Page{page}'))}/XYZ null {top:.0f} null]"

    def _said(self, reference: Any) -> str:
        return str(reference.format(self), "ascii")

    def _write_object(self, name: str) -> None:
        self.idToOffset[name] = self._write(PDFIndirectObject(name, self.idToObject[name]).format(self))

    def _write(self, data: bytes) -> int:
        """Write bytes; returns where they begin."""
        start = self._length
        self._out.write(data)
        self._length += len(data)
        return start
