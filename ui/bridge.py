"""From the log to the window: whoever writes (this desk, another program, later another desk), one signal follows.

SQLite counts the commits of others (`PRAGMA data_version`); looking costs some microseconds, so it is done often. What
exactly changed, each model asks of the log itself, from the position that it is at to the one that it is told.
"""

from PySide6.QtCore import QObject, QTimer, Signal

from commandlog.log.store import Log
from commandlog.views.moments import Moment

LOOK_EVERY = 40  # milliseconds


class Bridge(QObject):
    """Tells of every move of a log's head. Its own log is for reading, on the window's thread."""

    advanced = Signal(object)
    """The log has come to this Moment."""

    def __init__(self, log: Log, parent: QObject) -> None:
        super().__init__(parent)
        self.log = log
        self.moment = Moment(log.refresh(), log.clock())
        self._version = -1
        self._timer = QTimer(self, interval=LOOK_EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def look(self) -> None:
        """Look now; tells when there is something new."""
        (version,) = self.log.db.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return
        self._version = version
        position = self.log.refresh()
        if position != self.moment.position:
            self.moment = Moment(position, self.log.clock())
            self.advanced.emit(self.moment)
