"""The attachments of entries, as a reader may see them: which there are, and what they hold."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from commandlog.language import _
from commandlog.log import pieces
from commandlog.log.store import Log
from commandlog.model.errors import Damaged, RuleError
from commandlog.model.media import SHOWN, bytes_said, clean_name, suffix
from commandlog.views import pictures
from commandlog.views.filters import READABLE
from commandlog.views.moments import Moment


class Attachment(Struct, frozen=True):
    """A file that goes with an entry.

    `position` is that of the record that attached it, `reference` how people call it, `entry` the position of the
    entry. `size` is in bytes, `width` and `height` are pixels (0 where it is no picture), `media` the type that the
    content shows, `file` its salted hash. An erased one has no content, and its `text` says so.
    """

    position: int
    reference: str
    entry: int
    name: str
    text: str
    media: str
    size: int
    width: int
    height: int
    file: bytes
    erased: bool = False

    @property
    def saved_as(self) -> str:
        """The name to propose where it is saved: its reference and what it is, never a name from outside."""
        return f"{self.reference}{suffix(self.media)}"

    @property
    def shows(self) -> bool:
        """Whether a preview can be tried."""
        return self.media in SHOWN and not self.erased

    @property
    def told(self) -> str:
        """It in one line: its name, what it is and how large."""
        shape = f"{self.width} × {self.height}" if self.width else ""
        kind = suffix(self.media).removeprefix(".").upper()
        parts = (self.name, self.text, _("file") if kind == "BIN" else kind, shape, bytes_said(self.size))
        return " · ".join(part for part in parts if part)


def attachments(log: Log, moment: Moment, reader: str = "", entry: int = 0) -> list[Attachment]:
    """Return the attachments of an entry, by its first version's position, or of all entries where none is given."""
    where = "a.entry = :entry" if entry else "1"
    return _found(log, moment, reader, where, {"entry": entry})


def of_entries(log: Log, moment: Moment, entries: Iterable[int], reader: str = "") -> dict[int, tuple[Attachment, ...]]:
    """Return the attachments of some entries, by entry; an entry without any is left out."""
    found: dict[int, tuple[Attachment, ...]] = {}
    wanted = list(entries)
    for start in range(0, len(wanted), 500):
        part = ",".join(map(str, wanted[start : start + 500]))
        for one in _found(log, moment, reader, f"a.entry IN ({part})", {}):
            found[one.entry] = (*found.get(one.entry, ()), one)
    return found


def attachment(log: Log, moment: Moment, position: int, reader: str = "") -> Attachment:
    """Return one attachment, by the position of its record.

    Raises RuleError where there is none that this party may read.
    """
    found = _found(log, moment, reader, "a.since = :position", {"position": position})
    if not found:
        raise RuleError(_("There is no such attachment that can be read here: `attachments` lists them."))
    return found[0]


def content(log: Log, moment: Moment, position: int, reader: str = "") -> bytes:
    """Return what an attachment holds, checked against what its record says.

    Raises RuleError where the reader may not read it and where it was erased, Damaged where it is not what was
    attached.
    """
    one = attachment(log, moment, position, reader)
    words = log.record(position).words
    whole = pieces.content(log.db, one.file, words.salt, one.size) if words else None
    if words is None or (whole is None and log.record(position).words is None):  # it may happen meanwhile
        raise RuleError(_("{reference} was erased: its content is gone.").format(reference=one.reference))
    if whole is None:
        raise Damaged(
            _("The content of {reference} is not what was attached: run `verify`.").format(reference=one.reference),
            position,
        )
    return whole


def preview(log: Log, moment: Moment, position: int, reader: str = "", max_side: int = pictures.MAX_SIDE) -> bytes:
    """Return a picture made anew (PNG or JPEG, at most `max_side` pixels a side) of what an attachment shows.

    Nothing but pixels comes over from the original. Raises RuleError where it shows no picture that can be read, and
    as `content` does.
    """
    one = attachment(log, moment, position, reader)
    if not one.shows and not one.erased:
        raise RuleError(_("{reference} is no picture that can be shown: save it.").format(reference=one.reference))
    whole = content(log, moment, position, reader)
    return pictures.encoded(pictures.picture(whole, max_side), sharp=one.media in pictures.SHARP)


def _found(log: Log, moment: Moment, reader: str, where: str, values: dict[str, Any]) -> list[Attachment]:
    """Return attachments; the words are those of the version that holds, a correction being one."""
    values = {**values, "p": moment.position, "reader": reader, "reader_in": f",{reader},"}
    readable = f" AND {READABLE}" if reader else ""
    query = (
        "SELECT a.since, a.entry, a.media, a.size, a.width, a.height, a.file, e.desk, e.number,"
        " coalesce((SELECT max(v.since) FROM entries v WHERE v.entry = a.since AND v.version > 0 AND v.since <= :p),"
        " a.since) FROM attachments a JOIN entries e ON e.since = a.since"
        f" WHERE {where} AND a.since <= :p AND a.until > :p{readable} ORDER BY a.since"
    )
    rows = log.db.execute(query, values).fetchall()
    records = log.records_at({seq for row in rows for seq in (row[0], row[9])})
    hidden = _hidden(log, moment, reader, [row[9] for row in rows if row[9] != row[0]])
    made = []
    for position, entry, media, size, width, height, file, desk, number, holds in rows:
        words = records[position if holds in hidden else holds].words
        text = words.text if words else _("[erased]")
        made.append(
            Attachment(
                position=position,
                reference=f"{desk}-{number}",
                entry=entry,
                name=clean_name(words.title) if words else "",
                text=_("[corrected, text withheld]") if holds in hidden else text,
                media=media,
                size=size,
                width=width,
                height=height,
                file=file,
                erased=records[position].words is None,
            )
        )
    return made


def _hidden(log: Log, moment: Moment, reader: str, positions: list[int]) -> set[int]:
    """Return which of a few corrections the reader has not been told."""
    if not reader or not positions:
        return set()
    values = {"p": moment.position, "reader": reader, "reader_in": f",{reader},"}
    part = ",".join(map(str, positions))
    query = f"SELECT e.since FROM entries e WHERE e.since IN ({part}) AND NOT {READABLE}"
    return {seq for (seq,) in log.db.execute(query, values)}
