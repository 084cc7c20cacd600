"""Pages, filters and moments of the timeline."""

import pytest
from msgspec.structs import replace

from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.frames import Source
from commandlog.verbs import saying, tasks
from commandlog.views import counts, moments, timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment, live
from tests.events import START, Clock

OOG = Source("baken", "Oog 2", "profiler", "3")


def texts(desk: Desk, wanted: Filter, moment: Moment | None = None) -> list[str]:
    moment = moment or live(desk.log)
    whole = [line.text for line in timeline.whole(desk.log, moment, wanted)]
    paged: list[str] = []
    before = None
    while True:
        page = timeline.page(desk.log, moment, wanted, limit=2, before=before)
        paged = [line.text for line in page.lines] + paged
        if page.before is None:
            assert paged == whole
            return whole
        before = page.before


@pytest.fixture
def evening(venue: Desk, clock: Clock) -> Desk:
    saying.report(venue, "a", source=OOG, place="gate-f", category="suspicious", priority="urgent")
    clock.tick()
    saying.note(venue, "b", place="block-112", category="medical", audience=("venue", "aid"))
    clock.tick()
    saying.note(venue, "c", occurred_at=START - 60_000)  # happened before all others
    clock.tick()
    saying.note(venue, "d", occurred_at=START + 86_400_000)  # announced for tomorrow
    clock.tick()
    tasks.propose(venue, "e", to_party="police", place="gate-f")
    return venue


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), "cabed"),
        (Filter(party="baken"), "a"),
        (Filter(unit="Oog 2"), "a"),
        (Filter(role="profiler"), "a"),
        (Filter(place="gate-f"), "ae"),
        (Filter(category="medical"), "b"),
        (Filter(kind="note"), "cbd"),
        (Filter(priority="urgent"), "a"),
        (Filter(priority="routine"), ""),
        (Filter(priority="nonsense"), ""),
        (Filter(state="received"), "a"),
        (Filter(state="proposed"), "e"),
        (Filter(state="nonsense"), ""),
        (Filter(since=START, until=START + 120_000), "ab"),
        (Filter(reader="police"), "caed"),
        (Filter(reader="aid"), "cabed"),
        (Filter(place="gate-f", kind="report"), "a"),
        (Filter(party="nobody"), ""),
    ],
)
def test_filters(evening: Desk, wanted: Filter, found: str) -> None:
    shown = [text if len(text) == 1 else "e" for text in texts(evening, wanted)]
    assert "".join(shown) == found


def test_what_the_program_wrote_of_itself_is_shown_on_demand(evening: Desk) -> None:
    kinds = {line.kind for line in timeline.whole(evening.log, live(evening.log), Filter(system=True))}
    assert {"opened", "covenant", "desk_opened"} <= kinds


def test_a_moment_by_position_time_or_date(evening: Desk) -> None:
    log = evening.log
    assert moments.earlier(log, "5").position == 5
    assert moments.earlier(log, "18:01").position == 5  # 18:00 in Amsterdam is START; 18:01 has the second entry
    assert moments.earlier(log, "2026-06-27T16:00:30Z").position == 4
    assert moments.earlier(log, "2026-06-27 18:00").position == 4
    assert texts(evening, Filter(), moments.earlier(log, "18:01")) == ["a", "b"]
    assert moments.clock_of(log, "06-07-2026 21.14", end=False) == moments.clock_of(log, "2026-07-06T21:14", end=False)
    for wrong in ("5x", "sat", "1-2", "0", "999", "99:99", "gisteren", "", "\x00", "9" * 40, "2026-13-01"):
        with pytest.raises(RuleError):
            moments.earlier(log, wrong)
    with pytest.raises(RuleError, match="begins at"):
        moments.earlier(log, "2020-01-01")


def test_a_time_without_a_date_is_the_last_that_the_log_has_seen(venue: Desk, clock: Clock) -> None:
    saying.note(venue, "avond")
    clock.tick(14 * 3600)  # 08:00 the next morning
    saying.note(venue, "ochtend")
    assert texts(venue, Filter(), moments.earlier(venue.log, "21:14")) == ["avond"]
    assert texts(venue, Filter(), moments.earlier(venue.log, "08:00")) == ["avond", "ochtend"]


def test_totals(evening: Desk) -> None:
    found = counts.counts(evening.log, live(evening.log), Filter())
    assert found.entries == 5
    assert found.by_kind == {"note": 3, "proposed": 1, "report": 1}
    assert found.by_place == {"gate-f": 2, "block-112": 1}
    assert found.by_priority == {"urgent": 1}
    assert found.tasks_by_state == {"proposed": 1}
    assert list(found.by_hour.values()) == [1, 3, 1]
    assert counts.number(evening.log, live(evening.log), Filter(reader="police")) == 4


def test_what_a_reader_may_not_read_is_there_when_it_is_asked_for_and_says_nothing(evening: Desk) -> None:
    everything = Filter(reader="police", sealed=True)
    (line,) = [one for one in timeline.whole(evening.log, live(evening.log), everything) if one.kind == "sealed"]
    assert (line.party, line.reference, line.text) == ("venue", "V1", "[sealed: ask Stadion De Dijk, desk V1]")
    assert (line.category, line.place, line.audience, line.words, line.frame, line.struck) == (
        "",
        "",
        (),
        None,
        None,
        (),
    )
    hidden = [one.text for one in timeline.whole(evening.log, live(evening.log), Filter(reader="police"))]
    assert "b" not in "".join(hidden)
    assert not any("sealed" in one for one in hidden)
    for narrow in (Filter(category="medical"), Filter(search="b"), Filter(search="sealed"), Filter(kind="note")):
        wanted = replace(narrow, reader="police", sealed=True)
        assert [one for one in timeline.whole(evening.log, live(evening.log), wanted) if one.kind == "sealed"] == []
