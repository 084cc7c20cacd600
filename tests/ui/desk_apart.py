"""A desk in a process of its own, that is typed at until somebody ends it: `python -m tests.ui.desk_apart LOG NOTES`.

Each line of the notes is what happened so far: `stored N` once the window said that an entry is stored, `typed TEXT`
once the draft of a text was kept. They are written before anything else is typed.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from commandlog_ui.app import application
from commandlog_ui.session import Session
from commandlog_ui.theme import Theme
from commandlog_ui.window.main import MainWindow
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest


class Typist:
    """Types entry after entry, letter by letter, and notes what the window acknowledged."""

    def __init__(self, window: MainWindow, notes: Path) -> None:
        self.window, self.number, self.at = window, 0, 0
        self.notes = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.waits = False
        window.entry.stored.connect(self.stored)
        keep = window.entry.keep

        def kept() -> None:
            keep()
            self.note(f"kept {window.entry.text()}")

        window.entry._keep.timeout.connect(kept)
        self.timer = QTimer(window, interval=3)
        self.timer.timeout.connect(self.press)
        self.timer.start()

    def note(self, text: str) -> None:
        os.write(self.notes, f"{text}\n".encode())

    def stored(self, _record: object) -> None:
        self.note(f"stored {self.number}")
        self.number, self.at, self.waits = self.number + 1, 0, False

    def press(self) -> None:
        """Press the next key; now and then a pause, as people make them."""
        if self.waits:
            return
        text = f"regel {self.number} van wie blijft typen"
        if self.at < len(text):
            QTest.keyClicks(self.window.entry.line, text[self.at])
            self.at += 1
            self.timer.setInterval(340 if self.at % 14 == 0 else 3)
        else:
            self.waits = True
            QTest.keyClick(self.window.entry.line, Qt.Key.Key_Return)


def main(path: Path, notes: Path) -> int:
    """Type until the process is ended."""
    qt = application()
    theme = Theme("dark", 100, qt)
    window = MainWindow(Session(path, "", theme), theme)
    window.entry.line.clear()
    window.show()
    typist = Typist(window, notes)
    typist.note("begun 0")
    return int(qt.exec())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
