"""The timeline screen: what is looked at, the search above it, and the entry in full beside it."""

from msgspec.structs import replace
from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from commandlog.language import _, ngettext
from commandlog.model.errors import RuleError
from commandlog.model.records import SYSTEM_KINDS
from commandlog.views import timeline
from commandlog.views.filters import Filter
from commandlog.views.lines import Line
from commandlog.views.moments import Moment

from ..asking import Answers, Field
from ..models.timeline import TimelineModel
from ..room import Room
from ..window.detail import Detail
from ..window.rail import Rail
from ..window.search import SearchField
from .filterbar import FACETS, FilterBar
from .filtering import everything, filter_fields, filter_of, quick_field, with_one
from .painting import EntryPainter
from .saved import keep_view, saved_views
from .view import TimelineView

_TWO_PANES, _THREE_PANES = 760, 1_100  # pixels at 100 % from which the views, and the detail too, have room


class TimelineScreen(QWidget):
    """Rail, list and detail; the list keeps its place whatever comes in."""

    typed = Signal(str)
    """Letters that belong to the entry line."""

    def __init__(self, room: Room, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        session, theme = room.session, room.theme
        self.room = room
        self.session, self.theme = session, theme
        self.wanted = everything(session)
        self.search_text = ""
        self._build()
        self._show(keep=False)
        session.advanced.connect(self._advance)
        session.closing.connect(self._stop)

    def _stop(self) -> None:
        self.view.entries().stop()

    def _build(self) -> None:
        session, theme = self.session, self.theme
        self.rail = Rail(session, theme, self)
        self.search = SearchField(self)
        self.count = QLabel(self)
        self.count.setTextFormat(Qt.TextFormat.PlainText)
        self.filters = FilterBar(session, theme, self)
        self.filters.wanted.connect(self.look_at)
        self.painter = EntryPainter(theme, session.covenant, session.zone, self, session)
        self.view = TimelineView(theme, self.painter, self)
        self.view.setAccessibleName(_("Timeline"))
        self.detail = Detail(session, theme, self)
        head = QHBoxLayout()
        head.setContentsMargins(theme.px(6), 0, theme.px(10), 0)
        head.addWidget(self.search, 1)
        head.addWidget(self.count)
        middle = QWidget(self)
        box = QVBoxLayout(middle)
        box.setContentsMargins(0, 6, 0, 0)
        box.setSpacing(6)
        box.addLayout(head)
        box.addWidget(self.filters)
        box.addWidget(self.view, 1)
        self.panes = QSplitter(self)
        self.panes.setChildrenCollapsible(False)
        self.panes.setHandleWidth(1)
        for pane in (self.rail, middle, self.detail):
            self.panes.addWidget(pane)
        for number, stretch in enumerate((0, 1, 0)):
            self.panes.setStretchFactor(number, stretch)
        self._arranged = (-1, 0)
        theme.changed.connect(self._arrange)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.panes)
        self.rail.wanted.connect(self.look_at)
        self.search.wanted.connect(self.look_for)
        self.search.left.connect(self.view.setFocus)
        self.view.typed.connect(self.typed)
        self.rail.typed.connect(self.typed)
        self.rail.left.connect(self._leave_rail)
        self.view.chosen.connect(self.detail.show_line)
        self.view.opened.connect(self._read_in_full)
        self.detail.left.connect(self._leave_detail)
        self.lists = [self.view]
        self.setFocusProxy(self.view)
        self.rail.views().count(session.moment)

    # -- the panes -----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Give the list its room first: on a narrow screen the detail goes, then the views."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Show as many panes as there is room for; within that, the hands that moved a divider are left in peace."""
        px = self.theme.px
        many = sum(self.width() >= px(wide) for wide in (0, _TWO_PANES, _THREE_PANES))
        if (many, self.theme.percent) == self._arranged:
            return
        self._arranged = (many, self.theme.percent)
        self.rail.setMinimumWidth(px(140))
        self.detail.setMinimumWidth(px(200))
        self.rail.setVisible(many > 1)
        self.detail.setVisible(many > 2)
        rail, detail = px(190), min(px(420), max(px(290), self.width() // 5))
        self.panes.setSizes([rail, max(px(300), self.width() - rail - detail), detail])

    def _read_in_full(self) -> None:
        self.detail.show()
        self.detail.setFocus()

    def _leave_detail(self) -> None:
        self.detail.setVisible(self._arranged[0] > 2)
        self.view.setFocus()

    def do_views(self) -> None:
        """Go to the views; Esc leads back to the list."""
        self.rail.show()
        self.rail.setFocus()

    def _leave_rail(self) -> None:
        self.rail.setVisible(self._arranged[0] > 1)
        self.view.setFocus()

    # -- what is looked at ---------------------------------------------------------------------------------------------

    def look_at(self, wanted: Filter) -> None:
        """Show another view; the search stays."""
        self.wanted = wanted
        self.rail.show_filter(wanted)
        self._show()

    def go_to(self, entry: int) -> None:
        """Go to an entry; where this list does not show it, to the list of all."""
        row = self.view.entries().row_of(entry)
        if row < 0:
            self.search.clear()
            self.search_text, self.wanted = "", everything(self.session)
            self.rail.show_filter(self.wanted)
            self._show(keep=False)
            row = self.view.entries().row_of(entry)
        if row >= 0:
            self.view.go_to(row)

    def look_for(self, text: str) -> None:
        """Search in the view; an empty text shows all of it again."""
        if text != self.search_text:
            self.search_text = text
            self._show()

    def _show(self, *, keep: bool = True) -> None:
        """Show the list of now, at the entry that the reader was at where it is in the list."""
        current = self.view.current() if keep and self.view.model() is not None else None
        before = self.view.model()
        try:
            wanted = replace(self.wanted, search=self.search_text)
            model = TimelineModel(self.session.log, self.session.moment, wanted, self)
        except RuleError as error:
            self.count.setText(str(error))
            return
        model.spoken = self.painter.wording.spoken
        model.behind.connect(self.session.bridge.look, Qt.ConnectionType.QueuedConnection)
        self.view.says_when_empty = self._when_empty()
        self.filters.show_filter(self.wanted)
        self.view.show_model(model)
        if isinstance(before, TimelineModel):
            before.stop()
            before.deleteLater()
        for signal in (model.rowsInserted, model.rowsRemoved):
            signal.connect(self._say_count)
        self._say_count()
        row = model.row_of(current.entry) if current else -1
        if row >= 0:
            self.view.go_to(row)
        else:
            self.detail.show_line(None)
            if self.view.hasFocus():
                self.view.stand()

    def _say_count(self, _parent: QModelIndex | None = None, _first: int = 0, _last: int = 0) -> None:
        model = self.view.entries()
        n = model.rowCount()
        text = ngettext("{n} entry", "{n} entries", n).format(n=f"{n:,}".replace(",", "."))
        self.count.setText(text if model.rows.complete else text + " …")

    def _advance(self, moment: Moment) -> None:
        self.view.entries().advance(moment)
        self.rail.views().count(moment)

    # -- what is done with an entry ------------------------------------------------------------------------------------

    def current(self) -> Line | None:
        """Return the entry that the reader is at."""
        return self.view.current()

    def copy(self) -> None:
        """Copy the selected entries as text, a line each."""
        texts = [self.painter.wording.copied(line) for line in self.view.marked()]
        if texts:
            QGuiApplication.clipboard().setText("\n".join(texts))

    def focus_search(self) -> None:
        """Go to the search field."""
        self.search.setFocus()
        self.search.selectAll()

    # -- what the table of actions asks of this screen -----------------------------------------------------------------

    def do_filter(self) -> None:
        """Ask what to filter by: one thing by its name, or (Enter on nothing) several."""

        def one(answers: Answers) -> None:
            self.room.asking.done()
            if answers["what"]:
                self.look_at(with_one(self.wanted, answers["what"]))
            else:
                self.room.asking.ask(_("Show only …"), filter_fields(self.session, self.wanted), several, fresh=True)

        def several(answers: Answers) -> None:
            self.room.asking.done()
            self.look_at(filter_of(self.session, self.wanted, answers))

        self.room.asking.ask(_("Show only"), [quick_field(self.session)], one, fresh=True)

    def do_unfilter(self) -> None:
        """Show everything again."""
        self.search.clear()
        self.search_text = ""
        self.look_at(everything(self.session))

    def do_history(self) -> None:
        """Show what the program wrote of itself, or no longer."""
        self.look_at(replace(self.wanted, system=not self.wanted.system))

    def do_sealed(self) -> None:
        """Show that there are entries which this party may not read, or no longer."""
        self.look_at(replace(self.wanted, sealed=not self.wanted.sealed))

    def do_save_view(self) -> None:
        """Keep what is looked at under a name."""

        def then(answers: Answers) -> None:
            name = " ".join(answers["name"].split())[:40]
            if keep_view(name, replace(self.wanted, search=self.search_text)):
                self.room.asking.done()
                self.rail.views().add_own(name, replace(self.wanted, search=self.search_text))
                self.rail.views().count(self.session.moment)
            else:
                self.room.asking.failed(_("The settings folder cannot be written: the view is not kept."))

        fields = [Field("name", _("Name"), needed=True)]
        self.room.asking.ask(_("Keep this view under a name"), fields, then)

    def do_forget_view(self) -> None:
        """Keep a view of one's own no longer."""
        names = tuple((name, name) for name in saved_views())
        if not names:
            self.room.told.emit(_("No view has been kept yet: Ctrl+S keeps the one that you look at."))
            return

        def then(answers: Answers) -> None:
            keep_view(answers["name"], None)
            self.rail.views().drop_own(answers["name"])
            self.room.asking.done()

        self.room.asking.ask(_("Keep a view no longer"), [Field("name", _("Which"), names, needed=True)], then)

    def do_thread_before(self) -> None:
        """Go to the entry before this one in its thread."""
        self._along(-1)

    def do_thread_after(self) -> None:
        """Go to the entry after this one in its thread."""
        self._along(1)

    def _along(self, by: int) -> None:
        line = self.current()
        if line is None:
            return
        found = timeline.thread(self.session.log, self.session.moment, line.thread, self.session.party)
        entries = [one.entry for one in found if one.kind not in SYSTEM_KINDS]
        at = entries.index(line.entry) + by if line.entry in entries else -1
        if 0 <= at < len(entries):
            self.go_to(entries[at])

    def _when_empty(self) -> str:
        """Return what to do next where this list shows nothing."""
        if self.search_text:
            return _("Nothing is found. Esc in the search field shows all again; a part of a word is enough.")
        if any(getattr(self.wanted, facet) for facet, _name in FACETS):
            return _("Nothing here. Shift+F shows everything.")
        return _("Nothing has been written yet. Type what happened in the line below, and press Enter.")
