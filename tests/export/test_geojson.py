"""GeoJSON: valid after RFC 7946, complete, only what the reader may read, and read again by the import."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from commandlog.export.exporting import export
from commandlog.export.geojson_form import _ring
from commandlog.intake.readers import open_rows
from commandlog.intake.rows import Shape
from commandlog.log.desk import sit_down
from commandlog.model.covenant import Place
from commandlog.verbs import saying
from commandlog.verbs.events import open_event
from commandlog.views import moments
from tests.export import conftest as scene

SQUARE = ((4.88, 52.31), (4.88, 52.32), (4.89, 52.32), (4.89, 52.31), (4.88, 52.31))  # clockwise
OTHER = ((4.90, 52.30), (4.91, 52.30), (4.91, 52.31))  # not closed
PLACES = (
    Place(code="field", name={"nl": "Veld", "en": "Field"}, area=(SQUARE,), capacity=5000),
    Place(code="two", name="Twee", area=(SQUARE, OTHER), within="field"),
    Place(code="gate", name="Poort", pin=(52.314, 4.941)),
    Place(code="nowhere", name="Nergens"),
)


def valid(document: dict[str, Any]) -> dict[str, Any]:
    """Check a document against RFC 7946 and return it."""
    assert document["type"] == "FeatureCollection"
    assert "crs" not in document
    ids = [feature["id"] for feature in document["features"]]
    assert len(ids) == len(set(ids))
    for feature in document["features"]:
        assert set(feature) == {"type", "id", "geometry", "properties"}
        assert feature["type"] == "Feature"
        assert isinstance(feature["properties"], dict)
        shape, coordinates = feature["geometry"]["type"], feature["geometry"]["coordinates"]
        assert shape in ("Point", "Polygon", "MultiPolygon")
        for polygon in {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(shape, []):
            for ring in polygon:
                assert len(ring) >= 4
                assert ring[0] == ring[-1]
                assert sum((b[0] - a[0]) * (b[1] + a[1]) for a, b in pairwise(ring)) <= 0
        positions = [coordinates] if shape == "Point" else _positions(coordinates)
        for longitude, latitude in positions:
            assert -180 <= longitude <= 180
            assert -90 <= latitude <= 90
    return document


def _positions(nested: Any) -> list[Any]:
    return [nested] if isinstance(nested[0], float | int) else [one for inner in nested for one in _positions(inner)]


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    clock = scene.Clock()
    covenant = replace(scene.COVENANT, places=PLACES)
    desk = open_event(tmp_path / "a.clog", covenant, tmp_path / "settings", clock=clock)
    police = sit_down(desk.log, tmp_path / "settings", "police")
    saying.report(desk, "Val bij de poort", place="gate", pin=(52.3141, 4.9411), priority="urgent", category="medical")
    saying.report(desk, "Zonder punt", place="gate")
    saying.note(police, scene.CANARY, audience=("police",), place="field", pin=(52.315, 4.885))
    saying.note(desk, scene.HOSTILE, pin=(-89.99999999, 179.999999999))

    def write(**options: Any) -> dict[str, Any]:
        path = export(desk.log, tmp_path / "a.geojson", moments.live(desk.log), **options).path
        return valid(json.loads(path.read_text("utf-8")))

    return write


def test_pins_of_entries_carry_their_fields(written: Callable[..., dict[str, Any]]) -> None:
    document = written(sections=("timeline",))
    first, canary, hostile = document["features"]
    assert first["geometry"] == {"type": "Point", "coordinates": [4.9411, 52.3141]}
    said = first["properties"]
    assert (said["text"], said["kind"], said["priority"]) == ("Val bij de poort", "report", "urgent")
    assert (said["place_name"], said["category_name"], said["party_name"]) == ("Poort", "medical", "Stadion De Dijk")
    assert said["occurred_at"].startswith("2026-06-27T16:00")
    assert "latitude" not in said
    assert canary["properties"]["audience"] == ["police"]
    assert hostile["properties"]["text"] == scene.HOSTILE
    assert hostile["geometry"]["coordinates"] == [180.0, -90.0]
    assert document["about"]["event"] == "Northern Light Live at De Dijk Stadium"


def test_places_carry_their_totals(written: Callable[..., dict[str, Any]]) -> None:
    places = {one["id"]: one for one in written(sections=("places",))["features"]}
    assert list(places) == ["place:field", "place:two", "place:gate"]
    field, two, gate = places.values()
    assert field["geometry"]["type"] == "Polygon"
    assert field["properties"] == {
        "place": "field",
        "name": "Field",
        "space": "private",
        "capacity": 5000,
        "entries": 1,
        "reports": 0,
        "tasks": 0,
        "urgent": 0,
    }
    assert two["geometry"]["type"] == "MultiPolygon"
    assert two["properties"]["within"] == "field"
    assert gate["geometry"] == {"type": "Point", "coordinates": [4.941, 52.314]}
    assert [gate["properties"][name] for name in ("entries", "reports", "urgent")] == [2, 2, 1]


def test_a_party_gets_only_what_it_may_read(written: Callable[..., dict[str, Any]]) -> None:
    document = written(for_party="baken")
    assert "Zwartkop" not in json.dumps(document)
    (field,) = [one for one in document["features"] if one["id"] == "place:field"]
    assert field["properties"]["entries"] == 0


def test_nothing_to_show_is_a_collection_too(empty: scene.Evening, tmp_path: Path) -> None:
    path = export(empty.log, tmp_path / "a.geojson", moments.live(empty.log)).path
    assert valid(json.loads(path.read_text("utf-8")))["features"] == []


def test_the_import_reads_it_again(written: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    document = written(sections=("timeline",))
    table = open_rows(tmp_path / "a.geojson", Shape())
    rows = [dict(zip(table.columns, row.values, strict=True)) for row in table]
    assert [row["text"] for row in rows] == [
        one["properties"]["text"].replace("\x00", "") for one in document["features"]
    ]
    assert rows[0]["@latitude"] == "52.3141"
    assert rows[0]["occurred_at"] == document["features"][0]["properties"]["occurred_at"]
    assert not table.refused


@given(
    st.lists(
        st.tuples(st.floats(-200, 200), st.floats(-100, 100))
        | st.sampled_from([(4.0, 52.0), (4.0, 53.0), (5.0, 52.0)]),
        max_size=8,
    )
)
def test_a_ring_is_closed_and_turns_left_or_is_left_out(corners: list[tuple[float, float]]) -> None:
    ring = _ring(corners)
    if ring is None:
        return
    assert ring[0] == ring[-1]
    assert len(ring) >= 4
    assert all(one != other for one, other in pairwise(ring))
    assert {tuple(one) for one in ring} <= {(round(x, 7), round(y, 7)) for x, y in corners}
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    assert area > 0
