"""Tampering: seeded changes to a log of a whole evening, each by somebody who can write the file but holds no key.

    python -m tests.faults.tampering --seed 1 --changes 10000

Every change that alters what is read must be found: by `verify --deep` on the file alone, or, where no lone file can
show it (its end cut off neatly, all of it written anew under other keys), against a check line that somebody kept.
Three controls: the untouched file holds; SQLite's own integrity check, put to the same changes, must miss many of them;
a verifier that only follows the hashes must miss those that were made to fit. Where nothing is found, everything that
can be read is compared with the original, so that a change counts as harmless only when it altered nothing.
"""

import argparse
import json
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commandlog.demo import LOG, tell
from commandlog.log import chain, derived
from commandlog.log.rebuild import Stored, stored, take
from commandlog.log.verify import verify
from commandlog.log.witness import Line, line_of
from commandlog.model.errors import CommandLogError
from commandlog.model.records import DeskOpened, decode_frame, encode
from commandlog.verbs import saying

Change = Callable[[sqlite3.Connection, random.Random], object]

LATER = 120  # additions after the evening
SHOWN_BY_LINE = ("cut off", "written anew")
"""Changes that no lone file can show: the check line must."""


class Evening(NamedTuple):
    """The untouched log: its bytes, the check line that somebody kept of its end, and all that can be read in it."""

    data: bytes
    line: Line
    read: dict[str, list[Any]]


class Tally(NamedTuple):
    """What became of the changes of one kind."""

    made: Counter[str]
    found: Counter[str]
    by_line: Counter[str]
    harmless: Counter[str]
    by_sqlite: Counter[str]
    by_hashes: Counter[str]
    missed: list[tuple[int, str]]


def untouched(folder: Path) -> Evening:
    """Tell the evening and close it, so that its bytes may be read.

    Additions follow it, so that an end can be cut off that erased nothing: words that are gone with no decision show.
    """
    folder.mkdir(exist_ok=True)
    desk = tell(folder, folder / "settings")
    with desk.log as log:
        first = log.find("V1-4")
        for number in range(LATER):
            saying.add_to(desk, first, f"aanvulling {number}")
        line = line_of(log)
    path = folder / LOG
    with closing(sqlite3.connect(path)) as db:
        read = everything(db)
    return Evening(path.read_bytes(), line, read)


def everything(db: sqlite3.Connection) -> dict[str, list[Any]]:
    """Return all that a reader of the file can come to see: rows, what the indexes show, words and their beginnings."""
    found: dict[str, list[Any]] = {}
    for name in ("records", "checkpoints", "pieces", *(table.name for table in derived.TABLES)):
        found[name] = sorted(map(repr, db.execute(f"SELECT * FROM {name} NOT INDEXED")))
        indexes = db.execute("SELECT name FROM sqlite_master WHERE tbl_name = ? AND type = 'index'", (name,))
        for (index,) in indexes.fetchall():
            where = f"WHERE until < {derived.FOREVER}" if index.endswith("_closed") else ""
            query = f"SELECT * FROM {name} INDEXED BY {index} {where}"
            try:
                found[index] = list(map(repr, db.execute(f"{query} ORDER BY {_order(db, index)}")))
            except sqlite3.OperationalError as error:
                if "no query solution" not in str(error):
                    raise
    found["meta"] = db.execute("SELECT value FROM meta WHERE key = 'log_id'").fetchall()
    db.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, fulltext, instance)")
    found["fulltext"] = db.execute("SELECT * FROM vocabulary ORDER BY 1, 2, 3, 4").fetchall()
    begins = sorted({term[:3] for term, *_rest in found["fulltext"]})
    query = "SELECT rowid FROM fulltext WHERE fulltext MATCH ? ORDER BY rowid"
    for begin in begins:
        found[f"{begin}*"] = db.execute(query, (f'"{begin}" *',)).fetchall()
    return found


def _order(db: sqlite3.Connection, index: str) -> str:
    return ", ".join(name for _n, _c, name in db.execute(f"PRAGMA index_info({index})") if name) or "1"


# -- changes ----------------------------------------------------------------------------------------------------------


def _some(db: sqlite3.Connection, chance: random.Random, condition: str = "1") -> int:
    found = [seq for (seq,) in db.execute(f"SELECT seq FROM records WHERE {condition}")]
    return int(chance.choice(found))


def _other(value: Any, chance: random.Random) -> Any:
    """Return a value of the same type that differs."""
    if isinstance(value, bytes):
        if not value:
            return b"\x01"
        data = bytearray(value)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(data)
    if isinstance(value, int):
        return value + chance.choice((-60_000, -1, 1, 60_000))
    if isinstance(value, str) and value:
        spot = chance.randrange(len(value))
        return value[:spot] + ("a" if value[spot] != "a" else "b") + value[spot + 1 :]
    return "police" if isinstance(value, str) else b"x"


def _cell(table: str, columns: tuple[str, ...] = ()) -> Change:
    """Alter one value of one row."""

    def change(db: sqlite3.Connection, chance: random.Random) -> None:
        rows = db.execute(f"SELECT rowid, * FROM {table}")
        names = [column[0] for column in rows.description[1:]]
        row = chance.choice(rows.fetchall())
        column = chance.choice([name for name in names if not columns or name in columns])
        value = row[1 + names.index(column)]
        db.execute(f"UPDATE OR REPLACE {table} SET {column} = ? WHERE rowid = ?", (_other(value, chance), row[0]))

    return change


def _row_gone(table: str) -> Change:
    def change(db: sqlite3.Connection, chance: random.Random) -> None:
        (rowid,) = chance.choice(db.execute(f"SELECT rowid FROM {table}").fetchall())
        db.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))

    return change


def _swap(db: sqlite3.Connection, chance: random.Random) -> None:
    one, other = chance.sample(range(1, _last(db) + 1), 2)
    rows = {row.seq: row for row in stored(db) if row.seq in (one, other)}
    for seq, row in ((one, rows[other]), (other, rows[one])):
        db.execute("DELETE FROM records WHERE seq = ?", (seq,))
        db.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", row._replace(seq=seq))


def _replay(db: sqlite3.Connection, chance: random.Random) -> None:
    """Put what one record says in the place of another's words."""
    words = db.execute("SELECT words FROM records WHERE seq = ?", (_some(db, chance, "words IS NOT NULL"),)).fetchone()
    seq = _some(db, chance, "words IS NOT NULL")
    while db.execute("SELECT words FROM records WHERE seq = ?", (seq,)).fetchone() == words:
        seq = _some(db, chance, "words IS NOT NULL")
    db.execute("UPDATE records SET words = ? WHERE seq = ?", (words[0], seq))


def _silenced(db: sqlite3.Connection, chance: random.Random) -> None:
    """Take words away as an erasure would, with everything that follows from it, but without the decision."""
    seq = _some(db, chance, "words IS NOT NULL")
    words = db.execute("SELECT words FROM records WHERE seq = ?", (seq,)).fetchone()[0]
    db.execute("UPDATE records SET words = NULL, words_hash = ? WHERE seq = ?", (chain.part_hash(words), seq))
    _derive_anew(db)


def _word_moved(db: sqlite3.Connection, chance: random.Random) -> None:
    """Let a search find an entry by a word that it does not hold."""
    seq = _some(db, chance)
    db.execute("INSERT INTO fulltext (rowid, text, facets) VALUES (?, 'ontruiming', '')", (seq,))


def _cut_badly(db: sqlite3.Connection, chance: random.Random) -> None:
    """Cut the end off and leave what was derived from it."""
    db.execute("DELETE FROM records WHERE seq > ?", (_last(db) - chance.randint(1, 40),))


def _cut_neatly(db: sqlite3.Connection, chance: random.Random) -> None:
    """Cut the end off with all that followed from it."""
    last = _last(db) - chance.randint(1, LATER - 1)
    db.execute("DELETE FROM records WHERE seq > ?", (last,))
    db.execute("DELETE FROM checkpoints WHERE seq > ?", (last,))
    _derive_anew(db)
    db.execute("DELETE FROM pieces WHERE file NOT IN (SELECT file FROM attachments)")


def _relinked(change: Callable[[list[Stored], random.Random], None]) -> Change:
    """Change the records and make everything fit that needs no key: digests, positions, hashes, derived rows."""

    def changed(db: sqlite3.Connection, chance: random.Random) -> None:
        rows = list(stored(db))
        change(rows, chance)
        _written(db, rows, None)

    return changed


def _drop(rows: list[Stored], chance: random.Random) -> None:
    rows.pop(chance.randrange(5, len(rows)))


def _repeat(rows: list[Stored], chance: random.Random) -> None:
    rows.insert(chance.randrange(5, len(rows)), chance.choice(rows[5:]))


def _reworded(rows: list[Stored], chance: random.Random) -> None:
    spot = chance.choice([n for n, row in enumerate(rows) if row.words and b'"text":"' in row.words])
    row = rows[spot]
    assert row.words is not None
    words = row.words.replace(b'"text":"', b'"text":"niet ', 1)
    rows[spot] = _with_words(row, words)


def _with_words(row: Stored, words: bytes) -> Stored:
    assert row.frame is not None
    digest = chain.digest_of(chain.part_hash(row.frame), chain.part_hash(words))
    header = chain.unpack_header(row.header)._replace(digest=digest)
    return row._replace(words=words, header=chain.pack_header(header[:7], header.party, header.desk))


def _under_other_keys(db: sqlite3.Connection, chance: random.Random) -> None:
    """Write the whole log anew with one word changed, every desk under a key of the forger's own."""
    rows = list(stored(db))
    _reworded(rows, chance)
    _written(db, rows, Ed25519PrivateKey.generate())


def _written(db: sqlite3.Connection, rows: list[Stored], key: Ed25519PrivateKey | None) -> None:
    previous = chain.GENESIS
    db.execute("DELETE FROM checkpoints")
    db.execute("DELETE FROM records")
    for seq, old in enumerate(rows, start=1):
        row = _signed(old, key) if key else old
        header = chain.moved(row.header, seq)
        previous = chain.link(previous, header)
        new = row._replace(seq=seq, header=header, hash=previous)
        db.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", new)
        if key and seq % 100 == 0:
            h = chain.unpack_header(header)
            signature = key.sign(chain.checkpoint_bytes(h.log_id, seq, previous))
            db.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?)", (seq, previous, h.desk, signature))
    _derive_anew(db)


def _signed(row: Stored, key: Ed25519PrivateKey) -> Stored:
    assert row.frame is not None
    frame = row.frame
    said = decode_frame(frame[chain.SALT :])
    if isinstance(said, DeskOpened):
        said = msgspec.structs.replace(said, key=key.public_key().public_bytes_raw())
        frame = frame[: chain.SALT] + encode(said)
    words_hash = chain.part_hash(row.words) if row.words is not None else row.words_hash or b""
    digest = chain.digest_of(chain.part_hash(frame), words_hash)
    h = chain.unpack_header(row.header)._replace(digest=digest)
    h = h._replace(signature=key.sign(chain.signed_bytes(h.log_id, h.id, digest, h.party, h.desk)))
    return row._replace(frame=frame, header=chain.pack_header(h[:7], h.party, h.desk))


def _derive_anew(db: sqlite3.Connection) -> None:
    rows = list(stored(db))
    db.execute("INSERT INTO fulltext (fulltext) VALUES ('delete-all')")
    for table in derived.TABLES:
        db.execute(f"DELETE FROM {table.name}")
    db.execute("DELETE FROM records")
    for row in rows:
        take(db, row)


def _last(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT max(seq) FROM records").fetchone()[0])


CHANGES: dict[str, Change] = {
    "header flipped": _cell("records", ("header",)),
    "check value flipped": _cell("records", ("hash",)),
    "frame flipped": _cell("records", ("frame",)),
    "words flipped": _cell("records", ("words", "words_hash")),
    "record deleted": _row_gone("records"),
    "records swapped": _swap,
    "words replayed": _replay,
    "words taken away": _silenced,
    "end cut, rows left": _cut_badly,
    "checkpoint altered": _cell("checkpoints"),
    "log id altered": lambda db, chance: db.execute(
        "UPDATE meta SET value = ? WHERE key = 'log_id'", (chance.randbytes(16),)
    ),
    "word put in the index": _word_moved,
    "reworded, made to fit": _relinked(_reworded),
    "dropped, made to fit": _relinked(_drop),
    "repeated, made to fit": _relinked(_repeat),
    "shuffled, made to fit": _relinked(lambda rows, chance: rows.insert(chance.randrange(5, 60), rows.pop())),
    "cut off": _cut_neatly,
    "written anew": _under_other_keys,
}


def changes(db: sqlite3.Connection) -> dict[str, Change]:
    """Return every kind of change, those of each derived table that has rows among them."""
    found = dict(CHANGES)
    for name in ("pieces", *(table.name for table in derived.TABLES)):
        if db.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone():
            found[f"{name}: a value"] = _cell(name)
            found[f"{name}: a row gone"] = _row_gone(name)
    return found


RAW = "a bit of the file"
RAW_SHARE = 0.25  # of all changes are made to the bytes of the file, whatever they belong to


# -- judging ----------------------------------------------------------------------------------------------------------


def run(folder: Path, seed: int, count: int, tell_progress: Callable[[int], None] = lambda _done: None) -> Tally:
    """Make `count` changes that alter what is read, one at a time, each to a fresh copy, and see who finds them."""
    evening = untouched(folder)
    path = folder / "tampered.clog"
    path.write_bytes(evening.data)
    if not (holds(path) and verify(path, against=[evening.line]).holds):
        raise AssertionError("the untouched log does not hold")
    with closing(sqlite3.connect(path)) as db:
        kinds = changes(db)
    tally = Tally(Counter(), Counter(), Counter(), Counter(), Counter(), Counter(), [])
    chance = random.Random(seed)
    number = 0
    while tally.made.total() < count:
        number += 1
        raw = chance.random() < RAW_SHARE
        name = RAW if raw else list(kinds)[number % len(kinds)]
        one = random.Random(f"{seed} {number}")
        _fresh(path, _flipped(evening.data, one) if raw else evening.data)
        if not raw:
            with closing(sqlite3.connect(path, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous = OFF")
                db.execute("BEGIN")
                kinds[name](db, one)
                db.execute("COMMIT")
        _judge(path, evening, name, number, tally)
        tell_progress(tally.made.total())
    return tally


def _judge(path: Path, evening: Evening, name: str, number: int, tally: Tally) -> None:
    sqlite_finds, hashes_find = not _sound(path), not _hashes_follow(path)
    if not holds(path):
        tally.found[name] += 1
    elif _reads_the_same(path, evening):
        tally.harmless[name] += 1
        return
    elif not against(path, evening.line):
        tally.by_line[name] += 1
    else:
        tally.missed.append((number, name))
    tally.made[name] += 1
    tally.by_sqlite[name] += sqlite_finds
    tally.by_hashes[name] += hashes_find


def holds(path: Path) -> bool:
    """Whether `verify --deep` says that the log holds; a file that it refuses to read does not."""
    try:
        return verify(path, deep=True).holds
    except CommandLogError:
        return False


def against(path: Path, line: Line) -> bool:
    """Whether the log still agrees with a check line that was kept."""
    return verify(path, against=[line]).holds


def _sound(path: Path) -> bool:
    """Whether SQLite's own check finds nothing (the control)."""
    try:
        with closing(sqlite3.connect(path)) as db:
            return bool(db.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False


def _hashes_follow(path: Path) -> bool:
    """Whether each record's hash follows from the one before and from what it says (the other control)."""
    previous = chain.GENESIS
    try:
        with closing(sqlite3.connect(path)) as db:
            for row in stored(db):
                said = chain.part_hash(row.words) if row.words is not None else row.words_hash or b""
                digest = chain.digest_of(chain.part_hash(row.frame or b""), said)
                previous = chain.link(previous, row.header)
                if previous != row.hash or digest != chain.unpack_header(row.header).digest:
                    return False
    except (sqlite3.DatabaseError, ValueError, TypeError):
        return False
    return True


def _reads_the_same(path: Path, evening: Evening) -> bool:
    with closing(sqlite3.connect(path)) as db:
        return everything(db) == evening.read


def _flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _fresh(path: Path, data: bytes) -> None:
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    path.write_bytes(data)


def table(tally: Tally) -> Iterator[str]:
    """Yield the outcome as lines of text."""
    missed = Counter(name for _number, name in tally.missed)
    columns = {
        "made": tally.made,
        "found": tally.found,
        "by line": tally.by_line,
        "missed": missed,
        "SQLite finds": tally.by_sqlite,
        "hashes find": tally.by_hashes,
        "harmless": tally.harmless,
    }
    yield f"{'change':32}" + "".join(f"{title:>14}" for title in columns)
    for name in sorted(tally.made | tally.harmless):
        yield f"{name:32}" + "".join(f"{counted[name]:14}" for counted in columns.values())
    yield f"{'all':32}" + "".join(f"{counted.total():14}" for counted in columns.values())


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        tally = run(Path(folder), given.seed, given.changes)
    seconds = time.monotonic() - begin
    print("\n".join(table(tally)))
    print(f"seed {given.seed}, SQLite {sqlite3.sqlite_version}, {seconds:.0f} s; missed: {tally.missed[:20]}")
    if given.json:
        counters = {name: dict(value) for name, value in tally._asdict().items() if isinstance(value, Counter)}
        given.json.write_text(json.dumps({**counters, "missed": tally.missed, "seconds": seconds}, indent=1))
    raise SystemExit(1 if tally.missed else 0)


if __name__ == "__main__":
    main()
