"""A member with a valid login and bad intentions: several hundred probes from every kind of role.

Every byte that the server sends is looked at, errors and notices too. By default what holds up others is tried by one
desk on the newest version; COMMANDLOG_PROBES=all tries it from every role, for longer, on every version that is here.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from commandlog.sharing.link import Refused, connect, telling
from commandlog.sharing.server.server import end_long_transactions
from tests.sharing.conftest import FOREIGN, NEWEST
from tests.sharing.probes import BEHIND, HOLDING, PROBES, QUICK, Probe
from tests.sharing.recorder import LIFETIME, Recorder
from tests.sharing.servers import Server, programs
from tests.sharing.siege import ROLES, Siege, Working, attacking, besieged, last_answer, reset, send

ALL = os.environ.get("COMMANDLOG_PROBES") == "all"
HOLD = 0.3 if ALL else 0.1  # seconds
PATIENT = 1.0  # seconds: what p99 must stay below
WRITING = HOLDING[2]
MET: dict[str, tuple[str, ...]] = {"ok": ("",), "empty": ("",), "denied": ("42501",)}


@pytest.fixture(scope="module", params=sorted(programs()) if ALL else [NEWEST])
def siege(request: pytest.FixtureRequest, running: Callable[[int], Server]) -> Iterator[Siege]:
    found = besieged(FOREIGN or running(request.param).admin_dsn)
    yield found
    found.hosted.admin.close()
    found.other.admin.close()


@pytest.fixture
def recorder(siege: Siege) -> Iterator[Recorder]:
    with Recorder(int(conninfo_to_dict(siege.hosted.event.dsn)["port"] or 5432)) as found:
        yield found


def came(siege: Siege, role: str, probe: Probe, session: psycopg.Connection) -> str:
    """Try a probe; returns "" or what was not as it must be."""
    state, count = "", 0
    for message in siege.said(probe, role):
        state, count = send(session, message)
    met = MET.get(probe.expected, (probe.expected,))
    if role in ("revoked", "stranger") and probe.expected != "empty":
        met = (*met, "42501")
    if probe.expected != "-" and state not in met:
        return f"{probe}: {state or 'nothing went wrong'}, not {probe.expected}"
    return f"{probe}: {count} rows" if probe.expected == "empty" and count else ""


@pytest.mark.parametrize("role", [role for role in ROLES if role != "keeper"])
def test_nothing_is_seen_or_changed(siege: Siege, recorder: Recorder, role: str) -> None:
    before, wrong = siege.state(), []
    with siege.hosted.connect("E1") as victim, attacking(siege, role, recorder) as (session,):
        siege.names["{victim}"] = str(victim.info.backend_pid)
        victim.execute(sql.SQL("SELECT {}").format(siege.canaries["aid"].decode()))
        forbidden = siege.forbidden(role)
        for probe in QUICK:
            recorder.heard.clear()
            wrong.append(came(siege, role, probe, session))
            reset(session)
            wrong += [f"{probe}: {word!r} came back" for word in forbidden if word in recorder.heard]
        victim.execute("SELECT 1")
    assert [told for told in wrong if told] == []
    assert siege.state() == before
    assert siege.forged() == []
    assert len(QUICK) > 100


def test_what_a_party_may_read_does_come_back(siege: Siege, recorder: Recorder) -> None:
    """So a word that must not come back would have been found."""
    with attacking(siege, "P1", recorder) as (session,):
        for message in ("SELECT words FROM commandlog.parts", "COPY commandlog.parts TO STDOUT"):
            recorder.heard.clear()
            send(session, message)
            assert siege.canaries["police"].hex().encode() in recorder.heard
        recorder.heard.clear()
        send(session, "SELECT encode(words, 'escape')::int FROM commandlog.parts")
        assert siege.canaries["police"] in recorder.heard


def test_a_keeper_makes_nothing_and_leaves_the_database_alone(siege: Siege, recorder: Recorder) -> None:
    before, wrong = siege.state(), []
    with attacking(siege, "keeper", recorder) as (session,):
        siege.names["{victim}"] = str(session.info.backend_pid)
        for probe in (*PROBES["making"], *PROBES["outside"]):
            if "pg_terminate" not in str(probe) and "pg_cancel" not in str(probe):
                wrong.append(came(siege, "keeper", probe, session))
                reset(session)
    assert [told for told in wrong if told] == []
    assert siege.state() == before


def test_a_login_of_another_event_does_not_get_in(siege: Siege) -> None:
    for login in (*siege.other.desks.values(), siege.other.keeper):
        with pytest.raises(Refused), telling():
            connect(make_conninfo(siege.other.dsn(login), dbname=siege.hosted.event.database))


def guesses(siege: Siege, recorder: Recorder) -> set[str]:
    """Return what EXPLAIN thinks of comparisons with what one may not read: one answer if it tells nothing."""
    told = set()
    with attacking(siege, "P1", recorder) as (session,):
        for column in ("frame", "words"):
            for step in range(0, 256, 8):
                query = f"EXPLAIN SELECT FROM commandlog.parts WHERE {column} < '\\x{step:02x}'"
                told.add(str(session.execute(query).fetchone()))
    return told


def test_what_the_planner_thinks_tells_nothing(siege: Siege, recorder: Recorder) -> None:
    assert len(guesses(siege, recorder)) == 1
    admin = siege.hosted.admin
    admin.execute("ALTER TABLE commandlog.parts ALTER words SET STATISTICS 100; ANALYZE commandlog.parts")
    try:
        assert len(guesses(siege, recorder)) > 3  # so it would, if bodies were sampled
    finally:
        admin.execute("ALTER TABLE commandlog.parts ALTER words SET STATISTICS 0; ANALYZE commandlog.parts")
        admin.execute("DELETE FROM pg_statistic WHERE starelid = 'commandlog.parts'::regclass AND staattnum = 3")
    assert len(guesses(siege, recorder)) == 1


def holding(siege: Siege, recorder: Recorder, role: str) -> Iterator[str]:
    """Try everything that could hold up others, one after the other; gives what was not as it must be."""
    with attacking(siege, role, recorder, sessions=2) as (first, second):
        for probe in HOLDING:
            yield came(siege, role, probe, first)
            time.sleep(HOLD)
            reset(first)
        for probe in BEHIND:
            for message in (*siege.said(WRITING, role), "SELECT * FROM commandlog.chain LIMIT 1"):
                send(first, message)
            send(second, "SET statement_timeout = '500ms'")
            yield came(siege, role, probe, second)
            reset(first)
            reset(second)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "keeper"] if ALL else ["P1"])
def test_nobody_is_held_up(siege: Siege, recorder: Recorder, role: str) -> None:
    with Working(siege.hosted) as working:
        wrong = [told for told in holding(siege, recorder, role) if told]
    assert wrong == []
    assert working.failed == []
    assert working.slowest() < PATIENT


def test_a_lock_that_is_asked_for_too_early_would_hold_up_everybody(siege: Siege, recorder: Recorder) -> None:
    """So being held up would have been found."""
    trigger = "ALTER EVENT TRIGGER commandlog_no_changes {}"
    siege.hosted.admin.execute(trigger.format("DISABLE"))
    try:
        with Working(siege.hosted) as working, attacking(siege, "P1", recorder, sessions=2) as (first, second):
            time.sleep(0.1)
            send(
                first,
                "BEGIN; INSERT INTO commandlog.inbox (id, header, frame) VALUES (decode(md5('y'), 'hex'), '', '')",
            )
            send(second, "SET statement_timeout = '600ms'")
            send(second, "CREATE RULE mine AS ON INSERT TO commandlog.inbox DO ALSO NOTIFY chain")
            reset(first)
        assert any("lock timeout" in told for told in working.failed)
    finally:
        siege.hosted.admin.execute(trigger.format("ENABLE"))


def test_a_flood_of_notices_holds_up_nobody(siege: Siege, recorder: Recorder) -> None:
    flood = "; ".join(f"NOTIFY {channel}, '{i}'" for i in range(100) for channel in ("chain", "inbox"))
    end = time.monotonic() + (10 if ALL else 1)

    def pour(session: psycopg.Connection) -> None:
        while time.monotonic() < end:
            send(session, flood)

    with Working(siege.hosted) as working, attacking(siege, "P1", recorder, sessions=3) as sessions:
        threads = [threading.Thread(target=pour, args=(session,), daemon=True) for session in sessions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIFETIME)
    assert working.failed == []
    assert working.slowest() < PATIENT


def test_who_stops_reading_is_ended(siege: Siege) -> None:
    """A client that asks for much and takes nothing keeps a transaction open that is not idle."""
    with closing(siege.hosted.connect("P1")) as stalled, siege.hosted.connect("keeper") as keeper:
        with socket.socket(fileno=os.dup(stalled.pgconn.socket)) as under:
            under.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)
        stalled.pgconn.send_query(b"SELECT repeat('x', 1000) FROM generate_series(1, 100000)")
        time.sleep(0.5)
        assert end_long_transactions(keeper, 0.4) == [siege.hosted.desks["P1"].login]
        end = time.monotonic() + 5
        gone = "SELECT FROM pg_stat_activity WHERE pid = %s"
        while siege.hosted.admin.execute(gone, (stalled.info.backend_pid,)).fetchone() and time.monotonic() < end:
            time.sleep(0.05)
        assert siege.hosted.admin.execute(gone, (stalled.info.backend_pid,)).fetchone() is None


def test_who_asks_for_a_lock_that_nobody_needs_is_ended(siege: Siege, recorder: Recorder) -> None:
    """Where the administrator is no superuser, the keeper is what helps."""
    trigger = "ALTER EVENT TRIGGER commandlog_no_changes {}"
    siege.hosted.admin.execute(trigger.format("DISABLE"))
    try:
        with siege.hosted.connect("keeper") as keeper, attacking(siege, "P1", recorder, sessions=2) as (first, second):
            send(first, "BEGIN; SELECT * FROM commandlog.chain")
            send(second, "SET statement_timeout = '60s'")
            second.pgconn.send_query(b"CREATE RULE mine AS ON INSERT TO commandlog.chain DO ALSO NOTIFY chain")
            waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)"
            end = time.monotonic() + 60
            while siege.hosted.admin.execute(waits, (second.info.backend_pid,)).fetchone() != (True,):
                assert time.monotonic() < end
                time.sleep(0.02)
            assert end_long_transactions(keeper) == [siege.hosted.desks["P1"].login]
            keeper.execute("SET lock_timeout = '1s'")
            keeper.execute("SELECT count(*) FROM commandlog.chain")
            last_answer(second)
            assert second.closed
    finally:
        siege.hosted.admin.execute(trigger.format("ENABLE"))
