"""Guesses in which encoding a text was written: by its marks, as UTF-8 where it is, and else by its letters.

Most exports are UTF-8 or say so. What is left are the code pages of a desktop of its country. Latin scripts share most
of their bytes, so there the alphabets decide: of the pairs of code page and language, the one whose alphabet the text
keeps to. Of other scripts charset-normalizer knows how they look. What stays open is Western.
"""

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from commandlog.intake.rows import reading

WESTERN = "cp1252"
_BLOCK = 1 << 20
_SAMPLE = 1 << 14  # bytes of lines that are not ASCII; more of them do not change the answer
_ALPHABETS = (
    (WESTERN, ("éèêëàâçùûüôîïœÿæ", "äöüß", "éëïèöüáóíêçûô", "áéíóúüñªº", "áâãàçéêíóôõú", "àèéìíòóù", "åäöéü")),
    (WESTERN, ("æøåéôüöäòà", "áðéíóúýþæö", "àçèéíïòóúü")),
    ("cp1250", ("ąćęłńóśźż", "áčďéěíňóřšťúůýžľĺŕôä", "áéíóöőúüű", "ăâîșțşţ", "čćđšž", "äöüß", "ëç")),
    ("cp1254", ("çğıöşüâîû",)),
    ("cp1257", ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž")),
    ("iso8859_2", ("ąćęłńóśźż", "áčďéěíňóřšťúůýžľĺŕôä", "áéíóöőúüű", "čćđšž")),
    ("cp850", ("éèêëàâçùûüôîïÿæ", "äöüß", "éëïèöüáóíêç", "áéíóúüñ", "æøåé", "åäöé")),
    ("cp852", ("ąćęłńóśźż", "áčďéěíňóřšťúůýžľĺŕôä", "áéíóöőúüű", "čćđšž")),
    ("mac_roman", ("éèêëàâçùûüôîïœ", "äöüß", "áéíóúüñ", "åäö")),
)
_SIGNS = "‘’“”„«»–—…€°²³½¼§£©®±·•¿¡´\xa0№™"
"""What stands in texts of any of these languages."""
_OTHERS = (
    *("cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "cp1253", "iso8859_7", "cp1255", "cp1256"),
    *("cp932", "euc_jp", "gb18030", "big5", "euc_kr"),
)
_WORDS = re.compile(rb"[A-Za-z\x80-\xff]{2,}")
_ASCII = re.compile(rb"[A-Za-z]")
_HIGH = re.compile(rb"[\x80-\xff]")
_LEADING = re.compile(rb"[\x81-\x9f]")
_BROKEN = re.compile("[\udc80-\udcff]")


class Encoding(NamedTuple):
    """The name of an encoding, and how many bytes of the file are none of it and will be shown as U+FFFD."""

    name: str
    broken: int = 0


def guess_encoding(path: Path, start: bytes) -> Encoding:
    """Return the encoding of a file of which `start` are the first bytes; raises Unavailable where the disk refuses."""
    marked = _by_marks(start)
    if marked:
        return Encoding(marked)
    good, broken, sample = _as_utf8(path)
    if not broken or good >= broken * 4:
        return Encoding("utf-8", broken)
    return Encoding(_by_letters(sample))


def _by_marks(start: bytes) -> str:
    """Return the encoding that a byte order mark or zeros give away, or nothing."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if start.startswith(mark):
            return name
    zeros = [start[n::4].count(0) / (len(start) / 4) for n in range(4)]
    if min(zeros[1:]) > 0.9 > zeros[0]:
        return "utf-32-le"
    if min(zeros[:3]) > 0.9 > zeros[3]:
        return "utf-32-be"
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) > len(start) * 0.3 and min(even, odd) < len(start) * 0.02:
        return "utf-16-le" if odd > even else "utf-16-be"
    return ""


def _as_utf8(path: Path) -> tuple[int, int, bytes]:
    """Return how many characters beyond ASCII are good UTF-8, how many bytes are not, and lines with such bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = broken = 0
    sample = bytearray()
    with reading(path), path.open("rb") as file:
        while True:
            part = file.read(_BLOCK)
            if not part.isascii() or decoder.getstate()[0]:
                text = decoder.decode(part, final=not part)
                wrong = len(_BROKEN.findall(text))
                broken += wrong
                good += len(text) - wrong - len(text.encode("ascii", "ignore"))
                if wrong and len(sample) < _SAMPLE:
                    sample += _telling(part)
            if not part or (broken > 10_000 and good < broken):
                return good, broken, bytes(sample)


def _telling(part: bytes) -> bytes:
    """Return the first whole lines that are not ASCII."""
    lines = b"\n".join(one for one in part[: _SAMPLE * 16].splitlines() if not one.isascii())
    return lines if len(lines) <= _SAMPLE else lines[: lines.rfind(b"\n", 0, _SAMPLE) + 1] or lines[:_SAMPLE]


def _by_letters(sample: bytes) -> str:
    """Return the encoding in which the words of a text are words."""
    words = _WORDS.findall(sample)
    high = len(_HIGH.findall(sample))
    alone = sum(len(word) for word in words if not _ASCII.search(word))
    share, name = max(_latin(sample), key=lambda pair: pair[0])
    if share > 0.9 and alone <= high / 2:
        return name
    leading = len(_LEADING.findall(sample))  # where Japanese has first bytes, and no code page common letters
    other = _other(sample) if alone > high / 3 or share < (0.7 if leading > high / 4 else 0.5) else ""
    return other or (name if share > 0.7 and alone <= high / 2 else WESTERN)


def _latin(sample: bytes) -> list[tuple[float, str]]:
    """Return for each pair of code page and alphabet how much of the text keeps to it, the likeliest code pages first.

    Only signs that stand in no word are forgiven: "wys³ano" is no word of any language.
    """
    found = []
    for name, alphabets in _ALPHABETS:
        text = sample.decode(name, "replace").casefold()
        beyond = re.findall(r"[^\x00-\x7f]", text)
        inside = len(re.findall(rf"(?<=[a-z])[{re.escape(_SIGNS)}](?=[a-z])", text.replace("’", "'")))
        signs = sum(one in _SIGNS for one in beyond) - inside
        for alphabet in alphabets:
            known = sum(one in alphabet for one in beyond) + signs
            found.append((known / (len(beyond) or 1), name))
    return found


def _other(sample: bytes) -> str:
    """Return the encoding in which the text looks like one of another script, or nothing."""
    from charset_normalizer import from_bytes  # 60 ms to import, and most files are UTF-8

    best = from_bytes(sample, cp_isolation=list(_OTHERS)).best()
    return best.encoding if best is not None and best.chaos < 0.15 else ""
