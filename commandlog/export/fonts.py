"""The letters of the PDF: IBM Plex Sans, and what stands in for a character that it lacks.

A character is drawn by the first of IBM Plex Sans, Noto Sans and Inter that has it; one that none has is a box; one
that would move the cursor or turn the line around is a sign of its own ("‹RLO›"). What is drawn is embedded.
"""

import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import fontpkg_ibm_plex_sans
import fontpkg_inter
import fontpkg_noto_sans
import platformdirs
from fontTools.ttLib import TTFont as FontFile
from fontTools.varLib import instancer
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont, TTFontFile

from commandlog.model.harmless import visible

MISSING = "□"
HYPHEN = "‐"
_SYLLABLE = 14  # letters back from where a line is full, in which a syllable is looked for
_BEGINS = re.compile(
    r"(?<=[^\W\d_])((?:(?<=[b-df-hj-np-tv-xz])s[ptk]r?|sch|ch|sj|tj|[bcdfgkptvw][lr]|(?<!i)j|[b-df-hk-np-tv-xz])"
    r"(?=[aeiouyà-ÿ]))"
)
"""Where a syllable begins, near enough for Dutch and English: a consonant before a vowel, with what goes with it."""
_CONTROL = (
    "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US"
)
_TOKENS = {0x2400 + code: f"‹{name}›" for code, name in enumerate(_CONTROL.split())} | {0x2421: "‹DEL›", 0x09: "    "}
_NOTHING = {0x200C, 0x200D, 0x2060, *range(0xFE00, 0xFE10)}  # joiners and variation selectors: nothing to see
_NARROW = 430  # thousandths: a text of letters this wide on average is not measured as a whole first
_WORDS_KEPT = 50_000


class Run(NamedTuple):
    """A piece of a line that one font draws; `width` is in thousandths of the font size."""

    font: str
    text: str
    width: float


class Type:
    """A typeface of the document: which font draws which character, and how wide words are."""

    def __init__(self, *names: str) -> None:
        """Take registered fonts, the one to prefer first."""
        self.name = names[0]
        self._widths: dict[int, float] = {}
        self._font: dict[int, str] = {}
        for name in names:
            font: Any = pdfmetrics.getFont(name)
            for code, width in font.face.charWidths.items():
                if code not in self._widths:
                    self._widths[code] = width
                    self._font[code] = name
        own = sorted(code for code, name in self._font.items() if name == self.name and _is_plain(code))
        self.is_plain = re.compile(f"[{_ranges(own)}]*").fullmatch
        self._width_of = {chr(code): width for code, width in self._widths.items()}.__getitem__
        self._words: dict[str, float] = {}

    def shown(self, text: str) -> str:
        """Return the text as it can be drawn: only characters that a font has, and line ends."""
        if self.is_plain(text):
            return text
        text = unicodedata.normalize("NFC", visible(text, lines=True)).translate(_TOKENS)
        return "".join(map(self._drawable, text))

    def _drawable(self, character: str) -> str:
        code = ord(character)
        if code in _NOTHING:
            return ""
        return character if code in self._widths or character == "\n" else MISSING

    def width(self, text: str) -> float:
        """Return how wide a text is that `shown` has returned, in thousandths of the font size."""
        found = self._words.get(text)
        if found is None:
            found = sum(map(self._width_of, text))
            if len(text) < 40:
                if len(self._words) > _WORDS_KEPT:
                    self._words.clear()
                self._words[text] = found
        return found

    def runs(self, line: str) -> list[Run]:
        """Return a line in pieces that one font each draws."""
        if self.is_plain(line):
            return [Run(self.name, line, 0.0)]  # nobody asks where the only piece ends
        pieces: list[Run] = []
        start = 0
        for at in range(1, len(line) + 1):
            font = self._font[ord(line[start])]
            if at == len(line) or self._font[ord(line[at])] != font:
                piece = line[start:at]
                pieces.append(Run(font, piece, self.width(piece)))
                start = at
        return pieces

    def lines(self, text: str, room: float, size: float) -> list[str]:
        """Break a text into lines that are at most `room` points wide at a font size; never fewer than one line.

        Breaks at blanks, inside a word only where it is wider than a line. Linear in the length of the text.
        """
        most = room * 1000 / size
        lines: list[str] = []
        for paragraph in self.shown(text).split("\n"):
            if len(paragraph) * _NARROW <= most and self.width(paragraph) <= most:
                lines.append(paragraph)
            else:
                self._break(paragraph, most, lines)
        return lines

    def _break(self, paragraph: str, most: float, lines: list[str]) -> None:
        blank, used, line = self._widths[32], 0.0, list[str]()
        for word in paragraph.split(" "):
            wide = self.width(word)
            if line and used + blank + wide <= most:
                line.append(word)
                used += blank + wide
                continue
            if line:
                lines.append(" ".join(line))
            if wide > most:
                *whole, word = self._cut(word, most)
                lines += whole
                wide = self.width(word)
            line, used = [word], wide
        lines.append(" ".join(line))

    def _cut(self, word: str, most: float) -> list[str]:
        """Cut a word that is wider than a line: behind a hyphen or slash, between syllables, or else where it must be.

        Between syllables the line ends in a hyphen, which is not in the text and not the sign that people type.
        """
        parts: list[str] = []
        start, used, mark = 0, 0.0, 0
        for at, character in enumerate(word):
            wide = self._widths[ord(character)]
            if used + wide > most and at > start:
                end = mark if mark > start and self.width(word[start:mark]) > most * 2 / 3 else at
                syllable = self._syllable(word, start, at, most) if end == at else 0
                end = syllable or end
                parts.append(word[start:end] + (HYPHEN if syllable else ""))
                used = self.width(word[end:at]) if end < at else 0.0
                start = end
            used += wide
            if character in "-/_.@&?=":
                mark = at + 1
        return [*parts, word[start:]]

    def _syllable(self, word: str, start: int, at: int, most: float) -> int:
        """Return where the last syllable begins before `at` that leaves room for a hyphen; 0 where there is none."""
        near = max(start, at - _SYLLABLE)
        begins = [near + found.start(1) for found in _BEGINS.finditer(word[near : at + 4].casefold())]
        for end in reversed(begins):
            room = most - self.width(HYPHEN)
            if start + 2 <= end < min(at, len(word) - 1) and self.width(word[start:end]) <= room:
                return end
        return 0


class Typefaces(NamedTuple):
    """Regular for reading, strong for headings and names."""

    regular: Type
    strong: Type


@cache
def typefaces() -> Typefaces:
    """Return the typefaces, registered with reportlab; the first call on a machine takes about three seconds."""
    plex, noto, inter = _source(fontpkg_ibm_plex_sans), _source(fontpkg_noto_sans), _source(fontpkg_inter)
    fonts = {
        "CommandLog": plex,
        "CommandLog-Strong": semibold(plex, platformdirs.user_cache_path("commandlog", appauthor=False) / "fonts"),
        "CommandLog-More": noto,
        "CommandLog-Signs": inter,
    }
    for name, path in fonts.items():
        pdfmetrics.registerFont(TTFont(name, str(path), shapable=False))
    return Typefaces(
        Type("CommandLog", "CommandLog-More", "CommandLog-Signs"),
        Type("CommandLog-Strong", "CommandLog-More", "CommandLog-Signs"),
    )


def semibold(plex: Path, folder: Path) -> Path:
    """Return the file of the semi-bold letters, made from the variable font once and kept in a cache folder.

    A file there that is damaged is made anew. Where the folder cannot be written, a temporary file serves.
    """
    kept = folder / f"IBMPlexSans-SemiBold-{hashlib.sha256(plex.read_bytes()).hexdigest()[:12]}.ttf"
    if _is_whole(kept):
        return kept
    font = FontFile(plex)
    for table in ("GSUB", "GPOS", "GDEF"):  # layout that reportlab does not use: half of the work
        if table in font:
            del font[table]
    strong = instancer.instantiateVariableFont(font, {"wght": 600, "wdth": 100})
    for name_id, name in ((1, "IBM Plex Sans SemiBold"), (4, "IBM Plex Sans SemiBold"), (6, "IBMPlexSans-SemiBold")):
        strong["name"].setName(name, name_id, 3, 1, 0x409)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(suffix=".ttf", dir=folder)
    except OSError:
        handle, part = tempfile.mkstemp(suffix=".ttf")
        kept = Path(part)
    with os.fdopen(handle, "wb") as file:
        strong.save(file)
    Path(part).replace(kept)
    return kept


def _is_whole(path: Path) -> bool:
    try:
        return bool(TTFontFile(str(path), validate=1).charWidths)
    except (TTFError, OSError, ValueError):
        return False


def _source(package: ModuleType) -> Path:
    """Return the upright variable font of a font package; reportlab embeds its regular instance."""
    files = Path(str(package.__file__)).parent / "files"
    return next(one for one in sorted(files.glob("*.ttf")) if "Italic" not in one.name)


def _is_plain(code: int) -> bool:
    """Whether a character can stand in a line as it is: no control, direction or combining character."""
    return unicodedata.category(chr(code))[0] not in "CM" and unicodedata.category(chr(code)) not in ("Zl", "Zp")


def _ranges(codes: Iterable[int]) -> str:
    """Return a set of characters for a regular expression."""
    spans: list[list[int]] = []
    for code in codes:
        if spans and code == spans[-1][1] + 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in spans)
