"""What goes on at each place, as far as a reader may know it."""

import pytest

from commandlog.log.desk import Desk
from commandlog.model.frames import Source
from commandlog.verbs import assessing, counting, saying, tasks, withholding
from commandlog.views import places
from commandlog.views.moments import live
from commandlog.views.places import PlaceTotals
from tests.events import Clock

CODES = ["gate-f", "block-112"]


def totals(desk: Desk, reader: str = "") -> dict[str, PlaceTotals]:
    return places.totals(desk.log, live(desk.log), CODES, reader)


def text(one: PlaceTotals) -> str:
    return one.latest.text if one.latest else ""


def test_entries_count_for_half_an_hour_and_the_latest_one_stays(venue: Desk, clock: Clock) -> None:
    saying.note(venue, "hek scheef", place="gate-f")
    clock.tick(60)
    saying.note(venue, "hek recht", place="gate-f")
    saying.note(venue, "nergens")
    found = totals(venue)["gate-f"]
    assert (found.entries, text(found)) == (2, "hek recht")
    assert totals(venue)["block-112"] == PlaceTotals("block-112")
    clock.tick(31 * 60)
    found = totals(venue)["gate-f"]
    assert (found.entries, text(found)) == (0, "hek recht")


def test_what_is_open_is_counted_where_it_now_is(venue: Desk, clock: Clock) -> None:
    report = saying.report(venue, "man met camera", place="gate-f")
    assert totals(venue)["gate-f"].to_assess == 1
    saying.correct(venue, report.seq, "man met camera, bij vak 112", place="block-112")
    assert [totals(venue)[code].to_assess for code in CODES] == [0, 1]
    assessing.assess(venue, report.seq, "observe")
    assert totals(venue)["block-112"].open == 0


def test_tasks_are_open_until_they_are_confirmed_and_late_by_the_clock(venue: Desk, clock: Clock) -> None:
    task = tasks.propose(venue, "kijk even", to_party="police", place="gate-f", answer_by=clock.now + 60_000)
    assert (totals(venue)["gate-f"].tasks, totals(venue)["gate-f"].late) == (1, 0)
    clock.tick(61)
    assert (totals(venue)["gate-f"].tasks, totals(venue)["gate-f"].late) == (1, 1)
    source = Source(party="police")
    tasks.accept(venue, task.seq, source=source)
    tasks.done(venue, task.seq, source=source)
    tasks.confirm(venue, task.seq)
    assert totals(venue)["gate-f"].open == 0
    assert "kijk even" in text(totals(venue)["gate-f"])


def test_a_reader_is_told_of_nothing_that_it_may_not_read(venue: Desk) -> None:
    saying.report(venue, "voor iedereen", place="gate-f")
    secret = saying.report(venue, "alleen politie", place="gate-f", audience=("police",), pin=(52.0, 5.0))
    assert totals(venue, "baken")["gate-f"].to_assess == 1
    assert text(totals(venue, "baken")["gate-f"]) == "voor iedereen"
    assert totals(venue, "police")["gate-f"].to_assess == 2
    moment = live(venue.log)
    assert places.pins(venue.log, moment, "baken") == []
    assert [pin.at for pin in places.pins(venue.log, moment, "police")] == [(52.0, 5.0)]
    withholding.recall(venue, (secret.seq,), ("police",), "vergissing")
    assert totals(venue, "police")["gate-f"].entries == 1


def test_a_count_is_an_entry_of_its_place(venue: Desk) -> None:
    counting.count(venue, 70, measure="percent", place="gate-f")
    assert totals(venue)["gate-f"].entries == 1


@pytest.mark.parametrize("code", ["gate-g", "x' OR 1=1 --"])
def test_places_that_are_not_there_have_nothing(venue: Desk, code: str) -> None:
    assert places.totals(venue.log, live(venue.log), [code]) == {code: PlaceTotals(code)}
