"""The shared log under faults, at full length: what tests/sharing does in seconds.

    python -m tests.faults.sharing [PART ...] [--records N] [--desks N] [--times N]

Each part is an event of its own, with a real server, keepers as processes and desks as processes, and ends by holding
every file against all others: gapless, each record exactly once, equal rights equal bytes, all signatures, all tables
derived anew. A part that fails says why, and makes the exit code 1.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.bench.measuring import at, median
from tests.faults import order as writing
from tests.faults.order import tell
from tests.faults.wire import Wire, possible
from tests.sharing.proxy import BAD, BLACK_HOLE, FAIR
from tests.sharing.servers import Server, programs
from tests.sharing.test_conflicts import twice
from tests.sharing.whole import Whole

PARTIES = ("venue", "police", "baken", "aid")
SHOWN = TAKES_OVER = 10.0  # seconds
BACK = 60.0  # seconds
AT_LAST = 900.0  # seconds after which one gives up waiting, however bad the line or busy the machine
LOST = 0.3  # of the packets on a bad wire
P95 = 1.2  # times what an entry takes without a server, at most


class Given(NamedTuple):
    """What was asked for on the command line; 0 where a part's own figure holds."""

    part: list[str]
    desks: int
    records: int
    times: int


@contextmanager
def event(
    desks: int | dict[str, int], apart: bool = False, direct: bool = False, behind: bool = False
) -> Iterator[Whole]:
    """Give an event with so many desks, spread over the parties.

    With `behind`, server and keeper go before the desks on this machine, as they do where each has one of its own.
    """
    each = (
        desks
        if isinstance(desks, dict)
        else {party: len(range(number, desks, len(PARTIES))) for number, party in enumerate(PARTIES)}
    )
    server = Server(max(programs()))
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            Whole(Path(folder), server, each, apart=apart, direct=direct) as made,
        ):
            for seat in made.seats:
                seat.before = ("nice", "-n", "10") if behind else ()
            made.start()
            yield made
    finally:
        server.close()


def order(given: Given) -> str:
    """Let all desks write at once, each at its own pace."""
    desks, records = given.desks, given.records or 10_000
    tell(f"{desks} desks sit down")
    with event(desks, apart=True, direct=True, behind=True) as whole:
        written, everywhere = writing.all_write(whole, records)
        tell("all is everywhere; the files are held against each other")
        whole.stop()
        start = time.monotonic()
        agreed = whole.agreed(tell=tell)
        checked = time.monotonic() - start
    return (
        f"{desks} desks wrote {desks * records:,} records in {written:.0f} s, {agreed:,} everywhere"
        f" {everywhere - written:.1f} s later, read and verified in {checked:.0f} s"
    )


def offline(given: Given) -> str:
    """Let five desks work for eight hours without a server, and come back."""
    records = given.records or 5_000
    with event(5, apart=True) as whole:
        with_it = [took for seat in whole.seats for took in seat.write(200, "together")]
        whole.converged(120)
        for seat in whole.seats:
            seat.proxy.cut()
            seat.wait(lambda state: state.phase == "offline")
        without = [took for seat in whole.seats for took in seat.write(records, "alone", hours=8)]
        last = [took for seat in whole.seats for took in seat.write(200, "behind all that waits")]
        for seat in whole.seats:
            seat.proxy.mend()
        back = whole.converged(AT_LAST)
        agreed = whole.agreed()
    ratio, at_the_end = (at(some, 95) / at(with_it, 95) for some in (without, last))
    check(
        back <= BACK,
        f"all converged after {back:.0f} s, {agreed:,} records, none lost or doubled; an entry p95 {ratio:.2f} x",
    )
    check(ratio <= P95, f"an entry alone: p95 {ratio:.2f} x")
    check(at_the_end <= P95, f"an entry behind {records:,} that wait: p95 {at_the_end:.2f} x")
    return (
        f"5 desks x {records:,} records in 8 hours: an entry p95 {at(without, 95) * 1e3:.1f} ms, {ratio:.2f} x with the"
        f" server ({at_the_end:.2f} x behind all that waits); all converged {back:.1f} s after, {agreed:,} records"
    )


def conflicts(given: Given) -> str:
    """Let two desks accept a thousand tasks while they are apart."""
    with event({"venue": 1, "police": 2}) as whole:
        twice(whole, 1_000)
        return (
            f"1,000 tasks accepted twice, {whole.in_order():,} records: one winner each, both recorded, the loser told"
        )


def kills(given: Given) -> str:
    """Kill the server in the middle of a batch, and the keeper at any moment, again and again, while all write."""
    chance, taken_over = random.Random(1), []
    with event(6) as whole:
        whole.keep()
        for _ in range(given.times):
            writers = [
                threading.Thread(target=seat.write, args=(200,), kwargs={"at_once": 10}, daemon=True)
                for seat in whole.seats
            ]
            for one in writers:
                one.start()
            time.sleep(chance.random() * 0.5)
            if chance.random() < 0.5:
                whole.wait_for_inbox()
                whole.server.kill()
                whole.server.start()
            else:
                whole.active().kill()
                start, before = time.monotonic(), whole.in_order()
                whole.wait_for(lambda: whole.in_order() > before)
                taken_over.append(time.monotonic() - start)
                whole.keep()
            for one in writers:
                one.join(AT_LAST)
        whole.converged(120)
        agreed = whole.agreed()
    check(max(taken_over, default=0) <= TAKES_OVER, f"the spare keeper took {max(taken_over, default=0):.1f} s")
    return (
        f"{given.times} kills ({len(taken_over)} of the keeper: its spare goes on after {median(taken_over):.1f} s,"
        f" at most {max(taken_over):.1f} s), {agreed:,} records"
    )


def weather(given: Given) -> str:
    """2 seconds of latency, three pieces in ten late; then nothing at all for a while."""
    records = given.records or 100
    with event(4, apart=True) as whole:
        for seat in whole.seats:
            seat.proxy.weather = BAD
            seat.proxy.cut(again=True)
            seat.write(records, "bad weather")
        bad = whole.converged(AT_LAST)
        for seat in whole.seats:
            seat.proxy.weather = FAIR
        fair = [took for seat in whole.seats for took in seat.write(300, "fair")]
        whole.converged(60)
        for seat in whole.seats:
            seat.proxy.weather = BLACK_HOLE
        start = time.monotonic()
        hole = [took for seat in whole.seats for took in seat.write(300, "into nothing")]
        shown = [seat.wait(lambda state: state.phase == "offline") for seat in whole.seats]
        most = max(max(shown), time.monotonic() - start)
        for seat in whole.seats:
            seat.proxy.mend()
        whole.converged(120)
        agreed = whole.agreed()
    ratio = at(hole, 95) / at(fair, 95)
    check(most <= SHOWN, f"shown after {most:.1f} s")
    check(ratio <= P95, f"an entry in a black hole: p95 {ratio:.2f} x")
    return (
        f"2 s and 30 % late: 4 desks x {records} records converged in {bad:.0f} s; black hole: an entry p95"
        f" {ratio:.2f} x, shown within {most:.1f} s; {agreed:,} records"
    )


def wire(given: Given) -> str:
    """The same over a wire that really drops packets: 2 s of latency and 30 % loss, then dead, then half dead."""
    if not possible():
        return "not tried: this needs root on Linux"
    with Wire() as between, between.inside(), event(2) as whole:
        police = whole.seats[1]
        police.stop()
        police.over(between, whole.server.port)
        between.weather(delay=1.0, lost=LOST)
        police.start(apart=True)
        for seat in whole.seats:
            seat.write(25, "over a bad wire")
        bad = whole.converged(AT_LAST)
        fared = between.weather()
        police.wait(lambda state: state.phase == "joined", 120)
        dead = []
        for up, down in ((False, False), (True, False), (False, True)):
            between.weather(up=up, down=down)
            start = time.monotonic()
            police.write(20, "into nothing")
            police.wait(lambda state: state.phase == "offline")
            dead.append(time.monotonic() - start)
            between.weather()
            whole.converged(120)
        agreed = whole.agreed()
    check(max(dead) <= SHOWN, f"shown after {max(dead):.1f} s")
    told, share = ", ".join(f"{seconds:.1f}" for seconds in dead), fared.dropped / sum(fared)
    check(share > LOST / 2, f"no bad wire: {share:.0%} of the packets were dropped")
    return (
        f"2 s, {fared.dropped:,} of {sum(fared):,} packets dropped ({share:.0%}): converged in {bad:.0f} s;"
        f" dead, half dead up, down: shown in {told} s; {agreed:,} records"
    )


def check(holds: bool, told: str) -> None:
    """Raise AssertionError where a promise was not kept."""
    if not holds:
        raise AssertionError(told)


PARTS: dict[str, Callable[[Given], str]] = {
    "order": order,
    "offline": offline,
    "conflicts": conflicts,
    "kills": kills,
    "weather": weather,
    "wire": wire,
}


def main() -> int:
    """Run the parts that were asked for; returns 1 where one failed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)} (default: all)")
    options.add_argument("--desks", type=int, default=32, help="that write at once (order)")
    options.add_argument("--records", type=int, default=0, help="of each desk (order, offline, weather)")
    options.add_argument("--times", type=int, default=20, help="that something is killed (kills)")
    given = Given(**vars(options.parse_args()))
    failed = 0
    for name in given.part or PARTS:
        start = time.monotonic()
        try:
            told = PARTS[name](given)
        except Exception as error:  # the next part is run all the same
            failed += 1
            told = f"FAILED: {error}" if str(error) else f"FAILED\n{traceback.format_exc()}"
        print(f"{name:<10} {time.monotonic() - start:>6.0f} s  {told}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
