"""A document beside the exports (paper sheets, open items, what is held on a person): written and recorded as they are.

Whole or not at all, never over the log itself, and a record in the log of what left it.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from commandlog.export.exporting import _beside, _digest, _failures, _form
from commandlog.language import _
from commandlog.log.desk import Desk
from commandlog.log.files import sync_folder
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.model.frames import RecordId
from commandlog.model.keeping import Exported
from commandlog.model.records import Words


def check_place(log: Log, out: Path, forms: tuple[str, ...]) -> str:
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
    _form(log, out)
    return suffix


def put(
    out: Path,
    write: Callable[[BinaryIO], None],
    desk: Desk | None = None,
    *,
    form: str,
    upto: RecordId,
    for_party: str = "",
    check: Callable[[], None] | None = None,
) -> None:
    """Write a document to `out` and record it in the log as a copy of a form; without a desk it is only written.

    `upto` is the last record whose words can be in it. `check` is called in the transaction of the record: where it
    raises, nothing was written. Raises Unavailable where the disk refuses.
    """
    with _failures(out), _beside(out) as (part, file):
        write(file)
        file.flush()
        os.fsync(file.fileno())
        digest = _digest(file)
        file.close()
        if desk is None:
            part.replace(out)
        else:
            record = {"form": form, "file": digest, "for_party": for_party, "upto": upto}
            _recorded(desk, record, part, out, check)
        sync_folder(out.parent)


def _recorded(desk: Desk, record: dict[str, Any], part: Path, out: Path, check: Callable[[], None] | None) -> None:
    """Put the file in place and record it, or neither."""
    in_place = False
    try:
        with desk.writing():
            if check:
                check()
            desk.append(Exported, Words(title=out.name), **record)
            part.replace(out)
            in_place = True
    except BaseException:
        if in_place:  # the record did not reach the disk: a copy that nobody knows of must not exist
            out.unlink(missing_ok=True)
        raise
