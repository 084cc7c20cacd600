"""The hands of a plan: a place chosen by arrows, by letters or by mouse, zoom and move, an area drawn."""

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QGraphicsView, QWidget

from ..session import Session
from ..theme import Theme
from .items import Area, Needle
from .model import PlaceModel
from .tracing import Tracing
from .view import STEP, PlanView, away

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_LETTERS = "EFD"  # keys that do something: a name that begins with one of these is looked for with a capital


class Plan(PlanView):
    """A plan that is worked with. What it comes to is told, nothing is done here."""

    opened = Signal(str)
    """The entries of this place are wanted."""
    written = Signal(str)
    """An entry about this place is to be written."""
    pinned = Signal(int)
    """The entry at this position is wanted."""
    searched = Signal(str)
    """These letters are looked for among the places (empty: none)."""
    traced = Signal(object)
    """These corners were drawn (a list of pairs)."""
    ground_wanted = Signal()
    erased = Signal(str)
    """The area that was drawn for this place is to go."""

    def __init__(self, session: Session, theme: Theme, model: PlaceModel, parent: QWidget | None = None) -> None:
        super().__init__(session, theme, model, parent)
        self.letters = ""
        self.tracing: Tracing | None = None
        self._dragged = QPointF()
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)

    def look_for(self, letters: str) -> None:
        """Choose the place that these letters begin the name of; where there is none, it stays as it was."""
        self.letters = letters
        if found := self.model.find(letters):
            self.choose(found)
        self.searched.emit(letters)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Do what the keys of a plan do."""
        if self.tracing is not None:
            self._trace(event)
        elif not (self._search(event) or self._move(event) or self._deed(event)):
            event.ignore()

    def _search(self, event: QKeyEvent) -> bool:
        """Take a letter of a name, or the end of looking for one."""
        key, text = event.key(), event.text()
        if event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier):
            return False
        if self.letters and key == Qt.Key.Key_Escape:
            self.look_for("")
        elif self.letters and key == Qt.Key.Key_Backspace:
            self.look_for(self.letters[:-1])
        elif self.letters and key in _ARROWS:
            self.look_for("")
            return False
        elif (text.isalnum() and (self.letters or text not in _LETTERS.lower())) or (
            self.letters and text and text.isprintable() and text not in "+="
        ):
            self.look_for(self.letters + text)
        else:
            return False
        return True

    def _move(self, event: QKeyEvent) -> bool:
        key, shift = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in _ARROWS:
            (self.pan if shift else self.step)(*_ARROWS[Qt.Key(key)])
        elif event.text() in ("+", "="):
            self._zoom_at_place(STEP)
        elif event.text() in ("-", "−"):
            self._zoom_at_place(1 / STEP)
        else:
            return False
        return True

    def _zoom_at_place(self, by: float) -> None:
        """Zoom by key: what is in the middle stays there, or the chosen place comes there."""
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        self.zoom(by)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        if by > 1 and (area := self.areas.get(self.place)):
            self.centerOn(area.path.boundingRect().center())

    def _deed(self, event: QKeyEvent) -> bool:
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key == Qt.Key.Key_G and modifiers == Qt.KeyboardModifier.ControlModifier:
            self.ground_wanted.emit()
            return True
        if modifiers:
            return False
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.place:
            self.look_for("")
            self.opened.emit(self.place)
        elif key == Qt.Key.Key_E and self.place:
            self.written.emit(self.place)
        elif key == Qt.Key.Key_F:
            self.fit()
        elif key == Qt.Key.Key_D and self.sheet:
            self.begin_tracing()
        elif key == Qt.Key.Key_Delete and self.place:
            self.erased.emit(self.place)
        elif key == Qt.Key.Key_Escape and self.place:
            self.choose("")
        else:
            return False
        return True

    # -- drawing an area -----------------------------------------------------------------------------------------------

    def begin_tracing(self) -> None:
        """Begin to draw the outline of a place."""
        self.tracing = Tracing(self.mapToScene(self.viewport().rect().center()))
        self.setDragMode(QGraphicsView.DragMode.NoDrag)
        self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        self.searched.emit("")
        self.viewport().update()

    def end_tracing(self) -> None:
        """Draw no more."""
        self.tracing = None
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.viewport().unsetCursor()
        self.searched.emit("")
        self.viewport().update()

    def _trace(self, event: QKeyEvent) -> None:
        tracing, key = self.tracing, event.key()
        if tracing is None:
            return
        step = (2 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 16) / self.transform().m11()
        if key in _ARROWS:
            across, down = _ARROWS[Qt.Key(key)]
            tracing.move(across * step, down * step)
            self.ensureVisible(QRectF(tracing.at, QSizeF(1, 1)), 40, 40)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._corner(tracing)
        elif key == Qt.Key.Key_Space:
            tracing.set_corner()
        elif key == Qt.Key.Key_Backspace:
            tracing.take_back()
        elif key == Qt.Key.Key_Escape:
            self.end_tracing()
        elif not self._move(event):
            event.ignore()
        self.viewport().update()

    def _corner(self, tracing: Tracing) -> None:
        """Set a corner; a second Enter at the same spot closes the outline."""
        if tracing.is_closed():
            corners = tracing.outline()
            self.end_tracing()
            self.traced.emit(corners)
        else:
            tracing.set_corner()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Set a corner, or remember where a drag began."""
        self._dragged = event.position()
        if self.tracing is not None:
            self.tracing.at = self.mapToScene(event.position().toPoint())
            self.tracing.set_corner()
            self.viewport().update()
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Lead the corner that is not set yet."""
        if self.tracing is not None:
            self.tracing.at = self.mapToScene(event.position().toPoint())
            self.viewport().update()
            return
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Choose what was clicked; a second click where one is already shows its entries."""
        super().mouseReleaseEvent(event)
        if self.tracing is not None or event.button() != Qt.MouseButton.LeftButton:
            return
        if away(event.position() - self._dragged) > 4:
            self.fitted = False
            return
        for item in self.items(event.position().toPoint()):
            if isinstance(item, Needle):
                self.pinned.emit(item.pin.line.entry)
                return
            if isinstance(item, Area):
                self.choose(item.row.code)
                return
        self.choose("")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show the entries of the place."""
        if self.tracing is None and self.place:
            self.opened.emit(self.place)
        super().mouseDoubleClickEvent(event)

    def drawForeground(self, painter: QPainter, _rect: QRectF | object) -> None:  # noqa: N802 - Qt's name
        """Paint the outline that is being drawn, and where the keys are."""
        if self.tracing is not None:
            self.tracing.paint(painter, self.theme, self.transform().m11())
        elif self.hasFocus():
            painter.save()
            painter.resetTransform()
            painter.setPen(self.theme.colour("focus"))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
            painter.restore()
