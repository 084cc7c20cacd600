"""What a shared log costs: desks, keeper, server; and by calculation from it, how many events a server carries."""

import time
from pathlib import Path

import psycopg

from commandlog.log.store import Log
from tests.bench import sharing_desk, sharing_keeper, sizing
from tests.bench.measuring import Results
from tests.bench.page import SHARED
from tests.sharing.servers import Server, programs
from tests.sharing.whole import Seat, Whole

IDLE = 20.0  # seconds
DESKS = {"venue": 1, "police": 3, "baken": 2, "aid": 2}
ENTRIES = 500  # of each desk
_TABLES = "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE relnamespace = 'commandlog'::regnamespace"
_TEND = "VACUUM (FULL) commandlog.inbox; VACUUM (FULL) commandlog.pulses"
_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'commandlog desk'"


def sharing(folder: Path, say: Results) -> None:
    """Measure all of it, and lay out a country."""
    start = len(say)
    sharing_desk.delivery(folder, say)
    sharing_desk.followers(folder, say)
    (folder / "keeper").mkdir()
    sharing_keeper.keeper(folder / "keeper", say)
    standing(folder, say)
    sharing_desk.catching_up(folder, say)
    say[start:] = [one._replace(work=SHARED + one.work) for one in say[start:]]
    print(sizing.in_words(sizing.costs([one._asdict() for one in say])))


def standing(folder: Path, say: Results, idle: float = IDLE, entries: int = ENTRIES) -> None:
    """Measure what is there without any work: memory, bytes on disk, and desks that ask and find nothing."""
    server = Server(max(programs()))
    try:
        (folder / "standing").mkdir()
        with Whole(folder / "standing", server, DESKS) as event:
            event.start()
            pids = event.run_with(lambda admin: [row[0] for row in admin.execute(_BACKENDS).fetchall()])
            before = sum(map(_spent, pids))
            time.sleep(idle)
            asked = (sum(map(_spent, pids)) - before) / idle / len(pids)
            empty, files = event.run_with(_tables), sum(map(_file, event.seats))
            first = event.in_order()
            for one in event.seats:
                one.write(entries, "man filmt camera's bij poort F en loopt weg richting vak 112", at_once=50)
            event.converged(120)
            records = event.in_order() - first
            stored = (event.run_with(_tables) - empty) / records
            memory, keeper = max(map(_megabytes, pids)), _megabytes(event.keepers[0].pid)
            file = (sum(map(_file, event.seats)) - files) / len(event.seats) / records
    finally:
        server.close()
    desks = len(event.seats)
    say.say(desks, "the server, for a desk that finds nothing new", f"{asked * 1e6:,.0f} µs a second", asked=asked)
    say.say(desks, "a desk's connection, at the server", f"{memory:.1f} MB", memory=memory)
    say.say(desks, "a keeper's process", f"{keeper:.0f} MB", keeper=keeper)
    say.say(records, "a record on the server", f"{stored:,.0f} bytes", stored=stored)
    say.say(records, "a record in a desk's own file", f"{file:,.0f} bytes", file=file)


def _tables(admin: psycopg.Connection) -> float:
    for statement in _TEND.split(";"):
        admin.execute(statement.encode())
    row = admin.execute(_TABLES).fetchone()
    return float(row[0]) if row else 0.0


def _file(seat: Seat) -> int:
    with Log(seat.file) as log:
        log.move_write_ahead()
    return seat.file.stat().st_size


def _spent(pid: int) -> float:
    """Return the seconds of processor time that a process has used, to the nanosecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _megabytes(pid: int) -> float:
    """Return the MB of a process that no other shares, and its part of what they share."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
