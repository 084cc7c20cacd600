"""From the log to the window: whoever writes (this desk, another program, other desks), one signal follows.

SQLite counts the commits of others (`PRAGMA data_version`); looking costs some microseconds, so it is done often. What
exactly changed, each model asks of the log itself, from the moment that it is at to the one that it is told.

In a shared log, records also come in below those that wait for their place there, and what waited gets one. All that
hears of it reads in one snapshot of the file, so that the next such change does not come in between.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer, Signal

from commandlog.log.store import Log
from commandlog.views.moments import live

LOOK_EVERY = 40  # milliseconds


class Bridge(QObject):
    """Tells of every move of a log's end. Its own log is for reading, on the window's thread."""

    advanced = Signal(object)
    """The log has come to this Moment."""
    joined = Signal()
    """The log has become this desk's copy of a shared one."""

    def __init__(self, log: Log, parent: QObject) -> None:
        super().__init__(parent)
        self.log = log
        self.moment = live(log)
        self._is_member = log.member is not None
        self._version = -1
        self._timer = QTimer(self, interval=LOOK_EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def look(self) -> None:
        """Look now; tells when there is something new."""
        with snapshot(self.log):
            (version,) = self.log.db.execute("PRAGMA data_version").fetchone()
            if version == self._version:
                return
            self._version = version
            now = live(self.log)
            if now.place != self.moment.place:
                self.moment = now
                self.advanced.emit(now)
        if self._is_member != (self.log.member is not None):
            self._is_member = not self._is_member
            self.joined.emit()


@contextmanager
def snapshot(log: Log) -> Iterator[None]:
    """Read in one state of the file; within another such block, in its."""
    if log.db.in_transaction:
        yield
        return
    log.db.execute("BEGIN")
    try:
        yield
    finally:
        if log.db.in_transaction:
            log.db.execute("COMMIT")
