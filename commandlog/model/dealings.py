"""Kinds of record about what parties agree, count and tell of themselves, and about what is worth finding again."""

from typing import Annotated, Literal, get_args

from msgspec import Meta

from commandlog.model.frames import Frame, Millis, RecordId

MOST = 100_000_000
"""More than this many people, or per cent, is no count."""

Count = Annotated[int, Meta(ge=0, le=MOST)]
Measure = Literal["present", "in", "out", "percent"]
Status = Literal["free", "busy", "out"]
SEEN, SHELVED, SOUND_OFF, SOUND_ON = "alarm-seen", "alarm-shelved", "sound-off", "sound-on"
TRACES = (SEEN, SHELVED, SOUND_OFF, SOUND_ON)
MEASURES: tuple[str, ...] = get_args(Measure)
STATUSES: tuple[str, ...] = get_args(Status)


class AgreementStep(Frame, frozen=True, kw_only=True):
    """What a party says of an agreement."""

    agreement: RecordId


class AgreementAffirmed(AgreementStep, frozen=True, kw_only=True, tag="agreement_affirmed"):
    """A party says itself that it was agreed so."""


class AgreementDeclined(AgreementStep, frozen=True, kw_only=True, tag="agreement_declined"):
    """A party says that it was not agreed so; why is in the words."""


class AgreementEnded(AgreementStep, frozen=True, kw_only=True, tag="agreement_ended"):
    """The agreement holds no longer."""


class Marked(Frame, frozen=True, kw_only=True, tag="marked"):
    """An entry matters more than others, or does so no longer: for the wall, the summary and the report."""

    entry: RecordId
    significant: bool = True


class UnitStatus(Frame, frozen=True, kw_only=True, tag="unit_status"):
    """A unit is free, busy (maybe with a task) or out of service, as it says itself; no task changes by it."""

    unit: str
    status: Status
    task: RecordId = b""


class Traced(Frame, frozen=True, kw_only=True, tag="traced"):
    """What a desk was shown and chose: an alarm (by its code) about an entry was seen, or is to ring again at `until`.

    `what` is one of TRACES; one that this version does not know is kept, and changes nothing.
    """

    what: str
    alarm: str = ""
    entry: RecordId = b""
    until: Millis = 0


class Misdirected(Frame, frozen=True, kw_only=True, tag="misdirected"):
    """An entry `reached` a party that should not have had it, and was meant for another.

    What the one that it reached is to do with it is in the words.
    """

    entry: RecordId
    reached: str
    meant_for: str


class MisdirectedRead(Frame, frozen=True, kw_only=True, tag="misdirected_read"):
    """The party that an entry had reached by mistake has read what it is to do with it."""

    misdirected: RecordId
