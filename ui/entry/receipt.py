"""What becomes of the entry that was sent last: stored here and, where the log is part of one, in the shared log."""

from PySide6.QtCore import QObject, Signal

from commandlog.language import _
from commandlog.log.derived.table import PROVISIONAL, position_of
from commandlog.model.records import Record

from ..session import Session


class Receipt(QObject):
    """Follows one record until it has its place."""

    said = Signal(str)
    """How it stands now."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self.session = session
        self._record: Record | None = None
        session.advanced.connect(self._look)

    def follow(self, record: Record | None) -> None:
        """Say how a record stands, now and when that changes; None: there is none to follow."""
        self._record = record
        if record is None:
            return
        shape = "○" if self.session.log.member else "●"
        self.said.emit(f"{shape} " + _("{reference} stored here").format(reference=record.reference))
        self._look()

    def _look(self, _moment: object = None) -> None:
        record = self._record
        if record is None or self.session.log.member is None:
            return
        position = position_of(self.session.log.db, record.id)
        if position >= PROVISIONAL:
            return
        self._record = None
        if position:
            self.said.emit("● " + _("{reference} in the shared log").format(reference=record.reference))
        else:
            self.said.emit("▲ " + _("{reference} not taken by the shared log").format(reference=record.reference))
