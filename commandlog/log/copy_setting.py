"""Where this machine keeps the second copy of a log, and what it last knew of it.

That there is to be a copy is kept durably, and a setting that cannot be read is told: a copy that quietly ends is worse
than none. What was last known of it may be lost; it only says how far behind a copy is that cannot be reached now.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from commandlog.language import _
from commandlog.log.files import put_whole, sync_folder
from commandlog.log.lock import FileLock
from commandlog.log.store import Log
from commandlog.model.errors import Unavailable
from commandlog.model.frames import Millis


class Known(NamedTuple):
    """What was last known of a copy: the last record that it held for certain, and when that was seen."""

    upto: int = 0
    at: Millis = 0


class CopySetting:
    """This machine's setting for one log; a branch of it that was restored has a setting of its own."""

    def __init__(self, settings: Path, log: Log) -> None:
        """`settings` is where this machine keeps its settings."""
        self.folder = settings / "copies"
        self._name = (log.id + log.branch).hex()
        self._remembered: Known | None = None

    def file(self) -> Path | None:
        """Return the second copy's file, None where none is to be kept; raises Unavailable where that is not known."""
        path = self._path("json")
        try:
            if not path.exists():
                return None
            return Path(_read(path)["file"])
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise Unavailable(
                _(
                    "Whether a second copy is kept cannot be read from {file}: name its folder again"
                    " with `commandlog copy FILE DIR`."
                ).format(file=path)
            ) from error

    def keep(self, file: Path) -> None:
        """Keep the second copy in this file from now on. Raises Unavailable where the settings cannot be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._told() != str(file.absolute()):
                self._path("known").unlink(missing_ok=True)  # that was of another copy
            put_whole(self._path("json"), json.dumps({"file": str(file.absolute())}).encode("ascii"), durable=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def end(self) -> None:
        """Keep no second copy from now on; the one that is there stays. Raises Unavailable as `keep` does."""
        try:
            for suffix in ("json", "known"):
                self._path(suffix).unlink(missing_ok=True)
            sync_folder(self.folder)
        except OSError as error:
            raise self._unwritable(error) from error

    def known(self) -> Known:
        """Return what was last known of the copy; nothing, where that was lost."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            found = _read(self._path("known"))
            return Known(int(found["upto"]), int(found["at"]))
        return Known()

    def remember(self, known: Known) -> None:
        """Remember how far the copy is. What it cannot write it leaves: the copy itself says it better."""
        if self._remembered and self._remembered.upto == known.upto:
            return
        with suppress(OSError):
            put_whole(self._path("known"), json.dumps(known._asdict()).encode("ascii"), durable=False)
            self._remembered = known

    def lock(self, timeout: float) -> FileLock | None:
        """Return the lock that whoever brings this copy up to date holds; `timeout` is in seconds.

        It spares work and waiting. Where it cannot be had, the lock of the copy's own file is enough.
        """
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            return FileLock(self._path("lock"), timeout)
        return None

    def _told(self) -> str:
        with suppress(OSError, ValueError, TypeError, KeyError):
            return str(_read(self._path("json"))["file"])
        return ""

    def _path(self, suffix: str) -> Path:
        return self.folder / f"{self._name}.{suffix}"

    def _unwritable(self, error: OSError) -> Unavailable:
        return Unavailable(
            _(
                "That a second copy is kept cannot be written in {folder}: {error}."
                " Make the folder writable, or name another in COMMANDLOG_SETTINGS."
            ).format(folder=self.folder, error=error.strerror or error)
        )


def _read(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text("ascii"))
    if not isinstance(found, dict):
        raise TypeError(path)
    return found
