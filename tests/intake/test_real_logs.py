"""The two real logs end to end: what docs/imports says of them is so, and a later export goes on top of an earlier."""

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from commandlog.intake.plan import Plan
from commandlog.log.derived.table import FOREVER
from commandlog.log.desk import Desk
from commandlog.log.verify import verify
from commandlog.model.covenant import Covenant, Ladder, Level, Party, Place
from commandlog.model.records import Feedback, IncidentClosed, LevelSet, Report
from commandlog.verbs.events import open_event
from tests.intake.imports import DATA, imported, kinds, planned

PAGES = DATA / "p2000-den-haag-2020" / "den_haag_ny_2020_ff_calls.geojson"
CITY = DATA / "nyc-emergency-management" / "nyc_oem_incidents_export_2017.csv"
DEN_HAAG, NEW_YORK = Path("den-haag-p2000"), Path("nyc-emergency-management")
HAGUE = Covenant(
    code="den-haag",
    name="Oudejaarsnacht",
    driver="fire",
    parties=(Party("fire", "Brandweer", "public", "B"), Party("police", "Politie", "public", "P")),
    ladders=(Ladder("grip", "GRIP", tuple(Level(str(n), f"GRIP {n}") for n in range(6)), declared_by=("fire",)),),
)
YORK = Covenant(
    code="nyc",
    name="New York City",
    language="en",
    timezone="America/New_York",
    driver="oem",
    parties=(Party("oem", "Emergency Management", "public", "E"),),
    places=tuple(
        Place(one.lower().replace(" ", "-"), one)
        for one in ("Manhattan", "Brooklyn", "Queens", "Bronx", "Staten Island")
    ),
)

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data are not at hand (COMMANDLOG_DATA)")


def event(folder: Path, covenant: Covenant) -> Iterator[Desk]:
    made = open_event(folder / "event.log", covenant, folder / "settings")
    yield made
    made.log.close()
    assert verify(folder / "event.log", deep=True).fault == ""


@pytest.fixture
def hague(tmp_path: Path) -> Iterator[Desk]:
    yield from event(tmp_path, HAGUE)


@pytest.fixture
def york(tmp_path: Path) -> Iterator[Desk]:
    yield from event(tmp_path, YORK)


def open_incidents(desk: Desk) -> int:
    query = f"SELECT count(*) FROM incidents WHERE state = 'open' AND until = {FOREVER}"
    return int(desk.log.db.execute(query).fetchone()[0])


def test_the_pages_of_the_hague_by_their_mapping(hague: Desk) -> None:
    plan = planned(hague, PAGES, DEN_HAAG)
    assert (len(plan), plan.refused_count, plan.notices) == (401, 0, [])
    fire = max(plan.incidents, key=lambda one: len(one.members))
    assert (fire.title, len(fire.members)) == ("Gebouwbrand Laan van Wateringse Veld", 9)
    assert "Gebouwbrand Kepplerstraat" in [one.title for one in plan.incidents]
    outcome = imported(hague, PAGES, DEN_HAAG)
    assert (outcome.added, outcome.incidents, outcome.levels) == (401, 21, 2)
    levels = [one for one in hague.log.records() if isinstance(one.frame, LevelSet)]
    assert [(one.frame.level, one.frame.occurred_at) for one in levels] == [
        ("1", 1577906040000),  # 20:14 in The Hague
        ("0", 1577913420000),  # 22:17
    ]
    assert open_incidents(hague) == 0
    head = hague.log.head.seq
    again = imported(hague, PAGES, DEN_HAAG)
    assert (again.added, again.incidents, again.levels, again.changed_count) == (0, 0, 0, 0)
    assert hague.log.head.seq == head


def test_the_great_fire_of_the_hague_is_one_incident_until_it_is_over(hague: Desk) -> None:
    imported(hague, PAGES, DEN_HAAG)
    query = (
        "SELECT l.incident FROM links l JOIN entries e ON e.since = l.entry WHERE e.occurred BETWEEN ? AND ?"
        f" AND l.until = {FOREVER}"
    )
    at_grip = {hague.log.db.execute(query, (moment, moment)).fetchone()[0] for moment in (1577906040000, 1577913420000)}
    assert len(at_grip) == 1
    (closed,) = [
        one.frame
        for one in hague.log.records()
        if isinstance(one.frame, IncidentClosed) and one.frame.occurred_at == 1577913420000
    ]
    assert closed.incident == hague.log.record(at_grip.pop()).id


def test_the_pages_of_the_hague_without_a_mapping(hague: Desk) -> None:
    plan = planned(hague, PAGES)
    assert plan.guess.columns.time == ["pmeTimeStamp"]
    assert plan.guess.columns.text == ["pmeMessage"]
    one = plan.entry(0)
    assert (one.priority, one.where, one.pin) == ("urgent", "Pijnboomstraat", (52.081183, 4.2733977))
    assert "\\N" not in one.raw.values()


def test_a_shorter_export_of_the_hague_grows_into_the_same_log(tmp_path: Path, hague: Desk) -> None:
    text = PAGES.read_text(encoding="utf-8")
    middle = text.index('"type": "Feature"', len(text) // 2) if '"type": "Feature"' in text else -1
    if middle < 0:
        middle = text.index('"type":"Feature"', len(text) // 2)
    cut = text.rindex("{", 0, middle)
    shorter = tmp_path / PAGES.name
    shorter.write_text(text[:cut].rstrip().rstrip(",") + "]}", encoding="utf-8")
    first = imported(hague, shorter, DEN_HAAG)
    assert 100 < first.added < 300
    second = imported(hague, PAGES, DEN_HAAG)
    assert (first.added + second.added, second.changed_count) == (401, 0)
    assert first.incidents + second.incidents == 21
    assert open_incidents(hague) == 0
    assert [one.frame.level for one in hague.log.records() if isinstance(one.frame, LevelSet)] == ["1", "0"]


def test_the_log_of_new_york_without_a_mapping(york: Desk) -> None:
    plan = planned(york, CITY)
    assert (len(plan), plan.refused_count, plan.ended) == (5060, 0, 4698)
    assert plan.guess.notation.order == "mdy"
    by_mapping = planned(york, CITY, NEW_YORK)
    assert [one.key for _n, one in plan.entries()] == [one.key for _n, one in by_mapping.entries()]


def test_the_log_of_new_york_by_its_mapping(york: Desk) -> None:
    plan = planned(york, CITY, NEW_YORK)
    assert (len(plan), plan.refused_count) == (5060, 0)
    outcome = imported(york, CITY, NEW_YORK)
    assert (outcome.added, outcome.closed, outcome.incidents, open_incidents(york)) == (5060, 4698, 139, 0)
    head = york.log.head.seq
    again = imported(york, CITY, NEW_YORK)
    assert (again.added, again.already, again.changed_count, york.log.head.seq) == (0, 5060, 0, head)
    assert by_place(plan) == {
        "manhattan": 1860,
        "brooklyn": 1409,
        "queens": 860,
        "bronx": 630,
        "staten-island": 279,
        "": 22,
    }


def by_place(plan: Plan) -> dict[str, int]:
    found: dict[str, int] = {}
    for _number, one in plan.entries():
        found[one.place] = found.get(one.place, 0) + 1
    return found


def write(path: Path, head: list[str], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])


def stretched(moment: str) -> str:
    """Write a moment as later exports do: four figures of the year, seconds, AM and PM."""
    return f"{datetime.strptime(moment, '%m/%d/%y %H:%M'):%m/%d/%Y %I:%M:07 %p}" if moment else ""  # noqa: DTZ007


def test_a_later_export_of_new_york_adds_what_is_new_and_closes_what_has_been_closed(
    tmp_path: Path, york: Desk
) -> None:
    with CITY.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    closing = head.index("Closed Date")
    newest = len(rows) - 500
    ended = [n for n in range(newest) if rows[n][closing]]
    shorter = [list(row) for row in rows[:newest]]
    for n in ended[::40]:  # what was still open when the earlier export was made
        shorter[n][closing] = ""
    shorter[ended[1]][head.index("Location")] = "another corner"
    earlier = tmp_path / CITY.name
    write(earlier, head, shorter)
    first = imported(york, earlier, NEW_YORK)
    assert first.added == newest
    whole = tmp_path / "later" / CITY.name
    whole.parent.mkdir()
    write(whole, head, [[*row[:3], stretched(row[3]), stretched(row[4]), *row[5:]] for row in reversed(rows)])
    later = imported(york, whole, NEW_YORK)
    assert later.added == 501  # the row whose place was put right is another one: nothing else tells it apart
    assert later.changed_count == 0
    assert first.closed + later.closed == 4698 + 1
    assert sum(isinstance(one.frame, Report) for one in york.log.records()) == 5061
    assert sum(isinstance(one.frame, Feedback) for one in york.log.records()) == 4699
    assert kinds(york).count("imported") == 2
