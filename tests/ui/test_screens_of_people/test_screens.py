"""Covenant, handover and paper: driven by keys in the real window."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from argon2 import PasswordHasher
from commandlog_ui.covenant.screen import CovenantScreen
from commandlog_ui.handover.items import CATEGORY, Item
from commandlog_ui.handover.model import Items
from commandlog_ui.handover.screen import HandoverScreen
from commandlog_ui.paper.screen import PaperScreen
from commandlog_ui.signing import signing
from commandlog_ui.signing.operators import Operators
from commandlog_ui.window.main import MainWindow
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.verbs import saying, tasks
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live, local
from tests.ui.conftest import shown

CTRL = Qt.KeyboardModifier.ControlModifier
ENTER = Qt.Key.Key_Return
Do = Callable[[Callable[[Desk], Any]], Any]


def quick() -> Operators:
    """Return operators whose hashes cost next to nothing."""
    return Operators(time.time, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


# -- covenant --------------------------------------------------------------------------------------------------------


@pytest.fixture
def covenant_screen(window: MainWindow) -> CovenantScreen:
    QTest.keyClick(window, Qt.Key.Key_6, CTRL)
    return cast("CovenantScreen", window.screens.currentWidget())


def rows(screen: CovenantScreen) -> list[tuple[str, ...]]:
    """Return the rows of the section that is shown."""
    return [tuple(row) for row in screen.sheets[screen.nav.currentRow()].rows]


def test_the_covenant_says_whom_to_call_and_who_does_what(covenant_screen: CovenantScreen, window: MainWindow) -> None:
    assert window.focusWidget() is covenant_screen.nav
    assert ("V  Stadion De Dijk", "private · driver", "Duty manager", "020-5550100", "") in rows(covenant_screen)
    QTest.keyClick(covenant_screen.nav, Qt.Key.Key_Down)
    profiler = next(row for row in rows(covenant_screen) if row[0] == "event profiler")
    assert "Oog 2" in profiler[3]
    guard = next(row for row in rows(covenant_screen) if row[0] == "guard")
    assert guard[2] == guard[3].splitlines()[0] == "Service 3"  # a team of two parties stands in both


def test_typing_searches_all_of_the_covenant(covenant_screen: CovenantScreen, window: MainWindow) -> None:
    QTest.keyClicks(covenant_screen.nav, "0205550100"[:3])
    assert window.focusWidget() is covenant_screen.search
    QTest.keyClicks(covenant_screen.search, "-555")
    assert [row[2] for row in rows(covenant_screen)] == ["Duty manager"]
    covenant_screen.search.clear()
    QTest.keyClicks(covenant_screen.search, "vak")
    assert rows(covenant_screen) == []
    assert covenant_screen.empty.isVisible()
    covenant_screen.search.clear()
    QTest.keyClicks(covenant_screen.search, "block 112")
    assert "Block 112" in rows(covenant_screen)[0]
    QTest.keyClick(covenant_screen.search, ENTER)
    assert window.focusWidget() is covenant_screen.table
    QTest.keyClick(covenant_screen.table, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text().startswith("Block 112\t")
    QTest.keyClick(covenant_screen.table, Qt.Key.Key_Escape)
    assert window.focusWidget() is covenant_screen.nav
    QTest.keyClick(covenant_screen.nav, Qt.Key.Key_Escape)
    assert covenant_screen.search.text() == ""


def test_the_models_of_the_covenant_are_sound(covenant_screen: CovenantScreen, qtmodeltester: ModelTester) -> None:
    sheet = covenant_screen.sheets[0]
    qtmodeltester.check(sheet, force_py=True)  # type: ignore[no-untyped-call]
    for words in (["politie"], ["zzz"], [], ["020"], []):
        sheet.look_for(words)
    assert sheet.rows == list(sheet.section.rows)


# -- handover --------------------------------------------------------------------------------------------------------


@pytest.fixture
def handover(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> HandoverScreen:
    monkeypatch.setattr(signing, "Operators", quick)
    quick().enrol("venue", "Marloes Veenstra", "1234")
    quick().enrol("venue", "Karim Aziz", "5678")
    QTest.keyClick(window, Qt.Key.Key_7, CTRL)
    return cast("HandoverScreen", window.screens.currentWidget())


def sign_in(window: MainWindow, qtbot: QtBot, name: str, pin: str) -> None:
    """Give a name and a PIN in the strip that is shown."""
    strip = window.seat.signing.strip
    assert strip
    assert strip.isVisible()
    QTest.keyClicks(strip.name, name)
    QTest.keyClick(strip.name, ENTER)
    QTest.keyClicks(strip.pin, pin)
    QTest.keyClick(strip.pin, ENTER)
    qtbot.waitUntil(strip.isHidden)


def test_a_shift_is_handed_over_with_notes_and_taken_over_with_a_pin(
    window: MainWindow, handover: HandoverScreen, qtbot: QtBot, do: Do, log: Log
) -> None:
    QTest.keyClick(window, Qt.Key.Key_L, CTRL)
    sign_in(window, qtbot, "mar", "1234")
    report = do(lambda desk: saying.report(desk, "man filmt camera's", category="suspicious", place="gate-f"))
    task = do(lambda desk: tasks.propose(desk, "post bij poort F", to_party="police"))
    qtbot.waitUntil(lambda: handover.standing.open == 2)
    texts = [one.text for one in handover.items.items]
    assert texts == ["Suspicions to assess  1", "man filmt camera's", "Tasks asked of others  1", "post bij poort F"]
    handover.notes.setFocus()
    QTest.keyClicks(handover.notes, "Oog 2 houdt zicht.")
    QTest.keyClick(handover.notes, ENTER, CTRL)
    qtbot.waitUntil(lambda: handover.standing.pending is not None)
    qtbot.waitUntil(lambda: window.seat.signing.operator == "")
    log.refresh()
    written = list(timeline.whole(log, live(log), Filter(category=CATEGORY)))
    assert len(written) == 1
    for part in ("Marloes Veenstra", "Oog 2 houdt zicht.", "2 items are open", report.reference, task.reference):
        assert part in written[0].text
    assert handover.notes.toPlainText() == ""
    assert handover.take.isVisible()
    assert window.focusWidget() is handover.take
    QTest.keyClick(handover.take, Qt.Key.Key_Space)
    sign_in(window, qtbot, "kar", "5678")
    qtbot.waitUntil(lambda: handover.standing.pending is None)
    log.refresh()
    thread = timeline.thread(log, live(log), written[0].entry)
    assert "Taken over by Karim Aziz" in thread[-1].text
    assert handover.notes.isVisible()


def test_a_receipt_that_is_given_up_is_not_written_later(
    window: MainWindow, handover: HandoverScreen, qtbot: QtBot
) -> None:
    QTest.keyClick(handover.notes, ENTER, CTRL)
    qtbot.waitUntil(lambda: handover.standing.pending is not None)
    QTest.keyClick(handover.take, Qt.Key.Key_Space)
    strip = window.seat.signing.strip
    assert strip
    QTest.keyClick(strip.name, Qt.Key.Key_Escape)
    QTest.keyClick(window, Qt.Key.Key_L, CTRL)
    sign_in(window, qtbot, "kar", "5678")
    assert handover.standing.pending is not None


def test_notes_stay_where_the_handover_is_not_stored(
    window: MainWindow, handover: HandoverScreen, qtbot: QtBot
) -> None:
    QTest.keyClicks(handover.notes, "blijft staan")
    window.session.stop_writing("the disk is gone")
    QTest.keyClick(handover.notes, ENTER, CTRL)
    assert "the disk is gone" in handover.told.text()
    assert handover.notes.toPlainText() == "blijft staan"
    assert window.focusWidget() is handover.notes


def test_an_item_leads_to_its_entry(window: MainWindow, handover: HandoverScreen, qtbot: QtBot, do: Do) -> None:
    do(lambda desk: saying.report(desk, "man filmt camera's"))
    qtbot.waitUntil(lambda: handover.standing.open == 1)
    QTest.keyClick(handover.notes, Qt.Key.Key_Escape)
    assert window.focusWidget() is handover.view
    QTest.keyClick(handover.view, Qt.Key.Key_Down)
    QTest.keyClick(handover.view, ENTER)
    assert window.screens.currentWidget() is window.timeline
    line = window.timeline.current()
    assert line
    assert line.text == "man filmt camera's"


ITEMS = st.lists(
    st.builds(Item, st.integers(1, 6), st.just(""), st.sampled_from("abc"), st.sampled_from(["x", "y"]), st.booleans()),
    max_size=6,
    unique_by=lambda one: one.entry,
)


@given(ITEMS, ITEMS)
def test_the_list_becomes_what_is_open(before: list[Item], after: list[Item]) -> None:
    before = [one._replace(reference=f"V1-{one.entry}") for one in before]
    after = [one._replace(reference=f"V1-{one.entry}") for one in after]
    model = Items()
    model.show([Item(0, "", "To assess  3"), *before])
    model.show([Item(0, "", "To assess  4"), *after])
    assert model.items == [Item(0, "", "To assess  4"), *after]


def test_the_model_of_the_handover_is_sound(qtmodeltester: ModelTester, qtbot: QtBot) -> None:
    model = Items()
    model.show([Item(0, "", "To assess  1"), Item(5, "V1-5", "a", "b")])
    qtmodeltester.check(model, force_py=True)  # type: ignore[no-untyped-call]


# -- paper -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def paper(window: MainWindow) -> PaperScreen:
    QTest.keyClick(window, Qt.Key.Key_8, CTRL)
    return cast("PaperScreen", window.screens.currentWidget())


def type_in(screen: PaperScreen, line: str, when: str, text: str) -> None:
    """Type in a line of paper, by keys."""
    for field, written in ((screen.line, line), (screen.time, when), (screen.text, text)):
        if written:
            field.clear()
            QTest.keyClicks(field, written)
        QTest.keyClick(field, ENTER)


def test_lines_of_paper_are_typed_in_one_after_the_other(
    window: MainWindow, paper: PaperScreen, qtbot: QtBot, log: Log
) -> None:
    assert window.focusWidget() is paper.line
    now = window.session.log.clock() - 120_000
    when = f"{local(now, window.session.zone):%H:%M}"
    type_in(paper, "v1-7/3", when, "Oog 2 poort F man met rugzak #verdacht")
    qtbot.waitUntil(lambda: paper.line.text().endswith("/4"))
    assert paper.text.text() == ""
    assert window.focusWidget() is paper.time
    type_in(paper, "", when, "tweede regel")
    qtbot.waitUntil(lambda: paper.line.text().endswith("/5"))
    assert "tweede regel" in paper.typed.text()
    log.refresh()
    last = log.record(log.head.seq)
    assert last.frame
    assert (last.frame.paper, last.frame.occurred_at // 60_000) == ("V1-07/4", now // 60_000)
    assert shown(window)[-2:] == ["man met rugzak", "tweede regel"]
    type_in(paper, "V1-07/3", when, "nog eens")
    qtbot.waitUntil(lambda: "typed already" in paper.told.text())
    assert paper.text.text() == "nog eens"


@pytest.mark.parametrize(
    ("line", "when", "text", "told"),
    [
        ("3", "21:05", "x", "sheet and the line"),
        ("V1-07/3", "half", "x", "time that the paper has"),
        ("V1-07/3", "00:00", " ", "nothing to record"),
    ],
)
def test_what_is_missing_is_said_at_the_place(paper: PaperScreen, line: str, when: str, text: str, told: str) -> None:
    type_in(paper, line, when, text)
    assert told in paper.told.text()
    assert paper.line.text() == line


def test_sheets_and_lists_are_made_beside_the_window(paper: PaperScreen, tmp_path: Path, qtbot: QtBot) -> None:
    paper.make(tmp_path / "sheets.pdf", ["--sheets", "5"], show=False)
    paper.make(tmp_path / "open.pdf", ["--open"], show=False)
    assert "Another document" in paper.printed.text()
    qtbot.waitUntil(lambda: "V1-01" in paper.printed.text(), timeout=15_000)
    assert (tmp_path / "sheets.pdf").read_bytes().startswith(b"%PDF")
    assert "V1-05" in paper.printed.text()
    paper.make(tmp_path / "none" / "open.pdf", ["--open"], show=False)
    qtbot.waitUntil(lambda: "none" in paper.printed.text() and "…" not in paper.printed.text(), timeout=15_000)


def test_a_snapshot_is_saved_by_itself_when_there_is_something_new(
    window: MainWindow, paper: PaperScreen, path: Path, qtbot: QtBot, do: Do
) -> None:
    snapshots = window.seat.snapshots
    assert not snapshots._timer.isActive()
    paper.settings.change(snapshot_minutes=15)
    assert snapshots._timer.interval() == 900_000
    do(lambda desk: saying.note(desk, "eerst"))
    with qtbot.waitSignal(snapshots.saved, timeout=15_000):
        snapshots._timer.setInterval(10)
    snapshots._timer.stop()
    qtbot.waitUntil(lambda: not snapshots.printing.busy, timeout=15_000)
    (saved,) = (path.parent / "event-paper").glob("event-*.pdf")
    assert saved.name in paper.saved.text()
    snapshots.save()
    assert not snapshots.printing.busy  # nothing new since


def test_a_snapshot_that_fails_is_said(window: MainWindow, paper: PaperScreen, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "taken").write_text("a file", "utf-8")
    paper.settings.change(snapshot_folder=str(tmp_path / "taken"))
    window.seat.snapshots.save()
    assert "not saved" in paper.saved.text()
