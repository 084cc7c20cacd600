"""Who is at a desk, and whom to call where nobody is."""

from commandlog.language import _
from commandlog.log.derived.table import FOREVER
from commandlog.log.store import Log
from commandlog.model.covenant import Covenant

_SIGNED_IN = (
    "SELECT DISTINCT d.party FROM operators o JOIN desks d ON d.desk = o.desk"
    f" WHERE o.until = {FOREVER} AND d.until = {FOREVER}"
)


def signed_in(log: Log) -> set[str]:
    """Return the parties at whose desk somebody is signed in."""
    return {party for (party,) in log.db.execute(_SIGNED_IN)}


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
    if not party or party == ours or party in signed_in(log):
        return ""
    name, call = covenant.party_name(party), whom_to_call(covenant, party)
    if not call:
        return _("Nobody is signed in at {party}, and the covenant names nobody to call.").format(party=name)
    return _("Nobody is signed in at {party}: call {whom}.").format(party=name, whom=call)
