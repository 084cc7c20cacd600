"""What every record's frame carries: who wrote it, who said it, when and where. The kinds build on it.

A frame never holds names or free text, so that erasing the words erases the person. Frames speak of other records by
their id, never by position: positions move when a desk that was offline comes back, ids do not.
Times are integer milliseconds since 1970 in UTC.
"""

import re

from msgspec import Struct

RecordId = bytes  # 16 bytes, UUIDv7
Millis = int

FRAME_VERSION = 1


class By(Struct, frozen=True, omit_defaults=True, array_like=True):
    """Who wrote the record: proved by the desk's key (own file) or login (shared log)."""

    party: str
    desk: str
    operator: str = ""


class Source(Struct, frozen=True, omit_defaults=True):
    """Who said it, as the writer claims: one loggist often writes for four parties."""

    party: str = ""
    unit: str = ""
    role: str = ""
    channel: str = ""


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """What every record carries.

    `number` is the desk's own count: "P2-142" is desk P2, number 142. `expects` is the record that made the state this
    one acts on: where another has come in between, it does not apply and is shown as a conflict. An empty `audience`
    is every party. `rule` names the article of a mandate or power that it lies outside of, `overridden` that a person
    went on with a reason. `origin` is given once per log: a repeat returns the first receipt. `paper` is the numbered
    sheet and line that it was typed from (see `sheet_line`).
    """

    v: int = FRAME_VERSION
    by: By
    number: int
    logged_at: Millis
    occurred_at: Millis
    heard_at: Millis = 0
    source: Source | None = None
    place: str = ""
    category: str = ""
    priority: str = ""
    audience: tuple[str, ...] = ()
    expects: RecordId = b""
    covenant: RecordId = b""
    rule: str = ""
    overridden: bool = False
    origin: str = ""
    paper: str = ""

    @property
    def speaker(self) -> str:
        """The party whose word this is: the source's where one is claimed, else the writer's."""
        return self.source.party if self.source and self.source.party else self.by.party


_SHEET_LINE = re.compile(r"([A-Z]{1,2}\d{1,3})-(\d{1,4})/(\d{1,3})", re.ASCII)


def sheet_line(text: str) -> str:
    """Return a sheet and line of paper as records carry it ("p2-7/03" is P2-07/3); empty where it is none."""
    found = _SHEET_LINE.fullmatch(text.strip().upper())
    return f"{found[1]}-{int(found[2]):02}/{int(found[3])}" if found else ""
