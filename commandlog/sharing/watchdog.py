"""Ends the wait for a server that has fallen silent in the middle of a call.

The system's own timers notice a dead wire. They do not notice a server that stands still, or a go-between that takes
what it is sent and passes nothing on; and some platforms have none.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import psycopg

SILENT, LONGEST = 8.0, 90.0  # seconds, as a rule and on the worst of lines
_TICK = 0.25
_INFO, _COUNTED = 192, slice(120, 136)  # of Linux' tcp_info: the bytes that were acknowledged, and those received


class Watchdog:
    """Closes the way to the server under a call during which no byte has moved for `silent` seconds.

    The call then fails as any other lost connection does. Used around calls, not around waiting for notices.
    """

    def __init__(self, silent: float = SILENT) -> None:
        self.silent = silent
        self.bitten = 0
        """How many calls were ended."""
        self._calls: dict[int, _Call] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Watch no longer."""
        self._stop.set()
        self._thread.join()

    @contextmanager
    def watching(self, connection: psycopg.Connection) -> Iterator[None]:
        """Watch over the calls of a `with` block."""
        call = _Call(connection.pgconn.socket)
        with self._lock:
            self._calls[id(call)] = call
        try:
            yield
        finally:
            with self._lock:  # so that a socket is never closed under another connection that got its number
                del self._calls[id(call)]

    def _run(self) -> None:
        while not self._stop.wait(_TICK):
            with self._lock:
                for call in self._calls.values():
                    if call.silent_for() > self.silent and call.cut():
                        self.bitten += 1


class _Call:
    """A call under way: the socket, and when its bytes last moved."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._moved = self._moves()
        self._since = time.monotonic()
        self._is_cut = False

    def silent_for(self) -> float:
        """Return for how many seconds nothing has moved; where the system does not tell, since the call began."""
        moved = self._moves()
        if moved != self._moved:
            self._moved, self._since = moved, time.monotonic()
        return time.monotonic() - self._since

    def cut(self) -> bool:
        """Close both ways, once: whoever waits for an answer gets the end of the stream."""
        if self._is_cut:
            return False
        self._is_cut = True
        with suppress(OSError), self._socket() as found:
            found.shutdown(socket.SHUT_RDWR)
        return True

    def _moves(self) -> bytes:
        if sys.platform != "linux":
            return b""
        try:
            with self._socket() as found:
                return found.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO)[_COUNTED]
        except OSError:  # a local socket, or none any more
            return b""

    def _socket(self) -> socket.socket:
        return socket.socket(fileno=os.dup(self._descriptor))
