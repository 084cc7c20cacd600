"""Attachments of this desk that did not reach the shared log as they are: sent again, and told where that is no use."""

from collections import Counter

from commandlog.language import _
from commandlog.log import pieces
from commandlog.log.chain import SALT
from commandlog.log.derived.table import position_of
from commandlog.log.store import Log
from commandlog.model.records import Words, decode_words
from commandlog.sharing.desk.not_taken import Note
from commandlog.sharing.desk.sending import Sender
from commandlog.sharing.keeper.accepting import POISONED

MOST = 3  # times that one attachment is sent again over one connection


class Spoilt:
    """What the keeper has noted of attachments of this desk, as far as this connection has seen it."""

    def __init__(self, log: Log, sender: Sender) -> None:
        self.log, self.sender = log, sender
        self._seen: dict[bytes, str] = {}
        self._told: dict[bytes, str] = {}
        self._tries = Counter[bytes]()

    def look(self, notes: list[Note]) -> str:
        """Have what was noted since the last time sent again; returns what a person has to know, "" for nothing."""
        for note in notes:
            if note.why == POISONED and self._seen.get(note.id) != note.at and (found := self._attached(note.id)):
                self._seen[note.id], self._told[note.id] = note.at, self._mend(note.id, *found)
        return next((told for record, told in self._told.items() if told and self._attached(record)), "")

    def _attached(self, record: bytes) -> tuple[bytes, Words] | None:
        """Return the name of an attachment's pieces, and the words of its record; None where it was erased."""
        query = "SELECT a.file, r.words FROM attachments a JOIN records r ON r.seq = a.since WHERE a.since = ?"
        found = self.log.db.execute(query, (position_of(self.log.db, record),)).fetchone()
        return (found[0], decode_words(found[1][SALT:])) if found and found[1] is not None else None

    def _mend(self, record: bytes, file: bytes, words: Words) -> str:
        """Have an attachment sent again; returns why that is of no use, "" where it may be."""
        self._tries[record] += 1
        if not pieces.is_whole(self.log.db, file, words.salt):
            told = _(
                "“{name}” is damaged in the file of this desk, and nobody else gets it:"
                " attach it once more, and erase this one."
            )
        elif self._tries[record] > MOST:
            told = _("“{name}” does not reach the others as it is here. Call your administrator.")
        else:
            self.sender.send_pieces_again()
            return ""
        return told.format(name=words.title)
