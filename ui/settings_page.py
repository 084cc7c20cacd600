"""The settings as a page: each is what `settings.py` declares, and holds as soon as it is chosen."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from commandlog.language import _, choose, preferred

from .settings import Setting, Settings, declared
from .theme import Theme

LARGE = 150  # percent


class SettingsPage(QDialog):
    """One line for each setting; Esc closes."""

    language_chosen = Signal()

    def __init__(self, settings: Settings, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.settings, self.theme = settings, theme
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Settings"))
        self.choices: dict[str, QComboBox] = {}
        self.form = form = QFormLayout()
        for one in declared():
            label = QLabel(_(one.label), self)
            label.setTextFormat(Qt.TextFormat.PlainText)
            form.addRow(label, self._choice(one, label))
        told = QLabel(_("Settings hold at once, on this machine, for every log."), self)
        told.setTextFormat(Qt.TextFormat.PlainText)
        told.setWordWrap(True)
        close = QPushButton(_("Close (Esc)"), self)
        close.clicked.connect(self.accept)
        self.box = box = QVBoxLayout(self)
        box.addLayout(form)
        box.addWidget(told)
        box.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)

        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        """Give large text a line for the name and one for the choice."""
        theme, policy = self.theme, QFormLayout.RowWrapPolicy
        self.form.setRowWrapPolicy(policy.WrapAllRows if theme.percent > LARGE else policy.DontWrapRows)
        self.form.setHorizontalSpacing(theme.px(24))
        self.form.setVerticalSpacing(theme.px(8))
        self.box.setContentsMargins(theme.px(24), theme.px(20), theme.px(24), theme.px(16))
        self.box.setSpacing(theme.px(12))
        self.adjustSize()

    def _choice(self, one: Setting, label: QLabel) -> QComboBox:
        choice = QComboBox(self)
        choice.setAccessibleName(_(one.label))
        label.setBuddy(choice)
        now = getattr(self.settings.now, one.name)
        for value, text in one.choices:
            choice.addItem(_(text) if text else "", value)
            if value == now:
                choice.setCurrentIndex(choice.count() - 1)
        choice.currentIndexChanged.connect(lambda row, one=one: self._chosen(one, one.choices[row][0]))
        self.choices[one.name] = choice
        return choice

    def _chosen(self, one: Setting, value: object) -> None:
        self.settings.change(**{one.name: value})
        if one.name in ("look", "percent"):
            self.theme.choose(self.settings.now.look, self.settings.now.percent)
        if one.name == "language":
            choose(self.settings.now.language or preferred() or "en")
            self.accept()
            self.language_chosen.emit()
