"""Makes one planned entry of one row: what each cell becomes, and by what the row is known again.

Frames hold codes only. A place becomes one where the covenant (or the value map) has it, and stays in words as well; a
category that the covenant does not have becomes a slug only where its column has few values; a unit that the covenant
does not have stays with the row's other cells, since a stranger's "unit" may be somebody's name.
"""

import hashlib
import math
import re
from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec import Struct

from commandlog.intake.columns import guessed_priority, plain
from commandlog.intake.geojson_rows import LATITUDE, LONGITUDE
from commandlog.intake.guess import Guess
from commandlog.intake.mapping import Mapping, Translator, names
from commandlog.intake.rows import Row
from commandlog.intake.timestamps import Clock, zone_of
from commandlog.language import _
from commandlog.model.covenant import Covenant, Named

MAX_PATTERN_TEXT = 2_000  # characters that a mapping's pattern is tried on
_SLUG = re.compile(r"[^a-z0-9]+")


class Entry(Struct, array_like=True, gc=False):
    """A row as it will be in the log. `occurred` is milliseconds UTC; `pin` degrees; `key` 16 bytes."""

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
    """Makes entries of one file. `counts` says how often something was left out, for the notices."""

    def __init__(self, columns: tuple[str, ...], guess: Guess, mapping: Mapping, covenant: Covenant) -> None:
        self.counts: Counter[str] = Counter()
        self.absent: Counter[str] = Counter()
        self.longitudes = 0.0
        self.at = {name: number for number, name in enumerate(columns)}
        for one in mapping.extract:
            self.at.setdefault(one.name, len(self.at))
        self._width = len(self.at)
        self._extracts = [(self.at[one.name], self.at[one.column], re.compile(one.pattern)) for one in mapping.extract]
        self._nulls = guess.nulls
        self._columns = columns
        self.clock = Clock(guess.notation, zone_of(guess.zone))
        self._covenant = covenant
        self._places = _known([(one.code, one.name, one.aliases) for one in covenant.places])
        self._categories = _known([(one.code, one.name, one.aliases) for one in covenant.categories])
        self._slugs = guess.few
        self._maps = {one: Translator(getattr(mapping.values, one)) for one in ("place", "category", "priority")}
        self._assign(guess, names(mapping.columns.ignore))
        self._seen: dict[bytes, int] = {}

    def _assign(self, guess: Guess, ignored: list[str]) -> None:
        """Note the numbers of the columns."""
        columns, at = guess.columns, self.at
        self._time, self._end = ([at[one] for one in names(given)] for given in (columns.time, columns.end))
        self._place = [at[one] for one in names(columns.place)]
        category, priority, unit, person = columns.category, columns.priority, columns.unit, columns.person
        self._category, self._priority = at.get(category, -1), at.get(priority, -1)
        self._unit, self._person = at.get(unit, -1), at.get(person, -1)
        self._pin = (at.get(columns.latitude, -1), at.get(columns.longitude, -1))
        self._text = [at[one] for one in names(columns.text)] or ([self._category] if self._category >= 0 else [])
        self._text = self._text or self._place
        self._key = [at[one] for one in names(columns.key)]
        self._tell_apart = [at[one] for one in guess.identity]
        self._key_names = "\x1f".join(names(columns.key))
        used = {*self._time, *self._text, *self._place, self._person, *self._pin}
        used |= {at[one] for one in ignored} | {at.get(LATITUDE, -1), at.get(LONGITUDE, -1)}
        optional = {*self._end, self._category, self._unit}
        self._rest = [(n, name) for n, name in enumerate(self._columns) if n not in used | optional]
        self._few = columns.category in self._slugs
        self._category_is_text = self._category in self._text

    def make(self, row: Row) -> Made:
        """Return the entry of a row; raises Fault where it cannot be one."""
        nulls = self._nulls
        cells = ["" if (cell := value.strip()) in nulls else cell for value in row.values]
        if self._extracts:
            self._extract(cells)
        occurred = self._moment(cells)
        text = ", ".join(cells[n] for n in self._text if cells[n])
        where = ", ".join(dict.fromkeys(cells[n] for n in self._place if cells[n]))
        text = text or (cells[self._category] if self._category >= 0 else "") or where
        if not text:
            column = self._columns[self._text[0]] if self._text and self._text[0] < len(self._columns) else ""
            raise Fault(column, _("says nothing: there is no text"))
        raw = {name: cells[n] for n, name in self._rest if cells[n]}
        entry = Entry(row.line, occurred, b"", text, where, self._place_code(cells), raw=raw)
        self._facets(entry, cells)
        self._ends(entry, cells)
        entry.pin = self._pinned(entry, cells)
        entry.key = self._identity(entry, cells)
        return Made(entry, cells)

    def _extract(self, cells: list[str]) -> None:
        cells.extend([""] * (self._width - len(cells)))
        for target, source, pattern in self._extracts:
            if not cells[target] and (found := pattern.search(cells[source][:MAX_PATTERN_TEXT])):
                cells[target] = (found[1] or "").strip()

    def _moment(self, cells: list[str]) -> int:
        written = " ".join(cells[n] for n in self._time if cells[n])
        name = self._columns[self._time[0]] if self._time[0] < len(self._columns) else ""
        if not cells[self._time[0]]:
            raise Fault(name, _("has no date and time"))
        try:
            return self.clock.read(written)
        except ValueError as error:
            raise Fault(name, str(error)) from error

    def _place_code(self, cells: list[str]) -> str:
        for n in self._place:
            if value := cells[n]:
                mapped = self._maps["place"].find(value)
                if found := self._places.get(plain(value if mapped is None else mapped), ""):
                    return found
                if mapped:
                    self.absent[mapped] += 1
        return ""

    def _facets(self, entry: Entry, cells: list[str]) -> None:
        """Category, priority, unit and person; what becomes a code is kept as written where nothing else shows it."""
        if self._category >= 0 and (value := cells[self._category]):
            mapped = self._maps["category"].find(value)
            entry.category = self._category_code(value, mapped)
            kept = self._category_is_text or plain(entry.category) == plain(value)
            if not kept and self._category < len(self._columns):
                entry.raw[self._columns[self._category]] = value
        if self._priority >= 0 and (value := cells[self._priority]):
            mapped = self._maps["priority"].find(value)
            entry.priority = guessed_priority(value) if mapped is None else mapped
            self.counts["priority"] += not entry.priority and mapped is None
        if self._unit >= 0 and (value := cells[self._unit]):
            unit = self._covenant.unit(value)
            if unit:
                entry.unit = unit.callsign
            elif self._unit < len(self._columns):
                entry.raw[self._columns[self._unit]] = value
                self.counts["unit"] += 1
        if self._person >= 0:
            entry.person = cells[self._person]

    def _category_code(self, value: str, mapped: str | None) -> str:
        if mapped is not None:
            return self._categories.get(plain(mapped), "") or slug(mapped)
        if found := self._categories.get(plain(value)):
            return found
        return slug(value) if self._few else ""

    def _ends(self, entry: Entry, cells: list[str]) -> None:
        """Keep the end beside the entry, with its offset; one that is no time stays as it is written."""
        for n in self._end[:1]:
            if value := cells[n]:
                name = self._columns[n] if n < len(self._columns) else "end"
                try:
                    end = self.clock.read(value)
                except ValueError:
                    self.counts["end unread"] += 1
                    entry.raw[name] = value
                    continue
                self.counts["end before"] += end < entry.occurred
                moment = datetime.fromtimestamp(end / 1000, UTC).astimezone(self.clock.zone)
                entry.raw[name] = moment.isoformat(timespec="seconds" if moment.second else "minutes")

    def _pinned(self, entry: Entry, cells: list[str]) -> tuple[float, float] | None:
        if self._pin[0] < 0 or not (cells[self._pin[0]] or cells[self._pin[1]]):
            return None
        first, second = cells[self._pin[0]], cells[self._pin[1]]
        try:
            latitude, longitude = float(first.replace(",", ".")), float(second.replace(",", "."))
        except ValueError:
            latitude = longitude = math.nan
        if abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude or longitude):
            self.longitudes += longitude
            self.counts["pinned"] += 1
            return latitude, longitude
        dutch = (0 < longitude < 300_000 and 300_000 < latitude < 650_000) or (
            0 < latitude < 300_000 and 300_000 < longitude < 650_000
        )
        self.counts["pin metres" if dutch else "pin"] += 1
        entry.raw.update({self._columns[n]: cells[n] for n in self._pin if n < len(self._columns) and cells[n]})
        return None

    def _identity(self, entry: Entry, cells: list[str]) -> bytes:
        """Return what the row is known by: its key columns; else minute, words, place and category, however spelt.

        A closing time that is filled in later, or seconds in a later export, do not make another row of it. The second
        of two rows that share all of this has a 1 behind its key, and so on.
        """
        values = [cells[n] for n in self._key]
        if any(values):
            parts = [self._key_names, *values]
        else:
            parts = ["", str(entry.occurred // 60_000), *(plain(cells[n]) for n in self._tell_apart if cells[n])]
        base = _digest("\x1f".join(parts))
        before = self._seen.get(base, 0)
        self._seen[base] = before + 1
        if before and any(values):
            self.counts["same key"] += 1
        return _digest(f"{base.hex()}\x1e{before}") if before else base


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def derived_key(key: bytes, what: str) -> str:
    """Return the import key of something that goes with a row: its incident, its link, its level."""
    return f"import:{_digest(key.hex() + what).hex()}"


def slug(value: str) -> str:
    """Return a value as a code ([a-z0-9-], at most 40 characters), empty where nothing of it remains."""
    return _SLUG.sub("-", value.lower()).strip("-")[:40].strip("-")


def _known(given: list[tuple[str, Named, tuple[str, ...]]]) -> dict[str, str]:
    """Return spelling → code of everything that the covenant calls by a code, a name or another name."""
    found: dict[str, str] = {}
    for code, name, aliases in given:
        spoken = [name] if isinstance(name, str) else list(name.values())
        for one in (code, *spoken, *aliases):
            found.setdefault(plain(one), code)
    found.pop("", None)
    return found
