"""The plan screen in a real window, driven by keys and mouse."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from commandlog_ui.plan.kept import read_kept
from commandlog_ui.plan.screen import PlanScreen
from commandlog_ui.plan.view import PlanView
from commandlog_ui.theme import Theme
from commandlog_ui.window.main import MainWindow
from msgspec.structs import replace
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from commandlog.log.desk import Desk
from commandlog.log.keys import settings_folder
from commandlog.model.scenario import load
from commandlog.verbs import counting, saying
from commandlog.verbs.events import open_event
from commandlog.views.filters import Filter

Do = Callable[[Callable[[Desk], Any]], Any]
DATA = Path(os.environ.get("COMMANDLOG_DATA", Path(__file__).parents[4] / "shared" / "data"))
QUARTERS = DATA / "quarters" / "antwerp_wijken.geojson"

OWN = """\
code = "own"
name = "Own"
driver = "police"
places = [{ code = "city", name = "City", space = "public", lead = { order = "police" } }]

[[parties]]
code = "police"
name = "Police"
sector = "public"
letter = "P"

[[places_from]]
file = "quarters.geojson"
name = "name"
space = "public"
within = "city"
"""


@pytest.fixture
def scenario(request: pytest.FixtureRequest) -> str:
    """The scenario of the event; a test may ask for another."""
    return str(getattr(request, "param", "concert"))


@pytest.fixture
def path(tmp_path: Path, scenario: str) -> Path:
    if scenario == "own":
        (tmp_path / "own.toml").write_text(OWN, "utf-8")
        (tmp_path / "quarters.geojson").write_bytes(QUARTERS.read_bytes())
        scenario = str(tmp_path / "own.toml")
    desk = open_event(tmp_path / "event.clog", load(scenario), settings_folder())
    desk.log.close()
    return tmp_path / "event.clog"


@pytest.fixture
def screen(window: MainWindow, qtbot: QtBot) -> PlanScreen:
    QTest.keyClick(window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    screen = cast("PlanScreen", window.shown["plan"])
    qtbot.waitUntil(lambda: screen.view.hasFocus())
    qtbot.waitUntil(lambda: not screen._busy)
    return screen


def keys(screen: PlanScreen, text: str) -> None:
    QTest.keyClicks(screen.view, text)


def test_a_place_is_found_by_its_first_letters_and_shown_in_the_timeline(
    window: MainWindow, screen: PlanScreen, qtbot: QtBot
) -> None:
    keys(screen, "Gate F")
    assert screen.view.place == "gate-f"
    assert "Gate F" in screen.hint.text()
    asked: list[Filter] = []
    window.room.look_at.connect(asked.append)
    QTest.keyClick(screen.view, Qt.Key.Key_Return)
    assert asked == [Filter(reader=window.session.party, place="gate-f")]
    assert window.screens.currentWidget() is window.timeline


def test_an_entry_about_a_place_begins_with_its_name(window: MainWindow, screen: PlanScreen) -> None:
    keys(screen, "square")
    QTest.keyClick(screen.view, Qt.Key.Key_Escape)
    assert screen.view.place == "square"
    keys(screen, "e")
    assert window.entry.text() == "Square "
    assert window.focusWidget() is window.entry.line


@pytest.mark.parametrize("scenario", ["march"], indirect=True)
def test_a_place_is_found_by_another_name_and_by_its_kilometre(screen: PlanScreen) -> None:
    for typed, code in (("Day 1 km 20", "d1-km-20"), ("Dag 3 km 10-20", "d3-10-20"), ("Ponton", "pontoon")):
        keys(screen, typed)
        assert screen.view.place == code
        QTest.keyClick(screen.view, Qt.Key.Key_Escape)
    keys(screen, "Xyz")
    assert screen.view.place == "pontoon"


def test_arrows_lead_from_place_to_place(screen: PlanScreen) -> None:
    keys(screen, "Block 101")
    QTest.keyClick(screen.view, Qt.Key.Key_Right)
    assert screen.view.place == "block-102"
    QTest.keyClick(screen.view, Qt.Key.Key_Left)
    assert screen.view.place == "block-101"
    QTest.keyClick(screen.view, Qt.Key.Key_Down)
    assert screen.view.place == "pitch"
    QTest.keyClick(screen.view, Qt.Key.Key_Escape)
    assert screen.view.place == ""


def test_the_list_and_the_plan_are_at_the_same_place(screen: PlanScreen) -> None:
    QAbstractItemModelTester(screen.model, QAbstractItemModelTester.FailureReportingMode.Fatal, screen)
    screen.list.setCurrentIndex(screen.model.index(screen.model.number("gate-c")))
    assert screen.view.place == "gate-c"
    assert screen.view.areas["gate-c"].chosen
    keys(screen, "Gate D")
    assert screen.list.currentIndex().row() == screen.model.number("gate-d")
    assert screen.title.text() == "Gate D"


def test_zoom_by_keys_and_back_to_the_whole(screen: PlanScreen) -> None:
    whole = screen.view.transform().m11()
    keys(screen, "+")
    QTest.keyClick(screen.view, Qt.Key.Key_Plus)
    assert screen.view.transform().m11() > whole * 1.5
    QTest.keyClick(screen.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    keys(screen, "f")
    assert screen.view.transform().m11() == pytest.approx(whole)
    keys(screen, "-" * 30)
    assert screen.view.transform().m11() == pytest.approx(whole * 0.5, rel=0.1)


def test_numbers_follow_the_log_and_only_what_changed_is_painted(screen: PlanScreen, do: Do, qtbot: QtBot) -> None:
    view = screen.view
    view.grab()
    before = {code: area.painted for code, area in view.areas.items()}
    changed: list[int] = []
    screen.model.dataChanged.connect(lambda first, _last: changed.append(first.row()))
    do(lambda desk: saying.report(desk, "man filmt", place="gate-f"))
    qtbot.waitUntil(lambda: screen.model.rows[screen.model.number("gate-f")].totals.to_assess == 1)
    assert changed == [screen.model.number("gate-f")]
    qtbot.waitUntil(lambda: view.areas["gate-f"].painted > before["gate-f"])
    far = ("parking", "neighbour", "gate-b", "taxi")
    assert {code: view.areas[code].painted for code in far} == {code: before[code] for code in far}
    do(lambda desk: counting.count(desk, 2400, place="gate-f"))
    qtbot.waitUntil(lambda: screen.model.rows[screen.model.number("gate-f")].warned)
    keys(screen, "Gate F")
    assert "80 %" in screen.told.text()
    assert "▲" in screen.told.text()
    assert "≡ 2" in str(screen.model.rows[screen.model.number("gate-f")].figures())


def test_an_area_is_drawn_by_keys_kept_and_taken_away(window: MainWindow, screen: PlanScreen, qtbot: QtBot) -> None:
    view = screen.view
    before = view.areas["control-room"].path.boundingRect()
    keys(screen, "d")
    assert view.tracing
    for arrow in (Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Down):
        QTest.keyClick(view, Qt.Key.Key_Space)
        QTest.keyClick(view, arrow)
    QTest.keyClick(view, Qt.Key.Key_Return)
    QTest.keyClick(view, Qt.Key.Key_Backspace)
    assert len(view.tracing.corners) == 3
    QTest.keyClick(view, Qt.Key.Key_Return)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert view.tracing is None
    assert window.asking.isVisible()
    choice: Any = window.asking.focusWidget()
    QTest.keyClicks(choice, "Command centre")
    QTest.keyClick(choice, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    drawn = read_kept(window.session.log.id).drawn()
    assert list(drawn) == ["control-room"]
    assert view.areas["control-room"].path.boundingRect() != before
    assert view.place == "control-room"
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert read_kept(window.session.log.id).drawn() == {}
    assert view.areas["control-room"].path.boundingRect() == before


def test_places_of_a_new_covenant_are_shown(window: MainWindow, screen: PlanScreen, qtbot: QtBot) -> None:
    keys(screen, "Square")
    covenant = window.session.covenant
    fewer = tuple(place for place in covenant.places if place.code != "gate-f")
    window.session.covenant = replace(covenant, places=fewer)
    screen.refresh(window.session.moment)
    assert "gate-f" not in screen.view.areas
    assert screen.view.areas["square"].chosen
    assert screen.list.currentIndex().row() == screen.model.number("square")
    window.session.covenant = replace(covenant, places=fewer[:1])
    qtbot.waitUntil(lambda: not screen._busy)
    screen.refresh(window.session.moment)
    assert screen.view.place == ""
    assert list(screen.view.areas) == ["perimeter"]


def test_an_area_that_is_not_closed_is_let_go_of(screen: PlanScreen) -> None:
    keys(screen, "d")
    QTest.keyClick(screen.view, Qt.Key.Key_Return)
    QTest.keyClick(screen.view, Qt.Key.Key_Escape)
    assert screen.view.tracing is None
    keys(screen, "Gate A")
    assert screen.view.place == "gate-a"


def test_the_mouse_chooses_and_opens(window: MainWindow, screen: PlanScreen) -> None:
    view = screen.view
    spot = view.mapFromScene(view.areas["parking"].path.boundingRect().center())
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert view.place == "parking"
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert window.screens.currentWidget() is window.timeline


def test_a_picture_of_the_venue_takes_the_place_of_the_drawing(
    window: MainWindow, screen: PlanScreen, qtbot: QtBot, tmp_path: Path
) -> None:
    Image.new("RGB", (300, 200), (200, 200, 200)).save(tmp_path / "hal.png")
    screen.take_picture(tmp_path / "hal.png")
    qtbot.waitUntil(lambda: screen.kept.picture)
    assert screen.view.sheet
    assert screen.view.sheet.picture
    assert screen.view.areas == {}
    assert window.banner.isVisible()
    (tmp_path / "slecht.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')
    screen.take_picture(tmp_path / "slecht.svg")
    qtbot.waitUntil(lambda: "PNG" in window.banner.text())
    assert screen.kept.picture
    screen.take_picture(tmp_path / "weg.png")
    qtbot.waitUntil(lambda: "weg.png" in window.banner.text())


@pytest.mark.parametrize("scenario", ["march"], indirect=True)
def test_pins_of_entries_stand_on_the_march(screen: PlanScreen, do: Do, qtbot: QtBot) -> None:
    do(lambda desk: saying.report(desk, "blaren", pin=(51.80, 5.88)))
    qtbot.waitUntil(lambda: len(screen.view.needles) == 1)
    needle = screen.view.needles[0]
    do(lambda desk: saying.report(desk, "ver weg", pin=(40.0, 5.88)))
    do(lambda desk: saying.report(desk, "water op", pin=(51.79, 5.88)))
    qtbot.waitUntil(lambda: len(screen.view.needles) == 2)
    assert screen.view.needles[0] is needle
    gone: list[int] = []
    screen.view.pinned.connect(gone.append)
    spot = screen.view.mapFromScene(needle.pos())
    spot.setY(spot.y() - 18)
    QTest.mouseClick(screen.view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert gone == [needle.pin.line.entry]


@pytest.mark.skipif(not QUARTERS.exists(), reason="the real quarters are not at hand (COMMANDLOG_DATA)")
@pytest.mark.parametrize("scenario", ["own"], indirect=True)
def test_the_real_quarters_of_a_city_are_a_plan(screen: PlanScreen) -> None:
    assert len(screen.view.areas) > 15
    keys(screen, "Linkeroever")
    assert screen.view.place == "linkeroever"
    assert screen.view.sheet
    assert screen.view.sheet.drawing is None


@pytest.mark.parametrize("scenario", ["march", "quarter"], indirect=True)
def test_another_look_and_size_and_the_other_language(window: MainWindow, screen: PlanScreen, theme: Theme) -> None:
    theme.choose("light", 200)
    screen.view.grab()
    name = screen.model.rows[1].name
    window.do_language()
    other = cast("PlanScreen", window.shown["plan"])
    assert other is not screen
    assert isinstance(other.view, PlanView)
    assert other.model.rows[1].code == screen.model.rows[1].code or name
    window.do_language()
