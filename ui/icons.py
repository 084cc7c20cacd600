"""The program's own icons: drawn in one stroke, in the colour of whatever they stand beside."""

from functools import lru_cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from .theme import Theme

SIZE = 18  # pixels at 100 %
KEPT = 256


def icon(theme: Theme, name: str, meaning: str = "text") -> QIcon:
    """Return an icon in the colour of a meaning, at the size of the theme's text."""
    return QIcon(pixmap(theme, name, meaning, ratio=2))


def pixmap(theme: Theme, name: str, meaning: str = "text", size: float = SIZE, ratio: float = 1) -> QPixmap:
    """Return an icon as a picture; `size` is its side in pixels at 100 %, `ratio` the screen's dots for a pixel.

    Raises FileNotFoundError for an icon that there is none of.
    """
    return _drawn(name, theme.colour(meaning).name(QColor.NameFormat.HexRgb), theme.px(size), ratio)


@lru_cache(KEPT)
def _drawn(name: str, colour: str, side: int, ratio: float) -> QPixmap:
    made = QPixmap(round(side * ratio), round(side * ratio))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    drawing = _drawing(name).replace("currentColor", colour)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter, QRectF(0, 0, made.width(), made.height()))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


@lru_cache
def _drawing(name: str) -> str:
    return (files("commandlog_resources") / "icons" / f"{name}.svg").read_text("utf-8")
