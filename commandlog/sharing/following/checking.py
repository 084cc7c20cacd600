"""Checking what a server says about the shared log, before any of it is taken. Nothing here talks to anybody.

The chain holds by its hashes; a keeper's checkpoint ties it to a signature, and what no checkpoint vouches for yet is
checked by its desks' own signatures. Whoever wrote a record must have been opened before it: by the key that was named
there, and of a keeper by the one that is known (`trust.Desks`).
"""

from sqlite3 import Connection
from typing import Any, NamedTuple

import msgspec

from commandlog.log import chain
from commandlog.log.chain import Header
from commandlog.log.derived.table import PROVISIONAL, position_of
from commandlog.log.member import Member
from commandlog.log.promised import promised
from commandlog.log.reading import Head, newer_record
from commandlog.log.rebuild import Stored, follows, says
from commandlog.model.keeping import Erased
from commandlog.model.order import Branched, DeskSeen, Refused
from commandlog.model.records import DeskOpened, NewerRecord, decode_frame
from commandlog.sharing.following.trust import Desks

WITHHELD = "its words are withheld, and no decision erased them"
KEEPERS_OWN = (Refused, Branched, DeskSeen)
"""What nobody but a keeper says."""


class Row(NamedTuple):
    """What the server says of one position; `frame` and what follows it are None where it is sealed for this desk.

    `erased_by` is the position of the decision that erased its words. `signer` and `signature` are those of a
    checkpoint that stands here, `opened` the positions of records that may be read from here on.
    """

    seq: int
    header: bytes
    hash: bytes
    frame: bytes | None = None
    words: bytes | None = None
    words_hash: bytes | None = None
    erased_by: int | None = None
    signer: str | None = None
    signature: bytes | None = None
    opened: list[int] | None = None

    @property
    def stored(self) -> Stored:
        """The record as it is stored here: what stands in for words does so only where they are gone."""
        return Stored(*self[:5], self.words_hash if self.frame is not None and self.words is None else None)

    @property
    def size(self) -> int:
        """How many bytes its parts have."""
        return len(self.frame or b"") + len(self.words or b"")


class Wrong(Exception):
    """What the server says about `position` cannot be, for the reason in the text (English, for the evidence)."""

    def __init__(self, position: int, what: str) -> None:
        super().__init__(what)
        self.position = position


class Checker:
    """What has been checked so far; `row` goes on from there. It is not changed where a check fails or is not kept."""

    def __init__(self, db: Connection, log_id: bytes, member: Member, head: Head, desks: Desks) -> None:
        self.db, self.log_id, self.member, self.head, self.desks = db, log_id, member, head, desks
        self.promised = promised(db)
        """Records whose words are to be erased by a decision that has yet to come, each with its position."""

    def checked(self, rows: list[Row], opened: list[Row]) -> "Checker":
        """Return a checker that stands behind these rows; raises Wrong where one of them cannot be.

        `opened` are earlier records, with the headers that are here, that were sealed. Nothing is believed for the sake
        of what is to come: what no checkpoint among the rows vouches for is checked by its signature. Raises
        Unavailable where a record takes a newer program.
        """
        after = Checker(self.db, self.log_id, self.member, self.head, self.desks)
        after.promised = dict(self.promised)
        unvouched = list[Header]()
        for row in rows:
            try:
                header = after._row(row)
            except (TypeError, ValueError, OverflowError, AttributeError) as error:
                raise Wrong(after.head.seq + 1, f"unreadable: {error}") from error
            unvouched.append(header)
            if row.signature is not None:
                after._checkpoint(row)
                unvouched = []
        after._signatures(unvouched)
        for row in opened:
            header = chain.unpack_header(row.header)
            if not says(row.stored, header.digest):
                raise Wrong(row.seq, "a record that was opened is not what its digest says")
            after._writer(header, _said(row))
        after._erasures(rows, opened)
        return after

    def _row(self, row: Row) -> Header:
        position = self.head.seq + 1
        head = follows(self.head, self.log_id, row.stored, sealed=True)
        if head is None:
            raise Wrong(position, "it does not follow from the record before it, or is not what its hash says")
        header = chain.unpack_header(row.header)
        if row.frame is None and header.party == self.member.party:
            raise Wrong(position, "a record of this desk's own party is sealed")
        if header.desk == self.member.desk:
            self._own(position, header)
        said = _said(row)
        if isinstance(said, DeskOpened):
            self.desks = self.desks.with_(header, said)
        self._writer(header, said)
        self.head = head
        return header

    def _writer(self, header: Header, said: Any) -> None:
        """Check that a record is by a desk that was opened, in its own name, and of a kind that it may say."""
        known = self.desks.get(header.desk)
        if known is None or known.party != header.party:
            raise Wrong(header.seq, "it is by a desk that was not opened")
        if said is None:
            return
        if (said.by.party, said.by.desk) != (header.party, header.desk):
            raise Wrong(header.seq, "it claims to be by another desk than the one that signed it")
        if isinstance(said, KEEPERS_OWN) and not known.keeper:
            raise Wrong(header.seq, "it is what only a keeper says")

    def _own(self, position: int, header: Header) -> None:
        """Check that what was written here comes back as it was written, and once."""
        found = self.db.execute(
            "SELECT r.seq, r.header FROM entries e JOIN records r ON r.seq = e.since WHERE e.id = ?", (header.id,)
        ).fetchone()
        if found and found[0] < PROVISIONAL:
            raise Wrong(position, "a record of this desk comes twice")
        if found and chain.unpack_header(found[1]).digest != header.digest:
            raise Wrong(position, "a record of this desk comes back changed")

    def _checkpoint(self, row: Row) -> None:
        desk = row.signer or ""
        known = self.desks.get(desk)
        if known is None or (self.desks.kept and not known.keeper):
            raise Wrong(row.seq, f"a checkpoint by {desk!r}, which does not keep this log")
        if not chain.checkpoint_holds(known.key, row.signature or b"", self.log_id, row.seq, row.hash):
            raise Wrong(row.seq, f"a checkpoint that {desk!r} has not signed")

    def _signatures(self, headers: list[Header]) -> None:
        """Check what no checkpoint vouches for."""
        ids = set[bytes]()
        for header in headers:
            known = self.desks.get(header.desk)
            if known is None or not chain.signature_holds(known.key, header):
                raise Wrong(header.seq, "it is not signed by its desk")
            place = position_of(self.db, header.id)
            if header.id in ids or (place < PROVISIONAL and place not in (0, header.seq)):
                raise Wrong(header.seq, "a record comes twice")
            ids.add(header.id)

    def _erasures(self, rows: list[Row], opened: list[Row]) -> None:
        """Check that words which are not there were erased by a decision that this desk gets, too; it may come later.

        A decision that is sealed here is believed, for words that never were here.
        """
        new = (*opened, *rows)
        there = {row.seq: (row.header, row.frame) for row in new}
        self.promised |= {row.seq: row.erased_by or 0 for row in new if row.frame is not None and row.words is None}
        for seq, decision in list(self.promised.items()):
            if decision <= self.head.seq:
                del self.promised[seq]
                header, frame = (there.get(seq) or self._at(seq))[0], (there.get(decision) or self._at(decision))[1]
                if decision <= seq or not erases(frame, header[26:42]):
                    raise Wrong(seq, WITHHELD)

    def _at(self, seq: int) -> tuple[bytes, bytes | None]:
        """Return header and frame of a record that is here."""
        found = self.db.execute("SELECT header, frame FROM records WHERE seq = ?", (seq,)).fetchone()
        return found or (b"", None)

    def all_here(self) -> None:
        """Check, where the server has nothing more, that every decision has come that was to come."""
        if self.promised:
            raise Wrong(min(self.promised), WITHHELD)


def _said(row: Row) -> Any:
    """Return what a record says, None where it is sealed; raises Wrong where that cannot be read."""
    try:
        return decode_frame(row.frame[chain.SALT :]) if row.frame is not None else None
    except NewerRecord as error:
        raise newer_record(row.seq) from error
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise Wrong(row.seq, f"unreadable: {error}") from error


def erases(frame: bytes | None, record_id: bytes) -> bool:
    """Whether a decision, by its salted frame, erases a record; one that is sealed here is believed."""
    if frame is None:
        return True
    try:
        said: Any = decode_frame(frame[chain.SALT :])
    except (msgspec.MsgspecError, ValueError):
        return False
    return isinstance(said, Erased) and record_id in said.records
