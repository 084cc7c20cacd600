"""Makes one planned entry of one row: what each cell becomes, and by what the row is known again.

Frames hold codes only. A place becomes one where the covenant (or the value map) has it, and stays in words as well; a
category that the covenant does not have becomes a slug only where a mapping names its column and that has few values,
else it stays with the row's other cells; a unit that the covenant does not have stays there too, since a stranger's
"unit" may be somebody's name.
"""

import hashlib
import re
from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec import Struct

from commandlog.intake.codes import Codes
from commandlog.intake.column_words import LONGEST_UNSAID, MEANINGFUL_TEXT
from commandlog.intake.columns import plain
from commandlog.intake.coordinates import read_pair
from commandlog.intake.elapsed import span
from commandlog.intake.geojson_rows import LATITUDE, LONGITUDE
from commandlog.intake.guess import Guess
from commandlog.intake.mapping import Mapping, names
from commandlog.intake.patterns import MAX_TEXT
from commandlog.intake.reference import Pins
from commandlog.intake.rows import Row
from commandlog.intake.time_words import zone_of
from commandlog.intake.timestamps import LATEST, Clock
from commandlog.language import _
from commandlog.model.covenant import Covenant

MAX_PATTERN_TEXT = MAX_TEXT
_MIDNIGHT = ("00:00", "00:00:00", "00:00:00.000")  # how a workbook gives a date that has no time of day


class Entry(Struct, array_like=True, gc=False):
    """A row as it will be in the log.

    `occurred` and `end` (0: none) are milliseconds UTC; `pin` degrees; `key` 16 bytes. `state`, `party` and `kind` are
    what their columns hold, as the mapping's values translate it.
    """

    line: int
    occurred: int
    key: bytes
    text: str
    where: str = ""
    place: str = ""
    category: str = ""
    priority: str = ""
    unit: str = ""
    person: str = ""
    pin: tuple[float, float] | None = None
    raw: dict[str, str] = {}
    end: int = 0
    state: str = ""
    party: str = ""
    kind: str = ""

    @property
    def origin(self) -> str:
        """The import key by which the log knows the row again."""
        return f"import:{self.key.hex()}"


class Fault(Exception):
    """This row is not taken in: column and reason."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column
        self.why = why


class Made(NamedTuple):
    """An entry, and all cells of its row (also those that the mapping extracts), without null words."""

    entry: Entry
    cells: list[str]


class Maker:
    """Makes entries of one file. `counts` says how often something was left out, for the notices.

    `repeated` counts, by the key of the first one, rows that are alike in all that they are known by.
    """

    def __init__(self, columns: tuple[str, ...], guess: Guess, mapping: Mapping, covenant: Covenant) -> None:
        self.counts: Counter[str] = Counter()
        self.read = 0  # rows that have a time
        self.absent: Counter[str] = Counter()
        self.longitudes = 0.0
        self.no_place = 0  # the line of the first row whose coordinates are no place
        self.at = {name: number for number, name in enumerate(columns)}
        for one in mapping.extract:
            self.at.setdefault(one.name, len(self.at))
        self._width = len(self.at)
        self._extracts = [(self.at[one.name], self.at[one.column], re.compile(one.pattern)) for one in mapping.extract]
        self._nulls, self._unsaid = guess.nulls, guess.unsaid
        self._columns = columns
        self.clock = Clock(guess.notation, zone_of(guess.zone))
        coded = bool(mapping.columns.category) and guess.columns.category in guess.few
        self._codes = Codes(mapping, covenant, coded=coded)
        self._pins = Pins(guess.system, self.counts)
        self._unit_of_duration = guess.unit
        self._assign(guess, names(mapping.columns.ignore))
        self._seen: dict[bytes, int] = {}
        self.repeated: dict[bytes, int] = {}

    def _assign(self, guess: Guess, ignored: list[str]) -> None:
        """Note the numbers of the columns."""
        columns, at = guess.columns, self.at
        self._time, self._end = ([at[one] for one in names(given)] for given in (columns.time, columns.end))
        self._place = [at[one] for one in names(columns.place)]
        self._category, self._priority, self._unit, self._person, self._both, self._duration = (
            at.get(getattr(columns, role), -1)
            for role in ("category", "priority", "unit", "person", "coordinates", "duration")
        )
        self._as_written = [(role, at[name]) for role in ("state", "party", "kind") if (name := getattr(columns, role))]
        self._pin = (at.get(columns.latitude, -1), at.get(columns.longitude, -1))
        self._text = [at[one] for one in names(columns.text)] or ([self._category] if self._category >= 0 else [])
        self._text = self._text or self._place
        self._key = [at[one] for one in names(columns.key)]
        self._tell_apart = [at[one] for one in guess.identity]
        self._key_names = "\x1f".join(names(columns.key))
        used = {*self._time, *self._text, *self._place, self._person, *self._pin, self._both}
        used |= {at[one] for one in ignored} | {at.get(LATITUDE, -1), at.get(LONGITUDE, -1)}
        optional = {*self._end, self._category, self._unit, *(n for role, n in self._as_written if role == "party")}
        self._rest = [(n, name) for n, name in enumerate(self._columns) if n not in used | optional]
        self._category_is_text = self._category in self._text

    def make(self, row: Row) -> Made:
        """Return the entry of a row; raises Fault where it cannot be one."""
        nulls = self._nulls
        cells = ["" if (cell := value.strip()) in nulls else cell for value in row.values]
        if self._extracts:
            self._extract(cells)
        occurred = self._moment(cells)
        where = self._where(cells)
        text = ", ".join([cells[n] for n in self._text if cells[n]])
        text = text or (cells[self._category] if self._category >= 0 else "") or where or self._meant(row)
        if not text:
            raise Fault(self._name(self._text[0]) if self._text else "", _("says nothing: there is no text"))
        raw = {name: cells[n] for n, name in self._rest if cells[n]}
        entry = Entry(row.line, occurred, b"", text, where, raw=raw)
        self._facets(entry, cells)
        self._ends(entry, cells)
        unpinned = self.counts["pin"]
        entry.pin = self._pinned(entry, cells)
        if self.counts["pin"] > unpinned and not self.no_place:
            self.no_place = row.line
        entry.key = self._identity(entry, cells)
        return Made(entry, cells)

    def _name(self, number: int) -> str:
        return self._columns[number] if number < len(self._columns) else ""

    def _meant(self, row: Row) -> str:
        """Return a text that reads like a null word ("none") and is all that the row says."""
        for n in self._text:
            if n < len(row.values) and (value := row.values[n].strip()) in MEANINGFUL_TEXT:
                return value
        return ""

    def _said(self, cell: str) -> str:
        """Return a cell, empty where it only says that nothing is known."""
        return "" if len(cell) < LONGEST_UNSAID and cell.casefold() in self._unsaid else cell

    def _extract(self, cells: list[str]) -> None:
        cells.extend([""] * (self._width - len(cells)))
        for target, source, pattern in self._extracts:
            if not cells[target] and (found := pattern.search(cells[source][:MAX_PATTERN_TEXT])):
                cells[target] = (found[1] or "").strip()

    def _moment(self, cells: list[str]) -> int:
        first = self._time[0]
        written = cells[first] if len(self._time) == 1 else " ".join([cells[n] for n in self._time if cells[n]])
        dated = cells[first] or self.clock.notation.kind
        if not written or not dated or not self._said(written):
            raise Fault(self._name(first), _("has no date and time"))
        timeless = self.clock.timeless
        try:
            occurred = self.clock.read(written)
            self.read += 1
        except ValueError as error:
            raise Fault(self._name(first), str(error)) from error
        self.counts["no time"] += self.clock.timeless > timeless
        self.counts["midnight"] += written.endswith(_MIDNIGHT) and not self.clock.notation.kind
        return occurred

    def _where(self, cells: list[str]) -> str:
        given = [cells[n] for n in self._place if cells[n]]
        return ", ".join(dict.fromkeys([one for one in given if self._said(one)])) if given else ""

    def _facets(self, entry: Entry, cells: list[str]) -> None:
        """Place, category, priority, unit, person; what gets no code is kept as written where nothing else shows it."""
        codes = self._codes
        for n in self._place:
            if cells[n]:
                code, absent = codes.place(cells[n])
                if absent:
                    self.absent[absent] += 1
                if code:
                    entry.place = code
                    break
        if self._category >= 0 and (value := cells[self._category]):
            means = self._said(value) or codes.maps("category", value)
            entry.category = codes.category(value) if means else ""
            self.counts["category"] += bool(self._said(value)) and not (entry.category or codes.maps("category", value))
            kept = self._category_is_text or (entry.category and plain(entry.category) == plain(value))
            if not kept and self._category < len(self._columns):
                entry.raw[self._columns[self._category]] = value
        if self._priority >= 0 and (value := cells[self._priority]):
            entry.priority, known = codes.priority(value)
            self.counts["priority"] += not known and self._said(value) != ""
        if self._unit >= 0 and (value := cells[self._unit]):
            entry.unit = codes.unit(value)
            if not entry.unit and self._unit < len(self._columns):
                entry.raw[self._columns[self._unit]] = value
                self.counts["unit"] += self._said(value) != ""
        if self._person >= 0:
            entry.person = self._said(cells[self._person])
        for role, n in self._as_written:
            if value := self._said(cells[n]):
                setattr(entry, role, codes.as_written(role, value))

    def _ends(self, entry: Entry, cells: list[str]) -> None:
        """Note the end, and keep it beside the entry with its offset; one that is no time stays as it is written."""
        written = " ".join([cells[n] for n in self._end if cells[n]]) if self._end else ""
        if not written:
            self._lasts(entry, cells)
            return
        name = self._name(self._end[0]) or "end"
        entry.raw[name] = written
        if not self._said(written):
            return
        timeless = self.clock.timeless
        try:
            end = self.clock.read_end(written, entry.occurred)
        except ValueError:
            self.counts["end unread"] += 1
            return
        self.counts["end no time"] += self.clock.timeless > timeless
        if end // 60_000 < entry.occurred // 60_000:
            self.counts["end before"] += 1
        else:
            entry.end = max(end, entry.occurred)
        moment = datetime.fromtimestamp(end / 1000, UTC).astimezone(self.clock.zone)
        entry.raw[name] = moment.isoformat(timespec="seconds" if moment.second else "minutes")

    @property
    def timeless(self) -> int:
        """How many rows have a date and no time of day; all of them, where each of several says 00:00."""
        without, every = self.counts["no time"], self.counts["no time"] + self.counts["midnight"]
        return every if every == self.read > 2 else without

    def _lasts(self, entry: Entry, cells: list[str]) -> None:
        """Reckon the end from the duration, where there is one."""
        if self._duration < 0 or not (value := self._said(cells[self._duration])):
            return
        try:
            lasted = span(value, self._unit_of_duration)
        except ValueError:
            lasted = -1
        if 0 <= lasted <= LATEST - entry.occurred:
            entry.end = entry.occurred + lasted
        else:
            self.counts["duration"] += 1

    def _pinned(self, entry: Entry, cells: list[str]) -> tuple[float, float] | None:
        """Return the pin; where the figures are not the degrees of it, they stay with the other cells."""
        columns: tuple[int, ...] = self._pin
        if self._both >= 0:
            columns = (self._both,)
            value = self._said(cells[self._both])
            pair = read_pair(value) if value else None
            self.counts["pin"] += bool(value) and pair is None
            pin = self._pins.of_pair(pair) if pair else None
        elif columns[0] >= 0 and (cells[columns[0]] or cells[columns[1]]):
            first, second = cells[columns[0]], cells[columns[1]]
            if not (self._said(first) or self._said(second)):
                return None
            pin = self._pins.read(first, second)
        else:
            return None
        if pin is None or self._pins.converts:
            entry.raw.update({self._columns[n]: cells[n] for n in columns if n < len(self._columns) and cells[n]})
        if pin is not None:
            self.longitudes += pin[1]
            self.counts["pinned"] += 1
        return pin

    def _identity(self, entry: Entry, cells: list[str]) -> bytes:
        """Return what the row is known by: its key columns; else minute, words, place and category, however spelt.

        A closing time that is filled in later, or seconds in a later export, do not make another row of it. The second
        of two rows that share all of this has a 1 behind its key, and so on.
        """
        values = [cells[n] for n in self._key]
        if any(values):
            parts = [self._key_names, *values]
        else:
            parts = ["", str(entry.occurred // 60_000), *[plain(cells[n]) for n in self._tell_apart if cells[n]]]
        base = _digest("\x1f".join(parts))
        before = self._seen.get(base, 0)
        self._seen[base] = before + 1
        if before and any(values):
            self.counts["same key"] += 1
        elif before:
            self.repeated[base] = before + 1
        return repeated_key(base, before)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def repeated_key(base: bytes, before: int) -> bytes:
    """Return the key of a row behind so many others that are alike in all that they are known by."""
    return _digest(f"{base.hex()}\x1e{before}") if before else base


def derived_key(key: bytes, what: str) -> str:
    """Return the import key of something that goes with a row: its incident, its link, its level."""
    return f"import:{_digest(key.hex() + what).hex()}"
