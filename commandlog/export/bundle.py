"""The bundle: the whole log up to a moment as one file that proves itself (docs/bundle.md, `log/bundle_form.py`).

For a party it holds what that party may read, by the rule that every view goes by. Of any other record it holds the
header alone: salted digests confirm no guess, but there is no need to hand out more than the chain asks for.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, BinaryIO

import msgspec

from commandlog.export.contents import Contents, Progress
from commandlog.language import _
from commandlog.log import bundle_form, chain, pieces
from commandlog.log.archive import MEMBERS, Writing
from commandlog.log.bundle_form import (
    ATTACHMENTS,
    CHECKPOINTS,
    LINE,
    MANIFEST,
    README,
    RECORDS,
    SIGNATURE,
    CheckpointLine,
    Manifest,
    MemberLine,
    RecordLine,
    Signature,
)
from commandlog.log.bundle_readme import README as README_BYTES
from commandlog.log.reading import PAGE, paged
from commandlog.log.signing import Signer
from commandlog.model.errors import Damaged, RuleError, Unavailable
from commandlog.model.records import decode_words
from commandlog.views.filters import READABLE, readable

BLOCK = 1 << 18  # bytes of lines that are written at once
_AROUND = 8  # members of a bundle beside its attachments, at most
_HANDED_OUT = f"({READABLE} AND {readable(position=':now')})"
"""Whether :reader may be handed the row `e`, as it stood at position :p: what it was recalled from since is not."""


def write(contents: Contents, out: BinaryIO, progress: Progress | None = None) -> None:
    """Write the bundle to a binary file, signed where the one who exports has a desk.

    Raises RuleError where it could not prove itself (words that were erased after the moment, and no desk to say so),
    Unavailable where an attachment has not arrived yet, Damaged where the log cannot be read or an attachment is not
    what its record says.
    """
    archive, records = Writing(out), _Records(contents, progress)
    added = [
        archive.add(README, [README_BYTES]),
        archive.add(RECORDS, _blocks(records.lines())),
        archive.add(CHECKPOINTS, _blocks(_checkpoints(contents))),
    ]
    signer = records.signer()
    if signer is None:
        records.refuse_unexplained()
    for file, seq in sorted(records.attachments.items()):
        added.append(archive.add(ATTACHMENTS + file.hex(), _attachment(contents, file, seq)))
    manifest = bundle_form.packed(
        Manifest(
            format=bundle_form.FORMAT,
            version=bundle_form.VERSION,
            log=contents.log.id.hex(),
            records=contents.moment.position,
            head=contents.head,
            for_party=contents.for_party,
            sealed=records.sealed,
            without_words=len(records.silent),
            members=tuple(MemberLine(one.name, one.size, one.sha256.hex()) for one in added),
        )
    )
    archive.add(MANIFEST, [manifest])
    if signer:
        signature = signer.key.sign(chain.bundle_bytes(manifest)).hex()
        archive.add(SIGNATURE, [bundle_form.packed(Signature(signer.desk, signature))])
    archive.close()


class _Records:
    """Writes the records' lines, and keeps what the rest of the bundle depends on.

    `attachments` are those that go with it, by their SHA-256, with the position of their record; `silent` the positions
    of records whose words are gone.
    """

    def __init__(self, contents: Contents, progress: Progress | None) -> None:
        self.contents, self.db, self.last = contents, contents.log.db, contents.moment.position
        self.progress = progress or (lambda _done, _total: None)
        self.sealed = 0
        self.silent: list[int] = []
        self.attachments: dict[bytes, int] = {}
        query = "SELECT since, file FROM attachments WHERE since <= ?"
        self._files: dict[int, bytes] = dict(self.db.execute(query, (self.last,)).fetchall())

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of all records, in their order."""
        encode = msgspec.json.Encoder().encode
        self._check_desks()
        mine: frozenset[int] | None = None
        for n, row in enumerate(paged(self.db, "seq, header, hash, frame, words, words_hash", 1, self.last)):
            if n % PAGE == 0:
                mine = self._handed_out(row[0])
                self.progress(self.contents.entries * n // self.last, self.contents.entries)
            line = encode(self._line(mine is None or row[0] in mine, *row))
            if len(line) > LINE:
                raise RuleError(
                    _("Record {position} is too long for a bundle: it takes {limit} MB at most.").format(
                        position=row[0], limit=LINE >> 20
                    )
                )
            yield line
        self.progress(self.contents.entries, self.contents.entries)

    def _line(
        self,
        whole: bool,
        seq: int,
        header: bytes,
        value: bytes,
        frame: bytes | None,
        words: bytes | None,
        words_hash: bytes | None,
    ) -> RecordLine:
        if frame is None or not whole:
            self.sealed += 1
            return RecordLine(seq, header.hex(), value.hex())
        salt, text = _parted(seq, frame)
        if words is None:
            self.silent.append(seq)
            gone = (words_hash or b"").hex()
            return RecordLine(seq, header.hex(), value.hex(), salt, text, words_hash=gone)
        if file := self._files.get(seq):
            self.attachments[file] = seq
            if len(self.attachments) > MEMBERS - _AROUND:
                raise RuleError(_("This log has too many attachments for one bundle: make a backup instead."))
        return RecordLine(seq, header.hex(), value.hex(), salt, text, *_parted(seq, words))

    def _handed_out(self, first: int) -> frozenset[int] | None:
        """Return which records of a page the reader is handed, None for all of them."""
        if not self.contents.for_party:
            return None
        query = f"SELECT e.since FROM entries e WHERE e.since BETWEEN :first AND :last AND {_HANDED_OUT}"
        values = self._reader() | {"first": first, "last": first + PAGE - 1}
        return frozenset(seq for (seq,) in self.db.execute(query, values))

    def _reader(self) -> dict[str, Any]:
        party = self.contents.for_party
        return {"p": self.last, "now": self.contents.log.head.seq, "reader": party, "reader_in": f",{party},"}

    def _check_desks(self) -> None:
        """Raise RuleError where the reader may not know by which key a desk signs: nothing of it could be checked."""
        if self.contents.for_party:
            query = (
                "SELECT d.desk FROM desks d JOIN entries e ON e.since = d.since"
                f" WHERE d.since <= :p AND NOT {_HANDED_OUT} LIMIT 1"
            )
            if found := self.db.execute(query, self._reader()).fetchone():
                raise RuleError(
                    _(
                        "This party may not read that desk {desk} was opened, so it could not check what the desk"
                        " wrote: tell it that entry first."
                    ).format(desk=found[0])
                )

    def signer(self) -> Signer | None:
        """Return who signs, None where there is no desk, or its own beginning is not in the bundle."""
        signer = self.contents.signer
        query = "SELECT 1 FROM desks WHERE desk = ? AND since <= ?"
        known = signer and self.db.execute(query, (signer.desk, self.last)).fetchone()
        return signer if known else None

    def refuse_unexplained(self) -> None:
        """Raise RuleError where words are gone and the decision is not in the bundle: it would not hold unsigned."""
        explained = (
            "SELECT 1 FROM erasures x JOIN entries e ON e.since = x.since WHERE x.record = :seq AND x.since <= :p"
        )
        handed_out = f" AND {_HANDED_OUT}" if self.contents.for_party else ""
        for seq in self.silent:
            if not self.db.execute(explained + handed_out, self._reader() | {"seq": seq}).fetchone():
                raise RuleError(
                    _(
                        "The words of record {position} were erased by a decision that this bundle would not hold:"
                        " export everything up to now, or from a desk, which can say so."
                    ).format(position=seq)
                )


def _parted(seq: int, salted: bytes) -> tuple[str, str]:
    """Return the salt in hexadecimal and the text behind it; raises Damaged for what is no text."""
    try:
        return salted[: chain.SALT].hex(), salted[chain.SALT :].decode()
    except UnicodeDecodeError as error:
        raise Damaged(_("Record {position} cannot be read: run `verify`.").format(position=seq), seq) from error


def _checkpoints(contents: Contents) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    query = "SELECT seq, hash, desk, signature FROM checkpoints WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
    last = 0
    while found := contents.log.db.execute(query, (last, contents.moment.position, PAGE)).fetchall():
        for seq, value, desk, signature in found:
            yield encode(CheckpointLine(seq, value.hex(), desk, signature.hex()))
        last = found[-1][0]


def _blocks(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Yield lines with their ends, many at a time."""
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        waiting += (line, b"\n")
        size += len(line)
        if size > BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _attachment(contents: Contents, file: bytes, seq: int) -> Iterator[bytes]:
    """Yield what a file holds, piece by piece; raises Damaged or Unavailable where it is not all there."""
    db = contents.log.db
    words = db.execute("SELECT words FROM records WHERE seq = ?", (seq,)).fetchone()[0]
    if words is None:
        raise Unavailable(_("Something was erased while this was written: nothing was left behind, try again."))
    salted, number = sha256(decode_words(words[chain.SALT :]).salt), 0
    while (found := pieces.piece(db, file, number)) is not None:
        salted.update(found)
        yield found
        number += 1
    if salted.digest() != file:
        if pieces.is_arriving(db, file):
            told = _("The attachment of record {position} has not arrived whole yet: try again later.")
            raise Unavailable(told.format(position=seq))
        told = _("The attachment of record {position} is not what was attached: run `verify`.")
        raise Damaged(told.format(position=seq), seq)
