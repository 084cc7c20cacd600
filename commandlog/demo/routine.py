"""The routine between the beats: lines as operators type them, and what became of each, read from TOML.

A step is "17:44 observe Camera 2 kijkt mee": when, what, and the words. What: a disposition, `told` (feedback), `add`,
`correct` ("new text | reason"), `duplicate` (the name of the line that it is the same as), or a step of a task, written
at the desk whose word it is.
"""

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from commandlog.demo.clock import time
from commandlog.intake.quick_entry import read
from commandlog.log.desk import Desk
from commandlog.model.frames import Millis
from commandlog.model.words import Disposition
from commandlog.verbs import assessing, saying, tasks
from commandlog.views.moments import local, zone_of

if TYPE_CHECKING:
    from commandlog.demo.evening import Evening

FILE = "routine.toml"

_BY_ASSIGNEE = {"accept": tasks.accept, "start": tasks.start, "done": tasks.done}


class Spoken(Struct, forbid_unknown_fields=True):
    """One line: at which desk, when, what was typed, and its steps.

    `sees` makes an observation of it; `heard` is how many seconds earlier the operator began to type; `reason` goes on
    where a task lies outside a mandate; `name` is how a duplicate speaks of it.
    """

    at: str
    desk: str
    says: str
    then: list[str] = []
    sees: bool = False
    heard: int = 0
    reason: str = ""
    name: str = ""


class Script(Struct, forbid_unknown_fields=True):
    """The file as a whole."""

    line: list[Spoken]


class _Due(Struct, frozen=True):
    """Something that happens: a line (`step` is empty), or a step of one."""

    at: Millis
    line: int
    order: int
    step: str


class Routine:
    """The routine of one evening, told piece by piece."""

    def __init__(self) -> None:
        text = (files("commandlog_resources") / "demo" / FILE).read_text("utf-8")
        self._lines = msgspec.convert(tomllib.loads(text), Script).line
        self._told: dict[int, int] = {}
        self._named = {line.name: number for number, line in enumerate(self._lines) if line.name}
        due = [
            _Due(time(at), number, order, step)
            for number, line in enumerate(self._lines)
            for order, (at, _space, step) in enumerate(one.partition(" ") for one in (line.at, *line.then))
        ]
        self._due = sorted(due, key=lambda one: (one.at, one.line, one.order), reverse=True)

    def next_due(self) -> Millis:
        """Return when the next piece is due, 0 where all has been told."""
        return self._due[-1].at if self._due else 0

    def tell_next(self, evening: "Evening") -> None:
        """Tell the next piece."""
        due = self._due.pop()
        line = self._lines[due.line]
        if not due.step:
            self._told[due.line] = _said(evening, line)
            return
        what, _space, words = due.step.partition(" ")
        entry = self._told[due.line]
        if what == Disposition.DUPLICATE:
            assessing.duplicate(evening[line.desk], entry, self._told[self._named[words]])
        elif what in (*_BY_ASSIGNEE, "decline"):
            desk = evening[tasks.task_at(evening["venue"], entry).assignee]
            _answered(desk, entry, what, words)
        else:
            _followed_up(evening[line.desk], entry, what, words)


def _said(evening: "Evening", line: Spoken) -> int:
    if not line.sees:
        return evening.enter(line.desk, line.says, heard=line.heard, reason=line.reason)
    desk = evening[line.desk]
    entry = read(line.says, desk.covenant, local(desk.now, zone_of(desk.log)))
    source = saying.source_of(desk, entry.unit) if entry.unit else None
    return saying.observe(desk, entry.words, source=source, place=entry.place, category=entry.category).seq


def _answered(desk: Desk, task: int, what: str, words: str) -> None:
    if what == "decline":
        tasks.decline(desk, task, words)
    else:
        _BY_ASSIGNEE[what](desk, task, text=words)


def _followed_up(desk: Desk, entry: int, what: str, words: str) -> None:
    match what:
        case "told":
            assessing.feed_back(desk, entry, words)
        case "add":
            saying.add_to(desk, entry, words)
        case "correct":
            text, _bar, reason = words.partition(" | ")
            saying.correct(desk, entry, text, reason=reason)
        case "confirm":
            tasks.confirm(desk, entry, text=words)
        case "withdraw":
            tasks.withdraw(desk, entry, words)
        case _:
            assessing.assess(desk, entry, what, text=words)
