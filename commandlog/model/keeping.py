"""Kinds of record about the keeping of the log itself: who may read, what was taken in, taken out and taken away.

What they say concerns other records, by id; why, and in whose name, is in the words.
"""

from commandlog.model.frames import Frame, Millis, RecordId

CONTINUATION = "continuation"
"""The form of a copy that is no document but a log, in which what was open goes on; `file` is its first check value."""

CONTINUED = "continued:"
"""How the origin begins of what a log took over from the one that it continues: that one's id and reference follow."""


class Released(Frame, frozen=True, kw_only=True, tag="released"):
    """Records are told to one more party; the ground is in the words."""

    records: tuple[RecordId, ...]
    to_party: str


class Recalled(Frame, frozen=True, kw_only=True, tag="recalled"):
    """Records are no longer shown to these parties; that they had received them stays known."""

    records: tuple[RecordId, ...]
    from_parties: tuple[str, ...]


class Erased(Frame, frozen=True, kw_only=True, tag="erased"):
    """The words of these records, and the attachments that they describe, are destroyed; the ground is in the words."""

    records: tuple[RecordId, ...]


class Held(Frame, frozen=True, kw_only=True, tag="held"):
    """A preservation hold: these records (none: the whole log) may not be erased; who demands it is in the words."""

    records: tuple[RecordId, ...] = ()


class HoldLifted(Frame, frozen=True, kw_only=True, tag="hold_lifted"):
    """A preservation hold ends."""

    hold: RecordId


class Attached(Frame, frozen=True, kw_only=True, tag="attached"):
    """A file (photo, document) goes with an entry; its name, description and salt are in the words.

    `file` is SHA-256(salt ‖ content) and names the pieces that hold the content, `size` is in bytes, `media` the type
    that the content itself shows, `width` and `height` are pixels of an image, 0 otherwise.
    """

    entry: RecordId
    file: bytes
    size: int
    media: str
    width: int = 0
    height: int = 0


class Imported(Frame, frozen=True, kw_only=True, tag="imported"):
    """Where the entries before this record came from: digests of file and mapping; the file's name is in the words."""

    file: bytes
    mapping: bytes
    entries: int


class Exported(Frame, frozen=True, kw_only=True, tag="exported"):
    """A copy has left the log, so that outstanding copies can be listed.

    `file` is the SHA-256 of what was written, `upto` the last record that it can hold (empty: in older logs, all that
    was there), `for_party` whose reading it was made for. The file's name is in the words.
    """

    form: str
    file: bytes
    for_party: str = ""
    upto: RecordId = b""


class Destroyed(Frame, frozen=True, kw_only=True, tag="destroyed"):
    """A copy that had left the log (its export) is said to exist no longer."""

    copy: RecordId


class Closed(Frame, frozen=True, kw_only=True, tag="closed"):
    """The event is over: what comes later is marked as later. `and_party` is the second party that closes with it.

    `together` in a shared log: it is closed when a second party has closed it, too.
    """

    and_party: str = ""
    together: bool = False


class Discarded(Frame, frozen=True, kw_only=True, tag="discarded"):
    """Another log, closed, was deleted by this decision: its id, its last record's number and hash, when it closed."""

    log: bytes
    last: int
    head: bytes
    closed_at: Millis
