"""Who may do what in a log that several parties share (docs/decisions/0020-whose-word.md).

The verbs ask here before they write, and whoever puts a shared log in order asks here again: what a desk lets pass is
not turned down when its turn comes. In a log of its own, whoever has the file decides.
"""

from collections.abc import Iterable
from sqlite3 import Connection

from commandlog.log.chain import SALT
from commandlog.log.derived.entries import above, entry_of
from commandlog.log.derived.recalls import own
from commandlog.log.derived.table import id_at, now_at
from commandlog.model.covenant import Covenant
from commandlog.model.keeping import Closed
from commandlog.model.records import decode_frame

NEEDED = ("opened", "covenant", "desk_opened", "desk_seen", "refused", "branched")
"""Kinds of record that the log stands on: whoever has the log reads them, and without their words it cannot be read."""


def whose(db: Connection, seq: int) -> tuple[str, ...]:
    """Return the parties whose word a record is: who says it, and at whose desk it was written down.

    A correction is what another's entry says now: whose entry it is decides on it, not who corrected it.
    """
    return own(db, entry_of(db, seq))


def not_to_erase(db: Connection, records: Iterable[int], party: str, driver: str) -> list[int]:
    """Return which of these records (positions) a party may not erase: they are not its word, nor does it drive."""
    return [] if party == driver else [seq for seq in records if party not in whose(db, seq)]


def not_to_recall(
    db: Connection, records: Iterable[int], from_parties: Iterable[str], party: str, driver: str
) -> list[int]:
    """Return which of these records (positions) a party may not take from these parties, in order.

    Whose word it is takes it, with what hangs on it and is taken along; the driver takes anything; and everybody may
    say that something came to their own desk by mistake.
    """
    if party == driver or {*from_parties} <= {party}:
        return []
    others, taken = list[int](), set[bytes]()
    for seq in sorted({*records}):  # what hangs on a record stands behind it
        if party in whose(db, seq) or _hangs_on(db, seq) in taken:
            taken.add(id_at(db, seq))
        else:
            others.append(seq)
    return others


def may_close(closed: Closed, covenant: Covenant | None) -> bool:
    """Whether a record may be a party's part in closing a shared log: all see it, and it closes with another's.

    The driver of the covenant in force may name that other one, which has agreed by voice.
    """
    if not closed.together or closed.audience:
        return False
    party, second = closed.by.party, closed.and_party
    if not second or covenant is None:
        return not second
    return second != party == covenant.driver and covenant.party(second) is not None


def _hangs_on(db: Connection, seq: int) -> bytes:
    found = db.execute("SELECT frame FROM records WHERE seq = ?", (now_at(db, seq),)).fetchone()
    return above(decode_frame(found[0][SALT:])) if found and found[0] else b""
