"""Conflicts: what was written about a state that another had changed meanwhile, and how to say who had been first."""

from msgspec import Struct

from commandlog.language import _
from commandlog.log.store import Log
from commandlog.model.frames import Millis
from commandlog.model.words import label
from commandlog.views.filters import READABLE
from commandlog.views.moments import Moment, local, zone_of


class Met(Struct, frozen=True):
    """What came first: its kind and whose it is (both empty where the reader may not know), and when."""

    kind: str
    party: str
    at: Millis
    record: int


def met(log: Log, moment: Moment, seq: int, reader: str = "") -> Met | None:
    """Return what the record at a position met, None where it is no conflict."""
    values = {"seq": seq, "p": moment.position, "reader": reader, "reader_in": f",{reader},"}
    query = (
        f"SELECT e.kind, e.party, e.occurred, e.since, :reader = '' OR {READABLE} FROM conflicts c"
        " JOIN entries e ON e.since = c.met WHERE c.since = :seq"
    )
    found = log.db.execute(query, values).fetchone()
    if found is None:
        return None
    kind, party, at, record, known = found
    return Met(kind, party, at, record) if known and kind != "sealed" else Met("", "", at, record)


def said(log: Log, moment: Moment, seq: int, reader: str = "") -> str:
    """Return who had been first where the record at a position was not applied; empty where it was."""
    found = met(log, moment, seq, reader)
    if found is None:
        return ""
    time = f"{local(found.at, zone_of(log)):%H:%M:%S}"
    if not found.kind:
        return _("not applied: another was first at {time}").format(time=time)
    name = log.covenant(moment.position).party_name(found.party)
    told = _("not applied: already {what} by {party} at {time}")
    return told.format(what=label(found.kind), party=name, time=time)
