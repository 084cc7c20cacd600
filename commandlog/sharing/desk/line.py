"""One connection of a desk, and what goes over it."""

import psycopg

from commandlog.log.store import Log
from commandlog.sharing.desk.sending import Sender
from commandlog.sharing.desk.spoilt import Spoilt
from commandlog.sharing.desk.watching import Watch
from commandlog.sharing.following.fetching import Fetcher
from commandlog.sharing.following.following import Follower


class Line:
    """What a desk does over one connection, and when it did what last (time.monotonic)."""

    def __init__(self, log: Log, conn: psycopg.Connection, pinned: bytes, most: tuple[int, int]) -> None:
        """`most` is how many records are asked for, and sent, at a time at first."""
        self.conn = conn
        self.follower = Follower(log, conn, pinned, most[0])
        self.sender = Sender(log, conn, most[1])
        self.spoilt = Spoilt(log, self.sender)
        self.fetcher = Fetcher(log, conn)
        self.watch = Watch(log, conn, lambda: self.follower.desks)
        self.noticed = True
        self.all_here = False
        self.later = self.full = 0.0
        self.refused = self.not_taken = self.damaged = ""
        self.polled = self.pulsed = self.looked = self.look_took = self.tended = 0.0
        self.pulsed_upto = 0
        conn.add_notify_handler(self._notice)

    def _notice(self, _notify: object) -> None:
        self.noticed = True

    def listen(self) -> None:
        """Take what has come in without having been asked for; raises psycopg.OperationalError where it was the end."""
        pgconn = self.conn.pgconn
        pgconn.consume_input()
        while pgconn.notifies():
            self.noticed = True
