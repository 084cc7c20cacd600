"""The stage: a clock that the telling moves on, the desks of the parties, and the routine that runs meanwhile."""

from collections.abc import Callable
from pathlib import Path

from commandlog.demo.clock import BEGIN, END, time
from commandlog.demo.routine import Routine
from commandlog.intake.entering import enter
from commandlog.log.desk import Desk, sit_down
from commandlog.model import scenario
from commandlog.verbs.events import open_event, sign_in, sign_out

SCENARIO = "concert"
_TICK = 8_000  # milliseconds from one record to the next, at least

OPERATORS = {
    "venue": "Marloes Veenstra",
    "police": "Karin Postma",
    "baken": "Youssef El Amrani",
    "first-aid": "Ineke Brouwer",
    "organiser": "Jasper Smit",
}
"""Who sits where from the beginning; the neighbour joins at 20:00, the municipality is reached by phone."""


class Evening:
    """What the beats are told with. `evening["police"]` is that party's desk, a few seconds after the last record."""

    def __init__(self, path: Path, settings: Path, progress: Callable[[int, int], None] | None = None) -> None:
        self.now = time(BEGIN)
        self._settings = settings
        self._progress = progress
        self._routine = Routine()
        venue = open_event(path, scenario.load(SCENARIO), settings, party="venue", clock=lambda: self.now)
        self.log = venue.log
        self._desks = {"venue": venue}
        self.seq: dict[str, int] = {}
        """Positions of entries that a later beat comes back to."""

    def __getitem__(self, party: str) -> Desk:
        self.now += _TICK
        return self._desks[party]

    def join(self, party: str, operator: str) -> None:
        """A party sits down at its desk, and its operator signs in."""
        if party not in self._desks:
            self._desks[party] = sit_down(self.log, self._settings, party)
        sign_in(self[party], operator)

    def leave(self, party: str) -> None:
        """The operator of a party gets up."""
        sign_out(self[party])

    def at(self, text: str) -> None:
        """Let the routine run up to a time of the evening, and set the clock to it."""
        moment = time(text)
        while (due := self._routine.next_due()) and due <= moment:
            self.now = max(self.now, due)
            with self.log.writing():
                self._routine.tell_next(self)
        self.now = max(self.now, moment - _TICK)
        if self._progress:
            begin = time(BEGIN)
            self._progress((moment - begin) // 60_000, (time(END) - begin) // 60_000)

    def enter(self, party: str, line: str, *, heard: int = 0, reason: str = "") -> int:
        """Type a line at a desk; returns the position of the record. `heard` is how many seconds ago it began."""
        desk = self[party]
        return enter(desk, line, heard_at=self.now - heard * 1000 if heard else 0, reason=reason).seq
