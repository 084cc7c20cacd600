"""What a desk's file has yet to get of the shared order before its head, kept in its `meta`.

Words that are not here because a decision behind them, which has yet to come, erased them: whoever joins a shared log
late gets a record without its words long before the decision that erased those. Which decision that is to be is kept
until it is there, and then held against what it says.

And records that were opened long after they were written: all behind them is derived anew, when nobody writes.
"""

from sqlite3 import Connection

import msgspec

_KEY, _TO_OPEN = "promised", "to_open"


def promised(db: Connection) -> dict[int, int]:
    """Return the positions of records without words whose decisions have yet to come, each with that of its decision.

    What cannot be read is nothing: then those records lack a decision.
    """
    found = db.execute("SELECT value FROM meta WHERE key = ?", (_KEY,)).fetchone()
    try:
        return dict(msgspec.json.decode(found[0], type=list[tuple[int, int]])) if found else {}
    except (msgspec.MsgspecError, TypeError):
        return {}


def keep_promised(db: Connection, now: dict[int, int]) -> None:
    """Keep what is promised now, inside `Log.writing`."""
    if now:
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_KEY, msgspec.json.encode(list(now.items()))))
    else:
        db.execute("DELETE FROM meta WHERE key = ?", (_KEY,))


def to_open(db: Connection) -> frozenset[int]:
    """Return the positions of sealed records that this file may get opened, and that wait until nobody writes."""
    found = db.execute("SELECT value FROM meta WHERE key = ?", (_TO_OPEN,)).fetchone()
    try:
        return msgspec.json.decode(found[0], type=frozenset[int]) if found else frozenset()
    except (msgspec.MsgspecError, TypeError):
        return frozenset()


def keep_to_open(db: Connection, now: frozenset[int]) -> None:
    """Keep which records wait to be opened, inside `Log.writing`."""
    if now:
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_TO_OPEN, msgspec.json.encode(now)))
    else:
        db.execute("DELETE FROM meta WHERE key = ?", (_TO_OPEN,))
