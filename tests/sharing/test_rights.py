"""What a login may: asked of the database itself, by plain statements over the login's own connection."""

import os
import threading
import time

import psycopg
import pytest
from psycopg import errors, pq
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from commandlog.log.member import FRAME, HEADER, WORDS
from commandlog.model.errors import RuleError
from commandlog.sharing.link import Full, Refused, Revoked, Unreachable, connect, telling
from commandlog.sharing.server.schema import PIECE
from commandlog.sharing.server.server import add_desk, change_password, end_long_transactions, revoke
from tests.sharing import rows
from tests.sharing.conftest import Hosted

READ = ("about", "desks", "chain", "parts", "opened", "checkpoints", "beats", "pieces", "presence", "refusals")
WRITTEN = ("inbox", "pieces_in", "pulses")
KEPT = ("keepers", "keeper_keys", "parties")


def count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(SQL("SELECT count(*) FROM commandlog.{}").format(Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])


def test_party_and_desk_come_from_the_login(event: Hosted) -> None:
    with event.connect("P1") as police, event.connect("keeper") as keeper:
        rows.send(police)
        rows.pulse(police)
        police.execute(rows.PIECE, (bytes(32), 0, b"piece"))
        for table in WRITTEN:
            with pytest.raises(errors.InsufficientPrivilege):
                police.execute(SQL("INSERT INTO commandlog.{} (login) VALUES ('x')").format(Identifier(table)))
            told = keeper.execute(SQL("SELECT login FROM commandlog.{}").format(Identifier(table))).fetchall()
            assert told == [(event.desks["P1"].login,)]
        found = keeper.execute("SELECT party, desk FROM commandlog.desks JOIN commandlog.inbox USING (login)")
        assert found.fetchall() == [("police", "P1")]


def test_who_sends_again_sends_once(event: Hosted) -> None:
    record_id = os.urandom(16)
    with event.connect("P1") as police, event.connect("V1") as venue, event.connect("keeper") as keeper:
        for desk in (police, police, venue):
            rows.send(desk, record_id=record_id)
        assert count(keeper, "inbox") == 2


def test_nobody_reads_what_desks_send(event: Hosted) -> None:
    with event.connect("P1") as police, event.connect("V1") as venue:
        rows.send(police)
        for desk in (police, venue):
            for table in (*WRITTEN, *KEPT):
                with pytest.raises(errors.InsufficientPrivilege):
                    count(desk, table)
        with pytest.raises(errors.InsufficientPrivilege):
            police.execute(rows.SEND.replace("ON CONFLICT DO NOTHING", "RETURNING n"), (os.urandom(16), b"", b"", b""))


def test_a_member_changes_nothing(event: Hosted) -> None:
    with event.connect("P1") as police, event.connect("keeper") as keeper:
        rows.record(keeper, 1, b"words", ["*"])
        for table in (*READ, *WRITTEN, *KEPT):
            named = Identifier(table)
            for statement in ("DELETE FROM commandlog.{}", "TRUNCATE commandlog.{}", "DROP TABLE commandlog.{}"):
                with pytest.raises(errors.InsufficientPrivilege):
                    police.execute(SQL(statement).format(named))
            if table not in WRITTEN:
                with pytest.raises(errors.InsufficientPrivilege):
                    police.execute(SQL("INSERT INTO commandlog.{} DEFAULT VALUES").format(named))
        with pytest.raises(errors.InsufficientPrivilege):
            police.execute("UPDATE commandlog.desks SET party = 'venue'")


def test_the_chain_is_only_ever_continued(event: Hosted) -> None:
    with event.connect("keeper") as keeper:
        rows.record(keeper, 1, b"words", ["*"])
        for statement in (
            "DELETE FROM commandlog.chain",
            "UPDATE commandlog.chain SET hash = hash",
            "TRUNCATE commandlog.chain",
            "DELETE FROM commandlog.parts",
            "UPDATE commandlog.parts SET frame = ''",
            "DELETE FROM commandlog.checkpoints",
            "UPDATE commandlog.desks SET party = 'venue'",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                keeper.execute(statement)
        with pytest.raises(errors.UniqueViolation):
            rows.chain(keeper, 1)


def test_what_a_record_says_is_for_its_readers(event: Hosted) -> None:
    with event.connect("P1") as police, event.connect("V1") as venue, event.connect("keeper") as keeper:
        rows.record(keeper, 1, b"for all", ["*"], piece=b"all")
        rows.record(keeper, 2, b"for police", ["police"], piece=b"police")
        rows.record(keeper, 3, b"for both", ["police", "venue"])
        keeper.execute("INSERT INTO commandlog.opened VALUES (2, 3), (1, 3)")
        keeper.execute(
            "INSERT INTO commandlog.refusals (login, id, why) VALUES (%s, 'id', 'why')", (event.desks["P1"].login,)
        )
        assert [count(police, table) for table in ("chain", "parts", "pieces", "opened", "refusals")] == [3, 3, 2, 2, 1]
        assert [count(venue, table) for table in ("chain", "parts", "pieces", "opened", "refusals")] == [3, 2, 1, 1, 0]
        assert venue.execute("SELECT seq FROM commandlog.parts ORDER BY seq").fetchall() == [(1,), (3,)]
        keeper.execute("UPDATE commandlog.parts SET readers = readers || '{venue}' WHERE seq = 2")
        assert [count(venue, table) for table in ("parts", "pieces", "opened")] == [3, 2, 2]


def test_all_see_who_takes_part(event: Hosted) -> None:
    with event.connect("V1") as venue, event.connect("keeper") as keeper:
        keeper.execute(
            "INSERT INTO commandlog.presence VALUES ('P1', 'police', 1, '', 0, 0, 0, 0, '', clock_timestamp(), true)"
        )
        keeper.execute("INSERT INTO commandlog.beats VALUES ('LOG1', 1, '', 0, '')")
        keeper.execute("INSERT INTO commandlog.checkpoints VALUES (1, '', 'LOG1', '')")
        assert [count(venue, table) for table in ("about", "presence", "beats", "checkpoints")] == [1, 1, 1, 1]
        told = venue.execute("SELECT desk, party, keeper, revoked FROM commandlog.desks ORDER BY desk").fetchall()
        assert told == [
            ("B1", "baken", False, None),
            ("LOG1", "venue", True, None),
            ("P1", "police", False, None),
            ("V1", "venue", False, None),
        ]
        with pytest.raises(errors.InsufficientPrivilege):
            venue.execute("SELECT ends FROM commandlog.desks")


@pytest.mark.parametrize(
    ("column", "size"), [("header", HEADER + 1), ("frame", FRAME + 1), ("words", WORDS + 1), ("id", 17), ("id", 15)]
)
def test_what_is_sent_has_a_size(event: Hosted, column: str, size: int) -> None:
    given = {"id": bytes(16), "header": b"", "frame": b"", "words": b""} | {column: bytes(size)}
    with event.connect("P1") as police, pytest.raises(errors.CheckViolation):
        police.execute(rows.SEND, tuple(given.values()))


def test_a_desk_cannot_fill_the_server(event: Hosted) -> None:
    with event.connect("P1") as police, event.connect("V1") as venue, event.connect("keeper") as keeper:
        many = "INSERT INTO commandlog.inbox (id, header, frame) SELECT decode(lpad(to_hex(g), 32, '0'), 'hex'), '', ''"
        with pytest.raises(Full), telling():
            police.execute(many + " FROM generate_series(1, 20001) AS g")
        police.execute(many + " FROM generate_series(1, 19999) AS g")
        rows.send(police)
        with pytest.raises(Full), telling():
            rows.send(police)
        with pytest.raises(errors.CheckViolation):
            police.execute(rows.PIECE, (bytes(32), 0, bytes(PIECE + 1)))
        pieces = "INSERT INTO commandlog.pieces_in (file, number, bytes) SELECT %s, g, '' FROM generate_series(1, %s) g"
        with pytest.raises(Full), telling():
            police.execute(pieces, (bytes(32), 1100))
        police.execute(pieces, (bytes(32), 1022))
        police.execute(rows.PIECE, (bytes(32), 1999, b""))
        with pytest.raises(Full), telling():
            police.execute(rows.PIECE, (bytes(32), 2000, b""))
        with pytest.raises(Full), telling():
            police.execute(
                "INSERT INTO commandlog.pulses (upto, hash, purged, waiting, offset_ms, sent_at, signature)"
                " SELECT 0, %s, false, 0, 0, 0, %s FROM generate_series(1, 1001)",
                (bytes(32), bytes(64)),
            )
        for _ in range(1000):
            rows.pulse(police)
        with pytest.raises(Full), telling():
            rows.pulse(police)
        rows.send(venue)
        rows.pulse(venue)
        keeper.execute("DELETE FROM commandlog.inbox WHERE n < (SELECT min(n) + 100 FROM commandlog.inbox)")
        rows.send(police)


def test_a_revoked_desk_is_out_within_seconds_open_sessions_too(event: Hosted) -> None:
    with event.connect("P1") as busy, event.connect("P1") as idle, event.connect("V1") as venue:
        busy.execute("BEGIN")
        rows.send(busy)
        asked: list[float] = []

        def keep_asking() -> None:
            try:
                while True:
                    idle.execute("SELECT count(*) FROM commandlog.chain")
            except psycopg.OperationalError:
                asked.append(time.monotonic())

        thread = threading.Thread(target=keep_asking, daemon=True)
        thread.start()
        began = time.monotonic()
        revoke(event.admin, "P1")
        thread.join(10)
        assert asked[0] - began < 2
        with pytest.raises(Unreachable), telling():
            busy.execute("SELECT 1")
        with pytest.raises(Revoked), telling():
            event.connect("P1")
        rows.send(venue)
        assert venue.execute("SELECT desk FROM commandlog.desks WHERE revoked IS NOT NULL").fetchall() == [("P1",)]
    with pytest.raises(RuleError, match="P9"):
        revoke(event.admin, "P9")


def test_a_session_that_outlived_its_login_reads_and_writes_nothing(event: Hosted) -> None:
    with event.connect("P1") as police, event.connect("keeper") as keeper:
        rows.record(keeper, 1, b"for all", ["*"])
        event.admin.execute("UPDATE commandlog.desks SET revoked = now() WHERE desk = 'P1'")
        assert [count(police, table) for table in READ] == [0] * len(READ)
        for send in (rows.send, rows.pulse):
            with pytest.raises(errors.InsufficientPrivilege):
                send(police)


def test_an_invitation_runs_out_unless_the_desk_has_joined(event: Hosted) -> None:
    late, early = add_desk(event.admin, "aid", "E1", hours=1e-9), add_desk(event.admin, "aid", "E2", hours=1)
    with connect(event.dsn(late)) as first, connect(event.dsn(early)) as second:
        change_password(second, "a password of its own")
        assert first.execute("SELECT commandlog.joined()").fetchone() == (False,)
        assert second.execute("SELECT commandlog.joined()").fetchone() == (True,)
        event.admin.execute("UPDATE commandlog.desks SET ends = '-infinity'")
        assert (count(first, "desks"), count(second, "desks")) == (0, 6)
        rows.send(second)
        with pytest.raises(errors.InsufficientPrivilege):
            rows.send(first)
    with pytest.raises(Refused), telling():
        connect(event.dsn(early))


def test_an_unknown_login_gets_nothing(event: Hosted, admin_dsn: str) -> None:
    name = f"{event.event.names.prefix}_stranger"
    event.admin.execute(SQL("CREATE ROLE {} LOGIN PASSWORD 'x'").format(Identifier(name)))
    stranger = make_conninfo(event.event.dsn, user=name, password="x")  # noqa: S106
    with pytest.raises(Refused), telling():
        connect(stranger)
    event.admin.execute(SQL("GRANT {} TO {}").format(event.event.names.member, Identifier(name)))
    with connect(stranger) as connection:
        assert [count(connection, table) for table in READ] == [0] * len(READ)
        with pytest.raises(errors.InsufficientPrivilege):
            rows.send(connection)


def test_only_so_many_connections_of_one_login(event: Hosted) -> None:
    held = [event.connect("P1") for _ in range(4)]
    with pytest.raises(Unreachable), telling():
        event.connect("P1")
    for connection in held:
        connection.close()


def test_a_keeper_ends_what_holds_up_others(event: Hosted) -> None:
    with event.connect("P1") as long, event.connect("V1") as short, event.connect("keeper") as keeper:
        long.execute("BEGIN")
        short.execute("SELECT 1")
        assert end_long_transactions(keeper) == []
        time.sleep(0.4)
        assert end_long_transactions(keeper, 0.3) == [event.desks["P1"].login]
        with pytest.raises(psycopg.OperationalError):
            long.execute("SELECT 1")
        rows.send(short)


def test_a_keeper_ends_another_that_stands_still_and_nobody_else(event: Hosted) -> None:
    with event.connect("keeper") as stalled, event.connect("keeper") as next_one, event.connect("keeper") as idle:
        stalled.execute("BEGIN")
        stalled.execute("SELECT * FROM commandlog.keepers FOR UPDATE")
        idle.execute("SELECT * FROM commandlog.keepers")
        next_one.execute("SELECT commandlog.end_stalled_keeper()")
        next_one.execute("SELECT * FROM commandlog.keepers FOR UPDATE")
        idle.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError):
            stalled.execute("SELECT 1")
    with event.connect("keeper") as busy, event.connect("keeper") as next_one:
        busy.execute("BEGIN")
        busy.execute("SELECT * FROM commandlog.keepers FOR UPDATE")
        busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 2000000)")  # the server is at work for it
        time.sleep(0.05)
        next_one.execute("SELECT commandlog.end_stalled_keeper()")
        result = busy.pgconn.get_result()
        assert result is not None
        assert result.status == pq.ExecStatus.TUPLES_OK
        assert busy.pgconn.get_result() is None
    with event.connect("P1") as police, pytest.raises(errors.InsufficientPrivilege):
        police.execute("SELECT commandlog.end_stalled_keeper()")
