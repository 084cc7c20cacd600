"""GeoJSON (RFC 7946): what happened where, for maps. Degrees of WGS 84, longitude first, seven decimals (a centimetre).

Every entry with a pin is a point with the fields of JSON lines; the places of the covenant that have an area or a pin
follow, with how much happened there. The first member, "about", says which log this is.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, BinaryIO

import msgspec

from commandlog.export.contents import Contents, Progress
from commandlog.export.flat import flat
from commandlog.export.jsonl_form import about
from commandlog.log.derived.entries import priority_name
from commandlog.model.covenant import Place, spoken
from commandlog.views.filters import conditions
from commandlog.views.lines import Line

_DECIMALS = 7
_ITSELF = ("latitude", "longitude")  # fields that the point itself says
_Position = tuple[float, float]


def write(contents: Contents, out: BinaryIO, progress: Progress | None = None) -> None:
    """Write the collection to a binary file, a feature on each line; entries are under "timeline", places "places"."""
    encoder = msgspec.json.Encoder()
    told = about(contents)
    out.write(b'{"type":"FeatureCollection","about":' + encoder.encode(told) + b',"features":[')
    separator = b"\n"
    for feature in _features(contents, progress):
        out.write(separator + encoder.encode(feature))
        separator = b",\n"
    out.write(b"\n]}\n")


def _features(contents: Contents, progress: Progress | None) -> Iterator[dict[str, Any]]:
    if contents.includes("timeline"):
        for line in contents.lines(progress):
            if line.words and line.words.pin and (point := _point(line.words.pin)):
                yield _entry(contents, line, point)
    if contents.includes("places"):
        totals = _totals(contents)
        for place in contents.covenant.places:
            if geometry := _geometry(place):
                yield _place(place, geometry, totals.get(place.code, {}))


def _entry(contents: Contents, line: Line, point: dict[str, Any]) -> dict[str, Any]:
    fields = msgspec.to_builtins(flat(contents, line))
    name = contents.covenant
    names = {
        "party_name": name.party_name(line.party),
        "place_name": name.place_name(line.place),
        "category_name": name.category_name(line.category),
    }
    properties = {key: value for key, value in fields.items() if key not in _ITSELF}
    properties |= {key: value for key, value in names.items() if value}
    return {"type": "Feature", "id": fields["id"], "geometry": point, "properties": properties}


def _place(place: Place, geometry: dict[str, Any], totals: dict[str, int]) -> dict[str, Any]:
    properties: dict[str, Any] = {"place": place.code, "name": spoken(place.name), "space": place.space}
    if place.within:
        properties["within"] = place.within
    if place.capacity:
        properties["capacity"] = place.capacity
    properties |= {name: totals.get(name, 0) for name in ("entries", "reports", "tasks", "urgent")}
    return {"type": "Feature", "id": f"place:{place.code}", "geometry": geometry, "properties": properties}


def _totals(contents: Contents) -> dict[str, dict[str, int]]:
    """Return by place how many entries, reports, tasks and urgent ones the reader can see there."""
    where, values = conditions(contents.wanted, contents.moment, stubs=False)
    query = f"SELECT e.place, e.kind, e.priority, count(*) FROM entries e WHERE {where} GROUP BY 1, 2, 3"
    found: dict[str, dict[str, int]] = {}
    for place, kind, priority, n in contents.log.db.execute(query, values).fetchall():
        tally = found.setdefault(place, {})
        for name, holds in (
            ("entries", True),
            ("reports", kind == "report"),
            ("tasks", kind == "proposed"),
            ("urgent", priority_name(priority) in ("urgent", "emergency")),
        ):
            tally[name] = tally.get(name, 0) + n * holds
    return found


# -- geometry ------------------------------------------------------------------------------------------------------


def _geometry(place: Place) -> dict[str, Any] | None:
    """Return where a place is: its area, else its pin, else None."""
    polygons = [[ring] for one in place.area if (ring := _ring(list(one)))]
    if len(polygons) > 1:
        return {"type": "MultiPolygon", "coordinates": polygons}
    if polygons:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return _point(place.pin) if place.pin else None


def _point(pin: tuple[float, float]) -> dict[str, Any] | None:
    """Return latitude and longitude as a point, None where they are no place on earth."""
    latitude, longitude = pin
    position = (longitude, latitude)
    return {"type": "Point", "coordinates": _rounded(position)} if _on_earth(position) else None


def _ring(corners: list[_Position]) -> list[_Position] | None:
    """Return an outer ring as the standard asks: closed, and counterclockwise; None where it encloses nothing."""
    if not all(map(_on_earth, corners)):
        return None
    rounded = [_rounded(one) for one in corners]
    ring = [one for at, one in enumerate(rounded) if at == 0 or one != rounded[at - 1]]
    if ring and ring[0] != ring[-1]:
        ring.append(ring[0])
    if len(ring) < 4:
        return None
    twice = sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairwise(ring))
    if not twice:
        return None
    return ring if twice > 0 else ring[::-1]


def _on_earth(position: _Position) -> bool:
    longitude, latitude = position
    return math.isfinite(longitude) and math.isfinite(latitude) and abs(longitude) <= 180 and abs(latitude) <= 90


def _rounded(position: _Position) -> _Position:
    longitude, latitude = position
    return round(longitude, _DECIMALS), round(latitude, _DECIMALS)
