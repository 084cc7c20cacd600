"""How SQLite finds what a piece of work asks for: each statement that it runs, and the plan of each.

A plan that reads a whole table is right in a log of ten records and wrong in one of a million, so plans are pinned, not
timed. SQLite is asked about the very statements that ran; it decides without statistics, so ten records are enough.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable
from typing import NamedTuple

from commandlog.log import derived


class Plan(NamedTuple):
    """A statement and the steps by which SQLite answers it."""

    statement: str
    steps: tuple[str, ...]


class Meant(NamedTuple):
    """A step that would be a fault elsewhere: part of the statement, the beginning of the step, and why it is meant."""

    statement: str
    step: str
    why: str


SMALL = {
    *("covenants", "desks", "operators", "presences", "levels", "level_confirmations", "closings", "conflicts"),
    *("half_closings", "holds", "copies", "agreements", "marks", "misdirections", "unit_states", "checkpoints", "meta"),
}
"""Tables that stay small whatever the size of the log: reading all of one costs nothing."""

_WHOLE = re.compile(r"SCAN (?:TABLE )?(\w+)(?! VIRTUAL TABLE INDEX \d+:\S*M\d)\b")  # a full-text query is no scan
_HALF = re.compile(r"SEARCH (?:TABLE )?(\w+) .*(?:PRIMARY KEY \(rowid[<>]\?\)|_since \(since[<>]\?\))")  # an open end
_MADE = re.compile(r"USE TEMP B-TREE|.* AUTOMATIC .*INDEX")
_INDEX = re.compile(r"USING (?:COVERING )?INDEX (\w+)")
_NAMED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|,) ?(\w+)(?: (?:AS )?(\w+))?")


def plans(db: sqlite3.Connection, work: Callable[[], object]) -> list[Plan]:
    """Return the plan of every statement that some work runs, each kind of statement once."""
    ran: list[str] = []
    db.set_trace_callback(ran.append)
    try:
        work()
    finally:
        db.set_trace_callback(None)
    kinds = {_kind(one): one for one in ran if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\b", one)}
    return [
        Plan(kind, tuple(step for *_ids, step in db.execute(f"EXPLAIN QUERY PLAN {statement}")))
        for kind, statement in kinds.items()
    ]


def _kind(statement: str) -> str:
    """Return a statement without its values: "?" for each, one for a list of them."""
    plain = re.sub(r"x'[0-9a-f]*'|'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b", "?", statement)
    return re.sub(r"\?(?:\s*,\s*\?)+", "?", " ".join(plain.split()))


def faults(found: Iterable[Plan], meant: Iterable[Meant] = ()) -> list[str]:
    """Return what reads a large table from one end, sorts, or makes an index for the occasion, and is not meant to."""
    allowed = list(meant)
    return [
        f"{step}  ← {plan.statement}"
        for plan in found
        for step in plan.steps
        if _costs(plan.statement, step)
        and not any(one.statement in plan.statement and step.startswith(one.step) for one in allowed)
    ]


def _costs(statement: str, step: str) -> bool:
    """Whether a step costs more in a larger log."""
    if _MADE.match(step):
        return True
    read = _WHOLE.match(step) or _HALF.match(step)
    return bool(read and _table(statement, read[1]) in _large())


def _table(statement: str, name: str) -> str:
    """Return the table that a statement calls by a name."""
    return next((table for table, alias in _NAMED.findall(statement) if alias == name), name)


def _large() -> set[str]:
    tables = {table.name for table in derived.TABLES} | {"records", "pieces", "fulltext"}
    return tables - SMALL


def unused(found: Iterable[Plan], meant: Iterable[Meant]) -> list[Meant]:
    """Return what is said to be meant and never happens: it would hide a fault later."""
    seen = list(found)
    return [
        one
        for one in meant
        if not any(
            one.statement in plan.statement and step.startswith(one.step) for plan in seen for step in plan.steps
        )
    ]


def indexes(found: Iterable[Plan]) -> set[str]:
    """Return the names of the indexes that were used, and "fulltext"."""
    steps = [step for plan in found for step in plan.steps]
    named = {name for step in steps for name in _INDEX.findall(step)}
    return named | ({"fulltext"} if any("VIRTUAL TABLE INDEX" in step for step in steps) else set())
