"""Our own drawings: every shape is a place of its scenario, and every place that can be drawn is."""

from importlib.resources import files
from itertools import pairwise

import pytest
from commandlog_ui.plan.drawing import Drawing, Route, drawing_for, read
from commandlog_ui.plan.kept import Kept
from commandlog_ui.plan.sheet import sheet_for
from PySide6.QtCore import QByteArray
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from commandlog.model.scenario import load, scenarios

WITHOUT = {"march": {"whole-route"}}  # places of which there is nothing to draw


def drawing(name: str) -> Drawing:
    found = drawing_for(load(name))
    assert found
    return found


@pytest.mark.parametrize("name", scenarios())
def test_shapes_are_places_and_places_have_shapes(name: str, qapp: QApplication) -> None:
    covenant, one = load(name), drawing(name)
    known = {place.code for place in covenant.places}
    assert {*one.shapes, *one.stretches} <= known
    sheet = sheet_for(covenant, Kept(), b"")
    assert sheet
    assert known - set(sheet.shapes) == WITHOUT.get(name, set())
    for code, path in sheet.shapes.items():
        assert sheet.bounds.adjusted(-1, -1, 1, 1).contains(path.boundingRect()), code


@pytest.mark.parametrize("name", scenarios())
def test_the_ground_takes_the_colours_of_the_look(name: str, qapp: QApplication) -> None:
    svg = drawing(name).coloured({"land": "#010203", "water": "#040506"})
    assert b"#010203" in svg
    assert b"place-" not in svg
    assert QSvgRenderer(QByteArray(svg)).isValid()


def test_a_kilometre_is_where_the_drawing_says() -> None:
    one = drawing("march")
    assert set(one.routes) == {"route-day-1", "route-day-2", "route-day-3", "route-day-4"}
    assert one.earth
    covenant = load("march")
    for code, route, km in (("d1-km-10", "route-day-1", 10), ("d4-km-33", "route-day-4", 33)):
        place = covenant.place(code)
        assert place
        assert place.pin
        spot, pin = one.routes[route].at(km), one.earth.at(place.pin[1], place.pin[0])
        assert spot == pytest.approx(pin, abs=1.5)


def test_a_stretch_lies_between_two_kilometres() -> None:
    route = Route(((0, 0), (10, 0), (10, 30)), ((0, 0), (8, 2)))
    assert route.at(2) == (10, 0)
    assert route.at(5) == (10, 15)
    assert route.at(99) == (10, 30)
    assert route.between(1, 5) == ((5, 0), (10, 0), (10, 15))
    assert all(a != b for a, b in pairwise(route.between(0, 8)))


def test_what_is_no_drawing_is_refused() -> None:
    good = (files("commandlog_resources") / "plans" / "concert.svg").read_bytes()
    with pytest.raises(ValueError, match="place-gate-f"):
        read(good.replace(b'id="place-gate-f" points="', b'id="place-gate-f" points="1 '))
