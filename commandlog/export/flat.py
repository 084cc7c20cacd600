"""An entry as a flat row of named fields: what CSV and JSON lines hold, and what an import reads again.

The names are stable: they are documented in docs/export.md and new ones are only ever added.
"""

from typing import Any
from uuid import UUID

from msgspec import Struct

from commandlog.export.contents import Contents, Earlier
from commandlog.log.derived.table import id_at
from commandlog.model import records as r
from commandlog.model.frames import Frame
from commandlog.model.keeping import Released
from commandlog.views.attachments import Attachment
from commandlog.views.lines import Line


class EarlierText(Struct, frozen=True, omit_defaults=True):
    """A struck version: what it said, and who struck it when and why."""

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


class Entry(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An entry. Times are ISO 8601 with offset, parties, places and categories are codes of the covenant.

    `text` is what was said, to the byte; `shown` is the line as the timeline shows it. `thread`, `task`, `incident` and
    `duplicate_of` are references ("P2-142"). What is empty is left out of JSON lines.
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
    earlier: tuple[EarlierText, ...] = ()
    attachments: tuple[AttachedFile, ...] = ()
    raw: dict[str, str] = {}


def flat(contents: Contents, line: Line) -> Entry:
    """Return an entry as a flat row.

    A sealed one says when, whose and that it is sealed, and so does one that was recalled from the reader; an erased
    one has no words. What is `later` was written after the log had been closed.
    """
    first, words = line.first, line.words or r.Words()
    fields: dict[str, Any] = {
        "id": str(UUID(bytes=id_at(contents.log.db, line.entry))),
        "reference": line.reference,
        "position": line.entry,
        "kind": line.kind,
        "occurred_at": contents.iso(line.occurred_at),
        "logged_at": contents.iso(line.logged_at),
        "party": line.party,
        "unit": line.unit,
        "role": line.role,
        "place": line.place,
        "category": line.category,
        "priority": line.priority,
        "text": words.text,
        "shown": line.text,
        "state": line.state,
        "disposition": line.disposition,
        "thread": line.thread_reference,
        "task": contents.reader.reference_at(line.task) if line.task else "",
        "incident": contents.reader.reference_at(line.incident) if line.incident else "",
        "audience": line.audience,
        "sealed": line.frame is None and not line.recalled,
        "recalled": line.recalled,
        "erased": line.frame is not None and line.words is None,
        "later": line.later,
        "earlier": tuple(_earlier(contents, one) for one in contents.earlier(line)),
        "attachments": tuple(map(_attached, line.attachments)),
    }
    if line.frame is not None and first is not None:
        fields |= _framed(contents, line.frame, first)
    return Entry(**fields | _worded(words))


def _framed(contents: Contents, frame: Frame, first: Frame) -> dict[str, Any]:
    """Return what only the frames say: `frame` of the version that holds, `first` of the entry's first version."""
    fields: dict[str, Any] = {
        "heard_at": contents.iso(first.heard_at),
        "channel": frame.source.channel if frame.source else "",
        "logged_by": first.by.party,
        "desk": first.by.desk,
        "operator": first.by.operator,
        "rule": frame.rule or first.rule,
        "overridden": frame.overridden or first.overridden,
        "origin": first.origin,
    }
    match first:
        case r.Message():
            fields |= {"to_party": first.to_party, "to_unit": first.to_unit}
        case r.Assessed() if first.same_as:
            fields["duplicate_of"] = contents.reader.reference(first.same_as)
        case r.Proposed():
            fields |= {"to_party": first.to_party, "to_unit": first.to_unit, "orally": first.orally}
            fields |= {"answer_by": contents.iso(first.answer_by), "finish_by": contents.iso(first.finish_by)}
        case r.HandedOver():
            fields |= {"to_party": first.to_party, "to_unit": first.to_unit}
            fields["answer_by"] = contents.iso(first.answer_by)
        case r.Accepted():
            fields["orally"] = first.orally
        case r.LevelSet():
            fields |= {"ladder": first.ladder, "level": first.level, "told": first.told}
            fields["review_by"] = contents.iso(first.review_by)
        case r.PhaseSet():
            fields["phase"] = first.phase
        case Released():
            fields["to_party"] = first.to_party
    if isinstance(first, r.Said):
        fields["settled"] = first.settled
    return fields


def _worded(words: r.Words) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "person": words.person,
        "to": words.to,
        "title": words.title,
        "reason": words.reason,
        "where": words.where,
        "raw": words.raw or {},
    }
    if words.pin:
        fields |= {"latitude": words.pin[0], "longitude": words.pin[1]}
    if said := words.decision:
        fields |= {"known": said.known, "options": said.options, "decision": said.decision}
        fields |= {"decision_reason": said.reason, "decider": said.decider}
    return fields


def _attached(one: Attachment) -> AttachedFile:
    return AttachedFile(
        reference=one.reference,
        media=one.media,
        size=one.size,
        file=one.file.hex(),
        name=one.name,
        text=one.text,
        width=one.width,
        height=one.height,
        erased=one.erased,
    )


def _earlier(contents: Contents, one: Earlier) -> EarlierText:
    frame = one.frame
    return EarlierText(
        text=one.text,
        occurred_at=contents.iso(frame.occurred_at) if frame else "",
        party=frame.speaker if frame else "",
        unit=frame.source.unit if frame and frame.source else "",
        place=frame.place if frame else "",
        category=frame.category if frame else "",
        priority=frame.priority if frame else "",
        corrected_at=contents.iso(one.corrected_at),
        corrected_by=one.corrected_by.party if one.corrected_by else "",
        corrected_at_desk=one.corrected_by.desk if one.corrected_by else "",
        reason=one.reason,
    )
