"""A log is closed when nothing is open, or what is open rolls over; afterwards it takes only what completes it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from commandlog.intake.importing import plan_import
from commandlog.log.desk import Desk
from commandlog.log.verify import verify
from commandlog.model.errors import RuleError
from commandlog.model.frames import Source
from commandlog.model.keeping import Closed
from commandlog.model.records import DecisionWords
from commandlog.verbs import assessing, closing, events, incidents, levels, saying, tasks, withholding
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.lines import Line
from commandlog.views.moments import Moment, live
from commandlog.views.open_items import open_items
from tests.events import Clock


def lines(desk: Desk, moment: Moment | None = None) -> list[Line]:
    return list(timeline.whole(desk.log, moment or live(desk.log), Filter(system=True)))


def test_a_log_with_nothing_open_is_closed_by_one_party_alone(venue: Desk) -> None:
    saying.note(venue, "rustig")
    made = closing.close(venue, text="einde inzet")
    assert made.frame == Closed(
        by=made.frame.by,
        number=made.frame.number,
        logged_at=made.frame.logged_at,
        occurred_at=made.frame.occurred_at,
        covenant=made.frame.covenant,
    )
    assert lines(venue)[-1].text == "log closed by Stadion De Dijk: einde inzet"
    assert verify(venue.log.path, deep=True).holds


def test_two_parties_close_and_both_are_named(venue: Desk, police: Desk) -> None:
    saying.note(police, "akkoord")
    closing.close(venue, and_party="police")
    assert lines(venue)[-1].text == "log closed by Stadion De Dijk · Police"
    assert venue.log.db.execute("SELECT party, and_party FROM closings").fetchall() == [("venue", "police")]


def test_a_second_party_is_one_of_the_covenant_and_another_one(venue: Desk) -> None:
    with pytest.raises(RuleError, match="no party"):
        closing.close(venue, and_party="nobody")
    with pytest.raises(RuleError, match="another one"):
        closing.close(venue, and_party="venue")
    with pytest.raises(RuleError, match="another one"):
        closing.close(venue, and_party="police", source=Source(party="police"))
    saying.note(venue, "nog open")


def test_who_was_heard_is_whose_words_are_there(venue: Desk, police: Desk) -> None:
    assert closing.parties_heard(venue.log) == ()
    saying.note(venue, "van ons", source=Source(party="aid"))
    saying.note(police, "van hen")
    assert closing.parties_heard(venue.log) == ("police", "aid")


OPEN: dict[str, Callable[[Desk, Desk], object]] = {
    "a report": lambda v, p: saying.report(v, "x"),
    "an assessment without feedback": lambda v, p: assessing.assess(v, saying.report(v, "x").seq, "observe"),
    "a task": lambda v, p: tasks.propose(v, "x", to_party="police"),
    "an agreement to affirm": lambda v, p: tasks.done(
        p, tasks.propose(v, "x", to_party="police", orally=True).seq, told=True
    ),
    "an incident": lambda v, p: incidents.open_incident(v, "Tas"),
    "a level": lambda v, p: levels.set_level(v, "venue", "orange", told=("police",)),
}


@pytest.mark.parametrize("what", OPEN)
def test_what_is_open_gets_an_outcome_or_rolls_over(venue: Desk, police: Desk, what: str) -> None:
    OPEN[what](venue, police)
    before = venue.log.head.seq
    with pytest.raises(closing.StillOpen, match="--roll-over") as refused:
        closing.close(venue)
    assert refused.value.items == open_items(venue.log, live(venue.log))
    assert closing.number(refused.value.items) == 1
    assert str(refused.value).startswith("1 ")
    assert venue.log.refresh() == before
    closing.close(venue, roll_over=True)
    with pytest.raises(RuleError, match="closed"):
        saying.note(venue, "nog iets")


def test_a_closed_log_takes_only_what_completes_it(venue: Desk, police: Desk, clock: Clock) -> None:
    report = saying.report(venue, "tas", audience=("venue",)).seq
    task = tasks.propose(venue, "ga kijken", to_party="police").seq
    incident = incidents.open_incident(venue, "Tas").seq
    closing.close(venue, roll_over=True)
    clock.tick(3600)
    refused: list[Callable[[], object]] = [
        lambda: closing.close(venue),
        lambda: saying.report(venue, "x"),
        lambda: saying.observe(venue, "x"),
        lambda: saying.note(venue, "x"),
        lambda: saying.message(venue, "x", to_party="police"),
        lambda: saying.decide(venue, DecisionWords(decision="x")),
        lambda: assessing.assess(venue, report, "observe"),
        lambda: tasks.propose(venue, "x", to_party="police"),
        lambda: tasks.accept(police, task),
        lambda: tasks.withdraw(venue, task),
        lambda: tasks.hand_over(venue, task, to_party="baken"),
        lambda: incidents.open_incident(venue, "x"),
        lambda: incidents.link(venue, report, incident),
        lambda: incidents.close_incident(venue, incident),
        lambda: levels.set_level(venue, "venue", "orange"),
        lambda: levels.set_phase(venue, "show"),
    ]
    last = venue.log.head.seq
    for verb in refused:
        with pytest.raises(RuleError) as told:
            verb()
        assert str(told.value) == (
            "This log was closed on 2026-06-27 18:00: add to one of its entries (`add`), or `continue` it in a new log."
        )
    assert venue.log.refresh() == last
    saying.add_to(venue, report, "was van een gast")
    saying.correct(venue, report, "rode tas", reason="verstaan")
    withholding.release(venue, (report,), "police", "art. 19 Wpg")
    events.sign_in(venue, "Marloes")
    events.sign_out(venue)
    assert venue.log.refresh() == last + 5
    assert verify(venue.log.path, deep=True).holds


def test_what_comes_later_is_marked_as_later(venue: Desk, clock: Clock) -> None:
    first, second = saying.note(venue, "een").seq, saying.note(venue, "twee").seq
    closed = closing.close(venue).seq
    clock.tick()
    added = saying.add_to(venue, first, "nog iets").seq
    saying.correct(venue, second, "twee, en drie")
    later = {line.entry: line.later for line in lines(venue)}
    assert later == {1: False, 2: False, 3: False, first: False, second: True, closed: False, added: True}
    then = {line.entry: line.later for line in lines(venue, Moment(closed, clock.now))}
    assert not any(then.values())


def test_an_import_into_a_closed_log_is_refused_before_anything_is_read(venue: Desk, tmp_path: Path) -> None:
    closing.close(venue)
    with pytest.raises(RuleError, match="closed on"):
        plan_import(venue, tmp_path / "there is no such file.csv")


def test_a_desk_that_did_not_see_the_closing_is_told(venue: Desk, police: Desk) -> None:
    saying.note(police, "ik weet van niets")
    closing.close(venue)
    with pytest.raises(RuleError, match="closed on"):
        saying.note(police, "nog steeds niet")
