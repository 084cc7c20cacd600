"""What bringing an own export back would do: its entries, and the order in which they were written.

Entries are held packed, since a file in the order of happening is said again in the order of writing: what stands on
something else comes after it.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace

from commandlog.intake.own_rows import form_of, own_entries
from commandlog.intake.rows import Refused, reading
from commandlog.language import _, ngettext
from commandlog.log.derived import origins
from commandlog.log.derived.table import position_of
from commandlog.log.store import Log
from commandlog.model.covenant import Covenant
from commandlog.model.errors import RuleError
from commandlog.model.flat import Entry
from commandlog.model.records import SYSTEM_KINDS
from commandlog.model.words import label

OWN = "own:"
"""How the origin begins of what came from an own export: the id that it had in its log follows."""
LEFT_OUT = (
    *SYSTEM_KINDS,
    "attached",
    "released",
    "recalled",
    "erased",
    "held",
    "hold_lifted",
    "destroyed",
    "discarded",
    "closed",
)
"""Kinds that are not said again: what the program wrote of itself, and what concerned the keeping of the other log."""

_MOST = 1 << 53  # what a workbook and JSON of any make hold exactly
_HEX = re.compile(r"[0-9a-f]{32}")
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Entry).decode


SAID, CORRECTED, CONFIRMED, LINKED, MARKED = range(5)
"""What an event is: the entry as it was first said, a correction, a party that knows of it, its link, its mark."""


class Event(NamedTuple):
    """Something to write: where it stood in the other log, what it is, the number of its entry, and which of several.

    `which` counts corrections and confirmations from 1. Events sort as they were written.
    """

    position: int
    what: int
    number: int
    which: int = 0


class OwnPlan:
    """All that an import of an own export will do.

    `events` are in the order of the other log, `writers` the parties that wrote it down.
    """

    def __init__(self, source: Path, covenant: Covenant) -> None:
        """Read an own export; raises RuleError where it is none that can be read."""
        self.source = source
        self.form = form_of(source)
        if not self.form:
            told = _("{file} is no export of CommandLog: JSON lines, CSV or a workbook.")
            raise RuleError(told.format(file=source.name))
        with reading(source), source.open("rb") as file:
            self.digest = hashlib.file_digest(file, "sha256").digest()
        self.refused: list[Refused] = []
        self.events: list[Event] = []
        self.kinds: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.unread = self.erased = 0
        self.writers: set[str] = set()
        self.absent: dict[str, Counter[str]] = {}
        self._packed: list[bytes] = []
        self._ids: list[bytes] = []
        self._in_incident: list[tuple[int, int, str]] = []
        self._origins: list[str] = []
        self._numbers: dict[str, int] = {}
        self._misdirections: dict[str, int] = {}
        for line, entry in own_entries(source, self.form, self.refused):
            self._take(line, entry, covenant)
        self._link()
        self.events.sort()

    def _take(self, line: int, entry: Entry, covenant: Covenant) -> None:
        if entry.sealed or entry.recalled:
            self.unread += 1
        elif entry.kind in LEFT_OUT:
            self.left_out[entry.kind] += 1
        else:
            try:
                key = UUID(entry.id).bytes
                _check(entry)
            except (ValueError, OverflowError) as error:
                why = _("is no entry: {error}").format(error=error)
                self.refused.append(Refused(line, "", why))
                return
            self._keep(entry, key, covenant)

    def _keep(self, entry: Entry, key: bytes, covenant: Covenant) -> None:
        number = len(self._packed)
        self._packed.append(_pack(replace(entry, attachments=())))
        self._origins.append(entry.origin or f"{OWN}{key.hex()}")
        self._numbers[entry.reference] = number
        self.kinds[entry.kind] += 1
        self.erased += entry.erased
        self._ids.append(key)
        self.events.append(Event(entry.position, SAID, number))
        for index, old in enumerate(entry.earlier, start=1):
            self.events.append(Event(max(old.corrected_position, entry.position), CORRECTED, number, index))
        for index, one in enumerate(entry.confirmed, start=1):
            self.events.append(Event(max(one.position, entry.position), CONFIRMED, number, index))
        self.writers |= {entry.logged_by, *(one.corrected_by for one in entry.earlier)}
        self.writers |= {one.logged_by for one in entry.confirmed}
        if entry.kind == "misdirected":
            self._misdirections[entry.entry] = number
        if entry.significant:
            self.events.append(Event(self.events[-1].position, MARKED, number))
        if entry.incident:
            self._in_incident.append((entry.position, number, entry.incident))
        self._look_for(entry, covenant)

    def _link(self) -> None:
        """Link entries to their incidents as soon as both are there: nothing closes an incident before its links."""
        places = {one.number: one.position for one in self.events if one.what == SAID}
        for position, number, incident in self._in_incident:
            if (found := self.number_of(incident)) >= 0:
                self.events.append(Event(max(position, places[found]), LINKED, number))

    def _look_for(self, entry: Entry, covenant: Covenant) -> None:
        """Count the codes that the covenant does not have."""
        for what, code, found in (
            (_("party"), entry.party, covenant.party),
            (_("party"), entry.to_party, covenant.party),
            (_("place"), entry.place, covenant.place),
            (_("unit"), entry.unit, covenant.unit),
        ):
            if code and not found(code):
                self.absent.setdefault(what, Counter())[code] += 1

    def __len__(self) -> int:
        """How many entries it holds."""
        return len(self._packed)

    def entry(self, number: int) -> Entry:
        """Return an entry by its number in the file's order."""
        return _unpack(self._packed[number])

    def number_of(self, reference: str) -> int:
        """Return the number of the entry that people called so in the other log, -1 where the file does not have it."""
        return self._numbers.get(reference, -1)

    def misdirection_of(self, reference: str) -> int:
        """Return the number of what says that this entry reached the wrong party, -1 where nothing does."""
        return self._misdirections.get(reference, -1)

    def origin(self, number: int) -> str:
        """Return the key by which a log knows the entry again."""
        return self._origins[number]

    def id(self, number: int) -> bytes:
        """Return the id that the entry had in the other log."""
        return self._ids[number]

    def position(self, log: Log, number: int) -> int:
        """Return where an entry stands in a log, 0 where it does not have it."""
        return origins.position(log.db, self._origins[number]) or self.native(log, number)

    def native(self, log: Log, number: int) -> int:
        """Return where an entry stands in the log that it came from at first, 0 where this is not that log."""
        found = position_of(log.db, self._ids[number])
        key = self._origins[number].removeprefix(OWN)
        if (
            found
            or key == self._ids[number].hex()
            or not (self._origins[number].startswith(OWN) and _HEX.fullmatch(key))
        ):
            return found
        return position_of(log.db, bytes.fromhex(key))

    def already(self, log: Log) -> int:
        """Return how many of the entries a log has already."""
        return sum(self.position(log, number) > 0 for number in range(len(self)))

    def entries(self) -> Iterator[tuple[int, Entry]]:
        """Yield (number, entry) in the order of the file."""
        yield from ((number, self.entry(number)) for number in range(len(self)))

    def described(self) -> list[str]:
        """Return all that --dry-run shows: what the file is, what comes along and what does not; a line each."""
        form = {"jsonl": "JSON lines", "csv": "CSV", "xlsx": _("workbook")}[self.form]
        said = [
            _("{file}: an export of CommandLog ({form})").format(file=self.source.name, form=form),
            ngettext("{count} entry", "{count} entries", len(self)).format(count=len(self)),
        ]
        said += [f"  {label(kind)}: {count}" for kind, count in self.kinds.most_common()]
        return [*said, *self.notices(), *self.refusals()]

    def notices(self) -> list[str]:
        """Return what a person should know before going on."""
        said = []
        for what, codes in self.absent.items():
            told = _("The covenant has no {what} {codes} ({count} entries): kept in words.")
            said.append(told.format(what=what, codes=", ".join(sorted(codes)[:20]), count=codes.total()))
        for kind, count in self.left_out.items():
            told = _("Left out, since it concerned the other log only: {kind} ({count}).")
            said.append(told.format(kind=label(kind), count=count))
        if self.unread:
            told = _("Left out, since this copy does not say what they are: {count} entries.")
            said.append(told.format(count=self.unread))
        if self.erased:
            told = _("The words of {count} entries were erased: only that they were there comes along.")
            said.append(told.format(count=self.erased))
        said.append(_("New entries get references of their own; those of the other log stay with them."))
        return said

    def refusals(self) -> list[str]:
        """Return a line for each row that is no entry."""
        unit = _("row {number}") if self.form == "xlsx" else _("line {number}")
        return [f"{unit.format(number=one.line)}: {one.why}" for one in self.refused]


def _check(entry: Entry) -> None:
    """Raise ValueError or OverflowError where a time or a number of an entry is none that a log can hold."""
    if not moment(entry.occurred_at):
        raise ValueError(_("it does not say when it happened"))
    for text in (entry.heard_at, entry.answer_by, entry.finish_by, entry.review_by, entry.until):
        moment(text)
    numbers = [entry.position, entry.number]
    for old in entry.earlier:
        moment(old.occurred_at)
        numbers += [old.corrected_position, old.number]
    for one in entry.confirmed:
        moment(one.occurred_at)
        numbers.append(one.position)
    if not all(0 <= number < _MOST for number in numbers):
        raise ValueError(_("a number is too large"))


def moment(text: str) -> int:
    """Return a moment (ISO 8601 with offset) in milliseconds UTC, 0 for none; raises ValueError for anything else."""
    if not text:
        return 0
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(_("“{time}” has no offset").format(time=text))
    since = found - datetime.fromtimestamp(0, UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
