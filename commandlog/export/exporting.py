"""How a log goes out: one call, the form by the suffix, and nothing half done.

A document is written beside its place, flushed to disk and then renamed, so that whoever looks sees the old file or the
whole new one. An export from a desk is recorded in the log in the same breath, so that the copies outstanding can be
listed (and are known when words must be erased).
"""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from commandlog.export import bundle, csv_form, jsonl_form, pdf_form, xlsx_form
from commandlog.export.contents import Contents, Progress
from commandlog.language import _
from commandlog.log.derived.table import id_at
from commandlog.log.desk import Desk
from commandlog.log.files import sync_folder
from commandlog.log.store import Log
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.keeping import Exported
from commandlog.model.records import Words
from commandlog.views.moments import Moment

Writer = Callable[[Contents, BinaryIO, Progress | None], None]

FORMS: dict[str, Writer] = {
    ".pdf": pdf_form.write,
    ".xlsx": xlsx_form.write,
    ".csv": csv_form.write,
    ".jsonl": jsonl_form.write,
    ".zip": bundle.write,
}


class Written(NamedTuple):
    """A document: where, which form ("pdf"), the SHA-256 of its bytes, and how many entries it holds."""

    path: Path
    form: str
    digest: bytes
    entries: int


def export(
    log: Log,
    out: Path,
    moment: Moment,
    *,
    for_party: str = "",
    progress: Progress | None = None,
    desk: Desk | None = None,
) -> Written:
    """Write everything up to `moment` to `out`, in the form that its suffix names and in the current language.

    With `for_party`, only what that party may read. With `desk`, the export is recorded in the log. A file that is
    there already is replaced, whole or not at all. `progress` is called with the entries done and the total.
    Raises RuleError (a suffix, a place or a party that cannot be) or Unavailable (disk full, no permission); nothing
    is left behind then.
    """
    form = _form(log, out)
    contents = Contents(log, moment, for_party, desk.party if desk else "")
    contents.signer = desk.signer if desk else None
    with _failures(out), _beside(out) as (part, file):
        FORMS[f".{form}"](contents, file, progress)
        file.flush()
        os.fsync(file.fileno())
        digest = _digest(file)
        file.close()
        if desk is None:
            part.replace(out)
        else:
            upto = id_at(log.db, moment.position)
            words = Words(title=out.name)
            record = {"form": form, "file": digest, "for_party": for_party, "upto": upto}
            _recorded(desk, words, record, part, out)
        sync_folder(out.parent)
    return Written(out, form, digest, contents.entries)


def _form(log: Log, out: Path) -> str:
    """Return the form that a path asks for; raises RuleError for one that cannot be written."""
    if out.suffix.lower() not in FORMS:
        raise RuleError(
            _("“{file}” has no form that can be written: end it in {forms}.").format(
                file=out.name, forms=_(" or ").join(FORMS)
            )
        )
    if out.is_dir():
        raise RuleError(_("{file} is a folder: give the name of a file.").format(file=out))
    if not out.parent.is_dir():
        raise RuleError(_("There is no folder {folder}: make it first.").format(folder=out.parent))
    if out.exists() and log.path.exists() and out.samefile(log.path):
        raise RuleError(_("{file} is the log itself: choose another name.").format(file=out))
    return out.suffix.lower()[1:]


def _recorded(desk: Desk, words: Words, fields: dict[str, Any], part: Path, out: Path) -> None:
    """Put the file in place and record it, or neither."""
    in_place = False
    try:
        with desk.writing():
            desk.append(Exported, words, **fields)
            part.replace(out)
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
