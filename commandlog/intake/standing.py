"""How a plan and a log stand to each other: what is in the log already, what reads otherwise now, what may be double.

A row that the log has is never written over; what changed in it since is said per column, old and new.
"""

from collections.abc import Iterator
from sqlite3 import Connection
from typing import NamedTuple

from commandlog.intake.deeds import Deed
from commandlog.intake.entries import Entry
from commandlog.intake.mapping import names
from commandlog.intake.plan import Plan
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


def other_imports(log: Log, plan: Plan) -> list[str]:
    """Return a warning for each earlier import that seems to have brought in the same rows under other keys.

    Rows are known again by their keys, which depend on the mapping: by another one, the same rows come in twice.
    """
    probed, known, double = _probe(log, plan)
    if known * 2 > probed:
        return []
    said = []
    told = _("{entry} brought in {file} with {mapping}: by another mapping, the same rows come in once more.")
    records = log.records_at(imports(log.db))
    for _since, record in sorted(records.items()):
        frame, words = record.frame, record.words or Words()
        if not isinstance(frame, Imported) or frame.mapping == plan.given.digest:
            continue
        if frame.file == plan.digest or (words.title and words.title == plan.source.name):
            by = _("the mapping {name}").format(name=(words.raw or {}).get("mapping", "?"))
            mapping = by if frame.mapping else _("no mapping")
            said.append(told.format(entry=record.reference, file=words.title or plan.source.name, mapping=mapping))
    if double * 2 > probed:
        told = _("{count} of {all} rows that were looked at are in the log under another key: they would be double.")
        said.append(told.format(count=double, all=probed))
    return said


def imports(db: Connection) -> list[int]:
    """Return the positions of the records that say where imported entries came from, oldest first."""
    query = f"SELECT rowid FROM {fulltext.NAME} WHERE {fulltext.NAME} MATCH ? ORDER BY rowid"
    return [since for (since,) in db.execute(query, (f"facets:{fulltext.facet('kind', 'imported')}",))]


def _probe(log: Log, plan: Plan) -> tuple[int, int, int]:
    """Return how many rows were looked for, how many are known, and how many an import has brought in otherwise.

    Those are found by their minute and their text.
    """
    step = max(1, len(plan) // PROBES)
    probes = [plan.entry(number) for number in plan.order[::step]]
    query = "SELECT since FROM entries WHERE occurred BETWEEN ? AND ? AND version = 0 LIMIT 20"
    known = double = 0
    for one in probes:
        if origins.position(log.db, one.origin):
            known += 1
            continue
        minute = one.occurred // 60_000 * 60_000
        found = [since for (since,) in log.db.execute(query, (minute, minute + 59_999))]
        double += any(_says(record, one.text) for record in log.records_at(found).values())
    return len(probes), known, double


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
