"""Tampering is found, and the first bad position is named."""

import random
import sqlite3
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from commandlog.log import chain
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.signing import Signer
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.verbs import saying, tasks, withholding

Change = Callable[[sqlite3.Connection, int], None]


def _flip(column: str) -> Change:
    def change(db: sqlite3.Connection, seq: int) -> None:
        data = bytearray(db.execute(f"SELECT {column} FROM records WHERE seq = ?", (seq,)).fetchone()[0])
        data[len(data) // 2] ^= 4
        db.execute(f"UPDATE records SET {column} = ? WHERE seq = ?", (bytes(data), seq))

    return change


def _delete(db: sqlite3.Connection, seq: int) -> None:
    db.execute("DELETE FROM records WHERE seq = ?", (seq,))


def _swap(db: sqlite3.Connection, seq: int) -> None:
    rows = db.execute("SELECT header, hash, frame, words FROM records WHERE seq IN (?, ?)", (seq, seq + 1)).fetchall()
    for position, row in zip((seq + 1, seq), rows, strict=True):
        db.execute("UPDATE records SET header=?, hash=?, frame=?, words=? WHERE seq=?", (*row, position))


def _other_words(db: sqlite3.Connection, seq: int) -> None:
    words = db.execute("SELECT words FROM records WHERE seq = ?", (seq + 1,)).fetchone()[0]
    db.execute("UPDATE records SET words = ? WHERE seq = ?", (words, seq))


def _rewrite(db: sqlite3.Connection, seq: int) -> None:
    """Change the words and make digest and all hashes after them fit, as somebody without the desk's key could."""
    previous = db.execute("SELECT hash FROM records WHERE seq = ?", (seq - 1,)).fetchone()[0]
    rows = db.execute("SELECT seq, header, frame, words FROM records WHERE seq >= ? ORDER BY seq", (seq,)).fetchall()
    for position, header_bytes, frame, words in rows:
        header = chain.unpack_header(header_bytes)
        if position == seq:
            words = words[: chain.SALT] + b'{"text":"iets anders"}'
            digest = chain.digest_of(sha256(frame).digest(), sha256(words).digest())
            header = header._replace(digest=digest)
        packed = chain.pack_header(header[:7], header.party, header.desk)
        previous = chain.link(previous, packed)
        db.execute(
            "UPDATE records SET header = ?, hash = ?, words = ? WHERE seq = ?", (packed, previous, words, position)
        )


def _relinked(change: Callable[[list[tuple[bytes, bytes, bytes]]], None]) -> Change:
    """Make a change and let everything that needs no key fit again: positions, hashes, checkpoints, derived rows."""

    def changed(db: sqlite3.Connection, seq: int) -> None:
        query = "SELECT header, frame, words FROM records WHERE seq >= ? ORDER BY seq"
        rows = db.execute(query, (seq,)).fetchall()
        change(rows)
        previous = db.execute("SELECT hash FROM records WHERE seq = ?", (seq - 1,)).fetchone()[0]
        db.execute("DELETE FROM records WHERE seq >= ?", (seq,))
        db.execute("DELETE FROM checkpoints")
        for position, (header, frame, words) in enumerate(rows, start=seq):
            header = chain.moved(header, position)
            previous = chain.link(previous, header)
            row = (position, header, previous, frame, words)
            db.execute("INSERT INTO records (seq, header, hash, frame, words) VALUES (?, ?, ?, ?, ?)", row)

    return changed


def _empty(db: sqlite3.Connection, seq: int) -> None:
    db.execute("UPDATE records SET frame = NULL, words = NULL WHERE seq = ?", (seq,))


CHANGES: dict[str, Change] = {
    "header": _flip("header"),
    "hash": _flip("hash"),
    "frame": _flip("frame"),
    "words": _flip("words"),
    "delete": _delete,
    "swap": _swap,
    "replay": _other_words,
    "rewrite": _rewrite,
    "dropped and relinked": _relinked(lambda rows: rows.pop(0) and None),
    "repeated and relinked": _relinked(lambda rows: rows.insert(0, rows[3])),
    "moved and relinked": _relinked(lambda rows: rows.insert(0, rows.pop(1))),
    "emptied": _empty,
}


def fill(desk: Desk) -> Path:
    for n in range(130):
        saying.note(desk, f"regel {n}")
    tasks.propose(desk, "loop mee", to_party="police")
    return desk.log.path


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("deep", [False, True])
def test_a_change_is_found_where_it_was_made(venue: Desk, name: str, deep: bool) -> None:
    path, db = fill(venue), venue.log.db
    assert verify(path, deep=deep).holds
    seq = random.Random(name).randint(10, 90)
    CHANGES[name](db, seq)
    verdict = verify(path, deep=deep)
    assert not verdict.holds
    assert verdict.position == seq, verdict.fault


def test_a_rewrite_behind_the_last_checkpoint_is_found_by_its_signature(venue: Desk) -> None:
    path = fill(venue)
    _rewrite(venue.log.db, 120)
    verdict = verify(path)
    assert (verdict.holds, verdict.position) == (False, 120)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tasks SET state = 'confirmed'",
        "UPDATE entries SET place = 'gate-f' WHERE since = 20",
        "DELETE FROM entries WHERE since = 20",
        "INSERT INTO fulltext (fulltext, rowid, text, facets) VALUES ('delete', 20, 'regel 16', '')",
        "INSERT INTO grants VALUES (20, 4611686018427387904, 20, 'police')",
    ],
)
def test_only_deep_sees_a_derived_row_that_does_not_follow(venue: Desk, change: str) -> None:
    path = fill(venue)
    venue.log.db.execute(change)
    assert verify(path).holds
    verdict = verify(path, deep=True)
    assert not verdict.holds
    assert verdict.position in (20, venue.log.head.seq)


def test_without_checkpoints_every_signature_is_checked(venue: Desk) -> None:
    path = fill(venue)
    venue.log.db.execute("DELETE FROM checkpoints")
    assert verify(path).signatures == venue.log.head.seq
    _rewrite(venue.log.db, 7)
    assert verify(path).position == 7


def test_erased_words_still_verify(venue: Desk) -> None:
    path, db = fill(venue), venue.log.db
    withholding.erase(venue, (20,), "op verzoek")
    assert verify(path, deep=True).holds
    assert verify(path).erased == 1
    db.execute("UPDATE records SET words_hash = ? WHERE seq = 20", (bytes(32),))
    assert verify(path).position == 20


@pytest.mark.parametrize("hidden", ["", "INSERT INTO erasures VALUES (30, 4611686018427387904, 20)"])
def test_words_that_are_gone_without_a_decision_are_missed(venue: Desk, hidden: str) -> None:
    path, db = fill(venue), venue.log.db
    withholding.erase(venue, (21,), "op verzoek")
    words = db.execute("SELECT words FROM records WHERE seq = 20").fetchone()[0]
    db.execute("UPDATE records SET words = NULL, words_hash = ? WHERE seq = 20", (sha256(words).digest(),))
    if hidden:  # a derived row that says so is not enough: the decision itself must
        db.execute(hidden)
    verdict = verify(path)
    assert (verdict.position, verdict.erased) == (20, 2)
    assert "no decision" in verdict.fault


def test_a_desk_writes_for_its_own_party_alone(venue: Desk, police: Desk) -> None:
    impostor = Desk(venue.log, Signer("venue", police.code, police.signer.key))
    forged = saying.note(impostor, "niet van ons")
    assert verify(venue.log.path).position == forged.seq


def test_a_log_in_use_holds(venue: Desk) -> None:
    path = fill(venue)
    writing = threading.Event()

    def write() -> None:
        with Log(path) as log:
            desk = sit_down(log, settings_folder(), "police")
            for n in range(150):
                saying.note(desk, f"intussen {n}")
                writing.set()

    other = threading.Thread(target=write, daemon=True)
    other.start()
    writing.wait(10)
    verdicts = [verify(path, deep=True) for _ in range(3)]
    other.join(60)
    assert not other.is_alive()
    assert [verdict.fault for verdict in verdicts] == ["", "", ""]
