"""Desks of tests that only send: a member file whose waiting records go into the inbox by hand, true or forged."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commandlog.log import chain
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.desk import Desk
from commandlog.log.keys import desk_key, settings_folder
from commandlog.log.member import Member, become
from commandlog.log.rebuild import Stored, stored
from commandlog.log.signing import Signer
from commandlog.log.store import Log, system_clock
from commandlog.model.records import DeskOpened, Note, Record, Words
from commandlog.sharing.following.following import Follower
from commandlog.sharing.joining import past
from commandlog.sharing.keeper.keeper import Keeper
from commandlog.sharing.keeper.keepers_log import open_keepers_log
from commandlog.sharing.link import connect
from commandlog.verbs.events import open_event
from tests.events import concert
from tests.sharing.conftest import Host, Hosted

DESKS = {"P1": "police", "B1": "baken", "V2": "venue"}
KEY = "*keeper"


class Seat:
    """One desk: its file, its key and its connection."""

    def __init__(self, folder: Path, hosted: Hosted, code: str) -> None:
        self.path, self.key = folder / f"{code}.clog", Ed25519PrivateKey.generate()
        self.log = Log(self.path, create=True)
        with self.log.writing():
            self.log.db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (hosted.event.log_id,))
            become(self.log.db, Member(hosted.parties[code], code))
        self.log.close()
        self.log = Log(self.path)
        self.desk = Desk(self.log, Signer(hosted.parties[code], code, self.key))
        self.conn = hosted.connect(code)
        self.sent = PROVISIONAL - 1
        public = self.key.public_key().public_bytes_raw()
        self.append(DeskOpened, desk=code, party=hosted.parties[code], key=public)

    def append(self, kind: Any, words: Words = Words(), **fields: Any) -> Record:  # noqa: B008
        """Write something, as a verb does."""
        with self.desk.writing():
            return self.desk.append(kind, words, **fields)

    def write(self, count: int = 1, text: str = "x") -> None:
        """Write some notes."""
        with self.desk.writing():
            for number in range(count):
                self.desk.append(Note, Words(text=f"{text} {number}"))

    def waiting(self) -> list[Stored]:
        """Return what was not sent yet, and count it as sent."""
        found = list(stored(self.log.db, self.sent + 1, FOREVER))
        self.sent = found[-1].seq if found else self.sent
        return found

    def send(self) -> None:
        """Send all that waits."""
        insert(self.conn, self.waiting())

    def follow(self) -> None:
        """Take all that the server has for this desk."""
        follower = Follower(self.log, self.conn, b"")
        found = self.conn.execute("SELECT max(seq) FROM commandlog.chain").fetchone()
        end = time.monotonic() + 20
        while found and follower.pull().upto < found[0]:  # what waits here is put behind it once a second
            assert time.monotonic() < end
            time.sleep(0.02)
        self.log.refresh()

    def close(self) -> None:
        self.conn.close()
        self.log.close()


def made(seat: Seat, frame: bytes, words: bytes = b"{}", **otherwise: Any) -> Stored:
    """Return a record as a desk's own program would never write it; `otherwise` changes what its header says."""
    parts = chain.salted(frame, words)
    said: dict[str, Any] = {
        "log_id": seat.log.id,
        "id": chain.Ids().next(system_clock()),
        "digest": chain.digest_of(*map(chain.part_hash, parts)),
        "party": seat.desk.party,
        "desk": seat.desk.code,
        "key": seat.key,
    } | otherwise
    log_id, record_id, digest, party, desk, key = said.values()
    signature = key.sign(chain.signed_bytes(log_id, record_id, digest, party, desk))
    header = chain.pack_header((1, log_id, PROVISIONAL, record_id, 0, digest, signature), party, desk)
    return Stored(PROVISIONAL, header, None, *parts)


def insert(conn: psycopg.Connection, records: list[Stored], notify: bool = True) -> None:
    """Put records in the inbox, in one transaction."""
    rows = [(one.header[26:42], one.header, one.frame, one.words) for one in records]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    conn.execute(
        "INSERT INTO commandlog.inbox (id, header, frame, words)"
        " SELECT * FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[]) ON CONFLICT DO NOTHING",
        columns,
    )
    if notify:
        conn.execute("NOTIFY inbox")


class Room:
    """An event that was shared, its keeper, and the desks that were asked for."""

    def __init__(self, folder: Path, host: Host, desks: dict[str, str] = DESKS) -> None:
        self.folder, self.seats = folder, dict[str, Seat]()
        desk = open_event(folder / "event.clog", concert(), settings_folder())
        with desk.log as log:
            self.hosted = host(log.id, desks)
            with self.hosted.admin.transaction():
                past.send(log, self.hosted.admin, 1, log.head.seq)
        self.keepers: list[Keeper] = []
        self.mark = 0

    def seat(self, code: str) -> Seat:
        if code not in self.seats:
            self.seats[code] = Seat(self.folder, self.hosted, code)
        return self.seats[code]

    def keeper(self, code: str = "LOG1", dsn: str = "") -> Keeper:
        """Return a keeper in this process."""
        log_id = self.hosted.event.log_id
        log = open_keepers_log(self.folder / f"{code}.clog", log_id, code)
        key = desk_key(settings_folder(), log_id, KEY + code)
        dsn = dsn or self.hosted.dsn(self.hosted.keeper)
        self.keepers.append(Keeper(log, lambda: connect(dsn, role="keeper"), key))
        return self.keepers[-1]

    def chain(self) -> list[tuple[Any, ...]]:
        """Return what the server has."""
        query = (
            "SELECT c.seq, c.id, c.header, c.hash, p.frame, p.words, p.readers"
            " FROM commandlog.chain c JOIN commandlog.parts p USING (seq) ORDER BY seq"
        )
        with self.hosted.connect("keeper") as conn, conn.cursor(binary=True) as cursor:
            return cursor.execute(query).fetchall()

    def close(self) -> None:
        for seat in self.seats.values():
            seat.close()
        for keeper in self.keepers:
            keeper.close()
            keeper.log.close()


@contextmanager
def room(folder: Path, host: Host, desks: dict[str, str] = DESKS) -> Iterator[Room]:
    """Give an event with its keeper and desks."""
    made = Room(folder, host, desks)
    try:
        yield made
    finally:
        made.close()


def empty(keeper: Keeper, most: int = 200) -> list[Any]:
    """Let a keeper take turns until nothing is left; returns them."""
    turns = []
    for _again in range(most):
        turns.append(keeper.turn())
        if not turns[-1].rows and not keeper.errands:
            return turns
    raise AssertionError("the inbox does not become empty")
