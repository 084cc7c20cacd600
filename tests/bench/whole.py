"""What the whole log costs: verifying, deriving everything anew, and putting provisional records behind others."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from commandlog.log import derived
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.rebuild import rebase, rebuild, stored, take
from commandlog.log.verify import Verdict, verify
from tests.bench.measuring import Results, median, timed
from tests.bench.writing import Subject

_COPY = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"
MEANT_FROM = 100_000  # records from which on the limit of verifying holds: below, opening the log is most of it


def rebasing(subject: Subject, size: int, say: Results) -> None:
    """Take the last 550 records back, and let the last 50 of them be provisional under the 500 before."""
    log, times = subject.log, []
    for _ in range(5):
        with log.writing():
            last = log.head.seq
            taken = list(stored(log.db, last - 549, last))
            derived.rollback(log.db, last - 550)
            log.db.execute("DELETE FROM records WHERE seq > ?", (last - 550,))
            for number, record in enumerate(taken[500:]):
                take(log.db, record.provisional(number))
            log.refresh()
        times.append(timed(lambda: rebase(log, taken[:500])))
        with log.writing():
            derived.rollback(log.db, PROVISIONAL - 1)
            log.db.execute("DELETE FROM records WHERE seq >= ?", (PROVISIONAL,))
            for record in taken[500:]:
                take(log.db, record)
            log.refresh()
    found = median(times)
    work = "rebase of 50 provisional under 500 shared"
    say.say(size, work, f"{found * 1000:.1f} ms", "limit 100 ms", found <= 0.1, seconds=found)


def verifying(subject: Subject, size: int, say: Results) -> None:
    """Verify, in turn with reading and hashing a copy of the file."""
    subject.log.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # a copy: a process that closes a file of its own gives up its locks on it, and the log with them
    copy = subject.folder / "copy"
    subprocess.run([sys.executable, "-c", _COPY, str(subject.path), str(copy)], check=True)
    verdicts: list[Verdict] = []
    pairs = [(timed(lambda: _hash(copy)), timed(lambda: verdicts.append(verify(subject.path)))) for _ in range(5)]
    copy.unlink()
    if not all(verdict.holds for verdict in verdicts):
        raise SystemExit(f"the log of the bench does not hold: {verdicts[-1]}")
    bare, ours = (median(list(times)) for times in zip(*pairs, strict=True))
    say.say(
        size,
        "verify",
        f"{ours:.2f} s ({size / ours:,.0f} records/s)",
        f"{ours / bare:.2f} x reading and hashing the file ({bare:.2f} s), limit 2.5 x",
        ours / bare <= 2.5 if size >= MEANT_FROM else None,
        seconds=ours,
        ratio=ours / bare,
    )


def rebuilding(subject: Subject, size: int, say: Results) -> None:
    """Derive everything anew, in place."""
    seconds = median([timed(lambda: rebuild(subject.log)) for _ in range(5 if size <= 10_000 else 1)])
    speed = size / seconds
    work = "rebuild of all derived rows"
    say.say(size, work, f"{speed:,.0f} records/s", "limit 20,000/s", speed >= 20_000, speed=speed)
    subject.tend()


def _hash(path: Path) -> None:
    digest = sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
