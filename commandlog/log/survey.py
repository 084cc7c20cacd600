"""What is left of a damaged log: every record on any page, each held against its own digest and its desk's signature.

Pages are read without SQLite (`log/pages.py`), so it does not matter where the damage is, nor in which corner a record
is found. Where several states of one are found, a state without words wins: erased stays erased. What lies only in
older states of a page, or was left there by a transaction that was taken back, is believed where the record behind it
follows from it.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from hashlib import blake2b
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import NamedTuple, Self

from commandlog.language import _
from commandlog.log import chain, pieces
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.judging import (
    UNSURE,
    behind,
    combined,
    follows,
    frame_of,
    grouped,
    kept,
    leads,
    pairs,
    stands,
    whole,
    why,
)
from commandlog.log.pages import STRAY, Cell, Image, most_common
from commandlog.log.rebuild import Stored
from commandlog.model.keeping import Attached, Erased
from commandlog.model.records import DeskOpened, decode_words

SAMPLE = 200  # records by which a log is known
_RECORD, _CHECKPOINT, _PIECE, _DESK = 6, 4, 3, 5  # values in a row
_HASH = 76  # the serial type of 32 bytes
_ID = rb"\x00\x01(.{6}[\x70-\x7f].[\x80-\xbf].{7})\x00\x00"  # how a header begins: version, log id, position

_TABLES = (
    """CREATE TABLE found (seq INTEGER, look BLOB, standing INTEGER, id BLOB, header BLOB, hash BLOB, frame BLOB,
    words BLOB, words_hash BLOB, UNIQUE (seq, look))""",
    """CREATE TABLE checkpoints (seq INTEGER, hash BLOB, desk TEXT, signature BLOB, standing INTEGER,
    UNIQUE (seq, hash, signature))""",
    "CREATE TABLE keys (desk TEXT, party TEXT, key BLOB, UNIQUE (desk, party, key))",
    "CREATE TABLE pieces (file BLOB, number INTEGER, bytes BLOB, look BLOB, UNIQUE (file, number, look))",
    "CREATE TABLE chosen (seq INTEGER PRIMARY KEY, found INTEGER, placed INTEGER)",
    "CREATE TABLE gone (id BLOB PRIMARY KEY)",
)
_FOUND = "f.seq, f.header, f.hash, f.frame, f.words, f.words_hash"
_CHOSEN = "chosen s JOIN found f ON f.rowid = s.found"


class Saved(NamedTuple):
    """A record that could be read. `fault` is what speaks against it, empty where it is what its desk signed.

    `chained` is whether it follows, without a gap, from the first record of the log; `placed` whether it follows from
    the record before it. Its position and the keeper's time, which no desk signs, are certain only then.
    """

    record: Stored
    chained: bool
    placed: bool
    fault: str


class Gap(NamedTuple):
    """Records that are lost: positions from `first` to `last`, kept between two times (0 where that is not known)."""

    first: int
    last: int
    after: int
    before: int


class Survey:
    """What is left of a damaged log; a context manager.

    `log_id` is empty where no record was found. `sound` is the last position up to which all holds from the first
    record on, `fault` what is wrong behind it (empty: nothing), `last` the last position that is known of, `gaps` what
    is lost.
    """

    def __init__(self, main: Path, wal: Path, work: Path) -> None:
        """Read copies of a log's file and its write-ahead log (which need not be there); `work` is for lists."""
        self._maps: list[mmap] = []
        self.image = Image(self._bytes(main), self._bytes(wal))
        self.db = sqlite3.connect(work / "found.db", isolation_level=None)
        self.db.execute("PRAGMA journal_mode = OFF")
        self.db.execute("PRAGMA synchronous = OFF")
        for statement in _TABLES:
            self.db.execute(statement)
        self.log_id, self.sound, self.last, self.fault = b"", 0, 0, ""
        self.gaps: list[Gap] = []
        self._keys: dict[str, tuple[str, bytes]] = {}
        self._own: list[tuple[str, bytes]] = []

    def _bytes(self, path: Path) -> memoryview | bytes:
        if not path.exists() or path.stat().st_size == 0:
            return b""
        with path.open("rb") as file:  # a copy, which nobody else knows
            self._maps.append(mmap(file.fileno(), 0, access=ACCESS_READ))
        return memoryview(self._maps[-1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.db.close()
        self.image.release()
        for one in self._maps:
            with suppress(BufferError):  # what somebody still holds is let go of with them
                one.close()

    # -- looking ---------------------------------------------------------------------------------------------------

    def look(
        self,
        own_keys: Callable[[bytes], Iterable[tuple[str, bytes]]] = lambda _log_id: (),
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> None:
        """Find all that is there, and judge it.

        `own_keys` says which keys this machine has for a log, each with its party: a desk whose key is lost in the file
        may be one of its own. `progress` is told how many pages of how many were looked at.
        """
        self.log_id = self._name()
        begins = chain.HEADER_VERSION.to_bytes(2, "big") + self.log_id
        self.db.execute("BEGIN")
        for done, page in enumerate(self.image.pages(), start=1):
            rows, is_sound = self.image.rows(page, (_RECORD, _CHECKPOINT, _PIECE, _DESK))
            for row in rows:
                self._keep(row, page.standing)
            if self.log_id and (not is_sound or self.image.holds(page, begins) > len(rows)):
                for row in self.image.carved(page, begins, _RECORD):
                    self._keep(row, page.standing)
            if done % 1000 == 0:
                progress(done, self.image.count + len(self.image.frames))
        self.db.execute("COMMIT")
        self.db.execute("CREATE INDEX found_ids ON found (id)")
        self._read_keys()
        self._own = list(own_keys(self.log_id))
        self._erase()
        self._choose()
        self._hold_against_keys()
        self.gaps = list(self._gaps())

    def _name(self) -> bytes:
        """Return the id of the log that most records belong to."""
        seen: dict[bytes, int] = {}
        for page in self.image.pages():
            for row in self.image.rows(page, (_RECORD,))[0]:
                header = row.values()[1]
                if header[:2] == b"\x00\x01" and row.types[0] == 0 and row.types[2] in (0, _HASH):
                    seen[header[2:18]] = seen.get(header[2:18], 0) + 1
            if sum(seen.values()) > SAMPLE:
                break
        if seen:
            return max(seen, key=lambda one: seen[one])
        return most_common(self.image.main, _ID) or most_common(self.image.wal, _ID)

    def _keep(self, row: Cell, standing: int) -> None:
        """Keep a row that has the shape of a record, a checkpoint or a piece of an attachment."""
        values, types = row.values(), row.types
        if len(types) == _RECORD:
            self._keep_record(row, values, standing)
        elif len(types) == _CHECKPOINT and (types[0], types[1], len(values[3])) == (0, _HASH, 64):
            desk = values[2].decode("utf-8", "replace")
            query = (
                "INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET standing = min(standing, excluded.standing)"
            )
            self.db.execute(query, (row.key, values[1], desk, values[3], standing))
        elif len(types) == _DESK and (types[0], types[4]) == (0, _HASH) and types[2] % 2 and types[3] % 2:
            names = [one.decode("utf-8", "replace") for one in values[2:4]]
            self.db.execute("INSERT OR IGNORE INTO keys VALUES (?, ?, ?)", (*names, values[4]))
        elif len(types) == _PIECE and types[0] == _HASH and 0 < types[1] < 10 and len(values[2]) > 0:
            number = int.from_bytes(values[1], "big") if types[1] < 7 else types[1] - 8
            piece = (values[0], number, values[2], _look(values[2]))
            self.db.execute("INSERT OR IGNORE INTO pieces VALUES (?, ?, ?, ?)", piece)

    def _keep_record(self, row: Cell, values: list[bytes], standing: int) -> None:
        types = row.types
        if types[0] != 0 or types[2] not in (0, _HASH) or types[5] not in (0, _HASH):
            return
        try:
            header = chain.unpack_header(values[1])
        except ValueError:
            return
        if header.log_id != self.log_id or header.seq >> 62:
            return
        parts = [value if kind else None for value, kind in zip(values[1:], types[1:], strict=True)]
        standing += 0 if row.key == header.seq else UNSURE
        fields = (header.seq, _look(*parts), standing, header.id, *parts)
        query = (
            "INSERT INTO found VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET standing = min(standing, excluded.standing)"
        )
        self.db.execute(query, fields)

    # -- judging ---------------------------------------------------------------------------------------------------

    def _read_keys(self) -> None:
        """Learn each desk's party and key from the record that opened it, which is signed with that key.

        Where that is lost, the table that was derived from it may still have them.
        """
        for record in self._of_kind("desk_opened"):
            frame = frame_of(record)
            if isinstance(frame, DeskOpened) and chain.signature_holds(frame.key, chain.unpack_header(record.header)):
                self._keys.setdefault(frame.desk, (frame.party, frame.key))
        for desk, party, key in self.db.execute("SELECT desk, party, key FROM keys"):
            self._keys.setdefault(desk, (party, key))

    def _erase(self) -> None:
        """Take away the words that a decision destroyed, wherever older states of their records still lay."""
        gone: set[bytes] = set()
        for record in self._of_kind("erased"):
            frame = frame_of(record)
            if isinstance(frame, Erased) and self.signed(record):
                gone.update(frame.records)
        query = f"SELECT {_FOUND} FROM found f WHERE f.words IS NULL AND f.words_hash NOT NULL"
        bare = filter(whole, map(Stored._make, self.db.execute(query)))
        gone.update(chain.unpack_header(record.header).id for record in bare)
        self.db.executemany("INSERT INTO gone VALUES (?)", [(one,) for one in gone])
        query = "SELECT rowid, words FROM found WHERE words NOT NULL AND id IN (SELECT id FROM gone)"
        for rowid, words in self.db.execute(query).fetchall():
            fields = (chain.part_hash(words), rowid)
            self.db.execute("UPDATE found SET words = NULL, words_hash = ? WHERE rowid = ?", fields)

    def _choose(self) -> None:
        """Choose one state of each record, and follow the chain from the first one on as far as it holds."""
        query = f"SELECT f.standing, f.rowid, {_FOUND} FROM found f ORDER BY f.seq, f.standing, f.words NOT NULL"
        surest = f"SELECT max(seq) FROM found WHERE standing < {STRAY} AND seq < {PROVISIONAL}"
        newest = self.db.execute(surest).fetchone()[0] or 0
        previous, expected, broken = chain.GENESIS, 1, ""
        before: Stored | None = None
        for states, after in pairs(grouped(self.db.execute(query))):
            seq = states[0].record.seq
            sure = [one for one in states if whole(one.record) and (kept(one) or leads(one.record, after))]
            fits = [one for one in sure if seq == expected and not broken and follows(previous, one.record, after)]
            best = (fits or sure or states)[0]
            if not (fits or stands(best, before, after, newest)):
                continue
            placed = bool(fits) or (before is not None and behind(before, best.record))
            self.db.execute("INSERT INTO chosen VALUES (?, ?, ?)", (seq, best.rowid, placed))
            before = best.record
            if fits:
                previous, expected = chain.link(previous, best.record.header), seq + 1
                if best.record.hash != previous:
                    self.db.execute("UPDATE found SET hash = ? WHERE rowid = ?", (previous, best.rowid))
            elif not broken and seq < PROVISIONAL:
                broken = _("it is lost") if seq != expected else why(best.record)
        self.sound = expected - 1
        query = (
            f"SELECT max(seq) FROM (SELECT seq FROM chosen WHERE seq < {PROVISIONAL} UNION ALL"
            f" SELECT seq FROM checkpoints WHERE standing < {STRAY})"
        )
        self.last = max(self.sound, self.db.execute(query).fetchone()[0] or 0)
        self.fault = broken or (_("it is lost") if self.last > self.sound else "")

    def _hold_against_keys(self) -> None:
        """Cut what holds where a desk did not sign it; the last checkpoint that holds vouches for all before it."""
        vouched = next((seq for seq, *_rest in self.checkpoints(1, self.sound, newest_first=True)), 0)
        for record in self.chosen(vouched + 1, self.sound):
            if not self.signed(record):
                self.fault = _("its desk did not sign it")
                self.sound = record.seq - 1
                return

    def signed(self, record: Stored) -> bool:
        """Whether a record is what its desk signed."""
        header = chain.unpack_header(record.header)
        if not whole(record):
            return False
        if header.desk not in self._keys:
            ours = (one for one in self._own if one[0] == header.party and chain.signature_holds(one[1], header))
            if found := next(ours, None):
                self._keys[header.desk] = found
        party, key = self._keys.get(header.desk, ("", b""))
        return header.party == party and chain.signature_holds(key, header)

    # -- what was found --------------------------------------------------------------------------------------------

    def saved(self) -> Iterator[Saved]:
        """Yield every record that was found, in order."""
        rows = self.db.execute(f"SELECT s.placed, {_FOUND} FROM {_CHOSEN} ORDER BY s.seq")
        for placed, *fields in rows:
            record = Stored._make(fields)
            chained = record.seq <= self.sound
            holds = chained or (self.signed(record) and frame_of(record) is not None)
            yield Saved(record, chained, bool(placed), "" if holds else self._why(record))

    def _gaps(self) -> Iterator[Gap]:
        """Yield what is lost, in order."""
        before, after = 0, 0
        rows = self.db.execute(f"SELECT f.seq, f.header FROM {_CHOSEN} WHERE f.seq < {PROVISIONAL} ORDER BY f.seq")
        for seq, header in rows:
            kept_at = chain.unpack_header(header).kept_at
            if seq > before + 1:
                yield Gap(before + 1, seq - 1, after, kept_at)
            before, after = seq, kept_at
        if self.last > before:
            yield Gap(before + 1, self.last, after, 0)

    def _why(self, record: Stored) -> str:
        """Return what speaks against a record that was found."""
        if whole(record) and chain.unpack_header(record.header).desk not in self._keys:
            return _("the key of its desk is lost, so that nobody can say who wrote it")
        return why(record)

    def chosen(self, first: int, last: int) -> Iterator[Stored]:
        """Yield the records from one position to another, both included."""
        query = f"SELECT {_FOUND} FROM {_CHOSEN} WHERE s.seq BETWEEN ? AND ? ORDER BY s.seq"
        with closing(self.db.execute(query, (first, last))) as rows:
            yield from map(Stored._make, rows)

    def checkpoints(
        self, first: int, last: int, *, newest_first: bool = False
    ) -> Iterator[tuple[int, bytes, str, bytes]]:
        """Yield the checkpoints between two positions that hold, and fit the records that were found."""
        query = (
            f"SELECT c.seq, c.hash, c.desk, c.signature FROM {_CHOSEN} JOIN checkpoints c ON c.seq = s.seq"
            f" AND c.hash = f.hash WHERE s.seq BETWEEN ? AND ? ORDER BY s.seq {'DESC' if newest_first else ''}"
        )
        with closing(self.db.execute(query, (first, last))) as rows:
            for seq, head, desk, signature in rows:
                key = self._keys.get(desk, ("", b""))[1]
                if chain.checkpoint_holds(key, signature, self.log_id, seq, head):
                    yield seq, head, desk, signature

    def attachment(self, record: Stored) -> tuple[Attached, bytes | None] | None:
        """Return what a record attaches, with its content (None: it is not all there); None where it attaches nothing.

        Where a piece was found in two states, the one that fits is taken.
        """
        if record.words is None or b'"attached"' not in (record.frame or b""):
            return None
        frame = frame_of(record)
        if not isinstance(frame, Attached):
            return None
        salt = decode_words(record.words[chain.SALT :]).salt
        parts = []
        for number in range(pieces.count(frame.size)):
            query = "SELECT bytes FROM pieces WHERE file = ? AND number = ?"
            parts.append([row[0] for row in self.db.execute(query, (frame.file, number))])
        fits = (one for one in combined(parts) if len(one) == frame.size and pieces.named(salt, one) == frame.file)
        return frame, next(fits, None)

    def _of_kind(self, kind: str) -> Iterator[Stored]:
        """Yield all states of the records of a kind whose digest fits."""
        query = f"SELECT {_FOUND} FROM found f WHERE instr(f.frame, ?) ORDER BY f.seq, f.standing"
        rows = self.db.execute(query, (f'"{kind}"'.encode(),)).fetchall()
        yield from filter(whole, map(Stored._make, rows))


def _look(*parts: bytes | None) -> bytes:
    """Return what tells two states of a row apart."""
    look = blake2b(digest_size=12)
    for part in parts:
        look.update(b"-" if part is None else len(part).to_bytes(4, "big") + part)
    return look.digest()
