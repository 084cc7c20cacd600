"""Rows as a keeper and as desks write them: of the right shape, and of no meaning."""

import os
from collections.abc import Sequence

import psycopg

SEND = "INSERT INTO commandlog.inbox (id, header, frame, words) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
PIECE = "INSERT INTO commandlog.pieces_in (file, number, bytes) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
PULSE = """INSERT INTO commandlog.pulses (upto, hash, purged, waiting, offset_ms, sent_at, signature)
VALUES (%s, %s, false, 0, 0, 0, %s)"""
LINK = "INSERT INTO commandlog.chain (seq, id, header, hash) VALUES (%s, %s, %s, %s)"
PART = "INSERT INTO commandlog.parts (seq, frame, words, readers) VALUES (%s, %s, %s, %s)"


def send(connection: psycopg.Connection, words: bytes = b"words", record_id: bytes | None = None) -> None:
    """Put a record into the inbox."""
    connection.execute(SEND, (record_id or os.urandom(16), b"header", b"frame", words))


def pulse(connection: psycopg.Connection) -> None:
    """Tell that one is there."""
    connection.execute(PULSE, (0, bytes(32), bytes(64)))


def chain(keeper: psycopg.Connection, seq: int) -> None:
    """Put a link into the chain."""
    keeper.execute(LINK, (seq, os.urandom(16), b"header", os.urandom(32)))


def record(keeper: psycopg.Connection, seq: int, words: bytes, readers: Sequence[str], piece: bytes = b"") -> None:
    """Put a record into the shared log, for these parties ("*": everybody), with an attachment of one piece."""
    chain(keeper, seq)
    keeper.execute(PART, (seq, os.urandom(16) + words, os.urandom(16) + words, list(readers)))
    if piece:
        keeper.execute("INSERT INTO commandlog.pieces VALUES (%s, %s, 0, %s)", (seq, os.urandom(32), piece))
