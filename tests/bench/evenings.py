"""Invented traffic for measuring: as many records as one likes, from a seed, with the spread of a real evening."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commandlog.intake.importing import BATCH, TEND_EVERY
from commandlog.log.desk import Desk, sit_down
from commandlog.log.lock import PAUSE
from commandlog.log.store import Log
from commandlog.model.covenant import Category, Covenant, Party, Place, Unit
from commandlog.model.frames import Frame, Source
from commandlog.model.records import Added, Assessed, Corrected, Feedback, Note, Report, Words
from tests.events import START, Clock, concert

_SYLLABLES = [
    "ba",
    "be",
    "bo",
    "da",
    "de",
    "do",
    "fa",
    "ga",
    "ge",
    "ha",
    "ka",
    "ke",
    "ko",
    "la",
    "le",
    "lo",
    "ma",
    "me",
    "mo",
    "na",
    "ne",
    "no",
    "pa",
    "po",
    "ra",
    "re",
    "ro",
    "sa",
    "se",
    "ta",
    "te",
    "to",
    "va",
    "wa",
]


def vocabulary(size: int = 20_000) -> list[str]:
    """Return invented words, the commonest first."""
    chance = random.Random(1)
    words = {"".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(size * 2)}
    found = sorted(words)
    chance.shuffle(found)
    return found[:size]


def covenant() -> Covenant:
    """Return a large event: 8 parties, 60 units, 60 places, 20 categories."""
    return concert(
        parties=tuple(Party(f"party{n}" if n else "venue", f"Party {n}", "private", chr(65 + n)) for n in range(8)),
        units=tuple(Unit(f"Unit {n}", f"party{n % 7 + 1}", f"role{n % 5}") for n in range(60)),
        places=tuple(Place(f"place{n}", f"Place {n}") for n in range(60)),
        categories=tuple(Category(f"category{n}", f"Category {n}") for n in range(20)),
        powers=(),
        mandates=(),
        ladders=(),
        roles=(),
    )


WAITING = 20  # reports that have been assessed or closed by nobody yet, at any moment


class Traffic:
    """An endless stream of records: reports and what became of them, notes, additions and corrections.

    Words follow Zipf's law. One entry in fifteen is for some parties only; few reports are open at any moment.
    """

    def __init__(self, clock: Clock, seed: int = 7) -> None:
        self.clock = clock
        self.chance = random.Random(seed)
        self.words = vocabulary()
        self.weights = [1 / rank for rank in range(1, len(self.words) + 1)]
        self.last: bytes = b""
        self.waiting: list[bytes] = []
        self.assessed: list[bytes] = []
        self._pool: list[str] = []

    def text(self) -> str:
        """Return a sentence of 6 to 20 words."""
        if len(self._pool) < 20:
            self._pool = self.chance.choices(self.words, self.weights, k=20_000)
        return " ".join(self._pool.pop() for _ in range(self.chance.randint(6, 20)))

    def next(self) -> tuple[type[Frame], Words, dict[str, Any]]:
        """Return the next record to append; the clock moves on."""
        chance = self.chance
        self.clock.tick(chance.random() * 20)
        number = chance.randrange(60)
        about: dict[str, Any] = {
            "source": Source(f"party{number % 7 + 1}", f"Unit {number}", f"role{number % 5}", "3"),
            "place": f"place{chance.randrange(60)}",
            "category": f"category{chance.randrange(20)}",
            "occurred_at": self.clock.now - chance.choice((0, 0, 0, 30_000, 300_000)),
        }
        if chance.random() < 0.1:
            about["priority"] = chance.choice(("elevated", "urgent"))
        if chance.random() < 0.07:
            about["audience"] = ("venue", f"party{number % 7 + 1}")
        words = Words(text=self.text())
        kind = chance.random()
        if kind < 0.1 and self.last:
            return (Added if kind < 0.07 else Corrected), words, {**about, "entry": self.last}
        if len(self.waiting) > WAITING:
            about["entry"] = self.waiting.pop(0)
            self.assessed.append(about["entry"])
            return Assessed, words, {**about, "disposition": chance.choice(("no_action", "observe", "approach"))}
        if len(self.assessed) > WAITING:
            return Feedback, words, {**about, "entry": self.assessed.pop(0)}
        return (Report, words, about) if kind < 0.6 else (Note, words, about)

    def keep(self, kind: type[Frame], record_id: bytes) -> None:
        """Remember what was appended, for what will be said about it."""
        if kind in (Report, Note):
            self.last = record_id
        if kind is Report:
            self.waiting.append(record_id)

    def fill(self, desk: Desk, number: int) -> Iterator[float]:
        """Append records in transactions as an import does, every second one a row that carries its import key.

        Yields the seconds that each transaction took.
        """
        for start in range(0, number, BATCH):
            waiting = [self.next() for _ in range(min(BATCH, number - start))]
            for _kind, _words, about in waiting[::2]:
                about["origin"] = f"import:{self.chance.getrandbits(128):032x}"
            began = time.perf_counter()
            with desk.writing():
                for kind, words, about in waiting:
                    self.keep(kind, desk.append(kind, words, **about).id)
            yield time.perf_counter() - began


def import_rows(path: Path, settings: Path, number: int) -> None:
    """Append as an import does, in a process of its own."""
    clock = Clock()
    with Log(path, clock=clock) as log:
        clock.now = log.head.kept_at
        desk = sit_down(log, settings, "venue")
        for done, _ in enumerate(Traffic(clock, seed=11).fill(desk, number), start=1):
            if done % TEND_EVERY == 0:
                log.tend()
            time.sleep(PAUSE)


__all__ = ["START", "Clock", "Traffic", "covenant", "import_rows", "vocabulary"]
