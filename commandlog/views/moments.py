"""A moment at which a log is looked at: a position in its order, and the time on the clock."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from dateutil import parser, tz

from commandlog.language import _
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.model.frames import Millis
from commandlog.model.records import SYSTEM_KINDS

_DATE = r"(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})"
_HOUR = r"(\d{1,2}[:.u]\d{2}|\d{1,2}:\d{2}:\d{2}([.,]\d{1,6})?)"
_OFFSET = r"(Z|[+-]\d{2}:?\d{2})?"
_TIME = re.compile(rf"({_DATE}|({_DATE}[T ]\s*)?{_HOUR}\s*{_OFFSET})")
_BARE = re.compile(rf"{_HOUR}\s*{_OFFSET}")
_SHORT = re.compile(
    r"(?P<day>\d{1,2})(?:[-/](?P<month>\d{1,2})|\s{1,3}(?P<name>[a-z]{3,9})\.?)\s{1,3}(?=\d{1,2}[:.u]\d{2})"
)
_CLOCK = re.compile(r"(?<![\d.:])(\d{1,2})[.u](\d{2})(?![\d.])")
_ISO = re.compile(r"\s*\d{4}-")
_MONTHS = ("jan", "feb", "mrt maa mar", "apr", "mei may", "jun", "jul", "aug", "sep", "okt oct", "nov", "dec")

_HOUR_LATER = 3_600_000
_NIGHT = timedelta(hours=30)
"""Until when an evening lasts, counted from the midnight before it: what is said at 00:30 still belongs to it."""
_DAYS = 400
"""How many days with entries are looked through, from the last one back."""


class Moment(NamedTuple):
    """What the log had at `position`, seen at `clock` (milliseconds UTC), which decides what is late.

    `shared` is how far the shared order was then, where a log has one: what waits behind it has the later positions.
    `opened` is how many records had been sealed in the file before and could be read by then.
    """

    position: int
    clock: Millis
    shared: int = 0
    opened: int = 0

    @property
    def place(self) -> tuple[int, int, int]:
        """Where all ends are: the same place twice means that nothing came in between."""
        return self.position, self.shared, self.opened


def live(log: Log) -> Moment:
    """Return the moment that it is."""
    position = log.refresh()
    return Moment(position, log.clock(), log.head.seq, log.opened if log.member else 0)


def earlier(log: Log, when: str) -> Moment:
    """Return the moment that `when` names: a position (142), a time (21:14, on the event's evening) or a date.

    A time without an offset is the event's own. Raises RuleError for anything else, and for what lies before the log.
    """
    log.refresh()
    text = when.strip()
    if text.isascii() and text.isdigit() and len(text) < 16:
        position = int(text)
        if not 1 <= position <= log.head.seq:
            raise RuleError(_("The log has positions 1 to {last}, not {seq}.").format(last=log.head.seq, seq=position))
        return Moment(position, log.kept_at(position))
    clock = clock_of(log, text)
    position = log.position_at(clock)
    if position == 0:
        first = local(log.kept_at(1), zone_of(log)).isoformat(" ", "seconds")
        raise RuleError(_("The log begins at {first}: name a later time.").format(first=first))
    return Moment(position, clock)


def clock_of(log: Log, text: str, *, end: bool = True) -> Millis:
    """Return the time that a text names, in milliseconds UTC: the end of the minute or day it names, or its begin.

    A time without a date is that of the last evening in which people wrote something then or later (see `_evening`);
    a date without a year is the last such date, and a time without an offset is the event's own. Raises RuleError for
    what is no time.
    """
    zone = zone_of(log)
    last = _last(log, log.clock()) or log.head.kept_at
    try:
        if not _BARE.fullmatch(text.strip()):
            return _dated(text, last, zone, end=end)
        return _evening(log, last, lambda day: _parsed(text, day, zone, end=end))
    except (ValueError, OverflowError, TypeError, OSError) as error:
        raise RuleError(
            _("“{when}” is neither a position nor a time. Write 142, 21:14 or 2026-06-27T21:14+02:00.").format(
                when=text
            )
        ) from error


def span_of(log: Log, since: str, until: str) -> tuple[Millis, Millis]:
    """Return the begin and end that two texts name, 0 for an empty one; see `clock_of` for the begin.

    An end without a date is the first such time after the begin: a range from 22:00 to 00:30 ends past midnight.
    """
    begin = clock_of(log, since, end=False) if since else 0
    finish = clock_of(log, until, end=False) if until else 0
    if begin and _BARE.fullmatch(until.strip()):
        zone = zone_of(log)
        day = _midnight(begin, zone)
        ends = (_parsed(until, day + timedelta(days=days), zone, end=False) for days in (-1, 0, 1, 2))
        finish = next(one for one in ends if one > begin)
    elif finish and _BARE.fullmatch(since.strip()):
        zone = zone_of(log)
        day = _midnight(finish, zone)
        begins = (_parsed(since, day + timedelta(days=days), zone, end=False) for days in (1, 0, -1, -2))
        begin = next(one for one in begins if one < finish)
    return begin, finish


def _evening(log: Log, last: Millis, on: Callable[[datetime], Millis]) -> Millis:
    """Return the moment that a clock time names; `on` makes one of a day, `last` is when people last wrote.

    In a log that people wrote in today it is today, as soon as that time has been. Else, of the days on which people
    wrote, it is the last one that has something from an hour before that time on, what was said in the night after it
    included. Where no day has, it is the last day on which that time is not over an hour after the log's end; and the
    last day of all where none is.
    """
    zone, now = zone_of(log), log.clock()
    today = on(_midnight(last, zone))
    if _midnight(now, zone) == _midnight(last, zone) and today <= now:
        return today  # a log in use: what has been today is meant, however quiet it is
    latest = last + _HOUR_LATER
    after = on(_midnight(latest, zone))
    if _midnight(latest, zone) > _midnight(last, zone) and after <= min(latest, now):
        return after
    day, found = _midnight(last, zone), 0
    for _number in range(_DAYS):
        moment = on(day)
        night = millis(day + _NIGHT)
        if (_last(log, min(night, last)) or 0) >= moment - _HOUR_LATER:
            return moment
        if not found and moment <= latest:
            found = moment
        earlier_one = _last(log, millis(day) - 1)
        if earlier_one is None:
            break
        day = _midnight(earlier_one, zone)
    return found or on(_midnight(last, zone))


def _last(log: Log, until: Millis) -> Millis | None:
    """Return when the last thing that people wrote happened, at or before a moment; None where there is nothing."""
    system = ", ".join(repr(kind) for kind in SYSTEM_KINDS)
    query = (
        f"SELECT occurred FROM entries WHERE occurred <= ? AND kind NOT IN ({system}) ORDER BY occurred DESC LIMIT 1"
    )
    row = log.db.execute(query, (until,)).fetchone()
    return row[0] if row else None


def _midnight(moment: Millis, zone: tzinfo) -> datetime:
    return local(moment, zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _dated(text: str, last: Millis, zone: tzinfo, *, end: bool) -> Millis:
    """Return the time that a text with a date names; without a year it is the last such date up to the log's end."""
    short = _SHORT.match(text.strip().casefold())
    if not short:
        return _parsed(text, _midnight(last, zone), zone, end=end)
    name = (short["name"] or "")[:3]
    month = next((n for n, names in enumerate(_MONTHS, start=1) if name and name in names.split()), 0)
    clock, day = text.strip()[short.end() :], _midnight(last + 86_400_000, zone)
    found = [
        _parsed(f"{year:04}-{short['month'] or month}-{short['day']} {clock}", day, zone, end=end)
        for year in (day.year, day.year - 1)
    ]
    return found[0] if found[0] <= last + 86_400_000 else found[1]


def _parsed(text: str, day: datetime, zone: tzinfo, *, end: bool) -> Millis:
    """Return the time that a text names, on `day` where it does not say which."""
    if not _TIME.fullmatch(text.strip()):
        raise ValueError(text)
    moment = parser.parse(
        _CLOCK.sub(r"\1:\2", text),
        dayfirst=not _ISO.match(text),
        default=day + timedelta(days=1, milliseconds=-1) if end else day,
    )
    found = millis(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    return found + 999 if end and not moment.microsecond else found


def zone_of(log: Log) -> tzinfo:
    """Return the time zone of the event; UTC where its name is not known here."""
    return tz.gettz(log.covenant().timezone) or UTC


def local(moment: Millis, zone: tzinfo) -> datetime:
    """Return a moment in a time zone."""
    return datetime.fromtimestamp(moment / 1000, zone)


def since_when(moment: Millis, now: Millis, zone: tzinfo, form: str = "%H:%M") -> str:
    """Return the time of day of a moment, after its day where that is not today; "" for none (0)."""
    if not moment:
        return ""
    then = local(moment, zone)
    return then.strftime(form if then.date() == local(now, zone).date() else f"%Y-%m-%d {form}")


def millis(moment: datetime) -> Millis:
    """Return a moment (with a time zone) in milliseconds since 1970, UTC."""
    return round(moment.timestamp() * 1000)
