"""Writing, rolling back and reading by reference never read a whole table, and use the index that is meant."""

from collections.abc import Callable
from pathlib import Path

import pytest

from commandlog.log import derived, signatures
from commandlog.log.derived import entries, incidents, origins, reports, tasks
from commandlog.log.derived.table import PROVISIONAL, position_of
from commandlog.log.desk import Desk
from commandlog.log.rebuild import rebase, stored, take
from commandlog.log.store import Log
from commandlog.verbs import saying
from tests.log.histories import _VERBS, Step, begin, play
from tests.plans import Meant, faults, indexes, plans, unused

STEPS: list[Step] = [
    (verb, who, first, first + 1, "man met tas", 0) for first in (3, 7, 12) for verb in _VERBS for who in (0, 1)
]

HEAD = Meant("FROM records WHERE seq < ? ORDER BY seq DESC LIMIT", "SEARCH records", "the last record alone")
WRITING = (
    HEAD,
    Meant("SELECT number FROM entries WHERE desk = ?", "SCAN entries", "backwards, to the desk's own last entry"),
    Meant("SELECT DISTINCT party FROM recalls", "USE TEMP B-TREE FOR DISTINCT", "who was recalled from one record"),
    Meant("SELECT DISTINCT", "", "the tests' own way to choose what a step is about"),
)
BACK = "what is taken back, and no more"
BEHIND = "what stands behind, and no more"
REBASING = (
    HEAD,
    Meant("FROM entries WHERE since >= ? LIMIT ?", "SEARCH entries", "whether anything stands behind"),
    Meant("FROM records WHERE seq >= ? LIMIT ?", "SEARCH records", "whether anything waits"),
    Meant("FROM entries e CROSS JOIN records r", "SEARCH e", BEHIND),
    *(Meant(f"DELETE FROM {table.name} WHERE since > ?", f"SEARCH {table.name}", BACK) for table in derived.TABLES),
    Meant("SELECT seq, words FROM records WHERE seq > ?", "SEARCH records", BACK),
    Meant("DELETE FROM records WHERE seq > ?", "SEARCH records", BACK),
    Meant("DELETE FROM records WHERE seq >= ?", "SEARCH records", BACK),
    Meant("FROM erasures WHERE since = ?", "USE TEMP B-TREE FOR ORDER BY", "what one decision erased"),
    WRITING[3],
)
FOUND: dict[str, tuple[Callable[[Log], object], set[str]]] = {
    "a record id": (lambda log: position_of(log.db, log.head.id), {"entries_ids"}),
    "an origin": (lambda log: origins.position(log.db, "7"), {"origins_origin"}),
    "the version that holds": (lambda log: entries.current(log.db, 9), {"entries_versions"}),
    "all versions": (lambda log: entries.versions(log.db, 9), {"entries_versions"}),
    "a report's state": (lambda log: reports.current(log.db, 9), {"reports_later"}),
    "a task's state": (lambda log: tasks.current(log.db, 9), {"tasks_task"}),
    "an incident's state": (lambda log: incidents.current(log.db, 9), {"incidents_incident"}),
    "a record": (lambda log: log.record(9), set()),
    "records": (lambda log: list(log.records(3, 9)), set()),
    "the position at a time": (lambda log: log.position_at(log.head.kept_at), set()),
    "when it was kept": (lambda log: log.kept_at(9), set()),
    "a check value": (lambda log: log.check_value(9), set()),
}


@pytest.fixture
def evening(tmp_path: Path) -> dict[str, Desk]:
    desks = begin(tmp_path)
    play(desks, STEPS)
    return desks


def test_writing_reads_no_table_from_one_end(evening: dict[str, Desk]) -> None:
    log = evening["venue"].log
    with log:
        found = plans(log.db, lambda: play(evening, STEPS))
        assert faults(found, WRITING) == []
        assert unused(found, WRITING) == []
        assert {"entries_ids", "entries_versions", "reports_later", "tasks_task", "origins_origin"} <= indexes(found)


@pytest.mark.parametrize("what", FOUND)
def test_a_look_up_uses_its_index(evening: dict[str, Desk], what: str) -> None:
    log = evening["venue"].log
    work, meant = FOUND[what]
    with log:
        found = plans(log.db, lambda: work(log))
        assert faults(found, (HEAD,)) == []
        assert indexes(found) == meant


def test_a_rebase_costs_what_it_takes_back(evening: dict[str, Desk]) -> None:
    log = evening["venue"].log
    with log:
        last = log.head.seq
        taken = list(stored(log.db, last - 19, last))

        def work() -> None:
            with log.writing():
                derived.rollback(log.db, last - 20)
                log.db.execute("DELETE FROM records WHERE seq > ?", (last - 20,))
                for number, record in enumerate(taken[10:]):
                    take(log.db, record.provisional(number))
                log.refresh()
            rebase(log, taken[:10])

        found = plans(log.db, work)
        assert faults(found, REBASING) == []
        assert {f"{table.name}_closed" for table in derived.TABLES} <= indexes(found)
        assert log.db.execute("SELECT max(since) FROM entries").fetchone()[0] == PROVISIONAL + 9


def test_checking_signatures_reads_records_by_position(evening: dict[str, Desk]) -> None:
    log = evening["venue"].log
    meant = (
        Meant("(SELECT since FROM desks)", "USE TEMP B-TREE FOR ORDER BY", "a log has few desks"),
        Meant("WHERE seq < ? ORDER BY seq DESC", "SEARCH records", "backwards, to the desk's record before"),
    )
    with log:
        for deep in (False, True):
            found = plans(
                log.db,
                lambda: signatures.signatures_of(log.db, log.id, log.head.seq, deep=deep),
            )
            assert faults(found, meant) == []


def test_a_table_that_is_read_from_one_end_is_noticed(evening: dict[str, Desk]) -> None:
    """Controls: an index taken away, a condition without one, and a sorting that was not meant."""
    log = evening["venue"].log
    with log:
        found = plans(log.db, lambda: log.db.execute("SELECT since FROM entries WHERE number = 5").fetchall())
        assert faults(found)
        found = plans(
            log.db, lambda: log.db.execute("SELECT since FROM tasks WHERE since > 5 AND unit = ''").fetchall()
        )
        assert faults(found)
        found = plans(
            log.db, lambda: log.db.execute("SELECT kind FROM entries WHERE id = x'00' ORDER BY kind").fetchall()
        )
        assert faults(found)
        log.db.execute("DROP INDEX entries_ids")
        found = plans(log.db, lambda: saying.add_to(evening["venue"], 9, "aanvulling"))
        assert faults(found, WRITING)
