"""What a person has to settle: conflicts, and what the shared log did not take of this desk."""

from msgspec import Struct

from commandlog.language import _, marked
from commandlog.log.refused import refused_items
from commandlog.log.store import Log
from commandlog.model.frames import Millis
from commandlog.model.order import FORBIDDEN, NEWER, UNREADABLE
from commandlog.model.records import Words, kind_of
from commandlog.model.words import label
from commandlog.views import timeline
from commandlog.views.moments import Moment, zone_of
from commandlog.views.open_items import Conflict, conflicts
from commandlog.views.telling import Teller

MOST = 100  # conflicts that are listed: nobody works through more at a time
_WHY = {
    NEWER: marked("the shared log runs an older version of CommandLog, which does not know what this says"),
    UNREADABLE: marked("it could not be read there"),
    FORBIDDEN: marked("this desk may not write that: it is about what its party was never told, or another’s word"),
}


class ConflictRow(Struct, frozen=True):
    """A conflict: what it was about, what was written and by whom, who had been first, and when it was written."""

    entry: int
    reference: str
    about: str
    subject: str
    party: str
    text: str
    told: str
    at: Millis
    what: str

    @property
    def key(self) -> tuple[str, str]:
        """What makes it this row, also when its record finds its place in the shared log."""
        return "conflict", self.reference


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


def met(log: Log, moment: Moment, party: str) -> tuple[int, list[ConflictRow]]:
    """Return how many conflicts nobody has settled, as far as a party may see them, and the newest of them."""
    found = conflicts(log, moment, party)
    return len(found), [_met(log, moment, party, one) for one in reversed(found[-MOST:])]


def _met(log: Log, moment: Moment, party: str, one: Conflict) -> ConflictRow:
    lost = timeline.at_record(log, moment, one.seq, party)
    subject = timeline.entry(log, moment, one.entry, party)
    return ConflictRow(
        entry=one.entry,
        reference=one.reference,
        about=one.about,
        subject=one.subject,
        party=lost.party if lost else "",
        text=lost.text if lost else "",
        told=one.told,
        at=lost.occurred_at if lost else 0,
        what=subject.text if subject else "",
    )


def not_taken(log: Log, moment: Moment) -> list[RefusedRow]:
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
                why=_reason(item.why),
                again=_again(words, text),
            )
        )
    return rows


def _reason(why: str) -> str:
    """Return in words why the shared log did not take something."""
    return _(_WHY[why]) if why in _WHY else _("it was not taken there ({why})").format(why=why)


def _again(words: Words | None, text: str) -> str:
    """Return what to put into the entry line, to be written again."""
    return " ".join((words.text or words.title or words.reason if words else "").split()) or text
