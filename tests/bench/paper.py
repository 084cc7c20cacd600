"""What a report on paper costs, against a bare canvas that draws the same strings."""

from pathlib import Path

from commandlog.export.exporting import export
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.verbs import tasks
from commandlog.verbs.events import open_event
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.moments import live
from tests.bench import bare_pdf
from tests.bench.evenings import Clock, Traffic, covenant
from tests.bench.measuring import Results, apart, median, timed

SIZES = ((1_000, 0), (10_000, 0), (10_000, 500), (100_000, 0))  # entries, and tasks among them
BUDGETED = 10_000


def paper(folder: Path, say: Results) -> None:
    """Write reports of several sizes, each in a process of its own."""
    for entries, among in SIZES:
        path = folder / f"pdf{entries}-{among}.clog"
        _evening(path, folder / "settings", entries, among)
        runs = 3 if entries <= BUDGETED else 1
        pairs = [(apart(_bare, path, folder), apart(_report, path, folder)) for _ in range(runs)]
        bare, ours = (median([one.answer for one in work]) for work in zip(*pairs, strict=True))
        least, peak = (median([one.peak for one in work]) for work in zip(*pairs, strict=True))
        say.say(
            entries,
            f"PDF with {among} tasks" if among else "PDF",
            f"{ours:.2f} s, {ours / entries * 1e6:.0f} µs an entry, {peak:.0f} MB",
            f"{ours / bare:.2f} x a bare canvas of the same strings ({bare:.2f} s, {least:.0f} MB), limit 4 x",
            ours / bare <= 4 if entries == BUDGETED else None,
            seconds=ours,
            ratio=ours / bare,
            mb=peak,
        )


def _evening(path: Path, settings: Path, entries: int, among: int) -> None:
    clock = Clock()
    desk = open_event(path, covenant(), settings, clock=clock)
    with desk.log:
        for _ in Traffic(clock).fill(desk, entries - 2 * among):
            pass
        for number in range(among):
            clock.tick(5)
            _task(desk, number)


def _task(desk: Desk, number: int) -> None:
    party = f"party{number % 7 + 1}"
    made = tasks.propose(desk, f"taak {number}: kijk bij de poort en meld terug", to_party=party, place="place7")
    tasks.agree_orally(desk, made.seq, text="akkoord over kanaal 3")


def _strings(path: Path) -> list[str]:
    with Log(path) as log:
        lines = timeline.whole(log, live(log), Filter())
        return [f"{line.reference} {line.unit} {line.place} {line.text}" for line in lines]


def _bare(path: Path, folder: Path) -> float:
    strings = _strings(path)
    return timed(lambda: bare_pdf.draw(strings, folder / "bare.pdf"))


def _report(path: Path, folder: Path) -> float:
    with Log(path) as log:
        export(log, folder / "warm.csv", live(log))
        return timed(lambda: export(log, folder / "bench.pdf", live(log)))
