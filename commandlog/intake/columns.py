"""What a column shows of itself: in its name, and in the cells of a sample."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from commandlog.intake.column_words import KNOWN_APART, PRIORITY, ROLE_WORDS, STATES
from commandlog.intake.coordinates import is_coordinate, is_pair, read_pair
from commandlog.intake.elapsed import is_short_clock, is_signed, is_span, unit_of
from commandlog.intake.notations import is_date_only, is_figure, is_time_only
from commandlog.intake.time_words import folded, is_zone
from commandlog.intake.time_writing import is_yearless
from commandlog.intake.timestamps import Clock
from commandlog.model.covenant import Covenant

ROW_NUMBERS = ("fid", "objectid", "index", "row", "rownumber", "rij", "volgnr", "ogc", "unnamed", "#")
LOOKED_AT = 300  # different values of a column on which its content is judged; fewer where there are many columns
_JOINED = (
    ("call", "sign"),
    ("time", "stamp"),
    ("date", "time"),
    ("reported", "by"),
    ("cross", "street"),
    ("row", "number"),
    ("time", "zone"),
    ("fecha", "hora"),
)
_LAST_PARTS = (
    *("tijdstip", "tijd", "datum", "uhrzeit", "zeit", "time", "date", "einde", "ende", "beginn", "begin", "status"),
    *("omschrijving", "beschreibung", "tekst", "text", "adresse", "adres", "strasse", "straat", "plaats", "locatie"),
)
_OFFSET = re.compile(r"(?i)(?:utc|gmt)? ?[+-]\d{1,2}(?::?\d{2})?$")
_CALLSIGN = re.compile(r"[^\W\d_]{1,12}(?:[ -][^\W\d_]{1,12})?[ .-]?\d{1,4}[a-z]?$", re.IGNORECASE)
_GRADE = re.compile(r"(?:p|prio|priorit\w*|priorytet|приоритет|пріоритет|grip|code|level|niveau)[ .:-]*(\w+)")
_FIGURE = re.compile(r"[+-]?\d+(?:[.,]\d+)?$")


def plain(text: str) -> str:
    """Return only the letters and figures of a text, without capitals and accents: what two spellings share."""
    if text.isascii():
        return "".join(filter(str.isalnum, text.lower()))
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


@lru_cache(maxsize=4_096)
def guessed_priority(value: str) -> str:
    """Return the priority that a word or number usually means, empty where it means none.

    "1 - High" and "Prio 1 (hoog)" mean what all their words mean together, where these agree.
    """
    if len(value) > 60:
        return ""
    text = folded(value)
    if found := PRIORITY.get(plain(text)):
        return found
    if grade := _GRADE.match(text):
        found = PRIORITY.get(plain(grade[0])) or PRIORITY.get(grade[1])
    meant = {PRIORITY[one] for one in re.findall(r"[^\W\d_]{2,}|\d+", text) if one in PRIORITY}
    return found or (meant.pop() if len(meant) == 1 else "")


@lru_cache(maxsize=4_096)
def guessed_state(value: str) -> str:
    """Return "open", "under_way" or "closed" for the word of a state, empty for any other."""
    return STATES.get(plain(folded(value[:60])), "")


@lru_cache(maxsize=1_024)
def words_of(name: str) -> list[str]:
    """Return the words of a column's name: "pmeTimeStamp" and "Time stamp" both have time and stamp (and timestamp)."""
    found = [one.lower() for one in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|#|@\w+", name)]
    whole = plain(name)
    if re.match(r"[Tt]\+", name) or (found[:1] == ["t"] and unit_of(name)):
        found.append("t+")
    return [*found, *(first + last for first, last in _JOINED if first in found and last in found), whole]


def _compound(word: str) -> tuple[str, ...]:
    """Return a word, and what it is put together of where it ends like a compound ("eindtijd", "Einsatzende")."""
    for end in _LAST_PARTS:
        if word.endswith(end) and len(word) - len(end) >= 3:
            return word, word.removesuffix(end), end
    return (word,)


class Vocabulary(NamedTuple):
    """What the covenant calls its units, places, categories and parties, as `plain` writes it."""

    unit: frozenset[str] = frozenset()
    place: frozenset[str] = frozenset()
    category: frozenset[str] = frozenset()
    party: frozenset[str] = frozenset()


def vocabulary(covenant: Covenant | None) -> Vocabulary:
    """Return the words of a covenant, none where there is no covenant."""
    if covenant is None:
        return Vocabulary()
    named = [
        [
            word
            for one in group
            for word in (one.code, *([one.name] if isinstance(one.name, str) else one.name.values()), *one.aliases)
        ]
        for group in (covenant.places, covenant.categories, covenant.parties)
    ]
    units = [word for one in covenant.units for word in (one.callsign, *one.aliases)]
    place, category, party, unit = (frozenset(map(plain, words)) - {""} for words in (*named, units))
    return Vocabulary(unit, place, category, party)


class Column:
    """What the sample shows of one column. Shares are of the different values, 0 to 1."""

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.words = words_of(name)
        self._folded = {part for one in self.words for part in _compound(folded(one))}
        self.rows = self.filled = self.length = 0
        self.values: set[str] = set()

    def look(self, values: Iterable[str], clocks: tuple[Clock, ...], known: Vocabulary, most: int = LOOKED_AT) -> None:
        """Measure the cells of the sample, by at most so many different values."""
        cells = list(values)
        given = [one for one in cells if one]
        self.rows, self.filled, self.length = len(cells), len(given), sum(map(len, given))
        self.values = set(given)
        few = [one[:2_000] for one in islice(dict.fromkeys(given), most)]
        count = len(few) or 1
        named = self.rank("coordinates") > 0
        self.pairs = sum((read_pair(one) is not None) if named else is_pair(one) for one in few) > count / 2
        self.dates = sum(_is_time(one, clocks) for one in few) / count
        self.days = sum(map(is_date_only, few)) / count
        self.clocks = sum(is_time_only(one) and not is_figure(one) for one in few) / count
        self.figure_clocks = sum(is_time_only(one) for one in few) / count
        self.figures = sum(_FIGURE.match(one) is not None for one in few) / count
        self.stamps = self.silent and all(one.isdigit() and len(one) in (12, 14) for one in few)
        self.yearless = sum(is_yearless(one) for one in few) / count
        self.signed = sum(map(is_signed, few)) / count
        self.unit = 1_000 if is_short_clock(self.name) else unit_of(self.name)
        self.spans = sum(is_span(one, self.unit) for one in few) / count
        self.zones = sum(_OFFSET.match(one) is not None or is_zone(one) for one in few) / count
        self.degrees = sum(map(is_coordinate, few)) / count
        self.states = sum(bool(guessed_state(one)) for one in few) / count
        self.grades = sum(bool(guessed_priority(one)) for one in few) / count
        self.callsigns = sum(_CALLSIGN.match(one) is not None for one in few) / count
        spellings = [plain(one[:200]) for one in few]
        self.known = {
            role: sum(one in words for one in spellings) / count for role, words in known._asdict().items() if words
        }

    def rank(self, role: str) -> int:
        """How well the name fits a role: 1 to 100, 0 where it does not."""
        words = ROLE_WORDS[role]
        return max((words.get(one, 0) for one in self._folded), default=0)

    def tells_apart(self, role: str) -> bool:
        """Whether the name makes the column part of the identity of rows without a key."""
        return not set(KNOWN_APART[role]).isdisjoint(self.words)

    def knows(self, role: str) -> bool:
        """Whether most of its values are the covenant's own words for this role."""
        return self.known.get(role, 0.0) >= 0.5

    @property
    def silent(self) -> bool:
        """Whether its name says nothing of what it holds."""
        return not any(self.rank(role) for role in ROLE_WORDS)

    @property
    def repeats(self) -> bool:
        """Whether few different values come back again and again."""
        return 1 < len(self.values) <= 60 and self.filled >= 3 * len(self.values)


def _is_time(value: str, clocks: tuple[Clock, ...]) -> bool:
    for clock in clocks:
        try:
            clock.read(value)
        except ValueError:
            continue
        return True
    return False
