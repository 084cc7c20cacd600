"""Drawings of plans: an SVG whose shapes carry the codes of places. It is read here without anything of Qt.

`id="place-CODE"` is the outline of a place (a polygon or a rect without a transform), `id="route-NAME"` a polyline
whose `data-km` says at which of its corners which kilometre is ("0@0 10@18"), and an element with `data-route`,
`data-from` and `data-to` a stretch of a route. `data-west`, `data-east`, `data-south` and `data-north` of the root say
which part of the earth it shows. The ground is what is left; its classes are given the colours of the look.
"""

from collections.abc import Mapping
from importlib.resources import files
from itertools import pairwise
from math import cos, hypot, radians
from typing import NamedTuple
from xml.etree.ElementTree import Element, tostring

from defusedxml.ElementTree import fromstring

from commandlog.model.covenant import Covenant

Corner = tuple[float, float]
Outline = tuple[Corner, ...]
_SVG = "{http://www.w3.org/2000/svg}"
_PLACE, _ROUTE = "place-", "route-"
_WIDTH = 1200.0  # of a map that is made of degrees alone


class Earth(NamedTuple):
    """Which part of the earth a plan of some size shows, in degrees (WGS 84), taken as a plane."""

    west: float
    south: float
    east: float
    north: float
    width: float
    height: float

    def at(self, longitude: float, latitude: float) -> Corner:
        """Return where a point of the earth is on the plan."""
        x = (longitude - self.west) / (self.east - self.west) * self.width
        return x, (self.north - latitude) / (self.north - self.south) * self.height


class Route(NamedTuple):
    """A way with kilometres: corners on the plan, and at which of them (by number) which kilometre is."""

    corners: Outline
    marks: tuple[tuple[float, int], ...]

    @property
    def last(self) -> float:
        """The kilometre at which it ends."""
        return self.marks[-1][0]

    def at(self, km: float) -> Corner:
        """Return where a kilometre is; one beyond an end is at that end."""
        return self.between(km, km)[0]

    def between(self, start: float, end: float) -> Outline:
        """Return the way from one kilometre to another."""
        lengths = self._kilometres()
        first, last = lengths[0], lengths[-1]
        start, end = min(max(start, first), last), min(max(end, first), last)
        inside = [corner for km, corner in zip(lengths, self.corners, strict=True) if start < km < end]
        return (self._along(lengths, start), *inside, self._along(lengths, end))

    def _along(self, lengths: list[float], km: float) -> Corner:
        for (a, b), (p, q) in zip(pairwise(lengths), pairwise(self.corners), strict=True):
            if km <= b:
                part = (km - a) / (b - a) if b > a else 0.0
                return p[0] + (q[0] - p[0]) * part, p[1] + (q[1] - p[1]) * part
        return self.corners[-1]

    def _kilometres(self) -> list[float]:
        """Return the kilometre of each corner: in proportion to the way between two marks."""
        found = [self.marks[0][0]]
        for (start, first), (end, last) in pairwise(self.marks):
            steps = [hypot(q[0] - p[0], q[1] - p[1]) for p, q in pairwise(self.corners[first : last + 1])]
            whole, gone = sum(steps) or 1.0, 0.0
            for step in steps:
                gone += step
                found.append(start + (end - start) * gone / whole)
        return found


class Drawing(NamedTuple):
    """A drawing: its size, the ground, the outlines of places by code, routes by name and the stretches of them."""

    width: float
    height: float
    ground: Element
    shapes: dict[str, tuple[Outline, ...]]
    routes: dict[str, Route]
    stretches: dict[str, tuple[str, float, float]]
    earth: Earth | None

    def coloured(self, fills: Mapping[str, str]) -> bytes:
        """Return the ground as SVG, with the colour of each class ("water")."""
        for one in self.ground.iter():
            colour = fills.get(one.get("class", ""))
            for name in ("fill", "stroke"):
                if colour and one.get(name) not in (None, "none"):
                    one.set(name, colour)
        return bytes(tostring(self.ground))


def drawing_for(covenant: Covenant) -> Drawing | None:
    """Return our own drawing for a scenario, None where there is none that shows any of its places."""
    if not covenant.code.replace("-", "").isalnum():
        return None
    file = files("commandlog_resources") / "plans" / f"{covenant.code}.svg"
    if not file.is_file():
        return None
    found = read(file.read_bytes())
    known = {place.code for place in covenant.places}
    return found if known & {*found.shapes, *found.stretches} else None


def read(content: bytes) -> Drawing:
    """Return a drawing of our own; raises ValueError where it is none."""
    root = fromstring(content, forbid_dtd=True)
    _left, _top, width, height = map(float, root.get("viewBox", "").replace(",", " ").split())
    shapes: dict[str, tuple[Outline, ...]] = {}
    routes: dict[str, Route] = {}
    stretches: dict[str, tuple[str, float, float]] = {}
    for parent in list(root.iter()):
        for one in list(parent):
            name = one.get("id", "")
            if name.startswith(_ROUTE):
                routes[name] = _route(one)
            elif not name.startswith(_PLACE):
                continue
            elif route := one.get("data-route"):
                stretches[name.removeprefix(_PLACE)] = (
                    route,
                    float(one.get("data-from", "0")),
                    float(one.get("data-to", "0")),
                )
            else:
                shapes[name.removeprefix(_PLACE)] = (_outline(one),)
            parent.remove(one)
    return Drawing(width, height, root, shapes, routes, stretches, _earth(root, width, height))


def earth_of(covenant: Covenant) -> Earth | None:
    """Return the part of the earth on which a covenant's places lie, with a margin; None where none says so."""
    corners = [corner for place in covenant.places for ring in place.area for corner in ring]
    corners += [(place.pin[1], place.pin[0]) for place in covenant.places if place.pin]
    if not corners:
        return None
    west, east = min(c[0] for c in corners), max(c[0] for c in corners)
    south, north = min(c[1] for c in corners), max(c[1] for c in corners)
    margin = max(east - west, north - south, 0.002) * 0.04
    west, east, south, north = west - margin, east + margin, south - margin, north + margin
    height = _WIDTH * (north - south) / ((east - west) * max(0.05, cos(radians((south + north) / 2))))
    return Earth(west, south, east, north, _WIDTH, height)


def _outline(one: Element) -> Outline:
    if one.tag == f"{_SVG}rect":
        x, y, wide, high = (float(one.get(name, "0")) for name in ("x", "y", "width", "height"))
        return (x, y), (x + wide, y), (x + wide, y + high), (x, y + high)
    return _points(one)


def _points(one: Element) -> Outline:
    numbers = [float(part) for part in one.get("points", "").replace(",", " ").split()]
    if len(numbers) < 4 or len(numbers) % 2:
        raise ValueError(one.get("id", ""))
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _route(one: Element) -> Route:
    marks = [part.split("@") for part in one.get("data-km", "").split()]
    return Route(_points(one), tuple((float(km), int(corner)) for km, corner in marks))


def _earth(root: Element, width: float, height: float) -> Earth | None:
    said = [root.get(f"data-{name}") for name in ("west", "south", "east", "north")]
    if None in said:
        return None
    west, south, east, north = (float(one) for one in said if one is not None)
    return Earth(west, south, east, north, width, height)
