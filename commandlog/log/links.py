"""The links of the chain: each record against its own digest, and against the one before it.

This file needs nothing but SQLite and SHA-256 and imports nothing of the program: run by itself it starts in some
hundredths of a second, and helps with a long log as a second process (`helping`).
"""

import sqlite3
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from threading import Thread
from typing import NamedTuple

PAGE = 500  # records read at a time: no transaction is open for long, see `reading.paged`
SLICE = 5_000  # records given to a process at a time: with few to share out, one would wait for the other's last

MISSING, HEADER, FRAME, BOTH, CHANGED, LINK, EARLIER = (
    *("missing", "header", "frame", "both", "changed", "link", "earlier"),
)
"""What may be wrong with a record; `verify` says it in words."""

_QUERY = (
    "SELECT seq, header, hash, frame, words, words_hash FROM records"
    f" WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT {PAGE}"
)


class Unreadable(Exception):
    """What is there from a position on cannot be read."""

    def __init__(self, position: int, cause: Exception) -> None:
        super().__init__(str(cause))
        self.position = position
        self.cause = cause


class Checked(NamedTuple):
    """What was found in a range: the records without words (position, id), the first bad position and what is wrong."""

    without_words: list[tuple[int, bytes]]
    position: int = 0
    fault: str = ""


def check(db: sqlite3.Connection, start: bytes, first: int, last: int) -> Checked:
    """Check the records from one position to another against each other and the hash before them.

    `start` is what every header begins with. In a member of a shared log, what a record says may be absent (sealed).
    Raises Unreadable where SQLite cannot read it, or there are no bytes.
    """
    without_words: list[tuple[int, bytes]] = []
    position = first
    try:
        sealed = db.execute("SELECT 1 FROM meta WHERE key = 'member'").fetchone()
        before = db.execute("SELECT hash, header FROM records WHERE seq = ?", (first - 1,)).fetchone()
        previous, kept_at = (before[0], before[1][42:50]) if before else (bytes(32), b"")
        # copies of a hash that has begun are cheaper than new ones, and this is done four times for every record
        nothing, part, link = sha256().copy, sha256(b"\x00").copy, sha256(b"\x01").copy
        while position <= last and (rows := db.execute(_QUERY, (position, last)).fetchall()):
            for seq, header, stored, frame, words, words_hash in rows:
                if seq != position:
                    return Checked(without_words, position, MISSING)
                # the header by its bytes, as chain.pack_header lays them out: unpacking each would double the time
                if header[:26] != start + seq.to_bytes(8, "big"):
                    return Checked(without_words, seq, HEADER)
                if frame is None:
                    if not sealed or words is not None or words_hash is not None:
                        return Checked(without_words, seq, FRAME)
                else:
                    digest, of_frame = part(), nothing()
                    of_frame.update(frame)
                    digest.update(of_frame.digest())
                    if words is None:
                        without_words.append((seq, header[26:42]))
                        digest.update(words_hash or b"")
                    elif words_hash is not None:
                        return Checked(without_words, seq, BOTH)
                    else:
                        of_words = nothing()
                        of_words.update(words)
                        digest.update(of_words.digest())
                    if digest.digest() != header[50:82]:
                        return Checked(without_words, seq, CHANGED)
                linked = link()
                linked.update(previous)
                linked.update(header)
                if linked.digest() != stored:
                    return Checked(without_words, seq, LINK)
                now = header[42:50]  # big-endian, so the bytes compare as the times do
                if now < kept_at:
                    return Checked(without_words, seq, EARLIER)
                previous, kept_at, position = stored, now, seq + 1
    except (sqlite3.DatabaseError, TypeError, ValueError) as error:
        raise Unreadable(position, error) from error
    return Checked(without_words) if position > last else Checked(without_words, position, MISSING)


Slices = deque[tuple[int, int]]


def slices(last: int) -> Slices:
    """Return the whole log, cut up."""
    return deque((first, min(first + SLICE - 1, last)) for first in range(1, last + 1, SLICE))


def taken(take: Callable[[], tuple[int, int]]) -> tuple[int, int] | None:
    """Return the slice that was taken from one end, None where there are no more."""
    try:
        return take()
    except IndexError:
        return None


@contextmanager
def helping(uri: str, start: bytes, waiting: Slices, found: list[Checked], number: int) -> Iterator[Slices]:
    """Let other processes take slices from the end of `waiting`, while the caller takes them from its beginning.

    What they find in order goes to `found`. Gives a list that holds, when the block has ended, the slices that they
    could not say are in order: the caller looks at those itself. Where no process can be started, nobody helps.
    """
    left: Slices = deque()
    helpers = [helper for _ in range(number) if (helper := _started(uri, start))]
    threads = [Thread(target=_guide, args=(helper, waiting, found, left), daemon=True) for helper in helpers]
    for thread in threads:
        thread.start()
    try:
        yield left
    except BaseException:
        waiting.clear()
        raise
    finally:
        for thread in threads:
            thread.join()
        for helper in helpers:
            helper.kill()  # it has nothing left to do but to put itself away, and only reads
            helper.communicate()


def _started(uri: str, start: bytes) -> "subprocess.Popen[str] | None":
    if getattr(sys, "frozen", False):  # sys.executable is the program itself there
        return None
    command = [sys.executable, "-I", "-S", __file__, uri, start.hex()]
    flags: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(  # noqa: S603 (this very file, with what the caller was given)
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, bufsize=1, creationflags=flags
        )
    except OSError:
        return None


def _guide(helper: "subprocess.Popen[str]", waiting: Slices, found: list[Checked], left: Slices) -> None:
    """Give a helper one slice after the other; what it does not answer for goes to `left`."""
    ask, answers = helper.stdin, helper.stdout
    while ask and answers and (one := taken(waiting.pop)):
        try:
            ask.write(f"{one[0]} {one[1]}\n")
            ask.flush()
            answer = answers.readline().split()
        except OSError:
            answer = []
        if answer[:1] != ["holds"]:
            left.append(one)
            return
        pairs = (pair.split(":") for pair in answer[1:])
        found.append(Checked([(int(seq), bytes.fromhex(record_id)) for seq, record_id in pairs]))


def _help(read: Callable[[], str], write: Callable[[str], object]) -> None:
    """Answer for slices until there are no more, and end at the first that is not in order."""
    db = sqlite3.connect(sys.argv[1], uri=True, isolation_level=None, timeout=30)
    while line := read():
        first, last = line.split()
        checked = check(db, bytes.fromhex(sys.argv[2]), int(first), int(last))
        if checked.fault:
            return
        write(" ".join(["holds", *(f"{seq}:{record_id.hex()}" for seq, record_id in checked.without_words)]) + "\n")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    _help(sys.stdin.readline, sys.stdout.write)
