"""The full text is written anew, beside the one that is searched meanwhile, and then takes its place.

What a full-text index once held cannot be got out of it: words that were taken out stay in its pages until they are
merged, and copies of them stay where SQLite moved its rows about (docs/decisions/0011-erasing.md). So a new one is made
from the records, which holds what they hold; the old one is emptied and dropped, and every page of it is overwritten.

All of it goes in slices, each inside `Log.writing` and so short that nobody's entry waits for it. At most one of the
two other indexes is there: the next one, or the old one that is being emptied.
"""

import time
from sqlite3 import Connection

import msgspec

from commandlog.language import _
from commandlog.log.chain import SALT
from commandlog.log.derived import fulltext
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.model.errors import Damaged
from commandlog.model.records import Words, decode_words

NEXT, OLD = BESIDE = "fulltext_next", "fulltext_old"
SLICE = 0.005  # seconds of indexing in one transaction
RECORDS = 50  # between two looks at the clock
PAGES = 64  # of an index that one transaction merges or empties
_PAGES_BEGIN = 10  # up to here an index keeps what it needs to be opened at all
TOGETHER = 16  # parts that are merged into one: they all come within a short time, and few merges are cheapest


def under_way(db: Connection) -> bool:
    """Whether a new index has been begun."""
    return _is_there(db, NEXT)


def left_over(db: Connection) -> bool:
    """Whether an index is being emptied."""
    return _is_there(db, OLD)


def write(db: Connection, done: int) -> tuple[int, bool]:
    """Go on with the new index behind the record at `done`; when it has all of them, it takes the old one's place.

    Returns the last record that it has now, and whether it is in place. `done` is 0 where none has been begun. Raises
    Damaged for a record that cannot be read.
    """
    if not under_way(db):
        for statement in fulltext.made(NEXT):
            db.execute(statement)
        db.execute(f"INSERT INTO {NEXT} ({NEXT}, rank) VALUES ('usermerge', {TOGETHER})")
        done = 0
    if _merged(db):
        return done, False
    until = time.monotonic() + SLICE
    while rows := _behind(db, done, PROVISIONAL - 1):
        for seq, words in rows:
            fulltext.index(db, NEXT, seq, _words(seq, words))
            done = seq
        if len(rows) == RECORDS and time.monotonic() > until:
            return done, False
    place = PROVISIONAL - 1
    while rows := _behind(db, place, FOREVER):  # few, and they may be taken back: all of them at once
        for place, words in rows:
            fulltext.index(db, NEXT, place, _words(place, words))
    _put_in_place(db)
    return done, True


def begin_again(db: Connection) -> None:
    """Give up a new index that was begun: it may hold what is to be gone."""
    if under_way(db):
        db.execute(f"ALTER TABLE {NEXT} RENAME TO {OLD}")


def clear(db: Connection) -> None:
    """Overwrite a slice of the index that is no longer used; the last one takes it away."""
    rows = f"SELECT id FROM {OLD}_data WHERE id > {_PAGES_BEGIN} ORDER BY id DESC LIMIT {PAGES}"
    if db.execute(f"DELETE FROM {OLD}_data WHERE id IN ({rows})").rowcount < PAGES:
        db.execute(f"DROP TABLE {OLD}")


def _behind(db: Connection, seq: int, last: int) -> list[tuple[int, bytes | None]]:
    query = f"SELECT seq, words FROM records WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT {RECORDS}"
    return db.execute(query, (seq, last)).fetchall()


def _words(seq: int, words: bytes | None) -> Words | None:
    try:
        return decode_words(words[SALT:]) if words else None
    except msgspec.MsgspecError as error:
        raise Damaged(_("What record {seq} says cannot be read: run `verify`.").format(seq=seq), seq) from error


def _merged(db: Connection) -> bool:
    """Merge a few pages of the new index where enough has gathered; returns whether there was anything to merge."""
    before = db.total_changes
    db.execute(f"INSERT INTO {NEXT} ({NEXT}, rank) VALUES ('merge', {PAGES})")
    return db.total_changes - before > 1


def _put_in_place(db: Connection) -> None:
    db.execute(f"INSERT INTO {NEXT} ({NEXT}, rank) VALUES ('usermerge', 4)")
    db.execute(f"ALTER TABLE {fulltext.NAME} RENAME TO {OLD}")
    db.execute(f"ALTER TABLE {NEXT} RENAME TO {fulltext.NAME}")


def _is_there(db: Connection, name: str) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is not None
