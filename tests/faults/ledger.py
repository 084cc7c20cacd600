"""What killed processes had acknowledged, held against what their log has."""

import re
import time
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.records import Record
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.faults.children import Child, answer

REOPENED_IN = 3.0  # seconds
TOKEN = re.compile(r"x\d+y\d+z\d+")
"""What every entry carries by which it is known again: log, process and number."""


class Tally(Struct):
    """What came out: how many runs there were, how many were cut short, what was acknowledged, and what was wrong.

    `unspoken` entries were stored by a process that died before it could say so, which is allowed.
    """

    runs: int = 0
    killed: int = 0
    acknowledged: int = 0
    unspoken: int = 0
    lost: int = 0
    doubled: int = 0
    half: int = 0
    broken: int = 0
    openings: int = 0
    slowest: float = 0
    faults: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, doubled, half done or broken, and every opening was quick."""
        return not (self.lost or self.doubled or self.half or self.broken) and self.slowest < REOPENED_IN

    def note(self, fault: str) -> None:
        """Keep what was wrong, the first twenty."""
        if len(self.faults) < 20:
            self.faults.append(fault if len(fault) < 300 else f"{fault[:60]} … {fault[-200:].strip()}")

    def opened(self, seconds: float) -> None:
        """Count an opening of a log whose process had been killed."""
        self.openings += 1
        self.slowest = max(self.slowest, seconds)


# -- what a killed process leaves ------------------------------------------------------------------------------------


def look(path: Path) -> dict[str, Any]:
    """Open a log and say what is in it: how long that took, its tokens with their positions, and what does not hold."""
    began = time.perf_counter()
    with Log(path) as log:
        timeline.page(log, live(log), Filter())
        seconds = time.perf_counter() - began
        tokens: dict[str, list[int]] = {}
        numbers: dict[str, list[int]] = {}
        wrong = []
        for expected, record in enumerate(log.records(), start=1):
            if record.seq != expected:
                wrong.append(f"position {expected} is missing")
                break
            numbers.setdefault(record.frame.by.desk, []).append(record.frame.number)
            for token in tokens_of(record):
                tokens.setdefault(token, []).append(record.seq)
        wrong += [f"numbers of {desk}" for desk, ns in numbers.items() if ns != list(range(1, len(ns) + 1))]
        if log.db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            wrong.append("integrity_check")
    verdict = verify(path, deep=True)
    if not verdict.holds:
        wrong.append(f"record {verdict.position}: {verdict.fault}")
    return {"seconds": seconds, "tokens": tokens, "wrong": wrong}


def tokens_of(record: Record) -> set[str]:
    return set(TOKEN.findall(record.words.everything())) if record.words else set()


class Place(Struct):
    """A log that is worked at, killed at, and opened again, and what is known to be in it."""

    folder: Path
    number: int
    kills: int = 0
    acknowledged: dict[str, int] = field(default_factory=dict)
    in_flight: set[str] = field(default_factory=set)

    @property
    def path(self) -> Path:
        """Where the log is."""
        return self.folder / "event.clog"

    def heard(self, child: Child, tally: Tally) -> None:
        """Take over what a child has acknowledged, and what it was about to store when it died."""
        said = child.said("stored")
        self.acknowledged.update(dict(said))
        tally.acknowledged += len(said)
        begun = [token for (token,) in child.said("begun")]
        self.in_flight.update(begun[-1:] if begun and begun[-1] not in self.acknowledged else ())
        for (seconds,) in child.said("opened"):
            tally.opened(seconds)
        for (error,) in child.said("error"):
            tally.broken += 1
            tally.note(f"log {self.number}: {error}")

    def check(self, tally: Tally) -> None:
        """Open the log and hold it to what was acknowledged."""
        try:
            found = answer(lambda: look(self.path))
        except AssertionError as error:
            tally.broken += 1
            tally.note(f"log {self.number}: {error}")
            return
        tally.opened(found["seconds"])
        for wrong in found["wrong"]:
            tally.broken += 1
            tally.note(f"log {self.number}: {wrong}")
        for token, seq in self.acknowledged.items():
            if seq not in found["tokens"].get(token, ()):
                tally.lost += 1
                tally.note(f"log {self.number}: {token} was acknowledged at {seq} and is not there")
        for token, seqs in found["tokens"].items():
            if len(seqs) > 1:
                tally.doubled += 1
                tally.note(f"log {self.number}: {token} is there {len(seqs)} times")
            elif token in self.in_flight:
                tally.unspoken += 1  # stored, and killed before it could say so
            elif token not in self.acknowledged:
                tally.half += 1
                tally.note(f"log {self.number}: {token} is there, and was neither acknowledged nor under way")
        self.in_flight.clear()
        self.acknowledged.update({token: seqs[0] for token, seqs in found["tokens"].items()})
