"""A real wire that loses packets: two network namespaces, and between them a process that delays and drops.

The two sides' TCP know nothing of each other: what is dropped here is sent again by them, keepalives go unanswered, and
tcp_user_timeout fires. Both sides keep to 127.0.0.1 (the server)
and 127.0.0.2 (the desk), in namespaces from which nothing leaves the machine. Needs root and Linux; see `possible`.

    with Wire() as wire:
        wire.weather(delay=1.0, lost=0.3)
        subprocess.run([*wire.at_desk, "python", ...])
"""

import argparse
import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

_TUN, _SET_INTERFACE, _NEW_NETWORK = 0x0001 | 0x1000, 0x400454CA, 0x40000000
SERVER, DESK = "127.0.0.1", "127.0.0.2"
LIFETIME = 3600  # seconds
_SETTINGS = {"wire/route_localnet": 1, "wire/rp_filter": 0, "all/rp_filter": 0}


def possible() -> bool:
    """Whether this machine lets this user make namespaces and a network interface in them."""
    return sys.platform == "linux" and os.geteuid() == 0 and bool(shutil.which("ip")) and Path("/dev/net/tun").exists()


class Fared(NamedTuple):
    """How many packets were carried, and how many were dropped."""

    carried: int
    dropped: int


class Wire:
    """Two namespaces with a wire between them; a context manager that takes all of it away again."""

    def __init__(self) -> None:
        self.server, self.desk = (f"commandlog-{os.getpid()}-{side}" for side in "sd")
        self.at_server = ["ip", "netns", "exec", self.server]
        self.at_desk = ["ip", "netns", "exec", self.desk]

    def __enter__(self) -> Self:
        for name in (self.server, self.desk):
            _ip("netns", "add", name)
            _ip("-n", name, "tuntap", "add", "dev", "wire", "mode", "tun")
            set_all = (f"echo {value} > /proc/sys/net/ipv4/conf/{what}" for what, value in _SETTINGS.items())
            _ip("netns", "exec", name, "sh", "-ec", "; ".join(set_all))
        _ip("-n", self.server, "link", "set", "lo", "up")
        _ip("-n", self.server, "route", "del", "local", "127.0.0.0/8", "dev", "lo", "table", "local")
        for name, own, other in ((self.server, SERVER, DESK), (self.desk, DESK, SERVER)):
            if name == self.desk:
                _ip("-n", name, "addr", "add", f"{own}/32", "dev", "wire")
            _ip("-n", name, "link", "set", "wire", "up")
            _ip("-n", name, "route", "add", f"{other}/32", "dev", "wire", "src", own)
        command = [sys.executable, "-m", "tests.faults.wire", self.server, self.desk]
        root = Path(__file__).parents[2]
        self._between = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not (self._between.stdout and self._between.stdout.readline()):
            raise OSError("the wire could not be laid")
        return self

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(OSError):
            self._between.communicate(timeout=10)
        for name in (self.server, self.desk):
            _ip("netns", "del", name)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Let this thread, and whatever it starts, be at the server's side."""
        with Path("/proc/self/ns/net").open("rb") as here:
            _enter(self.server)
            try:
                yield
            finally:
                _set_namespace(here.fileno())

    def weather(self, delay: float = 0.0, lost: float = 0.0, up: bool = True, down: bool = True) -> Fared:
        """Set how packets fare: seconds each way, the share that is dropped, and whether a direction is dead.

        Returns how they have fared in the weather that ends. Raises OSError where the wire is not there any more.
        """
        if self._between.stdin is None or self._between.stdout is None:
            raise AssertionError("a wire is spoken to")
        self._between.stdin.write(f"{delay} {lost} {int(up)} {int(down)}\n")
        self._between.stdin.flush()
        if not (told := self._between.stdout.readline()):  # it answers at once, or has ended
            raise OSError("the wire is gone")
        return Fared(*map(int, told.split()))


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, timeout=60)


def _enter(namespace: str) -> None:
    with Path(f"/var/run/netns/{namespace}").open("rb") as there:
        _set_namespace(there.fileno())


def _set_namespace(there: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(there, _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "setns")


def _interface(namespace: str) -> int:
    """Return the packets of a namespace's end of the wire, as a file; this process is in that namespace afterwards."""
    _enter(namespace)
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, _SET_INTERFACE, struct.pack("16sH14x", b"wire", _TUN))
    return end


def _carry(server: int, desk: int) -> None:
    """Carry packets both ways, as the weather of the moment says, until the other side of the pipe is closed."""
    chance, number, dropped, told = random.Random(1), 0, 0, 0
    delay, lost, up, down = 0.0, 0.0, 1.0, 1.0
    ends = time.monotonic() + LIFETIME
    waiting: list[tuple[float, int, int, bytes]] = []
    while (now := time.monotonic()) < ends:
        while waiting and waiting[0][0] <= now:
            _at, _number, to, packet = heapq.heappop(waiting)
            with contextlib.suppress(OSError):
                os.write(to, packet)
        pause = max(0.0, waiting[0][0] - now) if waiting else 1.0
        ready, _, _ = select.select([server, desk, 0], [], [], pause)
        if 0 in ready:
            line = os.read(0, 200).decode().strip().rsplit("\n", 1)[-1]
            if not line:
                return
            delay, lost, up, down = map(float, line.split())
            print(number - told, dropped, flush=True)
            told, dropped = number, 0
        for end in ready:
            if end == 0:
                continue
            packet = os.read(end, 65536)
            if not (up if end == desk else down) or chance.random() < lost:
                dropped += 1
                continue
            number += 1
            heapq.heappush(waiting, (time.monotonic() + delay, number, server if end == desk else desk, packet))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("server")
    options.add_argument("desk")
    given = options.parse_args()
    ends = _interface(given.server), _interface(given.desk)
    print("laid", flush=True)
    _carry(*ends)
