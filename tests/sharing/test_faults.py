"""Server, keeper and network fail, each in its way: people go on, see it soon, and nothing is lost or doubled.

Short ones of what `python -m tests.faults.sharing` does at full length.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from commandlog.sharing.desk.state import State
from tests.sharing.proxy import BLACK_HOLE, Weather
from tests.sharing.servers import Server
from tests.sharing.whole import SOON, Whole

SHOWN = 10.0  # seconds within which a desk says that it is alone
TAKES_OVER = 10.0  # seconds within which the spare keeper goes on


def offline(state: State) -> bool:
    return state.phase == "offline"


@pytest.fixture
def event(tmp_path: Path, server: Server) -> Iterator[Whole]:
    with Whole(tmp_path, server, {"venue": 1, "police": 2}) as event:
        event.start()
        yield event


def test_the_server_is_killed_in_the_middle_of_a_batch(event: Whole) -> None:
    venue, police, _other = event.seats
    writer = threading.Thread(target=venue.write, args=(1_000,), kwargs={"at_once": 20}, daemon=True)
    writer.start()
    event.wait_for_inbox()
    event.server.kill()
    writer.join(SOON)
    assert not writer.is_alive()
    for seat in event.seats:
        seat.wait(offline, SHOWN)
    police.write(5, "while the server was dead")
    assert venue.waiting > 0  # it was in the middle: not all had their place
    event.server.start()
    event.converged()
    event.agreed()


def test_a_keeper_is_killed_and_its_spare_goes_on(event: Whole) -> None:
    venue = event.seats[0]
    event.keep()
    venue.write()
    event.converged()
    event.keepers[0].kill()
    start = time.monotonic()
    venue.write(3, "nobody keeps")
    event.converged(TAKES_OVER)
    assert time.monotonic() - start <= TAKES_OVER
    event.agreed()


def test_a_desk_says_soon_that_it_is_alone_and_goes_on_writing(event: Whole) -> None:
    hole, half, abandoned = event.seats
    hole.proxy.weather, half.proxy.weather = BLACK_HOLE, Weather(down=False)
    abandoned.proxy.abandon()
    start = time.monotonic()
    for seat in event.seats:
        seat.write(10, "alone")
    for seat in (hole, half):
        seat.wait(offline, SHOWN - (time.monotonic() - start))
        assert seat.waiting == 10
        seat.wait(lambda state: state.phase == "offline" and state.waiting == 10)
    for seat in event.seats:
        seat.write(10, "still alone")
    hole.proxy.mend()
    half.proxy.mend()
    event.converged()
    event.agreed()


def test_three_pieces_in_ten_come_late_and_all_arrive(event: Whole) -> None:
    for seat in event.seats:
        seat.proxy.weather = Weather(delay=0.1, lost=0.3, again=0.2)
        seat.proxy.cut(again=True)
        seat.write(20, "bad weather")
    event.converged(60)
    event.agreed()
