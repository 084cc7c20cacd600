"""Bad weather between a desk and the server: a TCP proxy on 127.0.0.1 that stalls, cuts, delays and half-opens.

What it shows and what not. Nothing that was sent is ever lost between the two ends: on TCP a lost packet is sent again,
and all that the reader notices is that it, and everything behind it, comes late. So `lost` holds a piece up for as long
as TCP would take to send it again (`again`, doubled each time it is lost once more), and whatever follows waits behind
it. Both ends speak to a kernel that is well: what is swallowed here is acknowledged there, so keepalives and
tcp_user_timeout never fire, and only a program that counts its own seconds finds out. That is harder on the program
than a real wire; `tests/faults/wire.py` is the wire.
"""

import asyncio
import contextlib
import random
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

PIECE = 1460  # bytes, as a packet carries
LIFETIME = 7200  # seconds after which a proxy ends, whatever happens


@dataclass(frozen=True)
class Weather:
    """How bytes fare: `delay` seconds each way, a share `lost` held up for `again` seconds, `rate` bytes a second.

    `up` (towards the server) and `down` say whether anything moves in that direction at all.
    """

    delay: float = 0.0
    lost: float = 0.0
    again: float = 0.2
    rate: int = 0
    up: bool = True
    down: bool = True


FAIR = Weather()
BLACK_HOLE = Weather(up=False, down=False)
BAD = Weather(delay=1.0, lost=0.3, again=2.0)
"""2 seconds there and back, and three pieces in ten sent again after as long."""


@dataclass
class _Way:
    """One direction of one connection: a queue of pieces and when each may arrive."""

    towards: str
    writer: asyncio.StreamWriter
    queue: "asyncio.Queue[tuple[float, bytes]]" = field(default_factory=lambda: asyncio.Queue(64))
    free_at: float = 0.0


class Proxy:
    """Listens on 127.0.0.1 at `port` and hands on to another port there. A context manager; it ends by itself."""

    def __init__(self, to: int, seed: int = 1) -> None:
        self.to, self.port = to, 0
        self.carried = {"up": 0, "down": 0}
        self.accepted = 0
        self._weather, self._listening = FAIR, True
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter | None]] = set()
        self._ends, self._meetings = set[asyncio.StreamWriter](), set[asyncio.Task[None]]()
        self._changed = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._start)
        return self

    def __exit__(self, *_error: object) -> None:
        self._call(self._stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def weather(self) -> Weather:
        """What the weather is now; setting it changes it at once, for connections that are open too."""
        return self._weather

    @weather.setter
    def weather(self, weather: Weather) -> None:
        async def change() -> None:
            self._weather = weather
            self._changed.set()
            self._changed = asyncio.Event()

        self._call(change)

    def cut(self, again: bool = False) -> None:
        """Reset every connection, and refuse new ones until `mend`, unless they may come `again` at once."""

        async def cut() -> None:
            for desk, server in self._pairs:
                for end in (desk, server):
                    if end is not None and end.transport is not None:
                        end.transport.abort()
            self._listening = again

        self._call(cut)

    def abandon(self) -> None:
        """Take the server's end away from each connection without telling the desk, whose end stays open for ever."""

        async def abandon() -> None:
            for desk, server in list(self._pairs):
                if server is not None:
                    self._pairs.discard((desk, server))
                    self._pairs.add((desk, None))
                    server.transport.abort()

        self._call(abandon)

    def mend(self) -> None:
        """Fair weather, and new connections are let in."""
        self._listening = True
        self.weather = FAIR

    def _call(self, work: Callable[[], Awaitable[None]]) -> None:
        async def do() -> None:
            await work()

        asyncio.run_coroutine_threadsafe(do(), self._loop).result(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_later(LIFETIME, self._loop.stop)
        self._loop.run_forever()

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        tasks = [one for one in asyncio.all_tasks(self._loop) if one is not asyncio.current_task()]
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for end in self._ends:
            end.transport.abort()
        await asyncio.sleep(0.01)  # a transport is closed a moment after it was told to

    def _accept(self, desk_reader: asyncio.StreamReader, desk: asyncio.StreamWriter) -> None:
        """Note an end at once: what carries it may be ended before it has begun."""
        self._ends.add(desk)
        task = self._loop.create_task(self._meet(desk_reader, desk))
        self._meetings.add(task)
        task.add_done_callback(self._meetings.discard)

    async def _meet(self, desk_reader: asyncio.StreamReader, desk: asyncio.StreamWriter) -> None:
        """Carry one connection, until either end closes it."""
        self.accepted += 1
        with contextlib.suppress(OSError, asyncio.CancelledError):
            if not self._listening:
                desk.transport.abort()
                return
            while not (self._weather.up and self._weather.down):
                await self._changed.wait()
            reader, server = await asyncio.open_connection("127.0.0.1", self.to)
            self._ends.add(server)
            pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter | None] = (desk, server)
            self._pairs.add(pair)
            try:
                await self._both(desk_reader, desk, reader, server)
            finally:
                abandoned = pair not in self._pairs
                self._pairs.discard(pair)
                server.transport.abort()
                if abandoned:
                    await self._swallow(desk_reader)
                desk.transport.abort()

    async def _both(
        self,
        desk_reader: asyncio.StreamReader,
        desk: asyncio.StreamWriter,
        reader: asyncio.StreamReader,
        server: asyncio.StreamWriter,
    ) -> None:
        up, down = _Way("up", server), _Way("down", desk)
        work = [self._take(desk_reader, up), self._give(up), self._take(reader, down), self._give(down)]
        tasks = [asyncio.ensure_future(one) for one in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _swallow(self, reader: asyncio.StreamReader) -> None:
        while await reader.read(65536):
            pass

    async def _take(self, reader: asyncio.StreamReader, way: _Way) -> None:
        """Read what one end says, and decide for each piece when it may arrive."""
        while data := await reader.read(PIECE if self._weather.lost else 65536):
            weather, now = self._weather, self._loop.time()
            arrives, again = now + weather.delay, weather.again
            while self._chance.random() < weather.lost:
                arrives, again = arrives + again, again * 2
            way.free_at = max(way.free_at, arrives) + (len(data) / weather.rate if weather.rate else 0)
            await way.queue.put((way.free_at, data))
        await way.queue.put((way.free_at, b""))

    async def _give(self, way: _Way) -> None:
        """Hand each piece on at its time, and nothing while that direction is dead."""
        while True:
            arrives, data = await way.queue.get()
            await asyncio.sleep(max(0.0, arrives - self._loop.time()))
            while not getattr(self._weather, way.towards):
                await self._changed.wait()
            if not data:
                return
            way.writer.write(data)
            await way.writer.drain()
            self.carried[way.towards] += len(data)
