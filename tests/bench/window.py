"""What the window costs, beside its limits: keys until they are painted, scrolling, searching, opening, and stalls.

    python -m tests.bench.window LOG SMALL SETTINGS      on logs that are there already (copies: they are written in)

Each part runs in a process of its own, with a real window without a screen (QT_QPA_PLATFORM=xcb under Xvfb for one).
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from commandlog.log.store import Log
from commandlog.verbs.events import open_event
from tests.bench import driven
from tests.bench.driven import FRAME, Entered
from tests.bench.evenings import Clock, covenant
from tests.bench.measuring import Results, apart, at, machine, median, ms, spread
from tests.bench.writing import Subject

OPENINGS = 5
SURGE = 20.0  # seconds
REPORTS = 10


def window(subject: Subject, size: int, say: Results) -> None:
    """Measure the window on the log of this size, and on the small one."""
    measure(subject.path, subject.small.log.path, subject.settings, size, say)
    for log in (subject.log, subject.small.log):
        log.refresh()
    subject.bare.copied = subject.log.head.seq


def measure(path: Path, small: Path, settings: Path, size: int, say: Results) -> None:
    """Measure everything."""
    opening(path, small, settings, size, say)
    typing(path, small, settings, size, say)
    scrolling(path, settings, size, say)
    finding(path, settings, size, say)
    reports(path, settings, size, say)
    surge(path, settings, size, say)


def opening(path: Path, small: Path, settings: Path, size: int, say: Results) -> None:
    """Open a window until its rows are painted, against one on an empty log."""
    with tempfile.TemporaryDirectory() as name:
        empty = Path(name) / "empty.clog"
        open_event(empty, covenant(), settings, clock=Clock()).log.close()
        runs = [[apart(driven.opening, one, settings).answer for one in (path, empty)] for _run in range(OPENINGS)]
    ours, theirs = (median([one[0] for one in each]) for each in zip(*runs, strict=True))
    whole = median([run[0][1] for run in runs])
    memory = median([run[0][3] - run[0][2] for run in runs])
    say.say(
        size,
        "window: open, rows painted",
        f"{ours * 1000:.0f} ms (all rows known {whole:.1f} s)",
        f"{ours / theirs:.2f} x an empty window ({theirs * 1000:.0f} ms), limit 1.5 x",
        ours / theirs <= 1.5,
        seconds=ours,
        empty=theirs,
    )
    say.say(size, "window: memory beyond Qt", f"{memory:.0f} MB", "limit 150 MB", memory <= 150, mb=memory)


def typing(path: Path, small: Path, settings: Path, size: int, say: Results) -> None:
    """Enter until painted, beyond the durable write; no slower than in the small log."""
    ours: list[Entered] = apart(driven.typing, path, settings).answer
    few: list[Entered] = apart(driven.typing, small, settings).answer
    beyond, theirs = [one.beyond for one in ours], [one.beyond for one in few]
    durable = [one.durable for one in ours]
    say.say(
        size,
        "window: Enter to painted, beyond the write",
        spread(beyond),
        f"limit p99 16.7 ms; the write itself {spread(durable)}",
        at(beyond, 99) <= FRAME,
        p50=median(beyond),
        p99=at(beyond, 99),
    )
    ratio = median(beyond) / median(theirs)
    limit = f"{ratio:.2f} x a log of 1,000 ({spread(theirs)}), limit 1.2 x"
    say.say(size, "window: Enter to painted, no slower", spread(beyond), limit, ratio <= 1.2, ratio=ratio)


def scrolling(path: Path, settings: Path, size: int, say: Results) -> None:
    """Painted rows anywhere, against the same view over rows that are all known."""
    for name, (ours, theirs) in apart(driven.scrolling, path, settings).answer.items():
        ratio = median(ours) / median(theirs)
        limit = f"{ratio:.2f} x a constant model ({spread(theirs)}), limit 1.5 x"
        say.say(size, f"window: scroll anywhere, {name}", spread(ours), limit, ratio <= 1.5, ratio=ratio)


def finding(path: Path, settings: Path, size: int, say: Results) -> None:
    """Search as one types, the first screen of any filter, the counts of eight saved views."""
    searches, screens, counted = apart(driven.finding, path, settings).answer
    met = at(searches, 99) <= 0.05
    say.say(
        size, "window: search as one types, painted", spread(searches), "limit p99 50 ms", met, p99=at(searches, 99)
    )
    slowest = max(screens, key=lambda name: screens[name])
    say.say(
        size,
        f"window: first screen of {len(screens)} filters",
        f"{screens[slowest] * 1000:.0f} ms ({slowest})",
        f"the middle one {ms(list(screens.values()), 50)}; limit 100 ms",
        screens[slowest] <= 0.1,
        slowest=screens[slowest],
    )
    met = at(counted, 99) <= 0.02
    say.say(
        size, "window: counts of 8 saved views, beside it", spread(counted), "limit 20 ms", met, p99=at(counted, 99)
    )


def reports(path: Path, settings: Path, size: int, say: Results) -> None:
    """What another process reports, from its commit until this window has painted it."""
    took = apart(driven.reported, path, settings, REPORTS).answer
    say.say(size, "window: another process's report", spread(took), "limit 200 ms", max(took) <= 0.2, worst=max(took))


def surge(path: Path, settings: Path, size: int, say: Results) -> None:
    """The longest that the window's thread is away from its loop while fifty entries a second come in."""
    found = apart(driven.stalls, path, settings, SURGE).answer
    say.say(
        size,
        f"window: longest stall in a surge of {found.written}",
        f"{max(found.own) * 1000:.1f} ms own, p99 {ms(found.own, 99)}",
        f"limit 16.7 ms; with the machine's other work {max(found.wall) * 1000:.0f} ms",
        max(found.own) <= FRAME,
        own=max(found.own),
        wall=max(found.wall),
    )
    for where, times in found.where:
        print(f"{'':>11}{times:>5} x {where}")


def main() -> int:
    """Measure on logs that are there."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("log", "small", "settings"):
        options.add_argument(name, type=Path)
    given = options.parse_args()
    print(machine(), "load", os.getloadavg())
    with Log(given.log, reading=True) as log:
        size = log.refresh()
    say = Results()
    measure(given.log, given.small, given.settings, size, say)
    print("load", os.getloadavg())
    return 1 if say.missed else 0


if __name__ == "__main__":
    sys.exit(main())
