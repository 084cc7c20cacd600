"""Photos and documents that go with the next entry: dropped on the line, or pasted into it.

They are read and checked beside the window, wait as chips, and are attached once the entry is stored.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QBuffer, QIODevice, QMimeData
from PySide6.QtGui import QImage

from commandlog.intake.media import read_file
from commandlog.language import _
from commandlog.log.derived.table import now_at
from commandlog.log.desk import Desk
from commandlog.log.store import Log
from commandlog.model.errors import RuleError
from commandlog.model.media import bytes_said, clean_name, examined, suffix
from commandlog.model.records import Record
from commandlog.verbs.attaching import attach

from ..session import Session


class Waiting(NamedTuple):
    """A file that has been read: its name, what it holds, and how it is told in a chip."""

    name: str
    content: bytes
    told: str


def has_files(data: QMimeData) -> bool:
    """Whether something that was dropped or pasted holds a file or a picture."""
    return data.hasImage() or any(one.isLocalFile() for one in data.urls())


def take_in(session: Session, data: QMimeData, done: Callable[[Waiting], None]) -> None:
    """Read what was dropped or pasted, beside the window; what cannot be taken in is refused in words."""
    paths = [Path(one.toLocalFile()) for one in data.urls() if one.isLocalFile()]
    for path in paths:
        session.look(_reading(path), done)
    if not paths and data.hasImage():
        image = data.imageData()
        if isinstance(image, QImage):
            session.look(_encoding(image), done)


def attach_all(
    session: Session, entry: Record, files: list[Waiting], failed: Callable[[Waiting, Exception], None]
) -> None:
    """Attach files to an entry that has been stored, one after the other; entries that follow do not wait for it.

    Whoever wrote the entry attached them, whoever works at the desk by then.
    """
    operator = entry.frame.by.operator if entry.frame else ""
    for one in files:

        def verb(desk: Desk, one: Waiting = one) -> Record:
            return attach(desk.asked_by(operator), now_at(desk.log.db, entry.seq), one.content, name=one.name)

        session.do(verb, failed=partial(failed, one), long=True)


def _reading(path: Path) -> Callable[[Log], Waiting]:
    return lambda _log: _waiting(path.name, read_file(path))


def _encoding(image: QImage) -> Callable[[Log], Waiting]:
    def work(_log: Log) -> Waiting:
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
            raise RuleError(_("The picture in the clipboard cannot be read: save it, and drop the file here."))
        return _waiting("", bytes(buffer.data().data()))

    return work


def _waiting(name: str, content: bytes) -> Waiting:
    media = examined(content)
    kind = suffix(media.type).removeprefix(".").upper()
    called = clean_name(name) or _("picture")
    return Waiting(name or f"{called}{suffix(media.type)}", content, f"{called} · {kind} · {bytes_said(len(content))}")
