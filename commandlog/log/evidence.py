"""Copies a damaged log byte for byte, with zeros where the disk does not read.

Another process does it, which is this very file and imports nothing of the program: closing a file of one's own takes
away every lock that a process has on it, and a window may have the log open (docs/decisions/0010).
"""

import os
import sys

BLOCK = 4096  # bytes: what a disk that fails may not give


def copy(source: str, target: str) -> int:
    """Copy a file that may not be there; returns how many bytes of it could not be read."""
    if not os.path.exists(source):  # noqa: PTH110 (this process is to start fast)
        return 0
    unread = 0
    with open(source, "rb", buffering=0) as file, open(target, "xb") as out:  # noqa: PTH123
        size = os.fstat(file.fileno()).st_size
        for at in range(0, size, BLOCK):
            wanted = min(BLOCK, size - at)
            try:
                file.seek(at)
                data = file.read(wanted) or b""
            except OSError:
                data = b""
            unread += wanted - len(data)
            out.write(data.ljust(wanted, b"\0"))
        out.flush()
        os.fsync(out.fileno())
    return unread


def _run(arguments: list[str]) -> int:
    """Copy files in pairs of names, and say on standard output how many bytes were unread, or what went wrong."""
    pairs = list(zip(arguments[::2], arguments[1::2], strict=True))
    try:
        print(sum(copy(source, target) for source, target in pairs))
    except OSError as error:
        print(error.strerror or error)
        return 1
    return 0


def command(pairs: list[tuple[str, str]]) -> list[str]:
    """Return what starts that other process for pairs of source and target."""
    return [sys.executable, "-I", "-S", __file__, *(name for pair in pairs for name in pair)]


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1:]))
