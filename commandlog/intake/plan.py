"""What an import would do, before it does it: the entries in the order of time, what is refused, and why.

Entries are held packed (some hundred bytes each), since a file must be read whole before its rows have an order.
"""

import hashlib
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from commandlog.intake.entries import Entry, Fault, Maker
from commandlog.intake.grouping import Grouping, Incident, LevelChange
from commandlog.intake.guess import Guess, guess
from commandlog.intake.mapping import Mapping, names, read_mapping
from commandlog.intake.readers import open_rows
from commandlog.intake.rows import Refused, Table, reading
from commandlog.intake.timestamps import zone_of
from commandlog.language import _, ngettext
from commandlog.model.covenant import Covenant
from commandlog.model.errors import RuleError

MAX_LISTED = 10_000  # refusals that are listed; the rest is counted
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Entry).decode


class Plan:
    """All that an import will do.

    `order` numbers the entries in the order of time (stable for equal times); `incidents` and `levels` speak of entries
    by these numbers' targets, their numbers in the file's order. `refused` lists at most 10,000 of `refused_count`.
    """

    def __init__(self, source: Path, mapping: Mapping, mapping_digest: bytes, covenant: Covenant) -> None:
        """Read the file and plan its import; raises RuleError where it is no table that can be understood."""
        self.source = source
        self.mapping = mapping
        self.mapping_digest = mapping_digest
        self.table: Table = open_rows(source, mapping.shape)
        self.digest = _digest(source)
        self.refused: list[Refused] = []
        self.refused_count = 0
        self._packed: list[bytes] = []
        self.guess: Guess = guess(self.table, mapping, covenant.timezone)
        _check_extracts(mapping, self.table)
        _check_party(mapping, covenant)
        maker = Maker(self.table.columns, self.guess, mapping, covenant)
        grouping = Grouping(mapping, covenant, maker.at)
        occurred = self._make(maker, grouping)
        self.order = array("l", sorted(range(len(occurred)), key=occurred.__getitem__))
        self.incidents: list[Incident] = grouping.incidents(self.order, occurred)
        self.levels: dict[int, list[LevelChange]] = grouping.levels(self.order)
        self.first, self.last = (occurred[self.order[0]], occurred[self.order[-1]]) if occurred else (0, 0)
        self.notices = [*self.table.notices, *_notices(self, maker, grouping)]

    def _make(self, maker: Maker, grouping: Grouping) -> list[int]:
        occurred: list[int] = []
        for row in self.table:
            try:
                entry, cells = maker.make(row)
            except Fault as fault:
                self._refuse(Refused(row.line, fault.column, fault.why))
                continue
            grouping.add(len(occurred), cells)
            occurred.append(entry.occurred)
            self._packed.append(_pack(entry))
        for one in self.table.refused:
            self._refuse(one)
        self.refused.sort(key=lambda one: one.line)
        return occurred

    def _refuse(self, one: Refused) -> None:
        self.refused_count += 1
        if len(self.refused) < MAX_LISTED:
            self.refused.append(one)

    def __len__(self) -> int:
        """How many entries it will make."""
        return len(self._packed)

    def entry(self, number: int) -> Entry:
        """Return an entry by its number in the file's order."""
        return _unpack(self._packed[number])

    def entries(self) -> Iterator[tuple[int, Entry]]:
        """Yield (number, entry) in the order of time."""
        for number in self.order:
            yield number, _unpack(self._packed[number])

    def at(self, line: int) -> str:
        """Return where a row stands, in words."""
        unit = _("feature {number}") if self.table.unit == "feature" else _("line {number}")
        return unit.format(number=line)

    def refusals(self) -> list[str]:
        """Return a line for each row that is refused: where, which column, why."""
        said = [f"{self.at(one.line)}: {f'{one.column}: ' if one.column else ''}{one.why}" for one in self.refused]
        more = self.refused_count - len(self.refused)
        return [*said, _("… and {count} more").format(count=more)] if more else said

    def description(self) -> list[str]:
        """Return in plain words how the file was understood, one statement each."""
        columns, guessed = self.guess.columns, self.guess.guessed
        said = [f"{self.source.name}: {self.table.form}"]
        for role, word in _roles().items():
            if given := names(getattr(columns, role)):
                how = _("guessed") if role in guessed else _("by the mapping")
                said.append(f"{word}: {' + '.join(given)} ({how})")
        if not names(columns.text):
            instead = columns.category or ", ".join(names(columns.place))
            said.append(_("There is no column of text: {column} stands for it.").format(column=instead))
        if not names(columns.key):
            said.append(_("Rows are known again by their minute, text, place and category."))
        said.append(_("Times are read as {order}, zone {zone}.").format(order=self._notation(), zone=self.guess.zone))
        return [*said, self.sums()]

    def sums(self) -> str:
        """Return in one line how much there is."""
        counted = [
            ngettext("{count} entry", "{count} entries", len(self)).format(count=len(self)),
            ngettext("{count} incident", "{count} incidents", len(self.incidents)).format(count=len(self.incidents)),
            _("{count} changes of level").format(count=sum(map(len, self.levels.values()))),
            _("{count} rows refused").format(count=self.refused_count),
        ]
        span = " – ".join(self._local(one) for one in (self.first, self.last)) if len(self) else ""
        return ", ".join(counted) + (f" ({span})" if span else "")

    def described(self) -> list[str]:
        """Return all that --dry-run shows: the guess, what to know, the first entries, the refusals; a line each."""
        said = [*self.description(), *self.notices]
        if len(self):
            said += [_("The first entries:"), *(f"  {one}" for one in self.preview())]
        if self.refused_count:
            said += [_("Refused:"), *(f"  {one}" for one in self.refusals())]
        return said

    def preview(self, rows: int = 5) -> list[str]:
        """Return the first entries as they will be: time, priority, text, place, category."""
        said = []
        for number in self.order[:rows]:
            one = self.entry(number)
            facets = [one.priority and f"!{one.priority}", one.unit, one.text, one.place or one.where]
            facets.append(one.category and f"#{one.category}")
            said.append(" · ".join([self._local(one.occurred), *(part for part in facets if part)]))
        return said

    def _local(self, millis: int) -> str:
        moment = datetime.fromtimestamp(millis / 1000, UTC).astimezone(zone_of(self.guess.zone))
        return moment.isoformat(sep=" ", timespec="minutes")

    def _notation(self) -> str:
        notation = self.guess.notation
        if notation.format:
            return notation.format
        if all(one.year_first == one.seen for one in self.guess.evidence):
            return _("year, month, day")
        return {"dmy": _("day, month, year"), "mdy": _("month, day, year"), "ymd": _("year, month, day")}[
            notation.order
        ]


def plan(covenant: Covenant, source: Path, mapping: Path | None = None) -> Plan:
    """Return what importing `source` into a log under this covenant would do; raises RuleError or Unavailable."""
    given, digest = read_mapping(mapping) if mapping else (Mapping(), b"")
    return Plan(source, given, digest, covenant)


def _digest(path: Path) -> bytes:
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _check_extracts(mapping: Mapping, table: Table) -> None:
    known = set(table.columns)
    for one in mapping.extract:
        if one.column not in known:
            raise RuleError(
                _("The mapping names a column “{column}” ({key}) that the file does not have: {known}.").format(
                    column=one.column, key="extract.column", known=", ".join(table.columns[:30])
                )
            )
        known.add(one.name)


def _check_party(mapping: Mapping, covenant: Covenant) -> None:
    if mapping.party and not covenant.party(mapping.party):
        known = ", ".join(one.code for one in covenant.parties)
        raise RuleError(
            _("The mapping names a party “{party}” that the covenant does not have. It has: {known}.").format(
                party=mapping.party, known=known
            )
        )


def _roles() -> dict[str, str]:
    return {
        "time": _("time"),
        "end": _("end"),
        "text": _("text"),
        "unit": _("unit"),
        "person": _("person"),
        "place": _("place"),
        "category": _("category"),
        "priority": _("priority"),
        "latitude": _("latitude"),
        "longitude": _("longitude"),
        "key": _("known again by"),
    }


def _far(longitude: float, plan: Plan) -> bool:
    """Whether a place is more than three hours of the sun away from the zone, while times are local."""
    if any(one.offsets for one in plan.guess.evidence):
        return False
    offset = datetime.fromtimestamp(plan.first / 1000, UTC).astimezone(zone_of(plan.guess.zone)).utcoffset()
    return offset is not None and abs(longitude / 15 - offset.total_seconds() / 3600) > 3


def _notices(plan: Plan, maker: Maker, grouping: Grouping) -> list[str]:
    """Return what a person should know before going on."""
    counts, clock = maker.counts, maker.clock
    told = [
        (clock.skipped, _("{count} times fall in the hour that the clock skips in spring: read by the clock before.")),
        (clock.doubled, _("{count} times fall in the hour that the clock shows twice in autumn: the first is taken.")),
        (counts["pin metres"], _("{count} coordinates are metres of the Dutch grid (RD), not degrees: no pins.")),
        (counts["pin"], _("{count} coordinates are no place on earth: no pins.")),
        (counts["end unread"], _("{count} end times cannot be read: kept as they are written.")),
        (counts["end before"], _("{count} rows end before they begin: kept as they are.")),
        (counts["unit"], _("{count} rows name a unit that the covenant does not have: kept with the other cells.")),
        (counts["priority"], _("{count} priorities are none that is known: left out.")),
        (counts["same key"], _("{count} rows have the same key as one before them: each is taken in.")),
    ]
    said = [text.format(count=count) for count, text in told if count]
    if plan.guess.notation.ambiguous:
        said.append(_("Day and month could be the other way round: say so in a mapping ([time] order = …)."))
    if maker.absent:
        places, rows = ", ".join(sorted(maker.absent)), maker.absent.total()
        said.append(
            _("The covenant has no place {places} ({count} rows): kept in words.").format(places=places, count=rows)
        )
    if counts["pinned"] and _far(maker.longitudes / counts["pinned"], plan):
        said.append(
            _("The coordinates lie far from the zone {zone}: say the right one in a mapping (timezone = …).").format(
                zone=plan.guess.zone
            )
        )
    for level, count in grouping.unknown.items():
        said.append(
            _("The covenant has no such level: {level} ({count} rows). It is not set.").format(level=level, count=count)
        )
    return said
