"""A desk: a workstation that writes for one party. Everything that is appended to a log goes through one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commandlog.language import _
from commandlog.log.derived import closings, origins
from commandlog.log.derived.table import FOREVER
from commandlog.log.files import in_words
from commandlog.log.keys import desk_key
from commandlog.log.member import Member
from commandlog.log.refused import last_number
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


_KEY_OF = "desk {desk}"
"""How the key of a desk is named that joined a shared log: this machine may have been another of the party's desks."""
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

    def __init__(self, log: Log, signer: Signer, asked_by: str | None = None) -> None:
        self.log = log
        self.signer = signer
        self._asked_by = asked_by
        self._known: _Known | None = None

    def asked_by(self, operator: str) -> "Desk":
        """Return this desk as it was when an operator ("": nobody) asked for what is only done by now.

        Whoever has signed in meanwhile did not write it, and a record says for good who did.
        """
        return Desk(self.log, self.signer, operator)

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
        number = max(last[0] if last else 0, last_number(self.log.db))  # what was refused gives no number back
        return _Known(self.log.place, number, self.operator, self.log.covenant_id(), closed)

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
        """The id of the operator who is signed in here, or was when this was asked; empty where nobody is."""
        if self._asked_by is not None:
            return self._asked_by
        found = self.log.db.execute(
            "SELECT operator, until FROM operators WHERE desk = ? ORDER BY since DESC LIMIT 1", (self.code,)
        ).fetchone()
        return found[0] if found and found[1] == FOREVER else ""


@in_words
def sit_down(log: Log, settings: Path, party: str) -> Desk:
    """Return this machine's desk for a party, opened in the log at first use.

    In a member of a shared log that is the member's own desk and no other. Raises RuleError where the covenant has no
    such party, or where this machine or party does not write in this file.
    """
    covenant = log.covenant()
    found = covenant.party(party)
    if found is None:
        known = ", ".join(one.code for one in covenant.parties)
        raise RuleError(_("The covenant has no party “{party}”. It has: {known}.").format(party=party, known=known))
    if log.member:
        return _own_desk(log, log.member, settings, party)
    key = desk_key(settings, log.id + log.branch, party)
    query = "SELECT desk FROM desks WHERE key = ? AND party = ?"
    if not (row := log.db.execute(query, (_public(key), party)).fetchone()):
        with log.writing():
            if not (row := log.db.execute(query, (_public(key), party)).fetchone()):
                row = (open_desk(log, settings, party, found.letter).code,)
    return Desk(log, Signer(party, row[0], key))


def open_desk(log: Log, settings: Path, party: str, letter: str) -> Desk:
    """Open a new desk of a party in the log, inside `writing`; its code is the party's letter and the next number."""
    taken = [row[0] for row in log.db.execute("SELECT desk FROM desks WHERE party = ?", (party,))]
    key = desk_key(settings, log.id + log.branch, party)
    return _opened(log, key, party, f"{letter}{len(taken) + 1}")


def open_member_desk(log: Log, settings: Path) -> Desk:
    """Open the desk of a file that became a member of a shared log: the first record that waits there.

    Where this machine has opened it before, that desk. Raises RuleError in a log keeper's file, or a log of its own.
    """
    member = log.member
    if member is None:
        raise RuleError(_("{file} is a log of its own: nothing in it waits for a shared log.").format(file=log.path))
    if member.keeper:
        raise member.elsewhere(log.path)
    with log.writing():
        if log.db.execute("SELECT 1 FROM desks WHERE desk = ?", (member.desk,)).fetchone():
            return _own_desk(log, member, settings, member.party)
        key = desk_key(settings, log.id + log.branch, _KEY_OF.format(desk=member.desk))
        return _opened(log, key, member.party, member.desk)


def home_party(log: Log) -> str:
    """Return the party that a command writes for where none is named: the member's own, or who drives the event."""
    return log.member.party if log.member else log.covenant().driver


def home_desk(log: Log, settings: Path) -> Desk | None:
    """Return the desk that records what a command did with a whole log: a copy or an export was made.

    None where nobody writes: in a file that cannot be written, a log keeper's, or one that is another machine's desk.
    """
    if log.read_only or (log.member and log.member.keeper):
        return None
    try:
        return sit_down(log, settings, home_party(log))
    except RuleError:
        if log.member is None:
            raise
        return None


def _own_desk(log: Log, member: Member, settings: Path, party: str) -> Desk:
    """Return the desk that a member of a shared log is; raises RuleError where it is another's."""
    if member.keeper or party != member.party:
        raise member.elsewhere(log.path)
    query = "SELECT key FROM desks WHERE desk = ? ORDER BY since LIMIT 1"
    public = log.db.execute(query, (member.desk,)).fetchone()
    for name in (_KEY_OF.format(desk=member.desk), party):  # the desk that shared the log keeps the key that it had
        key = desk_key(settings, log.id + log.branch, name)
        if public == (_public(key),):
            return Desk(log, Signer(party, member.desk, key))
    told = _(
        "{file} is desk {desk} of another machine, or was made of a copy: ask for an invitation for this machine"
        " (`commandlog invite`), and join with it."
    )
    raise RuleError(told.format(file=log.path, desk=member.desk))


def _opened(log: Log, key: Ed25519PrivateKey, party: str, code: str) -> Desk:
    desk = Desk(log, Signer(party, code, key))
    desk.append(DeskOpened, desk=code, party=party, key=_public(key))
    return desk


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()
