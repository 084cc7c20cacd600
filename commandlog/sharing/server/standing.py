"""How a shared log stands, as whoever looks after its server sees it."""

from collections.abc import Iterator
from datetime import tzinfo

import psycopg
from msgspec import Struct

from commandlog.language import _, ngettext
from commandlog.model.errors import RuleError
from commandlog.model.frames import Millis
from commandlog.model.harmless import visible
from commandlog.views.moments import local

STANDSTILL = 60.0  # seconds without a sign of life after which the shared log stands still

_WHOLE = """
SELECT a.name, (SELECT coalesce(max(seq), 0) FROM commandlog.chain), coalesce(b.desk, ''),
    CASE WHEN b.at IS NULL THEN -1 ELSE greatest(0, extract(epoch FROM clock_timestamp()) - b.at / 1000.0) END::float8,
    (SELECT count(*) FROM commandlog.inbox),
    (SELECT coalesce(max(erased_by), 0) FROM commandlog.parts WHERE erased_by IS NOT NULL)
FROM commandlog.about a LEFT JOIN LATERAL (SELECT desk, at FROM commandlog.beats ORDER BY at DESC LIMIT 1) b ON true
"""
_DESKS = """
SELECT d.desk, d.party, d.revoked IS NOT NULL, d.joined IS NOT NULL,
    coalesce(p.seen_at > clock_timestamp() - interval '30 seconds', false),
    coalesce((extract(epoch FROM p.seen_at) * 1000)::bigint, 0), coalesce(p.waiting, 0), coalesce(p.upto, 0),
    coalesce(p.purged_upto, 0)
FROM commandlog.desks d LEFT JOIN commandlog.presence p ON p.desk = d.desk
WHERE NOT d.keeper ORDER BY d.party, d.desk
"""


class Standing(Struct, frozen=True):
    """How a shared log stands on its server.

    `keeper` put it in order last, `silent` seconds ago (-1: nobody ever did); `inbox` is what waits to be put in order.
    `erased` is the last record that destroyed words, 0 where none did.
    """

    name: str
    records: int
    keeper: str
    silent: float
    inbox: int
    erased: int
    desks: list["DeskStanding"]

    @property
    def still(self) -> bool:
        """Whether nobody puts the shared log in order."""
        return not 0 <= self.silent <= STANDSTILL


class DeskStanding(Struct, frozen=True):
    """How a desk stands: whether it is here now, when it was seen last, what waits there, and how far it is.

    `purged_upto` is up to where it has destroyed what was erased.
    """

    desk: str
    party: str
    revoked: bool
    joined: bool
    here: bool
    seen_at: Millis
    waiting: int
    upto: int
    purged_upto: int


def standing(connection: psycopg.Connection) -> Standing:
    """Return how a shared log stands, by a connection of a keeper."""
    found = connection.execute(_WHOLE).fetchone()
    if found is None:
        raise RuleError(_("There is no shared log in this database."))
    name, records, keeper, silent, inbox, erased = found
    desks = [DeskStanding(*row) for row in connection.execute(_DESKS)]
    return Standing(name, records, keeper, silent, inbox, erased, desks)


def standing_lines(found: Standing, zone: tzinfo) -> Iterator[str]:
    """Yield how a shared log stands, in words for an administrator."""
    told = _("{name}: {n} records, {waiting} waiting to be put in order")
    yield visible(told.format(name=found.name, n=found.records, waiting=found.inbox))
    if not found.keeper:
        yield _("Nobody has put it in order yet: run `commandlog keep`.")
    elif found.still:
        told = _("It stands still: {keeper} was last heard of {n} s ago. Run `commandlog keep`.")
        yield told.format(keeper=visible(found.keeper), n=round(found.silent))
    else:
        yield _("{keeper} puts it in order, last heard of {n} s ago").format(
            keeper=visible(found.keeper), n=round(found.silent)
        )
    for one in found.desks:
        yield "  " + visible(_desk_line(one, zone))
    behind = [one.desk for one in found.desks if one.joined and not one.revoked and one.purged_upto < found.erased]
    if behind:
        yield _("Erased, but perhaps not yet at: {desks}").format(desks=visible(", ".join(behind)))


def _desk_line(one: DeskStanding, zone: tzinfo) -> str:
    line = f"{one.desk} ({one.party}): "
    if one.revoked:
        return line + _("shown out")
    if not one.joined:
        return line + _("invited, has not joined")
    if one.here:
        line += _("here")
    elif one.seen_at:
        line += _("last heard of {time}").format(time=f"{local(one.seen_at, zone):%Y-%m-%d %H:%M}")
    else:
        line += _("not heard of yet")
    line += _(", up to record {n}").format(n=one.upto)
    if one.waiting:
        line += ", " + ngettext("{n} waits there", "{n} wait there", one.waiting).format(n=one.waiting)
    return line
