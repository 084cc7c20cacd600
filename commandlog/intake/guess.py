"""Guesses what the columns of a file mean, and how its times and coordinates are written.

Only a sample is looked at for the meaning of columns; the order of day and month, identity and the number of categories
are decided over the whole file. What a mapping states is kept.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

import msgspec

from commandlog.intake.choosing import MOSTLY, choose, kind_of
from commandlog.intake.column_words import NULLS, UNSAID
from commandlog.intake.columns import LOOKED_AT, Column, vocabulary, words_of
from commandlog.intake.coordinates import Pair, read_pair, read_value
from commandlog.intake.elapsed import MINUTE, is_short_clock, unit_of
from commandlog.intake.mapping import ROLES, SINGLE, Columns, Mapping, Names, names
from commandlog.intake.notations import Evidence, Notation, decide
from commandlog.intake.reference import System
from commandlog.intake.reference import decide as decide_system
from commandlog.intake.rows import Row, Table
from commandlog.intake.systems import city_of
from commandlog.intake.time_words import zone_of
from commandlog.intake.timestamps import Clock
from commandlog.language import _
from commandlog.model.covenant import Covenant
from commandlog.model.errors import RuleError

SAMPLE = 2_000
MAX_CATEGORIES = 200
_AXES = frozenset(("easting", "oost", "x", "rechtswert"))  # names of columns of metres that are never swapped
_UTC = frozenset(("utc", "gmt", "zulu"))  # in the name of the column of times


class Guess(NamedTuple):
    """Which columns hold what (those of the mapping, completed), how times are written, and which columns were guessed.

    `few` are columns with at most 200 different values. `identity` are the columns that with the minute tell rows apart
    where there is no key: chosen by their names alone, so that a longer export of the same log has the same. `nulls`
    are empty in any column, `unsaid` (without capitals) in those that become codes, times or places. A bare figure of
    the duration counts `unit` milliseconds.
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
    unsaid: frozenset[str] = frozenset()
    system: System = System()
    unit: int = 0


def guess(table: Table, mapping: Mapping | None, timezone: str, covenant: Covenant | None = None) -> Guess:
    """Return what the columns mean, reading the whole table once.

    What the mapping gives is kept, the rest is guessed. `timezone` is the event's own, for a mapping without one;
    `covenant` knows the words of the event. Raises RuleError where no column holds times, where times need a date or a
    start that nobody gave, or the mapping names a column that is not there.
    """
    mapping = mapping or Mapping()
    zone = mapping.timezone or timezone
    nulls = NULLS if mapping.null is None else frozenset(mapping.null)
    rows = iter(table)
    sample = list(islice(rows, SAMPLE))
    looked = _look(table, sample, nulls, zone, covenant)
    made = {one.name for one in mapping.extract}
    columns, guessed = _complete(mapping, looked, made, table, zone)
    _check(columns, table)
    if not (mapping.timezone or _UTC.isdisjoint(words_of(names(columns.time)[0]))):
        zone = "UTC"
    notation = _notation(columns, looked, mapping, zone)
    found = _over_all(table, sample, rows, columns, guessed, zone, nulls, made)
    if not (notation.format or mapping.time.order):
        decided = decide(list(found.evidence), zone)
        notation = notation._replace(order=decided.order, ambiguous=decided.ambiguous)
    system = decide_system(
        _pairs(found.columns, table, sample),
        system=mapping.coordinates.system,
        crs=table.crs,
        zone=mapping.timezone if city_of(mapping.timezone) else timezone,  # "UTC" is no place
        covenant=covenant,
        x_first=bool(found.columns.coordinates),
        sure=not _AXES.isdisjoint(words_of(found.columns.longitude)),
    )
    unsaid = UNSAID if nulls == NULLS else frozenset(one.casefold() for one in nulls)
    identity = tuple(mapping.tell_apart) or found.identity
    unit = _unit(found.columns.duration)
    return found._replace(notation=notation, system=system, unsaid=unsaid, identity=identity, unit=unit)


def _look(table: Table, sample: list[Row], nulls: frozenset[str], zone: str, covenant: Covenant | None) -> list[Column]:
    clocks = tuple(Clock(Notation(order), zone_of(zone)) for order in ("dmy", "mdy", "ymd"))
    known = vocabulary(covenant)
    most = max(30, min(LOOKED_AT, 100 * LOOKED_AT // (len(table.columns) + 1)))
    looked = []
    for number, name in enumerate(table.columns):
        column = Column(name, number)
        cells = (row.values[number].strip() for row in sample)
        column.look(("" if one in nulls else one for one in cells), clocks, known, most)
        looked.append(column)
    return looked


def _complete(
    mapping: Mapping, looked: list[Column], made: set[str], table: Table, zone: str
) -> tuple[Columns, tuple[str, ...]]:
    """Return the mapping's columns with the gaps filled, and the names of the roles that were filled."""
    found = {role: names(getattr(mapping.columns, role)) for role in ROLES}
    for role, wanted in found.items():
        for one in wanted:
            if one not in table.columns and one not in made:
                raise RuleError(
                    _(
                        "The mapping names a column “{column}” ([columns] {role}) that the file does not have: {known}."
                    ).format(column=one, role=role, known=", ".join(table.columns[:30]))
                )
    guessed = []
    for role, chosen in choose(found, looked, mapping.time, zone):
        if chosen:
            found[role] = chosen  # `choose` looks at what is found already
            guessed.append(role)
    return _columns(found), tuple(guessed)


def _columns(found: dict[str, list[str]]) -> Columns:
    whole: dict[str, Names] = {
        role: (given[0] if given else "") if role in SINGLE else given for role, given in found.items()
    }
    return msgspec.convert(whole, Columns)


def _check(columns: Columns, table: Table) -> None:
    """Raise RuleError where nothing says when, or nothing says what."""
    known = ", ".join(table.columns[:30])
    if not names(columns.time):
        raise RuleError(
            _(
                "No column holds dates and times. Name one in a mapping ([columns] time = …); there are: {known}."
            ).format(known=known)
        )
    if not (names(columns.text) or columns.category or names(columns.place)):
        raise RuleError(
            _("No column says what happened. Name one in a mapping ([columns] text = …); there are: {known}.").format(
                known=known
            )
        )


def _notation(columns: Columns, looked: list[Column], mapping: Mapping, zone: str) -> Notation:
    """Return how times are written, but for the order of day and month where the mapping does not state it.

    Raises RuleError where times of day have no date, or spans no start.
    """
    time = mapping.time
    by_name = {one.name: one for one in looked}
    chosen = [by_name[one] for one in names(columns.time) if one in by_name]
    kind = kind_of(chosen, time) if chosen else "elapsed" if time.start else "clock" if time.date else ""
    notation = Notation(time.order or "dmy", time.format, kind=kind)
    if kind == "elapsed" or time.start:
        if not time.start:
            raise RuleError(
                _("“{column}” counts from a start: give it in a mapping ([time] start = “2020-01-31 20:00”).").format(
                    column=chosen[0].name
                )
            )
        unit = (chosen[0].unit if chosen else 0) or MINUTE
        notation = notation._replace(start=_stated(time.start, "start", zone), unit=unit)
    if kind != "clock":
        return notation
    if time.date:
        stated = datetime.fromtimestamp(_stated(time.date, "date", zone) / 1000, UTC).astimezone(zone_of(zone))
        return notation._replace(day=stated.date())
    if chosen[0].dates == 0:
        raise RuleError(
            _(
                "“{column}” has times without a date: give the first day in a mapping ([time] date = “2020-01-31”)."
            ).format(column=chosen[0].name)
        )
    return notation


def _stated(written: str, key: str, zone: str) -> int:
    """Return a moment that the mapping states; raises RuleError where it is none."""
    try:
        return Clock(Notation(), zone_of(zone)).read(str(written).strip())
    except ValueError as error:
        raise RuleError(
            _("[time] {key} in the mapping: {fault}. Write it as “2020-01-31 20:00”.").format(key=key, fault=error)
        ) from error


def _pairs(columns: Columns, table: Table, sample: list[Row]) -> list[Pair]:
    """Return the coordinates of the sample, as far as they can be read."""
    at = {name: number for number, name in enumerate(table.columns)}
    pairs: list[Pair] = []
    if (both := at.get(columns.coordinates)) is not None:
        pairs = [pair for row in sample if (pair := read_pair(row.values[both].strip()))]
    elif columns.latitude in at and columns.longitude in at:
        first, second = at[columns.latitude], at[columns.longitude]
        for row in sample:
            one, other = read_value(row.values[first].strip()), read_value(row.values[second].strip())
            if one and other:
                pairs.append(Pair(one[0], other[0], one[1]))
    return [one for one in pairs if one.first or one.second]


def _unit(column: str) -> int:
    """Return what a bare figure of a duration counts: the unit that its name says, else minutes."""
    return 1_000 if is_short_clock(column) else unit_of(column) or MINUTE


def _over_all(
    table: Table,
    sample: list[Row],
    rest: Iterable[Row],
    columns: Columns,
    guessed: tuple[str, ...],
    zone: str,
    nulls: frozenset[str],
    made: set[str],
) -> Guess:
    """Decide over the whole file what one row can overturn."""
    at = {name: number for number, name in enumerate(table.columns)}
    times = [at[names(role)[0]] for role in (columns.time, columns.end) if names(role) and names(role)[0] in at]
    joins = [at[one] for one in names(columns.time)[1:2] if one in at]
    evidence = [Evidence() for _one in times]
    key = at.get(names(columns.key)[0]) if "key" in guessed else None
    category = at.get(columns.category, -1)
    categories: set[str] = set()
    keys: set[int] = set()
    count = 0
    for rows in (sample, rest):
        for row in rows:
            count += 1
            values = row.values
            for number, one in zip(times, evidence, strict=True):
                value = values[number].strip()
                if value and value not in nulls:
                    one.add(f"{value} {values[joins[0]].strip()}" if joins and one is evidence[0] else value)
            if key is not None:
                keys.add(hash(values[key]))
            if category >= 0 and len(categories) <= MAX_CATEGORIES:
                categories.add(values[category].strip())
    if key is not None and len(keys) < count * MOSTLY:
        columns = msgspec.structs.replace(columns, key=[])
        guessed = tuple(one for one in guessed if one != "key")
    few = columns.category in made or (category >= 0 and len(categories) <= MAX_CATEGORIES)
    small = frozenset({columns.category} if few else ())
    identity = _identity(columns, guessed, table)
    return Guess(columns, Notation(), zone, nulls, guessed, small, identity, count, tuple(evidence))


def _identity(columns: Columns, guessed: tuple[str, ...], table: Table) -> tuple[str, ...]:
    """Return what tells rows apart: the text, and what is or is called a place or a category."""
    found = {*names(columns.text), *names(columns.place), *names(columns.category)}
    for role in ("place", "category"):
        if role in guessed or not getattr(columns, role):
            found |= {name for name in table.columns if Column(name, 0).tells_apart(role)}
    taken = {one for role in ("time", "end", "priority", "unit") for one in names(getattr(columns, role))}
    return tuple(sorted(found - taken))
