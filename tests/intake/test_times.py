"""Times as logs of ten languages write them, read back to the moment they were written of."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_datetime
from hypothesis import given
from hypothesis import strategies as st

from commandlog.intake.elapsed import HOUR, MINUTE, SECOND, is_signed, is_span, span, unit_of
from commandlog.intake.notations import Evidence, Notation, clock_parts, decide, is_date_only, is_time_only
from commandlog.intake.time_words import LANGUAGES, days, months, zone_of
from commandlog.intake.timestamps import Clock

AMSTERDAM = zone_of("Europe/Amsterdam")


def read(cell: str, order: str = "dmy", zone: ZoneInfo = AMSTERDAM) -> str:
    millis = Clock(Notation(order), zone).read(cell)
    return datetime.fromtimestamp(millis / 1000, UTC).isoformat()


@pytest.mark.parametrize(
    ("cells", "order", "ambiguous"),
    [
        (["10/29/16 12:13", "1/2/16 1:00"], "mdy", False),
        (["29/10/2016 12:13", "1/2/2016 1:00"], "dmy", False),
        (["01/02/2016 11:13 PM"], "mdy", False),
        (["01-02-2016 11:13"], "dmy", False),
        (["1.2.16 11:13"], "dmy", False),
        (["31/12/19 10:00", "32/01/01 10:00"], "ymd", False),
        (["20-01-01 20:14", "20-01-02 8:00"], "ymd", False),
        (["01-01-20 20:14", "02-01-20 8:00"], "dmy", False),
        (["31-12-19 20:14", "01-01-20 8:00"], "dmy", False),
        (["19-12-31 20:14", "20-01-01 8:00"], "ymd", False),
        (["20:14 12/31/19"], "mdy", False),
        (["Tue, 12/31/19 8:14 PM"], "mdy", False),
        ([f"{n:02}-01-20 10:00" for n in range(1, 32)], "dmy", False),
        ([f"20-01-{n:02} 10:00" for n in range(1, 32)], "ymd", False),
        (["01/02/2016 11:13"], "dmy", True),
        ([f"{month}/{day}/2016 10:00" for month in range(1, 13) for day in range(1, 13)], "mdy", True),
        ([f"{day}/{month}/2016 1:00 pm" for month in range(1, 13) for day in range(1, 13)], "dmy", True),
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
        ("2020-01-01T20:14:00.123Z", "2020-01-01T20:14:00.123"),
        ("2020-01-01T20:14+05:30", "2020-01-01T14:44"),
        ("20200101T201400", "2020-01-01T19:14"),
        ("202001012014", "2020-01-01T19:14"),
        ("20200101 201405", "2020-01-01T19:14:05"),
        ("20200101 20:14", "2020-01-01T19:14"),
        ("1/2/20 8:14 PM", "2020-02-01T19:14"),
        ("1/2/20 12:14 AM", "2020-01-31T23:14"),
        ("1/2/20 8.14 p.m.", "2020-02-01T19:14"),
        ("1/2/20 8:14 p. m.", "2020-02-01T19:14"),
        ("1/2/20 8:14\u202fPM", "2020-02-01T19:14"),
        ("1/2/20 8PM", "2020-02-01T19:00"),
        ("Wed 1-1-2020 20.14", "2020-01-01T19:14"),
        ("1 mrt 2020 20:14", "2020-03-01T19:14"),
        ("March 1, 2020 8:14 pm", "2020-03-01T19:14"),
        ("1-jan-20 20:14", "2020-01-01T19:14"),
        ("'20-01-01 20:14", "2020-01-01T19:14"),
        ("1-1-'20 20:14", "2020-01-01T19:14"),
        ("20:14 01-01-2020", "2020-01-01T19:14"),
        ("20:14:05, Wed 1 Jan 2020", "2020-01-01T19:14:05"),
        ("Wed Jan  1 20:14:05 2020", "2020-01-01T19:14:05"),
        ("Wed Jan  1 20:14:05 CET 2020", "2020-01-01T19:14:05"),
        ("01/Jan/2020:20:14:05 +0100", "2020-01-01T19:14:05"),
        ("Wed Jan 01 2020 20:14:05 GMT+0100 (Central European Standard Time)", "2020-01-01T19:14:05"),
        ("012014ZJAN20", "2020-01-01T20:14"),
        ("012014A JAN 2020", "2020-01-01T19:14"),
        ("012014JJAN20", "2020-01-01T19:14"),
        ("1 januari 2020 om 20u14", "2020-01-01T19:14"),
        ("1 januari 2020 20.14 uur", "2020-01-01T19:14"),
        ("mer. 1 janvier 2020 à 20 h 14", "2020-01-01T19:14"),
        ("mar. 3 mars 2020 20h14", "2020-03-03T19:14"),
        ("am Mittwoch, 1. Januar 2020 um 20 Uhr", "2020-01-01T19:00"),
        ("1. 1. 2020 20:14 Uhr", "2020-01-01T19:14"),
        ("miércoles 1 de enero de 2020 a las 20:14", "2020-01-01T19:14"),
        ("quarta-feira, 1 de janeiro de 2020 às 20h14min", "2020-01-01T19:14"),
        ("środa, 1 stycznia 2020 godz. 20:14", "2020-01-01T19:14"),
        ("1 января 2020 г. в 20:14", "2020-01-01T19:14"),
        ("середа, 1 січня 2020 р., 20:14", "2020-01-01T19:14"),
        ("2020年1月1日 20:14", "2020-01-01T19:14"),
        ("2020-01-01 20:14 +1", "2020-01-01T19:14"),
        ("2020-01-01 20:14 UTC+1", "2020-01-01T19:14"),
        ("2020-01-01 20:14 (UTC-05:00)", "2020-01-02T01:14"),
        ("2020-07-01 20:14 CEST", "2020-07-01T18:14"),
        ("2020-07-01 20:14 MESZ", "2020-07-01T18:14"),
        ("2020-01-01 20:14 America/New_York", "2020-01-02T01:14"),
        ("2020-01-01T20:14:05+01:00[Europe/Amsterdam]", "2020-01-01T19:14:05"),
        ("1577909640", "2020-01-01T20:14"),
        ("1577909640.5", "2020-01-01T20:14:00.5"),
        ("1577909640000", "2020-01-01T20:14"),
        ("1577909640123456", "2020-01-01T20:14:00.123"),
        ("43831.84375", "2020-01-01T19:15"),
        ("43831,5", "2020-01-01T11:00"),
        ("2020-01-01 24:00", "2020-01-01T23:00"),
        ("2020-01-01 23:59:60", "2020-01-01T23:00"),
        ("2020-03-29 02:30", "2020-03-29T01:30"),
        ("2020-10-25 02:30", "2020-10-25T00:30"),
        ("१-1-2020 10:00", "2020-01-01T09:00"),
    ],
)
def test_times_are_read(cell: str, utc: str) -> None:
    assert read(cell).startswith(utc)


def test_names_of_zones_count_where_they_mean_one_thing() -> None:
    assert read("2020-07-01 20:14 BST", zone=zone_of("Europe/London")).startswith("2020-07-01T19:14")
    assert read("2020-01-01 20:14 EST", zone=zone_of("America/New_York")).startswith("2020-01-02T01:14")
    for cell in ("2020-07-01 20:14 BST", "2020-01-01 20:14 EST"):
        with pytest.raises(ValueError, match="time zone"):
            read(cell)


@pytest.mark.parametrize(
    "cell",
    [
        *("31/02/2020", "1/13/2020", "10:00", "soon", "may be 123", "0001-01-01", "9" * 40, "99/99", "2020-13-01"),
        *("2020-01-01 25:00", "2020-01-01 20:61", "2020-01-01 13:00 PM", "1-1-2020 gate 12", "P3 1-1-2020"),
        *("1 foo 2020 20:14", "29-02-2021", "²0:14", "1-1-2020 20:14 Nowhere/City", "1-1-2020 20:00-20:15"),
    ],
)
def test_what_is_no_time_says_so(cell: str) -> None:
    with pytest.raises(ValueError, match=r"“|1970"):
        read(cell)


@given(
    st.text(max_size=70) | st.text("0123456789/-: .,'APMTZ+janfebmrtdiuhr°№½٣१", max_size=40),
    st.sampled_from(("", "clock", "elapsed")),
)
def test_any_cell_is_a_time_or_a_value_error(cell: str, kind: str) -> None:
    clock = Clock(Notation(kind=kind, day=date(2020, 1, 1), start=10**12, unit=1000), AMSTERDAM)
    for how in (clock.read, lambda one: clock.read_end(one, 10**12)):
        try:
            assert isinstance(how(cell), int)
        except ValueError as error:
            assert str(error)
    evidence = Evidence()
    evidence.add(cell)
    assert decide([evidence], "Europe/Amsterdam").order in ("dmy", "mdy", "ymd")
    assert is_time_only(cell) in (True, False)
    assert is_date_only(cell) in (True, False)


moments = st.integers(400 * 86_400, 36_000 * 86_400).map(
    lambda one: datetime.fromtimestamp(one, UTC).replace(tzinfo=None)
)


@given(moments, st.sampled_from(LANGUAGES))
def test_what_babel_writes_in_ten_languages_is_read_back(moment: datetime, language: str) -> None:
    order = "mdy" if language == "en" else "dmy"
    for pattern in (
        "medium",
        "EEEE d MMMM y HH:mm:ss",
        "E d MMM y, HH:mm:ss",
        "d. MMMM yyyy H:mm:ss",
        "HH:mm:ss d MMM yyyy",
    ):
        said = format_datetime(moment, pattern, locale=language)
        assert read(said, order, zone_of("UTC")) == f"{moment.isoformat()}+00:00", said
    said = format_datetime(moment, "short", locale=language)
    assert read(said, order, zone_of("UTC")) == f"{moment.replace(second=0).isoformat()}+00:00", said


@given(moments)
def test_what_strftime_writes_is_read_back(moment: datetime) -> None:
    for pattern in (
        *("%d-%m-%Y %H:%M:%S", "%Y%m%d %H%M%S", "%d.%m.%y %H.%M.%S", "%a %b %d %H:%M:%S %Y", "%d/%m/%Y, %I:%M:%S %p"),
        *("%A %d %B %Y %H:%M:%S", "%H:%M:%S %d-%m-%Y", "%Y-%m-%dT%H:%M:%SZ", "%d %b %y %H:%M:%S", "%Y/%m/%d %H:%M:%S"),
    ):
        said = moment.strftime(pattern)
        assert read(said, "dmy", zone_of("UTC")) == f"{moment.isoformat()}+00:00", said


def test_months_and_days_of_all_languages_are_known() -> None:
    assert {months()[one] for one in ("aout", "sierpnia", "серпень", "agosto", "augustus", "августа")} == {8}
    assert {"zaterdag", "samedi", "воскресенье", "środa".replace("ś", "s")} <= days()


def test_the_ends_of_the_calendar_are_no_times() -> None:
    clock = Clock(Notation(kind="clock", day=date(2020, 1, 1)), AMSTERDAM)
    for cell in ("31-12-9999 24:00", "1-1-0001 0:00", "0001-01-01T00:00+14:00", "31-12-9999 23:59 -12:00", "1-1-1200"):
        for how in (clock.read, lambda one: clock.read_end(one, 10**12)):
            with pytest.raises(ValueError, match=r"“|1970"):
                how(cell)
    assert clock.read("10:00") == Clock(Notation(), AMSTERDAM).read("2020-01-01 10:00")  # the day stands


def test_skipped_and_doubled_hours_are_counted() -> None:
    clock = Clock(Notation(), AMSTERDAM)
    for cell in ("2020-03-29 02:30", "2020-10-25 02:30", "2020-10-25 03:30"):
        clock.read(cell)
    assert (clock.skipped, clock.doubled) == (1, 1)


# -- times of day ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("20:14", (20, 14, 0, 0)),
        ("8:14 pm", (20, 14, 0, 0)),
        ("20h", (20, 0, 0, 0)),
        ("20u14", (20, 14, 0, 0)),
        ("20 h 14", (20, 14, 0, 0)),
        ("20.14 Uhr", (20, 14, 0, 0)),
        ("2014", (20, 14, 0, 0)),
        ("914", (9, 14, 0, 0)),
        ("20:14:05,5", (20, 14, 5, 500)),
        ("12", None),
        ("1.5 m", None),
        ("gate 4", None),
        ("20:00-20:15", None),
    ],
)
def test_times_of_day(cell: str, parts: tuple[int, ...] | None) -> None:
    assert clock_parts(cell) == parts


def on_days(cells: list[str], day: date | None = date(2020, 12, 31)) -> list[str]:
    clock = Clock(Notation(kind="clock", day=day), zone_of("UTC"))
    return [datetime.fromtimestamp(clock.read(one) / 1000, UTC).strftime("%m-%d %H:%M") for one in cells]


def test_times_of_day_go_on_past_midnight() -> None:
    cells = ["20:00", "23:58", "23:50", "00:03", "23:59", "00:05", "12:00", "11:00", "23:00", "04:00"]
    assert on_days(cells) == [
        *("12-31 20:00", "12-31 23:58", "12-31 23:50", "01-01 00:03", "12-31 23:59", "01-01 00:05", "01-01 12:00"),
        *("01-01 11:00", "01-01 23:00", "01-02 04:00"),
    ]


def test_a_cell_with_its_date_sets_the_day() -> None:
    cells = ["1-3-2021 20:00", "21:00", "00:10", "Jan  7 10:00:00"]
    assert on_days(cells, None) == ["03-01 20:00", "03-01 21:00", "03-02 00:10", "01-07 10:00"]
    with pytest.raises(ValueError, match="no date"):
        on_days(["21:00"], None)


def test_times_of_day_may_have_their_zone() -> None:
    clock = Clock(Notation(kind="clock", day=date(2020, 1, 1)), AMSTERDAM)
    for cell in ("20:14Z", "2014Z", "20:14 UTC", "21:14+01:00", "9:14 PM +0100"):
        assert clock.read(cell) == 1_577_909_640_000


def test_times_without_a_year_get_that_of_the_day_before() -> None:
    clock = Clock(Notation(kind="clock", day=date(2020, 12, 31)), zone_of("UTC"))
    years = [datetime.fromtimestamp(clock.read(one) / 1000, UTC).year for one in ("Dec 31 23:59:59", "Jan  1 00:00:01")]
    assert years == [2020, 2021]


@given(st.lists(st.integers(0, 5 * 3_600), min_size=1, max_size=30))
def test_a_log_without_late_entries_never_goes_back(steps: list[int]) -> None:
    moment, moments = datetime(2020, 12, 31, 12, tzinfo=UTC), []
    for step in steps:
        moment += timedelta(seconds=step)
        moments.append(moment)
    clock = Clock(Notation(kind="clock", day=date(2020, 12, 31)), zone_of("UTC"))
    assert [clock.read(one.strftime("%H:%M:%S")) // 1000 for one in moments] == [
        int(one.timestamp()) for one in moments
    ]


def test_an_end_that_is_a_time_of_day_is_of_that_day_or_the_next() -> None:
    clock = Clock(Notation(), AMSTERDAM)
    begun = clock.read("31-12-2020 23:30")
    assert clock.read_end("23:45", begun) - begun == 15 * MINUTE
    assert clock.read_end("00:15", begun) - begun == 45 * MINUTE
    assert clock.read_end("1-1-2021 1:30", begun) - begun == 2 * HOUR


# -- spans -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "length"),
    [
        ("00:12:30", 12 * MINUTE + 30 * SECOND),
        ("-00:05", -5 * MINUTE),
        ("−0:05", -5 * MINUTE),
        ("T+01:02:03", HOUR + 2 * MINUTE + 3 * SECOND),
        ("T-5 min", -5 * MINUTE),
        ("+95 s", 95 * SECOND),
        ("1d 02:03", 26 * HOUR + 3 * MINUTE),
        ("1 dag 02:03", 26 * HOUR + 3 * MINUTE),
        ("26:15:00", 26 * HOUR + 15 * MINUTE),
        ("1 u 30 min", HOUR + 30 * MINUTE),
        ("1h30m", HOUR + 30 * MINUTE),
        ("2 часа 5 минут", 2 * HOUR + 5 * MINUTE),
        ("PT12M30S", 12 * MINUTE + 30 * SECOND),
        ("1,5 uur", HOUR + 30 * MINUTE),
        ("0:00:01.25", 1_250),
    ],
)
def test_spans_are_read(cell: str, length: int) -> None:
    assert span(cell) == length


def test_a_bare_figure_is_a_span_where_the_column_names_the_unit() -> None:
    assert unit_of("Duration (min)") == unit_of("duur minuten") == MINUTE
    assert unit_of("elapsed_seconds") == SECOND
    assert unit_of("durationHours") == HOUR
    assert unit_of("duration") == 0
    assert span("12.5", MINUTE) == 12 * MINUTE + 30 * SECOND
    assert span("12:30", SECOND) == 12 * MINUTE + 30 * SECOND
    assert not is_span("12.5")
    assert is_signed("+00:05")
    assert not is_signed("00:05")


@given(st.text(max_size=40) | st.text("0123456789:+-T dhms.,PТчас", max_size=30))
def test_any_cell_is_a_span_or_a_value_error(cell: str) -> None:
    for unit in (0, SECOND):
        try:
            assert isinstance(span(cell, unit), int)
        except ValueError as error:
            assert str(error)


@given(st.integers(-90 * HOUR, 90 * HOUR))
def test_spans_are_read_back(length: int) -> None:
    whole = length // SECOND * SECOND
    seconds = abs(whole) // SECOND
    said = f"{'-' if whole < 0 else '+'}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    assert span(said) == span(f"T{said}") == whole
