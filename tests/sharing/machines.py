"""Machines of people in tests: a folder, settings and a keyring each, and the program on it as a command line."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from commandlog.cli import DONE, main

ROOT = Path(__file__).parents[2]
SOON = 60.0  # seconds


class Machine:
    """Somebody's machine: its folder, its settings, and the program on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.running: list[subprocess.Popen[str]] = []
        self.environment = {
            **os.environ,
            "COMMANDLOG_SETTINGS": str(folder / "settings"),
            "COMMANDLOG_LANG": "en",
            "PYTHON_KEYRING_BACKEND": "tests.sharing.keyring_file.FileKeyring",
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
        }

    def does(self, *command: str, code: int = DONE, said: str = "") -> str:
        """Run a command to its end, in this process, for it is quick; returns what it said."""
        out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
        with (
            pytest.MonkeyPatch.context() as here,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
            contextlib.chdir(self.folder),
        ):
            here.setattr(sys, "stdin", io.StringIO(said))
            for name, value in self.environment.items():
                here.setenv(name, value)
            done = main(command)
        told = out.buffer.getvalue().decode()
        assert done == code, (command, told)
        return str(told)

    def starts(self, *command: str) -> "subprocess.Popen[str]":
        """Run a command beside the test."""
        out = (self.folder / f"{command[0]}.out").open("w")
        with out:
            started = subprocess.Popen(
                [sys.executable, "-m", "commandlog", *command],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self.running.append(started)
        return started

    def ends(self) -> list[int]:
        """End in good order what runs here; returns the exit codes."""
        for one in self.running:
            one.send_signal(signal.SIGTERM)
        codes = []
        for one in self.running:
            codes.append(one.wait(SOON))
            assert one.stdin is not None
            one.stdin.close()
        self.running = []
        return codes


def after(line: str, text: str) -> str:
    """Return what stands behind a mark in the line that has it."""
    return next(one for one in text.splitlines() if line in one).partition(line)[2].strip()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.1)
