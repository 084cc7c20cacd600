"""Many desks that all write at once, for as long as it takes, and what one sees of it meanwhile."""

import os
import sys
import time
from collections.abc import Callable

from tests.faults.writers import read_noted
from tests.sharing.whole import Child, Whole

PAUSE = 0.1  # seconds between two transactions of a desk, on average
MOST = 150  # records of a desk that wait for their place, beyond which its people rest
TOLD_EVERY = 10.0  # seconds
STUCK = 300.0  # seconds in which nothing has come further anywhere, after which it never will
_start = time.monotonic()


def tell(line: str) -> None:
    """Say on stderr how it goes."""
    print(f"{time.monotonic() - _start:>6.0f} s  {line}", file=sys.stderr, flush=True)


class _Group:
    """A process that writes at some of the desks."""

    def __init__(self, whole: Whole, groups: int, number: int, records: int) -> None:
        self.written = 0
        desks = [
            word for seat in whole.seats[number::groups] for word in (str(seat.file), str(seat.settings), seat.party)
        ]
        command = ("-m", "tests.faults.writers", str(records), str(PAUSE), str(MOST), str(number * 1000), *desks)
        self.said = ""
        self.process = Child(self._hears, *command)

    def _hears(self, line: str) -> None:
        if line.strip().isdigit():
            self.written = int(line)
        else:
            self.said += line


def all_write(whole: Whole, records: int) -> tuple[float, float]:
    """Let every desk write so many records, and all of them reach all.

    Returns the seconds until all were written, and until the last was everywhere; raises AssertionError where nothing
    comes further any more.
    """
    count, before = os.cpu_count() or 1, whole.in_order()
    groups = [_Group(whole, count, number, records) for number in range(count)]
    start = time.monotonic()
    watch = _Watch(whole, lambda: sum(one.written for one in groups))
    while any(one.process.running for one in groups):
        watch.look()
    written = time.monotonic() - start
    for one in groups:
        assert one.process.end() == 0, one.said
    for seat in whole.seats:
        seat.written += read_noted(seat.file)
    goal = before + records * len(whole.seats)
    while min(seat.state.upto for seat in whole.seats) < goal or any(seat.state.waiting for seat in whole.seats):
        watch.look()
    whole.converged(STUCK)
    return written, time.monotonic() - start


class _Watch:
    """Looks how far everybody is, and says so."""

    def __init__(self, whole: Whole, written: Callable[[], int]) -> None:
        self.whole, self.written = whole, written
        self.last, self.further = (0, 0), time.monotonic()
        self.told = 0.0

    def look(self) -> None:
        """Wait a second, and tell what is to tell; raises AssertionError where nothing moves or a desk has ended."""
        time.sleep(1)
        states = [seat.state for seat in self.whole.seats]
        now, stands = time.monotonic(), (self.written(), sum(one.upto for one in states))
        if stands != self.last:
            self.last, self.further = stands, now
        assert now < self.further + STUCK, f"nothing comes further: {[str(one) for one in states]}"
        for seat in self.whole.seats:
            assert seat.following, "nobody follows"
            assert seat.following.running, f"{seat.code} has ended: {seat.trouble}"
        if now >= self.told + TOLD_EVERY:
            self.told = now
            upto = sorted(one.upto for one in states)
            tell(
                f"written {stands[0]:,}, in order {self.whole.in_order():,}, at the desks {upto[0]:,} to {upto[-1]:,},"
                f" waiting {sum(one.waiting for one in states):,}"
            )
