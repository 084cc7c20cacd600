"""Who sits at a desk, and who has sat at the desks of a party: read from the log."""

from commandlog.language import _
from commandlog.log.derived.table import FOREVER
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.model.records import Record
from commandlog.verbs import events

MOST = 40  # sign-ins that are looked at for names


def signed_in(log: Log, desk: str) -> str:
    """Return the name of the operator who is signed in at a desk, empty where nobody is."""
    query = "SELECT since, until FROM operators WHERE desk = ? ORDER BY since DESC LIMIT 1"
    found = log.db.execute(query, (desk,)).fetchone()
    return _name(log.record(found[0])) if found and found[1] == FOREVER else ""


def known(log: Log, party: str) -> list[str]:
    """Return the names of those who signed in at the desks of a party, the latest first."""
    query = "SELECT o.since FROM operators o JOIN desks d ON d.desk = o.desk WHERE d.party = ? ORDER BY o.since DESC"
    rows = log.db.execute(f"{query} LIMIT ?", (party, MOST)).fetchall()
    return list(dict.fromkeys(name for (since,) in rows if (name := _name(log.record(since)))))


def change_over(desk: Desk, name: str) -> Record:
    """Sign an operator in; whoever was signed in at the desk is signed out in the same breath."""
    with desk.writing():
        if desk.operator:
            events.sign_out(desk)
        return events.sign_in(desk, name)


def leave(desk: Desk) -> Record | None:
    """Sign out whoever is signed in."""
    with desk.writing():
        return events.sign_out(desk) if desk.operator else None


def _name(record: Record) -> str:
    return record.words.title if record.words else _("[erased]")
