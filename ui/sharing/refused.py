"""What the shared log did not take of this desk: it is written again, or left."""

from commandlog.log.refused import settle_refused
from commandlog.views.settling import RefusedRow

from ..room import Room


def leave(room: Room, row: RefusedRow) -> None:
    """Note that somebody has seen to it."""
    room.session.do(lambda desk: settle_refused(desk.log, row.was), lambda _done: room.session.shared.changed.emit())
