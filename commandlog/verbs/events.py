"""Opening an event, and who sits at a desk."""

import secrets
from pathlib import Path
from typing import Unpack

from commandlog.language import _
from commandlog.log.derived.entries import entry_of, versions
from commandlog.log.desk import Desk, open_desk
from commandlog.log.store import Clock, Log, system_clock
from commandlog.model.covenant import Covenant, spoken
from commandlog.model.errors import RuleError
from commandlog.model.keeping import Released
from commandlog.model.records import CovenantSet, Opened, Record, SignedIn, SignedOut, Words
from commandlog.verbs.context import About, checked, entry_at, record_id, split, unknown_party


def open_event(path: Path, covenant: Covenant, settings: Path, *, party: str = "", clock: Clock = system_clock) -> Desk:
    """Make a new log for an event under a covenant; returns the desk of `party` (default: the driver's).

    `settings` is where this machine keeps its desk keys. Raises RuleError where the file is there already, or the
    covenant has no such party; nothing is left behind then.
    """
    found = covenant.party(party or covenant.driver)
    if found is None:
        known = ", ".join(one.code for one in covenant.parties)
        raise RuleError(_("The covenant has no party “{party}”. It has: {known}.").format(party=party, known=known))
    log = Log(path, clock=clock, create=True)
    try:
        with log.writing():
            desk = open_desk(log, settings, found.code, found.letter)
            desk.append(Opened, Words(title=spoken(covenant.name, covenant.language)), exercise=covenant.exercise)
            desk.append(CovenantSet, Words(covenant=covenant))
    except BaseException:
        log.close()
        for leftover in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            leftover.unlink(missing_ok=True)
        raise
    return desk


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


def release(desk: Desk, records: tuple[int, ...], to_party: str, ground: str, **about: Unpack[About]) -> Record:
    """Tell entries (by position, in all their versions so far) to one more party, on a stated ground.

    Raises RuleError without a ground, or for a party or record that does not exist.
    """
    if not ground.strip():
        raise RuleError(_("A release names its ground: on what basis may they know?"))
    with desk.writing():
        if not desk.covenant.party(to_party):
            raise unknown_party(desk, to_party)
        rows = [entry_at(desk, entry_of(desk.log.db, position)) for position in records]
        if not rows:
            raise RuleError(_("A release names the entries that are told."))
        given = checked(desk, **about)
        for row in rows:  # who was told what, and why, concerns those who may read it
            if row.audience:
                readers = row.audience.strip(",").split(",")
                given = {**given, "audience": tuple(dict.fromkeys((*readers, desk.party, to_party)))}
        ids = tuple(record_id(desk, seq) for row in rows for seq in versions(desk.log.db, row.entry))
        fields, words = split(given, reason=ground)
        return desk.append(Released, words, records=ids, to_party=to_party, **fields)
