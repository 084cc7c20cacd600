"""Turns times that are written freely into one plain notation: "mar. 3 mars 2020 à 20 h 14" is "2020-3-3 20:14".

A month in words makes year, month, day of it; figures keep their order, since only the whole column tells day from
month. What stands beside the date must be a time of day, the name of a day, or a word that goes with them; anything
else means that the cell is no time.
"""

import re
from functools import lru_cache

from commandlog.intake.time_words import MILITARY, days, folded, months, zone_named

MAX_WRITTEN = 80  # characters; no time is longer
_WORD = r"([^\W\d_]{2,14})"
_GAP = r"[ \-/.,]{0,3}"
_YEAR = r"(\d{4}(?!\d)|'?\d{2}(?![\d:.hu]))"
_ORDINAL = r"(?:st|nd|rd|th|er|e|o|a|\.)?"
_DATES = [
    ("ymd", re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")),
    ("ymd", re.compile(r"('\d{2})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")),
    ("?", re.compile(r"(?<!\d)(\d{1,2})([-/.]) ?(\d{1,2})\2 ?('?\d{4}|'\d{2})(?!\d)")),
    ("?", re.compile(r"(?<![\d:.])(\d{1,2})([-/.]) ?(\d{1,2})\2 ?(\d{2})(?![\d:])")),
    ("8", re.compile(r"(?<!\d)((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)(?!\d)")),
]
_WORDED = [
    ("dMy", re.compile(rf"(?<!\d)(\d{{1,2}}){_ORDINAL}{_GAP}(?:of |de |d')?{_WORD}{_GAP}(?:de |del |of )?{_YEAR}")),
    ("Mdy", re.compile(rf"(?<![^\W\d_]){_WORD}{_GAP}(\d{{1,2}}){_ORDINAL}[, ] ?{_YEAR}")),
    ("yMd", re.compile(rf"(?<!\d)(\d{{4}}){_GAP}{_WORD}{_GAP}(\d{{1,2}})(?!\d)")),
    (
        "Mdcy",
        re.compile(
            rf"(?<![^\W\d_]){_WORD}{_GAP}(\d{{1,2}}),? +([\d:.]{{4,15}}(?: ?[ap]m)?(?: [a-z+\d-]+)?) +(\d{{4}})$"
        ),
    ),
]
_GROUP = re.compile(r"(\d{2})(\d{2})(\d{2})? ?([a-z]) ?([a-z]{3}) ?(\d{4}|\d{2})$")  # NATO: 012014ZJAN20
_HALF = re.compile(r"(?<=[\d ])(?:([ap])\.? ?m\b\.?|(дп|пп)\b)")
_BESIDE = re.compile(r"(?<![^\W_])[^\W\d_]+(?:-feira|'[^\W\d_]+)?(?![^\W_])\.?")
_CJK = str.maketrans({"年": "-", "月": "-", "日": " ", "時": ":", "时": ":", "分": " "})
_BEFORE = re.compile(r"(?<![^\W_])t(?=\d)")
_CONNECTING = frozenset(
    (
        *(
            "at",
            "on",
            "om",
            "op",
            "um",
            "am",
            "den",
            "a",
            "las",
            "la",
            "le",
            "alle",
            "ore",
            "as",
            "o",
            "godz",
            "godzina",
        ),
        *("в", "о", "об", "г", "р", "r", "de", "del", "the", "klo", "kl", "het", "der", "t", "date", "time"),
    )
)
_ZONE = (
    r"(?: ?(?:\(?(?:utc|gmt)? ?([+-])(\d{1,2})(?::?(\d{2}))?\)?|\[?([a-z]{1,5}|[a-z]+/[a-z_/+\d-]+)\]?)"
    r"(?: ?[(\[][^()\[\]]{0,50}[)\]])?)?"
)
_CLOCK = re.compile(
    r"(\d{1,2})(?: ?(:|\.|h|uhr|uur|u|ч|год)\.? ?(\d{2}))?(?: ?(?:[:.]|min|m|мин|хв) ?(\d{2})(?:[.,](\d{1,9}))?)?"
    r"(?: ?(?:s|sec|min|m|мин|хв)\b)?\.?(?: ?(uur|uhr|u|hours|hrs?|h|ч|год)(?![^\W_]))?\.?(?: ?(am|pm)(?![^\W_]))?"
    + _ZONE
    + "$"
)
_SOLID = re.compile(r"(\d{1,2})(\d{2})(\d{2})?(?: ?(?:uur|uhr|u|hours|hrs?|h)(?![^\W_])\.?)?" + _ZONE + "$")


def century(year: int) -> int:
    """Return the year that two digits mean, as POSIX has it: 69-99 are 19.., 00-68 are 20.."""
    return year + (1900 if year > 68 else 2000)


@lru_cache(maxsize=16_384)
def in_figures(value: str) -> str:
    """Return a time in the plain notation ("2020-3-3 20:14:05.5 PM +01:00"), empty where it is none."""
    if not 5 < len(value) <= MAX_WRITTEN or sum(map(str.isdigit, value)) < 3:
        return ""
    text = " ".join(folded(value).translate(_CJK).split())
    if len(text) > MAX_WRITTEN:
        return ""
    if found := _GROUP.match(text):
        return _of_group(found)
    date, rest = _date(text)
    if not date:
        return ""
    clock = clock_in_figures(rest) if rest.strip(" .,;:") else ""
    return "" if clock is None else f"{date} {clock}".rstrip()


_YEARLESS = [
    ("Md", re.compile(rf"{_WORD} {{1,2}}(\d{{1,2}})(?=[ ,])")),
    ("dM", re.compile(rf"(\d{{1,2}})[ .-]{{1,2}}{_WORD}(?=[ ,.])")),
]


@lru_cache(maxsize=4_096)
def _yearless(value: str) -> tuple[int, int, str] | None:
    """Return month, day and time of day of a time without its year ("Jan  1 00:12:03")."""
    text = " ".join(folded(value).split()) if 8 < len(value) <= MAX_WRITTEN else ""
    for order, pattern in _YEARLESS:
        if (found := pattern.match(text)) and (month := months().get(found[1 + order.index("M")])):
            clock = clock_in_figures(text[found.end() :])
            return (month, int(found[1 + order.index("d")]), clock) if clock else None
    return None


def is_yearless(value: str) -> bool:
    """Whether a cell is a time with a day and a month in words, without the year."""
    return _yearless(value) is not None and not in_figures(value)


def in_year(value: str, year: int, month: int) -> str:
    """Return a time without a year in the plain notation, empty where it is none.

    `year` and `month` are those of the day before it: January behind December is of the next year, and the other way.
    """
    found = _yearless(value)
    if found is None:
        return ""
    nearest = year + (found[0] - month < -6) - (found[0] - month > 6)
    return f"{nearest}-{found[0]}-{found[1]} {found[2]}"


def _date(text: str) -> tuple[str, str]:
    """Return the date that stands in a text, and what stands around it."""
    for order, pattern in _DATES:
        if found := pattern.search(text):
            if order == "8":
                date = f"{found[1]}-{found[2]}-{found[3]}"
            else:
                parts = [_year(one) if "'" in one else one for one in (found[1], found[3], found[4])]
                date = found[2].join(parts)
            return date, f"{text[: found.start()]} {_BEFORE.sub(' ', text[found.end() :])}"
    for order, pattern in _WORDED:
        for found in pattern.finditer(text):
            given = dict(zip(order, found.groups(), strict=True))
            if month := months().get(given["M"]):
                date = f"{_year(given['y'])}-{month}-{given['d']}"
                return date, f"{text[: found.start()]} {given.get('c', '')} {text[found.end() :]}"
    return "", text


def _year(written: str) -> str:
    figures = written.strip("'")
    return figures if len(figures) == 4 else str(century(int(figures)))


def _of_group(found: re.Match[str]) -> str:
    """Return a date-time group: day, time, zone's letter, month, year."""
    day, hour, minute, letter = found[1], found[2], found[3] or "00", found[4].upper()
    month = months().get(found[5])
    if not found[3] or not month:
        return ""
    ahead = MILITARY.get(letter, 0)
    zone = "" if letter == "J" else f" {'-' if ahead < 0 else '+'}{abs(ahead):02}:00"
    return f"{_year(found[6])}-{month}-{day} {hour}:{minute}{zone}"


def clock_in_figures(rest: str) -> str | None:
    """Return a time of day in the plain notation ("20:14:05 +01:00"), empty where only words go with the date.

    `rest` is folded, what is left of a cell without its date. None means: this is no time.
    """
    text = _HALF.sub(lambda one: " am" if one[1] == "a" or one[2] == "дп" else " pm", rest)
    text = text.replace(",", " ") if "," in text and not re.search(r"\d,\d", text) else text
    figures = any(map(str.isdigit, text))
    text = " ".join(_BESIDE.sub(_without, text).split()).strip(" .,;:-")
    if not text:
        return None if figures else ""
    if found := _CLOCK.match(text):
        return _clock(found)
    if found := _SOLID.match(text):
        return f"{found[1]}:{found[2]}" + (f":{found[3]}" if found[3] else "") + _zone(found, 4)
    return None


def _without(found: re.Match[str]) -> str:
    word = found[0].rstrip(".")
    if word in ("am", "pm") and found.string[: found.start()].rstrip()[-1:].isdigit():
        return found[0]
    return " " if word in _CONNECTING or word in days() else found[0]


def _clock(found: re.Match[str]) -> str | None:
    hour, _separator, minute, second, part, mark, half = found.groups()[:7]
    if minute is None and (second or not (mark or half)):
        return None
    clock = f"{hour}:{minute or '00'}" + (f":{second}" if second else "") + (f".{part}" if part else "")
    return clock + (f" {half.upper()}" if half else "") + _zone(found, 8)


def _zone(found: re.Match[str], first: int) -> str:
    sign, hours, minutes, word = (found[first + n] for n in range(4))
    if sign:
        return f" {sign}{int(hours):02}:{minutes or '00'}"
    if not word:
        return ""
    return f" {zone_named(word) or word.upper()}" if "/" in word else f" {word.upper()}"
