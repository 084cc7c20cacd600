"""The proxy is the weather it says: what the fault tests conclude from it would be worth nothing otherwise."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from tests.sharing.proxy import BLACK_HOLE, FAIR, Proxy, Weather


def _echo(listening: socket.socket) -> None:
    with suppress(OSError):
        while True:
            end, _address = listening.accept()
            threading.Thread(target=_back, args=(end,), daemon=True).start()


def _back(end: socket.socket) -> None:
    with closing(end), suppress(OSError):
        while data := end.recv(65536):
            end.sendall(data)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_echo, args=(listening,), daemon=True).start()
        with Proxy(listening.getsockname()[1]) as proxy:
            yield proxy
        listening.shutdown(socket.SHUT_RDWR)


def _call(proxy: Proxy, timeout: float = 5) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout)


def _said(end: socket.socket, data: bytes) -> bytes:
    end.sendall(data)
    got = b""
    while len(got) < len(data):
        if not (more := end.recv(65536)):
            raise ConnectionResetError
        got += more
    return got


def test_fair_weather_changes_nothing(proxy: Proxy) -> None:
    with _call(proxy) as end:
        data = bytes(range(256)) * 4000
        assert _said(end, data) == data
    assert proxy.carried == {"up": len(data), "down": len(data)}


def test_a_black_hole_swallows_and_gives_back_what_was_sent_when_it_ends(proxy: Proxy) -> None:
    with _call(proxy, 0.3) as end:
        assert _said(end, b"before") == b"before"
        proxy.weather = BLACK_HOLE
        with pytest.raises(TimeoutError):
            _said(end, b"during")
        with _call(proxy, 0.3) as other, pytest.raises(TimeoutError):
            _said(other, b"a new one is let in, and hears nothing")
        proxy.weather = FAIR
        end.settimeout(5)
        assert end.recv(100) == b"during"


def test_half_open_is_one_direction_only(proxy: Proxy) -> None:
    with _call(proxy, 0.3) as end:
        assert _said(end, b"before") == b"before"
        proxy.weather = Weather(down=False)
        with pytest.raises(TimeoutError):
            _said(end, b"during")
        assert proxy.carried["up"] == len(b"beforeduring")


def test_a_cut_is_noticed_and_an_end_that_was_abandoned_is_not(proxy: Proxy) -> None:
    with _call(proxy, 0.3) as end, _call(proxy, 0.3) as other:
        assert _said(end, b"x") + _said(other, b"y") == b"xy"
        proxy.abandon()
        with pytest.raises(TimeoutError):
            _said(end, b"nobody is there any more")
        proxy.mend()
    with _call(proxy) as end:
        assert _said(end, b"x") == b"x"
        proxy.cut()
        with pytest.raises(OSError, match=r".*"):
            _said(end, b"z")
        with _call(proxy) as refused, pytest.raises(OSError, match=r".*"):
            _said(refused, b"z")
        proxy.mend()
    with _call(proxy) as end:
        assert _said(end, b"again") == b"again"


def test_delay_and_loss_make_bytes_late_and_never_lose_or_swap_them(proxy: Proxy) -> None:
    proxy.weather = Weather(delay=0.05, lost=0.3, again=0.02)
    data = bytes(range(256)) * 200
    start = time.monotonic()
    with _call(proxy, 20) as end:
        assert _said(end, data) == data
    assert time.monotonic() - start >= 0.1


def test_a_narrow_line_takes_its_time(proxy: Proxy) -> None:
    proxy.weather = Weather(rate=100_000)
    start = time.monotonic()
    with _call(proxy) as end:
        _said(end, bytes(20_000))
    assert time.monotonic() - start >= 0.2
