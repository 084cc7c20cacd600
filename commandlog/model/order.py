"""What a keeper writes about a shared log itself: who is at a desk, what was not taken, and where the order broke."""

from commandlog.model.frames import Frame, Millis

NEWER = "newer"
"""Why a record was not taken: the keeper's program does not know what it says."""
UNREADABLE = "unreadable"
"""Why a record was not taken: its desk signed it, and what it says cannot be read."""
FORBIDDEN = "forbidden"
"""Why a record was not taken: its desk would give away or take away what it may not read, or speak as the keeper."""
REASONS = (NEWER, UNREADABLE, FORBIDDEN)


class DeskSeen(Frame, frozen=True, kw_only=True, tag="desk_seen"):
    """A desk is there again (`here`), or has not been heard of since `last` (milliseconds UTC)."""

    desk: str
    here: bool = False
    last: Millis = 0


class Refused(Frame, frozen=True, kw_only=True, tag="refused"):
    """What desk `desk` numbered `count` was not taken into the shared log: `why` is one of REASONS.

    The desk keeps it; its next record may follow with a number that leaves this one out.
    """

    desk: str
    count: int
    why: str


class Branched(Frame, frozen=True, kw_only=True, tag="branched"):
    """The shared log went on from position `after`, although `last` records with this `head` had been shown to desks.

    A server had been put back to an earlier state. Who decided so, and why, is in the words.
    """

    after: int
    last: int
    head: bytes
