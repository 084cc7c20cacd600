"""What an import would do, before it does it: the entries in the order of time, what is refused, and why.

Entries are held packed (some hundred bytes each), since a file must be read whole before its rows have an order.
"""

import hashlib
from array import array
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from commandlog.intake.deeds import TASK, Deed, Deeds, addressed
from commandlog.intake.entries import Entry, Fault, Maker, repeated_key
from commandlog.intake.grouping import Grouping, Incident, LevelChange
from commandlog.intake.guess import Guess, guess
from commandlog.intake.mapping import ROLES, names
from commandlog.intake.mapping_checks import NOTHING, Given, read_mapping
from commandlog.intake.pairing import Pairing
from commandlog.intake.readers import open_rows
from commandlog.intake.remarks import remarks
from commandlog.intake.rows import Refusals, Refused, Row, Table, reading
from commandlog.intake.time_words import zone_of
from commandlog.language import _, ngettext
from commandlog.model.covenant import Covenant

MAX_LISTED = 10_000  # refusals that are listed; the rest is counted
Progress = Callable[[int, int], None]
"""Is told how many rows are done, and how many there are in all (0: not known yet)."""

TELL_EVERY = 1_000  # rows
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[Entry, Deed]).decode


class Plan:
    """All that an import will do.

    `order` numbers the entries in the order of time (stable for equal times); `incidents`, `levels` and `ends` (which
    row closes which one that was `begun`) speak of entries by these numbers' targets, their numbers in the file's
    order. `alike` are the keys of rows that nothing tells apart. `refused` lists at most 10,000 of `refused_count`.
    """

    def __init__(self, source: Path, given: Given, covenant: Covenant, progress: Progress | None = None) -> None:
        """Read the file and plan its import; raises RuleError where it is no table that can be understood."""
        self.source = source
        self.given = given
        self.mapping = given.mapping
        self.table = Watched(open_rows(source, self.mapping.shape), progress)
        self.digest = _digest(source)
        self.refused: list[Refused] = []
        self.refused_count = 0
        self.tasks = self.ended = 0
        self._packed: list[bytes] = []
        _check(given, self.table, covenant)
        self.guess: Guess = guess(self.table, self.mapping, covenant.timezone, covenant)
        self.table.total = self.guess.rows
        self.warnings: list[str] = []  # what the log says against it
        self.doubles = ""  # why the log would hold these rows twice
        self._take_in(covenant)

    def _take_in(self, covenant: Covenant) -> None:
        """Make an entry of each row, and see what belongs together."""
        given = self.given
        maker = Maker(self.table.columns, self.guess, self.mapping, covenant)
        deeds = Deeds(given, covenant, maker.at, maker.clock, self.guess.columns)
        grouping, pairing = Grouping(given, covenant, maker.at), Pairing(given, maker.at)
        pair_to = _pair_to(given, covenant)
        occurred: list[int] = []
        for entry, deed, cells in self._made(maker, deeds):
            number = len(occurred)
            grouping.add(number, cells)
            if pairing.add(number, cells) and pair_to:
                deed = Deed(TASK, deed.party, *pair_to, deed.state)
            occurred.append(entry.occurred)
            self.tasks += deed.kind == TASK
            self.ended += entry.end > 0 or bool(deed.state and not deed.is_open)
            self._packed.append(_pack((entry, deed)))
        self.alike = self._order_alike(maker.repeated) if maker.repeated else frozenset()
        self.order = array("l", sorted(range(len(occurred)), key=occurred.__getitem__))
        self.incidents: list[Incident] = grouping.incidents(self.order, occurred)
        self.levels: dict[int, list[LevelChange]] = grouping.levels(self.order)
        self.ends = pairing.pairs(self.order, occurred)
        self.begun = frozenset(self.ends.values())
        self.first, self.last = (occurred[self.order[0]], occurred[self.order[-1]]) if occurred else (0, 0)
        self.notices = [*self.table.notices, *_notices(self, maker), *deeds.notices(), *grouping.notices()]

    def _made(self, maker: Maker, deeds: Deeds) -> Iterator[tuple[Entry, Deed, list[str]]]:
        """Yield the rows that can be taken in; the others are refused."""
        for row in self.table:
            try:
                entry, cells = maker.make(row)
            except Fault as fault:
                self._refuse(Refused(row.line, fault.column, fault.why))
                continue
            yield entry, deeds.of(entry, cells), cells
        for one in self.table.refused:
            self._refuse(one)
        self.refused.sort(key=lambda one: one.line)

    def _order_alike(self, repeated: dict[bytes, int]) -> frozenset[bytes]:
        """Give rows that are alike in all that they are known by their keys in the order of their ends; return these.

        A later export may have them in another order, and the same row must be known again; those without an end come
        last, so that one which has got its end since is the one that was open.
        """
        base_of = {repeated_key(base, n): base for base, count in repeated.items() for n in range(count)}
        alike: dict[bytes, list[tuple[bool, int, int]]] = {}
        for number, packed in enumerate(self._packed):
            entry, _deed = _unpack(packed)
            if base := base_of.get(entry.key):
                alike.setdefault(base, []).append((not entry.end, entry.end, number))
        for base, found in alike.items():
            for n, (_open, _end, number) in enumerate(sorted(found)):
                entry, deed = _unpack(self._packed[number])
                entry.key = repeated_key(base, n)
                self._packed[number] = _pack((entry, deed))
        return frozenset(base_of)

    def _refuse(self, one: Refused) -> None:
        self.refused_count += 1
        if len(self.refused) < MAX_LISTED:
            self.refused.append(one)

    def __len__(self) -> int:
        """How many entries it will make."""
        return len(self._packed)

    def entry(self, number: int) -> Entry:
        """Return an entry by its number in the file's order."""
        return _unpack(self._packed[number])[0]

    def both(self, number: int) -> tuple[Entry, Deed]:
        """Return an entry and what it becomes, by its number in the file's order."""
        return _unpack(self._packed[number])

    def entries(self) -> Iterator[tuple[int, Entry]]:
        """Yield (number, entry) in the order of time."""
        for number in self.order:
            yield number, self.entry(number)

    def at(self, line: int) -> str:
        """Return where a row stands, in words."""
        if self.table.unit == "line":
            return _("line {number}").format(number=line)
        return {"feature": _("feature {number}"), "record": _("record {number}")}.get(
            self.table.unit, _("row {number}")
        ).format(number=line)

    def refusals(self) -> list[str]:
        """Return a line for each row that is refused: where, which column, why."""
        said = [f"{self.at(one.line)}: {f'{one.column}: ' if one.column else ''}{one.why}" for one in self.refused]
        more = self.refused_count - len(self.refused)
        return [*said, _("… and {count} more").format(count=more)] if more else said

    def local(self, millis: int) -> str:
        """Return a moment as it is in the file's zone, with its offset."""
        moment = datetime.fromtimestamp(millis / 1000, UTC).astimezone(zone_of(self.guess.zone))
        return moment.isoformat(sep=" ", timespec="minutes")


class Watched(Table):
    """A table of which somebody is told how far its reading has come; `total` is its rows, 0 while nobody knows."""

    def __init__(self, table: Table, progress: Progress | None) -> None:
        """Read as another table does, and tell."""
        self.__dict__.update(vars(table))
        self._progress = progress
        self.total = 0

    def _bounded(self, refused: Refusals) -> Iterator[Row]:
        rows = super()._bounded(refused)
        return self._told(rows, self._progress) if self._progress else rows

    def _told(self, rows: Iterator[Row], progress: Progress) -> Iterator[Row]:
        for count, row in enumerate(rows, start=1):
            if count % TELL_EVERY == 0:
                progress(count, max(self.total, count) if self.total else 0)
            yield row


def plan(covenant: Covenant, source: Path, mapping: Path | None = None, progress: Progress | None = None) -> Plan:
    """Return what importing `source` into a log under this covenant would do; raises RuleError or Unavailable."""
    return Plan(source, read_mapping(mapping) if mapping else NOTHING, covenant, progress)


def _digest(path: Path) -> bytes:
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _check(given: Given, table: Table, covenant: Covenant) -> None:
    """Raise RuleError where the mapping names a column that the file lacks, or a party that the covenant lacks."""
    at = {name: number for number, name in enumerate(table.columns)}
    for n, one in enumerate(given.mapping.extract):
        given.column(at, one.column, f"extract[{n}].column")
        at.setdefault(one.name, len(at))
    for role in ROLES:
        for name in names(getattr(given.mapping.columns, role)):
            given.column(at, name, f"columns.{role}")
    for n, name in enumerate(given.mapping.tell_apart):
        given.column(at, name, f"tell_apart[{n}]")
    parties = [("party", given.mapping.party), *((f"audience[{n}]", p) for n, p in enumerate(given.mapping.audience))]
    for key, party in parties:
        if party and not covenant.party(party):
            known = ", ".join(one.code for one in covenant.parties)
            told = _("the covenant has no party “{party}”. It has: {known}")
            raise given.wrong(key, told.format(party=party, known=known))


def _pair_to(given: Given, covenant: Covenant) -> tuple[str, str] | None:
    pairs = given.mapping.pairs
    return addressed(given, covenant, pairs.to, "pairs.to") if pairs and pairs.to else None


def _far(longitude: float, plan: Plan) -> bool:
    """Whether a place is more than three hours of the sun away from the zone, while times are local."""
    if any(one.offsets for one in plan.guess.evidence):
        return False
    offset = datetime.fromtimestamp(plan.first / 1000, UTC).astimezone(zone_of(plan.guess.zone)).utcoffset()
    return offset is not None and abs(longitude / 15 - offset.total_seconds() / 3600) > 3


def _notices(plan: Plan, maker: Maker) -> list[str]:
    """Return what a person should know before going on."""
    counts, clock = maker.counts, maker.clock
    many = _too_many if plan.mapping.columns.category else _uncoded
    told = [
        (clock.skipped, _skipped),
        (clock.doubled, _doubled),
        (maker.timeless, _timeless),
        (counts["end no time"], _end_timeless),
        (counts["pin"], _no_place),
        (counts["end unread"], _end_unread),
        (counts["end before"], _end_before),
        (counts["category"], many),
        (counts["unit"], _no_unit),
        (counts["priority"], _no_priority),
        (sum(maker.repeated.values()), _alike),
        (counts["same key"], _same_key),
    ]
    where = plan.at(maker.no_place)
    said = [words(count).format(count=count, where=where) for count, words in told if count]
    said += remarks(maker, plan.guess)
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
    return said


def _timeless(count: int) -> str:
    return ngettext(
        "{count} row has a date and no time of day: it is taken as 00:00.",
        "{count} rows have a date and no time of day: they are taken as 00:00.",
        count,
    )


def _end_timeless(count: int) -> str:
    return ngettext(
        "{count} end has a date and no time of day: it is taken as 00:00.",
        "{count} ends have a date and no time of day: they are taken as 00:00.",
        count,
    )


def _skipped(count: int) -> str:
    return ngettext(
        "{count} time falls in the hour that the clock skips in spring: read by the clock before.",
        "{count} times fall in the hour that the clock skips in spring: read by the clock before.",
        count,
    )


def _doubled(count: int) -> str:
    return ngettext(
        "{count} time falls in the hour that the clock shows twice in autumn: the first is taken.",
        "{count} times fall in the hour that the clock shows twice in autumn: the first is taken.",
        count,
    )


def _no_place(count: int) -> str:
    return ngettext(
        "{count} row has coordinates that are no place on earth ({where}): no pin.",
        "{count} rows have coordinates that are no place on earth (the first in {where}): no pins.",
        count,
    )


def _end_unread(count: int) -> str:
    return ngettext(
        "{count} end time cannot be read: kept as it is written.",
        "{count} end times cannot be read: kept as they are written.",
        count,
    )


def _end_before(count: int) -> str:
    return ngettext(
        "{count} row ends before it begins: kept as it is.",
        "{count} rows end before they begin: kept as they are.",
        count,
    )


def _too_many(count: int) -> str:
    return ngettext(
        "{count} row has a category that the covenant does not have: kept in words, since there are too many.",
        "{count} rows have a category that the covenant does not have: kept in words, since there are too many.",
        count,
    )


def _uncoded(count: int) -> str:
    return ngettext(
        "{count} row has a category that the covenant does not have: kept in words; a mapping that"
        " names the column makes a code of it.",
        "{count} rows have a category that the covenant does not have: kept in words; a mapping that"
        " names the column makes codes of them.",
        count,
    )


def _no_unit(count: int) -> str:
    return ngettext(
        "{count} row names a unit that the covenant does not have: kept with the other cells.",
        "{count} rows name a unit that the covenant does not have: kept with the other cells.",
        count,
    )


def _no_priority(count: int) -> str:
    return ngettext(
        "{count} priority is none that is known: left out.",
        "{count} priorities are none that is known: left out.",
        count,
    )


def _alike(count: int) -> str:
    return ngettext(
        "{count} row is like another one in all that it is known by: it is taken in.",
        "{count} rows are like another one in all that they are known by: each is taken in.",
        count,
    )


def _same_key(count: int) -> str:
    return ngettext(
        "{count} row has the same key as one before it: it is taken in.",
        "{count} rows have the same key as one before them: each is taken in.",
        count,
    )
