"""What a log keeper costs: 32 desks that all write at once, a thousand records a second, and a batch by itself."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from commandlog.log.rebuild import Stored
from commandlog.sharing.keeper.keeper import Keeper
from tests.bench.measuring import Results, at, median
from tests.sharing.conftest import NEWEST, Hosted, host_on
from tests.sharing.keeper_child import keeping
from tests.sharing.seats import Room, empty
from tests.sharing.servers import Server

WRITERS, EACH = 32, 400  # desks, and records of each in one round
ROUNDS = 3
PACE, SUSTAINED = 1_000, 10.0  # records a second, seconds
TEXT = "man filmt camera's bij poort F en loopt weg richting vak 112, twee collega's gaan kijken"
BATCHES = (1, 10, 100, 500)

_LETTERS = {"P": "police", "B": "baken", "E": "aid", "V": "venue"}
DESKS = {f"{letter}{number}": party for number in range(2, 10) for letter, party in _LETTERS.items()}
# where records end up, without inbox, order, checks or rights
_BARE = (
    """CREATE TABLE public.chain (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id bytea NOT NULL UNIQUE,
    header bytea NOT NULL, hash bytea NOT NULL)""",
    """CREATE TABLE public.parts (seq bigint PRIMARY KEY, frame bytea NOT NULL, words bytea, words_hash bytea,
    readers text[] NOT NULL, erased_by bigint)""",
)
_INTO_BARE = """WITH link AS (INSERT INTO public.chain (id, header, hash)
    VALUES (%(id)b, %(header)b, substr(%(header)b, 1, 32)) RETURNING seq)
INSERT INTO public.parts SELECT seq, %(frame)b, %(words)b, NULL, '{*}', NULL FROM link"""
_INTO_INBOX = (
    "INSERT INTO commandlog.inbox (id, header, frame, words) VALUES (%(id)b, %(header)b, %(frame)b, %(words)b)"
)

_NAMES = ("id", "header", "frame", "words")
_EMPTY = "SELECT NOT EXISTS (SELECT FROM commandlog.inbox)"
Rows = list[tuple[bytes, bytes, bytes, bytes]]
Writing = tuple[Callable[[], None], Callable[[float], bool]]


def keeper(folder: Path, say: Results) -> None:
    """Measure all of it, on a server of its own."""
    os.environ["COMMANDLOG_SETTINGS"] = str(folder / "settings")
    server = Server(NEWEST)
    try:
        here = Room(folder, lambda log_id, desks: host_on(server.admin_dsn, log_id, desks), DESKS)
        try:
            for statement in _BARE:
                here.hosted.admin.execute(statement)
            for desk in here.hosted.desks.values():
                here.hosted.admin.execute(f'GRANT USAGE ON SCHEMA public TO "{desk.login}"')
                here.hosted.admin.execute(f'GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO "{desk.login}"')
            _batches(here, say)
            _writers(here, say)
            _sustained(here, say)
        finally:
            here.hosted.admin.close()
            here.close()
    finally:
        server.close()


def _batches(here: Room, say: Results) -> None:
    """Measure turns of several sizes, with nothing else going on."""
    kept, seats = here.keeper(), [here.seat(code) for code in DESKS]
    for seat in seats:
        seat.send()
    empty(kept)
    took: dict[int, float] = {}
    for size in BATCHES:
        times = []
        for _again in range(12 if size < 500 else 6):
            for number, seat in enumerate(seats[:size]):
                seat.write(size // WRITERS + (number < size % WRITERS), TEXT)
                seat.send()
            times.append(_drain(kept, size))
        took[size] = median(times)
        say.say(size, "keeper: a batch of records", f"{took[size] * 1000:.2f} ms")
    each = (took[500] - took[10]) / 490
    fixed = max(0.0, took[1] - each)
    figure = f"{fixed * 1000:.2f} ms + {each * 1e6:.0f} µs a record"
    say.say(500, "cost of the keeper's batch", figure, fixed=fixed, each=each)
    kept.close()


def _drain(kept: Keeper, size: int) -> float:
    seconds = taken = 0.0
    while taken < size:
        turn = kept.turn()
        seconds, taken = seconds + turn.seconds, taken + turn.taken
    return seconds


def _rows(here: Room, count: int) -> dict[str, Rows]:
    """Return new records of every desk, as rows of the inbox."""
    found: dict[str, Rows] = {}
    for code in DESKS:
        here.seat(code).write(count, TEXT)
        found[code] = [_row(one) for one in here.seat(code).waiting()]
    return found


def _row(one: Stored) -> tuple[bytes, bytes, bytes, bytes]:
    return one.header[26:42], one.header, one.frame or b"", one.words or b""


def _writers(here: Room, say: Results) -> None:
    """Let all desks write as fast as they can, each record by itself: into a bare table, and the same to the keeper."""
    dsn, bare, kept = here.hosted.dsn(here.hosted.keeper), [], []
    for _again in range(ROUNDS):
        rows = _rows(here, EACH)
        bare.append(_write(here, rows, _INTO_BARE))
        with keeping(here.folder, here.hosted.event.log_id, dsn):
            _wait(here)
            kept.append(_write(here, rows, _INTO_INBOX))
    ratio = median(kept) / median(bare)
    figure = f"{median(kept):,.0f} records/s, {ratio:.2f} of bare inserts"
    say.say(WRITERS, "keeper: 32 desks at once, in order", figure, f"≥ 0.8 × {median(bare):,.0f}/s", ratio >= 0.8)


def _write(here: Room, rows: dict[str, Rows], statement: str) -> float:
    """Return how many rows a second are written, until the last has its place. Raises SystemExit where any is not."""
    count, table = sum(map(len, rows.values())), "commandlog.chain" if statement == _INTO_INBOX else "public.chain"
    before = _count(here, table)
    with _writing(here.hosted, rows, statement) as (go, written):
        start = time.perf_counter()
        go()
        while not written(0.005):
            pass
        while statement == _INTO_INBOX and not _is_empty(here.hosted):
            time.sleep(0.005)
        seconds = time.perf_counter() - start
    if _count(here, table) < before + count:
        raise SystemExit(f"not all records came into {table}")
    return count / seconds


@contextmanager
def _writing(hosted: Hosted, rows: dict[str, Rows], statement: str, pause: float = 0.0) -> Iterator[Writing]:
    """Have two processes ready to write, 16 threads each; gives what lets them go, and what waits for them."""
    context = multiprocessing.get_context("spawn")
    ready, go, done, end = context.Semaphore(0), context.Event(), context.Semaphore(0), context.Event()
    given = [(hosted.dsn(hosted.desks[code]), some) for code, some in rows.items()]
    parts = [given[0::2], given[1::2]]
    others = [context.Process(target=_write_part, args=(one, statement, pause, ready, go, done, end)) for one in parts]
    for other in others:
        other.start()
    for _other in others:
        ready.acquire()
    left = len(others)

    def written(patience: float) -> bool:
        nonlocal left
        left -= done.acquire(timeout=patience)
        return left == 0

    yield go.set, written
    end.set()
    for other in others:
        other.join()


def _write_part(
    part: list[tuple[str, Rows]], statement: str, pause: float, ready: Any, go: Any, done: Any, end: Any
) -> None:
    """Insert the rows of some desks, a thread for each, in a process of its own; each says once that it has begun."""
    with ExitStack() as open_ones:
        conns = [open_ones.enter_context(psycopg.connect(dsn, autocommit=True)) for dsn, _rows in part]
        if statement == _INTO_BARE:  # a desk's login waits for the disk when a record has its place, not before
            for conn in conns:
                conn.execute("SET synchronous_commit = on")
        ready.release()
        go.wait()

        def write(conn: psycopg.Connection, rows: Rows) -> None:
            due = time.monotonic()
            for number, row in enumerate(rows):
                conn.execute(statement, dict(zip(_NAMES, row, strict=True)), prepare=True)
                if not number and statement == _INTO_INBOX:
                    conn.execute("NOTIFY inbox")
                if pause:
                    due += pause
                    time.sleep(max(0.0, due - time.monotonic()))

        given = zip(conns, (rows for _dsn, rows in part), strict=True)
        threads = [threading.Thread(target=write, args=one) for one in given]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        done.release()
        end.wait()


def _is_empty(hosted: Hosted) -> bool:
    return hosted.admin.execute(_EMPTY).fetchone() == (True,)


def _wait(here: Room) -> None:
    """Wait until the keeper has the lease, by what its row says."""
    end = time.monotonic() + 20
    query = (
        "SELECT epoch FROM commandlog.keepers WHERE holder <> '' AND renewed_at > clock_timestamp() - interval '1 s'"
    )
    while time.monotonic() < end:
        if here.hosted.admin.execute(query).fetchone():
            return
        time.sleep(0.05)
    raise SystemExit("the keeper does not begin")


def _sustained(here: Room, say: Results) -> None:
    """Let all desks together write a thousand records a second for a while, and see how long records wait."""
    dsn = here.hosted.dsn(here.hosted.keeper)
    rows = _rows(here, int(PACE * SUSTAINED) // WRITERS)
    query = "SELECT extract(epoch FROM clock_timestamp() - min(at))::float8 FROM commandlog.inbox"
    waited: list[float] = []
    with (
        keeping(here.folder, here.hosted.event.log_id, dsn),
        _writing(here.hosted, rows, _INTO_INBOX, WRITERS / PACE) as (go, written),
    ):
        _wait(here)
        before = _count(here)
        start = time.perf_counter()
        go()
        while not written(0.05):
            oldest = here.hosted.admin.execute(query).fetchone()
            waited.append((oldest and oldest[0]) or 0.0)
        while not _is_empty(here.hosted):
            time.sleep(0.005)
        seconds = time.perf_counter() - start
        rate = (_count(here) - before) / seconds
    figure = f"{rate:,.0f}/s, oldest waits p50 {at(waited, 50) * 1000:.0f} ms, p99 {at(waited, 99) * 1000:.0f} ms"
    say.say(
        WRITERS,
        f"keeper: {PACE:,} records a second for {SUSTAINED:.0f} s",
        figure,
        f"≥ {0.95 * PACE:,.0f}/s",
        rate >= 0.95 * PACE,
    )


def _count(here: Room, table: str = "commandlog.chain") -> int:
    found = here.hosted.admin.execute(f"SELECT coalesce(max(seq), 0) FROM {table}").fetchone()
    return int(found[0]) if found else 0
