"""The field's closed lists: what can be chosen, in the order in which people see it, with the text that shows it.

What is stored is the code; what is shown is the label, looked up in the language of the moment.
"""

from enum import StrEnum

from commandlog.language import _, marked


class Priority(StrEnum):
    """How much haste; leaving it out is normal (logs that made it mandatory got noise)."""

    ROUTINE = "routine"
    ELEVATED = "elevated"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class Disposition(StrEnum):
    """What was decided about a report."""

    NO_ACTION = "no_action"
    OBSERVE = "observe"
    APPROACH = "approach"
    TASK_GIVEN = "task_given"
    PASSED_ON = "passed_on"
    DUPLICATE = "duplicate"
    FALSE_ALARM = "false_alarm"


class ReportState(StrEnum):
    """Where a report stands."""

    RECEIVED = "received"
    ASSESSED = "assessed"
    CLOSED = "closed"


class TaskState(StrEnum):
    """Where a task stands; `handed_over` waits for the answer of whom it was handed to, as `proposed` does."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    UNDER_WAY = "under_way"
    DONE = "done"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    HANDED_OVER = "handed_over"


OPEN_TASKS = (TaskState.PROPOSED, TaskState.HANDED_OVER, TaskState.ACCEPTED, TaskState.UNDER_WAY, TaskState.DONE)
AWAITING_ANSWER = (TaskState.PROPOSED, TaskState.HANDED_OVER)

_LABELS: dict[str, str] = {
    # priorities
    "routine": marked("routine"),
    "elevated": marked("elevated"),
    "urgent": marked("urgent"),
    "emergency": marked("emergency"),
    # dispositions
    "no_action": marked("no action"),
    "observe": marked("observe"),
    "approach": marked("approach"),
    "task_given": marked("task given"),
    "passed_on": marked("passed on"),
    "duplicate": marked("duplicate of"),
    "false_alarm": marked("false alarm"),
    # states
    "received": marked("received"),
    "assessed": marked("assessed"),
    "closed": marked("closed"),
    "proposed": marked("proposed"),
    "accepted": marked("accepted"),
    "under_way": marked("under way"),
    "done": marked("done"),
    "confirmed": marked("confirmed"),
    "declined": marked("declined"),
    "withdrawn": marked("withdrawn"),
    "handed_over": marked("handed over"),
    "open": marked("open"),
    "merged": marked("merged"),
    # kinds of record, as the timeline names them
    "opened": marked("event opened"),
    "covenant": marked("covenant"),
    "desk_opened": marked("desk opened"),
    "signed_in": marked("signed in"),
    "signed_out": marked("signed out"),
    "report": marked("report"),
    "observation": marked("observation"),
    "note": marked("note"),
    "decision": marked("decision"),
    "message": marked("message"),
    "corrected": marked("correction"),
    "added": marked("addition"),
    "feedback": marked("feedback"),
    "incident": marked("incident"),
    "linked": marked("linked"),
    "incident_merged": marked("incident merged"),
    "incident_closed": marked("incident closed"),
    "started": marked("under way"),
    "affirmed": marked("affirmed"),
    "level": marked("level"),
    "level_confirmed": marked("level confirmed"),
    "phase": marked("event phase"),
    "released": marked("released"),
    "recalled": marked("recalled"),
    "erased": marked("erased"),
    "held": marked("preserved"),
    "hold_lifted": marked("hold lifted"),
    "attached": marked("attachment"),
    "destroyed": marked("copy destroyed"),
    "discarded": marked("log deleted"),
    "imported": marked("imported"),
    "exported": marked("exported"),
    "agreement": marked("agreement"),
    "agreement_affirmed": marked("agreement affirmed"),
    "agreement_declined": marked("agreement denied"),
    "agreement_ended": marked("agreement ended"),
    "counted": marked("count"),
    "marked": marked("marked"),
    "unit_status": marked("unit status"),
    "misdirected": marked("misdirected"),
    "misdirected_read": marked("instruction read"),
    "traced": marked("shown and chosen"),
    "desk_seen": marked("desk there or gone"),
    "refused": marked("not taken into the shared log"),
    "branched": marked("shared log put back"),
    # what a desk was shown and chose
    "alarm-seen": marked("alarm seen"),
    "alarm-shelved": marked("alarm to ring again later"),
    "sound-off": marked("sound of alarms off"),
    "sound-on": marked("sound of alarms on"),
    # agreements: to be affirmed by some, by all, denied by one, over
    "agreed": marked("agreed"),
    "denied": marked("denied"),
    "ended": marked("ended"),
    # units
    "free": marked("free"),
    "busy": marked("busy"),
    "out": marked("out of service"),
    # forms of a copy
    "copy": marked("second copy"),
    "backup": marked("backup"),
    "zip": marked("bundle"),
    "sheets": marked("paper sheets"),
    "open_items": marked("open items"),
    "snapshot": marked("snapshot"),
    "access": marked("subject access"),
    # sectors, spaces, subjects
    "public": marked("public"),
    "private": marked("private"),
    "order": marked("public order"),
    "crowd": marked("crowd"),
    "medical": marked("medical"),
}


_MEASURES: dict[str, str] = {
    "present": marked("present"),
    "in": marked("gone in"),
    "out": marked("gone out"),
    "percent": marked("percent"),
}


def measure_label(code: str) -> str:
    """Return how the program says what a count measures; "out" is also what a unit can be, and `label` says that."""
    return _(_MEASURES[code]) if code in _MEASURES else code


def label(code: str) -> str:
    """Return how the program says `code` in the current language; a code it does not know is shown as it is."""
    text = _LABELS.get(code)
    return _(text) if text else code
