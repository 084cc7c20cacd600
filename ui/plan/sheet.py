"""What a plan is made of before anything is painted: the ground, the outlines of places, the ways and where pins go.

The outline of a place is the one that was drawn in the program; else that of the covenant, where the ground says which
part of the earth it shows; else that of our own drawing; else its pin, as a spot.
"""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainterPath, QPainterPathStroker, QPolygonF

from commandlog.model.covenant import Covenant, Place

from .drawing import Corner, Drawing, Earth, Route, drawing_for, earth_of
from .kept import Kept, Rings

_SPOT = 9.0  # radius of a place that has only a pin
_BROAD = 20.0  # breadth of a stretch of a route


class Sheet(NamedTuple):
    """A plan in its own units. `drawing` or `picture` is the ground, both None for a bare map, `bounds` its size."""

    bounds: QRectF
    shapes: dict[str, QPainterPath]
    drawing: Drawing | None
    picture: QImage | None
    routes: tuple[Route, ...]
    earth: Earth | None

    def spot(self, pin: tuple[float, float]) -> QPointF | None:
        """Return where a pin (latitude, longitude) is on the plan, None where that cannot be said."""
        if self.earth is None:
            return None
        spot = QPointF(*self.earth.at(pin[1], pin[0]))
        return spot if self.bounds.contains(spot) else None


def sheet_for(covenant: Covenant, kept: Kept, png: bytes) -> Sheet | None:
    """Return the plan of an event, None where there is nothing to make one of."""
    if kept.picture and png:
        image = QImage.fromData(png)
        if not image.isNull():
            shapes = {code: _outline(rings) for code, rings in kept.drawn().items() if covenant.place(code)}
            return Sheet(QRectF(image.rect()), shapes, None, image, (), None)
    drawing = drawing_for(covenant)
    earth = drawing.earth if drawing else earth_of(covenant)
    if drawing is None and earth is None:
        return None
    width, height = (drawing.width, drawing.height) if drawing else (earth.width, earth.height) if earth else (0, 0)
    areas = kept.drawn()
    shapes = {}
    for place in covenant.places:
        if found := areas.get(place.code):
            shapes[place.code] = _outline(found)
        elif (path := _shape(place, drawing, earth)) is not None:
            shapes[place.code] = path
    routes = tuple(drawing.routes.values()) if drawing else ()
    return Sheet(QRectF(0, 0, width, height), shapes, drawing, None, routes, earth)


def _shape(place: Place, drawing: Drawing | None, earth: Earth | None) -> QPainterPath | None:
    if earth and place.area:
        return _outline([[earth.at(*corner) for corner in ring] for ring in place.area])
    if drawing and place.code in drawing.shapes:
        return _outline(drawing.shapes[place.code])
    if drawing and place.code in drawing.stretches:
        route, start, end = drawing.stretches[place.code]
        return _stretch(drawing.routes[route], start, end) if route in drawing.routes else None
    if earth and place.pin:
        path = QPainterPath()
        path.addEllipse(QPointF(*earth.at(place.pin[1], place.pin[0])), _SPOT, _SPOT)
        return path
    return None


def _outline(rings: Rings | Sequence[Sequence[Corner]]) -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    for ring in rings:
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in ring]))
        path.closeSubpath()
    return path


def _stretch(route: Route, start: float, end: float) -> QPainterPath:
    stroker = QPainterPathStroker()
    stroker.setWidth(_BROAD)
    stroker.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    line = QPainterPath()
    line.addPolygon(QPolygonF([QPointF(x, y) for x, y in route.between(start, end)]))
    return stroker.createStroke(line).simplified()


def label_spot(path: QPainterPath, *, holds_others: bool) -> QPointF:
    """Return where the name of a place goes: in its middle, or at the top left of one in which others lie."""
    box = path.boundingRect()
    if holds_others:
        return box.topLeft()
    rings = path.toSubpathPolygons()
    ring = max(rings, key=lambda one: one.boundingRect().width() * one.boundingRect().height(), default=QPolygonF())
    middle = _centroid(ring) if ring.size() > 2 else box.center()
    if path.contains(middle):
        return middle
    points = ring.toList()
    return min(points, key=lambda p: abs(p.x() - middle.x()) + abs(p.y() - middle.y())) if points else box.center()


def _centroid(ring: QPolygonF) -> QPointF:
    points = ring.toList()
    area = x = y = 0.0
    for a, b in zip(points, [*points[1:], points[0]], strict=True):
        cross = a.x() * b.y() - b.x() * a.y()
        area, x, y = area + cross, x + (a.x() + b.x()) * cross, y + (a.y() + b.y()) * cross
    return QPointF(x / (3 * area), y / (3 * area)) if abs(area) > 1e-9 else ring.boundingRect().center()
