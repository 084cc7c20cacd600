"""How a column writes times: the order of day and month is decided over the whole column.

A column keeps one order. Evidence is a figure above 12 in one of the two places; two-digit years that stand first; then
AM/PM and the separator; then which order lets the rows run on in time; what remains open is said, with what was taken.
"""

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from commandlog.intake.time_words import folded
from commandlog.intake.time_writing import clock_in_figures, in_figures

_CLOCK = (
    r"(?:(?:T|,? +|,)(\d{1,2})[:.hu](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AaPp])\.?[Mm]\.?)?"
    r" ?(?:(Z|[A-Z]{2,5}|[A-Z][a-z]+/[A-Z][A-Za-z_/+-]+\d*)|([+-])(\d{2}):?(\d{2})?)?)?$"
)
YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _CLOCK)
YEAR_LAST = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})" + _CLOCK)
ZONE_BEHIND = re.compile(r" ?(?:Z|UTC|GMT|\+\d{2}:?\d{2})$")  # "20:00-20:15" is no offset
_OF_DAY = re.compile(
    r"(\d{1,2})[:.hu](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AaPp])\.?[Mm]\.?)?(?:"
    + ZONE_BEHIND.pattern[:-1]
    + ")?$"
)
_DATE_ONLY = re.compile(r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))$")


class Notation(NamedTuple):
    """How a column writes times.

    `order` is "dmy", "mdy" or "ymd"; `format` a strptime format where one is given. `kind` is empty for moments,
    "clock" for times of day (of `day`, running on past midnight) and "elapsed" for spans from `start` (milliseconds
    UTC), of which a bare figure counts `unit` milliseconds.
    """

    order: str = "dmy"
    format: str = ""
    ambiguous: bool = False
    kind: str = ""
    day: date | None = None
    start: int = 0
    unit: int = 0


class Evidence:
    """What a whole column says about the order of day and month; the columns of one file are asked together."""

    def __init__(self) -> None:
        self.seen = self.first_above = self.second_above = self.no_day = 0
        self.half_days = self.slashes = self.worded = self.figures = 0
        self.two_digit_years = self.offsets = self.year_first = 0
        self.firsts: set[int] = set()
        self.thirds: set[int] = set()
        self._last = {"dmy": (0, 0, 0), "mdy": (0, 0, 0)}
        self.descents = {"dmy": 0, "mdy": 0}

    def add(self, value: str) -> None:
        """Look at one filled cell."""
        self.seen += 1
        found = YEAR_LAST.match(value)
        if found is None:
            iso = YEAR_FIRST.match(value)
            if iso is None and is_figure(value):
                self.figures += 1
            elif iso is None and (plain := in_figures(value)):
                found, iso = YEAR_LAST.match(plain), YEAR_FIRST.match(plain)
                self.worded += found is None
            if iso:
                self.year_first += 1
                self.offsets += bool(iso[10] or iso[11])
            if found is None:
                return
        first, second = int(found[1]), int(found[3])
        if first > 12:
            self.first_above += 1
            self.no_day += first > 31
        if second > 12:
            self.second_above += 1
        self.half_days += found[9] is not None
        self.slashes += found[2] == "/"
        self.offsets += bool(found[10] or found[11])
        year = int(found[4])
        if len(found[4]) == 2:
            self.two_digit_years += 1
            self.firsts.add(first)
            self.thirds.add(year)
        for order, day in (("dmy", (year, second, first)), ("mdy", (year, first, second))):
            self.descents[order] += day < self._last[order]
            self._last[order] = day


def decide(columns: list[Evidence], zone: str) -> Notation:
    """Return the order of day and month of all these columns together; `zone` breaks the last tie."""
    first, second = sum(one.first_above for one in columns), sum(one.second_above for one in columns)
    if sum(one.no_day for one in columns) > second:
        return Notation("ymd")
    written = sum(one.seen - one.year_first for one in columns)
    open_years = bool(written) and not second and sum(one.two_digit_years for one in columns) > written * 0.9
    if open_years and (years := _year_first(columns)) is not None:
        return years
    if first != second:
        return Notation("dmy" if first > second else "mdy")
    dmy, mdy = (sum(one.descents[order] for one in columns) for order in ("dmy", "mdy"))
    runs_on = written > 20 and min(dmy, mdy) * 3 < max(dmy, mdy)
    if any(one.half_days for one in columns):
        return Notation("dmy", ambiguous=True) if runs_on and dmy < mdy else Notation("mdy")
    if not written or sum(one.slashes for one in columns) * 2 < written:
        return Notation("dmy")
    if runs_on:
        return Notation("dmy" if dmy < mdy else "mdy", ambiguous=True)
    return Notation("mdy" if zone.startswith(("America/", "US/")) else "dmy", ambiguous=True)


def _year_first(columns: list[Evidence]) -> Notation | None:
    """Whether two-digit years stand first ("20-01-01"): None where nothing speaks for it.

    The place of the year has few values, and years that logs are from; the place of the day has others.
    """
    firsts = {value for one in columns for value in one.firsts}
    thirds = {value for one in columns for value in one.thirds}
    if max(thirds) > 31 or max(firsts) - min(firsts) > 20:
        return None
    if not _recent(firsts):
        return None
    if _recent(thirds):
        return Notation("ymd", ambiguous=True) if len(thirds) > 2 * len(firsts) else None
    return Notation("ymd")


def _recent(years: set[int]) -> bool:
    """Whether all of these can be years of a log: 2008 to 2039."""
    return min(years) >= 8 and max(years) <= 39


@lru_cache(maxsize=16_384)
def clock_parts(value: str) -> tuple[int, int, int, int] | None:
    """Return hour, minute, second and millisecond of a cell that is a time of day only, else None.

    A zone may stand behind it (`ZONE_BEHIND`), and is not part of the answer.
    """
    found = _OF_DAY.match(value)
    if found is None and 2 < len(value) <= 30 and "-" not in value:
        found = _OF_DAY.match(clock_in_figures(folded(value)) or "")
    if found is None:
        return None
    hour = int(found[1])
    if found[5]:
        if not 0 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[5] in "pP" else 0)
    return hour, int(found[2]), int(found[3] or 0), int((found[4] or "0")[:3].ljust(3, "0"))


def is_time_only(value: str) -> bool:
    """Whether a cell is a time of day without a date."""
    return clock_parts(value) is not None


def is_date_only(value: str) -> bool:
    """Whether a cell is a date without a time of day."""
    return _DATE_ONLY.match(value) is not None or (
        not is_figure(value) and _DATE_ONLY.match(in_figures(value)) is not None
    )


def is_figure(value: str) -> bool:
    """Whether a cell is a bare figure, which is a time only where its column's name says so."""
    return value.replace(".", "", 1).isdigit()
