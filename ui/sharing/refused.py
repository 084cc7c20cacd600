"""What the shared log did not take of this desk: why, in words, and what can be done: write it again, or leave it."""

from msgspec import Struct

from commandlog.language import _, marked
from commandlog.log.refused import refused_items, settle_refused
from commandlog.log.store import Log
from commandlog.model.frames import Millis
from commandlog.model.order import FORBIDDEN, NEWER, UNREADABLE
from commandlog.model.records import Words, kind_of
from commandlog.model.words import label
from commandlog.views.moments import Moment, zone_of
from commandlog.views.telling import Teller

from ..room import Room

_WHY = {
    NEWER: marked("the shared log runs an older version of CommandLog, which does not know what this says"),
    UNREADABLE: marked("it could not be read there"),
    FORBIDDEN: marked("this desk may not write that: it is about what its party was never told, or another’s word"),
}


class RefusedRow(Struct, frozen=True):
    """What was not taken: what kind it was, when it was written, what it said, why, and the text to write again."""

    was: int
    reference: str
    kind: str
    at: Millis
    text: str
    why: str
    again: str

    @property
    def key(self) -> tuple[str, int]:
        """What makes it this row."""
        return "refused", self.was


def of_log(log: Log, moment: Moment) -> list[RefusedRow]:
    """Return what was not taken and nobody has seen to, oldest first."""
    teller = Teller(log.covenant(moment.position), zone_of(log), lambda _id: "…")
    rows = []
    for item in refused_items(log.db):
        frame, words = item.record.frame, item.record.words
        text = teller.text(frame, words)
        rows.append(
            RefusedRow(
                was=item.was,
                reference=f"{frame.by.desk}-{frame.number}",
                kind=label(kind_of(frame)),
                at=frame.logged_at,
                text=text,
                why=reason(item.why),
                again=_again(words, text),
            )
        )
    return rows


def reason(why: str) -> str:
    """Return in words why the shared log did not take something."""
    return _(_WHY[why]) if why in _WHY else _("it was not taken there ({why})").format(why=why)


def _again(words: Words | None, text: str) -> str:
    """Return what to put into the entry line, to be written again."""
    return " ".join((words.text or words.title or words.reason if words else "").split()) or text


def leave(room: Room, row: RefusedRow) -> None:
    """Note that somebody has seen to it."""
    room.session.do(lambda desk: settle_refused(desk.log, row.was), lambda _done: room.session.shared.changed.emit())
