"""What one member sends, or one row holds, never stops the log keeper, nor what the others write."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commandlog.log import pieces
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.rebuild import stored
from commandlog.model.errors import RuleError
from commandlog.model.frames import By
from commandlog.model.keeping import Attached
from commandlog.model.order import FORBIDDEN, UNREADABLE
from commandlog.model.records import DeskOpened, Note, Words, encode
from commandlog.sharing.keeper import statements
from commandlog.sharing.keeper.accepting import BROKEN, NO_DESK, Sent, judge
from commandlog.sharing.keeper.keepers_log import fingerprint, trust
from commandlog.sharing.keeper.ordering import Ordering, Placed
from commandlog.sharing.server.server import revoke
from tests.sharing import rows
from tests.sharing.conftest import Host
from tests.sharing.seats import Room, Seat, empty, insert, made, room


def _opening(seat: Seat, **otherwise: Any) -> bytes:
    by = By(seat.desk.party, seat.desk.code)
    said = {"by": by, "number": 1, "logged_at": 1, "occurred_at": 1, "desk": seat.desk.code, "party": seat.desk.party}
    return encode(DeskOpened(**{**said, "key": seat.key.public_key().public_bytes_raw(), **otherwise}))


def _in_chain(here: Room, seat: Seat) -> int:
    there = {row[1] for row in here.chain()}
    return sum(one_id in there for (one_id,) in seat.log.db.execute("SELECT id FROM entries"))


def _why(seat: Seat) -> set[str]:
    return {why for (why,) in seat.conn.execute("SELECT why FROM commandlog.refusals")}


def test_a_desk_that_opens_itself_wrongly_is_no_desk_and_stops_nobody(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper, bad, good = here.keeper(), here.seat("B1"), here.seat("P1")
        insert(bad.conn, [made(bad, _opening(bad, by=By("police", "P1")))])
        insert(bad.conn, [made(bad, _opening(bad, number=1, audience=("baken",)))])
        insert(bad.conn, [made(bad, _opening(bad), b'{"text":5}')])
        good.write(2)
        good.send()
        empty(keeper)
        assert _in_chain(here, good) == 3
        assert _why(bad) == {NO_DESK}
        bad.send()  # as it should have done
        empty(keeper)
        assert _in_chain(here, bad) == 1


def test_whatever_goes_wrong_with_a_row_costs_that_row_alone(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    with room(tmp_path, host) as here:
        keeper, bad, good = here.keeper(), here.seat("B1"), here.seat("P1")
        good.send()
        bad.send()
        empty(keeper)
        bad.write(3)
        waiting = bad.waiting()

        def failing(sent: Sent, *known: Any) -> Any:
            if sent.id == waiting[1].header[26:42]:
                raise KeyError(sent.desk)  # a mistake of ours
            return judge(sent, *known)

        monkeypatch.setattr("commandlog.sharing.keeper.batch.judge", failing)
        insert(bad.conn, waiting)
        good.write(2)
        good.send()
        empty(keeper)
        assert _in_chain(here, good) == 3
        assert _in_chain(here, bad) == 2
        assert BROKEN in _why(bad)


def test_a_new_desk_that_the_tables_cannot_take_in_is_dropped(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    with room(tmp_path, host) as here:
        keeper, bad, good = here.keeper(), here.seat("B1"), here.seat("P1")
        true = Ordering.put

        def put(order: Ordering, record: Any) -> None:
            if record.desk == "B1":
                raise OverflowError
            true(order, record)

        monkeypatch.setattr(Ordering, "put", put)
        bad.send()
        good.write(2)
        good.send()
        empty(keeper)
        assert _in_chain(here, good) == 3
        assert _why(bad) == {NO_DESK}


def test_what_the_server_cannot_hold_is_found_among_the_rest(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    with room(tmp_path, host) as here:
        keeper, bad, good = here.keeper(), here.seat("B1"), here.seat("P1")
        good.send()
        bad.send()
        empty(keeper)
        bad.write(20)
        waiting = bad.waiting()
        true = statements.put

        def put(conn: "psycopg.Connection[Any]", placed: list[Placed], changed: Any) -> None:
            nul = [one for one in placed if one.stored.header[26:42] == waiting[7].header[26:42]]
            true(conn, [one._replace(readers=["a\0b"]) if one in nul else one for one in placed], changed)

        monkeypatch.setattr(statements, "put", put)
        insert(bad.conn, waiting)
        good.write(9)
        good.send()
        empty(keeper)
        assert _in_chain(here, good) == 10
        assert _in_chain(here, bad) == 20
        refused = keeper.log.db.execute("SELECT since FROM entries WHERE kind = 'refused'").fetchall()
        assert [(frame.count, frame.why) for frame in (keeper.log.record(seq).frame for (seq,) in refused)] == [
            (9, UNREADABLE)
        ]


def test_nobody_is_a_keeper_because_the_server_says_so(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper = here.keeper()
        empty(keeper)
        keys = {code: Ed25519PrivateKey.generate().public_key().public_bytes_raw() for code in ("LOG2", "LOG9")}
        insert_key = "INSERT INTO commandlog.keeper_keys (desk, key) VALUES (%s, %s)"
        here.hosted.admin.execute(insert_key, ("LOG9", keys["LOG9"]))
        trust(keeper.log, "LOG2", fingerprint(keys["LOG2"]))
        here.hosted.admin.execute(insert_key, ("LOG2", keys["LOG9"]))  # not what was confirmed
        for _again in range(2):
            keeper.house.tend(active=True)
            empty(keeper)
        assert set(keeper.desks) & {"LOG2", "LOG9"} == set()
        here.hosted.admin.execute("UPDATE commandlog.keeper_keys SET key = %s WHERE desk = 'LOG2'", (keys["LOG2"],))
        keeper.house.tend(active=True)
        empty(keeper)
        assert keeper.desks["LOG2"].key == keys["LOG2"]
        assert "LOG9" not in keeper.desks
        for desk, printed in (("P1", fingerprint(keys["LOG2"])), ("LOG2", "abcd")):
            with pytest.raises(RuleError):
                trust(keeper.log, desk, printed)


def test_what_a_revoked_login_has_sent_is_not_taken(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper, gone, good = here.keeper(), here.seat("B1"), here.seat("P1")
        gone.send()
        empty(keeper)
        gone.write(2)
        gone.send()
        gone.conn.execute(rows.PIECE, (bytes(32), 0, b"x"))
        rows.pulse(gone.conn)
        revoke(here.hosted.admin, "B1")
        admin = here.hosted.admin
        for table in ("inbox", "pieces_in", "pulses"):
            assert admin.execute(f"SELECT count(*) FROM commandlog.{table}").fetchone() == (0,)
        login = here.hosted.desks["B1"].login
        for row in stored(gone.log.db, PROVISIONAL + 1, FOREVER):  # of a session that ended late
            admin.execute(
                "INSERT INTO commandlog.inbox (login, id, header, frame, words) VALUES (%s, %s, %s, %s, %s)",
                (login, row.header[26:42], row.header, row.frame, row.words),
            )
        good.write(1)
        good.send()
        empty(keeper)
        assert _in_chain(here, good) == 2
        assert _in_chain(here, gone) == 1


def _attached(seat: Seat, number: int, entry: bytes, file: bytes) -> bytes:
    by = By(seat.desk.party, seat.desk.code)
    said: dict[str, Any] = {"by": by, "number": number, "logged_at": 1, "occurred_at": 1}
    return encode(Attached(entry=entry, file=file, size=3, media="x/y", **said))


def test_nobody_takes_the_name_of_anothers_attachment(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper, thief, seat = here.keeper(), here.seat("B1"), here.seat("V2")
        entry = seat.append(Note, Words(text="foto"))
        content, salt = b"abc", bytes(16)
        file = pieces.named(salt, content)
        seat.append(Attached, Words(salt=salt), entry=entry.id, file=file, size=3, media="x/y")
        thief.send()
        seat.send()
        empty(keeper)
        thief.conn.execute(rows.PIECE, (file, 0, b"xyz"))
        insert(thief.conn, [made(thief, _attached(thief, 2, entry.id, file))])
        empty(keeper)
        said = keeper.log.record(keeper.log.head.seq).frame
        assert (said.desk, said.count, said.why) == ("B1", 2, FORBIDDEN)
        assert here.hosted.admin.execute("SELECT count(*) FROM commandlog.pieces_in").fetchone() == (0,)
        seat.conn.execute(rows.PIECE, (file, 0, content))
        keeper.house.tend(active=True)
        found = here.hosted.admin.execute("SELECT file, bytes FROM commandlog.pieces").fetchall()
        assert found == [(file, content)]


def test_pieces_without_a_record_go_after_a_day(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper, seat = here.keeper(), here.seat("B1")
        empty(keeper)
        for number in range(2):
            seat.conn.execute(rows.PIECE, (bytes(32), number, b"x"))
        old = "UPDATE commandlog.pieces_in SET at = at - interval '25 hours' WHERE number = 0"
        here.hosted.admin.execute(old)
        keeper.house.tend(active=True)
        assert here.hosted.admin.execute("SELECT number FROM commandlog.pieces_in").fetchall() == [(1,)]


def test_a_clock_that_jumps_does_not_date_the_log(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        keeper, seat = here.keeper(), here.seat("B1")
        true = keeper.clock
        for hours in (-2, 0, 3):
            keeper.clock = lambda hours=hours: true() + hours * 3_600_000  # type: ignore[misc]
            seat.write(1)
            seat.send()
            empty(keeper)
            assert abs(keeper.log.head.kept_at - true()) < 5000
            keeper.house.begin()
            keeper.house.tend(active=True)
            (at,) = here.hosted.admin.execute("SELECT at FROM commandlog.beats").fetchall()[0]
            assert abs(at - true()) < 5000
            assert (keeper.health.clock_off == 0) == (hours == 0)
            assert abs(keeper.health.clock_off + hours * 3_600_000) < 2000
