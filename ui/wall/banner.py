"""The top of the wall: which level and which phase, and what time it is."""

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ..theme import Theme


class Banner(QWidget):
    """Levels large at the left, the phase and the event below them, the time at the right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.levels, self.below, self.clock = "", "", ""
        self.painted = 0
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        theme.changed.connect(self._measure)
        self._measure()

    def _measure(self) -> None:
        self.setFixedHeight(round(QFontMetricsF(self._large()).height() + self.theme.metrics.height() * 1.5))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size to begin with."""
        return QSize(800, self.height())

    def show_time(self, clock: str) -> None:
        """Show what time it is, where it is not shown already."""
        if clock != self.clock:
            self.clock = clock
            self.update()

    def show_levels(self, levels: str, below: str) -> None:
        """Show what holds, where it is not shown already."""
        if (levels, below) != (self.levels, self.below):
            self.levels, self.below = levels, below
            self.setAccessibleName(f"{levels}, {below}")
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint it."""
        self.painted += 1
        theme, pad = self.theme, self.theme.px(10)
        large, time = self._large(), self._large(3.0)
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.colour("raised"))
            painter.setPen(theme.colour("text"))
            painter.setFont(time)
            wide = QFontMetricsF(time).horizontalAdvance(self.clock)
            middle = (self.height() + QFontMetricsF(time).capHeight()) / 2
            painter.drawText(QPointF(self.width() - pad - wide, middle), self.clock)
            room = self.width() - wide - 4 * pad
            metrics = QFontMetricsF(large)
            above, below = (self.levels, self.below) if self.levels else (self.below, "")
            painter.setFont(large)
            y = pad / 2 + metrics.ascent()
            painter.drawText(QPointF(pad, y), metrics.elidedText(above, Qt.TextElideMode.ElideRight, room))
            painter.setFont(theme.font)
            painter.setPen(theme.colour("muted"))
            y = pad / 2 + metrics.height() + theme.metrics.ascent()
            painter.drawText(QPointF(pad, y), theme.metrics.elidedText(below, Qt.TextElideMode.ElideRight, room))

    def _large(self, times: float = 2.0) -> QFont:
        font = QFont(self.theme.strong)
        font.setPointSizeF(self.theme.strong.pointSizeF() * times)
        return font
