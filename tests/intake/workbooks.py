"""The least that is a workbook, written by hand, so that each part can be what no program would write."""

import io
import zipfile

BOOK = "xl/workbook.xml"
SHEET = "xl/worksheets/sheet1.xml"
CONTENT = "content.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def zipped(files: dict[str, str | bytes]) -> bytes:
    """Return a zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def least_xlsx(rows: str, parts: dict[str, str | bytes] | None = None) -> bytes:
    """Return a workbook with this XML as the rows of its sheet; `parts` are added or take over."""
    files: dict[str, str | bytes] = {
        BOOK: f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>",
        "_rels/.rels": _related("officeDocument", BOOK),
        "xl/_rels/workbook.xml.rels": _related("worksheet", "worksheets/sheet1.xml"),
        SHEET: f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    return zipped({**files, **(parts or {})})


def _related(kind: str, target: str) -> str:
    relation = f'<Relationship Id="r1" Type="{_OFFICE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_PACKAGE}">{relation}</Relationships>'


def least_ods(content: str | bytes) -> bytes:
    """Return an ODS with this content."""
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return zipped({"mimetype": kind, CONTENT: content, "META-INF/manifest.xml": "<a/>"})


def ods_content(rows: str, prolog: str = "") -> str:
    """Return the content of an ODS with these rows."""
    return (
        f'<?xml version="1.0"?>{prolog}<office:document-content xmlns:office="{_ODF}:office:1.0" '
        f'xmlns:table="{_ODF}:table:1.0" xmlns:text="{_ODF}:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
