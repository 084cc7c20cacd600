"""Whether a bundle holds: the same questions as of a log, answered from the bundle alone.

The records are checked in one pass (`bundle_records`), then the attachments against the records that name them, and
all of it against the manifest. Nothing is ever unpacked to disk, and nothing that the file says is believed before it
was checked.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from commandlog.language import _
from commandlog.log import bundle_form, chain
from commandlog.log.archive import Archive, Unsound
from commandlog.log.bundle_form import (
    ATTACHMENTS,
    CHECKPOINTS,
    MANIFEST,
    README,
    RECORDS,
    SIGNATURE,
    Manifest,
    Signature,
    unhex,
)
from commandlog.log.bundle_readme import README as README_BYTES
from commandlog.log.bundle_records import Bad, Expected, Forged, Progress, Records, unreadable
from commandlog.log.files import is_database
from commandlog.log.witness import Line, disagreement
from commandlog.model.errors import Damaged, Unavailable


class BundleVerdict(NamedTuple):
    """What was found: `position` is the first bad record (0: it is none), `place` the bad member, `fault` the fault.

    `fault` is "" where all holds. `head` is the last record's hash and `line` its check line. So many `signatures` were
    checked; of `sealed` records only the header is there, of `without_words` the words are gone. `for_party` is whose
    reading it was made for ("": everybody's), `signed_by` the desk that made it ("": nobody signed it). `lines` and
    `values` are the check lines and hashes at the positions that were asked for.
    """

    records: int
    head: bytes
    signatures: int
    without_words: int
    sealed: int
    for_party: str
    signed_by: str
    line: Line | None
    lines: dict[int, Line]
    values: dict[int, bytes]
    position: int = 0
    place: str = ""
    fault: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.fault


def check_bundle(
    path: Path,
    *,
    deep: bool = False,
    against: Iterable[Line] = (),
    at: Iterable[int] = (),
    progress: Progress = lambda _done: None,
) -> BundleVerdict:
    """Check a bundle, and hold it against check lines; `deep` also checks every signature and reads all words.

    Raises Damaged where the file cannot be read as a bundle at all, Unavailable where it cannot be read now or is of a
    newer version.
    """
    held = list(against)
    with opened(path) as (archive, manifest):
        check = Check(archive, manifest, deep=deep, wanted={*at, *(line.seq for line in held)})
        bad = Bad("")
        try:
            check.run(progress)
            check.hold(held)
        except Bad as found:
            bad = found
        except Unsound as unsound:
            bad = Bad(str(unsound))
        records = check.records
        return BundleVerdict(
            records.position,
            records.head,
            records.signatures + bool(check.signed_by),
            records.without_words,
            records.sealed,
            manifest.for_party,
            check.signed_by,
            records.line,
            records.lines,
            records.values,
            bad.position,
            bad.place,
            bad.fault,
        )


def is_bundle(path: Path) -> bool:
    """Whether a file is to be read as a bundle: it is no log, and says by its name or its first bytes that it is."""
    if is_database(path):
        return False
    try:
        with path.open("rb") as file:
            return path.suffix.lower() == ".zip" or file.read(4) == b"PK\x03\x04"
    except OSError:
        return False


@contextmanager
def opened(path: Path) -> Iterator[tuple[Archive, Manifest]]:
    """Open a bundle for reading and give its members and its manifest, neither of them checked against the other yet.

    Raises Damaged where it is none, Unavailable where it cannot be read now or is of a newer version.
    """
    try:
        with path.open("rb") as file:
            try:
                archive = Archive(file)
                manifest = _manifest(path, archive)
            except Unsound as unsound:
                raise Damaged(
                    _("{file} is not a bundle as CommandLog writes it: {why}. Ask for it once more, unopened.").format(
                        file=path, why=unsound
                    )
                ) from unsound
            yield archive, manifest
    except OSError as error:
        raise Unavailable(
            _("{file} cannot be read: {error}.").format(file=path, error=error.strerror or error)
        ) from error


def _manifest(path: Path, archive: Archive) -> Manifest:
    if MANIFEST not in archive.members:
        raise Unsound(_("“{name}” is missing").format(name=MANIFEST))
    data = archive.read(MANIFEST, bundle_form.MANIFEST_LIMIT)
    try:
        if bundle_form.is_newer(data):
            told = _("{file} was written by a newer version of CommandLog: check it with that version.")
            raise Unavailable(told.format(file=path))
        manifest = msgspec.json.decode(data, type=Manifest)
        known = (manifest.format, manifest.version) == (bundle_form.FORMAT, bundle_form.VERSION)
        if known and len(unhex(manifest.log)) == 16 and bundle_form.packed(manifest) == data:
            return manifest
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Unsound(_("“{name}” cannot be read").format(name=MANIFEST)) from error
    raise Unsound(_("“{name}” is not as CommandLog writes it").format(name=MANIFEST))


class Check:
    """The check of one bundle that is open; `records` and `signed_by` are what it has found out so far."""

    def __init__(self, archive: Archive, manifest: Manifest, *, deep: bool = False, wanted: Iterable[int] = ()) -> None:
        self.archive, self.manifest, self.deep = archive, manifest, deep
        self.listed = {one.name: one for one in manifest.members}
        self.records = self._records(deep, wanted)
        self.signed_by = ""

    def _records(self, deep: bool, wanted: Iterable[int] = ()) -> Records:
        return Records(unhex(self.manifest.log), for_party=self.manifest.for_party, deep=deep, wanted=wanted)

    def run(self, progress: Progress = lambda _done: None) -> None:
        """Check everything; raises Bad or Unsound at the first thing that is wrong."""
        self._check_members()
        if b"".join(self.content(README)) != README_BYTES:
            raise Bad(_("this is not the text that CommandLog puts there"), place=README)
        try:
            self.records.check(self.content(RECORDS), self.content(CHECKPOINTS), progress)
        except Forged as forged:
            if not self.deep:  # which record was it?
                again = self._records(deep=True)
                again.check(self.content(RECORDS), self.content(CHECKPOINTS), progress, forged.position)
            raise
        self._check_manifest()
        self._check_signature()
        self._check_silence()
        self._check_attachments()

    def hold(self, lines: Iterable[Line]) -> None:
        """Hold the records that have been checked against check lines; raises Bad where they do not agree."""
        last = self.records.position
        for line in lines:
            if fault := disagreement(line, self.records.log_id, self.records.lines.get(line.seq)):
                raise Bad(fault, min(line.seq, last))

    def content(self, name: str) -> Iterator[bytes]:
        """Yield what a member holds, and check at its end that the manifest speaks of just this."""
        digest = sha256()
        for block in self.archive.blocks(name):
            digest.update(block)
            yield block
        if digest.hexdigest() != self.listed[name].sha256:
            raise Bad(_("it is not what the manifest says"), place=name)

    def _check_members(self) -> None:
        names, listed = list(self.archive.members), [one.name for one in self.manifest.members]
        attached = listed[3:]
        is_form = listed[:3] == [README, RECORDS, CHECKPOINTS] and attached == sorted(set(attached))
        if not is_form or not all(name.startswith(ATTACHMENTS) for name in attached):
            raise Bad(_("it does not list the members that a bundle has"), place=MANIFEST)
        if names not in ([*listed, MANIFEST], [*listed, MANIFEST, SIGNATURE]):
            raise Bad(_("it lists other members than there are"), place=MANIFEST)
        for one in self.manifest.members:
            if one.size != self.archive.members[one.name].size:
                raise Bad(_("it is not what the manifest says"), place=one.name)
        if self.listed[README].size != len(README_BYTES):
            raise Bad(_("this is not the text that CommandLog puts there"), place=README)

    def _check_manifest(self) -> None:
        told, found = self.manifest, self.records
        if (told.records, told.head) != (found.position, found.head.hex()):
            raise Bad(_("it speaks of another number of records, or of another last one"), place=MANIFEST)
        if (told.sealed, told.without_words) != (found.sealed, found.without_words):
            raise Bad(_("it speaks of other records that are sealed or without words"), place=MANIFEST)

    def _check_signature(self) -> None:
        if SIGNATURE not in self.archive.members:
            return
        data = self.archive.read(SIGNATURE, bundle_form.SIGNATURE_LIMIT)
        try:
            told = msgspec.json.decode(data, type=Signature)
            signature = unhex(told.signature)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise Bad(unreadable(error), place=SIGNATURE) from error
        is_form = data == bundle_form.packed(told)
        if not is_form or not chain.bundle_holds(
            self.records.key(told.desk), signature, bundle_form.packed(self.manifest)
        ):
            raise Bad(_("the bundle is not signed by the desk that it names"), place=SIGNATURE)
        self.signed_by = told.desk

    def _check_silence(self) -> None:
        """Check that words are gone by a decision that is here too; only who signs may say: by a later one."""
        if not self.signed_by:
            left = [seq for record_id, seq in self.records.silent.items() if record_id not in self.records.erased]
            if left:
                raise Bad(_("its words were taken away, and no decision in the log erased them"), min(left))

    def _check_attachments(self) -> None:
        expected = {ATTACHMENTS + file.hex(): one for file, one in self.records.attachments.items()}
        if surplus := sorted(self.listed.keys() - expected.keys() - {README, RECORDS, CHECKPOINTS}):
            raise Bad(_("no record here attaches it"), place=surplus[0])
        for name, one in expected.items():
            if name not in self.listed:
                raise Bad(_("its attachment is missing"), one.position)
            self._check_attachment(name, one)

    def _check_attachment(self, name: str, expected: Expected) -> None:
        salted = sha256(expected.salt)
        if self.listed[name].size == expected.size:
            for block in self.content(name):
                salted.update(block)
        if ATTACHMENTS + salted.hexdigest() != name or len(expected.salt) != chain.SALT:
            raise Bad(_("its attachment was changed after it was written"), expected.position)
