"""Counting people: how many are at a place, or went in or out of it."""

from typing import Any, Unpack

from commandlog.language import _, current
from commandlog.log.derived import counts
from commandlog.log.derived.entries import EntryRow
from commandlog.log.desk import Desk
from commandlog.model.dealings import MEASURES, MOST
from commandlog.model.errors import RuleError
from commandlog.model.records import Counted, Record
from commandlog.verbs.context import About, checked, split

MOST_PERCENT = 999
"""More than this is a slip of the keys; more than 100 is a place that is too full."""


def count(
    desk: Desk, number: int, *, measure: str = "present", text: str = "", settled: bool = False, **about: Unpack[About]
) -> Record:
    """Record a count at a place: people present, gone in or out since the count before, or percent of what it holds.

    Raises RuleError without a place of the covenant, and for a number or measure that cannot be.
    """
    _possible(number, measure)
    with desk.writing():
        if not about.get("place"):
            raise RuleError(_("Say where was counted: a place of the covenant."))
        fields, words = split(checked(desk, **about), text=text)
        return desk.append(Counted, words, count=number, measure=measure, settled=settled, **fields)


def of(desk: Desk, entry: int) -> dict[str, Any]:
    """Return the number and measure of a count as it reads now, by its first version's position; else nothing."""
    row = counts.current(desk.log.db, entry)
    return {"count": row.number, "measure": row.measure} if row else {}


def corrected(desk: Desk, row: EntryRow, number: int | None, measure: str) -> dict[str, Any]:
    """Return the number and measure of a corrected count: those given, else as they were; nothing for other entries.

    Raises RuleError where they cannot be, or are given for what is no count.
    """
    now = of(desk, row.entry)
    if not now and (number is not None or measure):
        raise RuleError(_("This entry is no count: it has no number to correct."))
    if not now:
        return {}
    number, measure = now["count"] if number is None else number, measure or now["measure"]
    _possible(number, measure)
    return {"count": number, "measure": measure}


def _possible(number: int, measure: str) -> None:
    if measure not in MEASURES:
        known = ", ".join(MEASURES)
        raise RuleError(
            _("There is no measure “{measure}”. Choose one of {known}.").format(measure=measure, known=known)
        )
    most = MOST_PERCENT if measure == "percent" else MOST
    if 0 <= number <= most:
        return
    told = _("{number} people cannot be counted: give 0 to {most}.")
    if measure == "percent":
        told = _("{number} percent cannot be counted: give 0 to {most} percent.")
    from babel.numbers import format_decimal  # slow to import, and only needed to refuse

    raise RuleError(told.format(number=number, most=format_decimal(most, locale=current())))
