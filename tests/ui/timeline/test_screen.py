"""The timeline by keys: filters, views of one's own, threads, copying, and the deeds of its entries."""

from collections.abc import Callable
from functools import partial
from typing import Any

from commandlog_ui.timeline.saved import saved_views
from commandlog_ui.timeline.wording import span
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from commandlog.intake.entering import enter
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.model.records import Accepted, Record
from commandlog.verbs import assessing, saying, tasks
from commandlog.verbs.context import record_id
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.ui.conftest import shown

Do = Callable[[Callable[[Desk], Any]], Any]
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def press(window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.focusWidget(), key, modifiers)


def say(window: MainWindow, text: str) -> None:
    QTest.keyClicks(window.focusWidget(), text)


def at(window: MainWindow, qtbot: QtBot, entry: int) -> None:
    """Stand at an entry in the list."""
    view = window.timeline.view
    qtbot.waitUntil(lambda: view.entries().row_of(entry) >= 0)
    view.setFocus()
    view.go_to(view.entries().row_of(entry))


def test_one_thing_is_filtered_by_its_name(window: MainWindow, qtbot: QtBot, do: Do) -> None:
    do(lambda desk: saying.note(desk, "bij de poort", place="gate-f"))
    do(lambda desk: saying.note(desk, "in het vak", place="block-112"))
    window.timeline.view.setFocus()
    press(window, Qt.Key.Key_F)
    say(window, "gate")
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown(window) == ["bij de poort"])
    assert window.timeline.filters.texts()[0].startswith("place: Gate F")
    do(lambda desk: saying.note(desk, "nog een", place="gate-f"))
    assert shown(window) == ["bij de poort", "nog een"]
    window.timeline.view.setFocus()
    press(window, Qt.Key.Key_F, SHIFT)
    assert "in het vak" in shown(window)
    assert not window.timeline.filters.isVisible()


def test_several_things_are_filtered_at_once(window: MainWindow, qtbot: QtBot, do: Do) -> None:
    do(lambda desk: enter(desk, "Oog 2 poort F man filmt #suspicious !urgent"))
    do(lambda desk: enter(desk, "Oog 2 poort F rij #crowd"))
    window.timeline.view.setFocus()
    press(window, Qt.Key.Key_F)
    press(window, Qt.Key.Key_Return)
    for _field in range(6):
        press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_4)  # urgent
    press(window, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: shown(window) == ["man filmt"])


def test_a_time_that_is_none_is_told_at_the_field(window: MainWindow) -> None:
    window.timeline.view.setFocus()
    press(window, Qt.Key.Key_F)
    press(window, Qt.Key.Key_Return)
    for _field in range(8):
        press(window, Qt.Key.Key_Return)
    say(window, "gisteravond laat")
    press(window, Qt.Key.Key_Return)
    assert window.asking.isVisible()
    assert "gisteravond laat" in window.asking.told.text()


def test_a_view_of_ones_own_is_kept_and_forgotten(window: MainWindow, do: Do) -> None:
    do(lambda desk: saying.note(desk, "bij de poort", place="gate-f"))
    window.timeline.look_at(Filter(reader="venue", place="gate-f"))
    window.timeline.view.setFocus()
    press(window, Qt.Key.Key_S, CONTROL)
    say(window, "De poort")
    press(window, Qt.Key.Key_Return)
    assert saved_views()["De poort"].place == "gate-f"
    names = [view.name for view in window.timeline.rail.views().views]
    assert "De poort" in names
    window.timeline.view.setFocus()
    press(window, Qt.Key.Key_S, CONTROL | SHIFT)
    press(window, Qt.Key.Key_Return)
    assert not saved_views()
    assert [view.name for view in window.timeline.rail.views().views] == [
        name for name in names if name not in ("De poort", "My own")
    ]


def test_brackets_lead_along_a_thread_and_enter_reads_it(window: MainWindow, qtbot: QtBot, do: Do) -> None:
    first = do(lambda desk: saying.note(desk, "het begin"))
    do(lambda desk: saying.note(desk, "iets anders"))
    do(lambda desk: saying.add_to(desk, first.seq, "de aanvulling"))
    at(window, qtbot, first.seq)
    press(window, Qt.Key.Key_BracketRight)
    current = window.timeline.current()
    assert current
    assert current.text == "de aanvulling"
    press(window, Qt.Key.Key_BracketLeft)
    current = window.timeline.current()
    assert current
    assert current.text == "het begin"
    press(window, Qt.Key.Key_Return)
    assert window.focusWidget() is window.timeline.detail
    qtbot.waitUntil(lambda: "de aanvulling" in window.timeline.detail.toPlainText())
    press(window, Qt.Key.Key_Escape)
    assert window.focusWidget() is window.timeline.view


def test_several_entries_are_copied(window: MainWindow, qtbot: QtBot, do: Do) -> None:
    do(lambda desk: saying.note(desk, "een"))
    last = do(lambda desk: saying.note(desk, "twee"))
    at(window, qtbot, last.seq)
    press(window, Qt.Key.Key_Up, SHIFT)
    press(window, Qt.Key.Key_C, CONTROL)
    texts = QGuiApplication.clipboard().text().splitlines()
    assert [text.rsplit("  ", 1)[-1] for text in texts] == ["een", "twee"]


def test_a_row_is_read_aloud_whole_and_counts(window: MainWindow, qtbot: QtBot, do: Do) -> None:
    made = do(lambda desk: enter(desk, "Oog 2 poort F man filmt #suspicious !urgent"))
    at(window, qtbot, made.seq)
    said = window.timeline.view.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    for part in ("Oog 2", "Gate F", "urgent", "man filmt", "to assess 0:0", "V1-"):
        assert part in said
    assert span(124_000) == "2:04"
    assert span(3_724_000) == "1:02:04"
    assert span(90_000_000) == "1 day"


def test_the_state_in_the_row_is_that_of_now(window: MainWindow, qtbot: QtBot, do: Do) -> None:
    made = do(lambda desk: enter(desk, "Oog 2 man filmt #suspicious"))
    at(window, qtbot, made.seq)
    view, painter = window.timeline.view, window.timeline.painter
    assert painter.painted(view.current()).state == "◇ to assess"
    do(lambda desk: assessing.assess(desk, made.seq, "observe"))
    assert painter.painted(view.current()).state == "› observe"


def test_a_text_is_cut_to_its_room_and_measured_once(window: MainWindow, qtbot: QtBot, do: Do) -> None:
    """Scrolling meets new texts all the time: of a long one, no more is measured than what fits."""
    painter, font = window.timeline.painter, window.theme.font
    long, short = "man filmt de ingang van de tunnel " * 12, "man filmt"
    shown, width = painter._fitted(long, font, 200.0)
    assert shown.endswith("…")
    assert long.startswith(shown[:-1])
    assert width == 200.0
    assert painter._fitted(long, font, 200.0) == (shown, width)
    assert (long, id(font)) not in painter._widths
    whole = painter._fitted(long, font, 100_000.0)
    assert whole == (long, painter._widths[long, id(font)])
    assert painter._fitted(long, font, whole[1]) == whole
    assert painter._fitted(short, font, 200.0) == (short, painter._widths[short, id(font)])
    assert painter._fitted(short, font, 10.0)[1] == 10.0


def test_a_step_that_met_another_state_says_so(window: MainWindow, do: Do) -> None:
    task = do(lambda desk: tasks.propose(desk, "weg afzetten", to_party="police"))
    accepted = do(lambda desk: tasks.accept(desk, task.seq, source=tasks.on_behalf("police")))

    def late(desk: Desk) -> Record:
        source, first = tasks.on_behalf("police"), record_id(desk, task.seq)
        with desk.writing():
            return desk.append(Accepted, task=first, expects=first, source=source)

    met = do(late)
    wording = window.timeline.painter.wording
    for seq, told in ((accepted.seq, ""), (met.seq, "already accepted by Police")):
        line = timeline.entry(window.session.log, window.session.moment, seq)
        assert line
        assert told in wording.painted(line).alert
        assert bool(told) == bool(wording.painted(line).alert)
    window.timeline.view.grab()


def test_an_entry_is_marked_and_no_longer(window: MainWindow, qtbot: QtBot, do: Do) -> None:
    first = do(lambda desk: saying.note(desk, "het begin"))
    made = do(lambda desk: saying.add_to(desk, first.seq, "belangrijk"))
    at(window, qtbot, made.seq)
    view = window.timeline.view
    press(window, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: bool((line := view.current()) and line.significant))
    press(window, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: not ((line := view.current()) and line.significant))


def test_an_entry_for_few_is_released_with_its_ground(window: MainWindow, qtbot: QtBot, do: Do, log: Log) -> None:
    made = do(lambda desk: saying.note(desk, "kenteken AB-12", audience=("venue",)))
    at(window, qtbot, made.seq)
    press(window, Qt.Key.Key_R, SHIFT)
    press(window, Qt.Key.Key_1)  # the police
    press(window, Qt.Key.Key_1)
    press(window, Qt.Key.Key_Return)
    assert "needed" in window.asking.told.text()
    say(window, "opsporing, art. 3")
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    assert timeline.entry(log, live(log), made.seq, "police")


def test_an_entry_is_recalled_from_chosen_parties(window: MainWindow, qtbot: QtBot, do: Do, log: Log) -> None:
    made = do(lambda desk: saying.note(desk, "naam van de patiënt"))
    at(window, qtbot, made.seq)
    press(window, Qt.Key.Key_W, SHIFT)
    for key in (Qt.Key.Key_1, Qt.Key.Key_2):  # police, Baken
        press(window, key)
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_1)
    say(window, "te ruim verzonden")
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    found = timeline.entry(log, live(log), made.seq, "police")
    assert found is None or found.recalled
    still = timeline.entry(log, live(log), made.seq, "aid")
    assert still
    assert not still.recalled


def test_erasing_asks_twice(window: MainWindow, qtbot: QtBot, do: Do) -> None:
    made = do(lambda desk: saying.note(desk, "persoonsgegevens"))
    at(window, qtbot, made.seq)
    press(window, Qt.Key.Key_E, SHIFT)
    say(window, "verzoek betrokkene")
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: "meant" in window.asking.answers())
    say(window, "ja")
    press(window, Qt.Key.Key_Return)
    assert window.asking.isVisible()
    press(window, Qt.Key.Key_A, CONTROL)
    say(window, made.reference)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    assert "persoonsgegevens" not in shown(window)
    qtbot.waitUntil(lambda: "gone from this file" in window.banner.text())


def test_entries_are_put_into_an_incident_that_is_closed(window: MainWindow, qtbot: QtBot, do: Do) -> None:
    one, two = (do(partial(saying.note, text=text)) for text in ("rook", "brandlucht"))
    at(window, qtbot, one.seq)
    press(window, Qt.Key.Key_I)
    press(window, Qt.Key.Key_A, CONTROL)
    say(window, "Brand container")
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    at(window, qtbot, two.seq)
    press(window, Qt.Key.Key_I)
    press(window, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    qtbot.waitUntil(lambda: bool((line := window.timeline.current()) and line.incident))
    press(window, Qt.Key.Key_I, SHIFT)
    say(window, "geblust")
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    assert any("geblust" in text for text in shown(window))


def test_a_duplicate_names_the_other_entry(window: MainWindow, qtbot: QtBot, do: Do) -> None:
    one = do(lambda desk: enter(desk, "Oog 2 man filmt #suspicious"))
    two = do(lambda desk: enter(desk, "Eenheid 11 man met camera #suspicious"))
    at(window, qtbot, two.seq)
    press(window, Qt.Key.Key_A)
    press(window, Qt.Key.Key_6)
    press(window, Qt.Key.Key_Return)
    say(window, "V1-999")
    press(window, Qt.Key.Key_Return)
    assert window.asking.told.text()
    press(window, Qt.Key.Key_A, CONTROL)
    say(window, one.reference)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    qtbot.waitUntil(lambda: bool((line := window.timeline.current()) and line.disposition == "duplicate"))


def test_a_level_outside_the_mandate_asks_why(window: MainWindow, qtbot: QtBot, log: Log) -> None:
    QTest.keyClick(window, Qt.Key.Key_G, CONTROL)
    press(window, Qt.Key.Key_2)  # GRIP, which the police declare
    press(window, Qt.Key.Key_2)
    press(window, Qt.Key.Key_2)  # the venue
    press(window, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: "reason" in window.asking.answers())
    assert "Police" in window.asking.told.text()
    say(window, "politie onbereikbaar")
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    assert any("GRIP 1" in text for text in shown(window))


def test_an_agreement_is_made_and_affirmed(window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClick(window, Qt.Key.Key_J, CONTROL)
    say(window, "Poort F dicht tot het plein vrij is")
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_1)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any("Poort F dicht" in text for text in shown(window)))
    view = window.timeline.view
    view.setFocus()
    view.go_to(view.entries().rowCount() - 1)
    press(window, Qt.Key.Key_Y)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.asking.isVisible())
    assert not window.banner.text()


def test_the_panes_give_way_on_a_narrow_screen(window: MainWindow, do: Do) -> None:
    do(lambda desk: saying.note(desk, "iets"))
    window.resize(1024, 768)
    assert window.timeline.rail.isVisible()
    assert not window.timeline.detail.isVisible()
    window.timeline.view.setFocus()
    window.timeline.view.go_to(0)
    press(window, Qt.Key.Key_Return)
    assert window.timeline.detail.isVisible()
    press(window, Qt.Key.Key_Escape)
    assert not window.timeline.detail.isVisible()
    window.resize(700, 600)
    assert not window.timeline.rail.isVisible()
    assert window.timeline.view.width() > 600


def test_an_empty_list_says_what_to_do(window: MainWindow) -> None:
    window.timeline.look_at(Filter(reader="venue", place="gate-f"))
    assert "Shift+F" in window.timeline.view.says_when_empty
    window.timeline.view.grab()


def test_the_palette_leads_to_places_and_entries(window: MainWindow, qtbot: QtBot, do: Do) -> None:
    made = do(lambda desk: saying.note(desk, "bij de poort", place="gate-f"))
    do(lambda desk: saying.note(desk, "elders"))
    palette = _palette(window)
    QTest.keyClicks(palette.field, "gate f")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown(window) == ["bij de poort"])
    palette = _palette(window)
    QTest.keyClicks(palette.field, made.reference.lower())
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    current = window.timeline.current()
    assert current
    assert current.entry == made.seq


def _palette(window: MainWindow) -> Any:
    from commandlog_ui.window.palette import Palette

    QTest.keyClick(window, Qt.Key.Key_K, CONTROL)
    return next(one for one in window.findChildren(Palette) if one.isVisible())


def test_all_keys_are_on_one_sheet(window: MainWindow) -> None:
    from commandlog_ui.window.palette import KeySheet
    from PySide6.QtWidgets import QLabel

    window.do_keys()
    sheet = window.findChildren(KeySheet)[0]
    texts = {label.text() for label in sheet.findChildren(QLabel)}
    for action in window.actions_by_id.values():
        assert not action.shortcuts() or action.text() in texts
    sheet.close()


def test_coming_to_the_list_stands_at_the_newest(window: MainWindow, do: Do) -> None:
    for number in range(60):
        do(partial(saying.note, text=f"nummer {number}"))
    QTest.keyClick(window.entry.line, Qt.Key.Key_Escape)
    current = window.timeline.current()
    assert current
    assert current.text == "nummer 59"
    assert window.timeline.view.following
    window.timeline.look_at(Filter(reader="venue", place="gate-f"))
    assert window.timeline.current() is None
