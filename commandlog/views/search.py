"""What people type to find something, turned into a full-text expression that cannot fail or be misused."""

import re

from commandlog.language import _
from commandlog.model.errors import RuleError

_PARTS = re.compile(r'"([^"]*)"?|(\S+)')


def expression(text: str) -> str:
    """Return the FTS5 expression for a search: words are beginnings of words, "quoted phrases" stand as they are.

    A word with a minus before it must not occur. Accents and case do not matter. Raises RuleError where there is
    nothing to look for.
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    for found in _PARTS.finditer(text.replace("\x00", " ")):
        phrase, word = found.groups()
        if phrase is not None:
            if _has_letters(phrase):
                wanted.append(_quoted(phrase))
            continue
        minus = word.startswith("-") and len(word) > 1
        bare = word[minus:].rstrip("*")
        if _has_letters(bare):
            (unwanted if minus else wanted).append(f"{_quoted(bare)} *")
    if not wanted:
        raise RuleError(_("There is nothing to search for: type a word, or the beginning of one."))
    both = " AND ".join(wanted)
    return "text : (" + (f"({both}) NOT ({' OR '.join(unwanted)})" if unwanted else both) + ")"


def _has_letters(text: str) -> bool:
    return any(c.isalnum() for c in text)


def _quoted(text: str) -> str:
    cleaned = text.encode("utf-8", "replace").decode().replace('"', '""')
    return f'"{cleaned}"'
