"""Alarms in the real window: heard, seen, put off and gone to by keys alone."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commandlog_ui.alarms.screen import AlarmsScreen
from commandlog_ui.icons import pixmap
from commandlog_ui.sound import RATE, TONES, Sound, tone
from commandlog_ui.theme import SIZES, Theme
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from commandlog.log.desk import Desk
from commandlog.verbs import levels, saying, tasks
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live

Do = Callable[[Callable[[Desk], Any]], Any]
MINUTE = 60_000


def late_report(desk: Desk, text: str = "man filmt", **about: Any) -> Any:
    return saying.report(desk, text, category="suspicious", place="gate-f", occurred_at=desk.now - 10 * MINUTE, **about)


def late_task(desk: Desk) -> Any:
    return tasks.propose(
        desk, "kijk", to_party="police", answer_by=desk.now - MINUTE, occurred_at=desk.now - 9 * MINUTE
    )


def traced(desk: Desk) -> list[str]:
    found = timeline.whole(desk.log, live(desk.log), Filter(kind="traced"))
    return [getattr(one.frame, "what", "") for one in found]


@pytest.fixture
def plays(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been heard."""
    heard: list[str] = []
    monkeypatch.setattr(window.seat.alarms.sound, "play", lambda: heard.append("tone"))
    return heard


def shown(window: MainWindow, qtbot: QtBot, many: int) -> AlarmsScreen:
    qtbot.waitUntil(lambda: len(window.seat.alarms.look.lines) == many)
    QTest.keyClick(window, Qt.Key.Key_F8)
    screen = window.screens.currentWidget()
    assert isinstance(screen, AlarmsScreen)
    return screen


def test_an_alarm_is_heard_jumped_to_and_seen_by_keys(
    window: MainWindow, do: Do, qtbot: QtBot, plays: list[str]
) -> None:
    QTest.keyClicks(window.entry.line, "half get")
    do(late_report)
    do(late_task)
    qtbot.waitUntil(lambda: bool(plays))
    badge = window.top.badge
    qtbot.waitUntil(lambda: badge.counts == [("urgent", 2)])
    assert badge.blinks
    screen = shown(window, qtbot, 2)
    QAbstractItemModelTester(screen.model, QAbstractItemModelTester.FailureReportingMode.Fatal, screen)
    assert window.focusWidget() is screen.view
    alarm = screen.alarm()
    assert alarm
    assert alarm.code == "unanswered", "the one that came last"
    QTest.keyClick(screen.view, Qt.Key.Key_Return)
    after = screen.alarm()
    assert after
    assert after.code == "unassessed"
    QTest.keyClick(screen.view, Qt.Key.Key_G)
    qtbot.waitUntil(lambda: not window.seat.alarms.ringing())
    assert not badge.blinks
    assert [one.seen_by for one in screen.model.lines] == ["V1", "V1"]
    assert do(traced) == ["alarm-seen", "alarm-seen"]
    assert window.entry.text() == "half get"


def test_its_own_letter_settles_it_and_it_goes(window: MainWindow, do: Do, qtbot: QtBot) -> None:
    do(late_report)
    screen = shown(window, qtbot, 1)
    QTest.keyClick(screen.view, Qt.Key.Key_A)
    assert window.asking.isVisible()
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_2)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: screen.model.rowCount() == 0)
    assert screen.empty.isVisible()
    qtbot.waitUntil(lambda: window.focusWidget() is screen.view)


def test_a_task_of_the_list_is_answered_where_it_stands(window: MainWindow, do: Do, qtbot: QtBot) -> None:
    do(late_task)
    screen = shown(window, qtbot, 1)
    QTest.keyClick(screen.view, Qt.Key.Key_O)  # agreed orally
    qtbot.waitUntil(lambda: screen.model.rowCount() == 0)


def test_it_is_put_off_and_rings_again(window: MainWindow, do: Do, qtbot: QtBot, plays: list[str]) -> None:
    do(late_report)
    screen = shown(window, qtbot, 1)
    QTest.keyClick(screen.view, Qt.Key.Key_L)
    assert window.asking.isVisible()
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_1)
    ringing = window.seat.alarms
    qtbot.waitUntil(lambda: len(ringing.look.shelved) == 1)
    assert screen.model.rowCount() == 0
    assert not window.top.badge.blinks
    left = ringing.look.shelved[0].shelved - window.session.log.clock()
    assert 4 * MINUTE < left <= 5 * MINUTE
    plays.clear()
    clock = window.session.log.clock
    window.session.log.clock = lambda: clock() + 6 * MINUTE
    qtbot.waitUntil(lambda: bool(plays))
    assert screen.model.rowCount() == 1


def test_the_way_leads_to_the_entry(window: MainWindow, do: Do, qtbot: QtBot) -> None:
    entry = do(late_report).seq
    do(lambda desk: saying.note(desk, "iets anders"))
    screen = shown(window, qtbot, 1)
    QTest.keyClick(screen.view, Qt.Key.Key_Right)
    assert window.screens.currentWidget() is window.timeline
    line = window.timeline.view.current()
    assert line
    assert line.entry == entry


def test_letters_that_mean_nothing_begin_an_entry(window: MainWindow, qtbot: QtBot) -> None:
    screen = shown(window, qtbot, 0)
    QTest.keyClick(screen.view, Qt.Key.Key_P)
    assert window.entry.text() == "p"
    assert window.focusWidget() is window.entry.line


def test_silence_is_recorded_and_shown(window: MainWindow, do: Do, qtbot: QtBot, plays: list[str]) -> None:
    screen = shown(window, qtbot, 0)
    QTest.keyClick(window, Qt.Key.Key_F8, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: do(traced) == ["sound-off"])
    assert "!" in screen.head.text()
    do(late_report)
    with qtbot.waitSignal(window.seat.alarms.rang):
        pass
    assert not plays
    assert window.top.badge.blinks, "what cannot be heard is still seen"
    QTest.keyClick(window, Qt.Key.Key_F8, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: do(traced) == ["sound-off", "sound-on"])


def test_the_sound_comes_again_until_it_is_seen(window: MainWindow, do: Do, qtbot: QtBot, plays: list[str]) -> None:
    do(late_report)
    qtbot.waitUntil(lambda: len(plays) == 1)
    clock = window.session.log.clock
    window.session.log.clock = lambda: clock() + 16_000
    qtbot.waitUntil(lambda: len(plays) == 2)
    screen = shown(window, qtbot, 1)
    QTest.keyClick(screen.view, Qt.Key.Key_G)
    qtbot.waitUntil(lambda: not window.seat.alarms.ringing())
    window.session.log.clock = lambda: clock() + 64_000
    window.seat.alarms._second()
    assert len(plays) == 2


def test_the_reader_stays_at_the_alarm_while_others_come(window: MainWindow, do: Do, qtbot: QtBot) -> None:
    do(late_report)
    screen = shown(window, qtbot, 1)
    alarm = screen.alarm()
    do(partial(late_report, text="tas", priority="emergency"))
    qtbot.waitUntil(lambda: screen.model.rowCount() == 2)
    assert screen.model.lines[0].priority == "emergency"
    assert screen.view.currentIndex().row() == 1
    now = screen.alarm()
    assert alarm
    assert now
    assert now.key == alarm.key


def test_a_surge_of_alarms_leaves_the_window_free(window: MainWindow, do: Do, qtbot: QtBot) -> None:
    screen = shown(window, qtbot, 0)

    def surge(desk: Desk) -> None:
        with desk.writing():
            for number in range(300):
                late_report(desk, f"melding {number}")

    do(surge)
    qtbot.waitUntil(lambda: screen.model.rowCount() == 300, timeout=15_000)
    assert "!" in screen.head.text(), "a flood is told"
    QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(window.entry.line, "gaat gewoon door")
    assert window.entry.text() == "gaat gewoon door"
    QTest.keyClick(window, Qt.Key.Key_F8)
    for _n in range(5):
        QTest.keyClick(screen.view, Qt.Key.Key_G)
    qtbot.waitUntil(lambda: len(window.seat.alarms.ringing()) == 295, timeout=15_000)


def test_the_level_counts_down_to_its_review(window: MainWindow, do: Do, qtbot: QtBot) -> None:
    do(lambda desk: levels.set_level(desk, "venue", "orange", review_by=desk.now + 90_000))
    qtbot.waitUntil(lambda: "1:" in window.top.level.text())
    clock = window.session.log.clock
    window.session.log.clock = lambda: clock() + 2 * MINUTE
    qtbot.waitUntil(lambda: window.top.level.text().startswith("! "))
    assert window.top.level.meaning == "late"


@pytest.mark.parametrize("percent", [SIZES[0], SIZES[-1]])
def test_the_bar_gives_way_on_a_narrow_screen(window: MainWindow, do: Do, qtbot: QtBot, percent: int) -> None:
    do(lambda desk: levels.set_level(desk, "venue", "orange", review_by=desk.now + 90_000))
    do(late_report)
    qtbot.waitUntil(lambda: window.top.badge.blinks)
    window.theme.choose("light", percent)
    assert window.top.minimumSizeHint().width() <= 1024
    window.resize(1024, 700)
    qtbot.waitUntil(lambda: window.top.width() <= 1024)
    clock = window.top.clock
    assert clock.width() >= clock.sizeHint().width(), "the time is never cut"
    window.grab()


def test_icons_take_the_colour_of_their_meaning(theme: Theme) -> None:
    names = (Path(__file__).parents[3] / "resources" / "icons").glob("*.svg")
    found = 0
    for file in names:
        picture = pixmap(theme, file.stem, "accent", ratio=2)
        image = picture.toImage()
        inks = {
            image.pixelColor(x, y).name()
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).alpha() == 255
        }
        assert theme.colour("accent").name() in inks, file.stem
        assert pixmap(theme, file.stem, "accent", ratio=2).cacheKey() == picture.cacheKey()
        found += 1
    assert found >= 17


def test_the_tone_is_short_and_its_player_never_waits(
    theme: Theme, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(tone()) == 2 * sum(round(RATE * seconds) for _hertz, seconds in TONES)
    sound = Sound(theme)
    sound._players = ["/nowhere/player", "false", "true"]
    beeps: list[int] = []
    monkeypatch.setattr("commandlog_ui.sound.QApplication.beep", lambda: beeps.append(1))
    ended: list[int] = []
    sound._process.finished.connect(lambda code, _how: ended.append(code))
    sound.play()
    qtbot.waitUntil(lambda: len(ended) == 2)
    assert (ended[-1], sound.plays) == (0, False)
    assert sound._players == ["true"], "what can play is kept"
    assert sound.file().stat().st_size > 1000
    sound.stop()
    sound.play()
    assert beeps == [1]
