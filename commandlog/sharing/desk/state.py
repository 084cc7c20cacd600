"""How a desk stands in the shared log, as people see it: in the status bar, in `status`, and after a restart."""

from pathlib import Path
from typing import Literal

from msgspec import Struct

from commandlog.log.store import Log
from commandlog.model.frames import Millis
from commandlog.sharing.settings import Settings

Phase = Literal["joined", "offline", "catching_up", "stopped"]
Alarm = Literal["", "forked", "rewound", "standstill", "revoked"]

OFFSET = 2_000  # milliseconds by which a clock may differ before it is flagged


class Present(Struct, frozen=True, omit_defaults=True):
    """A desk of the shared log: whether it is `here`, when it was last heard of, how far it is, what waits there.

    Up to `purged_upto`, what was erased is destroyed in its file down to the last byte.
    """

    desk: str
    party: str
    here: bool = False
    seen_at: Millis = 0
    waiting: int = 0
    upto: int = 0
    offset_ms: int = 0
    purged_upto: int = 0


class State(Struct, frozen=True, omit_defaults=True):
    """How a desk stands. Times are milliseconds UTC.

    `phase` has lasted since `since`: "joined" (all is here, what is written goes on at once), "catching_up", "offline"
    (nothing is lost: it waits) or "stopped" (a person must look: see `trouble`). `upto` is the last shared record in
    this file, `server_upto` the last one that is known of. `waiting` of its own records have no place in the shared
    log yet, the first since `waiting_since`; `refused` were not taken, and nobody has seen to them.
    `offset_ms` is how far the desk's clock is ahead of the server's. `trouble` is for people, "" where there is none.
    """

    phase: Phase = "offline"
    since: Millis = 0
    upto: int = 0
    server_upto: int = 0
    waiting: int = 0
    waiting_since: Millis = 0
    refused: int = 0
    offset_ms: int = 0
    offset_flag: bool = False
    desks: tuple[Present, ...] = ()
    keeper_alive: bool = False
    trouble: str = ""
    alarm: Alarm = ""
    pieces_missing: int = 0


def remembered(settings: Path, log: Log) -> State | None:
    """Return how a log's desk stood when that was last known, None where it was lost or the log is its own keeper."""
    return Settings(settings, log.id, log.member.desk).remembered(State) if log.member else None
