"""Beside the timeline: all there is to say of the entry that the reader is at."""

from msgspec.structs import replace
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from commandlog.language import _
from commandlog.log.derived.table import PROVISIONAL, now_at
from commandlog.model.harmless import visible
from commandlog.model.mandates import lead_of
from commandlog.model.words import label
from commandlog.views import conflicts, timeline
from commandlog.views.lines import Line
from commandlog.views.moments import local
from commandlog.views.presence import whom_to_call

from ..session import Session
from ..theme import Theme

NOT_BEFORE = 120  # milliseconds between two entries that are shown in full
Said = tuple[str, str]  # how it is written (head, small, text, struck), and what


class Detail(QPlainTextEdit):
    """The thread of an entry, its texts as they were, and who can read it; to be read and copied, never typed in."""

    left = Signal()
    """Esc was pressed: back to the list."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.theme = session, theme
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setAccessibleName(_("Entry in full"))
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._line: Line | None = None
        self._shown: list[Said] = []
        self._written = ""
        self._pause = QTimer(self, singleShot=True, interval=NOT_BEFORE)
        self._pause.timeout.connect(self._show)
        self._waits = False
        session.advanced.connect(self._again)
        session.closing.connect(self._pause.stop)
        theme.changed.connect(self._write)
        self.show_line(None)

    def show_line(self, line: Line | None) -> None:
        """Show an entry with its thread; nothing moves where nothing changed."""
        self._line = line
        self._waits = True
        if not self._pause.isActive():
            self._show()

    def _again(self, _moment: object) -> None:
        line, db = self._line, self.session.log.db
        if line:  # it may have got its place in the shared log
            line = replace(line, entry=now_at(db, line.entry), thread=now_at(db, line.thread))
        self.show_line(line)

    def _show(self) -> None:
        """Show what was asked for last; in a surge, or while a key is held, a few times a second."""
        if not self._waits:
            return
        self._waits = False
        self._pause.start()
        line = self._line
        said = self._said(line) if line else [("small", _("Choose an entry to see all of it."))]
        if said != self._shown:
            self._shown = said
            self._write()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Esc leads back to the list."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _write(self) -> None:
        forms = self._forms()
        top = self.verticalScrollBar().value()
        reference = self._line.reference if self._line else ""
        same = bool(reference) and self._written == reference
        self._written = reference
        self.clear()
        cursor = QTextCursor(self.document())
        for number, (form, text) in enumerate(self._shown):
            if number:
                cursor.insertBlock()
            cursor.insertText(text, forms[form])
        self.moveCursor(QTextCursor.MoveOperation.Start)
        if same:
            self.verticalScrollBar().setValue(top)

    def _forms(self) -> dict[str, QTextCharFormat]:
        theme = self.theme
        forms = {}
        for name, font, colour, struck in (
            ("head", theme.strong, "text", False),
            ("text", theme.font, "text", False),
            ("small", theme.small, "muted", False),
            ("struck", theme.font, "struck", True),
        ):
            form = QTextCharFormat()
            form.setFont(font)
            form.setForeground(theme.colour(colour))
            form.setFontStrikeOut(struck)
            forms[name] = form
        return forms

    def _sealed(self, line: Line) -> list[Said]:
        """Say all that there is to know of an entry that this party may not read, and whom to ask."""
        session, name = self.session, self.session.covenant
        when = f"{local(line.logged_at, session.zone):%d-%m-%Y %H:%M:%S}"
        who = _("{party}, desk {desk}").format(party=name.party_name(line.party), desk=line.reference)
        ask = _("Ask {party}").format(party=name.party_name(line.party))
        ask = ": ".join(part for part in (ask, whom_to_call(name, line.party)) if part)
        return [
            ("head", _("Sealed entry")),
            ("small", f"{when}  {visible(who)}"),
            ("text", ""),
            ("text", _("It is there, and nobody can change it unseen. Your party may not read it.")),
            ("text", ""),
            ("text", visible(ask)),
        ]

    def _said(self, line: Line) -> list[Said]:
        if line.kind == "sealed":
            return self._sealed(line)
        session, name = self.session, self.session.covenant
        said: list[Said] = [("head", " · ".join(part for part in (line.reference, label(line.kind)) if part))]
        words = (
            label(line.state) if line.state else "",
            label(line.disposition) if line.disposition else "",
            label(line.priority) if line.priority else "",
            name.category_name(line.category) if line.category else "",
        )
        if any(words):
            said.append(("small", " · ".join(word for word in words if word)))
        said += self._lead(line)
        for one in timeline.thread(session.log, session.moment, line.thread, session.party):
            said += self._entry(one)
        said.append(("text", ""))
        readers = ", ".join(map(name.party_name, line.audience)) or _("all parties")
        said.append(("small", _("Can be read by: {parties}").format(parties=readers)))
        if line.first:
            by = line.first.by
            written = f"{local(line.logged_at, session.zone):%d-%m-%Y %H:%M:%S}"
            who = f"{name.party_name(by.party)} {by.desk}"
            said.append(("small", _("Written at {time} by {desk}").format(time=written, desk=who)))
        if session.shared.follows:
            said.append(("small", self._kept(line)))
        return said

    def _kept(self, line: Line) -> str:
        """Say whether an entry is in the shared log, and since when."""
        if line.seq >= PROVISIONAL:
            return _("Stored here, and waits for the shared log")
        kept = local(self.session.log.kept_at(line.seq), self.session.zone)
        return _("In the shared log since {time}").format(time=f"{kept:%H:%M:%S}")

    def _lead(self, line: Line) -> list[Said]:
        """Say who leads where it happened, for what it is about."""
        covenant = self.session.covenant
        lead = lead_of(covenant, line.place, line.category) if line.place and line.category else ""
        if not lead:
            return []
        told = _("Lead at {place}: {party}")
        return [("small", told.format(place=covenant.place_name(line.place), party=covenant.party_name(lead)))]

    def _entry(self, one: Line) -> list[Said]:
        """Return an entry of the thread: when and who, what it says, what it said before."""
        session, name = self.session, self.session.covenant
        when = f"{local(one.occurred_at, session.zone):%H:%M:%S}"
        who = " · ".join(part for part in (one.unit, name.party_name(one.party)) if part)
        here = "▸ " if self._line and one.entry == self._line.entry and one.entry != one.thread else ""
        said: list[Said] = [("text", ""), ("small", f"{here}{when}  {visible(who)}  {one.reference}")]
        for struck in one.struck:
            said.append(("struck", visible(struck.text, lines=True)))
            until = f"{local(struck.corrected_at, session.zone):%H:%M}"
            why = f": {visible(struck.reason)}" if struck.reason else ""
            said.append(("small", _("corrected at {time}").format(time=until) + why))
        said.append(("text", visible(one.text, lines=True)))
        expects = one.frame and one.frame.expects
        if expects and (met := conflicts.said(session.log, session.moment, one.seq, session.party)):
            said.append(("small", f"! {visible(met)}"))
        where = " · ".join(part for part in (name.place_name(one.place) if one.place else "", one.where) if part)
        if where and one.entry == one.thread:
            said.append(("small", visible(where)))
        return said + [("small", f"⎘ {visible(file.told)}") for file in one.attachments]
