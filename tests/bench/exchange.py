"""What bringing a log in costs, and taking it out in each form: the import's rate, and whether forms grow in a line."""

import csv
from pathlib import Path

from commandlog.export.exporting import FORMS, export
from commandlog.intake.importing import plan_import, run
from commandlog.log.desk import sit_down
from commandlog.log.store import Log
from commandlog.verbs.events import open_event
from commandlog.views.moments import live
from tests.bench.evenings import Clock, Traffic, covenant
from tests.bench.measuring import Results, apart, timed

ROWS = 100_000
SIZES = (10_000, 100_000)
LINEAR = 1.5  # so much dearer an entry of the larger log may be
_HEAD = (
    "Time",
    "Closed",
    "Type",
    "Text",
    "Place",
    "Borough",
    "Unit",
    "Priority",
    "Number",
    "Reported by",
    "Lat",
    "Lon",
)


def exchange(folder: Path, say: Results) -> None:
    """Import a CSV of 100,000 rows, then write logs of two sizes in every form but the PDF, each apart."""
    for closed in (False, True):
        _import(folder, say, closed)
    for size in SIZES:
        desk = open_event(folder / f"out{size}.clog", covenant(), folder / "settings", clock=Clock())
        with desk.log as log:
            for _ in Traffic(_clock(log)).fill(desk, size):
                log.tend()
    for form in sorted(set(FORMS) - {".pdf", ".zip"}):
        each = [apart(_take_out, folder / f"out{size}.clog", folder / f"out{form}") for size in SIZES]
        per_entry = [one.answer / size for one, size in zip(each, SIZES, strict=True)]
        ratio = per_entry[1] / per_entry[0]
        say.say(
            SIZES[1],
            f"export as {form}",
            f"{each[1].answer:.1f} s, {per_entry[1] * 1e6:.0f} µs an entry, {each[1].peak:.0f} MB",
            f"{ratio:.2f} x an entry of {SIZES[0]:,}, limit {LINEAR} x",
            ratio <= LINEAR,
            seconds=each[1].answer,
            ratio=ratio,
            mb=each[1].peak,
        )


def _import(folder: Path, say: Results, closed: bool) -> None:
    """Bring in rows that are as they are, or `closed` by the file: each of those makes two records."""
    source = folder / f"closed{closed}.csv"
    _write_rows(source, closed)
    brought = apart(_bring_in, source, folder)
    planned, written = brought.answer
    rate = ROWS / (planned + written)
    say.say(
        ROWS,
        f"import of a CSV of 12 columns{', each row closed by it' if closed else ''}, on disk with full text",
        f"{rate:,.0f} rows/s (reading and guessing {planned:.1f} s, writing {written:.1f} s), {brought.peak:.0f} MB",
        "limit 5,000 rows/s",
        rate >= 5_000,
        speed=rate,
        mb=brought.peak,
    )


def _clock(log: Log) -> Clock:
    clock = log.clock
    assert isinstance(clock, Clock)
    return clock


def _write_rows(path: Path, closed: bool) -> None:
    traffic = Traffic(Clock())
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_HEAD)
        for number in range(ROWS):
            day, minute = 1 + number // 1440 % 28, number % 1440
            hour = f"{minute // 60:02}:{minute % 60:02}:{number % 60:02}"
            when = f"2026-{1 + number // 40_320:02}-{day:02} {hour}"
            place = f"Place {number % 60}"
            text = traffic.text()[:80]
            cells = (
                when,
                when if closed else "",
                f"Category {number % 20}",
                text,
                place,
                "Centre",
                f"Unit {number % 60}",
                "P 2",
            )
            rows.writerow(
                (*cells, number, "caller", f"{52 + number % 1000 / 1e4:.4f}", f"{4 + number % 999 / 1e4:.4f}")
            )


def _bring_in(source: Path, folder: Path) -> tuple[float, float]:
    with open_event(folder / f"{source.stem}.clog", covenant(), folder / "settings").log as log:
        desk = sit_down(log, folder / "settings", "venue")
        plans = []
        planned = timed(lambda: plans.append(plan_import(desk, source)))
        written = timed(lambda: run(desk, plans[0]))
        assert len(plans[0]) == ROWS
        return planned, written


def _take_out(path: Path, out: Path) -> float:
    with Log(path) as log:
        return timed(lambda: export(log, out, live(log)))
