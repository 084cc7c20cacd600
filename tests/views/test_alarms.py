"""Alarms: when they come, what makes them go, what was chosen about them, and what they cost."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commandlog.log.desk import Desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.model.covenant import Alarm, Deadline
from commandlog.model.errors import RuleError
from commandlog.model.frames import Source
from commandlog.model.order import DeskSeen
from commandlog.model.records import Declined, Record, Words
from commandlog.verbs import agreeing, assessing, closing, levels, saying, tasks, tracing
from commandlog.verbs.events import open_event
from commandlog.views import alarm_rules, alarms, timeline
from commandlog.views.alarms import AlarmLine
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment, live
from tests.events import START, Clock, concert
from tests.plans import Meant, faults, plans

MINUTE = 60_000
MEANT = (
    Meant("FROM tasks t", "SCAN t USING INDEX tasks_open", "only what is open is in that index"),
    Meant("FROM traces", "USE TEMP B-TREE FOR ORDER BY", "what was chosen about one alarm"),
    Meant("FROM attachments", "USE TEMP B-TREE FOR ORDER BY", "the files of what is listed"),
)


@pytest.fixture
def desk(venue: Desk) -> Desk:
    return venue


def now(desk: Desk, reader: str = "") -> list[AlarmLine]:
    return alarms.alarms(desk.log, live(desk.log), reader)


def codes(desk: Desk) -> list[str]:
    return [one.code for one in now(desk)]


def suspicion(desk: Desk, **about: object) -> int:
    return saying.report(desk, "man filmt", place="gate-f", category="suspicious", **about).seq  # type: ignore[arg-type]


def agreement(desk: Desk) -> int:
    return agreeing.agree_on(desk, "Poort G dicht", ("venue", "police")).seq


def put(at: Desk, kind: Any, *words: Words, **fields: Any) -> Record:
    """Write a record that no verb here writes: one from elsewhere."""
    with at.writing():
        return at.append(kind, *words, **fields)


def accepted(desk: Desk, finish: int) -> int:
    task = tasks.propose(desk, "kijk", to_party="police", finish_by=finish).seq
    tasks.accept(desk, task, source=Source(party="police"))
    return task


CASES: dict[str, tuple[int, Callable[[Desk], int], Callable[[Desk, int], object]]] = {
    "unassessed": (5, suspicion, lambda d, n: assessing.assess(d, n, "observe")),
    "unanswered": (
        3,
        lambda d: tasks.propose(d, "kijk", to_party="police", answer_by=START + 3 * MINUTE).seq,
        lambda d, n: tasks.accept(d, n, source=Source(party="police")),
    ),
    "late": (
        9,
        lambda d: accepted(d, START + 9 * MINUTE),
        lambda d, n: tasks.done(d, n, source=Source(party="police")),
    ),
    "review": (
        15,
        lambda d: levels.set_level(d, "venue", "orange").seq,
        lambda d, _n: levels.set_level(d, "venue", "green"),
    ),
    "unconfirmed": (
        5,
        lambda d: levels.set_level(d, "venue", "green", told=("venue", "police")).seq,
        lambda d, _n: levels.confirm_level(d, "venue", source=Source(party="police")),
    ),
    "unaffirmed": (15, agreement, lambda d, n: agreeing.affirm_agreement(d, n, source=Source(party="police"))),
}
"""For each alarm: after how many minutes it comes, what makes it, and what settles it."""


@pytest.mark.parametrize("code", CASES)
def test_an_alarm_comes_after_its_minutes_and_goes_when_the_state_changes(desk: Desk, clock: Clock, code: str) -> None:
    minutes, begin, settle = CASES[code]
    entry = begin(desk)
    assert alarms.look(desk.log, live(desk.log)).next_at == START + minutes * MINUTE + 1
    clock.tick(minutes * 60)
    assert codes(desk) == []
    clock.now += 1
    (alarm,) = now(desk)
    assert (alarm.code, alarm.entry, alarm.since) == (code, entry, START + minutes * MINUTE)
    assert alarm.rings
    assert alarm.name
    assert alarm.action
    assert alarm.concerns == (("venue",) if code == "review" else ("police",))
    before = live(desk.log)
    settle(desk, entry)
    assert codes(desk) == []
    assert [one.code for one in alarms.alarms(desk.log, before)] == [code], "as it was before that"


def test_every_alarm_is_tried() -> None:
    assert set(CASES) == set(alarm_rules.CODES)


@given(
    st.integers(0, 30),
    st.integers(0, 20),
    st.lists(st.integers(1, 12), min_size=1, max_size=6),
)
@settings(max_examples=25, deadline=None)
def test_a_covenant_says_when(
    tmp_path_factory: pytest.TempPathFactory, after: int, within: int, steps: list[int]
) -> None:
    covenant = concert(
        alarms=(Alarm("unassessed", "Verdacht", after, "elevated", "Kijk."),),
        deadlines=(Deadline("assess", within),) if within else (),
    )
    clock = Clock()
    desk = open_event(tmp_path_factory.mktemp("log") / "e.clog", covenant, settings_folder(), clock=clock)
    entry = suspicion(desk)
    agreement(desk)  # no alarm of this covenant
    due = START + (after + (within or 5)) * MINUTE
    for minutes in steps:
        clock.tick(minutes * 60)
        found = now(desk)
        assert [one.entry for one in found] == ([entry] if clock.now > due else [])
        assert all((one.since, one.name, one.action) == (due, "Verdacht", "Kijk.") for one in found)
        assert alarms.look(desk.log, live(desk.log)).next_at == (0 if clock.now > due else due + 1)
    desk.log.close()


def test_what_is_seen_is_quiet_until_the_state_changes(desk: Desk, clock: Clock) -> None:
    task = tasks.propose(desk, "kijk", to_party="police", answer_by=START + MINUTE).seq
    clock.tick(61)
    tracing.see(desk, "unanswered", task)
    (alarm,) = now(desk)
    assert (alarm.seen_by, alarm.seen_at, alarm.rings) == (desk.code, clock.now, False)
    tasks.hand_over(desk, task, to_party="aid", answer_by=clock.now + MINUTE)
    clock.tick(61)
    (alarm,) = now(desk)
    assert alarm.rings
    assert alarm.concerns == ("aid",)


def test_what_is_put_off_is_away_until_its_time_and_rings_again(desk: Desk, clock: Clock) -> None:
    entry = suspicion(desk)
    clock.tick(301)
    tracing.see(desk, "unassessed", entry)
    tracing.shelve(desk, "unassessed", entry, clock.now + 10 * MINUTE)
    found = alarms.look(desk.log, live(desk.log))
    assert (found.lines, [one.entry for one in found.shelved]) == ([], [entry])
    assert found.next_at == clock.now + 10 * MINUTE
    clock.tick(600)
    (alarm,) = now(desk)
    assert alarm.rings


def test_whoever_lost_is_told_at_once_who_has_it_until_it_is_settled(desk: Desk, police: Desk, clock: Clock) -> None:
    task = tasks.propose(desk, "kijk", to_party="police", answer_by=START + 60 * MINUTE).seq
    state = desk.log.record(task).id
    tasks.accept(police, task)
    clock.tick(7)
    lost = put(desk, Declined, Words(reason="geen eenheid"), task=state, expects=state, source=Source(party="police"))
    clock.now += 1
    for reader in ("police", "venue", ""):
        (alarm,) = now(desk, reader)
        assert (alarm.code, alarm.entry, alarm.priority, alarm.rings) == ("conflict", lost.seq, "urgent", True)
        assert "already accepted by Police at 18:00:00" in alarm.text
    assert now(desk, "baken") == []
    tracing.see(police, "conflict", lost.seq)
    assert [one.rings for one in now(desk, "police")] == [False]
    saying.add_to(desk, task, "politie houdt hem")
    assert now(desk, "police") == []


def test_a_desk_that_is_not_heard_of_is_told_to_whom_it_owes_something(desk: Desk, police: Desk, clock: Clock) -> None:
    tasks.propose(desk, "kijk", to_party="police", answer_by=START + 60 * MINUTE)
    clock.tick(60)
    put(desk, DeskSeen, desk=police.code, here=False, last=clock.now - 1000)
    (alarm,) = now(desk, "venue")
    assert (alarm.code, alarm.concerns, alarm.since) == ("away", ("police",), clock.now - 1000)
    assert "names nobody to call" in alarm.text
    assert now(desk, "baken") == [], "it asked nothing of the police"
    assert now(desk, "police") == []
    put(desk, DeskSeen, desk=police.code, here=True)
    assert now(desk, "venue") == []


def test_what_concerns_the_shared_log_itself_can_be_seen_and_comes_first(desk: Desk, clock: Clock) -> None:
    suspicion(desk)
    clock.tick(301)
    alarm = alarms.live(desk.log, live(desk.log), "venue", "forked", clock.now, "since 18:05")
    found = alarms.with_live(alarms.look(desk.log, live(desk.log), "venue"), [alarm])
    assert [one.code for one in found.lines] == ["forked", "unassessed"]
    tracing.see(desk, "forked", 0)
    assert not alarms.live(desk.log, live(desk.log), "venue", "forked", clock.now, "").rings
    assert alarms.live(desk.log, live(desk.log), "venue", "forked", clock.now + 1, "").rings, "it came again"


def test_each_party_chooses_for_itself_and_sees_what_it_may_read(desk: Desk, clock: Clock) -> None:
    baken = sit_down(desk.log, settings_folder(), "baken")
    entry = suspicion(desk, audience=("venue", "baken"))
    clock.tick(301)
    tracing.see(baken, "unassessed", entry)
    assert [one.rings for one in now(desk, "venue")] == [True]
    assert [one.rings for one in now(desk, "baken")] == [False]
    assert now(desk, "police") == []


def test_the_most_pressing_comes_first(desk: Desk, clock: Clock) -> None:
    suspicion(desk, occurred_at=START - 60 * MINUTE)
    worse = suspicion(desk, priority="emergency")
    agreement(desk)
    clock.tick(3600)
    assert [one.priority for one in now(desk)] == ["emergency", "urgent", "routine"]
    assert now(desk)[0].entry == worse


def test_a_deadline_that_is_agreed_has_its_alarm() -> None:
    listed = (Alarm("late", "Te laat", 2, "elevated", "Bel."),)
    assert set(alarm_rules.rules(concert())) == set(alarm_rules.CODES)
    assert set(alarm_rules.rules(concert(alarms=listed))) == {"late"}
    both = alarm_rules.rules(concert(alarms=listed, deadlines=(Deadline("confirm", 5),)))
    assert set(both) == {"late", "unconfirmed"}
    assert both["late"].after == 2 * MINUTE


def test_the_rate_counts_what_came_up_and_tells_a_flood(desk: Desk, clock: Clock) -> None:
    for _n in range(6):
        entry = suspicion(desk)
        clock.tick(301)
        assessing.assess(desk, entry, "observe")
    found = alarms.look(desk.log, live(desk.log))
    assert (found.lines, found.hour, found.floods) == ([], 6, False)
    quickly = suspicion(desk)
    assessing.assess(desk, quickly, "observe")
    clock.tick(301)
    assert alarms.look(desk.log, live(desk.log)).hour == 6, "one that was in time is none"
    for _n in range(31):
        suspicion(desk)
    clock.tick(301)
    assert alarms.look(desk.log, live(desk.log)).floods
    clock.tick(3601)
    assert alarms.look(desk.log, live(desk.log)).hour == 0


def test_there_are_none_of_a_closed_log(desk: Desk, clock: Clock) -> None:
    suspicion(desk)
    clock.tick(3600)
    assert codes(desk) == ["unassessed"]
    closing.close(desk, and_party="police", roll_over=True)
    assert codes(desk) == []


def test_choices_are_hidden_and_stay_with_their_party(desk: Desk, clock: Clock) -> None:
    entry = suspicion(desk)
    clock.tick(301)
    tracing.see(desk, "unassessed", entry)
    tracing.sound(desk, on=False)
    kinds = [one.kind for one in timeline.whole(desk.log, live(desk.log), Filter())]
    assert "traced" not in kinds
    own = [one.text for one in timeline.whole(desk.log, live(desk.log), Filter(reader="venue", kind="traced"))]
    assert len(own) == 2
    assert not list(timeline.whole(desk.log, live(desk.log), Filter(reader="police", kind="traced")))


def test_what_cannot_be_chosen_is_refused(desk: Desk, clock: Clock) -> None:
    entry = suspicion(desk)
    refused: tuple[Callable[[], object], ...] = (
        lambda: tracing.see(desk, "", entry),
        lambda: tracing.see(desk, "late", 9999),
        lambda: tracing.shelve(desk, "late", entry, clock.now),
        lambda: tracing.shelve(desk, "late", entry, clock.now + tracing.LONGEST + 1),
    )
    for wrong in refused:
        with pytest.raises(RuleError):
            wrong()


def test_more_than_can_be_listed_are_counted(desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "MOST", 3)
    for _n in range(5):
        suspicion(desk)
    clock.tick(301)
    found = alarms.look(desk.log, live(desk.log))
    assert (len(found.lines), found.unlisted) == (3, 2)


def test_only_what_is_open_is_looked_at(desk: Desk, clock: Clock) -> None:
    for begin in (case[1] for case in CASES.values()):
        begin(desk)
    clock.tick(3600)
    moment = Moment(desk.log.refresh(), clock.now)
    for reader in ("", "venue"):
        found = plans(desk.log.db, partial(alarms.alarms, desk.log, moment, reader))
        assert not faults(found, MEANT)
