"""The whole state machine of a task: every step from every state, by every party, and what the refusal says."""

import pytest

from commandlog.language import speaking
from commandlog.log.derived.tasks import TaskRow
from commandlog.log.desk import Desk
from commandlog.model.errors import OutsideMandate, RuleError
from commandlog.model.frames import Source
from commandlog.model.words import TaskState
from commandlog.verbs import saying, tasks, withholding
from commandlog.views import board, open_items, timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.events import Clock

STEPS = {
    "accept": lambda d, t, **k: tasks.accept(d, t, **k),
    "decline": lambda d, t, **k: tasks.decline(d, t, "geen eenheid vrij", **k),
    "start": lambda d, t, **k: tasks.start(d, t, **k),
    "done": lambda d, t, **k: tasks.done(d, t, **k),
    "told": lambda d, t, **k: tasks.done(d, t, told=True, **k),
    "confirm": lambda d, t, **k: tasks.confirm(d, t, **k),
    "withdraw": lambda d, t, **k: tasks.withdraw(d, t, "niet meer nodig", **k),
    "hand over": lambda d, t, **k: tasks.hand_over(d, t, to_party="baken", **k),
    "agree": lambda d, t, **k: tasks.agree_orally(d, t, **k),
    "affirm": lambda d, t, **k: tasks.affirm(d, t, **k),
}
REACHED = {
    "proposed": [],
    "handed_over": ["decline", "hand over"],
    "accepted": ["accept"],
    "under_way": ["accept", "start"],
    "done": ["accept", "done"],
    "confirmed": ["accept", "done", "confirm"],
    "declined": ["decline"],
    "withdrawn": ["withdraw"],
}
VENUE, POLICE, BAKEN = "venue", "police", "baken"
# what may be done, by whom, to a task of the venue for the police (after handing over: for Baken)
ALLOWED = {
    ("proposed", "accept"): {POLICE},
    ("handed_over", "accept"): {BAKEN},
    ("proposed", "decline"): {POLICE},
    ("handed_over", "decline"): {BAKEN},
    ("accepted", "decline"): {POLICE},
    ("under_way", "decline"): {POLICE},
    ("accepted", "start"): {POLICE},
    ("accepted", "done"): {POLICE},
    ("under_way", "done"): {POLICE},
    ("proposed", "told"): {POLICE, VENUE},
    ("handed_over", "told"): {BAKEN, VENUE},
    ("accepted", "told"): {POLICE, VENUE},
    ("under_way", "told"): {POLICE, VENUE},
    ("done", "confirm"): {VENUE},
    ("proposed", "withdraw"): {VENUE},
    ("handed_over", "withdraw"): {VENUE},
    ("accepted", "withdraw"): {VENUE},
    ("under_way", "withdraw"): {VENUE},
    ("proposed", "hand over"): {POLICE, VENUE},
    ("accepted", "hand over"): {POLICE, VENUE},
    ("under_way", "hand over"): {POLICE, VENUE},
    ("declined", "hand over"): {POLICE, VENUE},
    ("proposed", "agree"): {VENUE},
    ("handed_over", "agree"): {VENUE},
}


def task_in(desk: Desk, state: str) -> int:
    """Propose a task of the venue for the police and take it to a state."""
    task = tasks.propose(desk, "loop mee bij poort F", to_party="police").seq
    for step in REACHED[state]:
        who = VENUE if step in ("confirm", "withdraw") else POLICE
        STEPS[step](desk, task, source=Source(party=who))
    assert row(desk, task).state == state
    return task


def row(desk: Desk, task: int) -> TaskRow:
    return tasks.task_at(desk, task)


@pytest.mark.parametrize("state", REACHED)
@pytest.mark.parametrize("step", STEPS)
def test_every_step_from_every_state_by_every_party(venue: Desk, state: str, step: str) -> None:
    for party in (VENUE, POLICE, BAKEN, "aid"):
        task = task_in(venue, state)
        before = venue.log.head.seq
        if party in ALLOWED.get((state, step), set()) and (state, step) != ("handed_over", "hand over"):
            STEPS[step](venue, task, source=Source(party=party))
            assert row(venue, task).since == venue.log.head.seq
        else:
            with pytest.raises(RuleError) as refused:
                STEPS[step](venue, task, source=Source(party=party))
            assert venue.log.head.seq == before
            assert str(refused.value)


def test_a_refusal_names_the_state_and_what_can_be_done(venue: Desk) -> None:
    task = task_in(venue, "proposed")
    with pytest.raises(
        RuleError, match=r"“confirm” is not possible: the task is “proposed” with Police. Possible now: accept"
    ):
        tasks.confirm(venue, task)
    with pytest.raises(RuleError, match="“accept” is the word of Police, not of Stadion De Dijk"):
        tasks.accept(venue, task)
    closed = task_in(venue, "confirmed")
    with pytest.raises(RuleError, match="nothing, it is closed"):
        tasks.withdraw(venue, closed)


def test_states_are_all_reached() -> None:
    assert set(REACHED) == set(TaskState)


def test_all_times_are_kept(venue: Desk, police: Desk, clock: Clock) -> None:
    start = clock.now
    made = tasks.propose(venue, "kijk mee", to_party="police", answer_by=start + 180_000, finish_by=start + 600_000)
    clock.tick(240)
    tasks.accept(police, made.seq)
    clock.tick(60)
    tasks.start(police, made.seq)
    clock.tick(900)
    tasks.done(police, made.seq, text="niets aangetroffen")
    clock.tick(30)
    tasks.confirm(venue, made.seq)
    (line,) = board.tasks(venue.log, live(venue.log))
    assert (line.late_answer, line.late_finish, line.is_open) == (True, True, False)
    seconds = [(at - start) // 1000 for at in (line.row.answered, line.row.started, line.row.done, line.row.confirmed)]
    assert seconds == [240, 300, 1200, 1230]
    assert [event.kind for event in line.events] == ["proposed", "accepted", "started", "done", "confirmed"]


def test_an_unanswered_task_is_late_by_the_clock_alone(venue: Desk, clock: Clock) -> None:
    tasks.propose(venue, "kijk mee", to_party="police", answer_by=clock.now + 60_000)
    assert not board.tasks(venue.log, live(venue.log))[0].late_answer
    clock.tick(61)
    assert board.tasks(venue.log, live(venue.log))[0].late_answer


def test_done_told_to_the_requester_settles_it(venue: Desk, police: Desk) -> None:
    heard = task_in(venue, "accepted")
    tasks.done(venue, heard, told=True, source=Source(party="venue", channel="radio"))
    assert row(venue, heard).state == "confirmed"
    said = task_in(venue, "accepted")
    tasks.done(police, said, told=True)
    assert row(venue, said).state == "done"


def test_agreed_orally_is_affirmed_later_by_that_party(venue: Desk, police: Desk) -> None:
    made = tasks.propose(
        venue, "houd ze vast", to_party="police", orally=True, person="Van Dam", source=Source("venue", channel="radio")
    )
    assert (row(venue, made.seq).state, row(venue, made.seq).orally) == ("accepted", 1)
    with pytest.raises(RuleError, match="word of Police"):
        tasks.affirm(venue, made.seq)
    tasks.affirm(police, made.seq)
    assert row(venue, made.seq).orally == 0
    with pytest.raises(RuleError, match="affirm"):
        tasks.affirm(police, made.seq)
    other = tasks.propose(venue, "kom langs", to_party="police")
    tasks.agree_orally(venue, other.seq, person="Van Dam")
    assert (row(venue, other.seq).state, row(venue, other.seq).orally) == ("accepted", 1)


def test_a_power_that_the_assignee_lacks_needs_a_reason(venue: Desk) -> None:
    with pytest.raises(OutsideMandate, match=r"art. 7 Politiewet") as warned:
        tasks.propose(venue, "fouilleer de man bij poort F", to_party="baken")
    assert warned.value.article == "art. 7 Politiewet 2012"
    made = tasks.propose(venue, "fouilleer de man", to_party="baken", reason="op verzoek van en met de politie erbij")
    assert (made.frame.rule, made.frame.overridden) == ("search", True)
    assert made.words is not None
    assert made.words.reason.startswith("op verzoek")
    asked = tasks.propose(venue, "fouilleer de man", to_party="police")
    assert asked.frame.rule == ""
    assert tasks.propose(venue, "aanspreken, niet fouilleren", to_party="baken").frame.rule == ""
    with pytest.raises(OutsideMandate):
        tasks.hand_over(venue, asked.seq, to_party="baken")


def test_a_unit_of_two_parties_is_answered_for_by_the_one_it_names(venue: Desk, baken: Desk) -> None:
    made = tasks.propose(venue, "aanspreken als gastheer", to_unit="service 3")
    assert (row(venue, made.seq).assignee, row(venue, made.seq).unit) == ("baken", "Service 3")
    tasks.accept(baken, made.seq)


def test_the_records_of_a_task_reach_all_its_holders(venue: Desk, police: Desk, baken: Desk) -> None:
    made = tasks.propose(venue, "VIP naar vak 112", to_party="police", audience=("venue",))
    assert set(made.frame.audience) == {"venue", "police"}

    def seen(party: str) -> list[str]:
        lines = timeline.whole(venue.log, live(venue.log), Filter(reader=party))
        return [line.kind for line in lines]

    assert seen("police") == ["proposed"]
    assert seen("baken") == []
    tasks.decline(police, made.seq, "geen eenheid vrij")
    tasks.hand_over(venue, made.seq, to_party="baken")
    assert seen("baken") == ["proposed", "declined", "handed_over"]
    assert "baken" in tasks.accept(baken, made.seq).frame.audience
    assert seen("police")[-1] == "accepted"
    assert seen("aid") == []


def test_a_release_tells_one_more_party_from_then_on(venue: Desk) -> None:
    made = saying.note(venue, "kenteken 12-ABC-3", audience=("venue", "police"))
    before = live(venue.log)
    withholding.release(venue, (made.seq,), "baken", "art. 19 Wpg")
    wanted = Filter(reader="baken", search="kenteken")
    assert len(timeline.page(venue.log, live(venue.log), wanted).lines) == 1
    assert timeline.page(venue.log, before, wanted).lines == []
    with pytest.raises(RuleError, match="ground"):
        withholding.release(venue, (made.seq,), "aid", " ")


def test_a_correction_that_was_not_released_is_withheld_and_an_open_item(venue: Desk) -> None:
    made = saying.note(venue, "kenteken 12-ABC-3", audience=("venue", "police"), place="gate-f")
    withholding.release(venue, (made.seq,), "baken", "art. 19 Wpg")
    corrected = saying.correct(venue, made.seq, "kenteken 12-ABC-4", reason="geheime reden", place="block-112")
    (line,) = [one for one in timeline.whole(venue.log, live(venue.log), Filter(reader="baken")) if one.kind == "note"]
    assert (line.text, line.place, line.words, line.frame) == ("[corrected, text withheld]", "", None, None)
    assert [(old.text, old.reason, old.corrected_by) for old in line.struck] == [("kenteken 12-ABC-3", "", None)]
    for wanted in (Filter(reader="baken", search="ABC"), Filter(reader="baken", place="block-112")):
        assert timeline.page(venue.log, live(venue.log), wanted).lines == []
    (untold,) = open_items.open_items(venue.log, live(venue.log)).untold
    assert (untold.reference, untold.party) == (made.reference, "baken")
    withholding.release(venue, (corrected.seq,), "baken", "art. 19 Wpg")
    assert open_items.open_items(venue.log, live(venue.log)).untold == []
    (told,) = timeline.page(venue.log, live(venue.log), Filter(reader="baken", search="ABC")).lines
    assert (told.text, told.struck[0].reason) == ("kenteken 12-ABC-4", "geheime reden")
    with pytest.raises(RuleError, match="cannot take away"):
        saying.correct(venue, made.seq, "x", audience=("venue",))


def test_deadlines_lie_ahead(venue: Desk, clock: Clock) -> None:
    with pytest.raises(RuleError, match="before the task"):
        tasks.propose(venue, "x", to_party="police", finish_by=clock.now - 1)


def test_refusals_speak_dutch(venue: Desk) -> None:
    task = task_in(venue, "confirmed")
    with speaking("nl"), pytest.raises(RuleError) as refused:
        tasks.withdraw(venue, task)
    assert "akkoord" in str(refused.value)
