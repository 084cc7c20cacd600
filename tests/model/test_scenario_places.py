"""Places from GeoJSON: real quarters, made-up shapes, and files that mean harm; and in which place a pin lies."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.model.areas import Areas, place_at, simplified, size_of
from commandlog.model.covenant import Covenant, Party, Place
from commandlog.model.places_from import PlacesFrom, places_from, slug
from commandlog.model.scenario import examine, load

DATA = Path(os.environ.get("COMMANDLOG_DATA", Path(__file__).parents[3] / "shared" / "data"))
QUARTERS = DATA / "quarters" / "antwerp_wijken.geojson"
real = pytest.mark.skipif(not QUARTERS.exists(), reason="the real quarters are not at hand (COMMANDLOG_DATA)")

OWN = """\
code = "own"
name = "Own"
driver = "police"
places = [{ code = "city", name = "City", space = "public", lead = { order = "police" } }]

[[parties]]
code = "police"
name = "Police"
sector = "public"
letter = "P"

[[places_from]]
file = "map/quarters.geojson"
name = "name"
space = "public"
within = "city"
"""
SQUARE = [[4.0, 51.0], [4.1, 51.0], [4.1, 51.1], [4.0, 51.1], [4.0, 51.0]]


def feature(name: object = "Plein", geometry: object = None, **more: object) -> dict[str, Any]:
    shape = {"type": "Polygon", "coordinates": [SQUARE]} if geometry is None else geometry
    return {"type": "Feature", "properties": {"name": name, **more}, "geometry": shape}


def written(folder: Path, features: object, text: str = OWN) -> str:
    (folder / "map").mkdir(exist_ok=True)
    whole = features if isinstance(features, str) else json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "map" / "quarters.geojson").write_text(whole, "utf-8")
    (folder / "own.toml").write_text(text, "utf-8")
    return str(folder / "own.toml")


def covenant(*places: Place) -> Covenant:
    return Covenant(code="c", name="C", driver="p", parties=(Party("p", "P", "public", "P"),), places=places)


def polygons(geometry: dict[str, Any]) -> list[Any]:
    return geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]


@real
def test_the_real_quarters_are_places(tmp_path: Path) -> None:
    found = load(written(tmp_path, QUARTERS.read_text("utf-8")))
    assert len(found.places) == 1 + 62
    assert len({one.code for one in found.places}) == 63
    berchem = found.place("oud-berchem")
    assert berchem is not None
    assert (berchem.name, berchem.space, berchem.within) == ("Oud - Berchem", "public", "city")
    assert all(len(ring) >= 4 for one in found.places for ring in one.area)
    assert all(sum(map(len, one.area)) <= 60 for one in found.places)
    assert all(one.area for one in found.places[1:])


@real
def test_a_pin_lies_in_the_real_quarter_that_it_lies_in(tmp_path: Path) -> None:
    found = load(written(tmp_path, QUARTERS.read_text("utf-8")))
    areas = Areas(found)
    assert place_at(found, (51.2172, 4.4211)) == areas.at((51.2172, 4.4211)) == "centraal-station"
    assert areas.at((51.2211, 4.3997)) == "historisch-centrum"
    assert areas.at((52.37, 4.9)) == areas.at((0, 0)) == ""
    features = json.loads(QUARTERS.read_text("utf-8"))["features"]
    exact = Areas(
        covenant(
            *(
                Place(
                    f"p{n}",
                    one["properties"]["name"],
                    area=tuple(tuple(map(tuple, p[0])) for p in polygons(one["geometry"])),
                )
                for n, one in enumerate(features)
            )
        )
    )
    names = {f"p{n}": one["properties"]["name"] for n, one in enumerate(features)} | {"": ""}
    kept = {one.code: one.name for one in found.places} | {"": ""}
    pins = [(51.15 + row * 0.0025, 4.25 + column * 0.004) for row in range(80) for column in range(60)]
    pairs = [(names[exact.at(pin)], kept[areas.at(pin)]) for pin in pins]
    hits = [(one, other) for one, other in pairs if one or other]
    assert len(hits) > 1000
    assert sum(one == other for one, other in hits) / len(hits) > 0.98  # what is left lies beside a border


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Sint-Andries", "sint-andries"),
        ("Oud - Berchem", "oud-berchem"),
        ("Łódź Straße", "lodz-strasse"),
        ("  ", "place"),
        ("Площадь", "place"),
        ("../../etc", "etc"),
        ("x" * 99, "x" * 36),
    ],
)
def test_a_name_becomes_a_code(name: str, code: str) -> None:
    assert slug(name, ()) == code
    assert slug(name, {code}) == f"{code[:38]}-2"[:40]


@given(st.text(max_size=80), st.integers(0, 12))
def test_codes_are_unique_whatever_the_name(name: str, others: int) -> None:
    taken: set[str] = set()
    for _one in range(others + 1):
        code = slug(name, taken)
        assert code not in taken
        assert 0 < len(code) <= 40
        taken.add(code)


def test_points_names_and_codes(tmp_path: Path) -> None:
    text = OWN + 'code = "id"\nonly = ["Plein", "Halte"]\nlead = { crowd = "police" }\n'
    point = {"type": "Point", "coordinates": [4.05, 51.05, 12]}
    features = [feature(id="plein-1"), feature("Halte", point, id=7), feature("Elders", id="elders"), feature(None)]
    found = load(written(tmp_path, features, text))
    assert [(one.code, one.pin) for one in found.places[1:]] == [("plein-1", None), ("7", (51.05, 4.05))]
    assert found.places[1].lead == {"crowd": "police"}
    assert place_at(found, (51.05, 4.05)) == "plein-1"


@pytest.mark.parametrize(
    ("features", "key", "said"),
    [
        ("{", "file", "JSON"),
        ("[" * 100_000, "file", "JSON"),
        ("\x00", "file", "JSON"),
        ("[]", "file", "FeatureCollection"),
        ('{"type": "FeatureCollection", "features": 3}', "file", "FeatureCollection"),
        ([], "file", "no features"),
        ([3], "name", "Feature 1"),
        ([feature("")], "name", "Feature 1"),
        ([feature("x" * 201)], "name", "200"),
        ([feature(geometry={"type": "LineString", "coordinates": SQUARE})], "file", "Polygon"),
        ([feature(geometry={"type": "Polygon", "coordinates": []})], "file", "Polygon"),
        ([feature(geometry={"type": "Polygon", "coordinates": [SQUARE[:2]]})], "file", "four corners"),
        ([feature(geometry={"type": "Polygon", "coordinates": [[[4, 51]] * 5]})], "file", "encloses nothing"),
        ([feature(geometry={"type": "Polygon", "coordinates": [[["4", 51]] * 5]})], "file", "longitude"),
        ([feature(geometry={"type": "Polygon", "coordinates": [[[4e307, 51]] * 5]})], "file", "longitude"),
        ([feature(geometry={"type": "Polygon", "coordinates": [[[155000.0, 463000.0]] * 5]})], "file", "WGS 84"),
        ([feature(geometry={"type": "Polygon", "coordinates": {"a": 1}})], "file", "Polygon"),
        ([feature(), feature(geometry=7)], "file", "Feature 2"),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path: Path, features: object, key: str, said: str) -> None:
    faults = examine(written(tmp_path, features)).faults
    assert any(said in fault.problem and fault.key == f"places_from[0].{key}" for fault in faults), faults
    assert {fault.line for fault in faults} <= {13, 14}


@pytest.mark.parametrize(
    "file",
    [
        "../secret.geojson",
        "/etc/passwd",
        "map/../../secret.geojson",
        "link.geojson",
        "map",
        "none.geojson",
        "fifo",
        "a\\\\b",
    ],
)
def test_no_file_but_one_beside_the_scenario_is_read(tmp_path: Path, file: str) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (tmp_path / "secret.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature("CANARY")]}))
    (own / "link.geojson").symlink_to(tmp_path / "secret.geojson")
    os.mkfifo(own / "fifo")
    (fault,) = examine(written(own, [feature()], OWN.replace("map/quarters.geojson", file))).faults
    assert (fault.line, fault.key) == (13, "places_from[0].file")
    assert "CANARY" not in fault.problem


def test_what_is_too_large_or_taken_or_not_there_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, [feature()])
    with (tmp_path / "map" / "quarters.geojson").open("ab") as file:
        file.truncate(33 << 20)
    assert "32 MB" in examine(path).faults[0].problem
    assert "2000 places" in examine(written(tmp_path, [feature() for _one in range(2001)])).faults[0].problem
    coded = OWN + 'code = "id"\n'
    (fault,) = examine(written(tmp_path, [feature(id="city")], coded)).faults
    assert "already taken" in fault.problem
    (fault,) = examine(written(tmp_path, [feature(id="No Code")], coded)).faults
    assert "is no code" in fault.problem
    (fault,) = examine(written(tmp_path, [feature()], OWN + 'only = ["Markt"]\n')).faults
    assert (fault.key, "Markt" in fault.problem) == ("places_from[0].only", True)
    itself = OWN.replace('within = "city"', 'within = "plein"')
    faults = examine(written(tmp_path, [feature(), feature("Markt")], itself)).faults
    assert {(fault.line, fault.key) for fault in faults} == {(16, "places_from[0].within")}
    (fault,) = examine(written(tmp_path, [feature()], OWN + 'lead = { order = "nobody" }\n')).faults
    assert (fault.line, fault.key) == (17, "places_from[0].lead.order")


def test_an_outline_keeps_its_shape_in_few_corners() -> None:
    steps = [n / 500 for n in range(500)]
    ring = [(4 + x, 51.0) for x in steps] + [(5.0, 51 + y) for y in steps]
    ring += [(5 - x, 52.0) for x in steps] + [(4.0, 52 - y) for y in steps]
    (kept,) = simplified([ring], 8)
    assert {(4.0, 51.0), (5.0, 51.0), (5.0, 52.0), (4.0, 52.0)} <= set(kept)
    assert len(kept) <= 8
    assert kept[0] == kept[-1]
    assert size_of(kept) == pytest.approx(1)
    assert simplified([[(4.0, 51.0)] * 9], 8) == ()
    assert len(simplified([SQUARE_RING] * 80, 60)) == 50


SQUARE_RING = [(x, y) for x, y in SQUARE]
CORNER = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@given(st.lists(st.lists(CORNER, max_size=40), max_size=5), st.integers(4, 60))
def test_any_rings_are_simplified_and_asked(rings: list[list[tuple[float, float]]], corners: int) -> None:
    kept = simplified(rings, corners)
    assert all(ring[0] == ring[-1] and len(ring) <= max(4, corners) for ring in kept)
    found = covenant(Place("a", "A", area=kept))
    assert place_at(found, (51.0, 4.0)) in ("", "a")


def test_the_smallest_place_is_the_one() -> None:
    inner = tuple((4.05 + (x - 4.05) / 4, 51.05 + (y - 51.05) / 4) for x, y in SQUARE)
    found = covenant(Place("outer", "Outer", area=(tuple(SQUARE_RING),)), Place("inner", "Inner", area=(inner,)))
    assert place_at(found, (51.05, 4.05)) == "inner"
    assert place_at(found, (51.01, 4.01)) == "outer"
    assert place_at(found, (4.01, 51.01)) == ""


def test_a_large_file_takes_no_long_time(tmp_path: Path) -> None:
    ring = [[4 + (n % 1000) / 1000, 51 + (n * 7919 % 1000) / 1000] for n in range(200_000)]
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    faults: list[tuple[str, str]] = []
    written(tmp_path, [feature(geometry=geometry)])
    (place,) = places_from(PlacesFrom("map/quarters.geojson", "name"), tmp_path, set(), faults)
    assert not faults
    assert len(place.area[0]) <= 60


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["type", "coordinates", "a"]), inner),
    max_leaves=20,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "properties": JSON | st.fixed_dictionaries({"name": JSON | st.text()}),
                "geometry": JSON
                | st.fixed_dictionaries(
                    {"type": st.sampled_from(["Polygon", "MultiPolygon", "Point"]), "coordinates": JSON}
                )
                | st.just({"type": "Polygon", "coordinates": [SQUARE]}),
            }
        )
        | JSON,
        max_size=4,
    )
)
def test_whatever_a_file_holds_is_places_or_faults(
    tmp_path_factory: pytest.TempPathFactory, features: list[object]
) -> None:
    examined = examine(written(tmp_path_factory.getbasetemp(), features))
    assert (examined.covenant is None) == bool(examined.faults)
    assert all(fault.line in (13, 14) for fault in examined.faults)


@pytest.mark.parametrize("name", ['"\\ud800"', '"a\\u0000b\\u202e"', "1e999", "123456789012345678901234567890", "{}"])
def test_odd_names_are_text_or_a_fault(tmp_path: Path, name: str) -> None:
    whole = json.dumps({"type": "FeatureCollection", "features": [feature("NAME")]}).replace('"NAME"', name)
    examined = examine(written(tmp_path, whole))
    for place in examined.covenant.places if examined.covenant else ():
        assert str(place.name).encode()
