"""A report that the log it came from says is over: closed without an assessment here, once, and said as it is."""

import pytest

from commandlog.log.derived import reports
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.records import DecisionWords
from commandlog.verbs.ending import end
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
