"""Printing beside the window: `commandlog print` in a process of its own, so that a long document stalls no key."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from commandlog.language import _, current
from commandlog.views.moments import local

from ..session import Session
from ..settings import Settings

MINUTE = 60_000  # milliseconds
_OURS = "commandlog: "


class Printing(QObject):
    """One document at a time."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self.session = session
        self._process: QProcess | None = None
        session.closing.connect(self._stop)

    @property
    def busy(self) -> bool:
        """Whether a document is being made."""
        return self._process is not None

    def print(self, out: Path, what: list[str], done: Callable[[str], None], failed: Callable[[str], None]) -> None:
        """Make a document; `done` is called with what there is to tell, `failed` with why it was not made."""
        if self._process is not None:
            failed(_("Another document is being made: wait until it is there."))
            return
        process = self._process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("COMMANDLOG_LANG", current())
        environment.insert("PYTHONUTF8", "1")
        process.setProcessEnvironment(environment)

        def ended() -> None:
            if self._process is not process:
                return
            self._process = None
            told = bytes(process.readAllStandardOutput().data()).decode("utf-8", "replace").strip()
            wrong = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip()
            well = process.exitStatus() is QProcess.ExitStatus.NormalExit and process.exitCode() == 0
            process.deleteLater()
            if well:
                done(told)
            else:
                failed(wrong.removeprefix(_OURS) or _("The document could not be made."))

        process.finished.connect(ended)
        process.errorOccurred.connect(lambda error: ended() if error is QProcess.ProcessError.FailedToStart else None)
        file = str(self.session.path)
        process.start(
            sys.executable, ["-m", "commandlog", "print", file, str(out), *what, "--party", self.session.party]
        )

    def _stop(self) -> None:
        """What is not there yet will not be: a document is there whole or not at all."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.waitForFinished(1_000)


class Snapshots(QObject):
    """What is open and the last hours, on paper, every so many minutes: for when the program or the power goes."""

    saved = Signal()
    """A snapshot was saved, or could not be."""

    def __init__(self, session: Session, settings: Settings) -> None:
        super().__init__(session)
        self.session, self.settings = session, settings
        self.printing = Printing(session, self)
        self.last: Path | None = None
        self.trouble = ""
        self._at = (-1, 0, 0)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.save)
        session.closing.connect(self._timer.stop)
        settings.changed.connect(self._arrange)
        self._arrange()

    def folder(self) -> Path:
        """Return where snapshots are saved."""
        chosen = self.settings.now.snapshot_folder
        return Path(chosen) if chosen else self.session.path.with_name(f"{self.session.path.stem}-paper")

    def _arrange(self) -> None:
        wanted = self.settings.now.snapshot_minutes * MINUTE
        if not wanted:
            self._timer.stop()
        elif not self._timer.isActive() or self._timer.interval() != wanted:
            self._timer.start(wanted)

    def save(self) -> None:
        """Save one now, unless nothing has been written since the last one."""
        if self.printing.busy or self.session.moment.place == self._at or self.session.stopped:
            return
        now: datetime = local(self.session.log.clock(), self.session.zone)
        out = self.folder() / f"{self.session.path.stem}-{now:%Y%m%d-%H%M%S}.pdf"
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._failed(_("{folder} cannot be made: {error}.").format(folder=out.parent, error=error.strerror))
            return
        self.printing.print(out, ["--snapshot"], lambda _told: self._saved(out), self._failed)

    def _saved(self, out: Path) -> None:
        self.last, self.trouble = out, ""
        self.session.bridge.look()
        self._at = self.session.moment.place  # its own record is not something new
        self.saved.emit()

    def _failed(self, why: str) -> None:
        self.trouble = _("The snapshot was not saved: {why}").format(why=why)
        self.saved.emit()
