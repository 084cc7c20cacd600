"""Times as exports write them: the order of day and month is decided over the whole column, then read fast.

A column keeps one order. Evidence is a figure above 12 in one of the two places; then AM/PM and the separator; then
which order lets the rows run on in time; what remains open is said, with what was taken.
Local times become UTC by the zone: one that the clock skipped in spring is taken by the clock before the change, one
that the clock showed twice in autumn is the first of the two. Both are counted.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dateutil import parser as dateutil_parser

from commandlog.language import _
from commandlog.model.errors import RuleError

_CLOCK = (
    r"(?:(?:T|,? +|,)(\d{1,2})[:.hu](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AaPp])\.?[Mm]\.?)?"
    r" ?(?:(Z|UTC|GMT)|([+-])(\d{2}):?(\d{2})?)?)?$"
)
_DAY = r"(?:[A-Za-z]{2,9}\.?,? +)?"
_YEAR_FIRST = re.compile(_DAY + r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _CLOCK)
_YEAR_LAST = re.compile(_DAY + r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})" + _CLOCK)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[T ]?(\d\d)(\d\d)(\d\d)?)?(Z)?$")
_EPOCH = re.compile(r"([1-9]\d{8,9})(\d{3})?(?:\.\d+)?$")
_MONTH_WORD = re.compile(r"(?i)(?:^|[^a-z])(jan|feb|mar|mrt|maa|apr|may|mei|jun|jul|aug|sep|oct|okt|nov|dec)")
_TIME_ONLY = re.compile(r"\d{1,2}[:.hu]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?$")
_DATE_ONLY = re.compile(r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))$")
EARLIEST = 1  # milliseconds: 1970, where the log's time begins (0 means "now" to a verb)
LATEST = 4_102_444_800_000  # 2100: a later year is a slip


class Notation(NamedTuple):
    """How a column writes times: `order` is "dmy", "mdy" or "ymd"; `format` a strptime format where one is given."""

    order: str = "dmy"
    format: str = ""
    ambiguous: bool = False


class Evidence:
    """What a whole column says about the order of day and month; the columns of one file are asked together."""

    def __init__(self) -> None:
        self.seen = self.unread = self.first_above = self.second_above = self.no_day = 0
        self.half_days = self.slashes = 0
        self.two_digit_years = self.seconds = self.offsets = self.year_first = 0
        self._last = {"dmy": (0, 0, 0), "mdy": (0, 0, 0)}
        self.descents = {"dmy": 0, "mdy": 0}

    def add(self, value: str) -> None:
        """Look at one filled cell."""
        self.seen += 1
        found = _YEAR_LAST.match(value)
        if found is None:
            if iso := _YEAR_FIRST.match(value):
                self.year_first += 1
                self.offsets += bool(iso[10] or iso[11])
            return
        first, second = int(found[1]), int(found[3])
        if first > 12:
            self.first_above += 1
            self.no_day += first > 31
        if second > 12:
            self.second_above += 1
        self.half_days += found[9] is not None
        self.slashes += found[2] == "/"
        self.two_digit_years += len(found[4]) == 2
        self.seconds += found[7] is not None
        self.offsets += bool(found[10] or found[11])
        year = int(found[4])
        for order, day in (("dmy", (year, second, first)), ("mdy", (year, first, second))):
            self.descents[order] += day < self._last[order]
            self._last[order] = day


def decide(columns: list[Evidence], zone: str) -> Notation:
    """Return the order of day and month of all these columns together; `zone` breaks the last tie."""
    first, second = sum(one.first_above for one in columns), sum(one.second_above for one in columns)
    if sum(one.no_day for one in columns) > second:
        return Notation("ymd")
    if first != second:
        return Notation("dmy" if first > second else "mdy")
    if any(one.half_days for one in columns):
        return Notation("mdy")
    written = sum(one.seen - one.year_first for one in columns)
    if not written:
        return Notation("dmy")
    if sum(one.slashes for one in columns) * 2 < written:
        return Notation("dmy")
    dmy, mdy = (sum(one.descents[order] for one in columns) for order in ("dmy", "mdy"))
    if written > 20 and min(dmy, mdy) * 3 < max(dmy, mdy):
        return Notation("dmy" if dmy < mdy else "mdy", ambiguous=True)
    return Notation("mdy" if zone.startswith(("America/", "US/")) else "dmy", ambiguous=True)


class Clock:
    """Reads the cells of one notation in one zone; `skipped` and `doubled` count the local times that needed a rule."""

    def __init__(self, notation: Notation, zone: ZoneInfo) -> None:
        self.notation = notation
        self.zone = zone
        self.skipped = self.doubled = 0
        self._hours: dict[tuple[int, int, int, int, bool], tuple[int, int]] = {}

    def read(self, value: str) -> int:
        """Return a cell as milliseconds UTC; raises ValueError, whose text says why it is no time."""
        try:
            millis = self._read(value)
        except OverflowError as error:
            raise ValueError(_("is no date")) from error
        if not EARLIEST <= millis <= LATEST:
            raise ValueError(_("lies before 1970 or after 2100"))
        return millis

    def _read(self, value: str) -> int:
        if self.notation.format:
            try:
                return self._of(datetime.strptime(value, self.notation.format))  # noqa: DTZ007 - the zone comes after
            except ValueError as error:
                why = _("“{value}” is not written as {format}").format(value=value[:40], format=self.notation.format)
                raise ValueError(why) from error
        if found := _YEAR_FIRST.match(value):
            return self._from(value, int(found[1]), int(found[3]), int(found[4]), found)
        if found := _YEAR_LAST.match(value):
            first, second, last = int(found[1]), int(found[3]), int(found[4])
            if self.notation.order == "ymd":
                return self._from(value, _century(first), second, last, found)
            day, month = (second, first) if self.notation.order == "mdy" else (first, second)
            return self._from(value, _century(last) if len(found[4]) == 2 else last, month, day, found)
        if (found := _COMPACT.match(value)) and 1970 <= int(found[1]) <= 2100:
            parts = [int(found[n] or 0) for n in range(1, 7)]
            return self._plain(value, parts, utc=bool(found[7]))
        if found := _EPOCH.match(value):
            return int(found[1]) * 1000 + int(found[2] or 0)
        return self._of(_in_words(value, self.notation.order != "mdy"))

    def _from(self, value: str, year: int, month: int, day: int, found: re.Match[str]) -> int:
        hour, half = int(found[5] or 0), found[9]
        if half:
            if not 1 <= hour <= 12:
                raise ValueError(_no_time(value))
            hour = hour % 12 + (12 if half in "pP" else 0)
        millis = int((found[8] or "0")[:3].ljust(3, "0"))
        parts = [year, month, day, hour, int(found[6] or 0), int(found[7] or 0)]
        if found[11]:
            minutes = (int(found[12]) * 60 + int(found[13] or 0)) * (-1 if found[11] == "-" else 1)
            return self._plain(value, parts, utc=True) - minutes * 60_000 + millis
        return self._plain(value, parts, utc=found[10] is not None) + millis

    def _plain(self, value: str, parts: list[int], *, utc: bool) -> int:
        year, month, day, hour, minute, second = parts
        if minute > 59 or second > 60 or hour > 24 or (hour == 24 and minute + second > 0):
            raise ValueError(_no_time(value))
        try:
            base, rule = self._hours.get((year, month, day, hour, utc)) or self._hour(year, month, day, hour, utc)
        except ValueError as error:
            raise ValueError(_no_time(value, self.notation.order)) from error
        if rule:
            self.skipped += rule == 1
            self.doubled += rule == 2
        return (base + minute * 60 + second) * 1000

    def _hour(self, year: int, month: int, day: int, hour: int, utc: bool) -> tuple[int, int]:
        """Return the UTC second at which a local hour begins, and the rule it needed (0, 1 skipped, 2 shown twice)."""
        local = datetime(year, month, day, tzinfo=UTC if utc else self.zone) + timedelta(hours=hour)
        begins = int(local.timestamp())
        rule = 0
        if not utc and local.utcoffset() != local.replace(fold=1).utcoffset():
            there = datetime.fromtimestamp(begins, self.zone).replace(tzinfo=None)
            rule = 2 if there == local.replace(tzinfo=None) else 1
        if len(self._hours) > 200_000:
            self._hours.clear()
        self._hours[year, month, day, hour, utc] = begins, rule
        return begins, rule

    def _of(self, moment: datetime) -> int:
        parts = [moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second]
        offset = moment.utcoffset()
        away = int(offset.total_seconds() * 1000) if offset is not None else 0
        return self._plain(str(moment), parts, utc=offset is not None) - away + moment.microsecond // 1000


def _no_time(value: str, order: str = "") -> str:
    if order and _YEAR_LAST.match(value):
        written = {"dmy": _("day, month, year"), "mdy": _("month, day, year"), "ymd": _("year, month, day")}[order]
        return _("“{value}” is no date, read as {order}").format(value=value[:40], order=written)
    return _("“{value}” is no time").format(value=value[:40])


def _century(year: int) -> int:
    """Return the year that two digits mean, as POSIX has it: 69-99 are 19.., 00-68 are 20.."""
    return year + (1900 if year > 68 else 2000)


_MONTHS: Any = [
    ("Jan", "January", "januari"),
    ("Feb", "February", "februari", "febr"),
    ("Mar", "March", "mrt", "maart"),
    ("Apr", "April"),
    ("May", "mei"),
    ("Jun", "June", "juni"),
    ("Jul", "July", "juli"),
    ("Aug", "August", "augustus"),
    ("Sep", "Sept", "September"),
    ("Oct", "October", "okt", "oktober"),
    ("Nov", "November"),
    ("Dec", "December"),
]
_WEEKDAYS: Any = [
    ("Mon", "Monday", "ma", "maandag"),
    ("Tue", "Tuesday", "di", "dinsdag"),
    ("Wed", "Wednesday", "wo", "woensdag"),
    ("Thu", "Thursday", "do", "donderdag"),
    ("Fri", "Friday", "vr", "vrijdag"),
    ("Sat", "Saturday", "za", "zaterdag"),
    ("Sun", "Sunday", "zo", "zondag"),
]


class _Names(dateutil_parser.parserinfo):
    """English and Dutch names of months and days."""

    MONTHS = _MONTHS
    WEEKDAYS = _WEEKDAYS


_NAMES = {first: _Names(dayfirst=first) for first in (True, False)}


@lru_cache(maxsize=4096)
def _in_words(value: str, day_first: bool) -> datetime:
    """Return a date whose month is a word ("29 okt 2016 12:13"); raises ValueError on anything else."""
    if len(value) > 60 or not _MONTH_WORD.search(value) or sum(map(str.isdigit, value)) < 3:
        raise ValueError(_no_time(value))
    try:
        moment = dateutil_parser.parse(value, _NAMES[day_first], default=datetime(1, 1, 1))  # noqa: DTZ001
        moment.utcoffset()
    except (ValueError, OverflowError, TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError(_no_time(value)) from error
    if moment.year < 2:
        raise ValueError(_no_time(value))
    return moment


def is_time_only(value: str) -> bool:
    """Whether a cell is a time of day without a date."""
    return _TIME_ONLY.match(value) is not None


def is_date_only(value: str) -> bool:
    """Whether a cell is a date without a time of day."""
    return _DATE_ONLY.match(value) is not None


def is_figure(value: str) -> bool:
    """Whether a cell is a bare figure, which is a time only where its column's name says so."""
    return value.replace(".", "", 1).isdigit()


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name; raises RuleError where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise RuleError(
            _("There is no time zone “{zone}”: they are named like Europe/Amsterdam.").format(zone=name)
        ) from error
