"""The same work as people have timed on other logs of incidents, in the same terms."""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

from commandlog.log.desk import Desk, sit_down
from commandlog.log.store import Log
from commandlog.model.records import IncidentOpened, Linked, Note, Words
from commandlog.verbs import events, levels, saying
from commandlog.views import open_items, timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.bench.evenings import Clock, Traffic, covenant
from tests.bench.measuring import Results, apart, at, median, ms, spread, timed
from tests.bench.reading import QUERIES, first_page
from tests.events import concert

INCIDENTS, ENTRIES_EACH = 20_000, 5
ROWS = 10_000
KILLS = 20


def peers(folder: Path, say: Results) -> None:
    """Take every figure in turn."""
    settings = folder / "settings"
    _at_ten_thousand(folder, settings, say)
    _incidents(folder, settings, say)
    _after_kills(folder, settings, say)


def _at_ten_thousand(folder: Path, settings: Path, say: Results) -> None:
    """Enter reports one at a time in a log of 10,000, repeat one, and open it."""
    clock = Clock()
    desk = events.open_event(folder / "ten.clog", covenant(), settings, clock=clock)
    traffic = Traffic(clock)
    for _ in traffic.fill(desk, ROWS):
        pass
    while desk.log.tend():
        pass
    with desk.log as log:
        texts = [traffic.text() for _ in range(2_000)]
        times: list[float] = []
        start = time.perf_counter()
        for number, text in enumerate(texts):
            clock.tick(3)
            times.append(timed(lambda: saying.report(desk, text, place="place7", origin=f"telefoon:{number}")))
            if number % 10 == 9:
                log.tend()
        each = len(texts) / (time.perf_counter() - start)
        work = "in the same terms: reports one at a time, on disk"
        say.say(ROWS, work, f"{each:,.0f}/s, {spread(times)}", rate=each, p50=median(times), p99=at(times, 99))
        before = log.head.seq
        again = [timed(lambda: saying.report(desk, "nog eens", origin=f"telefoon:{number}")) for number in range(500)]
        met = log.refresh() == before
        figure = f"p50 {ms(again, 50)}, {log.head.seq - before} entries more"
        say.say(ROWS, "in the same terms: an entry sent again", figure, "none is doubled", met, p50=median(again))
    runs = [apart(first_page, log.path) for _ in range(5)]
    opening, mb = median([one.answer for one in runs]), median([one.peak - one.before for one in runs])
    work = "in the same terms: opening, to the first page"
    say.say(ROWS, work, f"{opening * 1000:.1f} ms, {mb:.0f} MB", seconds=opening)
    with Log(log.path) as log:
        pages = [timed(lambda: timeline.page(log, live(log), Filter())) for _ in range(30)]
        say.say(ROWS, "in the same terms: the first page", spread(pages), p50=median(pages))
        every = timed(lambda: list(timeline.whole(log, live(log), Filter())))
        say.say(ROWS, "in the same terms: all of it, as lines", f"{every:.2f} s", seconds=every)


def _incidents(folder: Path, settings: Path, say: Results) -> None:
    """List incidents with their entries, and search among them."""
    clock = Clock()
    desk = events.open_event(folder / "incidents.clog", covenant(), settings, clock=clock)
    with desk.log as log:
        _fill(desk, Traffic(clock), clock)
        number = INCIDENTS * ENTRIES_EACH
        found: dict[int, list[Any]] = {}

        def listing() -> None:
            found.clear()
            for line in timeline.whole(log, live(log), Filter()):
                if line.incident:
                    found.setdefault(line.incident, []).append(line)

        every = median([timed(listing) for _ in range(3)])
        whole = len(found) == INCIDENTS and all(len(lines) == ENTRIES_EACH for lines in found.values())
        work = f"in the same terms: {INCIDENTS:,} incidents, each with {ENTRIES_EACH} entries"
        say.say(number, work, f"{every:.2f} s as lines ready to show", "all are there", whole, seconds=every)
        chosen = random.Random(1).sample(sorted(found), 100)
        one = [timed(lambda: timeline.page(log, live(log), Filter(incident=incident))) for incident in chosen]
        say.say(number, "in the same terms: one of them, with its entries", spread(one), p50=median(one))
        page = [timed(lambda: timeline.page(log, live(log), Filter())) for _ in range(30)]
        say.say(number, "in the same terms: the first page of 200", spread(page), p50=median(page))
        hits = [timed(lambda: timeline.page(log, live(log), Filter(search=query), limit=50)) for query in QUERIES * 12]
        say.say(number, "in the same terms: search, 50 lines ready to show", spread(hits), p50=median(hits))


def _fill(desk: Desk, traffic: Traffic, clock: Clock) -> None:
    for number in range(INCIDENTS):
        clock.tick(30)
        with desk.writing():
            title = Words(title=f"incident {number}: {traffic.text()}")
            incident = desk.append(IncidentOpened, title, place=f"place{number % 60}").id
            for _ in range(ENTRIES_EACH):
                entry = desk.append(Note, Words(text=traffic.text()), place=f"place{number % 60}").id
                desk.append(Linked, Words(), entry=entry, incident=incident)
        if number % 100 == 0:
            desk.log.tend()


def _after_kills(folder: Path, settings: Path, say: Results) -> None:
    """Kill a process the moment it has acknowledged what was set, and look whether it holds."""
    path = folder / "killed.clog"
    events.open_event(path, concert(), settings, clock=Clock()).log.close()
    spawn = multiprocessing.get_context("spawn")
    kept = 0
    for number in range(KILLS):
        answers = spawn.SimpleQueue()
        other = spawn.Process(target=_set, args=(path, settings, number, answers))
        other.start()
        position = answers.get()
        os.kill(other.pid or 0, signal.SIGKILL)
        other.join()
        with Log(path) as log:
            desk = sit_down(log, settings, "venue")
            level = open_items.standing(log, live(log))[-1].level
            kept += bool(desk.operator) and log.head.seq == position and level == ("green", "orange")[number % 2]
    figure = f"{kept} of {KILLS} held"
    say.say(KILLS, "in the same terms: settings after a kill", figure, "every one", kept == KILLS, kept=kept)


def _set(path: Path, settings: Path, number: int, answers: Any) -> None:
    log = Log(path, clock=Clock())
    desk = sit_down(log, settings, "venue")
    events.sign_in(desk, f"Operator {number}")
    answers.put(levels.set_level(desk, "venue", ("green", "orange")[number % 2], reason="druk").seq)
    time.sleep(60)
