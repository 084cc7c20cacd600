"""Readers and guesses: tables of small invented files."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commandlog.intake.columns import words_of
from commandlog.intake.guess import guess
from commandlog.intake.mapping import Mapping
from commandlog.intake.plan import plan
from commandlog.intake.readers import open_rows
from commandlog.intake.rows import Row, Shape
from commandlog.intake.timestamps import Clock, Evidence, Notation, decide, zone_of
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
        assert [*made.description(), *made.preview(), *made.refusals()]


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
    assert [made.entry(n).pin for n in range(len(made))] == [(52.1, 4.3)] + [None] * len(bad)
    assert made.refusals() == ["line 3: is no feature with properties"]
    assert any("RD" in one for one in made.notices)
    assert any("no place on earth" in one for one in made.notices)


def test_geojson_on_one_line_counts_features(tmp_path: Path) -> None:
    text = collection(feature({"time": "2020-01-01 10:00", "text": "a"}), feature(None), feature(None)).replace(
        "\n", ""
    )
    made = plan(COVENANT, written(tmp_path, text, "a.geojson"))
    assert made.refusals()[0].startswith("feature 2:")


def test_other_projections_give_no_pins(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    text = collection(feature({"time": "2020-01-01 10:00", "text": "a"}, [80000, 455000]), crs=crs)
    made = plan(COVENANT, written(tmp_path, text, "a.geojson"))
    assert made.entry(0).pin is None
    assert any("28992" in one for one in made.notices)


# -- times -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "order", "ambiguous"),
    [
        (["10/29/16 12:13", "1/2/16 1:00"], "mdy", False),
        (["29/10/2016 12:13", "1/2/2016 1:00"], "dmy", False),
        (["01/02/2016 11:13 PM"], "mdy", False),
        (["01-02-2016 11:13"], "dmy", False),
        (["1.2.16 11:13"], "dmy", False),
        (["31/12/19 10:00", "32/01/01 10:00"], "ymd", False),
        (["01/02/2016 11:13"], "dmy", True),
        ([f"{month}/{day}/2016 10:00" for month in range(1, 13) for day in range(1, 13)], "mdy", True),
    ],
)
def test_the_order_of_day_and_month_is_decided_over_the_column(cells: list[str], order: str, ambiguous: bool) -> None:
    evidence = Evidence()
    for one in cells:
        evidence.add(one)
    notation = decide([evidence], "Europe/Amsterdam")
    assert (notation.order, notation.ambiguous) == (order, ambiguous)


@pytest.mark.parametrize(
    ("cell", "utc"),
    [
        ("2020/01/01 20:14:00", "2020-01-01T19:14"),
        ("2020-01-01T20:14:00.123Z", "2020-01-01T20:14"),
        ("2020-01-01T20:14+05:30", "2020-01-01T14:44"),
        ("20200101T201400", "2020-01-01T19:14"),
        ("202001012014", "2020-01-01T19:14"),
        ("1/2/20 8:14 PM", "2020-02-01T19:14"),
        ("1/2/20 12:14 AM", "2020-01-31T23:14"),
        ("Wed 1-1-2020 20.14", "2020-01-01T19:14"),
        ("1 mrt 2020 20:14", "2020-03-01T19:14"),
        ("March 1, 2020 8:14 pm", "2020-03-01T19:14"),
        ("1577909640", "2020-01-01T20:14"),
        ("1577909640000", "2020-01-01T20:14"),
        ("2020-01-01 24:00", "2020-01-01T23:00"),
        ("2020-03-29 02:30", "2020-03-29T01:30"),
        ("2020-10-25 02:30", "2020-10-25T00:30"),
    ],
)
def test_times_are_read(cell: str, utc: str) -> None:
    millis = Clock(Notation(), zone_of("Europe/Amsterdam")).read(cell)
    assert datetime.fromtimestamp(millis / 1000, UTC).isoformat().startswith(utc)


@pytest.mark.parametrize(
    "cell", ["31/02/2020", "1/13/2020", "10:00", "soon", "may be 123", "0001-01-01", "9" * 40, "99/99"]
)
def test_what_is_no_time_says_so(cell: str) -> None:
    with pytest.raises(ValueError, match=r"“|1970|date"):
        Clock(Notation(), zone_of("Europe/Amsterdam")).read(cell)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=70) | st.text("0123456789/-: .APMTZ+janfebmrt", max_size=40))
def test_any_cell_is_a_time_or_a_value_error(cell: str) -> None:
    try:
        Clock(Notation(), zone_of("Europe/Amsterdam")).read(cell)
    except ValueError as error:
        assert str(error)


def test_skipped_and_doubled_hours_are_counted() -> None:
    clock = Clock(Notation(), zone_of("Europe/Amsterdam"))
    for cell in ("2020-03-29 02:30", "2020-10-25 02:30", "2020-10-25 03:30"):
        clock.read(cell)
    assert (clock.skipped, clock.doubled) == (1, 1)


# -- guesses -----------------------------------------------------------------------------------------------------------

GUESSES: dict[str, dict[str, object]] = {
    "Datum;Tijd;Melding;Eenheid;Locatie\n31-12-2019;20:14;brand in container;Oog 2;Poort F\n": {
        "time": ["Datum", "Tijd"],
        "text": ["Melding"],
        "unit": "Eenheid",
        "place": ["Locatie"],
    },
    "case_id,opened,closed,type,description,lat,lon\n7,2020-01-01 10:00,2020-01-01 11:00,fire,a bin burns,52.1,4.3\n"
    "8,2020-01-01 10:05,,noise,loud music,52.2,4.3\n": {
        "time": ["opened"],
        "end": ["closed"],
        "category": "type",
        "text": ["description"],
        "latitude": "lat",
        "longitude": "lon",
        "key": ["case_id"],
    },
    "Incident Type,Location,Borough,Creation Date,Closed Date\nFire,1 Main St,North,10/29/16 12:13,\n"
    "Water,,South,1/2/16 1:13,1/2/16 3:00\n": {
        "time": ["Creation Date"],
        "end": ["Closed Date"],
        "category": "Incident Type",
        "place": ["Location", "Borough"],
        "key": [],
    },
    "a,b\n2020-01-01 10:00,something was seen near the gate\n": {"time": ["a"], "text": ["b"]},
}


@pytest.mark.parametrize("content", GUESSES)
def test_columns_are_guessed(tmp_path: Path, content: str) -> None:
    found = guess(open_rows(written(tmp_path, content)), Mapping(), "Europe/Amsterdam").columns
    assert {role: getattr(found, role) for role in GUESSES[content]} == GUESSES[content]


def test_codes_come_from_the_covenant_only(tmp_path: Path) -> None:
    text = (
        "time,text,unit,place,category,priority\n"
        "2020-01-01 10:00,a,oog 2,poort f,Brand,P 1\n2020-01-01 10:01,b,J. Doe,Gate Q,Strange Thing,low\n"
    )
    made = plan(COVENANT, written(tmp_path, text))
    first, second = made.entry(0), made.entry(1)
    assert (first.unit, first.place, first.category, first.priority) == ("Oog 2", "gate-f", "fire", "urgent")
    assert (second.unit, second.place, second.where, second.category) == ("", "", "Gate Q", "strange-thing")
    assert second.raw["unit"] == "J. Doe"
    assert any("unit" in one for one in made.notices)


def test_names_of_columns_are_taken_apart() -> None:
    assert {"pme", "time", "stamp", "timestamp"} <= set(words_of("pmeTimeStamp"))
    assert "callsign" in words_of("Call sign")
