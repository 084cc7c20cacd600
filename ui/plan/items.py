"""What lies on a plan: the ground, the ways, the places with their names and numbers, and the pins of entries.

An area is painted by what goes on there, a name and its numbers keep their size however near one looks. An item is
painted again only when what it shows has changed.
"""

from enum import IntEnum

from PySide6.QtCore import QByteArray, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from commandlog.views.places import Pin

from ..theme import Theme
from .drawing import Drawing, Route
from .model import PlaceRow

GROUND, WAY, AREA, PIN, LABEL = range(5)  # what lies above what


def mixed(one: QColor, other: QColor, part: float) -> QColor:
    """Return a colour between two: `part` of the other one."""
    return QColor(
        *(round(a + (b - a) * part) for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))  # type: ignore[index]
    )


def ground_colours(theme: Theme) -> dict[str, str]:
    """Return the colours of a drawing's classes in a look: quiet enough for what lies on them."""
    ground, text = theme.colour("ground"), theme.colour("text")
    blue, green = theme.colour("accent"), theme.colour("good")
    return {
        "land": mixed(ground, text, 0.035).name(),
        "water": mixed(ground, blue, 0.20).name(),
        "green": mixed(ground, green, 0.10).name(),
        "field": mixed(ground, green, 0.16).name(),
        "path": mixed(ground, text, 0.08).name(),
        "road": mixed(ground, text, 0.0 if theme.look == "light" else 0.13).name(),
        "building": mixed(ground, text, 0.10).name(),
        "rail": mixed(ground, text, 0.35).name(),
        "frame": mixed(ground, text, 0.30).name(),
    }


class Ground(QGraphicsItem):
    """A drawing or a picture; what was painted of it once is kept."""

    def __init__(self, bounds: QRectF, drawing: Drawing | None, picture: QImage | None, theme: Theme) -> None:
        super().__init__()
        self.bounds, self.picture, self.theme = bounds, picture, theme
        self.renderer = QSvgRenderer() if drawing else None
        self.drawing = drawing
        self.setZValue(GROUND)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.dress()

    def dress(self) -> None:
        """Take the colours of the look."""
        if self.renderer and self.drawing:
            self.renderer.load(QByteArray(self.drawing.coloured(ground_colours(self.theme))))
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Return where it lies."""
        return self.bounds

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Paint it."""
        if self.renderer:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.renderer.render(painter, self.bounds)
        elif self.picture:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.bounds, self.picture)
            if self.theme.look == "dark":  # a white sheet would glare in a dim room
                painter.fillRect(self.bounds, QColor(0, 0, 0, 150))


class Way(QGraphicsItem):
    """A route."""

    def __init__(self, route: Route, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.path = QPainterPath()
        self.path.addPolygon(QPolygonF([QPointF(x, y) for x, y in route.corners]))
        self.setZValue(WAY)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Return where it lies."""
        return self.path.boundingRect().adjusted(-8, -8, 8, 8)

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Paint it: light on a dark seam, so that it is seen on any ground."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in (("ground", 9), ("muted", 4)):
            pen = QPen(self.theme.colour(colour), width)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPath(self.path)


class Area(QGraphicsItem):
    """The outline of a place, painted by what goes on there."""

    def __init__(self, row: PlaceRow, path: QPainterPath, theme: Theme, *, holds_others: bool) -> None:
        super().__init__()
        self.row, self.path, self.theme, self.holds_others = row, path, theme, holds_others
        self.chosen = False
        self.painted = 0  # how often, for who wants to know that nothing is painted in vain
        box = path.boundingRect()
        self.size = box.width() * box.height()
        self.setZValue(AREA + 0.9 / (1 + self.size))

    def show_row(self, row: PlaceRow) -> None:
        """Show what goes on now."""
        if row.meaning != self.row.meaning:
            self.update()
        self.row = row

    def choose(self, chosen: bool) -> None:
        """Be the place that the reader is at, or no longer."""
        if chosen != self.chosen:
            self.chosen = chosen
            self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Return where it lies."""
        return self.path.boundingRect().adjusted(-4, -4, 4, 4)

    def shape(self) -> QPainterPath:
        """Return where it can be clicked."""
        return self.path

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Paint it: colour, and with it the breadth of the line and a hatching, say how it stands."""
        self.painted += 1
        meaning, theme = self.row.meaning, self.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(theme.colour(meaning or "text"))
        pen = QPen(mixed(theme.colour("ground"), theme.colour("text"), 0.42), 1)
        fill = QColor(colour)
        fill.setAlphaF(0.0 if self.holds_others else {"": 0.03, "accent": 0.16, "waiting": 0.20}.get(meaning, 0.16))
        if meaning in ("waiting", "late"):
            pen = QPen(colour, 3 if meaning == "late" else 2)
        if self.holds_others and not meaning:
            pen.setStyle(Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(fill)
        painter.drawPath(self.path)
        if meaning == "late" and not self.holds_others:
            hatched = QColor(colour)
            hatched.setAlphaF(0.45)
            brush = QBrush(hatched, Qt.BrushStyle.BDiagPattern)
            brush.setTransform(painter.worldTransform().inverted()[0])
            painter.fillPath(self.path, brush)
        if self.chosen:
            ring = QPen(theme.colour("focus"), 3)
            ring.setCosmetic(True)
            painter.setPen(ring)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(self.path)


class Shown(IntEnum):
    """How much of a label there is room for."""

    NOTHING = 0
    FIGURES = 1
    NAME = 2
    ALL = 3


class Label(QGraphicsItem):
    """The name of a place and its numbers below it; its size does not depend on how near one looks."""

    def __init__(self, row: PlaceRow, theme: Theme, *, corner: bool) -> None:
        super().__init__()
        self.row, self.theme, self.corner = row, theme, corner
        self.shown = Shown.ALL
        self.chosen = False
        self.shift = (0.0, 0.0)  # by how much of its size it stands aside, where there is no room for it in the middle
        self._rect = QRectF()
        self._sizes: dict[Shown, QSizeF] = {}  # measured once for what it shows
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(LABEL)
        self.measure()

    def show_row(self, row: PlaceRow) -> None:
        """Show what goes on now."""
        before, self.row = self.row, row
        if before.figures() != row.figures():
            self.measure()

    def measure(self) -> None:
        """Find its size anew."""
        self._sizes.clear()
        self._place()

    def show_as(self, shown: Shown, *, chosen: bool, shift: tuple[float, float] = (0.0, 0.0)) -> None:
        """Show so much, there."""
        if (shown, chosen, shift) != (self.shown, self.chosen, self.shift):
            self.shown, self.chosen, self.shift = shown, chosen, shift
            self._place()

    def _place(self) -> None:
        self.prepareGeometryChange()
        self._rect = self.rect(self.shown, self.shift)
        self.update()

    def rect(self, shown: Shown, shift: tuple[float, float]) -> QRectF:
        """Return where it lies where so much is shown, around (or below, right of) where it stands."""
        size = self._sizes.get(shown) or self._sizes.setdefault(shown, self._size(shown))
        wide, high, pad = size.width(), size.height(), self.theme.px(4)
        if not wide:
            return QRectF()
        x, y = (pad, pad) if self.corner else (-wide / 2, -high / 2)
        return QRectF(x + shift[0] * wide, y + shift[1] * high, wide, high)

    def _size(self, shown: Shown) -> QSizeF:
        small = QFontMetricsF(self.theme.small)
        wide = high = 0.0
        if shown in (Shown.NAME, Shown.ALL):
            wide, high = small.horizontalAdvance(self.row.name), small.height()
        if shown in (Shown.FIGURES, Shown.ALL) and (figures := self.row.figures()):
            gap = self.theme.px(7)
            across = sum(small.horizontalAdvance(text) for text, _meaning in figures) + gap * (len(figures) - 1)
            wide, high = max(wide, across), high + small.height()
        pad = self.theme.px(4)
        return QSizeF(wide + 2 * pad, high + pad) if wide else QSizeF(0, 0)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Return where it lies."""
        return self._rect.adjusted(-2, -2, 2, 2) if self._rect.isValid() else QRectF()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Write it on a ground of its own, so that it can be read on any drawing."""
        if self.shown is Shown.NOTHING or not self._rect.isValid():
            return
        theme, rect = self.theme, self._rect
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        figures = self.row.figures() if self.shown is not Shown.NAME else []
        ground = QColor(theme.colour("selection" if self.chosen else "ground"))
        ground.setAlphaF(1.0 if self.chosen else 0.86 if figures else 0.62)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(rect, 4, 4)
        metrics = QFontMetricsF(theme.small)
        y = rect.top() + theme.px(2) + metrics.ascent()
        painter.setFont(theme.small)
        if self.shown in (Shown.NAME, Shown.ALL):
            painter.setPen(theme.colour("selected-text" if self.chosen else "text" if figures else "muted"))
            across = metrics.horizontalAdvance(self.row.name)
            painter.drawText(QPointF(rect.center().x() - across / 2, y), self.row.name)
            y += metrics.height()
        gap = theme.px(7)
        across = sum(metrics.horizontalAdvance(text) for text, _meaning in figures) + gap * max(0, len(figures) - 1)
        x = rect.center().x() - across / 2
        for text, meaning in figures:
            painter.setPen(theme.colour(meaning))
            painter.drawText(QPointF(x, y), text)
            x += metrics.horizontalAdvance(text) + gap


class Kilometre(QGraphicsItem):
    """A mark on a route: the figure in a small disc."""

    def __init__(self, km: float, theme: Theme) -> None:
        super().__init__()
        self.text, self.theme = f"{km:g}", theme
        self.whole = km % 10 == 0
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(AREA + 0.95)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Return where it lies."""
        half = self.theme.px(11)
        return QRectF(-half - 1, -half - 1, 2 * half + 2, 2 * half + 2)

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Paint it."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.colour("muted"), 1.2))
        painter.setBrush(self.theme.colour("ground"))
        box = self.boundingRect().adjusted(1, 1, -1, -1)
        painter.drawEllipse(box)
        painter.setFont(self.theme.small)
        painter.setPen(self.theme.colour("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.text)


class Needle(QGraphicsItem):
    """Where an entry was: a drop with the letter of its party."""

    def __init__(self, pin: Pin, party: int, letter: str, theme: Theme) -> None:
        super().__init__()
        self.pin, self.party, self.letter, self.theme = pin, party, letter, theme
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(PIN)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Return where it lies: above its point."""
        px = self.theme.px
        return QRectF(-px(11), -px(29), px(22), px(30))

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Paint it."""
        px = self.theme.px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, ink = self.theme.party(self.party)
        disc = QRectF(-px(9), -px(27), px(18), px(18))
        drop = QPainterPath()
        drop.addEllipse(disc)
        tip = QPainterPath()
        tip.addPolygon(QPolygonF([QPointF(-px(5), -px(11)), QPointF(px(5), -px(11)), QPointF(0, 0)]))
        painter.setPen(QPen(self.theme.colour("ground"), 1.5))
        painter.setBrush(ground)
        painter.drawPath(drop.united(tip))
        painter.setPen(ink)
        painter.setFont(self.theme.small)
        painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, self.letter)
