"""What a unit says of itself: free, busy, out of service. No task changes by it; the views show both."""

from typing import Unpack

from commandlog.language import _
from commandlog.log.desk import Desk
from commandlog.model.dealings import STATUSES, UnitStatus
from commandlog.model.errors import RuleError
from commandlog.model.records import Record
from commandlog.verbs.context import About, checked, entry_at, inherited, receipt, record_id, split
from commandlog.verbs.saying import addressee
from commandlog.verbs.tasks import task_at


def set_status(desk: Desk, unit: str, status: str, *, task: int = 0, text: str = "", **about: Unpack[About]) -> Record:
    """Record that a unit (by call sign) is free, busy or out of service; `task` is the one that it is busy with.

    On a task, who may read the task may read this. Raises RuleError for a call sign, status or task that does not
    exist, and for a task of a unit that is not busy.
    """
    if status not in STATUSES:
        known = ", ".join(STATUSES)
        raise RuleError(_("There is no status “{status}”. Choose one of {known}.").format(status=status, known=known))
    with desk.writing():
        if before := receipt(desk, about):
            return before
        _party, callsign = addressee(desk, "", unit)
        if not callsign:
            raise RuleError(_("Say which unit: a call sign."))
        if task and status != "busy":
            raise RuleError(_("Only a busy unit is on a task."))
        given, on = checked(desk, **about), b""
        if task:
            proposed = task_at(desk, task).task
            given, on = inherited(desk, entry_at(desk, proposed), given), record_id(desk, proposed)
        fields, words = split(given, text=text)
        return desk.append(UnitStatus, words, unit=callsign, status=status, task=on, **fields)
