"""Lines that are not stored yet survive a crash: what is typed and what is parked lies in a file beside the settings.

The file is replaced whole, so it is always the old one or the new one. It holds people's words and is readable by this
user alone; a line that has been stored leaves it.
"""

import os
from pathlib import Path

import msgspec

from commandlog.log.keys import settings_folder


class Drafts(msgspec.Struct, frozen=True):
    """What is typed now, since when (milliseconds UTC), and what is parked: the oldest first."""

    line: str = ""
    heard_at: int = 0
    parked: tuple[tuple[str, int], ...] = ()


def read_drafts(log_id: bytes) -> Drafts:
    """Return what was left in this log's entry line; nothing where there is nothing that can be read."""
    try:
        return msgspec.json.decode(_file(log_id).read_bytes(), type=Drafts)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return Drafts()


def keep_drafts(log_id: bytes, drafts: Drafts) -> bool:
    """Keep them; returns whether the disk took them."""
    file = _file(log_id)
    part = file.with_suffix(".part")
    try:
        if drafts == Drafts():
            file.unlink(missing_ok=True)
            return True
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "wb") as out:  # noqa: PTH123 - the handle has its rights already
            out.write(msgspec.json.encode(drafts))
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError:
        return False
    return True


def _file(log_id: bytes) -> Path:
    return settings_folder() / "drafts" / f"{log_id.hex()}.json"
