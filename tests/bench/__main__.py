"""Measure every budget that the log itself has, at growing sizes, each beside its limit from the same run.

    python -m tests.bench [--sizes 1000,10000,100000,1000000] [--only PART,PART] [--json FILE] [--docs]

The limit is what bare SQLite, reading and hashing the file, or a bare canvas take for the same bytes on the same
machine in the same minute; machines are noisy, so ratios and medians count. A missed budget is printed as MISSED and
makes the exit code 1. `--docs` writes the tables and curves of docs/performance.md anew.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import exchange, memory, page, paper, peers, reading, sharing, waiting, whole, window, writing
from tests.bench.measuring import Results, machine
from tests.bench.writing import Subject

Part = Callable[[Subject, int, Results], None]

AT_EACH_SIZE: dict[str, Part] = {
    "entry": writing.one_entry,
    "size": writing.bytes_per_record,
    "search": reading.search,
    "pages": reading.pages,
    "totals": reading.totals,
    "replay": reading.replay,
    "opening": reading.opening,
    "rebase": whole.rebasing,
    "verify": whole.verifying,
    "rebuild": whole.rebuilding,
}
AT_THE_END: dict[str, Part] = {
    "import": writing.beside_an_import,
    "memory": memory.memory,
    "window": window.window,
}
BESIDE: dict[str, Callable[[Path, Results], None]] = {
    "paper": paper.paper,
    "exchange": exchange.exchange,
    "peers": peers.peers,
    "sharing": sharing.sharing,
    "waiting": waiting.waiting,
}


def main() -> int:
    """Run the bench; returns 1 where a budget was missed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", default="1000,10000,100000,1000000")
    options.add_argument("--only", help=f"parts, of {', '.join([*AT_EACH_SIZE, *AT_THE_END, *BESIDE])}")
    options.add_argument("--json", type=Path, help="where to write the figures")
    options.add_argument("--folder", type=Path, help="where to measure (default: the temporary folder)")
    options.add_argument("--docs", action="store_true", help="write them into docs/performance.md as well")
    given = options.parse_args()
    chosen = set(given.only.split(",")) if given.only else {*AT_EACH_SIZE, *AT_THE_END, *BESIDE}
    say = Results()
    print(machine())
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        if chosen - BESIDE.keys():
            _grow(folder, [int(size) for size in given.sizes.split(",")], chosen, say)
        for part, measure in BESIDE.items():
            if part in chosen:
                measure(folder, say)
    if given.json:
        given.json.write_text(json.dumps({"machine": machine(), "results": [one._asdict() for one in say]}, indent=1))
    if given.docs:
        page.write(machine(), [one._asdict() for one in say])
    print(f"{say.missed} missed" if say.missed else "all budgets met")
    return 1 if say.missed else 0


def _grow(folder: Path, sizes: list[int], chosen: set[str], say: Results) -> None:
    subject = Subject(folder)
    for size in sizes:
        writing.grow(subject, size, say)
        for part, measure in (AT_EACH_SIZE | (AT_THE_END if size == sizes[-1] else {})).items():
            if part in chosen:
                measure(subject, size, say)
    subject.close()


if __name__ == "__main__":
    sys.exit(main())
