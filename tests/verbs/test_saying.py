"""Entries, corrections, assessments, incidents and levels: what they make, and what they refuse."""

import pytest

from commandlog.log.desk import Desk
from commandlog.model.errors import OutsideMandate, RuleError
from commandlog.model.frames import Source
from commandlog.model.records import DecisionWords
from commandlog.verbs import assessing, events, incidents, levels, saying
from commandlog.views import open_items, timeline
from commandlog.views.filters import Filter
from commandlog.views.lines import Line
from commandlog.views.moments import live
from tests.events import Clock

OOG = Source("baken", "Oog 2", "profiler", "3")


def line(desk: Desk, position: int, reader: str = "") -> Line:
    found = timeline.entry(desk.log, live(desk.log), position, reader)
    assert found
    return found


def test_said_by_is_not_logged_by(venue: Desk) -> None:
    events.sign_in(venue, "Anja de Boer")
    made = saying.report(venue, "man filmt camera's", source=OOG, place="gate-f", category="suspicious")
    assert (made.frame.speaker, made.frame.by.party, made.frame.by.desk) == ("baken", "venue", "V1")
    assert made.frame.by.operator
    assert b"Anja" not in venue.log.db.execute("SELECT frame FROM records WHERE seq = ?", (made.seq,)).fetchone()[0]
    events.sign_out(venue)
    assert saying.note(venue, "x").frame.by.operator == ""
    with pytest.raises(RuleError, match="Nobody is signed in"):
        events.sign_out(venue)


def test_a_report_outside_the_mandate_gets_a_quiet_mark_and_no_obstacle(venue: Desk) -> None:
    assert saying.report(venue, "vrouw onwel", source=OOG, category="medical").frame.rule == "profilers"
    assert saying.report(venue, "man filmt", source=OOG, category="suspicious").frame.rule == ""


def test_a_correction_strikes_through_and_keeps_the_place_in_order(venue: Desk, clock: Clock) -> None:
    made = saying.report(venue, "vrouw onwel blok 112", source=OOG, place="block-112")
    clock.tick()
    saying.note(venue, "later")
    clock.tick()
    saying.correct(venue, made.seq, "vrouw onwel blok 121", reason="verkeerd verstaan", place="")
    shown = line(venue, made.seq)
    assert (shown.text, shown.reference, shown.kind, shown.place) == (
        "vrouw onwel blok 121",
        made.reference,
        "report",
        "",
    )
    assert [(old.text, old.reason) for old in shown.struck] == [("vrouw onwel blok 112", "verkeerd verstaan")]
    texts = [one.text for one in timeline.whole(venue.log, live(venue.log), Filter())]
    assert texts == ["vrouw onwel blok 121", "later"]
    found = timeline.page(venue.log, live(venue.log), Filter(search="112"))
    assert found.lines == []
    with pytest.raises(RuleError, match="reads so already"):
        saying.correct(venue, made.seq, "vrouw onwel blok 121")


def test_a_corrected_message_still_says_to_whom(venue: Desk) -> None:
    made = saying.message(venue, "deuren dicht", to_party="police")
    saying.correct(venue, made.seq, "deuren open")
    assert line(venue, made.seq).text == "→ Police: deuren open"


def test_an_addition_strikes_nothing(venue: Desk) -> None:
    made = saying.report(venue, "kind kwijt", audience=("venue", "police"))
    saying.add_to(venue, made.seq, "gele jas")
    assert line(venue, made.seq).struck == ()
    thread = timeline.thread(venue.log, live(venue.log), made.seq)
    assert [one.text for one in thread] == ["kind kwijt", "gele jas"]
    assert thread[1].audience == ("venue", "police")
    assert line(venue, made.seq, "police")
    assert timeline.entry(venue.log, live(venue.log), made.seq, "baken") is None


def test_a_report_is_assessed_then_closed_with_feedback(venue: Desk) -> None:
    made = saying.report(venue, "man filmt", source=OOG, category="suspicious")
    items = open_items.open_items(venue.log, live(venue.log))
    assert [one.seq for one in items.suspicions] == [made.seq]
    with pytest.raises(RuleError, match="Assess it first"):
        assessing.feed_back(venue, made.seq, "vlogger")
    assessing.assess(venue, made.seq, "observe")
    assessing.assess(venue, made.seq, "false_alarm", text="vlogger")
    assert (line(venue, made.seq).state, line(venue, made.seq).disposition) == ("assessed", "false_alarm")
    assessing.feed_back(venue, made.seq, "vlogger, loos alarm")
    assert line(venue, made.seq).state == "closed"
    assert not open_items.open_items(venue.log, live(venue.log)).any
    with pytest.raises(RuleError, match="closed"):
        assessing.assess(venue, made.seq, "observe")
    with pytest.raises(RuleError, match="no disposition “maybe”"):
        assessing.assess(venue, made.seq, "maybe")


def test_a_duplicate_joins_the_incident_and_never_turns_in_a_circle(venue: Desk) -> None:
    first, second = saying.report(venue, "tas vak 118"), saying.report(venue, "onbeheerde tas")
    incident = incidents.open_incident(venue, "Tas vak 118", entries=(first.seq,))
    assessing.duplicate(venue, second.seq, first.seq)
    assert line(venue, second.seq).incident == incident.seq
    with pytest.raises(RuleError, match="duplicate of itself"):
        assessing.duplicate(venue, first.seq, second.seq)
    with pytest.raises(RuleError, match="Name the other entry"):
        assessing.assess(venue, first.seq, "duplicate")


def test_incidents_merge_and_close(venue: Desk) -> None:
    one, two = saying.report(venue, "rook"), saying.report(venue, "vuur")
    smoke = incidents.open_incident(venue, "Rook", entries=(one.seq,))
    fire = incidents.open_incident(venue, "Brand", entries=(two.seq,))
    incidents.merge(venue, smoke.seq, fire.seq, reason="zelfde vuur")
    assert incidents.incident_of(venue, one.seq) == fire.seq
    with pytest.raises(RuleError, match="“merged”"):
        incidents.link(venue, two.seq, smoke.seq)
    incidents.close_incident(venue, fire.seq)
    assert incidents.incident_of(venue, one.seq) == 0
    with pytest.raises(RuleError, match="title"):
        incidents.open_incident(venue, " ")
    with pytest.raises(RuleError, match="is no incident"):
        incidents.close_incident(venue, one.seq)


def test_a_decision_says_what_was_known_and_why(venue: Desk) -> None:
    words = DecisionWords(decision="niet ontruimen", known="tas onbeheerd", reason="eigenaar gezien", decider="OvD-P")
    made = saying.decide(venue, words)
    assert line(venue, made.seq).text == (
        "niet ontruimen — known: tas onbeheerd — reason: eigenaar gezien — decided by: OvD-P"
    )
    with pytest.raises(RuleError, match="Say what was decided"):
        saying.decide(venue, DecisionWords(known="niets"))


def test_a_level_is_declared_told_and_confirmed(venue: Desk, police: Desk, clock: Clock) -> None:
    levels.set_level(venue, "venue", "orange", told=("police", "baken"))
    levels.confirm_level(police, "venue")
    (waiting,) = open_items.open_items(venue.log, live(venue.log)).levels
    assert waiting.waiting == ("baken",)
    levels.confirm_level(venue, "venue", source=Source("baken"))
    assert not open_items.open_items(venue.log, live(venue.log)).levels
    clock.tick(16 * 60)
    assert open_items.open_items(venue.log, live(venue.log)).levels  # its review is due
    with pytest.raises(RuleError, match="already"):
        levels.confirm_level(police, "venue")


def test_a_level_that_is_not_ours_to_declare_needs_a_reason(venue: Desk, police: Desk) -> None:
    with pytest.raises(OutsideMandate, match="declared by Police"):
        levels.set_level(venue, "grip", "1")
    assert levels.set_level(venue, "grip", "1", source=Source("police")).frame.overridden is False
    assert levels.set_level(venue, "grip", "1", reason="gehoord op kanaal 1").frame.overridden
    for wrong in (("nothing", "1"), ("grip", "9")):
        with pytest.raises(RuleError, match="Choose one of"):
            levels.set_level(police, *wrong)


def test_phases_follow_each_other(venue: Desk) -> None:
    levels.set_phase(venue, "doors")
    levels.set_phase(venue, "show")
    standing = open_items.standing(venue.log, live(venue.log))
    assert [(row.ladder, row.level) for row in standing] == [("phase", "show")]
    with pytest.raises(RuleError, match="no phase"):
        levels.set_phase(venue, "encore")


def test_codes_that_do_not_exist_are_named_with_those_that_do(venue: Desk) -> None:
    with pytest.raises(RuleError, match=r"no party “brandweer”. It has: police, venue"):
        saying.note(venue, "x", audience=("brandweer",))
    with pytest.raises(RuleError, match="no place"):
        saying.note(venue, "x", place="gate-z")
    with pytest.raises(RuleError, match="no priority"):
        saying.note(venue, "x", priority="very")
    with pytest.raises(RuleError, match="Say to whom"):
        saying.message(venue, "x")
    with pytest.raises(RuleError, match="no call sign"):
        saying.source_of(venue, "Oog 99")
