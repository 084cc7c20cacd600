"""The outlines of places: made simple enough to be kept in a covenant, and in which of them a pin lies.

Degrees of longitude and latitude (WGS 84) are taken as a plane. In outlines of a city's size that moves no border by
more than simplifying does.
"""

import math
from collections.abc import Sequence

from commandlog.model.covenant import Covenant, Ring

Corner = tuple[float, float]

DECIMALS = 5  # of a degree: about a metre
_THINNED = 5_000  # corners of a ring that are looked at
_RINGS = 50  # polygons of a place, the largest ones


class Areas:
    """The outlines of a covenant's places, for who asks about many pins."""

    def __init__(self, covenant: Covenant) -> None:
        sized = [(sum(map(size_of, place.area)), place.code, place.area) for place in covenant.places if place.area]
        self._smallest_first = [(code, [(_box(ring), ring) for ring in area]) for _size, code, area in sorted(sized)]

    def at(self, pin: tuple[float, float]) -> str:
        """Return the code of the smallest place in which a pin (latitude, longitude) lies, "" where it lies in none."""
        latitude, longitude = pin
        for code, rings in self._smallest_first:
            for (west, south, east, north), ring in rings:
                if west <= longitude <= east and south <= latitude <= north and _is_inside(longitude, latitude, ring):
                    return code
        return ""


def place_at(covenant: Covenant, pin: tuple[float, float]) -> str:
    """Return the code of the smallest place in which a pin (latitude, longitude) lies, "" where it lies in none."""
    return Areas(covenant).at(pin)


def simplified(polygons: Sequence[Sequence[Corner]], corners: int) -> tuple[Ring, ...]:
    """Return rings with at most so many corners in all, or four each where there are many; the largest 50 of them.

    Each keeps the corners that say most about its shape (Douglas and Peucker, 1973), in proportion to what it has.
    """
    rings = sorted((_closed(ring) for ring in polygons if len(ring) > 3), key=size_of, reverse=True)[:_RINGS]
    total = sum(map(len, rings)) or 1
    kept = (_reduced(ring, max(4, corners * len(ring) // total)) for ring in rings)
    return tuple(ring for ring in kept if size_of(ring))


def size_of(ring: Sequence[Corner]) -> float:
    """Return the area of a ring in square degrees, to compare it with others."""
    if not ring:
        return 0
    x, y = ring[0]  # near the ring, the sum loses no figures
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(math.fsum((a[0] - x) * (b[1] - y) - (b[0] - x) * (a[1] - y) for a, b in pairs)) / 2


def _closed(ring: Sequence[Corner]) -> list[Corner]:
    step = -(-len(ring) // _THINNED)
    thinned = list(ring[::step])
    return thinned if thinned[:1] == thinned[-1:] else [*thinned, thinned[0]]


def _reduced(ring: list[Corner], most: int) -> Ring:
    """Return the ring with the `most` corners that lie farthest from the line between those that are kept already."""
    last = len(ring) - 1
    kept = {0, last}
    spans = [_farthest(ring, 0, last)]
    while spans and len(kept) < most:
        worst = max(spans)
        spans.remove(worst)
        _distance, middle, start, end = worst
        kept.add(middle)
        spans += [_farthest(ring, *span) for span in ((start, middle), (middle, end)) if span[1] - span[0] > 1]
    rounded = (tuple(round(one, DECIMALS) for one in ring[n]) for n in sorted(kept))
    return tuple((longitude, latitude) for longitude, latitude in rounded)


def _farthest(ring: list[Corner], start: int, end: int) -> tuple[float, int, int, int]:
    """Return how far the farthest corner of a span lies from its ends' line, which it is, and the span."""
    far, middle = -1.0, start + 1
    for n in range(start + 1, end):
        distance = _from_segment(ring[n], ring[start], ring[end])
        if distance > far:
            far, middle = distance, n
    return far, middle, start, end


def _from_segment(corner: Corner, start: Corner, end: Corner) -> float:
    run, rise = end[0] - start[0], end[1] - start[1]
    length = run * run + rise * rise
    along = ((corner[0] - start[0]) * run + (corner[1] - start[1]) * rise) / length if length else 0
    along = min(1, max(0, along))
    return math.hypot(corner[0] - start[0] - along * run, corner[1] - start[1] - along * rise)


def _box(ring: Ring) -> tuple[float, float, float, float]:
    longitudes, latitudes = [corner[0] for corner in ring], [corner[1] for corner in ring]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def _is_inside(longitude: float, latitude: float, ring: Ring) -> bool:
    """Whether a point lies in a ring: a ray to the east crosses its sides an odd number of times."""
    inside = False
    x, y = ring[-1]
    for next_x, next_y in ring:
        if (next_y > latitude) != (y > latitude) and longitude < (x - next_x) * (latitude - next_y) / (
            y - next_y
        ) + next_x:
            inside = not inside
        x, y = next_x, next_y
    return inside
