"""A desk: a workstation that writes for one party. Everything that is appended to a log goes through one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from commandlog.language import _
from commandlog.log.derived import closings, origins
from commandlog.log.derived.table import FOREVER
from commandlog.log.files import in_words
from commandlog.log.keys import desk_key
from commandlog.log.signing import Signer
from commandlog.log.store import Log
from commandlog.model.checks import zone_named
from commandlog.model.covenant import Covenant
from commandlog.model.dealings import Marked, MisdirectedRead
from commandlog.model.errors import RuleError
from commandlog.model.frames import By, Frame, Millis
from commandlog.model.keeping import (
    Attached,
    Closed,
    Destroyed,
    Discarded,
    Erased,
    Exported,
    Held,
    HoldLifted,
    Recalled,
    Released,
)
from commandlog.model.records import (
    Added,
    Corrected,
    CovenantSet,
    DeskOpened,
    Opened,
    Record,
    SignedIn,
    SignedOut,
    Words,
)

_NO_WORDS = Words()


_BEFORE_COVENANT = (Opened, CovenantSet, DeskOpened)
_CHANGING = (SignedIn, SignedOut, CovenantSet, Closed)

AFTER_CLOSING = (
    DeskOpened,
    SignedIn,
    SignedOut,
    Corrected,
    Added,
    Attached,
    Released,
    Recalled,
    Erased,
    Held,
    HoldLifted,
    Exported,
    Destroyed,
    Discarded,
    Marked,
    MisdirectedRead,
)
"""What a closed log still takes, marked as later: what completes it, and what concerns the keeping of it."""


class _Known(NamedTuple):
    """What a desk knows of itself as long as nobody else appends: its last number, who sits at it, the covenant."""

    place: tuple[int, int]
    number: int
    operator: str
    covenant: bytes
    closed: bool


class Desk:
    """What a verb is given: the log, who writes, and the covenant to consult."""

    def __init__(self, log: Log, signer: Signer) -> None:
        self.log = log
        self.signer = signer
        self._known: _Known | None = None

    @property
    def party(self) -> str:
        """The party that this desk writes for."""
        return self.signer.party

    @property
    def code(self) -> str:
        """How the desk is called: P2."""
        return self.signer.desk

    @property
    def path(self) -> Path:
        """The log's file."""
        return self.log.path

    @property
    def covenant(self) -> Covenant:
        """The covenant in force."""
        return self.log.covenant()

    @property
    def now(self) -> Millis:
        """The desk's clock, in milliseconds UTC."""
        return self.log.clock()

    @contextmanager
    def writing(self) -> Iterator[Self]:
        """One transaction of the log (see `Log.writing`)."""
        with self.log.writing():
            yield self

    def append(self, kind: type[Frame], words: Words = _NO_WORDS, **fields: Any) -> Record:
        """Append a record of `kind` with these fields, inside `writing`; who, when and under what is filled in.

        `occurred_at` is now where it is not given. Raises RuleError in a log that is closed, save for AFTER_CLOSING.
        """
        now = self.now
        if self._known is None or self._known.place != self.log.place:
            self._known = self._look_up()
        known = self._known
        if known.closed and kind not in AFTER_CLOSING and not origins.position(self.log.db, fields.get("origin", "")):
            self.check_open()
        if kind not in _BEFORE_COVENANT:
            fields.setdefault("covenant", known.covenant)
        fields["occurred_at"] = fields.get("occurred_at") or now
        frame = kind(by=By(self.party, self.code, known.operator), number=known.number + 1, logged_at=now, **fields)
        record = self.log.append(self.signer, frame, words)
        made = (record.frame.by.desk, record.frame.number) == (self.code, frame.number)
        place = self.log.place
        self._known = known._replace(place=place, number=frame.number) if made and kind not in _CHANGING else None
        return record

    def _look_up(self) -> "_Known":
        query = "SELECT number FROM entries WHERE desk = ? ORDER BY since DESC LIMIT 1"
        last = self.log.db.execute(query, (self.code,)).fetchone()
        closed = closings.first(self.log.db) > 0
        return _Known(self.log.place, last[0] if last else 0, self.operator, self.log.covenant_id(), closed)

    @in_words
    def check_open(self) -> None:
        """Raise RuleError where the log is closed: since when, and what can still be done."""
        if since := closings.first(self.log.db):
            zone = zone_named(self.covenant.timezone) or UTC
            when = datetime.fromtimestamp(self.log.kept_at(since) / 1000, zone)
            told = _("This log was closed on {time}: add to one of its entries (`add`), or `continue` it in a new log.")
            raise RuleError(told.format(time=f"{when:%Y-%m-%d %H:%M}"))

    @property
    def operator(self) -> str:
        """The id of the operator who is signed in here, empty where nobody is."""
        found = self.log.db.execute(
            "SELECT operator, until FROM operators WHERE desk = ? ORDER BY since DESC LIMIT 1", (self.code,)
        ).fetchone()
        return found[0] if found and found[1] == FOREVER else ""


@in_words
def sit_down(log: Log, settings: Path, party: str) -> Desk:
    """Return this machine's desk for a party, opened in the log at first use.

    Raises RuleError where the covenant has no such party.
    """
    covenant = log.covenant()
    found = covenant.party(party)
    if found is None:
        known = ", ".join(one.code for one in covenant.parties)
        raise RuleError(_("The covenant has no party “{party}”. It has: {known}.").format(party=party, known=known))
    key = desk_key(settings, log.id + log.branch, party)
    public = key.public_key().public_bytes_raw()
    query = "SELECT desk FROM desks WHERE key = ? AND party = ?"
    if not (row := log.db.execute(query, (public, party)).fetchone()):
        with log.writing():
            if not (row := log.db.execute(query, (public, party)).fetchone()):
                row = (open_desk(log, settings, party, found.letter).code,)
    return Desk(log, Signer(party, row[0], key))


def open_desk(log: Log, settings: Path, party: str, letter: str) -> Desk:
    """Open a new desk of a party in the log, inside `writing`; its code is the party's letter and the next number."""
    key = desk_key(settings, log.id + log.branch, party)
    taken = [row[0] for row in log.db.execute("SELECT desk FROM desks WHERE party = ?", (party,))]
    code = f"{letter}{len(taken) + 1}"
    desk = Desk(log, Signer(party, code, key))
    desk.append(DeskOpened, desk=code, party=party, key=key.public_key().public_bytes_raw())
    return desk
