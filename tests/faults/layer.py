"""What stands between the program and the disk: it is asked before every call, and told what each of them did."""

from pathlib import Path
from typing import NamedTuple

SECTOR = 512  # bytes that a disk writes whole or not at all

Handle = int | tuple[str, int]
"""An open file: SQLite's by its address, the program's own as ("fd", number)."""


class Opened(NamedTuple):
    """A file was opened, or made where nothing of that name was."""

    handle: Handle
    path: str


class Wrote(NamedTuple):
    """Bytes went to a place in an open file; `offset` is -1 for the end of it."""

    handle: Handle
    offset: int
    data: bytes


class Truncated(NamedTuple):
    """An open file was made this long."""

    handle: Handle
    size: int


class Synced(NamedTuple):
    """All that was written to an open file is on the disk; with `failed`, the system could not say so."""

    handle: Handle
    failed: bool = False


class Unlinked(NamedTuple):
    """A name was taken away."""

    path: str


class Linked(NamedTuple):
    """A file got another name; with `moved`, the old one is gone."""

    path: str
    to: str
    moved: bool


class FolderMade(NamedTuple):
    """A folder was made."""

    path: str


class FolderSynced(NamedTuple):
    """The names in a folder are on the disk as they are now."""

    path: str


Op = Opened | Wrote | Truncated | Synced | Unlinked | Linked | FolderMade | FolderSynced


class Layer:
    """What stands between. A subclass says which calls fail and keeps what it is told; only `folder` concerns it."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder.resolve())
        self.broken: list[BaseException] = []

    def concerns(self, path: str) -> bool:
        """Whether a path lies in the folder."""
        return path.startswith(self.folder + "/")

    def asked(self, call: str, path: str) -> int:  # noqa: ARG002
        """Return with which errno a call is to fail, 0 to let it pass."""
        return 0

    def told(self, op: Op) -> None:
        """Keep what a call did."""
