"""How a document leaves the log: written beside its place, flushed, renamed, and recorded in the same breath.

Whoever looks sees the old file or the whole new one, and a copy that the log does not know of does not exist. Exports,
paper sheets and accounts of what is held on a person all go this way.
"""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from commandlog.language import _
from commandlog.log.desk import Desk
from commandlog.log.files import sync_folder
from commandlog.log.store import Log
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.frames import RecordId
from commandlog.model.keeping import Exported
from commandlog.model.records import Words


def form_of(log: Log, out: Path, forms: tuple[str, ...]) -> str:
    """Return the suffix of a place that a document can be written to (".pdf").

    Raises RuleError for a suffix that is none of `forms`, a folder that is not there, and the log itself.
    """
    suffix = out.suffix.lower()
    if suffix not in forms:
        raise RuleError(
            _("“{file}” has no form that can be written: end it in {forms}.").format(
                file=out.name, forms=_(" or ").join(forms)
            )
        )
    check_place(log, out)
    return suffix


def check_place(log: Log, out: Path) -> None:
    """Raise RuleError where no document can be written: a folder that is none, and the log itself."""
    if out.is_dir():
        raise RuleError(_("{file} is a folder: give the name of a file.").format(file=out))
    if not out.parent.is_dir():
        raise RuleError(_("There is no folder {folder}: make it first.").format(folder=out.parent))
    if out.exists() and log.path.exists() and out.samefile(log.path):
        raise RuleError(_("{file} is the log itself: choose another name.").format(file=out))


def put(
    out: Path,
    write: Callable[[BinaryIO], None],
    desk: Desk | None = None,
    *,
    form: str,
    upto: RecordId,
    for_party: str = "",
    part: str = "",
    check: Callable[[], None] | None = None,
) -> bytes:
    """Write a document to `out` and record it in the log as a copy of a form; without a desk it is only written.

    `upto` is the last record whose words can be in it, `part` which part of the log it holds. `check` is called in the
    transaction of the record: where it raises, nothing was written. Returns the SHA-256 of the bytes. Raises
    Unavailable where the disk refuses; nothing is left behind then.
    """
    with _failures(out), _beside(out) as (beside, file):
        write(file)
        file.flush()
        os.fsync(file.fileno())
        digest = _digest(file)
        file.close()
        if desk is None:
            beside.replace(out)
        else:
            record = {"form": form, "file": digest, "for_party": for_party, "upto": upto}
            _recorded(desk, Words(title=out.name, text=part), record, beside, out, check)
        sync_folder(out.parent)
    return digest


def _recorded(
    desk: Desk, words: Words, fields: dict[str, Any], beside: Path, out: Path, check: Callable[[], None] | None
) -> None:
    """Put the file in place and record it, or neither."""
    in_place = False
    try:
        with desk.writing():
            if check:
                check()
            desk.append(Exported, words, **fields)
            beside.replace(out)
            in_place = True
    except BaseException:
        if in_place:  # the record did not reach the disk: a copy that nobody knows of must not exist
            out.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _beside(out: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Open a file of our own in the folder of `out`; what is still there at the end is removed."""
    part = out.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("x+b") as file:
            yield part, file
    finally:
        part.unlink(missing_ok=True)


def _digest(file: BinaryIO) -> bytes:
    file.seek(0)
    found = hashlib.sha256()
    while block := file.read(1 << 20):
        found.update(block)
    return found.digest()


@contextlib.contextmanager
def _failures(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            _("{file} cannot be written: {error}. Nothing was left behind; try another folder.").format(
                file=out, error=error.strerror or error
            )
        ) from error
