"""What the pages that make a log have in common: where it is to lie, what is wrong, and the way on and back."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from commandlog.language import _

from ..theme import Theme
from .making import SUFFIX, home


class Page(QWidget):
    """A page of the start window. Whoever inherits makes its fields, `file` and `browse` among them, then the foot."""

    left = Signal()
    file: QLineEdit
    browse: QPushButton

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.box = QVBoxLayout(self)
        self.told = self.plain()
        self.told.setWordWrap(True)
        self._proposed = ""

    def plain(self) -> QLabel:
        """Return a new label that shows text as it is."""
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def make_buttons(self, on: str) -> None:
        """Make the buttons that go on, and back."""
        self.enter, self.back = QPushButton(on, self), QPushButton(_("Back (Esc)"), self)
        self.enter.clicked.connect(self.finish)
        self.back.clicked.connect(self.leave)
        self.browse.clicked.connect(self._browse)

    def add_foot(self) -> None:
        """End the page: what is wrong, and the buttons."""
        self.box.addWidget(self.told)
        foot = QHBoxLayout()
        foot.addWidget(self.back)
        foot.addStretch()
        foot.addWidget(self.enter)
        self.box.addLayout(foot)
        self.box.addStretch()

    def finish(self) -> None:
        """Do what the page is for."""
        raise NotImplementedError

    def leave(self) -> None:
        """Go back."""
        self.left.emit()

    def propose(self, stem: str) -> None:
        """Propose a file whose name begins so and is free, unless another one was typed."""
        if self.file.text() not in ("", self._proposed):
            return
        file, number = home() / f"{stem}{SUFFIX}", 1
        while file.exists():
            number += 1
            file = home() / f"{stem}-{number}{SUFFIX}"
        self._proposed = str(file)
        self.file.setText(self._proposed)

    def choose(self, title: str, kinds: str, then: Callable[[str], None]) -> None:
        """Let a file be chosen that is there."""
        dialog = QFileDialog(self, title, str(Path.home()), kinds)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(then)
        dialog.open()

    def _browse(self) -> None:
        dialog = QFileDialog(self, _("Where the log is to lie"), self.file.text(), _("Logs") + f" (*{SUFFIX})")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # a log is never written over
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.file.setText)
        dialog.open()


def beside(first: QWidget, second: QWidget) -> QHBoxLayout:
    """Return a row of two, of which the first takes the room."""
    row = QHBoxLayout()
    row.addWidget(first, 1)
    row.addWidget(second)
    return row
