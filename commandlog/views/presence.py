"""Who is at which desk, and whom to call where nobody is.

Where a log is shared, its keeper writes down that a desk is no longer heard of, and that it is there again; whoever is
signed in at a desk says so itself.
"""

from msgspec import Struct

from commandlog.language import _
from commandlog.log.derived.table import FOREVER
from commandlog.log.store import Log
from commandlog.model.covenant import Covenant
from commandlog.model.frames import Millis
from commandlog.views.moments import local, zone_of


class AtDesk(Struct, frozen=True):
    """A desk of the log: its party, the operator's name (empty: nobody is signed in), and since when (milliseconds).

    `away` is when one that is not there was last heard of, 0 where it is there or nobody has said otherwise.
    """

    desk: str
    party: str
    operator: str = ""
    signed_in: bool = False
    since: Millis = 0
    away: Millis = 0


_DESKS = (
    "SELECT d.desk, d.party, o.since, p.last FROM desks d"
    f" LEFT JOIN operators o ON o.desk = d.desk AND o.until = {FOREVER}"
    f" LEFT JOIN presences p ON p.desk = d.desk AND p.until = {FOREVER} AND p.here = 0"
    f" WHERE d.until = {FOREVER} ORDER BY d.since"
)
KEEPER = "LOG"
"""How the code of a keeper begins: it is no desk that anybody sits at."""


def desks(log: Log) -> list[AtDesk]:
    """Return the desks of a log as they are now, in the order in which they were opened; a keeper is none of them."""
    rows = [one for one in log.db.execute(_DESKS).fetchall() if not one[0].startswith(KEEPER)]
    signed = log.records_at({since for _desk, _party, since, _last in rows if since})
    found = []
    for desk, party, since, last in rows:
        record = signed.get(since) if since else None
        name = record.words.title if record and record.words else ""
        at = record.frame.occurred_at if record and record.frame else 0
        found.append(AtDesk(desk, party, name, bool(since), at, last or 0))
    return found


def signed_in(log: Log) -> set[str]:
    """Return the parties at one of whose desks somebody is signed in, and which has been heard of."""
    return {one.party for one in desks(log) if one.signed_in and not one.away}


def whom_to_call(covenant: Covenant, party: str) -> str:
    """Return a party's contacts in one line; empty where the covenant names none."""
    found = covenant.party(party)
    told = []
    for one in found.contacts if found else ():
        channel = _("channel {channel}").format(channel=one.channel) if one.channel else ""
        told.append(" ".join(part for part in (one.name, one.phone, channel) if part))
    return "; ".join(told)


def empty_desk(log: Log, covenant: Covenant, party: str, ours: str) -> str:
    """Return what to know before asking a party something: that nobody is at its desk, and whom to call; else empty."""
    if not party or party == ours:
        return ""
    theirs = [one for one in desks(log) if one.party == party]
    if any(one.signed_in and not one.away for one in theirs):
        return ""
    name, call = covenant.party_name(party), whom_to_call(covenant, party)
    away = [one.away for one in theirs if one.signed_in]
    if away:
        when = f"{local(max(away), zone_of(log)):%H:%M}"
        if not call:
            return _("{party} has not been heard of since {time}, and the covenant names nobody to call.").format(
                party=name, time=when
            )
        return _("{party} has not been heard of since {time}: call {whom}.").format(party=name, time=when, whom=call)
    if not call:
        return _("Nobody is signed in at {party}, and the covenant names nobody to call.").format(party=name)
    return _("Nobody is signed in at {party}: call {whom}.").format(party=name, whom=call)
