"""Marking what matters more than the rest: for the wall, the summary and the report."""

from typing import Unpack

from commandlog.language import _
from commandlog.log.derived import marks
from commandlog.log.desk import Desk
from commandlog.model.dealings import Marked
from commandlog.model.errors import RuleError
from commandlog.model.records import Record
from commandlog.verbs.context import About, checked, entry_at, inherited, named, receipt, record_id, split


def mark(desk: Desk, entry: int, *, significant: bool = True, reason: str = "", **about: Unpack[About]) -> Record:
    """Mark an entry as significant, or take the mark away; who may read the entry sees that.

    Raises RuleError where there is no such entry, or it is so already.
    """
    with desk.writing():
        if before := receipt(desk, about):
            return before
        row = entry_at(desk, entry)
        if bool(marks.since(desk.log.db, entry)) == significant:
            told = _("{reference} is marked already.") if significant else _("{reference} is not marked.")
            raise RuleError(told.format(reference=named(desk, entry)))
        fields, words = split(inherited(desk, row, checked(desk, **about)), reason=reason)
        return desk.append(Marked, words, entry=record_id(desk, entry), significant=significant, **fields)
