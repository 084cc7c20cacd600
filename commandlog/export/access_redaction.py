"""Texts struck out of an account: by a person, each on a ground, since others have rights too."""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from commandlog.export.access import Held
from commandlog.export.access_search import fold
from commandlog.language import _
from commandlog.model.errors import RuleError

STRUCK_OUT = "■■■■"
_WORD = re.compile(r"\w+")
_BETWEEN = r"[\W_]{1,3}"  # "Piet Jansen" is also Piet-Jansen and piet.jansen@…


class Redaction(NamedTuple):
    """A text that is struck out of an account, and on which ground."""

    text: str
    ground: str


def redacted(found: Held, redactions: list[Redaction]) -> tuple[Held, list[int]]:
    """Return an account with texts struck out of every word in it, and how often each was.

    Case, accents and what stands between words do not count. Raises RuleError for a redaction without a text or without
    a ground.
    """
    counts = [0] * len(redactions)
    wanted = [_Redactor(one, number) for number, one in enumerate(redactions)]

    def strike(value: object) -> object:
        if isinstance(value, str):
            for one in wanted:
                value, n = one.strike(str(value))
                counts[one.number] += n
            return value
        if isinstance(value, dict):
            return {strike(key) if str(key).startswith("raw: ") else key: strike(one) for key, one in value.items()}
        return [strike(one) for one in value] if isinstance(value, list | tuple) else value

    return msgspec.convert(strike(msgspec.to_builtins(found)), Held), counts


def still_named(found: Iterable[Held], redaction: Redaction) -> list[str]:
    """Return the references of entries in which every word of a redaction still stands somewhere: to be looked at."""
    words = [one for one in _WORD.findall(fold(redaction.text)) if len(one) > 2]
    if not words:
        return []
    return [one.reference for one in found if _all_in(words, msgspec.json.encode(one).decode())]


def _all_in(words: list[str], text: str) -> bool:
    said = set(_WORD.findall(fold(text)))
    return all(word in said for word in words)


class _Redactor:
    """Strikes one text out of others."""

    def __init__(self, redaction: Redaction, number: int) -> None:
        if not redaction.ground.strip():
            raise RuleError(_("A redaction needs a ground: why may the person not see it?"))
        parts, words = fold(redaction.text).split(), _WORD.findall(fold(redaction.text))
        if not parts:
            raise RuleError(_("A redaction needs a text to strike out."))
        self.number = number
        as_it_is, loosely = r"\s+".join(map(re.escape, parts)), _BETWEEN.join(words)
        self._wanted = re.compile(f"{as_it_is}|{loosely}" if loosely else as_it_is)

    def strike(self, text: str) -> tuple[str, int]:
        """Return a text without this one, and how often it was in it."""
        folded, begins = _folded(text)
        parts, done, n = [], 0, 0
        for hit in self._wanted.finditer(folded):
            start, end = begins[hit.start()], begins[hit.end()]
            if start < done:
                continue
            while end == begins[hit.end() - 1] or (end < len(text) and unicodedata.combining(text[end])):
                end += 1  # a letter of which only a part was found, or its accents
            parts += [text[done:start], f"{STRUCK_OUT}[{self.number + 1}]"]
            done, n = end, n + 1
        return "".join((*parts, text[done:])), n


def _folded(text: str) -> tuple[str, list[int]]:
    """Return a text folded, and for each of its letters (and the end) where it began in the text."""
    made, begins = [], []
    for at, letter in enumerate(text):
        plain = fold(letter)
        made.append(plain)
        begins += [at] * len(plain)
    return "".join(made), [*begins, len(text)]
