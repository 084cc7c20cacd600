"""The plan screen: the plan, and beside it the places as a list and the one that is chosen in words."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QModelIndex, QSize, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QListView, QSplitter, QStackedLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from commandlog.language import _
from commandlog.log.store import Log
from commandlog.model.errors import CommandLogError, RuleError
from commandlog.views import crowd, places
from commandlog.views.crowd import Crowd
from commandlog.views.filters import Filter
from commandlog.views.moments import Moment
from commandlog.views.places import Pin, PlaceTotals

from ..asking import Answers, Field
from ..room import Room
from .foreign import LARGEST, pixels
from .hands import Plan
from .kept import Kept, Rings, keep, keep_picture, read_kept, read_picture
from .list import PlacePainter
from .model import ROW, PlaceModel
from .sheet import sheet_for
from .telling import told_place

_PAUSE = 150  # milliseconds between two looks, however much comes in
_AGAIN = 20_000  # milliseconds after which what depends on the clock is counted again


class Seen:
    """What was found out beside the window."""

    def __init__(self, totals: dict[str, PlaceTotals], crowds: dict[str, Crowd], pins: list[Pin]) -> None:
        self.totals, self.crowds, self.pins = totals, crowds, pins


def looker(codes: list[str], moment: Moment, reader: str, *, pins: bool) -> Callable[[Log], Seen]:
    """Return what is to be found out about places at a moment, as work to be done beside the window.

    Without `pins`, no entries are looked through for them: a plan that is not of the earth cannot show any.
    """

    def work(log: Log) -> Seen:
        log.refresh()
        crowds = {one.place: one for one in crowd.crowd(log, moment, reader)}
        found = places.pins(log, moment, reader) if pins else []
        return Seen(places.totals(log, moment, codes, reader), crowds, found)

    return work


class PlanScreen(QWidget):
    """The places of the event, where they are."""

    def __init__(self, room: Room, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.room, self.session, self.theme = room, room.session, room.theme
        self.log_id = self.session.log.id
        self.kept = read_kept(self.log_id)
        self.covenant = self.session.covenant
        self.model = PlaceModel(self.covenant, self)
        self._busy = False
        self._next: Moment | None = None
        self._build()
        self.show_plan()
        self.session.advanced.connect(self.refresh)
        self.session.moved.connect(self._refresh_now)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self._look_again)
        self._again = QTimer(self, interval=_AGAIN)
        self._again.timeout.connect(self._refresh_now)
        self._again.start()
        self.session.closing.connect(self._again.stop)
        self.session.closing.connect(self._pause.stop)

    def _build(self) -> None:
        self.view = Plan(self.session, self.theme, self.model, self)
        self.empty = self._label()
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setText(
            _("There is no plan of this event yet. Ctrl+G takes a picture of the venue to draw places on.")
        )
        self.list = QListView(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(PlacePainter(self.theme, self.list))
        self.list.setAccessibleName(_("Places"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        self.title, self.told, self.hint = self._label(), self._label(), self._label()
        self.title.setContentsMargins(0, 0, 0, 0)
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        whole = QWidget(self)
        self.stack = QStackedLayout(whole)
        self.stack.addWidget(self.view)
        self.stack.addWidget(self.empty)
        left, right = QWidget(self), QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(whole, 1)
        column.addWidget(self.hint)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addWidget(self.told)
        column.addWidget(self.list, 1)
        self.split = QSplitter(Qt.Orientation.Horizontal, self)
        self.split.addWidget(left)
        self.split.addWidget(right)
        self.split.setStretchFactor(0, 1)
        self.split.setChildrenCollapsible(False)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.split)
        self.setFocusProxy(self.view)
        self._connect()
        self._dress()
        self._tell()

    def _connect(self) -> None:
        view = self.view
        view.chosen.connect(self._chosen)
        view.opened.connect(self._open)
        view.written.connect(self._write)
        view.pinned.connect(self.room.go_to)
        view.searched.connect(self._hint)
        view.traced.connect(self._name_area)
        view.erased.connect(self._erase)
        view.ground_wanted.connect(self.ask_ground)
        self.list.activated.connect(lambda index: self._open(index.data(ROW).code))
        self._connect_model()
        self.theme.changed.connect(self._dress)

    def _connect_model(self) -> None:
        self.list.selectionModel().currentChanged.connect(self._listed)
        self.model.dataChanged.connect(self._row_changed)

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setMargin(10)
        return label

    def _dress(self) -> None:
        self.hint.setFont(self.theme.small)
        self.title.setFont(self.theme.strong)
        self.told.setMinimumHeight(self.theme.px(130))
        self.split.setSizes([10 * self.theme.px(80), self.theme.px(270)])
        self.list.scheduleDelayedItemsLayout()
        palette = self.hint.palette()
        palette.setColor(self.hint.foregroundRole(), self.theme.colour("muted"))
        self.hint.setPalette(palette)
        self._hint("")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size at which a plan can be read."""
        return QSize(1000, 600)

    # -- what is shown -------------------------------------------------------------------------------------------------

    def show_plan(self) -> None:
        """Show the plan that there is now."""
        png = read_picture(self.log_id) if self.kept.picture else b""
        sheet = sheet_for(self.session.covenant, self.kept, png)
        self.view.show_sheet(sheet)
        self.stack.setCurrentWidget(self.view if sheet else self.empty)
        self.setFocusProxy(self.view)
        self._hint("")

    def refresh(self, moment: Moment) -> None:
        """Find out what goes on at each place, beside the window; not while nobody sees it."""
        if not self.isVisible():
            return
        if self.session.covenant is not self.covenant:
            self._take_covenant()
        if self._busy or self._pause.isActive():
            self._next = moment
            return
        self._busy, self._next = True, None
        codes, sheet = [row.code for row in self.model.rows], self.view.sheet
        pins = sheet is not None and sheet.earth is not None
        self.session.look(looker(codes, moment, self.session.party, pins=pins), self._show, self._freed)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Catch up with what went on while nobody looked."""
        super().showEvent(event)
        self._refresh_now()

    def _take_covenant(self) -> None:
        """Show the places of the covenant that holds now; the reader stays at the place."""
        chosen, before = self.view.place, self.model
        self.covenant = self.session.covenant
        self.model = PlaceModel(self.covenant, self)
        self.list.setModel(self.model)
        self.view.take_model(self.model)
        self._connect_model()
        self.show_plan()
        if self.model.row(chosen):
            self._chosen(chosen)
        else:
            self.view.choose("")
        before.deleteLater()

    def _refresh_now(self) -> None:
        self.refresh(self.session.moment)

    def _freed(self, _error: CommandLogError) -> None:
        """Go on after what could not be read: the next change asks again."""
        self._busy = False

    def _show(self, seen: Seen) -> None:
        if not isValid(self):  # the window was furnished anew meanwhile
            return
        self._busy = False
        self.model.show(seen.totals, seen.crowds)
        self.view.show_pins(seen.pins)
        self._pause.start()

    def _look_again(self) -> None:
        if self._next:
            self.refresh(self._next)

    def _row_changed(self, first: QModelIndex, _last: QModelIndex) -> None:
        if self.model.rows[first.row()].code == self.view.place:
            self._tell()

    def _tell(self) -> None:
        row = self.model.row(self.view.place)
        self.title.setText(row.name if row else _("No place is chosen."))
        self.told.setText(told_place(row, self.session) if row else "")

    def _hint(self, letters: str) -> None:
        """Say which keys do what just now."""
        if self.view.tracing is not None:
            text = _(
                "Arrows or mouse lead to a corner, Space or a click sets it, Enter at the last one closes ·"
                " Backspace takes one back · Esc ends"
            )
        elif letters:
            text = _("Place: {letters}").format(letters=letters)
        else:
            text = "≡ {} · ◇ {} · ! {} · ▲ {}     ".format(
                _("entries in 30 min"), _("open"), _("late"), _("as full as is warned of")
            ) + _(
                "Arrows or a name (capital first) choose · Enter entries · E write · + − F size · D draw an area ·"
                " Ctrl+G ground"
            )
        self.hint.setText(text)

    # -- choosing ------------------------------------------------------------------------------------------------------

    def current(self) -> None:
        """Return nothing: entries are dealt with in the timeline, where they can be read in full."""
        return

    def _chosen(self, code: str) -> None:
        number = self.model.number(code)
        index = self.model.index(number) if number >= 0 else QModelIndex()
        if self.list.currentIndex() != index:
            self.list.setCurrentIndex(index)
        self._tell()

    def _listed(self, index: QModelIndex, _before: QModelIndex) -> None:
        self.view.choose(index.data(ROW).code if index.isValid() else "")

    def _open(self, code: str) -> None:
        self.room.look_at.emit(Filter(reader=self.session.party, place=code))

    def _write(self, code: str) -> None:
        if row := self.model.row(code):
            self.room.write.emit(f"{row.name} ")

    # -- one's own ground and areas ------------------------------------------------------------------------------------

    def ask_ground(self) -> None:
        """Ask what the places are shown on."""
        options = [("file", _("a picture from a file (PNG, JPEG, SVG)")), ("own", _("the plan of the program"))]
        if read_picture(self.log_id):
            options.append(("picture", _("the picture that was taken before")))

        def then(answers: Answers) -> None:
            self.room.asking.done()
            if answers["ground"] == "file":
                self._choose_file()
            else:
                self._keep(Kept(self.kept.areas, answers["ground"] == "picture"))

        self.room.asking.ask(_("Show the places on"), [Field("ground", _("Ground"), tuple(options))], then)

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, _("A picture of the venue"))
        dialog.setNameFilter(_("Pictures") + " (*.png *.jpg *.jpeg *.svg *.webp)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.take_picture(Path(name)))
        dialog.open()

    def take_picture(self, path: Path) -> None:
        """Show a picture of the venue; it is made harmless first, beside the window."""

        def work(_log: Log) -> bytes | CommandLogError:
            try:
                with path.open("rb") as file:
                    return pixels(file.read(LARGEST + 1))
            except OSError as error:
                return RuleError(_("{file} cannot be read: {why}.").format(file=path.name, why=error.strerror))
            except CommandLogError as error:
                return error

        def done(png: bytes | CommandLogError) -> None:
            if not isValid(self):
                return
            if isinstance(png, CommandLogError):
                self.room.told.emit(str(png))
            elif not keep_picture(self.log_id, png):
                self.room.told.emit(_("The picture could not be kept: the settings folder cannot be written."))
            else:
                self.room.told.emit(_("D draws the areas of places on the picture."))
                self._keep(Kept(self.kept.areas, picture=True))

        self.session.look(work, done)

    def _name_area(self, corners: list[tuple[float, float]]) -> None:
        parties = tuple((row.code, row.name) for row in self.model.rows)
        fields = [Field("place", _("Place"), parties, value=self.view.place)]

        def then(answers: Answers) -> None:
            self.room.asking.done()
            self._set_area(answers["place"], [corners])
            self.view.choose(answers["place"])

        self.room.asking.ask(_("Which place is this?"), fields, then)

    def _erase(self, code: str) -> None:
        if code in self.kept.drawn():
            self._set_area(code, [])
        else:
            self.room.told.emit(_("This area was not drawn here: it belongs to the event."))

    def _set_area(self, code: str, rings: Rings) -> None:
        self._keep(self.kept.with_area(code, rings))

    def _keep(self, kept: Kept) -> None:
        self.kept = kept
        if not keep(self.log_id, kept):
            self.room.told.emit(_("The plan could not be kept: the settings folder cannot be written."))
        self.show_plan()
