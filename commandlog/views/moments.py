"""A moment at which a log is looked at: a position in its order, and the time on the clock."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from dateutil import parser, tz

from commandlog.language import _
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.model.frames import Millis

_DATE = r"(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})"
_HOUR = r"(\d{1,2}[:.u]\d{2}|\d{1,2}:\d{2}:\d{2}([.,]\d{1,6})?)"
_TIME = re.compile(rf"({_DATE}|({_DATE}[T ]\s*)?{_HOUR}\s*(Z|[+-]\d{{2}}:?\d{{2}})?)")
_CLOCK = re.compile(r"(?<![\d.:])(\d{1,2})[.u](\d{2})(?![\d.])")
_ISO = re.compile(r"\s*\d{4}-")


class Moment(NamedTuple):
    """What the log had at `position`, seen at `clock` (milliseconds UTC), which decides what is late."""

    position: int
    clock: Millis


def live(log: Log) -> Moment:
    """Return the moment that it is."""
    return Moment(log.refresh(), log.clock())


def earlier(log: Log, when: str) -> Moment:
    """Return the moment that `when` names: a position (142), a time (21:14, on the event's last day) or a full date.

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

    A time without a date is the last such time that the log has seen, one without an offset is the event's own.
    Raises RuleError for what is no time.
    """
    zone = zone_of(log)
    day = local(log.head.kept_at, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        found, before = (_parsed(text, day - timedelta(days=ago), zone, end=end) for ago in (0, 1))
    except (ValueError, OverflowError, TypeError) as error:
        raise RuleError(
            _("“{when}” is neither a position nor a time. Write 142, 21:14 or 2026-06-27T21:14+02:00.").format(
                when=text
            )
        ) from error
    begin = found - (found % 60_000 if end else 0)
    return found if begin <= log.head.kept_at else before


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


def millis(moment: datetime) -> Millis:
    """Return a moment (with a time zone) in milliseconds since 1970, UTC."""
    return round(moment.timestamp() * 1000)
