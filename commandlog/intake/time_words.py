"""Names of months and days as ten languages write them, and names of time zones that mean one offset only.

Months and days come from the Unicode CLDR by Babel, whole and short, without accents and capitals, so that "août",
"aout" and "AOÛT" are one month. A few short forms that people write and CLDR does not have are added by hand.
"""

import unicodedata
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from commandlog.language import _
from commandlog.model.errors import RuleError

LANGUAGES = ("en", "nl", "fr", "de", "es", "it", "pt", "pl", "ru", "uk")
_MORE_MONTHS = {
    1: ("jaen", "янвр"),
    2: ("febr", "фев"),
    3: ("maa", "mrz", "maer"),
    5: ("травн",),
    6: ("jui",),
    7: ("juill", "jul"),
    8: ("aug", "серпн"),
    9: ("sept", "setiembre", "сен"),
    10: ("жов",),
    11: ("ноя", "листоп"),
}
_MORE_DAYS: tuple[str, ...] = (
    "thur",
    "thurs",
    "tues",
    "weds",
    "terca",
    "segunda",
    "quarta",
    "quinta",
    "sexta",
    "zat",
    "zon",
    "maa",
)
_MORE_DAYS += ("din", "woe", "don", "vri", "mon", "die", "mit", "fre", "sam", "son", "czwart", "sroda")

# Hours ahead of UTC. Names that two parts of the world share (BST, EST, IST, CST …) count only in a zone that has them.
_ZONES = {
    "Z": 0,
    "UTC": 0,
    "UT": 0,
    "GMT": 0,
    "WET": 0,
    "ZULU": 0,
    "TU": 0,
    "CET": 1,
    "MET": 1,
    "MEZ": 1,
    "WEST": 1,
    "WESZ": 1,
    "CEST": 2,
    "MEST": 2,
    "MESZ": 2,
    "EET": 2,
    "OEZ": 2,
    "EEST": 3,
    "OESZ": 3,
    "MSK": 3,
    "TRT": 3,
    "HAEC": 2,
    "AKST": -9,
    "AKDT": -8,
    "NZST": 12,
    "NZDT": 13,
    "JST": 9,
    "AEST": 10,
    "AEDT": 11,
    "AWST": 8,
    "SAST": 2,
    "CAT": 2,
    "EAT": 3,
    "WAT": 1,
}
_SHARED = frozenset(("BST", "IST", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AST", "ADT", "HST"))
MILITARY = {letter: hours for hours, letter in enumerate("ABCDEFGHIKLM", start=1)} | {
    letter: -hours for hours, letter in enumerate("NOPQRSTUVWXY", start=1)
}


def folded(text: str) -> str:
    """Return a text without capitals and accents, its spaces, dashes and apostrophes the plain ones."""
    if not text.isascii():
        text = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
        text = text.translate(_PLAIN)
    return text.casefold()


_PLAIN = {ord(one): "'" for one in "’‘ʼ′`´"} | {ord(one): "-" for one in "‐‑‒–—−"}


@lru_cache(maxsize=1)
def months() -> dict[str, int]:
    """Return every spelling of a month → its number."""
    from babel.dates import get_month_names

    found: dict[str, int] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    found.setdefault(folded(name).rstrip("."), number)
    for number, names in _MORE_MONTHS.items():
        found |= dict.fromkeys(map(folded, names), number)
    return found


@lru_cache(maxsize=1)
def days() -> frozenset[str]:
    """Return every spelling of a day of the week."""
    from babel.dates import get_day_names

    found = set(_MORE_DAYS)
    for language in LANGUAGES:
        for width in ("wide", "abbreviated", "short"):
            for context in ("format", "stand-alone"):
                found |= {folded(one).rstrip(".") for one in get_day_names(width, context, language).values()}
    return frozenset(found)


@lru_cache(maxsize=1)
def _zone_names() -> dict[str, str]:
    return {one.casefold(): one for one in available_timezones() if "/" in one}


@lru_cache(maxsize=256)
def offset_of(word: str, zone: ZoneInfo, year: int) -> int:
    """Return the minutes ahead of UTC of a zone's short name ("CEST"), as `zone` itself uses it or as all do.

    Raises ValueError for a name that means several zones or none.
    """
    name = word.upper()
    for month in (1, 7):
        there = datetime(year, month, 1, tzinfo=UTC).astimezone(zone)
        offset = there.utcoffset()
        if there.tzname() == name and offset is not None:
            return int(offset.total_seconds()) // 60
    if name in _ZONES:
        return _ZONES[name] * 60
    raise ValueError(
        _("“{zone}” is no time zone that is known for certain: write the offset (+01:00)").format(zone=word[:20])
    )


def is_zone(word: str) -> bool:
    """Whether a word is the name of a time zone, long or short; whether it means one only is another matter."""
    return word.upper() in _ZONES or word.upper() in _SHARED or zone_named(word) != ""


def zone_named(word: str) -> str:
    """Return the IANA name of a zone however its capitals are, empty where there is none."""
    return _zone_names().get(word.casefold(), "") if "/" in word else ""


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name; raises RuleError where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise RuleError(
            _("There is no time zone “{zone}”: they are named like Europe/Amsterdam.").format(zone=name)
        ) from error
