"""Which columns are times, and what files do without dates: times of day, spans from a start, dates written once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from commandlog.intake.plan import Plan, plan
from commandlog.intake.planned import guess_in_words
from commandlog.intake.systems import distance
from commandlog.model.errors import RuleError
from tests.intake.imports import COVENANT, written


def planned(tmp_path: Path, content: str, mapping: str = "", name: str = "log.csv") -> Plan:
    stated = written(tmp_path, mapping, "m.toml") if mapping else None
    return plan(COVENANT, written(tmp_path, content, name), stated)


def times(made: Plan) -> list[str]:
    found = (datetime.fromtimestamp(made.entry(n).occurred / 1000, UTC) for n in range(len(made)))
    return [one.isoformat(timespec="seconds").removesuffix("+00:00") for one in found]


CLOCKS = "tijd;bericht\n23:50;a man at the gate\n23:58;he is gone\n00:03;all quiet again\n"


def test_times_of_day_need_a_date(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"\[time\] date") as caught:
        planned(tmp_path, CLOCKS)
    assert "\n" not in str(caught.value)
    made = planned(tmp_path, CLOCKS, '[time]\ndate = "2019-12-31"')
    assert times(made) == ["2019-12-31T22:50:00", "2019-12-31T22:58:00", "2019-12-31T23:03:00"]
    assert any("midnight" in one for one in guess_in_words(made))


def test_the_date_may_stand_in_the_heading_of_a_text(tmp_path: Path) -> None:
    text = "Datum: 31-12-2019\n20:14 P3: poort vol\n23:59 P1: begrepen\n00:01 P3: gelukkig nieuwjaar\n"
    made = planned(tmp_path, text, name="log.txt")
    assert times(made) == ["2019-12-31T19:14:00", "2019-12-31T22:59:00", "2019-12-31T23:01:00"]


def test_a_date_that_is_written_once_a_day(tmp_path: Path) -> None:
    text = "Datum;Tijd;Bericht\n31-12-2019;20:14;first one here\n;23:59;second one\n;00:05;third one\n;01:00;x\n"
    text += "2-1-2020;08:00;a new day\n;08:10;and on\n"
    made = planned(tmp_path, text)
    assert times(made)[:3] == ["2019-12-31T19:14:00", "2019-12-31T22:59:00", "2019-12-31T23:05:00"]
    assert times(made)[4:] == ["2020-01-02T07:00:00", "2020-01-02T07:10:00"]


def test_system_logs_have_no_year(tmp_path: Path) -> None:
    text = "stamp;text\nDec 31 23:59:59;one two\nJan  1 00:00:01;three four\n"
    with pytest.raises(RuleError, match=r"\[time\] date"):
        planned(tmp_path, text)
    made = planned(tmp_path, text, '[time]\ndate = "2019-12-31"')
    assert times(made) == ["2019-12-31T22:59:59", "2019-12-31T23:00:01"]


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("verstreken", ["-00:05", "00:12:30", "26:00:00"]),
        ("T", ["T-5 min", "T+00:12:30", "T+26:00"]),
        ("when", ["-0:05", "+0:12:30", "+26:00"]),
        ("elapsed (s)", ["-300", "750", "93600"]),
        ("elapsed time (s)", ["-300", "750", "93600", "43200", "50000", "60000", "70000"]),
        ("minuten sinds begin (min)", ["-5", "12.5", "1560"]),
        ("elapsed", ["-5 min", "750 s", "1d 2:00"]),
    ],
)
def test_spans_need_a_start(tmp_path: Path, column: str, cells: list[str]) -> None:
    text = f"{column};bericht\n" + "".join(f"{one};something was seen {n}\n" for n, one in enumerate(cells))
    with pytest.raises(RuleError, match=r"\[time\] start") as caught:
        planned(tmp_path, text)
    assert "\n" not in str(caught.value)
    made = planned(tmp_path, text, '[time]\nstart = "2020-01-01 20:00"')
    assert times(made)[:3] == ["2020-01-01T18:55:00", "2020-01-01T19:12:30", "2020-01-02T21:00:00"]


def test_bare_figures_count_minutes_where_nothing_says_otherwise(tmp_path: Path) -> None:
    text = "wanneer;bericht\n-5;something was seen\n12.5;it is gone\n"
    made = planned(tmp_path, text, '[columns]\ntime = "wanneer"\n[time]\nstart = "2020-01-01 20:00"')
    assert times(made) == ["2020-01-01T18:55:00", "2020-01-01T19:12:30"]


def test_a_start_that_is_no_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="start"):
        planned(tmp_path, "elapsed;text\n-00:05;a man\n", '[time]\nstart = "soon"')


def test_days_of_spreadsheets_count_where_the_name_says_so(tmp_path: Path) -> None:
    assert times(planned(tmp_path, "datum;bericht\n43831.84375;a man at the gate\n43832.5;he is gone\n")) == [
        "2020-01-01T19:15:00",
        "2020-01-02T11:00:00",
    ]
    with pytest.raises(RuleError, match="No column holds dates"):
        planned(tmp_path, "amount;bericht\n43831.84375;a man at the gate\n43832.5;he is gone\n")


def test_two_digit_years_first_are_told_over_the_column(tmp_path: Path) -> None:
    rows = "".join(f"20-01-{day:02} 20:14;row number {day}\n" for day in range(1, 20))
    assert times(planned(tmp_path, "tijd;bericht\n" + rows))[18] == "2020-01-19T19:14:00"


def test_the_zone_may_have_a_column(tmp_path: Path) -> None:
    text = "date;time;utc offset;text\n2020-01-01;20:14;+05:30;a man\n2020-01-01;20:14;-0500;a woman\n"
    assert times(planned(tmp_path, text)) == ["2020-01-01T14:44:00", "2020-01-02T01:14:00"]


def test_the_end_may_have_two_columns(tmp_path: Path) -> None:
    text = "start date;start time;end date;end time;text\n31-12-2019;23:50;1-1-2020;00:20;a man\n"
    made = planned(tmp_path, text)
    assert made.entry(0).end - made.entry(0).occurred == 30 * 60_000


def test_coordinates_in_metres_are_said(tmp_path: Path) -> None:
    text = "tijd;bericht;x;y\n1-1-2020 20:14;a man;155000;463000\n1-1-2020 20:15;two;155001;463000\n"
    text += "1-1-2020 20:15;no;0;0\n1-1-2020 20:16;x;1;2\n"
    made = planned(tmp_path, text)
    assert distance(made.entry(0).pin or (0.0, 0.0), (52.1552, 5.3872)) < 0.1
    assert made.entry(0).raw == {"x": "155000", "y": "463000"}
    assert (made.entry(2).pin, made.entry(3).pin) == (None, None)
    assert any("Dutch grid (RD)" in one for one in made.notices)
    other = planned(tmp_path, text.replace("15500", "95200").replace("463000", "62000"))
    assert other.entry(0).pin is None
    assert any("system" in one and "no pins" in one for one in other.notices)


def test_times_that_a_mapping_takes_out_of_the_text(tmp_path: Path) -> None:
    text = "regel\n[20:14] P3: poort vol\n[23:59] P1: begrepen\n[00:10] P3: leeg\n"
    mapping = "[[extract]]\nname = 'wanneer'\ncolumn = 'regel'\npattern = '(\\d\\d:\\d\\d)'\n"
    mapping = "[columns]\ntime = 'wanneer'\ntext = 'regel'\n[time]\ndate = '2020-01-01'\n" + mapping
    assert times(planned(tmp_path, text, mapping)) == [
        "2020-01-01T19:14:00",
        "2020-01-01T22:59:00",
        "2020-01-01T23:10:00",
    ]


@pytest.mark.parametrize("name", ["Zeit (UTC)", "created_utc", "TimestampGMT"])
def test_the_name_of_the_column_may_say_utc(tmp_path: Path, name: str) -> None:
    assert times(planned(tmp_path, f"{name};Text\n2020-01-01 20:14;a man near the gate\n")) == ["2020-01-01T20:14:00"]
    stated = planned(tmp_path, f"{name};Text\n2020-01-01 20:14;a man\n", 'timezone = "Europe/Amsterdam"')
    assert times(stated) == ["2020-01-01T19:14:00"]


def test_seconds_since_1970_by_their_name(tmp_path: Path) -> None:
    assert times(planned(tmp_path, "ts;msg\n1577909640000;a man\n1577909700000;gone\n"))[0] == "2020-01-01T20:14:00"


def test_coordinates_are_told_by_the_event_where_times_are_utc(tmp_path: Path) -> None:
    text = "tijd utc;bericht;x;y\n1-1-2020 20:14;a man;155000;463000\n"
    for mapping in ("", 'timezone = "UTC"'):
        made = planned(tmp_path, text, mapping)
        assert distance(made.entry(0).pin or (0.0, 0.0), (52.1552, 5.3872)) < 0.1
        assert times(made) == ["2020-01-01T20:14:00"]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (("2020-01-03", "2020-01-31 20:14", "2020-01-02"), "2 rows have a date and no time of day"),
        (("3-1-2020", "31-1-2020 20:14", "2-1-2020 21:00"), "1 row has a date and no time of day"),
        (("20200103", "20200131 2014", "20200102 2100"), "1 row has a date and no time of day"),
        (("3 januari 2020", "31 januari 2020 20:14", "2 januari 2020"), "2 rows have a date and no time of day"),
        (("2020-01-03T00:00:00", "2020-01-31T00:00:00", "2020-01-02"), "3 rows have a date and no time of day"),
        (("2020-01-03T00:00:00", "2020-01-31T20:14:00", "2020-01-02T00:00:00"), ""),
        (("2020-01-03 00:00", "2020-01-31 20:14", "2020-01-02 21:00"), ""),
    ],
)
def test_a_date_without_a_time_of_day_is_said(tmp_path: Path, cells: tuple[str, ...], told: str) -> None:
    made = planned(tmp_path, "".join(["time;text\n", *(f"{one};a man {n}\n" for n, one in enumerate(cells))]))
    assert len(made) == len(cells)
    said = [one for one in made.notices if "no time of day" in one]
    assert [one.partition(":")[0] for one in said] == [told] * bool(told)


def test_an_end_without_a_time_of_day_is_said(tmp_path: Path) -> None:
    made = planned(tmp_path, "start;end;text\n1-1-2020 20:14;2-1-2020;a man\n1-1-2020 21:14;1-1-2020 22:00;a bin\n")
    assert "1 end has a date and no time of day: it is taken as 00:00." in made.notices
