"""Check lines: what others keep of a log, to hold against it later.

A log alone cannot show that its end was cut off, or that all of it was written anew under other keys: what is left fits
together. It shows against one line that somebody else wrote down in time:

    CommandLog checkpoint K7QM-2XW4 1043 2026-06-27T22:15:09Z 3F9K-7QMW-…-0C2P R3T8

which log it is, a position, the keeper's time there, the first 160 bits of the hash there, and four letters that show
a slip of the pen. The letters are those of Crockford's base 32, in which none is taken for another; case, blanks and
hyphens do not matter. The line is not signed: it is evidence for whoever kept it, against the log, and where it was
kept says more than a signature that the same desk could make again at any time.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from commandlog.language import _
from commandlog.log.files import is_database
from commandlog.log.store import Log
from commandlog.model.errors import RuleError, Unavailable
from commandlog.model.frames import Millis

NAME, VALUE = 5, 20  # bytes of the log's id, and of the hash, that a line holds
_CHECK = 4  # letters
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans("OIL", "011")
_LONGEST = 1 << 20  # bytes of a text with check lines
_LATEST = 253_402_300_799_000  # milliseconds: the last second of the year 9999
_TITLE = "CommandLog checkpoint"

_HEADING = re.compile(r"COMMANDLOG\s+CHECKPOINT")
_LINE = re.compile(
    r"(?<![0-9A-Z])((?:[0-9A-Z][\s-]{0,20}){8})(?<=\s)(\d{1,15})\s+"
    r"(\d{4}[\s-]\d\d[\s-]\d\d)[T\s]+(\d\d:\d\d:\d\d)\s*Z?\s+((?:[0-9A-Z][\s-]{0,20}){36})(?![0-9A-Z])",
    re.ASCII,
)


class Line(NamedTuple):
    """A check line: the end of the log's id, a position, the keeper's time there (whole seconds), how the hash begins.

    Written as people keep it by `str`.
    """

    log: bytes
    seq: int
    kept_at: Millis
    value: bytes

    def __str__(self) -> str:
        name, value = _letters(self.log), _letters(self.value)
        return f"{_TITLE} {_grouped(name)} {self.seq} {_time(self.kept_at)} {_grouped(value)} {_check(self)}"


def line_of(log: Log, position: int = 0) -> Line:
    """Return the check line of a log at a position, at its end where none is given.

    Raises RuleError where there is no record.
    """
    if not position:
        log.refresh()
        position = log.head.seq
    return line_at(log.id, position, log.kept_at(position), log.check_value(position))


def line_at(log_id: bytes, seq: int, kept_at: Millis, value: bytes) -> Line:
    """Return the check line of a log that had this hash at this position."""
    return Line(log_id[-NAME:], seq, min(kept_at, _LATEST) // 1000 * 1000, value[:VALUE])


def disagreement(line: Line, log_id: bytes, found: Line | None) -> str:
    """Return what a log has against a check line, empty where they agree.

    `found` is the log's own line at that position, None where it has no such record.
    """
    if line.log != log_id[-NAME:]:
        return _("the check line is of another log")
    if found is None:
        return _(
            "it ends here, before position {seq} of the check line: its end was cut off, or this is an older copy"
        ).format(seq=line.seq)
    if line.value != found.value:
        return _("it is not what it was when the check line was made: something here or before was changed or left out")
    if line.kept_at != found.kept_at:
        return _("the check line names another time than the record: it is not the line that was given out")
    return ""


def read_lines(text: str) -> list[Line]:
    """Return the check lines in a text (one that was typed in, a mail, a list), each once.

    Raises RuleError where there is none, or where one was mistyped or is not whole.
    """
    plain = _plain(text)
    matches = list(_LINE.finditer(plain))
    whole = {len(plain[: match.start()].rstrip(" \t\n:")) for match in matches}
    broken = [heading.end() for heading in _HEADING.finditer(plain) if heading.end() not in whole]
    if broken:
        number = plain.count("\n", 0, broken[0]) + 1
        raise RuleError(
            _("The check line in line {number} is not whole: compare it with the one that was given out.").format(
                number=number
            )
        )
    if not matches:
        raise RuleError(_("There is no check line here. One looks like this: {example}").format(example=_EXAMPLE))
    return list(dict.fromkeys(map(_read, matches)))


def read_file(path: Path) -> list[Line]:
    """Return the check lines in a text file; raises as `read_lines` does, and Unavailable where it cannot be read."""
    if is_database(path):
        raise RuleError(_("{file} is no text with check lines.").format(file=path))
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST + 1)
    except OSError as error:
        told = _("{file} cannot be read: {error}.").format(file=path, error=error.strerror or error)
        raise Unavailable(told) from error
    if len(data) > _LONGEST:
        raise RuleError(_("{file} is too long for a text with check lines.").format(file=path))
    try:
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        return read_lines(data.decode(encoding, "replace"))
    except RuleError as error:
        raise RuleError(f"{path}: {error}") from error


def _plain(text: str) -> str:
    """Return a text in capitals, without the marks of a mail that is quoted, and with every dash and blank alike."""
    made = unicodedata.normalize("NFKC", text)
    made = "".join(_plain_sign(sign) for sign in made)
    return "\n".join(line.lstrip("> |\t") for line in made.upper().splitlines())


def _plain_sign(sign: str) -> str:
    category = unicodedata.category(sign)
    return "-" if category == "Pd" or sign == "−" else "" if category == "Cf" else " " if category == "Zs" else sign


def _read(match: re.Match[str]) -> Line:
    name, seq, day, time, letters = match.groups()
    try:
        value, check = _bare(letters)[:-_CHECK], _bare(letters)[-_CHECK:]
        moment = datetime.fromisoformat(f"{re.sub(r'[^0-9]', '-', day)}T{time}+00:00")
        line = Line(_bytes(_bare(name)), int(seq), round(moment.timestamp()) * 1000, _bytes(value))
    except ValueError as error:
        raise _mistyped(seq) from error
    if _check(line) != check:
        raise _mistyped(seq)
    return line


def _mistyped(seq: str) -> RuleError:
    return RuleError(
        _("The check line of position {seq} was mistyped: compare it with the one that was given out.").format(seq=seq)
    )


def _bare(letters: str) -> str:
    return re.sub(r"[\s-]", "", letters).translate(_LOOK_ALIKES)


def _letters(data: bytes) -> str:
    """Return bytes, five at a time, as letters, eight at a time."""
    number = int.from_bytes(data, "big")
    return "".join(_LETTERS[number >> shift & 31] for shift in range(len(data) * 8 - 5, -1, -5))


def _bytes(letters: str) -> bytes:
    """Return the bytes that letters stand for; raises ValueError for a letter that is not among them."""
    number = 0
    for letter in letters:
        number = number << 5 | _LETTERS.index(letter)
    return number.to_bytes(len(letters) * 5 // 8, "big")


def _check(line: Line) -> str:
    """Return the letters that show a slip: the first 20 bits of the SHA-256 of all others, without hyphens."""
    said = f"{_letters(line.log)} {line.seq} {_time(line.kept_at)} {_letters(line.value)}"
    return _letters(sha256(said.encode()).digest()[:5])[:_CHECK]


def _grouped(letters: str) -> str:
    return "-".join(_fours(letters))


def _fours(letters: str) -> Iterator[str]:
    return (letters[start : start + 4] for start in range(0, len(letters), 4))


def _time(moment: Millis) -> str:
    return f"{datetime.fromtimestamp(moment // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


_EXAMPLE = str(Line(bytes(range(NAME)), 1043, 1_782_598_509_000, bytes(range(VALUE))))
