"""How a plan and a log stand to each other: what is in the log already, what reads otherwise now, what may be double.

A row that the log has is never written over; what changed in it since is said per column, old and new.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import NamedTuple

from commandlog.intake.deeds import Deed
from commandlog.intake.entries import Entry
from commandlog.intake.mapping import names
from commandlog.intake.plan import Plan
from commandlog.intake.time_words import zone_of
from commandlog.language import _
from commandlog.log.derived import fulltext, origins
from commandlog.log.store import Log
from commandlog.model.frames import Frame
from commandlog.model.keeping import Imported
from commandlog.model.records import Proposed, Record, Said, Words

MAX_CHANGED = 1_000
PART = 500  # rows that are held against the log at once
PROBES = 100  # rows that are looked for under another key
_SHOWN = 60  # characters of an old or new value


class Difference(NamedTuple):
    """What reads otherwise in one column (or "time", "text", "place"): the old value and the new one, in words."""

    column: str
    old: str
    new: str

    def __str__(self) -> str:
        """Return it in words."""
        nothing = _("nothing")
        return _("{column}: {old} → {new}").format(
            column=self.column, old=_short(self.old) or nothing, new=_short(self.new) or nothing
        )


class Changed(NamedTuple):
    """A row that the log has under the same key with other contents; `entry` is the position."""

    line: int
    entry: int
    reference: str
    what: tuple[Difference, ...]


class Standing:
    """Collects what a log has of a plan, part by part; `changed` lists at most 1,000 of `changed_count`."""

    def __init__(self, log: Log, plan: Plan) -> None:
        """Begin with nothing."""
        self.log, self.plan = log, plan
        self.there = self.changed_count = 0
        self.changed: list[Changed] = []
        self._named = _names_of_columns(plan)
        task = plan.mapping.task
        steps = (task.accepted, task.started, task.done) if task else ()
        self._filled_in = {*names(plan.guess.columns.end), plan.guess.columns.duration, *steps}
        self._state = plan.guess.columns.state

    def compare(self, there: list[tuple[Entry, Deed, int]]) -> None:
        """Hold rows against the records that they made (at these positions).

        Erased words are left alone, and so are rows that nothing tells apart: it cannot be said which of them changed.
        """
        self.there += len(there)
        if not there:
            return
        found = self.log.records_at(position for _entry, _deed, position in there)
        for entry, deed, position in there:
            record = found.get(position)
            if record is None or record.words is None or record.frame is None or entry.key in self.plan.alike:
                continue
            by_column = {one.column: one for one in reversed(list(self._differences(entry, deed, record)))}
            if what := tuple(reversed(by_column.values())):
                self.changed_count += 1
                if len(self.changed) < MAX_CHANGED:
                    self.changed.append(Changed(entry.line, position, record.reference, what))

    def changes(self) -> list[str]:
        """Return a line for each row that reads otherwise now: where, which entry it made, and what changed."""
        told = _("{row} reads otherwise now than {entry} ({what}): the log keeps what it has")
        said = [
            told.format(row=self.plan.at(one.line), entry=one.reference, what="; ".join(map(str, one.what)))
            for one in self.changed
        ]
        more = self.changed_count - len(self.changed)
        return [*said, _("… and {count} more").format(count=more)] if more else said

    def _differences(self, entry: Entry, deed: Deed, record: Record) -> Iterator[Difference]:
        """Yield what differs; seconds and far decimals do not count, nor what has since come to its end."""
        frame: Frame = record.frame
        words = record.words or Words()
        if entry.occurred // 60_000 != frame.occurred_at // 60_000:
            local = self.plan.local
            yield Difference(self._named["time"], local(frame.occurred_at), local(entry.occurred))
        for role, old, new in (
            ("text", words.text, entry.text),
            ("place", words.where, entry.where),
            ("person", words.person, entry.person),
            ("coordinates", _point(words.pin), _point(entry.pin)),
        ):
            if old != new:
                yield Difference(self._named[role], old, new)
        before = words.raw or {}
        for one in dict.fromkeys([*before, *entry.raw]):
            old, new = before.get(one, ""), entry.raw.get(one, "")
            is_progress = (one in self._filled_in and not old) or (one == self._state and not deed.is_open)
            if _minute(old) != _minute(new) and not is_progress:
                yield Difference(one, old, new)
        if isinstance(frame, Said | Proposed):
            yield from self._facets(entry, frame, {**before, **entry.raw})

    def _facets(self, entry: Entry, frame: Frame, raw: dict[str, str]) -> Iterator[Difference]:
        """Yield the facets that differ and that no other column shows."""
        unit = frame.source.unit if frame.source else ""
        for role, old, new in (
            ("category", frame.category, entry.category),
            ("priority", frame.priority, entry.priority),
            ("unit", unit, entry.unit),
        ):
            if old != new and self._named[role] not in raw:
                yield Difference(self._named[role], old, new)


def standing(log: Log, plan: Plan) -> Standing:
    """Return how a whole plan stands to a log, without writing anything."""
    found = Standing(log, plan)
    for start in range(0, len(plan), PART):
        rows = [plan.both(number) for number in plan.order[start : start + PART]]
        known = positions(log.db, [entry.origin for entry, _deed in rows])
        found.compare([(entry, deed, known[entry.origin]) for entry, deed in rows if entry.origin in known])
    return found


def positions(db: Connection, wanted: list[str]) -> dict[str, int]:
    """Return the positions of the records that these origins (at most PART) have made; the new ones are absent."""
    marks = ",".join("?" * len(wanted))
    return dict(db.execute(f"SELECT origin, min(since) FROM origins WHERE origin IN ({marks}) GROUP BY 1", wanted))


def other_imports(log: Log, plan: Plan) -> tuple[list[str], str]:
    """Return a warning for each import of the same file by another mapping, and why the import is refused (or empty).

    Rows are known again by their keys, which depend on the mapping or the guess: by another one, the same rows come in
    twice. It is refused where most of the rows, or of those of an earlier import, are in the log under another key.
    """
    probe = _probe(log, plan)
    if probe.known * 2 > probe.looked:
        return [], ""
    said = []
    told = _("{entry} brought in {file} with {mapping}: by another mapping, the same rows come in once more.")
    records = {since: one for since, one in log.records_at(imports(log.db)).items() if isinstance(one.frame, Imported)}
    for _since, record in sorted(records.items()):
        frame, words = record.frame, record.words or Words()
        if not isinstance(frame, Imported) or frame.mapping == plan.given.digest:
            continue
        if frame.file == plan.digest or (words.title and words.title == plan.source.name):
            by = _("the mapping {name}").format(name=(words.raw or {}).get("mapping", "?"))
            mapping = by if frame.mapping else _("no mapping")
            said.append(told.format(entry=record.reference, file=words.title or plan.source.name, mapping=mapping))
    before = {one.frame.mapping for one in records.values() if isinstance(one.frame, Imported)}
    if names(plan.mapping.columns.key) and plan.given.digest in before:
        return said, ""  # a person says by what rows are known, as the time before: there is no guess to doubt
    return said, _doubles(probe, records)


def _doubles(probe: "_Probe", records: dict[int, Record]) -> str:
    """Return in one line which import would come in twice, empty for none."""
    by_import = Counter(min((one for one in records if one > since), default=0) for since in probe.double)
    for since, count in by_import.most_common():
        record = records.get(since)
        entries = record.frame.entries if record and isinstance(record.frame, Imported) else 0
        if not (len(probe.double) * 2 > probe.looked or count * 2 > entries > 0):
            continue
        told = _(
            "{count} of {all} rows that were looked at are in the log already, read otherwise ({entry}): they would be"
            " double. State key and order in a mapping (--write-mapping), or take them in all the same with --again."
        )
        entry = record.reference if record else _("an earlier import")
        return told.format(count=len(probe.double), all=probe.looked, entry=entry)
    return ""


def imports(db: Connection) -> list[int]:
    """Return the positions of the records that say where imported entries came from, oldest first."""
    query = f"SELECT rowid FROM {fulltext.NAME} WHERE {fulltext.NAME} MATCH ? ORDER BY rowid"
    return [since for (since,) in db.execute(query, (f"facets:{fulltext.facet('kind', 'imported')}",))]


class _Probe(NamedTuple):
    """How many rows were looked for, how many are known, and where those are that were brought in otherwise."""

    looked: int
    known: int
    double: list[int]


def _probe(log: Log, plan: Plan) -> _Probe:
    """Look for some rows, the earliest and others from all over: by their keys, else by their minute and text.

    Where day and month may have changed places, a row is looked for at the other day as well.
    """
    step = max(1, len(plan) // PROBES)
    probes = [plan.entry(number) for number in dict.fromkeys((*plan.order[:PROBES], *plan.order[::step]))]
    known, double = 0, []
    for one in probes:
        if origins.position(log.db, one.origin):
            known += 1
        elif since := next((at for moment in _moments(plan, one.occurred) if (at := _there(log, moment, one.text))), 0):
            double.append(since)
    return _Probe(len(probes), known, double)


def _there(log: Log, moment: int, text: str) -> int:
    """Return the position of the entry that an import made of this text in this minute, 0 for none."""
    query = "SELECT since FROM entries WHERE occurred BETWEEN ? AND ? AND version = 0 LIMIT 20"
    minute = moment // 60_000 * 60_000
    found = [since for (since,) in log.db.execute(query, (minute, minute + 59_999))]
    return next((at for at, record in log.records_at(found).items() if _says(record, text)), 0)


def _moments(plan: Plan, occurred: int) -> list[int]:
    """Return a moment, and the one with day and month the other way round where the file leaves that open."""
    if not any(one.seen > one.year_first for one in plan.guess.evidence[:1]):
        return [occurred]
    moment = datetime.fromtimestamp(occurred / 1000, UTC).astimezone(zone_of(plan.guess.zone))
    if moment.day > 12 or moment.day == moment.month:
        return [occurred]
    other = moment.replace(month=moment.day, day=moment.month)
    return [occurred, round(other.timestamp() * 1000)]


def _says(record: Record, text: str) -> bool:
    """Whether an import has brought in this text."""
    is_imported = record.frame is not None and record.frame.origin.startswith("import:")
    return is_imported and record.words is not None and record.words.text == text


def _names_of_columns(plan: Plan) -> dict[str, str]:
    """Return by role how the file calls it: its columns, else our own word."""
    columns = plan.guess.columns
    words = {"time": _("time"), "text": _("text"), "place": _("place"), "person": _("person")}
    words |= {"category": _("category"), "priority": _("priority"), "unit": _("unit"), "coordinates": _("coordinates")}
    found = {role: ", ".join(names(getattr(columns, role))) or word for role, word in words.items()}
    if not names(columns.text):
        found["text"] = columns.category or found["place"]
    return found


def _short(value: str) -> str:
    value = " ".join(value.split())
    value = value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"
    return f"“{value}”" if value else ""


def _point(pin: tuple[float, float] | None) -> str:
    return ", ".join(f"{one:.5f}" for one in pin) if pin else ""


def _minute(value: str) -> str:
    """Return a moment ("2020-01-01T20:14:05+01:00") without what is less than a minute, anything else as it is."""
    return value[:16] if len(value) in (22, 25) and value[4:5] == "-" and value[10:11] == "T" else value
