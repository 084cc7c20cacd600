"""The page that begins an event: under which scenario, and where its log is to lie."""

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QPushButton,
    QWidget,
)

from commandlog.language import _

from ..theme import Theme
from .making import known_scenarios
from .page import Page, beside


class NewEvent(Page):
    """Three fields, Enter goes on and at the end begins; Esc goes back."""

    wanted = Signal(str, str)
    """A scenario (its name, or a file), and the file of the log."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._build()
        theme.changed.connect(self._dress)
        self._dress()

    def _build(self) -> None:
        self.scenario = QComboBox(self)
        for name, title in known_scenarios():
            self.scenario.addItem(title, name)
        self.scenario.addItem(_("A scenario of your own …"), "")
        self.own, self.file = QLineEdit(self), QLineEdit(self)
        self.own.setPlaceholderText(_("A scenario file (.toml)"))
        self.own_label, self.scenario_label, self.file_label = (self.plain() for _label in range(3))
        self.scenario_label.setText(_("Scenario: who takes part, the places and the words"))
        self.own_label.setText(_("Your scenario"))
        self.file_label.setText(_("Where the log is to lie (on a disk of this machine)"))
        for widget, label in (
            (self.scenario, self.scenario_label),
            (self.own, self.own_label),
            (self.file, self.file_label),
        ):
            label.setBuddy(widget)
            widget.setAccessibleName(label.text())
            widget.installEventFilter(self)
        self.browse_own, self.browse = QPushButton(_("Browse …"), self), QPushButton(_("Browse …"), self)
        kinds = _("Scenarios") + " (*.toml)"
        self.browse_own.clicked.connect(lambda: self.choose(_("Your scenario"), kinds, self._own_chosen))
        self.make_buttons(_("Begin (Enter)"))
        self.told.hide()
        for part in (self.scenario_label, self.scenario, self.own_label):
            self.box.addWidget(part)
        self.box.addLayout(beside(self.own, self.browse_own))
        self.box.addWidget(self.file_label)
        self.box.addLayout(beside(self.file, self.browse))
        self.add_foot()
        self.scenario.currentIndexChanged.connect(self._choose)
        self._choose()
        self.setFocusProxy(self.scenario)

    def _dress(self) -> None:
        theme = self.theme
        self.box.setContentsMargins(theme.px(16), theme.px(8), theme.px(16), theme.px(16))
        self.box.setSpacing(theme.px(6))
        for label in (self.scenario_label, self.own_label, self.file_label):
            label.setFont(theme.small)
        ink = self.told.palette()
        ink.setColor(self.told.foregroundRole(), theme.colour("late"))
        self.told.setPalette(ink)

    def _choose(self, _row: int = 0) -> None:
        own = not self.scenario.currentData()
        for part in (self.own, self.own_label, self.browse_own):
            part.setVisible(own)
        self._propose(self.scenario.currentData() or _stem(self.own.text()))

    def _propose(self, name: str) -> None:
        self.propose(f"{name or 'log'}-{datetime.now().astimezone():%Y-%m-%d}")

    def failed(self, why: str) -> None:
        """It was not begun: say why, keep what was typed."""
        self.told.setText(why)
        self.told.show()
        self.enter.setEnabled(True)

    def finish(self) -> None:
        """Begin the event, where all that it needs is there."""
        wanted = self.scenario.currentData() or self.own.text().strip()
        if not wanted:
            self.failed(_("Name the file of your scenario."))
            self.own.setFocus()
        elif not self.file.text().strip():
            self.failed(_("Say where the log is to lie."))
            self.file.setFocus()
        else:
            self.told.hide()
            self.wanted.emit(wanted, self.file.text().strip())

    def _own_chosen(self, file: str) -> None:
        self.own.setText(file)
        self._propose(_stem(file))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Enter goes on, Esc goes back."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if watched is self.scenario:
                (self.own if self.own.isVisible() else self.file).setFocus()
            elif watched is self.own:
                self._propose(_stem(self.own.text()))
                self.file.setFocus()
            else:
                self.finish()
        else:
            return False
        return True


def _stem(file: str) -> str:
    return Path(file).stem if file.strip() else ""
