"""The mapping file: each key is understood, each fault names file, line and key, and a guess can be written as one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandlog.intake.mapping import ROLES, Mapping, Translator
from commandlog.intake.mapping import names as columns_of
from commandlog.intake.mapping_checks import mappings, read_mapping
from commandlog.intake.mapping_writing import mapping_text, write_mapping
from commandlog.log.desk import Desk
from commandlog.model.errors import RuleError
from commandlog.model.records import Decision, Message, Note, Observation, Report, Said
from commandlog.verbs.events import open_event
from tests.intake.imports import COVENANT, imported, planned, written


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = open_event(tmp_path / "event.log", COVENANT, tmp_path / "settings")
    yield made
    made.log.close()


FAULTS = [
    ("kind = 3", "kind", 1),
    ("nonsense = 1", "nonsense", 0),
    ("kind = 'task'", "kind", 1),
    ("name = 'a'\ntimezone = 'Mars/Base'", "timezone", 2),
    ("[time]\norder = 'ydm'", "time.order", 2),
    ("[time]\nformat = '%Y %Y'", "time.format", 2),
    ("[time]\nformat = '%Q'", "time.format", 2),
    ("[time]\nstart = 'noon'", "time.start", 2),
    ("[time]\ndate = '31-12-2019'", "time.date", 2),
    ("[file]\nseparator = ';;'", "file.separator", 2),
    ("[file]\nencoding = 'hex'", "file.encoding", 2),
    ("[file]\nheader = -1", "file.header", 2),
    ("[file]\npattern = '^(.*)$'", "file.pattern", 2),
    ("[columns]\nlatitude = 'a'", "columns.latitude", 2),
    ("[columns]\ncoordinates = 'a'\nlatitude = 'b'\nlongitude = 'c'", "columns.coordinates", 2),
    ("[values.priority]\nb = 'urgent'\na = 'huge'", "values.priority.a", 3),
    ("[values.state]\n'P 1' = 'gone'", 'values.state."P 1"', 2),
    ("[values.kind]\na = 'tweet'", "values.kind.a", 2),
    ("[[extract]]\nname='a'\ncolumn='b'\n[[extract]]\nname='a'\ncolumn='b'\npattern='('", "extract[1].pattern", 7),
    ("[[extract]]\nname='a'\ncolumn='b'\npattern='x'", "extract[0].pattern", 4),
    ("[incident]\ncolumns=[]\ntitle='x'", "incident", 1),
    (
        "[incident]\ncolumns=['a']\ntitle='x'\n[incident.longer]\ncolumn='b'\nminutes=3\npattern='('",
        "longer.pattern",
        7,
    ),
    ("[pairs]\ncolumns=[]\ncolumn='a'\nbegin='b'\nend='c'", "pairs", 1),
    ("[pairs]\ncolumns=['n']\ncolumn='a'\nbegin='b'\nend='('", "pairs.end", 5),
    ("[task]\ncolumn='a'\npattern='b'", "task", 1),
    ("[task]\nto='police'\ncolumn='a'", "task", 1),
    ("[[level]]\nladder='a'\ncolumn='b'\npattern='('\nlevel='1'", "level[0].pattern", 4),
    ("[[", "TOML", 0),
    ("\x00", "TOML", 0),
    ("a = " + "[" * 5000, "TOML", 0),
]


@pytest.mark.parametrize(("text", "key", "line"), FAULTS)
def test_a_wrong_mapping_names_file_line_and_key(tmp_path: Path, text: str, key: str, line: int) -> None:
    with pytest.raises(RuleError) as caught:
        read_mapping(written(tmp_path, text, "mapping.toml"))
    said = str(caught.value)
    assert key in said
    assert "mapping.toml" in said
    assert "\n" not in said
    if line:
        assert f"mapping.toml, line {line}:" in said


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("[columns]\ntime = 'absent'", "columns.time", 2),
        ("[[extract]]\nname='a'\ncolumn='absent'", "extract[0].column", 3),
        ("[incident]\ncolumns=['absent']\ntitle='x'", "incident.columns", 2),
        ("[incident]\ncolumns=['text']\ntitle='{absent}'", "incident.title", 3),
        ("[[level]]\nladder='grip'\ncolumn='absent'\npattern='x'\nlevel='1'", "level[0].column", 3),
        ("[pairs]\ncolumns=['absent']\ncolumn='text'\nbegin='a'\nend='b'", "pairs.columns", 2),
        ("[pairs]\ncolumns=['text']\ncolumn='text'\nbegin='a'\nend='b'\nto='nobody'", "pairs.to", 6),
        ("[task]\nto='nobody'", "task.to", 2),
        ("[task]\nto='police'\naccepted='absent'", "task.accepted", 3),
        ("party = 'nobody'", "party", 1),
        ("audience = [\n  'police',\n  'nobody',\n]", "audience[1]", 3),
    ],
)
def test_a_mapping_that_does_not_fit_the_file_says_so(
    tmp_path: Path, desk: Desk, text: str, key: str, line: int
) -> None:
    mapping = written(tmp_path, text, "mapping.toml")
    with pytest.raises(RuleError) as caught:
        planned(desk, written(tmp_path, "time,text,place\n2020-01-01 10:00,a,b\n"), mapping)
    assert f"mapping.toml, line {line}: {key}: " in str(caught.value)


def test_a_mapping_that_is_not_there_names_ours(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="den-haag-p2000, nyc-emergency-management"):
        read_mapping(tmp_path / "none.toml")


@pytest.mark.parametrize("name", mappings())
def test_our_own_mappings_are_found_by_name(name: str) -> None:
    assert read_mapping(Path(name)).mapping.timezone
    assert read_mapping(Path(f"{name}.toml")).name == f"{name}.toml"


def test_a_level_that_the_covenant_lacks_is_said(tmp_path: Path, desk: Desk) -> None:
    mapping = written(
        tmp_path, "[[level]]\nladder='grip'\ncolumn='text'\npattern='GRIP (\\d)'\nlevel='{1}'", "mapping.toml"
    )
    path = written(tmp_path, "time,text\n2020-01-01 10:00,GRIP 9 in Elm\n")
    assert any("grip: 9" in one for one in planned(desk, path, mapping).notices)
    assert imported(desk, path, mapping).levels == 0


def test_a_format_of_the_mapping_is_kept_to(tmp_path: Path, desk: Desk) -> None:
    mapping = written(
        tmp_path, "timezone = 'UTC'\n[time]\nformat = '%d|%m|%y %H'\n[columns]\ntime = 'time'", "mapping.toml"
    )
    plan = planned(desk, written(tmp_path, "time,text\n02|01|20 10,a\n2020-01-02 10:00,b\n"), mapping)
    assert [one.occurred for _n, one in plan.entries()] == [1577959200000]
    assert [one.line for one in plan.refused] == [3]


def test_one_file_holds_entries_of_several_kinds_and_parties(tmp_path: Path, desk: Desk) -> None:
    mapping = written(
        tmp_path,
        """
        audience = ["aid"]
        [columns]
        time = "time"
        text = "text"
        kind = "sort"
        party = "of"
        [values.kind]
        "besl*" = "decision"
        "bericht" = "message"
        "waarn*" = "observation"
        "aant*" = "note"
        [values.party]
        "pol*" = "police"
        "host" = "venue"
        """,
        "mapping.toml",
    )
    rows = "Besluit,Politie;Bericht,pol. Oost;Waarneming,host;Aantekening,First aid;Anders,De buren;,"
    lines = [f"2020-01-01 10:0{n},text {n},{one}" for n, one in enumerate(rows.split(";"))]
    path = written(tmp_path, "\n".join(["time,text,sort,of", *lines]))
    plan = planned(desk, path, mapping)
    assert any("“De buren”" in one for one in plan.notices)
    assert any("“Anders”" in one for one in plan.notices)
    imported(desk, path, mapping)
    made = [one.frame for one in desk.log.records() if isinstance(one.frame, Said)]
    assert [type(one) for one in made] == [Decision, Message, Observation, Note, Report, Report]
    assert [one.speaker for one in made] == ["police", "police", "venue", "aid", "venue", "venue"]
    assert all({"aid", "venue", one.speaker} == set(one.audience) for one in made)


def test_a_value_map_prefers_whole_words_and_may_leave_out() -> None:
    looked = Translator({"gate*": "any", "Gate F": "gate-f", "n.v.t.": ""})
    assert [looked.find(one) for one in ("gate f", "GATE G", "n.v.t.", "door")] == ["gate-f", "any", "", None]


GUESSED = [
    "time,text,place,priority,type\n2020-01-01 10:00,a bin burns,Gate F,P 1,fire\n2020-01-01 10:05,b,Elm,P 2,noise\n",
    "Datum;Tijd;Melding;Eenheid;Locatie\n31-12-2019;20:14;brand in container;Oog 2;Poort F\n",
    'id,"a ""b"" \\ c",closed\n1,10/29/16 12:13 PM,10/29/16 1:13 PM\n2,1/2/16 1:13 AM,\n',
]


@pytest.mark.parametrize("content", GUESSED)
def test_a_guess_that_is_written_as_a_mapping_makes_the_same_plan(tmp_path: Path, desk: Desk, content: str) -> None:
    path = written(
        tmp_path, content.replace("closed", "closed,text").replace("\n", ",x\n") if '"' in content else content
    )
    plan = planned(desk, path)
    out = tmp_path / "guess.toml"
    write_mapping(plan, out)
    again = planned(desk, path, out)
    assert [again.both(n) for n in again.order] == [plan.both(n) for n in plan.order]
    assert set(again.guess.guessed) <= {"category"}  # whose words become codes only where a person names it
    with pytest.raises(RuleError, match="there already"):
        write_mapping(plan, out)


@given(
    st.lists(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(str.strip),
        min_size=2,
        max_size=4,
    )
)
def test_any_names_of_columns_survive_being_written(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    folder = tmp_path_factory.mktemp("names")
    desk = open_event(folder / "event.log", COVENANT, folder / "settings")
    columns = ['"' + one.replace('"', '""').replace("\0", "") + '"' for one in names]
    rows = [",".join(["time", "text", *columns])]
    rows += [f"2020-01-01 10:0{n},something happened," + ",".join("x" for _ in columns) for n in range(3)]
    try:
        plan = planned(desk, written(folder, "\n".join(rows)))
    except RuleError:
        return
    finally:
        desk.log.close()
    again = read_mapping(written(folder, mapping_text(plan), "guess.toml")).mapping.columns
    for role in ROLES:
        assert columns_of(getattr(again, role)) == columns_of(getattr(plan.guess.columns, role))


def test_an_empty_mapping_is_a_mapping(tmp_path: Path) -> None:
    assert read_mapping(written(tmp_path, "", "mapping.toml")).mapping == Mapping()
