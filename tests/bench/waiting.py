"""The window while thousands of records wait for their place, and another program gives some of them theirs.

    python -m tests.bench.waiting [RECORDS]

The other program does what follows a shared log, without a server: it puts records of this desk and of another one in
the shared order and applies the rest behind them, and gives way to whoever wants to write.
"""

import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from commandlog.log.desk import Desk
from commandlog.log.rebuild import GaveWay
from commandlog.log.store import Log
from commandlog.sharing.following.following import INSIST
from commandlog.verbs.events import open_event
from tests.bench.driven import FRAME, Driven, Entered, own_clock
from tests.bench.evenings import Traffic, covenant
from tests.bench.measuring import Results, apart, at, machine, median, spread
from tests.log.order import Order

WAITING = 5_000
ENTRIES = 150
AT_A_TIME = 20  # records of either desk that get their place in one go
PAUSE = 0.3  # seconds between two entries: hands in a surge
AGAIN = 0.1  # seconds after giving way until it tries again


class Waited(NamedTuple):
    """What was seen: Enter of each entry, how often records came in, and what moved or was painted anew meanwhile."""

    entered: list[Entered]
    rebases: int
    placed: int
    moved: list[str]
    changed: int


def prepare(folder: Path, settings: Path, waiting: int) -> tuple[Path, Path]:
    """Make the file of a desk in which records wait, and that of another desk which has as many; returns both."""
    os.environ["COMMANDLOG_SETTINGS"] = str(settings)
    whole = open_event(folder / "event.clog", covenant(), settings)
    order = Order(whole.log)
    whole.log.close()
    found = []
    for party, code in (("party1", "B1"), ("party2", "C1")):
        desk = order.join(folder / f"{code}.clog", party, code)
        order.take(desk.log)
        found.append(desk)
    mine, theirs = found
    order.give(mine.log)
    order.give(theirs.log)
    for desk in found:
        _fill(desk, waiting)
        desk.log.close()
    return mine.path, theirs.path


def _fill(desk: Desk, many: int) -> None:
    from tests.bench.evenings import Clock

    clock = Clock()
    clock.now = desk.log.clock() - many * 10_000
    for _took in Traffic(clock).fill(desk, many):
        pass


def rebasing(mine: Path, theirs: Path, stop: Path, told: Any) -> None:
    """Give records of both desks their place, about once a second, until the file `stop` is there."""
    with Log(mine) as log, Log(theirs) as other:
        order = Order(log)
        rebases = 0
        before = len(order.records)
        while not stop.exists():
            log.refresh()
            order.take(log, AT_A_TIME)
            order.take(other, AT_A_TIME)
            begun = time.monotonic()
            while log.head.seq < len(order.records):
                try:
                    order.give(log, give_way=lambda: time.monotonic() - begun < INSIST and log.is_wanted())
                except GaveWay:
                    time.sleep(AGAIN)
            rebases += 1
            time.sleep(max(0.0, 1 - (time.monotonic() - begun)))
        told.put((rebases, len(order.records) - before))


def typing(mine: Path, theirs: Path, settings: Path, entries: int = ENTRIES, *, alone: bool = False) -> Waited:
    """Type entries and press Enter while the other program is at work, or alone; the reader looks further up."""
    from commandlog_ui.sharing import state
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    state.command = lambda _file: [sys.executable, "-S", "-c", "import sys; sys.stdin.read()"]  # nobody follows here
    driven = Driven(mine, settings)
    driven.settle()
    stop, context = mine.with_name("stop"), multiprocessing.get_context("spawn")
    told = context.SimpleQueue()
    beside = context.Process(target=rebasing, args=(mine, theirs, stop, told), daemon=True)
    model, line = driven.view.entries(), driven.window.entry.line
    changed: list[int] = []
    model.dataChanged.connect(lambda first, last: changed.append(last.row() - first.row() + 1))
    came: list[float] = []
    model.rowsInserted.connect(lambda *_rows: came.append(driven.painted))  # asking for the time would take longer
    if not alone:
        beside.start()
    entered, moved = [], []
    for number in range(entries):
        line.setText(f"Unit {number % 60} melding nummer {number} bij de poort")
        driven.rest(PAUSE)
        begun = own_clock()
        text = f"nummer {number} bij"
        QTest.keyClick(line, Qt.Key.Key_Return)
        driven.until(lambda text=text: text in getattr(model.line(model.rowCount() - 1), "text", ""))  # type: ignore[misc]
        driven.until(lambda: driven.painted > came[-1])
        entered.append(Entered(driven.painted - begun, driven.durable))
        driven.until(lambda: not driven.window.entry.text())
    moved = _stays(driven, 0 if alone else 4)
    rebases, placed = 0, 0
    if not alone:
        stop.touch()
        beside.join()
        rebases, placed = told.get()
        driven.rest(0.5)
    driven.close()
    driven.rest(0.2)  # the program beside it ends
    return Waited(entered, rebases, placed, moved, sum(changed))


def _stays(driven: Driven, seconds: float) -> list[str]:
    """Look at an entry further up for a while; returns what of place, choice and typed text did not stay."""
    view = driven.view
    view.go_to(view.entries().rowCount() // 2)
    line = driven.window.entry.line
    line.setText("half getypt")

    def seen() -> dict[str, Any]:
        top = view.entries().line(view.rowAt(0))
        return {
            "choice": view.current().reference,
            "first row": top.reference if top else "",
            "pixels": view.visualRect(view.currentIndex()).top(),
            "text": line.text(),
        }

    before = seen()
    found: set[str] = set()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        driven.rest(0.05)
        found.update(name for name, value in seen().items() if value != before[name])
    line.clear()
    return sorted(found)


def waiting(within: Path, say: Results, many: int = WAITING) -> None:
    """Measure and say it."""
    with tempfile.TemporaryDirectory(dir=within) as name:
        folder, settings = Path(name), Path(name) / "settings"
        mine, theirs = apart(prepare, folder, settings, many).answer
        alone: Waited = apart(typing_alone, mine, theirs, settings).answer
        found: Waited = apart(typing, mine, theirs, settings).answer
    beyond, quiet = ([one.beyond for one in run.entered] for run in (found, alone))
    write, still = ([one.durable for one in run.entered] for run in (found, alone))
    say.say(
        many,
        f"window: Enter to painted, {many:,} waiting",
        spread(beyond),
        f"limit p99 16.7 ms beyond the write; alone {spread(quiet)}",
        at(beyond, 99) <= FRAME,
        p50=median(beyond),
        p99=at(beyond, 99),
    )
    say.say(
        many,
        "window: the write itself meanwhile",
        spread(write),
        f"limit p99 50 ms; alone {spread(still)}",
        at(write, 99) <= 0.05,
        p99=at(write, 99),
    )
    told = f"{found.placed} records placed in {found.rebases} goes, {found.changed} rows painted anew"
    say.say(many, "window: nothing moves meanwhile", ", ".join(found.moved) or "nothing", told, not found.moved)


def typing_alone(mine: Path, theirs: Path, settings: Path) -> Waited:
    """Type with nobody beside."""
    return typing(mine, theirs, settings, ENTRIES // 3, alone=True)


if __name__ == "__main__":
    print(machine(), "load", os.getloadavg())
    results = Results()
    waiting(Path(tempfile.gettempdir()), results, int(sys.argv[1]) if len(sys.argv) > 1 else WAITING)
    sys.exit(1 if results.missed else 0)
