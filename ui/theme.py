"""How it looks: colours by what they mean, letters, sizes. One file of tokens per look (resources/themes).

Sizes are given at 100 % and grow with the text; a window asks the theme and never a colour's name.
"""

import tomllib
from functools import cached_property
from importlib.resources import files

import fontpkg_inter
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication

LOOKS = ("dark", "light")
SIZES = (100, 125, 150, 175, 200)  # percent
BASE = 10.5  # points
_FAMILY = "Inter"


class Theme(QObject):
    """The look in force. `changed` tells that another was chosen."""

    changed = Signal()

    def __init__(self, look: str = "dark", percent: int = 100, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._load_letters()
        self.look, self.percent = look, percent
        self._read()

    def choose(self, look: str, percent: int) -> None:
        """Take another look or size."""
        self.look, self.percent = look, percent
        self._read()
        self.changed.emit()

    def _read(self) -> None:
        text = (files("commandlog_resources") / "themes" / f"{self.look}.toml").read_text("utf-8")
        tokens = tomllib.loads(text)
        base = tokens["base"]
        self._colours = {meaning: QColor(base[name]) for meaning, name in tokens["meaning"].items()}
        self._parties = [QColor(one) for one in tokens["parties"]["colours"]]
        self._party_ink = QColor(tokens["parties"]["ink"])
        for name in ("font", "strong", "small", "metrics"):
            self.__dict__.pop(name, None)

    def colour(self, meaning: str) -> QColor:
        """Return the colour of a meaning; raises KeyError for one that there is none of."""
        return self._colours[meaning]

    def party(self, number: int) -> tuple[QColor, QColor]:
        """Return the colour of the party at a place in the covenant, and that of the letter on it."""
        return self._parties[number % len(self._parties)], self._party_ink

    def px(self, length: float) -> int:
        """Return a length that is given at 100 %, in pixels."""
        return round(length * self.percent / 100)

    @cached_property
    def font(self) -> QFont:
        """The letters of everything; figures all have one width."""
        return self._font(BASE, QFont.Weight.Normal)

    @cached_property
    def strong(self) -> QFont:
        """The letters of what weighs more."""
        return self._font(BASE, QFont.Weight.DemiBold)

    @cached_property
    def small(self) -> QFont:
        """The letters of what is beside the matter."""
        return self._font(BASE * 0.86, QFont.Weight.Normal)

    @cached_property
    def metrics(self) -> QFontMetricsF:
        """The measures of `font`."""
        return QFontMetricsF(self.font)

    def _font(self, points: float, weight: QFont.Weight) -> QFont:
        font = QFont(_FAMILY)
        font.setPointSizeF(points * self.percent / 100)
        font.setWeight(weight)
        font.setVariableAxis(QFont.Tag("wght"), float(weight.value))
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def palette(self) -> QPalette:
        """Return the colours of Qt's own widgets."""
        palette = QPalette()
        role = QPalette.ColorRole
        for which, meaning in (
            (role.Window, "ground"),
            (role.Base, "ground"),
            (role.AlternateBase, "raised"),
            (role.Button, "raised"),
            (role.ToolTipBase, "raised"),
            (role.WindowText, "text"),
            (role.Text, "text"),
            (role.ButtonText, "text"),
            (role.ToolTipText, "text"),
            (role.PlaceholderText, "muted"),
            (role.Highlight, "selection"),
            (role.HighlightedText, "selected-text"),
            (role.Link, "accent"),
        ):
            palette.setColor(which, self.colour(meaning))
        return palette

    def apply(self, application: QApplication) -> None:
        """Dress the whole program."""
        application.setPalette(self.palette())
        application.setFont(self.font)
        application.setStyleSheet(self._style())

    def _style(self) -> str:
        """Return what Qt's style sheet can say better than a palette: edges, paddings, focus."""
        tokens = {name.replace("-", "_"): colour.name() for name, colour in self._colours.items()}
        tokens |= {f"px{n}": f"{self.px(n)}px" for n in (2, 4, 6, 8, 12, 16, 24)}
        return _SHEET.format(**tokens)

    @staticmethod
    def _load_letters() -> None:
        if _FAMILY in QFontDatabase.families():
            return
        for font in sorted((fontpkg_inter.ROOT / "files").glob("*.ttf")):
            QFontDatabase.addApplicationFont(str(font))


_SHEET = """
QToolTip {{ border: 1px solid {rule}; padding: {px4}; }}
QLineEdit, QPlainTextEdit, QComboBox {{ background: {sunken}; color: {text}; border: 1px solid {rule};
  border-radius: {px4}; padding: {px6} {px8};
  selection-background-color: {selection}; selection-color: {selected_text}; placeholder-text-color: {muted}; }}
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus {{ border: 2px solid {focus}; }}
QPushButton {{ background: {raised}; border: 1px solid {rule}; border-radius: {px4}; padding: {px4} {px12};
  min-height: {px24}; }}
QPushButton:focus {{ border: 2px solid {focus}; }}
QPushButton:default {{ border-color: {accent}; }}
QTableView, QListView {{ border: none; outline: none; background: {ground}; }}
QListView:focus, QTableView:focus {{ border: none; }}
QScrollBar:vertical {{ background: {ground}; width: {px12}; margin: 0; }}
QScrollBar::handle:vertical {{ background: {rule}; border-radius: {px4}; min-height: {px24}; margin: {px2}; }}
QScrollBar:horizontal {{ background: {ground}; height: {px12}; margin: 0; }}
QScrollBar::handle:horizontal {{ background: {rule}; border-radius: {px4}; min-width: {px24}; margin: {px2}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QAbstractScrollArea::corner {{ background: {ground}; border: none; }}
QSplitter::handle {{ background: {rule}; }}
"""
