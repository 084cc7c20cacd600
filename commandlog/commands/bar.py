"""A progress bar on stderr with rate and remaining time; quiet where that is no terminal."""

import shutil
import sys
import time
from typing import Self

from commandlog.language import _

_EVERY = 0.1  # seconds between two drawings
_BAR = 24  # characters


class Bar:
    """Called with (done, total) as work goes on; a total of 0 is one that nobody knows yet. A context manager."""

    def __init__(self, what: str) -> None:
        """`what` is being done, in a word or two."""
        self._what = what
        self._shows = sys.stderr.isatty()
        self._drawn = 0.0
        self._begun = time.monotonic()
        self._from = self._last = 0

    def __call__(self, done: int, total: int) -> None:
        """Draw how far it is, at most ten times a second."""
        now = time.monotonic()
        if done < self._last:  # it begins anew: a file is read more than once
            self._begun, self._from = now, done
        self._last = done
        if self._shows and now - self._drawn >= _EVERY:
            self._drawn = now
            self._write(line(self._what, done, total, (done - self._from) / max(now - self._begun, 0.001)))

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave no trace on the terminal: what was done is said elsewhere."""
        if self._shows and self._drawn:
            self._write("")

    def _write(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{text[:width]}", end="", file=sys.stderr, flush=True)


def line(what: str, done: int, total: int, rate: float) -> str:
    """Return one state of the bar: what, a bar with per cent, rows, rows a second, time that remains."""
    speed = _("{rate}/s").format(rate=f"{rate:,.0f}")
    if not total:
        return f"{what}  {done:,}  {speed}"
    share = min(1.0, done / total)
    drawn = "█" * round(share * _BAR)
    said = f"{what}  {drawn:░<{_BAR}} {share:4.0%}  {done:,} / {total:,}  {speed}"
    left = round((total - done) / rate) if rate > 0 else 0
    if left < 1:
        return said
    minutes, seconds = divmod(left, 60)
    return "  ".join((said, _("{time} left").format(time=f"{minutes}:{seconds:02d}")))
