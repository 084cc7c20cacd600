"""Paper: sheets and lists to print beforehand, snapshots, and typing in what was written on paper meanwhile."""

import re
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from commandlog.intake import moments
from commandlog.intake.entering import enter
from commandlog.language import _, ngettext
from commandlog.log.desk import Desk
from commandlog.model.errors import CommandLogError
from commandlog.model.frames import sheet_line
from commandlog.model.harmless import visible
from commandlog.model.mandates import plain
from commandlog.model.records import Record
from commandlog.views.moments import local

from ..room import Room
from ..settings import declared
from .printing import Printing

SHEETS = (5, 10, 20, 50, 100)  # that are proposed
_LINE = re.compile(r"(.*/)(\d+)")
_KEPT = 8  # lines typed in that stay in sight


class PaperScreen(QWidget):
    """Three parts: type in, print, snapshots."""

    def __init__(self, room: Room, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.room, self.session, self.theme = room, room.session, room.theme
        self.snapshots = room.seat.snapshots
        self.settings = room.seat.settings
        self.printing = Printing(self.session, self)
        self._storing = False
        self._titles: list[QLabel] = []
        self._small: list[QLabel] = []
        self._build()
        self.snapshots.saved.connect(self._say_snapshot)
        self.settings.changed.connect(self._say_snapshot)
        self.theme.changed.connect(self._dress)
        self._dress()
        self._say_snapshot()

    def _build(self) -> None:
        inside = QWidget(self)
        self.box = QVBoxLayout(inside)
        self._parts = (self._typing_in(inside), self._to_print(inside), self._saving(inside))
        for part in self._parts:
            self.box.addLayout(part)
        self.box.addStretch()
        self.area = QScrollArea(self)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setWidget(inside)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.area)
        self.setFocusProxy(self.line)

    def _label(self, text: str, parent: QWidget, *, title: bool = False) -> QLabel:
        label = QLabel(text, parent)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        (self._titles if title else self._small).append(label)
        return label

    def _typing_in(self, inside: QWidget) -> QVBoxLayout:
        """Return the part in which lines of a sheet are typed in, one after the other."""
        self.line, self.time, self.text = (QLineEdit(inside) for _field in range(3))
        self.line.setPlaceholderText("P2-07/3")
        self.time.setPlaceholderText("21:05")
        self.text.setPlaceholderText(_("As it stands on the paper; call signs and places are recognised"))
        grid = QGridLayout()
        for column, (field, name) in enumerate(
            (
                (self.line, _("Sheet and line")),
                (self.time, _("Time on the paper")),
                (self.text, _("What it says")),
            )
        ):
            label = self._label(name, inside)
            label.setBuddy(field)
            field.setAccessibleName(name)
            field.installEventFilter(self)
            grid.addWidget(label, 0, column)
            grid.addWidget(field, 1, column)
        for column, stretch in enumerate((2, 2, 9)):
            grid.setColumnStretch(column, stretch)
        self.told = self._label("", inside)
        self.told.hide()
        self.typed = self._label("", inside)
        self.typed.hide()
        part = QVBoxLayout()
        part.addWidget(self._label(_("Type in from paper"), inside, title=True))
        part.addWidget(
            self._label(_("Enter goes on and stores the line; the next line of the sheet is proposed."), inside)
        )
        part.addLayout(grid)
        part.addWidget(self.told)
        part.addWidget(self.typed)
        return part

    def _to_print(self, inside: QWidget) -> QVBoxLayout:
        """Return the part that makes sheets and the list of what is open."""
        self.number = QComboBox(inside)
        for n in SHEETS:
            self.number.addItem(ngettext("{n} sheet", "{n} sheets", n).format(n=n), n)
        self.number.setCurrentIndex(1)
        self.number.setAccessibleName(_("How many sheets"))
        self.sheets = QPushButton(_("Numbered sheets …"), inside)
        self.open_items = QPushButton(_("What is open …"), inside)
        self.snapshot = QPushButton(_("Snapshot: what is open, whom to call, the last hours …"), inside)
        self.sheets.clicked.connect(lambda: self._print("sheets", ["--sheets", str(self.number.currentData())]))
        self.open_items.clicked.connect(lambda: self._print("open", ["--open"]))
        self.snapshot.clicked.connect(lambda: self._print("snapshot", ["--snapshot"]))
        first, second = _row(self.number, self.sheets, self.open_items), _row(self.snapshot)
        self.printed = self._label("", inside)
        self.printed.hide()
        part = QVBoxLayout()
        part.addWidget(self._label(_("Print beforehand"), inside, title=True))
        part.addWidget(
            self._label(
                _("Each is saved as a PDF and opened, to be printed from there. Sheet numbers are never given twice."),
                inside,
            )
        )
        part.addLayout(first)
        part.addLayout(second)
        part.addWidget(self.printed)
        return part

    def _saving(self, inside: QWidget) -> QVBoxLayout:
        """Return the part that says how snapshots are saved by themselves."""
        self.every = QComboBox(inside)
        setting = next(one for one in declared() if one.name == "snapshot_minutes")
        for value, text in setting.choices:
            self.every.addItem(_(text), value)
        self.every.setAccessibleName(_(setting.label))
        self.every.setCurrentIndex(max(0, self.every.findData(self.settings.now.snapshot_minutes)))
        self.every.activated.connect(lambda _row: self.settings.change(snapshot_minutes=self.every.currentData()))
        self.folder = QPushButton(_("Choose the folder …"), inside)
        self.folder.clicked.connect(self._choose_folder)
        self.now = QPushButton(_("Save one now"), inside)
        self.now.clicked.connect(self.snapshots.save)
        label = self._label(_(setting.label), inside)
        label.setBuddy(self.every)
        self.saved = self._label("", inside)
        part = QVBoxLayout()
        part.addWidget(self._label(_("Snapshots by themselves"), inside, title=True))
        part.addWidget(label)
        part.addLayout(_row(self.every, self.folder, self.now))
        part.addWidget(self.saved)
        return part

    def _dress(self) -> None:
        theme = self.theme
        self.box.setContentsMargins(theme.px(20), theme.px(12), theme.px(20), theme.px(12))
        self.box.setSpacing(theme.px(24))
        for part in self._parts:
            part.setSpacing(theme.px(6))
        for label in self._titles:
            label.setFont(theme.strong)
        for label in self._small:
            label.setFont(theme.small)
            ink = label.palette()
            ink.setColor(label.foregroundRole(), theme.colour("late" if label is self.told else "muted"))
            label.setPalette(ink)

    # -- from paper ----------------------------------------------------------------------------------------------------

    def send(self) -> None:
        """Store a line of paper. It leaves the fields when it is stored."""
        if self._storing:
            return
        line, text = self.line.text().strip(), self.text.text()
        happened = self._happened()
        if not sheet_line(line):
            self._tell(_("Write the sheet and the line: P2-07/3."), self.line)
        elif not happened:
            self._tell(_("Write the time that the paper has: 21:05."), self.time)
        elif not text.strip():
            self._tell(_("There is nothing to record: type a line first."), self.text)
        else:
            self._storing = True

            def verb(desk: Desk) -> Record:
                return enter(desk, text, paper=line, occurred_at=happened)

            self.session.do(verb, lambda record: self._stored(record, line, text), self._failed)

    def _happened(self) -> int:
        """Return the time on the paper in milliseconds UTC, 0 where it is none."""
        written = self.time.text().strip()
        now = local(self.session.log.clock(), self.session.zone)
        found = moments.entry_time(plain(written), 0, now) if written else None
        return found.at if found and found.end == len(written) else 0

    def _stored(self, record: Record, line: str, text: str) -> None:
        self._storing = False
        self._tell("")
        typed = f"{line}  {self.time.text().strip()}  {visible(text)}  → {record.reference}"
        lines = [typed, *self.typed.text().splitlines()][:_KEPT]
        self.typed.setText("\n".join(lines))
        self.typed.show()
        self.line.setText(_next(line))
        self.text.clear()
        self.time.setFocus()
        self.time.selectAll()

    def _failed(self, error: CommandLogError) -> None:
        self._storing = False
        self._tell(str(error))

    def _tell(self, text: str, field: QLineEdit | None = None) -> None:
        self.told.setText(text)
        self.told.setVisible(bool(text))
        if field is not None:
            field.setFocus()

    # -- printing ------------------------------------------------------------------------------------------------------

    def _print(self, name: str, what: list[str]) -> None:
        """Ask where, then make it."""
        proposed = self.snapshots.folder() / f"{self.session.path.stem}-{name}.pdf"
        folder = proposed.parent if proposed.parent.is_dir() else self.session.path.parent
        dialog = QFileDialog(self, _("Save the document"), str(folder / proposed.name), "PDF (*.pdf)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("pdf")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda file: self.make(Path(file), what))
        dialog.open()

    def make(self, out: Path, what: list[str], *, show: bool = True) -> None:
        """Make a document and show it."""

        def done(told: str) -> None:
            self._say_printed(visible(told))
            self.session.bridge.look()
            if show:
                QDesktopServices.openUrl(QUrl.fromLocalFile(str(out)))

        self._say_printed(_("{file} is being made …").format(file=out))
        self.printing.print(out, what, done, self._say_printed)

    def _say_printed(self, text: str) -> None:
        self.printed.setText(text)
        self.printed.setVisible(bool(text))

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, _("Where snapshots are saved"), str(self.session.path.parent))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda folder: self.settings.change(snapshot_folder=folder))
        dialog.open()

    def _say_snapshot(self) -> None:
        self.every.setCurrentIndex(max(0, self.every.findData(self.settings.now.snapshot_minutes)))
        last = self.snapshots.last
        told = [_("Saved in {folder}.").format(folder=self.snapshots.folder())]
        if last:
            told.append(_("The last one: {file}.").format(file=last.name))
        if self.snapshots.trouble:
            told.append(self.snapshots.trouble)
        self.saved.setText(" ".join(told))

    # -- hands ---------------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Enter goes on to the next field and at the end stores; Esc goes back one field."""
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
                return False
            event.accept()
            return True
        if event.type() != QEvent.Type.KeyPress:
            return False
        fields = (self.line, self.time, self.text)
        at = next((n for n, one in enumerate(fields) if one is watched), 0)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.send() if at == len(fields) - 1 else fields[at + 1].setFocus()
        elif event.key() == Qt.Key.Key_Escape and at:
            fields[at - 1].setFocus()
        else:
            return False
        return True


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch()
    return row


def _next(line: str) -> str:
    """Return the line of a sheet that comes after one: P2-07/4 after P2-07/3."""
    found = _LINE.fullmatch(line)
    return f"{found[1]}{int(found[2]) + 1}" if found else line
