"""Times as people type them into a log: "21:05", "21u05", "half tien", "gisteren 23:50", "5 min geleden", "by 21:20".

All functions take text as `commandlog.model.mandates.plain` returns it and `now` in the zone of the event. What is no
time for certain is no time at all: "70 %", "1.5 m" and "12-AB-34" stay words.
"""

import re
from datetime import UTC, datetime

from dateutil import parser, tz
from dateutil.relativedelta import relativedelta
from msgspec import Struct

AHEAD = relativedelta(minutes=30)
"""How far a clock time may lie on the unexpected side of now: a watch is fast, a deadline is typed late."""

_NUMBERS = {
    "een": 1,
    "twee": 2,
    "drie": 3,
    "vier": 4,
    "vijf": 5,
    "zes": 6,
    "zeven": 7,
    "acht": 8,
    "negen": 9,
    "tien": 10,
    "elf": 11,
    "twaalf": 12,
    "vijftien": 15,
    "twintig": 20,
    "dertig": 30,
    "veertig": 40,
    "vijftig": 50,
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
}
_FIXED = {
    "half uur": 30,
    "halfuur": 30,
    "half an hour": 30,
    "half hour": 30,
    "quarter of an hour": 15,
    "kwartier": 15,
    "anderhalf uur": 90,
}
_NUMBER = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_DURATION = (
    rf"(?:(?:een |a |an )?(?P<fixed>{'|'.join(_FIXED)})"
    rf"|(?P<number>[0-9]{{1,3}}|(?:{_NUMBER})(?=\s))\s{{0,2}}"
    r"(?P<unit>sec(?:onden?|onds?)?|min(?:uten|uut|utes?|s)?|uur|uren|u|hours?|hrs?|h)\b\.?)"
)
_CLOCK = (
    r"(?P<hour>[0-9]{1,2})(?:(?P<mark>[:.uh]?)(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?)?"
    r"(?:\s{0,2}(?P<tail>uur|u|hrs|h|am|pm|a\.m\.|p\.m\.))?(?![\w%])(?![.,:/-][0-9])(?!\s?[-–]\s?[0-9]{1,2}[:.u])"
)
_DAY = (
    r"(?:(?P<day>eergisteren|gisteren|vandaag|morgen|yesterday|today|tomorrow)"
    r"|(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[-/][0-9]{1,2}(?:[-/][0-9]{4})?))[\st,]{1,3}"
)
_DAYS = {"eergisteren": -2, "gisteren": -1, "yesterday": -1, "vandaag": 0, "today": 0, "morgen": 1, "tomorrow": 1}

_ENTRY = re.compile(rf"(?:{_DAY})?(?P<at>(?:om|rond|omstreeks|at|around)\s{{1,3}})?{_CLOCK}")
_NOW = re.compile(r"(?:zojuist|zonet|just now|right now|now|net(?!\s+(?:als|niet|zo|even|te)\b))(?!\w)")
_AGO = re.compile(rf"(?<![\w.,:])(?:(?:ongeveer|circa|ca\.|about)\s{{1,3}})?{_DURATION}\s{{1,3}}(?:geleden|ago)(?!\w)")
_BY = re.compile(
    r"(?<![\w#!@>])(?:(?:uiterlijk|no later than|before|voor|by)\s{1,3}(?P<at>(?:om|at)\s{1,3})?"
    rf"(?:{_DAY}(?:(?:om|at)\s{{1,3}})?)?{_CLOCK}|(?:binnen|within|in)\s{{1,3}}{_DURATION})"
)
_HOURS = {word: hour for word, hour in _NUMBERS.items() if hour <= 12 and len(word) > 2} | {"eleven": 11}
_PARTS = {"vijf": 5, "tien": 10, "twintig": 20, "five": 5, "ten": 10, "twenty": 20, "kwart": 15, "quarter": 15}
_SPELLED = (
    r"(?:(?P<part>vijf|tien|kwart|twintig)\s{1,3}(?P<side>over|voor)\s{1,3}(?P<half>half\s{1,3})?|(?P<only>half\s{1,3})"
    r"|(?P<share>half|quarter|five|ten|twenty)\s{1,3}(?P<way>past|to)\s{1,3})"
    rf"(?P<spelled>{'|'.join(sorted(_HOURS, key=len, reverse=True))})(?:\s{{1,3}}uur)?(?![\w%])"
    r"(?!\s{1,3}(?:man|mensen|mannen|personen|people|persons|bezoekers|visitors|stuks)\b)"
)
_ENTRY_SPELLED = re.compile(rf"(?:(?:om|rond|omstreeks|at|around)\s{{1,3}})?{_SPELLED}")
_BY_SPELLED = re.compile(
    rf"(?<![\w#!@>])(?:uiterlijk|no later than|before|voor|by)\s{{1,3}}(?:(?:om|at)\s{{1,3}})?{_SPELLED}"
)
_NOT_A_TIME = re.compile(r"\s{0,2}(?:[cmk]?m|meter|euro?|kg|gr?|l|liter|graden|procent|percent|[%€°x×])(?!\w)")


class Moment(Struct, frozen=True):
    """A time found in a text: where it stands (`start` and `end` in characters) and when it is (ms UTC)."""

    start: int
    end: int
    at: int


def millis(moment: datetime) -> int:
    """Return a zoned time as milliseconds since 1970 in UTC; a time that the clock skipped is moved past the gap."""
    return round(tz.resolve_imaginary(moment).timestamp() * 1000)


def entry_time(plain: str, start: int, now: datetime) -> Moment | None:
    """Return the clock time that begins at `start`, or None.

    Without a day it is the latest such moment before now, or up to half an hour ahead; at 00:10 "23:55" is yesterday.
    With a day it is that moment, as long as it is not in the future.
    """
    said = _NOW.match(plain, start)
    if said:
        return Moment(start, said.end(), millis(now))
    found = _ENTRY_SPELLED.match(plain, start)
    meant = _spelled(found, now) if found else []
    if not found and (found := _ENTRY.match(plain, start)):
        meant = _candidates(found, now)
    if not found:
        return None
    latest = millis(_shifted(now, AHEAD))
    fits = [at for at in meant if 0 < at <= latest]
    return Moment(start, found.end(), max(fits)) if fits else None


def ago(plain: str, now: datetime) -> Moment | None:
    """Return the first "five minutes ago" of a text, wherever it stands, or None."""
    found = _AGO.search(plain)
    return Moment(*found.span(), millis(_shifted(now, -_duration(found)))) if found else None


def deadline(plain: str, start: int, now: datetime) -> Moment | None:
    """Return the deadline that begins at `start` ("by 21:20", "binnen 5 min"), or None.

    A clock time is the next such moment, or one that passed less than half an hour ago: typed late, and late already.
    """
    found = _BY_SPELLED.match(plain, start) or _BY.match(plain, start)
    return _until(found, now) if found else None


def last_deadline(plain: str, start: int, now: datetime) -> Moment | None:
    """Return the last deadline that stands after `start`, or None."""
    found = [*_BY.finditer(plain, start), *_BY_SPELLED.finditer(plain, start)]
    return _until(max(found, key=lambda one: (one.start(), one.end())), now) if found else None


def _until(found: re.Match[str], now: datetime) -> Moment | None:
    spelled = found.re is _BY_SPELLED
    if not spelled and (found["unit"] or found["fixed"]):
        return Moment(*found.span(), millis(_shifted(now, _duration(found))))
    earliest = millis(_shifted(now, -AHEAD))
    fits = [at for at in (_spelled(found, now) if spelled else _candidates(found, now)) if at >= earliest]
    return Moment(*found.span(), min(fits)) if fits else None


def _candidates(found: re.Match[str], now: datetime) -> list[int]:
    """Return the moments (ms UTC) that a clock time may mean: on the day it names, else yesterday to tomorrow."""
    clock = _clock(found)
    if clock is None:
        return []
    try:
        if found["date"]:
            year_first = found["date"][:4].isdigit()
            date = parser.parse(found["date"], dayfirst=not year_first, default=now)
            years = (0,) if len(found["date"]) > 7 else (-1, 0, 1)
            dates = [date + relativedelta(years=shift) for shift in years]
        else:
            shifts = [_DAYS[found["day"]]] if found["day"] else [-1, 0, 1]
            dates = [now + relativedelta(days=days) for days in shifts]
        moments = [date + clock for date in dates]
        return [millis(moment.replace(fold=fold)) for moment in moments for fold in (0, 1)]
    except (ValueError, OverflowError, OSError):  # the 31st of February, the year 0
        return []


def _spelled(found: re.Match[str], now: datetime) -> list[int]:
    """Return the moments (ms UTC) that "tien over half tien" or "half past nine" may mean: morning or evening."""
    hour = 60 * _HOURS[found["spelled"]]
    if found["share"]:
        past = 30 if found["share"] == "half" else _PARTS[found["share"]]
        minutes = hour + (past if found["way"] == "past" else -past)
    else:
        past = _PARTS[found["part"]] if found["part"] else 0
        minutes = hour - (30 if found["half"] or found["only"] else 0) + (past if found["side"] == "over" else -past)
    found_at = []
    for days in (-1, 0, 1):
        for half_day in (0, 720):
            hours, rest = divmod((minutes % 720) + half_day, 60)
            moment = now + relativedelta(days=days, hour=hours, minute=rest, second=0, microsecond=0)
            found_at += [millis(moment.replace(fold=fold)) for fold in (0, 1)]
    return found_at


def _clock(found: re.Match[str]) -> relativedelta | None:
    """Return the hour, minute and second that a match sets, or None where it is a number of something else."""
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    tail = (found["tail"] or "").replace(".", "")
    if tail in ("am", "pm"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if tail == "pm" else 0)
    elif not found["minute"]:
        if not (tail and (found["at"] or found.re is _BY)):
            return None
    elif found["mark"] in ("", ".") and not tail and (found["mark"] == "" or len(found["hour"]) < 2):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    if found["mark"] == "." and not tail and _NOT_A_TIME.match(found.string, found.end()):
        return None
    return relativedelta(hour=hour, minute=minute, second=second, microsecond=0)


def _duration(found: re.Match[str]) -> relativedelta:
    if found["fixed"]:
        return relativedelta(minutes=_FIXED[found["fixed"]])
    number = _NUMBERS.get(found["number"]) or int(found["number"])
    unit = found["unit"][0]
    return relativedelta(seconds=number if unit == "s" else number * (60 if unit == "m" else 3600))


def _shifted(now: datetime, by: relativedelta) -> datetime:
    """Return another moment, counted in real time: an hour ago stays an hour ago on the night the clocks change."""
    return (now.astimezone(UTC) + by).astimezone(now.tzinfo)
