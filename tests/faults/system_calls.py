"""What the program does to files without SQLite (keys, locks, new files): asked and told like SQLite's own calls.

Python's functions are replaced while a layer stands between. What is written in a way that is not among them would go
unseen: whoever records compares the files with what was seen, and so finds it.
"""

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from tests.faults.layer import FolderMade, FolderSynced, Layer, Linked, Opened, Synced, Truncated, Unlinked, Wrote

if sys.platform != "win32":
    import fcntl


@contextmanager
def between(layer: Layer) -> Iterator[None]:
    """Put a layer between this process's own file calls and the system."""
    calls = _Calls(layer)
    with ExitStack() as stack:
        for name in ("open", "write", "fsync", "close", "ftruncate", "link", "rename", "replace", "unlink", "mkdir"):
            stack.enter_context(mock.patch.object(os, name, getattr(calls, name)))
        stack.enter_context(mock.patch.object(os, "remove", calls.unlink))
        if hasattr(os, "fdatasync"):
            stack.enter_context(mock.patch.object(os, "fdatasync", calls.fsync))
        stack.enter_context(mock.patch.object(io, "open", calls.open_file))
        if sys.platform != "win32":
            stack.enter_context(mock.patch.object(fcntl, "flock", calls.flock))
        yield


class _Calls:
    """Stands in for functions of os: each asks, calls the real one, and tells."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.files: dict[int, str] = {}
        self.real: dict[str, Callable[..., Any]] = {
            name: getattr(os, name)
            for name in ("open", "write", "fsync", "close", "ftruncate", "link", "rename", "replace", "unlink", "mkdir")
        }
        self.real_open_file = io.open
        if sys.platform != "win32":
            self.real_flock = fcntl.flock

    def _ask(self, call: str, path: str) -> None:
        if self.layer.concerns(path) and (error := self.layer.asked(call, path)):
            raise OSError(error, os.strerror(error), path)

    def _tell(self, path: str, op: Any) -> None:
        if self.layer.concerns(path):
            self.layer.told(op)

    def open(self, path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        name = os.fspath(path)
        self._ask("open", name)
        file = int(self.real["open"](path, flags, mode, **more))
        if self.layer.concerns(name) or name == self.layer.folder:
            self.files[file] = name
            if not os.path.isdir(name):  # noqa: PTH112
                self.layer.told(Opened(("fd", file), name))
                if flags & os.O_TRUNC:
                    self.layer.told(Truncated(("fd", file), 0))
        return file

    def close(self, file: int) -> None:
        self.files.pop(file, None)
        self.real["close"](file)

    def write(self, file: int, data: Any) -> int:
        path = self.files.get(file, "")
        self._ask("write", path)
        offset = os.lseek(file, 0, os.SEEK_CUR) if path else 0
        written = int(self.real["write"](file, data))
        self._tell(path, Wrote(("fd", file), offset, bytes(data[:written])))
        return written

    def fsync(self, file: int) -> None:
        path = self.files.get(file, "")
        is_folder = bool(path) and os.path.isdir(path)  # noqa: PTH112
        try:
            self._ask("sync", path)
            self.real["fsync"](file)
        except OSError:
            if not is_folder:
                self._tell(path, Synced(("fd", file), failed=True))
            raise
        if is_folder:
            self.layer.told(FolderSynced(path))
        else:
            self._tell(path, Synced(("fd", file)))

    def ftruncate(self, file: int, size: int) -> None:
        path = self.files.get(file, "")
        self._ask("truncate", path)
        self.real["ftruncate"](file, size)
        self._tell(path, Truncated(("fd", file), size))

    def unlink(self, path: Any, **more: Any) -> None:
        self._ask("delete", os.fspath(path))
        self.real["unlink"](path, **more)
        self._tell(os.fspath(path), Unlinked(os.fspath(path)))

    def mkdir(self, path: Any, *arguments: Any, **more: Any) -> None:
        self._ask("mkdir", os.fspath(path))
        self.real["mkdir"](path, *arguments, **more)
        self._tell(os.fspath(path), FolderMade(os.fspath(path)))

    def link(self, path: Any, to: Any, **more: Any) -> None:
        self._name("link", path, to, more)

    def rename(self, path: Any, to: Any, **more: Any) -> None:
        self._name("rename", path, to, more)

    def replace(self, path: Any, to: Any, **more: Any) -> None:
        self._name("replace", path, to, more)

    def _name(self, call: str, path: Any, to: Any, more: dict[str, Any]) -> None:
        self._ask("rename", os.fspath(to))
        self.real[call](path, to, **more)
        self._tell(os.fspath(to), Linked(os.fspath(path), os.fspath(to), call != "link"))

    def open_file(self, path: Any, mode: str = "r", *arguments: Any, **more: Any) -> Any:
        """Stand in for `io.open`, through which pathlib reads."""
        if not isinstance(path, int):
            self._ask("open", os.fspath(path))
            if self.layer.concerns(os.fspath(path)) and set(mode) & set("wax+"):
                raise AssertionError(f"{path} is written in a way that this layer does not see")
        return self.real_open_file(path, mode, *arguments, **more)

    def flock(self, file: int, how: int) -> None:
        """Stand in for `fcntl.flock`; letting go never fails."""
        if sys.platform == "win32":
            raise NotImplementedError
        if how != fcntl.LOCK_UN:
            self._ask("lock", self.files.get(file, ""))
        self.real_flock(file, how)
