"""The outline of a place while it is drawn: corners that are set, and one that still follows the hand."""

from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QPainter, QPen, QPolygonF

from ..theme import Theme


class Tracing:
    """Corners in the units of the plan; `at` is where the hand is."""

    def __init__(self, at: QPointF) -> None:
        self.at = at
        self.corners: list[QPointF] = []

    def move(self, across: float, down: float) -> None:
        """Move the hand."""
        self.at = QPointF(self.at.x() + across, self.at.y() + down)

    def set_corner(self) -> None:
        """Set a corner where the hand is; none twice at the same spot."""
        if not self.corners or self.corners[-1] != self.at:
            self.corners.append(QPointF(self.at))

    def take_back(self) -> None:
        """Take the last corner back."""
        if self.corners:
            self.at = self.corners.pop()

    def is_closed(self) -> bool:
        """Whether there is an outline, and the hand has not gone on from its last corner."""
        return len(self.corners) > 2 and self.corners[-1] == self.at

    def outline(self) -> list[tuple[float, float]]:
        """Return the corners."""
        return [(round(one.x(), 1), round(one.y(), 1)) for one in self.corners]

    def paint(self, painter: QPainter, theme: Theme, scale: float) -> None:
        """Paint what there is of it."""
        pen = QPen(theme.colour("focus"), 2)
        pen.setCosmetic(True)
        painter.setPen(pen)
        if self.corners:
            painter.drawPolyline(QPolygonF([*self.corners, self.at]))
        for corner in self.corners:
            painter.drawEllipse(corner, 4 / scale, 4 / scale)
        reach = 14 / scale
        for across, down in ((reach, 0.0), (0.0, reach)):
            ends = QPointF(across, down)
            painter.drawLine(QLineF(self.at - ends, self.at + ends))
