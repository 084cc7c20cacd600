"""A bundle becomes a log again that can be read and gone on with: a branch of its own, as whatever is restored."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from commandlog.language import _
from commandlog.log import mark, pieces
from commandlog.log.archive import Archive, Unsound
from commandlog.log.bundle_check import check_bundle, opened
from commandlog.log.bundle_form import ATTACHMENTS, CHECKPOINTS, RECORDS, CheckpointLine, RecordLine, unhex
from commandlog.log.bundle_records import Progress, rows
from commandlog.log.making import making
from commandlog.log.reading import Head
from commandlog.log.rebuild import Stored, take
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import Damaged, RuleError

SLICE = 500  # records in one transaction
TEND_EVERY = 10  # transactions


def log_from_bundle(bundle: Path, path: Path, progress: Progress = lambda _done: None) -> Head:
    """Make a log at `path` of a whole bundle, and return its last record.

    Raises RuleError where the bundle does not hold, where something was withheld from it or where `path` is there
    already, Damaged or Unavailable where it cannot be read; nothing is left behind then.
    """
    verdict = check_bundle(bundle)
    if not verdict.holds:
        raise RuleError(_("{file} does not hold: run `verify` on it.").format(file=bundle))
    if verdict.for_party:
        told = _("{file} was made for {party}, so it is not the whole log: no log can be made of it.")
        raise RuleError(told.format(file=bundle, party=verdict.for_party))
    with making(path) as part:
        with opened(bundle) as (archive, manifest):
            with Log(part, create=True) as log, log.writing():
                mark.go_on(log.db, unhex(manifest.log))
            try:
                with Log(part) as log:
                    _fill(archive, log, progress)
                    head = log.head
            except Unsound as unsound:  # it held a moment ago
                raise Damaged(_("{file} cannot be read: {error}.").format(file=bundle, error=unsound)) from unsound
        again = verify(part)
        if not again.holds or again.head != verdict.head:
            raise Damaged(_("What {file} says does not make a log: {fault}.").format(file=bundle, fault=again.fault))
    return head


def _fill(archive: Archive, log: Log, progress: Progress) -> None:
    files = [bytes.fromhex(name.removeprefix(ATTACHMENTS)) for name in archive.members if name.startswith(ATTACHMENTS)]
    for file in files:
        _take_pieces(archive, log, file)
    records = map(_stored, rows(archive.blocks(RECORDS), RecordLine))
    done = 0
    while some := list(islice(records, SLICE)):
        with log.writing():
            for record in some:
                take(log.db, record)
            log.refresh()
        progress(some[-1].seq)
        done += 1
        if done % TEND_EVERY == 0:
            log.tend()
    checkpoints = rows(archive.blocks(CHECKPOINTS), CheckpointLine)
    with log.writing():
        log.db.executemany(
            "INSERT INTO checkpoints VALUES (?, ?, ?, ?)",
            ((one.seq, unhex(one.hash), one.desk, unhex(one.signature)) for one in checkpoints),
        )
        for file in files:
            pieces.settle(log.db, file)


def _stored(row: RecordLine) -> Stored:
    words = unhex(row.words_salt) + row.words.encode() if row.words_salt else None
    gone = unhex(row.words_hash) if row.words_hash else None
    frame = unhex(row.frame_salt) + row.frame.encode()
    return Stored(row.seq, unhex(row.header), unhex(row.hash), frame, words, gone)


def _take_pieces(archive: Archive, log: Log, file: bytes) -> None:
    for number, data in enumerate(_cut(archive.blocks(ATTACHMENTS + file.hex()))):
        with log.writing():
            pieces.receive(log.db, file, [(number, data)], log.clock())


def _cut(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces as a log keeps them."""
    rest = b""
    for block in blocks:
        rest += block
        while len(rest) > pieces.PIECE:
            yield rest[: pieces.PIECE]
            rest = rest[pieces.PIECE :]
    if rest:
        yield rest
