"""Many desks write at once, each at its own pace: one order without a gap, the same everywhere, each record once."""

import random
import threading
import time
from pathlib import Path

from tests.sharing.servers import Server
from tests.sharing.whole import Seat, Whole

DESKS = {"venue": 2, "police": 2, "baken": 1, "aid": 1}
RECORDS = 60  # of each desk; `python -m tests.faults.sharing order` has 32 desks write 10,000 each


def write_at_random(seat: Seat, records: int, seed: int, longest: float = 0.05) -> None:
    """Write in transactions of one to ten, with a pause of its own length before each."""
    chance, left = random.Random(seed), records
    while left:
        few = min(left, chance.randint(1, 10))
        time.sleep(chance.random() * longest)
        seat.write(few, f"number {left}", at_once=few)
        left -= few


def all_write(event: Whole, records: int, longest: float = 0.05) -> None:
    """Let every desk write so many records, all at once; returns when all have been written."""
    writers = [
        threading.Thread(target=write_at_random, args=(seat, records, number, longest))
        for number, seat in enumerate(event.seats)
    ]
    for one in writers:
        one.start()
    for one in writers:
        one.join()


def test_all_write_at_once(tmp_path: Path, server: Server) -> None:
    with Whole(tmp_path, server, DESKS) as event:
        event.start()
        before = event.in_order()
        all_write(event, RECORDS)
        event.converged(60)
        assert event.agreed() >= before + RECORDS * sum(DESKS.values())
        assert min(len(seat.written) for seat in event.seats) == RECORDS
