"""Reference systems: by what they are called, where they are used, and degrees (WGS 84) made of their metres.

pyproj does the sums, without network and without grids: right to about a metre.
"""

import math
import re
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from commandlog.language import _
from commandlog.model.errors import RuleError

if TYPE_CHECKING:
    from pyproj import Transformer

DEGREES = 4326
RD, LAMBERT_72, LAMBERT_2008, UTM_31, UTM_32, MERCATOR = 28992, 31370, 3812, 32631, 32632, 3857
_NAMES = {
    "wgs84": DEGREES,
    "wgs 84": DEGREES,
    "crs84": DEGREES,
    "gps": DEGREES,
    "degrees": DEGREES,
    "etrs89": DEGREES,
    "rd": RD,
    "rd new": RD,
    "rdnew": RD,
    "rijksdriehoek": RD,
    "rijksdriehoekscoordinaten": RD,
    "lambert 72": LAMBERT_72,
    "lambert72": LAMBERT_72,
    "lambert 2008": LAMBERT_2008,
    "lambert2008": LAMBERT_2008,
    "utm 31n": UTM_31,
    "utm31n": UTM_31,
    "utm 32n": UTM_32,
    "utm32n": UTM_32,
    "utm31": UTM_31,
    "utm32": UTM_32,
    "web mercator": MERCATOR,
    "webmercator": MERCATOR,
    "mercator": MERCATOR,
    "pseudo-mercator": MERCATOR,
}
_SAME_AS_DEGREES = (4326, 4258, 4979, 4937, 84, 83)
_CODE = re.compile(r"(?:^|[:/ ])(\d{2,6})$")
_MARGIN = 0.15  # degrees by which results may leave a system's own area
_MARGIN_UTM = 1.3  # a zone of UTM is used to the end of a country, beyond its own six degrees
Box = tuple[float, float, float, float]


def name_of(code: int) -> str:
    """Return a reference system in words."""
    known = {
        RD: _("Dutch grid (RD)"),
        LAMBERT_72: _("Belgian Lambert 72"),
        LAMBERT_2008: _("Belgian Lambert 2008"),
        UTM_31: "UTM 31N",
        UTM_32: "UTM 32N",
        MERCATOR: _("web Mercator"),
    }
    return known.get(code, f"EPSG:{code}")


def code_of(name: str) -> int:
    """Return the EPSG code of a system by its name or code; raises RuleError where it is not known."""
    wanted = " ".join(name.casefold().replace("_", " ").split())
    found = _CODE.search(wanted)
    code = _NAMES.get(wanted) or (int(found[1]) if found else DEGREES if "crs84" in wanted else 0)
    if code in _SAME_AS_DEGREES:
        return DEGREES
    if not code or _transformer(code) is None:
        raise RuleError(
            _("There is no reference system “{system}”: write “WGS84”, “RD” or a code like “EPSG:31370”.").format(
                system=name[:60]
            )
        )
    return code


@lru_cache(maxsize=32)
def _transformer(code: int) -> "Transformer | None":
    """Return what turns x and y of a system into longitude and latitude, None where there is no such system."""
    from pyproj import CRS, Transformer
    from pyproj.exceptions import ProjError
    from pyproj.network import set_network_enabled  # type: ignore[attr-defined]

    set_network_enabled(active=False)
    try:
        system = CRS.from_epsg(code)
        if not (system.is_projected or system.is_geographic):
            return None
        return Transformer.from_crs(system, DEGREES, always_xy=True)
    except ProjError:
        return None


@lru_cache(maxsize=32)
def _area(code: int) -> Box:
    """Return where a system is used, a little widened: south, west, north, east."""
    from pyproj import CRS

    system = CRS.from_epsg(code)
    used = system.area_of_use
    if used is None:
        return -90.0, -180.0, 90.0, 180.0
    east = used.east if used.east >= used.west else 180.0  # over the date line
    west = used.west if used.east >= used.west else -180.0
    beside = _MARGIN_UTM if "UTM zone" in system.name else _MARGIN
    return used.south - _MARGIN, west - beside, used.north + _MARGIN, east + beside


def converted(code: int, x: float, y: float) -> tuple[float, float] | None:
    """Return latitude and longitude of a point, None where it lies outside the area that its system is made for."""
    transformer = _transformer(code)
    if transformer is None:
        return None
    longitude, latitude = transformer.transform(x, y)
    return (latitude, longitude) if inside(_area(code), (latitude, longitude)) else None


def inside(box: Box, point: tuple[float, float] | None) -> bool:
    """Whether a point (latitude, longitude) lies in a box."""
    return point is not None and box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def is_degrees(latitude: float, longitude: float) -> bool:
    """Whether two figures are a place on earth in degrees; 0, 0 is where programs put what they do not know."""
    return abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude != 0 or longitude != 0)


@lru_cache(maxsize=64)
def city_of(zone: str) -> tuple[float, float] | None:
    """Return latitude and longitude of the city that a time zone is named after (tzdata's zone.tab)."""
    try:
        lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines()
    except (OSError, ModuleNotFoundError):
        return None
    for line in lines:
        cells = line.split("\t")
        if len(cells) > 2 and cells[2] == zone and (found := re.match(r"([+-]\d+)([+-]\d+)$", cells[1])):
            return _of_tab(found[1], 2), _of_tab(found[2], 3)
    return None


def _of_tab(written: str, width: int) -> float:
    degrees, minutes = int(written[1 : 1 + width]), int(written[1 + width : 3 + width])
    return (degrees + minutes / 60) * (-1 if written[0] == "-" else 1)


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the kilometres between two points (latitude, longitude) on a sphere."""
    a, b, c, d = map(math.radians, (*one, *other))
    part = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 12_742 * math.asin(math.sqrt(min(1.0, part)))
