"""Readers and guesses: tables of small invented files."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commandlog.intake.plan import plan
from commandlog.intake.planned import guess_in_words, preview
from commandlog.intake.readers import open_rows
from commandlog.intake.rows import Row, Shape
from commandlog.intake.systems import distance
from commandlog.model.covenant import Category, Covenant, Party, Place, Unit
from commandlog.model.errors import RuleError

COVENANT = Covenant(
    code="test",
    name="Test",
    driver="venue",
    parties=(Party("venue", "Venue", "private", "V"),),
    units=(Unit("Oog 2", "venue"),),
    places=(Place("gate-f", {"en": "Gate F", "nl": "Poort F"}),),
    categories=(Category("fire", "Fire", aliases=("brand",)),),
)


def written(tmp_path: Path, content: str | bytes, name: str = "log.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def feature(properties: object, coordinates: object = None) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": coordinates} if coordinates is not None else None
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features: object, **more: object) -> str:
    lines = ",\n".join(json.dumps(one) for one in features)
    extra = "".join(f', "{key}": {json.dumps(value)}' for key, value in more.items())
    return f'{{"type": "FeatureCollection"{extra}, "features": [\n{lines}\n]}}'


# -- CSV ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_guessed(tmp_path: Path, separator: str) -> None:
    rows = [("time", "text", "place"), ("2020-01-01 20:14", "a fire", "gate")] * 3
    table = open_rows(written(tmp_path, "\n".join(separator.join(row) for row in rows)))
    assert table.columns == ("time", "text", "place")
    assert next(iter(table)) == Row(2, ("2020-01-01 20:14", "a fire", "gate"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings_are_guessed(tmp_path: Path, encoding: str) -> None:
    text = "time,text\n" + "2020-01-01 20:14,café près de la gare\n" * 5
    table = open_rows(written(tmp_path, text.encode(encoding)))
    assert next(iter(table)).values[1] == "café près de la gare"


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    table = open_rows(written(tmp_path, 'time,text\r\n1,"two\r\nlines"\r\n\r\n2,b\r\n'))
    assert [(row.line, row.values) for row in table] == [(2, ("1", "two\r\nlines")), (5, ("2", "b"))]


def test_ragged_rows(tmp_path: Path) -> None:
    table = open_rows(written(tmp_path, "time,text,place\n1,a,b\n2,short\n3,a,b,,\n4,a,b,surplus\n5,a,b\n"))
    assert [row.values for row in table] == [("1", "a", "b"), ("2", "short", ""), ("3", "a", "b"), ("5", "a", "b")]
    assert [(one.line, "4 cells" in one.why) for one in table.refused] == [(5, True)]


def test_an_open_quotation_mark_costs_one_line(tmp_path: Path) -> None:
    rows = "".join(f"{n},row\n" for n in range(700))
    table = open_rows(written(tmp_path, f'time,text\n1,"never closed\n{rows}'))
    assert len(list(table)) == 700
    assert [one.line for one in table.refused] == [2]


def test_a_huge_cell_is_refused_by_its_line(tmp_path: Path) -> None:
    table = open_rows(written(tmp_path, "time,text\n1,a\n2," + "x" * 1_000_000 + "\n3,b\n"))
    assert [row.line for row in table] == [2, 4]
    assert [(one.line, one.column) for one in table.refused] == [(3, "text")]


def test_zeros_titles_and_double_names(tmp_path: Path) -> None:
    table = open_rows(written(tmp_path, "Export of the log\n\nname,name,\n1,a\0b,c\n2,d,e\n"))
    assert table.columns == ("name", "name (2)", "column 3")
    assert [row.values for row in table] == [("1", "ab", "c"), ("2", "d", "e")]
    assert table.notices


def test_no_header(tmp_path: Path) -> None:
    path = written(tmp_path, "2020-01-01 20:14,a fire in the gate\n2020-01-01 20:15,and out\n")
    assert open_rows(path).columns == ("column 1", "column 2")
    assert len(plan(COVENANT, path)) == 2
    assert open_rows(path, Shape(header=True)).columns[1] == "a fire in the gate"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n",
        b"PK\x03\x04 a zip",
        b"\x89PNG\r\n",
        b"\x00" * 5000,
        b"{",
        b"[1, 2]",
        b'{"a": 1}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"type": "FeatureCollection", "features": {}}',
        b'{"features": [' + b"9" * 5000 + b"]}",
        b"just some words\nand more words\n",
        ("a," * 5000).encode() + b"\n1,2",
        b"<html><body>no</body></html>",
    ],
)
@pytest.mark.parametrize("name", ["log.csv", "log.geojson"])
def test_what_is_no_table_is_a_clear_error(tmp_path: Path, content: bytes, name: str) -> None:
    with pytest.raises(RuleError) as caught:
        plan(COVENANT, written(tmp_path, content, name))
    assert "\n" not in str(caught.value)


def test_absent_files_and_folders(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.csv", Path("a\0b")):
        with pytest.raises(RuleError):
            open_rows(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400) | st.text('",;\n\r\\N0123456789/: aT', max_size=400).map(str.encode))
def test_any_bytes_give_a_plan_or_a_rule_error(tmp_path: Path, content: bytes) -> None:
    for head in (b"", b"time,text\n2020-01-01 10:00,a\n"):
        try:
            made = plan(COVENANT, written(tmp_path, head + content))
        except RuleError:
            continue
        assert [*guess_in_words(made), *preview(made), *made.refusals()]


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(features=st.lists(_json | st.builds(feature, _json, _json), max_size=5), crs=_json)
def test_any_json_gives_a_plan_or_a_rule_error(tmp_path: Path, features: list[Any], crs: Any) -> None:
    good = feature({"time": "2020-01-01 10:00", "text": "a"}, [4.3, 52.1])
    path = written(tmp_path, collection(good, *features, crs=crs).encode("utf-8", "surrogatepass"), "a.geojson")
    try:
        made = plan(COVENANT, path)
    except RuleError:
        return
    assert len(made) + made.refused_count == len(features) + 1


# -- GeoJSON -----------------------------------------------------------------------------------------------------------


def test_geojson_points_lines_and_faults(tmp_path: Path) -> None:
    row = {"time": "2020-01-01 10:00", "text": "a"}
    bad = [[500, 52], [float("nan"), 52], ["4", "52"], [4], [80_000, 455_000], {"x": 1}]
    text = collection(feature(row, [4.3, 52.1]), "no feature", *(feature(row, one) for one in bad))
    made = plan(COVENANT, written(tmp_path, text, "a.geojson"))
    pins = [made.entry(n).pin for n in range(len(made))]
    assert pins[0] == (52.1, 4.3)
    assert distance(pins[5] or (0.0, 0.0), (52.078, 4.293)) < 0.1  # metres of the Dutch grid
    assert {*pins[1:5], pins[6]} == {None}
    assert made.refusals() == ["line 3: is no feature with properties"]
    assert any("RD" in one for one in made.notices)
    assert any("no place on earth" in one for one in made.notices)


def test_geojson_on_one_line_counts_features(tmp_path: Path) -> None:
    text = collection(feature({"time": "2020-01-01 10:00", "text": "a"}), feature(None), feature(None)).replace(
        "\n", ""
    )
    made = plan(COVENANT, written(tmp_path, text, "a.geojson"))
    assert made.refusals()[0].startswith("feature 2:")


def test_other_projections_are_converted(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    text = collection(feature({"time": "2020-01-01 10:00", "text": "a"}, [80000, 455000]), crs=crs)
    made = plan(COVENANT, written(tmp_path, text, "a.geojson"))
    assert distance(made.entry(0).pin or (0.0, 0.0), (52.078, 4.293)) < 0.1
    assert any("28992" in one for one in made.notices)
