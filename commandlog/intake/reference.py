"""In which reference system the coordinates of a file are, and pins made of them.

Degrees are taken as degrees; where a whole column lies better the other way round, it is turned: one row that is no
place on earth as it stands is a slip, and gets no pin. Metres are converted where
one system only puts them where the event is: at the covenant's places, else in the country of its zone. Metres that
fit no system, or two, give no pins.
"""

from collections import Counter
from typing import NamedTuple

from commandlog.intake.coordinates import Pair, read_value
from commandlog.intake.systems import (
    DEGREES,
    LAMBERT_72,
    LAMBERT_2008,
    MERCATOR,
    RD,
    UTM_31,
    UTM_32,
    Box,
    city_of,
    code_of,
    converted,
    distance,
    inside,
    is_degrees,
    name_of,
)
from commandlog.language import _
from commandlog.model.covenant import Covenant
from commandlog.model.errors import RuleError

_HERE = (RD, LAMBERT_72, LAMBERT_2008, UTM_31, UTM_32, MERCATOR)
_ELSEWHERE = (32629, 32630, 32633, 32634, 27700, 29903, 2154, 2056, 21781, 2180, 3763, 3035)  # where places are known
_WORLD = 1_500_000  # metres; only web Mercator has figures above this in both places
_LOW_COUNTRIES = ("Europe/Amsterdam", "Europe/Brussels")
_LOW = (49.4, 2.4, 53.8, 7.4)  # south, west, north, east: the Netherlands and Belgium
_AROUND = 0.6  # degrees around the covenant's places in which coordinates of its event are expected
_SAMPLE = 300
_METRES = 1_000  # a figure above this is no degree with a slip in it
_NOWHERE = 25_000_000  # metres; no system reaches so far
_FAR = 8.0  # degrees from the middle of all, from which a single row is asked whether it is turned round


class System(NamedTuple):
    """What the coordinates of a file are.

    `metres` is the EPSG code by which figures that are no degrees are converted, 0 where none is told. `degrees` is
    whether small figures are degrees: not where most are metres, or a system of metres is stated. `stated` means that
    degrees are stated and nothing is turned. `turned` says that the first figure is the longitude (or of metres the x).
    """

    metres: int = 0
    degrees: bool = True
    stated: bool = False
    turned: bool = False
    turned_metres: bool = False
    middle: tuple[float, float] | None = None

    @property
    def said(self) -> str:
        """In words what was taken, empty for plain degrees."""
        if self.metres:
            return _("{system}, converted to degrees").format(system=name_of(self.metres))
        return _("longitude before latitude, turned round") if self.turned else ""


def _expected(zone: str, covenant: Covenant | None) -> list[Box]:
    """Return where the event may be: around the covenant's places, and the countries of its zone where we know them."""
    places = covenant.places if covenant else ()
    points = [one.pin for one in places if one.pin]
    points += [(latitude, longitude) for one in places for ring in one.area for longitude, latitude in ring]
    boxes = [_LOW] if zone in _LOW_COUNTRIES else []
    if points:
        latitudes, longitudes = zip(*points, strict=True)
        south, north, west, east = min(latitudes), max(latitudes), min(longitudes), max(longitudes)
        boxes.insert(0, (south - _AROUND, west - _AROUND, north + _AROUND, east + _AROUND))
    return boxes


def decide(
    pairs: list[Pair],
    *,
    system: str,
    crs: str,
    zone: str,
    covenant: Covenant | None,
    x_first: bool = False,
    sure: bool = False,
) -> System:
    """Return what the coordinates of a sample are. `system` is what a mapping states, `crs` what the file says.

    The first of a pair is meant as latitude unless its axis says otherwise; `x_first` says that metres are rather
    written x before y, `sure` that the columns' names say which is which (northing, easting). Raises RuleError for a
    stated system that is not known; one that only the file names and nobody knows is left to the figures.
    """
    stated = code_of(system) if system else 0
    if crs and not stated:
        try:
            stated = code_of(crs)
        except RuleError:
            stated = 0
    few = [(b, a) if axis == "lon" else (a, b) for a, b, axis in pairs[:_SAMPLE]]
    degrees = [one for one in few if is_degrees(*one)]
    either = [one for one in few if is_degrees(*one) or is_degrees(one[1], one[0])]
    rest = [one for one in few if max(map(abs, one)) > _METRES]
    expected = _expected(zone, covenant)
    if stated and stated != DEGREES:
        fits = _fitting(few, (stated,), None, turned=x_first) or _fitting(few, (stated,), None, turned=not x_first)
        return System(stated, degrees=False, turned_metres=fits[0][1] if fits else x_first)
    turned = len(either) * 0.5 > len(degrees) or _lies_better_turned(degrees, expected, zone)
    points = [(b, a) if turned else (a, b) for a, b in (either if turned else degrees)]
    middle = _middle([one for one in points if is_degrees(*one)])
    if stated == DEGREES:
        return System(middle=middle, stated=True)
    code, turned_metres = _told(rest, expected, zone, x_first=x_first, sure=sure)
    mixed = len(rest) <= len(either)
    return System(code, degrees=mixed, turned=turned, turned_metres=turned_metres, middle=middle)


def _middle(points: list[tuple[float, float]]) -> tuple[float, float] | None:
    if not points:
        return None
    latitudes, longitudes = (sorted(one) for one in zip(*points, strict=True))
    return latitudes[len(points) // 2], longitudes[len(points) // 2]


def _lies_better_turned(points: list[tuple[float, float]], expected: list[Box], zone: str) -> bool:
    """Whether latitude and longitude lie where the event is only when they change places."""
    middle = _middle(points)
    if middle is None:
        return False
    other = middle[1], middle[0]
    if expected:
        return any(inside(box, other) for box in expected) and not any(inside(box, middle) for box in expected)
    city = city_of(zone)
    return city is not None and distance(city, other) < 1_500 and distance(city, middle) > 3_000


def _told(
    points: list[tuple[float, float]], expected: list[Box], zone: str, *, x_first: bool, sure: bool
) -> tuple[int, bool]:
    """Return the one system that puts metres where the event is, and whether x stands first; 0 where not just one."""
    if not points:
        return 0, False
    for box in expected:
        codes = _HERE if box == _LOW else (*_HERE, *_ELSEWHERE)
        found = _fitting(points, codes, box, turned=x_first)
        if not (found or sure):
            found = _fitting(points, codes, box, turned=not x_first)
        if found:
            return found[0] if len(found) == 1 else (0, False)
    city = city_of(zone)
    far = sum(abs(a) > _WORLD and abs(b) > _WORLD for a, b in points) > len(points) / 2
    if expected or city is None or not far:
        return 0, False
    box = city[0] - 8, city[1] - 10, city[0] + 8, city[1] + 10
    found = _fitting(points, (MERCATOR,), box, turned=x_first) or _fitting(points, (MERCATOR,), box, turned=not x_first)
    return found[0] if found else (0, False)


def _fitting(
    points: list[tuple[float, float]], codes: tuple[int, ...], expected: Box | None, *, turned: bool = False
) -> list[tuple[int, bool]]:
    """Return the systems that put at least half of the points into their area and where they are expected."""
    fits = []
    for code in codes:
        there = [converted(code, *((a, b) if turned else (b, a))) for a, b in points]
        good = sum(one is not None and (expected is None or inside(expected, one)) for one in there)
        if good and good >= len(points) / 2:
            fits.append((code, turned))
    return fits


class Pins:
    """Makes pins of the cells of one file. `counts` says how many were converted, turned, or are no place."""

    def __init__(self, system: System, counts: Counter[str]) -> None:
        self._system = system
        self._counts = counts
        self.converts = system.metres != 0

    def read(self, first: str, second: str) -> tuple[float, float] | None:
        """Return latitude and longitude of two cells, the first meant as latitude (or y); None where they are none."""
        try:
            return self._pin(float(first), float(second))
        except ValueError:
            one, other = read_value(first), read_value(second)
        if one is None or other is None or (one[1] and one[1] == other[1]):
            self._counts["pin"] += 1
            return None
        if one[1] == "lon" or other[1] == "lat":
            return self._degrees(other[0], one[0])
        return self._degrees(one[0], other[0]) if one[1] or other[1] else self._pin(one[0], other[0])

    def of_pair(self, pair: Pair) -> tuple[float, float] | None:
        """Return latitude and longitude of a cell that holds both."""
        first, second, axis = pair
        return self._pin(second, first, sure=True) if axis == "lon" else self._pin(first, second, sure=axis == "lat")

    def _pin(self, latitude: float, longitude: float, *, sure: bool = False) -> tuple[float, float] | None:
        system = self._system
        if not system.degrees:
            return self._converted(latitude, longitude)
        if system.turned and not sure:
            latitude, longitude = longitude, latitude
        if is_degrees(latitude, longitude):
            return self._degrees(latitude, longitude, sure=sure or system.stated)
        if system.turned and not sure:
            latitude, longitude = longitude, latitude
        if max(abs(latitude), abs(longitude)) > _METRES:
            return self._converted(latitude, longitude)
        self._counts["pin"] += 1
        return None

    def _degrees(self, latitude: float, longitude: float, *, sure: bool = True) -> tuple[float, float] | None:
        if not is_degrees(latitude, longitude):
            self._counts["pin"] += 1
            return None
        middle = self._system.middle
        if sure or middle is None or abs(latitude - middle[0]) < _FAR or abs(longitude - middle[1]) < _FAR:
            return latitude, longitude
        if abs(longitude - middle[0]) > 1 or abs(latitude - middle[1]) > 1:
            return latitude, longitude
        self._counts["pin turned"] += 1
        return longitude, latitude

    def _converted(self, y: float, x: float) -> tuple[float, float] | None:
        if self._system.turned_metres:
            x, y = y, x
        if not x or not y or not (abs(x) < _NOWHERE and abs(y) < _NOWHERE):
            self._counts["pin"] += 1
            return None
        if not self._system.metres:
            self._counts["pin metres"] += 1
            return None
        found = converted(self._system.metres, x, y)
        self._counts["pin outside" if found is None else "pin converted"] += 1
        return found
