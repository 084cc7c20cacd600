"""One pass over the records of a bundle: each against its header, the one before it, its desk and the checkpoints.

Memory is that of one line, and of what later records depend on: desks, their counts, whose words are gone, and which
attachments must be there.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

import msgspec

from commandlog.language import _
from commandlog.log import bundle_form, chain
from commandlog.log.bundle_form import CHECKPOINTS, CheckpointLine, RecordLine, unhex
from commandlog.log.reading import newer_record
from commandlog.log.witness import Line, line_at
from commandlog.model.keeping import Attached, Erased
from commandlog.model.order import Refused
from commandlog.model.records import DeskOpened, NewerRecord, decode_frame, decode_words

Progress = Callable[[int], None]

TELL_EVERY = 10_000  # records

_Row = TypeVar("_Row", RecordLine, CheckpointLine)


class Bad(Exception):
    """Something does not hold: a record at `position`, or the member `place` where that is 0."""

    def __init__(self, fault: str, position: int = 0, place: str = "") -> None:
        super().__init__(fault)
        self.fault, self.position, self.place = fault, position, place


class Forged(Bad):
    """A checkpoint does not agree: the record at fault may stand before it."""


class Expected(NamedTuple):
    """An attachment that has to be there: the record that names it, the salt before its content, its size in bytes."""

    position: int
    salt: bytes
    size: int


class Records:
    """What is known after the records that have been checked so far.

    `desks` holds each desk's party and key, `numbers` how many records it wrote, `silent` the records whose words are
    gone, `erased` those of which a decision says so, `attachments` what has to be there by its SHA-256. `lines` are the
    check lines at the positions that were `wanted`.
    """

    def __init__(self, log_id: bytes, *, for_party: str = "", deep: bool = False, wanted: Iterable[int] = ()) -> None:
        self.log_id, self.for_party, self.deep, self.wanted = log_id, for_party, deep, frozenset(wanted)
        self.position, self.head, self.kept_at = 0, chain.GENESIS, 0
        self.signatures = self.sealed = self.without_words = 0
        self.desks: dict[str, tuple[str, bytes]] = {}
        self.numbers: dict[str, int] = {}
        self.refused: set[tuple[str, int]] = set()
        self.silent: dict[bytes, int] = {}
        self.erased: set[bytes] = set()
        self.attachments: dict[bytes, Expected] = {}
        self.lines: dict[int, Line] = {}
        self.values: dict[int, bytes] = {}
        self._start = chain.HEADER_VERSION.to_bytes(2, "big") + log_id
        self._vouched = False

    @property
    def line(self) -> Line | None:
        """The check line of the last record, None before the first."""
        return line_at(self.log_id, self.position, self.kept_at, self.head) if self.position else None

    def key(self, desk: str) -> bytes:
        """Return the public key of a desk, empty where none is known."""
        return self.desks.get(desk, ("", b""))[1]

    def check(self, records: Iterable[bytes], checkpoints: Iterable[bytes], progress: Progress, last: int = 0) -> None:
        """Check the blocks of both members, up to one position or all of them; raises Bad at the first fault.

        A checkpoint vouches for all that stands before it, so signatures are checked one by one behind the last one
        alone, save when `deep`.
        """
        ahead = self._checkpoint_rows(checkpoints)
        coming, newest = next(ahead, None), None
        try:
            for row in rows(records, RecordLine):
                self._vouched = coming is not None and not self.deep
                self._check_record(row)
                if coming and coming.seq == self.position:
                    self._check_checkpoint(coming)
                    newest, coming = coming, next(ahead, None)
                if self.position % TELL_EVERY == 0:
                    progress(self.position)
                if self.position == last:
                    return
        except NewerRecord as error:
            raise newer_record(self.position + 1) from error
        except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
            raise Bad(unreadable(error), self.position + 1) from error
        if coming:
            raise Bad(_("a checkpoint stands here, but no record: the end was cut off"), coming.seq)
        if newest and not self.deep:
            self._check_checkpoint_signature(newest)

    def _check_record(self, row: RecordLine) -> None:
        """Check one record, as it follows on the one before."""
        seq = self.position + 1
        header_bytes, stored = unhex(row.header), unhex(row.hash)
        if row.seq != seq:
            raise Bad(_("the record is missing"), seq)
        if header_bytes[:26] != self._start + seq.to_bytes(8, "big"):
            raise Bad(_("the header belongs to another record or log"), seq)
        header = chain.unpack_header(header_bytes)
        if row.frame_salt:
            self._check_parts(header, row)
        elif self.for_party and row == RecordLine(seq, row.header, row.hash):
            self.sealed += 1
            self.numbers[header.desk] = self._next(header.desk)
        else:
            raise Bad(_("what it says was taken away"), seq)
        if chain.link(self.head, header_bytes) != stored:
            raise Bad(_("its check value does not follow from the one before"), seq)
        if header.kept_at < self.kept_at:
            raise Bad(_("it is dated before the record that precedes it"), seq)
        if not self._vouched:
            self._check_signature(header)
        self.position, self.head, self.kept_at = seq, stored, header.kept_at
        if seq in self.wanted:
            self.values[seq], self.lines[seq] = stored, line_at(self.log_id, seq, header.kept_at, stored)

    def _check_parts(self, header: chain.Header, row: RecordLine) -> None:
        """Check what a record says against its digest, and take in what later ones depend on."""
        salted_frame = _salted(row.frame_salt, row.frame)
        salted_words = _salted(row.words_salt, row.words) if row.words_salt else b""
        if row.words_salt and row.words_hash:
            raise Bad(_("it says that its words are gone, and has them"), header.seq)
        words_hash = chain.part_hash(salted_words) if salted_words else unhex(row.words_hash)
        if chain.digest_of(chain.part_hash(salted_frame), words_hash) != header.digest:
            raise Bad(_("what it says was changed after it was written"), header.seq)
        frame = decode_frame(salted_frame[chain.SALT :])
        if isinstance(frame, DeskOpened):
            self.desks.setdefault(frame.desk, (frame.party, frame.key))
        elif isinstance(frame, Erased):
            self.erased.update(frame.records)
        elif isinstance(frame, Refused):
            self.refused.add((frame.desk, frame.count))
        self._check_writer(header, frame.by.party, frame.by.desk, frame.number)
        if not salted_words:
            self.without_words += 1
            self.silent[header.id] = header.seq
        elif self.deep or isinstance(frame, Attached):
            words = decode_words(salted_words[chain.SALT :])
            if isinstance(frame, Attached):
                self.attachments[frame.file] = Expected(header.seq, words.salt, frame.size)

    def _check_writer(self, header: chain.Header, party: str, desk: str, number: int) -> None:
        """Check that a record is its signer's own, and the next one of its desk: sealed ones count too."""
        if (party, desk) != (header.party, header.desk):
            raise Bad(_claims_another(), header.seq)
        if number != self._next(desk):
            raise Bad(
                _("a record of desk {desk} was left out, repeated or moved before this one").format(desk=desk),
                header.seq,
            )
        self.numbers[desk] = number

    def _next(self, desk: str) -> int:
        """Return the number of a desk's next record: one that a shared log did not take is left out."""
        number = self.numbers.get(desk, 0) + 1
        while (desk, number) in self.refused:
            number += 1
        return number

    def _check_signature(self, header: chain.Header) -> None:
        party, key = self.desks.get(header.desk, ("", b""))
        if not chain.signature_holds(key, header):
            raise Bad(_("it is not signed by its desk"), header.seq)
        if header.party != party:
            raise Bad(_claims_another(), header.seq)
        self.signatures += 1

    def _checkpoint_rows(self, blocks: Iterable[bytes]) -> Iterator[CheckpointLine]:
        last = 0
        try:
            for found in rows(blocks, CheckpointLine):
                _check_lengths(found)
                if found.seq <= last:
                    raise Bad(_("its checkpoints are not in their order"), place=CHECKPOINTS)
                last = found.seq
                yield found
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise Bad(unreadable(error), place=CHECKPOINTS) from error

    def _check_checkpoint(self, found: CheckpointLine) -> None:
        if unhex(found.hash) != self.head:
            raise Forged(
                _("the log differs from its checkpoint here: something at or before it was left out or moved"),
                found.seq,
            )
        if self.deep:
            self._check_checkpoint_signature(found)

    def _check_checkpoint_signature(self, found: CheckpointLine) -> None:
        signature, head = unhex(found.signature), unhex(found.hash)
        if not chain.checkpoint_holds(self.key(found.desk), signature, self.log_id, found.seq, head):
            raise Bad(_("the checkpoint here is not signed by its desk"), found.seq)
        self.signatures += 1


def rows(blocks: Iterable[bytes], form: type[_Row]) -> Iterator[_Row]:
    """Yield the lines of a member, read; raises ValueError or MsgspecError for one that is not as it is written."""
    decoder, encode = msgspec.json.Decoder(form), msgspec.json.Encoder().encode
    for data in bundle_form.lines(blocks):
        row = decoder.decode(data)
        if encode(row) != data:  # a key twice, say: one program would show the first, another check the second
            raise ValueError("a line can be read in two ways")
        yield row


def _check_lengths(found: CheckpointLine) -> None:
    if (len(unhex(found.hash)), len(unhex(found.signature))) != (32, 64):
        raise ValueError("a hash has 32 bytes and a signature 64")


def unreadable(error: Exception) -> str:
    """Return the fault of something that cannot be read, in one line."""
    why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return _("it cannot be read: {error}").format(error=why)


def _claims_another() -> str:
    return _("it claims to be written by another party or desk than the one that signed it")


def _salted(salt: str, text: str) -> bytes:
    data = unhex(salt)
    if len(data) != chain.SALT:
        raise ValueError("a salt has 16 bytes")
    return data + text.encode()
