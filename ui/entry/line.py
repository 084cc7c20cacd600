"""The entry line: what is typed is read at once, shown as chips, and leaves only when it is stored."""

from datetime import UTC, datetime
from typing import NamedTuple

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from commandlog.intake.entering import enter
from commandlog.intake.names import vocabulary
from commandlog.intake.quick_entry import QuickEntry, read
from commandlog.language import _
from commandlog.log.desk import Desk
from commandlog.model.errors import CommandLogError, OutsideMandate
from commandlog.model.frames import Source
from commandlog.model.harmless import visible
from commandlog.model.records import Record
from commandlog.views.presence import empty_desk

from ..session import Session
from ..theme import Theme
from .chips import Chips
from .drafts import Drafts, keep_drafts, read_drafts
from .files import Waiting, attach_all, has_files, take_in
from .offering import Offering
from .receipt import Receipt
from .text import Line

KEEP_AFTER = 300  # milliseconds without a key until what is typed is kept for after a crash
MOST_HISTORY = 100
LETTERS = "ABCDEFGHI"  # by which parked lines are taken up again, with Alt
UNKNOWN = "unknown"  # the role, in scenarios that name it, of a voice that nobody knows
_PARKED = 28  # characters of a parked line that are in sight


class Sent(NamedTuple):
    """A line that is being stored: its text, why one goes on, since when it was typed, and what goes with it."""

    text: str
    reason: str
    heard_at: int
    files: tuple[Waiting, ...] = ()
    unknown_voice: bool = False


class EntryPane(QWidget):
    """The line with its chips, what is parked and what is being stored."""

    stored = Signal(object)
    """The Record that Enter made."""
    left = Signal()
    """Esc was pressed in a line without text: back to the list."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.theme = session, theme
        self._heard_at = 0
        self._parked: list[tuple[str, int]] = []
        self._sent: list[Sent] = []
        self._holds_sent = False  # the line still shows the text that is being stored
        self._reason_for: Sent | None = None
        self._files: list[Waiting] = []
        self._unknown_voice = False
        self._history: list[str] = []
        self._at_history = 0
        self.receipt = Receipt(session, self)
        self._build()
        self._keep = QTimer(self, singleShot=True, interval=KEEP_AFTER)
        self._keep.timeout.connect(self.keep)
        self._restore()
        session.moved.connect(self._changed)
        theme.changed.connect(self._dress)
        self._dress()

    def _build(self) -> None:
        self.setAcceptDrops(True)
        self.chips = Chips(self.theme, self)
        self.chips.chosen.connect(self.correct_chip)
        self.parked, self.told, self.called, self.state = (self._label() for _part in range(4))
        self.told.setWordWrap(True)
        self.called.setWordWrap(True)
        self.line = Line(self._key, self)
        self.line.setAccessibleName(_("Entry"))
        self.line.textEdited.connect(self._edited)
        self.receipt.said.connect(self._say_state)
        self.line.textChanged.connect(self._changed)
        self.offering = Offering(self.session, self.theme, self.line)
        self.offering.took.connect(self._keep_soon)
        self.offers = self.offering.offers
        above = QHBoxLayout()
        above.addWidget(self.chips, 1)
        above.addWidget(self.state, 0, Qt.AlignmentFlag.AlignTop)
        self._box = QVBoxLayout(self)
        self._box.addWidget(self.parked)
        self._box.addLayout(above)
        self._box.addWidget(self.called)
        self._box.addWidget(self.told)
        self._box.addWidget(self.line)
        self.retranslate()

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.hide()
        return label

    def _dress(self) -> None:
        theme = self.theme
        self._box.setContentsMargins(theme.px(12), theme.px(6), theme.px(12), theme.px(10))
        self._box.setSpacing(theme.px(4))
        for label, meaning in (
            (self.parked, "muted"),
            (self.state, "muted"),
            (self.called, "waiting"),
            (self.told, "late"),
        ):
            label.setFont(theme.small)
            ink = label.palette()
            ink.setColor(label.foregroundRole(), theme.colour(meaning))
            label.setPalette(ink)

    def retranslate(self) -> None:
        """Say it in the language of now."""
        self.line.setPlaceholderText(
            _("What happened?   21:05  Oog 2  poort F  man filmt camera’s  #verdacht  !urgent  >politie voor 21:10")
        )
        self._read_anew()
        self._show_parked()
        self._changed()

    def _read_anew(self) -> None:
        self._known = vocabulary(self.session.covenant)
        self.offering.read_anew()

    # -- typing --------------------------------------------------------------------------------------------------------

    def begin(self, text: str = "") -> None:
        """Take the keys, with what was typed elsewhere."""
        self.line.setFocus()
        if text:
            self._let_go()
            self.line.end(False)
            self.line.insert(text)
            self._edited(self.line.text())

    def text(self) -> str:
        """Return what is in the line."""
        return self.line.text()

    def _edited(self, text: str) -> None:
        if text and not self._heard_at:
            self._heard_at = self.session.log.clock()
        if not text:
            self._heard_at = 0
        if not self._sent:
            self.receipt.follow(None)
            self._say_state("")
        self._at_history = 0
        self._keep.start()
        if self._reason_for is None:
            self.offering.complete()

    def _keep_soon(self) -> None:
        self._keep.start()

    def _changed(self, _text: str = "") -> None:
        entry = self._entry()
        self.chips.files = [one.told for one in self._files]
        self.chips.voice = _("unknown voice") if self._unknown_voice else ""
        self.chips.show_entry(entry, self.session.covenant)
        self._warn_of_empty_desk(entry)

    def _warn_of_empty_desk(self, entry: QuickEntry | None) -> None:
        """Say before it is sent that nobody is at the desk of whom it is for, and whom to call."""
        session = self.session
        party = entry.to_party if entry else ""
        told = empty_desk(session.log, session.covenant, party, session.party) if party else ""
        self.called.setText(told)
        self.called.setVisible(bool(told))

    def _entry(self) -> QuickEntry | None:
        text = self.line.text()
        if not text.strip() or self._reason_for is not None:
            return None
        now = datetime.fromtimestamp(self.session.log.clock() / 1000, UTC)
        return read(text, self.session.covenant, now.astimezone(self.session.zone), self._known)

    def correct_chip(self, number: int) -> None:
        """Offer what a chip may be instead; its words are selected, so that typing looks for others."""
        parts = self.chips.parts()
        if 0 <= number < len(parts):
            self.offering.correct(parts[number])

    # -- keys ----------------------------------------------------------------------------------------------------------

    def _key(self, event: QKeyEvent) -> bool:
        """Decide about a key; returns whether it is done with."""
        key, modifiers = event.key(), event.modifiers()
        arrow = key in (Qt.Key.Key_Down, Qt.Key.Key_Up)
        step = 1 if key == Qt.Key.Key_Down else -1
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.offering.corrects:
                self.offering.take()
            else:
                self.send()
        elif key == Qt.Key.Key_Tab and self.offers.row >= 0:
            self.offering.take()
        elif arrow and self.offers.isVisible():
            self.offers.step(step)
        elif arrow and not modifiers & ~Qt.KeyboardModifier.KeypadModifier:
            return self._from_history(-step)
        elif key == Qt.Key.Key_Escape:
            self._back()
        elif modifiers == Qt.KeyboardModifier.AltModifier and key == Qt.Key.Key_0:
            self._unknown_voice = not self._unknown_voice
            self._changed()
        elif modifiers == Qt.KeyboardModifier.AltModifier and Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            self.correct_chip(key - Qt.Key.Key_1)
        elif modifiers == Qt.KeyboardModifier.AltModifier and self._letter(key) < len(self._parked):
            self.unpark(self._letter(key))
        elif event.matches(QKeySequence.StandardKey.Paste) and has_files(QGuiApplication.clipboard().mimeData()):
            self.take_files(QGuiApplication.clipboard().mimeData())
        elif self._files and not self.line.text() and key == Qt.Key.Key_Backspace:
            self._files.pop()
            self._changed()
        else:
            return self._typed_on(event)
        return True

    @staticmethod
    def _letter(key: int) -> int:
        found = key - Qt.Key.Key_A
        return found if 0 <= found < len(LETTERS) else len(LETTERS)

    def _typed_on(self, event: QKeyEvent) -> bool:
        """While the text in the line is being stored, what is typed begins another one."""
        if not self._holds_sent:
            return False
        if event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            return True
        if (event.text() and event.text().isprintable()) or event.matches(QKeySequence.StandardKey.Paste):
            self._let_go()
        return False

    def _let_go(self) -> None:
        """Clear the line of the text that is being stored; it stays in sight beside it until it is."""
        if self._holds_sent:
            self._holds_sent = False
            self.line.clear()
            self._heard_at = 0
            self._show_parked()

    def _back(self) -> None:
        """Go back one step; typed text is never lost."""
        if self.offers.isVisible():
            self.offering.leave()
        elif self._reason_for is not None:
            self._ask_reason(None)
        else:
            self.left.emit()  # what is typed stays in the line

    def _from_history(self, by: int) -> bool:
        if (self.line.text() and not self._at_history) or not self._history:
            return False
        self._at_history = max(0, min(len(self._history), self._at_history + by))
        self.line.setText(self._history[-self._at_history] if self._at_history else "")
        return True

    # -- files ---------------------------------------------------------------------------------------------------------

    def take_files(self, data: QMimeData) -> None:
        """Take in what was dropped or pasted; it goes with the next entry."""
        self.line.setFocus()
        take_in(self.session, data, self._file_came)

    def _file_came(self, file: Waiting) -> None:
        self._files.append(file)
        self._tell("")
        self._changed()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Let files, pictures and text be dropped."""
        if has_files(event.mimeData()) or event.mimeData().hasText():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Take in what is dropped."""
        if has_files(event.mimeData()):
            self.take_files(event.mimeData())
        else:
            self.begin(" ".join(event.mimeData().text().split()))
        event.acceptProposedAction()

    # -- parking -------------------------------------------------------------------------------------------------------

    def park(self) -> None:
        """Put the line aside, in sight, and begin another."""
        text = self.line.text()
        if text.strip() and not self._holds_sent:
            self._parked.append((text, self._heard_at))
            self._begin_anew()

    def unpark(self, number: int = -1) -> None:
        """Go on with a parked line (the last one); what is in the line now is parked in its place."""
        if not self._parked:
            return
        self._let_go()
        text, heard = self._parked.pop(number)
        if self.line.text().strip():
            self._parked.insert(0, (self.line.text(), self._heard_at))
        self.line.setText(text)
        self._heard_at = heard
        self._show_parked()
        self.keep()
        self.line.setFocus()

    def _begin_anew(self) -> None:
        self.line.clear()
        self._heard_at = 0
        self.offers.hide()
        self._show_parked()
        self.keep()

    def _show_parked(self) -> None:
        texts = [
            f"‖ {f'Alt+{LETTERS[n]} ' if n < len(LETTERS) else ''}{_short(text)}"
            for n, (text, _heard) in enumerate(self._parked)
        ]
        beside = self._sent[:-1] if self._holds_sent else self._sent
        texts += [f"… {_short(one.text)}" for one in beside]
        self.parked.setText("     ".join(texts))
        self.parked.setVisible(bool(texts))

    def keep(self) -> None:
        """Keep what is typed and parked for after a crash."""
        beside = self._sent[:-1] if self._holds_sent else self._sent
        parked = [*self._parked, *((one.text, one.heard_at) for one in beside)]
        line, heard = self.line.text(), self._heard_at
        if self._reason_for is not None:
            line, heard = self._reason_for.text, self._reason_for.heard_at
        keep_drafts(self.session.log.id, Drafts(line, heard, tuple(parked)))

    def _restore(self) -> None:
        drafts = read_drafts(self.session.log.id)
        self._parked = list(drafts.parked)
        self._heard_at = drafts.heard_at
        self.line.setText(drafts.line)
        self._show_parked()

    # -- storing -------------------------------------------------------------------------------------------------------

    def send(self) -> None:
        """Store what the line says. It leaves when it is stored; where that fails it is there again, with why."""
        text = self.line.text()
        if self._holds_sent:
            return
        if not text.strip():
            if self._files:
                self._tell(_("Say in a few words what is to be seen, then press Enter."))
            return
        if self._reason_for is not None:
            sent = self._reason_for._replace(reason=text)
        else:
            sent = Sent(text, "", self._heard_at, tuple(self._files), self._unknown_voice)
            self._files, self._unknown_voice = [], False
        self._sent.append(sent)
        self._holds_sent = True
        self.offers.hide()
        self.receipt.follow(None)
        self._say_state("… " + _("storing"))

        def verb(desk: Desk) -> Record:
            source = Source(role=UNKNOWN) if sent.unknown_voice else None
            return enter(desk, sent.text, reason=sent.reason, heard_at=sent.heard_at, source=source)

        self.session.do(verb, lambda record: self._well(record, sent), lambda error: self._ill(error, sent))

    def _well(self, record: Record, sent: Sent) -> None:
        holds = self._holds_sent and self._sent[-1] is sent
        self._sent.remove(sent)
        self._history = [*self._history, sent.text][-MOST_HISTORY:]
        self._tell("")
        if holds:
            self._holds_sent = False
            if self._reason_for is not None:
                self._reason_for = None
                self.retranslate()
            self.line.clear()
            self._heard_at = 0
        self.offers.hide()
        self.receipt.follow(None if self._sent else record)
        if self._sent:
            self._say_state("")
        self.offering.look_at_log()
        self._show_parked()
        self._changed()
        self.keep()
        attach_all(self.session, record, list(sent.files), self._not_attached)
        self.stored.emit(record)

    def _not_attached(self, file: Waiting, error: Exception) -> None:
        """Keep a file that could not be attached: it goes with the next entry, or away by Backspace."""
        self._files.append(file)
        self._changed()
        self._tell(f"{visible(file.name)}: {error}")

    def _ill(self, error: CommandLogError, sent: Sent) -> None:
        """Have the text back: in the line, or parked where another is being typed."""
        holds = self._holds_sent and self._sent[-1] is sent
        self._sent.remove(sent)
        self._files = [*sent.files, *self._files]
        self._unknown_voice = self._unknown_voice or sent.unknown_voice
        self._say_state("○ " + _("not stored"))
        if holds:
            self._holds_sent = False
        elif self.line.text().strip() or self._reason_for is not None:
            self._parked.append((sent.text, sent.heard_at))
        else:
            self.line.setText(sent.text)
            self._heard_at = sent.heard_at
            holds = True
        self._show_parked()
        self._changed()
        self._tell(str(error))
        if isinstance(error, OutsideMandate) and holds:
            self._ask_reason(sent)
        self.keep()

    def _ask_reason(self, sent: Sent | None) -> None:
        """Ask why one goes on with a task outside the mandate; without an answer the line is as it was."""
        before, self._reason_for = self._reason_for, sent
        if sent is not None:
            self._files = []
            self.line.clear()
            self.line.setPlaceholderText(_("Why do you go on? Esc goes back to the line."))
        elif before is not None:
            self._files = list(before.files)
            self.line.setText(before.text)
            self._tell("")
            self.retranslate()

    def _say_state(self, text: str) -> None:
        self.state.setText(text)
        self.state.setVisible(bool(text))

    def _tell(self, text: str) -> None:
        self.told.setText(text)
        self.told.setVisible(bool(text))


def _short(text: str) -> str:
    """Return the beginning of a line as it is shown beside the line that is typed."""
    shown = visible(" ".join(text.split()))
    return shown if len(shown) <= _PARKED else shown[: _PARKED - 1] + "…"
