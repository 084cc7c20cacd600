"""Showing how a desk stands: to whoever started the following, and in this machine's settings for after a restart."""

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, Self

from msgspec.structs import replace

from commandlog.language import _
from commandlog.log.store import Clock
from commandlog.sharing.desk.state import Alarm, Phase, State
from commandlog.sharing.settings import Settings

EVERY = 0.25  # seconds between two tellings
SILENT = 8.0  # seconds of silence in the middle of a question, after which the connection is said to be lost
REMEMBER = 5.0  # seconds between two writings, where only figures changed


class Shower:
    """Tells the newest state whenever it has changed, four times a second at most, on a thread of its own.

    So a connection that is silent shows, however long the following still waits for it: `asking` says since when.
    """

    def __init__(self, settings: Settings, clock: Clock, tell: Callable[[State], None]) -> None:
        self._settings, self._clock, self._tell = settings, clock, tell
        last = settings.remembered(State) or State()
        self._state = State(since=clock(), upto=last.upto, server_upto=last.server_upto, desks=last.desks)
        self._told: State | None = None
        self._written: tuple[float, State | None] = (0.0, None)
        self._asking = 0.0
        self._changed = threading.Event()
        self._stop = threading.Event()
        run = copy_context().run  # it speaks the language that is spoken here
        self._thread = threading.Thread(target=run, args=(self._run,), name="shower", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._changed.set()
        self._thread.join()
        self._show()
        self._remember(now=True)

    @property
    def state(self) -> State:
        """The newest state."""
        return self._state

    def asking(self, *, now: bool) -> None:
        """The server is being asked from now on, or has answered."""
        self._asking = time.monotonic() if now else 0.0

    def say(self, **changed: Any) -> None:
        """Change some of the state's fields; `since` follows where the phase changes."""
        state = replace(self._state, **changed)
        if state.phase != self._state.phase:
            state = replace(state, since=self._clock())
        if state != self._state:
            self._state = state
            self._changed.set()

    def phase(self, phase: Phase, trouble: str = "", alarm: Alarm = "") -> None:
        """Say in which phase the desk is now."""
        self.say(phase=phase, trouble=trouble, alarm=alarm)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._changed.wait(EVERY * 2)
            self._changed.clear()
            self._show()
            self._stop.wait(EVERY)

    def _show(self) -> None:
        state, asking = self._state, self._asking
        if asking and time.monotonic() - asking > SILENT and state.phase in ("joined", "catching_up"):
            gone = _("The server does not answer. What you write is kept here, and goes on when it does.")
            state = replace(state, phase="offline", since=self._clock(), trouble=gone, keeper_alive=False)
            if self._told and self._told.phase == "offline":
                state = replace(state, since=self._told.since)
        if state != self._told:
            self._told = state
            self._tell(state)
            self._remember()

    def _remember(self, *, now: bool = False) -> None:
        at, before = self._written
        state = self._told or self._state
        grave = before is None or _gravest(before) != _gravest(state)
        if now or grave or time.monotonic() - at > REMEMBER:
            self._written = (time.monotonic(), state)
            self._settings.remember(state)


def _gravest(state: State) -> tuple[object, ...]:
    """Return what is remembered at once where it changes."""
    return state.phase, state.alarm, state.refused, state.keeper_alive
