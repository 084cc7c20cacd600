"""Importing into a log: once only, whole, by mapping; and the real files where they are at hand."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from commandlog.intake.importing import Outcome, plan_import, run
from commandlog.intake.mapping import read_mapping
from commandlog.log.desk import Desk
from commandlog.model.covenant import Covenant, Ladder, Level, Party, Place
from commandlog.model.errors import RuleError
from commandlog.model.keeping import Imported
from commandlog.model.records import IncidentOpened, LevelSet, Linked, Report
from commandlog.verbs.events import open_event
from commandlog.verbs.incidents import incident_of

COVENANT = Covenant(
    code="test",
    name="Test",
    driver="venue",
    parties=(Party("venue", "Venue", "private", "V"), Party("police", "Police", "public", "P")),
    places=(Place("brooklyn", "Brooklyn"),),
    ladders=(Ladder("grip", "GRIP", tuple(Level(str(n), f"GRIP {n}") for n in range(6)), declared_by=("police",)),),
)
DATA = Path(os.environ.get("COMMANDLOG_DATA", Path(__file__).parents[3] / "shared" / "data"))
PAGES = DATA / "p2000-den-haag-2020" / "den_haag_ny_2020_ff_calls.geojson"
CITY = DATA / "nyc-emergency-management" / "nyc_oem_incidents_export_2017.csv"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the real data are not at hand (COMMANDLOG_DATA)")

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
    path = tmp_path / name
    lines = [f"2020-01-{1 + n % 28:02d} 10:{n % 60:02d},row number {n},north" for n in range(rows)]
    path.write_text("\n".join(["time,text,place", *lines]) + "\n")
    return path


def contents(desk: Desk) -> list[object]:
    """What the imports made, in order, without what differs by the moment of writing."""
    found: list[object] = []
    for record in desk.log.records():
        frame = record.frame
        if isinstance(frame, Report | IncidentOpened | LevelSet | Imported | Linked):
            entries = frame.entries if isinstance(frame, Imported) else 0
            found.append(
                (type(frame).__name__, frame.origin, frame.occurred_at * (entries == 0), entries, record.words)
            )
    return found


def imported(desk: Desk, source: Path, mapping: Path | None = None) -> Outcome:
    return run(desk, plan_import(desk, source, mapping))


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
    path = tmp_path / "log.csv"
    path.write_text("time,text\n" + "2020-01-01 10:00,the same\n" * 3)
    assert imported(desk, path).added == 3
    path.write_text("time,text\n" + "2020-01-01 10:00,the same\n" * 4)
    assert imported(desk, path).added == 1


def test_a_later_export_with_other_spelling_and_a_closing_time(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "log.csv"
    path.write_text(
        "type,place,created,closed\nLaw Enforcement-Other,North,10/29/16 12:13,\nWater,,1/2/16 3:04,1/2/16 9:00\n"
    )
    assert imported(desk, path).added == 2
    path.write_text(
        "type,place,created,closed\nLawEnforcement-Other,North,10/29/2016 12:13:20 PM,10/29/2016 01:00:00 PM\n"
        "Water,,01/02/2016 03:04:10 AM,01/02/2016 09:00:30 AM\n"
    )
    outcome = imported(desk, path)
    assert (outcome.added, outcome.changed_count) == (0, 1)
    assert outcome.changed[0].line == 2
    assert "closed" in outcome.changed[0].what


def test_a_changed_row_is_reported_and_not_written(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "log.csv"
    path.write_text("id,time,text\n7,2020-01-01 10:00,one\n8,2020-01-01 10:01,two\n")
    imported(desk, path)
    head = desk.log.head.seq
    path.write_text("id,time,text\n7,2020-01-01 10:00,one\n8,2020-01-01 10:01,other\n")
    outcome = imported(desk, path)
    assert [(one.line, one.what) for one in outcome.changed] == [(3, ("text",))]
    assert desk.log.head.seq == head
    assert any("line 3" in one and "V1-" in one for one in outcome.described())


@pytest.mark.parametrize("stop", [500, 1000])
def test_an_import_that_is_broken_off_goes_on_where_it_stopped(
    tmp_path: Path, desk: Desk, other: Desk, stop: int
) -> None:
    path, mapping = tmp_path / "log.csv", tmp_path / "mapping.toml"
    rows = (f"{n},2020-01-01 {10 + n // 600}:{n // 10 % 60:02d},in s{n % 7}: GRIP {n // 500}" for n in range(1300))
    path.write_text("\n".join(["id,at,message", *rows]))
    mapping.write_text(MAPPING)

    def broken(done: int, _total: int) -> None:
        if done >= stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(desk, plan_import(desk, path, mapping), broken)
    imported(desk, path, mapping)
    imported(other, path, mapping)
    assert contents(desk) == contents(other)
    assert imported(desk, path, mapping).added == 0


def test_incidents_and_levels_by_mapping(tmp_path: Path, desk: Desk) -> None:
    mapping, path = tmp_path / "mapping.toml", tmp_path / "log.csv"
    mapping.write_text(MAPPING)
    head = "id,at,message\n"
    first = "1,2020-01-01 10:00,fire in Elm\n2,2020-01-01 10:20,GRIP 1 fire in Elm\n3,2020-01-01 10:30,GRIP 1 in Elm\n"
    path.write_text(head + first + "4,2020-01-01 12:00,fire in Elm\n")
    outcome = imported(desk, path, mapping)
    assert (outcome.incidents, outcome.levels) == (2, 1)
    titles = [one.words.title for one in desk.log.records() if isinstance(one.frame, IncidentOpened) and one.words]
    assert titles == ["Fire Elm", "Fire Elm"]
    path.write_text(head + "0,2020-01-01 09:50,smoke in Elm\n" + first + "9,2020-01-01 11:00,GRIP 0 in Elm\n")
    grown = imported(desk, path, mapping)
    assert (grown.added, grown.incidents, grown.levels) == (2, 0, 1)
    reports = [one.seq for one in desk.log.records() if isinstance(one.frame, Report)]
    assert len({incident_of(desk, one) for one in reports}) == 2


def test_rows_are_refused_by_line_and_the_rest_goes_in(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "log.csv"
    rows = ["time,text,place"] + [f"{n}/1/2020 10:00,fine,x" for n in range(13, 30)]
    path.write_text("\n".join([*rows, ",no time,x", "1/13/2020 10:00,wrong order,x", "14/1/2020 10:00,,", "a,b,c,d"]))
    plan = plan_import(desk, path)
    assert [(one.line, one.column) for one in plan.refused] == [(19, "time"), (20, "time"), (21, "text"), (22, "")]
    assert "line 20: time: “1/13/2020 10:00” is no date, read as day, month, year" in plan.refusals()
    outcome = run(desk, plan)
    assert (outcome.added, outcome.refused) == (17, 4)
    assert "4 refused" in outcome.sums()
    assert "line 19: time: has no date and time" in outcome.described()
    assert {"Refused:", "  line 19: time: has no date and time", "time: time (guessed)"} <= set(plan.described())


def test_entries_come_in_the_order_of_time_and_settled(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "log.csv"
    path.write_text("time,text\n2020-01-01 10:02,c\n2020-01-01 10:01,a\n2020-01-01 10:02,d\n2020-01-01 10:01,b\n")
    imported(desk, path)
    said = [one for one in desk.log.records() if isinstance(one.frame, Report)]
    assert [one.words.text for one in said if one.words] == ["a", "b", "c", "d"]
    assert all(one.frame.settled for one in said)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind = 3", "kind"),
        ("nonsense = 1", "nonsense"),
        ("kind = 'task'", "kind"),
        ("timezone = 'Mars/Base'", "timezone"),
        ("[time]\norder = 'ydm'", "time.order"),
        ("[time]\nformat = '%Y %Y'", "time.format"),
        ("[time]\nformat = '%Q'", "time.format"),
        ("[file]\nseparator = ';;'", "file.separator"),
        ("[file]\nencoding = 'hex'", "file.encoding"),
        ("[values.priority]\na = 'huge'", "values.priority"),
        ("[[extract]]\nname='a'\ncolumn='b'\npattern='('", "extract.pattern"),
        ("[[extract]]\nname='a'\ncolumn='b'\npattern='x'", "extract.pattern"),
        ("[incident]\ncolumns=[]\ntitle='x'", "incident"),
        ("[[", "TOML"),
        ("\x00", "TOML"),
    ],
)
def test_a_wrong_mapping_names_the_key(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    with pytest.raises(RuleError) as caught:
        read_mapping(path)
    assert says in str(caught.value)
    assert "mapping.toml" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "[columns]\ntime = 'absent'",
        "[[extract]]\nname='a'\ncolumn='absent'",
        "[incident]\ncolumns=['absent']\ntitle='x'",
        "[incident]\ncolumns=['text']\ntitle='{absent}'",
        "[[level]]\nladder='grip'\ncolumn='absent'\npattern='x'\nlevel='1'",
        "party = 'nobody'",
    ],
)
def test_a_mapping_that_does_not_fit_the_file_says_so(tmp_path: Path, desk: Desk, text: str) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(text)
    with pytest.raises(RuleError, match="mapping names"):
        plan_import(desk, table(tmp_path, 3), mapping)


def test_a_level_that_the_covenant_lacks_is_said(tmp_path: Path, desk: Desk) -> None:
    mapping, path = tmp_path / "mapping.toml", tmp_path / "log.csv"
    mapping.write_text(MAPPING)
    path.write_text("id,at,message\n1,2020-01-01 10:00,GRIP 9 in Elm\n")
    plan = plan_import(desk, path, mapping)
    assert any("grip: 9" in one for one in plan.notices)
    assert run(desk, plan).levels == 0


@real
def test_the_pages_of_the_hague_by_their_mapping(desk: Desk) -> None:
    plan = plan_import(desk, PAGES, Path("den-haag-p2000"))
    assert (len(plan), plan.refused_count) == (401, 0)
    fire = max(plan.incidents, key=lambda one: len(one.members))
    assert fire.title == "Gebouwbrand Laan van Wateringse Veld"
    assert "Gebouwbrand Pijnboomstraat" in [one.title for one in plan.incidents]
    assert len(fire.members) == 9
    run(desk, plan)
    levels = [one for one in desk.log.records() if isinstance(one.frame, LevelSet)]
    assert [(one.frame.level, one.frame.occurred_at) for one in levels] == [
        ("1", 1577906040000),  # 20:14 in The Hague
        ("0", 1577913420000),  # 22:17
    ]
    again = imported(desk, PAGES, Path("den-haag-p2000"))
    assert (again.added, again.incidents, again.levels, again.changed_count) == (0, 0, 0, 0)


@pytest.mark.parametrize("name", ["den-haag-p2000", "nyc-emergency-management.toml"])
def test_our_own_mappings_are_found_by_name(name: str) -> None:
    assert read_mapping(Path(name))[0].timezone


def test_a_format_of_the_mapping_is_kept_to(tmp_path: Path, desk: Desk) -> None:
    mapping, path = tmp_path / "mapping.toml", tmp_path / "log.csv"
    mapping.write_text("timezone = 'UTC'\n[time]\nformat = '%d|%m|%y %H'\n[columns]\ntime = 'time'")
    path.write_text("time,text\n02|01|20 10,a\n2020-01-02 10:00,b\n")
    plan = plan_import(desk, path, mapping)
    assert [one.occurred for _n, one in plan.entries()] == [1577959200000]
    assert [one.line for one in plan.refused] == [3]


@real
def test_the_pages_of_the_hague_without_a_mapping(desk: Desk) -> None:
    plan = plan_import(desk, PAGES)
    assert plan.guess.columns.time == ["pmeTimeStamp"]
    assert plan.guess.columns.text == ["pmeMessage"]
    one = plan.entry(0)
    assert (one.priority, one.where, one.pin) == ("urgent", "Pijnboomstraat", (52.081183, 4.2733977))
    assert "\\N" not in one.raw.values()


@real
def test_files_that_are_no_log_are_clear_errors(desk: Desk) -> None:
    for path in DATA.rglob("*"):
        if path.is_file() and path not in (PAGES, CITY):
            with pytest.raises(RuleError):
                plan_import(desk, path)


@real
@pytest.mark.parametrize("mapping", [None, "nyc-emergency-management"])
def test_the_log_of_new_york(desk: Desk, mapping: str | None) -> None:
    plan = plan_import(desk, CITY, Path(mapping) if mapping else None)
    assert (len(plan), plan.refused_count) == (5060, 0)
    assert plan.guess.notation.order == "mdy"
    run(desk, plan)
    again = imported(desk, CITY, Path(mapping) if mapping else None)
    assert (again.added, again.already, again.changed_count) == (0, 5060, 0)
    if mapping:
        assert sum(one.place == "brooklyn" for _n, one in plan.entries()) > 1400
