"""The sound of an alarm: two short tones that the program makes itself, played by whatever the machine plays with.

Nothing here waits: a player is started and left to itself. Where one fails, the next is tried, and the system's own
beep is the last resort.
"""

import math
import shutil
import struct
import sys
import wave
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTemporaryDir, QTimer
from PySide6.QtWidgets import QApplication

PLAYERS = ("pw-play", "paplay", "aplay", "afplay")
RATE = 22_050  # samples a second
TONES = ((880.0, 0.16), (0.0, 0.06), (660.0, 0.22))  # hertz, seconds; 0 Hz is a rest
LOUD = 0.35  # of the most that there is
_EDGE = 0.012  # seconds in which a tone swells and fades, so that it does not click


def tone() -> bytes:
    """Return the alarm's sound as samples: 16 bits each, one channel, RATE of them a second."""
    samples: list[int] = []
    for hertz, seconds in TONES:
        many = round(RATE * seconds)
        for n in range(many):
            edge = min(1.0, n / (RATE * _EDGE), (many - n) / (RATE * _EDGE))
            samples.append(round(32_767 * LOUD * edge * math.sin(2 * math.pi * hertz * n / RATE)))
    return struct.pack(f"<{len(samples)}h", *samples)


class Sound(QObject):
    """Plays the tone; `play` returns at once."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder: QTemporaryDir | None = None
        self._players = [found for name in PLAYERS if (found := shutil.which(name))]
        self._process = QProcess(self)  # one for all its life: none is thrown away while it still has something to say
        self._process.setStandardOutputFile(QProcess.nullDevice())
        self._process.setStandardErrorFile(QProcess.nullDevice())
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)

    @property
    def plays(self) -> bool:
        """Whether a player is at it."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def play(self) -> None:
        """Let the tone be heard, unless it still is."""
        if sys.platform == "win32":
            self._windows()
        elif not self._players:
            QApplication.beep()
        elif not self.plays:
            self._process.start(self._players[0], [str(self.file())])

    def stop(self) -> None:
        """Be quiet: nothing of it is left running."""
        self._players = []
        if self.plays:
            self._process.blockSignals(True)
            self._process.kill()
            self._process.waitForFinished(200)

    def file(self) -> Path:
        """Return the file that holds the tone, made at first use; it goes with the program."""
        if self._folder is None:
            self._folder = QTemporaryDir()
            with wave.open(str(Path(self._folder.path()) / "alarm.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(RATE)
                file.writeframes(tone())
        return Path(self._folder.path()) / "alarm.wav"

    def _finished(self, code: int, how: QProcess.ExitStatus) -> None:
        if code or how != QProcess.ExitStatus.NormalExit:
            self._next()

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._next()

    def _next(self) -> None:
        """Try the next player where this one cannot play (no sound server, no device)."""
        if self._players:
            self._players.pop(0)
            QTimer.singleShot(0, self, self.play)

    def _windows(self) -> None:
        if sys.platform == "win32":
            import winsound

            winsound.PlaySound(str(self.file()), winsound.SND_FILENAME | winsound.SND_ASYNC)
