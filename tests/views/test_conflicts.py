"""Conflicts in words: who had been first, as far as the reader may know."""

from typing import Any

from commandlog.log.desk import Desk
from commandlog.model.frames import Source
from commandlog.model.records import Assessed, Withdrawn, Words
from commandlog.verbs import saying, tasks
from commandlog.views import conflicts
from commandlog.views.moments import live
from commandlog.views.open_items import conflicts as open_conflicts
from tests.events import Clock

POLICE = Source(party="police")


def put(at: Desk, kind: Any, **fields: Any) -> Any:
    with at.writing():
        return at.append(kind, Words(), **fields)


def test_it_says_what_had_been_done_already_by_whom_and_when(venue: Desk, clock: Clock) -> None:
    task = tasks.propose(venue, "kijk", to_party="police")
    tasks.accept(venue, task.seq, source=POLICE)
    clock.tick(7)
    lost = put(venue, Withdrawn, task=task.id, expects=task.id)
    told = conflicts.said(venue.log, live(venue.log), lost.seq, "venue")
    assert told == "not applied: already accepted by Police at 18:00:00"
    (one,) = open_conflicts(venue.log, live(venue.log), "venue")
    assert (one.seq, one.entry, one.told, one.subject) == (lost.seq, task.seq, told, "tasks")
    assert conflicts.said(venue.log, live(venue.log), task.seq, "venue") == ""
    assert conflicts.met(venue.log, live(venue.log), task.seq) is None


def test_what_the_reader_may_not_read_is_not_told(venue: Desk, clock: Clock) -> None:
    report = saying.report(venue, "man filmt", category="suspicious")
    with venue.writing():
        venue.append(
            Assessed, Words(), entry=report.id, expects=report.id, disposition="observe", audience=("venue", "police")
        )
    clock.tick(7)
    lost = put(venue, Assessed, entry=report.id, expects=report.id, disposition="approach")
    moment = live(venue.log)
    assert "already" in conflicts.said(venue.log, moment, lost.seq, "police")
    assert conflicts.said(venue.log, moment, lost.seq, "baken") == "not applied: another was first at 18:00:00"
    saying.add_to(venue, report.seq, "politie kijkt")
    assert open_conflicts(venue.log, live(venue.log), "venue") == []
