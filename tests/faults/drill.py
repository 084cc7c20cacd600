"""The drill: a machine is lost at a random moment, and the evening goes on from its second copy on another one.

    python -m tests.faults.drill [--seed 1] [--runs 100] [--control] [--json FILE]

In each run a process writes entries, attachments and erasures while the log is copied to another folder: by a process
that follows, by the writer after each entry (as every command does), or by both. Whoever copies says its state line
each time. Then all of them are killed, the machine's folder is gone with its settings, and another process restores the
copy under the settings of another machine. It must hold all that the last state line said that it holds, word for word
what was acknowledged, verify deeply, and go on at a desk of its own.

`--control` says state lines that are not true: of a copy that stands still, and of one before it has what it will have.
Each must be found out. The seed decides what is done and when; where exactly the machine is lost is chance.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import sqlite_utils  # noqa: F401  (making a log needs it: each child would import it anew)

from commandlog.log import pieces
from commandlog.log.copy_setting import CopySetting
from commandlog.log.copying import CopyState, Follower
from commandlog.log.desk import Desk, sit_down
from commandlog.log.restoring import restore
from commandlog.log.second_copy import begin_copy, bring_up_to_date
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.keeping import Attached, Erased
from commandlog.model.records import Words
from commandlog.verbs import saying
from commandlog.verbs.attaching import attach
from commandlog.verbs.events import open_event
from tests.events import concert
from tests.faults.children import Child, Say, answer, together

WAYS = ("follower", "commands", "both")
SLOWEST = 0.05  # seconds between two entries: twenty a second, or as fast as it goes
LONGEST = 1.0  # seconds that a machine lives after its first entry
ATTACHED, ERASED = 0.06, 0.03  # shares of what is written
EARLY = 0.05  # seconds between two state lines of a control


class Machine(NamedTuple):
    """Where a machine keeps its log and its settings, and where its second copy is: on another disk."""

    folder: Path
    usb: Path

    @property
    def log(self) -> Path:
        return self.folder / "event.clog"

    @property
    def settings(self) -> Path:
        return self.folder / "settings"


@dataclass
class Tally:
    """What came out: how often so many entries were missing, what was wrong, and how much was done."""

    runs: int = 0
    stored: int = 0
    attachments: int = 0
    erased: int = 0
    lines: int = 0
    missing: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


# -- what is done on the machine that will be lost ------------------------------------------------------------------


def _begin(machine: Machine) -> None:
    with open_event(machine.log, concert(), machine.settings).log as log:
        setting = CopySetting(machine.settings, log)
        setting.keep(begin_copy(log, machine.usb))
        assert bring_up_to_date(log, machine.settings) is not None


def _write(machine: Machine, seed: int, copies: bool, say: Say) -> None:
    """Write until killed; with `copies`, copy after each entry and say how the copy stands."""
    chance = random.Random(seed)
    pace = chance.choice((0, SLOWEST / 5, SLOWEST))
    with Log(machine.log) as log:
        desk = sit_down(log, machine.settings, "venue")
        while True:
            _entry(desk, chance, say)
            if copies:
                state = bring_up_to_date(log, machine.settings)
                assert state is not None
                _say(say, state)
            time.sleep(pace * chance.random())


def _entry(desk: Desk, chance: random.Random, say: Say) -> None:
    """Write something; it is acknowledged once it has been said."""
    kind = chance.random()
    last = desk.log.refresh()
    if kind < ERASED and last > 5:
        wanted = desk.log.record(chance.randrange(4, last + 1))
        if wanted.words is not None and not isinstance(wanted.frame, Erased):
            with desk.writing():
                made = desk.append(Erased, Words(text="op verzoek"), records=(wanted.id,))
            say("stored", made.seq, desk.log.check_value(made.seq).hex(), "erased", wanted.seq)
            return
    made = saying.note(desk, f"regel {last + 1} " + "woord " * chance.randrange(40))
    say("stored", made.seq, desk.log.check_value(made.seq).hex(), "note", 0)
    if kind > 1 - ATTACHED:
        content = chance.randbytes(chance.randrange(1, 5 * pieces.PIECE))
        made = attach(desk, made.seq, content)
        say("stored", made.seq, desk.log.check_value(made.seq).hex(), "attached", 0)


def _follow(machine: Machine, say: Say) -> None:
    """Follow until killed, and say how the copy stands after each step."""
    with Log(machine.log) as log:
        setting = CopySetting(machine.settings, log)
        file = setting.file()
    assert file is not None
    with Follower(machine.log, file, setting) as follower:
        while True:
            _say(say, follower.step())
            follower.wait(0.5)


def _say(say: Say, state: CopyState) -> None:
    say("line", state.upto, state.behind, state.trouble)


def _stands_still(machine: Machine, say: Say) -> None:
    """A control: it has copied once, and goes on saying what the log has."""
    with Follower(machine.log, machine.usb / "event.clog") as follower, Log(machine.log) as log:
        state = follower.step()
        while True:
            _say(say, state._replace(upto=log.refresh(), records=log.head.seq))
            time.sleep(EARLY)


def _speaks_early(machine: Machine, say: Say) -> None:
    """A control: it says what the copy will hold, and has it some time later."""
    with Follower(machine.log, machine.usb / "event.clog") as follower, Log(machine.log) as log:
        while True:
            state = follower.step()
            for _ in range(20):
                time.sleep(EARLY)
                _say(say, state._replace(upto=log.refresh(), records=log.head.seq))


CONTROLS = {"stands still": _stands_still, "speaks early": _speaks_early}


# -- losing it, and going on ----------------------------------------------------------------------------------------


def lose(machine: Machine, way: str, chance: random.Random, tally: Tally) -> None:
    """Let a machine work, lose it, restore its copy on another one, and note what came out."""
    answer(lambda: _begin(machine))
    seed = chance.randrange(1 << 30)
    children = [Child(lambda say: _write(machine, seed, way in ("commands", "both"), say))]
    if way in ("follower", "both"):
        children.append(Child(lambda say: _follow(machine, say)))
    if way in CONTROLS:
        children.append(Child(lambda say: CONTROLS[way](machine, say)))
    with together(*children):
        for child in children:
            child.listen(60, "stored" if child is children[0] else "line")
        time.sleep(chance.uniform(0.02, LONGEST))
        at_work = [child.kill() for child in children]
    lost = machine.folder.with_name("lost")
    machine.folder.rename(lost)  # no other process ever looks in it again
    if not all(at_work):
        tally.wrong.append(f"a process had ended before: {[child.said('error') for child in children]}")
        return
    stored = children[0].said("stored")
    lines = [line for child in children for line in child.said("line")]
    tally.runs += 1
    tally.stored += len(stored)
    tally.attachments += sum(one[2] == "attached" for one in stored)
    tally.erased += sum(one[2] == "erased" for one in stored)
    tally.lines += len(lines)
    found = answer(lambda: _go_on(machine, stored))
    tally.wrong += found["wrong"]
    said = max((line[0] for line in lines), default=0)
    if found["head"] < said:
        tally.wrong.append(f"{way}: it was said that {said} records are copied, and {found['head']} were")
    if trouble := [line[2] for line in lines if line[2] and "another program" not in line[2]]:
        tally.wrong.append(f"{way}: {trouble[0]}")
    last = max((one[0] for one in stored), default=0)
    tally.missing[max(0, last - found["head"])] += 1


def _go_on(machine: Machine, stored: list[list[Any]]) -> dict[str, Any]:
    """Restore the copy on another machine and look at it; returns its last record and what is wrong with it."""
    other = machine.folder.with_name("other")
    other.mkdir()
    done = restore(machine.usb, other / "event.clog")
    wrong = [f"passed over: {file}: {why}" for file, why in done.passed_over]
    with Log(done.file) as log:
        head = log.head.seq
        for seq, check_value, kind, about in stored:
            if seq <= head and log.check_value(seq).hex() != check_value:
                wrong.append(f"record {seq} is another one than was acknowledged")
            if seq <= head and kind == "erased" and log.record(about).words is not None:
                wrong.append(f"record {about} was erased by {seq}, and is there again")
        wrong += [f"the attachment of record {seq} is not whole" for seq in _attachments_not_whole(log, head)]
        desk = sit_down(log, other / "settings", "venue")
        went_on = saying.note(desk, "verder op een andere machine")
        if went_on.reference != "V2-2":
            wrong.append(f"it went on as {went_on.reference}")
    verdict = verify(done.file, deep=True)
    if not verdict.holds:
        wrong.append(f"record {verdict.position}: {verdict.fault}")
    return {"head": head, "wrong": wrong}


def _attachments_not_whole(log: Log, last: int) -> list[int]:
    return [
        one.seq
        for one in log.records(1, last)
        if isinstance(one.frame, Attached)
        and one.words
        and pieces.content(log.db, one.frame.file, one.words.salt, one.frame.size) is None
    ]


def drill(
    seed: int, runs: int, ways: tuple[str, ...] = WAYS, progress: Callable[[int], None] = lambda _n: None
) -> Tally:
    """Lose as many machines as asked, and return what came out."""
    chance = random.Random(seed)
    tally = Tally()
    for number in range(runs):
        with tempfile.TemporaryDirectory(prefix="commandlog-drill-", ignore_cleanup_errors=True) as folder:
            machine = Machine(Path(folder) / "machine", Path(folder) / "usb")
            machine.folder.mkdir()
            machine.usb.mkdir()
            lose(machine, ways[number % len(ways)], chance, tally)
            shutil.rmtree(folder, ignore_errors=True)
        progress(number + 1)
    return tally


def main(arguments: list[str] | None = None) -> int:
    """Run it; the exit code is 0 where nothing was wrong, and with --control where every control was found out."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.drill", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--control", action="store_true", help="state lines that are not true: all must be found out")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)

    def show(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done} / {given.runs}", end="", file=sys.stderr, flush=True)

    began = time.monotonic()
    done = {way: drill(given.seed, given.runs, (way,), show) for way in (tuple(CONTROLS) if given.control else WAYS)}
    for way, tally in done.items():
        print(f"{way}: {tally.runs} machines lost, {tally.stored} records acknowledged")
        print(f"  {tally.attachments} attachments, {tally.erased} erasures, {tally.lines} state lines")
        print("  entries missing: " + ", ".join(f"{n} ({times} ×)" for n, times in sorted(tally.missing.items())))
        print(f"  wrong: {len(tally.wrong)}")
        for text in tally.wrong[:5]:
            print(f"    {text}")
    print(f"{time.monotonic() - began:.0f} s")
    if given.json:
        given.json.write_text(json.dumps({way: vars(tally) for way, tally in done.items()}))
    if given.control:
        return 0 if all(tally.wrong for tally in done.values()) else 1
    return 1 if any(tally.wrong for tally in done.values()) else 0


if __name__ == "__main__":
    os.nice(10)
    sys.exit(main())
