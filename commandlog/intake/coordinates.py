"""Coordinates as people and programs write them: "52.07", "4,30", 52°04'12"N, "52.07, 4.30", POINT(4.30 52.07).

Here a cell becomes figures; `reference` says which system they are in and makes degrees of them.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from commandlog.intake.time_words import folded

MAX_WRITTEN = 200  # characters
_LETTERS = {"n": (1, "lat"), "nb": (1, "lat"), "s": (-1, "lat"), "z": (-1, "lat"), "zb": (-1, "lat"), "sb": (-1, "lat")}
_LETTERS |= {"e": (1, "lon"), "ol": (1, "lon"), "w": (-1, "lon"), "wl": (-1, "lon"), "с": (1, "lat"), "в": (1, "lon")}
_LETTERS |= {"north": (1, "lat"), "south": (-1, "lat"), "east": (1, "lon"), "west": (-1, "lon")}
_NUMBER = r"(\d{1,12}(?:[.,]\d{1,20})?)"
_WRITTEN = re.compile(
    r"([a-zсв]{1,5})? ?([+-])? ?" + _NUMBER + r" ?(?:°|deg|d)? ?"
    r"(?:(\d{1,2}(?:[.,]\d{1,12})?) ?(?:'|m)? ?)?(?:(\d{1,2}(?:[.,]\d{1,12})?) ?(?:\"|''|s)? ?)?\.?"
    r" ?([a-zсв]{1,5})?\.?$"
)
_POINT = re.compile(
    r"(?:srid=\d+; ?)?point ?(?:zm?|m)? ?\( ?([+-]?[\d.]+(?:e[+-]?\d+)?) +([+-]?[\d.]+(?:e[+-]?\d+)?)[ \d.e+-]*\)$"
)
_JSON = re.compile(r"\{.{0,60}\"coordinates\" ?: ?\[ ?(-?[\d.]+) ?, ?(-?[\d.]+)[ ,\d.-]*\].{0,40}\}$")
_SYMBOLS = str.maketrans({"º": "°", "˚": "°", "″": '"', "”": '"', "“": '"', "¨": '"', "′": "'", "’": "'", "\n": " "})
_AFTER_LETTER = re.compile(r"(.*\d[^\d]*?(?<![a-z])(?:n|s|e|w|nb|ol|zb|wl|с|в))[ ,;/]+(.*\d.*)$")
_HAS_PARTS = re.compile(r"\d[.,]\d{2}|°|point|\"coordinates\"", re.IGNORECASE)


class Pair(NamedTuple):
    """Two figures of one cell; `axis` is what the first one is: "lat", "lon" or empty where nothing says so."""

    first: float
    second: float
    axis: str


@lru_cache(maxsize=4_096)
def read_value(text: str) -> tuple[float, str] | None:
    """Return the figure of one coordinate and its axis ("lat", "lon", empty), None where it is none."""
    if not text or len(text) > MAX_WRITTEN:
        return None
    try:
        return float(text.replace(",", ".") if text[-1].isdigit() else "x"), ""
    except ValueError:
        found = _WRITTEN.match(_tidy(text))
    if found is None:
        return None
    before, sign, degrees, minutes, seconds, after = found.groups()
    if (before and after) or (sign and (before or after)):
        return None
    letter = before or after
    if letter and letter not in _LETTERS:
        return None
    if minutes and not letter and "°" not in _tidy(text):
        return None
    value = _figure(degrees) + _figure(minutes) / 60 + _figure(seconds) / 3600
    way, axis = _LETTERS[letter] if letter else (1, "")
    return value * (-way if sign == "-" else way), axis


def _figure(text: str | None) -> float:
    return float(text.replace(",", ".")) if text else 0.0


def _tidy(text: str) -> str:
    return " ".join(folded(text.translate(_SYMBOLS)).split())


@lru_cache(maxsize=4_096)
def read_pair(text: str) -> Pair | None:
    """Return the two figures of a cell that holds both coordinates, None where it does not."""
    if not 3 <= len(text) <= MAX_WRITTEN:
        return None
    tidy = _tidy(text)
    if found := _POINT.match(tidy) or _JSON.match(tidy):
        try:
            return Pair(float(found[1]), float(found[2]), "lon")
        except ValueError:
            return None
    tidy = tidy.removeprefix("geo:").strip("()[]{} ")
    for first, second in _halves(tidy):
        one, other = read_value(first), read_value(second)
        if one and other and (not one[1] or one[1] != other[1]):
            axis = one[1] or {"lat": "lon", "lon": "lat", "": ""}[other[1]]
            return Pair(one[0], other[0], axis)
    return None


def _halves(text: str) -> list[tuple[str, str]]:
    """Return the ways in which a cell may fall into two coordinates, the surest first."""
    ways = []
    if found := _AFTER_LETTER.match(text):
        ways.append((found[1], found[2]))
    for separator in (";", "|", "/", ", ", ",", " "):
        parts = [one.strip() for one in text.split(separator)]
        if len(parts) == 2 and all(parts):
            ways.append((parts[0], parts[1]))
        elif separator == "," and len(parts) == 4:
            ways.append((",".join(parts[:2]), ",".join(parts[2:])))
    return ways


def is_pair(text: str) -> bool:
    """Whether a cell holds two coordinates beyond doubt: with decimals, degrees or as a point."""
    return _HAS_PARTS.search(text[:MAX_WRITTEN]) is not None and read_pair(text) is not None


def is_coordinate(text: str) -> bool:
    """Whether a cell can be one coordinate."""
    return read_value(text) is not None
