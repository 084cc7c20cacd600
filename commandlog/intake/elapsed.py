"""Spans of time as logs write them: "00:12:30", "-00:05", "T+01:02:03", "T-5 min", "+95 s", "1d 02:03", "PT12M30S".

A bare figure ("12.5") counts only where the name of its column names the unit.
"""

import re
from functools import lru_cache

from commandlog.intake.time_words import folded
from commandlog.language import _

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LONGEST = 36_525 * DAY

_SIGN = r"(?P<name>[th] ?(?=[+-]))?(?P<sign>[+-])? ?"
_COLONS = re.compile(
    _SIGN + r"(?:(\d{1,5})(?: ?(?:d|dag|dagen|days?|j|jours?|tage?|д)\.?,? ?|[ .]|:(?=\d{1,2}:\d{2}:\d{2}$)))?"
    r"(\d{1,5}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?$"
)
_SIGNED = re.compile(_SIGN + r"(?:pt|p(?=\d+d))?")
_UNIT = re.compile(r"(\d{1,9}(?:[.,]\d{1,9})?) ?([^\W\d_]{1,12})\.?")
_BETWEEN = frozenset(("", ",", "t", "and", "en", "et", "und", "y", "e", "i"))
_BARE = re.compile(_SIGN + r"(\d{1,12}(?:[.,]\d{1,9})?)$")
_WORDS = {
    1: ("ms", "msec", "milliseconds", "millis"),
    SECOND: (
        "s sec secs second seconds seconde seconden secondes sek sekunde sekunden segundo segundos secondi secondo"
        " segundos seg sekund sekundy с сек секунд секунды секунда"
    ),
    MINUTE: (
        "m min mins minute minutes minuut minuten minuto minutos minuti minut minuty мин минут минуты минута хв"
        " хвилин хвилини хвилина"
    ),
    HOUR: (
        "h hr hrs hour hours u uur uren std stunde stunden heure heures hora horas ora ore godz godzin godziny"
        " godzina ч час часа часов год годин години година"
    ),
    DAY: "d day days dag dagen tag tage jour jours dia dias giorno giorni dzien dni д дн день дня днеи днів доба",
}
_LENGTHS = {
    folded(word): length
    for length, words in _WORDS.items()
    for word in (words.split() if isinstance(words, str) else words)
}


def unit_of(name: str) -> int:
    """Return the milliseconds of the unit that a column's name has last ("duration (min)"), 0 where it has none."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    return next((_LENGTHS[one] for one in map(folded, reversed(words)) if one in _LENGTHS), 0)


def is_short_clock(name: str) -> bool:
    """Whether a column's name says that two figures are minutes and seconds ("mm:ss")."""
    return "m:ss" in folded(name)


def is_signed(value: str) -> bool:
    """Whether a cell can only be a span: it has a sign or T before it."""
    return value[:1] in ("+", "-", "−", "–", "T", "t", "H", "h") and _span(value, 0) is not None


@lru_cache(maxsize=16_384)
def _span(value: str, unit: int) -> int | None:
    if not value or len(value) > 60:
        return None
    text = " ".join(folded(value).split())
    if found := _COLONS.match(text):
        days, hours, minutes, seconds, part = found.groups()[2:]
        if int(minutes) > 59 or int(seconds or 0) > 59:
            return None
        whole = int(days or 0) * DAY + int(hours) * HOUR + int(minutes) * MINUTE + int(seconds or 0) * SECOND
        if unit == SECOND and seconds is None and not days:
            whole //= 60  # the column says mm:ss
        length = whole + int((part or "0")[:3].ljust(3, "0"))
    elif (units := _of_units(text)) is not None:
        return units
    elif unit and (found := _BARE.match(text)):
        length = round(float(found[3].replace(",", ".")) * unit)
    else:
        return None
    return (-length if found["sign"] == "-" else length) if length <= LONGEST else None


def _of_units(text: str) -> int | None:
    """Return what "1 h 30 min", "-5 min" or "pt12m30s" means, None for anything else."""
    sign = _SIGNED.match(text)
    rest = text[sign.end() :] if sign else text
    parts = _UNIT.findall(re.sub(r"(?<=[a-z])t(?=\d)", " ", rest))
    if not parts or not _BETWEEN.issuperset(_UNIT.sub(" ", rest).split()):
        return None
    if not all(word in _LENGTHS for _figure, word in parts):
        return None
    length = round(sum(float(figure.replace(",", ".")) * _LENGTHS[word] for figure, word in parts))
    return (-length if sign and sign["sign"] == "-" else length) if length <= LONGEST else None


def span(value: str, unit: int = 0) -> int:
    """Return a span in milliseconds; `unit` is what a bare figure counts.

    Two figures are hours and minutes, minutes and seconds where `unit` is a second. Raises ValueError for what is none.
    """
    length = _span(value, unit)
    if length is None:
        raise ValueError(_("“{value}” is no span of time").format(value=value[:40]))
    return length


def is_span(value: str, unit: int = 0) -> bool:
    """Whether a cell is a span of time."""
    return _span(value, unit) is not None
