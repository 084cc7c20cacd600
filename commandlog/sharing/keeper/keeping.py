"""What a log keeper does each second beside putting records in order.

It folds the desks' pulses into one row each, says in the log when a desk is gone or there again, signs that it is alive
itself, moves attachments to where others may read them, ends what holds others up, and says how it stands.
"""

import time
from typing import TYPE_CHECKING, Any

import psycopg
from msgspec import Struct

from commandlog.log import chain, pieces
from commandlog.log.derived.table import FOREVER
from commandlog.model.frames import Millis
from commandlog.model.media import LARGEST
from commandlog.model.order import DeskSeen
from commandlog.model.records import DeskOpened, decode_words
from commandlog.sharing.following.fetching import Fetcher
from commandlog.sharing.following.pulses import Pulse, beat_bytes, pulse_holds
from commandlog.sharing.keeper import statements
from commandlog.sharing.keeper.accepting import POISONED
from commandlog.sharing.keeper.keepers_log import is_trusted
from commandlog.sharing.server import server

if TYPE_CHECKING:
    from commandlog.sharing.keeper.keeper import Keeper

AWAY_AFTER = 30.0  # seconds without a pulse
SAY_EVERY = 60.0  # seconds between two records about one desk
BEAT_EVERY = 5.0
TIDY, BUSY = 0.1, 10.0  # seconds of tidying up in the keeper's own log when nothing waits; between two slices else
LOOK_EVERY = 5.0  # seconds between two looks at the whole inbox
COUNTED = 10_000  # rows of the inbox; more is "so many at least"

_PULSES = """
SELECT DISTINCT ON (d.desk)
    p.n, d.desk, d.party, p.upto, p.hash, p.purged, p.waiting, p.offset_ms, p.sent_at, p.signature
FROM commandlog.pulses p JOIN commandlog.desks d ON d.login = p.login WHERE p.n <= %s ORDER BY d.desk, p.n DESC
"""
_FOLD = """
INSERT INTO commandlog.presence AS old (desk, party, upto, hash, purged_upto, waiting, offset_ms, sent_at, signature,
    seen_at, connected)
VALUES (%(desk)s, %(party)s, %(upto)s, %(hash)s, CASE WHEN %(purged)s THEN %(upto)s ELSE -1 END, %(waiting)s,
    %(offset_ms)s, %(sent_at)s, %(signature)s, clock_timestamp(), true)
ON CONFLICT (desk) DO UPDATE SET upto = excluded.upto, hash = excluded.hash,
    purged_upto = CASE WHEN %(purged)s THEN excluded.upto ELSE least(old.purged_upto, excluded.upto - 1) END,
    waiting = excluded.waiting,
    offset_ms = excluded.offset_ms, sent_at = excluded.sent_at, signature = excluded.signature,
    seen_at = excluded.seen_at
"""
_CONNECTED = """
UPDATE commandlog.presence p SET connected = now.connected FROM (
    SELECT d.desk, EXISTS (SELECT FROM pg_stat_activity a WHERE a.usename = d.login AND a.datname = current_database())
        AS connected FROM commandlog.desks d) now
WHERE p.desk = now.desk AND p.connected <> now.connected
"""
_PRESENT = """
SELECT desk, (extract(epoch FROM seen_at) * 1000)::bigint, seen_at > clock_timestamp() - %s * interval '1 second'
FROM commandlog.presence ORDER BY desk
"""
_BEAT = """
INSERT INTO commandlog.beats (desk, seq, hash, at, signature) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (desk) DO UPDATE
    SET seq = excluded.seq, hash = excluded.hash, at = excluded.at, signature = excluded.signature
"""
_ARRIVED = """
SELECT DISTINCT d.login::text, d.desk, p.file FROM commandlog.pieces_in p JOIN commandlog.desks d USING (login)
WHERE d.revoked IS NULL
"""
_LOGIN = "SELECT login::text FROM commandlog.desks WHERE desk = %s"
_ABANDONED = "DELETE FROM commandlog.pieces_in WHERE at < clock_timestamp() - interval '1 day'"
_MOVE = """
WITH moved AS (DELETE FROM commandlog.pieces_in WHERE login = %s AND file = %s RETURNING number, bytes)
INSERT INTO commandlog.pieces SELECT %s, %s, number, bytes FROM moved
WHERE number < %s AND octet_length(bytes) = CASE WHEN number = %s - 1 THEN %s ELSE %s END ON CONFLICT DO NOTHING
"""
_DROP = f"""
DELETE FROM commandlog.pieces WHERE file = %(file)s AND CASE WHEN %(size)s > {LARGEST} THEN true ELSE (
    SELECT sha256(%(salt)s || string_agg(bytes, ''::bytea ORDER BY number)) FROM commandlog.pieces
    WHERE file = %(file)s HAVING count(*) = %(count)s) <> %(file)s END
"""
_ATTACHED = """
SELECT e.id, e.desk, a.size, r.words FROM attachments a JOIN entries e ON e.since = a.since
JOIN records r ON r.seq = a.since WHERE a.file = ? ORDER BY a.since LIMIT 1
"""
_INBOX = """
SELECT (SELECT count(*) FROM (SELECT FROM commandlog.inbox LIMIT %s) AS first),
    (SELECT (extract(epoch FROM clock_timestamp() - min(first.at)) * 1000)::bigint FROM commandlog.desks d CROSS JOIN
        LATERAL (SELECT at FROM commandlog.inbox WHERE login = d.login ORDER BY n LIMIT 1) AS first)
"""


class Health(Struct):
    """How a log keeper stands, for whoever looks after it. Times are milliseconds, `at` in UTC.

    `active`: it puts the log in order, else it stands by. `upto` is the last record, `waiting` how many rows the inbox
    has and `oldest` how long the first of them has waited; `turns`, `records`, `slowest` and `spent` are about all
    turns since `begin_again`. `members` are the desks that are there, `ended` how many
    sessions of desks held up others. `differs` are desks that have another past than this keeper, by the position at
    which they said so: somebody must look into that. `trouble` is empty, or why this keeper does not do its work: what
    the server says where it does not answer (not `answers`), or what a person has to do. `clock_off` is 0,
    or how far this machine's clock is behind the server's where that is so much that the server's is gone by.
    """

    at: Millis = 0
    active: bool = False
    desk: str = ""
    epoch: int = 0
    upto: int = 0
    checkpoint: int = 0
    waiting: int = 0
    oldest: int = 0
    turns: int = 0
    records: int = 0
    slowest: float = 0.0
    spent: float = 0.0
    members: list[str] = []
    ended: int = 0
    differs: dict[str, int] = {}
    trouble: str = ""
    answers: bool = True
    clock_off: int = 0

    def turned(self, active: bool, desk: str, epoch: int, upto: int, records: int, seconds: float) -> None:
        """Note a turn."""
        self.active, self.desk, self.epoch, self.upto = active, desk, epoch, upto
        self.answers, self.trouble = True, ""
        self.turns, self.records = self.turns + 1, self.records + records
        self.spent, self.slowest = self.spent + seconds * 1000, max(self.slowest, seconds * 1000)

    def failed(self, trouble: str) -> None:
        """Note that the server does not answer."""
        self.active, self.answers, self.trouble = False, False, trouble

    def begin_again(self) -> None:
        """Forget the turns that were told of."""
        self.turns, self.records, self.slowest, self.spent, self.ended = 0, 0, 0.0, 0.0, 0


class Housekeeping:
    """The work of each second of one keeper, on one connection."""

    def __init__(self, keeper: "Keeper", conn: "psycopg.Connection[Any]") -> None:
        self.keeper, self.conn, self.log = keeper, conn, keeper.log
        self.fetcher = Fetcher(self.log, conn)
        self._here: dict[str, bool] = {}
        self._said: dict[str, float] = {}
        self._beat = self._look = self._tidied = 0.0

    def begin(self) -> None:
        """Begin as the active keeper: what the log says of who is there is what was said last."""
        query = f"SELECT desk, here FROM presences WHERE until = {FOREVER}"
        self._here = {desk: bool(here) for desk, here in self.log.db.execute(query)}
        self._beat = 0.0
        self.fetcher.bad.clear()  # since then others may have been sent

    def tend(self, *, active: bool, idle: bool = True) -> None:
        """Do a second's work. Raises psycopg.Error, or Superseded where another keeper is active."""
        health = self.keeper.health
        if active:
            with self.conn.transaction():
                self.keeper.lease.hold(self.conn)
                self._fold()
                self._presence(health)
                self._alive()
                self._announce()
                self._shelve()
                self._drop_bad()
            health.ended += len(server.end_long_transactions(self.conn))
        self._fetch()
        self._tidy(idle)
        self._look_around(health)

    def _fold(self) -> None:
        """Keep the newest pulse of each desk, where that desk signed it and has what the keeper has.

        One that has something else was shown another past, or lies: that is for a person to look into, and no reason
        for other desks to stop.
        """
        last = self.conn.execute("SELECT max(n) FROM commandlog.pulses").fetchone()
        if last is None or last[0] is None:
            return
        with self.conn.cursor(binary=True) as cursor:
            names = ("desk", "party", "upto", "hash", "purged", "waiting", "offset_ms", "sent_at", "signature")
            rows = [dict(zip(names, row[1:], strict=True)) for row in cursor.execute(_PULSES, last)]
        for row in rows:
            known = self.keeper.desks.get(row["desk"])
            pulse = Pulse(*(row[name] for name in Pulse._fields))
            if known and pulse_holds(known.key, self.log.id, pulse):
                if self._agrees(pulse):
                    self.conn.execute(_FOLD, row)
                    self.keeper.health.differs.pop(pulse.desk, None)
                else:
                    self.keeper.health.differs[pulse.desk] = pulse.upto
        self.conn.execute("DELETE FROM commandlog.pulses WHERE n <= %s", last)

    def _agrees(self, pulse: Pulse) -> bool:
        if pulse.upto == 0:
            return pulse.hash == chain.GENESIS
        found = self.log.db.execute("SELECT hash FROM records WHERE seq = ?", (pulse.upto,)).fetchone()
        return found is not None and found[0] == pulse.hash

    def _presence(self, health: Health) -> None:
        """Say in the log who is gone and who is there again, at most once a minute of each desk."""
        self.conn.execute(_CONNECTED)
        now, present = time.monotonic(), list[str]()
        for desk, seen_at, here in self.conn.execute(_PRESENT, (AWAY_AFTER,)).fetchall():
            if here:
                present.append(desk)
            said = self._said.get(desk)
            if here != self._here.get(desk, False) and (said is None or now - said > SAY_EVERY):
                self._here[desk], self._said[desk] = here, now
                self.keeper.will_say(DeskSeen, desk=desk, here=here, last=seen_at)
        health.members = present

    def _alive(self) -> None:
        """Sign that the shared log ends here, and that somebody keeps it."""
        if time.monotonic() - self._beat < BEAT_EVERY:
            return
        keeper, head, at = self.keeper, self.log.head, self.keeper.now()
        signature = keeper.key.sign(beat_bytes(self.log.id, keeper.desk, head.seq, head.hash, at))
        self.conn.execute(_BEAT, (keeper.desk, head.seq, head.hash, at, signature))
        self._beat = time.monotonic()

    def _announce(self) -> None:
        """Say in the log which other keepers there are, once somebody has confirmed them: desks believe it."""
        rows = self.conn.execute("SELECT desk, key FROM commandlog.keeper_keys WHERE NOT announced").fetchall()
        for desk, key in rows:
            if desk not in self.keeper.desks:
                if is_trusted(self.log, desk, key) and self.keeper.desk in self.keeper.desks:
                    self.keeper.will_say(DeskOpened, desk=desk, party=self.keeper.party, key=key)
            else:
                self.conn.execute("UPDATE commandlog.keeper_keys SET announced = true WHERE desk = %s", (desk,))

    def _shelve(self) -> None:
        """Move the pieces of attachments whose records are there to where whoever may read those may read them."""
        if time.monotonic() - self._look >= LOOK_EVERY:
            self.conn.execute(_ABANDONED)
        for login, desk, file in self.conn.execute(_ARRIVED).fetchall():
            found = self.log.db.execute(
                "SELECT a.since, a.size, r.words IS NULL OR e.desk != ? FROM attachments a"
                " JOIN entries e ON e.since = a.since JOIN records r ON r.seq = a.since WHERE a.file = ? ORDER BY 3, 1",
                (desk, file),
            ).fetchone()
            if not found:  # its record has yet to come, within a day
                continue
            seq, size, not_wanted = found
            count = 0 if not_wanted else pieces.count(size)
            last = size - (count - 1) * pieces.PIECE
            self.conn.execute(_MOVE, (login, file, seq, file, count, count, last, pieces.PIECE))
            self.fetcher.look(self.log.head.seq, again=True)

    def _drop_bad(self) -> None:
        """Take away pieces that are not what their record names, and note it for the desk that sends them again.

        Only the whole of a file can be checked: here, before most desks have fetched it. It is the server's that must
        be bad: here some may have been left of an earlier set, or changed on this disk, and those are fetched anew.
        """
        for file in self.fetcher.bad:
            for record_id, desk, size, words in self.log.db.execute(_ATTACHED, (file,)).fetchall():
                salt = decode_words(words[chain.SALT :]).salt if words else b""
                asked = {"file": file, "size": size, "count": pieces.count(size), "salt": salt}
                if self.conn.execute(_DROP, asked).rowcount:
                    login = self.conn.execute(_LOGIN, (desk,)).fetchone()
                    statements.done(self.conn, [], [(login[0], record_id, POISONED)] if login else [])
        self.fetcher.bad.clear()

    def _fetch(self) -> None:
        """Bring some pieces into the keeper's own log."""
        self.fetcher.look(self.log.head.seq)
        until = time.monotonic() + 0.2
        while time.monotonic() < until and self.fetcher.fetch():
            pass

    def _tidy(self, idle: bool) -> None:
        """Do what waits for an idle moment in the keeper's own log, and a little of it where none ever comes."""
        now = time.monotonic()
        if idle or now - self._tidied > BUSY:
            self._tidied = now
            while self.log.tend() and idle and time.monotonic() < now + TIDY:
                pass

    def _look_around(self, health: Health) -> None:
        """See how much waits."""
        health.at = self.keeper.clock()
        if time.monotonic() - self._look < LOOK_EVERY:
            return
        self._look = time.monotonic()
        found = self.conn.execute(_INBOX, (COUNTED,)).fetchone()
        health.waiting, health.oldest = (found[0], found[1] or 0) if found else (0, 0)
        health.checkpoint = self.log.db.execute("SELECT coalesce(max(seq), 0) FROM checkpoints").fetchone()[0]
