"""Every screen in both languages and looks, at 100 and 200 %: nothing warns, and no text is cut."""

import contextlib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from commandlog_ui.session import Session
from commandlog_ui.theme import Theme
from commandlog_ui.window.main import MainWindow
from commandlog_ui.window.screens import SCREENS
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from commandlog.intake.entering import enter
from commandlog.language import speaking
from commandlog.log.desk import sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log

SAID = (
    "Oog 2 poort F man filmt camera's, groot model rugzak #verdacht !urgent",
    "vak 112 vrouw onwel, aanrijden gevraagd #medisch !emergency",
    ">politie taak aanspreken en gesprek voeren voor 5 min",
    ">baken taak rij verplaatsen naar poort F voor 10 min",
    "een gewone regel",
)


@pytest.fixture(params=list(product(("nl", "en"), ("dark", "light"), (100, 200))), ids=str)
def any_window(request: pytest.FixtureRequest, path: Path, qapp: QApplication, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window on an event with a little of everything, in one language, look and size."""
    language, look, percent = request.param
    with speaking(language), Log(path) as log:
        desk = sit_down(log, settings_folder(), "venue")
        for text in SAID:
            enter(desk, text)
        theme = Theme(look, percent)
        theme.apply(qapp)
        made = MainWindow(Session(path, "", theme), theme)
        qtbot.addWidget(made)
        made.resize(1440, 900)
        made.show()
        qtbot.waitUntil(lambda: made.session.desk_code != "")
        yield made
        made.close()


def cut(window: QWidget) -> list[str]:
    """Return the texts in sight that have less room than they need."""
    found = []
    for one in window.findChildren(QLabel) + window.findChildren(QPushButton):
        text = one.text()
        if not text or not one.isVisible() or _scrolled_away(one):
            continue
        if isinstance(one, QLabel) and one.wordWrap():
            fits = one.heightForWidth(one.width()) <= one.height() + 1
        elif isinstance(one, QPushButton):
            fits = one.fontMetrics().horizontalAdvance(text.replace("&&", "&")) <= one.width()
            fits = fits and one.fontMetrics().height() <= one.height()
        else:
            widest = max(one.fontMetrics().horizontalAdvance(line) for line in text.split("\n"))
            fits = widest <= one.contentsRect().width() + 1
        if not fits:
            found.append(f"{type(one.parent()).__name__}: {text!r} in {one.width()} × {one.height()}")
    return found


def _scrolled_away(one: QWidget) -> bool:
    """Whether it lies in something that scrolls, which gives it as much room as it wants."""
    parent = one.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            return not parent.widgetResizable()
        parent = parent.parentWidget()
    return False


def test_no_text_is_cut_on_any_screen(any_window: MainWindow, qtbot: QtBot) -> None:
    wrong = []
    for name in SCREENS:
        any_window.show_screen(name)
        with contextlib.suppress(TimeoutError, AssertionError):
            qtbot.waitUntil(lambda: not cut(any_window), timeout=1_500)
        wrong += [f"{name}: {text}" for text in cut(any_window)]
    assert wrong == []
