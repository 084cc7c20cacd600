"""The alarms screen: what presses most first, each with what to do, and one key for having seen it."""

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLabel, QListView, QMenu, QVBoxLayout, QWidget

from commandlog.language import _, ngettext
from commandlog.views import timeline
from commandlog.views.alarm_rules import LIVE
from commandlog.views.alarms import AlarmLine
from commandlog.views.lines import Line
from commandlog.views.moments import local

from ..asking import Answers, Field
from ..room import Room
from .model import ALARM, Alarms
from .painting import AlarmPainter

MINUTES = (5, 10, 30)
"""For how long an alarm can be put off."""


class AlarmsScreen(QWidget):
    """A list; the letters of an entry's deeds are done to what the alarm is about."""

    typed = Signal(str)
    """Letters that belong to the entry line."""

    def __init__(self, room: Room, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.room, self.session, self.theme = room, room.session, room.theme
        self.ringing = room.seat.alarms
        self.painter = AlarmPainter(self.theme, self.session.covenant, self.session.zone, self)
        self.head, self.foot, self.empty = (self._label() for _part in range(3))
        self.model = Alarms(self)
        self.model.spoken = self.painter.spoken
        self.view = QListView(self)
        self.view.setModel(self.model)
        self.view.setItemDelegate(self.painter)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setUniformItemSizes(True)
        self.view.setAccessibleName(_("Alarms"))
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._menu)
        self.view.doubleClicked.connect(lambda _index: self.do_to_entry())
        self.view.installEventFilter(self)
        self.lists = [self.view]
        over = QVBoxLayout(self.view.viewport())
        over.addWidget(self.empty)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.head)
        box.addWidget(self.view, 1)
        box.addWidget(self.foot)
        self.setFocusProxy(self.view)
        self.typed.connect(room.write)
        self.ringing.changed.connect(self.refresh)
        self.theme.changed.connect(self._dress)
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._second)
        self._tick.start()
        self._dress()
        self.refresh()

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        return label

    def _dress(self) -> None:
        theme = self.theme
        for one in (self.head, self.foot):
            one.setFont(theme.small)
            one.setMargin(theme.px(8))
        ink = self.foot.palette()
        ink.setColor(self.foot.foregroundRole(), theme.colour("muted"))
        self.foot.setPalette(ink)
        self.empty.setMargin(theme.px(24))
        self.view.scheduleDelayedItemsLayout()

    # -- what is shown -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the alarms that there are now; whoever reads stays where they are."""
        look = self.ringing.look
        self.painter.now = self.session.log.clock()
        at = self.view.currentIndex().row()
        self.model.show(look.lines)
        self._stay(at)
        self.head.setText(self._headed())
        keys = _("Enter: seen · L: later · →: to the entry · its own letters do what is to be done · Ctrl+F8: sound")
        self.foot.setText(keys)
        nothing = _("Nothing presses. What is not assessed, answered or done in time comes here by itself.")
        away = [f"{local(one.shelved, self.session.zone):%H:%M}  {one.name}  {one.reference}" for one in look.shelved]
        later = _("Put off until later:") if away else ""
        self.empty.setText("\n".join(part for part in (nothing, "", later, *away[:8]) if part or away))
        self.empty.setVisible(not look.lines)

    def _headed(self) -> str:
        look = self.ringing.look
        many, waiting = len(look.lines) + look.unlisted, len(self.ringing.ringing())
        parts = [ngettext("{n} alarm", "{n} alarms", many).format(n=many)]
        if many:
            parts.append(_("{n} not seen yet").format(n=waiting) if waiting else _("all seen"))
        if look.unlisted:
            parts.append(_("{n} not listed here").format(n=look.unlisted))
        if look.shelved:
            until = local(min(one.shelved for one in look.shelved), self.session.zone)
            told = ngettext("{n} put off until {time}", "{n} put off, the first until {time}", len(look.shelved))
            parts.append(told.format(n=len(look.shelved), time=f"{until:%H:%M}"))
        hour = ngettext("{n} in the last hour", "{n} in the last hour", look.hour).format(n=look.hour)
        flood = ": ".join((f"! {hour}", _("a flood, more than anybody can follow")))
        parts.append(flood if look.floods else hour)
        parts.append(_("sound on") if self.ringing.loud else "! " + _("sound off at this desk"))
        return "   ·   ".join(parts)

    def _stay(self, at: int) -> None:
        """Stand at an alarm where there is one: at the one that took the place of what has gone."""
        if self.model.rowCount() and not self.view.currentIndex().isValid():
            self._choose(min(max(at, 0), self.model.rowCount() - 1))

    def _choose(self, row: int) -> None:
        index = self.model.index(row)
        self.view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.view.scrollTo(index)

    def _second(self) -> None:
        self.painter.now = self.session.log.clock()
        if self.isVisible():
            self.view.viewport().update()

    # -- hands ---------------------------------------------------------------------------------------------------------

    def alarm(self) -> AlarmLine | None:
        """Return the alarm that the reader is at."""
        index: QModelIndex = self.view.currentIndex()
        found: AlarmLine | None = index.data(ALARM) if index.isValid() else None
        return found

    def current(self) -> Line | None:
        """Return the entry that the alarm is about, as far as this party may read it."""
        alarm = self.alarm()
        if alarm is None or not alarm.entry:
            return None
        return timeline.entry(self.session.log, self.session.moment, alarm.entry, self.session.party)

    def to_newest(self) -> None:
        """Go to the alarm that came last of those that nobody has seen."""
        newest = self.ringing.newest()
        if newest and (row := self.model.row_of(newest.key)) >= 0:
            self._choose(row)
        self.setFocus()

    def do_seen(self) -> None:
        """Say that this alarm was seen, and go on to the next one that was not."""
        alarm = self.alarm()
        if alarm is None:
            return
        if alarm.rings:
            self.ringing.see(alarm)
        at = self.view.currentIndex().row()
        rows = [*range(at + 1, self.model.rowCount()), *range(at)]
        following = next((row for row in rows if self.model.lines[row].rings), -1)
        if following >= 0:
            self._choose(following)

    def do_shelve(self) -> None:
        """Put this alarm off for a time."""
        alarm = self.alarm()
        if alarm is None:
            return
        if alarm.code in LIVE:
            told = _("“{alarm}” cannot be put off: Enter says that you have seen it.")
            self.room.told.emit(told.format(alarm=alarm.name))
            return
        choices = tuple((str(n), _("{n} min").format(n=n)) for n in MINUTES)

        def then(answers: Answers) -> None:
            self.room.asking.done()
            self.ringing.shelve(alarm, int(answers["minutes"]))

        title = _("Ring again later: {alarm} {reference}").format(alarm=alarm.name, reference=alarm.reference)
        fields = [Field("minutes", _("After"), choices, str(MINUTES[1]), needed=True)]
        self.room.asking.ask(title, fields, then, fresh=True)

    def do_to_entry(self) -> None:
        """Go to the entry that this alarm is about, in the timeline."""
        alarm = self.alarm()
        if alarm and alarm.entry:
            self.room.go_to.emit(alarm.entry)

    def _menu(self, point: QPoint) -> None:
        menu = QMenu(self.view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self.view.actions())
        menu.popup(self.view.viewport().mapToGlobal(point))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Letters that mean nothing here begin an entry."""
        if watched is not self.view or not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        if not self._is_text(event, self.view.actions()):
            return False
        self.typed.emit(event.text())
        return True

    @staticmethod
    def _is_text(event: QKeyEvent, deeds: list[QAction]) -> bool:
        """Whether a key is a letter that means nothing here."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        known = any(QKeySequence(event.keyCombination()) in one.shortcuts() for one in deeds)
        return bool(plain and event.text() and event.text().isprintable() and not known)
