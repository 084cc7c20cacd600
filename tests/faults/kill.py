"""Kill -9 at random moments: what was acknowledged is in the log once, and the log opens at once.

    python -m tests.faults.kill [--seed 1] [--runs 1000] [--control] [--json FILE]

In each run a process works at a log and says after every entry that it is acknowledged; it is killed at a random
moment, and counts where it was still at work then. Another process then opens the log and looks for everything that was
said. `--control` runs programs that do it wrong (they acknowledge before the commit, import without keys, make a log
under its own name): they must be found out. The seed decides what is done and how long each process lives; where
exactly it dies is chance.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

from msgspec import to_builtins

from tests.faults.killed import beside, closing, early, importing, making, steadily, tend, verbs
from tests.faults.ledger import Place, Tally

Run = Callable[[Place, random.Random, Tally], None]
RUNS: dict[str, tuple[int, Run]] = {  # with how often each is done, of a hundred
    "verbs": (35, steadily(verbs, 0.2)),
    "two writers": (5, beside),
    "tend": (15, steadily(tend, 0.2)),
    "opening and closing": (15, steadily(closing, 0.2)),
    "creation": (15, making),
    "import": (15, importing),
}
CONTROLS: dict[str, tuple[int, Run]] = {
    "acknowledged before the commit": (30, steadily(early, 0.1)),
    "made under its own name": (50, partial(making, control=True)),
    "imported without keys": (20, partial(importing, control=True)),
}
LIFE = 12  # kills that one log lives through


def kill(seed: int, runs: int, kinds: dict[str, tuple[int, Run]], progress: Callable[[int], None]) -> dict[str, Tally]:
    """Kill as many processes at work as asked, and return what came out for each kind of run."""
    chance = random.Random(seed)
    tallies = {name: Tally() for name in kinds}
    places: dict[str, Place] = {}
    with tempfile.TemporaryDirectory(prefix="commandlog-kill-", ignore_cleanup_errors=True) as folder:
        os.environ["COMMANDLOG_SETTINGS"] = f"{folder}/settings"
        for number in count():
            if sum(one.killed for one in tallies.values()) >= runs:
                break
            (name,) = chance.choices(list(kinds), [share for share, _one in kinds.values()])
            if name not in places:
                place = places[name] = Place(Path(folder) / str(number), number)
                place.folder.mkdir()
            place, tally = places[name], tallies[name]
            tally.runs += 1
            kinds[name][1](place, random.Random(chance.random()), tally)
            if place.kills >= LIFE:
                _retire(places.pop(name), tally)
            progress(sum(one.killed for one in tallies.values()))
        for name, place in places.items():
            _retire(place, tallies[name])
    return tallies


def _retire(place: Place, tally: Tally) -> None:
    if place.path.exists():
        place.check(tally)
    shutil.rmtree(place.folder, ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    """Run it; the exit code is 0 where nothing was wrong, and with --control where every control was found out."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kill", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--control", action="store_true", help="programs that do it wrong: all must be found out")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    began = time.monotonic()

    def progress(done: int) -> None:
        if sys.stderr.isatty() or done % 100 == 0:
            print(f"\r{done} of {given.runs}, {time.monotonic() - began:.0f} s", end="", file=sys.stderr, flush=True)

    tallies = kill(given.seed, given.runs, CONTROLS if given.control else RUNS, progress)
    seconds = time.monotonic() - began
    print(
        f"\n{'':32}{'killed':>8}{'acknowledged':>14}{'lost':>6}{'doubled':>8}{'half':>6}{'broken':>8}{'reopened':>13}"
    )
    for name, one in tallies.items():
        numbers = f"{one.killed:8}{one.acknowledged:14}{one.lost:6}{one.doubled:8}{one.half:6}{one.broken:8}"
        print(f"{name:32}{numbers}{one.slowest * 1000:10.0f} ms")
        for fault in one.faults[: 3 if given.control else None]:
            print(f"    {fault}")
    print(f"seed {given.seed}, {given.runs} killed in {seconds:.0f} s")
    if given.json:
        document = {"seed": given.seed, "seconds": seconds, "kinds": to_builtins(tallies)}
        given.json.write_text(json.dumps(document, indent=1))
    if given.control:
        return int(any(one.holds for one in tallies.values()))
    return int(not all(one.holds for one in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
