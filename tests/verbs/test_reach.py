"""Whom words reach: everybody concerned, and nobody else; and what a repeat, a circle or a torn verb leaves."""

from collections.abc import Callable

import pytest

from commandlog.log import derived
from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.rebuild import Stored, rebase, stored, take
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import OutsideMandate, RuleError
from commandlog.model.frames import Source
from commandlog.model.records import Note, Words
from commandlog.verbs import assessing, incidents, levels, marking, saying, tasks, withholding
from commandlog.views import board, counts, open_items, timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment, live
from tests.events import Clock

OOG = Source("baken", "Oog 2", "profiler", "3")


def seen(desk: Desk, party: str, **wanted: object) -> list[str]:
    lines = timeline.whole(desk.log, live(desk.log), Filter(reader=party, system=True, **wanted))  # type: ignore[arg-type]
    return [line.text for line in lines if line.kind not in ("opened", "covenant", "desk_opened")]


def test_writer_reporter_and_addressee_are_part_of_every_audience(venue: Desk) -> None:
    made = saying.report(venue, "man filmt", source=OOG, audience=("police",))
    assert set(made.frame.audience) == {"police", "venue", "baken"}
    told = saying.message(venue, "kom naar vak 112", to_party="aid", audience=("police",))
    assert set(told.frame.audience) == {"police", "venue", "aid"}


def test_what_is_said_of_a_task_reaches_its_new_holder(venue: Desk, police: Desk) -> None:
    task = tasks.propose(venue, "kijk mee", to_party="police", audience=("venue",)).seq
    tasks.hand_over(police, task, to_party="baken")
    saying.add_to(venue, task, "hij is gewapend")
    saying.correct(venue, task, "kijk mee, op afstand")
    assert "hij is gewapend" in seen(venue, "baken")
    (line,) = board.tasks(venue.log, live(venue.log), reader="baken")
    assert line.text == "kijk mee, op afstand"
    assert seen(venue, "aid") == []


def test_an_incident_tells_nobody_what_its_entries_do_not(venue: Desk) -> None:
    secret = saying.note(venue, "informant", audience=("venue", "police"))
    made = incidents.open_incident(venue, "Informant Jansen", entries=(secret.seq,))
    incidents.close_incident(venue, made.seq, text="dader aangehouden")
    assert seen(venue, "aid") == []
    assert len(seen(venue, "police")) == 4


def test_a_release_and_a_disposition_concern_those_who_may_read_the_entry(venue: Desk) -> None:
    secret = saying.note(venue, "kenteken", audience=("venue", "police"))
    withholding.release(venue, (secret.seq,), "baken", "art. 19 Wpg")
    assert seen(venue, "aid") == []
    assert len(seen(venue, "baken")) == 2
    public = saying.report(venue, "man filmt", source=OOG)
    assessing.assess(venue, public.seq, "false_alarm", audience=("venue",))
    line = timeline.entry(venue.log, live(venue.log), public.seq, "aid")
    assert line
    assert (line.state, line.disposition) == ("", "")
    assert counts.counts(venue.log, live(venue.log), Filter(reader="aid")).by_disposition == {}
    assert counts.counts(venue.log, live(venue.log), Filter(reader="venue")).by_disposition == {"false_alarm": 1}


def test_releasing_a_corrected_entry_tells_all_of_it(venue: Desk) -> None:
    made = saying.note(venue, "AA-11", audience=("venue", "police"))
    saying.correct(venue, made.seq, "CC-33")
    withholding.release(venue, (made.seq,), "baken", "art. 19 Wpg")
    assert "CC-33" in seen(venue, "baken")
    assert not open_items.open_items(venue.log, live(venue.log)).any


def test_levels_are_open_items_only_for_those_who_may_know(venue: Desk) -> None:
    levels.set_level(venue, "venue", "orange", told=("police",), audience=("police",))
    assert open_items.open_items(venue.log, live(venue.log), "police").levels
    assert not open_items.open_items(venue.log, live(venue.log), "aid").levels


def test_a_correction_is_marked_as_the_entry_would_have_been(venue: Desk) -> None:
    report = saying.report(venue, "vrouw onwel", source=OOG, category="suspicious")
    assert saying.correct(venue, report.seq, category="medical").frame.rule == "profilers"
    task = tasks.propose(venue, "kijk mee", to_party="baken")
    with pytest.raises(OutsideMandate):
        saying.correct(venue, task.seq, "fouilleer hem")
    assert saying.correct(venue, task.seq, "fouilleer hem", reason="politie erbij").frame.overridden


def test_an_observation_that_turns_out_to_be_a_suspicion_waits_for_an_assessment(venue: Desk) -> None:
    seen_by_camera = saying.observe(venue, "groep bij hek", category="crowd")
    assert not open_items.open_items(venue.log, live(venue.log)).any
    saying.correct(venue, seen_by_camera.seq, category="suspicious")
    items = open_items.open_items(venue.log, live(venue.log))
    assert [line.entry for line in items.suspicions] == [seen_by_camera.seq]
    assessing.assess(venue, seen_by_camera.seq, "observe")
    assert not open_items.open_items(venue.log, live(venue.log)).to_assess
    assert verify(venue.log.path, deep=True).holds


def test_every_override_is_counted(venue: Desk) -> None:
    task = tasks.propose(venue, "fouilleer hem", to_party="police").seq
    tasks.hand_over(venue, task, to_party="baken", reason="nood")
    levels.set_level(venue, "grip", "1", reason="gehoord op kanaal 1")
    assert counts.counts(venue.log, live(venue.log), Filter()).outside_mandate == 2


def test_a_repeat_returns_the_first_receipt_whatever_came_after(venue: Desk, police: Desk) -> None:
    task = tasks.propose(venue, "kijk mee", to_party="police", origin="t").seq
    accepted = tasks.accept(police, task, origin="a")
    tasks.done(police, task)
    head = venue.log.head.seq
    assert tasks.accept(police, task, origin="a").seq == accepted.seq
    assert tasks.propose(venue, "kijk mee", to_party="police", origin="t").seq == task
    note = saying.note(venue, "tas")
    opened = incidents.open_incident(venue, "Tas", entries=(note.seq,), origin="i")
    head = venue.log.head.seq
    assert incidents.open_incident(venue, "Tas", entries=(note.seq,), origin="i").seq == opened.seq
    assert venue.log.head.seq == head


def test_a_verb_that_failed_half_way_is_not_kept_even_if_its_failure_is_swallowed(venue: Desk) -> None:
    before = venue.log.head.seq
    with pytest.raises(AssertionError, match="half way"), venue.writing():
        saying.note(venue, "eerst")
        with pytest.raises(OverflowError), venue.writing():
            venue.append(Note, Words(text="x"), occurred_at=2**63)
    assert venue.log.refresh() == before
    saying.note(venue, "daarna")
    assert verify(venue.log.path, deep=True).holds
    with pytest.raises(RuleError, match="calendar"):
        saying.note(venue, "x", occurred_at=2**62)


def test_a_merge_that_meets_its_opposite_is_a_conflict_and_no_circle(venue: Desk, tmp_path: object) -> None:
    one, two = incidents.open_incident(venue, "Rook").seq, incidents.open_incident(venue, "Brand").seq
    start = venue.log.head.seq
    incidents.merge(venue, one, two)
    there = list(stored(venue.log.db, start + 1))
    first = list(stored(venue.log.db, 1, start))
    with Log(venue.log.path.with_name("other.clog"), create=True) as other:
        other.db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (venue.log.id,))
        other.id = venue.log.id
        rebase(other, first)
        desk = sit_down(other, settings_folder(), "venue")
        incidents.merge(desk, two, one)
        mine = [record.provisional(0) for record in stored(other.db, start + 1)]
        _take_back(other, start)
        with other.writing():
            for record in mine:
                take(other.db, record)
        rebase(other, there)
        assert incidents.incident_of(desk, one) == 0
        (conflict,) = open_items.open_items(other, Moment(1 << 60, desk.now)).conflicts
        assert conflict.subject == "incidents"


def _take_back(log: Log, position: int) -> list[Stored]:
    with log.writing():
        taken = list(stored(log.db, position + 1))
        derived.rollback(log.db, position)
        log.db.execute("DELETE FROM records WHERE seq > ?", (position,))
        log.refresh()
    return taken


def test_a_merged_incident_holds_what_was_merged_into_it(venue: Desk) -> None:
    entry = saying.report(venue, "rook").seq
    one = incidents.open_incident(venue, "Rook", entries=(entry,)).seq
    two = incidents.open_incident(venue, "Brand").seq
    before = live(venue.log)
    incidents.merge(venue, one, two)
    (line,) = timeline.whole(venue.log, live(venue.log), Filter(incident=two))
    assert (line.entry, line.incident) == (entry, two)
    assert list(timeline.whole(venue.log, before, Filter(incident=two))) == []


def test_order_keys_never_collide_between_processes(venue: Desk, clock: Clock) -> None:
    for n in range(6):
        with Log(venue.log.path, clock=clock) as log:
            saying.note(sit_down(log, settings_folder(), "venue"), f"regel {n}")
    lines = list(timeline.whole(venue.log, live(venue.log), Filter()))
    assert [line.text for line in lines] == [f"regel {n}" for n in range(6)]
    keys = venue.log.db.execute("SELECT count(DISTINCT key), count(*) FROM entries").fetchone()
    assert keys[0] == keys[1]


def test_a_unit_answers_its_own_tasks(venue: Desk) -> None:
    task = tasks.propose(venue, "aanspreken", to_unit="Service 3").seq
    tasks.accept(venue, task, source=Source("venue", "Service 3"))
    with pytest.raises(RuleError, match="affirm"):
        oral = tasks.propose(venue, "kom", to_party="police", orally=True).seq
        tasks.accept(venue, oral, source=Source("police"))


def test_nobody_speaks_on_what_its_party_was_never_told(venue: Desk, police: Desk) -> None:
    secret = saying.note(venue, "informant", audience=("venue", "baken")).seq
    task = tasks.propose(venue, "ga kijken", to_party="baken", audience=("venue",)).seq
    levels.set_level(venue, "venue", "orange", reason="druk", audience=("venue",))
    before = police.log.head.seq
    refused: list[Callable[[], object]] = [
        lambda: saying.add_to(police, secret, "ook gezien"),
        lambda: saying.correct(police, secret, "geen informant", reason="x"),
        lambda: marking.mark(police, secret),
        lambda: tasks.decline(police, task, "geen tijd", source=OOG),
        lambda: levels.confirm_level(police, "venue"),
    ]
    for verb in refused:
        with pytest.raises(RuleError):
            verb()
    assert police.log.head.seq == before
    withholding.release(venue, (secret,), "police", "art. 19 Wpg")
    saying.add_to(police, secret, "ook gezien")
    withholding.recall(venue, (secret,), ("police",), "vergissing")
    saying.add_to(police, secret, "dat wisten wij al")  # it was told, and what it knows it may say
