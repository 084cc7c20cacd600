"""Views of one's own: a name and what it shows, kept on this machine beside the other settings.

They are the reader's, not the log's: which places and categories there are differs per log, and a view that finds
nothing here shows nothing.
"""

import os
from pathlib import Path

import msgspec
from msgspec.structs import replace

from commandlog.log.keys import settings_folder
from commandlog.views.filters import Filter

Saved = dict[str, Filter]


def saved_views() -> Saved:
    """Return the views that were kept, by name; none where there is nothing that can be read."""
    try:
        return msgspec.json.decode(_file().read_bytes(), type=Saved)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def keep_view(name: str, wanted: Filter | None) -> bool:
    """Keep a view under a name, or (None) keep it no longer; returns whether the disk took it."""
    views = saved_views()
    views.pop(name, None)
    if wanted is not None:
        views[name] = replace(wanted, reader="", incident=0, since=0, until=0)
    file = _file()
    part = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "wb") as out:  # noqa: PTH123 - the handle has its rights already
            out.write(msgspec.json.encode(views))
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError:
        return False
    return True


def _file() -> Path:
    return settings_folder() / "views.json"
