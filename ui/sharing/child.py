"""The program beside the window that takes a desk's part in a shared log: started, heard, started again, ended.

It is a process of its own, so that no server ever holds up the window, and the window never waits for it. It goes on by
itself as long as somebody holds its input open: where the window is killed, that ends it too.
"""

import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QTimer, Signal

LINE = 1 << 20  # bytes of one line at most: more is none of ours
PAUSES = (1, 2, 5, 10, 30)  # seconds before it is started again, the last one each time after that
_WELL = 60  # seconds that it has to live for the pauses to begin anew
_PATIENCE = 2_000  # milliseconds that it has to end by itself


def command(file: Path) -> list[str]:
    """Return the program that follows the shared log of a file, with its arguments."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "commandlog"]
    return [*program, "follow", str(file), "--json"]


class Child(QObject):
    """A program that says a line at a time, and is started again whenever it ends."""

    said = Signal(bytes)
    """It said a line."""
    gone = Signal(str)
    """It is not there (any more): what it said last of why. It is started again after a pause."""

    def __init__(self, program: list[str], parent: QObject) -> None:
        super().__init__(parent)
        self._program = program
        self._failures = 0
        self._process: QProcess | None = None
        self._heard = b""
        self._pause = QTimer(self, singleShot=True)
        self._pause.timeout.connect(self.start)
        self._well = QTimer(self, singleShot=True, interval=_WELL * 1000)
        self._well.timeout.connect(self._is_well)

    def start(self) -> None:
        """Start it; nothing where it runs."""
        if self._process is not None:
            return
        self._heard = b""
        process = self._process = QProcess(self)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._failed)
        process.start(self._program[0], self._program[1:])
        self._well.start()

    def tell(self, line: str) -> None:
        """Give it a line to read."""
        if self._process is not None:
            self._process.write(line.replace("\n", "").encode() + b"\n")

    def end(self) -> None:
        """End it, without waiting: its input is closed, and it is killed where it stays."""
        self._pause.stop()
        self._well.stop()
        process, self._process = self._process, None
        if process is None:
            return
        process.readyReadStandardOutput.disconnect(self._read)
        process.finished.disconnect(self._ended)
        process.errorOccurred.disconnect(self._failed)
        process.setParent(QCoreApplication.instance())
        if process.state() == QProcess.ProcessState.NotRunning:
            process.deleteLater()
            return
        process.finished.connect(process.deleteLater)
        QTimer.singleShot(_PATIENCE, process, process.kill)
        process.closeWriteChannel()
        process.terminate()
        if (program := QCoreApplication.instance()) is not None:
            program.aboutToQuit.connect(process.kill)

    def _read(self) -> None:
        if self._process is None:
            return
        *lines, self._heard = (self._heard + self._process.readAllStandardOutput().data()).split(b"\n")
        if len(self._heard) > LINE:
            self._heard = b""
            self._process.kill()
        for line in lines:
            if line.strip() and len(line) <= LINE:
                self.said.emit(line)

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._ended()

    def _ended(self, *_how: object) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        told = bytes(process.readAllStandardError().data()[-LINE:]).decode(errors="replace").strip()
        process.deleteLater()
        self._well.stop()
        self._pause.start(1000 * PAUSES[min(self._failures, len(PAUSES) - 1)])
        self._failures += 1
        self.gone.emit(told.splitlines()[-1] if told else "")

    def _is_well(self) -> None:
        self._failures = 0
