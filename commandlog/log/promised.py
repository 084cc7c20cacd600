"""Words that are not here because a decision behind them, which has yet to come, erased them.

Whoever joins a shared log late gets a record without its words long before the decision that erased those. Which
decision that is to be is kept in the file's `meta` until it is there, and then held against what it says.
"""

from sqlite3 import Connection

import msgspec

_KEY = "promised"


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
