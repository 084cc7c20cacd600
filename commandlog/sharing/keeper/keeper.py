"""The log keeper: the one process that puts the records of a shared log in order.

A turn takes what desks have sent, checks it, gives each record its place in the keeper's own log, and then puts the
same on the server: one transaction there, inside one here. The server commits first. Where nobody can tell whether it
did (the line broke), this one is taken back, and the keeper's log follows the server's, as any desk's does. So what the
server has is in the keeper's log, or comes into it; what the keeper's log has and the server lacks means that the
server was put back, and then nothing is put in order until a person has decided (`adopting`).
"""

import secrets
import selectors
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commandlog.log import chain
from commandlog.log.signing import Signer
from commandlog.log.store import Clock, Log, system_clock
from commandlog.model.errors import Unavailable
from commandlog.model.frames import Frame
from commandlog.model.records import DeskOpened
from commandlog.sharing.following.following import Follower
from commandlog.sharing.following.forked import Forked
from commandlog.sharing.keeper import rights, statements
from commandlog.sharing.keeper.accepting import Known, Sent
from commandlog.sharing.keeper.batch import Done, Turn, put_in_order
from commandlog.sharing.keeper.beginning import Behind, check_server, introduced, obstacle_of
from commandlog.sharing.keeper.keeping import Health, Housekeeping
from commandlog.sharing.keeper.lease import RENEW, Lease, Superseded
from commandlog.sharing.keeper.ordering import Ordering, Unfit, desks_of

CHECKPOINT_EVERY, CHECKPOINT_AFTER = 100, 60.0  # records, seconds
ENOUGH = 0.25  # seconds after which a batch ends, whatever is left of it
CLOCK_OFF = 2000  # milliseconds between this machine's clock and the server's
AGAIN = 1.0  # seconds between two tries when the server does not answer
QUIET = 0.005  # seconds of rest after a turn that found nothing, however often one is woken
MORE = 0.02  # seconds after a turn that found some, in which a notice is waited for
MANY, BUSY = 10, 0.1  # records of a turn, and seconds after it in which nobody waits for a notice

Connect = Callable[[], "psycopg.Connection[Any]"]


class Keeper:
    """Keeps the order of one shared log from one thread. `close` lets the next keeper take over at once."""

    def __init__(self, log: Log, connect: Connect, key: Ed25519PrivateKey, clock: Clock = system_clock) -> None:
        """`log` is the keeper's own (`making.keepers_log`), `connect` logs in as a keeper, `key` signs for it."""
        self.log, self.clock, self.key = log, clock, key
        self.public = key.public_key().public_bytes_raw()
        self._connect = connect
        self.conn: psycopg.Connection[Any] | None = None
        self.desk = self.party = ""
        self.lease = Lease("")
        self.desks: dict[str, Known] = {}
        self.errands: list[tuple[type[Frame], dict[str, Any]]] = []
        self.health = Health()
        self.obstacle = ""
        """Why no desk would believe it."""
        self._sure = self._woken = False
        self._senders, self._busy = 1, 0.0
        self._unfit = Counter[bytes]()
        self._tried: list[bytes] = []
        self._checkpoint = (0, 0.0)

    # -- one turn --------------------------------------------------------------------------------------------------

    def turn(self) -> Turn:
        """Put what has arrived in order, one batch of it, or stand by where another keeper does.

        Raises psycopg.Error where the server fails (nothing is lost: call it again), Forked (a Damaged) where the
        server was put back or tells another history, RuleError where this keeper may not begin.
        """
        conn = self.connected()
        try:
            if not self.lease.epoch:
                self._follow(conn)
                if not (self.is_trusted() and self.lease.take(conn)):
                    return Turn(active=False, upto=self.log.head.seq)
            if not self._sure:
                self._begin(conn)
            turn = self._batches(conn)
            return turn if self._sure else self.turn()
        except Superseded:
            self._sure = False
            return Turn(active=False, upto=self.log.head.seq)
        except BaseException:
            self._sure = False
            raise

    def will_say(self, kind: type[Frame], **fields: Any) -> None:
        """Put a record of the keeper's own in its next turn."""
        self.errands.append((kind, fields))

    def on(self, log: Log) -> "Keeper":
        """Return this very keeper on another file of its log."""
        again = Keeper(log, self._connect, self.key, self.clock)
        again.desk, again.party = self.desk, self.party
        return again

    def connected(self) -> "psycopg.Connection[Any]":
        """Return the connection, made anew where it was lost."""
        if self.conn is None or self.conn.closed:
            self._sure = False
            conn = self._connect()
            try:
                self._introduce(conn)
            except BaseException:
                conn.close()
                raise
            self.conn = conn
            self.house = Housekeeping(self, conn)
        return self.conn

    def _introduce(self, conn: "psycopg.Connection[Any]") -> None:
        """Find out who this login is, and make sure that a server never waits for a keeper that was stopped."""
        conn.execute("SET idle_in_transaction_session_timeout = '3s'; SET lock_timeout = '3s'; SET jit = off")
        conn.add_notify_handler(self._wake_up)  # they carry nothing, and are not to pile up
        conn.execute("LISTEN inbox")
        self.party, self.desk = introduced(conn, self.log, self.public)
        if not self.lease.holder:
            self.lease = Lease(f"{self.desk} {secrets.token_hex(8)}")

    def _begin(self, conn: "psycopg.Connection[Any]") -> None:
        """Be sure, before anything is put in order, that this log and the server's are the same."""
        with conn.transaction():
            self.lease.hold(conn)
        self._follow(conn)
        check_server(conn, self.log)
        self.desks = desks_of(self.log.db)
        self.party = self.party or rights.driver(self.log.db)
        self.errands.clear()  # they are seen anew
        self._checkpoint = (self.log.db.execute("SELECT coalesce(max(seq), 0) FROM checkpoints").fetchone()[0], 0.0)
        if self.desk not in self.desks:
            self.will_say(DeskOpened, desk=self.desk, party=self.party, key=self.public)
        self.house.begin()
        self._sure = True

    def _follow(self, conn: "psycopg.Connection[Any]") -> None:
        """Bring the keeper's own log to where the server is. Raises Forked where it does not go on from there."""
        follower = Follower(self.log, conn, b"")
        try:
            while follower.pull().more:
                if self.lease.epoch:
                    with conn.transaction():
                        self.lease.hold(conn)
        except Forked as error:
            if error.alarm == "rewound":
                raise Behind.at(statements.head(conn)[0], self.log.head.seq) from error
            raise
        self.log.refresh()

    def is_trusted(self) -> bool:
        """Whether desks will believe this keeper: the log names its key, or it is the first keeper of all.

        Raises RuleError where the log names another key.
        """
        self.obstacle = obstacle_of(self.log, self.desk, self.public)
        return not self.obstacle

    def _batches(self, conn: "psycopg.Connection[Any]") -> Turn:
        """Make one batch. A record that cannot be taken in, here or on the server, costs others some more tries."""
        limit = statements.RECORDS
        while True:
            try:
                return self._batch(conn, limit)
            except Unfit as unfit:
                self._unfit[unfit.record_id] += 1
                limit = max(1, unfit.after + 1)
            except (psycopg.DataError, psycopg.IntegrityError, UnicodeError):  # one of those that were put in order
                if not self._tried or self._unfit[self._tried[0]] > 1:
                    raise
                if len(self._tried) == 1:
                    self._unfit[self._tried[0]] += 1
                limit = max(1, len(self._tried) // 2)

    def _batch(self, conn: "psycopg.Connection[Any]", limit: int) -> Turn:
        start = time.monotonic()
        self._woken, self._tried = False, []
        with self.log.writing():
            with conn.pipeline(), conn.transaction():
                claim, end = self.lease.ask(conn), statements.ask_head(conn)
                sent = statements.take(conn, max(20, 2 * limit // self._senders), limit)
                self._set_clock(self.lease.check(claim))
                if statements.head_of(end) != (self.log.head.seq, self.log.head.hash if self.log.head.seq else b""):
                    self._sure = False  # somebody put the server back, or this log, since the last turn
                    return Turn(active=True, upto=self.log.head.seq)
                rows = list(sent)
                if not rows and not self.errands and not self._checkpoint_due(self.log.head.seq):
                    self._senders = 1
                    return Turn(active=True, upto=self.log.head.seq)
                order = Ordering(self.log, Signer(self.party, self.desk, self.key), self.now, dict(self.desks))
                for kind, fields in self.errands:
                    order.say(kind, **fields)
                done = self._put(order, rows, start + ENOUGH)
                self._tried = [row.id for row in rows[: done.rows]]
                placed, changed = order.placed(), order.changed()
                statements.put(conn, placed, changed)
                statements.done(conn, rows[: done.rows], done.notes, done.unwanted)
                self._sign(conn, order.seq, order.hash)
            self._wake(conn)
            self.log.refresh()
        self.desks, self._senders = order.desks, max(1, len({row.login for row in rows}))
        self._unfit.clear()
        self.errands.clear()
        return Turn(True, order.seq, done, time.monotonic() - start)

    def now(self) -> int:
        """Return the time that records get, milliseconds UTC: this machine's, or the server's where they differ."""
        return self.clock() + self.health.clock_off

    def _set_clock(self, servers: int) -> None:
        """Go by the server's clock where this machine's is far from it: the order's times never go back.

        One that jumps ahead would date all that follows.
        """
        off = servers - self.clock()
        self.health.clock_off = off if abs(off) > CLOCK_OFF else 0

    def _wake(self, conn: "psycopg.Connection[Any]") -> None:
        """Tell whoever listens that there is something new; nobody depends on it."""
        with suppress(psycopg.Error):
            conn.execute("NOTIFY chain")

    def _put(self, order: Ordering, rows: list[Sent], until: float) -> Done:
        return put_in_order(order, rows, self._unfit, until)

    def _checkpoint_due(self, seq: int) -> bool:
        last, at = self._checkpoint
        return seq - last >= CHECKPOINT_EVERY or (seq > last and time.monotonic() - at > CHECKPOINT_AFTER)

    def _sign(self, conn: "psycopg.Connection[Any]", seq: int, head: bytes) -> None:
        """Sign a checkpoint where one is due; inside a pipeline, and the transaction of the keeper's own log."""
        if not self._checkpoint_due(seq):
            return
        signature = self.key.sign(chain.checkpoint_bytes(self.log.id, seq, head))
        statements.checkpoint(conn, seq, head, self.desk, signature)
        self.log.db.execute("INSERT OR IGNORE INTO checkpoints VALUES (?, ?, ?, ?)", (seq, head, self.desk, signature))
        self._checkpoint = (seq, time.monotonic())

    # -- until it is told to stop ----------------------------------------------------------------------------------

    def run(self, stop: threading.Event, tell: Callable[[Health], None] = lambda _health: None) -> None:
        """Keep the log in order until `stop` is set; tells how it goes each second.

        A server that does not answer is tried again each second. Raises Damaged where the server was put back or tells
        another history, RuleError where this keeper may not do its work: a person has to look.
        """
        tended = 0.0
        try:
            while not stop.is_set():
                try:
                    turn = self.turn()
                    self.health.turned(turn.active, self.desk, self.lease.epoch, turn.upto, turn.rows, turn.seconds)
                    self.health.trouble = self.obstacle
                    if time.monotonic() - tended >= RENEW:
                        tended = time.monotonic()
                        self.house.tend(active=turn.active, idle=not turn.rows)
                        tell(self.health)
                    if turn.rows >= MANY:
                        self._busy = time.monotonic()
                    if not turn.rows:
                        self._wait(RENEW if turn.active else RENEW / 2)
                    elif turn.rows < MANY and not self._woken:  # at once, it would be in the way of those who get these
                        self._wait(MORE)
                except (psycopg.Error, Superseded, Unavailable) as error:
                    self.close()  # where it is this machine that fails (its disk is full), the next one takes over
                    self.health.failed(str(error))
                    tell(self.health)
                    stop.wait(AGAIN)
        finally:
            self.close()

    def _wait(self, seconds: float) -> None:
        """Sleep until the server says something, or for so many seconds.

        A notice that came with an answer during the turn is no longer there to wait for: `_woken` remembers it. Whoever
        sends notices without end gets turns that find nothing, one in a while. After a turn that found much there is
        more in a moment.
        """
        if self._woken or time.monotonic() - self._busy < BUSY:
            time.sleep(QUIET)
        elif self.conn is not None and not self.conn.closed:
            with selectors.DefaultSelector() as selector:
                selector.register(self.conn.fileno(), selectors.EVENT_READ)
                selector.select(seconds)

    def _wake_up(self, _notice: psycopg.Notify) -> None:
        self._woken = True

    def close(self) -> None:
        """Let the next keeper take over at once, and end the connection; a next turn makes another one."""
        if self.conn is not None and not self.conn.closed:
            if self.lease.epoch:
                with suppress(psycopg.Error):
                    self.lease.leave(self.conn)
            self.conn.close()
