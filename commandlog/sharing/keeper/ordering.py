"""Putting records in their order: one transaction of the keeper's own log, and what the server is to be told of it.

The keeper's log is a log like any other: records, chain and derived tables. What decides rights is asked of those.
"""

from functools import cached_property
from sqlite3 import Connection as Database
from typing import Any, NamedTuple

from commandlog.log import chain, derived
from commandlog.log.derived.table import FOREVER, Applied
from commandlog.log.erasing import long_enough, take_away
from commandlog.log.rebuild import Stored
from commandlog.log.signing import Signer
from commandlog.log.store import Clock, Log
from commandlog.model.frames import By, Frame
from commandlog.model.keeping import Erased
from commandlog.model.order import Refused
from commandlog.model.records import DeskOpened, Words, decode_frame, storable
from commandlog.sharing.keeper import rights
from commandlog.sharing.keeper.accepting import Accepted, Known

_INSERT = "INSERT INTO records (seq, header, hash, frame, words) VALUES (?, ?, ?, ?, ?)"


class Unfit(Exception):
    """A record passed every check, and the tables cannot take it in: nothing of the transaction may be kept.

    `after` says how many rows of the batch came before it.
    """

    def __init__(self, record_id: bytes, after: int) -> None:
        super().__init__(record_id.hex())
        self.record_id, self.after = record_id, after


class Placed(NamedTuple):
    """A record with its place, as the server stores it; `readers` are the parties that may read it."""

    stored: Stored
    readers: list[str]
    erased_by: int | None


class Changed(NamedTuple):
    """An older record of which others may read more or less than before, or whose words were erased.

    `opened_by` is the position of the record by which somebody reads it anew, 0 where nobody does.
    """

    seq: int
    readers: list[str]
    words_hash: bytes | None
    erased_by: int | None
    opened_by: int


def desks_of(db: Database) -> dict[str, Known]:
    """Return what a log knows of each of its desks: who opened itself, or was opened by a keeper, and its numbers."""
    numbers = dict(db.execute("SELECT desk, max(number) FROM entries GROUP BY desk").fetchall())
    for (frame,) in db.execute(
        "SELECT r.frame FROM entries e JOIN records r ON r.seq = e.since WHERE e.kind = 'refused'"
    ):
        refused = decode_frame(frame[chain.SALT :])
        numbers[refused.desk] = max(numbers.get(refused.desk, 0), refused.count)
    found = db.execute("SELECT desk, party, key FROM desks ORDER BY since DESC").fetchall()  # the first one counts
    return {desk: Known(party, key, numbers.get(desk, 0)) for desk, party, key in found}


class Ordering:
    """A batch of records that get their places, inside `Log.writing`.

    `desks` is what the log knows of its desks, kept up to date here; whoever gives up the transaction forgets it.
    """

    def __init__(self, log: Log, keeper: Signer, clock: Clock, desks: dict[str, Known]) -> None:
        self.db, self.log_id, self.keeper, self.clock, self.desks = log.db, log.id, keeper, clock, desks
        self.first = log.head.seq + 1
        self.seq, self.hash, self.kept_at, _id = log.head
        self._records: list[Stored] = []
        self._frames: list[Any] = []
        self._ids = chain.Ids()

    def has(self, record_id: bytes) -> str:
        """Return which desk wrote a record that is in the log, "" where it is not."""
        found = self.db.execute("SELECT desk FROM entries WHERE id = ?", (record_id,)).fetchone()
        return found[0] if found else ""

    def put(self, record: Accepted) -> None:
        """Give a record the next place. Whatever it raises, nothing of the transaction may be kept."""
        header = chain.placed(record.header, self.seq + 1, self._now())
        self._place(record.id, header, record.party, record.desk, record[4:])
        known = self.desks.get(record.desk) or Known(record.party, record.frame.key, 0)
        self.desks[record.desk] = known._replace(number=record.frame.number)

    def decline(self, desk: str, number: int, why: str) -> None:
        """Say in the log that a desk's next number is not taken."""
        known = self.desks[desk]  # `batch` drops what an unknown one sends
        self.say(Refused, desk=desk, count=number, why=why)
        self.desks[desk] = known._replace(number=number)

    def say(self, kind: type[Frame], words: Words = Words(), **fields: Any) -> None:  # noqa: B008 (frozen)
        """Put a record of the keeper's own in the next place."""
        party, desk, key = self.keeper
        now = self._now()
        known = self.desks.get(desk) or Known(party, key.public_key().public_bytes_raw(), 0)
        frame, said = storable(
            kind(by=By(party, desk), number=known.number + 1, logged_at=now, occurred_at=now, **fields)
        )
        parts = chain.salted(said, long_enough(storable(words)[1]))
        digest, record_id = chain.digest_of(*map(chain.part_hash, parts)), self._ids.next(now)
        signature = key.sign(chain.signed_bytes(self.log_id, record_id, digest, party, desk))
        fixed = (chain.HEADER_VERSION, self.log_id, self.seq + 1, record_id, now, digest, signature)
        self._place(record_id, chain.pack_header(fixed, party, desk), party, desk, (*parts, frame, words))
        self.desks[desk] = known._replace(number=known.number + 1)
        if isinstance(frame, DeskOpened) and frame.desk != desk:
            self.desks.setdefault(frame.desk, Known(frame.party, frame.key, 0))

    def _now(self) -> int:
        """Return the keeper's time, which never goes back."""
        self.kept_at = max(self.clock(), self.kept_at)
        return self.kept_at

    def _place(
        self, record_id: bytes, header: bytes, party: str, desk: str, parts: tuple[bytes, bytes, Frame, Words]
    ) -> None:
        salted_frame, salted_words, frame, words = parts
        seq, head = self.seq + 1, chain.link(self.hash, header)
        self.db.execute(_INSERT, (seq, header, head, salted_frame, salted_words))
        derived.apply(self.db, Applied(seq, record_id, self.kept_at, party, desk, frame, words))
        if isinstance(frame, Erased):
            take_away(self.db, seq, record_id)
        self._records.append(Stored(seq, header, head, salted_frame, salted_words))
        self._frames.append(frame)
        self.seq, self.hash = seq, head

    def placed(self) -> list[Placed]:
        """Return the records that got a place, with who may read each by the end of the batch."""
        known, touched = self._parties, rights.touched(self.db, self.first)
        found = []
        for record, frame in zip(self._records, self._frames, strict=True):
            if record.seq in touched:
                record, erased_by = self._now_stored(record)
                found.append(Placed(record, rights.readers(self.db, record.seq, known), erased_by))
            else:
                found.append(Placed(record, rights.readers_as_written(frame, known), None))
        return found

    def changed(self) -> list[Changed]:
        """Return the older records that this batch opened, narrowed or erased."""
        known, found = self._parties, list[Changed]()
        for seq, by in rights.changed_by(self.db, self.first, self.seq).items():
            record, erased_by = self._now_stored(Stored(seq, b"", None, None, None))
            found.append(Changed(seq, rights.readers(self.db, seq, known), record.words_hash, erased_by, by))
        return found

    @cached_property
    def _parties(self) -> tuple[str, ...]:
        """All parties, as of the end of the batch."""
        return rights.parties(self.db)

    def _now_stored(self, record: Stored) -> tuple[Stored, int | None]:
        """Return a record with the words that are left of it, and the position of what erased them."""
        query = (
            f"SELECT words, words_hash, (SELECT min(since) FROM erasures WHERE record = seq AND until = {FOREVER})"
            " FROM records WHERE seq = ?"
        )
        words, words_hash, erased_by = self.db.execute(query, (record.seq,)).fetchone()
        return record._replace(words=words, words_hash=words_hash), erased_by if words is None else None
