"""The second copy goes along while the window is open: a worker of its own carries what was written to the other disk.

How it stands is kept with the setting, where the top bar reads it; a slow or absent disk holds up nobody.
"""

from PySide6.QtCore import QObject, QTimer

from commandlog.log.copy_setting import CopySetting
from commandlog.log.copying import CopyState
from commandlog.log.keys import settings_folder
from commandlog.log.second_copy import bring_up_to_date
from commandlog.log.store import Log
from commandlog.model.errors import CommandLogError

from .session import Session
from .tasks import Worker

EVERY = 2_000  # milliseconds
AT_MOST = 1.0  # seconds for one go: closing the window waits no longer


class SecondCopy(QObject):
    """Brings the second copy of a session's log up to date, where this machine keeps one."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self._setting = CopySetting(settings_folder(), session.log)
        self._worker: Worker[Log] | None = None
        self._busy = False
        self._timer = QTimer(self, interval=EVERY)
        self._timer.timeout.connect(self._go)
        self._timer.start()
        session.closing.connect(self._stop)

    def _go(self) -> None:
        """Carry what is new; nothing where there is no copy, or one is being brought up to date."""
        if self._busy or self.session.stopped or not self._is_kept():
            return
        path = self.session.path
        if self._worker is None:
            self._worker = Worker(lambda: Log(path), self, close=lambda log: log.close())
        self._busy = True
        self._worker.ask(lambda log: bring_up_to_date(log, settings_folder(), AT_MOST), self._done, self._failed)

    def _is_kept(self) -> bool:
        try:
            return self._setting.file() is not None
        except CommandLogError:  # the settings cannot be read just now: the top bar says so
            return False

    def _done(self, _state: CopyState | None) -> None:
        self._busy = False

    def _failed(self, _error: CommandLogError) -> None:
        """Try again at the next turn; what is wrong stands in the state line."""
        self._busy = False

    def _stop(self) -> None:
        self._timer.stop()
        if self._worker is not None:
            self._worker.stop()
