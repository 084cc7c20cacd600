"""Patterns of a mapping that end: of each it is reckoned, before it is used, how long it could try at worst.

Python's regular expressions go back and try again. Most do so seldom; some try for years on a text that nearly fits. A
pattern is looked at as it is parsed: after a repeat, does the next character tell whether it goes on? If so it is never
tried again. If not, all its lengths are tried, times those of the next one; a repeat of something that can be read in
two ways is tried without end, and refused.
"""

import re
from collections.abc import Iterable, Iterator
from re import _constants as codes  # type: ignore[attr-defined]  # not in the stubs
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from commandlog.language import _

MAX_TEXT = 2_000  # characters that a pattern is tried on
_MOST = 80 * MAX_TEXT**2  # steps; some tenths of a second
_BEYOND = _MOST * MAX_TEXT
_TO_THE_END = (".*)$", ".+)$", ".*$", ".+$")
_CHEAP = 50  # steps of a lookahead that does not count

_Set = frozenset[int]
_LATIN = frozenset(range(0x250)) | {0x3B1, 0x431, 0x663, 0x2028, 0x4E00, 0x1F600}
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
_LITERALS = (codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN)
_CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
}


class _Endless(Exception):
    """A repeat of something that can be read in two ways."""


class _Cost(NamedTuple):
    """In how many ways something can be read from one place, and how many steps one try takes at most."""

    ways: int
    steps: int


def fault(pattern: str, *, whole_line: bool = False) -> str:
    """Return in words what is wrong with a pattern, empty where it is one that ends soon.

    `whole_line` says that it is tried on one line, at its beginning only.
    """
    try:
        compiled = re.compile(pattern)
        parsed = parser.parse(pattern)
        reckoned = _Reckoned(parsed, compiled.flags)
        items = list(parsed)
        if whole_line and pattern.endswith(_TO_THE_END):
            items.pop()  # a line has no line within, so this always fits
        cost = reckoned.sequence(items, None)
    except _Endless:
        return _("“{pattern}” could try without end: write it simpler, without a repeat inside a repeat").format(
            pattern=pattern
        )
    except (re.error, RecursionError, OverflowError) as error:
        return _("“{pattern}” is no pattern: {error}").format(pattern=pattern, error=error)
    starts = 1 if whole_line or reckoned.anchored(list(parsed)) else MAX_TEXT
    if starts * (cost.steps + cost.ways) > _MOST:
        told = _("“{pattern}” could try too long: write it simpler, with ^ in front, or [^;]* instead of .*")
        return told.format(pattern=pattern)
    return ""


class _Reckoned:
    """Reckons the parts of one pattern. What follows a part is a set of characters, None where nothing has to."""

    def __init__(self, parsed: Any, flags: int) -> None:
        self._flags = flags | _scoped(parsed)
        self._all = _LATIN | {near for one in _named(parsed) for near in _near(one)}

    def anchored(self, items: list[Any]) -> bool:
        """Whether it can only begin where the text begins."""
        if not items or self._flags & re.MULTILINE:
            return False
        what, value = items[0]
        if what is codes.SUBPATTERN:
            return self.anchored(list(value[3]))
        return what is codes.AT and value in (codes.AT_BEGINNING, codes.AT_BEGINNING_STRING)

    def sequence(self, items: list[Any], after: _Set | None) -> _Cost:
        """Return the cost of one part after the other."""
        ways, steps = 1, 0
        for n, (what, value) in enumerate(items):
            behind = self._first(items[n + 1 :], after)
            cost = self._part(what, value, behind)
            is_end = n == len(items) - 1 and after is None  # what fits there is never tried again
            steps = min(_BEYOND, steps + (1 if is_end else ways) * cost.steps)
            ways = min(_BEYOND, ways * cost.ways)
        return _Cost(ways, steps)

    def _part(self, what: Any, value: Any, after: _Set | None) -> _Cost:
        if what in _REPEATS:
            least, most, body = value
            return self._repeat(what, least, most, body, after)
        if what is codes.SUBPATTERN:
            return self.sequence(list(value[3]), after)
        if what is codes.BRANCH:
            return self._branch([list(one) for one in value[1]], after)
        if what is codes.ATOMIC_GROUP:
            return _Cost(1, sum(self.sequence(list(value), self._all)))
        if what in (codes.ASSERT, codes.ASSERT_NOT):
            steps = sum(self.sequence(list(value[1]), None))
            return _Cost(steps if steps > _CHEAP else 1, steps)
        if what is codes.GROUPREF:
            return _Cost(1, MAX_TEXT)
        if what is codes.GROUPREF_EXISTS:
            return self._branch([list(one) for one in value[1:] if one], after)
        return _Cost(1, 1)

    def _repeat(self, what: Any, least: int, most: int, body: Any, after: _Set | None) -> _Cost:
        most, items = min(int(most), MAX_TEXT), list(body)
        first = self._first(items, frozenset()) or frozenset()
        if most <= 1:
            cost = self.sequence(items, after)
            ways = cost.ways + (least == 0 and self._meet(first, after))
            return _Cost(1 if what is codes.POSSESSIVE_REPEAT else ways, cost.steps + 1)
        cost = self.sequence(items, first | (after or frozenset()))
        if cost.ways > 1 or self._empty(items):
            raise _Endless
        steps = min(most * (cost.steps + 1), 2 * max(MAX_TEXT, cost.steps))
        told = least == most or what is codes.POSSESSIVE_REPEAT or not self._meet(first, after)
        return _Cost(1 if told else most - min(least, most) + 1, steps)

    def _branch(self, given: list[list[Any]], after: _Set | None) -> _Cost:
        costs = [self.sequence(one, after) for one in given]
        steps = max((one.steps for one in costs), default=0) + 1
        words = [tuple(value for _what, value in one) for one in given if all(w is codes.LITERAL for w, _v in one)]
        if len(words) == len(given) and not any(a is not b and b[: len(a)] == a for a in words for b in words):
            return _Cost(1, steps)
        firsts = [self._first(one, after) for one in given]
        shared = [
            sum(cost.ways for cost, first in zip(costs, firsts, strict=True) if first is None or one in first)
            for one in self._all
        ]
        return _Cost(max(1, *shared), steps)

    def _meet(self, first: _Set, after: _Set | None) -> bool:
        """Whether the next character can leave open if a repeat goes on; at the very end nothing is tried again."""
        return after is not None and not first.isdisjoint(after)

    def _empty(self, items: Iterable[Any]) -> bool:
        """Whether it can fit without a character."""
        return all(self._is_empty(what, value) for what, value in items)

    def _is_empty(self, what: Any, value: Any) -> bool:
        if what in _REPEATS:
            return value[0] == 0 or self._empty(value[2])
        if what is codes.SUBPATTERN:
            return self._empty(value[3])
        if what is codes.ATOMIC_GROUP:
            return self._empty(value)
        if what is codes.BRANCH:
            return any(self._empty(one) for one in value[1])
        return what not in _LITERALS

    def _first(self, items: list[Any], after: _Set | None) -> _Set | None:
        """Return the characters with which it can begin, or what follows where it can be empty."""
        found: _Set = frozenset()
        for what, value in items:
            if what is codes.AT and value in (codes.AT_END, codes.AT_END_STRING):
                return found | {10}
            if what in _LITERALS:
                return found | self._characters(what, value)
            if what in _REPEATS:
                inner = [list(value[2])]
            elif what is codes.SUBPATTERN:
                inner = [list(value[3])]
            elif what is codes.BRANCH:
                inner = [list(one) for one in value[1]]
            elif what is codes.ATOMIC_GROUP:
                inner = [list(value)]
            else:
                return self._all
            for one in inner:
                found |= self._first(one, frozenset()) or frozenset()
            if not self._is_empty(what, value):
                return found
        return None if after is None else found | after

    def _characters(self, what: Any, value: Any) -> _Set:
        if what is codes.ANY:
            return self._all if self._flags & re.DOTALL else self._all - {10}
        found: set[int] = set()
        negated = what is codes.NOT_LITERAL
        for kind, one in value if what is codes.IN else [(codes.LITERAL, value)]:
            if kind is codes.NEGATE:
                negated = True
            elif kind is codes.LITERAL:
                found.add(one)
            elif kind is codes.RANGE:
                found |= {each for each in self._all if one[0] <= each <= one[1]}
            else:
                fits = re.compile(_CATEGORIES[one]).match
                found |= {each for each in self._all if fits(chr(each))}
        if self._flags & re.IGNORECASE:
            found |= {near for each in found for near in _near(each)}
        return self._all - found if negated else frozenset(found)


def _tokens(items: Any) -> Iterator[tuple[Any, Any]]:
    """Yield all (what, value) of a parsed pattern, however deep."""
    if isinstance(items, parser.SubPattern):
        items = list(items)
    if isinstance(items, tuple) and len(items) == 2 and isinstance(items[0], type(codes.LITERAL)):
        yield items
        yield from _tokens(items[1])
    elif isinstance(items, list | tuple):
        for one in items:
            yield from _tokens(one)


def _named(parsed: Any) -> Iterator[int]:
    """Yield the characters that a pattern names anywhere, of a range the ends."""
    for what, value in _tokens(parsed):
        if what in (codes.LITERAL, codes.NOT_LITERAL):
            yield value
        elif what is codes.RANGE:
            yield from value


def _near(code: int) -> set[int]:
    """Return a character in capitals and without."""
    return {ord(one) for one in (chr(code), chr(code).lower(), chr(code).upper()) if len(one) == 1}


def _scoped(parsed: Any) -> int:
    """Return the flags that hold in any part of a pattern."""
    found = 0
    for what, value in _tokens(parsed):
        if what is codes.SUBPATTERN:
            found |= value[1]
    return found
