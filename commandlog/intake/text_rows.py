"""Reads plain-text logs: lines that begin with a time, as people type them, as messengers and machines write them.

"21:14 P3: gate is full", "[2020-01-01 00:12:03] …", "31-12-2019 23:58 - Name: …", "T+00:12 …", "Jan  1 00:12:03 …".
A line without a time belongs to the entry above it. A line that holds only a date gives the day of the lines below.
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from commandlog.intake.patterns import MAX_TEXT
from commandlog.intake.rows import Refusals, Row, Shape, Table, fitting, reading, unique
from commandlog.language import _, ngettext
from commandlog.model.errors import RuleError

LOOKED_AT = 400  # lines
_PIECE = 1 << 20  # characters of a line that does not end
_MAX_ENTRY = 1 << 20  # characters of an entry; what follows is dropped, and the entry refused as too long
_MAX_STAMP = 80  # characters within which a time must stand
_MARKS = str.maketrans({"\u200e": None, "\u200f": None, "\ufeff": None, "\0": None, "\u202f": " ", "\xa0": " "})

_DAY = r"(?:(?:[^\W\d]{2,10})[.,]?\s{1,2})?"  # a day of the week
_MONTH = r"[^\W\d]{3,9}\.?"
_DATE = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}|\d{{4}}年\d{{1,2}}月\d{{1,2}}日"
    rf"|\d{{1,2}}\.?[ -]{_MONTH}[ -]\d{{4}}|{_MONTH} {{1,2}}\d{{1,2}}(?:,? \d{{4}})?(?![\d:.]))"
)
_OFFSET = r"(?:\s?(?:Z|[-+]\d{2}:?\d{2}|UTC)\b)?"
_TIME = r"\d{1,2}[:.hu]\d{2}(?!\d)(?:[:.]\d{2})?(?:[.,]\d{1,6})?(?:\s?[AaPp]\.?[Mm]\b\.?)?" + _OFFSET
_HOURS = r"(?:\s?(?:uur|Uhr|hrs?|h|u)\b)"
_CLOCK = rf"(?:{_TIME}{_HOURS}?|\d{{4}}{_HOURS})"
_ELAPSED = r"[TH]?\s?[-+]\d{1,3}:\d{2}(?::\d{2})?"
_STAMP = re.compile(
    r"\s*(?:[-*•]\s+|<\d{1,3}>(?:1\s)?)?[\[(<]?\s?"  # a bullet, the number of syslog, a bracket
    rf"(?:(?P<date>{_DAY}{_DATE})(?:,?\s{{1,2}}|T|\s-\s|,)(?P<time>{_CLOCK})"
    rf"|(?P<before>{_CLOCK}),?\s{{1,2}}(?P<behind>{_DAY}{_DATE})(?!\w)|(?P<clock>{_CLOCK})|(?P<elapsed>{_ELAPSED}))"
    r"(?P<close>\s?[\])>])?(?P<after>\s*(?:[-–—|>•*](?=\s)|:(?=\s))?\s*)"
)
_HEADING = re.compile(
    rf"[\s#=*_~-]*(?:(?:date|datum|dag|day|tag|jour)\s?:?\s{{1,2}})?(?P<date>{_DAY}{_DATE})[\s#=*_~:-]*$", re.IGNORECASE
)
_NAME = re.compile(r"(?P<name>[^\s:,;.!?\[\]][^:\n\t]{0,48}?)\s?:(?:\s+|$)")


class Entry(NamedTuple):
    """An entry while it is read: its first line's number, its time as written, and its lines."""

    line: int
    time: str
    lines: list[str]


def looks_like_log(start: str) -> bool:
    """Whether the lines of a text begin with times, and no separator cuts them into cells."""
    lines = [line.translate(_MARKS) for line in start.splitlines()[:LOOKED_AT] if line.strip()]
    stamped = [line for line in lines if _stamp(line)]
    if not stamped or len(stamped) < len(lines) / 6 or (len(stamped) == 1 and len(lines) > 3):
        return False
    closed = sum(line.lstrip()[:1] in "[(<" for line in stamped)
    return closed > len(stamped) * 0.9 or not (_begins_cells(lines) or _cut(stamped))


def _begins_cells(lines: list[str]) -> bool:
    """Whether a separator stands right behind most times: then these are cells, not entries."""
    found = [(line, match) for line in lines if (match := _STAMP.match(line[:_MAX_STAMP]))]
    return sum(line[match.end() :].startswith((";", "|", ",", "\t", '"')) for line, match in found) > len(found) / 2


def _cut(lines: list[str]) -> bool:
    """Whether a separator cuts the lines into the same number of cells."""
    for separator, least in ((";", 2), ("\t", 2), ("|", 2), (",", 3)):
        counts = [line.count(separator) + 1 for line in lines]
        usual = max(set(counts), key=counts.count)
        if len(lines) > 1 and usual >= least and counts.count(usual) > len(lines) * 0.9:
            return True
    return False


def text_rows(path: Path, encoding: str, shape: Shape) -> Table:
    """Return the entries of a text log as a table; raises RuleError where it has none, or the pattern is none."""
    if shape.pattern:
        return _by_pattern(path, encoding, shape.pattern)
    sample = list(islice(_entries(path, encoding), LOOKED_AT))
    if not sample:
        raise RuleError(_("{file} holds no rows: there is nothing to import.").format(file=path.name))
    named = sum(_NAME.match(one.lines[0]) is not None for one in sample) > len(sample) / 2
    columns = ("time", "from", "text") if named else ("time", "text")

    def read(refused: Refusals) -> Iterator[Row]:
        above = 0
        for one in _entries(path, encoding):
            if not one.line:
                above = len(one.lines)
                continue
            text = "\n".join(one.lines).strip()
            found = _NAME.match(text) if named else None
            cells = [found["name"].strip(), text[found.end() :]] if found else ["", text] if named else [text]
            if row := fitting(one.line, [one.time, *cells], columns, refused):
                yield row
        if above:
            refused.notices.append(_above(above))

    form = _("text, {encoding}, lines that begin with a time").format(encoding=encoding.upper())
    return Table(columns, read, form=form)


def _above(count: int) -> str:
    return ngettext(
        "{count} line stands above the first entry and is left out.",
        "{count} lines stand above the first entry and are left out.",
        count,
    ).format(count=count)


def _stamp(line: str) -> re.Match[str] | None:
    """Return the time with which a line begins, None where it begins with none: "20:14" counts, "20:14x" does not."""
    found = _STAMP.match(line[:_MAX_STAMP])
    whole = found and (found["after"] or found["close"] or found.end() == len(line))
    return found if whole else None


def _written(found: re.Match[str], day: str) -> str:
    """Return a time as a cell: with its own date, or with the day of the heading above it."""
    date = found["date"] or found["behind"] or (day if found["clock"] else "")
    return " ".join(f"{date} {found['time'] or found['before'] or found['clock'] or found['elapsed']}".split())


def _entries(path: Path, encoding: str) -> Iterator[Entry]:
    """Yield the entries; the lines above the first come as one with the number 0, last."""
    day = ""
    above: list[str] = []
    entry: Entry | None = None
    size = 0
    for number, line in _lines(path, encoding):
        if found := _stamp(line):
            if entry:
                yield entry
            entry, size = Entry(number, _written(found, day), [line[found.end() :].rstrip()]), len(line)
            day = "" if found["clock"] else day  # the times below go on from here, also past midnight
        elif heading := _HEADING.match(line) if len(line) <= _MAX_STAMP else None:
            day = " ".join(heading["date"].split())
        elif entry and size < _MAX_ENTRY:
            entry.lines.append(line.rstrip())
            size += len(line) + 1
        elif not entry and line.strip() and len(above) < LOOKED_AT:
            above.append(line[:80])
    if entry:
        yield entry
    if above:
        yield Entry(0, "", above)


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Yield numbered lines without their ends and without marks that nobody sees; one without end comes in pieces."""
    with reading(path), path.open(encoding=encoding, errors="replace", newline=None) as file:
        number, going_on = 1, False
        while line := file.readline(_PIECE):
            if not going_on or len(line) == _PIECE:
                yield number, (line if line.isascii() and "\0" not in line else line.translate(_MARKS)).rstrip("\n")
            going_on = not line.endswith("\n")
            number += not going_on


def _by_pattern(path: Path, encoding: str, pattern: str) -> Table:
    """Return the table that a pattern with named groups finds, a row for each line on which it begins to fit."""
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise RuleError(_("“{pattern}” is no pattern: {error}").format(pattern=pattern, error=error)) from error
    names = sorted(compiled.groupindex, key=lambda name: compiled.groupindex[name])
    if not names:
        raise RuleError(_("The pattern for the lines has no named groups: (?P<time>…) and (?P<text>…) are some."))
    columns = unique(names)
    last = columns.index("text") if "text" in columns else len(columns) - 1

    def read(refused: Refusals) -> Iterator[Row]:
        begun: tuple[int, list[str]] | None = None
        above = 0
        for number, line in _lines(path, encoding):
            found = compiled.match(line[:MAX_TEXT])
            if found:
                if begun and (row := fitting(*begun, columns, refused)):
                    yield row
                begun = number, [found[name] or "" for name in names]
                if found.end(names[last]) == MAX_TEXT:
                    begun[1][last] += line[MAX_TEXT:_MAX_ENTRY]
            elif begun and len(begun[1][last]) < _MAX_ENTRY:
                begun[1][last] = f"{begun[1][last]}\n{line}".rstrip()
            elif not begun and line.strip():
                above += 1
        if begun and (row := fitting(*begun, columns, refused)):
            yield row
        if above:
            refused.notices.append(_above(above))

    form = _("text, {encoding}, lines by the pattern of the mapping").format(encoding=encoding.upper())
    return Table(columns, read, form=form)
