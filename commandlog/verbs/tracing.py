"""What a desk was shown and chose of the program's alarms: seen, put off for a while, their sound."""

from commandlog.language import _
from commandlog.log.desk import Desk
from commandlog.model.dealings import SEEN, SHELVED, SOUND_OFF, SOUND_ON, Traced
from commandlog.model.errors import RuleError
from commandlog.model.frames import Millis
from commandlog.model.records import Record
from commandlog.verbs.context import entry_at, record_id

LONGEST = 12 * 3_600_000
"""An alarm is put off for no longer than this (milliseconds): what needs more is settled otherwise."""


def see(desk: Desk, alarm: str, entry: int) -> Record:
    """Record that whoever is at this desk has seen an alarm (by its code) about an entry: it rings no more.

    One about the shared log itself is about no entry (0). Raises RuleError where there is no such entry.
    """
    with desk.writing():
        if not entry:
            return desk.append(Traced, what=SEEN, alarm=alarm, audience=(desk.party,))
        return _about(desk, SEEN, alarm, entry)


def shelve(desk: Desk, alarm: str, entry: int, until: Millis) -> Record:
    """Record that an alarm about an entry is out of the way until a time, when it rings again.

    Raises RuleError where there is no such entry, and for a time that is over or too far away.
    """
    with desk.writing():
        if not desk.now < until <= desk.now + LONGEST:
            raise RuleError(_("An alarm can be put off for at most twelve hours from now."))
        return _about(desk, SHELVED, alarm, entry, until)


def sound(desk: Desk, *, on: bool) -> Record:
    """Record that alarms make a sound at this desk, or none any more."""
    with desk.writing():
        return desk.append(Traced, what=SOUND_ON if on else SOUND_OFF, audience=(desk.party,))


def _about(desk: Desk, what: str, alarm: str, entry: int, until: Millis = 0) -> Record:
    if not alarm:
        raise RuleError(_("Say which alarm."))
    entry_at(desk, entry)
    about = record_id(desk, entry)
    return desk.append(Traced, what=what, alarm=alarm, entry=about, until=until, audience=(desk.party,))
