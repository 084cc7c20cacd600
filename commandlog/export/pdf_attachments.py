"""The index of attachments: what goes with which entry, and the mark by which a file can be known again."""

from commandlog.export.contents import Contents
from commandlog.export.paper import Paper
from commandlog.export.pdf_entries import key_of
from commandlog.export.pdf_style import LEFT, ROOM
from commandlog.export.pdf_tables import Column, Row, table
from commandlog.export.saying import Sayer
from commandlog.language import _
from commandlog.views.attachments import Attachment, attachments

LISTED = 2_000


def draw(paper: Paper, contents: Contents, saying: Sayer) -> None:
    """Draw the chapter."""
    files = found(contents)
    lead = _(
        "The files themselves are in the log and in a bundle (.zip). The mark is the beginning of a salted SHA-256."
    )
    paper.chapter(_("Attachments"), "attachments", lead if files else "")
    if not files:
        paper.text(LEFT, paper.style.body, _("No files were attached."))
        return
    columns = [
        Column(_("reference"), 56),
        Column(_("with entry"), 56),
        Column(_("what"), ROOM - 222),
        Column(_("mark"), 110),
    ]
    rows = []
    for one in files[:LISTED]:
        told = _("[erased]") if one.erased else one.told[:1000]
        entry = contents.reader.reference_at(one.entry)
        rows.append(Row((one.reference, entry, told, one.file.hex()[:16]), key_of(one.entry), 1))
    table(paper, columns, rows)
    if len(files) > LISTED:
        more = saying.number(len(files) - LISTED)
        paper.text(LEFT, paper.style.small, _("and {n} more: see the timeline.").format(n=more))


def found(contents: Contents) -> list[Attachment]:
    """Return the attachments of this copy, in the order in which they were attached."""
    files = attachments(contents.log, contents.moment, contents.for_party)
    return [one for one in files if _within(contents, one)]


def _within(contents: Contents, one: Attachment) -> bool:
    if not contents.partly:
        return True
    query = "SELECT occurred FROM entries WHERE since = ?"
    row = contents.log.db.execute(query, (one.entry,)).fetchone()
    return bool(row) and contents.within(row[0])
