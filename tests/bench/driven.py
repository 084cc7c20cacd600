"""A real window in a process of its own, driven by keys: what each budget of the window is measured with.

Every function here is run apart (`measuring.apart`), so that Qt and what it keeps in memory are there for it alone. The
loop waits as the program's own does: nothing spins, and the worker has the processor while it writes. Times are by
`own_clock`, where nothing else is said: on a machine that others use as well, a thread that wants to run does not
always.
"""

import contextlib
import multiprocessing
import os
import random
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.measuring import _resident as resident

COUNT = 257  # the role of a view's total, Qt.ItemDataRole.UserRole + 1
FRAME = 1 / 60  # seconds
WORDS = ("bake", "dolo", "mela", "keto", "nasa", "poor", "unit", "zzzz")
SURGE = 50  # entries a second that another process writes


def own_clock() -> float:
    """Return the seconds that go by, without those that this thread stood in the system's queue for a processor."""
    try:
        queued = int(Path("/proc/thread-self/schedstat").read_bytes().split()[1]) / 1e9
    except OSError:  # another system: what it waits for is not told apart
        queued = 0.0
    return time.perf_counter() - queued


class Entered(NamedTuple):
    """Enter, in seconds: until the entry was painted, and how long its durable write took of that."""

    painted: float
    durable: float

    @property
    def beyond(self) -> float:
        """The seconds beyond the durable write."""
        return self.painted - self.durable


class Stalls(NamedTuple):
    """How long the window's thread was away from its loop, in seconds, and where it was mostly when that was long.

    `own` is by `own_clock`.
    """

    wall: list[float]
    own: list[float]
    where: list[tuple[str, int]]
    written: int


class Driven:
    """The main window on a log, shown, with its first rows painted."""

    def __init__(self, path: Path, settings: Path) -> None:
        os.environ["COMMANDLOG_SETTINGS"] = str(settings)
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from commandlog_ui.app import application, main_window
        from commandlog_ui.timeline.view import TimelineView

        self.app = application()
        self.painted = 0.0
        self.durable = 0.0
        inner = TimelineView.paintEvent

        def paint(view: Any, event: Any) -> None:
            inner(view, event)
            self.painted = own_clock()

        TimelineView.paintEvent = paint
        self.before = resident("VmRSS")
        begun = own_clock()
        self.window: Any = main_window(path)
        self.window.show()
        self.window.resize(1440, 900)  # Qt's screen without a screen is smaller
        self.until(lambda: self.painted > 0)
        self.opened = own_clock() - begun
        TimelineView.paintEvent = paint
        self._watch_writing()
        self.view = self.window.timeline.view

    def _watch_writing(self) -> None:
        session = self.window.session
        inner = session.do

        def do(verb: Callable[[Any], Any], *told: Any, **named: Any) -> None:
            def timed(desk: Any) -> Any:
                begun = time.perf_counter()
                try:
                    return verb(desk)
                finally:
                    self.durable = time.perf_counter() - begun

            inner(timed, *told, **named)

        session.do = do

    def until(self, met: Callable[[], bool], seconds: float = 60) -> None:
        """Let the window live until something holds; raises SystemExit where it does not in time."""
        from PySide6.QtCore import QEventLoop

        end = time.monotonic() + seconds
        while not met():
            if time.monotonic() > end:
                raise SystemExit("the window never came that far")
            self.app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    def rest(self, seconds: float) -> None:
        """Let the window live for a while."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end, seconds + 60)

    def settle(self) -> None:
        """Wait until all rows are known, the desk is sat at and the views are counted."""
        views = self.window.timeline.rail.views()
        self.until(lambda: self.view.entries().rows.complete and self.window.session.desk_code != "")
        wanted = [views.index(row) for row, one in enumerate(views.views) if one.wanted]
        self.until(lambda: all(views.data(one, COUNT) >= 0 for one in wanted), 300)

    def close(self) -> None:
        """Close the window."""
        self.window.close()


def opening(path: Path, settings: Path) -> tuple[float, float, float, float]:
    """Open a window; returns the seconds until its rows are painted, those until all rows are known, and MB resident
    before the log was opened and at most.
    """
    begun = time.perf_counter()
    driven = Driven(path, settings)
    opened = driven.opened
    driven.until(lambda: driven.view.entries().rows.complete)
    whole = time.perf_counter() - begun
    driven.close()
    return opened, whole, driven.before, resident("VmHWM")


def typing(path: Path, settings: Path, entries: int = 300) -> list[Entered]:
    """Type entries and press Enter, one after the other; returns what each took."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    driven = Driven(path, settings)
    driven.settle()
    line, model, found = driven.window.entry.line, driven.view.entries(), []
    came: list[float] = []
    model.rowsInserted.connect(lambda *_rows: came.append(own_clock()))
    for number in range(entries):
        line.setText(f"Unit {number % 60} melding nummer {number} bij de poort")
        driven.rest(0.03)
        rows, begun = model.rowCount(), own_clock()
        QTest.keyClick(line, Qt.Key.Key_Return)
        driven.until(lambda rows=rows: model.rowCount() > rows)  # type: ignore[misc]
        driven.until(lambda: driven.painted > came[-1])
        found.append(Entered(driven.painted - begun, driven.durable))
        driven.until(lambda: not driven.window.entry.text())
    driven.close()
    return found


def scrolling(path: Path, settings: Path, places: int = 120) -> dict[str, tuple[list[float], list[float]]]:
    """Scroll to places anywhere in the log, the whole of it and filtered, in turn with a constant model in the same
    view; returns by name the seconds of each until the rows are painted.
    """
    from commandlog_ui.models.timeline import TimelineModel
    from msgspec.structs import replace

    from commandlog.views.filters import Filter

    class Constant(TimelineModel):  # type: ignore[misc,unused-ignore]
        """As many rows, of which all is known beforehand."""

        kept: list[Any]

        def line(self, row: int) -> Any:
            if row not in self._lines:  # a line that has not been painted before, as those of the log are
                if len(self._lines) > 500:
                    self._lines.clear()
                self._lines[row] = replace(self.kept[row % len(self.kept)])
            return self._lines[row]

        def prepare(self, first: int, last: int) -> None:
            """Nothing has to be read."""

    driven = Driven(path, settings)
    driven.settle()
    view, session = driven.view, driven.window.session
    party = Filter(reader=session.party, party="party3")
    found = {}
    for name, wanted in (("all", Filter(reader=session.party)), ("of a party", party)):
        models = [
            kind(session.log, session.moment, wanted, driven.window.timeline) for kind in (TimelineModel, Constant)
        ]
        for model in models:
            driven.until(lambda model=model: model.rows.complete)  # type: ignore[misc]
        real, constant = models
        rows = real.rowCount()
        constant.kept = [real.line(row) for row in random.Random(3).sample(range(rows), 64)]
        times: tuple[list[float], list[float]] = ([], [])
        chance = random.Random(7)
        for turn in range(6):
            view.show_model(models[turn % 2])
            driven.rest(0.1)
            for _place in range(places // 3):
                times[turn % 2].append(_scrolled(view, chance))
        found[name] = times
    driven.close()
    return found


def _scrolled(view: Any, chance: random.Random) -> float:
    bar = view.verticalScrollBar()
    begun = own_clock()
    bar.setValue(chance.randrange(bar.maximum() + 1))
    view.viewport().repaint()
    return own_clock() - begun


def finding(path: Path, settings: Path) -> tuple[list[float], dict[str, float], list[float]]:
    """Search letter by letter, look at each saved view and some filters more, and have the views counted; returns the
    seconds of each search from three letters on, of each first screen by name, and of each count.
    """
    from commandlog.views.filters import Filter

    driven = Driven(path, settings)
    driven.settle()
    timeline, view, searches, screens = driven.window.timeline, driven.view, [], {}
    for word in WORDS * 4:
        for letters in range(3, len(word) + 1):
            searches.append(_until_painted(view, partial(timeline.look_for, word[:letters])))
            driven.rest(0.05)
    timeline.look_for("")
    me = driven.window.session.party
    views = {one.name: one.wanted for one in timeline.rail.views().views if one.wanted}
    views["a place, urgent, of a party"] = Filter(reader=me, place="place7", priority="urgent", party="party3")
    views["nothing matches"] = Filter(reader=me, party="nobody", place="nowhere")
    views["before the first entry"] = Filter(reader=me, until=5)
    for name, wanted in views.items():
        screens[name] = min(_until_painted(view, partial(timeline.look_at, wanted)) for _time in range(3))
        driven.rest(0.02)
    timeline.look_at(Filter(reader=me))
    counted = _counting(driven)
    driven.close()
    return searches, screens, counted


def _until_painted(view: Any, work: Callable[[], object]) -> float:
    begun = own_clock()
    work()
    view.viewport().repaint()
    return own_clock() - begun


def _counting(driven: Driven, times: int = 60) -> list[float]:
    """Count eight saved views after each of some entries, on the window's second thread."""
    from commandlog.intake.entering import enter
    from commandlog.views.tallies import Tally

    session = driven.window.session
    tallies = [Tally(one.wanted) for one in driven.window.timeline.rail.views().views if one.wanted][:8]
    took: list[float] = []

    def count(log: Any) -> float:
        log.refresh()
        moment = session.bridge.moment
        begun = own_clock()
        for tally in tallies:
            tally.at(log, moment)
        return own_clock() - begun

    session.look(count, took.append)
    driven.until(lambda: len(took) == 1)
    for number in range(times):
        driven.window.session.do(lambda desk, number=number: enter(desk, f"geteld {number}"), None, None)
        driven.rest(0.03)
        session.look(count, took.append)
        driven.until(lambda number=number: len(took) == number + 2)  # type: ignore[misc]
    return took[1:]


def reported(path: Path, settings: Path, times: int) -> list[float]:
    """Have another program report entries; returns how long each took from its commit until it was painted here."""
    driven = Driven(path, settings)
    driven.settle()
    context, took = multiprocessing.get_context("spawn"), []
    answers = context.SimpleQueue()
    other = context.Process(target=_report, args=(path, settings, times, answers), daemon=True)
    other.start()
    model = driven.view.entries()
    for _time in range(times):
        rows = model.rowCount()
        driven.until(lambda rows=rows: model.rowCount() > rows)  # type: ignore[misc]
        took.append(time.perf_counter() - answers.get())  # it is painted in the same turn of the loop
    other.join()
    driven.close()
    return took


def _report(path: Path, settings: Path, times: int, answers: Any) -> None:
    from commandlog.cli import main

    os.environ["COMMANDLOG_SETTINGS"] = str(settings)
    for number in range(times):
        time.sleep(0.7)
        with contextlib.redirect_stdout(None):
            if main(["report", str(path), f"van elders {number}"]):
                raise SystemExit(1)
        answers.put(time.perf_counter())  # the machine's clock, of every process


def stalls(path: Path, settings: Path, seconds: float = 20) -> Stalls:
    """Search and scroll by keys while another process writes fifty entries a second; returns how long the window's
    thread was away from its loop.
    """
    from PySide6.QtCore import Qt, QTimer

    driven = Driven(path, settings)
    driven.settle()
    driven.rest(0.5)
    before, log = driven.view.entries().rowCount(), driven.window.session.log
    begun = log.refresh()
    surging = multiprocessing.get_context("spawn").Process(target=surge, args=(path, settings, seconds), daemon=True)
    surging.start()
    driven.until(lambda: driven.view.entries().rowCount() > before)
    beat = _Beat()
    timer = QTimer(driven.window, interval=1, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(beat.tick)
    hands, fingers = QTimer(driven.window, interval=60), _Hands(driven.window)
    hands.timeout.connect(fingers.press)
    timer.start()
    hands.start()
    driven.rest(seconds - 1)
    hands.stop()
    timer.stop()
    beat.stop()
    surging.join()
    driven.rest(0.3)
    written = log.refresh() - begun
    driven.close()
    return Stalls(beat.wall, beat.own, beat.seen.most_common(8), written)


class _Beat:
    """The loop's own beat, a millisecond each, and a thread that looks where it stays away."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.own: list[float] = []
        self.seen: Counter[str] = Counter()
        self._last = (time.perf_counter(), own_clock())
        self._main = threading.get_ident()
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._look, daemon=True)
        self._watcher.start()

    def tick(self) -> None:
        """Beat."""
        now = (time.perf_counter(), own_clock())
        wall, own = (later - earlier for later, earlier in zip(now, self._last, strict=True))
        self.wall.append(max(0.0, wall - 0.001))
        self.own.append(max(0.0, own - 0.001))
        self._last = now

    def stop(self) -> None:
        """End the watch."""
        self._over.set()
        self._watcher.join()

    def _look(self) -> None:
        while not self._over.wait(0.004):
            away = time.perf_counter() - self._last[0]
            if away > FRAME / 2:
                stack = traceback.extract_stack(sys._current_frames().get(self._main))
                ours = [one for one in stack if "/ui/" in one.filename or "/commandlog/" in one.filename]
                self.seen[" < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(ours[-4:]))] += 1


class _Hands:
    """Synthetic keys: search a word, leave, go up and down the list, to the newest, and again."""

    def __init__(self, window: Any) -> None:
        from PySide6.QtCore import Qt

        self.window = window
        key, control = Qt.Key, Qt.KeyboardModifier.ControlModifier
        none = Qt.KeyboardModifier.NoModifier
        self._script: list[Any] = []
        for word in WORDS:
            self._script += [(key.Key_F, control), *word, *[None] * 3, (key.Key_Down, none)]
            self._script += [(key.Key_PageUp, none)] * 4 + [(key.Key_Up, none)] * 3
            self._script += [(key.Key_F, control), (key.Key_Escape, none), (key.Key_Escape, none)]
            self._script += [(key.Key_PageUp, none)] * 6 + [(key.Key_Home, none), (key.Key_PageDown, none)]
            self._script += [(key.Key_End, control), *[None] * 4]
        self._at = 0

    def press(self) -> None:
        """Press the next key of the script."""
        from PySide6.QtTest import QTest

        what = self._script[self._at % len(self._script)]
        self._at += 1
        focused = self.window.focusWidget()
        if isinstance(what, str):
            QTest.keyClicks(focused, what)
        elif what is not None:
            QTest.keyClick(focused, what[0], what[1])


def surge(path: Path, settings: Path, seconds: float, rate: float = SURGE) -> int:
    """Write entries at a rate, as another program does; returns how many."""
    from commandlog.intake.entering import enter
    from commandlog.log.desk import sit_down
    from commandlog.log.store import Log

    with Log(path) as log:
        desk = sit_down(log, settings, log.covenant().driver)
        begun, number = time.monotonic(), 0
        while time.monotonic() - begun < seconds:
            enter(desk, f"Unit {number % 60} golf {number} bij de poort #verdacht")
            number += 1
            time.sleep(max(0.0, begun + number / rate - time.monotonic()))
    return number
