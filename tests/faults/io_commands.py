"""I/O faults under whole commands: whoever types one is told in one sentence, and the exit code tells the truth.

    python -m tests.faults.io_commands [--first 500] [--every 1] [--json FILE]

Each command runs as from the command line while one call to the disk fails, the first in the first run, the second in
the next (see `io_errors`). Demanded of each run: exit code 0 where it was done, 2 where it was not, and nothing else;
no traceback and no "bug"; one line that says why; what was said to be stored is there and what was refused is not; the
log verifies deeply; and the same command succeeds when the fault is gone.
"""

import argparse
import contextlib
import io
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from commandlog import cli
from commandlog.log.store import Log
from commandlog.log.verify import verify
from tests.faults import system_calls, vfs
from tests.faults.disk import Tree, read_tree, write_tree
from tests.faults.io_errors import FAULTS, Case, Injector, impatient
from tests.faults.power import scratch
from tests.faults.work import Place, Work, evening


class Command(NamedTuple):
    """What is typed ({file} is the log, {out} a folder elsewhere, {time} 1 or 2), and how many records it adds."""

    name: str
    words: tuple[str, ...]
    adds: int = 0


COMMANDS = (
    Command("report", ("report", "{file}", "Oog 2 poort F man filmt de poort #verdacht"), 1),
    Command("correct", ("correct", "{file}", "V1-5", "aanvang, maar anders ({time})"), 1),
    Command("import", ("import", "{file}", "{out}/rows.csv"), 201),
    Command("timeline", ("timeline", "{file}")),
    Command("search", ("timeline", "{file}", "--search", "begin", "--json")),
    Command("tasks", ("tasks", "{file}")),
    Command("open-items", ("open-items", "{file}")),
    Command("verify", ("verify", "{file}")),
    Command("verify deep", ("verify", "{file}", "--deep")),
)
ROWS = 200


class Outcome(NamedTuple):
    """What came of one run: which call failed with what, the exit code, what is wrong, and whether it is uncertain."""

    case: Case
    reached: bool
    code: int
    said: str
    faults: tuple[str, ...]
    uncertain: bool = False


def typed(command: Command, folder: Path, out: Path, time: int = 1) -> tuple[int, str]:
    """Run a command as from the command line, for the first or second `time`.

    Returns its exit code and what it wrote to stderr.
    """
    words = [word.format(file=folder / "event.clog", out=out, time=time) for word in command.words]
    told, refused = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    settings = {"COMMANDLOG_SETTINGS": str(folder / "settings"), "COMMANDLOG_LANG": "en"}
    with mock.patch.dict(os.environ, settings), contextlib.redirect_stdout(told), contextlib.redirect_stderr(refused):
        code = cli.main(words)
    return code, refused.getvalue().strip()


class Before(NamedTuple):
    """A command without faults: from which state, how many calls it makes, its exit code."""

    start: Tree
    records: int
    calls: int
    code: int


def before(command: Command, out: Path) -> Before:
    """Run a command with nothing failing."""
    with scratch() as folder:
        evening(Place(folder))
        start = read_tree(folder)
        records = _records(folder)
        injector = Injector(folder, None)
        with vfs.between(injector), system_calls.between(injector):
            code, said = typed(command, folder, out)
        if code not in (cli.DONE, cli.NO) or _records(folder) - records != command.adds:
            raise AssertionError(f"{command.name}: exit code {code}, {_records(folder) - records} records, {said}")
        return Before(start, records, injector.calls, code)


def _records(folder: Path) -> int:
    with Log(folder / "event.clog") as log:
        return log.head.seq


def disturb(command: Command, known: Before, case: Case, out: Path) -> Outcome:
    """Run a command with a fault in it, look at the log, and run it again."""
    faults = []
    uncertain = False
    with scratch() as folder:
        write_tree(folder, known.start)
        injector = Injector(folder, case)
        with impatient(), vfs.between(injector), system_calls.between(injector):
            code, said = typed(command, folder, out)
        if code not in (known.code, cli.BAD_INPUT):
            faults.append(f"exit code {code}")
        added = _records(folder) - known.records
        # of an import some may be stored, and then the second copy has something to say of that, too
        if code == cli.BAD_INPUT and not _one_line(said, more=command.adds > 1 and added > 0):
            faults.append(f"said: {said}")
        if code == known.code and added != command.adds:
            faults.append(f"done, but {added} records were added")
        if code == cli.BAD_INPUT and added:
            # of an import whole transactions stay; of an entry nothing, unless the disk failed while it was stored
            uncertain = command.adds == 1 and injector.failed["sync"] > 0
            if not uncertain and command.adds <= 1:
                faults.append(f"refused, but {added} records were added")
        again, said_again = typed(command, folder, out, 2)
        if again != known.code:
            faults.append(f"again: exit code {again}, {said_again}")
        expected = command.adds * (1 + (code == known.code)) if command.adds == 1 else command.adds
        if not uncertain and _records(folder) - known.records != expected:
            faults.append(f"again: {_records(folder) - known.records} records were added in all")
        verdict = verify(folder / "event.clog", deep=True)
        if not verdict.holds:
            faults.append(f"record {verdict.position}: {verdict.fault}")
    return Outcome(case, bool(injector.failed), code, said, tuple(faults), uncertain)


def _one_line(said: str, *, more: bool) -> bool:
    """Whether a refusal is one line that is no bug; with `more`, other lines may come before it."""
    lines = said.splitlines() or [""]
    return lines[-1].startswith("commandlog: ") and "bug" not in said and (more or len(lines) == 1)


def run(first: int, every: int, commands: Sequence[Command] = COMMANDS) -> dict[str, list[Outcome]]:
    """Disturb each command at each of its first calls."""
    found: dict[str, list[Outcome]] = {}
    with scratch() as out:
        lines = [f"2026-06-{1 + n % 28:02d} 10:{n % 60:02d},regel {n} uit het noorden" for n in range(ROWS)]
        (out / "rows.csv").write_text("\n".join(["time,text", *lines]) + "\n")
        number = 0
        for command in commands:
            known = before(command, out)
            found[command.name] = []
            for case in _cases(command.name, min(first, known.calls)):
                number += 1
                if number % every == 0:
                    found[command.name].append(disturb(command, known, case, out))
    return found


def _cases(name: str, calls: int) -> Iterator[Case]:
    work = Work(name, evening)
    for call in range(1, calls + 1):
        for fault in FAULTS:
            yield Case(work, call, fault)


def main(arguments: list[str] | None = None) -> int:
    """Disturb, print what came of it; 0 where everything demanded was found."""
    parser = argparse.ArgumentParser(description="I/O faults under commands")
    parser.add_argument("--first", type=int, default=500, help="how many calls of each command are made to fail")
    parser.add_argument("--every", type=int, default=1, help="only every so many of all these runs")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    if reason := vfs.why_not():
        print(f"io_commands: cannot be tried here: {reason}")
        return 2
    start = time.monotonic()
    return report(run(given.first, given.every), time.monotonic() - start, given.json)


def report(found: dict[str, list[Outcome]], seconds: float, out: Path | None) -> int:
    """Print what was done, found and demanded; returns the exit code."""
    print(f"I/O faults under commands, SQLite {sqlite3.sqlite_version}, {seconds:.0f} s")
    print(f"{'command':<14}{'runs':>7}{'failed':>8}{'done':>7}{'refused':>9}{'uncertain':>11}{'wrong':>7}")
    rows: list[dict[str, Any]] = []
    for name, outcomes in found.items():
        rows.append(
            {
                "command": name,
                "runs": len(outcomes),
                "failed": sum(one.reached for one in outcomes),
                "done": sum(one.code != cli.BAD_INPUT for one in outcomes),
                "refused": sum(one.code == cli.BAD_INPUT for one in outcomes),
                "uncertain": sum(one.uncertain for one in outcomes),
                "wrong": sum(bool(one.faults) for one in outcomes),
            }
        )
        print("{command:<14}{runs:>7}{failed:>8}{done:>7}{refused:>9}{uncertain:>11}{wrong:>7}".format(**rows[-1]))
    wrong = [one for outcomes in found.values() for one in outcomes if one.faults]
    print(f"{sum(row['runs'] for row in rows)} runs: {len(wrong)} wrong; demanded: 0{'   FAILED' if wrong else ''}")
    for one in wrong[:40]:
        print(f"  {one.case}: {'; '.join(one.faults)[:300]}")
    if out:
        shown = [{"case": str(one.case), "code": one.code, "said": one.said, "faults": one.faults} for one in wrong]
        out.write_text(json.dumps({"sqlite": sqlite3.sqlite_version, "commands": rows, "wrong": shown}, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
