"""Which rows of a file are one incident, and where a level changes: both follow from the mapping and the rows in order.

A row joins the incident of its group (the same values in the mapping's columns) when it comes soon enough after the one
before. A level is set where it differs from what held before, so that ten pages that repeat it set it once.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from commandlog.intake.columns import plain
from commandlog.intake.entries import MAX_PATTERN_TEXT
from commandlog.intake.mapping import Level
from commandlog.intake.mapping_checks import Given
from commandlog.language import _
from commandlog.model.covenant import Covenant

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_SPACES = re.compile(r"\s+")


class Incident(NamedTuple):
    """An incident to be: its title, its rows by their numbers in the order of time, and when it is over.

    A row that comes more than `minutes` after the last one is no longer part of it.
    """

    title: str
    members: list[int]
    minutes: int


class LevelChange(NamedTuple):
    """A level to be set by a row."""

    ladder: str
    level: str


class Grouping:
    """Collects, row by row in the file's order, what is needed to group them in the order of time."""

    def __init__(self, given: Given, covenant: Covenant, at: dict[str, int]) -> None:
        """Prepare for a file whose columns have these numbers; raises RuleError for a column that it lacks."""
        self.unknown: dict[str, int] = {}
        self._incident = given.mapping.incident
        self._levels = [
            (one, given.column(at, one.column, f"level[{n}].column"), re.compile(one.pattern))
            for n, one in enumerate(given.mapping.level)
        ]
        self._covenant = covenant
        self._keys: dict[tuple[str, ...], int] = {}
        self._groups: list[int] = []
        self._longer: set[int] = set()
        self._titles: dict[int, str] = {}
        self._hits: dict[int, list[LevelChange]] = {}
        if self._incident:
            self._columns = [given.column(at, one, "incident.columns") for one in self._incident.columns]
            self._title = {
                one: given.column(at, one, "incident.title") for one in _PLACEHOLDER.findall(self._incident.title)
            }
            longer = self._incident.longer
            self._long = longer and (
                given.column(at, longer.column, "incident.longer.column"),
                re.compile(longer.pattern),
            )

    def add(self, number: int, cells: list[str]) -> None:
        """Look at a row: `number` counts the rows taken in, from 0."""
        for level, column, pattern in self._levels:
            if found := pattern.search(cells[column][:MAX_PATTERN_TEXT]):
                self._level(number, level, found)
        if not self._incident:
            return
        key = tuple(plain(cells[n]) for n in self._columns)
        if not all(key):
            self._groups.append(-1)
            return
        self._groups.append(self._keys.setdefault(key, len(self._keys)))
        title = _PLACEHOLDER.sub(lambda one: cells[self._title[one[1]]], self._incident.title)
        self._titles[number] = _SPACES.sub(" ", title).strip()[:200]
        if self._long and self._long[1].search(cells[self._long[0]][:MAX_PATTERN_TEXT]):
            self._longer.add(number)

    def _level(self, number: int, level: Level, found: re.Match[str]) -> None:
        groups = {str(n): one or "" for n, one in enumerate((found[0], *found.groups()))}
        wanted = _PLACEHOLDER.sub(lambda one: groups.get(one[1], ""), level.level).strip()
        code = _code(self._covenant, level.ladder, wanted)
        if code:
            self._hits.setdefault(number, []).append(LevelChange(level.ladder, code))
        else:
            self.unknown[f"{level.ladder}: {wanted}"] = self.unknown.get(f"{level.ladder}: {wanted}", 0) + 1

    def incidents(self, order: Iterable[int], occurred: list[int]) -> list[Incident]:
        """Return the incidents; `order` is the rows in the order of time, `occurred` their times (milliseconds)."""
        rule = self._incident
        if rule is None:
            return []
        latest: dict[int, Incident] = {}
        found: list[Incident] = []
        most = max(rule.minutes, rule.longer.minutes if rule.longer else 0)
        for number in order:
            group = self._groups[number]
            if group < 0:
                continue
            before = latest.get(group)
            minutes = rule.longer.minutes if rule.longer and number in self._longer else rule.minutes
            if before and occurred[number] - occurred[before.members[-1]] <= minutes * 60_000:
                before.members.append(number)
            else:
                latest[group] = Incident(self._titles[number], [number], most)
                found.append(latest[group])
        return [one for one in found if len(one.members) >= rule.least and one.title]

    def levels(self, order: Iterable[int]) -> dict[int, list[LevelChange]]:
        """Return by row the levels that change there."""
        holds: dict[str, str] = {}
        found: dict[int, list[LevelChange]] = {}
        if not self._hits:
            return found
        for number in order:
            for one in self._hits.get(number, ()):
                if holds.get(one.ladder) != one.level:
                    holds[one.ladder] = one.level
                    found.setdefault(number, []).append(one)
        return found

    def notices(self) -> list[str]:
        """Return what a person should know of it before going on."""
        told = _("The covenant has no such level: {level} ({count} rows). It is not set.")
        return [told.format(level=level, count=count) for level, count in self.unknown.items()]


def _code(covenant: Covenant, ladder: str, wanted: str) -> str:
    """Return the code of a level by its code or name ("GRIP 1" is "1", "grip-1" or "GRIP 1"), empty for none."""
    found = covenant.ladder(ladder)
    for level in found.levels if found else ():
        spoken = [level.name] if isinstance(level.name, str) else list(level.name.values())
        spellings = {plain(level.code), plain(ladder + level.code), *map(plain, spoken)}
        if plain(wanted) in spellings or plain(ladder + wanted) in spellings:
            return level.code
    return ""
