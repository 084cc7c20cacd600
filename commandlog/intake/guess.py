"""Guesses what the columns of a file mean: by their names in English and Dutch, and by what stands in them.

Names decide who is asked first, content decides whether the answer is believed. Only a sample is looked at for the
meaning of columns; the order of day and month, identity and the number of categories are decided over the whole file.
"""

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import msgspec

from commandlog.intake.columns import ROW_NUMBERS, Column, guessed_priority
from commandlog.intake.mapping import Columns, Mapping, names
from commandlog.intake.rows import Row, Table
from commandlog.intake.timestamps import (
    Clock,
    Evidence,
    Notation,
    decide,
    zone_of,
)
from commandlog.language import _
from commandlog.model.errors import RuleError

NULLS = ("\\N", "NULL", "null", "N/A", "n/a", "#N/A", "NaN", "nan", "None", "none", "-", "--", "(null)")
SAMPLE = 2_000
MAX_CATEGORIES = 200
MOSTLY = 0.9  # so much of a key must be filled and unique: one slip in a longer export must not change the keys of all


class Guess(NamedTuple):
    """Which columns hold what (those of the mapping, completed), how times are written, and which columns were guessed.

    `few` are columns with at most 200 different values. `identity` are the columns that with the minute tell rows apart
    where there is no key: chosen by their names alone, so that a longer export of the same log has the same.
    """

    columns: Columns
    notation: Notation
    zone: str
    nulls: frozenset[str]
    guessed: tuple[str, ...]
    few: frozenset[str]
    identity: tuple[str, ...]
    rows: int
    evidence: tuple[Evidence, ...]


def guess(table: Table, mapping: Mapping | None, timezone: str) -> Guess:
    """Return what the columns mean, reading the whole table once.

    What the mapping gives is kept, the rest is guessed. `timezone` is the event's own, for a mapping without one.
    Raises RuleError where no column holds times, or the mapping names a column that is not there.
    """
    mapping = mapping or Mapping()
    zone = mapping.timezone or timezone
    nulls = frozenset(NULLS if mapping.null is None else mapping.null)
    rows = iter(table)
    sample = list(islice(rows, SAMPLE))
    looked = _look(table, sample, nulls, zone)
    made = {one.name for one in mapping.extract}
    columns, guessed = _complete(mapping.columns, looked, made, table)
    first = names(columns.time)
    if not first:
        raise RuleError(
            _(
                "No column holds dates and times. Name one in a mapping ([columns] time = …); there are: {known}."
            ).format(known=", ".join(table.columns[:30]))
        )
    if not (names(columns.text) or columns.category or names(columns.place)):
        raise RuleError(
            _("No column says what happened. Name one in a mapping ([columns] text = …); there are: {known}.").format(
                known=", ".join(table.columns[:30])
            )
        )
    return _over_all(table, sample, rows, columns, guessed, mapping, zone, nulls, made)


def _look(table: Table, sample: list[Row], nulls: frozenset[str], zone: str) -> list[Column]:
    clocks = tuple(Clock(Notation(order), zone_of(zone)) for order in ("dmy", "mdy", "ymd"))
    looked = []
    for number, name in enumerate(table.columns):
        column = Column(name, number)
        cells = (row.values[number].strip() for row in sample)
        column.look(("" if one in nulls else one for one in cells), clocks)
        looked.append(column)
    return looked


def _complete(given: Columns, looked: list[Column], made: set[str], table: Table) -> tuple[Columns, tuple[str, ...]]:
    """Return the mapping's columns with the gaps filled, and the names of the roles that were filled."""
    found = {role: names(getattr(given, role)) for role in Columns.__struct_fields__}
    for role, wanted in found.items():
        for one in wanted:
            if one not in table.columns and one not in made:
                raise RuleError(
                    _(
                        "The mapping names a column “{column}” ([columns] {role}) that the file does not have: {known}."
                    ).format(column=one, role=role, known=", ".join(table.columns[:30]))
                )
    taken = {one for wanted in found.values() for one in wanted}
    free = [one for one in looked if one.filled and one.name not in taken]
    guessed = []
    for role, chosen in _choices(found, free):
        if chosen:
            found[role] = chosen
            guessed.append(role)
    single = ("unit", "person", "category", "priority", "latitude", "longitude")
    whole = {role: (given[0] if given else "") if role in single else given for role, given in found.items()}
    return msgspec.convert(whole, Columns), tuple(guessed)


def _choices(found: dict[str, list[str]], free: list[Column]) -> Iterable[tuple[str, list[str]]]:
    """Yield (role, columns) for each role that is open, taking columns away as they are chosen."""

    def take(role: str, able: list[Column]) -> list[str]:
        best = max(able, key=lambda one: (one.rank(role), one.filled, -one.number), default=None)
        if best is None:
            return []
        free.remove(best)
        return [best.name]

    if not found["time"]:
        yield "time", _time_columns(free)
    if not found["end"]:
        yield "end", take("end", [one for one in free if one.dates > 0.8 and one.rank("end")])
    if not found["latitude"]:
        pairs = [[one for one in free if one.name == name] for name in ("@latitude", "@longitude")]
        if not all(pairs):
            pairs = [
                [one for one in free if one.rank(role) and one.figures > 0.8] for role in ("latitude", "longitude")
            ]
        if all(pairs):
            yield "latitude", take("latitude", pairs[0])
            yield "longitude", take("longitude", pairs[1])
    if not found["priority"]:
        able = [one for one in free if one.rank("priority") and all(map(guessed_priority, one.values))]
        able = [one for one in able if one.figures < 1 or not {"severity", "urgency"} & set(one.words)]
        yield "priority", take("priority", able)
    for role in ("unit", "person"):
        if not found[role]:
            yield role, take(role, [one for one in free if one.rank(role)])
    wordy = [one for one in free if one.figures < 0.5 and one.dates < 0.5]
    if not found["text"]:
        yield "text", take("text", _texts(wordy))
    if not found["category"]:
        able = [one for one in wordy if one in free and one.rank("category") and _varies(one)]
        yield "category", take("category", able)
    if not found["place"]:
        places = [one for one in wordy if one in free and one.rank("place") and _varies(one) and not one.pairs]
        yield "place", [one.name for one in places[:4]]
    if not found["key"]:
        able = [
            one for one in free if one.rank("key") and not set(one.words) & set(ROW_NUMBERS) and not one.rank("unit")
        ]
        yield "key", take("key", [one for one in able if len(one.values) >= one.rows * MOSTLY])


def _varies(column: Column) -> bool:
    return len(column.values) > 1 or column.filled < 20


def _texts(wordy: list[Column]) -> list[Column]:
    """Return the columns that may hold the text: those named so; else the wordiest, where it is wordy at all."""
    plausible = [one for one in wordy if _varies(one) and not one.rank("place") and not one.rank("category")]
    named = [one for one in plausible if one.rank("text") and not set(one.words) & {"id", "stripped", "type"}]
    if named:
        return named
    spaced = [one for one in plausible if sum(" " in value for value in one.values) > len(one.values) / 2]
    return [max(spaced, key=lambda one: one.length / one.filled)] if spaced else []


def _time_columns(free: list[Column]) -> list[str]:
    """Return the column of times, or a column of days and one of times of day."""
    able = [one for one in free if one.dates > 0.8 and (one.figures < 0.5 or one.rank("time"))]
    able = [one for one in able if not one.rank("end")] or able
    if not able:
        return []
    whole = [one for one in able if one.days < 0.5] or able
    best = max(whole, key=lambda one: (one.filled > max(c.filled for c in whole) * 0.5, one.rank("time"), -one.number))
    free.remove(best)
    if best.days > 0.5:
        clocks = [one for one in free if one.clocks > 0.8 and not one.rank("end")]
        if clocks:
            clock = max(clocks, key=lambda one: (one.rank("time"), -one.number))
            free.remove(clock)
            return [best.name, clock.name]
    return [best.name]


def _over_all(
    table: Table,
    sample: list[Row],
    rest: Iterable[Row],
    columns: Columns,
    guessed: tuple[str, ...],
    mapping: Mapping,
    zone: str,
    nulls: frozenset[str],
    made: set[str],
) -> Guess:
    """Decide over the whole file what one row can overturn."""
    at = {name: number for number, name in enumerate(table.columns)}
    times = [at[names(role)[0]] for role in (columns.time, columns.end) if names(role) and names(role)[0] in at]
    joins = [at[one] for one in names(columns.time)[1:] if one in at]
    evidence = [Evidence() for _one in times]
    key = at.get(names(columns.key)[0]) if "key" in guessed else None
    few = {columns.category: set[str]()} if columns.category in at else {}
    keys: set[int] = set()
    count = 0
    for rows in (sample, rest):
        for row in rows:
            count += 1
            for number, one in zip(times, evidence, strict=True):
                value = row.values[number].strip()
                if value and value not in nulls:
                    one.add(f"{value} {row.values[joins[0]].strip()}" if joins and one is evidence[0] else value)
            if key is not None:
                keys.add(hash(row.values[key]))
            for name, values in few.items():
                if len(values) <= MAX_CATEGORIES:
                    values.add(row.values[at[name]].strip())
    if key is not None and len(keys) < count * MOSTLY:
        columns = _without_key(columns)
        guessed = tuple(one for one in guessed if one != "key")
    order = mapping.time.order
    notation = Notation(order or "dmy", mapping.time.format) if order or mapping.time.format else decide(evidence, zone)
    small = frozenset(name for name, values in few.items() if len(values) <= MAX_CATEGORIES)
    if columns.category in made:
        small |= {columns.category}
    identity = _identity(columns, guessed, table)
    return Guess(columns, notation, zone, nulls, guessed, small, identity, count, tuple(evidence))


def _identity(columns: Columns, guessed: tuple[str, ...], table: Table) -> tuple[str, ...]:
    """Return what tells rows apart: the text, and what is or is called a place or a category."""
    found = {*names(columns.text), *names(columns.place), *names(columns.category)}
    for role in ("place", "category"):
        if role in guessed or not getattr(columns, role):
            found |= {name for name in table.columns if Column(name, 0).rank(role)}
    taken = {one for role in ("time", "end", "priority", "unit") for one in names(getattr(columns, role))}
    return tuple(sorted(found - taken))


def _without_key(columns: Columns) -> Columns:
    given = {role: getattr(columns, role) for role in Columns.__struct_fields__}
    return msgspec.convert({**given, "key": []}, Columns)
