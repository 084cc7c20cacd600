"""A shared order without a server: what a keeper would have put in order, and desks that have a file each."""

from collections.abc import Callable, Iterable
from pathlib import Path

from commandlog.log import chain
from commandlog.log.derived.table import FOREVER, PROVISIONAL
from commandlog.log.desk import Desk, open_member_desk
from commandlog.log.keys import settings_folder
from commandlog.log.member import Member, become
from commandlog.log.rebuild import Stored, rebase, stored
from commandlog.log.store import Clock, Log


class Order:
    """The records of a shared log, in their order; the desks that `join` are members of it."""

    def __init__(self, log: Log) -> None:
        """Begin with what a log of its own has."""
        self.log_id, self.clock = log.id, log.clock
        self.records = list(stored(log.db))

    def join(self, file: Path, party: str, desk: str, *, clock: Clock | None = None, upto: int = 0) -> Desk:
        """Make the file of a desk, which has everything up to a position (0: all), and open the desk in it."""
        with Log(file, clock=clock or self.clock, create=True) as log, log.writing():
            log.db.execute("UPDATE meta SET value = ? WHERE key = 'log_id'", (self.log_id,))
            become(log.db, Member(party, desk))
        log = Log(file, clock=clock or self.clock)
        rebase(log, self.records[: upto or len(self.records)])
        return open_member_desk(log, settings_folder())

    def take(self, log: Log, most: int = FOREVER) -> int:
        """Put what waits in a file at the end of the order; returns how many were not there yet."""
        known = {one.header[26:42] for one in self.records}
        new = [one for one in stored(log.db, PROVISIONAL, FOREVER) if one.header[26:42] not in known][:most]
        for one in new:
            self.put(one)
        return len(new)

    def put(self, record: Stored) -> Stored:
        """Put one record at the end of the order; returns it with its place."""
        last = self.records[-1]
        now = max(self.clock(), chain.unpack_header(last.header).kept_at)
        header = chain.placed(record.header, last.seq + 1, now)
        placed = record._replace(seq=last.seq + 1, header=header, hash=chain.link(last.hash or b"", header))
        self.records.append(placed)
        return placed

    def give(
        self,
        log: Log,
        most: int = FOREVER,
        *,
        sealed: Iterable[int] = (),
        opened: Iterable[int] = (),
        give_way: Callable[[], bool] = lambda: False,
    ) -> None:
        """Let a file have what it lacks; `sealed` positions without what they say, `opened` with it from now on."""
        closed = set(sealed)
        lacking = self.records[log.head.seq :][:most]
        rebase(
            log,
            (without(one) if one.seq in closed else one for one in lacking),
            [self.records[seq - 1] for seq in opened],
            give_way,
        )


def without(record: Stored) -> Stored:
    """Return a record as those get it who may not read it."""
    return record._replace(frame=None, words=None, words_hash=None)
