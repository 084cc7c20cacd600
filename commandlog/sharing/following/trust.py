"""Whose signatures count in a shared log: the desks that were opened in it, and which of them keep its order."""

from sqlite3 import Connection
from typing import NamedTuple, Self

from commandlog.log import chain
from commandlog.log.chain import Header
from commandlog.log.derived.table import PROVISIONAL
from commandlog.model.records import DeskOpened

KEEPER = "LOG"
"""How the codes of desks begin that keep the order: LOG1, LOG2."""


class Trusted(NamedTuple):
    """A desk's party, the public key of what it signs, and whether it keeps the order."""

    party: str
    key: bytes
    keeper: bool


class Desks:
    """The desks of a shared log by their codes; never changed: `with_` returns another one.

    A desk opens itself, by its own signature. The first keeper is the one whose key was in the invitation (or, where
    there was none yet, the first that the log names); any other is announced by one that is known already, so that
    nobody else can add a keeper.
    """

    def __init__(self, known: dict[str, Trusted], pinned: bytes) -> None:
        """`pinned` is the first keeper's public key, empty where it is not known."""
        self._known = known
        self._pinned = pinned
        self.kept = any(one.keeper for one in known.values())
        """Whether there is a keeper yet: before, desks signed their own log's checkpoints."""

    @classmethod
    def of(cls, db: Connection, pinned: bytes) -> Self:
        """Return the desks of a log as its shared records say."""
        desks = cls({}, pinned)
        query = (
            "SELECT d.desk, d.party, d.key, e.desk FROM desks d JOIN entries e ON e.since = d.since"
            f" WHERE d.since < {PROVISIONAL} ORDER BY d.since"
        )
        for desk, party, key, writer in db.execute(query).fetchall():
            desks = desks._opened(desk, party, key, writer)
        return desks

    def get(self, desk: str) -> Trusted | None:
        """Return what is known of a desk."""
        return self._known.get(desk)

    def is_keeper(self, desk: str) -> bool:
        """Whether a desk keeps the order."""
        found = self._known.get(desk)
        return found is not None and found.keeper

    def with_(self, header: Header, said: DeskOpened) -> Self:
        """Return the desks after a record that opens one; it counts for nothing where that may not do so."""
        after = self._opened(said.desk, said.party, said.key, header.desk)
        opens_itself = after is not self and said.desk == header.desk
        return self if opens_itself and not chain.signature_holds(said.key, header) else after

    def _opened(self, desk: str, party: str, key: bytes, writer: str) -> Self:
        keeper = desk.startswith(KEEPER)
        if desk in self._known:
            return self
        if keeper:
            first = not self.kept and writer == desk and (not self._pinned or key == self._pinned)
            if not (first or self.is_keeper(writer)):
                return self
        elif writer != desk:
            return self
        return type(self)({**self._known, desk: Trusted(party, key, keeper)}, self._pinned)
