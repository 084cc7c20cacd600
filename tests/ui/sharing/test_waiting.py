"""What waits for its place gets it, or is applied anew behind others: nothing moves or vanishes under the hands."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from commandlog_ui.models.timeline import LINE, TimelineModel
from commandlog_ui.timeline.wording import HERE, SHARED
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from commandlog.intake.entering import enter
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.verbs import saying, tasks
from commandlog.views.lines import Line
from tests.log.order import Order
from tests.ui.conftest import shown, type_line


@pytest.fixture
def do(member: MainWindow, qtbot: QtBot) -> Callable[[Callable[[Desk], Any]], Any]:
    """Do something at the window's desk, and wait until it is stored and seen."""

    def run(verb: Callable[[Desk], Any]) -> Any:
        found: list[Any] = []
        member.session.do(verb, found.append)
        qtbot.waitUntil(lambda: bool(found))
        return found[0]

    return run


Do = Callable[[Callable[[Desk], Any]], Any]


class Changes:
    """Counts what a model tells."""

    def __init__(self, model: QAbstractItemModel) -> None:
        self.model = model
        self.inserted: list[tuple[int, int]] = []
        self.removed: list[tuple[int, int]] = []
        self.changed: list[tuple[int, int]] = []
        self.resets = 0
        model.rowsInserted.connect(lambda _parent, first, last: self.inserted.append((first, last)))
        model.rowsRemoved.connect(lambda _parent, first, last: self.removed.append((first, last)))
        model.dataChanged.connect(lambda first, last: self.changed.append((first.row(), last.row())))
        model.modelReset.connect(self._reset)

    def _reset(self) -> None:
        self.resets += 1

    @property
    def rows_changed(self) -> set[int]:
        return {row for first, last in self.changed for row in range(first, last + 1)}


def lines(window: MainWindow) -> list[Line]:
    model = window.timeline.view.entries()
    return [line for row in range(model.rowCount()) if (line := model.line(row))]


def keeping(window: MainWindow) -> list[str]:
    painter = window.timeline.painter
    return [painter.painted(line).keeping for line in lines(window)]


def write(count: int) -> Callable[[Desk], None]:
    def verb(desk: Desk) -> None:
        with desk.writing():
            for number in range(count):
                saying.note(desk, f"wacht {number}", occurred_at=desk.now + number)

    return verb


def test_a_mark_changes_when_an_entry_gets_its_place(
    member: MainWindow, qtbot: QtBot, order: Order, elsewhere: Log
) -> None:
    type_line(member, "de eerste melding")
    qtbot.waitUntil(lambda: "stored here" in member.entry.state.text())
    qtbot.waitUntil(lambda: keeping(member)[-1:] == [HERE])
    assert member.entry.state.text().startswith("○ ")
    model = member.timeline.view.entries()
    told = model.data(model.index(model.rowCount() - 1, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert "stored here" in told
    heard = Changes(model)
    elsewhere.refresh()
    order.take(elsewhere)
    order.give(elsewhere)
    qtbot.waitUntil(lambda: keeping(member)[-1:] == [SHARED])
    assert "in the shared log" in member.entry.state.text()
    assert (heard.inserted, heard.removed, heard.resets) == ([], [], 0)
    assert heard.rows_changed == {model.rowCount() - 1}
    type_line(member, "en de tweede")
    qtbot.waitUntil(lambda: keeping(member)[-1:] == [HERE])


def test_nothing_is_marked_in_a_log_of_ones_own(window: MainWindow, qtbot: QtBot) -> None:
    type_line(window, "de eerste melding")
    qtbot.waitUntil(lambda: "stored here" in window.entry.state.text())
    assert window.entry.state.text().startswith("● ")
    qtbot.waitUntil(lambda: keeping(window) == [""])
    assert "own log" in window.top.state.text()


def test_selection_scroll_and_strips_stay_when_places_are_given(
    member: MainWindow, qtbot: QtBot, order: Order, police: Desk, elsewhere: Log, do: Do
) -> None:
    do(write(300))
    view = member.timeline.view
    qtbot.waitUntil(lambda: view.entries().rowCount() >= 300 and view.entries().rows.complete)
    testers = [QAbstractItemModelTester(view.entries(), QAbstractItemModelTester.FailureReportingMode.Warning, member)]
    view.go_to(150)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    view.setFocus()
    chosen, top = view.current(), view.verticalScrollBar().value()
    assert chosen is not None
    assert chosen.seq >= PROVISIONAL
    QTest.keyClick(view, Qt.Key.Key_C)
    field: Any = member.focusWidget()
    QTest.keyClicks(field, " verbeterd")
    typed = field.text()
    heard = Changes(view.entries())
    first = view.entries().index(view.rowAt(0), 0).data(LINE).reference
    elsewhere.refresh()
    for most in (1, 40, 60):
        with police.writing():
            saying.note(police, "van de politie", occurred_at=police.now + 3_600_000)
        order.take(elsewhere, most)
        order.take(police.log)
        order.give(elsewhere)
        qtbot.waitUntil(lambda: member.session.moment.shared == len(order.records))
    line = view.current()
    assert line is not None
    assert line.reference == chosen.reference
    assert view.entries().index(view.rowAt(0), 0).data(LINE).reference == first
    assert view.verticalScrollBar().value() == top
    assert (member.focusWidget(), field.text()) == (field, typed)
    assert heard.resets == 0
    assert not heard.removed
    assert len(heard.inserted) == 3
    marks = [one for one in lines(member) if one.text.startswith("wacht")]
    assert sum(one.seq < PROVISIONAL for one in marks) == 101
    assert testers


def test_what_is_typed_about_an_entry_reaches_it_where_it_stands_by_then(
    member: MainWindow, qtbot: QtBot, order: Order, elsewhere: Log, do: Do
) -> None:
    do(lambda desk: enter(desk, "Oog 2 poort F man filmt #verdacht"))
    view = member.timeline.view
    qtbot.waitUntil(lambda: view.entries().rowCount() >= 1)
    view.go_to(view.entries().rowCount() - 1)
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_B)
    field = member.focusWidget()
    assert field is not None
    QTest.keyClicks(field, "hij loopt weg")
    elsewhere.refresh()
    order.take(elsewhere)
    order.give(elsewhere)
    qtbot.waitUntil(lambda: member.session.moment.shared == len(order.records))
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "hij loopt weg" in shown(member) and not member.asking.isVisible())
    added = lines(member)[-1]
    assert added.thread == lines(member)[-2].entry < PROVISIONAL


def test_the_detail_stays_with_its_entry(
    member: MainWindow, qtbot: QtBot, order: Order, elsewhere: Log, do: Do
) -> None:
    said = do(lambda desk: saying.note(desk, "de eerste zin"))
    do(lambda desk: saying.add_to(desk, said.seq, "en de tweede"))
    view, detail = member.timeline.view, member.timeline.detail
    qtbot.waitUntil(lambda: view.entries().rowCount() >= 2)
    view.go_to(view.entries().rowCount() - 2)
    qtbot.waitUntil(lambda: "en de tweede" in detail.toPlainText())
    elsewhere.refresh()
    order.take(elsewhere)
    order.give(elsewhere)
    qtbot.waitUntil(lambda: member.session.moment.shared == len(order.records))
    qtbot.wait(300)
    assert "en de tweede" in detail.toPlainText()


def test_tasks_stay_in_their_lanes(member: MainWindow, qtbot: QtBot, order: Order, elsewhere: Log, do: Do) -> None:
    for number in range(5):
        do(partial(tasks.propose, text=f"klus {number}", to_party="police"))
    board: Any = member.show_screen("board")
    view = board.lists[0]
    qtbot.waitUntil(lambda: view.model().rowCount() == 5)
    view.setCurrentIndex(view.model().index(2, 0))
    before, heard = board.current().reference, Changes(view.model())
    elsewhere.refresh()
    order.take(elsewhere, 3)
    order.give(elsewhere)
    qtbot.waitUntil(lambda: any(one.row.task < PROVISIONAL for one in view.model().tasks))
    assert board.current().reference == before
    assert (heard.inserted, heard.removed, heard.resets) == ([], [], 0)


def test_a_page_is_not_read_by_numbers_of_another_state(
    member: MainWindow, qtbot: QtBot, order: Order, police: Desk, elsewhere: Log, do: Do
) -> None:
    """Between what another program did and the window's next look, rows stand elsewhere in the log."""
    do(write(200))
    model = member.timeline.view.entries()
    qtbot.waitUntil(lambda: model.rowCount() >= 200 and model.rows.complete)
    known = {row: line.reference for row in range(model.rowCount()) if (line := model.line(row))}
    member.session.bridge.stop()
    with police.writing():
        for number in range(10):
            saying.note(police, f"vroeger {number}", occurred_at=1_000 + number)
    elsewhere.refresh()
    order.take(police.log)
    order.give(elsewhere)
    model._lines.clear()
    read = {row: line.reference for row in range(0, model.rowCount(), 7) if (line := model.line(row))}
    assert read == {row: known[row] for row in read}
    assert not read
    member.session.bridge.look()
    assert isinstance(model, TimelineModel)
    read = {row: line.reference for row in range(10, model.rowCount()) if (line := model.line(row))}
    assert read == {row + 10: reference for row, reference in known.items()}


def test_another_partys_desk_is_not_offered(member: MainWindow) -> None:
    action = member.actions_by_id["change_desk"]
    assert "not in a shared log" in action.text()
    action.trigger()
    assert "every other party sits at a desk of its own" in member.banner.text()
    assert not member.asking.isVisible()
