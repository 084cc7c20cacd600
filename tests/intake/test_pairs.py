"""Rows that are tasks, rows that close other rows, and states: by the verbs, once, and further when the file is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.intake.mapping import Mapping, Pairs
from commandlog.intake.mapping_checks import Given
from commandlog.intake.pairing import Pairing
from commandlog.log.derived import reports, tasks
from commandlog.log.derived.table import FOREVER
from commandlog.log.desk import Desk
from commandlog.model.records import Added, Feedback, Proposed, Report
from commandlog.verbs.assessing import assess, feed_back
from commandlog.verbs.events import open_event
from commandlog.verbs.tasks import decline, on_behalf
from tests.intake.imports import COVENANT, imported, kinds, planned, written

TASKS = """
[columns]
time = "given"
end = "ready"
text = "job"
key = "nr"
state = "status"
[task]
to_column = "who"
column = "job"
pattern = "^(?!FYI)"
accepted = "taken"
[values.party]
"ME" = "police"
[values.state]
"niet gedaan" = "declined"
"""
PAIRS = """
[columns]
time = "at"
text = "what"
[pairs]
columns = ["incident"]
column = "what"
begin = "^(uitruk|alarm)"
end = "^(terug|einde)"
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = open_event(tmp_path / "event.log", COVENANT, tmp_path / "settings")
    yield made
    made.log.close()


def rows(desk: Desk) -> list[tasks.TaskRow]:
    """How the tasks stand, in the order in which they were given."""
    query = f"SELECT * FROM tasks WHERE until = {FOREVER} ORDER BY task"
    return [tasks.TaskRow._make(one) for one in desk.log.db.execute(query)]


def minutes(row: tasks.TaskRow) -> list[int]:
    """When a task was answered, done and confirmed, in minutes after it was given; -1 for what has not come."""
    return [(one - row.proposed) // 60_000 if one else -1 for one in (row.answered, row.done, row.confirmed)]


def test_rows_become_tasks_with_their_own_times(tmp_path: Path, desk: Desk) -> None:
    mapping = written(tmp_path, TASKS, "mapping.toml")
    head = "nr,given,taken,ready,job,who,status\n"
    text = (
        "1,2020-01-01 10:00,2020-01-01 10:02,2020-01-01 10:20,Clear the stairs,Oscar 1,\n"
        "2,2020-01-01 10:05,,,Look at gate F,ME,\n"
        "3,2020-01-01 10:06,,,Search the bag,First aid,niet gedaan\n"
        "4,2020-01-01 10:07,,,FYI rain,ME,\n"
        "5,2020-01-01 10:08,,,Call somebody,J. Doe,\n"
        "6,2020-01-01 10:09,,,Bring fences,venue,proposed\n"
    )
    plan = planned(desk, path := written(tmp_path, head + text), mapping)
    assert any("1 row names nobody" in one for one in plan.notices)
    outcome = imported(desk, path, mapping)
    assert (outcome.added, outcome.tasks) == (6, 4)
    first, second, third, fourth = rows(desk)
    assert [one.state for one in (first, second, third, fourth)] == ["confirmed", "accepted", "declined", "proposed"]
    assert [one.assignee for one in (first, second, third, fourth)] == ["police", "police", "aid", "venue"]
    assert (first.unit, first.requester) == ("Oscar 1", "venue")
    assert minutes(first) == [2, 20, 20]
    assert minutes(second) == [0, -1, -1]
    head_before = desk.log.head.seq
    assert imported(desk, path, mapping).added == 0
    assert desk.log.head.seq == head_before

    written(tmp_path, head + text.replace("10:05,,,", "10:05,2020-01-01 10:06,2020-01-01 10:45,"))
    grown = imported(desk, path, mapping)
    assert (grown.added, grown.changed_count) == (0, 0)
    assert [one.state for one in rows(desk)] == ["confirmed", "confirmed", "declined", "proposed"]
    assert minutes(rows(desk)[1]) == [0, 40, 40]


def test_a_task_that_went_on_here_is_left_alone(tmp_path: Path, desk: Desk) -> None:
    mapping = written(tmp_path, TASKS, "mapping.toml")
    text = "nr,given,taken,ready,job,who,status\n2,2020-01-01 10:05,,{},Look at gate F,ME,\n"
    imported(desk, written(tmp_path, text.format("")), mapping)
    (row,) = rows(desk)
    decline(desk, row.task, "no unit free", source=on_behalf("police"))
    imported(desk, written(tmp_path, text.format("2020-01-01 10:45")), mapping)
    assert [one.state for one in rows(desk)] == ["declined"]
    assert not desk.log.db.execute("SELECT * FROM conflicts").fetchall()


def test_two_rows_make_an_entry_that_is_closed_by_the_second(tmp_path: Path, desk: Desk) -> None:
    mapping = written(tmp_path, PAIRS, "mapping.toml")
    text = (
        "at,what,incident\n2020-01-01 10:00,uitruk TS 15,1\n2020-01-01 10:01,uitruk TS 16,2\n"
        "2020-01-01 10:10,nader bericht,1\n2020-01-01 10:30,terug TS 15,1\n2020-01-01 11:00,einde,3\n"
    )
    outcome = imported(desk, path := written(tmp_path, text), mapping)
    assert (outcome.added, outcome.closed) == (5, 1)
    assert kinds(desk) == ["report", "report", "report", "feedback", "report", "imported"]
    (closing,) = [one for one in desk.log.records() if isinstance(one.frame, Feedback)]
    assert closing.words is not None
    assert closing.words.text == "terug TS 15"
    assert closing.frame.entry == next(one.id for one in desk.log.records() if isinstance(one.frame, Report))
    again = imported(desk, path, mapping)
    assert (again.added, again.already, again.changed_count) == (0, 5, 0)
    grown = imported(desk, written(tmp_path, text + "2020-01-01 12:00,terug TS 16,2\n"), mapping)
    assert (grown.added, grown.closed, grown.changed_count) == (1, 1, 0)


def test_two_rows_make_a_task(tmp_path: Path, desk: Desk) -> None:
    mapping = written(tmp_path, PAIRS + 'to = "police"\n', "mapping.toml")
    text = "at,what,incident\n2020-01-01 10:00,uitruk TS 15,1\n2020-01-01 10:30,terug TS 15,1\n"
    outcome = imported(desk, path := written(tmp_path, text), mapping)
    assert (outcome.added, outcome.tasks, outcome.closed) == (2, 1, 1)
    assert kinds(desk) == ["proposed", "accepted", "done", "confirmed", "imported"]
    (row,) = rows(desk)
    assert minutes(row) == [0, 30, 30]
    head = desk.log.head.seq
    assert imported(desk, path, mapping).already == 2
    assert desk.log.head.seq == head


def test_the_end_of_what_was_closed_here_already_completes_it(tmp_path: Path, desk: Desk) -> None:
    mapping = written(tmp_path, PAIRS.replace("[columns]", "settled = false\n[columns]"), "mapping.toml")
    text = "at,what,incident\n2020-01-01 10:00,uitruk TS 15,1\n"
    imported(desk, written(tmp_path, text), mapping)
    (report,) = [one for one in desk.log.records() if isinstance(one.frame, Report)]
    assess(desk, report.seq, "no_action")
    feed_back(desk, report.seq, "thank you")
    imported(desk, written(tmp_path, text + "2020-01-01 10:30,terug,1\n"), mapping)
    (added,) = [one for one in desk.log.records() if isinstance(one.frame, Added)]
    assert added.words is not None
    assert added.words.text == "terug"


def test_a_state_that_is_open_waits_and_is_closed_by_a_later_export(tmp_path: Path, desk: Desk) -> None:
    text = "nr,time,text,status\n1,2020-01-01 10:00,a,{}\n2,2020-01-01 10:01,b,gesloten\n3,2020-01-01 10:02,c,raar\n"
    mapping = written(tmp_path, "[columns]\nstate = 'status'\nkey = 'nr'\n", "mapping.toml")
    path = written(tmp_path, text.format("open"))
    assert any("“raar”" in one for one in planned(desk, path, mapping).notices)
    assert imported(desk, path, mapping).closed == 1
    found = [one for one in desk.log.records() if isinstance(one.frame, Report)]
    states = [reports.current(desk.log.db, one.seq) for one in found]
    assert [one and one.state for one in states] == ["received", "closed", None]
    grown = imported(desk, written(tmp_path, text.format("closed")), mapping)
    assert (grown.closed, grown.changed_count) == (1, 0)


def test_a_task_needs_a_power_that_its_assignee_lacks_and_is_taken_in_with_a_reason(tmp_path: Path, desk: Desk) -> None:
    mapping = written(tmp_path, "[task]\nto = 'venue'\n", "mapping.toml")
    imported(desk, written(tmp_path, "time,text\n2020-01-01 10:00,Arrest the man with the bag\n"), mapping)
    (made,) = [one for one in desk.log.records() if isinstance(one.frame, Proposed)]
    assert made.words is not None
    assert made.words.text == "Arrest the man with the bag"


@given(st.lists(st.tuples(st.sampled_from("abx"), st.sampled_from(["1", "2", ""]), st.integers(0, 3)), max_size=30))
def test_every_end_has_one_begin_before_it(lines: list[tuple[str, str, int]]) -> None:
    """Pairs are disjoint, in order, share their values, and no begin waits while a later end of it passes by."""
    rule = Pairs(columns=["n"], column="what", begin="^a", end="^b", minutes=2)
    pairing = Pairing(Given(Mapping(pairs=rule)), {"what": 0, "n": 1})
    occurred, now = [], 0
    for number, (what, key, minutes_on) in enumerate(lines):
        now += minutes_on * 60_000
        occurred.append(now)
        pairing.add(number, [what, key])
    found = pairing.pairs(range(len(lines)), occurred)
    assert len(set(found.values())) == len(found)
    for last, first in found.items():
        assert first < last
        assert (lines[first][0], lines[last][0]) == ("a", "b")
        assert lines[first][1] == lines[last][1] != ""
        assert occurred[last] - occurred[first] <= 2 * 60_000
    for last, (what, key, _minutes) in enumerate(lines):
        if what == "b" and key and last not in found:
            waiting = [n for n in range(last) if lines[n][:2] == ("a", key) and n not in found.values()]
            assert all(occurred[last] - occurred[n] > 2 * 60_000 for n in waiting)
