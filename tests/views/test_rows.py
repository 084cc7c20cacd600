"""Rows of a list: bookmarks find what a list of everything would, and changes lead from one to the next."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.verbs import saying, tasks
from commandlog.views import found, rows, timeline
from commandlog.views.filters import Filter
from commandlog.views.found import Found, rows_of
from commandlog.views.lines import Line
from commandlog.views.moments import Moment, live
from commandlog.views.rows import Change, Rows
from tests.log.histories import HISTORY, Step, begin, play

FILTERS = st.sampled_from(
    [
        Filter(),
        Filter(system=True),
        Filter(reader="police"),
        Filter(reader="aid", system=True),
        Filter(party="baken"),
        Filter(kind="note"),
        Filter(place="gate-f", reader="aid"),
        Filter(category="suspicious"),
        Filter(state="received"),
        Filter(state="proposed", reader="aid"),
        Filter(search="man"),
        Filter(search="camera", reader="police", system=True),
        Filter(search="verdacht", state="assessed"),
        Filter(incident=20),
    ]
)


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "STRETCH", 3)
    monkeypatch.setattr(rows, "AT_ONCE", 5)
    monkeypatch.setattr(rows, "_FEWEST", 1)
    monkeypatch.setattr(found, "PIECE", 2)
    monkeypatch.setattr(timeline, "FEW", timeline.FEW)


def known(list_: Rows | Found) -> list[Line]:
    return list_.lines(0, list_.count)


def taken_in(shown: list[Line], list_: Rows | Found, changes: list[Change]) -> list[Line]:
    """Do what a window does: only what is said to have changed is read again, when all is done."""
    slots: list[Line | None] = [*shown]
    for what, row, many in changes:
        come: list[Line | None] = [None] * many if what != "removed" else []
        slots[row : row + (many if what != "inserted" else 0)] = come
    return [line or list_.lines(row, row + 1)[0] for row, line in enumerate(slots)]


def at(log: Log, position: int) -> Moment:
    return Moment(position, log.kept_at(position))


@given(HISTORY, FILTERS, st.booleans(), st.integers(0, 30), st.integers(0, 8), st.lists(st.integers(1, 40), max_size=4))
def test_rows_are_those_of_the_whole_list_and_changes_lead_from_one_to_the_next(
    history: list[Step], wanted: Filter, few: bool, start: int, extended: int, steps: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desks = begin(Path(folder))
        play(desks, history)
        with desks["venue"].log as log:
            position = min(6 + start, log.head.seq)
            timeline.FEW = 2_000 if few else -1  # short lists would all be few
            list_ = rows_of(log, at(log, position), wanted)
            for _more in range(extended):
                list_.extend()
            shown = known(list_)
            for step in [*steps, 1 << 20]:
                position = min(position + step, log.head.seq)
                shown = taken_in(shown, list_, list_.advance(at(log, position)))
                whole = list(timeline.whole(log, at(log, position), wanted))
                assert shown == known(list_)
                if list_.complete:
                    assert shown == whole
                elif not wanted.search:  # a search finds the newest records first, whenever they happened
                    assert shown == whole[len(whole) - len(shown) :]
            while list_.extend():
                pass
            assert list_.complete
            assert known(list_) == whole
            for row, line in enumerate(whole):
                assert list_.lines(row, row + 1) == [line]


def test_a_task_that_was_given_about_a_report_shows_what_became_of_it(venue: Desk, police: Desk) -> None:
    """Its thread is the report's, whose row may look otherwise as well."""
    report = saying.report(venue, "man filmt poort F")
    task = tasks.propose(venue, "ga kijken", to_party="police", entry=report.seq)
    list_ = rows_of(venue.log, live(venue.log), Filter())
    shown = known(list_)
    for step, state in ((tasks.accept, "accepted"), (tasks.done, "done")):
        step(police, task.seq)
        shown = taken_in(shown, list_, list_.advance(live(venue.log)))
        assert shown == known(list_)
        assert next(line for line in shown if line.seq == task.seq).state == state
