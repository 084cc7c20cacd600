"""Keeping a desk in touch with the shared log for as long as the command runs; the window starts it, too."""

import os
import queue
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path

import click
import msgspec

from commandlog.commands.common import opened
from commandlog.commands.shared.asking import ended_by_signals
from commandlog.language import _
from commandlog.log.keys import settings_folder
from commandlog.model.errors import RuleError, Unavailable
from commandlog.sharing.desk import desk
from commandlog.sharing.desk.state import State
from commandlog.sharing.desk.telling import in_touch, state_line
from commandlog.sharing.joining import passwords
from commandlog.sharing.settings import Settings
from commandlog.views.moments import zone_of

ONCE = 30.0  # seconds without any progress after which `--once` gives up


def follow(file: Path, *, as_json: bool, once: bool) -> None:
    """Keep a desk in touch with the shared log, as `commandlog follow` says."""
    with opened(file) as log:
        if log.member is None or log.member.keeper:
            raise RuleError(_("{file} is not a desk of a shared log: `share` it, or `join` one.").format(file=file))
        address = Settings(settings_folder(), log.id, log.member.desk).shared().address
        zone = zone_of(log) if log.head.seq else UTC
    stop = threading.Event()
    talk = _Lines(stop) if as_json else _Person(zone)
    if not talk.is_here:
        passwords.find(address, talk.ask)  # raises RuleError where there is none: nobody will ever type it
    tell = _Once(talk.tell, stop) if once else talk.tell
    with ended_by_signals(stop):
        desk.run(file, settings_folder(), stop, tell, _Password(partial(passwords.find, address), talk))
    if isinstance(tell, _Once) and not tell.done:
        raise click.exceptions.Exit(1)


class _Password:
    """The password of the desk's login: what is stored at first, and after that whatever is typed, if anybody can."""

    def __init__(self, find: Callable[[passwords.Ask], str], talk: "_Person | _Lines") -> None:
        self.find, self.talk, self.again = find, talk, False

    def __call__(self) -> str:
        if self.again and self.talk.is_here:
            return self.talk.ask(_("That password was not taken. Password of this desk: "))
        self.again = True
        return self.find(self.talk.ask)


class _Once:
    """Ends the following as soon as everything is sent and received, or when nothing moves any more."""

    def __init__(self, tell: Callable[[State], None], stop: threading.Event) -> None:
        self.tell, self.stop, self.done = tell, stop, False
        self.timer = threading.Timer(ONCE, stop.set)
        self.timer.daemon = True
        self.before = (-1, -1, -1)
        self.timer.start()

    def __call__(self, state: State) -> None:
        self.tell(state)
        now = (state.upto, state.waiting, state.pieces_missing)
        self.done = in_touch(state)
        if self.done or state.alarm or state.phase == "stopped":
            self.timer.cancel()
            self.stop.set()
        elif now != self.before:
            self.timer.cancel()
            self.timer = threading.Timer(ONCE, self.stop.set)
            self.timer.daemon = True
            self.timer.start()
        self.before = now


class _Person:
    """Says on the terminal how the desk stands, whenever that has changed."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.said: tuple[object, ...] = ()
        self.waited = False

    @property
    def is_here(self) -> bool:
        """Whether somebody can type."""
        return sys.stdin is not None and sys.stdin.isatty()

    def tell(self, state: State) -> None:
        now = (state.phase, state.alarm, state.trouble, state.refused)
        has_only_begun = not self.said and state.phase == "offline" and not state.trouble
        is_sent = self.waited and not state.waiting
        if (now != self.said or is_sent) and not has_only_begun:
            click.echo(state_line(state, self.zone))
            self.said, self.waited = now, bool(state.waiting)

    def ask(self, question: str) -> str:
        if not self.is_here:
            told = _(
                "The password of this desk is not in the keyring of this machine, and nobody is here to type it: set"
                " PGPASSWORD, or put it in the password file (~/.pgpass)."
            )
            raise RuleError(told)
        return str(click.prompt(question.rstrip(": "), hide_input=True))


class _Lines:
    """Talks to the program that started this one: a state a line out, an answer a line in; its end is ours."""

    is_here = True

    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop
        self.answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def tell(self, state: State) -> None:
        self._say(msgspec.json.encode(state))

    def ask(self, question: str) -> str:
        self._say(msgspec.json.encode({"ask": "password", "question": question}))
        answer = self.answers.get()
        if answer is None:
            raise Unavailable(_("Nobody is here to type the password of this desk."))
        return answer

    def _say(self, line: bytes) -> None:
        try:
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.flush()
        except OSError:  # nobody reads any more
            self.stop.set()

    def _listen(self) -> None:
        """Pass on what comes in, by the descriptor: a thread that waits in a file keeps the program from ending."""
        rest = b""
        with suppress(OSError):
            while data := os.read(0, 4096):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self.answers.put(line.decode("utf-8", "replace").rstrip("\r"))
        self.stop.set()
        self.answers.put(None)
