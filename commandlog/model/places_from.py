"""Places from a GeoJSON file beside a scenario: polygons become outlines, points become pins, names become codes."""

import math
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from commandlog.language import _
from commandlog.model.areas import DECIMALS, simplified, size_of
from commandlog.model.covenant import Place

LARGEST = 32 << 20  # bytes
MOST_PLACES = 2_000
MOST_CORNERS = 2_000_000  # in one file
_LONGEST_NAME = 200
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_FLAT = {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "þ": "th", "ı": "i"}

Fault = tuple[str, str]  # the key ("file"), and what is wrong and what to do


class PlacesFrom(Struct, frozen=True, forbid_unknown_fields=True):
    """What to take from a GeoJSON file; `name` and `code` are properties of its features."""

    file: str
    name: str
    code: str = ""
    space: str = "private"
    lead: dict[str, str] = field(default_factory=dict)
    within: str = ""
    only: tuple[str, ...] = ()
    corners: int = 60


class _Wrong(Exception):
    """One fault that leaves nothing to read: the key and the problem."""


def places_from(asked: PlacesFrom, folder: Path, taken: set[str], faults: list[Fault]) -> list[Place]:
    """Return the places of a file in `folder`; what is wrong is added to `faults`, and codes to those `taken`.

    The file is data of others: no path out of the folder is followed, and nothing but a file of at most 32 MB is read.
    """
    try:
        features = _features(_content(asked.file, folder))
        return list(_made(asked, features, taken, faults))
    except _Wrong as wrong:
        faults.append((str(wrong.args[0]), str(wrong.args[1])))
        return []


def _content(name: str, folder: Path) -> bytes:
    try:
        whole, path = folder.resolve(), (folder / name).resolve()
        if "\\" in name or Path(name).is_absolute() or ".." in Path(name).parts or not path.is_relative_to(whole):
            raise _Wrong("file", _("The file must lie beside the scenario, or in a folder below it."))
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _Wrong("file", _("“{file}” is no file.").format(file=name))
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise _Wrong("file", _("There is no file “{file}” beside the scenario.").format(file=name)) from error
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
        problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _Wrong("file", _("“{file}” cannot be read: {problem}.").format(file=name, problem=problem)) from error
    if len(content) > LARGEST:
        raise _Wrong("file", _("“{file}” is larger than 32 MB.").format(file=name))
    return content.removeprefix(b"\xef\xbb\xbf")


def _features(content: bytes) -> list[Any]:
    try:
        data = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _Wrong("file", _("The file is no valid JSON: {problem}.").format(problem=error)) from error
    features = data.get("features") if isinstance(data, dict) and data.get("type") == "FeatureCollection" else None
    if not isinstance(features, list):
        raise _Wrong("file", _("The file is no GeoJSON FeatureCollection."))
    return features


def _made(asked: PlacesFrom, features: list[Any], taken: set[str], faults: list[Fault]) -> Iterator[Place]:
    wanted, found, corners, places = set(asked.only), set[str](), 0, 0
    for number, feature in enumerate(features, 1):
        name = _property(feature, asked.name)
        if wanted and name not in wanted:
            continue
        found.add(name)
        places += 1
        if places > MOST_PLACES:
            raise _Wrong("file", _("The file has more than {number} places.").format(number=MOST_PLACES))
        try:
            code = _code(asked, feature, name, taken)
            rings, pin = _shape(feature)
        except _Wrong as wrong:
            key, problem = wrong.args
            faults.append((key, _("Feature {number}: {problem}").format(number=number, problem=problem)))
            continue
        corners += sum(map(len, rings))
        if corners > MOST_CORNERS:
            raise _Wrong("file", _("The file has more than {number} corners.").format(number=MOST_CORNERS))
        taken.add(code)
        area = simplified(rings, asked.corners)
        yield Place(code, name, asked.space, asked.lead, asked.within, area=area, pin=pin)
    missing = [name for name in asked.only if name not in found]
    faults += [("only", _("The file has no place “{name}”.").format(name=name)) for name in missing]
    if not features:
        faults.append(("file", _("The file has no features.")))


def _property(feature: Any, key: str) -> str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    value = properties.get(key) if isinstance(properties, dict) else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(str(value).split())


def _code(asked: PlacesFrom, feature: Any, name: str, taken: set[str]) -> str:
    if not name:
        raise _Wrong("name", _("it has no text under “{name}”.").format(name=asked.name))
    if len(name) > _LONGEST_NAME:
        raise _Wrong("name", _("its name is longer than {number} characters.").format(number=_LONGEST_NAME))
    if not asked.code:
        return slug(name, taken)
    code = _property(feature, asked.code)
    if not _CODE.fullmatch(code):
        problem = _("“{code}” is no code: small letters, figures or hyphens, at most 40. Leave out `code` to make one.")
        raise _Wrong("code", problem.format(code=code[:40]))
    if code in taken:
        raise _Wrong("code", _("The code “{code}” is already taken. Choose another.").format(code=code))
    return code


def slug(name: str, taken: Iterable[str]) -> str:
    """Return a code for a name that is not taken: "Sint-Andries" is sint-andries, a second one sint-andries-2."""
    folded = "".join(_FLAT.get(one, one) for one in name.casefold())
    plain = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    base = _NOT_SLUG.sub("-", plain).strip("-")[:36].rstrip("-") or "place"
    code, number = base, 1
    while code in taken:
        number += 1
        code = f"{base[: 39 - len(str(number))]}-{number}"
    return code


def _shape(feature: Any) -> tuple[list[list[tuple[float, float]]], tuple[float, float] | None]:
    """Return the outer rings of a feature, and the pin where it is a point."""
    geometry = feature.get("geometry")
    kind, value = (geometry.get("type"), geometry.get("coordinates")) if isinstance(geometry, dict) else (None, None)
    if kind == "Point":
        longitude, latitude = _corner(value)
        return [], (round(latitude, DECIMALS), round(longitude, DECIMALS))
    polygons = [value] if kind == "Polygon" else value if kind == "MultiPolygon" else None
    if not isinstance(polygons, list) or not all(isinstance(one, list) and one for one in polygons):
        raise _Wrong("file", _("it is no Polygon, MultiPolygon or Point."))
    rings = [_ring(polygon[0]) for polygon in polygons]
    if not any(map(size_of, rings)):
        raise _Wrong("file", _("its outline encloses nothing."))
    return rings, None


def _ring(corners: Any) -> list[tuple[float, float]]:
    if not isinstance(corners, list) or len(corners) < 4:
        raise _Wrong("file", _("its outline has fewer than four corners."))
    return [_corner(corner) for corner in corners]


def _corner(corner: Any) -> tuple[float, float]:
    if not (isinstance(corner, list) and len(corner) >= 2 and all(_is_number(one) for one in corner[:2])):
        raise _Wrong("file", _("a corner is no longitude and latitude."))
    longitude, latitude = float(corner[0]), float(corner[1])
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        problem = _("{longitude}, {latitude} are no degrees. Save the file in WGS 84 (EPSG:4326).")
        raise _Wrong("file", problem.format(longitude=longitude, latitude=latitude))
    return longitude, latitude


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9 and math.isfinite(value)
