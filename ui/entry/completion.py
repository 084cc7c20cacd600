"""What the word at the cursor may become: the call signs, places, categories, priorities and parties of a covenant.

Found by their beginning, or by what stands within, whatever accents and case; those that were used most in the newest
entries come first.
"""

import re
from collections import Counter
from typing import NamedTuple

from commandlog.language import current
from commandlog.log.store import Log
from commandlog.model.covenant import Covenant, Named, spoken
from commandlog.model.mandates import plain
from commandlog.model.words import Priority, label

_WORD = re.compile(r"[#!>@]?[^\s#!>@]*$")
_WORDS = re.compile(r"[^\s#!>@]+")
MOST = 8
LOOKED_AT = 500  # entries whose names are counted
FEWEST = 2  # letters from which a word without a mark is completed


class Offer(NamedTuple):
    """A completion: what it puts into the line, what it is called, its kind, and the code that it stands for."""

    text: str
    name: str
    kind: str
    code: str = ""


Known = list[tuple[str, Offer]]


class Completions:
    """All words that a covenant knows, in the current language, ready to be found."""

    def __init__(self, covenant: Covenant) -> None:
        self.language = current()
        self._used: Counter[tuple[str, str]] = Counter()
        units = [Offer(one.callsign, _role(covenant, one.role), "unit", one.callsign) for one in covenant.units]
        places = [_named(one.name, "place", code=one.code) for one in covenant.places]
        parties = [_named(one.name, "addressee", ">", one.code) for one in covenant.parties]
        called = [
            Offer(f">{one.callsign}", _role(covenant, one.role), "addressee", one.callsign) for one in covenant.units
        ]
        self._plain: Known = [(_key(one.text), one) for one in (*units, *places)]
        self._marked: dict[str, Known] = {
            "#": [(_key(spoken(one.name)), _named(one.name, "category", "#", one.code)) for one in covenant.categories],
            "!": [(_key(label(one)), Offer(f"!{label(one)}", label(one), "priority", str(one))) for one in Priority],
            "@": [(_key(spoken(one.name)), _named(one.name, "audience", "@", one.code)) for one in covenant.parties],
            ">": [(_key(one.text), one) for one in (*parties, *called)],
        }

    def look_at(self, log: Log) -> None:
        """Count what the newest entries name."""
        query = "SELECT unit, place, category FROM entries ORDER BY since DESC LIMIT ?"
        self._used = Counter()
        for unit, place, category in log.db.execute(query, (LOOKED_AT,)):
            named = (("unit", unit), ("place", place), ("category", category))
            self._used.update(one for one in named if one[1])
        query = "SELECT unit, assignee FROM tasks ORDER BY since DESC LIMIT ?"
        for unit, party in log.db.execute(query, (LOOKED_AT,)):
            self._used["addressee", unit or party] += 1

    def at(self, text: str) -> tuple[int, list[Offer]]:
        """Return where the words at the end of a text begin that may become something, and what, likeliest first."""
        found = _WORD.search(text)
        word = found.group() if found else ""
        start = len(text) - len(word)
        if word[:1] in self._marked:
            return start, self._found(_key(word[1:]), self._marked[word[:1]], word)
        if not _key(word):
            return start, []
        for begin in self._beginnings(text, start):
            said = text[begin:]
            if begin == start and len(_key(said)) < FEWEST:
                break
            offers = self._found(_key(said), self._plain, said, within=begin == start and len(_key(said)) > FEWEST)
            if offers:
                return begin, offers
        return start, []

    def of_kind(self, kind: str, code: str) -> list[Offer]:
        """Return what may stand instead of something of a kind, the most used first; not what it is now."""
        mark = {"category": "#", "priority": "!", "audience": "@", "addressee": ">"}.get(kind)
        known = self._marked[mark] if mark else self._plain
        found = [one for _name, one in known if one.kind == kind and one.code != code]
        return self._sorted(found)[:MOST] if kind != "priority" else found

    def _beginnings(self, text: str, start: int) -> list[int]:
        """Return where the last three, two and one words of a text begin: "poort f" is one name."""
        words = [one.start() for one in _WORDS.finditer(text, max(0, start - 60)) if one.start() <= start]
        return words[-3:]

    def _found(self, wanted: str, known: Known, word: str, *, within: bool = True) -> list[Offer]:
        first = [one for key, one in known if key.startswith(wanted)]
        inside = [one for key, one in known if wanted in key and not key.startswith(wanted)] if within else []
        found = self._sorted(first) + self._sorted(inside)
        return [one for one in found if one.text.casefold() != word.casefold()][:MOST]

    def _sorted(self, offers: list[Offer]) -> list[Offer]:
        return sorted(offers, key=lambda one: -self._used[(one.kind, one.code)])


def _named(name: Named, kind: str, mark: str = "", code: str = "") -> Offer:
    said = spoken(name)
    return Offer(f"{mark}{said.replace(' ', '-') if mark else said}", said, kind, code)


def _role(covenant: Covenant, code: str) -> str:
    return covenant.role_name(code) if code else ""


def _key(text: str) -> str:
    return "".join(filter(str.isalnum, plain(text)))
