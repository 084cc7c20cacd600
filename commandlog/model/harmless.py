"""Text of others, made harmless to show: log text is data and never moves a cursor or turns a line around."""

import shlex
import subprocess
import sys
import unicodedata
from pathlib import Path

_NAMES = {
    0x061C: "ALM",
    0x200E: "LRM",
    0x200F: "RLM",
    0x202A: "LRE",
    0x202B: "RLE",
    0x202C: "PDF",
    0x202D: "LRO",
    0x202E: "RLO",
    0x2066: "LRI",
    0x2067: "RLI",
    0x2068: "FSI",
    0x2069: "PDI",
    0x2028: "LS",
    0x2029: "PS",
    0xFEFF: "BOM",
}
_VISIBLE: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "␡",
    **{code: f"‹{code:02X}›" for code in range(0x80, 0xA0)},
    **{code: f"‹{name}›" for code, name in _NAMES.items()},
    **dict.fromkeys(range(55296, 57344), "�"),
}
_KEEPING_LINES = {code: text for code, text in _VISIBLE.items() if code not in (0x09, 0x0A)} | {0x0D: ""}


def typed(path: Path | str) -> str:
    """Return a path as it is typed in a command: in quotation marks where it has blanks or the like."""
    return subprocess.list2cmdline([str(path)]) if sys.platform == "win32" else shlex.quote(str(path))


def visible(text: str, *, lines: bool = False) -> str:
    """Return the text with every control and direction character shown as a sign of its own.

    With `lines`, line ends and tabs stay; without, they become a blank, so that an entry stays one line.
    """
    if text.isascii() and text.isprintable():
        return text
    if lines:
        return text.replace("\r\n", "\n").translate(_KEEPING_LINES)
    return " ".join(text.replace("\t", " ").split("\n")).replace("\r", "").translate(_VISIBLE)


def width(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def padded(text: str, columns: int) -> str:
    """Return the text cut or filled to a number of terminal columns."""
    if width(text) > columns:
        while width(text) > columns - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (columns - width(text))
