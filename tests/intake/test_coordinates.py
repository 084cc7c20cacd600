"""Coordinates as they are written, and the systems that they are in."""

import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from commandlog.intake.coordinates import Pair, is_pair, read_pair, read_value
from commandlog.intake.reference import Pins, System, decide
from commandlog.intake.systems import (
    LAMBERT_72,
    LAMBERT_2008,
    MERCATOR,
    RD,
    UTM_31,
    UTM_32,
    city_of,
    code_of,
    converted,
    distance,
)
from commandlog.model.covenant import Covenant, Party, Place
from commandlog.model.errors import RuleError

COVENANT = Covenant(code="t", name="T", driver="a", parties=(Party("a", "A", "private", "A"),))


def system(pairs: list[tuple[float, float]], zone: str = "Europe/Amsterdam", **given: Any) -> System:
    whole: dict[str, Any] = {"system": "", "crs": "", "zone": zone, "covenant": COVENANT} | given
    return decide([Pair(*one, "") for one in pairs], **whole)


def pins(pairs: list[tuple[float, float]], zone: str = "Europe/Amsterdam", **given: Any) -> list[Any]:
    reader = Pins(system(pairs, zone, **given), Counter())
    found = [reader.read(str(a), str(b)) for a, b in pairs]
    return [one and (round(one[0], 4), round(one[1], 4)) for one in found]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("52.07", (52.07, "")),
        ("4,30", (4.3, "")),
        ("-74.00607638", (-74.00607638, "")),
        ("52°04'12\"N", (52.07, "lat")),
        ("52° 04′ 12″ N", (52.07, "lat")),
        ("N 52° 04.2'", (52.07, "lat")),
        ("4°18'36\" OL", (4.31, "lon")),
        ("4 18 36 E", (4.31, "lon")),
        ("74.5W", (-74.5, "lon")),
        ("52,07° NB", (52.07, "lat")),
        ("52°", (52.0, "")),
        ("gate 4", None),
        ("20:14", None),
        ("4 18", None),
        ("1.2.3", None),
        ("N 52 S", None),
    ],
)
def test_one_coordinate(cell: str, value: tuple[float, str] | None) -> None:
    found = read_value(cell)
    assert (found and (round(found[0], 9), found[1])) == value


@pytest.mark.parametrize(
    ("cell", "pair"),
    [
        ("52.07, 4.30", (52.07, 4.30, "")),
        ("52.07,4.30", (52.07, 4.30, "")),
        ("52,07 4,30", (52.07, 4.30, "")),
        ("52,07; 4,30", (52.07, 4.30, "")),
        ("52,07,4,30", (52.07, 4.30, "")),
        ("(52.07, 4.30)", (52.07, 4.30, "")),
        ("POINT (4.30 52.07)", (4.30, 52.07, "lon")),
        ("SRID=4326;POINT Z(4.30 52.07 1.5)", (4.30, 52.07, "lon")),
        ('{"type": "Point", "coordinates": [4.30, 52.07]}', (4.30, 52.07, "lon")),
        ("geo:52.07,4.30", (52.07, 4.30, "")),
        ("52°04'12\"N 4°18'E", (52.07, 4.30, "lat")),
        ("E 4.30, N 52.07", (4.30, 52.07, "lon")),
        ("155000 463000", (155000, 463000, "")),
        ("12, 14 or 15", None),
        ("20:14", None),
        ("a fire, two cars", None),
    ],
)
def test_both_coordinates_in_one_cell(cell: str, pair: tuple[float, float, str] | None) -> None:
    found = read_pair(cell)
    assert (found and (round(found.first, 9), round(found.second, 9), found.axis)) == pair


def test_a_pair_beyond_doubt_has_decimals() -> None:
    assert is_pair("52.07, 4.30")
    assert is_pair("POINT(4 52)")
    assert not is_pair("12 14")


@given(st.text(max_size=80) | st.text("0123456789.,;°'\"NESWOLpoint() -{}[]:²", max_size=60))
def test_any_cell_is_a_coordinate_or_none(cell: str) -> None:
    value, pair = read_value(cell), read_pair(cell)
    reader = Pins(System(RD), Counter())
    assert value is None or isinstance(value[0], float)
    for pin in (reader.read(cell, cell), reader.read("52.1", cell), pair and reader.of_pair(pair)):
        assert not pin or (abs(pin[0]) <= 90 and abs(pin[1]) <= 180)


# The Onze Lieve Vrouwetoren in Amersfoort as Kadaster publishes it, and the example of Belgian Lambert 72 in IOGP's
# guidance note 7-2, whose degrees are those of the Belgian datum of 1972, some hundred metres beside WGS 84.
def test_published_points() -> None:
    assert distance(converted(RD, 155_000, 463_000) or (0.0, 0.0), (52.15517440, 5.38720621)) < 0.001
    example = (50 + 40 / 60 + 46.461 / 3600, 5 + 48 / 60 + 26.533 / 3600)
    there = converted(LAMBERT_72, 251_763.20, 153_034.13) or (0.0, 0.0)
    assert 0.05 < distance(there, example) < 0.15
    back = Transformer.from_crs(4313, LAMBERT_72, always_xy=True).transform(example[1], example[0])
    assert back == (pytest.approx(251_763.20, abs=0.1), pytest.approx(153_034.13, abs=0.1))


@pytest.mark.parametrize("code", [RD, LAMBERT_72, LAMBERT_2008, UTM_31, MERCATOR])
def test_metres_are_told_by_where_they_lie(code: int) -> None:
    back = Transformer.from_crs(4326, code, always_xy=True)
    belgian = code in (LAMBERT_72, LAMBERT_2008)
    places = [(50.85, 4.35), (51.22, 4.40), (50.63, 5.57)] if belgian else [(52.08, 4.31), (51.45, 5.47), (53.0, 6.5)]
    metres = [back.transform(longitude, latitude) for latitude, longitude in places]
    for turned in (False, True):
        cells = [(x, y) if turned else (y, x) for x, y in metres]
        if not (turned and belgian):  # both orders lie in Belgium: then x is the longitude's column
            assert system(cells).metres == code
            assert pins(cells) == places


def test_x_comes_first_in_one_column() -> None:
    cells = [(150_000.0, 170_000.0), (152_000.0, 165_000.0)]
    assert (system(cells).turned_metres, system(cells, x_first=True).turned_metres) == (False, True)


def test_metres_that_fit_nothing_or_two_give_no_pins() -> None:
    paris = [(6_862_000.0, 652_000.0)]  # Lambert 93
    assert system(paris, "Europe/Paris").metres == 0
    assert pins(paris, "Europe/Paris") == [None]
    assert pins([(5_800_000.0, 628_000.0)], "Europe/Berlin") == [None]  # UTM 31N or 32N
    assert pins([(4_970_000.0, -8_235_000.0)], "America/New_York") == [(40.7123, -73.9763)]


def test_what_is_stated_holds() -> None:
    london = [(180_000.0, 530_000.0)]
    assert pins(london, "Europe/London", system="EPSG:27700") == [(51.504, -0.1284)]
    assert pins([(463_000.0, 155_000.0)], "Europe/London", crs="urn:ogc:def:crs:EPSG::28992") == [(52.1552, 5.3872)]
    assert pins([(463_000.0, 155_000.0), (1_463_000.0, 155_000.0)], system="RD") == [(52.1552, 5.3872), None]
    assert pins([(5.3872, 52.1552)], system="WGS84") == [(5.3872, 52.1552)]
    assert system([(52.1, 5.3)], crs="something of our own").metres == 0
    for name in ("nowhere", "EPSG:999999", "RDX", "EPSG:5773", ""):
        with pytest.raises(RuleError):
            code_of(name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("RD", RD), ("rd new", RD), ("28992", RD), ("Lambert 72", LAMBERT_72), ("EPSG:3812", LAMBERT_2008)),
        *(("UTM 32N", UTM_32), ("web_mercator", MERCATOR), ("epsg:3857", MERCATOR), ("CRS84", 4326)),
        ("urn:ogc:def:crs:EPSG::4258", 4326),
    ],
)
def test_systems_by_name(name: str, code: int) -> None:
    assert code_of(name) == code


def test_latitude_and_longitude_the_other_way_round() -> None:
    assert pins([(4.3, 52.07), (4.4, 52.1)]) == [(52.07, 4.3), (52.1, 4.4)]
    assert pins([(-74.0, 40.7), (-120.0, 45.1)], "America/New_York") == [(40.7, -74.0), (45.1, -120.0)]
    assert pins([(52.07, 4.3), (52.1, 4.4), (4.31, 52.08)]) == [(52.07, 4.3), (52.1, 4.4), (52.08, 4.31)]
    assert pins([(-33.9, 151.2)], "Australia/Sydney") == [(-33.9, 151.2)]
    assert pins([(40.7, -74.0)]) == [(40.7, -74.0)]


def test_the_covenants_places_say_where_the_event_is() -> None:
    place = Place("gate", "Gate", pin=(48.86, 2.35))
    near = Covenant(code="t", name="T", driver="a", parties=COVENANT.parties, places=(place,))
    assert system([(2.35, 48.86)], "Europe/Paris", covenant=near).turned
    assert system([(5_412_000.0, 452_000.0)], "Europe/Paris", covenant=near).metres == UTM_31
    assert system([(6_862_000.0, 652_000.0)], "Europe/Paris", covenant=near).metres == 2154
    here = Covenant(
        code="t", name="T", driver="a", parties=COVENANT.parties, places=(Place("a", "A", pin=(52.3, 4.9)),)
    )
    assert system([(318_000.0, 176_000.0)], covenant=here).metres == RD  # all of the country, not only the stadium


def test_what_is_no_place_is_no_pin() -> None:
    counts: Counter[str] = Counter()
    reader = Pins(System(), counts)
    for cells in (("0", "0"), ("91", "200"), ("nan", "4"), ("inf", "4"), ("52.1", ""), ("a", "b"), ("52.1N", "4N")):
        assert reader.read(*cells) is None
    assert reader.read("463000", "155000") is None
    assert (counts["pin"], counts["pin metres"]) == (7, 1)


def test_cities_of_zones() -> None:
    assert distance(city_of("Europe/Amsterdam") or (0.0, 0.0), (52.37, 4.9)) < 5
    assert distance(city_of("America/New_York") or (0.0, 0.0), (40.71, -74.0)) < 5
    assert city_of("Nowhere/City") is None
    assert math.isclose(distance((52.0, 4.0), (53.0, 4.0)), 111.2, abs_tol=0.5)


def test_northing_and_easting_of_another_country_are_not_turned_into_the_dutch_grid() -> None:
    london = [(180_000.0 + n, 530_000.0 + n) for n in range(5)]  # northing, easting of the British grid
    assert system(london).metres == RD  # turned round, they would lie in Friesland
    assert system(london, sure=True).metres == 0
    assert pins(london, sure=True) == [None] * 5
