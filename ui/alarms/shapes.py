"""The shapes that stand for a priority beside its word, the same as in the timeline."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

_CORNERS = {
    "elevated": ((0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)),
    "urgent": ((0.5, 0.0), (1.0, 1.0), (0.0, 1.0)),
    "emergency": ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),
}


def draw_shape(painter: QPainter, box: QRectF, priority: str, colour: QColor, *, filled: bool = True) -> None:
    """Paint the shape of a priority into a box; one that is seen already is not `filled`."""
    painter.save()
    painter.setPen(QPen(colour, 1.5))
    painter.setBrush(colour if filled and priority in _CORNERS else QColor(Qt.GlobalColor.transparent))
    if corners := _CORNERS.get(priority):
        points = [QPointF(box.left() + x * box.width(), box.top() + y * box.height()) for x, y in corners]
        painter.drawPolygon(QPolygonF(points))
    else:
        painter.drawEllipse(box)
    painter.restore()
