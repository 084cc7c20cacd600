"""Many processes at one log: everything once and in order, nobody is turned away, and the write-ahead log stays small.

    python -m tests.faults.processes [--seconds 60] [--pace 0.05] [--only NAME] [--control] [--json FILE]

crowd     4 writers (two of them at one desk), 2 readers, one that tends the log and one that opens and closes it all
          the time; says what each of them waited
commands  nobody but those who open the log, write one entry and close it: it is opened anew all the time
sitting   one writes as fast as it can while a reader sits: nobody; our own, over a long list; a foreign program in a
          transaction. Says how large the write-ahead log became, what the log told of it, and what is left afterwards
kept      a program holds the lock, or SQLite's, for longer than anybody waits: everybody gets one clear line

`--control` runs programs that must be found out: writers without the lock that begin their transactions as SQLite does
by default, and a reader that holds a cursor open.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from commandlog.log.store import WAL_LIMIT
from tests.faults.crowds import Report, commands, crowd
from tests.faults.sitting import (
    SITTING,
    keep_lock,
    keep_transaction,
    kept,
    killed_with_a_large_one,
    sit_on_a_cursor,
    sitting,
)

HELD_BRIEFLY = 4 << 20  # bytes: what comes while a reader reads one page


def scenarios(folder: Path, seconds: float, pace: float) -> dict[str, Callable[[], Report]]:
    """Return what is tried, by name."""
    return {
        "crowd with pauses": lambda: crowd(folder, seconds, pace),
        "crowd without pauses": lambda: crowd(folder, seconds, 0),
        "crowd with two imports": lambda: crowd(folder, seconds, pace, imports=2),
        "commands without pauses": lambda: commands(folder, seconds, 0),
        **{f"sitting: {name}": partial(sitting, folder, seconds, reader) for name, reader in SITTING.items()},
        "sitting: killed meanwhile": lambda: killed_with_a_large_one(folder, seconds),
        "kept: our lock": lambda: kept(folder, keep_lock),
        "kept: SQLite's own": lambda: kept(folder, keep_transaction),
    }


def controls(folder: Path, seconds: float) -> dict[str, Callable[[], Report]]:
    """Return what must be found out."""
    return {
        "control: without the lock, deferred": lambda: crowd(folder, seconds, 0, deferred=True),
        "control: a cursor that stays open": lambda: sitting(folder, seconds, sit_on_a_cursor),
    }


def faults(name: str, found: Report) -> list[str]:
    """Return what is not as promised in a report."""
    wrong = list(found.get("wrong", ()))
    if name.startswith(("sitting: nobody", "sitting: ours", "control: a cursor")):
        wrong += ["the write-ahead log grew"] if found["largest write-ahead log"] > WAL_LIMIT else []
        wrong += ["a reader held it back"] if found.get("told to be held back", 0) > HELD_BRIEFLY else []
        wrong += ["something is held back"] if found["left when the reader had gone"][1] else []
    if name.startswith("crowd") and found.get("largest write-ahead log", 0) > 2 * WAL_LIMIT:
        wrong.append("the write-ahead log grew")
    if name == "sitting: a foreign program":
        wrong += [] if found["told to be held back"] else ["nothing was told"]
        wrong += ["it was not emptied"] if found["left when the reader had gone"][1] else []
    if name.startswith("sitting") and found.get("after closing"):
        wrong.append("closing left a write-ahead log")
    if name.startswith("kept"):
        wrong += [] if found["exit code"] == 2 and len(found["lines"]) == 1 else ["not one clear line"]
    return wrong + (["opened too slowly"] if found.get("opened in ms", 0) > 3000 else [])


def main(arguments: list[str] | None = None) -> int:
    """Run it; the exit code is 0 where all is as promised, and with --control where every control was found out."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.processes", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pace", type=float, default=0.05, help="seconds that each pauses between two deeds")
    parser.add_argument("--only", default="", help="those whose names begin like this")
    parser.add_argument("--control", action="store_true")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    results: dict[str, Report] = {}
    missed = 0
    with tempfile.TemporaryDirectory(prefix="commandlog-processes-", ignore_cleanup_errors=True) as name:
        os.environ["COMMANDLOG_SETTINGS"] = f"{name}/settings"
        folder = Path(name)
        tried = controls(folder, given.seconds) if given.control else scenarios(folder, given.seconds, given.pace)
        for what, trial in tried.items():
            if not what.startswith(given.only):
                continue
            found = results[what] = trial()
            wrong = faults(what, found)
            missed += bool(wrong) == (not given.control)
            print(f"{what}: {'; '.join(wrong) or 'as promised'}")
            for key, value in found.items():
                if isinstance(value, dict):
                    for one, figures in value.items():
                        print(f"    {one:20} {figures}")
                elif key != "wrong":
                    print(f"    {key}: {value:,}" if isinstance(value, int) else f"    {key}: {value}")
    if given.json:
        given.json.write_text(json.dumps(results, indent=1))
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
