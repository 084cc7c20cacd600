"""An attachment goes out as a file of its own: whole or not at all, and never over another file."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from commandlog.language import _
from commandlog.log.store import Log
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.media import sniffed, suffix
from commandlog.views import attachments
from commandlog.views.moments import Moment


def save(log: Log, moment: Moment, position: int, out: Path, reader: str = "", *, preview: bool = False) -> Path:
    """Write an attachment, or a `preview` of it without anything but its pixels; returns where it is.

    In a folder it is called after its reference and what it is: no name from outside ever becomes a path. Raises
    RuleError where something is there already, Unavailable where the system refuses; nothing is left behind then.
    """
    one = attachments.attachment(log, moment, position, reader)
    whole = (attachments.preview if preview else attachments.content)(log, moment, position, reader)
    target = out / f"{one.reference}{suffix(sniffed(whole).type)}" if out.is_dir() else out
    if not target.parent.is_dir():
        raise RuleError(_("There is no folder {folder}: make it first.").format(folder=target.parent))
    try:
        _write(target, whole)
    except FileExistsError as error:
        raise RuleError(_("{file} is there already: choose another name.").format(file=target)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Unavailable(_("{file} cannot be written: {error}.").format(file=target, error=reason)) from error
    return target


def _write(target: Path, content: bytes) -> None:
    """Put a file in its place once it is whole on disk; raises FileExistsError where something is there."""
    if os.path.lexists(target):
        raise FileExistsError(target)
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _put_in_place(part, target)
    finally:
        part.unlink(missing_ok=True)


def _put_in_place(part: Path, target: Path) -> None:
    """Give a file its name, unless somebody has taken that meanwhile."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:  # a disk without links (FAT): the name is taken first, and what took it replaced
        target.open("xb").close()
        try:
            part.replace(target)
        except BaseException:
            with suppress(OSError):
                target.unlink()
            raise
