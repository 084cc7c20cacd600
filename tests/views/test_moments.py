"""Which moment a bare clock time means: that of the evening that people wrote of, however old the log is."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.log.derived.table import id_at
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.keeping import Exported
from commandlog.model.records import Words
from commandlog.verbs import saying
from commandlog.views import moments
from tests.events import START, Clock

ZONE = ZoneInfo("Europe/Amsterdam")
DAY = 86_400_000


def at(text: str) -> int:
    """Return a local time ("27 21:14", of June 2026) in milliseconds UTC."""
    day, clock = text.split()
    found = datetime.fromisoformat(f"2026-06-01T{clock}").replace(tzinfo=ZONE) + timedelta(days=int(day) - 1)
    return round(found.timestamp() * 1000)


def wrote(desk: Desk, clock: Clock, *times: str) -> None:
    for time in times:
        clock.now = at(time)
        saying.note(desk, time)


def exported(desk: Desk) -> None:
    upto = id_at(desk.log.db, desk.log.head.seq)
    with desk.writing():
        desk.append(Exported, Words(title="a.pdf"), form="pdf", file=bytes(32), upto=upto)


EVENING = ("27 18:30", "27 21:00", "27 23:40", "28 00:24")


@pytest.mark.parametrize(
    ("written", "now", "asked", "meant"),
    [
        (EVENING, "28 00:30", "21:14", "27 21:14"),
        (EVENING, "28 00:30", "00:10", "28 00:10"),
        (EVENING, "28 00:30", "23:59", "27 23:59"),
        (EVENING, "150 11:00", "21:14", "27 21:14"),  # months later, an export of today in the log
        (EVENING, "150 11:00", "00:10", "28 00:10"),
        (EVENING, "150 11:00", "10:30", "27 10:30"),
        ((*EVENING, "28 09:08"), "150 11:00", "21:14", "27 21:14"),  # and what was done the morning after
        ((*EVENING, "28 09:08"), "150 11:00", "09:00", "28 09:00"),
        ((*EVENING, "28 09:08", "150 10:00"), "150 11:00", "21:14", "27 21:14"),  # somebody added to it today
        ((*EVENING, "28 09:08", "150 10:00"), "150 11:00", "10:30", "150 10:30"),
        (("27 18:30", "27 23:50"), "150 11:00", "00:30", "28 00:30"),
        (("27 18:30", "27 21:00", "28 20:10", "28 21:20"), "28 21:23", "21:15", "28 21:15"),  # it is going on
        (("27 18:30", "27 21:00", "28 20:10", "28 21:20"), "28 21:23", "21:30", "28 21:30"),
        (("27 18:30", "27 23:00", "28 20:10", "28 21:20"), "28 21:23", "22:50", "27 22:50"),
        (("27 18:30",), "27 18:40", "23:00", "27 23:00"),
    ],
)
def test_a_bare_time_is_of_the_evening_that_people_wrote_of(
    venue: Desk, clock: Clock, written: tuple[str, ...], now: str, asked: str, meant: str
) -> None:
    wrote(venue, clock, *written)
    clock.now = at(now)
    exported(venue)
    assert moments.clock_of(venue.log, asked, end=False) == at(meant)
    assert moments.clock_of(venue.log, asked) == at(meant) + 59_999


@pytest.mark.parametrize(
    ("since", "until", "begin", "end"),
    [
        ("21:00", "22:00", "27 21:00", "27 22:00"),
        ("23:30", "00:10", "27 23:30", "28 00:10"),
        ("00:05", "00:20", "28 00:05", "28 00:20"),
        ("27-6 21:00", "00:30", "27 21:00", "28 00:30"),
        ("21:00", "28-06-2026 00:30", "27 21:00", "28 00:30"),
        ("27 juni 21:00", "27 June 22:00", "27 21:00", "27 22:00"),
    ],
)
def test_a_range_may_end_past_midnight(venue: Desk, clock: Clock, since: str, until: str, begin: str, end: str) -> None:
    wrote(venue, clock, *EVENING)
    clock.now = at("150 11:00")
    exported(venue)
    assert moments.span_of(venue.log, since, until) == (at(begin), at(end))
    assert moments.span_of(venue.log, since, "") == (moments.clock_of(venue.log, since, end=False), 0)
    assert moments.span_of(venue.log, "", "") == (0, 0)


def test_a_date_needs_no_year(venue: Desk, clock: Clock) -> None:
    wrote(venue, clock, *EVENING)
    for text in ("27-6 21:14", "27/06 21.14", "27 juni 21u14", "27 June 21:14", "27 jun. 21:14"):
        assert moments.clock_of(venue.log, text, end=False) == at("27 21:14"), text
    assert moments.clock_of(venue.log, "31 december 21:14", end=False) < at("27 21:14")
    for wrong in ("31-6 21:14", "27 foo 21:14", "27 21:14", "0-6 21:14", "27-13 21:14", "29 feb 21:14"):
        with pytest.raises(RuleError):
            moments.clock_of(venue.log, wrong)


@given(
    hours=st.lists(st.integers(0, 23), min_size=1, max_size=6),
    asked=st.integers(0, 1439),
    later=st.integers(0, 200),
)
def test_a_bare_time_has_that_hour_and_a_day_of_the_log(
    hours: list[int], asked: int, later: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from commandlog.verbs.events import open_event
    from tests.events import concert

    folder, clock = tmp_path_factory.mktemp("log"), Clock()
    desk = open_event(folder / "a.clog", concert(), folder / "settings", clock=clock)
    with desk.log:
        for hour in hours:
            clock.tick(3600 * hour)
            saying.note(desk, "a")
        last = clock.now
        clock.tick(86_400 * later)
        exported(desk)
        text = f"{asked // 60:02}:{asked % 60:02}"
        found = moments.clock_of(desk.log, text, end=False)
        shown = datetime.fromtimestamp(found / 1000, ZONE)
        assert f"{shown:%H:%M}" == text
        assert START - DAY < found < last + DAY
        begin, end = moments.span_of(desk.log, text, "12:00")
        assert 0 < end - begin <= DAY + 3_600_000
