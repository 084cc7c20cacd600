"""Which two rows of a file belong together: one begins something, a later one with the same values says it is over."""

import re
from collections.abc import Iterable

from commandlog.intake.columns import plain
from commandlog.intake.entries import MAX_PATTERN_TEXT
from commandlog.intake.mapping_checks import Given

_BEGINS, _ENDS = 1, 2


class Pairing:
    """Collects, row by row in the file's order, what is needed to pair them in the order of time."""

    def __init__(self, given: Given, at: dict[str, int]) -> None:
        """Prepare for a file whose columns have these numbers; raises RuleError for a column that it lacks."""
        self._rule = given.mapping.pairs
        self._marks: dict[int, tuple[int, tuple[str, ...]]] = {}
        if self._rule:
            self._columns = [given.column(at, one, "pairs.columns") for one in self._rule.columns]
            self._column = given.column(at, self._rule.column, "pairs.column")
            self._patterns = ((_BEGINS, re.compile(self._rule.begin)), (_ENDS, re.compile(self._rule.end)))

    def add(self, number: int, cells: list[str]) -> bool:
        """Look at a row (`number` counts the rows taken in, from 0); returns whether it may begin something."""
        if not self._rule:
            return False
        text = cells[self._column][:MAX_PATTERN_TEXT]
        mark = sum(which for which, pattern in self._patterns if pattern.search(text))
        key = tuple(plain(cells[n]) for n in self._columns)
        if mark and all(key):
            self._marks[number] = mark, key
        return bool(mark & _BEGINS)

    def pairs(self, order: Iterable[int], occurred: list[int]) -> dict[int, int]:
        """Return for each row that ends something the row that began it: the latest one that was still open.

        `order` is the rows in the order of time, `occurred` their times (milliseconds). A row that could be both ends
        what is open, and begins something where nothing is.
        """
        found: dict[int, int] = {}
        if not self._rule:
            return found
        most = self._rule.minutes * 60_000
        waiting: dict[tuple[str, ...], list[int]] = {}
        for number in order:
            mark, key = self._marks.get(number, (0, ()))
            begun = waiting.setdefault(key, []) if mark else []
            while mark & _ENDS and begun and most and occurred[number] - occurred[begun[-1]] > most:
                begun.pop()
            if mark & _ENDS and begun:
                found[number] = begun.pop()
            elif mark & _BEGINS:
                begun.append(number)
        return found
