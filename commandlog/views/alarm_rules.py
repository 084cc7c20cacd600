"""Which alarms there are, how urgent each is, and what whoever sees it should do (ISA-18.2: each has its action)."""

from typing import NamedTuple

from commandlog.language import _, marked
from commandlog.model.covenant import Covenant, spoken
from commandlog.model.frames import Millis
from commandlog.model.words import Priority

_MINUTE = 60_000


class Rule(NamedTuple):
    """What an alarm is called, how long after its deadline it comes (milliseconds), how urgent, and what to do."""

    name: str
    after: Millis
    priority: str
    action: str


_DEFAULTS = {
    "unassessed": (
        Priority.URGENT,
        marked("Suspicion not assessed"),
        marked("Assess the report, or ask whoever is near to have a look."),
    ),
    "unanswered": (
        Priority.URGENT,
        marked("Task not answered"),
        marked("Call the party, or give the task to another."),
    ),
    "late": (Priority.ELEVATED, marked("Task late"), marked("Ask how it stands, and agree on a new time.")),
    "review": (
        Priority.ELEVATED,
        marked("Level to be reviewed"),
        marked("Confirm the level or scale down, and tell the parties."),
    ),
    "unconfirmed": (
        Priority.ELEVATED,
        marked("Level not confirmed"),
        marked("Call the party and tell it the level."),
    ),
    "unaffirmed": (
        Priority.ROUTINE,
        marked("Agreement not affirmed"),
        marked("Ask the party whether it was agreed so."),
    ),
}

_SHARED = {
    "conflict": (
        Priority.URGENT,
        marked("Another was first"),
        marked("F7: act on what holds now, or say why it is settled."),
    ),
    "away": (
        Priority.ELEVATED,
        marked("Desk not heard of"),
        marked("Call the party; Ctrl+0 shows who is at which desk."),
    ),
}
LIVE = {
    "forked": (
        Priority.EMERGENCY,
        marked("The shared log tells another history"),
        marked("Go on writing here. Call whoever looks after the shared log, and agree by voice what counts."),
    ),
    "rewound": (
        Priority.EMERGENCY,
        marked("The shared log was put back"),
        marked("Go on writing here. Call whoever looks after the shared log: this desk has what is missing there."),
    ),
    "revoked": (
        Priority.URGENT,
        marked("This desk no longer has access"),
        marked("What you write stays here. Call whoever invited this desk."),
    ),
    "standstill": (
        Priority.URGENT,
        marked("The shared log stands still"),
        marked("Go on writing: it waits here. Tell the other desks by voice what they must know."),
    ),
}
"""What a desk learns of the shared log itself; it can be seen, and not be put off."""

CODES = tuple(_DEFAULTS)
"""The alarms that this version knows when to raise; a covenant names them."""

MINUTES = {"assess": 5, "confirm": 5, "affirm": 15}
"""Within how many minutes something is due where the covenant does not say."""

_AGREED = {"unconfirmed": "confirm", "unaffirmed": "affirm"}
"""Alarms that also come where the covenant lists others, if only it has agreed on their deadline."""


def rules(covenant: Covenant) -> dict[str, Rule]:
    """Return the alarms that a covenant wants, by code; where it names none, those that make sense anywhere."""
    given = {
        one.code: Rule(spoken(one.name), one.after_minutes * _MINUTE, one.priority, spoken(one.action))
        for one in covenant.alarms
    }
    for code, (priority, name, action) in _DEFAULTS.items():
        agreed = code in _AGREED and covenant.minutes(_AGREED[code])
        if agreed or not covenant.alarms:
            given.setdefault(code, Rule(_(name), 0, str(priority), _(action)))
    return given


def shared_rules() -> dict[str, Rule]:
    """Return the alarms that come whatever the covenant lists: they are about the log that all of them share."""
    return {code: Rule(_(name), 0, str(priority), _(action)) for code, (priority, name, action) in _SHARED.items()}
