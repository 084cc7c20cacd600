"""Many desks write at once, each at its own pace: one order without a gap, the same everywhere, each record once."""

import threading
from pathlib import Path

from tests.faults.writers import at_random
from tests.sharing.servers import Server
from tests.sharing.whole import SOON, Seat, Whole

DESKS = {"venue": 2, "police": 2, "baken": 1, "aid": 1}
RECORDS = 60  # of each desk; `python -m tests.faults.sharing order` has 32 desks write 10,000 each
PAUSE = 0.025  # seconds


def write_at_random(seat: Seat, seed: int) -> None:
    with seat.sits() as desk:
        for made in at_random(desk, RECORDS, seed, PAUSE):
            seat.written += made


def all_write(event: Whole) -> None:
    """Let every desk write, all at once; returns when all has been written."""
    writers = [
        threading.Thread(target=write_at_random, args=(seat, seed), daemon=True)
        for seed, seat in enumerate(event.seats)
    ]
    for one in writers:
        one.start()
    for one in writers:
        one.join(SOON)


def test_all_write_at_once(tmp_path: Path, server: Server) -> None:
    with Whole(tmp_path, server, DESKS) as event:
        event.start()
        before = event.in_order()
        all_write(event)
        event.converged(60)
        assert event.agreed() >= before + RECORDS * sum(DESKS.values())
        assert min(len(seat.written) for seat in event.seats) == RECORDS
