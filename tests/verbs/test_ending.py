"""A report that the log it came from says is over: closed without an assessment here, once, and said as it is."""

import pytest
from msgspec.structs import replace

from commandlog.log.derived import reports
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.records import DecisionWords
from commandlog.verbs.context import About
from commandlog.verbs.ending import end, end_at_once
from commandlog.verbs.incidents import close_incident, link, open_incident
from commandlog.verbs.saying import decide, report


def test_a_settled_report_is_closed_at_its_end(venue: Desk) -> None:
    made = report(venue, "a bin burns", settled=True, occurred_at=venue.now - 600_000, audience=("police",))
    closed = end(venue, made.seq, "out", occurred_at=venue.now - 60_000, origin="import:1")
    state = reports.current(venue.log.db, made.seq)
    assert state is not None
    assert (state.state, state.closed) == ("closed", closed.frame.occurred_at)
    assert closed.frame.settled
    assert set(closed.frame.audience) == set(made.frame.audience)
    assert end(venue, made.seq, "out", origin="import:1") == closed
    with pytest.raises(RuleError, match="closed already"):
        end(venue, made.seq)


def test_a_report_that_waits_is_closed_without_an_assessment(venue: Desk) -> None:
    made = report(venue, "a bin burns")
    end(venue, made.seq)
    state = reports.current(venue.log.db, made.seq)
    assert state is not None
    assert (state.state, state.disposition) == ("closed", "")


@pytest.mark.parametrize("settled", [True, False])
def test_what_is_closed_as_it_is_written_says_what_it_would_say_later(venue: Desk, settled: bool) -> None:
    """An import of closed rows writes no other records than one that looks each of them up."""
    about: About = {"occurred_at": venue.now - 600_000, "category": "fire", "place": "gate-f", "audience": ("police",)}
    over: About = {"occurred_at": venue.now - 60_000}
    said = []
    for at_once in (False, True):
        with venue.writing():
            made = report(venue, "a bin burns", settled=settled, **about)
            closed = end_at_once(venue, made, **over) if at_once else end(venue, made.seq, **over)
        state = reports.current(venue.log.db, made.seq)
        assert state is not None
        assert closed.frame.entry == made.id
        assert closed.frame.expects == (b"" if settled else made.id)
        same = replace(closed.frame, number=0, entry=b"", expects=b"", logged_at=0)
        said.append((same, closed.words, state._replace(since=0, entry=0)))
    assert said[0] == said[1]
    assert not venue.log.db.execute("SELECT 1 FROM conflicts").fetchall()


def test_a_decision_is_no_report(venue: Desk) -> None:
    with pytest.raises(RuleError, match="no report"):
        end(venue, decide(venue, DecisionWords(decision="clear block 118")).seq)


def test_what_belongs_to_a_closed_incident_is_linked_late_only_when_that_is_said(venue: Desk) -> None:
    incident = open_incident(venue, "Fire")
    close_incident(venue, incident.seq)
    made = report(venue, "smoke")
    with pytest.raises(RuleError, match="closed"):
        link(venue, made.seq, incident.seq)
    link(venue, made.seq, incident.seq, late=True)
    assert venue.log.db.execute("SELECT incident FROM links WHERE entry = ?", (made.seq,)).fetchone()[0] == incident.seq
