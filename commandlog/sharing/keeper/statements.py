"""The keeper's statements: what it takes from the server, and what it puts there."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import Connection, Cursor

from commandlog.sharing.keeper.accepting import Sent
from commandlog.sharing.keeper.ordering import Changed, Placed

RECORDS, BYTES = 500, 16 << 20  # of one batch
NOTES = 100  # refusals that are kept of one login
_APART = "\x1f"  # no code of a party has it

# oldest first of each login, one of each in turn: who floods waits for itself
_TAKE = """
WITH fair AS MATERIALIZED (
    SELECT i.n, i.turn, d.login, d.party, d.desk,
        sum(octet_length(i.frame) + coalesce(octet_length(i.words), 0))
            OVER (ORDER BY i.turn, i.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM commandlog.desks d CROSS JOIN LATERAL (
        SELECT n, frame, words, row_number() OVER (ORDER BY n) AS turn
        FROM commandlog.inbox WHERE login = d.login ORDER BY n LIMIT %(share)s) i
    WHERE d.revoked IS NULL
    ORDER BY i.turn, i.n LIMIT %(limit)s)
SELECT i.n, i.login::text, fair.party, fair.desk, i.id, i.header, i.frame, i.words, i.words_hash
FROM fair JOIN commandlog.inbox i ON i.login = fair.login AND i.n = fair.n
WHERE coalesce(fair.before, 0) <= %(bytes)s ORDER BY fair.turn, fair.n
"""
_TAKEN = (
    "DELETE FROM commandlog.inbox i USING unnest(%b::name[], %b::int8[]) AS taken (login, n)"
    " WHERE i.login = taken.login AND i.n = taken.n"
)
_CHAIN = "INSERT INTO commandlog.chain SELECT * FROM unnest(%b::int8[], %b::bytea[], %b::bytea[], %b::bytea[])"
_PARTS = (
    "INSERT INTO commandlog.parts SELECT seq, frame, words, words_hash, string_to_array(readers, %t), erased_by"
    " FROM unnest(%b::int8[], %b::bytea[], %b::bytea[], %b::bytea[], %b::text[], %b::int8[])"
    " AS new (seq, frame, words, words_hash, readers, erased_by)"
)
_READERS = (
    "UPDATE commandlog.parts p SET readers = string_to_array(new.readers, %t)"
    " FROM unnest(%b::int8[], %b::text[]) AS new (seq, readers) WHERE p.seq = new.seq"
)
_ERASE = (
    "UPDATE commandlog.parts p SET words = NULL, words_hash = new.words_hash, erased_by = new.erased_by"
    " FROM unnest(%b::int8[], %b::bytea[], %b::int8[]) AS new (seq, words_hash, erased_by) WHERE p.seq = new.seq"
)
_OPENED = "INSERT INTO commandlog.opened (seq, by_seq) SELECT * FROM unnest(%b::int8[], %b::int8[])"
_NOTE = (
    "INSERT INTO commandlog.refusals (login, id, why) SELECT * FROM unnest(%b::text[], %b::bytea[], %b::text[])"
    " ON CONFLICT (login, id) DO UPDATE SET why = excluded.why, at = excluded.at"
)
_FORGET = """
DELETE FROM commandlog.refusals r USING (
    SELECT login, id, row_number() OVER (PARTITION BY login ORDER BY at DESC) AS n
    FROM commandlog.refusals WHERE login = ANY(%s)) old
WHERE r.login = old.login AND r.id = old.id AND old.n > %s
"""


def take(conn: Connection[Any], share: int, limit: int) -> Iterator[Sent]:
    """Ask for the next rows of the inbox, at most `share` of one login, one of each login in turn; yields them."""
    asked = {"share": share, "limit": limit, "bytes": BYTES}
    return map(Sent._make, conn.cursor(binary=True).execute(_TAKE, asked))


def head(conn: Connection[Any]) -> tuple[int, bytes]:
    """Return the position and hash of the last record on the server, 0 and nothing where there is none."""
    return head_of(ask_head(conn))


def ask_head(conn: Connection[Any]) -> Cursor[Any]:
    """Ask for the last record on the server; `head_of` reads the answer."""
    return conn.cursor(binary=True).execute("SELECT seq, hash FROM commandlog.chain ORDER BY seq DESC LIMIT 1")


def head_of(answer: Cursor[Any]) -> tuple[int, bytes]:
    """Return the position and hash that were asked for."""
    found = answer.fetchone()
    return (found[0], found[1]) if found else (0, b"")


def put(conn: Connection[Any], placed: list[Placed], changed: list[Changed]) -> None:
    """Put records in the chain, and change who may read older ones; inside a pipeline."""
    if placed:
        seqs, stored = [one.stored.seq for one in placed], [one.stored for one in placed]
        ids, headers = [one.header[26:42] for one in stored], [one.header for one in stored]
        conn.execute(_CHAIN, (seqs, ids, headers, [one.hash for one in stored]))
        frames, words = [one.frame for one in stored], [one.words for one in stored]
        hashes, erased = [one.words_hash for one in stored], [one.erased_by for one in placed]
        conn.execute(
            _PARTS, (_APART, seqs, frames, words, hashes, [_APART.join(one.readers) for one in placed], erased)
        )
    if changed:
        readers = [_APART.join(one.readers) for one in changed]
        conn.execute(_READERS, (_APART, [one.seq for one in changed], readers))
    if gone := [one for one in changed if one.erased_by]:
        seqs = [one.seq for one in gone]
        conn.execute(_ERASE, (seqs, [one.words_hash for one in gone], [one.erased_by for one in gone]))
    if gone_now := [one.seq for one in gone] + [one.stored.seq for one in placed if one.erased_by]:
        conn.execute("DELETE FROM commandlog.pieces WHERE seq = ANY(%s)", (gone_now,))
    if opened := [one for one in changed if one.opened_by]:
        conn.execute(_OPENED, ([one.seq for one in opened], [one.opened_by for one in opened]))


def done(
    conn: Connection[Any],
    taken: list[Sent],
    notes: Sequence[tuple[str, bytes, str]],
    unwanted: Sequence[tuple[str, bytes]] = (),
) -> None:
    """Take rows out of the inbox, and note for their logins why some were dropped; inside a pipeline.

    `unwanted` are files whose records were not taken: what has come of them goes.
    """
    if taken:
        conn.execute(_TAKEN, ([row.login for row in taken], [row.n for row in taken]))
    for login_and_file in unwanted:
        conn.execute("DELETE FROM commandlog.pieces_in WHERE login = %s AND file = %s", login_and_file)
    if notes:
        newest = defaultdict[str, dict[bytes, str]](dict)
        for login, record_id, why in reversed(notes):
            if len(newest[login]) < NOTES:
                newest[login].setdefault(record_id, why)
        kept = [(login, record_id, why) for login, some in newest.items() for record_id, why in some.items()]
        conn.execute(_NOTE, tuple(map(list, zip(*kept, strict=True))))
        conn.execute(_FORGET, (list(newest), NOTES))


def checkpoint(conn: Connection[Any], seq: int, head: bytes, desk: str, signature: bytes) -> None:
    """Put a keeper's checkpoint on the server; inside a pipeline."""
    insert = "INSERT INTO commandlog.checkpoints (seq, hash, desk, signature) VALUES (%s, %s, %s, %s)"
    conn.execute(f"{insert} ON CONFLICT DO NOTHING", (seq, head, desk, signature))
