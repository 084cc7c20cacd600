"""A layer between the unmodified program and the disk: it sees every call, lets it fail, and tells what came of it.

SQLite reaches the disk through a table of functions (its VFS). This registers a table of its own as the default, in
this process only, whose functions ask the layer, call the real ones and tell the layer: no compiler is needed, and
everything above runs as it always does. What the program does to files without SQLite passes through `system_calls`.
Shared memory (the -shm file) is memory, and no part of what a disk keeps.
"""

import ctypes
import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any, ClassVar

from tests.faults.layer import SECTOR, FolderSynced, Layer, Opened, Synced, Truncated, Unlinked, Wrote


class _Vfs(ctypes.Structure):
    """sqlite3_vfs, version 3."""


_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_DELETE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_ACCESS = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_void_p)
_SLEEP = CFUNCTYPE(c_int, c_void_p, c_int)
_SET_CALL = CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p)
_GET_CALL = CFUNCTYPE(c_void_p, c_void_p, c_char_p)
_OPEN_FOLDER = CFUNCTYPE(c_int, c_void_p, c_void_p)
_Vfs._fields_ = [
    ("iVersion", c_int),
    ("szOsFile", c_int),
    ("mxPathname", c_int),
    ("pNext", c_void_p),
    ("zName", c_char_p),
    ("pAppData", c_void_p),
    ("xOpen", _OPEN),
    ("xDelete", _DELETE),
    ("xAccess", _ACCESS),
    *((name, c_void_p) for name in ("xFullPathname", "xDlOpen", "xDlError", "xDlSym", "xDlClose", "xRandomness")),
    ("xSleep", _SLEEP),
    *((name, c_void_p) for name in ("xCurrentTime", "xGetLastError", "xCurrentTimeInt64")),
    ("xSetSystemCall", _SET_CALL),
    ("xGetSystemCall", _GET_CALL),
    ("xNextSystemCall", c_void_p),
]

_FILE = CFUNCTYPE(c_int, c_void_p)
_INT = CFUNCTYPE(c_int, c_void_p, c_int)
_POINTER = CFUNCTYPE(c_int, c_void_p, c_void_p)
_BYTES = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_LENGTH = CFUNCTYPE(c_int, c_void_p, c_int64)
_MAP = CFUNCTYPE(c_int, c_void_p, c_int, c_int, c_int, c_void_p)
_SHARED = CFUNCTYPE(c_int, c_void_p, c_int, c_int, c_int)


class _Methods(ctypes.Structure):
    """sqlite3_io_methods, version 3."""

    _fields_: ClassVar = [
        ("iVersion", c_int),
        ("xClose", _FILE),
        ("xRead", _BYTES),
        ("xWrite", _BYTES),
        ("xTruncate", _LENGTH),
        ("xSync", _INT),
        ("xFileSize", _POINTER),
        ("xLock", _INT),
        *((name, c_void_p) for name in ("xUnlock", "xCheckReservedLock", "xFileControl", "xSectorSize")),
        ("xDeviceCharacteristics", c_void_p),
        ("xShmMap", _MAP),
        ("xShmLock", _SHARED),
        *((name, c_void_p) for name in ("xShmBarrier", "xShmUnmap", "xFetch", "xUnfetch")),
    ]


OK, BUSY, IOERR, FULL, CANTOPEN = 0, 5, 10, 13, 14
LETTING_GO = 1  # SQLITE_SHM_UNLOCK
READ_LOCKS = 3  # the first of the locks in shared memory that readers take; before them are write, checkpoint, recover
CODES = {
    "open": CANTOPEN,
    "read": IOERR | 1 << 8,
    "write": IOERR | 3 << 8,
    "sync": IOERR | 4 << 8,
    "truncate": IOERR | 6 << 8,
    "size": IOERR | 7 << 8,
    "delete": IOERR | 10 << 8,
    "access": IOERR | 13 << 8,
    "lock": IOERR | 15 << 8,
    "map": IOERR | 21 << 8,
    "write lock": IOERR | 20 << 8,
    "read lock": IOERR | 20 << 8,
}


def _code(call: str, error: int) -> int:
    """Return what SQLite's own layer makes of an errno at a call."""
    if call == "write" and error == errno.ENOSPC:
        return FULL
    if call.endswith("lock") and error in (errno.EBUSY, errno.EAGAIN):
        return BUSY
    return CODES[call]


_made: list["_Between"] = []
"""Our functions, made once: SQLite may still point to them when nobody needs them any more."""


def why_not() -> str:
    """Return why SQLite cannot be reached here, empty where it can: a Python may have it inside, out of sight."""
    try:
        _library()
    except (ImportError, AttributeError, OSError) as error:
        return f"this Python does not share its SQLite library ({error})"
    return ""


def _library() -> ctypes.CDLL:
    """Return the very library that the sqlite3 module uses: looked up through the module itself."""
    import _sqlite3

    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_libversion.restype = c_char_p
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    library.sqlite3_vfs_find.argtypes = [c_char_p]
    library.sqlite3_vfs_register.argtypes = [POINTER(_Vfs), c_int]
    library.sqlite3_vfs_unregister.argtypes = [POINTER(_Vfs)]
    if library.sqlite3_libversion().decode() != sqlite3.sqlite_version:
        raise ImportError("another version was found")
    if library.sqlite3_vfs_find(None).contents.iVersion < 3:
        raise ImportError("its way to the disk is of another shape")
    return library


@contextmanager
def between(layer: Layer) -> Iterator[None]:
    """Put a layer between SQLite and the disk for all connections that this process opens meanwhile.

    They are to be closed before it ends. Raises what went wrong in the layer itself, which SQLite could not pass on.
    """
    library = _library()
    if not _made:
        _made.append(_Between(library.sqlite3_vfs_find(None)))
    ours = _made[0]
    ours.layer = layer
    library.sqlite3_vfs_register(ctypes.byref(ours.vfs), 1)
    ours.watch_folders(True)
    try:
        yield
    finally:
        ours.watch_folders(False)
        library.sqlite3_vfs_unregister(ctypes.byref(ours.vfs))
        library.sqlite3_vfs_register(ours.real, 1)
        ours.layer = Layer(Path("/nowhere"))
        left = ours.let_go()
    if layer.broken:
        raise layer.broken[0]
    if left:
        raise AssertionError(f"still open: {left}")


class _Between:
    """The functions that SQLite calls instead of the real ones."""

    layer: Layer

    def __init__(self, real: Any) -> None:
        self.real = real
        self.files: dict[int, str] = {}
        self.methods: dict[int, _Methods] = {}  # ours, by the address of the real ones
        self.addresses: dict[int, int] = {}  # of the real ones, by that of ours
        self.kept: list[Any] = []
        self.vfs = _Vfs()
        ctypes.memmove(ctypes.byref(self.vfs), real, ctypes.sizeof(_Vfs))
        self.vfs.pNext, self.vfs.zName = None, b"between"
        self.vfs.xOpen = self._safe(_OPEN, self._open)
        self.vfs.xDelete = self._safe(_DELETE, self._delete)
        self.vfs.xAccess = self._safe(_ACCESS, self._access)
        self.vfs.xSleep = self._safe(_SLEEP, lambda _vfs, microseconds: microseconds)  # nobody else is at work here
        folders = real.contents.xGetSystemCall(real, b"openDirectory")
        self.open_folder = self._safe(_OPEN_FOLDER, self._opening_folders(_OPEN_FOLDER(folders)))

    def _safe(self, kind: Any, function: Callable[..., int]) -> Any:
        """Return a function for SQLite to call: what it raises is kept, since SQLite could not pass it on."""

        def call(*arguments: Any) -> int:
            try:
                return function(*arguments)
            except BaseException as error:
                self.layer.broken.append(error)
                return IOERR

        self.kept.append(kind(call))
        return self.kept[-1]

    def let_go(self) -> list[str]:
        """Give what is still open back to the real functions; returns the paths."""
        left = sorted(self.files.values())
        for file in self.files:
            pointer = c_void_p.from_address(file)
            pointer.value = self.addresses[pointer.value or 0]
        self.files.clear()
        return left

    def watch_folders(self, on: bool) -> None:
        """See when SQLite opens a folder, which it does for nothing but to sync it."""
        call = ctypes.cast(self.open_folder, c_void_p) if on else None
        self.real.contents.xSetSystemCall(self.real, b"openDirectory", call)

    def _opening_folders(self, real: Any) -> Callable[[int, int], int]:
        def open_folder(name: int, descriptor: int) -> int:
            path = ctypes.string_at(name).decode()
            if self.layer.concerns(path):
                self.layer.told(FolderSynced(path.rpartition("/")[0]))
            return int(real(name, descriptor))

        return open_folder

    def _path(self, name: int | None) -> str:
        """Return a path that concerns the layer, empty where it does not."""
        path = ctypes.string_at(name).decode() if name else ""
        return path if path and self.layer.concerns(path) else ""

    def _open(self, _vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
        path = self._path(name)
        if path and (error := self.layer.asked("open", path)):
            ctypes.c_void_p.from_address(file).value = None  # not open: SQLite must not close it
            return _code("open", error)
        result = int(self.real.contents.xOpen(self.real, name, file, flags, out))
        if path and result == OK:
            self.files[file] = path
            self.layer.told(Opened(file, path))
            pointer = c_void_p.from_address(file)
            pointer.value = ctypes.addressof(self._wrapped(pointer.value or 0))
        return result

    def _delete(self, _vfs: int, name: int, sync_folder: int) -> int:
        path = self._path(name)
        if path and (error := self.layer.asked("delete", path)):
            return _code("delete", error)
        if path and sync_folder:  # told in the order in which it happens: the folder is synced behind it
            there = Path(path).exists()
            if there:
                self.layer.told(Unlinked(path))
            return int(self.real.contents.xDelete(self.real, name, sync_folder))
        result = int(self.real.contents.xDelete(self.real, name, sync_folder))
        if path and result == OK:
            self.layer.told(Unlinked(path))
        return result

    def _access(self, _vfs: int, name: int, flags: int, out: int) -> int:
        path = self._path(name)
        if path and (error := self.layer.asked("access", path)):
            return _code("access", error)
        return int(self.real.contents.xAccess(self.real, name, flags, out))

    def _wrapped(self, address: int) -> _Methods:
        """Return the methods of an open file with ours in the place of those that reach the disk."""
        if address in self.methods:
            return self.methods[address]
        real, made = _Methods.from_address(address), _Methods.from_buffer_copy(_Methods.from_address(address))
        self.methods[address] = made
        self.addresses[ctypes.addressof(made)] = address
        files = self.files

        def passing(call: str, method: Any) -> Callable[..., int]:
            def passed(file: int, *arguments: Any) -> int:
                if error := self.layer.asked(call, files[file]):
                    return _code(call, error)
                return int(method(file, *arguments))

            return passed

        def close(file: int) -> int:
            del files[file]
            return int(close_really(file))

        def write(file: int, data: int, size: int, offset: int) -> int:
            error = self.layer.asked("write", files[file])
            if error:  # a disk that is full takes what it can
                size = size // 2 // SECTOR * SECTOR if error == errno.ENOSPC else 0
            result = int(write_really(file, data, size, offset)) if size else OK
            if result == OK and size:
                self.layer.told(Wrote(file, offset, ctypes.string_at(data, size)))
            return _code("write", error) if error else result

        def truncate(file: int, size: int) -> int:
            if error := self.layer.asked("truncate", files[file]):
                return _code("truncate", error)
            result = int(truncate_really(file, size))
            if result == OK:
                self.layer.told(Truncated(file, size))
            return result

        def sync(file: int, flags: int) -> int:
            error = self.layer.asked("sync", files[file])
            result = _code("sync", error) if error else int(sync_really(file, flags))
            self.layer.told(Synced(file, failed=result != OK))
            return result

        def shared_lock(file: int, offset: int, count: int, flags: int) -> int:
            call = "write lock" if offset < READ_LOCKS else "read lock"
            if flags & LETTING_GO == 0 and (error := self.layer.asked(call, files[file])):
                return _code(call, error)
            return int(real.xShmLock(file, offset, count, flags))

        close_really, write_really, truncate_really, sync_really = real.xClose, real.xWrite, real.xTruncate, real.xSync
        made.xClose = self._safe(_FILE, close)
        made.xWrite = self._safe(_BYTES, write)
        made.xTruncate = self._safe(_LENGTH, truncate)
        made.xSync = self._safe(_INT, sync)
        made.xRead = self._safe(_BYTES, passing("read", real.xRead))
        made.xFileSize = self._safe(_POINTER, passing("size", real.xFileSize))
        made.xLock = self._safe(_INT, passing("lock", real.xLock))
        if real.iVersion > 1:
            made.xShmMap = self._safe(_MAP, passing("map", real.xShmMap))
            made.xShmLock = self._safe(_SHARED, shared_lock)
        return made
