"""Full text: every record's words and facets, found by word, prefix and phrase, accents folded.

The index keeps no copy of the text (contentless), so erasing has one place less to reach, and a row is taken out by
naming what was put in. Rows are written by the program, not by triggers: closing a row must not index it again.
Merging is left to idle moments (`Log.tend`): a merge in the middle of an entry would make the operator wait.
"""

from functools import cache
from sqlite3 import Connection

from commandlog.log.derived.entries import FACETS, facets_at
from commandlog.log.derived.table import FOREVER, Applied
from commandlog.model.records import Words, decode_words

OPTIONS = "content='', columnsize=0, tokenize='unicode61 remove_diacritics 2', prefix='3'"


def made(name: str) -> tuple[str, ...]:
    """Return the statements that make a full-text index of this name."""
    return (
        f"CREATE VIRTUAL TABLE {name} USING fts5 (text, facets, {OPTIONS})",
        f"INSERT INTO {name} ({name}, rank) VALUES ('automerge', 0)",
        f"INSERT INTO {name} ({name}, rank) VALUES ('crisismerge', 256)",
    )


NAME = "fulltext"
SCHEMA = made(NAME)

_INSERT = f"INSERT INTO {NAME} (rowid, text, facets) VALUES (?, ?, ?)"


@cache
def facet(name: str, code: str) -> str:
    """Return the word by which the index knows a facet; two codes may share one, rows decide."""
    return name + "x" + "".join(c if c.isascii() and c.isalnum() else "x" for c in code.lower())


def facet_words(facets: tuple[str, ...]) -> str:
    """Return facets, in the order of `entries.FACETS`, as the index holds them."""
    return " ".join([facet(name, code) for name, code in zip(FACETS, facets, strict=False) if code])


def apply(db: Connection, r: Applied, facets: tuple[str, ...]) -> None:
    """Index the record."""
    db.execute(_INSERT, (r.seq, r.words.everything() if r.words else "", facet_words(facets)))


def index(db: Connection, name: str, seq: int, words: Words | None) -> None:
    """Index one record, whose entry row is there, in the index of this name."""
    text = words.everything() if words else ""
    db.execute(f"INSERT INTO {name} (rowid, text, facets) VALUES (?, ?, ?)", (seq, text, _facets(db, seq)))


def remove(db: Connection, seq: int, words: Words | None) -> None:
    """Take one record out of the index; its entry row must still be there."""
    take_out(db, seq, words, facets_at(db, seq))


def take_out(db: Connection, seq: int, words: Words | None, facets: tuple[str, ...]) -> None:
    """Take one record out of the index, given the facets that it was put in with."""
    db.execute(
        "INSERT INTO fulltext (fulltext, rowid, text, facets) VALUES ('delete', ?, ?, ?)",
        (seq, words.everything() if words else "", facet_words(facets)),
    )


def forget(db: Connection, seq: int, words: Words) -> None:
    """Take the words of one record out of the index; it is still found by its facets."""
    remove(db, seq, words)
    index(db, NAME, seq, None)


def rollback(db: Connection, position: int, salt: int, last: int = FOREVER) -> None:
    """Take everything after a position, up to `last`, out of the index; words are stored behind `salt` bytes."""
    rows = db.execute("SELECT seq, words FROM records WHERE seq > ? AND seq <= ?", (position, last)).fetchall()
    for seq, words in rows:
        remove(db, seq, decode_words(words[salt:]) if words else None)


def _facets(db: Connection, seq: int) -> str:
    return facet_words(facets_at(db, seq))
