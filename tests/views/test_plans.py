"""What people look at is found along the index that is meant for it, whatever they filter, for every reader."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from commandlog.log.store import Log
from commandlog.verbs import saying, withholding
from commandlog.views import board, counts, open_items, timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment, live
from commandlog.views.tallies import Tally
from commandlog.views.timeline import Bookmark
from tests.log.histories import begin, play
from tests.log.test_plans import STEPS
from tests.plans import Meant, faults, indexes, plans, unused

LAST = (
    Meant("FROM records WHERE seq < ? ORDER BY seq DESC LIMIT", "SEARCH records", "the last record alone"),
    Meant("SELECT high FROM entries WHERE since <= ?", "SEARCH entries", "the last row alone"),
)
AHEAD = Meant("entries_dated_ahead", "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY", "few are dated ahead of the clock")
VERSIONS = Meant("e.version > ?", "USE TEMP B-TREE FOR ORDER BY", "the versions of one entry, or one thread")
FILES = Meant("FROM attachments", "USE TEMP B-TREE FOR ORDER BY", "the files of a page of entries")
INCIDENTS = (
    Meant("RECURSIVE same", "SEARCH i USING AUTOMATIC", "incidents are few beside entries"),
    Meant("FROM incidents WHERE state = ?", "SCAN incidents", "incidents are few beside entries"),
)
STATES = (Meant("FROM tasks WHERE state = ?", "SEARCH tasks", "tasks are few beside entries"),)
BOARD = Meant("FROM tasks t JOIN entries e", "SEARCH t", "the board shows all tasks")
FOUND = (
    Meant("ORDER BY +e.occurred", "USE TEMP B-TREE FOR ORDER BY", "what was found, and no more, put in order"),
    Meant("e.since IN (?)", "USE TEMP B-TREE FOR ORDER BY", "a page of it"),
)
COUNTED = (
    Meant("SELECT count(*) FROM entries e WHERE e.since <= ?", "SEARCH e", "a total counts everything"),
    Meant("GROUP BY ?", "SEARCH", "a total counts everything"),
    Meant("GROUP BY ?", "USE TEMP B-TREE", "a total counts everything"),
    Meant("sum(e.version)", "SEARCH e", "a total counts everything"),
)
UNTOLD = (
    Meant("FROM grants told", "SEARCH told", "what was told is little beside entries"),
    Meant("FROM grants told", "SEARCH erasures", "what was erased is little beside entries"),
    Meant("FROM grants told", "USE TEMP B-TREE FOR DISTINCT", "what was told is little beside entries"),
)

TIMELINE = {"entries_timeline", "entries_dated_ahead"}
PAGES: dict[str, tuple[Filter, set[str]]] = {
    "nothing": (Filter(), TIMELINE),
    "everything": (Filter(system=True), TIMELINE),
    "a time": (Filter(since=5, until=1 << 50), TIMELINE),
    "a party": (Filter(party="baken"), {"fulltext"}),
    "several": (Filter(place="gate-f", category="suspicious", kind="report", priority="urgent"), {"fulltext"}),
    "a search": (Filter(search="man"), {"fulltext"}),
    "to assess": (Filter(state="received"), {"reports_waiting", "entries_versions"}),
    "to tell back": (Filter(state="assessed"), {"reports_assessed", "entries_versions"}),
    "a state of tasks": (Filter(state="proposed"), {"tasks_task", "entries_versions"}),
    "what matters": (Filter(significant=True), {"entries_versions"}),
    "an incident": (Filter(incident=21), {"links_incident", "links_entry", "entries_versions"}),
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    folder: Path = tmp_path_factory.mktemp("plans")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMMANDLOG_SETTINGS", str(folder / "settings"))
        desks = begin(folder)
        play(desks, STEPS)
        made = saying.note(desks["venue"], "voor twee", audience=("venue", "police"))
        saying.correct(desks["venue"], made.seq, "voor drie", reason="verhoord")
        withholding.recall(desks["venue"], (made.seq,), ("police",), "te vroeg")
    with desks["venue"].log as log:
        yield log


@pytest.mark.parametrize("reader", ["", "police"])
@pytest.mark.parametrize("what", PAGES)
def test_a_page_is_found_along_its_index(log: Log, what: str, reader: str) -> None:
    wanted, meant = PAGES[what]
    wanted = _for(wanted, reader)
    moment = live(log)
    for before in (None, Bookmark(1 << 50, 9)):
        found = plans(log.db, lambda: list(timeline.found_rows(log, moment, wanted, 200, before)))
        assert faults(found, (*LAST, AHEAD, *INCIDENTS, *STATES)) == []
        assert meant <= indexes(found)


@pytest.mark.parametrize("reader", ["", "police"])
@pytest.mark.parametrize("what", PAGES)
def test_a_dense_filter_is_found_along_the_timeline(
    log: Log, what: str, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What matches more than is sorted at once is looked for from the newest entry backwards."""
    monkeypatch.setattr(timeline, "FEW", -1)
    monkeypatch.setattr(timeline, "FEW_ENTRIES", -1)
    wanted, moment = _for(PAGES[what][0], reader), live(log)
    found = plans(log.db, lambda: list(timeline.found_rows(log, moment, wanted, 200)))
    assert faults(found, (*LAST, AHEAD, *INCIDENTS, *STATES)) == []
    assert wanted.search or indexes(found) >= TIMELINE


@pytest.mark.parametrize("reader", ["", "police"])
@pytest.mark.parametrize("what", PAGES)
def test_a_whole_list_begins_from_what_narrows_it(log: Log, what: str, reader: str) -> None:
    wanted, moment = _for(PAGES[what][0], reader), live(log)
    found = plans(log.db, lambda: list(timeline.whole(log, moment, wanted)))
    assert faults(found, (*LAST, *INCIDENTS, *STATES, *FOUND, VERSIONS, FILES)) == []


@pytest.mark.parametrize("reader", ["", "police"])
def test_lines_are_read_by_position(log: Log, reader: str) -> None:
    moment = live(log)
    found = plans(log.db, lambda: timeline.page(log, moment, Filter(reader=reader, system=True)))
    assert faults(found, (*LAST, AHEAD, VERSIONS, FILES)) == []
    assert {"reports_later", "tasks_task", "links_entry", "entries_versions"} <= indexes(found)


@pytest.mark.parametrize("reader", ["", "police"])
@pytest.mark.parametrize("work", [timeline.thread, timeline.entry, timeline.at_record])
def test_one_entry_is_read_by_position(log: Log, reader: str, work: Callable[..., object]) -> None:
    for position in (7, 30, 60):
        found = plans(log.db, lambda: work(log, live(log), position, reader))
        assert faults(found, (*LAST, VERSIONS, FILES)) == []


@pytest.mark.parametrize("reader", ["", "police"])
def test_an_earlier_moment_is_found_as_the_live_one(log: Log, reader: str) -> None:
    position = log.head.seq // 2
    moment = Moment(position, log.kept_at(position))
    found = plans(log.db, lambda: timeline.page(log, moment, Filter(reader=reader)))
    assert faults(found, (*LAST, AHEAD, VERSIONS, FILES)) == []
    assert indexes(found) >= TIMELINE


@pytest.mark.parametrize("reader", ["", "police"])
def test_what_is_kept_up_looks_at_what_changed(log: Log, reader: str) -> None:
    tally = Tally(Filter(reader=reader))
    position = log.head.seq - 5
    tally.at(log, Moment(position, log.kept_at(position)))
    found = plans(log.db, lambda: tally.at(log, live(log)))
    assert faults(found, LAST) == []
    assert "entries_closed" in indexes(found)


@pytest.mark.parametrize("reader", ["", "police"])
def test_totals_count_everything_and_open_items_do_not(log: Log, reader: str) -> None:
    moment = live(log)
    found = plans(log.db, lambda: open_items.open_items(log, moment, reader))
    assert faults(found, (*LAST, *STATES, *FOUND, VERSIONS, FILES, *INCIDENTS, BOARD, *UNTOLD)) == []
    found = plans(log.db, lambda: counts.counts(log, moment, Filter(reader=reader)))
    assert [one for one in faults(found, (*LAST, *COUNTED, VERSIONS, BOARD)) if "FROM entries e" in one] == []


def test_what_is_meant_happens(log: Log) -> None:
    """Whatever is excused above is there: an excuse that no plan needs would hide a fault later."""

    def all_of_it() -> None:
        moment = live(log)
        for reader in ("", "police"):
            for wanted, _indexes in PAGES.values():
                timeline.page(log, moment, _for(wanted, reader))
                list(timeline.whole(log, moment, _for(wanted, reader)))
            open_items.open_items(log, moment, reader)
            counts.counts(log, moment, Filter(reader=reader))
            counts.number(log, moment, Filter(reader=reader))
            board.tasks(log, moment, reader=reader)

    found = plans(log.db, all_of_it)
    assert unused(found, (*LAST, AHEAD, VERSIONS, FILES, *INCIDENTS, *STATES, BOARD, *FOUND, *COUNTED, *UNTOLD)) == []


def _for(wanted: Filter, reader: str) -> Filter:
    return replace(wanted, reader=reader)
