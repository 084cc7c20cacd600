"""Everything that a server sends to one client, byte for byte."""

import socket
import threading
from contextlib import suppress
from typing import Self

LIFETIME = 120.0  # seconds after which all connections are ended, whoever still waits for an answer


class Recorder:
    """Passes connections on to a server on 127.0.0.1, and keeps what comes back."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.heard = bytearray()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        self._end = threading.Timer(LIFETIME, self._shut)
        self._end.daemon = True
        self._end.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.cancel()
        self._shut()
        for thread in self._threads:
            thread.join(5)
        for one in (self._listening, *self._open):
            one.close()

    def _shut(self) -> None:
        for one in (self._listening, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _where = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._server))
                self._open += (client, server)
                for ends in ((client, server, None), (server, client, self.heard)):
                    self._threads.append(threading.Thread(target=self._pass_on, args=ends, daemon=True))
                    self._threads[-1].start()

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket, heard: bytearray | None) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if heard is not None:
                    heard += data
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
