"""An eye on the log's file: one that is moved, deleted or damaged while it is open is written no more.

On some systems a deleted file goes on taking what is written, and none of it is there afterwards: so it is looked
whether the file of that name is still the one that was opened.
"""

import sqlite3
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from commandlog.language import _
from commandlog.log.files import how_to_rescue, of_the_machine

from .session import Session

LOOK_EVERY = 1_000  # milliseconds


class Vigil(QObject):
    """Looks once a second."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self._was = _identity(session.path)
        self._timer = QTimer(self, interval=LOOK_EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        session.closing.connect(self._timer.stop)

    def look(self) -> None:
        """Look now."""
        if not self._was or self.session.stopped:
            return
        now = _identity(self.session.path)
        if now == self._was:
            return
        file = self.session.path
        if now is None:
            told = _(
                "{file} is gone: it was moved, renamed or deleted. Nothing is written any more; what is shown can still"
                " be read. Put the file back and open it again."
            )
        else:
            told = _(
                "Another file lies in the place of {file}. Nothing is written any more; what is shown can still be"
                " read. Put the log back and open it again."
            )
        self.session.stop_writing(told.format(file=file))

    def caught(self, error: BaseException) -> None:
        """What was read does not hold, or the disk refuses: say so, and write no more where the log is damaged."""
        if isinstance(error, sqlite3.Error) and of_the_machine(error):
            self.session.trouble.emit(_("The log cannot be read just now ({error}).").format(error=error))
            return
        told = _("The log is damaged. {rescue} Nothing is written any more; what is shown can still be read.")
        self.session.stop_writing(told.format(rescue=how_to_rescue(self.session.path)))


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another of the same name, None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino)
