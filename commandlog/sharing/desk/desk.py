"""A desk of a shared log: follows it and sends to it, for as long as it is asked to. Whatever happens, writing goes on.

Nothing here ever holds the log while it waits for the network. One process at a time does this for a file.
"""

import logging
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg.errors import InsufficientPrivilege, IntegrityError

from commandlog.language import _
from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import open_member_desk
from commandlog.log.erasing import unpurged
from commandlog.log.files import failures
from commandlog.log.store import Clock, Log, system_clock
from commandlog.model.errors import CommandLogError, Damaged, RuleError, Unavailable
from commandlog.sharing.desk.followed import alone
from commandlog.sharing.desk.line import Line
from commandlog.sharing.desk.not_taken import not_taken, noted
from commandlog.sharing.desk.patience import Patience
from commandlog.sharing.desk.sending import RECORDS
from commandlog.sharing.desk.showing import Shower
from commandlog.sharing.desk.state import OFFSET, State
from commandlog.sharing.desk.watching import offset
from commandlog.sharing.following.forked import Forked
from commandlog.sharing.following.paging import FIRST
from commandlog.sharing.following.pulses import PULSE_AFTER, PULSE_EVERY
from commandlog.sharing.link import Refused, Revoked, connect, telling
from commandlog.sharing.settings import Settings
from commandlog.sharing.watchdog import Watchdog

logging.getLogger("psycopg").addHandler(logging.NullHandler())  # a lost connection is told, in words of our own

POLL = 1.0  # seconds between two questions, whether or not there was a notice
GLANCE, CALM = 0.003, 0.02  # seconds between two looks whether something was written here; where nothing was for long
BRISK = 10.0  # seconds since something was written here
LOOK = 4.0  # seconds between two looks who is at which desk, and whether all have the same history
EACH = 0.1  # seconds more seldom for each desk that is there: all of them look at all of them
SELDOMER = 4  # times as long as a look took, until the next one: over a slow line, records go first
TEND = 5.0  # seconds between two slices of what can wait for an idle moment
FULL = 5.0  # seconds between two tries to send what the server had no room for
SHUT_OUT = 60.0  # seconds between two tries of a login that was refused
OVERDUE = 60.0  # seconds after which an entry that was sent should have its place


def run(
    file: Path,
    settings: Path,
    stop: threading.Event,
    tell: Callable[[State], None],
    password: Callable[[], str],
    clock: Clock = system_clock,
) -> None:
    """Follow the shared log that a file is a desk of, and send what is written in it, until `stop` is set.

    `tell` is called, on another thread, whenever the state changed; `password` when a connection needs one, and again
    when that one was refused. Raises RuleError where the file is no desk or another process follows it already, Damaged
    where the file is; all else is told, and tried again.
    """
    with alone(file), Log(file, clock=clock) as log:
        if log.member is None or log.member.keeper:
            raise RuleError(_("{file} is not a desk of a shared log: `commandlog join` makes one.").format(file=file))
        own = Settings(settings, log.id, log.member.desk)
        with Shower(own, clock, tell) as shower, Watchdog() as watchdog:
            _Desk(log, own, settings, shower, watchdog, stop, password).run()


class _Desk:
    """The loop of one desk."""

    def __init__(
        self,
        log: Log,
        own: Settings,
        settings: Path,
        shower: Shower,
        watchdog: Watchdog,
        stop: threading.Event,
        password: Callable[[], str],
    ) -> None:
        if log.member is None:
            raise AssertionError("a log of its own is no desk")
        self.log, self.own, self.shower, self.watchdog, self.stop = log, own, shower, watchdog, stop
        self.key = open_member_desk(log, settings).signer.key
        self.ask, self.password = password, ""
        self.asked = False
        self.patience = Patience(watchdog)
        self.offset = 0
        self.most = FIRST, RECORDS
        self.version, self.written = -1, 0.0
        self.waited = (0, 0.0)

    def run(self) -> None:
        """Go on until it is asked to stop."""
        with failures(self.log.path):
            self._stand()
        while not self.stop.is_set():
            wait = self.patience.pause()
            try:
                with failures(self.log.path):
                    self._connected()
                continue
            except Forked as error:
                self.shower.phase("stopped", str(error), error.alarm)
                wait = OVERDUE if error.alarm == "forked" else self.patience.longest
            except Damaged as error:
                self.shower.phase("stopped", str(error))
                raise
            except Refused as error:
                self.asked = isinstance(error, Revoked) and self.asked
                self.shower.phase("stopped", str(error), "revoked" if isinstance(error, Revoked) else "")
                wait = SHUT_OUT if isinstance(error, Revoked) else self.patience.longest
            except CommandLogError as error:
                self.patience.failed(error)
                self.shower.phase("offline", str(error))
            finally:
                self.shower.asking(now=False)
                self.shower.say(keeper_alive=False)
            self._rest(wait)

    def _rest(self, seconds: float) -> None:
        """Wait, and go on saying what waits here."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.stop.wait(min(0.25, left)):
            with suppress(Unavailable), failures(self.log.path):  # whoever writes there is told it
                if self._written():
                    self._stand()

    # -- while there is a connection ---------------------------------------------------------------------------------

    def _connected(self) -> None:
        """Connect, and follow until that ends."""
        shared = self.own.shared()
        if not self.asked:
            self.password, self.asked = self.ask(), True
        start, patience = time.monotonic(), self.patience.seconds
        with telling(shared.address), connect(shared.address, self.password, patience=patience) as conn:
            self.patience.answered(time.monotonic() - start)
            with self._asking(conn):
                conn.execute("LISTEN chain")
                self.offset = offset(conn, self.log.clock)
            self.patience.connected(time.monotonic() - start)
            self.shower.phase("catching_up")
            self.shower.say(offset_ms=self.offset, offset_flag=abs(self.offset) > OFFSET)
            line = Line(self.log, conn, bytes.fromhex(shared.keeper_key), self.most)
            try:
                self._follow(line)
            finally:
                self.most = line.follower.pages.most, line.sender.most

    @contextmanager
    def _asking(self, conn: psycopg.Connection) -> Iterator[None]:
        """Ask the server: that it does not answer is shown soon, and ended once patience is at its end."""
        self.shower.asking(now=True)
        with self.watchdog.watching(conn):
            yield
        self.shower.asking(now=False)

    def _follow(self, line: Line) -> None:
        line.fetcher.look(self.log.head.seq, again=True)
        while not self.stop.is_set():
            with self._asking(line.conn):
                busy = self._turn(line)
            if not busy:
                self._wait(line)

    def _turn(self, line: Line) -> bool:
        """Do what is next, in this order: take what is new, send, look around, fetch; returns whether more is to do."""
        now = time.monotonic()
        if now - line.polled >= POLL:
            line.noticed = True
        if line.noticed and now >= line.later and self._pull(line):
            return True
        if line.all_here and now >= line.full and self._send(line):
            return True
        if now - line.polled >= POLL:
            line.polled = now
            self._look(line, now)
        fetched = line.fetcher.fetch()
        self.shower.say(pieces_missing=line.fetcher.missing)
        return fetched

    def _pull(self, line: Line) -> bool:
        line.noticed = False
        pulled = line.follower.pull()
        line.later = pulled.later
        line.noticed = bool(pulled.later) or pulled.more
        if pulled.taken:
            line.watch.advanced()
            line.fetcher.look(pulled.upto)
        behind = pulled.more and not (line.all_here and pulled.taken < PULSE_AFTER)
        line.all_here = line.all_here or not pulled.more
        if line.all_here:
            self.patience.all_is_well()
        self._stand()
        self.shower.say(phase="catching_up" if behind or not line.all_here else "joined", server_upto=pulled.upto)
        return pulled.more

    def _send(self, line: Line) -> int:
        """Send what is next. What the server has no room for waits here; reading goes on meanwhile."""
        try:
            return line.sender.send()
        except (InsufficientPrivilege, IntegrityError) as error:
            line.full = time.monotonic() + FULL
            told = _("The shared log takes nothing from this desk for now ({error}). It is kept here, and tried again.")
            line.refused = told.format(error=error.diag.message_primary or error)
            return 0

    def _look(self, line: Line, now: float) -> None:
        """Look around: does the shared log go on, who else is there; and tell the others how far this desk is."""
        alive = line.sender.kept = line.watch.alive()
        overdue = self._overdue(now)
        stands = (not alive and line.follower.desks.kept) or overdue or bool(line.not_taken)
        trouble = _("The shared log takes nothing in at the moment. What you write is kept here until it does.")
        later = _("An older entry that this desk was told of comes as soon as nobody writes here for some seconds.")
        later = later if line.follower.to_open else ""
        refused = line.refused if now < line.full + POLL else ""
        self.shower.say(
            keeper_alive=alive,
            server_upto=max(line.watch.upto, self.log.head.seq),
            alarm="standstill" if stands else "",
            trouble=refused or line.not_taken or (trouble if stands else line.damaged or later),
        )
        if now - line.pulsed >= PULSE_EVERY or self.log.head.seq - line.pulsed_upto >= PULSE_AFTER:
            line.pulsed, line.pulsed_upto = now, self.log.head.seq
            line.watch.tell(self.key, self.shower.state.waiting, self.offset)
        if now - line.looked >= max(LOOK, EACH * len(self.shower.state.desks), SELDOMER * line.look_took):
            line.looked = now
            self.shower.say(desks=line.watch.others())
            notes = noted(self.log, line.conn)
            line.not_taken, line.damaged = not_taken(self.log, notes), line.spoilt.look(notes)
            line.look_took = time.monotonic() - now
        if now - line.tended >= TEND or unpurged(self.log.db):
            line.tended = now
            self.log.tend()

    def _overdue(self, now: float) -> bool:
        """Whether the first that waits here has been waiting for its place for too long, with everything connected."""
        first = self.log.db.execute("SELECT min(seq) FROM records WHERE seq >= ?", (PROVISIONAL,)).fetchone()[0] or 0
        if first != self.waited[0] or not first:
            self.waited = (first, now)
        return now - self.waited[1] > OVERDUE

    def _wait(self, line: Line) -> None:
        """Wait for a notice, for something written here, or for the time to ask again."""
        end = line.polled + POLL
        if line.noticed and line.later:
            end = min(end, line.later)
        glance = GLANCE if time.monotonic() - self.written < BRISK else CALM
        while not self.stop.is_set():
            left = end - time.monotonic()
            if left <= 0:
                return
            if select.select([line.conn.pgconn.socket], [], [], min(glance, left))[0]:
                line.listen()
                if line.noticed and not line.later:
                    return
            if self._written():
                self._stand()
                return

    def _written(self) -> bool:
        """Whether another program or thread has written in the file since the last time."""
        version = self.log.db.execute("PRAGMA data_version").fetchone()[0]
        if version == self.version:
            return False
        self.version, self.written = version, time.monotonic()
        return True

    def _stand(self) -> None:
        """Say how far this file is, and what waits in it."""
        self.log.refresh()
        first, count = self.log.db.execute(
            "SELECT min(seq), count(*) FROM records WHERE seq >= ?", (PROVISIONAL,)
        ).fetchone()
        since = 0
        if first:
            (header,) = self.log.db.execute("SELECT header FROM records WHERE seq = ?", (first,)).fetchone()
            since = int.from_bytes(header[42:50], "big")
        (refused,) = self.log.db.execute("SELECT count(*) FROM refused WHERE settled = 0").fetchone()
        upto = self.log.head.seq
        self.shower.say(upto=upto, waiting=count, waiting_since=since, refused=refused)
