"""A bug does not end the evening: it is noted in a file, said once, and the program goes on.

What is noted says where it happened and of which kind it was, never what a log holds: no message of an exception, no
value of a variable. What ends the whole program leaves its traces in a file of its own, of which the next start tells.
"""

import contextlib
import faulthandler
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO

import platformdirs
from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from commandlog.language import _
from commandlog.log.files import of_the_machine
from commandlog.log.lock import Busy, FileLock
from commandlog.model.errors import Damaged

MOST = 1 << 20  # bytes of noted bugs after which the oldest make way
QT_TEXT = 300  # characters of what Qt says itself


def log_folder() -> Path:
    """Return where this machine keeps what is noted about bugs; raises OSError where there can be no such folder."""
    return Path(platformdirs.user_log_path("commandlog", appauthor=False, ensure_exists=True))


_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_of_the_log(error: BaseException) -> bool:
    """Whether an error is no bug: the log does not hold, or the machine refuses to read it just now."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return isinstance(error, Damaged) or code in _CORRUPT or of_the_machine(error)


class CrashNotes(QObject):
    """Takes down every bug of the program, from `install` to `remove`."""

    happened = Signal(str)
    """A bug is noted for the first time: what to tell the user."""
    damaged = Signal(object)
    """What was caught is no bug: the log is damaged, or the disk refuses (the exception)."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seen: set[str] = set()
        self._before: Callable[[], None] = lambda: None
        self._trace: IO[str] | None = None
        self._alive: FileLock | None = None

    def install(self) -> str:
        """Listen from here on; returns what to tell of a program that ended badly before, empty where none did."""
        hook, thread_hook = sys.excepthook, threading.excepthook
        sys.excepthook = self._caught
        threading.excepthook = self._caught_in_thread
        qt = qInstallMessageHandler(self._qt_says)

        def undo() -> None:
            sys.excepthook, threading.excepthook = hook, thread_hook
            qInstallMessageHandler(qt)

        self._before = undo
        try:
            told = self._look_back()
            self._watch()
        except OSError:
            return ""
        return told

    def remove(self) -> None:
        """Listen no more: the program ends as it should."""
        self._before()
        self._before = lambda: None
        if self._trace is not None:
            faulthandler.disable()
            self._trace.close()
            self._leave(Path(self._trace.name))
            self._trace = None

    # -- bugs ----------------------------------------------------------------------------------------------------------

    def _caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        elif is_of_the_log(error):
            self.damaged.emit(error)
        else:
            where = traceback.format_tb(trace)
            self._note([*where, f"{kind.__module__}.{kind.__qualname__}\n"], f"{kind}{where[-1:]}")

    def _caught_in_thread(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            self._caught(caught.exc_type, caught.exc_value, caught.exc_traceback)

    def _qt_says(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg):
            said = f"Qt {context.category} {context.file}:{context.line} {text[:QT_TEXT]}\n"
            self._note([said], said)
        elif kind is QtMsgType.QtWarningMsg and sys.stderr is not None:
            print(text, file=sys.stderr)

    def _note(self, lines: list[str], which: str) -> None:
        """Write a bug down; tell the user of it where it is the first of its kind."""
        try:
            path = log_folder() / "errors.log"
            if path.exists() and path.stat().st_size > MOST:
                path.replace(path.with_suffix(".old"))
            with path.open("a", encoding="utf-8", errors="replace") as file:
                file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} window\n")
                file.writelines([*lines, "\n"])
            told = _("Something went wrong; it is noted in {file}. Your text is kept.").format(file=path)
        except OSError:
            told = _("Something went wrong, and it could not be noted. Your text is kept.")
        if which not in self._seen:
            self._seen.add(which)
            self.happened.emit(told)

    # -- what ends the program -----------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Leave a file that only a program which ends as it should takes away."""
        path = log_folder() / f"window-{time.time_ns()}.log"
        self._alive = FileLock(_lock_of(path), 1)
        self._alive.__enter__()
        self._trace = path.open("w", encoding="utf-8")
        faulthandler.enable(self._trace)

    def _look_back(self) -> str:
        """Return what to tell of programs that left their files behind and do not run any more."""
        folder, told = log_folder(), ""
        for path in sorted(folder.glob("window-*.log")):
            lock = FileLock(_lock_of(path), 0)
            try:
                with lock:
                    when = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
                    traces = path.read_text("utf-8", "replace")
                    with (folder / "errors.log").open("a", encoding="utf-8") as file:
                        file.write(f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} window ended\n{traces}\n")
                    told = _(
                        "CommandLog ended unexpectedly last time ({time}). What was stored is there, and what was"
                        " typed is back in the line. It is noted in {file}."
                    ).format(time=f"{when:%d-%m-%Y %H:%M}", file=folder / "errors.log")
                self._leave(path)
            except (Busy, OSError):  # it runs, or somebody else tells of it
                continue
            finally:
                with contextlib.suppress(OSError):
                    lock.close()
        return told

    def _leave(self, path: Path) -> None:
        if self._alive is not None:
            self._alive.close()
            self._alive = None
        for one in (path, _lock_of(path)):
            with contextlib.suppress(OSError):
                one.unlink(missing_ok=True)


def _lock_of(path: Path) -> Path:
    return path.with_suffix(".lock")
