"""Two desks accept the same tasks while apart: one is first, both are recorded, the other is told who it was."""

from pathlib import Path

from commandlog.log.derived.table import FOREVER, position_of
from commandlog.log.store import Log
from commandlog.verbs import tasks
from tests.sharing.servers import Server
from tests.sharing.whole import Seat, Whole

TASKS = 25  # `python -m tests.faults.sharing` does a thousand


def accept_all(seat: Seat, given: list[bytes]) -> None:
    with seat.sits() as desk:
        for one in given:
            task = position_of(desk.log.db, one)
            seat.written.append(tasks.accept(desk, task).id)


def conflicts(path: Path) -> list[tuple[str, int, str]]:
    """Return (record that lost, position that it met, desk that lost) of each conflict of a file."""
    query = (
        "SELECT hex(substr(r.header, 27, 16)), c.met, e.desk FROM conflicts c"
        " JOIN records r ON r.seq = c.since JOIN entries e ON e.since = c.since ORDER BY c.since"
    )
    with Log(path, reading=True) as log:
        return [tuple(row) for row in log.db.execute(query)]


def test_of_two_that_accept_one_is_first_and_the_other_is_told(tmp_path: Path, server: Server) -> None:
    with Whole(tmp_path, server, {"venue": 1, "police": 2}) as event:
        event.start()
        twice(event, TASKS)


def twice(event: Whole, number: int) -> None:
    """Give out so many tasks, and let two desks that are apart accept each of them."""
    giver, one, other = event.seats
    with giver.sits() as desk:
        given = [tasks.propose(desk, f"task {n}", to_party="police").id for n in range(number)]
    giver.written += given
    event.converged()
    for seat in (one, other):
        seat.proxy.cut()
        seat.wait(lambda state: state.phase == "offline")
    for seat in (one, other):
        accept_all(seat, given)
        assert conflicts(seat.file) == []  # alone, each believes that it is first
    one.proxy.mend()
    event.converged(60, among=[one])
    other.proxy.mend()
    event.converged(60)
    event.agreed()
    lost = conflicts(giver.file)
    assert len(lost) == number
    assert {desk for _record, _met, desk in lost} == {other.code}
    assert {bytes.fromhex(record) for record, _met, _desk in lost} == set(other.written)
    for seat in (one, other):
        assert conflicts(seat.file) == lost
    with Log(other.file, reading=True) as log:
        query = "SELECT state, count(*) FROM tasks WHERE until = ? GROUP BY state"
        assert dict(log.db.execute(query, (FOREVER,)).fetchall()) == {"accepted": number}
