"""The crowd screen: places that are counted, each with its line on the common axis, and a new count by one key."""

from PySide6.QtCore import QItemSelectionModel, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QListView, QVBoxLayout, QWidget
from shiboken6 import isValid

from commandlog.language import _
from commandlog.log.store import Log
from commandlog.model.dealings import MEASURES
from commandlog.model.errors import CommandLogError
from commandlog.model.frames import Millis
from commandlog.verbs import counting
from commandlog.views import crowd
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment

from ..asking import Answers, Field
from ..room import Room
from .model import ROW, CrowdModel, CrowdRow
from .painting import Axis, CrowdPainter
from .trend import levels, trend

LONGEST: Millis = 6 * 3_600_000
"""No axis is longer than this: what was counted before is in the timeline."""
SHORTEST: Millis = 30 * 60_000
_PAUSE = 150  # milliseconds between two looks, however much comes in
_AGAIN = 30_000  # milliseconds after which the axis moves on
_ROUND: Millis = 5 * 60_000
_MOVES: Millis = 30_000  # after which the lines are led on to now


class AxisLine(QWidget):
    """The times of the axis, above the charts."""

    def __init__(self, painter: CrowdPainter, parent: QWidget) -> None:
        super().__init__(parent)
        self.painter = painter

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return its height."""
        return QSize(300, self.painter.theme.px(26))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Write the times."""
        theme, axis = self.painter.theme, self.painter.axis
        left, right = self.painter.chart(0, self.width())
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.colour("raised"))
            painter.setFont(theme.small)
            painter.setPen(theme.colour("muted"))
            wide = QFontMetricsF(theme.small).horizontalAdvance("00:00") + theme.px(8)
            for at, text in axis.marks(self.painter.zone, 8):
                x = axis.x(at, left, right)
                box = QRectF(x - wide / 2, 0, wide, self.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


class CrowdList(QListView):
    """The list; letters do what the screen says."""

    def __init__(self, screen: "CrowdScreen") -> None:
        super().__init__(screen)
        self.screen_shown = screen
        self.empty = QLabel(self)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep in the middle what is said where nothing was counted."""
        super().resizeEvent(event)
        self.empty.setGeometry(self.viewport().rect())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """N counts, Enter shows the entries of the place, E writes about it."""
        if not self.screen_shown.key(event):
            super().keyPressEvent(event)


class CrowdScreen(QWidget):
    """How full it is."""

    def __init__(self, room: Room, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.room, self.session, self.theme = room, room.session, room.theme
        self._busy = False
        self._next: Moment | None = None
        self.model = CrowdModel(self.session.covenant, self)
        self.painter = CrowdPainter(self.theme, self.session.zone, self)
        self._build()
        self.session.advanced.connect(self.refresh)
        self.session.moved.connect(self._refresh_now)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self._look_again)
        self.session.closing.connect(self._pause.stop)
        self._again = QTimer(self, interval=_AGAIN)
        self._again.timeout.connect(self._refresh_now)
        self._again.start()
        self.session.closing.connect(self._again.stop)

    def _build(self) -> None:
        self.list = CrowdList(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(self.painter)
        self.list.setAccessibleName(_("Crowd"))
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.axis = AxisLine(self.painter, self)
        self.empty = self.list.empty
        self.empty.setTextFormat(Qt.TextFormat.PlainText)
        self.empty.setText(_("Nobody has been counted yet. N counts people at a place."))
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint = self._label(_("N new count · Enter entries of the place · E write about it"))
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.axis)
        box.addWidget(self.list, 1)
        box.addWidget(self.hint)
        self.setFocusProxy(self.list)
        self.theme.changed.connect(self._dress)
        self._dress()

    def _label(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setMargin(10)
        return label

    def _dress(self) -> None:
        self.hint.setFont(self.theme.small)
        palette = self.hint.palette()
        palette.setColor(self.hint.foregroundRole(), self.theme.colour("muted"))
        self.hint.setPalette(palette)
        self.axis.setFixedHeight(self.theme.px(26))
        self.list.scheduleDelayedItemsLayout()

    # -- what is shown -------------------------------------------------------------------------------------------------

    def refresh(self, moment: Moment) -> None:
        """Find out how full it is, beside the window; not while nobody sees it."""
        if not self.isVisible():
            return
        if self._busy or self._pause.isActive():
            self._next = moment
            return
        self._busy, self._next = True, None
        covenant, party = self.session.covenant, self.session.party

        def work(log: Log) -> list[CrowdRow]:
            log.refresh()
            since = moment.clock - LONGEST
            found = []
            for one in crowd.crowd(log, moment, party):
                line = levels(crowd.series(log, moment, one.place, since=since, reader=party), one.capacity)
                found.append(CrowdRow(covenant.place_name(one.place), one, line, trend(line)))
            return found

        self.session.look(work, self._show, self._freed)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Catch up with what was counted while nobody looked."""
        super().showEvent(event)
        self._refresh_now()

    def _refresh_now(self) -> None:
        self.refresh(self.session.moment)

    def _freed(self, _error: CommandLogError) -> None:
        """Go on after what could not be read: the next change asks again."""
        self._busy = False

    def _show(self, rows: list[CrowdRow]) -> None:
        if not isValid(self):  # the window was furnished anew meanwhile
            return
        self._busy = False
        now = self.session.log.clock()
        end = -(-now // _ROUND) * _ROUND
        first = min((row.levels[0].at for row in rows if row.levels), default=now)
        axis = Axis(max(end - LONGEST, min(first // _ROUND * _ROUND, end - SHORTEST)), end)
        if axis != self.painter.axis or now - self.painter.now >= _MOVES:
            self.painter.axis, self.painter.now = axis, now
            self.axis.update()
            self.list.viewport().update()
        current = self.list.currentIndex().isValid()
        self.model.show(rows)
        if not current and rows:
            self.list.selectionModel().setCurrentIndex(
                self.model.index(0), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )
        self.empty.setVisible(not rows)
        self.axis.setVisible(bool(rows))
        self.list.setAccessibleDescription("" if rows else self.empty.text())
        self._pause.start()

    def _look_again(self) -> None:
        if self._next:
            self.refresh(self._next)

    # -- hands ---------------------------------------------------------------------------------------------------------

    def current(self) -> None:
        """Return nothing: entries are dealt with in the timeline, where they can be read in full."""
        return

    def place(self) -> str:
        """Return the place that the reader is at, empty where there is none."""
        row: CrowdRow | None = self.list.currentIndex().data(ROW) if self.list.currentIndex().isValid() else None
        return row.place if row else ""

    def key(self, event: QKeyEvent) -> bool:
        """Do what a key does; returns whether it does something."""
        if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
            return False
        place = self.place()
        if event.key() == Qt.Key.Key_N:
            self.count()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and place:
            self.room.look_at.emit(Filter(reader=self.session.party, place=place))
        elif event.key() == Qt.Key.Key_E and place:
            self.room.write.emit(f"{self.session.covenant.place_name(place)} ")
        else:
            return False
        return True

    def count(self) -> None:
        """Ask for a new count, and record it."""
        covenant, asking = self.session.covenant, self.room.asking
        places = tuple((one.code, covenant.place_name(one.code)) for one in covenant.places)
        words = {"present": _("are there"), "in": _("went in"), "out": _("went out"), "percent": _("percent full")}
        fields = [
            Field("place", _("Place"), places, value=self.place()),
            Field("number", _("Number"), needed=True),
            Field("measure", _("that"), tuple((one, words.get(one, one)) for one in MEASURES)),
        ]

        def failed(error: CommandLogError) -> None:
            asking.failed(str(error))

        def then(answers: Answers) -> None:
            said = "".join(answers["number"].split()).replace(".", "").removesuffix("%")
            if not (said.isascii() and said.isdigit() and len(said) < 12):
                asking.failed(_("“{text}” is no number: write figures, such as 2100.").format(text=answers["number"]))
                return
            how_many, measure, place = int(said), answers["measure"], answers["place"]
            if answers["number"].strip().endswith("%"):
                measure = "percent"
            self.session.do(
                lambda desk: counting.count(desk, how_many, measure=measure, place=place),
                lambda _record: asking.done(),
                failed,
            )

        asking.ask(_("Count people"), fields, then)
