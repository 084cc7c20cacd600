"""The plan as it is looked at: what lies on it, near or far, and the place that is chosen."""

from math import hypot

from PySide6.QtCore import QModelIndex, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QBrush, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from commandlog.language import _
from commandlog.views.places import Pin

from ..session import Session
from ..theme import Theme
from .items import Area, Ground, Kilometre, Label, Needle, Way, ground_colours
from .labels import lay_out
from .model import PlaceModel
from .sheet import Sheet, label_spot

STEP = 1.25  # of one zoom step
_NEAREST, _FARTHEST = 40.0, 0.5  # times the whole plan
_MARGIN = 0.02  # around a plan, so that names at its edge can be read
_EVERY = 5  # kilometres between two marks of a route; from far away, every other one is shown
_NEAR = 1.3  # pixels for a unit of the plan, from which all are


class PlanView(QGraphicsView):
    """Shows a sheet, and the places of a model on it. It takes no keys: what has hands is a `Plan`."""

    chosen = Signal(str)
    """The place with this code is chosen (empty: none)."""

    def __init__(self, session: Session, theme: Theme, model: PlaceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.theme, self.model = session, theme, model
        self.areas: dict[str, Area] = {}
        self.labels: dict[str, Label] = {}
        self.needles: list[Needle] = []
        self.marks: list[Kilometre] = []
        self.sheet: Sheet | None = None
        self.place = ""
        self.fitted = True
        self._lay = QTimer(self, singleShot=True, interval=0)
        self._lay.timeout.connect(self.lay_labels)
        self.setScene(QGraphicsScene(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(_("Plan"))
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        model.dataChanged.connect(self._changed)
        theme.changed.connect(self.dress)
        self.dress()

    def take_model(self, model: PlaceModel) -> None:
        """Show the places of another model, from the next sheet on."""
        self.model.dataChanged.disconnect(self._changed)
        self.model = model
        model.dataChanged.connect(self._changed)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return how small it may become."""
        return QSize(200, 150)

    def dress(self) -> None:
        """Take the colours and sizes of the look."""
        self.setBackgroundBrush(QBrush(ground_colours(self.theme)["land"]))
        for item in self.scene().items():
            if isinstance(item, Ground):
                item.dress()
            elif isinstance(item, Label):
                item.measure()
            else:
                item.prepareGeometryChange()
                item.update()
        self.lay_labels()

    # -- what is shown -------------------------------------------------------------------------------------------------

    def show_sheet(self, sheet: Sheet | None) -> None:
        """Show another plan."""
        self.scene().clear()
        self.areas, self.labels, self.needles, self.marks, self.sheet = {}, {}, [], [], sheet
        if sheet is None:
            return
        scene = self.scene()
        if sheet.drawing or sheet.picture:
            scene.addItem(Ground(sheet.bounds, sheet.drawing, sheet.picture, self.theme))
        for route in sheet.routes:
            scene.addItem(Way(route, self.theme))
            for km in range(_EVERY, int(route.last) + 1, _EVERY):
                mark = Kilometre(km, self.theme)
                mark.setPos(QPointF(*route.at(km)))
                self.marks.append(mark)
                scene.addItem(mark)
        for code in sheet.shapes:
            self._add(sheet, code)
        if chosen := self.areas.get(self.place):
            chosen.choose(True)
        margin = max(sheet.bounds.width(), sheet.bounds.height())
        scene.setSceneRect(sheet.bounds.adjusted(-margin, -margin, margin, margin))
        self.fit()

    def _add(self, sheet: Sheet, code: str) -> None:
        row = self.model.row(code)
        if row is None:
            return
        shape = sheet.shapes[code]
        within = [one for one in self.session.covenant.places if one.within == code and one.code in sheet.shapes]
        area = Area(row, shape, self.theme, holds_others=bool(within))
        label = Label(row, self.theme, corner=bool(within))
        label.setPos(label_spot(shape, holds_others=bool(within)))
        self.scene().addItem(area)
        self.scene().addItem(label)
        self.areas[code], self.labels[code] = area, label

    def show_pins(self, pins: list[Pin]) -> None:
        """Show where entries were; those that are there already stay as they are."""
        wanted = {pin.line.reference: pin for pin in pins}
        for needle in list(self.needles):
            if wanted.get(needle.pin.line.reference) == needle.pin:
                del wanted[needle.pin.line.reference]
            else:
                self.needles.remove(needle)
                self.scene().removeItem(needle)
        parties = [party.code for party in self.session.covenant.parties]
        for pin in wanted.values():
            spot = self.sheet.spot(pin.at) if self.sheet else None
            if spot is None:
                continue
            number = parties.index(pin.line.party) if pin.line.party in parties else len(parties)
            party = self.session.covenant.party(pin.line.party)
            needle = Needle(pin, number, party.letter if party else "?", self.theme)
            needle.setPos(spot)
            self.scene().addItem(needle)
            self.needles.append(needle)

    def _changed(self, first: QModelIndex, _last: QModelIndex) -> None:
        row = self.model.rows[first.row()]
        if row.code in self.areas:
            self.areas[row.code].show_row(row)
            self.labels[row.code].show_row(row)
            self._lay.start()  # once for all that changed

    def lay_labels(self) -> None:
        """Show as much of each label as there is room for."""
        for mark in self.marks:
            mark.setVisible(mark.whole or self.transform().m11() > _NEAR)
        seen = QRectF(self.viewport().rect()) if self.fitted else QRectF()
        lay_out(self.areas, self.labels, self.place, self.viewportTransform(), seen)

    # -- near and far --------------------------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole plan."""
        if self.sheet:
            margin = _MARGIN * self.sheet.bounds.width()
            self.fitInView(
                self.sheet.bounds.adjusted(-margin, -margin / 2, margin, margin / 2), Qt.AspectRatioMode.KeepAspectRatio
            )
            self.fitted = True
            self.lay_labels()

    def zoom(self, by: float) -> None:
        """Look nearer, or from farther away."""
        if self.sheet is None:
            return
        whole = min(
            self.viewport().width() / self.sheet.bounds.width(), self.viewport().height() / self.sheet.bounds.height()
        )
        now = self.transform().m11()
        wanted = min(max(now * by, whole * _FARTHEST), whole * _NEAREST)
        self.scale(wanted / now, wanted / now)
        self.fitted = False
        self.lay_labels()

    def pan(self, across: int, down: int) -> None:
        """Move on by an eighth of what is seen."""
        self.fitted = False
        bars = self.horizontalScrollBar(), self.verticalScrollBar()
        for bar, steps, size in zip(
            bars, (across, down), (self.viewport().width(), self.viewport().height()), strict=True
        ):
            bar.setValue(bar.value() + steps * size // 8)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep showing the whole, where the whole was shown."""
        super().resizeEvent(event)
        if self.fitted:
            self.fit()
        else:
            self.lay_labels()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Look nearer or from farther away."""
        if event.angleDelta().y():
            self.zoom(STEP if event.angleDelta().y() > 0 else 1 / STEP)

    # -- choosing ------------------------------------------------------------------------------------------------------

    def choose(self, code: str) -> None:
        """Choose a place; it comes into sight."""
        if code == self.place:
            return
        if before := self.areas.get(self.place):
            before.choose(False)
        self.place = code
        if area := self.areas.get(code):
            area.choose(True)
            box = area.path.boundingRect()
            seen = self.mapToScene(self.viewport().rect()).boundingRect()
            if not seen.intersects(box) or not (seen.contains(box) or box.contains(seen.center())):
                self.ensureVisible(box, 30, 30)
        row = self.model.row(code)
        self.setAccessibleDescription(row.spoken() if row else "")
        self.lay_labels()
        self.chosen.emit(code)

    def step(self, across: int, down: int) -> None:
        """Choose the nearest place in a direction; the first time, the one in the middle of what is seen."""
        spots = {code: self.labels[code].pos() for code in self.areas}
        here = spots.get(self.place)
        if here is None:
            middle = self.mapToScene(self.viewport().rect().center())
            self.choose(min(spots, key=lambda code: away(spots[code] - middle), default=""))
            return
        best, least = "", float("inf")
        for code, spot in spots.items():
            gone = spot - here
            ahead, aside = gone.x() * across + gone.y() * down, abs(gone.x() * down) + abs(gone.y() * across)
            if code != self.place and ahead > 0 and aside <= 2 * ahead and ahead + 2 * aside < least:
                best, least = code, ahead + 2 * aside
        if best:
            self.choose(best)


def away(vector: QPointF) -> float:
    """Return the length of a way."""
    return hypot(vector.x(), vector.y())
