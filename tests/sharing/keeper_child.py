"""A log keeper in a process of its own, which can be killed, stopped and woken; or kills itself at a given point."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from commandlog.log.keys import desk_key, settings_folder
from commandlog.sharing.keeper.keeper import Keeper
from commandlog.sharing.keeper.keepers_log import open_keepers_log
from commandlog.sharing.link import connect
from tests.sharing.seats import KEY

ROOT = Path(__file__).parents[2]
POINTS = (
    ("placed", "written", "committed", "done")
    if os.environ.get("COMMANDLOG_PROBES") == "all"
    else ("written", "committed")
)
"""In the middle of a batch: nothing is on the server; nothing committed there; nothing committed here; all is."""


class Doomed(Keeper):
    """Kills itself without a warning when its batch has come to a point, once so many records are there."""

    point = ""
    upto = 0

    def _die(self, point: str, seq: int) -> None:
        if point == self.point and seq >= self.upto:
            os.kill(os.getpid(), signal.SIGKILL)

    def _put(self, order: Any, *rest: Any) -> Any:
        found = super()._put(order, *rest)
        self._die("placed", order.seq)
        return found

    def _sign(self, conn: Any, seq: int, head: bytes) -> None:
        super()._sign(conn, seq, head)
        if self.point == "written":
            conn.execute("SELECT 1").fetchone()  # all that was sent has arrived
        self._die("written", seq)

    def _wake(self, conn: Any) -> None:
        super()._wake(conn)
        self._die("committed", self.log.db.execute("SELECT max(seq) FROM records").fetchone()[0])

    def _batch(self, conn: Any, limit: int) -> Any:
        turn = super()._batch(conn, limit)
        self._die("done", turn.upto)
        return turn


def main(file: str, log_id: str, code: str, dsn: str, point: str, upto: str) -> None:
    """Keep the log until a signal says otherwise."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_got: stop.set())
    key = desk_key(settings_folder(), bytes.fromhex(log_id), KEY + code)
    with open_keepers_log(Path(file), bytes.fromhex(log_id), code) as log:
        keeper = Doomed(log, lambda: connect(dsn, role="keeper"), key)
        keeper.point, keeper.upto = point, int(upto)
        keeper.run(stop, lambda health: print(health.active, health.upto, flush=True))


@contextmanager
def keeping(
    folder: Path, log_id: bytes, dsn: str, code: str = "LOG1", point: str = "", upto: int = 0
) -> Iterator["subprocess.Popen[str]"]:
    """Start one; it is gone when the block ends."""
    arguments = [str(folder / f"{code}.clog"), log_id.hex(), code, dsn, point, str(upto)]
    command = [sys.executable, "-m", "tests.sharing.keeper_child", *arguments]
    with (folder / f"{code}.said").open("ab") as said:
        child = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said, text=True)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGCONT)
            child.terminate()
        child.wait(20)


if __name__ == "__main__":
    main(*sys.argv[1:])
