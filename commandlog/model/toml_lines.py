"""On which line a key of a TOML text stands, so that whoever wrote the file is shown the place.

`tomllib` says what a text means but not where. This walks the same text once more and notes the line of every key,
table and element; of what a text means it knows no more than it needs for that.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

Path = tuple[str | int, ...]

DEEPEST = 60  # parts of a key; tomllib's time grows with the square of their number

_PART = re.compile(r"""\.[ \t]*(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*(?=\.)""")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}')
_LONG_LITERAL = re.compile(r"'''(?:[^']|'{1,2}(?!'))*'{3,5}")
_SCALAR = re.compile(r"[^,\]}\n#]+")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}
_STEP = re.compile(r'\.?([\w-]+)|\.?"((?:[^"\\]|\\.)*)"|\[(\d+)\]')
_NAME = re.compile(r"[\w-]+")


def parsed(text: str) -> dict[str, Any]:
    """Return what a TOML text of somebody else says, in a time that its size bounds.

    Raises ValueError (tomllib's error is one) for what is no TOML, RecursionError for what is nested too deeply.
    """
    end, parts = 0, 0
    for found in _PART.finditer(text):
        parts = parts + 1 if found.start() == end else 1
        end = found.end()
        if parts > DEEPEST:
            raise RecursionError
    return tomllib.loads(text)


def line_of(text: str, key: str) -> int:
    """Return the line (from 1) on which a key such as "units[3].party" stands, 0 where nothing of it is found.

    Of a key that is not there it is the line of what it would be in. `text` need be no valid TOML: then only what comes
    before the fault is found.
    """
    return nearest(lines_of(text), path_of(key))


def nearest(lines: dict[Path, int], path: Path) -> int:
    """Return the line of a path or, where it is not there, of the nearest thing around it; 0 for the text itself."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def key_of(path: Iterable[str | int]) -> str:
    """Return a path as people read it: `units[3].party`, `lead."first aid"`."""
    key = ""
    for step in path:
        if isinstance(step, int):
            key += f"[{step}]"
        else:
            quoted = '"' + step.replace("\\", "\\\\").replace('"', '\\"') + '"'
            key += "." + (step if _NAME.fullmatch(step) else quoted)
    return key.removeprefix(".")


def path_of(key: str) -> Path:
    """Return the path that a key as people read it stands for."""
    steps = (found.groups() for found in _STEP.finditer(key))
    return tuple(
        int(index) if index else name or re.sub(r"\\(.)", r"\1", quoted or "") for name, quoted, index in steps
    )


def lines_of(text: str) -> dict[Path, int]:
    """Return the line of every key, table and element of a TOML text, by its path; the first where several name it."""
    walk = _Walk(text)
    with suppress(_Lost, RecursionError):  # what comes before is right, and tomllib says what is wrong
        walk.document()
    return walk.lines


class _Lost(Exception):
    """The text is no TOML from here on."""


class _Walk:
    """A TOML text while it is walked through: where it is, and the line of each path so far."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.ends = [found.end() for found in re.finditer("\n", text)]
        self.lines: dict[Path, int] = {}
        self.last: dict[Path, int] = {}  # the newest element of each array of tables

    def document(self) -> None:
        table: Path = ()
        while self.past(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)

    def header(self) -> Path:
        start, is_array = self.at, self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        path: Path = ()
        names = self.key()
        for number, name in enumerate(names, 1):
            path = (*path, name)
            self.note(path, start)
            if is_array and number == len(names):
                self.last[path] = self.last.get(path, -1) + 1
            if path in self.last:
                path = (*path, self.last[path])
                self.note(path, start)
        self.take("]]" if is_array else "]")
        return path

    def pair(self, table: Path) -> None:
        start = self.at
        path = table
        for name in self.key():
            path = (*path, name)
            self.note(path, start)
        self.take("=")
        self.past(_SPACE)
        self.value(path)

    def key(self) -> list[str]:
        names: list[str] = []
        while True:
            self.past(_SPACE)
            names.append(self.name())
            self.past(_SPACE)
            if not self.text.startswith(".", self.at):
                return names
            if len(names) > DEEPEST:
                raise _Lost
            self.at += 1

    def name(self) -> str:
        for pattern in (_BARE_KEY, _LITERAL, _BASIC):
            found = pattern.match(self.text, self.at)
            if found:
                self.at = found.end()
                shown = found.group()
                return shown if pattern is _BARE_KEY else _said(shown)
        raise _Lost

    def value(self, path: Path) -> None:
        if self.text.startswith("[", self.at):
            self.array(path)
        elif self.text.startswith("{", self.at):
            self.inline_table(path)
        else:
            self.scalar()

    def array(self, path: Path) -> None:
        self.at += 1
        number = 0
        while not self.text.startswith("]", self.past(_BLANK)):
            self.note((*path, number), self.at)
            self.value((*path, number))
            number += 1
            if not self.text.startswith(",", self.past(_BLANK)):
                break
            self.at += 1
        self.take("]")

    def inline_table(self, path: Path) -> None:
        self.at += 1
        while not self.text.startswith("}", self.past(_BLANK)):
            self.pair(path)
            if not self.text.startswith(",", self.past(_BLANK)):
                break
            self.at += 1
        self.take("}")

    def scalar(self) -> None:
        for pattern in (_LONG_BASIC, _LONG_LITERAL, _BASIC, _LITERAL, _SCALAR):
            found = pattern.match(self.text, self.at)
            if found:
                self.at = found.end()
                return
        raise _Lost

    def past(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def take(self, mark: str) -> None:
        if not self.text.startswith(mark, self.past(_SPACE)):
            raise _Lost
        self.at += len(mark)

    def note(self, path: Path, at: int) -> None:
        self.lines.setdefault(path, bisect_right(self.ends, at) + 1)


def _said(quoted: str) -> str:
    """Return what a quoted key says."""
    inner = quoted[1:-1]
    return inner if quoted[0] == "'" else _ESCAPE.sub(_character, inner)


def _character(found: re.Match[str]) -> str:
    short, long, letter = found.groups()
    if letter:
        return _ESCAPED.get(letter, letter)
    code = int(short or long, 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"
