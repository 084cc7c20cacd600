"""Whether what a desk sent is taken into the shared log: pure checks of one row of the inbox.

Nothing of the row is believed. The server says by which login it came, and so for which party and desk; the rest must
follow from that desk's key. There are three answers:

- `Accepted`: it gets the next place.
- `Declined`: its desk did send it, as the next of its numbers, and it cannot be taken. That is said in the log, so that
  the desk sees it and its next number follows.
- `Dropped`: it is no next record of that desk: forged, broken, or out of order. It is noted for the desk and costs
  nobody else anything.

A desk sends over one connection, in order: a number that comes early is dropped, nothing waits here for another, and
the desk sends again whatever it still has at its next connection.
"""

from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from commandlog.log import chain
from commandlog.log.member import FRAME, HEADER, WORDS
from commandlog.model.frames import By, Frame
from commandlog.model.order import FORBIDDEN, NEWER, UNREADABLE, Branched, DeskSeen, Refused
from commandlog.model.records import DeskOpened, NewerRecord, Words, decode_frame, decode_words, encode
from commandlog.sharing.following.trust import KEEPER
from commandlog.verbs.context import EARLIEST, LATEST

REPEATED = ""
"""Why a record is dropped that the log has already: nobody has to be told."""
FORGED = "it is not signed by the desk of this login"
CLAIMED = "it claims another party, desk or log than its login has"
BROKEN = "it is not what its digest says, or larger than a record may be"
EARLY = "a record of the same desk should have come before it"
LATE = "its number was given to another record"
TAKEN = "another desk has given a record this very id"
POISONED = "the pieces of its attachment are not what it names; they can be sent again"
NO_DESK = "this desk has not opened itself in the log"

KEEPER_KINDS = (DeskSeen, Refused, Branched)


class Sent(NamedTuple):
    """A row of the inbox, and the party and desk whose login sent it."""

    n: int
    login: str
    party: str
    desk: str
    id: bytes
    header: bytes
    frame: bytes
    words: bytes | None
    words_hash: bytes | None


class Known(NamedTuple):
    """What the log knows of a desk: its party, its key, and the last of its numbers that was taken or declined."""

    party: str
    key: bytes
    number: int


class Accepted(NamedTuple):
    """A record that is next: only its place and the keeper's time are missing from its header."""

    header: bytes
    id: bytes
    party: str
    desk: str
    salted_frame: bytes
    salted_words: bytes
    frame: Any  # AnyFrame
    words: Words


class Declined(NamedTuple):
    """A record that its desk numbered `number`, and that cannot be taken: one of `model/order.REASONS`.

    `file` is the attachment that it came with, where it is one.
    """

    number: int
    why: str
    file: bytes = b""


class Dropped(NamedTuple):
    """What is no next record of its desk, and why, for those who look after the server."""

    why: str


class _Numbered(Struct):
    """What can be read of a record of any version."""

    by: By
    number: int


def judge(sent: Sent, log_id: bytes, known: Known | None) -> Accepted | Declined | Dropped:
    """Return what is to be done with a row of the inbox; `known` is None where the log has no such desk yet."""
    try:
        header = chain.unpack_header(sent.header)
    except ValueError:
        return Dropped(BROKEN)
    if header.version != chain.HEADER_VERSION or header.id != sent.id or not _whole(sent, header):
        return Dropped(BROKEN)
    if (header.log_id, header.party, header.desk) != (log_id, sent.party, sent.desk):
        return Dropped(CLAIMED)
    frame, words, why = _read(sent)
    if known is None:
        if not _opens(frame, sent):
            return Dropped(NO_DESK)
        known = Known(sent.party, frame.key, 0)
    if known.party != sent.party or not chain.signature_holds(known.key, header):
        return Dropped(FORGED)
    number = _number(sent.frame) or known.number + 1 if frame is None else frame.number
    if number != known.number + 1:
        return Dropped(EARLY if number > known.number else LATE)
    if why:
        return Declined(number, why)
    if (frame.by.party, frame.by.desk) != (sent.party, sent.desk) or isinstance(frame, KEEPER_KINDS):
        return Declined(number, FORBIDDEN)
    if isinstance(frame, DeskOpened) and (known.number or not _opens(frame, sent)):
        return Declined(number, FORBIDDEN)
    return Accepted(sent.header, sent.id, sent.party, sent.desk, sent.frame, sent.words or b"", frame, words)


def _whole(sent: Sent, header: chain.Header) -> bool:
    """Whether both parts are there and are what the digest says; only the log itself holds records without words."""
    if sent.words is None or sent.words_hash is not None or min(len(sent.frame), len(sent.words)) < chain.SALT:
        return False
    if len(sent.header) > HEADER or len(sent.frame) > FRAME or len(sent.words) > WORDS:
        return False
    return chain.digest_of(chain.part_hash(sent.frame), chain.part_hash(sent.words)) == header.digest


def _read(sent: Sent) -> tuple[Any, Words, str]:
    """Return frame and words where both can be read, else None and why they cannot."""
    try:
        frame = decode_frame(sent.frame[chain.SALT :])
        words = decode_words((sent.words or b"")[chain.SALT :])
    except NewerRecord:
        return None, Words(), NEWER
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return None, Words(), UNREADABLE
    if encode(frame) != sent.frame[chain.SALT :]:  # it says more than this program reads, or hides what it says
        return None, words, NEWER
    return (frame, words, "") if _fits(frame) else (None, words, UNREADABLE)


def _fits(frame: Frame) -> bool:
    """Whether every number is one that a calendar holds; those that are no times are all smaller."""
    return all(EARLIEST <= said <= LATEST for said in msgspec.structs.astuple(frame) if type(said) is int)


def _number(frame: bytes) -> int:
    """Return the number that a desk gave to a record of any version, 0 where that cannot be read."""
    try:
        return msgspec.json.decode(frame[chain.SALT :], type=_Numbered).number
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return 0


def _opens(frame: Any, sent: Sent) -> bool:
    """Whether a record opens the very desk that sent it."""
    if not isinstance(frame, DeskOpened) or frame.audience or sent.desk.startswith(KEEPER):
        return False  # everybody must know whose signature it is, and only keepers name keepers
    return (frame.desk, frame.party, len(frame.key)) == (sent.desk, sent.party, 32)
