"""Which files go with which entry. What is in them is kept in pieces beside the records (`log/pieces.py`)."""

from sqlite3 import Connection
from typing import NamedTuple

from commandlog.log.derived.table import FOREVER, Applied, Table, position_of
from commandlog.model.keeping import Attached


class AttachmentRow(NamedTuple):
    """The record at `since` attached a file to the entry at position `entry`; `file` names its pieces."""

    since: int
    until: int
    entry: int
    file: bytes
    media: str
    size: int
    width: int
    height: int


TABLE = Table("attachments", AttachmentRow, ("entry: entry", "file: file"), version=2)
KINDS = (Attached,)


def apply(db: Connection, r: Applied) -> None:
    """Attach."""
    f = r.frame
    entry = position_of(db, f.entry)
    db.execute(TABLE.insert, (r.seq, FOREVER, entry, f.file, f.media, f.size, f.width, f.height))
