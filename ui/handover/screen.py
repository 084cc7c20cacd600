"""The handover: everything that is open, the outgoing operator's notes, and the incoming one's receipt."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QListView, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from commandlog.language import _, ngettext
from commandlog.log.store import Log
from commandlog.model.errors import CommandLogError
from commandlog.model.harmless import visible
from commandlog.model.records import Record
from commandlog.views.moments import Moment, local

from ..about import about
from ..room import Room
from ..signing.who import leave
from .items import Standing, hand_over, look, take_over, told
from .model import ITEM, Items
from .painting import ItemPainter


class HandoverScreen(QWidget):
    """What is open at the left; notes and the two steps at the right."""

    def __init__(self, room: Room, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.room, self.session, self.theme = room, room.session, room.theme
        self.signing = room.seat.signing
        self.standing = Standing((), 0, None)
        self._busy = False
        self._next: Moment | None = None
        self._receiving = 0
        self._gone_over = False
        self._build()
        self.session.advanced.connect(self.refresh)
        self.session.moved.connect(self._say)
        self.signing.signed.connect(self._signed)
        self.signing.given_up.connect(self._given_up)
        self.theme.changed.connect(self._dress)
        self._dress()
        self.refresh(self.session.moment)

    def _build(self) -> None:
        self.count, self.step, self.text, self.told = (self._plain() for _label in range(4))
        for label in (self.step, self.text, self.told):
            label.setWordWrap(True)
        self.items = Items(self)
        self.view = QListView(self)
        self.view.setModel(self.items)
        self.view.setItemDelegate(ItemPainter(self.theme, self.view))
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setResizeMode(QListView.ResizeMode.Adjust)
        self.view.setLayoutMode(QListView.LayoutMode.Batched)
        self.view.setAccessibleName(_("What is open"))
        self.view.installEventFilter(self)
        self.notes_label = self._plain()
        self.notes_label.setText(_("What must the next one know?"))
        self.notes = QPlainTextEdit(self)
        self.notes.setTabChangesFocus(True)
        self.notes.setAccessibleName(_("Notes for the next operator"))
        self.notes.setPlaceholderText(_("Who was promised what, whom to watch, what comes next …"))
        self.notes.installEventFilter(self)
        self.notes_label.setBuddy(self.notes)
        self.hand = QPushButton(_("Hand over and sign out (Ctrl+Enter)"), self)
        self.hand.clicked.connect(self.hand_over)
        self.take = QPushButton(_("I take over: sign in (Ctrl+Enter)"), self)
        self.take.clicked.connect(self.take_over)
        self.side = QVBoxLayout()
        for label in (self.step, self.text, self.notes_label):
            self.side.addWidget(label)
        self.side.addWidget(self.notes, 1)
        self.side.addWidget(self.told)
        self.side.addWidget(self.hand)
        self.side.addWidget(self.take)
        self.told.hide()
        self.side.addStretch()
        self.rule = QFrame(self)
        self.rule.setFixedWidth(1)
        self.rule.setAutoFillBackground(True)
        left = QVBoxLayout()
        left.setSpacing(0)
        self.head = QHBoxLayout()
        self.head.addWidget(self.count)
        left.addLayout(self.head)
        left.addWidget(self.view, 1)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(left, 3)
        box.addWidget(self.rule)
        box.addLayout(self.side, 2)
        self.setFocusProxy(self.notes)

    def _plain(self) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def _dress(self) -> None:
        theme = self.theme
        self.count.setFont(theme.strong)
        self.step.setFont(theme.strong)
        self.notes_label.setFont(theme.small)
        self.head.setContentsMargins(theme.px(16), theme.px(12), theme.px(12), theme.px(4))
        self.side.setContentsMargins(theme.px(20), theme.px(12), theme.px(16), theme.px(12))
        self.side.setSpacing(theme.px(8))
        ink = self.told.palette()
        ink.setColor(self.told.foregroundRole(), theme.colour("late"))
        self.told.setPalette(ink)
        line = self.rule.palette()
        line.setColor(self.rule.backgroundRole(), theme.colour("rule"))
        self.rule.setPalette(line)
        self.view.scheduleDelayedItemsLayout()

    # -- what is shown -------------------------------------------------------------------------------------------------

    def refresh(self, moment: Moment) -> None:
        """Ask what is open, beside the window."""
        if self._busy:
            self._next = moment
            return
        self._busy, self._next = True, None
        party = self.session.party

        def work(log: Log) -> Standing:
            return look(log, moment, party)

        self.session.look(work, self._show, self._freed)

    def _freed(self, _error: CommandLogError) -> None:
        """Go on after what could not be read: the next change asks again."""
        self._busy = False

    def _show(self, standing: Standing) -> None:
        self._busy = False
        self.standing = standing
        self.items.show(list(standing.items))
        self._say()
        if self._next:
            self.refresh(self._next)

    def _say(self) -> None:
        """Say how much is open, and which step comes next."""
        n = self.standing.open
        told = ngettext("{n} item is open", "{n} items are open", n).format(n=n) if n else _("Nothing is open.")
        self.count.setText(told)
        pending = self.standing.pending
        self.hand.setVisible(not pending)
        self.notes.setVisible(not pending)
        self.notes_label.setVisible(not pending)
        self.take.setVisible(bool(pending))
        self.text.setVisible(bool(pending))
        self.setFocusProxy(self.take if pending else self.notes)
        if self._gone_over and pending:
            self.take.setFocus()
        self._gone_over = self._gone_over and not pending
        if pending:
            when = f"{local(pending.at, self.session.zone):%H:%M}"
            step = _("Handed over at {time} ({reference}), not yet taken over.").format(
                time=when, reference=pending.reference
            )
            self.step.setText(step)
            self.text.setText(visible(pending.text, lines=True))
        else:
            name = self.signing.operator
            self.step.setText(
                _("{name} hands over").format(name=visible(name)) if name else _("Nobody is signed in at this desk")
            )

    def _tell(self, text: str) -> None:
        self.told.setText(text)
        self.told.setVisible(bool(text))

    # -- the two steps -------------------------------------------------------------------------------------------------

    def hand_over(self) -> None:
        """Write the handover down and sign out; what is typed stays until it is stored."""
        if not self.hand.isEnabled():
            return
        self.hand.setEnabled(False)
        text = told(self.standing, self.signing.operator, self.notes.toPlainText())

        def stored(_record: Record) -> None:
            self.hand.setEnabled(True)
            self.notes.clear()
            self._tell("")
            self.session.do(leave, lambda _left: self.session.moved.emit())
            self._gone_over = True
            self._say()

        def failed(error: CommandLogError) -> None:
            self.hand.setEnabled(True)
            self._tell(str(error))

        self.session.do(lambda desk: hand_over(desk, text), stored, failed)

    def take_over(self) -> None:
        """Let the incoming operator sign in; the receipt is written down when that is done."""
        if pending := self.standing.pending:
            self._receiving = pending.entry
            self.signing.begin()

    def _given_up(self) -> None:
        self._receiving = 0

    def _signed(self, name: str) -> None:
        entry, self._receiving = self._receiving, 0
        if entry and name:
            self.session.do(about(entry, lambda desk, at: take_over(desk, at, name)))
        self._say()

    # -- hands ---------------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Ctrl+Enter takes the step; Esc leads to the list and back; Enter in the list shows the entry."""
        if not isinstance(event, QKeyEvent):
            return False
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.type() == QEvent.Type.ShortcutOverride and watched is self.notes and not held:
            event.accept()
            return True
        if event.type() != QEvent.Type.KeyPress:
            return False
        if enter and held:
            self.take_over() if self.standing.pending else self.hand_over()
        elif watched is self.notes and event.key() == Qt.Key.Key_Escape:
            self.view.setFocus()
        elif watched is self.view and event.key() == Qt.Key.Key_Escape:
            (self.take if self.standing.pending else self.notes).setFocus()
        elif watched is self.view and enter:
            item = self.view.currentIndex().data(ITEM) if self.view.currentIndex().isValid() else None
            if item and item.entry:
                self.room.go_to.emit(item.entry)
        else:
            return False
        return True
