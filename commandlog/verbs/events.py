"""Opening an event, and who sits at a desk."""

import secrets
from pathlib import Path
from typing import Unpack

from commandlog.language import _
from commandlog.log.desk import Desk, open_desk, sit_down
from commandlog.log.making import making
from commandlog.log.store import Clock, Log, system_clock
from commandlog.model.covenant import Covenant, spoken
from commandlog.model.errors import RuleError
from commandlog.model.records import CovenantSet, Opened, Record, SignedIn, SignedOut, Words
from commandlog.verbs.context import About, checked, split


def open_event(path: Path, covenant: Covenant, settings: Path, *, party: str = "", clock: Clock = system_clock) -> Desk:
    """Make a new log for an event under a covenant; returns the desk of `party` (default: the driver's).

    `settings` is where this machine keeps its desk keys. Raises RuleError where the file is there already, or the
    covenant has no such party; nothing is left behind then, and a log that is there is a whole one.
    """
    found = covenant.party(party or covenant.driver)
    if found is None:
        known = ", ".join(one.code for one in covenant.parties)
        raise RuleError(_("The covenant has no party “{party}”. It has: {known}.").format(party=party, known=known))
    with making(path) as part, Log(part, clock=clock, create=True) as log, log.writing():
        desk = open_desk(log, settings, found.code, found.letter)
        desk.append(Opened, Words(title=spoken(covenant.name, covenant.language)), exercise=covenant.exercise)
        desk.append(CovenantSet, Words(covenant=covenant))
    log = Log(path, clock=clock)
    try:
        return sit_down(log, settings, found.code)
    except BaseException:
        log.close()
        raise


def sign_in(desk: Desk, name: str, **about: Unpack[About]) -> Record:
    """Record that an operator works at this desk from now on. The name is in the words; records carry a short id.

    Raises RuleError without a name.
    """
    if not name.strip():
        raise RuleError(_("Signing in needs a name."))
    with desk.writing():
        fields, words = split(checked(desk, **about), title=name)
        return desk.append(SignedIn, words, operator=secrets.token_hex(4), **fields)


def sign_out(desk: Desk, **about: Unpack[About]) -> Record:
    """Record that the operator has left the desk. Raises RuleError where nobody is signed in."""
    with desk.writing():
        if not desk.operator:
            raise RuleError(_("Nobody is signed in at desk {desk}.").format(desk=desk.code))
        fields, words = split(checked(desk, **about))
        return desk.append(SignedOut, words, operator=desk.operator, **fields)
