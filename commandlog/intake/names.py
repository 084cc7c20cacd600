"""Finding the covenant's names in what somebody types, however it is spaced: "Oog 2", "oog2", "OOG-2".

A name is kept as its words run together; a text is read word by word, so that "Oog 2" is never found in "Oog 21" and
a line of a megabyte is read in one pass.
"""

import re
from collections.abc import Iterable

from msgspec import Struct

from commandlog.model.covenant import Covenant, Named
from commandlog.model.mandates import plain
from commandlog.model.words import Priority

_WORD = re.compile(r"[^\W_]+")
_ARTICLE = re.compile(r"\sa\s+[^\W\d_]")
_GAP = re.compile(r"[\s_'’–-]{1,3}")

_PRIORITIES = {
    "routine": Priority.ROUTINE,
    "normaal": Priority.ROUTINE,
    "elevated": Priority.ELEVATED,
    "verhoogd": Priority.ELEVATED,
    "urgent": Priority.URGENT,
    "spoed": Priority.URGENT,
    "emergency": Priority.EMERGENCY,
    "nood": Priority.EMERGENCY,
    "noodgeval": Priority.EMERGENCY,
}


class Found(Struct, frozen=True):
    """A name found in a text: where it ends (in characters) and what it is the name of."""

    end: int
    code: str


class Names:
    """Names and the codes that they stand for; the first to claim a name keeps it."""

    def __init__(self, named: Iterable[tuple[str, str]]) -> None:
        self._codes: dict[str, str] = {}
        for name, code in named:
            if key := run_together(name):
                self._codes.setdefault(key, code)
        self._beginnings: dict[str, str] = {}
        for key, code in self._codes.items():
            for beginning in (key[:length] for length in range(1, len(key) + 1)):
                is_shared = self._beginnings.setdefault(beginning, code) != code
                self._beginnings[beginning] = "" if is_shared else code

    def at(self, text: str, start: int) -> Found | None:
        """Return the longest name that begins at `start` of a plain text and ends where a word ends, or None."""
        best, key, word = None, "", _WORD.match(text, start)
        while word:
            key = _joined(key, word.group())
            if key not in self._beginnings:
                break
            if key in self._codes:
                best = Found(word.end(), self._codes[key])
            gap = _GAP.match(text, word.end())
            word = _WORD.match(text, gap.end()) if gap else None
        return best

    def starting(self, beginning: str) -> str:
        """Return the one code whose names begin so, "" where there are none or several."""
        return self._beginnings.get(run_together(beginning), "")

    def may_begin(self, word: str) -> bool:
        """Whether a name begins with this plain word or goes on from it."""
        return word in self._beginnings

    def __contains__(self, name: str) -> bool:
        return run_together(name) in self._codes


def run_together(name: str) -> str:
    """Return a name as it is compared: plain, its words run together; two numbers in a row stay apart."""
    key = ""
    for word in _WORD.findall(plain(name)):
        key = _joined(key, word)
    return key


def _joined(key: str, word: str) -> str:
    return f"{key} {word}" if key[-1:].isdigit() and word[0].isdigit() else key + word


class Vocabulary(Struct, frozen=True):
    """All names of a covenant, ready to be looked for."""

    units: Names
    parties: Names
    categories: Names
    priorities: Names
    places: Names
    not_english: Names

    def place_at(self, text: str, plain: str, start: int) -> Found | None:
        """Return the place whose name begins at `start`; "at gate a man" is none, unlike "gate A" and "poort a"."""
        found = self.places.at(plain, start)
        if found and _ARTICLE.match(text, found.end - 2) and text[start : found.end] not in self.not_english:
            return None
        return found

    def first_place(self, text: str, plain: str, taken: list[tuple[int, int]]) -> tuple[int, Found] | None:
        """Return where the first place stands, and which, outside the spans that are taken (sorted by start)."""
        spans = iter([*taken, (len(text) + 1, len(text) + 1)])
        span = next(spans)
        for word in _WORD.finditer(plain):
            while word.start() >= span[1]:
                span = next(spans)
            if word.end() <= span[0] and self.places.may_begin(word.group()):
                found = self.place_at(text, plain, word.start())
                if found and found.end <= span[0]:
                    return word.start(), found
        return None


def vocabulary(covenant: Covenant) -> Vocabulary:
    """Return the names of a covenant: codes, names in all languages and aliases."""
    places = covenant.places
    return Vocabulary(
        units=Names((name, u.callsign) for u in covenant.units for name in (u.callsign, *u.aliases)),
        parties=Names((name, p.code) for p in covenant.parties for name in (p.code, *_all(p.name), *p.aliases)),
        categories=Names((name, c.code) for c in covenant.categories for name in (c.code, *_all(c.name), *c.aliases)),
        priorities=Names(_PRIORITIES.items()),
        places=Names((name, p.code) for p in places for name in (p.code, *_all(p.name), *p.aliases)),
        not_english=Names((name, p.code) for p in places for name in (*_not_english(p.name), *p.aliases)),
    )


def _all(name: Named) -> Iterable[str]:
    return (name,) if isinstance(name, str) else name.values()


def _not_english(name: Named) -> Iterable[str]:
    return (name,) if isinstance(name, str) else [text for language, text in name.items() if language != "en"]
