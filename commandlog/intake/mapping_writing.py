"""Writes a guess down as a mapping, so that a person can see all of it, change it and give it back."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from commandlog.intake.mapping import Columns, Coordinates, Mapping, Time, names
from commandlog.intake.notations import Notation
from commandlog.intake.plan import Plan
from commandlog.intake.remarks import written_order
from commandlog.intake.rows import reading
from commandlog.intake.time_words import zone_of
from commandlog.language import _
from commandlog.model.errors import RuleError


def write_mapping(plan: Plan, out: Path) -> None:
    """Write the mapping that says all that a plan took the file for; given back, it makes the same plan.

    Raises RuleError where a file of that name is there already, Unavailable where the disk refuses.
    """
    with reading(out):
        try:
            with out.open("x", encoding="utf-8", newline="\n") as file:
                file.write(mapping_text(plan))
        except FileExistsError as error:
            raise RuleError(_("{file} is there already: choose another name.").format(file=out)) from error


def mapping_text(plan: Plan) -> str:
    """Return the mapping (TOML) that states all that a plan took the file for, and comments what it does not need."""
    guess, table = plan.guess, plan.table
    told = _("How {file} was understood ({form}). docs/import.md describes the keys.")
    lines = [f"# {' '.join(told.format(file=plan.source.name, form=table.form).split())}"]
    lines += [f"# {' '.join(one.split())}" for one in plan.notices]
    system = f"EPSG:{guess.system.metres}" if guess.system.metres else plan.mapping.coordinates.system
    coded = "category" in guess.guessed  # whether its words become codes is for a person to say
    stated = msgspec.structs.replace(
        plan.mapping,
        name=plan.mapping.name or plan.source.stem,
        timezone=guess.zone,
        null=sorted(guess.nulls),
        tell_apart=[] if names(guess.columns.key) else list(guess.identity),
        columns=msgspec.structs.replace(guess.columns, category="") if coded else guess.columns,
        time=_time(written_order(guess), plan.mapping.time, zone_of(guess.zone)),
        coordinates=Coordinates(system=system),
    )
    if coded:
        told = _("Taken for categories: {column}. Name it under [columns] (category = …), and its words become codes.")
        lines.append(f"# {' '.join(told.format(column=guess.columns.category).split())}")
    return "\n".join([*lines, *_toml(stated, table.columns)]) + "\n"


def _time(notation: Notation, given: Time, zone: ZoneInfo) -> Time:
    """Return how times are written, with the day or the moment from which they count."""
    start = datetime.fromtimestamp(notation.start / 1000, UTC).astimezone(zone) if notation.start else None
    return msgspec.structs.replace(
        given,
        order=notation.order,
        format=notation.format,
        date=given.date or (notation.day.isoformat() if notation.day else ""),
        start=given.start or (start.isoformat(sep=" ") if start else ""),
    )


def _toml(mapping: Mapping, columns: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of a mapping: plain values first, then tables, then arrays of tables."""
    given: dict[str, Any] = msgspec.to_builtins(mapping)
    given = {"name": mapping.name, "kind": mapping.kind, "settled": mapping.settled} | given
    given["columns"] = _columns(mapping.columns)
    used = {one for role in Columns.__struct_fields__ for one in names(getattr(mapping.columns, role))}
    rest = [one for one in columns if one not in used]
    for key, value in given.items():
        if not isinstance(value, dict) and not _is_tables(value):
            yield f"{key} = {_value(value)}"
    for key, value in given.items():
        if isinstance(value, dict):
            yield from _table(key, value)
        if key == "columns" and rest:
            yield " ".join(("#", _("kept with the entry:"), ", ".join(map(_value, rest))))
    for key, value in given.items():
        for one in value if isinstance(value, list) and _is_tables(value) else ():
            yield from ["", f"[[{key}]]", *(f"{name} = {_value(each)}" for name, each in one.items())]


def _columns(columns: Columns) -> dict[str, Any]:
    """Return all columns that are known; one name alone is no list."""
    found = {role: names(getattr(columns, role)) for role in Columns.__struct_fields__}
    return {role: given if len(given) > 1 else given[0] for role, given in found.items() if given}


def _table(key: str, table: dict[str, Any]) -> Iterator[str]:
    plain = {name: value for name, value in table.items() if not isinstance(value, dict)}
    if plain:
        yield from ["", f"[{key}]", *(f"{_key(name)} = {_value(value)}" for name, value in plain.items())]
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _table(f"{key}.{name}", value)


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else _value(name)


def _value(value: object) -> str:
    """Return a text, number, truth or list of them as TOML writes it (its texts are JSON's, save for DEL)."""
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
