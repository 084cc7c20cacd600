"""Watching the shared log from a desk: does its keeper live, do others have the same history, who is there."""

import time
from collections.abc import Callable
from contextlib import suppress

import msgspec
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from commandlog.log.erasing import unpurged
from commandlog.log.refused import has_unsettled
from commandlog.log.store import Clock, Log
from commandlog.model.frames import Millis
from commandlog.sharing.desk.state import Present
from commandlog.sharing.following.forked import forked
from commandlog.sharing.following.pulses import Pulse, beat_holds, pulse_holds, signed
from commandlog.sharing.following.trust import Desks

STANDSTILL = 60.0  # seconds
WITHHELD = 30.0  # seconds for which the keeper may have told of records that the server does not give
SLOW = 0.5  # seconds there and back

_NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_BEATS = f"SELECT desk, seq, hash, at, signature, {_NOW} FROM commandlog.beats ORDER BY at DESC LIMIT 4"
_PRESENCE = (
    "SELECT desk, party, upto, hash, purged_upto, waiting, offset_ms, sent_at, signature,"
    " (extract(epoch FROM seen_at) * 1000)::bigint, connected FROM commandlog.presence ORDER BY desk"
)
_PULSE = (
    "INSERT INTO commandlog.pulses (upto, hash, purged, waiting, offset_ms, sent_at, signature)"
    " VALUES (%b, %b, %b, %b, %b, %b, %b)"
)


class _Beat(Struct, frozen=True, array_like=True):
    desk: str
    seq: int
    hash: bytes
    at: Millis
    signature: bytes
    now: Millis


class _Presence(Struct, frozen=True, array_like=True):
    desk: str
    party: str
    upto: int
    hash: bytes
    purged_upto: int
    waiting: int
    offset_ms: int
    sent_at: Millis
    signature: bytes
    seen_at: Millis
    connected: bool

    @property
    def pulse(self) -> Pulse:
        """What the desk has signed."""
        purged = self.purged_upto >= self.upto
        return Pulse(self.desk, self.upto, self.hash, purged, self.waiting, self.sent_at, self.signature)

    @property
    def present(self) -> Present:
        """What people see of it."""
        about = (self.seen_at, self.waiting, self.upto, self.offset_ms, self.purged_upto)
        return Present(self.desk, self.party, self.connected, *about)


class Watch:
    """Looks at the rest of the shared log through one connection. Not for two threads."""

    def __init__(self, log: Log, conn: psycopg.Connection, desks: Callable[[], Desks]) -> None:
        """`desks` gives whose signatures count now."""
        self.log, self.conn, self.desks = log, conn, desks
        self.upto = 0
        """The last record that the keeper has told of."""
        self._at: Millis = 0
        self._moved = time.monotonic()
        self._ahead = 0.0

    def alive(self) -> bool:
        """Ask whether the keeper lives: whether it has signed the end of the shared log within the last minute.

        Raises Forked where what it has signed is not what this desk has.
        """
        age = STANDSTILL * 1000
        for beat in self._beats():
            if beat.at > self._at:
                self._at, self._moved = beat.at, time.monotonic()
            since = (time.monotonic() - self._moved) * 1000
            age = min(age, max(beat.now - beat.at, since if beat.at == self._at else age))
            self._compare(beat)
        return age < STANDSTILL * 1000

    def _beats(self) -> list[_Beat]:
        """Return what keepers have signed; what has another signature is no keeper's, and says nothing."""
        rows = self.conn.execute(_BEATS, binary=True).fetchall()
        with suppress(msgspec.ValidationError):
            return [beat for beat in msgspec.convert(rows, list[_Beat]) if self._holds(beat)]
        return []

    def _holds(self, beat: _Beat) -> bool:
        known = self.desks().get(beat.desk)
        if known is None or not known.keeper:
            return False
        return beat_holds(known.key, beat.signature, self.log.id, beat.desk, beat.seq, beat.hash, beat.at)

    def _compare(self, beat: _Beat) -> None:
        self.upto = max(self.upto, beat.seq)
        if self._differs(beat.seq, beat.hash):
            raise forked(self.log, beat.seq, f"{beat.desk} has signed another record here", [beat])
        if beat.seq <= self.log.head.seq:
            self._ahead = 0.0 if beat.at == self._at else self._ahead
            return
        self._ahead = self._ahead or time.monotonic()
        if time.monotonic() - self._ahead > WITHHELD:
            raise forked(self.log, beat.seq, f"records up to here, which {beat.desk} signed, are not given", [beat])

    def _differs(self, seq: int, head: bytes) -> bool:
        """Whether this desk has another record at a position that it has."""
        if not 0 < seq <= self.log.head.seq:
            return False
        found = self.log.db.execute("SELECT hash FROM records WHERE seq = ?", (seq,)).fetchone()
        return found is None or found[0] != head

    def advanced(self) -> None:
        """Something has been taken: what the keeper told of is on its way."""
        self._ahead = 0.0

    def others(self) -> tuple[Present, ...]:
        """Return who is at which desk; raises Forked where another desk has signed that it has another history."""
        try:
            rows = msgspec.convert(self.conn.execute(_PRESENCE, binary=True).fetchall(), list[_Presence])
        except msgspec.ValidationError:
            return ()
        for row in rows:
            known = self.desks().get(row.desk)
            if known and self._differs(row.upto, row.hash) and pulse_holds(known.key, self.log.id, row.pulse):
                raise forked(self.log, row.upto, f"desk {row.desk} has signed another record here", [row])
        return tuple(
            Present(r.desk, r.party, r.connected, r.seen_at, r.waiting, r.upto, r.offset_ms, r.purged_upto)
            for r in rows
        )

    def tell(self, key: Ed25519PrivateKey, waiting: int, offset_ms: int) -> None:
        """Tell all others, signed, how far this desk is."""
        head, desk = self.log.head, self.log.member.desk if self.log.member else ""
        purged = unpurged(self.log.db) is None and not has_unsettled(self.log.db)
        pulse = signed(key, self.log.id, Pulse(desk, head.seq, head.hash, purged, waiting, self.log.clock()))
        _desk, upto, hash_, purged, waiting, sent_at, signature = pulse
        self.conn.execute(_PULSE, (upto, hash_, purged, waiting, offset_ms, sent_at, signature))


def offset(conn: psycopg.Connection, clock: Clock) -> int:
    """Return by how many milliseconds this machine's clock is ahead of the server's.

    Of three tries, the quickest; a slow line gets one.
    """
    found = []
    for _try in range(3):
        start, here = time.monotonic(), clock()
        row = conn.execute(f"SELECT {_NOW}").fetchone()
        took = time.monotonic() - start
        if row:
            found.append((took, here + round(took * 500) - int(row[0])))
        if took > SLOW:
            break
    return min(found)[1]
