"""A whole event: a server, a keeper and its spare as processes, and desks behind weather of their own.

A test writes in a desk's file as the window does, beside the following, and reads what that says of itself. Desks
follow in threads of the test, or (`apart`) each in a process, as it is really started.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import keyring
import msgspec
import psycopg
from keyring.backends.fail import Keyring as NoKeyring
from msgspec.structs import replace
from psycopg.conninfo import make_conninfo

from commandlog.log.derived.table import PROVISIONAL
from commandlog.log.desk import Desk, sit_down
from commandlog.log.store import Log, system_clock
from commandlog.model.errors import CommandLogError
from commandlog.model.records import Note, Words
from commandlog.sharing.desk import desk
from commandlog.sharing.desk.state import State
from commandlog.sharing.joining import inviting, joining
from commandlog.sharing.joining.share import share
from commandlog.sharing.keeper import adopting
from commandlog.sharing.keeper.keepers_log import fingerprint, open_keepers_log, trust
from commandlog.sharing.link import connect
from commandlog.sharing.server import server
from commandlog.sharing.settings import Settings
from commandlog.verbs.events import open_event
from tests.events import concert
from tests.faults.wire import Wire
from tests.sharing.agreement import agree, ids_of
from tests.sharing.proxy import Proxy
from tests.sharing.servers import Server

ROOT = Path(__file__).parents[2]
PASSWORD = "of a desk in a test"  # noqa: S105
SOON = 60.0  # seconds within which whatever should happen must have, where no budget says less
Result = TypeVar("Result")
AT_FIRST, EACH = 120.0, 5.0  # seconds in which all, and each desk, has started, on a machine that has much else to do
HOUR = 3_600_000  # milliseconds


class Child:
    """A command of the program that runs beside the test; `hears` is called with each line that it prints."""

    def __init__(self, hears: Callable[[str], None], *command: str, before: tuple[str, ...] = (), **env: str) -> None:
        self._process = subprocess.Popen(
            [*before, sys.executable, *command],
            cwd=ROOT,
            env=os.environ | env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.pid = self._process.pid
        self._listener = threading.Thread(target=self._listen, args=(hears,), daemon=True)
        self._listener.start()

    @property
    def running(self) -> bool:
        """Whether it still is."""
        return self._process.poll() is None

    def _listen(self, hears: Callable[[str], None]) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            hears(line)

    def answer(self, line: str) -> None:
        """Type a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP makes it a process that hangs, SIGCONT goes on."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it without a warning."""
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and return its exit code."""
        self._process.send_signal(number)
        try:
            code = self._process.wait(SOON)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait(SOON)
        self._listener.join(SOON)
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe and pipe.close()
        return code


class Inside:
    """The same following, in a thread of this process: it starts in a moment, and cannot be killed."""

    def __init__(self, seat: "Seat") -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, args=(seat,), daemon=True)
        self._thread.start()

    def _follow(self, seat: "Seat") -> None:
        try:
            desk.run(seat.file, seat.settings, self._stop, seat.hears, lambda: seat.password)
        except CommandLogError as error:
            seat.trouble += f"{type(error).__name__}: {error}"

    @property
    def running(self) -> bool:
        """Whether it still is."""
        return self._thread.is_alive()

    def end(self) -> None:
        """Ask it to end."""
        self._stop.set()
        self._thread.join(SOON)


class Seat:
    """A desk: its file, its machine's settings, the weather between it and the server, and what follows."""

    def __init__(self, party: str, folder: Path, proxy: Proxy) -> None:
        self.party, self.code, self.proxy = party, "", proxy
        self.password = PASSWORD
        self.file, self.settings = folder / "event.clog", folder / "settings"
        folder.mkdir(parents=True, exist_ok=True)
        self.following: Child | Inside | None = None
        self.states: deque[tuple[float, State]] = deque(maxlen=100)
        self.trouble = ""
        self.before: tuple[str, ...] = ()
        self.written: list[bytes] = []

    def start(self, apart: bool = False) -> None:
        """Start to follow, in a process of its own where it is to be `apart`."""
        assert self.following is None
        self.states.clear()
        command = ("-m", "commandlog", "follow", str(self.file), "--json")
        settings = str(self.settings)
        self.following = (
            Child(self._listen, *command, before=self.before, COMMANDLOG_SETTINGS=settings) if apart else Inside(self)
        )

    def _listen(self, line: str) -> None:
        if not line.startswith("{"):
            self.trouble += line
        elif "ask" not in json.loads(line):
            self.hears(msgspec.json.decode(line, type=State))
        elif isinstance(self.following, Child):
            self.following.answer(self.password)

    def hears(self, state: State) -> None:
        """Keep what the following says of itself, and when."""
        self.states.append((time.monotonic(), state))

    def stop(self) -> None:
        """Follow no longer."""
        if self.following:
            self.following.end()
        self.following = None

    @property
    def state(self) -> State:
        """What was said last."""
        return self.states[-1][1] if self.states else State()

    def wait(self, holds: Callable[[State], bool], seconds: float = SOON) -> float:
        """Wait until what is said holds; returns the seconds that took, raises AssertionError when it is too long."""
        start = time.monotonic()
        while time.monotonic() < start + seconds:
            if holds(self.state):
                return time.monotonic() - start
            assert self.following, "nobody follows"
            assert self.following.running, f"{self.code} has ended: {self.trouble}"
            time.sleep(0.02)
        raise AssertionError(f"{self.code} after {seconds:.1f} s: {self.state} {self.trouble}")

    @contextmanager
    def sits(self, clock: Callable[[], int] = system_clock) -> Iterator[Desk]:
        """Sit down at the desk, beside the following."""
        with Log(self.file, clock=clock) as log:
            yield sit_down(log, self.settings, self.party)

    def write(self, number: int = 1, text: str = "note", at_once: int = 1, hours: float = 0) -> list[float]:
        """Write notes, so many in a transaction, over the last `hours`; returns the seconds of each transaction."""
        took, written = list[float](), 0
        start = system_clock() - round(hours * HOUR)
        with self.sits(lambda: start + round(hours * HOUR * written / number)) as sitting:
            while written < number:
                begun = time.perf_counter()
                with sitting.writing():
                    few = range(written, min(written + at_once, number))
                    made = [sitting.append(Note, Words(text=f"{text} {n} of {self.code}")).id for n in few]
                took.append(time.perf_counter() - begun)
                self.written += made
                written += len(made)
        return took

    def over(self, wire: Wire, port: int) -> None:
        """From the next start on, reach the server over a wire instead of the proxy."""
        with Log(self.file, reading=True) as log:
            settings = Settings(self.settings, log.id, self.code)
        known = settings.shared()
        settings.keep(replace(known, address=replace(known.address, port=port)))
        self.before = tuple(wire.at_desk)

    @property
    def upto(self) -> int:
        """How far the file is in the shared order."""
        with Log(self.file, reading=True) as log:
            return log.head.seq

    @property
    def waiting(self) -> int:
        """How many of the file's records wait for their place."""
        with Log(self.file, reading=True) as log:
            return int(log.db.execute("SELECT count(*) FROM records WHERE seq >= ?", (PROVISIONAL,)).fetchone()[0])


class Whole:
    """The event itself, a context manager that ends all it started.

    `desks` is how many each party has, first the party that drives the event: {"venue": 1, "police": 2}. With `direct`,
    there is no weather between them and the server, and nothing that it would cost.
    """

    def __init__(
        self, folder: Path, at: Server, desks: dict[str, int], *, apart: bool = False, direct: bool = False
    ) -> None:
        self.folder, self.server, self.apart, self.direct = folder, at, apart, direct
        self.seats: list[Seat] = []
        self.keepers: list[Child] = []
        self.proxies: list[Proxy] = []
        self.told: deque[str] = deque(maxlen=1000)
        self._wanted = desks
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as failed:
            failed.push(self._open)
            self._make()
            failed.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        for one in self.seats:
            one.proxy.mend()
        self.stop()
        for keeper in self.keepers:
            if keeper.running:
                keeper.send(signal.SIGCONT)
            keeper.end()
        self._open.close()

    def _make(self) -> None:
        """Share a log from its first desk, and let the others join, each through its proxy."""
        first, *others = [party for party, number in self._wanted.items() for _ in range(number)]
        seat, self._keepers_proxy = self._seat(first), self._proxy()
        with open_event(seat.file, concert(driver=first), seat.settings).log as log:
            made = share(sit_down(log, seat.settings, first), self.server.admin_dsn, seat.settings)
            seat.code, seat.password = made.member.desk, made.login.password
            self.log_id, settings = log.id, Settings(seat.settings, log.id, seat.code)
        known = settings.shared()
        settings.keep(replace(known, address=replace(known.address, port=self._port(seat.proxy))))
        self.dsn, self._logins = made.event.dsn, [made.keeper]
        with closing(psycopg.connect(self.dsn, autocommit=True)) as connection:
            for party in others:
                one = self._seat(party)
                invitation = inviting.invite(connection, self.dsn, party, at=f"127.0.0.1:{self._port(one.proxy)}")
                before = keyring.get_keyring()
                keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]  # these desks are asked
                try:
                    joining.join(invitation, one.file, one.settings, lambda _question: PASSWORD)
                finally:
                    keyring.set_keyring(before)
                one.code = invitation.desk

    def _proxy(self) -> Proxy:
        self.proxies.append(self._open.enter_context(Proxy(self.server.port, seed=len(self.proxies))))
        return self.proxies[-1]

    def _port(self, proxy: Proxy) -> int:
        return self.server.port if self.direct else proxy.port

    def _seat(self, party: str) -> Seat:
        self.seats.append(Seat(party, self.folder / f"seat{len(self.seats)}", self._proxy()))
        return self.seats[-1]

    def start(self) -> None:
        """Start a keeper and let every desk follow; returns when each is known to all."""
        self.keep()
        for one in self.seats:
            one.start(self.apart)
        most = AT_FIRST + EACH * len(self.seats)
        for one in self.seats:
            one.wait(lambda state: state.phase == "joined", most)
        self.converged(most)

    def stop(self) -> None:
        """Let no desk follow any longer."""
        for one in self.seats:
            if isinstance(one.following, Child):
                one.following.send(signal.SIGTERM)  # all at once: each takes a moment
        for one in self.seats:
            one.stop()

    def keep(self) -> Child:
        """Start a keeper: the first one is active, the next ones are spare."""
        number = len(self.keepers)
        if number == len(self._logins):
            self._logins.append(self.run_with(lambda admin: server.add_keeper(admin, self.seats[0].party)))
        self.keepers.append(self._keeper(number))
        if number:  # a spare one is of use as soon as the log says whose key is its own
            of_it = f"FROM commandlog.keeper_keys WHERE desk = '{self._logins[number].desk}'"
            self.wait_for(lambda: self.asks(f"SELECT key {of_it}"))
            active = self.keepers.index(self.active())
            file = self.folder / f"keeper{active}" / "keeper.clog"
            with open_keepers_log(file, self.log_id, self._logins[active].desk) as log:
                trust(log, self._logins[number].desk, fingerprint(bytes(self.asks(f"SELECT key {of_it}"))))
            self.wait_for(lambda: self.asks(f"SELECT announced {of_it}"))
        return self.keepers[-1]

    def _keeper(self, number: int) -> Child:
        folder, login = self.folder / f"keeper{number}", self._logins[number]
        folder.mkdir(exist_ok=True)
        file = str(folder / "keeper.clog")
        command = ("-m", "tests.sharing.keeper_child", file, self.log_id.hex(), login.desk, self._keepers_dsn(number))
        return Child(self.told.append, *command, "", "0", COMMANDLOG_SETTINGS=str(folder / "settings"))

    def _keepers_dsn(self, number: int) -> str:
        login, port = self._logins[number], self._port(self._keepers_proxy)
        return make_conninfo(self.dsn, user=login.login, password=login.password, port=port)

    def active(self) -> Child:
        """Return the keeper that puts the log in order; its code is the first word of who holds the lease."""
        code = str(self.asks("SELECT holder FROM commandlog.keepers")).partition(" ")[0]
        return self.keepers[int(code.removeprefix("LOG")) - 1]

    def adopt(self) -> None:
        """Put back on the server what it lacks, from the first keeper's own log, and go on."""
        self.keepers[0].end()
        file = self.folder / "keeper0" / "keeper.clog"
        with (
            open_keepers_log(file, self.log_id, self._logins[0].desk) as log,
            closing(connect(self._keepers_dsn(0), role="keeper")) as connection,
        ):
            adopting.adopt(log, connection)
        self.keepers[0] = self._keeper(0)

    def move_to(self, other: Server) -> None:
        """Let everybody reach another server at the address of the one that was lost, as a floating address does."""
        self.server = other
        self.dsn = make_conninfo(self.dsn, port=other.port)
        for one in self.proxies:
            one.to = other.port

    def asks(self, query: str, at: Server | None = None) -> Any:
        """Return what an administrator is answered."""
        with psycopg.connect(make_conninfo(self.dsn, port=(at or self.server).port), autocommit=True) as connection:
            row = connection.execute(query).fetchone()
        return row[0] if row else None

    def run_with(self, work: Callable[["psycopg.Connection[Any]"], Result]) -> Result:
        """Do some work over an administrator's connection."""
        with closing(psycopg.connect(self.dsn, autocommit=True)) as connection:
            return work(connection)

    def in_order(self, at: Server | None = None) -> int:
        """Return how many records the server has in order."""
        return int(self.asks("SELECT coalesce(max(seq), 0) FROM commandlog.chain", at))

    def wait_for(self, holds: Callable[[], object], seconds: float = SOON) -> float:
        """Wait until something holds; returns the seconds that took, raises AssertionError when it is too long."""
        start = time.monotonic()
        while not holds():
            assert time.monotonic() < start + seconds, "it never came to be"
            time.sleep(0.05)
        return time.monotonic() - start

    def wait_for_inbox(self, seconds: float = SOON) -> None:
        """Wait until the keeper is at work: something is in order that was not before, and more waits for it."""
        before, end = self.in_order(), time.monotonic() + seconds
        busy = "SELECT (SELECT max(seq) FROM commandlog.chain) > %s AND EXISTS (SELECT FROM commandlog.inbox)"
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            while time.monotonic() < end:
                row = connection.execute(busy, (before,)).fetchone()
                if row and row[0]:
                    return
        raise AssertionError("the keeper was never in the middle of anything")

    def converged(self, seconds: float = SOON, among: Sequence[Seat] = ()) -> float:
        """Wait until nothing waits anywhere (or `among` these) and each file ends where the server does.

        Returns the seconds it took; raises AssertionError where it takes longer.
        """
        start, among = time.monotonic(), among or self.seats
        while True:
            end = self.in_order()
            here = all(one.upto == end and not one.waiting for one in among)  # no file more than has to be opened
            if here and not self.asks("SELECT count(*) FROM commandlog.inbox") and self.in_order() == end:
                return time.monotonic() - start
            if time.monotonic() > start + seconds:
                told = [f"{one.code}: {one.waiting} wait, {one.upto}, {one.state} {one.trouble}" for one in among]
                raise AssertionError(f"after {seconds} s, {self.in_order()} in order: " + "; ".join(told))
            time.sleep(0.05)

    def agreed(self, deep: bool = True, tell: Callable[[str], None] = lambda _done: None) -> int:
        """Hold all files and the server against each other; returns how many records there are.

        The server may have gone on meanwhile: that somebody is away is a record, too.
        """
        groups: dict[str, list[Path]] = {}
        for one in self.seats:
            groups.setdefault(one.party, []).append(one.file)
        records = agree(groups.values(), [record for one in self.seats for record in one.written], deep, tell)
        with psycopg.connect(self.dsn) as connection:
            ids = [bytes(row[0]) for row in connection.execute("SELECT id FROM commandlog.chain ORDER BY seq")]
        assert ids[:records] == ids_of(self.seats[0].file), "the server has another order than the desks"
        return records
