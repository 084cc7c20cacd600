"""What columns of a log are usually called, in English and Dutch, and what a column shows of itself in a sample."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice

from commandlog.intake.timestamps import Clock, is_date_only, is_figure, is_time_only

ROLE_WORDS: dict[str, tuple[str, ...]] = {
    "time": (
        *("time", "timestamp", "datetime", "tijdstip", "datumtijd", "occurred", "created", "creation", "received"),
        *("opened", "reported", "start", "started", "begin", "date", "datum", "tijd", "when", "melddatum", "call"),
    ),
    "end": (
        "end",
        "ended",
        "closed",
        "close",
        "eind",
        "einde",
        "cleared",
        "resolved",
        "tot",
        "afgesloten",
        "closing",
        "afgehandeld",
        "gesloten",
        "finished",
        "eindtijd",
    ),
    "text": (
        *("message", "text", "tekst", "bericht", "melding", "description", "omschrijving", "beschrijving", "remarks"),
        *("opmerking", "opmerkingen", "notes", "note", "narrative", "details", "summary", "comment", "comments"),
        *("toelichting", "entry", "event", "subject", "title", "titel", "onderwerp", "regel"),
    ),
    "unit": ("unit", "eenheid", "callsign", "roepnaam", "roepnummer", "vehicle", "voertuig", "van", "from", "bron"),
    "person": ("reporter", "caller", "melder", "reportedby", "informant"),
    "place": (
        *("location", "locatie", "place", "plaats", "address", "adres", "street", "straat", "borough", "city", "wijk"),
        *("gemeente", "district", "zone", "area", "vak", "venue", "neighborhood", "neighbourhood", "buurt", "stad"),
        *("beat", "sector", "ward", "site", "crossstreet", "gate", "poort", "region", "block", "plek", "waar", "where"),
    ),
    "category": ("category", "categorie", "type", "soort", "kind", "aard", "class", "classification", "classificatie"),
    "priority": ("priority", "prioriteit", "prio", "urgency", "urgentie", "severity"),
    "latitude": ("latitude", "lat", "breedtegraad", "y"),
    "longitude": ("longitude", "lon", "lng", "long", "lengtegraad", "x"),
    "key": ("id", "nr", "number", "nummer", "no", "guid", "uuid", "key", "case", "kenmerk", "reference", "ref", "zaak"),
}
_PAIR = re.compile(r"(?i)(?:point ?)?\(? ?-?\d+\.\d+[, ]+-?\d+\.\d+ ?\)?$")
ROW_NUMBERS = ("fid", "objectid", "index", "row", "rownumber", "rij", "volgnr", "ogc", "unnamed", "#")
_JOINED = (
    ("call", "sign"),
    ("time", "stamp"),
    ("date", "time"),
    ("reported", "by"),
    ("cross", "street"),
    ("row", "number"),
)
_PRIORITY = {
    **dict.fromkeys(("p1", "prio1", "priority1", "a1", "1", "high", "hoog", "urgent", "spoed", "severe"), "urgent"),
    **dict.fromkeys(("p2", "prio2", "priority2", "a2", "2", "medium", "middel", "elevated", "verhoogd"), "elevated"),
    **dict.fromkeys(("p3", "prio3", "priority3", "b1", "b2", "b", "3", "p4", "4", "p5", "5"), "routine"),
    **dict.fromkeys(("low", "laag", "normal", "normaal", "routine", "minor"), "routine"),
    **dict.fromkeys(
        ("a0", "p0", "prio0", "0", "emergency", "noodgeval", "critical", "kritiek", "extreme"), "emergency"
    ),
}


def plain(text: str) -> str:
    """Return only the letters and figures of a text, without capitals and accents: what two spellings share."""
    if text.isascii():
        return "".join(filter(str.isalnum, text.lower()))
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def guessed_priority(value: str) -> str:
    """Return the priority that a word or number usually means, empty where it means none."""
    return _PRIORITY.get(plain(value), "")


def words_of(name: str) -> list[str]:
    """Return the words of a column's name: "pmeTimeStamp" and "Time stamp" both have time and stamp (and timestamp)."""
    found = [one.lower() for one in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|#|@\w+", name)]
    whole = plain(name)
    return [*found, *(first + last for first, last in _JOINED if first in found and last in found), whole]


class Column:
    """What the sample shows of one column."""

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.words = words_of(name)
        self.filled = self.length = 0
        self.values: set[str] = set()

    def look(self, values: Iterable[str], clocks: tuple[Clock, ...]) -> None:
        """Measure the cells of the sample."""
        cells = list(values)
        given = [one for one in cells if one]
        self.rows, self.filled, self.length = len(cells), len(given), sum(map(len, given))
        self.values = set(given)
        few = list(islice(self.values, 300))
        count = len(few) or 1
        self.pairs = sum(_PAIR.match(one) is not None for one in few) > count / 2
        self.dates = sum(_is_time(one, clocks) for one in few) / count
        self.days = sum(map(is_date_only, few)) / count
        self.clocks = sum(map(is_time_only, few)) / count
        self.figures = sum(is_figure(one.lstrip("-+").replace(",", ".")) for one in few) / count

    def rank(self, role: str) -> int:
        """How well the name fits a role: the place of the word in the list from the end, 0 for none."""
        words = ROLE_WORDS[role]
        return max((len(words) - words.index(one) for one in self.words if one in words), default=0)


def _is_time(value: str, clocks: tuple[Clock, ...]) -> bool:
    for clock in clocks:
        try:
            clock.read(value)
        except ValueError:
            continue
        return True
    return False
