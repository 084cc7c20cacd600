"""Times as exports write them, read fast into milliseconds UTC.

Local times become UTC by the zone: one that the clock skipped in spring is taken by the clock before the change, one
that the clock showed twice in autumn is the first of the two. Both are counted.
"""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from commandlog.intake.elapsed import DAY, HOUR, is_span, span
from commandlog.intake.notations import YEAR_FIRST, YEAR_LAST, ZONE_BEHIND, Notation, clock_parts
from commandlog.intake.time_words import offset_of, zone_named, zone_of
from commandlog.intake.time_writing import century, in_figures, in_year
from commandlog.language import _

_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[T _-]?(\d\d)(\d\d)(\d\d)?)?(Z)?$")
_EPOCH = re.compile(r"([1-9]\d{8,9})(?:(\d{3})(?:\d{3}){0,2})?(?:[.,](\d{1,9}))?$")
_SERIAL = re.compile(r"([2-7]\d{4})(?:[.,](\d{1,12}))?$")
_SAYS_HOUR = re.compile(r"(?<!%)(?:%%)*%[-0]?[HIcXTs]")
_SERIAL_BEGINS = date(1899, 12, 30)  # day 0 of spreadsheets, by which 1 March 1900 and later count rightly
EARLIEST = 1  # milliseconds: 1970, where the log's time begins (0 means "now" to a verb)
LATEST = 4_102_444_800_000  # 2100: a later year is a slip
MAX_OFFSET = 15 * 60  # minutes; behind a dash something later is the end, no offset
LATE = 6 * HOUR  # a step back of at most this is a late entry; a longer one is a new day
LATE_OVER_MIDNIGHT = 21 * HOUR  # a step on of more than this is a late entry from before midnight


class Clock:
    """Reads the cells of one notation in one zone.

    `skipped` and `doubled` count the local times that needed a rule, `timeless` the dates that were taken as 00:00.
    """

    def __init__(self, notation: Notation, zone: ZoneInfo) -> None:
        self.notation = notation
        self.zone = zone
        self.skipped = self.doubled = self.timeless = 0
        self._hours: dict[tuple[int, int, int, int, bool], tuple[int, int]] = {}
        self._others: dict[str, Clock] = {}
        self._day = notation.day
        self._of_day = 0

    def read(self, value: str) -> int:
        """Return a cell as milliseconds UTC; raises ValueError, whose text says why it is no time."""
        if self.notation.kind == "elapsed":
            return _within(self.notation.start + span(value, self.notation.unit))
        return self._running(value) if self.notation.kind else _within(self._read(value))

    def read_end(self, value: str, begun: int) -> int:
        """Return when what began at `begun` came to its end: a moment, or a time of day on that day or the next.

        Unlike `read`, it leaves the running day alone. Raises ValueError as `read` does.
        """
        if self.notation.kind == "elapsed" and is_span(value, self.notation.unit):
            return self.read(value)
        clock = None if self.notation.format else clock_parts(value)
        if clock is None:
            return _within(self._read(value))
        day = datetime.fromtimestamp(begun / 1000, UTC).astimezone(self.zone).date()
        millis = self._on(value, day, clock)
        return millis if millis >= begun // 60_000 * 60_000 else self._on(value, day + timedelta(days=1), clock)

    def _running(self, value: str) -> int:
        """Read a time of day of a day that runs on past midnight; a cell that has its date sets the day."""
        clock = clock_parts(value)
        if clock is None:
            plain = in_year(value, self._day.year, self._day.month) if self._day else ""
            millis = _within(self._read(plain or value))
            local = datetime.fromtimestamp(millis / 1000, UTC).astimezone(self.zone)
            self._day = local.date()
            self._of_day = ((local.hour * 60 + local.minute) * 60 + local.second) * 1000
            return millis
        if self._day is None:
            raise ValueError(
                _("“{value}” has no date: give the first day in a mapping ([time] date = …)").format(value=value[:40])
            )
        hour, minute, second, part = clock
        if minute > 59 or second > 60 or hour > 24:
            raise ValueError(_no_time(value))
        of_day = ((hour * 60 + minute) * 60 + second) * 1000 + part
        step = of_day - self._of_day
        if step < -LATE:
            self._day += timedelta(days=1)
        elif step > LATE_OVER_MIDNIGHT and self._day != self.notation.day and self._of_day < DAY - LATE_OVER_MIDNIGHT:
            return self._on(value, self._day - timedelta(days=1), clock)
        self._of_day = of_day
        return self._on(value, self._day, clock)

    def _on(self, value: str, day: date, clock: tuple[int, int, int, int]) -> int:
        hour, minute, second, part = clock
        if zone := ZONE_BEHIND.search(value.upper()):
            millis = self._dated(f"{day} {hour}:{minute:02}:{second:02}.{part:03}{zone[0]}")
            return _within(millis or 0)
        return self._plain(value, [day.year, day.month, day.day, hour, minute, second], utc=False) + part

    def _read(self, value: str) -> int:
        if self.notation.format:
            self.timeless += not _SAYS_HOUR.search(self.notation.format)
            try:
                return self._of(datetime.strptime(value, self.notation.format))  # noqa: DTZ007 - the zone comes after
            except ValueError as error:
                why = _("“{value}” is not written as {format}").format(value=value[:40], format=self.notation.format)
                raise ValueError(why) from error
        millis = self._dated(value)
        if millis is not None:
            return millis
        if (found := _COMPACT.match(value)) and 1970 <= int(found[1]) <= 2100:
            parts = [int(found[n] or 0) for n in range(1, 7)]
            self.timeless += found[4] is None
            return self._plain(value, parts, utc=bool(found[7]))
        if found := _EPOCH.match(value):
            return int(found[1]) * 1000 + int(found[2] or (found[3] or "0")[:3].ljust(3, "0"))
        if found := _SERIAL.match(value):
            return self._serial(value, int(found[1]), found[2] or "0")
        plain = in_figures(value)
        millis = self._dated(plain) if plain else None
        if millis is None:
            raise ValueError(_no_time(value))
        return millis

    def _dated(self, value: str) -> int | None:
        """Read a time in the plain notation, None where it is not in it."""
        if found := YEAR_FIRST.match(value):
            return self._from(value, int(found[1]), int(found[3]), int(found[4]), found)
        if found := YEAR_LAST.match(value):
            first, second, last = int(found[1]), int(found[3]), int(found[4])
            if self.notation.order == "ymd" and len(found[4]) == 2:
                return self._from(value, century(first), second, last, found)
            day, month = (second, first) if self.notation.order == "mdy" else (first, second)
            return self._from(value, century(last) if len(found[4]) == 2 else last, month, day, found)
        return None

    def _serial(self, value: str, days: int, part: str) -> int:
        """Read a spreadsheet's number of a day, with the time of day behind the point, in local time."""
        day = _SERIAL_BEGINS + timedelta(days=days)
        self.timeless += not part.strip("0")
        millis = round(float(f"0.{part}") * DAY)
        seconds, millis = divmod(min(millis, DAY - 1), 1000)
        parts = [day.year, day.month, day.day, seconds // 3600, seconds // 60 % 60, seconds % 60]
        return self._plain(value, parts, utc=False) + millis

    def _from(self, value: str, year: int, month: int, day: int, found: re.Match[str]) -> int:
        hour, half = int(found[5] or 0), found[9]
        self.timeless += found[5] is None
        if half:
            hour = _of_half_day(value, hour, half)
        millis = int((found[8] or "0")[:3].ljust(3, "0"))
        parts = [year, month, day, hour, int(found[6] or 0), int(found[7] or 0)]
        if found[11]:
            minutes = (int(found[12]) * 60 + int(found[13] or 0)) * (-1 if found[11] == "-" else 1)
            if abs(minutes) > MAX_OFFSET:
                raise ValueError(_no_time(value))
            return self._plain(value, parts, utc=True) - minutes * 60_000 + millis
        if zone := found[10]:
            if "/" in zone:
                return self._other(zone)._plain(value, parts, utc=False) + millis  # noqa: SLF001 - one of its own kind
            ahead = offset_of(zone, self.zone, min(max(year, 1970), 2100)) if zone not in ("Z", "UTC", "GMT") else 0
            return self._plain(value, parts, utc=True) - ahead * 60_000 + millis
        return self._plain(value, parts, utc=False) + millis

    def _other(self, name: str) -> "Clock":
        """Return the clock of a zone that a cell names."""
        if name not in self._others:
            known = zone_named(name)
            if not known:
                raise ValueError(_("there is no time zone “{zone}”").format(zone=name[:40]))
            self._others[name] = Clock(self.notation, zone_of(known))
        return self._others[name]

    def _plain(self, value: str, parts: list[int], *, utc: bool) -> int:
        year, month, day, hour, minute, second = parts
        if minute > 59 or second > 60 or hour > 24 or (hour == 24 and minute + second > 0):
            raise ValueError(_no_time(value))
        try:
            base, rule = self._hours.get((year, month, day, hour, utc)) or self._hour(year, month, day, hour, utc)
        except (ValueError, OverflowError) as error:
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


def _within(millis: int) -> int:
    """Return a moment that a log can have; raises ValueError for any other."""
    if not EARLIEST <= millis <= LATEST:
        raise ValueError(_("lies before 1970 or after 2100"))
    return millis


def _of_half_day(value: str, hour: int, half: str) -> int:
    """Return the hour of the day of an hour with AM or PM."""
    if not 0 <= hour <= 12:
        raise ValueError(_no_time(value))
    return hour % 12 + (12 if half in "pP" else 0)


def _no_time(value: str, order: str = "") -> str:
    if order and YEAR_LAST.match(value):
        written = {"dmy": _("day, month, year"), "mdy": _("month, day, year"), "ymd": _("year, month, day")}[order]
        return _("“{value}” is no date, read as {order}").format(value=value[:40], order=written)
    return _("“{value}” is no time").format(value=value[:40])
