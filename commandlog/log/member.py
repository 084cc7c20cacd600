"""Whether a log file is a desk's own copy of a shared log: what is written then waits for its place in the order.

A file that is a member of nothing is a log of its own, and whoever writes in it puts the records in their order.
"""

from sqlite3 import Connection

import msgspec
from msgspec import Struct

_KEY = "member"


class Member(Struct, frozen=True):
    """What a file is in a shared log: the desk (its code, "P2") of a party, or with `keeper` that of a keeper.

    A keeper's file holds everything and writes nothing of itself; a desk's holds what its party may read.
    """

    party: str
    desk: str
    keeper: bool = False


def member_of(db: Connection) -> Member | None:
    """Return what a file is in a shared log, None for a log of its own."""
    found = db.execute("SELECT value FROM meta WHERE key = ?", (_KEY,)).fetchone()
    return msgspec.json.decode(found[0], type=Member) if found else None


def become(db: Connection, member: Member) -> None:
    """Make a file a member of a shared log, inside `Log.writing`."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_KEY, msgspec.json.encode(member)))
