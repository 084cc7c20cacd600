"""The only file with threads: what takes time is done beside the window, one thing after the other.

A worker opens the log for itself, is given frozen values and functions, and hands back values. Answers arrive on the
window's thread; one that nobody waits for any more is dropped by whoever asked.
"""

import sys
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, Signal, Slot
from shiboken6 import isValid

from commandlog.language import choose, current
from commandlog.model.errors import CommandLogError

Tool = TypeVar("Tool")
Value = TypeVar("Value")
Failed = Callable[[CommandLogError], None]
SWITCH = 0.000_5  # seconds after which a busy thread makes way: five milliseconds, the usual, are a third of a frame


class _Job(Generic[Tool]):
    """What to do, and who is told."""

    def __init__(self, work: Callable[[Tool], Any], done: Callable[[Any], None], failed: Failed) -> None:
        self.work, self.done, self.failed = work, done, failed
        self.language = current()
        self.value: Any = None
        self.error: BaseException | None = None


class Worker(QThread, Generic[Tool]):
    """A thread with a tool of its own (a desk, a log): `ask` it, in order; `stop` ends it once all is done.

    `tool` is called once in the thread, before the first job; a CommandLogError that it raises is the answer to that
    job, and it is called again for the next one.
    """

    _answered = Signal(object)

    def __init__(self, tool: Callable[[], Tool], parent: QObject, close: Callable[[Tool], None] | None = None) -> None:
        super().__init__(parent)
        self._tool, self._close = tool, close
        self._jobs: SimpleQueue[_Job[Tool] | None] = SimpleQueue()
        self._dropping = False
        self._answered.connect(self._tell)
        sys.setswitchinterval(SWITCH)
        self.start()

    def ask(self, work: Callable[[Tool], Value], done: Callable[[Value], None], failed: Failed) -> None:
        """Do this next; `done` or `failed` is called on the window's thread. A bug goes to the top-level hook."""
        self._jobs.put(_Job(work, done, failed))

    def stop(self) -> None:
        """Finish what was asked, tell it, finish what that made necessary, and end.

        Whoever asked hears of it before this returns, while there is still something to read: what was stored in the
        last moment is no draft any more at the next start.
        """
        if self.isRunning():  # it may have been stopped before, and asked since
            self._jobs.put(None)
            self.wait()
        QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall.value)
        while not self._jobs.empty():
            self._jobs.put(None)
            self.start()
            self.wait()
            QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall.value)

    def run(self) -> None:
        """Work (Qt calls this in the thread)."""
        tool: Tool | None = None
        while (job := self._jobs.get()) is not None:
            if self._dropping:
                continue
            choose(job.language)
            try:
                tool = tool or self._tool()
                job.value = job.work(tool)
            except BaseException as error:
                job.error = error
            self._answered.emit(job)
        if tool is not None and self._close:
            self._close(tool)

    def drop(self) -> None:
        """Finish what is being done and end; nobody is told of it, nor of what was asked after it."""
        self._dropping = True
        self._jobs.put(None)
        self.wait()

    @Slot(object)
    def _tell(self, job: _Job[Tool]) -> None:
        if self._dropping:
            return
        if job.error is None:
            if is_there(job.done):
                job.done(job.value)
        elif isinstance(job.error, CommandLogError):
            if is_there(job.failed):
                job.failed(job.error)
        else:
            sys.excepthook(type(job.error), job.error, job.error.__traceback__)


def is_there(told: Callable[[Any], None]) -> bool:
    """Whether what is to be told still exists: a screen may have gone (another language) before its answer came."""
    owner = getattr(told, "__self__", None)
    return not isinstance(owner, QObject) or isValid(owner)
