"""What a record says: the frame (what order and rules need) and the words (what people said).

A frame never holds names or free text, so that erasing the words erases the person. Frames speak of other records by
their id, never by position: positions move when a desk that was offline comes back, ids do not.
Times are integer milliseconds since 1970 in UTC.
"""

from typing import Any, Literal, TypeVar, get_args

import msgspec
from msgspec import Struct

from commandlog.model.covenant import Covenant
from commandlog.model.dealings import (
    AgreementAffirmed,
    AgreementDeclined,
    AgreementEnded,
    Count,
    Marked,
    Measure,
    Misdirected,
    MisdirectedRead,
    Traced,
    UnitStatus,
)
from commandlog.model.frames import FRAME_VERSION, Frame, Millis, RecordId
from commandlog.model.keeping import (
    Attached,
    Closed,
    Destroyed,
    Discarded,
    Erased,
    Exported,
    Held,
    HoldLifted,
    Imported,
    Recalled,
    Released,
)
from commandlog.model.order import Branched, DeskSeen, Refused


class Opened(Frame, frozen=True, kw_only=True, tag="opened"):
    """The first record of a log: an event begins.

    A log that continues another one names it: its id, its last position and hash, and what was still open in it.
    """

    exercise: bool = False
    continues: bytes = b""
    last: int = 0
    head: bytes = b""
    carried: tuple[RecordId, ...] = ()


class CovenantSet(Frame, frozen=True, kw_only=True, tag="covenant"):
    """The covenant as it holds from here on; its text is in the words."""


class DeskOpened(Frame, frozen=True, kw_only=True, tag="desk_opened"):
    """A desk of a party and the public key (32 bytes, Ed25519) that its records are signed with."""

    desk: str
    party: str
    key: bytes


class SignedIn(Frame, frozen=True, kw_only=True, tag="signed_in"):
    """An operator works at this desk from here on; the name is in the words."""

    operator: str


class SignedOut(Frame, frozen=True, kw_only=True, tag="signed_out"):
    """The operator has left the desk."""

    operator: str


class Said(Frame, frozen=True, kw_only=True):
    """Something that was said. With `settled`, nobody is waited for (an import of what is long over)."""

    settled: bool = False


class Report(Said, frozen=True, kw_only=True, tag="report"):
    """What a unit or a caller reports; waits for an assessment."""


class Observation(Said, frozen=True, kw_only=True, tag="observation"):
    """What the desk itself sees (camera, count); waits for an assessment when its category is a suspicion."""


class Note(Said, frozen=True, kw_only=True, tag="note"):
    """Something to keep, of which nothing is expected."""


class Decision(Said, frozen=True, kw_only=True, tag="decision"):
    """What was known, the options, the decision, the reason and the decider are in the words."""


class Message(Said, frozen=True, kw_only=True, tag="message"):
    """Something told to somebody: a party, and maybe a unit."""

    to_party: str = ""
    to_unit: str = ""


class Agreement(Said, frozen=True, kw_only=True, tag="agreement"):
    """What parties promise each other by voice: whoever says it is bound, the others each affirm it themselves.

    With `until`, it holds no longer than that.
    """

    parties: tuple[str, ...]
    until: Millis = 0


class Counted(Said, frozen=True, kw_only=True, tag="counted"):
    """How many people are at a place (`present`, or in `percent` of what it holds), or went `in` or `out` of it.

    Those who went in or out are counted from the count before.
    """

    count: Count
    measure: Measure


class Corrected(Frame, frozen=True, kw_only=True, tag="corrected"):
    """The entry as it should have read: facets here, text in the words; the old one stays, struck through.

    With `waits`, it turns out to need an assessment that it did not need before (an observation is a suspicion).
    `count` and `measure` are those of a count.
    """

    entry: RecordId
    waits: bool = False
    count: Count = 0
    measure: Measure | Literal[""] = ""


class Added(Frame, frozen=True, kw_only=True, tag="added"):
    """Completes an entry without striking anything."""

    entry: RecordId


class Assessed(Frame, frozen=True, kw_only=True, tag="assessed"):
    """What was decided about a report; `same_as` is the entry that it duplicates."""

    entry: RecordId
    disposition: str
    same_as: RecordId = b""


class Feedback(Frame, frozen=True, kw_only=True, tag="feedback"):
    """The report is closed and its reporter is told what became of it.

    With `settled`, the log that the report came from says that it is over: nobody was told here.
    """

    entry: RecordId
    settled: bool = False


class IncidentOpened(Frame, frozen=True, kw_only=True, tag="incident"):
    """Entries and tasks that belong together get a title (in the words)."""


class Linked(Frame, frozen=True, kw_only=True, tag="linked"):
    """An entry or task belongs to an incident."""

    entry: RecordId
    incident: RecordId


class IncidentMerged(Frame, frozen=True, kw_only=True, tag="incident_merged"):
    """Two incidents turn out to be one; what belongs to the first belongs to the second."""

    incident: RecordId
    into: RecordId


class IncidentClosed(Frame, frozen=True, kw_only=True, tag="incident_closed"):
    """Nothing more is expected of this incident."""

    incident: RecordId


class Proposed(Frame, frozen=True, kw_only=True, tag="proposed"):
    """A task for a party. With `orally`, that party has already agreed by voice and affirms it later."""

    to_party: str
    to_unit: str = ""
    answer_by: Millis = 0
    finish_by: Millis = 0
    entry: RecordId = b""
    orally: bool = False


class TaskStep(Frame, frozen=True, kw_only=True):
    """A step of a task."""

    task: RecordId


class Accepted(TaskStep, frozen=True, kw_only=True, tag="accepted"):
    """The assignee takes it on; with `orally` the requester heard so by voice."""

    orally: bool = False


class Declined(TaskStep, frozen=True, kw_only=True, tag="declined"):
    """The assignee gives it back; the reason is in the words."""


class Started(TaskStep, frozen=True, kw_only=True, tag="started"):
    """The assignee is at it."""


class Done(TaskStep, frozen=True, kw_only=True, tag="done"):
    """The assignee's word that it is done; with `told`, said by voice: if the requester heard it, that settles it."""

    told: bool = False


class Confirmed(TaskStep, frozen=True, kw_only=True, tag="confirmed"):
    """The requester's word that it is done."""


class Withdrawn(TaskStep, frozen=True, kw_only=True, tag="withdrawn"):
    """The requester no longer asks for it."""


class HandedOver(TaskStep, frozen=True, kw_only=True, tag="handed_over"):
    """The task goes to another party, which has yet to answer."""

    to_party: str
    to_unit: str = ""
    answer_by: Millis = 0


class Affirmed(TaskStep, frozen=True, kw_only=True, tag="affirmed"):
    """The party that agreed by voice says so itself."""


class LevelSet(Frame, frozen=True, kw_only=True, tag="level"):
    """A level of a ladder is declared: by whom (the source), told to whom, reviewed when."""

    ladder: str
    level: str
    told: tuple[str, ...] = ()
    review_by: Millis = 0


class LevelConfirmed(Frame, frozen=True, kw_only=True, tag="level_confirmed"):
    """A party confirms that it knows of a level."""

    level: RecordId


class PhaseSet(Frame, frozen=True, kw_only=True, tag="phase"):
    """The event enters a phase."""

    phase: str


AnyFrame = (
    Opened
    | CovenantSet
    | DeskOpened
    | SignedIn
    | SignedOut
    | Report
    | Observation
    | Note
    | Decision
    | Message
    | Corrected
    | Added
    | Assessed
    | Feedback
    | IncidentOpened
    | Linked
    | IncidentMerged
    | IncidentClosed
    | Proposed
    | Accepted
    | Declined
    | Started
    | Done
    | Confirmed
    | Withdrawn
    | HandedOver
    | Affirmed
    | LevelSet
    | LevelConfirmed
    | PhaseSet
    | Released
    | Recalled
    | Erased
    | Held
    | HoldLifted
    | Attached
    | Imported
    | Exported
    | Destroyed
    | Closed
    | Discarded
    | Agreement
    | AgreementAffirmed
    | AgreementDeclined
    | AgreementEnded
    | Counted
    | Marked
    | UnitStatus
    | Misdirected
    | MisdirectedRead
    | Traced
    | DeskSeen
    | Refused
    | Branched
)

KINDS = frozenset(str(kind.__struct_config__.tag) for kind in get_args(AnyFrame))
"""The tags of all kinds that this version knows."""

SYSTEM_KINDS = (
    "opened",
    "covenant",
    "desk_opened",
    "signed_in",
    "signed_out",
    "linked",
    "imported",
    "exported",
    "level_confirmed",
    "marked",
    "misdirected_read",
    "traced",
    "desk_seen",
    "refused",
    "branched",
)
"""Kinds that the program writes of itself: shown on demand, so that they do not drown people's own words."""


class DecisionWords(Struct, frozen=True, omit_defaults=True):
    """So that one can ask afterwards whether it was reasonable then."""

    known: str = ""
    options: str = ""
    decision: str = ""
    reason: str = ""
    decider: str = ""


class Words(Struct, frozen=True, omit_defaults=True):
    """What people said. The only part that is ever erased.

    `person` is the name of who said it, `to` of who was told, `reason` why (declined, overridden, released), `title` of
    an incident, an operator or a file; `where` is a place that the covenant has no code for, `pin` its latitude and
    longitude (degrees, WGS 84); `raw` keeps what an imported row held beside what was recognised; `salt` are the 16
    secret random bytes that an attachment's content was hashed behind.
    """

    text: str = ""
    person: str = ""
    to: str = ""
    reason: str = ""
    title: str = ""
    where: str = ""
    pin: tuple[float, float] | None = None
    decision: DecisionWords | None = None
    covenant: Covenant | None = None
    raw: dict[str, str] | None = None
    salt: bytes = b""

    def everything(self) -> str:
        """All that a full-text search should find, in one string."""
        if self.decision is None and not (self.person or self.to or self.reason or self.title or self.where):
            return self.text
        parts = [self.title, self.text, self.reason, self.person, self.to, self.where]
        if self.decision:
            d = self.decision
            parts += [d.known, d.options, d.decision, d.reason, d.decider]
        return "\n".join(p for p in parts if p)


class Record(Struct, frozen=True):
    """One immutable fact in the log, as it is read back.

    `seq` is its position, `kept_at` the keeper's time; `frame` is None where the reader may not read it (sealed),
    `words` also where they were erased.
    """

    seq: int
    id: RecordId
    kept_at: Millis
    frame: Any  # AnyFrame | None: msgspec reads annotations, and a record is never decoded as a whole
    words: Words | None

    @property
    def reference(self) -> str:
        """How people speak of it: "P2-142"."""
        return f"{self.frame.by.desk}-{self.frame.number}" if self.frame else str(self.seq)


_Part = TypeVar("_Part", Frame, Words)


def clean(text: str) -> str:
    """Return the text with every lone surrogate (no character, cannot be stored) shown as U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


_encode = msgspec.json.Encoder().encode
_decode_frame = msgspec.json.Decoder(AnyFrame).decode
_decode_words = msgspec.json.Decoder(Words).decode


def encode(part: Frame | Words) -> bytes:
    """Return the bytes that are hashed and stored (JSON, UTF-8); raises UnicodeEncodeError for a lone surrogate."""
    return _encode(part)


def storable(part: _Part) -> tuple[_Part, bytes]:
    """Return a part with its bytes; lone surrogates, which cannot be stored, become U+FFFD in both."""
    try:
        return part, _encode(part)
    except UnicodeEncodeError:
        cleaned = msgspec.convert(_cleaned(msgspec.to_builtins(part)), type(part))
        return cleaned, _encode(cleaned)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(one) for key, one in value.items()}
    return [_cleaned(one) for one in value] if isinstance(value, list | tuple) else value


class NewerRecord(msgspec.ValidationError):
    """A record of a kind, or of a version of its kind, that only a newer program knows."""


def decode_frame(data: bytes) -> Any:
    """Read a frame from its bytes; raises msgspec.DecodeError or ValidationError on anything else.

    What only a newer program knows raises NewerRecord, which is a ValidationError.
    """
    try:
        frame = _decode_frame(data)
    except msgspec.ValidationError as error:
        said = msgspec.json.decode(data)
        kind = said.get("kind") if isinstance(said, dict) else None
        if isinstance(kind, str) and (kind not in KINDS or said.get("v", FRAME_VERSION) != FRAME_VERSION):
            raise NewerRecord(str(error)) from error
        raise
    except RecursionError as error:
        raise msgspec.ValidationError(str(error)) from error
    if frame.v != FRAME_VERSION:
        raise NewerRecord(f"version {frame.v}")
    return frame


def decode_words(data: bytes) -> Words:
    """Read words from their bytes; raises msgspec.DecodeError or ValidationError on anything else."""
    return _decode_words(data)


def kind_of(frame: Frame) -> str:
    """Return the tag of a frame: "report", "accepted" and so on."""
    return str(type(frame).__struct_config__.tag)
