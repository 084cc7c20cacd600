"""Why something that a desk has sent does not get its place: what the keeper has noted of it, in words for people."""

import psycopg

from commandlog.language import _, marked
from commandlog.log.derived.table import PROVISIONAL, position_of
from commandlog.log.store import Log
from commandlog.sharing.keeper.accepting import BROKEN, CLAIMED, FORGED, LATE, NO_DESK, TAKEN

_NUMBERED = marked(
    "The shared log has other entries of this desk under the same numbers: its file was put back to an earlier state,"
    " or is used twice. What you write is kept here and goes nowhere: call your administrator for a new invitation."
)
_SIGNED = marked(
    "The shared log does not know the key with which this desk signs. What you write is kept here and goes nowhere:"
    " call your administrator for a new invitation."
)
_LARGE = marked(
    "An entry of this desk is larger than the shared log takes, or its file is damaged. What you write is kept here and"
    " goes nowhere: call your administrator."
)
_WORDS = {LATE: _NUMBERED, TAKEN: _NUMBERED, FORGED: _SIGNED, CLAIMED: _SIGNED, NO_DESK: _SIGNED, BROKEN: _LARGE}


def not_taken(log: Log, conn: psycopg.Connection) -> str:
    """Return why something that waits in a desk's file is not taken, "" where nothing is known of that.

    That it came too early is no such reason: it is sent again. Raises psycopg.Error.
    """
    if log.tip < PROVISIONAL:
        return ""
    rows = conn.execute("SELECT id, why FROM commandlog.refusals ORDER BY at DESC LIMIT 100", binary=True).fetchall()
    for record, why in rows:
        if why in _WORDS and isinstance(record, bytes) and position_of(log.db, record) >= PROVISIONAL:
            return _(_WORDS[why])
    return ""
