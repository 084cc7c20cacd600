"""Processes to disturb: forked from a parent that has everything imported and no log open, heard through a pipe.

Forking takes 5 ms where starting the program anew would take 500. SQLite and a fork do not go together, so only
children ever open a log.
"""

import contextlib
import gc
import json
import os
import select
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

Say = Callable[..., None]
"""What a child tells its parent: one JSON list a line. It has been said when the call returns, whatever comes after."""
ENDS_WITHIN = 900.0  # seconds, however much it was asked to do


class Child:
    """A process that was forked to do some work; `heard` is what it has said so far."""

    def __init__(self, work: Callable[[Say], None]) -> None:
        """Fork. `work` is called in the child with a function to say things by; it ends with it."""
        gc.freeze()  # a collection in the child would copy all pages
        self._pipe, saying = os.pipe()
        self.heard: list[list[Any]] = []
        self._rest = b""
        self.code: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._pipe)
            _work(work, saying)
        os.close(saying)

    def listen(self, seconds: float, until: str = "") -> bool:
        """Hear what is said for some time; ends early, with True, once `until` was said, with False where it ended."""
        deadline = time.monotonic() + seconds
        while True:
            if until and any(one[0] == until for one in self.heard):
                return True
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._pipe], [], [], left)[0]:
                return not until
            if not self._read():
                return False

    def kill(self) -> bool:
        """Kill it and hear what it had said; returns whether it was still at work."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()
        return self.code == -signal.SIGKILL

    def wait(self, seconds: float = ENDS_WITHIN) -> int:
        """Wait for its end, hearing everything; returns its exit code, negative for a signal.

        A child that goes on for longer than `seconds` hangs, and is killed.
        """
        deadline = time.monotonic() + seconds
        while self.code is None:
            while select.select([self._pipe], [], [], max(0.0, deadline - time.monotonic()))[0] and self._read():
                pass
            if time.monotonic() >= deadline:
                os.kill(self.pid, signal.SIGKILL)
            os.close(self._pipe)
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code

    def said(self, what: str) -> list[list[Any]]:
        """Return what it said under a name, without the name."""
        return [one[1:] for one in self.heard if one[0] == what]

    def _read(self) -> bool:
        data = os.read(self._pipe, 1 << 16)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.heard += [json.loads(line) for line in lines]
        return bool(data)


def _work(work: Callable[[Say], None], pipe: int) -> None:
    code = 1
    try:
        work(lambda *what: _write(pipe, json.dumps(what).encode() + b"\n"))
        code = 0
    except BaseException:  # it must never return into the parent's code
        with contextlib.suppress(OSError):
            _write(pipe, json.dumps(("error", traceback.format_exc())).encode() + b"\n")
    finally:
        os._exit(code)


def _write(pipe: int, line: bytes) -> None:
    """Write a line, so short that the system takes it whole, or in parts where it is long."""
    while line:
        line = line[os.write(pipe, line) :]


def answer(work: Callable[[], Any], seconds: float = 120) -> Any:
    """Do something in a process of its own and return what it returned (as JSON has it); raises what it raised."""
    child = Child(lambda say: say("answer", work()))
    child.listen(seconds, "answer")
    if not child.said("answer"):
        child.kill()
        raise AssertionError(f"the other process failed: {child.said('error')}")
    child.wait()
    return child.said("answer")[0][0]


@contextlib.contextmanager
def together(*children: Child) -> Iterator[None]:
    """See to it that no child outlives the block."""
    try:
        yield
    finally:
        for child in children:
            if child.code is None:
                child.kill()
