"""Figures beside their limits, and how they are taken: seconds, percentiles, and memory in a process of its own."""

import multiprocessing
import os
import platform
import resource
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

_STATUS = Path("/proc/self/status")


class Result(NamedTuple):
    """A figure beside its limit: `met` is None where there is no budget. `values` are what plots are drawn from."""

    size: int
    work: str
    figure: str
    limit: str
    met: bool | None
    values: dict[str, float]


class Results(list[Result]):
    """What was measured so far; each is printed as it comes."""

    def say(self, size: int, work: str, figure: str, limit: str = "", met: bool | None = None, **values: float) -> None:
        """Keep a figure and print it."""
        self.append(Result(size, work, figure, limit, met, values))
        verdict = "" if met is None else "ok" if met else "MISSED"
        print(f"{size:>9,}  {work:<50} {figure:<36} {limit:<48} {verdict}", flush=True)

    @property
    def missed(self) -> int:
        """How many budgets were missed."""
        return sum(result.met is False for result in self)


class Measured(NamedTuple):
    """What a piece of work took in a process of its own: seconds, and MB resident before it and at most."""

    answer: Any
    seconds: float
    before: float
    peak: float


def machine() -> str:
    """Return in one line what this was measured on."""
    processors = os.cpu_count() or 1
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()}"
        f" {platform.machine()}, {processors} processors"
    )


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def at(times: list[float], percent: int) -> float:
    """Return a percentile."""
    return sorted(times)[min(len(times) - 1, len(times) * percent // 100)]


def ms(times: list[float], percent: int) -> str:
    """Return a percentile of seconds, in words."""
    return f"{at(times, percent) * 1000:.2f} ms"


def spread(times: list[float]) -> str:
    """Return the middle and the slow end of a row of times, in words."""
    return f"p50 {ms(times, 50)}, p99 {ms(times, 99)}"


def median(times: list[float]) -> float:
    """Return the middle of a row of times."""
    return statistics.median(times)


def apart(work: Callable[..., Any], *given: Any) -> Measured:
    """Do a piece of work (a function of a module) in a new process, and say what it took there.

    Raises SystemExit where it fails.
    """
    context = multiprocessing.get_context("spawn")
    answers = context.SimpleQueue()
    other = context.Process(target=_apart, args=(answers, work, *given))
    other.start()
    while answers.empty() and other.is_alive():
        time.sleep(0.01)
    if answers.empty():
        raise SystemExit(f"{work.__name__} failed in its own process")
    found: Measured = answers.get()
    other.join()
    return found


def _apart(answers: Any, work: Callable[..., Any], *given: Any) -> None:
    before, start = _resident("VmRSS"), time.perf_counter()
    answer = work(*given)
    seconds = time.perf_counter() - start
    answers.put(Measured(answer, seconds, before, _resident("VmHWM")))


def _resident(what: str) -> float:
    """Return the MB that this process has in memory (VmRSS), or had at most (VmHWM)."""
    if _STATUS.exists():
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(f"{what}:"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
