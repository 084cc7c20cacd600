"""What is done by those who are killed, and how each kind is looked at afterwards."""

import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import sqlite_utils  # noqa: F401  (making a log needs it: each child would import it anew)

from commandlog.intake.importing import BATCH, plan_import, run
from commandlog.log.desk import Desk, open_desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.store import Log
from commandlog.log.verify import verify
from commandlog.model.errors import RuleError
from commandlog.model.records import CovenantSet, DecisionWords, Opened, Record, Report, Words
from commandlog.verbs import assessing, incidents, saying, tasks
from commandlog.verbs.events import open_event
from tests.events import concert
from tests.faults.children import Child, Say, answer, together
from tests.faults.ledger import Place, Tally, look, tokens_of

ROWS = 3 * BATCH + 10  # of the file that is imported
PARTIES = ("venue", "police", "baken", "aid")

Said = Callable[[Desk, str, list[int]], Record]
_VERBS: list[Said] = [
    lambda d, t, e: saying.report(d, t, place="gate-f", category="crowd"),
    lambda d, t, e: saying.note(d, t),
    lambda d, t, e: saying.message(d, t, to_party="police"),
    lambda d, t, e: saying.decide(d, DecisionWords(decision=t, known="x")),
    lambda d, t, e: saying.add_to(d, e[-1], t),
    lambda d, t, e: saying.correct(d, e[0], t, reason="verhoord"),
    lambda d, t, e: assessing.assess(d, e[-1], "observe", text=t),
    lambda d, t, e: assessing.feed_back(d, e[-1], t),
    lambda d, t, e: incidents.open_incident(d, t, entries=(e[-1],)),
    lambda d, t, e: tasks.propose(d, t, to_party=d.party),
    lambda d, t, e: tasks.accept(d, e[-1], text=t),
    lambda d, t, e: tasks.done(d, e[-1], text=t),
]


def _desk(place: Place, say: Say, party: str = "venue") -> Desk:
    """Sit down at a place, which is made at the first time."""
    if not place.path.exists():
        open_event(place.path, concert(), settings_folder()).log.close()
    began = time.perf_counter()
    log = Log(place.path)
    if place.kills:
        say("opened", time.perf_counter() - began)
    desk = sit_down(log, settings_folder(), party)
    say("ready")
    return desk


def _tokens(place: Place, who: int = 0) -> Callable[[], str]:
    numbers = iter(range(1_000_000))
    return lambda: f"x{place.number}y{place.kills * 2 + who}z{next(numbers)}"


def _enter(desk: Desk, say: Say, token: str, verb: Said, entries: list[int]) -> None:
    say("begun", token)
    try:
        made = verb(desk, f"{token} {'woord ' * 12}", entries)
    except RuleError:
        return
    say("stored", token, made.seq)
    entries.append(made.seq)


def verbs(place: Place, chance: random.Random, say: Say, who: int = 0) -> None:
    """One entry after the other, of all kinds."""
    desk, token = _desk(place, say, PARTIES[who]), _tokens(place, who)
    entries: list[int] = []
    _enter(desk, say, token(), _VERBS[1], entries)
    while True:
        _enter(desk, say, token(), chance.choice(_VERBS), entries)


def tend(place: Place, chance: random.Random, say: Say) -> None:
    """Entries, and what waits for an idle moment: merging the full text, moving the write-ahead log into the file."""
    desk, token = _desk(place, say), _tokens(place)
    while True:
        for _ in range(chance.randint(1, 12)):
            _enter(desk, say, token(), _VERBS[1], [])
        for _ in range(chance.randint(1, 6)):
            desk.log.tend()


def closing(place: Place, chance: random.Random, say: Say) -> None:
    """Open, write a little, close, and again."""
    token = _tokens(place)
    while True:
        desk = _desk(place, say)
        for _ in range(chance.randint(0, 3)):
            _enter(desk, say, token(), _VERBS[0], [])
        desk.log.close()


def early(place: Place, chance: random.Random, say: Say) -> None:
    """CONTROL: a program that acknowledges before the commit, which it makes once for several entries."""
    desk, token = _desk(place, say), _tokens(place)
    while True:
        with desk.writing():
            for _ in range(8):
                _enter(desk, say, token(), _VERBS[1], [])


def steadily(work: Callable[[Place, random.Random, Say], None], longest: float) -> Callable[..., None]:
    """Make a run: some work at a log that lasts for several runs, killed within `longest` seconds of being ready."""

    def one(place: Place, chance: random.Random, tally: Tally) -> None:
        seed = chance.random()
        child = Child(lambda say: work(place, random.Random(seed), say))
        with together(child):
            child.listen(30, "ready")
            child.listen(chance.uniform(0, longest))
            tally.killed += child.kill()
        place.heard(child, tally)
        place.kills += 1
        if chance.random() < 0.5:  # otherwise the next one meets it as it was left
            place.check(tally)

    return one


def beside(place: Place, chance: random.Random, tally: Tally) -> None:
    """Two processes write, one is killed: the other must go on at once."""
    seeds = chance.random(), chance.random()
    if not place.path.exists():
        answer(lambda: open_event(place.path, concert(), settings_folder()).log.close())
    children = [
        Child(lambda say, who=who: verbs(place, random.Random(seeds[who]), say, who))  # type: ignore[misc]
        for who in (0, 1)
    ]
    with together(*children):
        for child in children:
            child.listen(30, "ready")
        children[0].listen(chance.uniform(0, 0.08))
        tally.killed += children[0].kill()
        children[1].listen(0.001)
        before = len(children[1].said("stored"))
        children[1].listen(0.2)
        while len(children[1].said("stored")) == before and children[1].listen(0.2) and not children[1].said("error"):
            pass
        children[1].kill()
    for child in children:
        place.heard(child, tally)
    place.kills += 1
    place.check(tally)


class Lasting:
    """How long some work lasts that ends by itself, in seconds; learnt from those that did before they were killed."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def kill(self, child: Child, chance: random.Random, *, learn: bool = True) -> bool:
        """Kill a child at a random moment of its work; returns whether it was still at it."""
        moment = chance.uniform(0, self.seconds)
        with together(child):
            child.listen(30, "ready")
            began = time.perf_counter()
            child.listen(moment)
            took = time.perf_counter() - began
            killed = child.kill()
        if learn and not killed:
            self.seconds = max(0.005, took)
        elif learn and moment > self.seconds / 2:
            self.seconds *= 1.05
        return killed


_MAKING, _IMPORT = Lasting(0.05), Lasting(0.3)


def making(place: Place, chance: random.Random, tally: Tally, *, control: bool = False) -> None:
    """A log is made: after the kill there is a whole one or none, and then one can be made."""
    path = place.folder / f"new{place.kills}.clog"

    def make(say: Say) -> None:
        say("ready")
        if control:
            _made_under_its_own_name(path)
        else:
            open_event(path, concert(), settings_folder()).log.close()
        say("made")

    child = Child(make)
    tally.killed += _MAKING.kill(child, chance)
    made = bool(child.said("made"))
    tally.acknowledged += made

    def after() -> list[Any]:
        began = time.perf_counter()
        there = path.exists()
        if not there:
            open_event(path, concert(), settings_folder()).log.close()
        with Log(path) as log:
            seconds = time.perf_counter() - began
            whole = log.covenant() == concert() and log.head.seq == 3
        rest = [
            one.name for one in place.folder.glob(f"{path.name}*") if one.name not in (path.name, f"{path.name}.lock")
        ]
        return [there, whole and verify(path, deep=True).holds, rest, seconds]

    place.kills += 1
    try:
        there, whole, rest, seconds = answer(after)
    except AssertionError as error:
        tally.half += 1
        tally.note(f"creation {place.number}.{place.kills}: {error}")
        return
    tally.opened(seconds)
    tally.lost += made and not there
    tally.half += not whole or bool(rest and not there)
    if not whole or (made and not there) or rest:
        tally.note(
            f"creation {place.number}.{place.kills}: made {made}, there {there}, whole {whole}, beside it {rest}"
        )


def _made_under_its_own_name(path: Path) -> None:
    """CONTROL: a log that has its name before it is whole."""
    with Log(path, create=True) as log, log.writing():
        desk = open_desk(log, settings_folder(), "venue", "V")
        desk.append(Opened, Words(title="Concertavond"), exercise=True)
        desk.append(CovenantSet, Words(covenant=concert()))


# -- imports ---------------------------------------------------------------------------------------------------------

_MAPPING = """
kind = "report"
[columns]
time = "at"
text = "message"
key = "id"
[[extract]]
name = "street"
column = "message"
pattern = ' in (\\w+)'
[incident]
columns = ["street"]
minutes = 30
title = "Fire {street}"
"""


def _sources(folder: Path) -> tuple[Path, Path]:
    rows = [f"{n},2026-06-{1 + n % 28:02d} 10:{n % 60:02d},x0y0z{n} fire in street{n % 40}" for n in range(ROWS)]
    source, mapping = folder / "rows.csv", folder / "mapping.toml"
    source.write_text("\n".join(["id,at,message", *rows]) + "\n")
    mapping.write_text(_MAPPING)
    return source, mapping


def importing(place: Place, chance: random.Random, tally: Tally, *, control: bool = False) -> None:
    """An import is killed, and run again: whole transactions after each kill, and every row once at the end."""
    folder = place.folder / f"import{place.kills}"
    folder.mkdir()
    source, mapping = _sources(folder)
    at = Place(folder, place.number)
    answer(lambda: open_event(at.path, concert(), settings_folder()).log.close())

    def bring_in(say: Say) -> None:
        desk = _desk(at, say)
        if control:  # without keys, so that nothing is known again
            for start in range(0, ROWS, BATCH):
                with desk.writing():
                    for n in range(start, min(start + BATCH, ROWS)):
                        saying.report(desk, f"x0y0z{n} fire")
                say("done", min(start + BATCH, ROWS))
        else:
            outcome = run(desk, plan_import(desk, source, mapping), lambda done, _all: say("done", done))
            say("outcome", outcome.added, outcome.already)
        desk.log.close()

    expected = _straight_on()
    kills = 1 + (chance.random() < 0.3)
    for attempt in range(kills):
        child = Child(bring_in)
        tally.killed += _IMPORT.kill(child, chance, learn=attempt == 0)  # what was stored before goes faster
        at.kills += 1
        for (seconds,) in child.said("opened"):
            tally.opened(seconds)
        done = max((done for (done,) in child.said("done")), default=0)
        tally.acknowledged += done
        found = answer(lambda: look(at.path))
        tally.opened(found["seconds"])
        rows = len(found["tokens"])
        tally.lost += max(0, done - rows)
        tally.half += rows % BATCH != 0 and rows != ROWS
        tally.broken += len(found["wrong"])
        if found["wrong"] or rows < done or (rows % BATCH and rows != ROWS):
            tally.note(f"import {place.number}.{place.kills}: {rows} rows, {done} acknowledged, {found['wrong']}")
    kinds, counts, added = answer(lambda: _brought_in(at.path, bring_in, source, mapping))
    tally.doubled += sum(n > 1 for n in counts.values()) + added
    tally.lost += ROWS - len(counts)
    if kinds != expected and not control:
        tally.half += 1
        tally.note(f"import {place.number}.{place.kills}: {kinds}, and straight on it is {expected}")
    if added or len(counts) != ROWS or any(n > 1 for n in counts.values()):
        tally.note(f"import {place.number}.{place.kills}: {len(counts)} rows, and a further run added {added}")
    place.kills += 1
    shutil.rmtree(folder)


Counts = dict[str, int]


def _brought_in(path: Path, bring_in: Callable[[Say], None], source: Path, mapping: Path) -> tuple[Counts, Counts, int]:
    """Run an import to its end.

    Returns how many records of each kind there are, how often each row is there, and what one further run adds.
    """
    bring_in(lambda *_what: None)
    with Log(path) as log:
        records = list(log.records())
        rows = Counter(token for one in records if isinstance(one.frame, Report) for token in tokens_of(one))
        desk = sit_down(log, settings_folder(), "venue")
        return (
            Counter(type(one.frame).__name__ for one in records),
            rows,
            run(desk, plan_import(desk, source, mapping)).added,
        )


@cache
def _straight_on() -> Counts:
    """Return how many records of each kind an import makes that nobody disturbs."""
    with tempfile.TemporaryDirectory() as folder:
        source, mapping = _sources(Path(folder))
        path = Path(folder) / "straight.clog"

        def straight() -> Counts:
            with open_event(path, concert(), settings_folder()).log as log:
                desk = sit_down(log, settings_folder(), "venue")
                run(desk, plan_import(desk, source, mapping))
                return Counter(type(one.frame).__name__ for one in log.records())

        found: Counts = answer(straight)
        return found
