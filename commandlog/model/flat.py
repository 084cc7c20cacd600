"""An entry as a flat row of named fields: what an export writes and an import of our own exports reads again.

The names are stable: they are documented in docs/export.md and new ones are only ever added. Every field is also a cell
of text or a number (`cells`), and comes back from it to the byte (`from_cells`): so CSV and workbook hold the same.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

FORMAT = "commandlog-entries"
FORMAT_VERSION = 1
WAS = "was:"
"""How the names begin under which `raw` keeps what an entry had in the log that it came from (its reference there)."""


class EarlierText(Struct, frozen=True, omit_defaults=True):
    """A struck version: what it said, and who struck it when and why.

    `given` is the reason that this version itself gave, `corrected_position` the place in the order of the record that
    struck it.
    """

    text: str
    occurred_at: str = ""
    party: str = ""
    unit: str = ""
    place: str = ""
    category: str = ""
    priority: str = ""
    corrected_at: str = ""
    corrected_by: str = ""
    corrected_at_desk: str = ""
    reason: str = ""
    role: str = ""
    channel: str = ""
    person: str = ""
    where: str = ""
    latitude: float | None = None
    longitude: float | None = None
    known: str = ""
    options: str = ""
    decision: str = ""
    decision_reason: str = ""
    decider: str = ""
    audience: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    given: str = ""
    corrected_position: int = 0
    number: int = 0
    measure: str = ""


class AttachedFile(Struct, frozen=True, omit_defaults=True):
    """A file that goes with an entry: what the content shows it to be, bytes, pixels, and the salted hash (hex)."""

    reference: str
    media: str
    size: int
    file: str
    name: str = ""
    text: str = ""
    width: int = 0
    height: int = 0
    erased: bool = False


class Confirmation(Struct, frozen=True, omit_defaults=True):
    """A party said that it knows of a level, or of what to do with what reached it; `logged_by` wrote it down."""

    party: str
    occurred_at: str
    position: int = 0
    logged_by: str = ""
    channel: str = ""
    text: str = ""


class Entry(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An entry. Times are ISO 8601 with offset, parties, places and categories are codes of the covenant.

    `text` is what was said, to the byte; `shown` is the line as the timeline shows it. `thread`, `task`, `incident`,
    `duplicate_of`, `entry` (what it completes, assesses, corrects or comes from) and `into` are references ("P2-142").
    `readers` are the parties that can read it at the moment of the export, where that is not the audience that it was
    written for. What is empty is left out of JSON lines.
    """

    id: str
    reference: str
    position: int
    kind: str
    occurred_at: str
    logged_at: str
    heard_at: str = ""
    party: str = ""
    unit: str = ""
    role: str = ""
    channel: str = ""
    person: str = ""
    logged_by: str = ""
    desk: str = ""
    operator: str = ""
    place: str = ""
    where: str = ""
    latitude: float | None = None
    longitude: float | None = None
    category: str = ""
    priority: str = ""
    text: str = ""
    shown: str = ""
    to_party: str = ""
    to_unit: str = ""
    to: str = ""
    title: str = ""
    reason: str = ""
    state: str = ""
    disposition: str = ""
    duplicate_of: str = ""
    thread: str = ""
    task: str = ""
    incident: str = ""
    answer_by: str = ""
    finish_by: str = ""
    orally: bool = False
    ladder: str = ""
    level: str = ""
    phase: str = ""
    told: tuple[str, ...] = ()
    review_by: str = ""
    known: str = ""
    options: str = ""
    decision: str = ""
    decision_reason: str = ""
    decider: str = ""
    audience: tuple[str, ...] = ()
    rule: str = ""
    overridden: bool = False
    settled: bool = False
    origin: str = ""
    sealed: bool = False
    erased: bool = False
    recalled: bool = False
    later: bool = False
    entry: str = ""
    into: str = ""
    by_voice: bool = False
    readers: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    number: int = 0
    measure: str = ""
    significant: bool = False
    status: str = ""
    meant_for: str = ""
    reached: str = ""
    paper: str = ""
    until: str = ""
    earlier: tuple[EarlierText, ...] = ()
    confirmed: tuple[Confirmation, ...] = ()
    attachments: tuple[AttachedFile, ...] = ()
    raw: dict[str, str] = {}


FIELDS = Entry.__struct_fields__
NESTED = ("earlier", "confirmed", "raw")
"""Fields that are JSON in a cell."""
EXACT, PART = "exact", "part"
"""Columns of a workbook: what cannot stand in its cells as it was said, and which part of a long text a row holds."""
_TYPES: dict[str, Any] = {one.name: one.type for one in msgspec.structs.fields(Entry)}
_LISTS = tuple(name for name, kind in _TYPES.items() if kind == tuple[str, ...])
_FLAGS = tuple(name for name, kind in _TYPES.items() if kind is bool)
_WHOLE = tuple(name for name, kind in _TYPES.items() if kind is int)
_NEEDED = ("id", "reference", "kind", "occurred_at", "logged_at")
_IN_CELLS = tuple(name for name in FIELDS if name != "attachments")
_DECIMAL = ("latitude", "longitude")
_json = msgspec.json.Encoder().encode

Cell = str | int | float


def cells(entry: Entry) -> dict[str, Cell]:
    """Return the fields of an entry as cells, those that are empty and its attachments left out.

    Lists are joined by a blank, what is true is "true", what is nested is JSON.
    """
    found: dict[str, Cell] = {}
    for name in _IN_CELLS:
        value = getattr(entry, name)
        if value is None or not (value or name in _DECIMAL):
            continue
        if name in NESTED:
            found[name] = _json(value).decode()
        elif isinstance(value, tuple):
            found[name] = " ".join(value)
        else:
            found[name] = "true" if value is True else value
    return found


def from_cells(given: Mapping[str, str]) -> Entry:
    """Return the entry that cells of text stand for: the inverse of `cells`; names that are no field are left alone.

    Raises msgspec.MsgspecError, ValueError or OverflowError where a cell is not what its field holds.
    """
    found: dict[str, Any] = dict.fromkeys(_NEEDED, "") | {"position": "0"}
    found |= {name: text for name, text in given.items() if name in _IN_CELLS and text != ""}
    for name in found.keys() & set(NESTED):
        found[name] = msgspec.json.decode(found[name])
    for name in found.keys() & set(_LISTS):
        found[name] = found[name].split(" ")
    for name in found.keys() & set(_FLAGS):
        found[name] = found[name].casefold() == "true"
    for name in found.keys() & set(_WHOLE):
        found[name] = int(float(found[name]))
    for name in found.keys() & set(_DECIMAL):
        found[name] = float(found[name])
    return msgspec.convert(found, Entry)


# -- the formula rule of CSV -------------------------------------------------------------------------------------------

_LOOKS_LIKE_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_DEFUSED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


def defused(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one apostrophe in front where it looks like one.

    A text that begins with apostrophes and then such a sign gets one more, so that `plain` gives back every text.
    """
    return f"'{text}" if _LOOKS_LIKE_FORMULA.match(text) else text


def plain(cell: str) -> str:
    """Return the text that a cell stands for: the inverse of `defused`."""
    return cell[1:] if _DEFUSED.match(cell) else cell
