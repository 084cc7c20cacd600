"""A disk that is really full: a small file system where root may mount one, and a limit on the size of files.

Run as a program of its own, since a limit is set for a whole process:

    python -m tests.faults.full_disk disk|limit FOLDER

Entries are written until the system refuses one. Then everything that was acknowledged can be read, the refused entry
is not there; once there is room again the same entry goes in, and the log verifies deeply.
"""

import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from commandlog.log.desk import Desk
from commandlog.log.verify import verify
from commandlog.model.errors import Unavailable
from commandlog.verbs import events, saying
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.events import Clock, concert

SIZE = 16 << 20  # bytes of the disk
FILLER = 4 << 20  # bytes that are in the way until somebody makes room
LIMIT = 8 << 20  # bytes that a file may have
MOST = 4_000  # entries after which something must have been full


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a small file system at a folder. Raises PermissionError where this user may not."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "commandlog", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        raise PermissionError(done.stderr.decode(errors="replace").strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], capture_output=True, check=True)


def fill(desk: Desk) -> list[str]:
    """Write entries until one is refused; returns those that were acknowledged and, last, the one that was not."""
    said = []
    for number in range(MOST):
        said.append(f"{number}: {'vol ' * 200}")
        try:
            saying.note(desk, said[-1], origin=f"full:{number}")
        except Unavailable:
            return said
    raise AssertionError("nothing was ever full")


def texts(desk: Desk) -> list[str]:
    """Return what the log holds, as a screen reads it, oldest first."""
    found = [line.text for line in timeline.whole(desk.log, live(desk.log), Filter(kind="note"))]
    return sorted(found, key=lambda text: int(text.partition(":")[0]))


def on_a_small_disk(folder: Path) -> str:
    """Fill a small file system and make room again; returns what was done.

    Raises PermissionError where this user may not mount one.
    """
    with small_disk(folder):
        filler = folder / "filler"
        filler.write_bytes(bytes(FILLER))
        number = _until_full(folder, filler.unlink)
    return f"a file system of {SIZE >> 20} MiB was full after {number} entries"


def under_a_limit(folder: Path) -> str:
    """Reach the size that files may have, and lift that limit; returns what was done."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # or the system ends the process
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, most))
    number = _until_full(folder, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
    return f"a file reached the limit of {LIMIT >> 20} MiB after {number} entries"


def _until_full(disk: Path, make_room: Callable[[], None]) -> int:
    """Write until it is full, make room, write on; returns how many entries were acknowledged before."""
    desk = events.open_event(disk / "event.clog", concert(), disk / "settings", clock=Clock())
    with desk.log:
        said = fill(desk)
        assert len(said) > 100
        assert texts(desk) == said[:-1]
        assert not saying_again(desk, said), "it is still full"
        assert texts(desk) == said[:-1]
        make_room()
        assert saying_again(desk, said)
        assert texts(desk) == said
    assert verify(disk / "event.clog", deep=True).holds
    return len(said) - 1


def saying_again(desk: Desk, said: list[str]) -> bool:
    """Try the refused entry once more; returns whether it was stored."""
    try:
        saying.note(desk, said[-1], origin=f"full:{len(said) - 1}")
    except Unavailable:
        return False
    return True


def main(how: str, folder: Path) -> int:
    """Try it in one of the two ways; 0 done, 3 where this user may not mount a disk."""
    try:
        print(on_a_small_disk(folder) if how == "disk" else under_a_limit(folder))
    except PermissionError as error:
        print(f"no disk can be mounted here: {error}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
