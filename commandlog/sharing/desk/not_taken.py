"""Why something that a desk has sent does not get its place: what the keeper has noted of it, in words for people."""

from typing import NamedTuple

import psycopg

from commandlog.language import _, marked
from commandlog.log.derived.table import PROVISIONAL, position_of
from commandlog.log.store import Log
from commandlog.sharing.keeper.accepting import BROKEN, CLAIMED, FORGED, LATE, NO_DESK, POISONED, TAKEN

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


_NOTED = "SELECT id, why, at::text FROM commandlog.refusals WHERE why = ANY(%s) ORDER BY at DESC LIMIT 100"


class Note(NamedTuple):
    """What a keeper has noted of a record of this desk: why, and when, which only tells it from an earlier one."""

    id: bytes
    why: str
    at: str


def noted(log: Log, conn: psycopg.Connection) -> list[Note]:
    """Return what a keeper has noted of what this desk has sent, as far as it matters now. Raises psycopg.Error."""
    whys = [POISONED, *(_WORDS if log.tip >= PROVISIONAL else ())]
    with conn.cursor(binary=True) as cursor:
        rows = cursor.execute(_NOTED, (whys,)).fetchall()
    return [Note(*row) for row in rows if [type(one) for one in row] == [bytes, str, str]]


def not_taken(log: Log, notes: list[Note]) -> str:
    """Return why something that waits in a desk's file is not taken, "" where nothing is known of that.

    That it came too early is no such reason: it is sent again.
    """
    if log.tip < PROVISIONAL:
        return ""
    for note in notes:
        if note.why in _WORDS and position_of(log.db, note.id) >= PROVISIONAL:
            return _(_WORDS[note.why])
    return ""
