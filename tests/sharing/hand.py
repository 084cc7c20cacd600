"""A shared log whose order is kept by hand: what the server says is what a test wants it to say.

The log of the evening is one file in which every desk writes; its records are put on the server as a keeper would. What
a desk's own file has waiting is placed behind them.
"""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commandlog.log import chain
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.desk import Desk, open_member_desk, sit_down
from commandlog.log.keys import settings_folder
from commandlog.log.member import Member
from commandlog.log.rebuild import stored, take
from commandlog.log.signing import Signer
from commandlog.log.store import Log
from commandlog.model.records import DeskOpened
from commandlog.sharing.following.following import Follower
from commandlog.sharing.following.pulses import beat_bytes
from commandlog.sharing.keeper import rights
from commandlog.verbs.events import open_event
from tests.events import Clock, concert
from tests.sharing.conftest import Host, Hosted

CHAIN = "INSERT INTO commandlog.chain VALUES (%s, %s, %s, %s)"
PARTS = "INSERT INTO commandlog.parts VALUES (%s, %s, %s, %s, %s, %s)"


class Evening:
    """The whole evening, a server that tells it, and files of desks that follow."""

    def __init__(self, folder: Path, host: Host, clock: Clock) -> None:
        self.folder, self.clock = folder, clock
        self.desk = open_event(folder / "whole.clog", concert(), settings_folder(), clock=clock)
        self.log = self.desk.log
        self.event: Hosted = host(self.log.id)
        self.admin = self.event.admin
        self.key = Ed25519PrivateKey.generate()
        with self.log.writing():
            keeper = Desk(self.log, Signer("venue", "LOG1", self.key))
            keeper.append(DeskOpened, desk="LOG1", party="venue", key=self.public)
        self.upto = 0
        self.connections: list[psycopg.Connection] = []
        self.files: list[Log] = []

    def close(self) -> None:
        for connection in self.connections:
            connection.close()
        for log in (self.log, *self.files):
            log.close()

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def sit(self, party: str) -> Desk:
        """Return a desk that writes in the evening's own file: for those who follow, one of the others."""
        return sit_down(self.log, settings_folder(), party)

    def member(self, code: str) -> Log:
        """Make a file that is a desk of the shared log."""
        path = self.folder / f"{code}{len(self.files)}.clog"
        with Log(path, create=True) as log, log.writing():
            log.db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (self.log.id,))
        with Log(path, clock=self.clock) as log:
            log.join(Member(self.event.parties[code], code))
        self.files.append(Log(path, clock=self.clock))
        return self.files[-1]

    def connect(self, code: str) -> psycopg.Connection:
        self.connections.append(self.event.connect(code))
        return self.connections[-1]

    def follower(self, code: str, log: Log | None = None) -> Follower:
        return Follower(log or self.member(code), self.connect(code), self.public)

    def opened(self, code: str) -> tuple[Desk, Follower]:
        """Return a desk in a file of its own that is open everywhere, and what follows for it."""
        follower = self.follower(code)
        self.publish()
        pull_all(follower)
        open_member_desk(follower.log, settings_folder())
        self.place(follower.log)
        self.publish()
        pull_all(follower)
        return sit_down(follower.log, settings_folder(), follower.member.party), follower

    def publish(self, last: int = 0) -> None:
        """Tell the server what the evening's log has, up to a position or to its end."""
        first, last = self.upto + 1, last or self.log.head.seq
        db, known = self.log.db, rights.parties(self.log.db)
        with self.admin.transaction(), self.admin.cursor() as cursor:
            rows = list(stored(db, first, last))
            cursor.executemany(CHAIN, [(r.seq, r.header[26:42], r.header, r.hash) for r in rows])
            erased = dict(db.execute("SELECT record, min(since) FROM erasures GROUP BY record").fetchall())
            for r in rows:
                gone = erased.get(r.seq) if r.words is None else None
                cursor.execute(PARTS, (r.seq, r.frame, r.words, r.words_hash, rights.readers(db, r.seq, known), gone))
            for seq, by in rights.changed_by(db, first, last).items():
                (r,) = stored(db, seq, seq)
                change = "UPDATE commandlog.parts SET words=%s, words_hash=%s, readers=%s, erased_by=%s WHERE seq=%s"
                gone = erased.get(seq) if r.words is None else None
                cursor.execute(change, (r.words, r.words_hash, rights.readers(db, seq, known), gone, seq))
                if by:
                    cursor.execute("INSERT INTO commandlog.opened VALUES (%s, %s)", (seq, by))
        self.upto = last

    def put_back(self, after: int) -> None:
        """Put the server, and the evening's log with it, back to where they were."""
        before, self.log = self.log, Log(self.folder / f"back-to-{after}.clog", create=True, clock=self.clock)
        self.files.append(before)
        with self.log.writing():
            self.log.db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (before.id,))
            for record in stored(before.db, 1, after):
                take(self.log.db, record)
            self.log.refresh()
        self.log.id = before.id
        for table, column in {"chain": "seq", "parts": "seq", "checkpoints": "seq", "opened": "by_seq"}.items():
            self.admin.execute(f"DELETE FROM commandlog.{table} WHERE {column} > %s", (after,))
        self.upto = after

    def checkpoint(self, key: Ed25519PrivateKey | None = None, desk: str = "LOG1") -> None:
        """Sign the end of what the server has."""
        (head,) = self.log.db.execute("SELECT hash FROM records WHERE seq = ?", (self.upto,)).fetchone()
        signature = (key or self.key).sign(chain.checkpoint_bytes(self.log.id, self.upto, head))
        row = (self.upto, head, desk, signature)
        self.admin.execute("INSERT INTO commandlog.checkpoints (seq, hash, desk, signature) VALUES (%s,%s,%s,%s)", row)

    def beat(self, head: bytes = b"", at: int = 0) -> None:
        """Say, signed, that the shared log goes on, and where it ends."""
        (own,) = self.log.db.execute("SELECT hash FROM records WHERE seq = ?", (self.upto,)).fetchone()
        head = head or own
        if not at:
            row = self.admin.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint").fetchone()
            at = row[0] if row else 0
        signature = self.key.sign(beat_bytes(self.log.id, "LOG1", self.upto, head, at))
        insert = "INSERT INTO commandlog.beats VALUES ('LOG1',%s,%s,%s,%s)"
        again = "ON CONFLICT (desk) DO UPDATE SET (seq, hash, at, signature) = ROW (EXCLUDED.seq, EXCLUDED.hash,"
        row = (self.upto, head, at, signature)
        self.admin.execute(f"{insert} {again} EXCLUDED.at, EXCLUDED.signature)", row)

    def place(self, log: Log, count: int = 0) -> None:
        """Give what waits in a desk's file its place at the end of the evening's log."""
        waiting = list(stored(log.db, PROVISIONAL, FOREVER))
        with self.log.writing():
            seq, previous, kept_at, _id = self.log.head
            for record in waiting[: count or len(waiting)]:
                seq, kept_at = seq + 1, max(kept_at, self.clock())
                header = chain.placed(record.header, seq, kept_at)
                previous = chain.link(previous, header)
                take(self.log.db, record._replace(seq=seq, header=header, hash=previous))
            self.log.refresh()


def pull_all(follower: Follower) -> int:
    """Pull until all is here; returns how many records came."""
    taken = 0
    while (pulled := follower.pull()).more or pulled.taken:
        taken += pulled.taken
    return taken


@pytest.fixture
def evening(tmp_path: Path, host: Host, clock: Clock) -> Iterator[Evening]:
    """An evening that has begun, on a server of its own database."""
    made = Evening(tmp_path, host, clock)
    yield made
    made.close()
