"""The server is lost, and the one that takes over lacks what was acknowledged: nobody goes on as if nothing were."""

import time
from pathlib import Path

from tests.sharing.servers import Server, standby
from tests.sharing.whole import Whole

STILL = 4.0  # seconds in which a keeper at work would have put in order what waits several times over


def lose_the_last(event: Whole, behind: Server, number: int) -> int:
    """Let the standby miss so many records that two desks have, and take over; returns up to where it has the log."""
    event.wait_for(lambda: event.in_order(behind) == event.in_order())  # the keeper, too, writes now and then
    behind.stop()
    event.seats[0].write(number, "acknowledged and lost")
    event.converged(among=event.seats[:2])
    event.server.kill()
    behind.start()
    behind.promote()
    event.move_to(behind)
    return event.in_order()


def test_a_server_that_lacks_commits_is_not_gone_on_with(tmp_path: Path, server: Server) -> None:
    behind = standby(server)
    try:
        with Whole(tmp_path, server, {"venue": 1, "police": 2}) as event:
            event.start()
            venue, police, away = event.seats
            away.stop()
            away.write(3, "before it came back")
            had = lose_the_last(event, behind, 7)
            full = venue.upto
            assert event.in_order() == had <= full - 7  # control: seven are missing there
            police.write(3, "written after it")
            for seat in (venue, police):
                seat.wait(lambda state: state.alarm == "rewound")
            away.start()  # it knows of nothing that would be missing, and sends
            event.wait_for(lambda: event.asks("SELECT count(*) FROM commandlog.inbox") == 3)
            time.sleep(STILL)
            assert event.in_order() == had, "records were put in order as if nothing were missing"
            assert venue.upto == full
            event.adopt()
            event.converged()
            event.wait_for(lambda: {seat.state.alarm for seat in event.seats} == {""})
            assert event.agreed() >= full + 6
    finally:
        behind.close()
