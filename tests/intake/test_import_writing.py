"""Importing into a log: once only, whole, in the order of time; what is refused and what changed is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from commandlog.intake.importing import Outcome, plan_import, run
from commandlog.intake.planned import described, document
from commandlog.intake.standing import standing
from commandlog.log.derived import incidents, reports
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.keeping import Imported
from commandlog.model.records import Feedback, IncidentClosed, IncidentOpened, Report
from commandlog.verbs.events import open_event
from commandlog.verbs.incidents import incident_of
from tests.intake.imports import COVENANT, contents, imported, kinds, planned, written

MAPPING = """
kind = "report"
party = "police"
[columns]
time = "at"
text = "message"
key = "id"
[[extract]]
name = "street"
column = "message"
pattern = ' in (\\w+)'
[incident]
columns = ["street"]
minutes = 30
title = "Fire {street}"
[[level]]
ladder = "grip"
column = "message"
pattern = 'GRIP (\\d)'
level = "{1}"
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = open_event(tmp_path / "event.log", COVENANT, tmp_path / "settings")
    yield made
    made.log.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Desk]:
    made = open_event(tmp_path / "other.log", COVENANT, tmp_path / "settings")
    yield made
    made.log.close()


def table(tmp_path: Path, rows: int, name: str = "log.csv") -> Path:
    lines = [f"2020-01-{1 + n % 28:02d} 10:{n % 60:02d},row number {n},north" for n in range(rows)]
    return written(tmp_path, "\n".join(["time,text,place", *lines]) + "\n", name)


def test_a_second_run_adds_nothing(tmp_path: Path, desk: Desk) -> None:
    path = table(tmp_path, 1200)
    assert imported(desk, path).added == 1200
    head = desk.log.head.seq
    again = imported(desk, path)
    assert (again.added, again.already, again.changed_count) == (0, 1200, 0)
    assert desk.log.head.seq == head


def test_a_grown_file_adds_only_what_is_new(tmp_path: Path, desk: Desk) -> None:
    imported(desk, table(tmp_path, 100))
    grown = imported(desk, table(tmp_path, 130))
    assert (grown.added, grown.already) == (30, 100)
    frames = [record.frame for record in desk.log.records() if isinstance(record.frame, Imported)]
    assert [one.entries for one in frames] == [100, 30]


def test_identical_rows_are_each_taken_in_once(tmp_path: Path, desk: Desk) -> None:
    path = written(tmp_path, "time,text\n" + "2020-01-01 10:00,the same\n" * 3)
    assert imported(desk, path).added == 3
    written(tmp_path, "time,text\n" + "2020-01-01 10:00,the same\n" * 4)
    assert imported(desk, path).added == 1


def test_a_later_export_with_other_spelling_and_a_closing_time(tmp_path: Path, desk: Desk) -> None:
    path = written(
        tmp_path,
        "type,place,created,closed\nLaw Enforcement-Other,North,10/29/16 12:13,\nWater,,1/2/16 3:04,1/2/16 9:00\n",
    )
    first = imported(desk, path)
    assert (first.added, first.closed) == (2, 1)
    written(
        tmp_path,
        "type,place,created,closed\nLawEnforcement-Other,North,10/29/2016 12:13:20 PM,10/29/2016 01:00:00 PM\n"
        "Water,,01/02/2016 03:04:10 AM,01/02/2016 09:00:30 AM\n",
    )
    outcome = imported(desk, path)
    assert (outcome.added, outcome.closed, outcome.changed_count) == (0, 1, 1)
    assert outcome.changed[0].line == 2
    assert "type: “Law Enforcement-Other” → “LawEnforcement-Other”" in map(str, outcome.changed[0].what)
    found = [one for one in desk.log.records() if isinstance(one.frame, Report | Feedback)]
    ends = {one.frame.entry: one.frame.occurred_at for one in found if isinstance(one.frame, Feedback)}
    lasted = {one.words.text: ends[one.id] - one.frame.occurred_at for one in found if one.id in ends if one.words}
    assert {text: round(one / 60_000) for text, one in lasted.items()} == {"Law Enforcement-Other": 47, "Water": 356}
    states = [reports.current(desk.log.db, one.seq) for one in found if isinstance(one.frame, Report)]
    assert [one and one.state for one in states] == ["closed", "closed"]
    head = desk.log.head.seq
    assert imported(desk, path).closed == 0
    assert desk.log.head.seq == head


def test_a_changed_row_is_reported_and_not_written(tmp_path: Path, desk: Desk) -> None:
    rows = "id,time,text,priority,crew\n7,2020-01-01 10:00,one,P 1,4\n8,2020-01-01 10:01,{}\n"
    path = written(tmp_path, rows.format("two,P 1,4"))
    imported(desk, path)
    head = desk.log.head.seq
    written(tmp_path, rows.format("other,P 2,"))
    shown = described(plan := planned(desk, path), standing(desk.log, plan))
    assert any("text: “two” → “other”" in one and "crew: “4” → nothing" in one for one in shown)
    outcome = imported(desk, path)
    assert [(one.line, [each.column for each in one.what]) for one in outcome.changed] == [
        (3, ["text", "priority", "crew"])
    ]
    assert desk.log.head.seq == head
    assert any("line 3" in one and "V1-" in one and "priority: “P 1” → “P 2”" in one for one in outcome.described())


@pytest.mark.parametrize("stop", [500, 1000])
def test_an_import_that_is_broken_off_goes_on_where_it_stopped(
    tmp_path: Path, desk: Desk, other: Desk, stop: int
) -> None:
    mapping = written(tmp_path, MAPPING, "mapping.toml")
    rows = (f"{n},2020-01-01 {10 + n // 600}:{n // 10 % 60:02d},in s{n % 7}: GRIP {n // 500}" for n in range(1300))
    path = written(tmp_path, "\n".join(["id,at,message", *rows]))

    def broken(done: int, _total: int) -> None:
        if done >= stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(desk, plan_import(desk, path, mapping), broken)
    imported(desk, path, mapping)
    imported(other, path, mapping)
    assert contents(desk) == contents(other)
    assert imported(desk, path, mapping).added == 0


def test_a_disk_that_fills_up_leaves_whole_rows_and_says_how_many(tmp_path: Path, desk: Desk, other: Desk) -> None:
    path = table(tmp_path, 3000)
    pages = desk.log.db.execute("PRAGMA page_count").fetchone()[0]
    desk.log.db.execute(f"PRAGMA max_page_count = {pages + 100}")
    with pytest.raises(Unavailable, match=r"full.* of 3000 rows are in the log; the same command goes on") as caught:
        imported(desk, path)
    assert "\n" not in str(caught.value)
    there = [one for one in desk.log.records() if isinstance(one.frame, Report)]
    assert f" {len(there)} of 3000 rows" in str(caught.value)
    desk.log.db.execute("PRAGMA max_page_count = 1000000")
    assert imported(desk, path).added == 3000 - len(there)
    imported(other, path)
    assert contents(desk) == contents(other)


def test_a_log_that_cannot_be_written_takes_nothing_in(tmp_path: Path, desk: Desk) -> None:
    path = table(tmp_path, 10)
    with Log(desk.path, reading=True) as log:
        reader = Desk(log, desk.signer)
        with pytest.raises(Unavailable, match="0 of 10 rows"):
            imported(reader, path)
    assert "report" not in kinds(desk)


def test_incidents_and_levels_by_mapping(tmp_path: Path, desk: Desk) -> None:
    mapping = written(tmp_path, MAPPING, "mapping.toml")
    head = "id,at,message\n"
    first = "1,2020-01-01 10:00,fire in Elm\n2,2020-01-01 10:20,GRIP 1 fire in Elm\n3,2020-01-01 10:30,GRIP 1 in Elm\n"
    path = written(tmp_path, head + first + "4,2020-01-01 12:00,fire in Elm\n")
    outcome = imported(desk, path, mapping)
    assert (outcome.incidents, outcome.levels) == (2, 1)
    titles = [one.words.title for one in desk.log.records() if isinstance(one.frame, IncidentOpened) and one.words]
    assert titles == ["Fire Elm", "Fire Elm"]
    written(tmp_path, head + "0,2020-01-01 09:50,smoke in Elm\n" + first + "9,2020-01-01 11:00,GRIP 0 in Elm\n")
    grown = imported(desk, path, mapping)
    assert (grown.added, grown.incidents, grown.levels) == (2, 0, 1)
    found = dict(desk.log.db.execute("SELECT incident, count(*) FROM links GROUP BY 1"))
    assert sorted(found.values()) == [1, 5]


def test_an_incident_that_is_over_is_closed_when_its_last_row_says_so(tmp_path: Path, desk: Desk) -> None:
    mapping = written(tmp_path, MAPPING, "mapping.toml")
    rows = "id,at,message\n1,2020-01-01 10:00,fire in Elm\n2,2020-01-01 10:20,fire in Elm\n"
    imported(desk, path := written(tmp_path, rows), mapping)
    (opened,) = [one for one in desk.log.records() if isinstance(one.frame, IncidentOpened)]
    row = incidents.current(desk.log.db, opened.seq)
    assert row is not None
    assert (row.state, row.closed - row.opened) == ("closed", 20 * 60_000)
    assert imported(desk, path, mapping).added == 0
    assert kinds(desk).count("incident_closed") == 1


def test_an_incident_that_may_go_on_stays_open_until_a_longer_export_shows_that_it_does_not(
    tmp_path: Path, desk: Desk
) -> None:
    mapping = written(tmp_path, MAPPING, "mapping.toml")
    desk.log.clock = lambda: 1577880000000  # 13:00 on the day of the export
    rows = "id,at,message\n1,2020-01-01 12:00,fire in Elm\n2,2020-01-01 12:20,fire in Elm\n"
    imported(desk, path := written(tmp_path, rows), mapping)
    (report,) = [one.seq for one in desk.log.records() if isinstance(one.frame, Report)][:1]
    assert incident_of(desk, report)
    imported(desk, written(tmp_path, rows + "3,2020-01-01 12:40,fire in Elm\n"), mapping)
    imported(desk, written(tmp_path, rows + "3,2020-01-01 12:40,fire in Elm\n4,2020-01-01 13:30,other\n"), mapping)
    (closed,) = [one.frame for one in desk.log.records() if isinstance(one.frame, IncidentClosed)]
    assert closed.occurred_at == 1577878800000  # 12:40
    assert path.exists()


def test_rows_are_refused_by_line_and_the_rest_goes_in(tmp_path: Path, desk: Desk) -> None:
    rows = ["time,text,place"] + [f"{n}/1/2020 10:00,fine,x" for n in range(13, 30)]
    text = "\n".join([*rows, ",no time,x", "1/13/2020 10:00,wrong order,x", "14/1/2020 10:00,,", "a,b,c,d"])
    plan = planned(desk, path := written(tmp_path, text))
    assert [(one.line, one.column) for one in plan.refused] == [(19, "time"), (20, "time"), (21, "text"), (22, "")]
    assert "line 20: time: “1/13/2020 10:00” is no date, read as day, month, year" in plan.refusals()
    said = described(plan, standing(desk.log, plan))
    assert {"Refused:", "  line 19: time: has no date and time", "time: time (guessed)"} <= set(said)
    outcome = imported(desk, path)
    assert (outcome.added, outcome.refused) == (17, 4)
    assert "4 refused" in outcome.sums()
    assert "line 19: time: has no date and time" in outcome.described()


def test_entries_come_in_the_order_of_time_and_settled(tmp_path: Path, desk: Desk) -> None:
    rows = "time,text\n2020-01-01 10:02,c\n2020-01-01 10:01,a\n2020-01-01 10:02,d\n2020-01-01 10:01,b\n"
    imported(desk, written(tmp_path, rows))
    said = [one for one in desk.log.records() if isinstance(one.frame, Report)]
    assert [one.words.text for one in said if one.words] == ["a", "b", "c", "d"]
    assert all(one.frame.settled for one in said)


def test_the_first_entries_are_shown_in_columns_that_fit_a_screen(tmp_path: Path, desk: Desk) -> None:
    rows = [f"2020-01-01 10:0{n},{'very long words ' * 40},Poort F,P 1,brand" for n in range(3)]
    rows.append("2020-01-01 10:05,火災 火災 火災 火災 火災 火災 火災 火災 火災 火災 火災 火災 火災,Poort F,P 2,brand")
    plan = planned(desk, written(tmp_path, "\n".join(["time,text,place,priority,category", *rows])))
    said = described(plan, standing(desk.log, plan))
    at = said.index("The first entries:")
    lines = said[at + 1 : at + 6]
    assert all(len(one) <= 100 for one in lines)
    assert len({one.index("gate-f") for one in lines[1:4]}) == 1
    assert all("…" in one for one in lines[1:4])
    shown = document(plan, standing(desk.log, plan))
    assert (shown["rows"], shown["there"], shown["first"][0]["place"]) == (4, 0, "gate-f")
    assert "report" not in kinds(desk)


def test_the_file_and_the_mapping_are_named_in_the_log(tmp_path: Path, desk: Desk) -> None:
    mapping = written(tmp_path, MAPPING, "mapping.toml")
    path = written(tmp_path, "id,at,message\n1,2020-01-01 10:00,fire in Elm\n", "pages.csv")
    plan = planned(desk, path, mapping)
    run(desk, plan)
    (made,) = [one for one in desk.log.records() if isinstance(one.frame, Imported)]
    assert (made.frame.file, made.frame.mapping) == (plan.digest, plan.given.digest)
    assert made.words is not None
    assert (made.words.title, made.words.raw) == ("pages.csv", {"mapping": "mapping.toml"})


def test_the_same_rows_by_another_mapping_are_warned_of(tmp_path: Path, desk: Desk) -> None:
    path = table(tmp_path, 50)
    imported(desk, path)
    assert planned(desk, path).warnings == []
    mapping = written(tmp_path, 'kind = "note"\n[columns]\ntext = "text"\nkey = "text"\n', "mine.toml")
    again = planned(desk, path, mapping)
    assert any("log.csv with no mapping" in one for one in again.warnings)
    assert "50 of 50 rows" in again.doubles
    renamed = path.rename(tmp_path / "renamed.csv")
    with renamed.open("a") as file:
        file.write("2020-02-01 10:00,new,north\n")
    assert "50 of 51 rows" in planned(desk, renamed, mapping).doubles
    assert (planned(desk, renamed).warnings, planned(desk, renamed).doubles) == ([], "")


def test_the_log_itself_is_not_imported(desk: Desk) -> None:
    with pytest.raises(RuleError, match="the log itself"):
        plan_import(desk, desk.path)


def test_progress_is_told_while_reading_and_writing(tmp_path: Path, desk: Desk) -> None:
    path = table(tmp_path, 2500)
    read: list[tuple[int, int]] = []
    plan = plan_import(desk, path, None, lambda done, total: read.append((done, total)))
    assert read == [(1000, 0), (2000, 0), (1000, 2500), (2000, 2500)]
    done: list[tuple[int, int]] = []
    outcome = run(desk, plan, lambda rows, total: done.append((rows, total)))
    assert isinstance(outcome, Outcome)
    assert done[-1] == (2500, 2500)
    assert [rows for rows, _total in done] == sorted(rows for rows, _total in done)
