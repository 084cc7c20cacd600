"""Deeds with files: a photo or document attached to an entry, shown, and saved outside the log."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QDialog, QFileDialog, QLabel, QPushButton, QVBoxLayout

from commandlog.export import saving
from commandlog.intake.media import attach_file
from commandlog.language import _
from commandlog.log.derived.table import now_at
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.model.harmless import visible
from commandlog.model.records import Record
from commandlog.views import attachments
from commandlog.views.attachments import Attachment

from .asking import Answers, Field
from .deeds import Deeds, Subject

SIDE = 1_200  # pixels of a preview at most


def attach(deeds: Deeds, line: Subject) -> None:
    """Ask for a file, and attach it to an entry."""
    dialog = QFileDialog(deeds.asking.window(), _("Attach to {reference}").format(reference=line.reference))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda path: attach_path(deeds, line.entry, Path(path)))
    dialog.open()


def attach_path(deeds: Deeds, entry: int, path: Path) -> None:
    """Attach the file at a path to an entry, beside the window; entries that follow do not wait for it."""
    told = _("{file} is attached.").format(file=visible(path.name))

    def begin(operator: str) -> None:
        def verb(desk: Desk) -> Record:
            return attach_file(desk.asked_by(operator), now_at(desk.log.db, entry), path)

        deeds.session.do(verb, lambda _record: deeds.told(told), long=True)

    deeds.session.do(lambda desk: desk.operator, begin)


def show(deeds: Deeds, line: Subject) -> None:
    """Show an attachment of an entry, or save it where it is no picture; where there are several, ask which."""
    found = [one for one in line.attachments if not one.erased]
    if not found:
        deeds.told(_("{reference} has no attachment: Shift+V attaches one.").format(reference=line.reference))
    elif len(found) == 1:
        _show(deeds, found[0])
    else:
        choices = tuple((str(one.position), visible(one.told)) for one in found)

        def then(answers: Answers) -> None:
            deeds.asking.done()
            _show(deeds, next(one for one in found if str(one.position) == answers["file"]))

        title = _("Attachments of {reference}").format(reference=line.reference)
        deeds.asking.ask(title, [Field("file", _("Which"), choices)], then)


def _show(deeds: Deeds, one: Attachment) -> None:
    if not one.shows:
        _ask_where(deeds, one)
        return
    session = deeds.session
    moment, party = session.moment, session.party

    def work(log: Log) -> bytes:
        log.refresh()
        return attachments.preview(log, moment, now_at(log.db, one.position), party, SIDE)

    session.look(work, partial(_open, deeds, one))


def _open(deeds: Deeds, one: Attachment, content: bytes) -> None:
    """Show a picture in a window of its own; Esc closes it, Enter saves the original."""
    window = deeds.asking.window()
    shown = QDialog(window)
    shown.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    shown.setWindowTitle(f"{one.reference} · {visible(one.name)}")
    picture = QPixmap()
    picture.loadFromData(content)
    room = window.size() * 0.85
    if picture.width() > room.width() or picture.height() > room.height():
        picture = picture.scaled(room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    label = QLabel(shown)
    label.setPixmap(picture)
    label.setAccessibleName(visible(one.told))
    told = QLabel(visible(one.told), shown)
    told.setTextFormat(Qt.TextFormat.PlainText)
    save = QPushButton(_("Save the original … (Enter)"), shown)
    save.setDefault(True)
    save.clicked.connect(shown.accept)
    shown.accepted.connect(lambda: _ask_where(deeds, one))
    box = QVBoxLayout(shown)
    for part in (label, told, save):
        box.addWidget(part)
    shown.open()


def _ask_where(deeds: Deeds, one: Attachment) -> None:
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DownloadLocation)
    dialog = QFileDialog(deeds.asking.window(), _("Save {reference}").format(reference=one.reference), folder)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.selectFile(one.saved_as)
    dialog.fileSelected.connect(lambda path: save_to(deeds, one, Path(path)))
    dialog.open()


def save_to(deeds: Deeds, one: Attachment, path: Path) -> None:
    """Save an attachment under a path, beside the window."""
    session = deeds.session
    moment, party = session.moment, session.party

    def work(log: Log) -> Path:
        log.refresh()
        return saving.save(log, moment, now_at(log.db, one.position), path, party)

    session.look(work, lambda saved: deeds.told(_("Saved as {file}.").format(file=visible(str(saved)))))
