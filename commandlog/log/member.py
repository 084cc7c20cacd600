"""Whether a log file is a desk's own copy of a shared log: what is written then waits for its place in the order.

A file that is a member of nothing is a log of its own, and whoever writes in it puts the records in their order.
"""

from pathlib import Path
from sqlite3 import Connection

import msgspec
from msgspec import Struct

from commandlog.language import _
from commandlog.model.errors import Damaged, RuleError

_KEY = "member"

HEADER, FRAME, WORDS = 1 << 10, 64 << 10, 256 << 10
"""The most bytes that a header, a frame and words have in a shared log, salts and all: one record holds nobody up."""


class Member(Struct, frozen=True):
    """What a file is in a shared log: the desk (its code, "P2") of a party, or with `keeper` that of a keeper.

    A keeper's file holds everything and writes nothing of itself; a desk's holds what its party may read.
    """

    party: str
    desk: str
    keeper: bool = False

    def elsewhere(self, file: Path) -> RuleError:
        """Return the error for what another desk or party would write in this file."""
        if self.keeper:
            return RuleError(_("{file} is the log keeper's own: entries are written at a desk.").format(file=file))
        told = _(
            "{file} is desk {desk} of {party} in a shared log: every other desk has a file of its own and joins with an"
            " invitation (`commandlog invite`)."
        )
        return RuleError(told.format(file=file, desk=self.desk, party=self.party))

    def check_size(self, frame: bytes, words: bytes) -> None:
        """Raise RuleError where a frame or words, as they are stored, are more than the shared log takes at once."""
        if len(frame) > FRAME:
            told = _(
                "Too much at once: this names so much that it takes {size} KiB, and a shared log takes {limit} KiB."
                " Do it in several parts."
            )
            raise RuleError(told.format(size=-(-len(frame) // 1024), limit=FRAME >> 10))
        if len(words) > WORDS:
            told = _(
                "Too much at once: this text takes {size} KiB, and a shared log takes {limit} KiB. Write it in several"
                " entries, or attach it as a file."
            )
            raise RuleError(told.format(size=-(-len(words) // 1024), limit=WORDS >> 10))


def member_of(db: Connection) -> Member | None:
    """Return what a file is in a shared log, None for a log of its own."""
    found = db.execute("SELECT value FROM meta WHERE key = ?", (_KEY,)).fetchone()
    return of_value(found[0] if found else None)


def of_value(data: bytes | None) -> Member | None:
    """Return what a file says of itself in its `meta`; raises Damaged where that cannot be read."""
    try:
        return msgspec.json.decode(data, type=Member) if data else None
    except (msgspec.MsgspecError, TypeError) as error:
        raise Damaged(_("What this file says of itself cannot be read.")) from error


def become(db: Connection, member: Member) -> None:
    """Make a file a member of a shared log, inside `Log.writing`; `Log.join` does, and sees to what is open."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_KEY, msgspec.json.encode(member)))
