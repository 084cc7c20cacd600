"""What a desk of a shared log costs: catching up, delivery to another desk, and two hundred that follow one evening."""

import multiprocessing
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.numeric import Int8

from commandlog.log.desk import open_member_desk
from commandlog.log.keys import desk_key
from commandlog.log.member import Member
from commandlog.log.store import Log
from commandlog.model.records import Note, Words
from commandlog.sharing.desk import desk
from commandlog.sharing.following.following import Follower
from commandlog.sharing.following.paging import FEW, IN_ORDER, PAGE
from commandlog.sharing.joining import past
from commandlog.sharing.keeper.keeper import Keeper
from commandlog.sharing.keeper.keepers_log import open_keepers_log
from commandlog.sharing.link import connect
from commandlog.sharing.server.logins import add_desk, add_keeper
from commandlog.sharing.server.server import create
from commandlog.sharing.settings import Settings, Shared
from commandlog.verbs.events import open_event
from tests.bench.bare import Bare
from tests.bench.evenings import Clock, Traffic, covenant
from tests.bench.measuring import Results, at, median, spread, timed
from tests.sharing.conftest import Hosted, drop
from tests.sharing.servers import Server, programs

BEHIND = 100_000  # records that a desk catches up
ENTRIES = 300  # that are delivered, one at a time
DESKS, RATE, SECONDS = 200, 20, 20.0  # that follow one evening; its entries a second, for so long
PROCESSES = 4  # in which light followers live
_BARE = "CREATE TABLE bare (seq bigint PRIMARY KEY, header bytea, hash bytea, frame bytea, words bytea)"
_SELECT = "SELECT seq, header, hash, frame, words FROM bare WHERE seq > %s ORDER BY seq LIMIT 50"


@contextmanager
def _event(folder: Path, entries: int, desks: dict[str, str]) -> Iterator[tuple[Log, Hosted]]:
    """Give a log of so many entries that is shared on a server of its own."""
    folder.mkdir()
    clock = Clock()
    first = open_event(folder / "event.clog", covenant(), folder / "settings", clock=clock)
    for _ in Traffic(clock).fill(first, entries):
        pass
    server = Server(max(programs()))
    with first.log as log:
        hosted = _host(server.admin_dsn, log, desks)
        try:
            with hosted.admin.transaction():
                past.send(log, hosted.admin, 1, log.head.seq)
            hosted.admin.execute("VACUUM ANALYZE")
            yield log, hosted
        finally:
            drop(hosted, server.admin_dsn)
            server.close()


def _host(admin_dsn: str, log: Log, desks: dict[str, str]) -> Hosted:
    made = create(admin_dsn, log.id, "bench", log.covenant().parties)
    admin = connect(made.dsn, role="admin")
    logins = {code: add_desk(admin, party, code) for code, party in desks.items()}
    return Hosted(made, admin, add_keeper(admin, "venue"), logins, desks)


def _member(folder: Path, hosted: Hosted, code: str) -> Path:
    """Make the file of a desk, with its settings."""
    path, party = folder / f"{code}.clog", hosted.parties[code]
    with Log(path, create=True) as log, log.writing():
        log.db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (hosted.event.log_id,))
    with Log(path) as log:
        log.join(Member(party, code))
        own = Settings(folder / code, log.id, code)
        own.keep(Shared("bench", Member(party, code), hosted.address(hosted.desks[code])))
    return path


# -- catching up -------------------------------------------------------------------------------------------------------


def catching_up(folder: Path, say: Results, entries: int = BEHIND) -> None:
    """A desk that was away for a long time, against copying the same bytes into bare SQLite with full text."""
    folder = folder / "catching-up"
    with _event(folder, entries, {"D1": "party1"}) as (_log, hosted):
        ours, theirs = _caught_up(folder, hosted), _copied(folder, hosted)
        size = ours[0]
        say.say(
            size,
            "catch up of a desk that was away",
            f"{ours[1]:.1f} s, {size / ours[1]:,.0f} records/s",
            f"{ours[1] / theirs:.2f} x COPY and bare rows with full text ({theirs:.1f} s), limit 3 x",
            ours[1] <= 3 * theirs,
        )


def _caught_up(folder: Path, hosted: Hosted) -> tuple[int, float]:
    with Log(_member(folder, hosted, "D1")) as log, hosted.connect("D1") as conn:
        follower, start = Follower(log, conn, b""), time.perf_counter()
        while follower.pull().more:
            pass
        return log.head.seq, time.perf_counter() - start


def _copied(folder: Path, hosted: Hosted) -> float:
    """Copy what the desk's login may read, then put the same rows and texts into bare SQLite as they came."""
    query = (
        "COPY (SELECT c.seq, c.header, c.hash, p.frame, p.words FROM commandlog.chain c"
        " LEFT JOIN commandlog.parts p USING (seq) ORDER BY seq) TO STDOUT (FORMAT binary)"
    )
    rows = list[Any]()

    def copy() -> None:
        with hosted.connect("D1") as conn, conn.cursor() as cursor, cursor.copy(query) as copied:
            copied.set_types(["int8", "bytea", "bytea", "bytea", "bytea"])
            rows.extend(copied.rows())

    seconds = timed(copy)
    bare = Bare(folder / "bare.db")
    with Log(folder / "D1.clog", reading=True) as log:
        _same, texts = bare.copy(log)
    readable = {row[0] for row in rows if row[3] is not None}
    texts = [text for text in texts if text[0] in readable]
    for start in range(0, len(rows), 500):
        last = rows[min(start + 499, len(rows) - 1)][0]
        some = [text for text in texts if rows[start][0] <= text[0] <= last]
        seconds += bare.write(rows[start : start + 500], some)
    bare.close()
    return seconds


# -- delivery ----------------------------------------------------------------------------------------------------------


def delivery(folder: Path, say: Results, entries: int = ENTRIES) -> None:
    """From the commit at one desk to the derived row at another, against a bare relay over the same server."""
    folder = folder / "delivery"
    with _event(folder, 1_000, {"D1": "party1", "D2": "party2"}) as (_log, hosted):
        bare = _relayed(hosted, entries)
        with _keeping(folder, hosted), _following(folder, hosted, "D1"), _following(folder, hosted, "D2"):
            ours = _delivered(folder, entries)
        ratio = median(ours) / median(bare)
        say.say(
            entries,
            "an entry on another desk, commit to derived row",
            spread(ours),
            f"{ratio:.2f} x INSERT, NOTIFY and SELECT, twice ({spread(bare)}), limit 2.5 x",
            ratio <= 2.5,
        )


@contextmanager
def _beside(work: Callable[..., None], *given: Any) -> Iterator[None]:
    """Do something in a process of its own for as long as the block lasts."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    process = context.Process(target=work, args=(stop, *given), daemon=True)
    process.start()
    try:
        yield
    finally:
        stop.set()
        process.join(20)
        process.kill()


def _keeping(folder: Path, hosted: Hosted) -> Any:
    return _beside(_keep, folder, hosted.event.log_id, hosted.dsn(hosted.keeper))


def _keep(stop: Any, folder: Path, log_id: bytes, dsn: str) -> None:
    with open_keepers_log(folder / "LOG1.clog", log_id, "LOG1") as log:
        Keeper(log, lambda: connect(dsn, role="keeper"), desk_key(folder / "keeper", log_id, "LOG1")).run(stop)


@contextmanager
def _following(folder: Path, hosted: Hosted, code: str) -> Iterator[None]:
    """Have a desk followed; it is joined, and what it wrote first is in the shared log, when the block begins."""
    path = _member(folder, hosted, code)
    with _beside(_follow, path, folder / code, hosted.desks[code].password), Log(path) as log:
        while not log.head.seq or not log.db.execute("SELECT 1 FROM promoted").fetchone():
            time.sleep(0.1)
            log.refresh()
        yield


def _follow(stop: Any, path: Path, settings: Path, password: str) -> None:
    desk.run(path, settings, stop, lambda _state: None, lambda: password)


def _delivered(folder: Path, entries: int) -> list[float]:
    """Write at one desk, and wait until each is in the other's file; returns the seconds that each took."""
    times = list[float]()
    with Log(folder / "D1.clog") as here, Log(folder / "D2.clog", reading=True) as there:
        writer = open_member_desk(here, folder / "D1")
        query = "SELECT 1 FROM entries WHERE id = ?"
        for _number in range(entries):
            time.sleep(0.02)  # nobody writes without a pause
            with writer.writing():
                record = writer.append(Note, Words(text="van bureau tot bureau"))
            start = time.perf_counter()
            while not there.db.execute(query, (record.id,)).fetchone():
                time.sleep(0.0002)
            times.append(time.perf_counter() - start)
    return times


def _relayed(hosted: Hosted, entries: int) -> list[float]:
    """Insert a row, wake another process, which selects it and inserts another, which wakes this one to select that."""
    times = list[float]()
    with connect(hosted.event.dsn, role="admin") as conn:
        for name in ("there", "back"):
            conn.execute(f"CREATE TABLE {name} (seq bigint PRIMARY KEY, frame bytea)")
        conn.execute("LISTEN back")
        with _beside(_relay, hosted.event.dsn):
            time.sleep(1)
            for number in range(1, entries + 1):
                time.sleep(0.02)
                start = time.perf_counter()
                conn.execute("INSERT INTO there VALUES (%s, %s)", (number, bytes(600)))
                conn.execute("NOTIFY there")
                _await(conn, 10)
                conn.execute("SELECT * FROM back WHERE seq >= %s", (number,)).fetchall()
                times.append(time.perf_counter() - start)
    return times


def _relay(stop: Any, dsn: str) -> None:
    last = 0
    with connect(dsn, role="admin") as conn:
        conn.execute("LISTEN there")
        while not stop.is_set():
            if _await(conn, 0.2):
                for seq, frame in conn.execute("SELECT * FROM there WHERE seq > %s", (last,)).fetchall():
                    last = seq
                    conn.execute("INSERT INTO back VALUES (%s, %s)", (seq, frame))
                    conn.execute("NOTIFY back")


def _await(conn: psycopg.Connection, seconds: float) -> bool:
    return bool(list(conn.notifies(timeout=seconds, stop_after=1)))


# -- two hundred desks -------------------------------------------------------------------------------------------------


def followers(folder: Path, say: Results, desks: int = DESKS, seconds: float = SECONDS) -> None:
    """Two hundred desks follow one evening, against as many bare connections that listen and select the same bytes.

    Two hundred programs with a file each do not fit this machine: all but two are light, a desk's login and connection
    that asks what a desk asks and checks nothing; those two are whole desks, whose share of the time is theirs.
    """
    folder, entries = folder / "followers", round(RATE * seconds)
    codes = {f"D{number}": f"party{number % 7 + 1}" for number in range(1, desks + 1)}
    with _event(folder, entries + 1_000, codes) as (log, hosted):
        first = log.head.seq - entries
        hosted.admin.execute("DELETE FROM commandlog.parts WHERE seq > %s", (first,))
        hosted.admin.execute("DELETE FROM commandlog.opened WHERE by_seq > %s", (first,))
        hosted.admin.execute("DELETE FROM commandlog.checkpoints WHERE seq > %s", (first,))
        hosted.admin.execute("DELETE FROM commandlog.chain WHERE seq > %s", (first,))
        hosted.admin.execute(_BARE)
        bare, bare_cpu = _evening(hosted, log, first, entries, [hosted.event.dsn] * desks, _SELECT)
        dsns = [hosted.dsn(login) for login in list(hosted.desks.values())[2:]]
        with _whole(folder, hosted, "D1"), _whole(folder, hosted, "D2"):
            ours, cpu = _evening(hosted, log, first, entries, dsns, PAGE + IN_ORDER)
        ratio = median(ours) / median(bare)
        say.say(
            desks,
            f"{desks} desks, {RATE} entries a second, entry to desk",
            spread(ours),
            f"{ratio:.2f} x bare LISTEN and SELECT ({spread(bare)}), limit 1.5 x, p99 150 ms",
            ratio <= 1.5 and at(ours, 99) <= 0.150,
            server_cpu=cpu / len(ours),
        )
        say.say(
            desks,
            "the server's share of that",
            f"{cpu / len(ours) * 1e6:.0f} µs",
            f"bare {bare_cpu / len(bare) * 1e6:.0f} µs",
        )


@contextmanager
def _whole(folder: Path, hosted: Hosted, code: str) -> Iterator[None]:
    path = _member(folder, hosted, code)
    row = hosted.admin.execute("SELECT max(seq) FROM commandlog.chain").fetchone() or (0,)
    with _beside(_follow, path, folder / code, hosted.desks[code].password), Log(path, reading=True) as log:
        while log.head.seq < row[0]:
            time.sleep(0.1)
            log.refresh()
        yield


def _evening(
    hosted: Hosted, log: Log, first: int, entries: int, dsns: list[str], query: str
) -> tuple[list[float], float]:
    """Tell so many entries, one after the other; returns how long each took to each follower, and the server's time."""
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    ready = context.Barrier(PROCESSES + 1)
    last = first + entries
    processes = [
        context.Process(target=_light, args=(dsns[n::PROCESSES], query, first, last, ready, results), daemon=True)
        for n in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    ready.wait(120)
    time.sleep(2)
    before, told = _server_cpu(hosted), dict[int, float]()
    start = time.monotonic()
    for number, seq in enumerate(range(first + 1, last + 1)):
        time.sleep(max(0.0, start + number / RATE - time.monotonic()))
        with hosted.admin.transaction():
            if query == _SELECT:
                (row,) = log.db.execute("SELECT seq, header, hash, frame, words FROM records WHERE seq = ?", (seq,))
                hosted.admin.execute("INSERT INTO bare VALUES (%s, %s, %s, %s, %s)", row)
            else:
                past.send(log, hosted.admin, seq, seq)
        told[seq] = time.monotonic()
        hosted.admin.execute("NOTIFY chain")
    times = [came - told[seq] for _process in processes for seq, came in results.get(timeout=60)]
    spent = _server_cpu(hosted) - before
    for process in processes:
        process.join(20)
    return times, spent


def _light(dsns: list[str], query: str, first: int, last: int, ready: Any, results: Any) -> None:
    """Follow over many connections at once: wait for a notice, ask for what is new, note when it came."""
    conns = [connect(dsn, role="desk") for dsn in dsns]
    upto = {conn.fileno(): first for conn in conns}
    by_file = {conn.fileno(): conn for conn in conns}
    noticed = set[int]()  # while they asked: what they were told of may be newer than the answer
    for file, conn in by_file.items():
        conn.add_notify_handler(lambda _notice, file=file: noticed.add(file))  # type: ignore[misc]
        conn.execute("LISTEN chain")
    for conn in conns:
        _ask(conn, query, first)
    came = list[tuple[int, float]]()
    ready.wait(120)
    end = time.monotonic() + 120
    while min(upto.values()) < last and time.monotonic() < end:
        for file in noticed.union(select.select(list(by_file), [], [], 0.0 if noticed else 1.0)[0]):
            noticed.discard(file)
            conn, head = by_file[file], upto[file]
            conn.pgconn.consume_input()
            while conn.pgconn.notifies():
                pass
            rows = _ask(conn, query, head)
            now = time.monotonic()
            came += [(row[0], now) for row in rows if row[0] > head]
            upto[file] = max(head, rows[-1][0]) if rows else head
    results.put(came)
    for conn in conns:
        conn.close()


def _ask(conn: psycopg.Connection, query: str, head: int) -> list[Any]:
    given: Any = {"head": Int8(head), "last": Int8(head + FEW)} if query != _SELECT else (Int8(head),)
    with conn.cursor(binary=True) as cursor:
        return cursor.execute(query, given, prepare=True).fetchall()


def _server_cpu(hosted: Hosted) -> float:
    """Return the seconds of processor time that the server's processes, also those that are gone, have used so far."""
    total, postmaster = 0, ""
    for (pid,) in hosted.admin.execute("SELECT pid FROM pg_stat_activity").fetchall():
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total, postmaster = total + int(fields[11]) + int(fields[12]), fields[1]
    gone = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()
    return (total + int(gone[13]) + int(gone[14])) / os.sysconf("SC_CLK_TCK")
