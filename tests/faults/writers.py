"""People who write at many desks at once, each at a pace of their own; one process plays those of several desks.

    python -m tests.faults.writers RECORDS PAUSE MOST SEED FILE SETTINGS PARTY [FILE SETTINGS PARTY ...]

Each sits down at a desk beside the program that follows, as the window does, and rests while more than MOST
of what was written there wait for their place: so the pace of all is what the machine can follow. What the log has
acknowledged is noted beside its file, 16 bytes for each record's id. How many are written is printed each second.
"""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk, sit_down
from commandlog.log.store import Log
from commandlog.model.records import Note, Words

AT_ONCE = 10  # records in a transaction, at most
REST = 0.2  # seconds
_WAITING = "SELECT count(*) FROM records WHERE seq >= ?"


def at_random(desk: Desk, records: int, seed: int, pause: float) -> Iterator[list[bytes]]:
    """Write notes, one to ten in a transaction, after pauses of `pause` seconds on average; yields each one's ids."""
    chance, left = Random(seed), records
    while left:
        few = min(left, chance.randint(1, AT_ONCE))
        time.sleep(chance.expovariate(1 / pause))
        with desk.writing():
            made = [desk.append(Note, Words(text=f"number {left - n} of {desk.code}")).id for n in range(few)]
        left -= few
        yield made


def noted(file: Path) -> Path:
    """Return where the ids are noted of what was written in a file."""
    return file.with_suffix(".written")


def read_noted(file: Path) -> list[bytes]:
    """Return the ids of what was written in a file."""
    ids = noted(file).read_bytes()
    return [ids[n : n + 16] for n in range(0, len(ids), 16)]


class _Writer(threading.Thread):
    """One of them."""

    def __init__(
        self, file: Path, settings: Path, party: str, records: int, pause: float, most: int, seed: int
    ) -> None:
        super().__init__(daemon=True)
        self.file, self.settings, self.party = file, settings, party
        self.records, self.pause, self.most, self.seed = records, pause, most, seed
        self.written = 0

    def run(self) -> None:
        with Log(self.file) as log, noted(self.file).open("ab") as note:
            for made in at_random(sit_down(log, self.settings, self.party), self.records, self.seed, self.pause):
                note.write(b"".join(made))
                note.flush()
                self.written += len(made)
                while log.db.execute(_WAITING, (PROVISIONAL,)).fetchone()[0] > self.most:
                    time.sleep(REST)


def main(records: str, pause: str, most: str, seed: str, *desks: str) -> int:
    """Let all write; returns 1 where one did not come to its end."""
    each = zip(desks[::3], desks[1::3], desks[2::3], strict=True)
    writers = [
        _Writer(Path(file), Path(settings), party, int(records), float(pause), int(most), int(seed) + number)
        for number, (file, settings, party) in enumerate(each)
    ]
    for one in writers:
        one.start()
    while any(one.is_alive() for one in writers):
        time.sleep(1)
        print(sum(one.written for one in writers), flush=True)
    return int(any(one.written < one.records for one in writers))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
