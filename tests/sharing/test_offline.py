"""Hours without the server, at every desk: each works as ever, and when it comes back all have the same log."""

from pathlib import Path

from commandlog.sharing.desk.state import State
from tests.sharing.servers import Server
from tests.sharing.whole import Whole

RECORDS = 60  # of each desk; `python -m tests.faults.sharing` writes 5,000
HOURS = 8
BACK = 60.0  # seconds within which all have everything


def test_hours_apart_come_together_again(tmp_path: Path, server: Server) -> None:
    with Whole(tmp_path, server, {"venue": 2, "police": 2, "baken": 1}) as event:
        event.start()
        together = event.in_order()
        for seat in event.seats:
            seat.proxy.cut()
            seat.wait(lambda state: state.phase == "offline")
        for seat in event.seats:
            seat.write(RECORDS, "on my own", hours=HOURS)
            assert seat.waiting == RECORDS
        # control: they really were apart; that they are gone, the keeper may have written
        assert event.in_order() <= together + len(event.seats)
        for seat in event.seats:
            seat.proxy.mend()
        event.converged(BACK)
        assert event.agreed() >= together + RECORDS * len(event.seats)
        last: State = event.seats[0].state
        assert (last.waiting, last.refused, last.alarm) == (0, 0, "")
