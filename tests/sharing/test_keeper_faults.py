"""A log keeper that is killed, stopped and woken, or replaced: nothing is lost, nothing is there twice, one writes."""

import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from commandlog.log.keys import desk_key, settings_folder
from commandlog.log.verify import verify
from commandlog.sharing.keeper.keepers_log import fingerprint, open_keepers_log, trust
from commandlog.sharing.server.server import add_keeper
from tests.sharing.conftest import Host
from tests.sharing.keeper_child import POINTS, keeping
from tests.sharing.seats import KEY, Room, empty, room

SOON = 60.0  # seconds
TAKES_OVER = 10.0


def _until(what: Callable[[], object], seconds: float = SOON) -> float:
    """Wait until something is so; returns how long that took."""
    start = time.monotonic()
    while not what():
        assert time.monotonic() - start < seconds
        time.sleep(0.05)
    return time.monotonic() - start


def _ids(here: Room) -> list[bytes]:
    return [row[1] for row in here.chain()]


def _written(here: Room) -> list[bytes]:
    found = [seat.log.db.execute("SELECT id FROM entries ORDER BY since").fetchall() for seat in here.seats.values()]
    return [record_id for rows in found for (record_id,) in rows]


def _all_there(here: Room) -> bool:
    return set(_written(here)) <= set(_ids(here))


@pytest.mark.parametrize("point", POINTS)
def test_killed_in_the_middle_of_a_batch_nothing_is_lost_or_doubled(tmp_path: Path, host: Host, point: str) -> None:
    with room(tmp_path, host) as here:
        dsn, seats = here.hosted.dsn(here.hosted.keeper), [here.seat("B1"), here.seat("P1")]
        empty(here.keeper())
        here.keepers.pop().close()
        upto = len(here.chain()) + 5
        with keeping(tmp_path, here.hosted.event.log_id, dsn, point=point, upto=upto) as child:
            for _again in range(6):
                for seat in seats:
                    seat.write(3)
                    seat.send()
            child.wait(SOON)
            assert child.returncode == -signal.SIGKILL, (tmp_path / "LOG1.said").read_text()
        before = _ids(here)
        assert (len(before) >= upto) == (point in ("committed", "done"))
        keeper = here.keeper()
        here.hosted.admin.execute("UPDATE commandlog.keepers SET renewed_at = '-infinity'")  # as after some seconds
        empty(keeper)
        after = _ids(here)
        assert after[: len(before)] == before
        assert len(set(after)) == len(after)
        assert _all_there(here)
        assert keeper.log.head.seq == len(after)
        keeper.close()
        keeper.log.close()
        assert verify(keeper.log.path).fault == ""


def _trust(folder: Path, log_id: bytes, code: str) -> None:
    """Say, as a person does while LOG1 is at work, that another keeper is one."""
    key = desk_key(settings_folder(), log_id, KEY + code).public_key().public_bytes_raw()
    with open_keepers_log(folder / "LOG1.clog", log_id, "LOG1") as log:
        trust(log, code, fingerprint(key))


def test_a_spare_takes_over_from_one_that_hangs_or_dies_and_who_wakes_up_writes_nothing(
    tmp_path: Path, host: Host
) -> None:
    with room(tmp_path, host) as here, ExitStack() as both:
        event, seat = here.hosted.event, here.seat("B1")
        spare = here.hosted.dsn(add_keeper(here.hosted.admin, "venue"))
        first = both.enter_context(keeping(tmp_path, event.log_id, here.hosted.dsn(here.hosted.keeper)))
        seat.send()
        _until(lambda: _all_there(here))
        second = both.enter_context(keeping(tmp_path, event.log_id, spare, "LOG2"))
        _trust(tmp_path, event.log_id, "LOG2")
        query = "SELECT count(*) FROM commandlog.keeper_keys WHERE announced"
        _until(lambda: here.hosted.admin.execute(query).fetchone() == (2,))
        first.send_signal(signal.SIGSTOP)
        seat.write(5)
        seat.send()
        assert _until(lambda: _all_there(here)) < TAKES_OVER
        epoch = here.hosted.admin.execute("SELECT epoch, holder FROM commandlog.keepers").fetchone()
        assert epoch is not None
        assert epoch[1].startswith("LOG2 ")
        before = _ids(here)
        first.send_signal(signal.SIGCONT)
        seat.write(5)
        seat.send()
        _until(lambda: _all_there(here))
        time.sleep(0.5)
        assert here.hosted.admin.execute("SELECT epoch, holder FROM commandlog.keepers").fetchone() == epoch
        assert _ids(here)[: len(before)] == before
        assert len(set(_ids(here))) == len(_ids(here))
        assert first.poll() is None  # it stands by
        query = "SELECT array_agg(desk ORDER BY desk) FROM commandlog.beats"
        _until(lambda: here.hosted.admin.execute(query).fetchone() == (["LOG1", "LOG2"],))
        second.kill()
        seat.write(5)
        seat.send()
        assert _until(lambda: _all_there(here)) < TAKES_OVER
        assert len(set(_ids(here))) == len(_ids(here))


def test_a_keeper_stopped_with_the_lease_locked_is_replaced(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        seat, keeper = here.seat("B1"), here.keeper()
        empty(keeper)
        other = Room.keeper(here, "LOG2", here.hosted.dsn(add_keeper(here.hosted.admin, "venue")))
        keeper.close()
        assert not other.turn().active  # nobody has named it yet, and no desk would believe it
        assert keeper.turn().active
        keeper.connected()
        _trust(tmp_path, here.hosted.event.log_id, "LOG2")
        keeper.house.tend(active=True)
        empty(keeper)
        conn = keeper.connected()
        conn.execute("SET idle_in_transaction_session_timeout = 0")  # else the server itself would end it
        conn.execute("BEGIN")
        keeper.lease.hold(conn)  # and does not go on
        seat.send()
        start = time.monotonic()
        while not other.turn().active:
            assert time.monotonic() - start < TAKES_OVER
            time.sleep(0.2)
        empty(other)
        assert _all_there(here)
        with pytest.raises(psycopg.Error):
            conn.execute("COMMIT")
        assert not keeper.turn().active


def test_the_server_goes_away_in_the_middle_and_comes_back(tmp_path: Path, host: Host) -> None:
    with room(tmp_path, host) as here:
        seat, keeper = here.seat("B1"), here.keeper()
        empty(keeper)
        seat.write(3)
        seat.send()
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s"
        here.hosted.admin.execute(ended, (here.hosted.keeper.login,))
        with pytest.raises(psycopg.Error):
            keeper.turn()
        keeper.close()
        empty(keeper)
        assert _all_there(here)
